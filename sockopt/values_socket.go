package sockopt

import (
	"math"
	"strconv"
	"strings"
	"syscall"
	"time"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/internal/sys"
)

// ifNameSize is IFNAMSIZ: an interface's name and its NUL.
const ifNameSize = 16

// Linger is the value of [SOLinger].
type Linger struct {
	Enabled bool
	Timeout time.Duration // whole seconds
}

// AcceptFilter is the value of [SOAcceptFilter].
type AcceptFilter struct {
	Name     string // at most 15 bytes: "dataready", "httpready"
	Argument string // at most 239 bytes; most filters have none
}

var acceptFilter = converted(octets(256),
	func(b []byte) (AcceptFilter, bool) {
		if len(b) != 256 {
			return AcceptFilter{}, false
		}
		return AcceptFilter{untilNUL(b[:16]), untilNUL(b[16:])}, true
	},
	func(f AcceptFilter) ([]byte, bool) {
		b := make([]byte, 256)
		if len(f.Name) >= 16 || len(f.Argument) >= 240 {
			return nil, false
		}
		copy(b, f.Name)
		copy(b[16:], f.Argument)
		return b, true
	})

// BPFInstruction is one instruction of a classic BPF program: struct sock_filter. Its Code and
// jumps are those of bpf(4); golang.org/x/net/bpf's RawInstruction has the same fields in the same
// order.
type BPFInstruction struct {
	Op uint16 // what to do
	Jt uint8  // how many instructions to skip if a comparison holds
	Jf uint8  // and if it does not
	K  uint32 // the operand
}

// mostInstructions is how many a struct sock_fprog can tell of.
const mostInstructions = 1<<16 - 1

// program is a struct sock_fprog: a pointer to instructions, so package sys makes it. Reading is
// SO_GET_FILTER's alone.
var program = codec[[]BPFInstruction]{
	get: func(c *call) ([]BPFInstruction, error) {
		for {
			c.buf = nil
			if err := c.exec(getFilter); err != nil || c.n == 0 {
				return nil, err
			}
			if c.n < 0 || c.n > mostInstructions {
				return nil, sys.SizeError{Got: 8 * c.n, Want: 8 * mostInstructions}
			}
			c.buf = make([]byte, 8*c.n)
			err := c.exec(getFilter)
			if errno, _ := err.(syscall.Errno); sys.Invalid(errno) || err == nil &&
				8*c.n > len(c.buf) {
				continue // a longer program was attached in between
			}
			if err != nil {
				return nil, err
			}
			v := make([]BPFInstruction, c.n)
			for i := range v {
				b := c.buf[8*i:]
				v[i] = BPFInstruction{native.Uint16(b), b[2], b[3], native.Uint32(b[4:])}
			}
			return v, nil
		}
	},
	set: func(c *call, v []BPFInstruction) error {
		b := make([]byte, 0, 8*len(v))
		for _, i := range v {
			b = native.AppendUint16(b, i.Op)
			b = append(b, i.Jt, i.Jf)
			b = native.AppendUint32(b, i.K)
		}
		c.buf = b
		return c.exec(setFilter)
	},
}

// BufferLock says which buffers have a fixed size: [SOBufferLock].
type BufferLock uint32

// The bits of a BufferLock.
const (
	BufferLockSend    BufferLock = 1 << iota // SOCK_SNDBUF_LOCK
	BufferLockReceive                        // SOCK_RCVBUF_LOCK
)

// String returns the names of the bits: "SNDBUF|RCVBUF".
func (l BufferLock) String() string { return bits(uint32(l), "SNDBUF", "RCVBUF") }

// MemoryInfo is the memory of a socket, in bytes unless said otherwise: [SOMemoryInfo]. The names
// in comments are those of sock_diag(7).
type MemoryInfo struct {
	ReceiveAllocated uint32 // SK_MEMINFO_RMEM_ALLOC: received and not yet read
	ReceiveBuffer    uint32 // SK_MEMINFO_RCVBUF
	SendAllocated    uint32 // SK_MEMINFO_WMEM_ALLOC: handed to the device and not yet sent
	SendBuffer       uint32 // SK_MEMINFO_SNDBUF
	ForwardAllocated uint32 // SK_MEMINFO_FWD_ALLOC: reserved and not yet used
	SendQueued       uint32 // SK_MEMINFO_WMEM_QUEUED: queued to be sent
	OptionMemory     uint32 // SK_MEMINFO_OPTMEM: filters and options
	Backlog          uint32 // SK_MEMINFO_BACKLOG: received while the socket was busy
	Drops            uint32 // SK_MEMINFO_DROPS: packets dropped for want of room
}

// TimestampingFlags are the bits of [SOTimestamping].
type TimestampingFlags uint32

// The bits of TimestampingFlags, named as SOF_TIMESTAMPING_... are.
const (
	TimestampingTxHardware   TimestampingFlags = 1 << iota // when the device sent it
	TimestampingTxSoftware                                 // when it was handed to the device
	TimestampingRxHardware                                 // when the device received it
	TimestampingRxSoftware                                 // when the kernel received it
	TimestampingSoftware                                   // report software times
	TimestampingSysHardware                                // without effect
	TimestampingRawHardware                                // report hardware times
	TimestampingOptID                                      // number the packets sent
	TimestampingTxSched                                    // before the queueing discipline
	TimestampingTxAck                                      // when all of it was acknowledged
	TimestampingOptCmsg                                    // always with a control message
	TimestampingOptTsOnly                                  // times of sent packets without them
	TimestampingOptStats                                   // and with statistics
	TimestampingOptPktinfo                                 // and the interface
	TimestampingOptTxSwHw                                  // both times
	TimestampingBindPHC                                    // by SOTimestampingClock
	TimestampingOptIDTCP                                   // number from the bytes sent, on TCP
	TimestampingOptRxFilter                                // only the times asked for
	TimestampingTxCompletion                               // when the device says it is done
)

// String returns the names of the bits: "RX_SOFTWARE|SOFTWARE".
func (f TimestampingFlags) String() string {
	return bits(uint32(f), "TX_HARDWARE", "TX_SOFTWARE", "RX_HARDWARE", "RX_SOFTWARE", "SOFTWARE",
		"SYS_HARDWARE", "RAW_HARDWARE", "OPT_ID", "TX_SCHED", "TX_ACK", "OPT_CMSG", "OPT_TSONLY",
		"OPT_STATS", "OPT_PKTINFO", "OPT_TX_SWHW", "BIND_PHC", "OPT_ID_TCP", "OPT_RX_FILTER",
		"TX_COMPLETION")
}

// TimestampingClock is the value of [SOTimestampingClock].
type TimestampingClock struct {
	Flags TimestampingFlags
	Clock int32 // the N of /dev/ptpN
}

// TransmitTime is the value of [SOTransmitTime].
type TransmitTime struct {
	Clock int32 // a clockid_t: 0 CLOCK_REALTIME, 1 CLOCK_MONOTONIC, 11 CLOCK_TAI
	Flags TransmitTimeFlags
}

// TransmitTimeFlags are the bits of a [TransmitTime].
type TransmitTimeFlags uint32

// The bits of TransmitTimeFlags.
const (
	// SOF_TXTIME_DEADLINE_MODE: the time is the latest one, not the exact one.
	TransmitTimeDeadline TransmitTimeFlags = 1 << iota
	// SOF_TXTIME_REPORT_ERRORS: packets that are dropped go to the error queue.
	TransmitTimeReportErrors
)

// String returns the names of the bits: "DEADLINE_MODE|REPORT_ERRORS".
func (f TransmitTimeFlags) String() string {
	return bits(uint32(f), "DEADLINE_MODE", "REPORT_ERRORS")
}

// pacingRate is an unsigned long of the kernel's, which is 32 bits on some.
var pacingRate = codec[uint64]{
	get: func(c *call) (uint64, error) {
		b, err := c.getInto(c.room(8))
		switch {
		case err != nil:
			return 0, err
		case len(b) == 8:
			return native.Uint64(b), nil
		case len(b) != 4:
			return 0, sys.SizeError{Got: len(b), Want: 8}
		case native.Uint32(b) == math.MaxUint32:
			return math.MaxUint64, nil
		}
		return uint64(native.Uint32(b)), nil
	},
	set: unsigned64Or32,
}

// unsigned64Or32 sets eight bytes, of which a kernel that wants four reads the first: so it gets
// four if they hold the value.
func unsigned64Or32(c *call, v uint64) error {
	if v < math.MaxUint32 {
		return unsigned32.write(c, uint32(v))
	}
	return unsigned64.set(c, v)
}

// timestamps is an option that asks for time stamps. Where an int has 32 bits so have the times of
// its old number, until 2038: the newer one is asked first there, which Linux has since 5.1.
func timestamps[T comparable](inner codec[T], newer constants.OptionName) codec[T] {
	if strconv.IntSize == 64 || newer == constants.Undefined {
		return inner
	}
	return codec[T]{
		get: func(c *call) (v T, err error) {
			var none T
			if v, err = inner.read(c); err != nil || v != none {
				return v, err
			}
			c.Name = int(newer)
			if v, err = inner.read(c); err != nil {
				v, err = none, nil
			}
			return v, err
		},
		set: func(c *call, v T) error {
			old := c.Name
			c.Name = int(newer)
			err := inner.write(c, v)
			if errno, ok := err.(syscall.Errno); ok && sys.Unsupported(errno) {
				c.Name = old
				err = inner.write(c, v)
			}
			return err
		},
	}
}

// bits returns the names of the bits of v, lowest first, joined by "|"; those without a name as one
// hexadecimal number, and "0" for none.
func bits(v uint32, names ...string) string {
	var set []string
	for i, name := range names {
		if v&(1<<i) != 0 && name != "" {
			set = append(set, name)
			v &^= 1 << i
		}
	}
	if v != 0 {
		set = append(set, "0x"+strconv.FormatUint(uint64(v), 16))
	}
	if len(set) == 0 {
		return "0"
	}
	return strings.Join(set, "|")
}

// name is the name of the value v of an enumeration that starts at 0, or typ and the number.
func name[T ~int | ~uint8 | ~uint32](typ string, v T, names ...string) string {
	if v >= 0 && uint64(v) < uint64(len(names)) && names[v] != "" {
		return names[v]
	}
	return typ + "(" + strconv.FormatInt(int64(v), 10) + ")"
}
