package sockopt

import (
	"net/netip"

	"example.com/bsdsocket/constants"
)

// Options of IPv6, at level IPPROTO_IPV6.

var ipprotoIPv6 = newLevel("IPPROTO_IPV6", constants.IPPROTO_IPV6, inet6Sockets)

// IP6TSOOriginalDestination is IP6T_SO_ORIGINAL_DST: [SOOriginalDestination] for IPv6.
// linux/netfilter_ipv6/ip6_tables.h.
var IP6TSOOriginalDestination ReadOnly[netip.AddrPort] = readOnly(originalDestination(28),
	"IP6TSOOriginalDestination", ipprotoIPv6, "IP6T_SO_ORIGINAL_DST",
	constants.IP6T_SO_ORIGINAL_DST, since("Linux 3.7"), only(redirected6Sockets))

// IPv6AddressForm is IPV6_ADDRFORM: turns a socket that is connected to an IPv4-mapped address into
// an IPv4 one; AF_INET is the only value (EINVAL). ENOTCONN without a peer, EADDRNOTAVAIL if the
// peer is not IPv4-mapped, EINVAL if [IPv6V6Only] is on. Reading it, connected, gives the family.
// ipv6/addrform in the socket egg. ipv6(7).
var IPv6AddressForm Option[constants.Family] = readWrite(enumeration[constants.Family](),
	"IPv6AddressForm", ipprotoIPv6, "IPV6_ADDRFORM", constants.IPV6_ADDRFORM, since("Linux 2.2"),
	only(transport6Sockets))

// IPv6AddressPreferences is IPV6_ADDR_PREFERENCES: which of this host's addresses to prefer as the
// source (RFC 5014). EINVAL for flags that contradict each other.
var IPv6AddressPreferences Option[AddressPreferences] = readWrite(flags32[AddressPreferences](),
	"IPv6AddressPreferences", ipprotoIPv6, "IPV6_ADDR_PREFERENCES", constants.IPV6_ADDR_PREFERENCES,
	since("Linux 2.6.26"))

// IPv6AutoFlowLabel is IPV6_AUTOFLOWLABEL: packets sent carry a flow label made from a hash of the
// connection (RFC 6438). The default is the sysctl net.ipv6.auto_flowlabels.
var IPv6AutoFlowLabel Option[bool] = readWrite(boolean, "IPv6AutoFlowLabel", ipprotoIPv6,
	"IPV6_AUTOFLOWLABEL", constants.IPV6_AUTOFLOWLABEL, since("Linux 3.17"))

// IPv6BoundInterface is IPV6_BOUND_IF: the index of the interface that alone the socket uses; 0 is
// any. macOS: netinet6/in6.h. Linux: [SOBindToInterfaceIndex].
var IPv6BoundInterface Option[int] = readWrite(integer, "IPv6BoundInterface", ipprotoIPv6,
	"IPV6_BOUND_IF", constants.IPV6_BOUND_IF)

// IPv6Checksum is IPV6_CHECKSUM: the offset in the payload of a raw socket where the kernel puts,
// and checks, the Internet checksum; a negative one is nowhere and read as -1, the default. An odd
// offset is EINVAL, as is any for ICMPv6, whose checksum is always made. RFC 3542, section 3.1.
var IPv6Checksum Option[int] = readWrite(integer, "IPv6Checksum", ipprotoIPv6, "IPV6_CHECKSUM",
	constants.IPV6_CHECKSUM, only(raw6Sockets))

// IPv6DontFragment is IPV6_DONTFRAG: datagrams that are larger than the MTU are not fragmented:
// sending one is EMSGSIZE, and [IPv6ReceivePathMTU] tells of the MTU. RFC 3542, section 11.2. For
// IPv4 peers of a dual-stack socket: [IPMTUDiscover].
var IPv6DontFragment Option[bool] = readWrite(boolean, "IPv6DontFragment", ipprotoIPv6,
	"IPV6_DONTFRAG", constants.IPV6_DONTFRAG)

// IPv6DestinationOptions is IPV6_DSTOPTS: the destination options header of every packet sent, from
// its next-header byte on; its length is a multiple of 8, at most 2,048. Empty takes it away. It
// needs CAP_NET_RAW (EPERM). RFC 3542, section 9.
var IPv6DestinationOptions Option[[]byte] = readWrite(octets(2048), "IPv6DestinationOptions",
	ipprotoIPv6, "IPV6_DSTOPTS", constants.IPV6_DSTOPTS)

// IPv6FlowInfo is IPV6_FLOWINFO: each datagram received brings a control message with its traffic
// class and flow label. Of TCP it tells nothing: the address that accept(2) returns has no flow
// information. ipv6/flowinfo in the socket egg. ipv6(7). For IPv4 peers of a dual-stack socket:
// [IPReceiveTypeOfService].
var IPv6FlowInfo Option[bool] = readWrite(boolean, "IPv6FlowInfo", ipprotoIPv6, "IPV6_FLOWINFO",
	constants.IPV6_FLOWINFO, since("Linux 2.2"))

// IPv6FlowInfoSend is IPV6_FLOWINFO_SEND: the flow information in addresses given to connect(2) and
// sendto(2) is used. The label must have been asked for with IPV6_FLOWLABEL_MGR. linux/in6.h.
var IPv6FlowInfoSend Option[bool] = readWrite(boolean, "IPv6FlowInfoSend", ipprotoIPv6,
	"IPV6_FLOWINFO_SEND", constants.IPV6_FLOWINFO_SEND, since("Linux 2.2"))

// IPv6FreeBind is IPV6_FREEBIND: bind(2) takes an address that no interface has, or has yet. It is
// one flag with [IPFreeBind]. linux/in6.h.
var IPv6FreeBind Option[bool] = readWrite(boolean, "IPv6FreeBind", ipprotoIPv6, "IPV6_FREEBIND",
	constants.IPV6_FREEBIND, since("Linux 4.15"))

// IPv6HeaderIncluded is IPV6_HDRINCL: what is sent begins with the IPv6 header. Raw sockets; those
// of IPPROTO_RAW have it on. linux/in6.h.
var IPv6HeaderIncluded Option[bool] = readWrite(boolean, "IPv6HeaderIncluded", ipprotoIPv6,
	"IPV6_HDRINCL", constants.IPV6_HDRINCL, since("Linux 4.5"), only(raw6Sockets))

// IPv6HopByHopOptions is IPV6_HOPOPTS: the hop-by-hop options header of every packet sent, like
// [IPv6DestinationOptions]. RFC 3542, section 8.
var IPv6HopByHopOptions Option[[]byte] = readWrite(octets(2048), "IPv6HopByHopOptions", ipprotoIPv6,
	"IPV6_HOPOPTS", constants.IPV6_HOPOPTS)

// IPv6JoinAnycast is IPV6_JOIN_ANYCAST: joins an anycast group, an address that several hosts have.
// It needs CAP_NET_ADMIN (EPERM). ENODEV without such an interface, EINVAL for an address of this
// host, EADDRNOTAVAIL on a host that does not forward if no prefix of the interface has the
// address. linux/in6.h.
var IPv6JoinAnycast WriteOnly[IPv6Membership] = writeOnly(ipv6Membership, "IPv6JoinAnycast",
	ipprotoIPv6, "IPV6_JOIN_ANYCAST", constants.IPV6_JOIN_ANYCAST, since("Linux 2.4"))

// IPv6JoinGroup is IPV6_JOIN_GROUP, also known as IPV6_ADD_MEMBERSHIP: joins a multicast group from
// any source. EADDRINUSE if the socket has joined it on that interface, ENODEV if there is no such
// interface, EINVAL if the address is no group's. A membership ends with its interface as
// [IPAddMembership]'s does. TCP sockets refuse it on Linux. For one source, see
// [MCASTJoinSourceGroup]. RFC 3493, section 5.2. For IPv4 peers of a dual-stack socket:
// [IPAddMembership].
var IPv6JoinGroup WriteOnly[IPv6Membership] = writeOnly(ipv6Membership, "IPv6JoinGroup",
	ipprotoIPv6, "IPV6_JOIN_GROUP", constants.IPV6_JOIN_GROUP, only(datagram6Sockets))

// IPv6LeaveAnycast is IPV6_LEAVE_ANYCAST: leaves a group of [IPv6JoinAnycast]. ENOENT if it is not
// joined. linux/in6.h.
var IPv6LeaveAnycast WriteOnly[IPv6Membership] = writeOnly(ipv6Membership, "IPv6LeaveAnycast",
	ipprotoIPv6, "IPV6_LEAVE_ANYCAST", constants.IPV6_LEAVE_ANYCAST, since("Linux 2.4"))

// IPv6LeaveGroup is IPV6_LEAVE_GROUP, also known as IPV6_DROP_MEMBERSHIP: leaves a group.
// EADDRNOTAVAIL if it is not joined on that interface. RFC 3493, section 5.2. For IPv4 peers of a
// dual-stack socket: [IPDropMembership].
var IPv6LeaveGroup WriteOnly[IPv6Membership] = writeOnly(ipv6Membership, "IPv6LeaveGroup",
	ipprotoIPv6, "IPV6_LEAVE_GROUP", constants.IPV6_LEAVE_GROUP, only(datagram6Sockets))

// IPv6MinimumHopCount is IPV6_MINHOPCOUNT: packets that arrive with a smaller hop limit are dropped
// (RFC 5082). 0 to 255, EINVAL beyond; 0, the default, drops none. TCP.
//
// WARNING: it does not keep IPv4 peers out. A dual-stack socket takes an IPv4 client with any time
// to live unless [IPMinimumTimeToLive] is set too, or [IPv6V6Only] is on: without either the check
// of RFC 5082 (GTSM) can be walked around.
var IPv6MinimumHopCount Option[int] = readWrite(integer, "IPv6MinimumHopCount", ipprotoIPv6,
	"IPV6_MINHOPCOUNT", constants.IPV6_MINHOPCOUNT, since("Linux 2.6.35"))

// IPv6MTU is IPV6_MTU: read, the path MTU to the peer of a connected socket, in bytes; ENOTCONN
// without a peer. Set, the largest packet to send before fragmenting, 1,280 or more, or 0 for the
// path's own; what is set is not what is read. ipv6/mtu in the socket egg. ipv6(7). For IPv4 peers
// of a dual-stack socket: [IPMTU].
var IPv6MTU Option[int] = readWrite(integer, "IPv6MTU", ipprotoIPv6, "IPV6_MTU", constants.IPV6_MTU)

// IPv6MTUDiscover is IPV6_MTU_DISCOVER: whether datagrams are fragmented; see [IPMTUDiscover].
// ipv6(7). For IPv4 peers of a dual-stack socket: [IPMTUDiscover].
var IPv6MTUDiscover Option[PathMTUDiscovery] = readWrite(enumeration[PathMTUDiscovery](),
	"IPv6MTUDiscover", ipprotoIPv6, "IPV6_MTU_DISCOVER", constants.IPV6_MTU_DISCOVER)

// IPv6MulticastAll is IPV6_MULTICAST_ALL: [IPMulticastAll] for IPv6. linux/in6.h. For IPv4 peers of
// a dual-stack socket: [IPMulticastAll].
var IPv6MulticastAll Option[bool] = readWrite(boolean, "IPv6MulticastAll", ipprotoIPv6,
	"IPV6_MULTICAST_ALL", constants.IPV6_MULTICAST_ALL, since("Linux 4.20"))

// IPv6MulticastHops is IPV6_MULTICAST_HOPS: the hop limit of datagrams sent to groups, 0 to 255;
// EINVAL beyond. -1 is the default, 1. ENOPROTOOPT on TCP. RFC 3493, section 5.2. For IPv4 peers of
// a dual-stack socket: [IPMulticastTimeToLive].
var IPv6MulticastHops Option[int] = readWrite(integer, "IPv6MulticastHops", ipprotoIPv6,
	"IPV6_MULTICAST_HOPS", constants.IPV6_MULTICAST_HOPS, only(datagram6Sockets))

// IPv6MulticastInterface is IPV6_MULTICAST_IF: the index of the interface through which datagrams
// to groups leave; 0 lets the routing table choose. ENODEV if there is no such interface,
// ENOPROTOOPT on TCP. RFC 3493, section 5.2. For IPv4 peers of a dual-stack socket:
// [IPMulticastInterface].
var IPv6MulticastInterface Option[int] = readWrite(integer, "IPv6MulticastInterface", ipprotoIPv6,
	"IPV6_MULTICAST_IF", constants.IPV6_MULTICAST_IF, only(datagram6Sockets))

// IPv6MulticastLoop is IPV6_MULTICAST_LOOP: whether sockets of this host get the datagrams that it
// sends to groups it has joined; on by default. EINVAL for values other than 0 and 1. On a
// dual-stack socket this one counts for IPv4 groups too, and [IPMulticastLoop] does not. RFC 3493,
// section 5.2.
var IPv6MulticastLoop Option[bool] = readWrite(boolean, "IPv6MulticastLoop", ipprotoIPv6,
	"IPV6_MULTICAST_LOOP", constants.IPV6_MULTICAST_LOOP)

// IPv6NextHop is IPV6_NEXTHOP: the address of the neighbour to send every packet to first; the zero
// Addr takes it away. It needs root. BSD and macOS; Linux has it as a control message alone. RFC
// 3542, section 6.
var IPv6NextHop Option[netip.Addr] = readWrite(ipv6NextHop, "IPv6NextHop", ipprotoIPv6,
	"IPV6_NEXTHOP", constants.IPV6_NEXTHOP)

// IPv6OriginalDestination is IPV6_ORIGDSTADDR, another name of IPV6_RECVORIGDSTADDR: each datagram
// received brings a control message IPV6_ORIGDSTADDR with the address that it was sent to, before a
// transparent proxy took it. linux/in6.h. For IPv4 peers of a dual-stack socket:
// [IPOriginalDestination].
var IPv6OriginalDestination Option[bool] = readWrite(boolean, "IPv6OriginalDestination",
	ipprotoIPv6, "IPV6_ORIGDSTADDR", constants.IPV6_ORIGDSTADDR, since("Linux 2.6.37"))

// IPv6PathMTU is IPV6_PATHMTU: the path MTU to the peer of a connected socket. ENOTCONN without a
// peer. Linux does not fill in the address. RFC 3542, section 11.4.
var IPv6PathMTU ReadOnly[PathMTU] = readOnly(pathMTU, "IPv6PathMTU", ipprotoIPv6, "IPV6_PATHMTU",
	constants.IPV6_PATHMTU)

// IPv6PacketInfo is IPV6_PKTINFO: the source address and the interface of every packet sent; the
// zero value lets the routing table choose. Linux uses the interface alone, and does not check that
// there is one (EINVAL only for another than the socket is bound to). There it can be set and not
// read: Get is [socket.ErrUnsupported]. To choose an address there, bind(2) to it. What the packets
// received were sent to is [IPv6ReceivePacketInfo]. RFC 3542, section 6.
var IPv6PacketInfo Option[IPv6Source] = readWrite(packetInfo6, "IPv6PacketInfo", ipprotoIPv6,
	"IPV6_PKTINFO", ipv6PacketInfo)

// IPv6PortRange is IPV6_PORTRANGE: [IPPortRange] for IPv6. BSD and macOS; ip6(4) there.
// ipv6/port-range in the socket egg.
var IPv6PortRange Option[int] = readWrite(integer, "IPv6PortRange", ipprotoIPv6, "IPV6_PORTRANGE",
	constants.IPV6_PORTRANGE)

// IPv6ReceiveDestinationOptions is IPV6_RECVDSTOPTS: each packet received brings a control message
// IPV6_DSTOPTS with its destination options header, if any. RFC 3542, section 9.
var IPv6ReceiveDestinationOptions Option[bool] = readWrite(boolean, "IPv6ReceiveDestinationOptions",
	ipprotoIPv6, "IPV6_RECVDSTOPTS", constants.IPV6_RECVDSTOPTS)

// IPv6ReceiveError is IPV6_RECVERR: [IPReceiveError] for IPv6, with a control message IPV6_RECVERR.
// ipv6(7). For IPv4 peers of a dual-stack socket: [IPReceiveError].
var IPv6ReceiveError Option[bool] = readWrite(boolean, "IPv6ReceiveError", ipprotoIPv6,
	"IPV6_RECVERR", constants.IPV6_RECVERR)

// IPv6ReceiveErrorRFC4884 is IPV6_RECVERR_RFC4884: [IPReceiveErrorRFC4884] for IPv6. linux/in6.h.
// For IPv4 peers of a dual-stack socket: [IPReceiveErrorRFC4884].
var IPv6ReceiveErrorRFC4884 Option[bool] = readWrite(boolean, "IPv6ReceiveErrorRFC4884",
	ipprotoIPv6, "IPV6_RECVERR_RFC4884", constants.IPV6_RECVERR_RFC4884, since("Linux 5.9"))

// IPv6ReceiveFragmentSize is IPV6_RECVFRAGSIZE: [IPReceiveFragmentSize] for
// IPv6, with a control message IPV6_RECVFRAGSIZE. linux/in6.h. For IPv4 peers
// of a dual-stack socket:
// [IPReceiveFragmentSize].
var IPv6ReceiveFragmentSize Option[bool] = readWrite(boolean, "IPv6ReceiveFragmentSize",
	ipprotoIPv6, "IPV6_RECVFRAGSIZE", constants.IPV6_RECVFRAGSIZE, since("Linux 4.10"))

// IPv6ReceiveHopLimit is IPV6_RECVHOPLIMIT: each packet received brings a control message
// IPV6_HOPLIMIT with its hop limit. RFC 3542, section 6.3. For IPv4 peers of a dual-stack socket:
// [IPReceiveTimeToLive].
var IPv6ReceiveHopLimit Option[bool] = readWrite(boolean, "IPv6ReceiveHopLimit", ipprotoIPv6,
	"IPV6_RECVHOPLIMIT", constants.IPV6_RECVHOPLIMIT)

// IPv6ReceiveHopByHopOptions is IPV6_RECVHOPOPTS: each packet received brings a control message
// IPV6_HOPOPTS with its hop-by-hop options header, if any. RFC 3542, section 8.
var IPv6ReceiveHopByHopOptions Option[bool] = readWrite(boolean, "IPv6ReceiveHopByHopOptions",
	ipprotoIPv6, "IPV6_RECVHOPOPTS", constants.IPV6_RECVHOPOPTS)

// IPv6ReceiveOriginalDestination is IPV6_RECVORIGDSTADDR: each
// datagram brings a control message IPV6_ORIGDSTADDR, see
// [IPv6OriginalDestination]. linux/in6.h. For IPv4 peers of a dual-stack
// socket: [IPReceiveOriginalDestination].
var IPv6ReceiveOriginalDestination Option[bool] = readWrite(boolean,
	"IPv6ReceiveOriginalDestination", ipprotoIPv6, "IPV6_RECVORIGDSTADDR",
	constants.IPV6_RECVORIGDSTADDR, since("Linux 2.6.37"))

// IPv6ReceivePathMTU is IPV6_RECVPATHMTU: when a datagram sent was too large, the next receive
// brings a control message IPV6_PATHMTU and no data: an empty datagram that no peer sent. A receive
// without room for control messages returns it too. RFC 3542, section 11.3.
var IPv6ReceivePathMTU Option[bool] = readWrite(boolean, "IPv6ReceivePathMTU", ipprotoIPv6,
	"IPV6_RECVPATHMTU", constants.IPV6_RECVPATHMTU)

// IPv6ReceivePacketInfo is IPV6_RECVPKTINFO: each packet received brings a control message
// IPV6_PKTINFO with its destination and interface. RFC 3542, section 6. Windows calls the option
// IPV6_PKTINFO. It serves IPv4 peers of a dual-stack socket too, with their addresses mapped
// (Linux).
var IPv6ReceivePacketInfo Option[bool] = readWrite(boolean, "IPv6ReceivePacketInfo", ipprotoIPv6,
	"IPV6_RECVPKTINFO", ipv6ReceivePacketInfo)

// IPv6ReceiveRoutingHeader is IPV6_RECVRTHDR: each packet received brings a control message
// IPV6_RTHDR with its routing header, if any. RFC 3542, section 7.
var IPv6ReceiveRoutingHeader Option[bool] = readWrite(boolean, "IPv6ReceiveRoutingHeader",
	ipprotoIPv6, "IPV6_RECVRTHDR", constants.IPV6_RECVRTHDR)

// IPv6ReceiveTrafficClass is IPV6_RECVTCLASS: each packet received brings a control message
// IPV6_TCLASS with its traffic class. RFC 3542, section 6.5. For IPv4 peers of a dual-stack socket:
// [IPReceiveTypeOfService].
var IPv6ReceiveTrafficClass Option[bool] = readWrite(boolean, "IPv6ReceiveTrafficClass",
	ipprotoIPv6, "IPV6_RECVTCLASS", constants.IPV6_RECVTCLASS)

// IPv6RouterAlert is IPV6_ROUTER_ALERT: a raw socket of IPPROTO_RAW gets all packets to be
// forwarded whose router alert option (RFC 2711) has this value; -1 is none. What is read is 1 or
// 0, whether there is one. ENOPROTOOPT on other sockets. ipv6/router-alert in the socket egg.
var IPv6RouterAlert Option[int] = readWrite(integer, "IPv6RouterAlert", ipprotoIPv6,
	"IPV6_ROUTER_ALERT", constants.IPV6_ROUTER_ALERT, since("Linux 2.2"), only(raw6Sockets))

// IPv6RouterAlertIsolate is IPV6_ROUTER_ALERT_ISOLATE: [IPv6RouterAlert] hears of packets of the
// socket's own network namespace alone. linux/in6.h.
var IPv6RouterAlertIsolate Option[bool] = readWrite(boolean, "IPv6RouterAlertIsolate", ipprotoIPv6,
	"IPV6_ROUTER_ALERT_ISOLATE", constants.IPV6_ROUTER_ALERT_ISOLATE, since("Linux 5.1"))

// IPv6RoutingHeader is IPV6_RTHDR: the routing header of every packet sent, from its next-header
// byte on. Linux takes type 2 and, since 4.10, segment routing. Empty takes it away. It needs
// CAP_NET_RAW (EPERM). RFC 3542, section 7.
var IPv6RoutingHeader Option[[]byte] = readWrite(octets(2048), "IPv6RoutingHeader", ipprotoIPv6,
	"IPV6_RTHDR", constants.IPV6_RTHDR)

// IPv6RoutingHeaderDestinationOptions is IPV6_RTHDRDSTOPTS: the destination options header before
// the routing header of every packet sent; see [IPv6DestinationOptions]. It is sent only together
// with a routing header. RFC 3542, section 9.
var IPv6RoutingHeaderDestinationOptions Option[[]byte] = readWrite(octets(2048),
	"IPv6RoutingHeaderDestinationOptions", ipprotoIPv6, "IPV6_RTHDRDSTOPTS",
	constants.IPV6_RTHDRDSTOPTS)

// IPv6TrafficClass is IPV6_TCLASS: the traffic class of packets sent, 0 to 255; EINVAL beyond. -1
// is the default, 0. TCP keeps the two bits of ECN to itself on Linux. RFC 3542, section 6.5. For
// IPv4 peers of a dual-stack socket: [IPTypeOfService].
var IPv6TrafficClass Option[int] = readWrite(integer, "IPv6TrafficClass", ipprotoIPv6,
	"IPV6_TCLASS", constants.IPV6_TCLASS)

// IPv6Transparent is IPV6_TRANSPARENT: [IPTransparent] for IPv6; it is one flag with it.
// linux/in6.h.
var IPv6Transparent Option[bool] = readWrite(boolean, "IPv6Transparent", ipprotoIPv6,
	"IPV6_TRANSPARENT", constants.IPV6_TRANSPARENT, since("Linux 2.6.37"))

// IPv6UnicastHops is IPV6_UNICAST_HOPS: the hop limit of unicast packets sent, 0 to 255; EINVAL
// beyond. -1 is the default of the route or of the sysctl net.ipv6.conf.*.hop_limit (64), which is
// also what is read then. RFC 3493, section 5.1. For IPv4 peers of a dual-stack socket:
// [IPTimeToLive].
var IPv6UnicastHops Option[int] = readWrite(integer, "IPv6UnicastHops", ipprotoIPv6,
	"IPV6_UNICAST_HOPS", constants.IPV6_UNICAST_HOPS)

// IPv6UnicastInterface is IPV6_UNICAST_IF: [IPUnicastInterface] for IPv6. linux/in6.h. For IPv4
// peers of a dual-stack socket: [IPUnicastInterface].
var IPv6UnicastInterface Option[int] = readWrite(unicastInterface6, "IPv6UnicastInterface",
	ipprotoIPv6, "IPV6_UNICAST_IF", constants.IPV6_UNICAST_IF, since("Linux 3.4"))

// IPv6V6Only is IPV6_V6ONLY: the socket takes no IPv4, whose addresses it would see as
// ::ffff:1.2.3.4; then an IPv4 socket can bind to the same port. It is set before bind(2), EINVAL
// after. The default is off on Linux (the sysctl net.ipv6.bindv6only) and macOS, on elsewhere,
// always on OpenBSD. Package net sets it itself. ipv6-v6-only? in the socket egg. RFC 3493, section
// 5.3.
var IPv6V6Only Option[bool] = readWrite(boolean, "IPv6V6Only", ipprotoIPv6, "IPV6_V6ONLY",
	constants.IPV6_V6ONLY)
