//go:build dragonfly || freebsd || netbsd

package sys

import (
	"syscall"

	"golang.org/x/sys/unix"
)

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

// call makes a system call. An argument that is a pointer's uintptr is kept.
//
//go:uintptrescapes
func call(number, a, b, c, d, e, f uintptr) (r1, r2 uintptr, errno syscall.Errno) {
	return unix.Syscall6(number, a, b, c, d, e, f)
}
