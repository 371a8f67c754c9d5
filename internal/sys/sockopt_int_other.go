//go:build !linux || portable

package sys

import (
	"encoding/binary"
	"syscall"
)

func (o *IntOption) getter() func(fd uintptr) {
	return func(fd uintptr) {
		var b [4]byte
		n, err := getsockopt(int(fd), o.Level, o.Name, b[:])
		o.Value, o.size = int(int32(binary.NativeEndian.Uint32(b[:]))), n
		o.errno, _ = err.(syscall.Errno)
	}
}

func (o *IntOption) setter() func(fd uintptr) {
	return func(fd uintptr) {
		var b [4]byte
		binary.NativeEndian.PutUint32(b[:], uint32(o.Value))
		o.errno, _ = setsockopt(int(fd), o.Level, o.Name, b[:]).(syscall.Errno)
		o.size = 4
	}
}
