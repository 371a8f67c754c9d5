// Package sockopt has the socket options, typed: each is a value with a Get and a Set method,
// whatever its layout in C.
//
//	err := sockopt.TCPNoDelay.Set(conn, true)
//	ttl, err := sockopt.IPTimeToLive.Get(conn)
//	err = sockopt.SOLinger.Set(conn, sockopt.Linger{Enabled: true, Timeout: 5 * time.Second})
//
// They work on any syscall.Conn: a *socket.Socket, the connections and listeners of package net, an
// *os.File, a bare descriptor as an [FD]. A value of the wrong type, and setting an option that can
// only be read, does not compile: an [Option] has Get and Set, a [ReadOnly] one Get and a
// [WriteOnly] one Set. A [Query] takes an argument to read; it always has Set, which is [ErrAccess]
// for the few that have nothing to set.
//
// Names are the level and the C constant with its words spelled out: TCP_NODELAY is TCPNoDelay,
// SO_RCVBUF is SOReceiveBuffer. Each doc starts with the constant and names its source; the first
// kernel with the option, where that matters, stands in the declaration and in [Info]. Every option
// is declared on every platform; where the platform lacks it, or the kernel does, using it is an
// error that is [socket.ErrUnsupported]. An option of another kind of socket is [ErrWrongSocket].
// [All] lists them.
//
// Times are durations and addresses netip values. A boolean is true if the kernel answers anything
// but 0. A number that does not fit the option's C type is [socket.ErrValue], never cut off; a
// number that fits goes to the kernel, whose answer to one out of range is in each doc. Reading and
// setting a boolean or an integer allocates nothing on a connection whose SyscallConn does not.
//
// # IPv4 peers of IPv6 sockets
//
// An IPv6 socket without [IPv6V6Only] is a dual-stack one: it also talks IPv4, to peers that it
// sees as ::ffff:1.2.3.4. Its datagrams to and from them are IPv4, and on Linux IPv6's options have
// no effect on those, though they can be set and are read back. Set IPv4's on the same socket as
// well:
//
//	for IPv6                       for IPv4 peers
//	IPv6UnicastHops                IPTimeToLive
//	IPv6TrafficClass               IPTypeOfService
//	IPv6MTUDiscover                IPMTUDiscover
//	IPv6DontFragment               IPMTUDiscover, PathMTUDo
//	IPv6MinimumHopCount            IPMinimumTimeToLive: without it any IPv4 client passes
//	IPv6UnicastInterface           IPUnicastInterface
//	IPv6JoinGroup, IPv6LeaveGroup  IPAddMembership, IPDropMembership
//	IPv6MulticastHops              IPMulticastTimeToLive
//	IPv6MulticastInterface         IPMulticastInterface
//	IPv6MulticastAll               IPMulticastAll
//	IPv6MulticastLoop              the same: IPMulticastLoop has no effect
//	IPv6ReceiveHopLimit            IPReceiveTimeToLive
//	IPv6ReceiveTrafficClass        IPReceiveTypeOfService
//	IPv6ReceivePacketInfo          the same, with mapped addresses
//	IPv6ReceiveOriginalDestination IPReceiveOriginalDestination
//	IPv6ReceiveError               IPReceiveError
//	IPv6FreeBind, IPv6Transparent  one flag with IPFreeBind, IPTransparent
//
// # Accepted connections
//
// On Linux an accepted TCP connection begins with the options that its listener had when the
// connection was made, which may be before Accept: what is set on the listener need not be set on
// each connection. Not passed on are [SOIncomingCPU], [SOPriority], [TCPDeferAccept],
// [TCPFastOpen], [TCPMaxSegmentSize] and [TCPQuickAck]. Other systems take over fewer.
//
// # By number
//
// [GetInt], [SetInt], [GetBool], [SetBool], [GetBytes], [SetBytes], [GetString] and [SetString]
// reach any option by its level and name, and [NewInt], [NewBool], [NewDuration], [NewBytes] and
// [NewStruct] make an option of the caller's own.
//
// The package does not set options by itself, and exposes kernel differences as they are: rounding,
// doubling, refusal.
//
// OPTIONS.md has the table of them all; it is made from [All].
//
//go:generate go run ../internal/genreadme OPTIONS.md
package sockopt
