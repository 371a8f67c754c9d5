package socket_test

import (
	"testing"
	"time"

	"example.com/bsdsocket/socket"
	"golang.org/x/sys/unix"
)

// queued returns once there is something in the error queue.
func queued(t testing.TB, s *socket.Socket) {
	t.Helper()
	fds := []unix.PollFd{{Fd: int32(s.FD())}}
	for end := time.Now().Add(patience); ; {
		n, err := unix.Poll(fds, 1000)
		if n > 0 && fds[0].Revents&unix.POLLERR != 0 {
			return
		}
		if err != nil && err != unix.EINTR || time.Now().After(end) {
			t.Fatal("nothing is queued:", n, err)
		}
	}
}
