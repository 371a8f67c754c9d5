package sys

import (
	"unsafe"

	"golang.org/x/sys/windows"
)

func getsockopt(fd, level, name int, b []byte) (int, error) {
	n := int32(len(b))
	err := windows.Getsockopt(windows.Handle(fd), int32(level), int32(name), unsafe.SliceData(b), &n)
	if err != nil {
		return 0, err
	}
	return int(n), nil
}

func setsockopt(fd, level, name int, b []byte) error {
	return windows.Setsockopt(windows.Handle(fd), int32(level), int32(name), unsafe.SliceData(b), int32(len(b)))
}

// SetsockoptLen sets an option by its length alone, which only Linux has.
func SetsockoptLen(fd, level, name, n int) error { return windows.WSAENOPROTOOPT }

// SetsockoptFilter attaches a classic BPF program to a socket, which only
// Linux has.
func SetsockoptFilter(fd, level, name int, program []byte) error { return windows.WSAENOPROTOOPT }

// GetsockoptFilter reads a classic BPF program back, which only Linux has.
func GetsockoptFilter(fd, level, name int, program []byte) (int, error) {
	return 0, windows.WSAENOPROTOOPT
}
