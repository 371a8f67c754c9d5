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
	PID int // 0: a process of another PID namespace
	UID uint32
	GID uint32
}

// PacketInfo says where a datagram came in, or from where one is to be sent: [IPPacketInfo] and [IPv6PacketInfo]. Sending what
// was received answers from the address and the interface that were asked.
type PacketInfo struct {
	// Interface is the index of the interface: received, the one that the datagram came in by. To send, the one that it
	// leaves by; 0 lets the routes decide.
	Interface int

	// Source is the address to answer from. Received, it is the local address that the datagram came to: with IPv4
	// also if it was sent to a multicast or broadcast address, with IPv6 not valid then. To send, it is the source address,
	// which must be one of this host; the zero Addr lets the routes decide. Zones are not used.
	Source netip.Addr

	// Destination is the address in the datagram's header. To send it means nothing.
	Destination netip.Addr
}

// Timestamps are when a packet passed: [SCMTimestamping]. A time that is not known is the zero Time.
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
	OriginTimestamping Origin = 4 // Info is what was stamped (SCM_TSTAMP_*), Data the number of the packet
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

// ExtendedError is struct sock_extended_err, a message of a socket's error queue: [IPError]. It is an error, which
// unwraps to Errno.
type ExtendedError struct {
	Errno    syscall.Errno
	Origin   Origin
	Type     uint8
	Code     uint8
	Info     uint32        // of a too long packet, the path's MTU
	Data     uint32        // with IP_RECVERR_RFC4884, the length and flags of the extension
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

// ZeroCopy returns which sends with MSG_ZEROCOPY are done, first to last as the kernel counts them, modulo 2³², and whether
// it copied their data after all. It is not ok if e is about something else.
func (e ExtendedError) ZeroCopy() (first, last uint32, copied, ok bool) {
	const codeCopied = 1 // SO_EE_CODE_ZEROCOPY_COPIED
	if e.Origin != OriginZeroCopy || e.Errno != 0 {
		return 0, 0, false, false
	}
	return e.Info, e.Data, e.Code&codeCopied != 0, true
}

// at is the level and type of a message.
func at(level constants.Level, typ constants.OptionName) id { return id{level, typ} }
