//go:build !darwin && !dragonfly && !freebsd && !netbsd && !openbsd

package sys

import "unsafe"

// cmsg_len is a size_t on Linux and Windows, and CMSG_ALIGN rounds up to one.
const (
	cmsgLenSize = int(unsafe.Sizeof(uintptr(0)))
	cmsgAlign   = cmsgLenSize
)
