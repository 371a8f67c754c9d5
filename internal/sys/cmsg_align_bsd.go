//go:build dragonfly || freebsd || (netbsd && !arm && !arm64) || (openbsd && !arm)

package sys

import "unsafe"

const cmsgAlign = int(unsafe.Sizeof(uintptr(0)))
