package cmsg

import (
	"iter"
	"time"

	"example.com/bsdsocket/constants"
)

// Of SOL_SOCKET: socket(7), unix(7), cmsg(3).
var (
	// SCMRights is SCM_RIGHTS: open descriptors, on AF_UNIX sockets (unix(7)). Sending duplicates them: they stay the
	// sender's. Received ones are new, close-on-exec, and the receiver's to close. Linux takes 253 in one message. Get
	// allocates the slice; [Message.Descriptors] does not.
	SCMRights = both(descriptors, "SCMRights", "SCM_RIGHTS", at(constants.SOL_SOCKET, constants.SCM_RIGHTS))

	// SCMCredentials is SCM_CREDENTIALS: the process, user and group of the sender, on AF_UNIX and AF_NETLINK sockets with
	// SO_PASSCRED (unix(7)). The kernel checks what is sent: other numbers than the sender's own need
	// CAP_SYS_ADMIN, CAP_SETUID and CAP_SETGID. Linux.
	SCMCredentials = both(credentials, "SCMCredentials", "SCM_CREDENTIALS", at(constants.SOL_SOCKET, constants.SCM_CREDENTIALS))

	// SCMPidFD is SCM_PIDFD: a descriptor of the process that sent, with SO_PASSPIDFD. It is the receiver's to close. It is
	// negative if the process is gone. Linux 6.5.
	SCMPidFD = receive(cInt, "SCMPidFD", "SCM_PIDFD", at(constants.SOL_SOCKET, constants.SCM_PIDFD))

	// SCMSecurity is SCM_SECURITY: the security label of the sender, on AF_UNIX sockets with SO_PASSSEC (unix(7)). Get
	// allocates the string. Linux.
	SCMSecurity = receive(text, "SCMSecurity", "SCM_SECURITY", at(constants.SOL_SOCKET, constants.SCM_SECURITY))

	// SCMTimestamp is SCM_TIMESTAMP: when the packet was received, in microseconds, with SO_TIMESTAMP (socket(7)).
	SCMTimestamp = receive(moment(time.Microsecond), "SCMTimestamp", "SCM_TIMESTAMP",
		at(constants.SOL_SOCKET, constants.SCM_TIMESTAMP), at(constants.SOL_SOCKET, constants.SO_TIMESTAMP_NEW))

	// SCMTimestampNS is SCM_TIMESTAMPNS: when the packet was received, in nanoseconds, with SO_TIMESTAMPNS (socket(7)),
	// and SCM_REALTIME of FreeBSD, with SO_TS_CLOCK.
	SCMTimestampNS = receive(moment(time.Nanosecond), "SCMTimestampNS", "SCM_TIMESTAMPNS",
		at(constants.SOL_SOCKET, constants.SCM_TIMESTAMPNS), at(constants.SOL_SOCKET, constants.SO_TIMESTAMPNS_NEW),
		at(constants.SOL_SOCKET, constants.SCM_REALTIME))

	// SCMTimestamping is SCM_TIMESTAMPING: when the packet was received or, in a message of the error queue, sent, with
	// SO_TIMESTAMPING (Documentation/networking/timestamping.rst of Linux).
	SCMTimestamping = receive(timestamps, "SCMTimestamping", "SCM_TIMESTAMPING",
		at(constants.SOL_SOCKET, constants.SCM_TIMESTAMPING), at(constants.SOL_SOCKET, constants.SO_TIMESTAMPING_NEW))

	// SCMTimestampingPacketInfo is SCM_TIMESTAMPING_PKTINFO: the card that stamped a packet, with
	// SOF_TIMESTAMPING_OPT_PKTINFO. Linux 4.13.
	SCMTimestampingPacketInfo = receive(hardwareSource, "SCMTimestampingPacketInfo", "SCM_TIMESTAMPING_PKTINFO",
		at(constants.SOL_SOCKET, constants.SCM_TIMESTAMPING_PKTINFO))

	// SCMTimestampID is SCM_TS_OPT_ID: the number that the time stamps of this message shall have, with
	// SOF_TIMESTAMPING_OPT_ID. Linux 6.13.
	SCMTimestampID = both(u32, "SCMTimestampID", "SCM_TS_OPT_ID", at(constants.SOL_SOCKET, constants.SCM_TS_OPT_ID))

	// SCMTransmitTime is SCM_TXTIME: when the packet shall leave, as the time since the beginning of the clock that
	// SO_TXTIME chose (tc-etf(8)). Linux 4.19.
	SCMTransmitTime = both(duration, "SCMTransmitTime", "SCM_TXTIME", at(constants.SOL_SOCKET, constants.SCM_TXTIME))

	// SODropCount is SO_RXQ_OVFL: how many packets the socket has dropped since it was made, for want of room, with the option of
	// that name. A packet brings it only when there were any. Linux 2.6.33.
	SODropCount = receive(u32, "SODropCount", "SO_RXQ_OVFL", at(constants.SOL_SOCKET, constants.SO_RXQ_OVFL))

	// SOMark is SO_MARK: the mark of the packet for routes and filters. It is received with SO_RCVMARK (Linux 5.19) and sent
	// with CAP_NET_RAW or CAP_NET_ADMIN.
	SOMark = both(u32, "SOMark", "SO_MARK", at(constants.SOL_SOCKET, constants.SO_MARK))

	// SOPriority is SO_PRIORITY: the priority of the packet. It is received with SO_RCVPRIORITY, and can be
	// sent since Linux 6.14.
	SOPriority = both(u32, "SOPriority", "SO_PRIORITY", at(constants.SOL_SOCKET, constants.SO_PRIORITY))
)

// Of IPPROTO_IP and IPPROTO_IPV6: ip(7), ipv6(7), RFC 3542.
var (
	// IPPacketInfo is IP_PKTINFO: where a datagram came in, with the option of that name, or from where it is to be sent.
	// FreeBSD, OpenBSD and DragonFly have [IPDestinationAddress] and [IPSourceAddress] instead.
	IPPacketInfo = both(packetInfo4, "IPPacketInfo", "IP_PKTINFO", at(constants.IPPROTO_IP, constants.IP_PKTINFO))

	// IPv6PacketInfo is IPV6_PKTINFO: the same for IPv6, with IPV6_RECVPKTINFO. On a socket for both versions, a datagram of
	// IPv4 has an IPv4-mapped address.
	IPv6PacketInfo = both(packetInfo6, "IPv6PacketInfo", "IPV6_PKTINFO", at(constants.IPPROTO_IPV6, constants.IPV6_PKTINFO))

	// IPDestinationAddress is IP_RECVDSTADDR: the destination of a datagram that was received, on the BSDs and macOS.
	IPDestinationAddress = receive(address4, "IPDestinationAddress", "IP_RECVDSTADDR", at(constants.IPPROTO_IP, constants.IP_RECVDSTADDR))

	// IPSourceAddress is IP_SENDSRCADDR: the source address of a datagram to send, on the BSDs.
	IPSourceAddress = both(address4, "IPSourceAddress", "IP_SENDSRCADDR", at(constants.IPPROTO_IP, constants.IP_SENDSRCADDR))

	// IPTimeToLive is IP_TTL: received with IP_RECVTTL, or for the message to send, 1 to 255.
	IPTimeToLive = both(octet, "IPTimeToLive", "IP_TTL",
		at(constants.IPPROTO_IP, constants.IP_TTL), at(constants.IPPROTO_IP, constants.IP_RECVTTL))

	// IPv6HopLimit is IPV6_HOPLIMIT: received with IPV6_RECVHOPLIMIT, or for the message to send, 0 to 255; -1 is the default.
	IPv6HopLimit = both(cInt, "IPv6HopLimit", "IPV6_HOPLIMIT", at(constants.IPPROTO_IPV6, constants.IPV6_HOPLIMIT))

	// IPTypeOfService is IP_TOS: received with IP_RECVTOS, or for the message to send: the DSCP in the upper 6 bits, ECN in the
	// lower 2.
	IPTypeOfService = both(octet, "IPTypeOfService", "IP_TOS",
		at(constants.IPPROTO_IP, constants.IP_TOS), at(constants.IPPROTO_IP, constants.IP_RECVTOS))

	// IPv6TrafficClass is IPV6_TCLASS: the same for IPv6, with IPV6_RECVTCLASS; -1 is the default.
	IPv6TrafficClass = both(cInt, "IPv6TrafficClass", "IPV6_TCLASS", at(constants.IPPROTO_IPV6, constants.IPV6_TCLASS))

	// IPv6FlowInfo is IPV6_FLOWINFO: the flow label, received with the option of that name, or leased by the socket for the
	// message to send. Linux.
	IPv6FlowInfo = both(flowInfo, "IPv6FlowInfo", "IPV6_FLOWINFO", at(constants.IPPROTO_IPV6, constants.IPV6_FLOWINFO))

	// IPv6PathMTU is IPV6_PATHMTU: a path carries only shorter packets, with IPV6_RECVPATHMTU.
	IPv6PathMTU = receive(pathMTU, "IPv6PathMTU", "IPV6_PATHMTU", at(constants.IPPROTO_IPV6, constants.IPV6_PATHMTU))

	// IPFragmentSize is IP_RECVFRAGSIZE and IPV6_RECVFRAGSIZE: the size of the largest fragment of the datagram, with the
	// option of that name; 0 if it came whole. Linux 4.10.
	IPFragmentSize = receive(cInt, "IPFragmentSize", "IP_RECVFRAGSIZE",
		at(constants.IPPROTO_IP, constants.IP_RECVFRAGSIZE), at(constants.IPPROTO_IPV6, constants.IPV6_RECVFRAGSIZE))

	// IPOriginalDestination is IP_ORIGDSTADDR and IPV6_ORIGDSTADDR: where a datagram was going before a transparent
	// proxy got it, with IP_RECVORIGDSTADDR or IPV6_RECVORIGDSTADDR. Linux, FreeBSD.
	IPOriginalDestination = receive(address, "IPOriginalDestination", "IP_ORIGDSTADDR",
		at(constants.IPPROTO_IP, constants.IP_ORIGDSTADDR), at(constants.IPPROTO_IPV6, constants.IPV6_ORIGDSTADDR))

	// IPError is IP_RECVERR and IPV6_RECVERR, PACKET_TX_TIMESTAMP of AF_PACKET and VSOCK_RECVERR of AF_VSOCK: what happened to a
	// packet that the socket sent. It comes with MSG_ERRQUEUE, for ICMP errors once IP_RECVERR or IPV6_RECVERR are on, for time stamps and
	// MSG_ZEROCOPY always (ip(7), recv(2)). Linux.
	IPError = receive(extendedError, "IPError", "IP_RECVERR",
		at(constants.IPPROTO_IP, constants.IP_RECVERR), at(constants.IPPROTO_IPV6, constants.IPV6_RECVERR),
		at(constants.SOL_PACKET, constants.PACKET_TX_TIMESTAMP), at(constants.SOL_VSOCK, vsockRecvErr))
)

// Of the other levels: udp(7), tcp(7), the kernel's Documentation/networking/tls.rst and Documentation/crypto/userspace-if.rst.
var (
	// UDPSegment is UDP_SEGMENT: the message is sent as datagrams of this many bytes. socket.Message.SegmentSize is
	// the same, and works without the kernel's help too. Linux 4.18.
	UDPSegment = both(u16, "UDPSegment", "UDP_SEGMENT", at(constants.SOL_UDP, constants.UDP_SEGMENT))

	// UDPGRO is UDP_GRO: what was received are several datagrams of this many bytes, the last of them maybe shorter. It
	// becomes socket.Message.SegmentSize. Linux 5.0.
	UDPGRO = receive(cInt, "UDPGRO", "UDP_GRO", at(constants.SOL_UDP, constants.UDP_GRO))

	// TCPUnread is TCP_CM_INQ: how many bytes wait to be read after this receive, with TCP_INQ. Linux 4.18.
	TCPUnread = receive(cInt, "TCPUnread", "TCP_CM_INQ", at(constants.IPPROTO_TCP, constants.TCP_CM_INQ))

	// TLSReceivedRecord is TLS_GET_RECORD_TYPE: the type of the TLS record that was received, with kernel TLS.
	// Linux 4.17.
	TLSReceivedRecord = receive(u8, "TLSReceivedRecord", "TLS_GET_RECORD_TYPE", at(constants.SOL_TLS, constants.TLS_GET_RECORD_TYPE))

	// TLSRecord is TLS_SET_RECORD_TYPE: the type of the TLS record to send. Linux 4.13.
	TLSRecord = both(u8, "TLSRecord", "TLS_SET_RECORD_TYPE", at(constants.SOL_TLS, constants.TLS_SET_RECORD_TYPE))

	// ALGOperation is ALG_SET_OP: ALG_OP_ENCRYPT or ALG_OP_DECRYPT.
	ALGOperation = both(u32, "ALGOperation", "ALG_SET_OP", at(constants.SOL_ALG, constants.ALG_SET_OP))

	// ALGInitVector is ALG_SET_IV: the initialization vector.
	ALGInitVector = both(initVector, "ALGInitVector", "ALG_SET_IV", at(constants.SOL_ALG, constants.ALG_SET_IV))

	// ALGAssociatedLength is ALG_SET_AEAD_ASSOCLEN: how many of the bytes that follow are associated data.
	ALGAssociatedLength = both(u32, "ALGAssociatedLength", "ALG_SET_AEAD_ASSOCLEN", at(constants.SOL_ALG, constants.ALG_SET_AEAD_ASSOCLEN))
)

const vsockRecvErr = 1 // VSOCK_RECVERR of linux/vm_sockets.h, Linux 6.6

// Descriptors yields the descriptors of an [SCMRights] message, and nothing for any other. It allocates nothing.
func (m Message) Descriptors() iter.Seq[int] {
	return func(yield func(int) bool) {
		if !SCMRights.Is(m) {
			return
		}
		for b := m.Data; len(b) >= 4; b = b[4:] {
			if !yield(int(int32(native.Uint32(b)))) {
				return
			}
		}
	}
}
