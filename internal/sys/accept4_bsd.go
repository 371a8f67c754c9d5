//go:build dragonfly || freebsd || openbsd

package sys

import (
	"syscall"
	"unsafe"
)

const acceptFlags = createFlags

func accept4(fd int, sa *RawAddr, size *uint32, flags int) (uintptr, syscall.Errno) {
	r, _, e := call(callAccept4, uintptr(fd), uintptr(unsafe.Pointer(sa)),
		uintptr(unsafe.Pointer(size)), uintptr(flags), 0, 0)
	return r, e
}
