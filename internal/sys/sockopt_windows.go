package sys

import (
	"encoding/binary"
	"syscall"
	"unsafe"

	"golang.org/x/sys/windows"
)

const soError = 0x1007 // SO_ERROR

// getsockopt has the value of SO_ERROR as every other error is: a portable number.
func getsockopt(fd, level, name int, b []byte) (int, error) {
	n := int32(len(b))
	err := windows.Getsockopt(windows.Handle(fd), int32(level), int32(name),
		unsafe.SliceData(b), &n)
	if err != nil {
		return 0, errno(err)
	}
	if level == windows.SOL_SOCKET && name == soError && n == 4 && len(b) >= 4 {
		if code := binary.NativeEndian.Uint32(b); code != 0 {
			e, _ := portable(syscall.Errno(code)).(syscall.Errno)
			binary.NativeEndian.PutUint32(b, uint32(e))
		}
	}
	return int(n), nil
}

func setsockopt(fd, level, name int, b []byte) error {
	return errno(windows.Setsockopt(windows.Handle(fd), int32(level), int32(name),
		unsafe.SliceData(b), int32(len(b))))
}

// SetsockoptLen sets an option by its length alone, which only Linux has.
func SetsockoptLen(fd, level, name, n int) error { return syscall.ENOPROTOOPT }

// SetsockoptFilter attaches a classic BPF program to a socket, which only
// Linux has.
func SetsockoptFilter(fd, level, name int, program []byte) error { return syscall.ENOPROTOOPT }

// GetsockoptFilter reads a classic BPF program back, which only Linux has.
func GetsockoptFilter(fd, level, name int, program []byte) (int, error) {
	return 0, syscall.ENOPROTOOPT
}
