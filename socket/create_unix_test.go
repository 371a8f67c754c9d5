//go:build unix

package socket_test

import (
	"errors"
	"net"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/socket"
)

// flags returns whether a descriptor is close-on-exec and whether it is non-blocking.
func flags(t testing.TB, fd int) (closeOnExec, nonBlocking bool) {
	t.Helper()
	d, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0)
	ok(t, err)
	s, err := unix.FcntlInt(uintptr(fd), unix.F_GETFL, 0)
	ok(t, err)
	return d&unix.FD_CLOEXEC != 0, s&unix.O_NONBLOCK != 0
}

// born makes a socket by every way that there is and passes its descriptor to check.
func born(t *testing.T, check func(how string, fd int)) {
	for _, k := range kinds {
		check("New", open(t, k.family, k.typ, k.protocol).FD())
	}
	a, b := pair(t, constants.SOCK_STREAM)
	check("Pair", a.FD())
	check("Pair", b.FD())

	l := listening(t, loopback, 1)
	_, s := join(t, l)
	check("Accept", s.FD())
	u := listening(t, path(t), 1)
	_, s = join(t, u)
	check("Accept of AF_UNIX", s.FD())

	dup, err := s.Dup()
	ok(t, err)
	t.Cleanup(func() { dup.Close() })
	check("Dup", dup.FD())

	f, err := s.File()
	ok(t, err)
	t.Cleanup(func() { f.Close() })
	check("File", int(f.Fd())) // which os.File.Fd must not change

	detached, err := dup.Detach()
	ok(t, err)
	t.Cleanup(func() { unix.Close(detached) })
	check("Detach", detached)

	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM, 0)
	ok(t, err)
	if closed, nonblock := flags(t, fd); closed || nonblock {
		t.Fatal("socket(2) made a descriptor with flags")
	}
	adopted, err := socket.FromFD(fd)
	ok(t, err)
	t.Cleanup(func() { adopted.Close() })
	check("FromFD", adopted.FD())

	n, err := net.Listen("tcp4", "127.0.0.1:0")
	ok(t, err)
	t.Cleanup(func() { n.Close() })
	listener, err := socket.FromConn(n.(*net.TCPListener))
	ok(t, err)
	t.Cleanup(func() { listener.Close() })
	check("FromConn", listener.FD())
}

// Row E1: all sockets are non-blocking, and none is inherited by accident.
func TestCloseOnExecAndNonBlocking(t *testing.T) {
	born(t, func(how string, fd int) {
		if closed, nonblock := flags(t, fd); !closed || !nonblock {
			t.Errorf("%s: close-on-exec %t, non-blocking %t", how, closed, nonblock)
		}
	})
}

// Row E13: the error of close(2) is Close's, whether the poller has the descriptor or not. (EBADF
// is the only one that sockets can be made to have.)
func TestCloseError(t *testing.T) {
	for _, polled := range []bool{false, true} {
		s := open(t, constants.AF_INET, constants.SOCK_DGRAM, 0)
		if polled {
			ok(t, s.SetParams(socket.Params{ReceiveTimeout: time.Millisecond}))
			_, err := s.Receive(ctx, make([]byte, 1), 0)
			is(t, err, socket.ErrTimeout)
		}
		ok(t, unix.Close(s.FD()))
		if err := s.Close(); !errors.Is(err, unix.EBADF) {
			t.Errorf("polled %t: %v", polled, err)
		}
	}
}
