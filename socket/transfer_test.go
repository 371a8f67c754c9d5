package socket_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"syscall"
	"testing"
	"time"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/sockaddr"
	"example.com/bsdsocket/socket"
)

// streams are pairs of connected stream sockets.
var streams = []struct {
	what string
	make func(testing.TB) (a, b *socket.Socket)
}{
	{"TCP", tcp},
	{"AF_UNIX", func(t testing.TB) (a, b *socket.Socket) { return pair(t, constants.SOCK_STREAM) }},
}

// Rows E15 and E16: receive and send with the start and end of a slice.
func TestReceiveIntoPartOfABuffer(t *testing.T) {
	a, b := tcp(t)
	send(t, a, "hello world")
	buf := []byte("0123456789")
	n, err := b.Receive(within(t, patience), buf[2:7], 0)
	if n != 5 || err != nil || string(buf) != "01hello789" {
		t.Errorf("received %d, %v into %q", n, err, buf)
	}
	n, err = b.Send(ctx, buf[2:7], 0)
	if n != 5 || err != nil {
		t.Errorf("sent %d, %v", n, err)
	}
	receive(t, a, "hello")
}

// The end of a stream is 0 bytes without an error, again and again.
func TestReceiveAtTheEnd(t *testing.T) {
	for _, kind := range streams {
		a, b := kind.make(t)
		send(t, a, "last")
		ok(t, a.Shutdown(constants.SHUT_WR))
		receive(t, b, "last")
		for range 3 {
			receive(t, b, "")
		}
		if n, from, err := b.ReceiveFrom(within(t, patience), make([]byte, 1), 0); n != 0 ||
			from.IsValid() || err != nil {
			t.Errorf("%s: ReceiveFrom: %d, %v, %v", kind.what, n, from, err)
		}
		send(t, b, "half open") // row E13: the other direction lives on
		receive(t, a, "half open")
	}
}

// Rows E15 and E16: datagrams to and from addresses; the rest of one that does not fit is lost.
func TestDatagrams(t *testing.T) {
	for _, test := range []struct {
		what string
		at   func(testing.TB) sockaddr.Addr
	}{
		{"AF_INET", func(testing.TB) sockaddr.Addr { return loopback }},
		{"AF_INET6", func(testing.TB) sockaddr.Addr { return sockaddr.MustParse("[::1]:0") }},
		{"AF_UNIX", path},
	} {
		t.Run(test.what, func(t *testing.T) {
			a, b := bound(t, constants.SOCK_DGRAM, test.at(t)),
				bound(t, constants.SOCK_DGRAM, test.at(t))
			for _, what := range []string{"one", "", "three"} {
				n, err := a.SendTo(ctx, []byte(what), name(t, b), 0)
				if n != len(what) || err != nil {
					t.Fatalf("sent %d, %v", n, err)
				}
			}
			buf := make([]byte, 4)
			for _, want := range []string{"one", "", "thre"} {
				n, from, err := b.ReceiveFrom(within(t, patience), buf, 0)
				if string(buf[:n]) != want || from != name(t, a) || err != nil {
					t.Errorf("received %q from %v, %v; want %q from %v",
						buf[:n], from, err, want, name(t, a))
				}
			}
			if ready, err := b.ReceiveReady(); ready || err != nil {
				t.Errorf("something is left: %t, %v", ready, err)
			}
			// The answer goes to the address that was received.
			n, err := b.SendTo(ctx, []byte("back"), name(t, a), 0)
			if n != 4 || err != nil {
				t.Errorf("sent %d, %v", n, err)
			}
			receive(t, a, "back")
		})
	}
}

// A sender without a name has the zero Addr; so has every sender on a TCP stream.
func TestReceiveFromNobody(t *testing.T) {
	s := bound(t, constants.SOCK_DGRAM, path(t))
	c := open(t, constants.AF_UNIX, constants.SOCK_DGRAM, 0)
	_, err := c.SendTo(ctx, []byte("x"), name(t, s), 0)
	ok(t, err)
	buf := make([]byte, 10)
	if n, from, err := s.ReceiveFrom(within(t, patience), buf, 0); n != 1 || from.IsValid() ||
		err != nil {
		t.Errorf("from an unnamed socket: %d, %v, %v", n, from, err)
	}
	for _, kind := range streams {
		a, b := kind.make(t)
		send(t, a, "x")
		if n, from, err := b.ReceiveFrom(within(t, patience), buf, 0); n != 1 || from.IsValid() ||
			err != nil {
			t.Errorf("from a stream of %s: %d, %v, %v", kind.what, n, from, err)
		}
	}
}

// Nothing can be received into an empty buffer: a stream does not wait for that, and a datagram is
// discarded.
func TestEmptyBuffers(t *testing.T) {
	for _, kind := range streams {
		a, b := kind.make(t)
		for _, buf := range [][]byte{nil, {}} {
			for what, err := range map[string]error{
				"Receive":     second(b.Receive(within(t, short), buf, 0)),
				"ReceiveFrom": third(b.ReceiveFrom(within(t, short), buf, 0)),
				"Read":        second(b.Read(buf)),
				"Send":        second(b.Send(within(t, short), buf, 0)),
				"SendAll":     second(b.SendAll(within(t, short), buf, 0)),
				"Write":       second(b.Write(buf)),
			} {
				if err != nil {
					t.Errorf("%s: %s of nothing: %v", kind.what, what, err)
				}
			}
		}
		send(t, a, "x")
		receive(t, b, "x")
		ok(t, a.Close())
		for what, err := range map[string]error{
			"Receive": second(a.Receive(ctx, nil, 0)), "Read": second(a.Read(nil)),
			"Send": second(a.Send(ctx, nil, 0)), "SendAll": second(a.SendAll(ctx, nil, 0)),
			"Write": second(a.Write(nil)),
		} {
			if !errors.Is(err, socket.ErrClosed) {
				t.Errorf("%s: closed, %s of nothing: %v", kind.what, what, err)
			}
		}
	}
	a, b := pair(t, constants.SOCK_DGRAM)
	for _, receiveNothing := range []func() error{
		func() error { return second(b.Receive(within(t, patience), nil, 0)) },
		func() error { return third(b.ReceiveFrom(within(t, patience), nil, 0)) },
		func() error { return second(b.Read(nil)) },
	} {
		send(t, a, "lost")
		send(t, a, "next")
		ok(t, receiveNothing())
		receive(t, b, "next")
	}
	for what, sendNothing := range map[string]func() error{
		"Send":    func() error { return second(a.Send(ctx, nil, 0)) },
		"SendTo":  func() error { return second(a.SendTo(ctx, nil, sockaddr.Addr{}, 0)) },
		"SendAll": func() error { return second(a.SendAll(ctx, nil, 0)) },
		"Write":   func() error { return second(a.Write(nil)) },
	} {
		ok(t, sendNothing())
		if n, err := b.Receive(within(t, patience), make([]byte, 1), 0); n != 0 || err != nil {
			t.Errorf("%s of nothing was received as %d bytes, %v", what, n, err)
		}
	}
}

func second[A any](_ A, err error) error        { return err }
func third[A, B any](_ A, _ B, err error) error { return err }

// An oversize datagram is EMSGSIZE, and nothing of it is sent.
func TestOversizeDatagram(t *testing.T) {
	a, b := udp(t)
	big := make([]byte, 1<<16)
	n, err := a.SendTo(ctx, big, name(t, b), 0)
	if n != 0 || !errors.Is(err, syscall.EMSGSIZE) {
		t.Errorf("SendTo: %d, %v", n, err)
	}
	if e, isError := errors.AsType[*socket.Error](err); !isError || e.Remote != name(t, b) {
		t.Errorf("SendTo: error %v does not have the address", err)
	}
	ok(t, a.Connect(ctx, name(t, b)))
	set(t, a, func(p *socket.Params) { p.SendSize = 0 })
	for what, send := range map[string]func() (int, error){
		"Send":    func() (int, error) { return a.Send(ctx, big, 0) },
		"SendAll": func() (int, error) { return a.SendAll(ctx, big, 0) },
		"Write":   func() (int, error) { return a.Write(big) },
	} {
		if n, err := send(); n != 0 || !errors.Is(err, syscall.EMSGSIZE) {
			t.Errorf("%s: %d, %v", what, n, err)
		}
	}
	send(t, a, "small")
	receive(t, b, "small")
}

// SendTo with an address of the wrong family is an error, and so is one without an address on a
// socket without a peer.
func TestSendToWrongly(t *testing.T) {
	s := open(t, constants.AF_INET, constants.SOCK_DGRAM, 0)
	for _, test := range []struct {
		to   sockaddr.Addr
		want []error
	}{
		{sockaddr.MustParse("[::1]:9"), []error{syscall.EAFNOSUPPORT, socket.ErrUnsupported}},
		{sockaddr.MustParse("/nowhere"), []error{syscall.EINVAL, syscall.EAFNOSUPPORT}},
		{sockaddr.Addr{}, []error{syscall.EDESTADDRREQ, syscall.ENOTCONN}},
	} {
		n, err := s.SendTo(ctx, []byte("x"), test.to, 0)
		e, isError := errors.AsType[*socket.Error](err)
		if n != 0 || !isError || e.Op != "send to" || e.Remote != test.to ||
			!errors.Is(err, test.want[0]) && !errors.Is(err, test.want[1]) {
			t.Errorf("to %v: %d, %v", test.to, n, err)
		}
	}
}

// The other end is gone: EPIPE, and no SIGPIPE, which would end the test. See also TestNoSIGPIPE.
func TestSendToClosedPeer(t *testing.T) {
	for _, kind := range streams {
		a, b := kind.make(t)
		ok(t, b.Close())
		var err error
		for err == nil { // over TCP the first goes out, and its answer is a reset
			_, err = a.Send(within(t, patience), []byte("x"), 0)
		}
		if !errors.Is(err, syscall.EPIPE) && !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("%s: %v", kind.what, err)
		}
		_, err = a.Write([]byte("x"))
		is(t, err, syscall.EPIPE)
	}
}

// Row E13: shutdown, and the socket that is not connected.
func TestShutdown(t *testing.T) {
	a, b := tcp(t)
	ok(t, a.Shutdown(constants.SHUT_WR))
	_, err := a.Send(ctx, []byte("x"), 0)
	is(t, err, syscall.EPIPE)
	receive(t, b, "")
	send(t, b, "x")
	receive(t, a, "x")
	ok(t, b.Shutdown(constants.SHUT_RDWR))
	receive(t, a, "")

	// SHUT_RD wakes a receive that waits.
	a, b = tcp(t)
	done := start(func() error {
		n, err := a.Receive(ctx, make([]byte, 1), 0)
		if n != 0 {
			err = fmt.Errorf("received %d bytes", n)
		}
		return err
	})
	parked(t, 1)
	ok(t, a.Shutdown(constants.SHUT_RD))
	ok(t, result(t, done))
	send(t, a, "still writes")
	receive(t, b, "still writes")

	for _, k := range kinds {
		s := open(t, k.family, k.typ, k.protocol)
		for _, how := range []constants.ShutdownHow{constants.SHUT_RD, constants.SHUT_WR,
			constants.SHUT_RDWR} {
			if err := s.Shutdown(how); err != nil {
				t.Errorf("%v, not connected: %v: %v", s, how, err)
			}
		}
		if err := s.Shutdown(constants.Undefined); err == nil {
			t.Errorf("%v: shutdown of an undefined direction", s)
		}
	}
}

// Row G5: MSG_PEEK leaves what it shows.
func TestPeek(t *testing.T) {
	for _, kind := range streams {
		a, b := kind.make(t)
		send(t, a, "hello")
		buf := make([]byte, 10)
		for range 2 {
			if n, err := b.Receive(within(t, patience), buf[:3],
				constants.MSG_PEEK); string(buf[:n]) != "hel" || err != nil {
				t.Errorf("%s: peeked %q, %v", kind.what, buf[:n], err)
			}
		}
		receive(t, b, "hello")
	}
	a, b := udp(t)
	_, err := a.SendTo(ctx, []byte("hello"), name(t, b), 0)
	ok(t, err)
	buf := make([]byte, 10)
	for _, flags := range []constants.MsgFlag{constants.MSG_PEEK, constants.MSG_PEEK, 0} {
		n, from, err := b.ReceiveFrom(within(t, patience), buf, flags)
		if string(buf[:n]) != "hello" || from != name(t, a) || err != nil {
			t.Errorf("flags %v: %q from %v, %v", flags, buf[:n], from, err)
		}
	}
	if ready, _ := b.ReceiveReady(); ready {
		t.Error("the datagram is still there")
	}
}

// Row G5: an urgent byte out of the stream, and in it (SO_OOBINLINE).
func TestOutOfBand(t *testing.T) {
	for _, inline := range []bool{false, true} {
		t.Run(fmt.Sprintf("inline %t", inline), func(t *testing.T) {
			a, b := tcp(t)
			if inline {
				option(t, b, constants.SOL_SOCKET, constants.SO_OOBINLINE, 1)
			}
			send(t, a, "abc")
			n, err := a.Send(ctx, []byte("!"), constants.MSG_OOB)
			if n != 1 || err != nil {
				t.Fatalf("sent %d, %v", n, err)
			}
			send(t, a, "def")
			// The urgent byte comes after what was sent before it, and a receive stops in front of
			// it.
			receive(t, b, "abc")
			buf := make([]byte, 10)
			if inline {
				_, err := b.Receive(within(t, patience), buf, constants.MSG_OOB)
				is(t, err, syscall.EINVAL)
				want := "!def"
				n, err := b.Receive(within(t, patience), buf[:len(want)], constants.MSG_WAITALL)
				if string(buf[:n]) != want || err != nil {
					t.Errorf("received %q, %v; want %q", buf[:n], err, want)
				}
				return
			}
			if n, err := urgent(t, b, buf, constants.MSG_PEEK); string(buf[:n]) != "!" ||
				err != nil {
				t.Errorf("peeked %q, %v", buf[:n], err)
			}
			// The flag MSG_WAITALL means nothing here: there is one byte.
			if n, err := b.Receive(within(t, patience), buf,
				constants.MSG_OOB|constants.MSG_WAITALL); string(buf[:n]) != "!" || err != nil {
				t.Errorf("received %q, %v", buf[:n], err)
			}
			_, err = b.Receive(within(t, patience), buf, constants.MSG_OOB)
			is(t, err, syscall.EINVAL) // it was taken
			if n, err := b.Receive(within(t, patience), buf[:3],
				constants.MSG_WAITALL); string(buf[:n]) != "def" || err != nil {
				t.Errorf("then received %q, %v", buf[:n], err)
			}
		})
	}
}

// An urgent byte is received although another receive waits for ordinary data.
func TestOutOfBandBesideAReceive(t *testing.T) {
	a, b := tcp(t)
	ordinary := start(
		func() error { return second(b.Receive(within(t, patience), make([]byte, 10), 0)) })
	parked(t, 1)
	_, err := a.Send(ctx, []byte("!"), constants.MSG_OOB)
	ok(t, err)
	buf := make([]byte, 10)
	if n, err := urgent(t, b, buf, constants.MSG_DONTWAIT); string(buf[:n]) != "!" || err != nil {
		t.Errorf("received %q, %v", buf[:n], err)
	}
	pending(t, ordinary)
	send(t, a, "x")
	ok(t, result(t, ordinary))
}

// urgent receives the urgent byte. Before it has come, the kernel says EINVAL, and does not wait.
func urgent(t testing.TB, s *socket.Socket, b []byte, flags constants.MsgFlag) (n int, err error) {
	t.Helper()
	for end := time.Now().Add(patience); ; time.Sleep(time.Millisecond) {
		n, err = s.Receive(within(t, patience), b, constants.MSG_OOB|flags)
		if !errors.Is(err, syscall.EINVAL) && !errors.Is(err, socket.ErrWouldBlock) ||
			time.Now().After(end) {
			return n, err
		}
	}
}

// Row G5: MSG_DONTROUTE reaches what is on the link, such as this host.
func TestDontRoute(t *testing.T) {
	a, b := udp(t)
	n, err := a.SendTo(ctx, []byte("near"), name(t, b), constants.MSG_DONTROUTE)
	if n != 4 || err != nil {
		t.Errorf("sent %d, %v", n, err)
	}
	receive(t, b, "near")
}

// MSG_DONTWAIT does not wait: not for data, not for room, not for others, not for a deadline.
func TestDontWait(t *testing.T) {
	for _, kind := range streams {
		a, b := kind.make(t)
		buf := make([]byte, 10)
		check := func(what string, err error) {
			t.Helper()
			is(t, err, socket.ErrWouldBlock, syscall.EAGAIN)
			isNot(t, err, socket.ErrTimeout, socket.ErrTransient)
			if e, isError := errors.AsType[*socket.Error](err); !isError || e.Timeout() {
				t.Errorf("%s: %s: %v: Timeout is true", kind.what, what, err)
			}
		}
		check("Receive", second(b.Receive(ctx, buf, constants.MSG_DONTWAIT)))
		check("ReceiveFrom", third(b.ReceiveFrom(ctx, buf, constants.MSG_DONTWAIT)))
		check("MSG_WAITALL",
			second(b.Receive(ctx, buf, constants.MSG_DONTWAIT|constants.MSG_WAITALL)))
		check("MSG_PEEK", second(b.Receive(ctx, buf, constants.MSG_DONTWAIT|constants.MSG_PEEK)))

		// Another receive waits.
		waiting := start(
			func() error { return second(b.Receive(within(t, patience), make([]byte, 1), 0)) })
		parked(t, 1)
		check("Receive beside another", second(b.Receive(ctx, buf, constants.MSG_DONTWAIT)))
		send(t, a, "x")
		ok(t, result(t, waiting))

		fill(t, a)
		check("Send", second(a.Send(ctx, buf, constants.MSG_DONTWAIT)))
		n, err := a.SendAll(ctx, make([]byte, 1<<20), constants.MSG_DONTWAIT)
		if n != 0 {
			t.Errorf("%s: SendAll sent %d", kind.what, n)
		}
		check("SendAll", err)
		// as much as is there
		n, err = b.Receive(ctx, make([]byte, 1<<24), constants.MSG_DONTWAIT|constants.MSG_WAITALL)
		if n == 0 {
			t.Errorf("%s: received nothing", kind.what)
		}
		check("MSG_WAITALL with data", err)
	}
}

// What one call sends is not torn apart by another's, also if that other does not wait.
func TestSendsAreNotTornApart(t *testing.T) {
	a, b := pair(t, constants.SOCK_STREAM)
	small(t, a, b)
	wide(t, a, b)
	set(t, a, func(p *socket.Params) { p.SendSize = 1000 })
	const size = 1 << 22
	done := start(func() error {
		return second(a.SendAll(within(t, patience), bytes.Repeat([]byte("A"), size), 0))
	})
	parked(t, 1)
	stop := make(chan struct{})
	other := start(func() error {
		for {
			select {
			case <-stop:
				return nil
			default:
				if _, err := a.Send(ctx, []byte("B"), constants.MSG_DONTWAIT); err != nil &&
					!errors.Is(err, socket.ErrWouldBlock) {
					return err
				}
			}
		}
	})
	got := make([]byte, size)
	n, err := b.Receive(within(t, patience), got, constants.MSG_WAITALL)
	close(stop)
	if n != size || err != nil || bytes.Count(got, []byte("A")) != size {
		t.Errorf("received %d, %v; %d of another call between them",
			n, err, bytes.Count(got, []byte("B")))
	}
	ok(t, result(t, done))
	ok(t, result(t, other))
}

// MSG_WAITALL waits until the buffer is full, however the data comes.
func TestWaitAll(t *testing.T) {
	for _, kind := range streams {
		for _, peek := range []constants.MsgFlag{0, constants.MSG_PEEK} {
			t.Run(fmt.Sprint(kind.what, peek), func(t *testing.T) {
				a, b := kind.make(t)
				const want = "one two three"
				got := make([]byte, len(want))
				done := start(func() error {
					n, err := b.Receive(within(t, patience), got, constants.MSG_WAITALL|peek)
					if err == nil && n != len(want) {
						err = fmt.Errorf("received %d", n)
					}
					return err
				})
				for part := range strings.SplitAfterSeq(want, " ") {
					parked(t, 1)
					pending(t, done)
					send(t, a, part)
				}
				ok(t, result(t, done))
				if string(got) != want {
					t.Errorf("received %q", got)
				}
				if peek != 0 {
					receive(t, b, want)
				}
				if ready, _ := b.ReceiveReady(); ready {
					t.Error("something is left")
				}
			})
		}
	}
}

// The end of the stream, an error or a timeout ends MSG_WAITALL with what has come so far.
func TestWaitAllCutShort(t *testing.T) {
	for _, kind := range streams {
		for _, peek := range []constants.MsgFlag{0, constants.MSG_PEEK} {
			for _, cut := range []struct {
				what string
				do   func(peer *socket.Socket, cancel context.CancelFunc)
				want error
			}{
				{"end", func(peer *socket.Socket, _ context.CancelFunc) {
					peer.Shutdown(constants.SHUT_WR)
				}, nil},
				{"close", func(peer *socket.Socket, _ context.CancelFunc) { peer.Close() }, nil},
				{"cancel", func(_ *socket.Socket, cancel context.CancelFunc) { cancel() },
					context.Canceled},
				{"timeout", func(*socket.Socket, context.CancelFunc) {}, socket.ErrTimeout},
			} {
				t.Run(fmt.Sprint(kind.what, peek, cut.what), func(t *testing.T) {
					a, b := kind.make(t)
					send(t, a, "abc")
					ok(t, b.WaitReceive(within(t, patience)))
					if cut.want == socket.ErrTimeout {
						set(t, b, func(p *socket.Params) { p.ReceiveTimeout = short })
					}
					c, cancel := context.WithCancel(within(t, patience))
					defer cancel()
					got := make([]byte, 10)
					n := 0
					done := start(func() (err error) {
						n, err = b.Receive(c, got, constants.MSG_WAITALL|peek)
						return err
					})
					if cut.want != socket.ErrTimeout {
						parked(t, 1)
					}
					cut.do(a, cancel)
					err := result(t, done)
					if !errors.Is(err, cut.want) || string(got[:n]) != "abc" {
						t.Errorf("received %q, %v; want abc, %v", got[:n], err, cut.want)
					}
					if peek != 0 {
						receive(t, b, "abc")
					}
				})
			}
		}
	}
}

// On message sockets MSG_WAITALL means nothing: one message is one receive.
func TestWaitAllOfMessages(t *testing.T) {
	a, b := pair(t, constants.SOCK_DGRAM)
	send(t, a, "abc")
	got := make([]byte, 10)
	if n, err := b.Receive(within(t, patience), got,
		constants.MSG_WAITALL); string(got[:n]) != "abc" || err != nil {
		t.Errorf("received %q, %v", got[:n], err)
	}
	send(t, a, "def")
	if n, _, err := b.ReceiveFrom(within(t, patience), got,
		constants.MSG_WAITALL); string(got[:n]) != "def" || err != nil {
		t.Errorf("received %q, %v", got[:n], err)
	}
}

// Row E16: SendAll sends in chunks of SendSize, which over datagram sockets are the datagrams.
func TestSendAllChunks(t *testing.T) {
	for _, test := range []struct {
		size, chunk int
		want        []int
	}{
		{10, 4, []int{4, 4, 2}},
		{8, 4, []int{4, 4}},
		{3, 4, []int{3}},
		{10, 0, []int{10}},
		{3, 1, []int{1, 1, 1}},
		{0, 4, []int{0}},
		{40000, 16384, []int{16384, 16384, 7232}}, // the egg's default
	} {
		a, b := pair(t, constants.SOCK_DGRAM)
		set(t, a, func(p *socket.Params) { p.SendSize = test.chunk })
		data := make([]byte, test.size)
		for i := range data {
			data[i] = byte(rand.Int())
		}
		n, err := a.SendAll(within(t, patience), data, 0)
		if n != test.size || err != nil {
			t.Errorf("%d in chunks of %d: sent %d, %v", test.size, test.chunk, n, err)
		}
		buf := make([]byte, 1<<16)
		var got []byte
		for i, want := range test.want {
			n, err := b.Receive(within(t, patience), buf, 0)
			if n != want || err != nil {
				t.Errorf("%d in chunks of %d: datagram %d has %d bytes, %v; want %d",
					test.size, test.chunk, i, n, err, want)
			}
			got = append(got, buf[:n]...)
		}
		if ready, _ := b.ReceiveReady(); ready || !bytes.Equal(got, data) {
			t.Errorf("%d in chunks of %d: more came, or other data", test.size, test.chunk)
		}
	}
}

// SendAll of more than any buffer holds, to a peer that reads slowly.
func TestSendAllLarge(t *testing.T) {
	for _, kind := range streams {
		a, b := kind.make(t)
		wide(t, a, b)
		data := make([]byte, 4<<20)
		for i := range data {
			data[i] = byte(i >> 8)
		}
		done := start(func() error {
			n, err := a.SendAll(within(t, patience), data, 0)
			if err == nil && n != len(data) {
				err = fmt.Errorf("sent %d", n)
			}
			return err
		})
		got := make([]byte, len(data))
		for n := 0; n < len(got); {
			m, err := b.Receive(within(t, patience), got[n:min(len(got), n+50000)], 0)
			if m == 0 || err != nil {
				t.Fatalf("%s: %d, %v after %d", kind.what, m, err, n)
			}
			n += m
		}
		ok(t, result(t, done))
		if !bytes.Equal(got, data) {
			t.Errorf("%s: other data came", kind.what)
		}
	}
}

// Of a SendAll that fails in the middle, exactly the bytes that it reports have been sent.
func TestSendAllCutShort(t *testing.T) {
	for _, kind := range streams {
		for _, cut := range []struct {
			what string
			do   func(s *socket.Socket, cancel context.CancelFunc)
			want error
		}{
			{"cancel", func(_ *socket.Socket, cancel context.CancelFunc) { cancel() },
				context.Canceled},
			{"timeout", func(*socket.Socket, context.CancelFunc) {}, socket.ErrTimeout},
			{"deadline", func(s *socket.Socket, _ context.CancelFunc) {
				s.SetWriteDeadline(time.Now())
			}, socket.ErrTimeout},
			{"close", func(s *socket.Socket, _ context.CancelFunc) { s.Close() }, socket.ErrClosed},
		} {
			t.Run(kind.what+"/"+cut.what, func(t *testing.T) {
				a, b := kind.make(t)
				if cut.what == "timeout" {
					set(t, a, func(p *socket.Params) { p.SendTimeout = short })
				}
				c, cancel := context.WithCancel(within(t, patience))
				defer cancel()
				data := make([]byte, 8<<20)
				for i := range data {
					data[i] = byte(i >> 10)
				}
				n := 0
				done := start(func() (err error) {
					n, err = a.SendAll(c, data, 0)
					return err
				})
				if cut.what != "timeout" {
					parked(t, 1)
				}
				cut.do(a, cancel)
				is(t, result(t, done), cut.want)
				if n == 0 || n == len(data) {
					t.Fatalf("sent %d of %d", n, len(data))
				}
				ok(t, a.Close())
				got := make([]byte, len(data))
				m, err := b.Receive(within(t, patience), got, constants.MSG_WAITALL)
				if m != n || err != nil || !bytes.Equal(got[:m], data[:m]) {
					t.Errorf("reported %d bytes, received %d, %v", n, m, err)
				}
			})
		}
	}
}

// A timeout of Params limits each wait, not the whole: a peer that always reads a little does not
// time out.
func TestSendAllTimeoutIsForEachStep(t *testing.T) {
	inTime(t, 200*time.Millisecond, func(timeout time.Duration) bool {
		a, b := pair(t, constants.SOCK_STREAM)
		small(t, a, b)
		wide(t, a, b)
		set(t, a, func(p *socket.Params) { p.SendTimeout = timeout; p.SendSize = 2000 })
		data := make([]byte, 2_000_000)
		received := start(func() error {
			for n := 0; n < len(data); {
				time.Sleep(timeout / 20)
				m, err := b.Receive(within(t, patience), make([]byte, len(data)/30), 0)
				if err != nil {
					return err
				}
				n += m
			}
			return nil
		})
		begin := time.Now()
		n, err := a.SendAll(ctx, data, 0)
		if errors.Is(err, socket.ErrTimeout) {
			ok(t, second(a.SendAll(within(t, patience), data[n:], 0)))
			ok(t, result(t, received))
			return false
		}
		ok(t, err)
		if took := time.Since(begin); took < timeout {
			t.Errorf("it took %v, so that nothing was tested", took)
		}
		ok(t, result(t, received))
		return true
	})
}

// The same of a receive with MSG_WAITALL: what comes begins its timeout anew.
func TestWaitAllTimeoutIsForEachStep(t *testing.T) {
	inTime(t, 200*time.Millisecond, func(timeout time.Duration) bool {
		a, b := pair(t, constants.SOCK_STREAM)
		set(t, b, func(p *socket.Params) { p.ReceiveTimeout = timeout })
		const steps = 24
		sent := start(func() error {
			for range steps {
				time.Sleep(timeout / 20)
				if _, err := a.Send(ctx, []byte("x"), 0); err != nil {
					return err
				}
			}
			return nil
		})
		begin := time.Now()
		n, err := b.Receive(ctx, make([]byte, steps), constants.MSG_WAITALL)
		took := time.Since(begin)
		ok(t, result(t, sent))
		if errors.Is(err, socket.ErrTimeout) {
			return false
		}
		if ok(t, err); n != steps || took < timeout {
			t.Errorf("received %d of %d in %v", n, steps, took)
		}
		return true
	})
}

// A peer that resets the connection in the middle ends SendAll with the error, and the count of
// what was sent.
func TestSendAllReset(t *testing.T) {
	a, b := tcp(t)
	n := 0
	done := start(func() (err error) {
		n, err = a.SendAll(within(t, patience), make([]byte, 8<<20), 0)
		return err
	})
	parked(t, 1)
	receiveSome(t, b) // with data unread, close(2) resets
	ok(t, b.Close())
	err := result(t, done)
	if !errors.Is(err, syscall.ECONNRESET) && !errors.Is(err, syscall.EPIPE) {
		t.Errorf("error %v", err)
	}
	if n == 0 || n == 8<<20 {
		t.Errorf("sent %d", n)
	}
	if e, isError := errors.AsType[*socket.Error](err); !isError || e.Op != "send all" ||
		!e.Remote.IsValid() {
		t.Errorf("error %v does not know the peer", err)
	}
	_, err = a.Receive(within(t, patience), make([]byte, 1), 0)
	if err != nil && !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("receive: %v", err)
	}
}

func receiveSome(t *testing.T, s *socket.Socket) {
	t.Helper()
	if n, err := s.Receive(within(t, patience), make([]byte, 100), 0); n == 0 || err != nil {
		t.Fatalf("received %d, %v", n, err)
	}
}

// Rows E12, E15: readiness without waiting, and waiting without a transfer.
func TestReady(t *testing.T) {
	l := listening(t, loopback, 1)
	check := func(what string, get func() (bool, error), want bool) {
		t.Helper()
		if got, err := get(); got != want || err != nil {
			t.Errorf("%s: %t, %v; want %t", what, got, err, want)
		}
	}
	check("accept", l.AcceptReady, false)
	waiting := start(func() error { return l.WaitReceive(within(t, patience)) })
	parked(t, 1)
	a := open(t, constants.AF_INET, constants.SOCK_STREAM, 0)
	ok(t, a.Connect(within(t, patience), name(t, l)))
	ok(t, result(t, waiting))
	check("accept", l.AcceptReady, true)
	b, _, err := l.Accept(ctx)
	ok(t, err)
	defer b.Close()
	check("accept", l.AcceptReady, false)

	check("receive", b.ReceiveReady, false)
	check("send", a.SendReady, true)
	ok(t, a.WaitSend(within(t, patience)))
	waiting = start(func() error { return b.WaitReceive(within(t, patience)) })
	parked(t, 1)
	send(t, a, "x")
	ok(t, result(t, waiting))
	ok(t, b.WaitReceive(within(t, patience))) // it takes nothing
	check("receive", b.ReceiveReady, true)
	receive(t, b, "x")
	check("receive", b.ReceiveReady, false)

	fill(t, a)
	check("send", a.SendReady, false)
	waiting = start(func() error { return a.WaitSend(within(t, patience)) })
	parked(t, 1)
	drain(t, b)
	ok(t, result(t, waiting))

	ok(t, a.Close())
	ok(t, b.WaitReceive(within(t, patience)))
	check("receive at the end", b.ReceiveReady, true)
}

// drain receives what is there.
func drain(t testing.TB, s *socket.Socket) {
	t.Helper()
	buf := make([]byte, 1<<16)
	for {
		n, err := s.Receive(ctx, buf, constants.MSG_DONTWAIT)
		if errors.Is(err, socket.ErrWouldBlock) || n == 0 && s.Type() == constants.SOCK_STREAM {
			return
		}
		ok(t, err)
	}
}

// WaitReceive and WaitSend end with the context and the deadline, and know no timeout of Params.
func TestWaitEnds(t *testing.T) {
	a, _ := pair(t, constants.SOCK_STREAM)
	fill(t, a)
	set(t, a, func(p *socket.Params) { p.ReceiveTimeout = 1; p.SendTimeout = 1 })
	for what, wait := range map[string]func(context.Context) error{"receive": a.WaitReceive,
		"send": a.WaitSend} {
		atLeast(t, short,
			func() { is(t, wait(within(t, short)), context.DeadlineExceeded, socket.ErrTimeout) })
		ok(t, a.SetDeadline(time.Now().Add(short)))
		err := wait(ctx)
		is(t, err, socket.ErrTimeout)
		if e, isError := errors.AsType[*socket.Error](err); !isError || e.Op != "wait "+what {
			t.Errorf("%s: %v", what, err)
		}
		ok(t, a.SetDeadline(time.Time{}))
		c, cancel := context.WithCancel(ctx)
		done := start(func() error { return wait(c) })
		parked(t, 1)
		cancel()
		is(t, result(t, done), context.Canceled)
	}
}

// Pending is FIONREAD.
func TestPending(t *testing.T) {
	a, b := tcp(t)
	check := func(want int) {
		t.Helper()
		ok(t, b.WaitReceive(within(t, patience)))
		if n, err := b.Pending(); n != want || err != nil {
			t.Errorf("%d bytes are pending, %v; want %d", n, err, want)
		}
	}
	if n, err := b.Pending(); n != 0 || err != nil {
		t.Errorf("%d bytes are pending, %v", n, err)
	}
	send(t, a, "hello")
	check(5)
	_, err := b.Receive(ctx, make([]byte, 2), 0)
	ok(t, err)
	check(3)
	a, b = udp(t)
	for range 2 {
		_, err = a.SendTo(ctx, []byte("hello"), name(t, b), 0)
		ok(t, err)
	}
	ok(t, b.WaitReceive(within(t, patience)))
	if n, err := b.Pending(); n < 5 || err != nil { // of one datagram on Linux, of all elsewhere
		t.Errorf("%d bytes are pending, %v", n, err)
	}
}

// A receive on a stream has the sender's address over AF_UNIX alone, and IPv4 addresses do on a UDP
// socket of both versions.
func TestAddressesOfStreams(t *testing.T) {
	at := path(t)
	l := listening(t, at, 1)
	c, s := join(t, l)
	send(t, s, "x")
	if _, from, err := c.ReceiveFrom(within(t, patience), make([]byte, 1), 0); from != at ||
		err != nil {
		t.Errorf("%v, %v; want %v", from, err, at)
	}
	a, b := tcp(t)
	send(t, a, "x")
	if _, from, err := b.ReceiveFrom(within(t, patience), make([]byte, 1), 0); from.IsValid() ||
		err != nil {
		t.Errorf("%v, %v", from, err)
	}
	r := bound(t, constants.SOCK_DGRAM, loopback)
	six := open(t, constants.AF_INET6, constants.SOCK_DGRAM, 0)
	option(t, six, constants.IPPROTO_IPV6, constants.IPV6_V6ONLY, 0)
	ok(t, second(six.SendTo(ctx, []byte("four"), name(t, r), 0)))
	receive(t, r, "four")
}
