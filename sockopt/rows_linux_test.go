package sockopt_test

import (
	"bytes"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"math"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/internal/testenv"
	"example.com/bsdsocket/socket"
	"example.com/bsdsocket/socket/cmsg"
	"example.com/bsdsocket/sockopt"
)

// accept is the program "keep the whole packet"; invalid has no return.
var (
	acceptAll = []sockopt.BPFInstruction{{Op: unix.BPF_RET | unix.BPF_K, K: math.MaxUint32}}
	invalid   = []sockopt.BPFInstruction{{Op: unix.BPF_LD | unix.BPF_IMM, K: 1}}
)

const inet = "tcp4 tcp6 udp4 udp6"

// linuxRows are the rows of options of Linux. An option that needs more than a fresh socket to show
// anything is in elsewhere instead, or as well.
var linuxRows = slices.Concat(portable, []row{
	// SOL_SOCKET
	refuses(sockopt.SOAttachBPF, "udp4", -1, syscall.EBADF),
	wo(sockopt.SOAttachFilter, "udp4 udp6 unix raw4 raw6 packet netlink", acceptAll, invalid,
		syscall.EINVAL),
	needing(testenv.NetAdmin,
		wo(sockopt.SOAttachFilter, "tcp4 tcp6", acceptAll, invalid, syscall.EINVAL)),
	refuses(sockopt.SOAttachReusePortCBPF, inet, acceptAll, syscall.EINVAL),
	refuses(sockopt.SOAttachReusePortEBPF, inet, -1, syscall.EBADF),
	rw(sockopt.SOBindToDevice, inet+" raw4 raw6", "lo"),
	rw(sockopt.SOBindToInterfaceIndex, inet+" raw4 raw6", 1),
	reads(sockopt.SOBPFExtensions, "udp4", func(n int) bool { return n >= 50 }),
	rw(sockopt.SOBroadcast, "raw4 raw6", true),
	rw(sockopt.SOBufferLock, "udp4 unix", sockopt.BufferLockSend),
	needing(busyPolling, rw(sockopt.SOBusyPoll, inet, 50*time.Microsecond)),
	needing(testenv.NetAdmin, wo(sockopt.SOBusyPollBudget, inet, 16, 1<<17, syscall.EINVAL)),
	wo(sockopt.SOConnectionAdvice, "tcp4 tcp6", true, true, nil),
	reads(sockopt.SOCookie, inet+" unix netlink packet", func(n uint64) bool { return n != 0 }),
	needing(testenv.NetAdmin, rw(sockopt.SODebug, inet, true)),
	refuses(sockopt.SODetachFilter, inet+" unix", sockopt.None{}, syscall.ENOENT),
	refuses(sockopt.SODetachReusePortBPF, inet, sockopt.None{}, syscall.EINVAL),
	ro(sockopt.SODomain, "tcp4 udp4 raw4", constants.AF_INET),
	ro(sockopt.SODomain, "tcp6 udp6 raw6", constants.AF_INET6),
	ro(sockopt.SODomain, "unix", constants.AF_UNIX),
	ro(sockopt.SOGetFilter, inet+" unix", nil),
	rw(sockopt.SOIncomingCPU, "tcp4 udp6", 0),
	needing(busyPolling, ro(sockopt.SOIncomingNAPIID, "tcp4 udp4", 0)),
	wo(sockopt.SOInQueue, "unix", true, true, nil),
	refuses(sockopt.SOInQueue, "unixgram tcp4", true, sockopt.ErrWrongSocket),
	rw(sockopt.SOLinger, "unix", sockopt.Linger{Enabled: true, Timeout: 1500 * time.Millisecond},
		sockopt.Linger{Enabled: true, Timeout: 2 * time.Second}),
	rw(sockopt.SOLockFilter, inet+" unix", true),
	needing(testenv.NetAdmin, rw(sockopt.SOMark, inet, math.MaxUint32)),
	rw(sockopt.SOMaxPacingRate, inet, 12345678),
	{name: "SOMaxPacingRate", run: each(inet, testLargePacingRate)},
	reads(sockopt.SOMemoryInfo, inet+" unix", func(m sockopt.MemoryInfo) bool {
		return m.ReceiveBuffer > 0 && m.SendBuffer > 0 && m.Drops == 0
	}),
	reads(sockopt.SONetworkNamespaceCookie, inet+" unix", func(n uint64) bool { return n != 0 }),
	rw(sockopt.SONoFCS, "packet", true),
	rw(sockopt.SONoCheck, "udp4", true),
	rw(sockopt.SOPassCredentials, "unix netlink", true),
	rw(sockopt.SOPassPIDFD, "unix", true),
	rw(sockopt.SOPassRights, "unix", false),
	rw(sockopt.SOPassSecurity, "unix", true),
	rw(sockopt.SOPeekOffset, "udp4 udp6 unix", 0),
	ro(sockopt.SOPeerCredentials, "unix",
		cmsg.Credentials{PID: 0, UID: math.MaxUint32, GID: math.MaxUint32}),
	fails(sockopt.SOPeerGroups, "unix", syscall.ENODATA),
	fails(sockopt.SOPeerPIDFD, "unix", syscall.ENODATA),
	{name: "SOPeerSecurity", run: each("unix", testPeerSecurity)},
	needing(testenv.NetAdmin, rw(sockopt.SOPreferBusyPoll, inet, true)),
	rw(sockopt.SOPriority, inet+" unix", 5),
	ro(sockopt.SOProtocol, "tcp4 tcp6", constants.IPPROTO_TCP),
	ro(sockopt.SOProtocol, "udp4 udp6", constants.IPPROTO_UDP),
	ro(sockopt.SOProtocol, "unix", 0),
	rw(sockopt.SOReceiveBuffer, inet+" unix", 10000, 20000), // doubled: socket(7)
	needing(testenv.NetAdmin, wo(sockopt.SOReceiveBufferForce, inet, 1<<20, 1<<20, nil)),
	rw(sockopt.SOReceiveLowWater, "tcp4 tcp6", 77),
	rw(sockopt.SOReceiveMark, inet, true),
	rw(sockopt.SOReceivePriority, inet, true),
	rw(sockopt.SOReceiveQueueOverflow, "udp4 udp6 raw4", true),
	{name: "SOReserveMemory", run: each("tcp4", testReserveMemory)},
	rw(sockopt.SOReuseAddress, "unix", true),
	rw(sockopt.SOReusePort, inet, true),
	rw(sockopt.SOSelectErrorQueue, inet, true),
	rw(sockopt.SOSendBuffer, inet+" unix", 10000, 20000),
	needing(testenv.NetAdmin, wo(sockopt.SOSendBufferForce, inet, 1<<20, 1<<20, nil)),
	refuses(sockopt.SOSendLowWater, inet, 2, socket.ErrUnsupported), // always 1 on Linux
	rw(sockopt.SOTimestamp, inet+" unix", true),
	rw(sockopt.SOTimestamping, inet, sockopt.TimestampingRxSoftware|sockopt.TimestampingSoftware),
	{name: "SOTimestampingClock", run: each("udp4", testTimestampingClock)},
	rw(sockopt.SOTimestampNanoseconds, inet+" unix", true),
	rw(sockopt.SOTransmitRehash, "tcp4 tcp6", 0),
	rw(sockopt.SOTransmitTime, "udp4 udp6",
		sockopt.TransmitTime{Clock: unix.CLOCK_MONOTONIC, Flags: sockopt.TransmitTimeReportErrors}),
	rw(sockopt.SOWiFiStatus, "packet", true),
	rw(sockopt.SOZeroCopy, inet, true),

	// IPPROTO_IP; IPv6 sockets have most for the IPv4 they can talk to
	refuses(sockopt.IPAddMembership, "udp4", sockopt.IPMembership{Group: ip("10.0.0.1")},
		syscall.EINVAL),
	refuses(sockopt.IPAddSourceMembership, "udp4",
		sockopt.IPSourceMembership{Group: ip("10.0.0.1"), Source: ip("10.0.0.2")}, syscall.EINVAL),
	rw(sockopt.IPBindAddressNoPort, inet, true),
	refuses(sockopt.IPBlockSource, "udp4", sockopt.IPSourceMembership{Group: ip("232.1.2.3"),
		Interface: ip("127.0.0.1"), Source: ip("10.0.0.2")}, syscall.EINVAL),
	rw(sockopt.IPChecksum, "udp4 udp6", true),
	refuses(sockopt.IPDropMembership, "udp4",
		sockopt.IPMembership{Group: ip("224.1.2.3"), Index: 1}, syscall.EADDRNOTAVAIL),
	refuses(sockopt.IPDropSourceMembership, "udp4",
		sockopt.IPSourceMembership{Group: ip("232.1.2.3"), Interface: ip("127.0.0.1"),
			Source: ip("10.0.0.2")}, syscall.EINVAL),
	rw(sockopt.IPFreeBind, inet+" raw4", true),
	rw(sockopt.IPHeaderIncluded, "raw4", true),
	rw(sockopt.IPLocalPortRange, inet, sockopt.PortRange{Low: 40000, High: 40009}),
	rw(sockopt.IPMinimumTimeToLive, "tcp4 tcp6", 254),
	fails(sockopt.IPMTU, "udp4 tcp4", syscall.ENOTCONN),
	rw(sockopt.IPMTUDiscover, "tcp4 udp4 udp6", sockopt.PathMTUDo),
	rw(sockopt.IPMulticastAll, "udp4 raw4", false),
	rw(sockopt.IPMulticastInterface, "udp4 udp6 raw4",
		sockopt.IPInterface{Address: ip("127.0.0.1")}),
	rw(sockopt.IPNoDefragment, "raw4", true),
	rw(sockopt.IPOptions, "tcp4 udp4 raw4", []byte{1, 1, 1}, []byte{1, 1, 1, 0}), // padded to four
	rw(sockopt.IPOriginalDestination, "udp4 udp6", true),
	rw(sockopt.IPPassSecurity, "udp4", true),
	rw(sockopt.IPPacketInfo, "udp4 udp6", true),
	ro(sockopt.IPProtocol, "raw4", constants.IPPROTO_ICMP),
	rw(sockopt.IPReceiveError, "tcp4 udp4 raw4", true),
	rw(sockopt.IPReceiveErrorRFC4884, "udp4", true),
	rw(sockopt.IPReceiveFragmentSize, "udp4 raw4", true),
	rw(sockopt.IPReceiveOptions, "udp4 raw4", true),
	rw(sockopt.IPReceiveOriginalDestination, "udp4", true),
	rw(sockopt.IPReceiveReturnOptions, "udp4", true),
	rw(sockopt.IPReceiveTypeOfService, "udp4 udp6", true),
	rw(sockopt.IPReceiveTimeToLive, "udp4 udp6", true),
	rw(sockopt.IPReturnOptions, "udp4", true),
	refuses(sockopt.IPRouterAlert, "udp4", true, sockopt.ErrWrongSocket),
	rw(sockopt.IPTypeOfService, "udp4 tcp4", 0x20),
	rw(sockopt.IPTypeOfService, "udp4", 300, 44), // modulo 256
	needing(testenv.NetAdmin, rw(sockopt.IPTransparent, inet, true)),
	refuses(sockopt.IPUnblockSource, "udp4", sockopt.IPSourceMembership{Group: ip("232.1.2.3"),
		Interface: ip("127.0.0.1"), Source: ip("10.0.0.2")}, syscall.EINVAL),
	rw(sockopt.IPUnicastInterface, "udp4 raw4", 1),
	needing(conntrack, fails(sockopt.SOOriginalDestination, "tcp4", syscall.ENOENT)),
	fails(sockopt.SOOriginalDestination, "udp4 udp6 raw4", sockopt.ErrWrongSocket),

	// MCAST_*
	refuses(sockopt.MCASTBlockSource, "udp4",
		sockopt.GroupSource{Group: ip("232.1.2.3"), Index: 1, Source: ip("10.0.0.2")},
		syscall.EINVAL),
	refuses(sockopt.MCASTJoinGroup, "udp4", sockopt.GroupMembership{Group: ip("10.0.0.1")},
		syscall.EINVAL),
	refuses(sockopt.MCASTJoinSourceGroup, "udp6",
		sockopt.GroupSource{Group: ip("fe80::1"), Source: ip("fd00::1")}, syscall.EINVAL),
	refuses(sockopt.MCASTLeaveGroup, "udp4",
		sockopt.GroupMembership{Group: ip("224.1.2.3"), Index: 1}, syscall.EADDRNOTAVAIL),
	refuses(sockopt.MCASTLeaveSourceGroup, "udp4",
		sockopt.GroupSource{Group: ip("232.1.2.3"), Index: 1, Source: ip("10.0.0.2")},
		syscall.EINVAL),
	refuses(sockopt.MCASTUnblockSource, "udp4",
		sockopt.GroupSource{Group: ip("232.1.2.3"), Index: 1, Source: ip("10.0.0.2")},
		syscall.EINVAL),

	// IPPROTO_IPV6
	refuses(sockopt.IPv6AddressForm, "tcp6 udp6", constants.AF_INET, syscall.ENOTCONN),
	refuses(sockopt.IPv6AddressForm, "raw6", constants.AF_INET, sockopt.ErrWrongSocket),
	rw(sockopt.IPv6AddressPreferences, "tcp6 udp6", sockopt.PreferPublic,
		sockopt.PreferPublic|sockopt.PreferHome),
	rw(sockopt.IPv6AutoFlowLabel, "tcp6 udp6", false),
	rw(sockopt.IPv6Checksum, "raw6-200", 4),
	rw(sockopt.IPv6DontFragment, "udp6 raw6", true),
	needing(testenv.NetRaw, rw(sockopt.IPv6DestinationOptions, "udp6", padding, padding)),
	rw(sockopt.IPv6FlowInfo, "udp6 tcp6", true),
	rw(sockopt.IPv6FlowInfoSend, "udp6 tcp6", true),
	rw(sockopt.IPv6FreeBind, "udp6 tcp6", true),
	rw(sockopt.IPv6HeaderIncluded, "raw6", true),
	needing(testenv.NetRaw, rw(sockopt.IPv6HopByHopOptions, "udp6", padding, padding)),
	needing(testenv.NetAdmin, refuses(sockopt.IPv6JoinAnycast, "udp6",
		sockopt.IPv6Membership{Group: ip("fd00::1"), Index: 99999}, syscall.ENODEV)),
	refuses(sockopt.IPv6JoinGroup, "udp6", sockopt.IPv6Membership{Group: ip("fd00::1"), Index: 1},
		syscall.EINVAL),
	refuses(sockopt.IPv6LeaveAnycast, "udp6",
		sockopt.IPv6Membership{Group: ip("fd00::1"), Index: 1}, syscall.ENOENT),
	refuses(sockopt.IPv6LeaveGroup, "udp6", sockopt.IPv6Membership{Group: ip("ff02::77"), Index: 1},
		syscall.EADDRNOTAVAIL),
	rw(sockopt.IPv6MinimumHopCount, "tcp6", 254),
	refuses(sockopt.IPv6MTU, "udp6", 100, syscall.EINVAL),
	rw(sockopt.IPv6MTUDiscover, "udp6 tcp6", sockopt.PathMTUProbe),
	rw(sockopt.IPv6MulticastAll, "udp6", false),
	rw(sockopt.IPv6MulticastInterface, "udp6 raw6", 1),
	// Linux has it as a control message alone.
	refuses(sockopt.IPv6NextHop, "udp6", ip("fe80::1"), socket.ErrUnsupported),
	rw(sockopt.IPv6OriginalDestination, "udp6", true),
	fails(sockopt.IPv6PathMTU, "udp6", syscall.ENOTCONN),
	rw(sockopt.IPv6ReceiveDestinationOptions, "udp6", true),
	rw(sockopt.IPv6ReceiveError, "udp6", true),
	rw(sockopt.IPv6ReceiveErrorRFC4884, "udp6", true),
	rw(sockopt.IPv6ReceiveFragmentSize, "udp6", true),
	rw(sockopt.IPv6ReceiveHopLimit, "udp6 raw6", true),
	rw(sockopt.IPv6ReceiveHopByHopOptions, "udp6", true),
	rw(sockopt.IPv6ReceiveOriginalDestination, "udp6", true),
	rw(sockopt.IPv6ReceivePathMTU, "udp6", true),
	rw(sockopt.IPv6ReceivePacketInfo, "udp6 raw6", true),
	rw(sockopt.IPv6ReceiveRoutingHeader, "udp6", true),
	rw(sockopt.IPv6ReceiveTrafficClass, "udp6", true),
	rw(sockopt.IPv6RouterAlert, "raw6-raw", 5, 1), // read as whether there is one
	rw(sockopt.IPv6RouterAlertIsolate, "raw6-raw", true),
	needing(testenv.NetRaw,
		rw(sockopt.IPv6RoutingHeaderDestinationOptions, "udp6", padding, padding)),
	rw(sockopt.IPv6TrafficClass, "udp6 tcp6", 0x20),
	needing(testenv.NetAdmin, rw(sockopt.IPv6Transparent, "udp6 tcp6", true)),
	rw(sockopt.IPv6UnicastInterface, "udp6", 1),
	rw(sockopt.IPv6V6Only, "tcp6 udp6", true),
	needing(conntrack, fails(sockopt.IP6TSOOriginalDestination, "tcp6", syscall.ENOENT)),
	fails(sockopt.IP6TSOOriginalDestination, "udp6 raw6 tcp4", sockopt.ErrWrongSocket),

	// ICMP
	rw(sockopt.ICMPFilter, "raw4", sockopt.ICMPType(0)|sockopt.ICMPType(8)),
	rw(sockopt.ICMPv6Filter, "raw6", sockopt.ICMPv6Types{128: true, 129: true}),

	// IPPROTO_TCP
	rw(sockopt.TCPCongestion, "tcp4 tcp6", "reno"),
	rw(sockopt.TCPCork, "tcp4 tcp6", true),
	// Retransmissions are after 1, 2 and 4 s.
	rw(sockopt.TCPDeferAccept, "tcp4", 4*time.Second, 7*time.Second),
	rw(sockopt.TCPDelayedAckMax, "tcp4", 40*time.Millisecond),
	rw(sockopt.TCPFastOpen, "tcp4 tcp6", 5),
	rw(sockopt.TCPFastOpenConnect, "tcp4 tcp6", true),
	rw(sockopt.TCPFastOpenKey, "tcp4", bytes.Repeat([]byte{7}, 32)),
	rw(sockopt.TCPFastOpenNoCookie, "tcp4", true),
	reads(sockopt.TCPInfo, "tcp4 tcp6", func(i sockopt.TCPConnectionInfo) bool {
		return i.State == sockopt.TCPClose && i.Size >= 104
	}),
	rw(sockopt.TCPInQueue, "tcp4", true),
	ro(sockopt.TCPIsMPTCP, "tcp4", false),
	ro(sockopt.TCPIsMPTCP, "mptcp", true),
	rw(sockopt.TCPKeepCount, "tcp4 tcp6", 4),
	rw(sockopt.TCPKeepIdle, "tcp4 tcp6", 1500*time.Millisecond, 2*time.Second), // rounded up
	rw(sockopt.TCPKeepInterval, "tcp4 tcp6", 3*time.Second),
	rw(sockopt.TCPLinger2, "tcp4", 10*time.Second),
	rw(sockopt.TCPLinger2, "tcp4", -5*time.Second, -time.Second),
	rw(sockopt.TCPLinger2, "tcp4", 200*time.Second, 120*time.Second),
	rw(sockopt.TCPMaxSegmentSize, "tcp4", 1000),
	needing(testenv.TCPMD5,
		wo(sockopt.TCPMD5Signature, "tcp4",
			sockopt.MD5Signature{Address: ip("192.0.2.1"), Key: []byte("secret")},
			sockopt.MD5Signature{Address: ip("192.0.2.2")}, syscall.ENOENT)),
	needing(testenv.TCPMD5,
		wo(sockopt.TCPMD5SignatureExtended, "tcp6",
			sockopt.MD5SignatureExtended{Prefix: netip.MustParsePrefix("2001:db8::/32"),
				Key: []byte("secret")},
			sockopt.MD5SignatureExtended{Prefix: netip.MustParsePrefix("2001:db9::/32")},
			syscall.ENOENT)),
	rw(sockopt.TCPNotSentLowWater, "tcp4", 16384),
	refuses(sockopt.TCPQueueSequence, "tcp4", 1, syscall.EINVAL),
	rw(sockopt.TCPQuickAck, "tcp4", false),
	needing(testenv.NetAdmin, rw(sockopt.TCPRepair, "tcp4", sockopt.TCPRepairOn)),
	refuses(sockopt.TCPRepairOptions, "tcp4", []sockopt.TCPRepairOption{{Code: 2, Value: 1000}},
		syscall.EINVAL),
	refuses(sockopt.TCPRepairQueue, "tcp4", sockopt.TCPSendQueue, syscall.EPERM),
	refuses(sockopt.TCPRepairWindow, "tcp4", sockopt.TCPWindow{}, syscall.EPERM),
	rw(sockopt.TCPRetransmitMax, "tcp4", 5*time.Second),
	rw(sockopt.TCPRetransmitMin, "tcp4", 40*time.Millisecond),
	ro(sockopt.TCPSavedSYN, "tcp4", nil),
	rw(sockopt.TCPSaveSYN, "tcp4", 1),
	rw(sockopt.TCPSYNCount, "tcp4", 2),
	{name: "TCPThinDuplicateAck", run: each("tcp4", testThinDuplicateAck)},
	rw(sockopt.TCPThinLinearTimeouts, "tcp4", true),
	refuses(sockopt.TCPTimestamp, "tcp4", 1, syscall.EPERM),
	rw(sockopt.TCPTransmitDelay, "tcp4", time.Millisecond),
	refuses(sockopt.TCPUpperLayerProtocol, "tcp4", "nonesuch", syscall.ENOENT),
	// Rounded up.
	rw(sockopt.TCPUserTimeout, "tcp4 tcp6", 1500*time.Microsecond, 2*time.Millisecond),
	rw(sockopt.TCPWindowClamp, "tcp4", 50000),

	// SOL_MPTCP
	reads(sockopt.MPTCPInfo, "mptcp", func(i sockopt.MPTCPConnectionInfo) bool {
		return i.Subflows == 0 && i.Flags == 0
	}),

	// SOL_TLS: without "tls" as the upper layer protocol, none
	refuses(sockopt.TLSReceive, "tcp4", tlsKeys, socket.ErrUnsupported),
	refuses(sockopt.TLSReceiveExpectNoPad, "tcp4", true, socket.ErrUnsupported),
	refuses(sockopt.TLSTransmit, "tcp4", tlsKeys, socket.ErrUnsupported),
	refuses(sockopt.TLSTransmitZeroCopyReadOnly, "tcp4", true, socket.ErrUnsupported),

	// IPPROTO_UDP and IPPROTO_UDPLITE
	rw(sockopt.UDPCork, "udp4 udp6", true),
	rw(sockopt.UDPEncapsulation, "udp4", sockopt.UDPEncapsulationESPInUDP),
	rw(sockopt.UDPGRO, "udp4 udp6", true),
	rw(sockopt.UDPNoCheck6Receive, "udp6", true),
	rw(sockopt.UDPNoCheck6Transmit, "udp6", true),
	rw(sockopt.UDPSegment, "udp4 udp6", 1400),
	rw(sockopt.UDPLiteReceiveChecksumCoverage, "udplite", 3, 8), // no less than the header
	rw(sockopt.UDPLiteSendChecksumCoverage, "udplite", 20),

	// IPPROTO_SCTP, where the kernel has it: net/sctp/socket.c, sctp_setsockopt and sctp_getsockopt
	rw(sockopt.SCTPAdaptationLayer, "sctp", 7),
	rw(sockopt.SCTPAutoClose, "sctp", 5*time.Second),
	rw(sockopt.SCTPDisableFragments, "sctp", true),
	rw(sockopt.SCTPFragmentInterleave, "sctp", true),
	rw(sockopt.SCTPInitMessage, "sctp",
		sockopt.SCTPInit{OutStreams: 3, MaxInStreams: 4, MaxAttempts: 5, MaxTimeout: 600}),
	rw(sockopt.SCTPMappedV4, "sctp", false),
	rw(sockopt.SCTPNoDelay, "sctp", true),
	rw(sockopt.SCTPPartialDeliveryPoint, "sctp", 1000),
	rw(sockopt.SCTPReceiveNextInfo, "sctp", true),
	rw(sockopt.SCTPReceiveInfo, "sctp", true),
	refuses(sockopt.SCTPReusePort, "sctp", true, syscall.EOPNOTSUPP), // stream sockets only

	// SOL_DCCP, where the kernel has it: until Linux 6.15 (net/dccp/proto.c, do_dccp_setsockopt and
	// do_dccp_getsockopt)
	reads(sockopt.DCCPAvailableCCIDs, "dccp", func(b []byte) bool { return len(b) > 0 }),
	wo(sockopt.DCCPCCID, "dccp", []byte{2}, nil, syscall.EINVAL),
	reads(sockopt.DCCPCurrentMaxPacketSize, "dccp", func(n uint32) bool { return n > 0 }),
	rw(sockopt.DCCPQueuePolicyTransmitLength, "dccp", 9),
	rw(sockopt.DCCPReceiveChecksumCoverage, "dccp", 1),
	fails(sockopt.DCCPReceiveCCID, "dccp", syscall.ENOPROTOOPT),
	rw(sockopt.DCCPSendChecksumCoverage, "dccp", 1),
	refuses(sockopt.DCCPServerTimeWait, "dccp", true, syscall.EOPNOTSUPP),
	rw(sockopt.DCCPService, "dccp", 0x53433a31),
	fails(sockopt.DCCPTransmitCCID, "dccp", syscall.ENOPROTOOPT),

	// SOL_PACKET
	wo(sockopt.PacketAddMembership, "packet",
		sockopt.PacketMembership{Index: 1, Type: sockopt.PacketPromiscuous},
		sockopt.PacketMembership{Index: 99999, Type: sockopt.PacketPromiscuous}, syscall.ENODEV),
	rw(sockopt.PacketAuxData, "packet", true),
	rw(sockopt.PacketCopyThreshold, "packet", 1),
	wo(sockopt.PacketDropMembership, "packet",
		sockopt.PacketMembership{Index: 1, Type: sockopt.PacketPromiscuous},
		sockopt.PacketMembership{Index: 1, Address: make([]byte, 33)}, socket.ErrValue),
	refuses(sockopt.PacketFanout, "packet", sockopt.PacketFanoutGroup{Mode: 77}, syscall.EINVAL),
	refuses(sockopt.PacketFanoutData, "packet", acceptAll, syscall.EINVAL), // of no group
	refuses(sockopt.PacketFanoutDataEBPF, "packet", 0, syscall.EINVAL),
	{name: "PacketHeaderLength", run: each("packet", testPacketHeaderLength)},
	rw(sockopt.PacketIgnoreOutgoing, "packet", true),
	rw(sockopt.PacketLoss, "packet", true),
	rw(sockopt.PacketOriginDevice, "packet", true),
	rw(sockopt.PacketQdiscBypass, "packet", true),
	rw(sockopt.PacketReserve, "packet", 64),
	fails(sockopt.PacketRolloverStatistics, "packet", syscall.EINVAL), // of no group
	wo(sockopt.PacketReceiveRing, "packet", ring, ring, syscall.EBUSY),
	refuses(sockopt.PacketReceiveRing, "packet",
		sockopt.PacketRing{BlockSize: 1, Blocks: 1, FrameSize: 1, Frames: 1}, syscall.EINVAL),
	ro(sockopt.PacketStatistics, "packet", sockopt.PacketCounters{}),
	rw(sockopt.PacketTimestamp, "packet", sockopt.TimestampingRawHardware),
	rw(sockopt.PacketTransmitHasOffset, "packet", true),
	wo(sockopt.PacketTransmitRing, "packet", ring, ring, syscall.EBUSY),
	refuses(sockopt.PacketTransmitRing, "packet",
		sockopt.PacketRing{BlockSize: 1, Blocks: 1, FrameSize: 1, Frames: 1}, syscall.EINVAL),
	rw(sockopt.PacketVersion, "packet", unix.TPACKET_V3),
	rw(sockopt.PacketVirtioHeader, "packet", true),
	rw(sockopt.PacketVirtioHeaderSize, "packet", 12),

	// SOL_NETLINK
	wo(sockopt.NetlinkAddMembership, "netlink", unix.RTNLGRP_LINK, 1<<20, syscall.EINVAL),
	rw(sockopt.NetlinkBroadcastError, "netlink", true),
	rw(sockopt.NetlinkCapAck, "netlink", true),
	wo(sockopt.NetlinkDropMembership, "netlink", unix.RTNLGRP_LINK, 1<<20, syscall.EINVAL),
	rw(sockopt.NetlinkExtendedAck, "netlink", true),
	rw(sockopt.NetlinkGetStrictCheck, "netlink", true),
	needing(testenv.Root, rw(sockopt.NetlinkListenAllNSID, "netlink", true)),
	{name: "NetlinkListMemberships", run: each("netlink", testNetlinkMemberships)},
	rw(sockopt.NetlinkNoENOBUFS, "netlink", true),
	rw(sockopt.NetlinkPacketInfo, "netlink", true),

	// AF_VSOCK
	rw(sockopt.VSockBufferMaxSize, "vsock", 1<<20),
	rw(sockopt.VSockBufferMinSize, "vsock", 4096),
	rw(sockopt.VSockBufferSize, "vsock", 100000),
	rw(sockopt.VSockConnectTimeout, "vsock", 5*time.Second),
	refuses(sockopt.VSockNonBlockingTransfer, "vsock", true, socket.ErrUnsupported),
	fails(sockopt.VSockPeerHostVMID, "vsock", socket.ErrUnsupported),
	fails(sockopt.VSockTrusted, "vsock", socket.ErrUnsupported),

	// SOL_XDP
	reads(sockopt.XDPMMapOffsets, "xdp", func(o sockopt.XDPOffsets) bool {
		return o.Receive.Descriptors > 0 && o.Fill.Descriptors > 0
	}),
	ro(sockopt.XDPOptions, "xdp", 0),
	wo(sockopt.XDPReceiveRing, "xdp", 64, 3, syscall.EINVAL),
	ro(sockopt.XDPStatistics, "xdp", sockopt.XDPCounters{}),
	wo(sockopt.XDPTransmitRing, "xdp", 64, 3, syscall.EINVAL),
	{name: "XDPUMemRegister", run: each("xdp", testXDPMemory)},
	wo(sockopt.XDPUMemCompletionRing, "xdp", 64, 3, syscall.EINVAL),
	wo(sockopt.XDPUMemFillRing, "xdp", 64, 3, syscall.EINVAL),

	// SOL_CAN_RAW, where the kernel has it: net/can/raw.c, raw_setsockopt and raw_getsockopt (Linux
	// 6.1)
	rw(sockopt.CANRawErrorFilter, "can", 0x1ff),
	rw(sockopt.CANRawFDFrames, "can", true),
	rw(sockopt.CANRawFilter, "can",
		[]sockopt.CANFilter{{ID: 0x123, Mask: 0x7ff}, {ID: 0x200, Mask: 0x700}}),
	rw(sockopt.CANRawJoinFilters, "can", true),
	rw(sockopt.CANRawLoopback, "can", false),
	rw(sockopt.CANRawReceiveOwnMessages, "can", true),
	rw(sockopt.CANRawXLFrames, "can", true),

	// SOL_TIPC, where the kernel has it: net/tipc/socket.c, tipc_setsockopt and tipc_getsockopt
	// (Linux 6.0)
	rw(sockopt.TIPCConnectTimeout, "tipc", time.Second),
	rw(sockopt.TIPCDestinationDroppable, "tipc", false),
	rw(sockopt.TIPCGroupJoin, "tipc", sockopt.TIPCGroup{Type: 4711, Instance: 1, Scope: 2},
		sockopt.TIPCGroup{Type: 4711}),
	refuses(sockopt.TIPCGroupJoin, "tipc", sockopt.TIPCGroup{Type: 63, Scope: 2}, syscall.EACCES),
	refuses(sockopt.TIPCGroupLeave, "tipc", sockopt.None{}, syscall.EINVAL),
	rw(sockopt.TIPCImportance, "tipc", 2),
	wo(sockopt.TIPCMulticastBroadcast, "tipc", sockopt.None{}, sockopt.None{}, nil),
	wo(sockopt.TIPCMulticastReplicast, "tipc", sockopt.None{}, sockopt.None{}, nil),
	wo(sockopt.TIPCNoDelay, "tipc", true, false, nil),
	ro(sockopt.TIPCNodeReceiveQueueDepth, "tipc", 0),
	ro(sockopt.TIPCReceiveQueueDepth, "tipc", 0),
	ro(sockopt.TIPCReceiveQueueUsed, "tipc", 0),
	rw(sockopt.TIPCSourceDroppable, "tipc", true),

	// SOL_ALG, where the kernel has it: an unbound socket takes nothing (crypto/af_alg.c,
	// alg_setsockopt)
	refuses(sockopt.ALGSetAEADAuthSize, "alg", 16, syscall.ENOPROTOOPT),
	refuses(sockopt.ALGSetDRBGEntropy, "alg", []byte{1}, syscall.ENOPROTOOPT),
	refuses(sockopt.ALGSetKey, "alg", []byte{1}, syscall.ENOPROTOOPT),
})

// edges are the rows of what the docs say of zero, of negative numbers, of those beyond the range
// and of sockets of another kind.
var edges = []row{
	gives(sockopt.SOReceiveBuffer, "udp4 tcp4", 0, 2304),
	gives(sockopt.SOSendBuffer, "udp4 tcp4", 0, 4608),
	gives(sockopt.SOReceiveLowWater, inet, 0, 1),
	gives(sockopt.SOReceiveLowWater, "udp4", -1, math.MaxInt32),
	{name: "SOReceiveTimeout", run: each("udp4", testTimeouts)},
	gives(sockopt.SOTransmitRehash, "tcp4", -1, 1),
	gives(sockopt.IPTimeToLive, "udp4 tcp4", -1, 64),
	gives(sockopt.IPTypeOfService, "tcp4", 255, 252), // without ECN
	gives(sockopt.IPMulticastTimeToLive, "udp4", 0, 0),
	gives(sockopt.IPMulticastTimeToLive, "udp4", -1, 1),
	gives(sockopt.IPv6Checksum, "raw6-200", -2, -1),
	gives(sockopt.IPv6MulticastHops, "udp6", -1, 1),
	gives(sockopt.IPv6TrafficClass, "tcp6", 255, 252), // without ECN
	gives(sockopt.IPv6TrafficClass, "udp6", -1, 0),
	gives(sockopt.IPv6UnicastHops, "udp6", -1, 64),
	gives(sockopt.TCPDeferAccept, "tcp4", -time.Second, 0),
	gives(sockopt.TCPDeferAccept, "tcp4", time.Nanosecond, time.Second),
	gives(sockopt.TCPMaxSegmentSize, "tcp4", 0, 536),
	gives(sockopt.TCPRetransmitMin, "tcp4", 200*time.Millisecond, 200*time.Millisecond),
	gives(sockopt.TCPTransmitDelay, "tcp4", (1<<28-1)*time.Microsecond, (1<<28-1)*time.Microsecond),
	gives(sockopt.TCPUserTimeout, "tcp4", math.MaxInt32*time.Millisecond,
		math.MaxInt32*time.Millisecond),
	gives(sockopt.TCPWindowClamp, "tcp4", -1, 1152),
	gives(sockopt.TCPWindowClamp, "tcp4", 0, 0),
	gives(sockopt.UDPLiteReceiveChecksumCoverage, "udplite", -1, 8),
	gives(sockopt.UDPLiteSendChecksumCoverage, "udplite", 70000, 65535),
	gives(sockopt.VSockBufferSize, "vsock", 1, 128),
	gives(sockopt.VSockBufferSize, "vsock", 1<<30, 1<<18),
	gives(sockopt.VSockConnectTimeout, "vsock", 0, 2*time.Second),

	refuses(sockopt.SOBindToInterfaceIndex, "udp4", -1, syscall.EINVAL),
	refuses(sockopt.SOBufferLock, "udp4", 4, syscall.EINVAL),
	needing(busyPolling, refuses(sockopt.SOBusyPoll, "udp4", -time.Second, syscall.EINVAL)),
	refuses(sockopt.SOReceiveLowWater, "vsock", -1, syscall.EINVAL),
	refuses(sockopt.SOReserveMemory, "tcp4", -1, syscall.EINVAL),
	refuses(sockopt.SOTimestamping, "udp4", 1<<31, syscall.EINVAL),
	refuses(sockopt.SOTransmitRehash, "tcp4", 2, syscall.EINVAL),
	refuses(sockopt.SOTransmitRehash, "udp4 mptcp unix", 1, sockopt.ErrWrongSocket),
	refuses(sockopt.SOZeroCopy, "udplite mptcp unix", true, sockopt.ErrWrongSocket),
	refuses(sockopt.IPTimeToLive, "udp4", 0, syscall.EINVAL),
	refuses(sockopt.IPTimeToLive, "udp4", 256, syscall.EINVAL),
	refuses(sockopt.IPMinimumTimeToLive, "tcp4", -1, syscall.EINVAL),
	refuses(sockopt.IPMinimumTimeToLive, "tcp4", 256, syscall.EINVAL),
	refuses(sockopt.IPMulticastTimeToLive, "udp4", 256, syscall.EINVAL),
	refuses(sockopt.IPMulticastTimeToLive, "tcp4", 1, sockopt.ErrWrongSocket),
	refuses(sockopt.IPUnicastInterface, "udp4", -1, socket.ErrValue),
	refuses(sockopt.IPUnicastInterface, "udp4", 99999, syscall.EADDRNOTAVAIL),
	refuses(sockopt.IPAddMembership, "udp4",
		sockopt.IPMembership{Group: ip("224.1.2.3"), Index: -1}, socket.ErrValue),
	refuses(sockopt.IPAddMembership, "udp4", sockopt.IPMembership{Group: ip("ff02::77")},
		socket.ErrValue),
	refuses(sockopt.IPv6JoinGroup, "udp6", sockopt.IPv6Membership{Group: ip("ff02::77"), Index: -1},
		socket.ErrValue),
	refuses(sockopt.IPv6JoinGroup, "udp6", sockopt.IPv6Membership{Group: ip("224.1.2.3")},
		socket.ErrValue),
	refuses(sockopt.MCASTJoinGroup, "udp6",
		sockopt.GroupMembership{Group: ip("ff02::77"), Index: -1}, socket.ErrValue),
	refuses(sockopt.MCASTJoinGroup, "udp6", sockopt.GroupMembership{}, socket.ErrValue),
	refuses(sockopt.MCASTSourceFilter, "udp4",
		sockopt.GroupSources{Group: ip("232.1.2.3"), Sources: []netip.Addr{ip("::1")}},
		socket.ErrValue),
	refuses(sockopt.TLSTransmit, "tcp4",
		sockopt.TLSCrypto{Cipher: sockopt.TLSAES128GCM, IV: make([]byte, 12), Key: make([]byte, 16),
			Salt: make([]byte, 4), RecordSequence: make([]byte, 8)}, socket.ErrValue),
	refuses(sockopt.IPLocalPortRange, "udp4", sockopt.PortRange{Low: 2, High: 1}, syscall.EINVAL),
	refuses(sockopt.IPv6Checksum, "raw6-200", 3, syscall.EINVAL),
	refuses(sockopt.IPv6MinimumHopCount, "tcp6", 256, syscall.EINVAL),
	refuses(sockopt.IPv6MulticastHops, "udp6", 256, syscall.EINVAL),
	refuses(sockopt.IPv6MulticastInterface, "udp6", -1, syscall.ENODEV),
	refuses(sockopt.IPv6TrafficClass, "udp6", 256, syscall.EINVAL),
	refuses(sockopt.IPv6UnicastHops, "udp6", -2, syscall.EINVAL),
	refuses(sockopt.IPv6UnicastInterface, "udp6", 99999, syscall.EADDRNOTAVAIL),
	refuses(sockopt.TCPDelayedAckMax, "tcp4", time.Microsecond, syscall.EINVAL),
	refuses(sockopt.TCPDelayedAckMax, "tcp4", time.Second, syscall.EINVAL),
	refuses(sockopt.TCPFastOpen, "tcp4", -1, syscall.EINVAL),
	refuses(sockopt.TCPFastOpenKey, "tcp4", make([]byte, 15), syscall.EINVAL),
	refuses(sockopt.TCPFastOpenKey, "tcp4", make([]byte, 33), socket.ErrValue),
	refuses(sockopt.TCPKeepCount, "tcp4", 0, syscall.EINVAL),
	refuses(sockopt.TCPKeepCount, "tcp4", 128, syscall.EINVAL),
	refuses(sockopt.TCPKeepIdle, "tcp4", 0, syscall.EINVAL),
	refuses(sockopt.TCPKeepIdle, "tcp4", 32768*time.Second, syscall.EINVAL),
	refuses(sockopt.TCPKeepInterval, "tcp4", -time.Second, syscall.EINVAL),
	refuses(sockopt.TCPKeepInterval, "tcp4", 32768*time.Second, syscall.EINVAL),
	refuses(sockopt.TCPMaxSegmentSize, "tcp4", 87, syscall.EINVAL),
	refuses(sockopt.TCPMaxSegmentSize, "tcp4", 32768, syscall.EINVAL),
	refuses(sockopt.TCPRetransmitMax, "tcp4", 999*time.Millisecond, syscall.EINVAL),
	refuses(sockopt.TCPRetransmitMax, "tcp4", 121*time.Second, syscall.EINVAL),
	refuses(sockopt.TCPRetransmitMin, "tcp4", time.Microsecond, syscall.EINVAL),
	refuses(sockopt.TCPRetransmitMin, "tcp4", time.Second, syscall.EINVAL),
	refuses(sockopt.TCPSaveSYN, "tcp4", 3, syscall.EINVAL),
	refuses(sockopt.TCPSYNCount, "tcp4", 0, syscall.EINVAL),
	refuses(sockopt.TCPSYNCount, "tcp4", 128, syscall.EINVAL),
	refuses(sockopt.TCPUserTimeout, "tcp4", -time.Second, syscall.EINVAL),
	refuses(sockopt.TCPUserTimeout, "tcp4", -time.Microsecond, syscall.EINVAL),
	refuses(sockopt.TCPUserTimeout, "tcp4", math.MaxInt32*time.Millisecond+1, socket.ErrValue),
	refuses(sockopt.UDPSegment, "udp4", -1, syscall.EINVAL),
	refuses(sockopt.UDPSegment, "udp4", 65536, syscall.EINVAL),
	refuses(sockopt.PacketReserve, "packet", 1<<31, syscall.EINVAL),
	refuses(sockopt.PacketVersion, "packet", 3, syscall.EINVAL),
	refuses(sockopt.PacketVirtioHeaderSize, "packet", 11, syscall.EINVAL),
	refuses(sockopt.NetlinkAddMembership, "netlink", 0, syscall.EINVAL),
	refuses(sockopt.VSockConnectTimeout, "vsock", -time.Second, socket.ErrValue),
}

// elsewhere names the test that shows an option, where a fresh socket cannot.
var elsewhere = map[string]string{
	"IPMulticastFilter":     "TestMulticastSourceFilter",
	"MCASTSourceFilter":     "TestMulticastSourceFilter",
	"IPv6PacketInfo":        "TestIPv6PacketInfo",
	"IPv6RoutingHeader":     "TestIPv6RoutingHeader",
	"TCPCongestionInfo":     "TestCongestionInfo",
	"TCPZeroCopyReceive":    "TestTCPZeroCopyReceive",
	"MPTCPSubflowAddresses": "TestMPTCP",
	"MPTCPTCPInfo":          "TestMPTCP",
	"SCTPAssociationInfo":   "TestSCTPQueries",
	"SCTPMaxBurst":          "TestSCTPQueries",
	"SCTPMaxSegmentSize":    "TestSCTPQueries",
	"SCTPRetransmitInfo":    "TestSCTPQueries",
}

func ip(s string) netip.Addr { return netip.MustParseAddr(s) }

var (
	// padding is an options header of eight bytes with nothing in it: a next-header byte, the
	// length, and PadN.
	padding = []byte{0, 0, 1, 4, 0, 0, 0, 0}
	ring    = sockopt.PacketRing{BlockSize: 1 << 16, Blocks: 1, FrameSize: 2048, Frames: 32}
	tlsKeys = sockopt.TLSCrypto{
		Version: 0x0303, Cipher: sockopt.TLSAES128GCM,
		IV: make([]byte, 8), Key: make([]byte, 16), Salt: make([]byte, 4),
		RecordSequence: make([]byte, 8),
	}
)

// TestLinuxOptions sets and gets every option of Linux on every kind of socket that has it (E20,
// E21, X8).
func TestLinuxOptions(t *testing.T) {
	testenv.Needs(t, ownKernel)
	runRows(t, linuxRows)
}

// TestLinuxEdges holds the docs to what the kernel does at the ends of ranges.
func TestLinuxEdges(t *testing.T) {
	testenv.Needs(t, ownKernel)
	runRows(t, edges)
}

// TestEveryOptionHasARow fails for an option that no test uses.
func TestEveryOptionHasARow(t *testing.T) {
	tests := map[string]bool{}
	files, _ := filepath.Glob("*_test.go")
	for _, file := range files {
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range f.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && strings.HasPrefix(fn.Name.Name, "Test") {
				tests[fn.Name.Name] = true
			}
		}
	}
	rows := map[string]bool{}
	for _, r := range linuxRows {
		rows[r.name] = true
	}
	for i := range sockopt.All() {
		test, named := elsewhere[i.GoName]
		switch {
		case !i.Defined(): // TestUndefinedOptions
		case !rows[i.GoName] && !named:
			t.Errorf("%s has no row and is in no test named here", i.GoName)
		case named && !tests[test]:
			t.Errorf("%s is said to be in %s, which there is not", i.GoName, test)
		}
	}
}

// busyPolling and conntrack are parts of a kernel that may be left out of it.
var (
	busyPolling = testenv.Feature{Name: "busy polling", Probe: func() error {
		return has(func(s *socket.Socket) error { _, err := sockopt.SOBusyPoll.Get(s); return err })
	}}
	conntrack = testenv.Feature{Name: "connection tracking", Probe: func() error {
		return has(func(s *socket.Socket) error {
			_, err := sockopt.SOOriginalDestination.Get(s)
			return err
		})
	}}
)

// has returns the error of an option of TCP if that is that there is no such option.
func has(use func(s *socket.Socket) error) error {
	s, err := socket.New(constants.AF_INET, constants.SOCK_STREAM, 0)
	if err != nil {
		return err
	}
	defer s.Close()
	if err := use(s); errors.Is(err, socket.ErrUnsupported) {
		return err
	}
	return nil
}

// testTimeouts: a short time is not none, and one longer than a Duration, which only other programs
// can set, is the longest.
func testTimeouts(t *testing.T, s *socket.Socket) {
	if err := sockopt.SOReceiveTimeout.Set(s, time.Nanosecond); err != nil {
		t.Error(err)
	}
	if v, err := sockopt.SOReceiveTimeout.Get(s); v < time.Millisecond || v > 10*time.Millisecond ||
		err != nil {
		t.Errorf("set to 1ns, read as %v, %v; want one clock tick", v, err)
	}
	// A second and more is seconds and microseconds: a million of these would be EDOM.
	for _, want := range []time.Duration{999 * time.Millisecond, time.Second,
		1500 * time.Millisecond, 90 * time.Second, 0} {
		if err := sockopt.SOReceiveTimeout.Set(s, want); err != nil {
			t.Errorf("%v: %v", want, err)
		}
		if v, err := sockopt.SOReceiveTimeout.Get(s); v < want || v > want+10*time.Millisecond ||
			want == 0 && v != 0 || err != nil {
			t.Errorf("set to %v, read as %v, %v", want, v, err)
		}
	}
	if strconv.IntSize == 32 {
		return // its seconds have 32 bits
	}
	long := append(native.AppendUint64(nil, 1e12), make([]byte, 8)...)
	if err := sockopt.SetBytes(s, constants.SOL_SOCKET, constants.SO_RCVTIMEO, long); err != nil {
		t.Error(err)
	}
	if v, err := sockopt.SOReceiveTimeout.Get(s); v != math.MaxInt64 || err != nil {
		t.Errorf("set to 10^12 seconds, read as %v, %v", v, err)
	}
}

// testReserveMemory: there is memory to reserve in a memory control group alone.
func testReserveMemory(t *testing.T, s *socket.Socket) {
	err := sockopt.SOReserveMemory.Set(s, 100)
	got, getErr := sockopt.SOReserveMemory.Get(s)
	switch {
	case getErr != nil:
		t.Error(getErr)
	case errors.Is(err, syscall.EOPNOTSUPP) && got == 0:
	case err == nil && got > 0 && got%os.Getpagesize() == 0: // rounded up to pages
	default:
		t.Errorf("set to 100: %v, read as %d", err, got)
	}
}

// testPeerSecurity: without a security module that labels sockets there is no option; with one
// there is a label, or none for a socket without a peer.
func testPeerSecurity(t *testing.T, s *socket.Socket) {
	label, err := sockopt.SOPeerSecurity.Get(s)
	modules, _ := os.ReadFile("/sys/kernel/security/lsm")
	labels := strings.Contains(string(modules), "selinux") ||
		strings.Contains(string(modules), "smack") || strings.Contains(string(modules), "apparmor")
	if !labels && !errors.Is(err, socket.ErrUnsupported) {
		t.Errorf("without labels it is %q, %v; want an unsupported error", label, err)
	}
	if labels && err != nil && !errors.Is(err, socket.ErrUnsupported) {
		t.Errorf("with labels it is %v", err)
	}
}

func testTimestampingClock(t *testing.T, s *socket.Socket) {
	want := sockopt.TimestampingClock{Flags: sockopt.TimestampingRxSoftware |
		sockopt.TimestampingSoftware}
	if err := sockopt.SOTimestampingClock.Set(s, want); err != nil {
		t.Fatal(err)
	}
	if got, err := sockopt.SOTimestampingClock.Get(s); err != nil || got != want {
		t.Errorf("it is %v, %v; want %v", got, err, want)
	}
	if got, err := sockopt.SOTimestamping.Get(s); err != nil || got != want.Flags {
		t.Errorf("the flags alone are %v, %v; want %v", got, err, want.Flags)
	}
	// A clock that is not there.
	bad := sockopt.TimestampingClock{Flags: sockopt.TimestampingBindPHC, Clock: 9999}
	if err := sockopt.SOTimestampingClock.Set(s, bad); err == nil {
		t.Error("bound to a clock that does not exist")
	}
}

// testLargePacingRate: a kernel that has 32 bits of a rate takes one that needs more as no limit. A
// 32-bit program can be run by either kind.
func testLargePacingRate(t *testing.T, s *socket.Socket) {
	for _, rate := range []uint64{1 << 40, math.MaxUint32, 1000, math.MaxUint64} {
		if err := sockopt.SOMaxPacingRate.Set(s, rate); err != nil {
			t.Fatal(err)
		}
		got, err := sockopt.SOMaxPacingRate.Get(s)
		noLimit := strconv.IntSize == 32 && rate >= math.MaxUint32 && got == math.MaxUint64
		if err != nil || got != rate && !noLimit {
			t.Errorf("set to %d, read as %d, %v", rate, got, err)
		}
	}
}

func testThinDuplicateAck(t *testing.T, s *socket.Socket) {
	if err := sockopt.TCPThinDuplicateAck.Set(s, true); err != nil {
		t.Error(err)
	}
	if v, err := sockopt.TCPThinDuplicateAck.Get(s); v || err != nil {
		t.Errorf("it is %v, %v; always false since Linux 4.11", v, err)
	}
}

func testPacketHeaderLength(t *testing.T, s *socket.Socket) {
	// The first one has a long in it, and a 64-bit kernel tells 32-bit programs its own.
	for version, want := range [][]int{{24, 32}, {unix.SizeofTpacket2Hdr},
		{unix.SizeofTpacket3Hdr}} {
		if got, err := sockopt.PacketHeaderLength.Get(s, version); err != nil ||
			!slices.Contains(want, got) {
			t.Errorf("version %d: %d, %v; want %d", version, got, err, want)
		}
	}
	if got, err := sockopt.PacketHeaderLength.Get(s, 99); !errors.Is(err, syscall.EINVAL) {
		t.Errorf("an unknown version: %d, %v", got, err)
	}
	if err := sockopt.PacketHeaderLength.Set(s, 1); !errors.Is(err, sockopt.ErrAccess) {
		t.Errorf("setting it: %v", err)
	}
}

func testNetlinkMemberships(t *testing.T, s *socket.Socket) {
	for _, group := range []int{unix.RTNLGRP_LINK, unix.RTNLGRP_NSID} {
		if err := sockopt.NetlinkAddMembership.Set(s, group); err != nil {
			t.Fatal(err)
		}
	}
	in := func(group int) bool {
		groups, err := sockopt.NetlinkListMemberships.Get(s)
		if err != nil {
			t.Fatal(err)
		}
		return len(groups) > (group-1)/32 && groups[(group-1)/32]>>((group-1)%32)&1 != 0
	}
	if !in(unix.RTNLGRP_LINK) || !in(unix.RTNLGRP_NSID) || in(unix.RTNLGRP_NEIGH) {
		t.Error("the list is not of the two groups joined")
	}
	if err := sockopt.NetlinkDropMembership.Set(s, unix.RTNLGRP_LINK); err != nil {
		t.Fatal(err)
	}
	if in(unix.RTNLGRP_LINK) || !in(unix.RTNLGRP_NSID) {
		t.Error("the list is not of the one group that is left")
	}
}

func testXDPMemory(t *testing.T, s *socket.Socket) {
	const frames, size = 16, 2048
	b, err := unix.Mmap(-1, 0, frames*size, unix.PROT_READ|unix.PROT_WRITE,
		unix.MAP_PRIVATE|unix.MAP_ANONYMOUS)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Munmap(b)
	defer s.Close()
	memory := sockopt.XDPUMem{Address: address(b), Length: frames * size, ChunkSize: size}
	if err := sockopt.XDPUMemRegister.Set(s, memory); err != nil {
		t.Fatal(err)
	}
	if err := sockopt.XDPUMemRegister.Set(s, memory); !errors.Is(err, syscall.EBUSY) {
		t.Errorf("registering it twice: %v", err)
	}
	for _, o := range []sockopt.WriteOnly[int]{sockopt.XDPUMemFillRing,
		sockopt.XDPUMemCompletionRing} {
		if err := o.Set(s, frames); err != nil {
			t.Errorf("%s: %v", o.Info().GoName, err)
		}
		if err := o.Set(s, 3); !errors.Is(err, syscall.EINVAL) {
			t.Errorf("%s of 3 entries: %v", o.Info().GoName, err)
		}
	}
}
