//go:build darwin || dragonfly || freebsd || netbsd || openbsd

package sys

import (
	"syscall"
	"unsafe"
)

// The standard library's own wrappers, which it keeps for x/sys and x/net:
// x/sys offers typed ones only, and none that returns the bytes of any option.
// OpenBSD and macOS have system calls through their C library alone.

//go:linkname syscallGetsockopt syscall.getsockopt
func syscallGetsockopt(fd, level, name int, value unsafe.Pointer, size *uint32) error

//go:linkname syscallSetsockopt syscall.setsockopt
func syscallSetsockopt(fd, level, name int, value unsafe.Pointer, size uintptr) error

func getsockopt(fd, level, name int, b []byte) (int, error) {
	n := uint32(len(b))
	err := syscallGetsockopt(fd, level, name, unsafe.Pointer(unsafe.SliceData(b)), &n)
	if err != nil {
		return 0, err
	}
	return int(n), nil
}

func setsockopt(fd, level, name int, b []byte) error {
	return syscallSetsockopt(fd, level, name, unsafe.Pointer(unsafe.SliceData(b)), uintptr(len(b)))
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
