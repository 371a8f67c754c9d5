package cmsg

import (
	"encoding/binary"
	"net/netip"
	"syscall"
	"time"

	"example.com/bsdsocket/internal/sys"
	"example.com/bsdsocket/sockaddr"
)

var native = binary.NativeEndian

// A codec converts between a T and the data of a control message. Each kind of data has one.
type codec[T any] struct {
	size   int           // of the data that encode makes
	length func(v T) int // the same, if it depends on the value
	decode func(data []byte) (T, bool)
	encode func(data []byte, v T) bool // data is of that size, and zero
}

// A word is a C integer of 1, 2, 4 or 8 bytes. Systems differ in the size of some, so what is
// received may have any.
func word[T ~int | ~uint8 | ~uint32 | ~uint64 | ~int64](size int, low, high int64) codec[T] {
	return codec[T]{
		size: size,
		decode: func(data []byte) (T, bool) {
			switch len(data) { // a T may be narrower than what is received
			case 1:
				return T(data[0]), true
			case 2:
				v := T(native.Uint16(data))
				return v, uint16(v) == native.Uint16(data)
			case 4:
				if low < 0 || high < 1<<31 {
					v := T(int32(native.Uint32(data)))
					return v, int32(v) == int32(native.Uint32(data))
				}
				v := T(native.Uint32(data))
				return v, uint32(v) == native.Uint32(data)
			case 8:
				v := T(native.Uint64(data))
				return v, uint64(v) == native.Uint64(data)
			}
			return 0, false
		},
		encode: func(data []byte, v T) bool {
			if int64(v) < low || int64(v) > high {
				return false
			}
			switch len(data) {
			case 1:
				data[0] = byte(v)
			case 2:
				native.PutUint16(data, uint16(v))
			case 4:
				native.PutUint32(data, uint32(v))
			case 8:
				native.PutUint64(data, uint64(v))
			}
			return true
		},
	}
}

const maxInt32 = 1<<31 - 1

var (
	octet    = word[int](inetByte, 0, 255) // TOS
	oneByte  = word[int](inetByte, 1, 255) // TTL
	protocol = word[int](4, 1, 255)
	hopLimit = word[int](4, -1, 255) // -1 is the default
	tClass   = word[int](4, 0, 255)
	cInt     = word[int](4, -1, maxInt32)
	u8       = word[uint8](1, 0, 255)             // __u8
	u16      = word[int](2, 0, 1<<16-1)           // __u16
	u32      = word[uint32](4, 0, 1<<32-1)        // __u32
	u64      = word[uint64](8, 0, 1<<63-1)        // __u64, which is only received
	duration = word[time.Duration](8, 0, 1<<63-1) // __u64, nanoseconds
	flowInfo = converted(octets(4), getFlowInfo, putFlowInfo)
)

func getFlowInfo(b []byte) (uint32, bool) { return binary.BigEndian.Uint32(b), true }

// putFlowInfo refuses what lies above the traffic class: the version of the header is there, and
// Linux cuts it off (IPV6_FLOWINFO_MASK, ip6_datagram_send_ctl, net/ipv6/datagram.c).
func putFlowInfo(b []byte, v uint32) bool {
	binary.BigEndian.PutUint32(b, v)
	return v < 1<<28
}

// octets is data of a fixed size, which converted gives a meaning.
func octets(size int) codec[[]byte] { return codec[[]byte]{size: size} }

// converted is data of a fixed size with two functions that read and write it.
func converted[T any](k codec[[]byte], get func([]byte) (T, bool),
	put func([]byte, T) bool) codec[T] {
	return codec[T]{
		size: k.size,
		decode: func(data []byte) (v T, ok bool) {
			if len(data) != k.size {
				return v, false
			}
			return get(data)
		},
		encode: put,
	}
}

// flag is a C int that is 0 or not.
var flag = codec[bool]{
	size: 4,
	decode: func(data []byte) (bool, bool) {
		v, ok := cInt.decode(data)
		return v != 0, ok
	},
	encode: func(data []byte, v bool) bool {
		if v {
			native.PutUint32(data, 1)
		}
		return true
	},
}

// run is data of any size that whole takes; Space makes room for size bytes. What is received is
// part of the buffer.
func run(size int, whole func([]byte) bool) codec[[]byte] {
	return codec[[]byte]{
		size:   size,
		length: func(v []byte) int { return len(v) },
		decode: func(data []byte) ([]byte, bool) { return data, whole(data) },
		encode: func(data []byte, v []byte) bool {
			copy(data, v)
			return whole(v)
		},
	}
}

var (
	// ipOptions are those of an IPv4 header: words of 4 bytes, 40 bytes at most (RFC 791, section
	// 3.1).
	ipOptions = run(40, func(b []byte) bool { return len(b) <= 40 && len(b)%4 == 0 })

	// extensionHeader is one of IPv6, whose second byte says how many times 8 bytes follow the
	// first 8 (RFC 8200, section 4).
	extensionHeader = run(256,
		func(b []byte) bool { return len(b) >= 8 && len(b) == 8*(int(b[1])+1) })

	// attributes are netlink attributes, each padded to 4 bytes.
	attributes = run(256, func(b []byte) bool { return len(b)%4 == 0 })
)

// text is data of any size, which may end in a NUL.
var text = codec[string]{
	size: 256,
	decode: func(data []byte) (string, bool) {
		if n := len(data); n > 0 && data[n-1] == 0 {
			data = data[:n-1]
		}
		return string(data), true
	},
}

var descriptors = codec[[]int]{
	size:   4,
	length: func(v []int) int { return 4 * len(v) },
	decode: func(data []byte) ([]int, bool) {
		if len(data)%4 != 0 {
			return nil, false
		}
		v := make([]int, 0, len(data)/4)
		for ; len(data) > 0; data = data[4:] {
			v = append(v, int(int32(native.Uint32(data))))
		}
		return v, true
	},
	encode: func(data []byte, v []int) bool {
		if len(v) == 0 {
			return false
		}
		for i, fd := range v {
			if fd < 0 || fd > maxInt32 {
				return false
			}
			native.PutUint32(data[4*i:], uint32(fd))
		}
		return true
	},
}

// initVector is struct af_alg_iv: a length and that many bytes.
var initVector = codec[[]byte]{
	size:   4 + 16,
	length: func(v []byte) int { return 4 + len(v) },
	decode: func(data []byte) ([]byte, bool) {
		if len(data) < 4 || uint64(native.Uint32(data)) > uint64(len(data)-4) {
			return nil, false
		}
		return data[4:][:native.Uint32(data)], true
	},
	encode: func(data []byte, v []byte) bool {
		native.PutUint32(data, uint32(len(v)))
		copy(data[4:], v)
		return true
	},
}

var credentials = converted(octets(sys.Ucred.Size),
	func(b []byte) (c Credentials, ok bool) {
		c.PID, c.UID, c.GID, ok = sys.Ucred.Get(b)
		return c, ok
	},
	func(b []byte, c Credentials) bool {
		if c.PID < 0 || c.PID > maxInt32 {
			return false
		}
		sys.Ucred.Put(b, int32(c.PID), c.UID, c.GID)
		return true
	})

// linkIndex is the index in a struct sockaddr_dl of the BSDs, whose names and addresses vary in
// length.
var linkIndex = codec[int]{
	size: 56,
	decode: func(b []byte) (int, bool) {
		if len(b) < 8 {
			return 0, false
		}
		return int(native.Uint16(b[2:])), true
	},
}

// packetInfo4 is struct in_pktinfo. Linux and macOS have the interface, the local address, and the
// destination in the header; the others only the destination and the interface.
var packetInfo4 = codec[PacketInfo]{
	size: packetInfo4Size,
	decode: func(b []byte) (p PacketInfo, ok bool) {
		switch len(b) {
		case 12:
			return PacketInfo{
				Interface:   int(int32(native.Uint32(b))),
				Source:      netip.AddrFrom4([4]byte(b[4:])),
				Destination: netip.AddrFrom4([4]byte(b[8:])),
			}, true
		case 8:
			p.Destination = netip.AddrFrom4([4]byte(b))
			if !p.Destination.IsMulticast() && p.Destination != broadcast {
				p.Source = p.Destination
			}
			p.Interface = int(int32(native.Uint32(b[4:])))
			return p, true
		}
		return p, false
	},
	encode: func(b []byte, p PacketInfo) bool {
		source := p.Source.Unmap()
		if p.Interface < 0 || p.Interface > maxInt32 || source.IsValid() && !source.Is4() {
			return false
		}
		index, local := b, b[4:]
		if len(b) == 8 {
			index, local = b[4:], b
		}
		native.PutUint32(index, uint32(p.Interface))
		if source.IsValid() {
			a := source.As4()
			copy(local, a[:])
		}
		return true
	},
}

// packetInfo6 is struct in6_pktinfo: one address, and the interface. Of a datagram of IPv4 the
// address is IPv4-mapped, and for one to send it must be, also where it is no address: 0.0.0.0 and
// not ::.
var packetInfo6 = converted(octets(20),
	func(b []byte) (PacketInfo, bool) {
		p := PacketInfo{
			Interface:   int(int32(native.Uint32(b[16:]))),
			Destination: netip.AddrFrom16([16]byte(b)),
		}
		if ip := p.Destination.Unmap(); !ip.IsMulticast() && ip != broadcast {
			p.Source = p.Destination
		}
		return p, true
	},
	func(b []byte, p PacketInfo) bool {
		if p.Interface < 0 || p.Interface > maxInt32 {
			return false
		}
		source := p.Source
		if !source.IsValid() && p.Destination.Unmap().Is4() {
			source = netip.IPv4Unspecified()
		}
		if source.IsValid() {
			a := source.As16()
			copy(b, a[:])
		}
		native.PutUint32(b[16:], uint32(p.Interface))
		return true
	})

var broadcast = netip.AddrFrom4([4]byte{255, 255, 255, 255})

// address4 is a bare struct in_addr.
var address4 = converted(octets(4),
	func(b []byte) (netip.Addr, bool) { return netip.AddrFrom4([4]byte(b)), true },
	func(b []byte, ip netip.Addr) bool {
		if ip = ip.Unmap(); !ip.Is4() {
			return false
		}
		a := ip.As4()
		copy(b, a[:])
		return true
	})

// address is a struct sockaddr.
var address = codec[sockaddr.Addr]{
	size:   28,
	length: func(a sockaddr.Addr) int { return a.RawLen() },
	decode: func(data []byte) (sockaddr.Addr, bool) {
		a, err := sockaddr.FromRaw(data)
		return a, err == nil && a.Family() != 0
	},
	encode: func(data []byte, a sockaddr.Addr) bool {
		a.AppendRaw(data[:0])
		return a.IsValid()
	},
}

// pathMTU is struct ip6_mtuinfo: where to, and how long a packet may be.
var pathMTU = converted(octets(32),
	func(b []byte) (PathMTU, bool) {
		a, err := sockaddr.FromRaw(b[:28])
		return PathMTU{a, int(native.Uint32(b[28:]))}, err == nil
	}, nil)

// instant reads a time of two numbers, seconds and a fraction in the given unit. The numbers have 8
// bytes each, or 4 on 32-bit systems with the old types; where C's long has 4 bytes and time_t 8,
// the fraction has 4, and padding may follow. Seconds of 4 bytes have no sign: nothing is stamped
// before 1970, and they reach beyond 2038 so, to 2106.
func instant(b []byte, unit time.Duration) (time.Time, bool) {
	var seconds, fraction int64
	switch len(b) {
	case 8:
		seconds, fraction = int64(native.Uint32(b)), int64(int32(native.Uint32(b[4:])))
	case 12:
		seconds, fraction = int64(native.Uint64(b)), int64(int32(native.Uint32(b[8:])))
	case 16:
		seconds, fraction = int64(native.Uint64(b)), int64(native.Uint64(b[8:]))
		if shortFraction {
			fraction = int64(int32(fraction))
		}
	default:
		return time.Time{}, false
	}
	if fraction < 0 || fraction >= int64(time.Second/unit) {
		return time.Time{}, false
	}
	if seconds == 0 && fraction == 0 {
		return time.Time{}, true
	}
	return time.Unix(seconds, fraction*int64(unit)), true
}

// moment is a struct timeval or timespec.
func moment(unit time.Duration) codec[time.Time] {
	return codec[time.Time]{
		size:   16,
		decode: func(data []byte) (time.Time, bool) { return instant(data, unit) },
	}
}

// timestamps is struct scm_timestamping: three struct timespec.
var timestamps = codec[Timestamps]{
	size: 3 * 16,
	decode: func(data []byte) (t Timestamps, ok bool) {
		n := len(data) / 3
		if len(data) != 3*n {
			return t, false
		}
		for i, to := range []*time.Time{&t.Software, &t.Converted, &t.Hardware} {
			if *to, ok = instant(data[i*n:][:n], time.Nanosecond); !ok {
				return Timestamps{}, false
			}
		}
		return t, true
	},
}

// hardwareSource is struct scm_ts_pktinfo: interface, length, and two words that are reserved.
var hardwareSource = converted(octets(16),
	func(b []byte) (HardwareSource, bool) {
		return HardwareSource{
			Interface: int(int32(native.Uint32(b))),
			Length:    int(native.Uint32(b[4:])),
		}, true
	}, nil)

// auxData is struct tpacket_auxdata of linux/if_packet.h.
var auxData = converted(octets(20),
	func(b []byte) (AuxData, bool) {
		return AuxData{
			Status:   native.Uint32(b),
			Length:   int(native.Uint32(b[4:])),
			Captured: int(native.Uint32(b[8:])),
			Link:     int(native.Uint16(b[12:])),
			Network:  int(native.Uint16(b[14:])),
			TCI:      native.Uint16(b[16:]),
			TPID:     native.Uint16(b[18:]),
		}, true
	}, nil)

// The structures of SCTP: struct sctp_rcvinfo, sctp_nxtinfo and sctp_sndinfo of RFC 6458, sections
// 5.3.4 to 5.3.6.
var (
	sctpReceived = converted(octets(28),
		func(b []byte) (SCTPInfo, bool) {
			return SCTPInfo{
				Stream:          native.Uint16(b),
				Sequence:        native.Uint16(b[2:]),
				Flags:           native.Uint16(b[4:]),
				PayloadProtocol: binary.BigEndian.Uint32(b[8:]),
				TSN:             native.Uint32(b[12:]),
				CumulativeTSN:   native.Uint32(b[16:]),
				Context:         native.Uint32(b[20:]),
				Association:     int32(native.Uint32(b[24:])),
			}, true
		}, nil)
	sctpNext = converted(octets(16),
		func(b []byte) (SCTPNext, bool) {
			return SCTPNext{
				Stream:          native.Uint16(b),
				Flags:           native.Uint16(b[2:]),
				PayloadProtocol: binary.BigEndian.Uint32(b[4:]),
				Length:          int(native.Uint32(b[8:])),
				Association:     int32(native.Uint32(b[12:])),
			}, true
		}, nil)
	sctpSend = converted(octets(16),
		func(b []byte) (SCTPSend, bool) {
			return SCTPSend{
				Stream:          native.Uint16(b),
				Flags:           native.Uint16(b[2:]),
				PayloadProtocol: binary.BigEndian.Uint32(b[4:]),
				Context:         native.Uint32(b[8:]),
				Association:     int32(native.Uint32(b[12:])),
			}, true
		},
		func(b []byte, s SCTPSend) bool {
			native.PutUint16(b, s.Stream)
			native.PutUint16(b[2:], s.Flags)
			binary.BigEndian.PutUint32(b[4:], s.PayloadProtocol)
			native.PutUint32(b[8:], s.Context)
			native.PutUint32(b[12:], uint32(s.Association))
			return true
		})
)

// The fields of struct sock_extended_err (linux/errqueue.h), and what follows it.
const (
	errnoAt    = 0
	originAt   = 4
	typeAt     = 5
	codeAt     = 6
	infoAt     = 8
	dataAt     = 12
	offenderAt = 16
)

var extendedError = codec[ExtendedError]{
	size: offenderAt + 28,
	decode: func(b []byte) (e ExtendedError, ok bool) {
		if len(b) < offenderAt {
			return e, false
		}
		e = ExtendedError{
			Errno:  syscall.Errno(native.Uint32(b[errnoAt:])),
			Origin: Origin(b[originAt]),
			Type:   b[typeAt],
			Code:   b[codeAt],
			Info:   native.Uint32(b[infoAt:]),
			Data:   native.Uint32(b[dataAt:]),
		}
		if len(b) > offenderAt {
			a, err := sockaddr.FromRaw(b[offenderAt:min(len(b), offenderAt+sockaddr.MaxLen)])
			if err != nil {
				return e, false
			}
			if a.Family() != 0 { // AF_UNSPEC: nobody
				e.Offender = a
			}
		}
		return e, true
	},
}
