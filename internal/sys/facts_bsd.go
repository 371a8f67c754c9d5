//go:build dragonfly || freebsd || netbsd || openbsd

package sys

import "golang.org/x/sys/unix"

const createFlags = unix.SOCK_CLOEXEC | unix.SOCK_NONBLOCK

// quiet is a no-op: MSG_NOSIGNAL on every send keeps SIGPIPE away.
func quiet(int) error { return nil }

// Pending is ioctl FIONREAD: the bytes that wait to be read. The number is _IOR('f', 127, int) of
// sys/filio.h.
func Pending(fd int) (int, error) { return unix.IoctlGetInt(fd, 0x4004667f) }

// AtMark is ioctl SIOCATMARK, _IOR('s', 7, int) of sys/sockio.h.
func AtMark(fd int) (bool, error) {
	at, err := unix.IoctlGetInt(fd, 0x40047307)
	return at != 0, err
}
