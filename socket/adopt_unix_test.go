//go:build unix

package socket_test

import (
	"errors"
	"os"
	"testing"

	"golang.org/x/sys/unix"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/socket"
)

// What is no socket is refused, stays open, and stays as it was: its owner is the caller.
func TestFromFDFails(t *testing.T) {
	var p [2]int
	ok(t, unix.Pipe(p[:]))
	defer unix.Close(p[0])
	defer unix.Close(p[1])
	null, err := unix.Open(os.DevNull, unix.O_RDONLY, 0)
	ok(t, err)
	defer unix.Close(null)
	closed, err := unix.Dup(null)
	ok(t, err)
	unix.Close(closed)
	for _, test := range []struct {
		what string
		fd   int
		want error
	}{
		{"a pipe", p[0], unix.ENOTSOCK},
		{"a file", null, unix.ENOTSOCK},
		{"a closed descriptor", closed, unix.EBADF},
		{"-1", -1, unix.EBADF},
		{"the lowest number", -1 << 31, unix.EBADF},
		{"the highest number", 1<<31 - 1, unix.EBADF},
	} {
		s, err := socket.FromFD(test.fd)
		if err == nil {
			t.Errorf("%s: adopted as %v", test.what, s)
			s.Close()
			continue
		}
		e, isError := errors.AsType[*socket.Error](err)
		if !isError || e.Op != "from fd" || e.Err != test.want {
			t.Errorf("%s: %v, want %v", test.what, err, test.want)
		}
		if test.want == unix.ENOTSOCK {
			if closed, nonblock := flags(t, test.fd); closed || nonblock {
				t.Errorf("%s: changed to close-on-exec %t, non-blocking %t",
					test.what, closed, nonblock)
			}
		}
	}
}

// The socket owns what it adopted: Close closes that very descriptor.
func TestFromFDTakesOwnership(t *testing.T) {
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	ok(t, err)
	s, err := socket.FromFD(fd)
	ok(t, err)
	if s.FD() != fd {
		t.Errorf("descriptor %d became %d", fd, s.FD())
	}
	ok(t, s.Close())
	if _, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0); err != unix.EBADF {
		t.Errorf("after Close the descriptor is still open: %v", err)
	}
}

// A descriptor that blocks, and whose peer blocks, does not block a call with a timeout.
func TestFromBlockingFD(t *testing.T) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	ok(t, err)
	defer unix.Close(fds[1])
	s, err := socket.FromFD(fds[0])
	ok(t, err)
	defer s.Close()
	atLeast(t, short, func() {
		_, err := s.Receive(within(t, short), make([]byte, 1), 0)
		is(t, err, socket.ErrTimeout)
	})
	_, err = unix.Write(fds[1], []byte("x"))
	ok(t, err)
	receive(t, s, "x")
}

// Somebody who shares the open socket can make it blocking again: transfers do not block for that
// (MSG_DONTWAIT).
func TestNonBlockingCleared(t *testing.T) {
	for _, typ := range []constants.SocketType{constants.SOCK_STREAM, constants.SOCK_DGRAM} {
		a, b := pair(t, typ)
		ok(t, unix.SetNonblock(a.FD(), false))
		buf := make([]byte, 10)
		_, err := a.Receive(within(t, short), buf, 0)
		is(t, err, socket.ErrTimeout)
		_, _, err = a.ReceiveFrom(within(t, short), buf, 0)
		is(t, err, socket.ErrTimeout)
		_, err = a.Receive(ctx, buf, constants.MSG_DONTWAIT)
		is(t, err, socket.ErrWouldBlock)
		fill(t, a)
		_, err = a.Send(within(t, short), make([]byte, 512), 0)
		is(t, err, socket.ErrTimeout)
		_, err = a.SendAll(within(t, short), make([]byte, 512), 0)
		is(t, err, socket.ErrTimeout)
		if _, nonblock := flags(t, b.FD()); !nonblock {
			t.Error("the other end became blocking")
		}
	}
}

// Row X2: a detached descriptor is the caller's alone: plain system calls work on it.
func TestDetachedDescriptor(t *testing.T) {
	a, b := pair(t, constants.SOCK_STREAM)
	fd, err := a.Detach()
	ok(t, err)
	defer unix.Close(fd)
	_, err = unix.Write(fd, []byte("x"))
	ok(t, err)
	receive(t, b, "x")
	ok(t, unix.SetNonblock(fd, false))
	send(t, b, "y")
	if n, err := unix.Read(fd, make([]byte, 1)); n != 1 || err != nil {
		t.Errorf("read %d, %v", n, err)
	}
}

// File does not change the mode that it shares, and neither does its Fd method.
func TestFileShares(t *testing.T) {
	a, b := pair(t, constants.SOCK_STREAM)
	f, err := a.File()
	ok(t, err)
	defer f.Close()
	fd := int(f.Fd())
	if _, nonblock := flags(t, fd); !nonblock || fd == a.FD() {
		t.Errorf("the file has descriptor %d, non-blocking %t", fd, nonblock)
	}
	_, err = f.Write([]byte("x"))
	ok(t, err)
	receive(t, b, "x")
	ok(t, a.Close())
	_, err = f.Write([]byte("y"))
	ok(t, err)
	receive(t, b, "y")
	ok(t, f.Close())
	receive(t, b, "")
	_, err = a.File()
	is(t, err, socket.ErrClosed)
}
