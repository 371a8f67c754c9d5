package socket_test

import (
	"context"
	"errors"
	"os"
	"syscall"
	"testing"
	"time"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/internal/testenv"
	"example.com/bsdsocket/sockaddr"
	"example.com/bsdsocket/socket"
)

// nobody is an address of this host that refuses, and that nobody can take during the test: it is
// bound to a socket which does not listen or, of datagrams, which hears itself alone.
func nobody(t testing.TB, typ constants.SocketType) sockaddr.Addr {
	t.Helper()
	s := bound(t, typ, loopback)
	if typ == constants.SOCK_DGRAM {
		ok(t, s.Connect(ctx, name(t, s)))
	}
	return name(t, s)
}

// Rows E10, E14 and G3: connect, and both names of both ends.
func TestConnect(t *testing.T) {
	for _, test := range []struct {
		what string
		at   func() sockaddr.Addr
		need []testenv.Feature
	}{
		{"INADDR_LOOPBACK", func() sockaddr.Addr { return loopback }, nil},
		{"IN6ADDR_LOOPBACK", func() sockaddr.Addr { return sockaddr.MustParse("[::1]:0") },
			[]testenv.Feature{testenv.IPv6Loopback}},
		{"AF_UNIX path", func() sockaddr.Addr { return path(t) }, nil},
	} {
		t.Run(test.what, func(t *testing.T) {
			testenv.Needs(t, test.need...)
			l := listening(t, test.at(), 1)
			client, server := join(t, l)
			talk(t, client, server)
			if p, err := client.PeerName(); p != name(t, l) || err != nil {
				t.Errorf("the client's peer is %v, %v; want %v", p, err, name(t, l))
			}
			if n := name(t, server); n != name(t, l) {
				t.Errorf("the server's name is %v, want %v", n, name(t, l))
			}
			n, err := client.Name()
			ok(t, err)
			p, err := server.PeerName()
			ok(t, err)
			if client.Family() == constants.AF_UNIX { // the client has no name
				if n.IsValid() || p != sockaddr.Unnamed() {
					t.Errorf("the client's name is %v, the server's peer %v", n, p)
				}
			} else if n != p || !n.IsValid() {
				t.Errorf("the client's name is %v, the server's peer %v", n, p)
			}
		})
	}
}

// Row G3: a listener bound to INADDR_ANY, and its equivalent of IPv6, is reached by any address of
// the host.
func TestConnectToAny(t *testing.T) {
	for _, test := range []struct {
		family constants.Family
		to     string
		need   []testenv.Feature
	}{
		{constants.AF_INET, "127.0.0.1", nil},
		{constants.AF_INET6, "::1", []testenv.Feature{testenv.IPv6Loopback}},
	} {
		testenv.Needs(t, test.need...)
		any, err := sockaddr.InetAny(test.family, 0)
		ok(t, err)
		l := listening(t, any, 1)
		port := name(t, l).Port()
		if got := name(t, l); !got.IP().IsUnspecified() || port == 0 {
			t.Errorf("bound to %v", got)
		}
		to, err := sockaddr.Inet(test.to, port)
		ok(t, err)
		c := open(t, test.family, constants.SOCK_STREAM, 0)
		ok(t, c.Connect(within(t, patience), to))
		s, from, err := l.Accept(within(t, patience))
		ok(t, err)
		if from != name(t, c) || name(t, s) != to {
			t.Errorf("connected %v to %v, accepted %v at %v", name(t, c), to, from, name(t, s))
		}
		ok(t, s.Close())
	}
}

// Row E10: refused is transient, and has the text and the shape of the documentation.
func TestConnectRefused(t *testing.T) {
	s := open(t, constants.AF_INET, constants.SOCK_STREAM, 0)
	to := nobody(t, constants.SOCK_STREAM)
	err := s.Connect(within(t, patience), to)
	is(t, err, socket.ErrTransient, syscall.ECONNREFUSED)
	isNot(t, err, socket.ErrTimeout, socket.ErrUnsupported, socket.ErrWouldBlock, socket.ErrClosed)
	if want := "socket: connect " + to.String() + ": connection refused"; err.Error() != want {
		t.Errorf("error %q, want %q", err, want)
	}
	e, isError := errors.AsType[*socket.Error](err)
	if !isError || *e != (socket.Error{Op: "connect", Remote: to, Err: syscall.ECONNREFUSED}) ||
		e.Timeout() {
		t.Errorf("error %v", err)
	}
	if p, err := s.PeerName(); p.IsValid() || err != nil {
		t.Errorf("the peer is %v, %v", p, err)
	}
}

func TestConnectWrongly(t *testing.T) {
	l := listening(t, loopback, 1)
	connected, server := join(t, l)
	for _, test := range []struct {
		what string
		s    *socket.Socket
		to   sockaddr.Addr
		want error
	}{
		{"a connected socket", connected, name(t, l), syscall.EISCONN},
		{"to the zero Addr", open(t, constants.AF_INET, constants.SOCK_STREAM, 0), sockaddr.Addr{},
			syscall.EINVAL},
		{"IPv4 to IPv6", open(t, constants.AF_INET, constants.SOCK_STREAM, 0),
			sockaddr.MustParse("[::1]:1"), syscall.EAFNOSUPPORT},
		{"to no path", open(t, constants.AF_UNIX, constants.SOCK_STREAM, 0), path(t),
			syscall.ENOENT},
	} {
		err := test.s.Connect(within(t, patience), test.to)
		if e, isError := errors.AsType[*socket.Error](err); !isError || e.Op != "connect" ||
			e.Remote != test.to || e.Err != test.want {
			t.Errorf("%s: %v, want %v", test.what, err, test.want)
		}
		isNot(t, err, socket.ErrTransient, socket.ErrTimeout)
	}
	talk(t, connected, server)
}

// A path that a listener left behind refuses; it is transient, since a server that starts again can
// help.
func TestConnectToStalePath(t *testing.T) {
	addr := path(t)
	ok(t, listening(t, addr, 1).Close())
	s := open(t, constants.AF_UNIX, constants.SOCK_STREAM, 0)
	is(t, s.Connect(within(t, patience), addr), socket.ErrTransient, syscall.ECONNREFUSED)
	ok(t, os.Remove(addr.Path()))
	l := listening(t, addr, 1)
	ok(t, s.Connect(within(t, patience), addr))
	server, _, err := l.Accept(within(t, patience))
	ok(t, err)
	defer server.Close()
	talk(t, s, server)
}

// Row R10: a context that has ended keeps connect(2) from being called.
func TestConnectAfterCancel(t *testing.T) {
	l := listening(t, loopback, 1)
	s := open(t, constants.AF_INET, constants.SOCK_STREAM, 0)
	why := errors.New("why")
	c, cancel := context.WithCancelCause(ctx)
	cancel(why)
	err := s.Connect(c, name(t, l))
	is(t, err, context.Canceled, why)
	isNot(t, err, socket.ErrTimeout, socket.ErrTransient)
	ok(t, s.SetWriteDeadline(time.Now().Add(-time.Hour)))
	err = s.Connect(ctx, name(t, l))
	is(t, err, socket.ErrTimeout, os.ErrDeadlineExceeded)
	isNot(t, err, socket.ErrTransient)
	if ready, err := l.AcceptReady(); ready || err != nil {
		t.Errorf("somebody connected: %t, %v", ready, err)
	}
	ok(t, s.SetWriteDeadline(time.Time{}))
	ok(t, s.Connect(ctx, name(t, l)))
}

// Rows E14 and E15: a connected datagram socket has a peer and hears nobody else; it may be
// connected again, and disconnected.
func TestConnectDatagram(t *testing.T) {
	// a port that was asked for is kept when the socket is disconnected
	s := asked(t, constants.SOCK_DGRAM)
	here := name(t, s)
	a, b := udp(t)
	from := func(from *socket.Socket, what string) {
		t.Helper()
		n, err := from.SendTo(ctx, []byte(what), here, 0)
		if n != len(what) || err != nil && !errors.Is(err, syscall.ECONNREFUSED) {
			t.Fatalf("sent %d, %v", n, err)
		}
	}
	for _, peer := range []struct{ is, isNot *socket.Socket }{{a, b}, {b, a}} {
		ok(t, s.Connect(ctx, name(t, peer.is)))
		if p, err := s.PeerName(); p != name(t, peer.is) || err != nil {
			t.Errorf("the peer is %v, %v", p, err)
		}
		from(peer.isNot, "stranger")
		from(peer.is, "peer")
		receive(t, s, "peer")
		send(t, s, "hello")
		receive(t, peer.is, "hello")
	}
	ok(t, s.Disconnect())
	if p, err := s.PeerName(); p.IsValid() || err != nil {
		t.Errorf("after Disconnect the peer is %v, %v", p, err)
	}
	if got := name(t, s); got != here {
		t.Errorf("after Disconnect the name is %v, not %v", got, here)
	}
	from(a, "from a")
	receive(t, s, "from a")
	from(b, "from b")
	receive(t, s, "from b")
	_, err := s.Send(ctx, []byte("x"), 0)
	is(t, err, syscall.EDESTADDRREQ)
	if e, isError := errors.AsType[*socket.Error](err); !isError || e.Remote.IsValid() {
		t.Errorf("after Disconnect an error has the peer: %v", err)
	}
	ok(t, s.Disconnect()) // again
}

// What a datagram socket's peer refuses is the error of a later call.
func TestConnectDatagramRefused(t *testing.T) {
	s := open(t, constants.AF_INET, constants.SOCK_DGRAM, 0)
	to := nobody(t, constants.SOCK_DGRAM)
	ok(t, s.Connect(ctx, to))
	send(t, s, "x")
	_, err := s.Receive(within(t, patience), make([]byte, 1), 0)
	is(t, err, syscall.ECONNREFUSED, socket.ErrTransient)
	if e, isError := errors.AsType[*socket.Error](err); !isError || e.Remote != to ||
		e.Local != name(t, s) {
		t.Errorf("error %v, want the addresses %v and %v", err, name(t, s), to)
	}
}

// A client that connects to a listener of another type is told so.
func TestConnectUnixTypes(t *testing.T) {
	addr := path(t)
	bound(t, constants.SOCK_DGRAM, addr)
	err := open(t, constants.AF_UNIX, constants.SOCK_STREAM, 0).Connect(within(t, patience), addr)
	is(t, err, syscall.EPROTOTYPE)
	isNot(t, err, socket.ErrTransient)
	s := open(t, constants.AF_UNIX, constants.SOCK_DGRAM, 0)
	ok(t, s.Connect(within(t, patience), addr))
	send(t, s, "x")
}
