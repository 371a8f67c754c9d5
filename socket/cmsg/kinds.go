package cmsg

import (
	"iter"
	"net/netip"
	"time"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/sockaddr"
)

// Of SOL_SOCKET: socket(7), unix(7), cmsg(3).
var (
	// SCMRights is SCM_RIGHTS: open descriptors, on AF_UNIX sockets (unix(7)). Sending duplicates
	// them: they stay the sender's. Received ones are new, close-on-exec, and the receiver's to
	// close. Linux takes 253 in one message. Get allocates the slice; [Message.Descriptors] does
	// not.
	SCMRights Kind[[]int] = both(descriptors, "SCMRights", "SCM_RIGHTS",
		at(constants.SOL_SOCKET, constants.SCM_RIGHTS))

	// SCMCredentials is SCM_CREDENTIALS: the process, user and group of the sender, on AF_UNIX and
	// AF_NETLINK sockets with SO_PASSCRED (unix(7)). The kernel checks what is sent: other numbers
	// than the sender's own need CAP_SYS_ADMIN, CAP_SETUID and CAP_SETGID. What was sent while
	// neither end had the option has process 0 and user and group 65534 (overflowuid), and no
	// error, so set it before the peer can send, and take process 0 for nobody. Linux.
	SCMCredentials Kind[Credentials] = both(credentials, "SCMCredentials", "SCM_CREDENTIALS",
		at(constants.SOL_SOCKET, constants.SCM_CREDENTIALS))

	// SCMPIDFD is SCM_PIDFD: a descriptor of the process that sent, with SO_PASSPIDFD. It is the
	// receiver's to close. It is negative if the kernel could not make it. Linux 6.5.
	SCMPIDFD Kind[int] = receive(cInt, "SCMPIDFD", "SCM_PIDFD",
		at(constants.SOL_SOCKET, constants.SCM_PIDFD))

	// SCMSecurity is SCM_SECURITY: the security label of the sender, on AF_UNIX sockets with
	// SO_PASSSEC (unix(7)), and of a datagram of IPv4 with IP_PASSSEC (ip(7)). Space has room for
	// 256 bytes. Get allocates the string. Linux.
	SCMSecurity Kind[string] = receive(text, "SCMSecurity", "SCM_SECURITY",
		at(constants.SOL_SOCKET, constants.SCM_SECURITY),
		at(constants.IPPROTO_IP, constants.SCM_SECURITY))

	// SCMTimestamp is SCM_TIMESTAMP: when the packet was received, in microseconds, with
	// SO_TIMESTAMP (socket(7)).
	SCMTimestamp Kind[time.Time] = receive(moment(time.Microsecond), "SCMTimestamp",
		"SCM_TIMESTAMP",
		at(constants.SOL_SOCKET, constants.SCM_TIMESTAMP),
		at(constants.SOL_SOCKET, constants.SO_TIMESTAMP_NEW))

	// SCMTimestampNanoseconds is SCM_TIMESTAMPNS: when the packet was received, in nanoseconds,
	// with SO_TIMESTAMPNS (socket(7)), and SCM_REALTIME of FreeBSD, with SO_TS_CLOCK.
	SCMTimestampNanoseconds Kind[time.Time] = receive(moment(time.Nanosecond),
		"SCMTimestampNanoseconds", "SCM_TIMESTAMPNS",
		at(constants.SOL_SOCKET, constants.SCM_TIMESTAMPNS),
		at(constants.SOL_SOCKET, constants.SO_TIMESTAMPNS_NEW),
		at(constants.SOL_SOCKET, constants.SCM_REALTIME))

	// SCMTimestamping is SCM_TIMESTAMPING: when the packet was received or, in a message of the
	// error queue, sent, with SO_TIMESTAMPING (Documentation/networking/timestamping.rst of Linux).
	SCMTimestamping Kind[Timestamps] = receive(timestamps, "SCMTimestamping", "SCM_TIMESTAMPING",
		at(constants.SOL_SOCKET, constants.SCM_TIMESTAMPING),
		at(constants.SOL_SOCKET, constants.SO_TIMESTAMPING_NEW))

	// SOTimestamping is SO_TIMESTAMPING: which times the kernel shall report of this message, as
	// SOF_TIMESTAMPING_TX_ flags. It takes the place of those of the option, which must be on for
	// reports to come; [SCMTimestamping] brings them on the error queue
	// (Documentation/networking/timestamping.rst, 1.3.4). It is sent by its new number. Linux 5.1.
	SOTimestamping Kind[uint32] = send(u32, "SOTimestamping", "SO_TIMESTAMPING",
		at(constants.SOL_SOCKET, constants.SO_TIMESTAMPING_NEW))

	// SCMTimestampingStatistics is SCM_TIMESTAMPING_OPT_STATS: TCP's numbers at the time of a
	// stamp, with SOF_TIMESTAMPING_OPT_STATS, as netlink attributes (TCP_NLA_ in linux/tcp.h).
	// Space has room for 256 bytes. The data are part of the buffer. Linux 4.11.
	SCMTimestampingStatistics Kind[[]byte] = receive(attributes, "SCMTimestampingStatistics",
		"SCM_TIMESTAMPING_OPT_STATS",
		at(constants.SOL_SOCKET, constants.SCM_TIMESTAMPING_OPT_STATS))

	// SCMTimestampingPacketInfo is SCM_TIMESTAMPING_PKTINFO: the card that stamped a packet, with
	// SOF_TIMESTAMPING_OPT_PKTINFO. Linux 4.13.
	SCMTimestampingPacketInfo Kind[HardwareSource] = receive(hardwareSource,
		"SCMTimestampingPacketInfo", "SCM_TIMESTAMPING_PKTINFO",
		at(constants.SOL_SOCKET, constants.SCM_TIMESTAMPING_PKTINFO))

	// SCMTimestampID is SCM_TS_OPT_ID: the number that the time stamps of this message shall have,
	// with SOF_TIMESTAMPING_OPT_ID. Linux 6.13.
	SCMTimestampID Kind[uint32] = both(u32, "SCMTimestampID", "SCM_TS_OPT_ID",
		at(constants.SOL_SOCKET, constants.SCM_TS_OPT_ID))

	// SCMTransmitTime is SCM_TXTIME: when the packet shall leave, as the time since the beginning
	// of the clock that SO_TXTIME chose (tc-etf(8)). Linux 4.19.
	SCMTransmitTime Kind[time.Duration] = both(duration, "SCMTransmitTime", "SCM_TXTIME",
		at(constants.SOL_SOCKET, constants.SCM_TXTIME))

	// SODropCount is SO_RXQ_OVFL: how many packets the socket has dropped since it was made, for
	// want of room, with the option of that name, sockopt.SOReceiveQueueOverflow. Present only once
	// packets were dropped. Linux 2.6.33.
	SODropCount Kind[uint32] = receive(u32, "SODropCount", "SO_RXQ_OVFL",
		at(constants.SOL_SOCKET, constants.SO_RXQ_OVFL))

	// SOMark is SO_MARK: the mark of the packet for routes and filters. It is received with
	// SO_RCVMARK (Linux 5.19) and sent with CAP_NET_RAW or CAP_NET_ADMIN.
	SOMark Kind[uint32] = both(u32, "SOMark", "SO_MARK",
		at(constants.SOL_SOCKET, constants.SO_MARK))

	// SOPriority is SO_PRIORITY: the priority of the packet. It is received with SO_RCVPRIORITY,
	// and can be sent since Linux 6.14.
	SOPriority Kind[uint32] = both(u32, "SOPriority", "SO_PRIORITY",
		at(constants.SOL_SOCKET, constants.SO_PRIORITY))

	// SCMInQueue is SCM_INQ: how many bytes wait to be read after this receive, on AF_UNIX streams
	// with SO_INQ. Linux 6.17.
	SCMInQueue Kind[int] = receive(cInt, "SCMInQueue", "SCM_INQ",
		at(constants.SOL_SOCKET, constants.SCM_INQ))

	// SCMWiFiStatus is SCM_WIFI_STATUS: whether the frame was acknowledged, on the error queue with
	// SO_WIFI_STATUS. Linux 3.3.
	SCMWiFiStatus Kind[bool] = receive(flag, "SCMWiFiStatus", "SCM_WIFI_STATUS",
		at(constants.SOL_SOCKET, constants.SCM_WIFI_STATUS))
)

// Of IPPROTO_IP and IPPROTO_IPV6: ip(7), ipv6(7), RFC 3542.
var (
	// IPPacketInfo is IP_PKTINFO: where a datagram came in, with the option of that name, or from
	// where it is to be sent. FreeBSD, OpenBSD and DragonFly have [IPDestinationAddress] and
	// [IPSourceAddress] instead.
	IPPacketInfo Kind[PacketInfo] = both(packetInfo4, "IPPacketInfo", "IP_PKTINFO",
		at(constants.IPPROTO_IP, constants.IP_PKTINFO))

	// IPv6PacketInfo is IPV6_PKTINFO: the same for IPv6, with IPV6_RECVPKTINFO. On a socket for
	// both versions, a datagram of IPv4 has an IPv4-mapped address.
	IPv6PacketInfo Kind[PacketInfo] = both(packetInfo6, "IPv6PacketInfo", "IPV6_PKTINFO",
		at(constants.IPPROTO_IPV6, constants.IPV6_PKTINFO))

	// IPDestinationAddress is IP_RECVDSTADDR: the destination of a datagram that was received, on
	// the BSDs and macOS.
	IPDestinationAddress Kind[netip.Addr] = receive(address4, "IPDestinationAddress",
		"IP_RECVDSTADDR", at(constants.IPPROTO_IP, constants.IP_RECVDSTADDR))

	// IPSourceAddress is IP_SENDSRCADDR: the source address of a datagram to send, on the BSDs.
	IPSourceAddress Kind[netip.Addr] = both(address4, "IPSourceAddress", "IP_SENDSRCADDR",
		at(constants.IPPROTO_IP, constants.IP_SENDSRCADDR))

	// IPTimeToLive is IP_TTL: received with IP_RECVTTL, or for the message to send, 1 to 255.
	IPTimeToLive Kind[int] = both(oneByte, "IPTimeToLive", "IP_TTL",
		at(constants.IPPROTO_IP, constants.IP_TTL), at(constants.IPPROTO_IP, constants.IP_RECVTTL))

	// IPv6HopLimit is IPV6_HOPLIMIT: received with IPV6_RECVHOPLIMIT, or for the message to send, 0
	// to 255; -1 is the default.
	IPv6HopLimit Kind[int] = both(hopLimit, "IPv6HopLimit", "IPV6_HOPLIMIT",
		at(constants.IPPROTO_IPV6, constants.IPV6_HOPLIMIT))

	// IPTypeOfService is IP_TOS: received with IP_RECVTOS, or for the message to send: the DSCP in
	// the upper 6 bits, ECN in the lower 2.
	IPTypeOfService Kind[int] = both(octet, "IPTypeOfService", "IP_TOS",
		at(constants.IPPROTO_IP, constants.IP_TOS), at(constants.IPPROTO_IP, constants.IP_RECVTOS))

	// IPv6TrafficClass is IPV6_TCLASS: the same for IPv6, with IPV6_RECVTCLASS, 0 to 255. (-1 is
	// not taken: RFC 3542 has it for the default, but Linux 6.18 sends 255.)
	IPv6TrafficClass Kind[int] = both(tClass, "IPv6TrafficClass", "IPV6_TCLASS",
		at(constants.IPPROTO_IPV6, constants.IPV6_TCLASS))

	// IPv6FlowInfo is IPV6_FLOWINFO: the flow label in the lowest 20 bits and the traffic class in
	// the 8 above (RFC 8200, section 3), as [sockaddr.Addr.FlowInfo] has them. It is received with
	// the option of that name, unless it is 0. To send, the label is one that the socket leased.
	// Linux.
	IPv6FlowInfo Kind[uint32] = both(flowInfo, "IPv6FlowInfo", "IPV6_FLOWINFO",
		at(constants.IPPROTO_IPV6, constants.IPV6_FLOWINFO))

	// IPv6PathMTU is IPV6_PATHMTU: a packet was longer than its path carries, with
	// IPV6_RECVPATHMTU. It comes without data.
	IPv6PathMTU Kind[PathMTU] = receive(pathMTU, "IPv6PathMTU", "IPV6_PATHMTU",
		at(constants.IPPROTO_IPV6, constants.IPV6_PATHMTU))

	// IPProtocol is IP_PROTOCOL: the protocol of a packet of an IPPROTO_RAW socket, 1 to 255, by
	// which its route is looked up. It is only sent. Linux 6.4.
	IPProtocol Kind[int] = send(protocol, "IPProtocol", "IP_PROTOCOL",
		at(constants.IPPROTO_IP, constants.IP_PROTOCOL))

	// IPChecksum is IP_CHECKSUM: the sum of a UDP datagram's payload as the kernel has it, not
	// folded to 16 bits, with the option of that name; absent if the network card has not computed
	// it. Linux 4.0.
	IPChecksum Kind[uint32] = receive(u32, "IPChecksum", "IP_CHECKSUM",
		at(constants.IPPROTO_IP, constants.IP_CHECKSUM))

	// IPReceiveInterface is IP_RECVIF: the index of the interface that a datagram came in by, with
	// the option of that name. BSD and macOS, which give it in a struct sockaddr_dl; ip(4) there.
	IPReceiveInterface Kind[int] = receive(linkIndex, "IPReceiveInterface", "IP_RECVIF",
		at(constants.IPPROTO_IP, constants.IP_RECVIF))

	// IPFragmentSize is IP_RECVFRAGSIZE and IPV6_RECVFRAGSIZE: the size of the largest fragment of
	// the datagram, with the option of that name, IPReceiveFragmentSize or IPv6's; absent if it
	// came whole. Linux 4.10.
	IPFragmentSize Kind[int] = receive(cInt, "IPFragmentSize", "IP_RECVFRAGSIZE",
		at(constants.IPPROTO_IP, constants.IP_RECVFRAGSIZE),
		at(constants.IPPROTO_IPV6, constants.IPV6_RECVFRAGSIZE))

	// IPOriginalDestination is IP_ORIGDSTADDR and IPV6_ORIGDSTADDR: where a datagram was going
	// before a transparent proxy got it, with IP_RECVORIGDSTADDR or IPV6_RECVORIGDSTADDR. Linux,
	// FreeBSD.
	IPOriginalDestination Kind[sockaddr.Addr] = receive(address, "IPOriginalDestination",
		"IP_ORIGDSTADDR",
		at(constants.IPPROTO_IP, constants.IP_ORIGDSTADDR),
		at(constants.IPPROTO_IPV6, constants.IPV6_ORIGDSTADDR))

	// IPReceiveOptions is IP_RECVOPTS: the options in the header of a datagram of IPv4 as they
	// arrived, with the option of that name, if there are any (RFC 791). The data are part of the
	// buffer. ip(7).
	IPReceiveOptions Kind[[]byte] = receive(ipOptions, "IPReceiveOptions", "IP_RECVOPTS",
		at(constants.IPPROTO_IP, constants.IP_RECVOPTS))

	// IPReturnOptions is IP_RETOPTS: the options of IPv4 for an answer, with routes reversed,
	// received with IP_RECVRETOPTS if there are any; or those of the message to send, at most 40
	// bytes. The data received are part of the buffer. ip(7).
	IPReturnOptions Kind[[]byte] = both(ipOptions, "IPReturnOptions", "IP_RETOPTS",
		at(constants.IPPROTO_IP, constants.IP_RETOPTS))

	// IPv6HopByHopOptions is IPV6_HOPOPTS: the hop-by-hop options header of a packet, received with
	// IPV6_RECVHOPOPTS if there is one, or of the packet to send, which needs CAP_NET_RAW. The
	// second byte of an extension header says how many times 8 bytes follow the first 8; another
	// length is socket.ErrValue. Space has room for 256 bytes; up to 2,048 are possible. The data
	// received are part of the buffer. RFC 3542, section 8.
	IPv6HopByHopOptions Kind[[]byte] = both(extensionHeader, "IPv6HopByHopOptions", "IPV6_HOPOPTS",
		at(constants.IPPROTO_IPV6, constants.IPV6_HOPOPTS))

	// IPv6DestinationOptions is IPV6_DSTOPTS: a destination options header, with IPV6_RECVDSTOPTS,
	// like [IPv6HopByHopOptions]. RFC 3542, section 9.
	IPv6DestinationOptions Kind[[]byte] = both(extensionHeader, "IPv6DestinationOptions",
		"IPV6_DSTOPTS", at(constants.IPPROTO_IPV6, constants.IPV6_DSTOPTS))

	// IPv6RoutingHeaderDestinationOptions is IPV6_RTHDRDSTOPTS: the destination options header that
	// stands before a routing header, like [IPv6HopByHopOptions]. It is only sent. RFC 3542,
	// section 9.2.
	IPv6RoutingHeaderDestinationOptions Kind[[]byte] = send(extensionHeader,
		"IPv6RoutingHeaderDestinationOptions", "IPV6_RTHDRDSTOPTS",
		at(constants.IPPROTO_IPV6, constants.IPV6_RTHDRDSTOPTS))

	// IPv6RoutingHeader is IPV6_RTHDR: a routing header, with IPV6_RECVRTHDR, like
	// [IPv6HopByHopOptions], but anybody may send it. RFC 3542, section 7.
	IPv6RoutingHeader Kind[[]byte] = both(extensionHeader, "IPv6RoutingHeader", "IPV6_RTHDR",
		at(constants.IPPROTO_IPV6, constants.IPV6_RTHDR))

	// IPv6DontFragment is IPV6_DONTFRAG: whether the message is not to be fragmented: EMSGSIZE
	// then, or an [IPv6PathMTU], if it is too long. It is only sent. RFC 3542, section 11.2.
	IPv6DontFragment Kind[bool] = send(flag, "IPv6DontFragment", "IPV6_DONTFRAG",
		at(constants.IPPROTO_IPV6, constants.IPV6_DONTFRAG))

	// IPError is IP_RECVERR and IPV6_RECVERR, PACKET_TX_TIMESTAMP of AF_PACKET and VSOCK_RECVERR of
	// AF_VSOCK: what happened to a packet that the socket sent. It comes with MSG_ERRQUEUE, for
	// ICMP errors once IP_RECVERR or IPV6_RECVERR are on, for time stamps and MSG_ZEROCOPY always
	// (ip(7), recv(2)). Linux.
	IPError Kind[ExtendedError] = receive(extendedError, "IPError", "IP_RECVERR",
		at(constants.IPPROTO_IP, constants.IP_RECVERR),
		at(constants.IPPROTO_IPV6, constants.IPV6_RECVERR),
		at(constants.SOL_PACKET, constants.PACKET_TX_TIMESTAMP),
		at(constants.SOL_VSOCK, constants.VSOCK_RECVERR))
)

// Of the other levels: udp(7), tcp(7), the kernel's Documentation/networking/tls.rst and
// Documentation/crypto/userspace-if.rst.
var (
	// UDPSegment is UDP_SEGMENT: the message is sent as datagrams of this many bytes.
	// socket.Message.SegmentSize is the same, and works without the kernel's help too. Linux 4.18.
	UDPSegment Kind[int] = both(u16, "UDPSegment", "UDP_SEGMENT",
		at(constants.SOL_UDP, constants.UDP_SEGMENT))

	// UDPGRO is UDP_GRO: what was received are several datagrams of this many bytes, the last of
	// them maybe shorter. It becomes socket.Message.SegmentSize. Linux 5.0.
	UDPGRO Kind[int] = receive(cInt, "UDPGRO", "UDP_GRO", at(constants.SOL_UDP, constants.UDP_GRO))

	// TCPUnread is TCP_CM_INQ: how many bytes wait to be read after this receive, with TCP_INQ.
	// Linux 4.18.
	TCPUnread Kind[int] = receive(cInt, "TCPUnread", "TCP_CM_INQ",
		at(constants.IPPROTO_TCP, constants.TCP_CM_INQ))

	// TLSReceivedRecord is TLS_GET_RECORD_TYPE: the type of the TLS record that was received, with
	// kernel TLS. Linux 4.17.
	TLSReceivedRecord Kind[uint8] = receive(u8, "TLSReceivedRecord", "TLS_GET_RECORD_TYPE",
		at(constants.SOL_TLS, constants.TLS_GET_RECORD_TYPE))

	// TLSRecord is TLS_SET_RECORD_TYPE: the type of the TLS record to send. Linux 4.13.
	TLSRecord Kind[uint8] = both(u8, "TLSRecord", "TLS_SET_RECORD_TYPE",
		at(constants.SOL_TLS, constants.TLS_SET_RECORD_TYPE))

	// PacketAuxData is PACKET_AUXDATA: the lengths of a packet, what the kernel knows of it, and
	// the VLAN's tag, which it takes out of the data; with the option of that name. packet(7).
	// Linux.
	PacketAuxData Kind[AuxData] = receive(auxData, "PacketAuxData", "PACKET_AUXDATA",
		at(constants.SOL_PACKET, constants.PACKET_AUXDATA))

	// NetlinkPacketInfo is NETLINK_PKTINFO: the group that the message was sent to, 0 if it was to
	// this socket alone, with the option of that name. netlink(7). Linux.
	NetlinkPacketInfo Kind[uint32] = receive(u32, "NetlinkPacketInfo", "NETLINK_PKTINFO",
		at(constants.SOL_NETLINK, constants.NETLINK_PKTINFO))

	// NetlinkListenAllNSID is NETLINK_LISTEN_ALL_NSID: the number of the network namespace that the
	// message is about, with the option of that name. netlink(7). Linux 4.2.
	NetlinkListenAllNSID Kind[int] = receive(cInt, "NetlinkListenAllNSID",
		"NETLINK_LISTEN_ALL_NSID",
		at(constants.SOL_NETLINK, constants.NETLINK_LISTEN_ALL_NSID))

	// SCTPSendInfo is SCTP_SNDINFO: how to send the message. RFC 6458, section 5.3.4. Linux 3.17.
	SCTPSendInfo Kind[SCTPSend] = both(sctpSend, "SCTPSendInfo", "SCTP_SNDINFO",
		at(constants.IPPROTO_SCTP, constants.SCTP_SNDINFO))

	// SCTPReceiveInfo is SCTP_RCVINFO: about the message received, with SCTP_RECVRCVINFO. RFC 6458,
	// section 5.3.5. Linux 3.17.
	SCTPReceiveInfo Kind[SCTPInfo] = receive(sctpReceived, "SCTPReceiveInfo", "SCTP_RCVINFO",
		at(constants.IPPROTO_SCTP, constants.SCTP_RCVINFO))

	// SCTPNextInfo is SCTP_NXTINFO: about the next message, if it is there, with SCTP_RECVNXTINFO.
	// RFC 6458, section 5.3.6. Linux 3.17.
	SCTPNextInfo Kind[SCTPNext] = receive(sctpNext, "SCTPNextInfo", "SCTP_NXTINFO",
		at(constants.IPPROTO_SCTP, constants.SCTP_NXTINFO))

	// J1939DestinationAddress is SCM_J1939_DEST_ADDR: the address that the message was sent to,
	// unless it was broadcast. Documentation/networking/j1939.rst. Linux 5.4.
	J1939DestinationAddress Kind[uint8] = receive(u8, "J1939DestinationAddress",
		"SCM_J1939_DEST_ADDR",
		at(constants.SOL_CAN_J1939, constants.SCM_J1939_DEST_ADDR))

	// J1939DestinationName is SCM_J1939_DEST_NAME: the NAME that the message was sent to, if it has
	// one. Linux 5.4.
	J1939DestinationName Kind[uint64] = receive(u64, "J1939DestinationName", "SCM_J1939_DEST_NAME",
		at(constants.SOL_CAN_J1939, constants.SCM_J1939_DEST_NAME))

	// J1939Priority is SCM_J1939_PRIO: the priority of the message, 0 (the highest) to 7. Linux
	// 5.4.
	J1939Priority Kind[uint8] = receive(u8, "J1939Priority", "SCM_J1939_PRIO",
		at(constants.SOL_CAN_J1939, constants.SCM_J1939_PRIO))

	// J1939ErrorQueue is SCM_J1939_ERRQUEUE: how far a transfer is, on the error queue with
	// SO_J1939_ERRQUEUE, as netlink attributes (J1939_NLA_). Space has room for 256 bytes. The data
	// are part of the buffer. Linux 5.4.
	J1939ErrorQueue Kind[[]byte] = receive(attributes, "J1939ErrorQueue", "SCM_J1939_ERRQUEUE",
		at(constants.SOL_CAN_J1939, constants.SCM_J1939_ERRQUEUE))

	// ALGOperation is ALG_SET_OP: ALG_OP_ENCRYPT or ALG_OP_DECRYPT.
	ALGOperation Kind[uint32] = both(u32, "ALGOperation", "ALG_SET_OP",
		at(constants.SOL_ALG, constants.ALG_SET_OP))

	// ALGInitVector is ALG_SET_IV: the initialization vector.
	ALGInitVector Kind[[]byte] = both(initVector, "ALGInitVector", "ALG_SET_IV",
		at(constants.SOL_ALG, constants.ALG_SET_IV))

	// ALGAssociatedLength is ALG_SET_AEAD_ASSOCLEN: how many of the bytes that follow are
	// associated data.
	ALGAssociatedLength Kind[uint32] = both(u32, "ALGAssociatedLength", "ALG_SET_AEAD_ASSOCLEN",
		at(constants.SOL_ALG, constants.ALG_SET_AEAD_ASSOCLEN))
)

// Descriptors yields the descriptors of an [SCMRights] message, and nothing for any other. It
// allocates nothing.
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
