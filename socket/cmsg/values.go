package cmsg

import (
	"net/netip"
	"strings"
	"syscall"
	"time"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/sockaddr"
)

// Credentials are those of a process that sends: [SCMCredentials].
type Credentials struct {
	PID int // 0: a process of another PID namespace, or not known: see SCMCredentials
	UID uint32
	GID uint32
}

// PacketInfo says where a datagram came in, or from where one is to be sent: [IPPacketInfo] and
// [IPv6PacketInfo]. Sending what was received answers from the address and the interface that were
// asked.
type PacketInfo struct {
	// Interface is the index of the interface: received, the one that the datagram came in by. To
	// send, the one that it leaves by; 0 lets the routes decide.
	Interface int

	// Source is the address to answer from. Received, it is the local address that the datagram
	// came to. For multicast and broadcast, IPPacketInfo gives the local address of the interface
	// on Linux and macOS; elsewhere, and from IPv6PacketInfo, it is not valid then. (The kernel
	// does not tell a broadcast to a subnet, 192.0.2.255, from other addresses: IPv6PacketInfo
	// gives it as Source, from which nothing can be sent.) To send, it is the source address, which
	// must be one of this host; the zero Addr lets the routes decide. Zones are not used.
	Source netip.Addr

	// Destination is the address in the datagram's header. To send, IPv6PacketInfo looks at it if
	// Source is not valid: an IPv4-mapped one says that the datagram is one of IPv4, for which
	// Linux wants 0.0.0.0 where IPv6 has ::.
	Destination netip.Addr
}

// Timestamps are when a packet passed: [SCMTimestamping]. A time that is not known is the zero
// Time.
type Timestamps struct {
	Software  time.Time // in the kernel
	Converted time.Time // Hardware by the system's clock; never known since Linux 3.17
	Hardware  time.Time // in the network card, by its clock
}

// HardwareSource says which card stamped a packet: [SCMTimestampingPacketInfo].
type HardwareSource struct {
	Interface int // its index
	Length    int // of the packet at layer 2, in bytes
}

// AuxData is what a packet socket says of a packet: [PacketAuxData].
type AuxData struct {
	Status   uint32 // bits: constants.TP_STATUS_VLAN_VALID ...
	Length   int    // of the packet, in bytes
	Captured int    // how many bytes of it were received
	Link     int    // where the header of the link begins, as an offset in the data
	Network  int    // where the network's header begins
	TCI      uint16 // of the VLAN: see VLAN
	TPID     uint16
}

// VLAN returns the tag that the packet had, which is no part of its data: the tag control
// information, whose lowest 12 bits are the VLAN's number and whose upper 3 the priority (IEEE
// 802.1Q), and the protocol of the tag, 0x8100 or 0x88a8. It is not ok if the packet had no tag, or
// if the kernel is older than 3.0 and does not report it.
func (a AuxData) VLAN() (tci, protocol uint16, ok bool) {
	const (
		valid           = 0x10   // TP_STATUS_VLAN_VALID
		protocolValid   = 0x40   // TP_STATUS_VLAN_TPID_VALID
		defaultProtocol = 0x8100 // ETH_P_8021Q
	)
	if a.Status&valid == 0 {
		return 0, 0, false
	}
	if a.Status&protocolValid == 0 {
		return a.TCI, defaultProtocol, true // before Linux 3.14
	}
	return a.TCI, a.TPID, true
}

// SCTPInfo is about the message that was received: [SCTPReceiveInfo], struct sctp_rcvinfo.
type SCTPInfo struct {
	Stream          uint16
	Sequence        uint16 // number of the message in its stream
	Flags           uint16 // SCTP_UNORDERED
	PayloadProtocol uint32 // as a number; some programs send it in the processor's byte order
	TSN             uint32 // transmission sequence number
	CumulativeTSN   uint32
	Context         uint32
	Association     int32
}

// SCTPNext is about the message that comes next: [SCTPNextInfo], struct sctp_nxtinfo.
type SCTPNext struct {
	Stream          uint16
	Flags           uint16 // SCTP_UNORDERED, SCTP_COMPLETE, SCTP_NOTIFICATION
	PayloadProtocol uint32 // as in SCTPInfo
	Length          int    // in bytes
	Association     int32
}

// SCTPSend is about the message to send: [SCTPSendInfo], struct sctp_sndinfo.
type SCTPSend struct {
	Stream          uint16
	Flags           uint16 // SCTP_UNORDERED, SCTP_EOF ...
	PayloadProtocol uint32 // as in SCTPInfo
	Context         uint32 // comes back if the message fails
	Association     int32  // of a one-to-many socket
}

// PathMTU is [IPv6PathMTU].
type PathMTU struct {
	Destination sockaddr.Addr
	MTU         int // bytes
}

// Origin says who reports an [ExtendedError].
type Origin uint8

// The origins, SO_EE_ORIGIN_* in linux/errqueue.h.
const (
	OriginNone         Origin = 0
	OriginLocal        Origin = 1 // this host, such as a datagram that is too long
	OriginICMP         Origin = 2 // Type and Code are ICMP's
	OriginICMP6        Origin = 3 // Type and Code are ICMPv6's
	OriginTimestamping Origin = 4 // Info: what was stamped (SCM_TSTAMP_*); Data: the packet
	OriginZeroCopy     Origin = 5 // Info to Data are the sends that are done
	OriginTransmitTime Origin = 6 // a packet missed its time, which is Data and Info
)

var origins = []string{"none", "local", "icmp", "icmp6", "timestamping", "zerocopy", "txtime"}

// String returns "icmp", "local" and so on, or a number.
func (o Origin) String() string {
	if int(o) < len(origins) {
		return origins[o]
	}
	return number(o)
}

// ExtendedError is struct sock_extended_err, a message of a socket's error queue: [IPError]. It is
// an error, which unwraps to Errno.
type ExtendedError struct {
	Errno    syscall.Errno
	Origin   Origin
	Type     uint8
	Code     uint8
	Info     uint32        // of a too long packet, the path's MTU
	Data     uint32        // depends on Origin; with IP_RECVERR_RFC4884 see Extension
	Offender sockaddr.Addr // who sent the ICMP message; the zero Addr if nobody did
}

// Error returns text like "icmp 3/3 from 127.0.0.1: connection refused".
func (e ExtendedError) Error() string {
	var text strings.Builder
	text.WriteString(e.Origin.String())
	if e.Origin == OriginICMP || e.Origin == OriginICMP6 {
		text.WriteString(" " + number(e.Type) + "/" + number(e.Code))
	}
	if e.Offender.IsValid() {
		text.WriteString(" from " + e.Offender.String())
	}
	if e.Errno != 0 {
		text.WriteString(": " + e.Errno.Error())
	}
	return text.String()
}

// Unwrap returns Errno, or nil if it is 0, as of notifications that are no errors.
func (e ExtendedError) Unwrap() error {
	if e.Errno == 0 {
		return nil
	}
	return e.Errno
}

// ZeroCopy returns which sends with MSG_ZEROCOPY are done, first to last as the kernel counts them,
// modulo 2³², and whether it copied their data after all. It is not ok if e is about something
// else.
func (e ExtendedError) ZeroCopy() (first, last uint32, copied, ok bool) {
	const codeCopied = 1 // SO_EE_CODE_ZEROCOPY_COPIED
	if e.Origin != OriginZeroCopy || e.Errno != 0 {
		return 0, 0, false, false
	}
	return e.Info, e.Data, e.Code&codeCopied != 0, true
}

// Extension returns where the extension of an ICMP message begins (RFC 4884), as an offset in the
// data that were received with the error, and whether the kernel found it well-formed. It is not ok
// if there is none: the message has none, or the option IP_RECVERR_RFC4884 or IPV6_RECVERR_RFC4884
// is off. Linux 5.9.
func (e ExtendedError) Extension() (offset int, wellFormed, ok bool) {
	if e.Origin != OriginICMP && e.Origin != OriginICMP6 {
		return 0, false, false
	}
	var b [4]byte // struct sock_ee_data_rfc4884: the offset, flags, and a byte that is reserved
	native.PutUint32(b[:], e.Data)
	const invalid = 1 // SO_EE_RFC4884_FLAG_INVALID
	offset = int(native.Uint16(b[:]))
	return offset, offset > 0 && b[2]&invalid == 0, offset > 0
}

// at is the level and type of a message.
func at(level constants.Level, typ constants.OptionName) id { return id{level, typ} }
