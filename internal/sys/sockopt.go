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
	var b [4]byte
	n, err := getsockoptQuick(fd, level, name, b[:])
	if err != nil {
		return 0, err
	}
	switch n {
	case 4:
		return int(int32(binary.NativeEndian.Uint32(b[:]))), nil
	case 1:
		return int(b[0]), nil
	}
	return 0, SizeError{Got: n, Want: len(b)}
}

// SetsockoptInt sets an option that is a C int. A value that does not fit in
// 32 bits is EINVAL; nothing is cut off.
func SetsockoptInt(fd, level, name, value int) error {
	if int(int32(value)) != value {
		return syscall.EINVAL
	}
	var b [4]byte
	binary.NativeEndian.PutUint32(b[:], uint32(value))
	return setsockoptQuick(fd, level, name, b[:])
}

// SizeError says that the kernel answered with another number of bytes than
// the option has.
type SizeError struct{ Got, Want int }

func (e SizeError) Error() string {
	return "the kernel returned " + strconv.Itoa(e.Got) + " bytes for an option of " + strconv.Itoa(e.Want)
}
