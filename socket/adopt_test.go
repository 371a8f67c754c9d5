package socket_test

import (
	"errors"
	"net"
	"os"
	"syscall"
	"testing"
	"time"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/sockaddr"
	"example.com/bsdsocket/socket"
)

// Row X2: FromConn duplicates a connection of package net; both ends of the duplicate live on their
// own.
func TestFromConn(t *testing.T) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	ok(t, err)
	defer l.Close()
	there, err := net.Dial("tcp4", l.Addr().String())
	ok(t, err)
	defer there.Close()
	here, err := l.Accept()
	ok(t, err)
	defer here.Close()

	s, err := socket.FromConn(here.(*net.TCPConn))
	ok(t, err)
	defer s.Close()
	if s.Family() != constants.AF_INET || s.Type() != constants.SOCK_STREAM ||
		s.Params() != socket.DefaultParams() {
		t.Errorf("adopted %v, parameters %+v", s, s.Params())
	}
	peer, err := s.PeerName()
	if err != nil || peer.String() != there.LocalAddr().String() {
		t.Errorf("the peer is %v, %v; want %v", peer, err, there.LocalAddr())
	}

	// A deadline of one is none of the other.
	ok(t, here.SetDeadline(time.Now().Add(-time.Second)))
	_, err = there.Write([]byte("x"))
	ok(t, err)
	receive(t, s, "x")
	ok(t, here.SetDeadline(time.Time{}))

	// Closing one leaves the other connected.
	ok(t, s.Close())
	_, err = here.Write([]byte("y"))
	ok(t, err)
	b := make([]byte, 2)
	if n, err := there.Read(b); n != 1 || err != nil {
		t.Errorf("the peer read %d, %v", n, err)
	}
}

func TestFromConnOfListener(t *testing.T) {
	addr := path(t)
	l, err := net.Listen("unix", addr.Path())
	ok(t, err)
	defer l.Close()
	s, err := socket.FromConn(l.(*net.UnixListener))
	ok(t, err)
	defer s.Close()
	if got := name(t, s); got != addr || s.Family() != constants.AF_UNIX ||
		s.Type() != constants.SOCK_STREAM {
		t.Errorf("adopted %v with the name %v, want %v", s, got, addr)
	}
	client, server := join(t, s)
	talk(t, client, server)
	ok(t, s.Close())
	if _, err := os.Stat(addr.Path()); err != nil {
		t.Errorf("closing the duplicate removed the listener's path: %v", err)
	}
	c, err := net.Dial("unix", addr.Path())
	ok(t, err)
	c.Close()
}

// A socket that something else than this library made blocking stays usable with timeouts.
func TestFromFile(t *testing.T) {
	a, b := pair(t, constants.SOCK_STREAM)
	f, err := a.File()
	ok(t, err)
	s, err := socket.FromFile(f)
	ok(t, err)
	defer s.Close()
	ok(t, f.Close())
	ok(t, a.Close())
	talk(t, s, b)
}

func TestFromConnFails(t *testing.T) {
	r, w, err := os.Pipe()
	ok(t, err)
	defer r.Close()
	defer w.Close()
	file, err := os.Open(os.DevNull)
	ok(t, err)
	defer file.Close()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	ok(t, err)
	ok(t, l.Close())
	closed := open(t, constants.AF_INET, constants.SOCK_DGRAM, 0)
	ok(t, closed.Close())
	shut, err := os.Open(os.DevNull)
	ok(t, err)
	ok(t, shut.Close())
	for _, test := range []struct {
		what string
		c    syscall.Conn
		want error
	}{
		{"a pipe", r, syscall.ENOTSOCK},
		{"a file", file, syscall.ENOTSOCK},
		{"a closed listener of net", l.(*net.TCPListener), net.ErrClosed},
		{"a closed file", shut, nil}, // package os has no exported error for that
		{"a closed socket", closed, socket.ErrClosed},
		{"a zero socket", new(socket.Socket), socket.ErrClosed},
		{"a nil file", (*os.File)(nil), os.ErrInvalid},
		{"nil", nil, syscall.EINVAL},
	} {
		s, err := socket.FromConn(test.c)
		if err == nil {
			t.Errorf("%s: adopted as %v", test.what, s)
			s.Close()
			continue
		}
		if _, isError := errors.AsType[*socket.Error](err); !isError || test.want != nil &&
			!errors.Is(err, test.want) {
			t.Errorf("%s: %v (%T), want %v", test.what, err, err, test.want)
		}
	}
	// What could not be adopted still works.
	_, err = w.Write([]byte("x"))
	ok(t, err)
	if n, err := r.Read(make([]byte, 1)); n != 1 || err != nil {
		t.Errorf("the pipe: %d, %v", n, err)
	}
}

func TestDup(t *testing.T) {
	a, b := pair(t, constants.SOCK_STREAM)
	d, err := a.Dup()
	ok(t, err)
	defer d.Close()
	if d.FD() == a.FD() || d.Family() != a.Family() || d.Type() != a.Type() {
		t.Errorf("the duplicate of %v is %v", a, d)
	}
	talk(t, d, b)
	ok(t, a.Close())
	talk(t, d, b) // the connection ends with the last
	done := start(func() error {
		if n, err := b.Receive(ctx, make([]byte, 1), 0); n != 0 || err != nil {
			return errors.New("no end of the stream")
		}
		return nil
	})
	parked(t, 1)
	ok(t, d.Close())
	ok(t, result(t, done))
	_, err = d.Dup()
	is(t, err, socket.ErrClosed)
}

// Closing a duplicate wakes only those who wait on it.
func TestDupHasItsOwnWaiters(t *testing.T) {
	a, b := pair(t, constants.SOCK_STREAM)
	d, err := a.Dup()
	ok(t, err)
	onA := start(func() error { _, err := a.Receive(ctx, make([]byte, 1), 0); return err })
	onD := start(func() error { _, err := d.Receive(ctx, make([]byte, 1), 0); return err })
	parked(t, 2)
	ok(t, d.Close())
	is(t, result(t, onD), socket.ErrClosed)
	pending(t, onA)
	send(t, b, "x")
	ok(t, result(t, onA))
}

func TestDetach(t *testing.T) {
	a, b := pair(t, constants.SOCK_STREAM)
	old := a.FD()
	done := start(func() error { _, err := a.Receive(ctx, make([]byte, 1), 0); return err })
	parked(t, 1)
	fd, err := a.Detach()
	ok(t, err)
	if fd == old || a.FD() != -1 {
		t.Errorf("descriptor %d was detached as %d, and the socket has %d", old, fd, a.FD())
	}
	is(t, result(t, done), socket.ErrClosed)
	_, err = a.Detach()
	is(t, err, socket.ErrClosed)
	ok(t, a.Close())

	s, err := socket.FromFD(fd)
	ok(t, err)
	defer s.Close()
	talk(t, s, b)
}

// Row X2: the rest of what Socket has to say about a descriptor that it adopted.
func TestAdoptedNames(t *testing.T) {
	l := listening(t, loopback, 1)
	client, server := join(t, l)
	for _, test := range []struct {
		what       string
		s          *socket.Socket
		name, peer sockaddr.Addr
	}{
		{"listener", l, name(t, l), sockaddr.Addr{}},
		{"client", client, name(t, client), name(t, l)},
		{"server", server, name(t, l), name(t, client)},
	} {
		s, err := socket.FromConn(test.s)
		ok(t, err)
		if n, err := s.Name(); n != test.name || err != nil {
			t.Errorf("%s: name %v, %v; want %v", test.what, n, err, test.name)
		}
		if p, err := s.PeerName(); p != test.peer || err != nil {
			t.Errorf("%s: peer %v, %v; want %v", test.what, p, err, test.peer)
		}
		// The peer is in its errors too.
		ok(t, s.SetReadDeadline(time.Now().Add(-1)))
		_, err = s.Receive(ctx, make([]byte, 1), 0)
		if e, isError := errors.AsType[*socket.Error](err); !isError || e.Local != test.name ||
			e.Remote != test.peer {
			t.Errorf("%s: error %v", test.what, err)
		}
		ok(t, s.Close())
	}
}
