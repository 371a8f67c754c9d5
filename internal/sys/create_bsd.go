//go:build dragonfly || freebsd || netbsd || openbsd

package sys

import "golang.org/x/sys/unix"

const (
	createFlags = unix.SOCK_CLOEXEC | unix.SOCK_NONBLOCK
	PollRdHup   = 0
	fionread    = 0x4004667f // FIONREAD, _IOR('f', 127, int) of sys/filio.h
)

// quiet does nothing: MSG_NOSIGNAL on every send keeps SIGPIPE away.
func quiet(int) error { return nil }
