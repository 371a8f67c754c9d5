package sys

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

const acceptFlags = createFlags

// paccept(2) is NetBSD's accept4, which has a mask of signals too: none.
func accept4(fd int, sa *RawAddr, size *uint32, flags int) (uintptr, syscall.Errno) {
	r, _, e := call(unix.SYS_PACCEPT, uintptr(fd), uintptr(unsafe.Pointer(sa)),
		uintptr(unsafe.Pointer(size)), 0, uintptr(flags), 0)
	return r, e
}
