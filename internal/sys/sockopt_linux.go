package sys

import (
	"runtime"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

func getsockopt(fd, level, name int, b []byte) (int, error) {
	n := uint32(len(b))
	_, _, errno := unix.Syscall6(unix.SYS_GETSOCKOPT, uintptr(fd), uintptr(level), uintptr(name),
		uintptr(pointer(b)), uintptr(unsafe.Pointer(&n)), 0)
	if errno != 0 {
		return 0, errno
	}
	return int(n), nil
}

func setsockopt(fd, level, name int, b []byte) error {
	return setsockoptPointer(fd, level, name, pointer(b), len(b))
}

func setsockoptPointer(fd, level, name int, p unsafe.Pointer, n int) error {
	_, _, errno := unix.Syscall6(unix.SYS_SETSOCKOPT, uintptr(fd), uintptr(level), uintptr(name),
		uintptr(p), uintptr(n), 0)
	if errno != 0 {
		return errno
	}
	return nil
}

// pointer is where b starts. An empty slice has no first element to point at.
func pointer(b []byte) unsafe.Pointer { return unsafe.Pointer(unsafe.SliceData(b)) }

// SetsockoptLen wraps setsockopt(2) with no value and the number n as its
// length, which is how ALG_SET_AEAD_AUTHSIZE takes its argument.
func SetsockoptLen(fd, level, name, n int) error {
	return setsockoptPointer(fd, level, name, nil, n)
}

// SetsockoptFilter wraps setsockopt(2) with a struct sock_fprog that points at
// the classic BPF instructions in program, eight bytes each, as
// SO_ATTACH_FILTER takes it. More than 65,535 instructions do not fit the
// struct: EINVAL.
func SetsockoptFilter(fd, level, name int, program []byte) error {
	const size = unix.SizeofSockFilter
	if len(program)%size != 0 || len(program)/size > 1<<16-1 {
		return syscall.EINVAL
	}
	fprog := unix.SockFprog{
		Len:    uint16(len(program) / size),
		Filter: (*unix.SockFilter)(pointer(program)),
	}
	err := setsockoptPointer(fd, level, name, unsafe.Pointer(&fprog), unix.SizeofSockFprog)
	runtime.KeepAlive(program)
	return err
}

// GetsockoptFilter wraps getsockopt(2) of SO_GET_FILTER, whose length counts
// instructions of eight bytes and not bytes. With an empty buffer it returns
// how many there are; one that is too small is EINVAL.
func GetsockoptFilter(fd, level, name int, program []byte) (instructions int, err error) {
	n := uint32(len(program) / unix.SizeofSockFilter)
	_, _, errno := unix.Syscall6(unix.SYS_GETSOCKOPT, uintptr(fd), uintptr(level), uintptr(name),
		uintptr(pointer(program)), uintptr(unsafe.Pointer(&n)), 0)
	if errno != 0 {
		return 0, errno
	}
	return int(n), nil
}
