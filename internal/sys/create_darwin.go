package sys

import "golang.org/x/sys/unix"

const (
	createFlags = 0
	PollRdHup   = 0
	fionread    = 0x4004667f // FIONREAD, _IOR('f', 127, int) of sys/filio.h
)

// quiet sets SO_NOSIGPIPE: macOS has no MSG_NOSIGNAL.
func quiet(fd int) error { return unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_NOSIGPIPE, 1) }
