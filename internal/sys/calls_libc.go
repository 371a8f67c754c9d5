//go:build darwin || openbsd

package sys

import (
	"syscall"
	_ "unsafe"
)

// These systems promise the functions of their C library and not their system calls: OpenBSD kills
// a process that calls the kernel by itself. So call is what package syscall and x/sys call them
// by, and it wants the address of a piece of assembly code that jumps to the function:
// calls_libc.s. An argument that is a pointer's uintptr is kept, as call has no body.
//
//go:linkname call syscall.syscall6
func call(function, a, b, c, d, e, f uintptr) (r1, r2 uintptr, errno syscall.Errno)

var callBind, callConnect, callGetpeername, callGetsockname, callRecvfrom, callRecvmsg, callSendmsg,
	callSendto uintptr
