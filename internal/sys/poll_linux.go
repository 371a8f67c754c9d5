//go:build !portable

package sys

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// poll is ppoll(2), with no time to wait. Kernels without 32-bit time lack it on 32-bit machines,
// and policies refuse it. Then it is poll(2), where there is one, and on 32-bit machines what has
// taken ppoll's place (Linux 5.1).
func poll(p []PollFD) (int, error) {
	first, n := unsafe.Pointer(unsafe.SliceData(p)), uintptr(len(p))
	now := unix.Timespec{}
	r, _, e := unix.Syscall6(unix.SYS_PPOLL, uintptr(first), n, uintptr(unsafe.Pointer(&now)),
		0, 0, 0)
	if Refused(e) && sysPoll != 0 {
		r, _, e = unix.Syscall(sysPoll, uintptr(first), n, 0)
	}
	if Refused(e) && sysPollTime64 != 0 {
		now := [2]int64{}
		r, _, e = unix.Syscall6(sysPollTime64, uintptr(first), n, uintptr(unsafe.Pointer(&now)),
			0, 0, 0)
	}
	if e != 0 {
		return 0, e
	}
	return counted(r, len(p))
}
