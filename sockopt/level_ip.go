package sockopt

import (
	"net/netip"

	"example.com/bsdsocket/constants"
)

// Options of IPv4, at level IPPROTO_IP. On Linux IPv6 sockets, raw ones apart, have them too, for
// the IPv4 addresses that they can talk to.

var ipprotoIP = newLevel("IPPROTO_IP", constants.IPPROTO_IP, inet4Sockets)

// IPAddMembership is IP_ADD_MEMBERSHIP: joins a multicast group from any source. EADDRINUSE if the
// socket has joined it on that interface, ENODEV if there is no such interface, or none that routes
// to the group, EINVAL if the address is no group's, ENOBUFS beyond the sysctl
// net.ipv4.igmp_max_memberships (20). The membership ends with the socket. It ends with its
// interface too, in silence, but not in the socket's books: joining on a new interface of that
// index is EADDRINUSE until the group is left. Joining is per host: another socket on the group's
// port gets its datagrams too, unless [IPMulticastAll] is off. TCP sockets refuse it on Linux
// (EPROTO, ENOPROTOOPT). ip(7).
var IPAddMembership WriteOnly[IPMembership] = writeOnly(membership, "IPAddMembership", ipprotoIP,
	"IP_ADD_MEMBERSHIP", constants.IP_ADD_MEMBERSHIP, only(datagram4Sockets))

// IPAddSourceMembership is IP_ADD_SOURCE_MEMBERSHIP: joins a group for one source (RFC 3678). A
// group that was joined from any source is from now on received from this one alone, without an
// error; EINVAL if sources of it were ever blocked. More sources are added one by one;
// EADDRNOTAVAIL if this one is joined, ENOBUFS beyond net.ipv4.igmp_max_msf (10).
var IPAddSourceMembership WriteOnly[IPSourceMembership] = writeOnly(sourceMembership,
	"IPAddSourceMembership", ipprotoIP, "IP_ADD_SOURCE_MEMBERSHIP",
	constants.IP_ADD_SOURCE_MEMBERSHIP, only(datagram4Sockets))

// IPBindAny is IP_BINDANY: bind(2) takes addresses that are not this host's. It needs
// PRIV_NETINET_BINDANY. FreeBSD's [IPTransparent]; ip(4) there.
var IPBindAny Option[bool] = readWrite(boolean, "IPBindAny", ipprotoIP, "IP_BINDANY",
	constants.IP_BINDANY)

// IPBindAddressNoPort is IP_BIND_ADDRESS_NO_PORT: bind(2) to port 0 chooses the address alone;
// connect(2) chooses the port, which then can be one that is in use for another peer. ip(7).
var IPBindAddressNoPort Option[bool] = readWrite(boolean, "IPBindAddressNoPort", ipprotoIP,
	"IP_BIND_ADDRESS_NO_PORT", constants.IP_BIND_ADDRESS_NO_PORT, since("Linux 4.2"))

// IPBlockSource is IP_BLOCK_SOURCE: stops one source's datagrams on a group that was joined from
// any. EADDRNOTAVAIL if it is blocked already, EINVAL if the group is not joined. ip(7).
var IPBlockSource WriteOnly[IPSourceMembership] = writeOnly(sourceMembership, "IPBlockSource",
	ipprotoIP, "IP_BLOCK_SOURCE", constants.IP_BLOCK_SOURCE, only(datagram4Sockets))

// IPBoundInterface is IP_BOUND_IF: the index of the interface that alone the socket uses; 0 is any.
// macOS: netinet/in.h. Linux: [SOBindToInterfaceIndex].
var IPBoundInterface Option[int] = readWrite(integer, "IPBoundInterface", ipprotoIP, "IP_BOUND_IF",
	constants.IP_BOUND_IF)

// IPChecksum is IP_CHECKSUM: each UDP datagram received brings a control message IP_CHECKSUM with
// the checksum of its payload. linux/in.h.
var IPChecksum Option[bool] = readWrite(boolean, "IPChecksum", ipprotoIP, "IP_CHECKSUM",
	constants.IP_CHECKSUM, since("Linux 4.0"))

// IPDontFragment is IP_DONTFRAG, Windows' IP_DONTFRAGMENT: datagrams sent carry the "don't
// fragment" bit; EMSGSIZE when one is too large. macOS, FreeBSD, Windows. Linux: [IPMTUDiscover].
// FreeBSD's ip(4).
var IPDontFragment Option[bool] = readWrite(boolean, "IPDontFragment", ipprotoIP, "IP_DONTFRAG",
	ipDontFragment)

// IPDropMembership is IP_DROP_MEMBERSHIP: leaves a group. EADDRNOTAVAIL if it is not joined on that
// interface; on Linux the zero group never is. ip(7).
var IPDropMembership WriteOnly[IPMembership] = writeOnly(membership, "IPDropMembership", ipprotoIP,
	"IP_DROP_MEMBERSHIP", constants.IP_DROP_MEMBERSHIP, only(datagram4Sockets))

// IPDropSourceMembership is IP_DROP_SOURCE_MEMBERSHIP: stops one source of [IPAddSourceMembership].
// With the last one the group is left. EADDRNOTAVAIL if that source, EINVAL if that group is not
// joined. ip(7).
var IPDropSourceMembership WriteOnly[IPSourceMembership] = writeOnly(sourceMembership,
	"IPDropSourceMembership", ipprotoIP, "IP_DROP_SOURCE_MEMBERSHIP",
	constants.IP_DROP_SOURCE_MEMBERSHIP, only(datagram4Sockets))

// IPFreeBind is IP_FREEBIND: bind(2) takes an address that no interface has, or has yet. The sysctl
// net.ipv4.ip_nonlocal_bind is the same for all sockets. ip(7).
var IPFreeBind Option[bool] = readWrite(boolean, "IPFreeBind", ipprotoIP, "IP_FREEBIND",
	constants.IP_FREEBIND, since("Linux 2.4"))

// IPHeaderIncluded is IP_HDRINCL: what is sent begins with the IPv4 header. Raw sockets; those of
// IPPROTO_RAW have it on. raw(7) tells which fields the kernel fills in. ip-header-included? in the
// socket egg.
var IPHeaderIncluded Option[bool] = readWrite(boolean, "IPHeaderIncluded", ipprotoIP, "IP_HDRINCL",
	constants.IP_HDRINCL, only(raw4Sockets))

// IPLocalPortRange is IP_LOCAL_PORT_RANGE: the ports that bind(2) to port 0 and connect(2) choose
// from, within those of the sysctl net.ipv4.ip_local_port_range. 0 at either end is the sysctl's. A
// low above the high is EINVAL. On IPv6 sockets too. ip(7).
var IPLocalPortRange Option[PortRange] = readWrite(portRange, "IPLocalPortRange", ipprotoIP,
	"IP_LOCAL_PORT_RANGE", constants.IP_LOCAL_PORT_RANGE, since("Linux 6.3"))

// IPMinimumTimeToLive is IP_MINTTL: packets that arrive with a smaller time to live are dropped
// (RFC 5082). 0 to 255, EINVAL beyond; 0, the default, drops none. TCP.
var IPMinimumTimeToLive Option[int] = readWrite(integer, "IPMinimumTimeToLive", ipprotoIP,
	"IP_MINTTL", constants.IP_MINTTL, since("Linux 2.6.34"))

// IPMulticastFilter is IP_MSFILTER: all sources that are received, or blocked, on a group and
// interface, at once (RFC 3678). Get takes the group and the interface and returns the rest.
// EADDRNOTAVAIL if the group is not joined, ENOBUFS beyond net.ipv4.igmp_max_msf. Including no
// source leaves the group.
var IPMulticastFilter Query[IPMulticastSources] = queried(multicastFilter, "IPMulticastFilter",
	ipprotoIP, "IP_MSFILTER", msfilterName, since("Linux 2.4"), only(datagram4Sockets))

// IPMTU is IP_MTU: the path MTU, in bytes, to the peer of a connected socket; ENOTCONN without a
// peer. ip/mtu in the socket egg. ip(7).
var IPMTU ReadOnly[int] = readOnly(integer, "IPMTU", ipprotoIP, "IP_MTU", constants.IP_MTU)

// IPMTUDiscover is IP_MTU_DISCOVER: whether packets carry the "don't fragment" bit and what happens
// to datagrams that are too large. TCP starts with [PathMTUWant] unless the sysctl
// net.ipv4.ip_no_pmtu_disc says otherwise. Windows has the option since Windows 10 2004. ip(7).
var IPMTUDiscover Option[PathMTUDiscovery] = readWrite(enumeration[PathMTUDiscovery](),
	"IPMTUDiscover", ipprotoIP, "IP_MTU_DISCOVER", constants.IP_MTU_DISCOVER)

// IPMulticastAll is IP_MULTICAST_ALL: whether the socket gets datagrams of groups that others on
// this host have joined, if they are for the address and port that it is bound to. It is on for
// IPv4 sockets, unlike elsewhere. ip(7).
var IPMulticastAll Option[bool] = readWrite(boolean, "IPMulticastAll", ipprotoIP,
	"IP_MULTICAST_ALL", constants.IP_MULTICAST_ALL, since("Linux 2.6.31"))

// IPMulticastInterface is IP_MULTICAST_IF: the interface through which datagrams to groups leave;
// the zero value lets the routing table choose. What is read is the address alone on Linux and BSD,
// 0.0.0.0 for an interface chosen by its index. EADDRNOTAVAIL if there is no such interface; EINVAL
// on TCP. ip(7).
var IPMulticastInterface Option[IPInterface] = readWrite(multicastInterface, "IPMulticastInterface",
	ipprotoIP, "IP_MULTICAST_IF", constants.IP_MULTICAST_IF, only(datagram4Sockets))

// IPMulticastLoop is IP_MULTICAST_LOOP: whether sockets of this host get the datagrams that it
// sends to groups it has joined; on by default. On Linux and BSD the sender's option counts, on
// Windows the receiver's. On an IPv6 socket of Linux it is a no-op: there [IPv6MulticastLoop]
// counts for IPv4 groups too. ip(7).
var IPMulticastLoop Option[bool] = readWrite(multicastByteBool, "IPMulticastLoop", ipprotoIP,
	"IP_MULTICAST_LOOP", constants.IP_MULTICAST_LOOP)

// IPMulticastTimeToLive is IP_MULTICAST_TTL: the time to live of datagrams sent to groups, 0 to
// 255; 1 by default, so that they stay on the local network. -1 is the default, others EINVAL, on
// BSD [socket.ErrValue]. EINVAL on TCP. ip(7).
var IPMulticastTimeToLive Option[int] = readWrite(multicastByte, "IPMulticastTimeToLive", ipprotoIP,
	"IP_MULTICAST_TTL", constants.IP_MULTICAST_TTL, only(datagram4Sockets))

// IPNoDefragment is IP_NODEFRAG: fragments are not put together in the output path of a raw socket
// before netfilter sees them. ENOPROTOOPT on others. ip(7).
var IPNoDefragment Option[bool] = readWrite(boolean, "IPNoDefragment", ipprotoIP, "IP_NODEFRAG",
	constants.IP_NODEFRAG, since("Linux 2.6.36"), only(raw4Sockets))

// IPOptions is IP_OPTIONS: the IPv4 options, at most 40 bytes, of every packet sent (RFC 791).
// Empty takes them away. What is read, once options are set, has the length rounded up to 4. On a
// TCP connection that was accepted it starts as the route of the options received, reversed. EINVAL
// for options that are malformed; some need CAP_NET_RAW (EPERM).
var IPOptions Option[[]byte] = readWrite(octets(40), "IPOptions", ipprotoIP, "IP_OPTIONS",
	constants.IP_OPTIONS)

// IPOriginalDestination is IP_ORIGDSTADDR, another name of IP_RECVORIGDSTADDR: each datagram
// received brings a control message IP_ORIGDSTADDR with the address that it was sent to, before a
// transparent proxy took it. Linux and FreeBSD. ip(7).
var IPOriginalDestination Option[bool] = readWrite(boolean, "IPOriginalDestination", ipprotoIP,
	"IP_ORIGDSTADDR", constants.IP_ORIGDSTADDR, since("Linux 2.6.29"))

// IPPassSecurity is IP_PASSSEC: each datagram received brings a control message SCM_SECURITY with
// the peer's security label, on labelled networks. ip(7).
var IPPassSecurity Option[bool] = readWrite(boolean, "IPPassSecurity", ipprotoIP, "IP_PASSSEC",
	constants.IP_PASSSEC, since("Linux 2.6.17"))

// IPPacketInfo is IP_PKTINFO: each datagram received brings a control message IP_PKTINFO with its
// interface, its destination and the local address. Linux, macOS, NetBSD, Windows. FreeBSD and
// OpenBSD: [IPReceiveDestinationAddress] and [IPReceiveInterface]. ip(7).
var IPPacketInfo Option[bool] = readWrite(boolean, "IPPacketInfo", ipprotoIP, "IP_PKTINFO",
	constants.IP_PKTINFO)

// IPPortRange is IP_PORTRANGE: which ports bind(2) to port 0 chooses from: 0 the default ones, 1
// the high ones, 2 the low, privileged ones. BSD and macOS; ip(4) there.
var IPPortRange Option[int] = readWrite(integer, "IPPortRange", ipprotoIP, "IP_PORTRANGE",
	constants.IP_PORTRANGE)

// IPProtocol is IP_PROTOCOL: the protocol number of an IPPROTO_RAW socket's packets, for looking up
// routes and policies, which otherwise see 255. The option can be read only; it is set for one
// message, by a control message. linux/in.h.
var IPProtocol ReadOnly[constants.Protocol] = readOnly(enumeration[constants.Protocol](),
	"IPProtocol", ipprotoIP, "IP_PROTOCOL", constants.IP_PROTOCOL, since("Linux 6.4"))

// IPReceiveDestinationAddress is IP_RECVDSTADDR: each datagram received brings a control message
// with its destination. BSD and macOS; ip(4) there.
var IPReceiveDestinationAddress Option[bool] = readWrite(boolean, "IPReceiveDestinationAddress",
	ipprotoIP, "IP_RECVDSTADDR", constants.IP_RECVDSTADDR)

// IPReceiveError is IP_RECVERR: ICMP and local errors go to the socket's error queue, which
// MSG_ERRQUEUE reads, with a control message IP_RECVERR that says who reported them; on UDP they
// also come back from the next call. Turning it off empties the queue. ip(7).
var IPReceiveError Option[bool] = readWrite(boolean, "IPReceiveError", ipprotoIP, "IP_RECVERR",
	constants.IP_RECVERR, since("Linux 2.2"))

// IPReceiveErrorRFC4884 is IP_RECVERR_RFC4884: errors in the queue come with the extension
// structures of their ICMP message (RFC 4884). EINVAL for values other than 0 and 1; UDP sockets
// only.
var IPReceiveErrorRFC4884 Option[bool] = readWrite(boolean, "IPReceiveErrorRFC4884", ipprotoIP,
	"IP_RECVERR_RFC4884", constants.IP_RECVERR_RFC4884, since("Linux 5.9"))

// IPReceiveFragmentSize is IP_RECVFRAGSIZE: each datagram that was put together brings a control
// message IP_RECVFRAGSIZE with its largest fragment's size. Raw and UDP sockets; EINVAL on others.
// linux/in.h.
var IPReceiveFragmentSize Option[bool] = readWrite(boolean, "IPReceiveFragmentSize", ipprotoIP,
	"IP_RECVFRAGSIZE", constants.IP_RECVFRAGSIZE, since("Linux 4.10"), only(datagram4Sockets))

// IPReceiveInterface is IP_RECVIF: each datagram received brings a control message with its
// interface. BSD and macOS; ip(4) there.
var IPReceiveInterface Option[bool] = readWrite(boolean, "IPReceiveInterface", ipprotoIP,
	"IP_RECVIF", constants.IP_RECVIF)

// IPReceiveOptions is IP_RECVOPTS: each packet received brings a control message IP_RECVOPTS with
// its IPv4 options, as they arrived. Not on stream sockets. ip/recvopts in the socket egg. ip(7).
var IPReceiveOptions Option[bool] = readWrite(boolean, "IPReceiveOptions", ipprotoIP, "IP_RECVOPTS",
	constants.IP_RECVOPTS)

// IPReceiveOriginalDestination is IP_RECVORIGDSTADDR: each datagram brings a control message
// IP_ORIGDSTADDR, see [IPOriginalDestination]. ip(7).
var IPReceiveOriginalDestination Option[bool] = readWrite(boolean, "IPReceiveOriginalDestination",
	ipprotoIP, "IP_RECVORIGDSTADDR", constants.IP_RECVORIGDSTADDR, since("Linux 2.6.29"))

// IPReceivePacketInfo is IP_RECVPKTINFO: another name of [IPPacketInfo], on macOS and NetBSD alone;
// ip(4) of NetBSD. Linux and Windows do not have it: portable programs use IPPacketInfo.
var IPReceivePacketInfo Option[bool] = readWrite(boolean, "IPReceivePacketInfo", ipprotoIP,
	"IP_RECVPKTINFO", constants.IP_RECVPKTINFO)

// IPReceiveReturnOptions is IP_RECVRETOPTS: [IPReceiveOptions] with the options as they would be
// sent back, in a control message IP_RETOPTS, the route and the timestamps filled in.
// ip/recvretopts in the socket egg. ip(7).
var IPReceiveReturnOptions Option[bool] = readWrite(boolean, "IPReceiveReturnOptions", ipprotoIP,
	"IP_RECVRETOPTS", constants.IP_RECVRETOPTS)

// IPReceiveTypeOfService is IP_RECVTOS: each datagram received brings a control message IP_TOS with
// its type of service. ip/recvtos in the socket egg. ip(7).
var IPReceiveTypeOfService Option[bool] = readWrite(boolean, "IPReceiveTypeOfService", ipprotoIP,
	"IP_RECVTOS", constants.IP_RECVTOS)

// IPReceiveTimeToLive is IP_RECVTTL: each datagram received brings a control message with its time
// to live: IP_TTL on Linux, IP_RECVTTL on BSD. ip/recvttl in the socket egg. ip(7).
var IPReceiveTimeToLive Option[bool] = readWrite(boolean, "IPReceiveTimeToLive", ipprotoIP,
	"IP_RECVTTL", constants.IP_RECVTTL)

// IPReturnOptions is IP_RETOPTS, which is IP_RECVRETOPTS on Linux: [IPReceiveReturnOptions].
// ip/retopts in the socket egg. ip(7).
var IPReturnOptions Option[bool] = readWrite(boolean, "IPReturnOptions", ipprotoIP, "IP_RETOPTS",
	constants.IP_RETOPTS)

// IPRouterAlert is IP_ROUTER_ALERT: a raw socket gets all packets to be forwarded that carry the
// option "router alert" (RFC 2113), as RSVP needs; they are not forwarded then. EINVAL on other
// sockets and for IPPROTO_RAW, EADDRINUSE if it is on already, ENOBUFS if it is off.
// ip/router-alert in the socket egg.
var IPRouterAlert Option[bool] = readWrite(boolean, "IPRouterAlert", ipprotoIP, "IP_ROUTER_ALERT",
	constants.IP_ROUTER_ALERT, since("Linux 2.2"), only(raw4Sockets))

// IPStripHeader is IP_STRIPHDR: a raw ICMP socket receives without the IPv4 header. macOS:
// netinet/in.h.
var IPStripHeader Option[bool] = readWrite(boolean, "IPStripHeader", ipprotoIP, "IP_STRIPHDR",
	constants.IP_STRIPHDR)

// IPTypeOfService is IP_TOS: the type-of-service byte of packets sent, 0 to 255: six bits of DSCP
// (RFC 2474) and two of ECN (RFC 3168), which TCP keeps to itself on Linux. Linux takes other
// numbers modulo 256, and sets [SOPriority] too. On Windows only the ECN and the policy service
// change it. ip-type-of-service in the socket egg.
var IPTypeOfService Option[int] = readWrite(integer, "IPTypeOfService", ipprotoIP, "IP_TOS",
	constants.IP_TOS)

// IPTransparent is IP_TRANSPARENT: the socket may bind to addresses that are not this host's, and
// gets the packets for them that a TPROXY rule or a route hands it. It needs CAP_NET_ADMIN or
// CAP_NET_RAW (EPERM) to turn on. tproxy.rst in the kernel's documentation. [IPBindAny] and
// [SOBindAny] on BSD.
var IPTransparent Option[bool] = readWrite(boolean, "IPTransparent", ipprotoIP, "IP_TRANSPARENT",
	constants.IP_TRANSPARENT, since("Linux 2.6.24"))

// IPTimeToLive is IP_TTL: the time to live of unicast packets sent, 1 to 255; EINVAL beyond. -1 is
// the default of the route or of the sysctl net.ipv4.ip_default_ttl (64), which is also what is
// read then. ip-time-to-live in the socket egg. ip(7).
var IPTimeToLive Option[int] = readWrite(integer, "IPTimeToLive", ipprotoIP, "IP_TTL",
	constants.IP_TTL)

// IPUnblockSource is IP_UNBLOCK_SOURCE: takes back [IPBlockSource]. EADDRNOTAVAIL if the source is
// not blocked. ip(7).
var IPUnblockSource WriteOnly[IPSourceMembership] = writeOnly(sourceMembership, "IPUnblockSource",
	ipprotoIP, "IP_UNBLOCK_SOURCE", constants.IP_UNBLOCK_SOURCE, only(datagram4Sockets))

// IPUnicastInterface is IP_UNICAST_IF: the index of the interface through which unicast datagrams
// leave, where the routing table allows; unlike [SOBindToDevice] the socket still receives from
// all. 0 is none. The kernel has it in network byte order, this package in no order. EADDRNOTAVAIL
// if there is no such interface. Windows too. linux/in.h.
var IPUnicastInterface Option[int] = readWrite(swapped32, "IPUnicastInterface", ipprotoIP,
	"IP_UNICAST_IF", constants.IP_UNICAST_IF, since("Linux 3.4"))

// SOOriginalDestination is SO_ORIGINAL_DST: where a connection that netfilter redirected to this
// socket was going. ENOENT if it was not redirected, ENOPROTOOPT if the kernel tracks no
// connections. IPv6: [IP6TSOOriginalDestination]. linux/netfilter_ipv4.h.
var SOOriginalDestination ReadOnly[netip.AddrPort] = readOnly(originalDestination(16),
	"SOOriginalDestination", ipprotoIP, "SO_ORIGINAL_DST", constants.SO_ORIGINAL_DST,
	since("Linux 2.4"), only(redirectedSockets))
