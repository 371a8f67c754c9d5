//go:build linux || darwin || dragonfly || freebsd || netbsd || openbsd

package sys

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// The size of a struct timeval and of its fields: the second one follows the first, and what is
// left is padding. It has 8 bytes on freebsd/386 and linux/386, 12 on netbsd/386 and openbsd/386,
// 16 elsewhere.
const (
	TimevalSize  = int(unsafe.Sizeof(unix.Timeval{}))
	TimevalSec   = int(unsafe.Sizeof(unix.Timeval{}.Sec))
	TimevalMicro = int(unsafe.Sizeof(unix.Timeval{}.Usec))
)
