package socket_test

import (
	"net"
	"os"
	"syscall"
	"testing"
	"time"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/internal/testenv"
	"example.com/bsdsocket/socket"
)

// MSG_PEEK with MSG_WAITALL waits until as much is there, or what comes before that: the end, a
// reset, the urgent mark, a deadline. What was seen comes with it.
func TestPeekAll(t *testing.T) {
	const all = constants.MSG_PEEK | constants.MSG_WAITALL
	unix := func(t testing.TB) (a, b *socket.Socket) { return pair(t, constants.SOCK_STREAM) }
	for _, test := range []struct {
		what string
		make func(testing.TB) (a, b *socket.Socket)
		then func(t *testing.T, a, b *socket.Socket)
		n    int
		err  error
	}{
		{"the rest in parts", tcp, func(t *testing.T, a, _ *socket.Socket) {
			send(t, a, "de")
			parked(t, 1)
			send(t, a, "fghi")
		}, 9, nil},
		{"end over TCP", tcp, func(t *testing.T, a, _ *socket.Socket) { ok(t, a.CloseWrite()) },
			3, nil},
		{"end over AF_UNIX", unix,
			func(t *testing.T, a, _ *socket.Socket) { ok(t, a.CloseWrite()) }, 3, nil},
		{"close over AF_UNIX", unix, func(t *testing.T, a, _ *socket.Socket) { ok(t, a.Close()) },
			3, nil},
		{"shut down here", tcp, func(t *testing.T, _, b *socket.Socket) { ok(t, b.CloseRead()) },
			3, nil},
		{"reset", tcp, func(t *testing.T, a, _ *socket.Socket) {
			option2(t, a, constants.SOL_SOCKET, constants.SO_LINGER, 1, 0)
			ok(t, a.Close())
		}, 3, syscall.ECONNRESET},
		{"urgent byte", tcp, func(t *testing.T, a, _ *socket.Socket) {
			_, err := a.Send(ctx, []byte("X"), constants.MSG_OOB)
			ok(t, err)
			send(t, a, "defghi")
		}, 3, nil},
		{"deadline", tcp, func(t *testing.T, _, b *socket.Socket) {
			ok(t, b.SetReadDeadline(time.Now()))
		}, 3, socket.ErrTimeout},
	} {
		t.Run(test.what, func(t *testing.T) {
			a, b := test.make(t)
			send(t, a, "abc")
			buf := make([]byte, 9)
			n := 0
			done := start(func() (err error) {
				n, err = b.Receive(within(t, patience), buf, all)
				return err
			})
			parked(t, 1)
			test.then(t, a, b)
			err := result(t, done)
			ok(t, b.SetReadDeadline(time.Time{}))
			if n != test.n || string(buf[:n]) != "abcdefghi"[:n] {
				t.Errorf("%d bytes %q, not %d", n, buf[:n], test.n)
			}
			if test.err == nil {
				ok(t, err)
			} else {
				is(t, err, test.err)
			}
			if test.err == socket.ErrTimeout || test.what == "urgent byte" {
				return
			}
			// Nothing was taken, and it comes to the same again.
			for range 2 {
				if n, err := b.Receive(within(t, patience), buf, all); n != test.n ||
					(err == nil) != (test.err == nil) {
					t.Errorf("again: %d bytes, %v", n, err)
				}
			}
			receive(t, b, "abcdefghi"[:n])
			if n == 9 {
				return
			}
			n, err = b.Receive(within(t, patience), buf, all)
			if test.err != nil {
				is(t, err, test.err)
			} else if n != 0 || err != nil {
				t.Errorf("at the end: %d bytes, %v", n, err)
			}
		})
	}
}

// A net.TCPConn whose O_NONBLOCK somebody has cleared holds no copy past its deadline.
func TestMadeBlockingOfNet(t *testing.T) {
	testenv.NeedsLinuxPath(t, "splice(2)")
	for _, write := range []bool{false, true} {
		a, _ := tcp(t)
		c := netConn(t, a)
		if write {
			fill(t, a)
		}
		ok(t, syscall.SetNonblock(a.FD(), false))
		ok(t, c.SetDeadline(time.Now().Add(short)))
		x, y := tcp(t)
		send(t, y, "x")
		done := start(func() (err error) {
			if write {
				_, err = x.WriteTo(c)
			} else {
				_, err = x.ReadFrom(c)
			}
			return err
		})
		is(t, result(t, done), os.ErrDeadlineExceeded)
	}
}

// netConn is the socket as a connection of package net.
func netConn(t testing.TB, s *socket.Socket) net.Conn {
	t.Helper()
	f, err := s.File()
	ok(t, err)
	defer f.Close()
	c, err := net.FileConn(f)
	ok(t, err)
	t.Cleanup(func() { c.Close() })
	return c
}
