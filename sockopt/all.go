package sockopt

// levels are all levels, in the order of All. Each has its file, level_*.go, with its options
// sorted by their C names.
var levels = []*level{
	solSocket,
	ipprotoIP,
	ipprotoMcast,
	ipprotoIPv6,
	solRaw,
	ipprotoICMPv6,
	ipprotoTCP,
	solMPTCP,
	solTLS,
	ipprotoUDP,
	ipprotoUDPLite,
	ipprotoSCTP,
	solDCCP,
	solLocal,
	solPacket,
	solNetlink,
	afVSock,
	solXDP,
	solCANRaw,
	solTIPC,
	solALG,
	sysprotoControl,
}
