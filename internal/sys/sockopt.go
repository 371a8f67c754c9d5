package sys

import (
	"encoding/binary"
	"strconv"
	"syscall"
)

// Getsockopt wraps getsockopt(2). It reads the option into b and returns how
// many bytes the kernel says the value has, which is never more than len(b)
// for options that keep the contract; callers compare it.
func Getsockopt(fd, level, name int, b []byte) (n int, err error) {
	return getsockopt(fd, level, name, b)
}

// Setsockopt wraps setsockopt(2) with the bytes of b, which may be empty.
func Setsockopt(fd, level, name int, b []byte) error {
	return setsockopt(fd, level, name, b)
}

// GetsockoptInt reads an integer option. Most options answer four bytes, some
// BSD and Windows options one; any other length is an error.
func GetsockoptInt(fd, level, name int) (int, error) {
	o := IntOption{Level: level, Name: name}
	o.getter()(uintptr(fd))
	err := o.Result()
	return o.Value, err
}

// SetsockoptInt sets an option that is a C int. A value that does not fit in
// 32 bits is EINVAL; nothing is cut off.
func SetsockoptInt(fd, level, name, value int) error {
	if int(int32(value)) != value {
		return syscall.EINVAL
	}
	o := IntOption{Level: level, Name: name, Value: value}
	o.setter()(uintptr(fd))
	return o.Result()
}

// An IntOption reads and sets integer options as [GetsockoptInt] and
// [SetsockoptInt] do, but through functions bound once, which a RawConn's
// Control runs without allocating. After a system call a processor with
// mitigations mispredicts every return, so these functions have few to make.
type IntOption struct {
	Level, Name int
	Value       int // what was read, or is to be set; it must fit in 32 bits

	errno syscall.Errno
	size  int // of the value, in bytes
}

// Bind returns the functions that read and set the option of a descriptor.
func (o *IntOption) Bind() (get, set func(fd uintptr)) { return o.getter(), o.setter() }

// Result is the error of the last function that ran.
func (o *IntOption) Result() error {
	if o.errno == 0 && o.size == 4 {
		return nil
	}
	return o.failure()
}

func (o *IntOption) failure() error {
	switch {
	case o.errno != 0:
		return o.errno
	case o.size == 1: // the kernel wrote the first byte of the int
		var b [4]byte
		binary.NativeEndian.PutUint32(b[:], uint32(o.Value))
		o.Value = int(b[0])
		return nil
	}
	return SizeError{Got: o.size, Want: 4}
}

// SizeError says that the kernel answered with another number of bytes than
// the option has.
type SizeError struct{ Got, Want int }

func (e SizeError) Error() string {
	return "the kernel returned " + strconv.Itoa(e.Got) + " bytes for an option of " +
		strconv.Itoa(e.Want)
}
