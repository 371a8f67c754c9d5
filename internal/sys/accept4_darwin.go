package sys

import (
	"syscall"
	"unsafe"
)

const acceptFlags = 0 // macOS has accept(2) alone

func accept4(fd int, sa *RawAddr, size *uint32, _ int) (uintptr, syscall.Errno) {
	r, _, e := call(callAccept, uintptr(fd), uintptr(unsafe.Pointer(sa)),
		uintptr(unsafe.Pointer(size)), 0, 0, 0)
	if e == 0 && *size == 0 {
		// A connection that is gone, of which XNU says so by no address at all, as package syscall
		// knows.
		syscall.Close(int(r))
		return 0, syscall.ECONNABORTED
	}
	return r, e
}
