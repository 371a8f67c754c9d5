package socket_test

import (
	"errors"
	"syscall"
	"testing"
	"time"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/sockaddr"
	"example.com/bsdsocket/socket"
)

// Rows E12, R4, M3 and X18: TryAccept never waits: not where nobody came, nor for whoever was
// quicker, nor behind an Accept that waits.
func TestTryAccept(t *testing.T) {
	for _, at := range []sockaddr.Addr{loopback, path(t)} {
		l := listening(t, at, 5)
		none := func(what string) {
			t.Helper()
			s, from, err := l.TryAccept()
			is(t, err, socket.ErrWouldBlock, syscall.EAGAIN)
			isNot(t, err, socket.ErrTimeout)
			if s != nil || from.IsValid() {
				t.Errorf("%v, %s: accepted %v from %v", at, what, s, from)
			}
		}
		none("nobody")
		client := open(t, at.Family(), constants.SOCK_STREAM, 0)
		ok(t, client.Connect(within(t, patience), name(t, l)))
		ok(t, l.WaitReceive(within(t, patience)))
		// Whatever would end an Accept does not matter.
		ok(t, l.SetReadDeadline(time.Now().Add(-1)))
		s, from, err := l.TryAccept()
		ok(t, err)
		defer s.Close()
		if at.Family() != constants.AF_UNIX && from != name(t, client) {
			t.Errorf("accepted from %v, the client is %v", from, name(t, client))
		}
		if s.Params() != l.Params() {
			t.Errorf("%+v are not the listener's parameters", s.Params())
		}
		talk(t, client, s)
		none("nobody any more")
		ok(t, l.SetReadDeadline(time.Time{}))

		waiting := start(func() error { return third(l.Accept(within(t, patience))) })
		parked(t, 1)
		none("another waits")
		ok(t, l.Close())
		is(t, result(t, waiting), socket.ErrClosed)
		is(t, third(l.TryAccept()), socket.ErrClosed)
	}
	is(t, third(open(t, constants.AF_INET, constants.SOCK_STREAM, 0).TryAccept()), syscall.EINVAL)
	is(t, third(open(t, constants.AF_INET, constants.SOCK_DGRAM, 0).TryAccept()),
		syscall.EOPNOTSUPP)
}

// A listener that was shut down accepts nobody: whoever waits is told, as by a blocking accept(2).
func TestAcceptShutDown(t *testing.T) {
	const enough = 5 * time.Second // far more than it takes
	for _, at := range []sockaddr.Addr{loopback, path(t)} {
		for _, how := range []constants.ShutdownHow{constants.SHUT_RD, constants.SHUT_RDWR} {
			if at.Family() == constants.AF_UNIX {
				at = path(t)
			}
			l := listening(t, at, 5)
			bounded := within(t, enough)
			waiting := start(func() error { return third(l.Accept(bounded)) })
			parked(t, 1, waiting)
			ok(t, l.Shutdown(how))
			if err := result(t, waiting); !errors.Is(err, syscall.EINVAL) {
				t.Fatal("who waited:", err)
			}
			is(t, third(l.Accept(bounded)), syscall.EINVAL)
			is(t, third(l.TryAccept()), syscall.EINVAL)
		}
	}
	bounded := within(t, enough)
	// Who is in the queue is accepted nevertheless, over AF_UNIX.
	l := listening(t, path(t), 5)
	client := open(t, constants.AF_UNIX, constants.SOCK_STREAM, 0)
	ok(t, client.Connect(bounded, name(t, l)))
	ok(t, l.Shutdown(constants.SHUT_RD))
	s, _, err := l.Accept(bounded)
	ok(t, err)
	defer s.Close()
	talk(t, client, s)
	is(t, third(l.Accept(bounded)), syscall.EINVAL)
}

// The peer is what Accept and Connect were told, also after a reset, when the kernel has forgotten
// it.
func TestPeerNameIsKept(t *testing.T) {
	for _, at := range []sockaddr.Addr{loopback, sockaddr.MustParse("[::1]:0")} {
		l := listening(t, at, 5)
		client := open(t, at.Family(), constants.SOCK_STREAM, 0)
		ok(t, client.Connect(within(t, patience), name(t, l)))
		from := name(t, client)
		option2(t, client, constants.SOL_SOCKET, constants.SO_LINGER, 1, 0)
		ok(t, client.Close()) // a reset, before anybody accepted
		s, told, err := l.Accept(within(t, patience))
		ok(t, err)
		defer s.Close()
		peer, err := s.PeerName()
		ok(t, err)
		if peer != from || told != from {
			t.Errorf("the client was %v, Accept said %v, PeerName %v", from, told, peer)
		}
		err = second(s.Receive(within(t, patience), make([]byte, 1), 0))
		if e, isError := errors.AsType[*socket.Error](err); !isError ||
			e.Err != syscall.ECONNRESET || e.Remote != from || e.Local != name(t, s) {
			t.Errorf("%v; the client was %v", err, from)
		}
		// A duplicate, and one that was adopted while the kernel knew, know it too.
		d, err := s.Dup()
		ok(t, err)
		defer d.Close()
		if peer, err = d.PeerName(); peer != from || err != nil {
			t.Errorf("the duplicate's peer is %v, %v; the client was %v", peer, err, from)
		}
	}
}

// Each end of a pair, and each client without a name, is remembered as what it is, and names nobody
// in errors.
func TestPeerNameUnnamed(t *testing.T) {
	l := listening(t, path(t), 5)
	client, server := join(t, l)
	a, b := pair(t, constants.SOCK_STREAM)
	for _, test := range []struct {
		s    *socket.Socket
		peer sockaddr.Addr
	}{{server, sockaddr.Unnamed()}, {client, name(t, l)}, {a, sockaddr.Unnamed()},
		{b, sockaddr.Unnamed()}} {
		if peer, err := test.s.PeerName(); peer != test.peer || err != nil {
			t.Errorf("%v: the peer is %v, %v; want %v", test.s, peer, err, test.peer)
		}
		set(t, test.s, func(p *socket.Params) { p.ReceiveTimeout = 1 })
		want := test.peer
		if want.IsUnnamed() {
			want = sockaddr.Addr{}
		}
		err := second(test.s.Receive(ctx, make([]byte, 1), 0))
		if e, isError := errors.AsType[*socket.Error](err); !isError ||
			e.Err != socket.ErrTimeout || e.Remote != want || e.Local.IsUnnamed() {
			t.Errorf("%v: %#v", test.s, err)
		}
	}
}
