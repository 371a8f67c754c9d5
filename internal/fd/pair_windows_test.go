package fd

import (
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/windows"

	"example.com/bsdsocket/internal/sys"
)

// streamPair is two sockets that are connected to each other, over loopback.
func streamPair(t *testing.T) (fds [2]int) {
	t.Helper()
	ok := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	l, err := sys.Socket(windows.AF_INET, windows.SOCK_STREAM, 0)
	ok(err)
	defer sys.Close(l)
	sa := sys.RawAddr{0: windows.AF_INET, 4: 127, 7: 1}
	ok(sys.Bind(l, sa[:16]))
	ok(sys.Listen(l, 1))
	n, err := sys.Getsockname(l, &sa)
	ok(err)
	fds[0], err = sys.Socket(windows.AF_INET, windows.SOCK_STREAM, 0)
	ok(err)
	if err = sys.Connect(fds[0], sa[:n]); err == syscall.EINPROGRESS {
		for err = syscall.EALREADY; err == syscall.EALREADY; time.Sleep(time.Millisecond) {
			err = sys.ConnectResult(fds[0], nil, false)
		}
	}
	ok(err)
	for err = syscall.EAGAIN; err == syscall.EAGAIN; time.Sleep(time.Millisecond) {
		fds[1], _, err = sys.Accept(l, &sa)
	}
	ok(err)
	ok(sendBuffer(fds[0], 8<<10))
	ok(sendBuffer(fds[1], 8<<10))
	return fds
}

func sendBuffer(sysfd, size int) error {
	return sys.SetsockoptInt(sysfd, windows.SOL_SOCKET, windows.SO_SNDBUF, size)
}
