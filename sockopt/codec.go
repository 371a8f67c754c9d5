package sockopt

import (
	"encoding/binary"
	"math"
	"net/netip"
	"reflect"
	"strings"
	"syscall"
	"time"

	"example.com/bsdsocket/internal/sys"
	"example.com/bsdsocket/sockaddr"
)

// A codec reads and sets an option of type T. An option that is one C int has fromInt and toInt;
// the others have functions that make as many system calls as it takes. Options share the dozen
// below; the few whose layout is their own have theirs beside the type.
type codec[T any] struct {
	fromInt func(int) T
	toInt   func(T) (int, bool)

	get   func(c *call) (T, error)
	set   func(c *call, v T) error
	query func(c *call, q T) (T, error)
}

// read reads an option of either kind.
func (k *codec[T]) read(c *call) (T, error) {
	if k.get != nil {
		return k.get(c)
	}
	err := c.rc.Control(c.get) // c.integer written out, which saves a return
	if err == nil {
		err = c.Result()
	}
	return k.fromInt(c.Value), err
}

// write sets an option of either kind.
func (k *codec[T]) write(c *call, v T) error {
	switch {
	case k.set != nil:
		return k.set(c, v)
	case k.toInt == nil:
		return ErrAccess
	}
	n, ok := k.toInt(v)
	if !ok || int(int32(n)) != n {
		return errValue
	}
	c.Value = n
	if err := c.rc.Control(c.set); err != nil { // as in read
		return err
	}
	return c.Result()
}

var native = binary.NativeEndian

// boolean is a C int that is 0 or not. Kernels answer 1, 8 or whatever bit.
var boolean = codec[bool]{
	fromInt: func(v int) bool { return v != 0 },
	toInt: func(v bool) (int, bool) {
		if v {
			return 1, true
		}
		return 0, true
	},
}

var integer = enumeration[int]()

// enumeration is a C int whose values have a type of their own.
func enumeration[T ~int]() codec[T] {
	return codec[T]{
		fromInt: func(v int) T { return T(v) },
		toInt:   func(v T) (int, bool) { return int(v), true },
	}
}

// unsigned32 is a C unsigned int, and flags32 one whose bits have names.
var unsigned32 = flags32[uint32]()

func flags32[T ~uint32]() codec[T] {
	return codec[T]{
		fromInt: func(v int) T { return T(uint32(v)) },
		toInt:   func(v T) (int, bool) { return int(int32(v)), true },
	}
}

// unsigned64 is a uint64_t.
var unsigned64 = codec[uint64]{
	get: func(c *call) (uint64, error) {
		b, err := c.getExactly(8)
		if err != nil {
			return 0, err
		}
		return native.Uint64(b), nil
	},
	set: func(c *call, v uint64) error {
		b := c.room(8)
		native.PutUint64(b, v)
		return c.setBytes(b)
	},
}

// swapped32 is a number in network byte order inside a C int.
var swapped32 = codec[int]{
	get: func(c *call) (int, error) {
		b, err := c.getExactly(4)
		if err != nil {
			return 0, err
		}
		return int(binary.BigEndian.Uint32(b)), nil
	},
	set: func(c *call, v int) error {
		if v < 0 || v > math.MaxInt32 {
			return errValue
		}
		b := c.room(4)
		binary.BigEndian.PutUint32(b, uint32(v))
		return c.setBytes(b)
	},
}

// duration is a C int that counts units. Setting rounds away from zero to a whole unit, so that a
// short time never becomes 0, which often means something else. More units than a Duration holds
// are the longest.
func duration(unit time.Duration) codec[time.Duration] {
	return codec[time.Duration]{
		fromInt: func(v int) time.Duration {
			switch d := time.Duration(v); {
			case d > math.MaxInt64/unit:
				return math.MaxInt64
			case d < math.MinInt64/unit:
				return math.MinInt64
			default:
				return d * unit
			}
		},
		toInt: func(v time.Duration) (int, bool) {
			n := v / unit
			switch rest := v % unit; {
			case rest > 0:
				n++
			case rest < 0:
				n--
			}
			return int(n), n == time.Duration(int32(n))
		},
	}
}

var (
	seconds      = duration(time.Second)
	milliseconds = duration(time.Millisecond)
	microseconds = duration(time.Microsecond)
)

// linger is a struct linger: two integers of lingerField bytes.
var linger = codec[Linger]{
	get: func(c *call) (Linger, error) {
		b, err := c.getExactly(2 * lingerField)
		if err != nil {
			return Linger{}, err
		}
		return Linger{
			Enabled: getField(b[:lingerField]) != 0,
			Timeout: time.Duration(getField(b[lingerField:])) * time.Second,
		}, nil
	},
	set: func(c *call, v Linger) error {
		n := (v.Timeout + time.Second - 1) / time.Second
		if v.Timeout < 0 || v.Timeout > math.MaxInt64-time.Second || n > 1<<(8*lingerField-1)-1 {
			return errValue
		}
		b := c.room(2 * lingerField)
		if v.Enabled {
			putField(b[:lingerField], 1)
		}
		putField(b[lingerField:], uint64(n))
		return c.setBytes(b)
	},
}

// getField and putField are integers of 2, 4 or 8 bytes in native order.
func getField(b []byte) int64 {
	switch len(b) {
	case 2:
		return int64(int16(native.Uint16(b)))
	case 4:
		return int64(int32(native.Uint32(b)))
	}
	return int64(native.Uint64(b))
}

func putField(b []byte, v uint64) {
	switch len(b) {
	case 2:
		native.PutUint16(b, uint16(v))
	case 4:
		native.PutUint32(b, uint32(v))
	default:
		native.PutUint64(b, v)
	}
}

// text is a string of fewer than size bytes, with its terminating NUL or without, as kernels
// please.
func text(size int) codec[string] {
	return codec[string]{
		get: func(c *call) (string, error) {
			b, err := c.getInto(c.room(size))
			return untilNUL(b), err
		},
		set: func(c *call, v string) error {
			if len(v) >= size || strings.IndexByte(v, 0) >= 0 {
				return errValue
			}
			b := c.room(size)[:len(v)+1] // with the NUL, which some ask for and none minds
			copy(b, v)
			return c.setBytes(b)
		},
	}
}

func untilNUL(b []byte) string {
	s, _, _ := strings.Cut(string(b), "\x00")
	return s
}

// octets is a value of at most size bytes.
func octets(size int) codec[[]byte] {
	return codec[[]byte]{
		get: func(c *call) ([]byte, error) {
			b, err := c.getWhole(make([]byte, size))
			if err != nil || len(b) == 0 {
				return nil, err
			}
			return b, nil
		},
		set: func(c *call, v []byte) error {
			if len(v) > size {
				return errValue
			}
			return c.setBytes(v)
		},
	}
}

// trigger is an option that is done by setting it. Kernels read an int that they do not use.
var trigger = codec[None]{
	toInt: func(None) (int, bool) { return 0, true },
}

// bareTrigger is a trigger whose kernel refuses any value: net/tipc/socket.c, tipc_setsockopt.
var bareTrigger = codec[None]{
	set: func(c *call, _ None) error {
		c.Value = 0
		return c.exec(setLen)
	},
}

// errno is a C int that is an error number.
var errno = codec[syscall.Errno]{
	fromInt: func(v int) syscall.Errno { return syscall.Errno(v) },
}

// list is any number of uint32_t. Kernels say ERANGE, or cut the answer off, when the buffer is too
// small, so it grows until there is room to spare.
func list(retry syscall.Errno) codec[[]uint32] {
	return codec[[]uint32]{
		get: func(c *call) ([]uint32, error) {
			for size := 128; ; size *= 4 {
				b, err := c.getInto(c.room(size))
				_, cut := err.(sys.SizeError)
				if err != nil && err != retry && !cut || size > 1<<20 {
					return nil, err
				}
				if err != nil {
					continue
				}
				v := make([]uint32, len(b)/4)
				for i := range v {
					v[i] = native.Uint32(b[4*i:])
				}
				return v, nil
			}
		},
	}
}

// structure is a C struct whose fields T has in the same order, of fixed size and with blank fields
// where the C compiler pads. The kernel must answer with exactly the size of T, to which it cuts a
// struct that has grown.
func structure[T any]() codec[T] { return structureBy[T]((*call).getExactly) }

func structureBy[T any](read func(c *call, size int) ([]byte, error)) codec[T] {
	var zero T
	size := binary.Size(&zero)
	if !decodable(reflect.TypeFor[T]()) {
		size = -1
	}
	return codec[T]{
		get: func(c *call) (v T, err error) {
			if size < 0 {
				return v, errValue
			}
			b, err := read(c, size)
			if err == nil {
				_, err = binary.Decode(b, native, &v)
			}
			return v, err
		},
		set: func(c *call, v T) error {
			if size < 0 {
				return errValue
			}
			b := c.room(size)
			if _, err := binary.Encode(b, native, &v); err != nil {
				return errValue
			}
			return c.setBytes(b)
		},
		query: func(c *call, q T) (v T, err error) {
			if size < 0 {
				return v, errValue
			}
			b := c.room(size)
			if _, err := binary.Encode(b, native, &q); err != nil {
				return v, errValue
			}
			if b, err = c.getInto(b); err != nil {
				return v, err
			}
			if len(b) != size {
				return v, sys.SizeError{Got: len(b), Want: size}
			}
			_, err = binary.Decode(b, native, &v)
			return v, err
		},
	}
}

// decodable reports whether binary.Decode fills any value of a type that binary.Size knows. It
// panics for an unexported field, and the size of a slice is that of the value at hand.
func decodable(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Slice:
		return false
	case reflect.Array:
		return decodable(t.Elem())
	case reflect.Struct:
		for i := range t.NumField() {
			if f := t.Field(i); f.Name != "_" && !(f.IsExported() && decodable(f.Type)) {
				return false
			}
		}
	}
	return true
}

// growing is a structure that kernels have made longer over time: fields that this one does not
// return are zero, and bytes that T does not know are left out.
func growing[T any]() codec[T] {
	var zero T
	size := binary.Size(&zero)
	return codec[T]{
		get: func(c *call) (v T, err error) {
			room := c.room(size)
			if _, err = c.getInto(room); err == nil {
				_, err = binary.Decode(room, native, &v)
			}
			return v, err
		},
	}
}

// converted is a codec whose type T is a friendlier form of what inner reads and sets. The
// functions report ok = false for a value that has no such form.
func converted[T, U any](inner codec[U], from func(U) (T, bool), to func(T) (U, bool)) codec[T] {
	k := codec[T]{
		get: func(c *call) (v T, err error) {
			u, err := inner.read(c)
			if err != nil {
				return v, err
			}
			v, ok := from(u)
			if !ok {
				return v, errValue
			}
			return v, nil
		},
	}
	if to != nil {
		k.set = func(c *call, v T) error {
			u, ok := to(v)
			if !ok {
				return errValue
			}
			return inner.write(c, u)
		}
	}
	return k
}

// as4 is the address a as IPv4's four bytes. The zero Addr is 0.0.0.0.
func as4(a netip.Addr) (b [4]byte, ok bool) {
	a = a.Unmap()
	if !a.IsValid() {
		return b, true
	}
	if !a.Is4() {
		return b, false
	}
	return a.As4(), true
}

// as6 is the address a as IPv6's sixteen bytes. The zero Addr is "::".
func as6(a netip.Addr) (b [16]byte, ok bool) {
	if !a.IsValid() {
		return b, true
	}
	if a.Is4() {
		return b, false
	}
	return a.As16(), true
}

// asIndex is an interface index as kernels take it.
func asIndex(index int) (uint32, bool) {
	return uint32(index), index >= 0 && index <= math.MaxInt32
}

// zoned is asIndex for an address whose zone names the interface too, or instead.
func zoned(a netip.Addr, index int) (uint32, bool) {
	if a.Zone() == "" {
		return asIndex(index)
	}
	// Also a group that has no scope of its own may name an interface to join it on. 0 if there is
	// no such zone.
	link := netip.IPv6LinkLocalAllNodes().WithZone(a.Zone())
	zone := sockaddr.FromAddrPort(netip.AddrPortFrom(link, 0)).ScopeID()
	return zone, zone != 0 && (index == 0 || uint32(index) == zone)
}
