//go:build dragonfly || freebsd || netbsd || (linux && portable)

package sys

import (
	"syscall"
	_ "unsafe"

	"golang.org/x/sys/unix"
)

// call makes a system call. It has no body here, so an argument that is a pointer's uintptr is
// kept, and need not be on the heap.
//
//go:linkname call golang.org/x/sys/unix.Syscall6
func call(number, a, b, c, d, e, f uintptr) (r1, r2 uintptr, errno syscall.Errno)

const (
	callBind        = unix.SYS_BIND
	callConnect     = unix.SYS_CONNECT
	callGetpeername = unix.SYS_GETPEERNAME
	callGetsockname = unix.SYS_GETSOCKNAME
	callRecvfrom    = unix.SYS_RECVFROM
	callRecvmsg     = unix.SYS_RECVMSG
	callSendmsg     = unix.SYS_SENDMSG
	callSendto      = unix.SYS_SENDTO
)
