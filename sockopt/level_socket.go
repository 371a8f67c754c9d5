package sockopt

import (
	"syscall"
	"time"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/socket/cmsg"
)

// Options of every socket, at level SOL_SOCKET.

var solSocket = newLevel("SOL_SOCKET", constants.SOL_SOCKET, nil)

// SOAcceptConnections is SO_ACCEPTCONN: whether listen(2) was called on the socket.
// so-accept-connections? in the socket egg. socket(7).
var SOAcceptConnections ReadOnly[bool] = readOnly(boolean, "SOAcceptConnections", solSocket,
	"SO_ACCEPTCONN", constants.SO_ACCEPTCONN)

// SOAcceptFilter is SO_ACCEPTFILTER: a filter of accf_data(9) or accf_http(9) that holds a
// connection back until its first data is there. It is set on a listening socket, EINVAL before
// listen(2); an unknown filter is ENOENT. FreeBSD, NetBSD and DragonFly; accept_filter(9). Linux:
// [TCPDeferAccept].
var SOAcceptFilter Option[AcceptFilter] = readWrite(acceptFilter, "SOAcceptFilter", solSocket,
	"SO_ACCEPTFILTER", constants.SO_ACCEPTFILTER)

// SOAttachBPF is SO_ATTACH_BPF: the descriptor of an extended BPF program of type
// BPF_PROG_TYPE_SOCKET_FILTER that decides what the socket receives, as [SOAttachFilter] does. The
// kernel keeps its own reference to the program. EINVAL for a program of another type, EPERM when
// [SOLockFilter] is on. Reset it with [SODetachFilter]. socket(7).
var SOAttachBPF WriteOnly[int] = writeOnly(integer, "SOAttachBPF", solSocket, "SO_ATTACH_BPF",
	constants.SO_ATTACH_BPF, since("Linux 3.19"))

// SOAttachFilter is SO_ATTACH_FILTER: a classic BPF program that runs on each
// packet before it is queued. It returns how many bytes of the packet to keep,
// 0 to drop it. The packet begins for it with the transport header on UDP and TCP,
// with the network header on raw and with the link header on packet sockets of
// type SOCK_RAW. A second program replaces the first. The kernel checks it:
// EINVAL for an empty or invalid one, EPERM when [SOLockFilter] is on, ENOMEM
// beyond the sysctl net.core.optmem_max. Recent kernels want CAP_NET_ADMIN for
// TCP sockets (EPERM). filter.txt in the kernel's
// documentation.
var SOAttachFilter WriteOnly[[]BPFInstruction] = writeOnly(program, "SOAttachFilter", solSocket,
	"SO_ATTACH_FILTER", constants.SO_ATTACH_FILTER, since("Linux 2.2"))

// SOAttachReusePortCBPF is SO_ATTACH_REUSEPORT_CBPF: a classic BPF program that picks, by the index
// it returns, which socket of a [SOReusePort] group gets a datagram or a new connection. Sockets
// count from 0 in the order of their bind(2), or listen(2) for TCP; when one closes, the last takes
// its place, so indices are not for keeping. An index beyond the group falls back to the hash. It
// is set on any member and holds for the group; the program sees the payload. EINVAL on a socket
// without SO_REUSEPORT. socket(7).
var SOAttachReusePortCBPF WriteOnly[[]BPFInstruction] = writeOnly(program, "SOAttachReusePortCBPF",
	solSocket, "SO_ATTACH_REUSEPORT_CBPF", constants.SO_ATTACH_REUSEPORT_CBPF,
	since("Linux 4.5 (TCP: 4.6)"))

// SOAttachReusePortEBPF is SO_ATTACH_REUSEPORT_EBPF: the descriptor of an extended BPF program of
// type BPF_PROG_TYPE_SOCKET_FILTER or BPF_PROG_TYPE_SK_REUSEPORT that does what
// [SOAttachReusePortCBPF] does. socket(7).
var SOAttachReusePortEBPF WriteOnly[int] = writeOnly(integer, "SOAttachReusePortEBPF", solSocket,
	"SO_ATTACH_REUSEPORT_EBPF", constants.SO_ATTACH_REUSEPORT_EBPF, since("Linux 4.5 (TCP: 4.6)"))

// SOBindAny is SO_BINDANY: bind(2) takes addresses that are not this host's. It needs root.
// OpenBSD's [IPTransparent]; getsockopt(2) there.
var SOBindAny Option[bool] = readWrite(boolean, "SOBindAny", solSocket, "SO_BINDANY",
	constants.SO_BINDANY)

// SOBindToDevice is SO_BINDTODEVICE: the interface, by name, that alone the socket receives from
// and sends through. "" is none, and unbinds. A name is at most 15 bytes ([socket.ErrValue]
// beyond); one that does not exist is ENODEV. What is kept is the interface's index: a new name
// changes nothing but what is read, and once the interface is gone reading and sending are ENODEV,
// even if another has its name. A socket that is bound already needs CAP_NET_RAW to change (Linux
// 5.7; before that, always). Reading: Linux 3.8. Packet sockets take no notice; bind(2) them to the
// interface. socket(7).
var SOBindToDevice Option[string] = readWrite(text(ifNameSize), "SOBindToDevice", solSocket,
	"SO_BINDTODEVICE", constants.SO_BINDTODEVICE)

// SOBindToInterfaceIndex is SO_BINDTOIFINDEX: [SOBindToDevice] by the interface's index. 0 is none;
// a negative index is EINVAL; whether there is such an interface is not checked. A socket that is
// bound already needs CAP_NET_RAW to change (EPERM). asm-generic/socket.h.
var SOBindToInterfaceIndex Option[int] = readWrite(integer, "SOBindToInterfaceIndex", solSocket,
	"SO_BINDTOIFINDEX", constants.SO_BINDTOIFINDEX, since("Linux 5.1"))

// SOBPFExtensions is SO_BPF_EXTENSIONS: how many of Linux' ancillary loads (SKF_AD_...) the
// kernel's classic BPF knows, for programs that must run on several kernels. asm-generic/socket.h.
var SOBPFExtensions ReadOnly[int] = readOnly(integer, "SOBPFExtensions", solSocket,
	"SO_BPF_EXTENSIONS", constants.SO_BPF_EXTENSIONS, since("Linux 3.14"))

// SOBroadcast is SO_BROADCAST: whether datagrams may be sent to a broadcast address; without it,
// sending there is EACCES. Stream sockets take no notice. so-broadcast? in the socket egg.
// socket(7).
var SOBroadcast Option[bool] = readWrite(boolean, "SOBroadcast", solSocket, "SO_BROADCAST",
	constants.SO_BROADCAST)

// SOBufferLock is SO_BUF_LOCK: which buffer sizes the kernel may no longer tune by itself. Setting
// [SOSendBuffer] or [SOReceiveBuffer] sets the flag too; 0 turns tuning on again. EINVAL for other
// bits. asm-generic/socket.h.
var SOBufferLock Option[BufferLock] = readWrite(flags32[BufferLock](), "SOBufferLock", solSocket,
	"SO_BUF_LOCK", constants.SO_BUF_LOCK, since("Linux 5.15"))

// SOBusyPoll is SO_BUSY_POLL: for how long a receive that finds nothing polls the device's queue
// before it sleeps, in microseconds, rounded up. 0 is not at all; a negative time is EINVAL. The
// default is the sysctl net.core.busy_read. In older kernels, raising it needs CAP_NET_ADMIN
// (EPERM). socket(7).
var SOBusyPoll Option[time.Duration] = readWrite(microseconds, "SOBusyPoll", solSocket,
	"SO_BUSY_POLL", constants.SO_BUSY_POLL, since("Linux 3.11"))

// SOBusyPollBudget is SO_BUSY_POLL_BUDGET: how many packets one round of busy polling takes, 0 to
// 65,535, EINVAL beyond; 0, the default, is 8. More than the current number, also from 0 on, needs
// CAP_NET_ADMIN (EPERM). It can be set only: the kernel has no getsockopt(2) of it.
// asm-generic/socket.h.
var SOBusyPollBudget WriteOnly[int] = writeOnly(integer, "SOBusyPollBudget", solSocket,
	"SO_BUSY_POLL_BUDGET", constants.SO_BUSY_POLL_BUDGET, since("Linux 5.11"))

// SOConnectionAdvice is SO_CNX_ADVICE: true tells the kernel that the path to the peer does not
// work well, so that it looks for another route and, on IPv6, another flow label. False is a no-op.
// asm-generic/socket.h.
var SOConnectionAdvice WriteOnly[bool] = writeOnly(boolean, "SOConnectionAdvice", solSocket,
	"SO_CNX_ADVICE", constants.SO_CNX_ADVICE, since("Linux 4.6"))

// SOCookie is SO_COOKIE: a number that no other socket of this boot has, the same as sock_diag(7)
// and BPF programs see. It is made when first asked for.
var SOCookie ReadOnly[uint64] = readOnly(unsigned64, "SOCookie", solSocket, "SO_COOKIE",
	constants.SO_COOKIE, since("Linux 4.12"))

// SODebug is SO_DEBUG: records debugging information, where a protocol still does. On Linux it
// needs CAP_NET_ADMIN to turn on, EACCES otherwise. so-debug? in the socket egg. socket(7).
var SODebug Option[bool] = readWrite(boolean, "SODebug", solSocket, "SO_DEBUG", constants.SO_DEBUG)

// SODetachFilter is SO_DETACH_FILTER, which SO_DETACH_BPF is another name of: takes away the
// program of [SOAttachFilter] or [SOAttachBPF]. ENOENT if there is none, EPERM when [SOLockFilter]
// is on. socket(7).
var SODetachFilter WriteOnly[None] = writeOnly(trigger, "SODetachFilter", solSocket,
	"SO_DETACH_FILTER", constants.SO_DETACH_FILTER, since("Linux 2.2"))

// SODetachReusePortBPF is SO_DETACH_REUSEPORT_BPF: takes away the program of
// [SOAttachReusePortCBPF] or [SOAttachReusePortEBPF]. ENOENT if there is none, EINVAL on a socket
// without SO_REUSEPORT. asm-generic/socket.h.
var SODetachReusePortBPF WriteOnly[None] = writeOnly(trigger, "SODetachReusePortBPF", solSocket,
	"SO_DETACH_REUSEPORT_BPF", constants.SO_DETACH_REUSEPORT_BPF, since("Linux 5.3"))

// SODomain is SO_DOMAIN: the address family the socket was created with. socket(7).
var SODomain ReadOnly[constants.Family] = readOnly(enumeration[constants.Family](), "SODomain",
	solSocket, "SO_DOMAIN", constants.SO_DOMAIN, since("Linux 2.6.32"))

// SODontRoute is SO_DONTROUTE: sends to directly connected hosts only, past gateways. MSG_DONTROUTE
// is the same for one message. so-dont-route? in the socket egg. socket(7).
var SODontRoute Option[bool] = readWrite(boolean, "SODontRoute", solSocket, "SO_DONTROUTE",
	constants.SO_DONTROUTE)

// SOError is SO_ERROR: the pending error of the socket, 0 for none; reading it clears it. It is how
// the outcome of a connect(2) that was in progress is learned. On a socket that the runtime's
// poller or package net reads, the error may have been taken already. so-error in the socket egg.
// socket(7).
var SOError ReadOnly[syscall.Errno] = readOnly(errno, "SOError", solSocket, "SO_ERROR",
	constants.SO_ERROR, uses)

// SOExclusiveAddressUse is SO_EXCLUSIVEADDRUSE: no other socket can bind to the same address and
// port, whatever its SO_REUSEADDR. It is set before bind. Windows. so/exclusiveaddruse in the
// socket egg; see [SOReuseAddress]. SOL_SOCKET options, Windows Sockets.
var SOExclusiveAddressUse Option[bool] = readWrite(boolean, "SOExclusiveAddressUse", solSocket,
	"SO_EXCLUSIVEADDRUSE", constants.SO_EXCLUSIVEADDRUSE)

// SOGetFilter is SO_GET_FILTER: the classic BPF program of [SOAttachFilter], empty if there is
// none. The program of SO_ATTACH_BPF is EACCES. asm-generic/socket.h.
var SOGetFilter ReadOnly[[]BPFInstruction] = readOnly(program, "SOGetFilter", solSocket,
	"SO_GET_FILTER", constants.SO_GET_FILTER, since("Linux 3.8"))

// SOIncomingCPU is SO_INCOMING_CPU: the CPU on which the last packet of the flow was received, -1
// before any (a 32-bit -1 on old kernels). Setting it on members of a [SOReusePort] group makes a
// member preferred for packets that arrive on that CPU. Reading: Linux 3.19; setting: 4.4.
// socket(7).
var SOIncomingCPU Option[int] = readWrite(integer, "SOIncomingCPU", solSocket, "SO_INCOMING_CPU",
	constants.SO_INCOMING_CPU, since("Linux 3.19"))

// SOIncomingNAPIID is SO_INCOMING_NAPI_ID: the number of the NAPI instance, so of the device's
// receive queue, that the last packet came through; 0 if none did, as on loopback. Its kernel must
// have CONFIG_NET_RX_BUSY_POLL. socket(7).
var SOIncomingNAPIID ReadOnly[uint32] = readOnly(unsigned32, "SOIncomingNAPIID", solSocket,
	"SO_INCOMING_NAPI_ID", constants.SO_INCOMING_NAPI_ID, since("Linux 4.12"))

// SOInQueue is SO_INQ: with each receive on a UNIX stream socket comes a control message SCM_INQ
// with the number of bytes that are left. [TCPInQueue] is the same for TCP. It can be set only: the
// kernel has no getsockopt(2) of it. asm-generic/socket.h.
var SOInQueue WriteOnly[bool] = writeOnly(boolean, "SOInQueue", solSocket, "SO_INQ",
	constants.SO_INQ, since("Linux 6.17"), only(unixStreams))

// SOKeepAlive is SO_KEEPALIVE: probes an idle connection and ends it, with ETIMEDOUT, when the peer
// no longer answers. When and how often is [TCPKeepIdle], [TCPKeepInterval] and [TCPKeepCount].
// Package net turns it on for every TCP connection. so-keep-alive? in the socket egg. socket(7).
var SOKeepAlive Option[bool] = readWrite(boolean, "SOKeepAlive", solSocket, "SO_KEEPALIVE",
	constants.SO_KEEPALIVE)

// SOLinger is SO_LINGER: what close(2) does with data not yet sent. Not enabled, the default, close
// returns at once and the kernel goes on sending. Enabled with a timeout, close waits for the
// peer's acknowledgement that long, also on a non-blocking socket; enabled with 0 it drops the data
// and resets the connection. The timeout counts seconds, rounded up; a negative one is
// [socket.ErrValue]. Linux gives back what was set, and uses no more than its largest timeout. The
// largest that fits is 2,147,483,647 s, on Windows 32,767 s. On macOS this is SO_LINGER_SEC, since
// its SO_LINGER counts clock ticks. so/linger and its example in the socket egg; SO_LINGER as a
// pair in Guile. socket(7).
var SOLinger Option[Linger] = readWrite(linger, "SOLinger", solSocket, "SO_LINGER", lingerName)

// SOLingerSeconds is SO_LINGER_SEC of macOS: [SOLinger], which uses it there. sys/socket.h of
// macOS.
var SOLingerSeconds Option[Linger] = readWrite(linger, "SOLingerSeconds", solSocket,
	"SO_LINGER_SEC", constants.SO_LINGER_SEC)

// SOListenQueueLimit is SO_LISTENQLIMIT: the backlog given to listen(2). FreeBSD; getsockopt(2)
// there.
var SOListenQueueLimit ReadOnly[uint32] = readOnly(unsigned32, "SOListenQueueLimit", solSocket,
	"SO_LISTENQLIMIT", constants.SO_LISTENQLIMIT)

// SOLockFilter is SO_LOCK_FILTER: true forbids, for good and on duplicates of the descriptor too,
// changing or detaching the socket's filter. Setting it back to false is EPERM. socket(7).
var SOLockFilter Option[bool] = readWrite(boolean, "SOLockFilter", solSocket, "SO_LOCK_FILTER",
	constants.SO_LOCK_FILTER, since("Linux 3.9"))

// SOMark is SO_MARK: a number that each packet of the socket carries through routing rules and
// netfilter. 0, the default, is none. It needs CAP_NET_ADMIN, or CAP_NET_RAW since Linux 5.17
// (EPERM). socket(7).
var SOMark Option[uint32] = readWrite(unsigned32, "SOMark", solSocket, "SO_MARK", constants.SO_MARK,
	since("Linux 2.6.25"))

// SOMaxPacingRate is SO_MAX_PACING_RATE: the most bytes a second that TCP, or the fq queueing
// discipline, sends; the largest uint64, the default, is no limit. A 32-bit kernel, or one before
// 4.20, has 32 bits of it, which is read and set here all the same: what it cannot hold is no
// limit. asm-generic/socket.h.
var SOMaxPacingRate Option[uint64] = readWrite(pacingRate, "SOMaxPacingRate", solSocket,
	"SO_MAX_PACING_RATE", constants.SO_MAX_PACING_RATE, since("Linux 3.13"))

// SOMemoryInfo is SO_MEMINFO: the memory that the socket holds and may hold. linux/sock_diag.h.
var SOMemoryInfo ReadOnly[MemoryInfo] = readOnly(growing[MemoryInfo](), "SOMemoryInfo", solSocket,
	"SO_MEMINFO", constants.SO_MEMINFO, since("Linux 4.12"))

// SONetworkNamespaceCookie is SO_NETNS_COOKIE: a number of the socket's network namespace that no
// other of this boot has. asm-generic/socket.h.
var SONetworkNamespaceCookie ReadOnly[uint64] = readOnly(unsigned64, "SONetworkNamespaceCookie",
	solSocket, "SO_NETNS_COOKIE", constants.SO_NETNS_COOKIE, since("Linux 5.14"))

// SONoFCS is SO_NOFCS: frames of a packet socket already end with their frame check sequence.
// EOPNOTSUPP when sending through a driver that cannot. asm-generic/socket.h.
var SONoFCS Option[bool] = readWrite(boolean, "SONoFCS", solSocket, "SO_NOFCS", constants.SO_NOFCS,
	since("Linux 3.4"))

// SONoSigPipe is SO_NOSIGPIPE: sending on a broken connection is EPIPE alone, without the signal.
// macOS and BSD; getsockopt(2) there. Linux has MSG_NOSIGNAL for each send.
var SONoSigPipe Option[bool] = readWrite(boolean, "SONoSigPipe", solSocket, "SO_NOSIGPIPE",
	constants.SO_NOSIGPIPE)

// SONoCheck is SO_NO_CHECK: UDP sends without a checksum over IPv4. Over IPv6, see
// [UDPNoCheck6Transmit]. asm-generic/socket.h.
var SONoCheck Option[bool] = readWrite(boolean, "SONoCheck", solSocket, "SO_NO_CHECK",
	constants.SO_NO_CHECK)

// SOOOBInline is SO_OOBINLINE: urgent data stays in the stream, instead of being received with
// MSG_OOB. so-oob-inline? in the socket egg. socket(7).
var SOOOBInline Option[bool] = readWrite(boolean, "SOOOBInline", solSocket, "SO_OOBINLINE",
	constants.SO_OOBINLINE)

// SOPassCredentials is SO_PASSCRED: each message received brings a control message SCM_CREDENTIALS
// with the sender's process, user and group. unix(7). Since Linux 6.16 other families than UNIX,
// netlink and Bluetooth refuse it.
var SOPassCredentials Option[bool] = readWrite(boolean, "SOPassCredentials", solSocket,
	"SO_PASSCRED", constants.SO_PASSCRED, since("Linux 2.2"), only(scmSockets))

// SOPassPIDFD is SO_PASSPIDFD: each message received brings a control message SCM_PIDFD with a
// descriptor of the sender's process, which the receiver must close. UNIX sockets; unix(7).
var SOPassPIDFD Option[bool] = readWrite(boolean, "SOPassPIDFD", solSocket, "SO_PASSPIDFD",
	constants.SO_PASSPIDFD, since("Linux 6.5"), only(unixSockets))

// SOPassRights is SO_PASSRIGHTS: whether the socket takes descriptors that are sent to it, on by
// default. Off, sending SCM_RIGHTS to it is EPERM. UNIX sockets. asm-generic/socket.h.
var SOPassRights Option[bool] = readWrite(boolean, "SOPassRights", solSocket, "SO_PASSRIGHTS",
	constants.SO_PASSRIGHTS, since("Linux 6.16"), only(unixSockets))

// SOPassSecurity is SO_PASSSEC: each message received brings a control message SCM_SECURITY with
// the sender's security label, where a security module labels sockets. unix(7). On IP sockets see
// [IPPassSecurity].
var SOPassSecurity Option[bool] = readWrite(boolean, "SOPassSecurity", solSocket, "SO_PASSSEC",
	constants.SO_PASSSEC, since("Linux 2.6.18"), only(scmSockets))

// SOPeekOffset is SO_PEEK_OFF: the byte of the queue where MSG_PEEK starts; each peek moves it on
// and each receive back. -1, the default, and other negative numbers always peek from the start.
// UNIX sockets Linux 3.4, UDP 4.10, TCP 6.9. socket(7).
var SOPeekOffset Option[int] = readWrite(integer, "SOPeekOffset", solSocket, "SO_PEEK_OFF",
	constants.SO_PEEK_OFF, since("Linux 3.4 (UDP: 4.10, TCP: 6.9)"), only(peekSockets))

// SOPeerCredentials is SO_PEERCRED: the process, user and group of the other end of a connected
// UNIX stream socket, or of a socketpair, when it connected or listened. A socket without a peer
// has process 0 and users -1. Linux and OpenBSD; unix(7). FreeBSD and macOS:
// [LocalPeerCredentials].
var SOPeerCredentials ReadOnly[cmsg.Credentials] = readOnly(credentials, "SOPeerCredentials",
	solSocket, "SO_PEERCRED", constants.SO_PEERCRED)

// SOPeerGroups is SO_PEERGROUPS: the supplementary groups of the other end of a connected UNIX
// socket. ENODATA without a peer. asm-generic/socket.h.
var SOPeerGroups ReadOnly[[]uint32] = readOnly(list(syscall.ERANGE), "SOPeerGroups", solSocket,
	"SO_PEERGROUPS", constants.SO_PEERGROUPS, since("Linux 4.13"))

// SOPeerPIDFD is SO_PEERPIDFD: a new descriptor, close-on-exec, of the process at the other end of
// a connected UNIX socket. The caller owns it and must close it. ENODATA without a peer, ESRCH if
// the process is gone (until 6.16, which keeps it). asm-generic/socket.h.
var SOPeerPIDFD ReadOnly[int] = readOnly(integer, "SOPeerPIDFD", solSocket, "SO_PEERPIDFD",
	constants.SO_PEERPIDFD, since("Linux 6.5"), uses)

// SOPeerSecurity is SO_PEERSEC: the security label of the other end, where a security module labels
// sockets; ENOPROTOOPT where none does. unix(7).
var SOPeerSecurity ReadOnly[string] = readOnly(text(4096), "SOPeerSecurity", solSocket,
	"SO_PEERSEC", constants.SO_PEERSEC, since("Linux 2.6.2"), fickle)

// SOPreferBusyPoll is SO_PREFER_BUSY_POLL: the device's interrupts stay off while the socket busy
// polls. Turning it on needs CAP_NET_ADMIN (EPERM). asm-generic/socket.h.
var SOPreferBusyPoll Option[bool] = readWrite(boolean, "SOPreferBusyPoll", solSocket,
	"SO_PREFER_BUSY_POLL", constants.SO_PREFER_BUSY_POLL, since("Linux 5.11"))

// SOPriority is SO_PRIORITY: the priority of the socket's packets for queueing disciplines, 0 to 6;
// more, or less than 0, needs CAP_NET_ADMIN, or CAP_NET_RAW since Linux 5.17 (EPERM). Setting
// [IPTypeOfService] changes it. socket(7).
var SOPriority Option[int] = readWrite(integer, "SOPriority", solSocket, "SO_PRIORITY",
	constants.SO_PRIORITY)

// SOProtocol is SO_PROTOCOL: the protocol of the socket, never 0 for an Internet one. socket(7).
var SOProtocol ReadOnly[constants.Protocol] = readOnly(enumeration[constants.Protocol](),
	"SOProtocol", solSocket, "SO_PROTOCOL", constants.SO_PROTOCOL, since("Linux 2.6.32"))

// SOReceiveBuffer is SO_RCVBUF: the bytes of the receive buffer. Linux doubles the number, for its
// bookkeeping, and gives the double back; it takes no less than 2,304 (doubled) and no more than
// the sysctl net.core.rmem_max, without an error. A negative number is taken as the most. Setting
// it ends the kernel's own tuning of the size for this socket, which often chooses a larger one:
// [SOBufferLock]. Set it before connect(2) or listen(2) for TCP to announce a larger window.
// so-receive-buffer in the socket egg. socket(7).
var SOReceiveBuffer Option[int] = readWrite(integer, "SOReceiveBuffer", solSocket, "SO_RCVBUF",
	constants.SO_RCVBUF)

// SOReceiveBufferForce is SO_RCVBUFFORCE: [SOReceiveBuffer] beyond net.core.rmem_max. A negative
// number is taken as 0, so as the least. It needs CAP_NET_ADMIN (EPERM). socket(7).
var SOReceiveBufferForce WriteOnly[int] = writeOnly(integer, "SOReceiveBufferForce", solSocket,
	"SO_RCVBUFFORCE", constants.SO_RCVBUFFORCE, since("Linux 2.6.14"))

// SOReceiveLowWater is SO_RCVLOWAT: how many bytes must be there before a socket counts as
// readable; 1 at first. 0 is taken as 1, a negative number as the largest. TCP takes no more than
// half of the largest receive buffer of the sysctl net.ipv4.tcp_rmem, without an error; vsock no
// more than its buffer (EINVAL). poll(2) of a Linux before 2.6.28 takes no notice of it.
// so-receive-low-water in the socket egg. socket(7).
var SOReceiveLowWater Option[int] = readWrite(integer, "SOReceiveLowWater", solSocket,
	"SO_RCVLOWAT", constants.SO_RCVLOWAT)

// SOReceiveMark is SO_RCVMARK: each message received brings a control message SO_MARK with the
// packet's mark. Some kernels before Linux 6.5 want CAP_NET_ADMIN or CAP_NET_RAW for it (EPERM).
// asm-generic/socket.h.
var SOReceiveMark Option[bool] = readWrite(boolean, "SOReceiveMark", solSocket, "SO_RCVMARK",
	constants.SO_RCVMARK, since("Linux 5.19"))

// SOReceivePriority is SO_RCVPRIORITY: each message received brings a control message SO_PRIORITY
// with the packet's priority. asm-generic/socket.h.
var SOReceivePriority Option[bool] = readWrite(boolean, "SOReceivePriority", solSocket,
	"SO_RCVPRIORITY", constants.SO_RCVPRIORITY, since("Linux 6.14"))

// SOReceiveTimeout is SO_RCVTIMEO: after how long a blocking receive gives up with EAGAIN; 0, the
// default, is never. Linux rounds up to a clock tick, 1 to 10 ms, and gives the rounded time back;
// Windows to a millisecond. A negative time is [socket.ErrValue]. A non-blocking descriptor, such
// as any of package net, os or socket, takes no notice: use their deadlines and timeouts. The egg
// has the constant alone, so/rcvtimeo. socket(7).
var SOReceiveTimeout Option[time.Duration] = readWrite(timeout, "SOReceiveTimeout", solSocket,
	"SO_RCVTIMEO", constants.SO_RCVTIMEO)

// SOReserveMemory is SO_RESERVE_MEM: bytes of the memory control group that are charged to the
// socket beforehand, rounded up to pages. EOPNOTSUPP outside a memory control group; a negative
// number is EINVAL. asm-generic/socket.h.
var SOReserveMemory Option[int] = readWrite(integer, "SOReserveMemory", solSocket, "SO_RESERVE_MEM",
	constants.SO_RESERVE_MEM, since("Linux 5.17"), fickle)

// SOReuseAddress is SO_REUSEADDR: bind(2) takes an address that lingering connections of an earlier
// listener still use. On Linux it does not let two sockets listen on one address; on UDP, and for
// multicast, it lets several bind to one, and the last of them gets unicast datagrams. All of them
// have to set it, but it may be another user who comes last and takes the datagrams: for sockets of
// one user [SOReusePort] is made.
//
// On Windows the option of that name lets anyone take over a port in use, so SO_EXCLUSIVEADDRUSE is
// set, whose meaning is nearer, and SO_REUSEADDR switched off where it is on, which excludes the
// other; SO_REUSEADDR itself is set only on a system that has no SO_EXCLUSIVEADDRUSE. There Get is
// true if either is on. so-reuse-address? in the socket egg, which does the same. socket(7).
var SOReuseAddress Option[bool] = readWrite(reuseAddress, "SOReuseAddress", solSocket,
	"SO_REUSEADDR", constants.SO_REUSEADDR)

// SOReusePort is SO_REUSEPORT: several sockets that all set it before bind(2) share an address and
// port. On Linux (3.9) they must have the same user, and the kernel spreads datagrams and
// connections over them by a hash, or by [SOAttachReusePortCBPF]. On BSD and macOS the last one
// gets all; see [SOReusePortLB]. Since Linux 6.15 families other than IP refuse it. socket(7).
var SOReusePort Option[bool] = readWrite(boolean, "SOReusePort", solSocket, "SO_REUSEPORT",
	constants.SO_REUSEPORT, since("Linux 3.9"), only(inetSockets))

// SOReusePortLB is SO_REUSEPORT_LB: FreeBSD's (12) [SOReusePort] that spreads connections and
// datagrams, over at most 256 sockets. getsockopt(2) there.
var SOReusePortLB Option[bool] = readWrite(boolean, "SOReusePortLB", solSocket, "SO_REUSEPORT_LB",
	constants.SO_REUSEPORT_LB)

// SORoutingTable is SO_RTABLE: the routing table that the socket uses. Another than the process's
// own needs root. OpenBSD; getsockopt(2) there.
var SORoutingTable Option[int] = readWrite(integer, "SORoutingTable", solSocket, "SO_RTABLE",
	constants.SO_RTABLE)

// SOReceiveQueueOverflow is SO_RXQ_OVFL: each datagram received brings a control message
// SO_RXQ_OVFL with how many were dropped so far for want of room. socket(7).
var SOReceiveQueueOverflow Option[bool] = readWrite(boolean, "SOReceiveQueueOverflow", solSocket,
	"SO_RXQ_OVFL", constants.SO_RXQ_OVFL, since("Linux 2.6.33"))

// SOSelectErrorQueue is SO_SELECT_ERR_QUEUE: a socket with something in its error queue is
// exceptional (POLLPRI) as well as in error (POLLERR). socket(7).
var SOSelectErrorQueue Option[bool] = readWrite(boolean, "SOSelectErrorQueue", solSocket,
	"SO_SELECT_ERR_QUEUE", constants.SO_SELECT_ERR_QUEUE, since("Linux 3.10"))

// SOSetFIB is SO_SETFIB: the forwarding table, 0 to net.fibs-1, that the socket uses; EINVAL
// beyond. FreeBSD; setfib(2).
var SOSetFIB WriteOnly[int] = writeOnly(integer, "SOSetFIB", solSocket, "SO_SETFIB",
	constants.SO_SETFIB)

// SOSendBuffer is SO_SNDBUF: the bytes of the send buffer. Linux doubles the number and gives the
// double back; it takes no less than 4,608 (doubled) and no more than the sysctl net.core.wmem_max,
// without an error. A negative number is taken as the most. Setting it ends the kernel's own tuning
// of the size for this socket, which often chooses a larger one: [SOBufferLock]. so-send-buffer in
// the socket egg. socket(7).
var SOSendBuffer Option[int] = readWrite(integer, "SOSendBuffer", solSocket, "SO_SNDBUF",
	constants.SO_SNDBUF)

// SOSendBufferForce is SO_SNDBUFFORCE: [SOSendBuffer] beyond net.core.wmem_max, with the rules of
// [SOReceiveBufferForce]. socket(7).
var SOSendBufferForce WriteOnly[int] = writeOnly(integer, "SOSendBufferForce", solSocket,
	"SO_SNDBUFFORCE", constants.SO_SNDBUFFORCE, since("Linux 2.6.14"))

// SOSendLowWater is SO_SNDLOWAT: how many bytes of room there must be before a socket counts as
// writable. On Linux it is always 1 and cannot be set (ENOPROTOOPT). so-send-low-water in the
// socket egg. socket(7).
var SOSendLowWater Option[int] = readWrite(integer, "SOSendLowWater", solSocket, "SO_SNDLOWAT",
	constants.SO_SNDLOWAT, fickle)

// SOSendTimeout is SO_SNDTIMEO: [SOReceiveTimeout] for sending, and on Linux for connect(2), which
// then fails with EINPROGRESS. so/sndtimeo in the socket egg. socket(7).
var SOSendTimeout Option[time.Duration] = readWrite(timeout, "SOSendTimeout", solSocket,
	"SO_SNDTIMEO", constants.SO_SNDTIMEO)

// SOTimestamp is SO_TIMESTAMP: each datagram received brings a control message SCM_TIMESTAMP with
// the time of arrival in microseconds. It turns [SOTimestampNanoseconds] off. On 32-bit Linux it is
// SO_TIMESTAMP_NEW, so that the times go on after 2038, where the kernel has that (5.1).
// so/timestamp in the socket egg. socket(7).
var SOTimestamp Option[bool] = readWrite(timestamps(boolean, constants.SO_TIMESTAMP_NEW),
	"SOTimestamp", solSocket, "SO_TIMESTAMP", constants.SO_TIMESTAMP)

// SOTimestamping is SO_TIMESTAMPING: which times the kernel and the device report, in control
// messages SCM_TIMESTAMPING of received packets and, for those sent, on the error queue. EINVAL for
// bits that the kernel does not know. Each send has its own times; a SendAll that is cut into
// pieces has one or several, as the kernel puts them together. Hardware times also need an ioctl
// SIOCSHWTSTAMP. timestamping.rst in the kernel's documentation.
var SOTimestamping Option[TimestampingFlags] = readWrite(
	timestamps(flags32[TimestampingFlags](), constants.SO_TIMESTAMPING_NEW), "SOTimestamping",
	solSocket, "SO_TIMESTAMPING", constants.SO_TIMESTAMPING, since("Linux 2.6.30"))

// SOTimestampingClock is SO_TIMESTAMPING with the index of the PTP hardware clock that its times
// come from, when the flag TimestampingBindPHC is set. timestamping.rst in the kernel's
// documentation.
var SOTimestampingClock Option[TimestampingClock] = readWrite(
	timestamps(structure[TimestampingClock](), constants.SO_TIMESTAMPING_NEW),
	"SOTimestampingClock", solSocket, "SO_TIMESTAMPING", constants.SO_TIMESTAMPING,
	since("Linux 5.14"))

// SOTimestampNanoseconds is SO_TIMESTAMPNS: [SOTimestamp] in nanoseconds, by a control message
// SCM_TIMESTAMPNS. It turns SO_TIMESTAMP off. socket(7).
var SOTimestampNanoseconds Option[bool] = readWrite(
	timestamps(boolean, constants.SO_TIMESTAMPNS_NEW), "SOTimestampNanoseconds", solSocket,
	"SO_TIMESTAMPNS", constants.SO_TIMESTAMPNS, since("Linux 2.6.22"))

// SOTimestampClock is SO_TS_CLOCK: the clock and format of [SOTimestamp]: 0 realtime in
// microseconds, 1 bintime, 2 realtime, 3 monotonic. FreeBSD. getsockopt(2) there.
var SOTimestampClock Option[int] = readWrite(integer, "SOTimestampClock", solSocket, "SO_TS_CLOCK",
	constants.SO_TS_CLOCK)

// SOTransmitRehash is SO_TXREHASH: whether TCP picks another path (another transmit hash, so
// another IPv6 flow label) when it has to retransmit a lot: 1 yes, 0 no. Setting -1 makes it what
// the sysctl net.core.txrehash says, which it is at first, and that is what is read. Other values
// are EINVAL. asm-generic/socket.h.
var SOTransmitRehash Option[int] = readWrite(integer, "SOTransmitRehash", solSocket, "SO_TXREHASH",
	constants.SO_TXREHASH, since("Linux 5.18"), only(plainTCPSockets))

// SOTransmitTime is SO_TXTIME: packets can carry, in a control message SCM_TXTIME, the time when
// they are to leave; it takes the queueing discipline etf or fq to heed it. A clock other than
// CLOCK_MONOTONIC needs CAP_NET_ADMIN (EPERM); one that is unknown, or unknown flags, are EINVAL.
// It cannot be turned off again. linux/net_tstamp.h.
var SOTransmitTime Option[TransmitTime] = readWrite(structure[TransmitTime](), "SOTransmitTime",
	solSocket, "SO_TXTIME", constants.SO_TXTIME, since("Linux 4.19"))

// SOType is SO_TYPE: SOCK_STREAM and so on. so-type in the socket egg. socket(7).
var SOType ReadOnly[constants.SocketType] = readOnly(enumeration[constants.SocketType](), "SOType",
	solSocket, "SO_TYPE", constants.SO_TYPE)

// SOUseLoopback is SO_USELOOPBACK: a routing socket gets a copy of what it sends. BSD and macOS;
// route(4). so/useloopback in the socket egg.
var SOUseLoopback Option[bool] = readWrite(boolean, "SOUseLoopback", solSocket, "SO_USELOOPBACK",
	constants.SO_USELOOPBACK)

// SOUserCookie is SO_USER_COOKIE: a number that ipfw(4) can match. FreeBSD.
var SOUserCookie WriteOnly[uint32] = writeOnly(unsigned32, "SOUserCookie", solSocket,
	"SO_USER_COOKIE", constants.SO_USER_COOKIE)

// SOWiFiStatus is SO_WIFI_STATUS: the error queue brings a control message SCM_WIFI_STATUS for each
// frame sent, with whether it was acknowledged. asm-generic/socket.h.
var SOWiFiStatus Option[bool] = readWrite(boolean, "SOWiFiStatus", solSocket, "SO_WIFI_STATUS",
	constants.SO_WIFI_STATUS, since("Linux 3.3"))

// SOZeroCopy is SO_ZEROCOPY: allows sending with MSG_ZEROCOPY, whose buffers belong to the kernel
// until the error queue says they are free. TCP (Linux 4.14), UDP (5.0), vsock (6.7) and RDS;
// EOPNOTSUPP for others. msg_zerocopy.rst in the kernel's
// documentation.
var SOZeroCopy Option[bool] = readWrite(boolean, "SOZeroCopy", solSocket, "SO_ZEROCOPY",
	constants.SO_ZEROCOPY, since("Linux 4.14"), only(zeroCopySockets))
