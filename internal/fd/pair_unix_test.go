//go:build !windows

package fd

import (
	"testing"

	"golang.org/x/sys/unix"

	"example.com/bsdsocket/internal/sys"
)

// streamPair is two sockets that are connected to each other.
func streamPair(t *testing.T) [2]int {
	t.Helper()
	fds, err := sys.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	return fds
}

func sendBuffer(sysfd, size int) error {
	return sys.SetsockoptInt(sysfd, unix.SOL_SOCKET, unix.SO_SNDBUF, size)
}
