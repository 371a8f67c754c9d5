package sys

import "golang.org/x/sys/unix"

const (
	createFlags = unix.SOCK_CLOEXEC | unix.SOCK_NONBLOCK
	acceptFlags = createFlags

	// PollRdHup is the peer's end of writing, or this end's of receiving (Linux 2.6.17, poll(2)).
	PollRdHup = unix.POLLRDHUP

	// PollReadable is what a receive need not wait for.
	PollReadable = PollIn | PollRdHup

	// EndIsQuiet says that a receive that may not wait does not learn that a message socket was
	// shut down: a blocking one returns 0 (__skb_wait_for_more_packets, net/core/datagram.c, Linux
	// 6.18).
	EndIsQuiet = true
)

// quiet does nothing: MSG_NOSIGNAL on every send keeps SIGPIPE away.
func quiet(int) error { return nil }

// Pending is ioctl FIONREAD: the bytes that wait to be read. (TIOCINQ is its number,
// asm-generic/ioctls.h.) The kernel writes a C int, which IoctlGetInt has in the wrong half of a Go
// int where the most significant byte comes first.
func Pending(fd int) (int, error) {
	n, err := unix.IoctlGetUint32(fd, unix.TIOCINQ)
	return int(int32(n)), err
}

// AtMark is ioctl SIOCATMARK (tcp(7)).
func AtMark(fd int) (bool, error) {
	at, err := unix.IoctlGetUint32(fd, unix.SIOCATMARK)
	return at != 0, err
}
