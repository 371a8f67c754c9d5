//go:build portable

package sys

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// With the build tag portable, Linux takes the code that other systems take wherever it can, so
// that the tests run it: the calls of socket_calls.go, the fork lock and fcntl(2) in place of
// flags, a call for each message in place of sendmmsg(2) and recvmmsg(2), no splice(2) and
// sendfile(2), ends that poll(2) does not tell of. It is for tests alone.

const (
	createFlags = 0 // as on macOS
	acceptFlags = 0

	// MsgCmsgCloexec is 0, as on macOS.
	MsgCmsgCloexec = 0
)

func accept4(fd int, sa *RawAddr, size *uint32, flags int) (uintptr, syscall.Errno) {
	r, _, e := call(unix.SYS_ACCEPT4, uintptr(fd), uintptr(unsafe.Pointer(sa)),
		uintptr(unsafe.Pointer(size)), uintptr(flags), 0, 0)
	return r, e
}

// atEnd asks for what [PollRdHup] stands for.
func atEnd(fd int) (bool, error) {
	p := [1]PollFD{{Fd: int32(fd), Events: unix.POLLRDHUP}}
	_, err := unix.Poll(p[:], 0)
	return p[0].Revents&unix.POLLRDHUP != 0, err
}
