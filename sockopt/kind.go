package sockopt

import "example.com/bsdsocket/constants"

// sockets is a kind of socket as the kernel names it. A part that the platform does not tell is -1
// and stands for any.
type sockets struct{ family, typ, protocol int }

// A kind is a set of sockets that an option works on.
type kind struct {
	name string // as an error says it: "TCP"
	has  func(s sockets) bool
}

func oneOf[T ~int](v int, set ...T) bool {
	if v == -1 {
		return true
	}
	for _, x := range set {
		if v == int(x) {
			return true
		}
	}
	return false
}

func (s sockets) inet() bool { return oneOf(s.family, constants.AF_INET, constants.AF_INET6) }

// family is the kind of all sockets of one family.
func family(name string, f constants.Family) *kind {
	return &kind{name, func(s sockets) bool { return oneOf(s.family, f) }}
}

var (
	inetSockets  = &kind{"IPv4 or IPv6", sockets.inet}
	inet6Sockets = family("IPv6", constants.AF_INET6)

	// IPv4's options are IPv4's, but Linux has them on IPv6 sockets too, for the IPv4 addresses
	// these can talk to. Raw IPv6 sockets have none.
	inet4Sockets = &kind{"IPv4", func(s sockets) bool {
		return oneOf(s.family, constants.AF_INET) ||
			s.family == int(constants.AF_INET6) && s.typ != int(constants.SOCK_RAW)
	}}

	tcpSockets = &kind{"TCP", func(s sockets) bool {
		return oneOf(s.family, constants.AF_INET, constants.AF_INET6, constants.AF_SMC) &&
			oneOf(s.typ, constants.SOCK_STREAM) &&
			oneOf(s.protocol, 0, constants.IPPROTO_TCP, constants.IPPROTO_MPTCP)
	}}
	// plainTCPSockets are TCP's without Multipath TCP's.
	plainTCPSockets = &kind{"TCP", func(s sockets) bool {
		return tcpSockets.has(s) && s.protocol != int(constants.IPPROTO_MPTCP)
	}}
	// plainSockets are all but Multipath TCP's, which lack many of the options that sockets of
	// their family have.
	plainSockets = &kind{name: "plain TCP"}
	udpSockets   = &kind{"UDP", func(s sockets) bool {
		return s.inet() && oneOf(s.typ, constants.SOCK_DGRAM) &&
			oneOf(s.protocol, 0, constants.IPPROTO_UDP, constants.IPPROTO_UDPLITE)
	}}
	udpliteSockets = &kind{"UDP-Lite", func(s sockets) bool {
		return s.inet() && oneOf(s.protocol, constants.IPPROTO_UDPLITE)
	}}
	mptcpSockets = &kind{"MPTCP", func(s sockets) bool {
		return s.inet() && oneOf(s.protocol, constants.IPPROTO_MPTCP)
	}}
	sctpSockets = &kind{"SCTP", func(s sockets) bool {
		return s.inet() && oneOf(s.protocol, constants.IPPROTO_SCTP)
	}}
	dccpSockets = &kind{"DCCP", func(s sockets) bool {
		return s.inet() && oneOf(s.protocol, constants.IPPROTO_DCCP)
	}}

	// redirectedSockets are those whose redirected connections netfilter tells of.
	redirectedSockets = &kind{"TCP or SCTP", func(s sockets) bool {
		return plainTCPSockets.has(s) || sctpSockets.has(s)
	}}
	redirected6Sockets = &kind{"IPv6 TCP or SCTP", func(s sockets) bool {
		return inet6Sockets.has(s) && redirectedSockets.has(s)
	}}
	// transport6Sockets can become IPv4 ones.
	transport6Sockets = &kind{"IPv6 TCP or UDP", func(s sockets) bool {
		return inet6Sockets.has(s) && (tcpSockets.has(s) || udpSockets.has(s))
	}}

	raw4Sockets = &kind{"raw IPv4", func(s sockets) bool {
		return oneOf(s.family, constants.AF_INET) && oneOf(s.typ, constants.SOCK_RAW)
	}}
	raw6Sockets = &kind{"raw IPv6", func(s sockets) bool {
		return oneOf(s.family, constants.AF_INET6) && oneOf(s.typ, constants.SOCK_RAW)
	}}
	icmpSockets = &kind{"raw ICMP", func(s sockets) bool {
		return oneOf(s.family, constants.AF_INET) && oneOf(s.typ, constants.SOCK_RAW) &&
			oneOf(s.protocol, constants.IPPROTO_ICMP)
	}}
	icmp6Sockets = &kind{"raw ICMPv6", func(s sockets) bool {
		return oneOf(s.family, constants.AF_INET6) && oneOf(s.typ, constants.SOCK_RAW) &&
			oneOf(s.protocol, constants.IPPROTO_ICMPV6)
	}}
	// datagram4Sockets and datagram6Sockets can send to a group.
	datagram4Sockets = &kind{"IPv4 datagram or raw", func(s sockets) bool {
		return inet4Sockets.has(s) && oneOf(s.typ, constants.SOCK_DGRAM, constants.SOCK_RAW)
	}}
	datagram6Sockets = &kind{"IPv6 datagram or raw", func(s sockets) bool {
		return oneOf(s.family, constants.AF_INET6) &&
			oneOf(s.typ, constants.SOCK_DGRAM, constants.SOCK_RAW)
	}}

	unixSockets = family("UNIX", constants.AF_UNIX)
	unixStreams = &kind{"UNIX stream", func(s sockets) bool {
		return oneOf(s.family, constants.AF_UNIX) && oneOf(s.typ, constants.SOCK_STREAM)
	}}
	scmSockets = &kind{"UNIX or netlink", func(s sockets) bool {
		return oneOf(s.family, constants.AF_UNIX, constants.AF_NETLINK, constants.AF_BLUETOOTH)
	}}
	peekSockets = &kind{"UNIX, UDP or TCP", func(s sockets) bool {
		return oneOf(s.family, constants.AF_UNIX) || udpSockets.has(s) || plainTCPSockets.has(s)
	}}
	zeroCopySockets = &kind{"TCP, UDP, vsock or RDS", func(s sockets) bool {
		return plainTCPSockets.has(s) || udpSockets.has(s) &&
			s.protocol != int(constants.IPPROTO_UDPLITE) ||
			oneOf(s.family, constants.AF_VSOCK, constants.AF_RDS)
	}}
	packetSockets  = family("packet", constants.AF_PACKET)
	netlinkSockets = family("netlink", constants.AF_NETLINK)
	vsockSockets   = family("vsock", constants.AF_VSOCK)
	canSockets     = family("CAN", constants.AF_CAN)
	tipcSockets    = family("TIPC", constants.AF_TIPC)
	algSockets     = family("ALG", constants.AF_ALG)
	xdpSockets     = family("XDP", constants.AF_XDP)
)
