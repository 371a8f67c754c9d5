//go:build !portable

package sys

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

func (o *IntOption) getter() func(fd uintptr) {
	return func(fd uintptr) {
		var v int32
		n := uint32(4)
		_, _, o.errno = unix.Syscall6(unix.SYS_GETSOCKOPT, fd, uintptr(o.Level), uintptr(o.Name),
			uintptr(unsafe.Pointer(&v)), uintptr(unsafe.Pointer(&n)), 0)
		o.Value, o.size = int(v), int(n)
	}
}

func (o *IntOption) setter() func(fd uintptr) {
	return func(fd uintptr) {
		v := int32(o.Value)
		_, _, o.errno = unix.Syscall6(unix.SYS_SETSOCKOPT, fd, uintptr(o.Level), uintptr(o.Name),
			uintptr(unsafe.Pointer(&v)), 4, 0)
		o.size = 4
	}
}
