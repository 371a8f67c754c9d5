package sys

import "golang.org/x/sys/unix"

const (
	createFlags = unix.SOCK_CLOEXEC | unix.SOCK_NONBLOCK
	acceptFlags = createFlags
	fionread    = unix.TIOCINQ // the number of FIONREAD (asm-generic/ioctls.h)

	// PollRdHup is the peer's end of writing (Linux 2.6.17, poll(2)); other systems say it with POLLHUP alone.
	PollRdHup = unix.POLLRDHUP
)

// quiet does nothing: MSG_NOSIGNAL on every send keeps SIGPIPE away.
func quiet(int) error { return nil }
