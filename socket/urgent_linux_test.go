package socket_test

import (
	"syscall"
	"testing"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/internal/testenv"
	"example.com/bsdsocket/sockaddr"
	"example.com/bsdsocket/socket"
)

// TestAtMark follows a stream to the mark of an urgent byte and past it (G5: MSG_OOB).
func TestAtMark(t *testing.T) {
	for kind, make := range map[string]func(t testing.TB) (a, b *socket.Socket){
		"TCP":  tcp,
		"UNIX": unixStreams,
	} {
		t.Run(kind, func(t *testing.T) {
			a, b := make(t)
			is(t, b.WaitUrgent(within(t, short)), socket.ErrTimeout)
			waited := start(func() error { return b.WaitUrgent(within(t, patience)) })
			send(t, a, "abc")
			_, err := a.Send(ctx, []byte("!"), constants.MSG_OOB)
			ok(t, err)
			send(t, a, "def")
			ok(t, result(t, waited))
			mark := func(want bool) {
				t.Helper()
				if at, err := b.AtMark(); at != want || err != nil {
					t.Errorf("at the mark: %t, %v; want %t", at, err, want)
				}
			}
			mark(false)
			receive(t, b, "abc")
			mark(true)
			buf := [9]byte{}
			if n, err := b.Receive(within(t, patience), buf[:],
				constants.MSG_OOB); string(buf[:n]) != "!" || err != nil {
				t.Errorf("%q, %v", buf[:n], err)
			}
			receive(t, b, "def")
			mark(false)
			// Who waits for what cannot come any more is told.
			ok(t, a.Close())
			ok(t, b.WaitUrgent(within(t, patience)))
			isNot(t, second(b.Receive(within(t, patience), buf[:], constants.MSG_OOB)),
				socket.ErrTimeout)
		})
	}
	s, _ := udp(t)
	_, err := s.AtMark()
	isNot(t, err)
}

// TestAtEnd tells the end from an empty message.
func TestAtEnd(t *testing.T) {
	for _, typ := range []constants.SocketType{constants.SOCK_STREAM, constants.SOCK_SEQPACKET,
		constants.SOCK_DGRAM} {
		a, b := pair(t, typ)
		end := func(want bool) {
			t.Helper()
			if at, err := b.AtEnd(); at != want || err != nil {
				t.Errorf("%v: %t, %v; want %t", typ, at, err, want)
			}
		}
		end(false)
		send(t, a, "x")
		end(false)
		if typ == constants.SOCK_DGRAM {
			ok(t, b.Shutdown(constants.SHUT_RD))
		} else {
			ok(t, a.Close())
		}
		end(false)
		receive(t, b, "x")
		end(true)
	}
	// A reset is met by the next receive, whoever looks before.
	a, b := pair(t, constants.SOCK_SEQPACKET)
	send(t, b, "unread")
	ok(t, a.Close())
	for range 2 {
		if at, err := b.AtEnd(); !at || err != nil {
			t.Error(at, err)
		}
	}
	for range 2 {
		is(t, second(b.Receive(within(t, patience), make([]byte, 1), 0)), syscall.ECONNRESET)
	}
}

// An empty record and a reset behind it are not taken for the peer's end.
func TestReadBeforeReset(t *testing.T) {
	a, b := pair(t, constants.SOCK_SEQPACKET)
	send(t, b, "unread")
	send(t, a, "")
	ok(t, a.Close())
	for range 3 {
		n, err := b.Read(make([]byte, 1))
		if n != 0 {
			t.Error(n)
		}
		is(t, err, syscall.ECONNRESET)
	}
}

// TestFastOpen sends with MSG_FASTOPEN: without a cookie the connection is waited for, with one the
// data is in its first segment.
func TestFastOpen(t *testing.T) {
	ns := testenv.NetNS(t)
	ns.Sysctl("net.ipv4.tcp_fastopen", "3")
	l := newIn(t, ns, constants.SOCK_STREAM)
	ok(t, l.Bind(loopback))
	option(t, l, constants.IPPROTO_TCP, constants.TCP_FASTOPEN, 5)
	ok(t, l.Listen(5))
	to := name(t, l)
	for round := range 3 {
		for _, message := range []bool{false, true} {
			c := newIn(t, ns, constants.SOCK_STREAM)
			var n int
			var err error
			if message {
				m := socket.Message{Buffers: [][]byte{[]byte("hel"), []byte("lo")}, Addr: to}
				err = c.SendMessage(within(t, patience), &m, constants.MSG_FASTOPEN)
				n = m.N
			} else {
				n, err = c.SendTo(within(t, patience), []byte("hello"), to, constants.MSG_FASTOPEN)
			}
			if n != 5 || err != nil {
				t.Fatalf("round %d: %d, %v", round, n, err)
			}
			s, _, err := l.Accept(within(t, patience))
			ok(t, err)
			receive(t, s, "hello")
			talk(t, c, s)
			if peer, err := c.PeerName(); peer != to || err != nil {
				t.Error(peer, err)
			}
			ok(t, s.Close())
		}
	}
	// Without a cookie it is to nobody what Connect is; with one it is sent before that is known.
	ok(t, l.Close())
	c := newIn(t, ns, constants.SOCK_STREAM)
	ok(t, second(c.SendTo(within(t, patience), []byte("hello"), to, constants.MSG_FASTOPEN)))
	is(t, second(c.Receive(within(t, patience), make([]byte, 1), 0)), syscall.ECONNREFUSED)
	c = newIn(t, ns, constants.SOCK_STREAM)
	other := sockaddr.MustParse("127.0.0.2:1")
	is(t, second(c.SendTo(within(t, patience), []byte("hello"), other, constants.MSG_FASTOPEN)),
		syscall.ECONNREFUSED, socket.ErrTransient)
}

// TestPeekErrorQueue peeks for all of a buffer while the error queue has a message: that is no end.
func TestPeekErrorQueue(t *testing.T) {
	a, b := tcp(t)
	stamped(t, a)
	ok(t, second(a.Write([]byte("stamped"))))
	receive(t, b, "stamped")
	queued(t, a)
	buf := make([]byte, 6)
	peeked := start(func() error {
		n, err := a.Receive(within(t, patience), buf, constants.MSG_PEEK|constants.MSG_WAITALL)
		if err == nil && n != 6 {
			t.Errorf("%d bytes", n)
		}
		return err
	})
	send(t, b, "abc")
	for {
		if n, err := a.Pending(); n == 3 || err != nil {
			break
		}
	}
	send(t, b, "def")
	ok(t, result(t, peeked))
}

// SendMessages connects as well, and sends all of its messages, whether the kernel has a cookie or
// not.
func TestFastOpenMessages(t *testing.T) {
	l := listening(t, loopback, 5)
	for range 2 {
		for _, parts := range []int{1, 2, 5} {
			c := open(t, constants.AF_INET, constants.SOCK_STREAM, 0)
			to := name(t, l)
			ms := make([]socket.Message, parts)
			for i := range ms {
				ms[i] = socket.Message{Buffers: [][]byte{[]byte("ab")}, Addr: to}
			}
			if n, err := c.SendMessages(within(t, patience), ms,
				constants.MSG_FASTOPEN); n != parts || err != nil {
				t.Fatalf("%d of %d messages: %v", n, parts, err)
			}
			s, _, err := l.Accept(within(t, patience))
			ok(t, err)
			b := make([]byte, 2*parts)
			n, err := s.Receive(within(t, patience), b, constants.MSG_WAITALL)
			if n != len(b) || err != nil {
				t.Errorf("%d bytes of %d, %v", n, len(b), err)
			}
			if p, err := c.PeerName(); p != to || err != nil {
				t.Errorf("the peer is %v, %v", p, err)
			}
			ok(t, s.Close())
		}
		option(t, l, constants.IPPROTO_TCP, constants.TCP_FASTOPEN, 5)
	}
}
