package sockopt

import (
	"time"

	"example.com/bsdsocket/constants"
)

// Options of TCP, at level IPPROTO_TCP.

var ipprotoTCP = newLevel("IPPROTO_TCP", constants.IPPROTO_TCP, tcpSockets)

// TCPCongestionInfo is TCP_CC_INFO: what the congestion control algorithm tells of itself; none for
// reno and cubic. Which of its forms it is, [TCPCongestion] tells. linux/tcp.h.
var TCPCongestionInfo ReadOnly[CongestionInfo] = readOnly(congestionInfo, "TCPCongestionInfo",
	ipprotoTCP, "TCP_CC_INFO", constants.TCP_CC_INFO, since("Linux 4.1"))

// TCPCongestion is TCP_CONGESTION: the name of the congestion control algorithm, at most 15 bytes.
// ENOENT if there is none of that name; one that is not in the sysctl
// net.ipv4.tcp_allowed_congestion_control needs CAP_NET_ADMIN (EPERM). FreeBSD too. tcp(7).
var TCPCongestion Option[string] = readWrite(text(16), "TCPCongestion", ipprotoTCP,
	"TCP_CONGESTION", constants.TCP_CONGESTION, since("Linux 2.6.13"))

// TCPCork is TCP_CORK: segments that are not full are held back, for at most 200 ms; turning it off
// sends them. It can be combined with [TCPNoDelay] since Linux 2.5.71. [TCPNoPush] on BSD and
// macOS. tcp(7).
var TCPCork Option[bool] = readWrite(boolean, "TCPCork", ipprotoTCP, "TCP_CORK", constants.TCP_CORK,
	since("Linux 2.2"))

// TCPDeferAccept is TCP_DEFER_ACCEPT: a listener accepts a connection only when data has arrived,
// or when this time has passed. Whole seconds, rounded up; Linux makes it a number of SYN-ACK
// retransmissions and gives back the time that these take: 1 s becomes 1, 2 becomes 3, 4 becomes 7,
// and no more than 255 of them. 0, the default, is off; a negative time is taken as 0. tcp(7).
var TCPDeferAccept Option[time.Duration] = readWrite(seconds, "TCPDeferAccept", ipprotoTCP,
	"TCP_DEFER_ACCEPT", constants.TCP_DEFER_ACCEPT, since("Linux 2.4"))

// TCPDelayedAckMax is TCP_DELACK_MAX_US: the longest that an acknowledgement is delayed, in
// microseconds, rounded up by the kernel to clock ticks, 1 to 10 ms; at least two of these, at
// most, and by default, 200 ms. EINVAL beyond. linux/tcp.h.
var TCPDelayedAckMax Option[time.Duration] = readWrite(microseconds, "TCPDelayedAckMax", ipprotoTCP,
	"TCP_DELACK_MAX_US", constants.TCP_DELACK_MAX_US, since("Linux 6.15"))

// TCPFastOpen is TCP_FASTOPEN: a listener takes data in SYN packets (RFC 7413),
// and as many such connections may wait to be accepted; 0 is none, and more than
// the sysctl net.core.somaxconn is cut down to that. It also
// takes bit 2 of the sysctl net.ipv4.tcp_fastopen. A negative number is EINVAL,
// as is a socket that is connected. FreeBSD and macOS have it as a boolean.
var TCPFastOpen Option[int] = readWrite(integer, "TCPFastOpen", ipprotoTCP, "TCP_FASTOPEN",
	constants.TCP_FASTOPEN, since("Linux 3.7"))

// TCPFastOpenConnect is TCP_FASTOPEN_CONNECT: connect(2) returns at once if the peer's cookie is
// known, and the first send goes out with the SYN. It takes bit 1 of the sysctl
// net.ipv4.tcp_fastopen (EOPNOTSUPP); EINVAL on a socket that is not closed, and for values other
// than 0 and 1. tcp(7).
var TCPFastOpenConnect Option[bool] = readWrite(boolean, "TCPFastOpenConnect", ipprotoTCP,
	"TCP_FASTOPEN_CONNECT", constants.TCP_FASTOPEN_CONNECT, since("Linux 4.11"))

// TCPFastOpenKey is TCP_FASTOPEN_KEY: the key, 16 bytes, that a listener makes cookies with, or two
// of them (Linux 5.3), the second one's cookies being valid still; EINVAL for other lengths.
// Without one of its own a listener has the sysctl net.ipv4.tcp_fastopen_key. Empty if neither is
// set. linux/tcp.h.
var TCPFastOpenKey Option[[]byte] = readWrite(octets(32), "TCPFastOpenKey", ipprotoTCP,
	"TCP_FASTOPEN_KEY", constants.TCP_FASTOPEN_KEY, since("Linux 4.15"))

// TCPFastOpenNoCookie is TCP_FASTOPEN_NO_COOKIE: fast open without cookies. EINVAL on a socket that
// is connected, and for values other than 0 and 1. linux/tcp.h.
var TCPFastOpenNoCookie Option[bool] = readWrite(boolean, "TCPFastOpenNoCookie", ipprotoTCP,
	"TCP_FASTOPEN_NO_COOKIE", constants.TCP_FASTOPEN_NO_COOKIE, since("Linux 4.15"))

// TCPFunctionAlias is TCP_FUNCTION_ALIAS: the other name of the TCP stack that the socket uses.
// FreeBSD. tcp(4) there.
var TCPFunctionAlias ReadOnly[TCPFunctionSet] = readOnly(functionSet, "TCPFunctionAlias",
	ipprotoTCP, "TCP_FUNCTION_ALIAS", constants.TCP_FUNCTION_ALIAS)

// TCPFunctionBlock is TCP_FUNCTION_BLK: the TCP stack that the socket uses: "freebsd", "rack",
// "bbr". ENOENT if it is not loaded. FreeBSD; tcp(4) there.
var TCPFunctionBlock Option[TCPFunctionSet] = readWrite(functionSet, "TCPFunctionBlock", ipprotoTCP,
	"TCP_FUNCTION_BLK", constants.TCP_FUNCTION_BLK)

// TCPInfo is TCP_INFO: the state of the connection, its times, windows and counters. Linux, and
// with the fields up to ReceiveSpace FreeBSD, NetBSD and OpenBSD. tcp(7).
var TCPInfo ReadOnly[TCPConnectionInfo] = readOnly(tcpInfo, "TCPInfo", ipprotoTCP, "TCP_INFO",
	constants.TCP_INFO)

// TCPInQueue is TCP_INQ: each receive brings a control message TCP_CM_INQ with the number of bytes
// that are left to read. EINVAL for values other than 0 and 1. linux/tcp.h.
var TCPInQueue Option[bool] = readWrite(boolean, "TCPInQueue", ipprotoTCP, "TCP_INQ",
	constants.TCP_INQ, since("Linux 4.18"))

// TCPIsMPTCP is TCP_IS_MPTCP: whether the connection really is a Multipath TCP one; false when it
// fell back to TCP, or was one from the start. linux/tcp.h.
var TCPIsMPTCP ReadOnly[bool] = readOnly(boolean, "TCPIsMPTCP", ipprotoTCP, "TCP_IS_MPTCP",
	constants.TCP_IS_MPTCP, since("Linux 6.7"))

// TCPKeepAlive is TCP_KEEPALIVE of macOS: [TCPKeepIdle], in seconds, rounded up; tcp(4) there.
// tcp-keep-alive in the socket egg.
var TCPKeepAlive Option[time.Duration] = readWrite(seconds, "TCPKeepAlive", ipprotoTCP,
	"TCP_KEEPALIVE", constants.TCP_KEEPALIVE)

// TCPKeepCount is TCP_KEEPCNT: how many probes go unanswered before the connection ends, 1 to 127;
// EINVAL beyond. The default is the sysctl net.ipv4.tcp_keepalive_probes (9). tcp(7).
var TCPKeepCount Option[int] = readWrite(integer, "TCPKeepCount", ipprotoTCP, "TCP_KEEPCNT",
	constants.TCP_KEEPCNT, since("Linux 2.4"))

// TCPKeepIdle is TCP_KEEPIDLE: how long a connection is idle before the first probe, if
// [SOKeepAlive] is on. Whole seconds, rounded up, 1 to 32,767; EINVAL beyond. The default is the
// sysctl net.ipv4.tcp_keepalive_time (2 h); package net sets 15 s. macOS: [TCPKeepAlive]. tcp(7).
var TCPKeepIdle Option[time.Duration] = readWrite(seconds, "TCPKeepIdle", ipprotoTCP,
	"TCP_KEEPIDLE", constants.TCP_KEEPIDLE, since("Linux 2.4"))

// TCPKeepInterval is TCP_KEEPINTVL: the time between two probes. Whole seconds, rounded up, 1 to
// 32,767; EINVAL beyond. The default is the sysctl net.ipv4.tcp_keepalive_intvl (75 s). tcp(7).
var TCPKeepInterval Option[time.Duration] = readWrite(seconds, "TCPKeepInterval", ipprotoTCP,
	"TCP_KEEPINTVL", constants.TCP_KEEPINTVL, since("Linux 2.4"))

// TCPLinger2 is TCP_LINGER2: how long a connection that is closed here stays in FIN_WAIT_2 until
// the peer closes. Whole seconds, rounded up; 0 is the sysctl net.ipv4.tcp_fin_timeout (60 s),
// which is also what is read then; more than 120 s is taken as 120 (before Linux 5.9, as 0). A
// negative time does without the state, and is read as -1 s. tcp(7).
var TCPLinger2 Option[time.Duration] = readWrite(seconds, "TCPLinger2", ipprotoTCP, "TCP_LINGER2",
	constants.TCP_LINGER2, since("Linux 2.4"))

// TCPMaxSegmentSize is TCP_MAXSEG: the largest segment to send, in bytes. Set before connecting it
// is also announced to the peer: 88 to 32,767 on Linux, EINVAL beyond; 0 is the default. Reading an
// unconnected socket gives what was set, or 536; a connected one what was agreed, less the options
// of a segment. BSD and Windows can only lower it, or read it. tcp-max-segment-size in the socket
// egg. tcp(7).
var TCPMaxSegmentSize Option[int] = readWrite(integer, "TCPMaxSegmentSize", ipprotoTCP,
	"TCP_MAXSEG", constants.TCP_MAXSEG)

// TCPMD5Signature is TCP_MD5SIG: signs segments to and from an address with a key (RFC 2385), as
// BGP does; segments without the right signature are dropped. An empty key takes it away, ENOENT if
// there is none. It is set on the listener and on the client's socket, before connecting.
// ENOPROTOOPT without CONFIG_TCP_MD5SIG.
var TCPMD5Signature WriteOnly[MD5Signature] = writeOnly(md5Signature, "TCPMD5Signature", ipprotoTCP,
	"TCP_MD5SIG", constants.TCP_MD5SIG, since("Linux 2.6.20"))

// TCPMD5SignatureExtended is TCP_MD5SIG_EXT: [TCPMD5Signature] for a whole prefix (Linux 4.13), or
// for one interface of a VRF (5.6). linux/tcp.h.
var TCPMD5SignatureExtended WriteOnly[MD5SignatureExtended] = writeOnly(md5SignatureExtended,
	"TCPMD5SignatureExtended", ipprotoTCP, "TCP_MD5SIG_EXT", constants.TCP_MD5SIG_EXT,
	since("Linux 4.13"))

// TCPNoDelay is TCP_NODELAY: true turns Nagle's algorithm off: small segments leave at once,
// without waiting for the acknowledgement of earlier ones. Setting it also sends what is held back,
// [TCPCork] notwithstanding. On Linux an accepted socket takes it over from its listener; package
// net sets it itself. tcp-no-delay? in the socket egg. tcp(7).
var TCPNoDelay Option[bool] = readWrite(boolean, "TCPNoDelay", ipprotoTCP, "TCP_NODELAY",
	constants.TCP_NODELAY)

// TCPNoOptions is TCP_NOOPT: connections are made without TCP options. BSD and macOS; tcp(4) there.
// tcp-no-options? in the socket egg.
var TCPNoOptions Option[bool] = readWrite(boolean, "TCPNoOptions", ipprotoTCP, "TCP_NOOPT",
	constants.TCP_NOOPT)

// TCPNoPush is TCP_NOPUSH: segments that are not full are held back. BSD and macOS; tcp(4) there.
// Linux: [TCPCork]. tcp-no-push? in the socket egg.
var TCPNoPush Option[bool] = readWrite(boolean, "TCPNoPush", ipprotoTCP, "TCP_NOPUSH",
	constants.TCP_NOPUSH)

// TCPNotSentLowWater is TCP_NOTSENT_LOWAT: the socket counts as writable only while fewer bytes
// than this are queued and not yet sent. 0 is the sysctl net.ipv4.tcp_notsent_lowat, whose default
// is no limit. macOS too. linux/tcp.h.
var TCPNotSentLowWater Option[uint32] = readWrite(unsigned32, "TCPNotSentLowWater", ipprotoTCP,
	"TCP_NOTSENT_LOWAT", constants.TCP_NOTSENT_LOWAT, since("Linux 3.12"))

// TCPQueueSequence is TCP_QUEUE_SEQ: under repair, the sequence number of the queue that
// [TCPRepairQueue] chose: the next byte to send, or to receive. Setting it is EPERM on a socket
// that is not closed, EINVAL without a queue. linux/tcp.h.
var TCPQueueSequence Option[uint32] = readWrite(unsigned32, "TCPQueueSequence", ipprotoTCP,
	"TCP_QUEUE_SEQ", constants.TCP_QUEUE_SEQ, since("Linux 3.5"))

// TCPQuickAck is TCP_QUICKACK: segments received are acknowledged at once. It is not permanent: the
// protocol turns it on and off as it sees fit. False lets acknowledgements be delayed. tcp(7).
var TCPQuickAck Option[bool] = readWrite(boolean, "TCPQuickAck", ipprotoTCP, "TCP_QUICKACK",
	constants.TCP_QUICKACK, since("Linux 2.4.4"))

// TCPRepair is TCP_REPAIR: takes a connection out of the network's hands, so that its queues and
// numbers can be read, or set on a new socket, with which the connection goes on: on another host,
// in another process. It needs CAP_NET_ADMIN (EPERM); EPERM also for a listener. Closing a socket
// under repair sends nothing. linux/tcp.h.
var TCPRepair Option[TCPRepairMode] = readWrite(enumeration[TCPRepairMode](), "TCPRepair",
	ipprotoTCP, "TCP_REPAIR", constants.TCP_REPAIR, since("Linux 3.5"))

// TCPRepairOptions is TCP_REPAIR_OPTIONS: under repair and connected, the options that were agreed
// when the connection was made. linux/tcp.h.
var TCPRepairOptions WriteOnly[[]TCPRepairOption] = writeOnly(repairOptions, "TCPRepairOptions",
	ipprotoTCP, "TCP_REPAIR_OPTIONS", constants.TCP_REPAIR_OPTIONS, since("Linux 3.5"))

// TCPRepairQueue is TCP_REPAIR_QUEUE: under repair, the queue that sends, receives with MSG_PEEK
// and [TCPQueueSequence] are about. EPERM, and EINVAL when reading, if not under repair.
// linux/tcp.h.
var TCPRepairQueue Option[TCPQueue] = readWrite(enumeration[TCPQueue](), "TCPRepairQueue",
	ipprotoTCP, "TCP_REPAIR_QUEUE", constants.TCP_REPAIR_QUEUE, since("Linux 3.5"))

// TCPRepairWindow is TCP_REPAIR_WINDOW: under repair, the windows. EPERM if not. linux/tcp.h.
var TCPRepairWindow Option[TCPWindow] = readWrite(structure[TCPWindow](), "TCPRepairWindow",
	ipprotoTCP, "TCP_REPAIR_WINDOW", constants.TCP_REPAIR_WINDOW, since("Linux 4.8"))

// TCPRetransmitMax is TCP_RTO_MAX_MS: the longest retransmission timeout, 1 to 120 s in
// milliseconds, rounded up; EINVAL beyond. The default is the sysctl net.ipv4.tcp_rto_max_ms (120
// s). linux/tcp.h.
var TCPRetransmitMax Option[time.Duration] = readWrite(milliseconds, "TCPRetransmitMax", ipprotoTCP,
	"TCP_RTO_MAX_MS", constants.TCP_RTO_MAX_MS, since("Linux 6.15"))

// TCPRetransmitMin is TCP_RTO_MIN_US: the shortest retransmission timeout, in microseconds, rounded
// up by the kernel to clock ticks, 1 to 10 ms; at least two of these, at most 200 ms, EINVAL
// beyond. The default is the sysctl net.ipv4.tcp_rto_min_us (200 ms). linux/tcp.h.
var TCPRetransmitMin Option[time.Duration] = readWrite(microseconds, "TCPRetransmitMin", ipprotoTCP,
	"TCP_RTO_MIN_US", constants.TCP_RTO_MIN_US, since("Linux 6.15"))

// TCPSavedSYN is TCP_SAVED_SYN: the headers of the SYN that made this accepted connection, if its
// listener had [TCPSaveSYN]. It can be read once; empty after that, and if none was kept.
// linux/tcp.h.
var TCPSavedSYN ReadOnly[[]byte] = readOnly(octets(512), "TCPSavedSYN", ipprotoTCP, "TCP_SAVED_SYN",
	constants.TCP_SAVED_SYN, since("Linux 4.2"), uses)

// TCPSaveSYN is TCP_SAVE_SYN: a listener keeps the headers of the SYN of each connection: 1 from
// the network header on, 2 from the link header on (Linux 5.10), 0 none. EINVAL for other values.
// linux/tcp.h.
var TCPSaveSYN Option[int] = readWrite(integer, "TCPSaveSYN", ipprotoTCP, "TCP_SAVE_SYN",
	constants.TCP_SAVE_SYN, since("Linux 4.2"))

// TCPSYNCount is TCP_SYNCNT: how often a SYN is sent again before connect(2) gives up, 1 to 127;
// EINVAL beyond. The default is the sysctl net.ipv4.tcp_syn_retries (6). tcp(7).
var TCPSYNCount Option[int] = readWrite(integer, "TCPSYNCount", ipprotoTCP, "TCP_SYNCNT",
	constants.TCP_SYNCNT, since("Linux 2.4"))

// TCPThinDuplicateAck is TCP_THIN_DUPACK: without effect since Linux 4.11, and always read as
// false. linux/tcp.h.
var TCPThinDuplicateAck Option[bool] = readWrite(boolean, "TCPThinDuplicateAck", ipprotoTCP,
	"TCP_THIN_DUPACK", constants.TCP_THIN_DUPACK, since("Linux 2.6.34"))

// TCPThinLinearTimeouts is TCP_THIN_LINEAR_TIMEOUTS: retransmission timeouts of a connection with
// few segments in flight do not double, for the first six. EINVAL for values other than 0 and 1.
// linux/tcp.h.
var TCPThinLinearTimeouts Option[bool] = readWrite(boolean, "TCPThinLinearTimeouts", ipprotoTCP,
	"TCP_THIN_LINEAR_TIMEOUTS", constants.TCP_THIN_LINEAR_TIMEOUTS, since("Linux 2.6.34"))

// TCPTimestamp is TCP_TIMESTAMP: the clock of TCP's timestamps (RFC 7323) on this connection, now:
// milliseconds, or microseconds if bit 0 of the number set says so (Linux 6.7). Setting it is EPERM
// if not under repair.
var TCPTimestamp Option[uint32] = readWrite(unsigned32, "TCPTimestamp", ipprotoTCP, "TCP_TIMESTAMP",
	constants.TCP_TIMESTAMP, since("Linux 3.9"))

// TCPTransmitDelay is TCP_TX_DELAY: holds each packet back for this time before it leaves, to
// imitate a longer path, in microseconds, rounded up; 0 is none. Recent kernels refuse a negative
// time and one from 2^28 µs (268 s) on (EINVAL). It needs the fq queueing discipline to be exact,
// and TCP's own pacing otherwise. linux/tcp.h.
var TCPTransmitDelay Option[time.Duration] = readWrite(microseconds, "TCPTransmitDelay", ipprotoTCP,
	"TCP_TX_DELAY", constants.TCP_TX_DELAY, since("Linux 5.3"))

// TCPUpperLayerProtocol is TCP_ULP: the protocol that the kernel runs above TCP: "tls" for
// [TLSTransmit], "espintcp", "smc". ENOENT if there is none of that name, EEXIST if one is set,
// ENOTCONN for tls on a socket that is not connected. It cannot be taken away. "" if there is none.
// linux/tcp.h.
var TCPUpperLayerProtocol Option[string] = readWrite(text(16), "TCPUpperLayerProtocol", ipprotoTCP,
	"TCP_ULP", constants.TCP_ULP, since("Linux 4.13"))

// TCPUserTimeout is TCP_USER_TIMEOUT: how long data sent may stay unacknowledged, or unsent, before
// the connection ends with ETIMEDOUT (RFC 5482). Milliseconds, rounded up, at most 2,147,483,647
// (24 days, 20 hours). 0, the default, is as long as the retransmissions take; a negative time is
// EINVAL. It also bounds connecting, and with [SOKeepAlive] overrides [TCPKeepCount].
var TCPUserTimeout Option[time.Duration] = readWrite(milliseconds, "TCPUserTimeout", ipprotoTCP,
	"TCP_USER_TIMEOUT", constants.TCP_USER_TIMEOUT, since("Linux 2.6.37"))

// TCPWindowClamp is TCP_WINDOW_CLAMP: the largest window to announce, in bytes, no less than half
// of the kernel's smallest receive buffer: a smaller number, also a negative one, is raised to
// that. 0 is no limit, possible on a closed socket only (EINVAL). tcp(7).
var TCPWindowClamp Option[int] = readWrite(integer, "TCPWindowClamp", ipprotoTCP,
	"TCP_WINDOW_CLAMP", constants.TCP_WINDOW_CLAMP, since("Linux 2.4"))

// TCPZeroCopyReceive is TCP_ZEROCOPY_RECEIVE: maps what was received into memory that mmap(2) of
// the socket gave, instead of copying it. Get takes an address, which is of that mapping and starts
// a page, and a length, and returns how much was mapped and how much must be read. EINVAL for an
// address of another mapping, if a page or more waits to be read: before, no address is looked at
// but for its place in a page. It sets nothing. linux/tcp.h.
var TCPZeroCopyReceive Query[ZeroCopyReceive] = queried(zeroCopyReceive, "TCPZeroCopyReceive",
	ipprotoTCP, "TCP_ZEROCOPY_RECEIVE", constants.TCP_ZEROCOPY_RECEIVE, since("Linux 4.18"))
