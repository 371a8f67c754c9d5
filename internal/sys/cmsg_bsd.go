//go:build dragonfly || freebsd || netbsd || openbsd

package sys

import "unsafe"

// cmsg_len is a socklen_t, and CMSG_ALIGN is _ALIGN, which is a register's size on the machines that Go has.
const (
	cmsgLenSize = 4
	cmsgAlign   = int(unsafe.Sizeof(uintptr(0)))
)
