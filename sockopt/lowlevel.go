package sockopt

import (
	"syscall"
	"time"

	"example.com/bsdsocket/constants"
)

// The functions below get and set any option by level and name. A level or a name that is
// constants.Undefined is [socket.ErrUnsupported], one that is no C int [socket.ErrValue]. Reading
// one of the few options whose length the kernel does not mind is [ErrAccess]: boundless lists
// them. They are get-socket-option and set-socket-option in the socket egg.

// GetInt reads an option that is a C int. An answer of two or three bytes is an error; a single
// byte is read as a number. Kernels cut a longer value to its first four bytes without saying so.
func GetInt(s syscall.Conn, level constants.Level, name constants.OptionName) (int, error) {
	d := at(integer, level, name)
	return d.get(s)
}

// SetInt sets an option that is a C int. A value that does not fit in 32 bits is [socket.ErrValue].
func SetInt(s syscall.Conn, level constants.Level, name constants.OptionName, v int) error {
	d := at(integer, level, name)
	return d.set(s, v)
}

// GetBool reads an option that is a C int, as [GetInt] does: false if it is 0.
func GetBool(s syscall.Conn, level constants.Level, name constants.OptionName) (bool, error) {
	d := at(boolean, level, name)
	return d.get(s)
}

// SetBool sets an option that is a C int to 1 or 0.
func SetBool(s syscall.Conn, level constants.Level, name constants.OptionName, v bool) error {
	d := at(boolean, level, name)
	return d.set(s, v)
}

// GetBytes reads an option into b and returns the part of b that the kernel filled: as many bytes
// as it says the value has. If b is too small for the value, the error is io.ErrShortBuffer. The
// bytes in b are passed to the kernel, for the few options that take an argument there. An option
// that the kernel answers beyond the length it was given, since it goes by a count or an address in
// the value (SO_GET_FILTER, IP_MSFILTER, MCAST_MSFILTER, TCP_ZEROCOPY_RECEIVE, TCP_AO_GET_KEYS,
// MPTCP_FULL_INFO, ebtables' entries), is [ErrAccess], here and for all functions that take a level
// and a name. [SOGetFilter], [IPMulticastFilter], [MCASTSourceFilter] and [TCPZeroCopyReceive] read
// them.
func GetBytes(s syscall.Conn, level constants.Level, name constants.OptionName,
	b []byte) ([]byte, error) {
	d := at(codec[[]byte]{query: (*call).getWhole}, level, name)
	return d.query(s, b)
}

// SetBytes sets an option to the bytes of v, which are a C struct, most often. See package
// encoding/binary's NativeEndian, and [NewStruct].
func SetBytes(s syscall.Conn, level constants.Level, name constants.OptionName, v []byte) error {
	d := at(codec[[]byte]{set: (*call).setBytes}, level, name)
	return d.set(s, v)
}

// maxString is the longest string that GetString reads.
const maxString = 4096

// GetString reads an option that is a string of at most 4,096 bytes, up to its first NUL. A longer
// one is io.ErrShortBuffer.
func GetString(s syscall.Conn, level constants.Level, name constants.OptionName) (string, error) {
	b, err := GetBytes(s, level, name, make([]byte, maxString))
	return untilNUL(b), err
}

// SetString sets an option to the bytes of v, without a NUL after them.
func SetString(s syscall.Conn, level constants.Level, name constants.OptionName, v string) error {
	return SetBytes(s, level, name, []byte(v))
}

// NewInt returns an option of the caller's own that is a C int. Like all those below it is not
// among those that [All] yields.
func NewInt(level constants.Level, name constants.OptionName) Option[int] {
	return custom(integer, level, name)
}

// NewBool returns an option of the caller's own that is a C int, 0 or not.
func NewBool(level constants.Level, name constants.OptionName) Option[bool] {
	return custom(boolean, level, name)
}

// NewDuration returns an option of the caller's own that is a C int and counts units of time, such
// as time.Second. Setting rounds away from zero to a whole unit. A unit that is not positive makes
// every use [socket.ErrValue].
func NewDuration(level constants.Level, name constants.OptionName,
	unit time.Duration) Option[time.Duration] {
	if unit <= 0 {
		return custom(refusing[time.Duration](errValue), level, name)
	}
	return custom(duration(unit), level, name)
}

// NewBytes returns an option of the caller's own that is bytes, at most size of them. Get returns
// as many as the kernel says the value has, and io.ErrShortBuffer if those are more; setting more
// is [socket.ErrValue].
func NewBytes(level constants.Level, name constants.OptionName, size int) Option[[]byte] {
	return custom(octets(max(size, 0)), level, name)
}

// NewStruct returns an option of the caller's own that is a C struct. T has the same fields in the
// same order, each of fixed size as encoding/binary wants it, with blank fields where the C
// compiler would pad. The kernel must answer with exactly the size of T: a longer value is
// io.ErrShortBuffer. A T of no fixed size, or with unexported fields that are not blank, makes
// every use [socket.ErrValue].
func NewStruct[T any](level constants.Level, name constants.OptionName) Option[T] {
	return custom(structureBy[T]((*call).getStrictly), level, name)
}

// at is the declaration of an option known by level and name alone.
func at[T any](k codec[T], level constants.Level, name constants.OptionName) declaration[T] {
	access := CanGet | CanSet
	switch {
	case int(int32(level)) != int(level) || int(int32(name)) != int(name):
		k = refusing[T](errValue)
	case boundless(level, name):
		access = CanSet
		k.fromInt, k.get, k.query = nil, refusing[T](ErrAccess).get, refusing[T](ErrAccess).query
	}
	return declaration[T]{codec: k, info: Info{Level: level, Name: name, Access: access}}
}

// refusing is a codec that makes no system call.
func refusing[T any](err error) codec[T] {
	return codec[T]{
		get:   func(*call) (v T, _ error) { return v, err },
		set:   func(*call, T) error { return err },
		query: func(_ *call, q T) (T, error) { return q, err },
	}
}

// custom is an option of the caller's own. One that the package has by another type is known by its
// C name and its sockets.
func custom[T any](k codec[T], level constants.Level, name constants.OptionName) Option[T] {
	d := at(k, level, name)
	for i := range All() {
		if i.Defined() && i.Level == level && i.Name == name {
			d.info.CName, d.info.Sockets, d.info.Needs, d.info.Uses = i.CName, i.Sockets, i.Needs,
				i.Uses
			d.info.level, d.info.on, d.info.fickle = i.level, i.on, i.fickle
			break
		}
	}
	d.erased()
	return Option[T]{&d}
}
