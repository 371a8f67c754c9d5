package socket_test

import (
	"context"
	"errors"
	"io"
	"testing"
	"time"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/sockaddr"
	"example.com/bsdsocket/socket"
)

// Each test here is a defect that a library for the same purpose (mdlayher/socket v0.8.0) was seen
// to have.

// Defect 1: of two receivers with deadlines of their own, one wiped the other's when it was done,
// and neither ended.
func TestDefectDeadlineWiped(t *testing.T) {
	for range 10 {
		s := bound(t, constants.SOCK_DGRAM, loopback)
		long := start(
			func() error { return third(s.ReceiveFrom(within(t, 3*short), make([]byte, 1), 0)) })
		brief := start(
			func() error { return third(s.ReceiveFrom(within(t, short), make([]byte, 1), 0)) })
		is(t, result(t, brief), context.DeadlineExceeded)
		is(t, result(t, long), context.DeadlineExceeded)
		ok(t, s.Close())
	}
}

// Defect 2: a receiver without a deadline failed when another's passed.
func TestDefectTimeoutStolen(t *testing.T) {
	a, b := udp(t)
	patient := start(func() error { return third(b.ReceiveFrom(ctx, make([]byte, 1), 0)) })
	parked(t, 1)
	is(t, third(b.ReceiveFrom(within(t, short), make([]byte, 1), 0)), context.DeadlineExceeded)
	pending(t, patient)
	ok(t, second(a.SendTo(ctx, []byte("x"), name(t, b), 0)))
	ok(t, result(t, patient))
}

// Defect 3: a write with a context that ended returned a short count and no error.
func TestDefectShortWrite(t *testing.T) {
	b := make([]byte, 8<<20)
	for what, write := range map[string]func(*socket.Socket, time.Duration) (int, error){
		"SendAll": func(s *socket.Socket,
			d time.Duration) (int, error) {
			return s.SendAll(within(t, d), b, 0)
		},
		"Write": func(s *socket.Socket, d time.Duration) (int, error) {
			ok(t, s.SetWriteDeadline(time.Now().Add(d)))
			return s.Write(b)
		},
	} {
		inTime(t, short, func(unit time.Duration) bool {
			a, _ := pair(t, constants.SOCK_STREAM)
			n, err := write(a, unit)
			if n >= len(b) || !errors.Is(err, socket.ErrTimeout) {
				t.Errorf("%s: %d, %v", what, n, err)
			}
			return n > 0
		})
	}
}

// Defect 4: a connect to an AF_UNIX listener with a full backlog waited for its whole timeout,
// although a slot was free.
func TestDefectFullBacklog(t *testing.T) {
	l := listening(t, path(t), 0)
	var clients []*socket.Socket
	var waiting <-chan error
	for waiting == nil { // how many the system lets wait differs
		s := open(t, constants.AF_UNIX, constants.SOCK_STREAM, 0)
		clients = append(clients, s)
		done := start(func() error { return s.Connect(within(t, patience), name(t, l)) })
		select {
		case err := <-done:
			if err != nil {
				t.Skipf("needs a system that lets an AF_UNIX client wait for the backlog: %v", err)
			}
		case <-time.After(10 * short):
			waiting = done
		}
		if len(clients) > 100 {
			t.Skip("needs a system whose backlog fills up: 100 clients connected")
		}
	}
	begin := time.Now()
	for range clients {
		s, _, err := l.Accept(within(t, patience))
		ok(t, err)
		defer s.Close()
	}
	ok(t, result(t, waiting))
	if took := time.Since(begin); took > patience/2 {
		t.Errorf("the free slot was seen after %v", took)
	}
}

// Defect 5: an empty datagram, and an empty message of SOCK_SEQPACKET, was taken for the end.
func TestDefectEmptyMessageIsEOF(t *testing.T) {
	for _, typ := range []constants.SocketType{constants.SOCK_DGRAM, constants.SOCK_SEQPACKET} {
		a, b, err := socket.Pair(constants.AF_UNIX, typ, 0)
		if errors.Is(err, socket.ErrUnsupported) {
			t.Logf("%v: %v", typ, err)
			continue
		}
		ok(t, err)
		defer a.Close()
		defer b.Close()
		buf := make([]byte, 1)
		for what, read := range map[string]func() (int, error){
			"Read":    func() (int, error) { return b.Read(buf) },
			"Receive": func() (int, error) { return b.Receive(ctx, buf, 0) },
			"ReceiveFrom": func() (int, error) {
				n, _, err := b.ReceiveFrom(ctx, buf, 0)
				return n, err
			},
		} {
			ok(t, second(a.Send(ctx, nil, 0)))
			if n, err := read(); n != 0 || err != nil || err == io.EOF {
				t.Errorf("%v: %s: %d, %v", typ, what, n, err)
			}
		}
	}
}

// Defect 6: a send with MSG_DONTWAIT on a full socket waited.
func TestDefectDontWaitWaits(t *testing.T) {
	a, _ := pair(t, constants.SOCK_STREAM)
	fill(t, a)
	b := make([]byte, 10)
	for what, send := range map[string]func() error{
		"Send": func() error {
			return second(a.Send(within(t, patience), b, constants.MSG_DONTWAIT))
		},
		"SendTo": func() error {
			return second(a.SendTo(within(t, patience), b, sockaddr.Addr{}, constants.MSG_DONTWAIT))
		},
		"SendAll": func() error {
			return second(a.SendAll(within(t, patience), b, constants.MSG_DONTWAIT))
		},
		"SendMessage": func() error {
			return a.SendMessage(within(t, patience), &socket.Message{Buffers: [][]byte{b}},
				constants.MSG_DONTWAIT)
		},
	} {
		if err := send(); !errors.Is(err, socket.ErrWouldBlock) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// Defect 7, that a datagram sent and received costs 17 allocations and 21 with a context, is
// TestAllocations.

// Defect 8: after Close each method had an error of its own. TestClosedAndZero does this for all
// methods; this is for calls that were waiting, and for those that come later.
func TestDefectErrorsAfterClose(t *testing.T) {
	a, b := pair(t, constants.SOCK_STREAM)
	fill(t, a)
	receives := start(func() error { return second(a.Receive(ctx, make([]byte, 1), 0)) })
	reads := start(func() error { return second(a.Read(make([]byte, 1))) })
	sends := start(func() error { return second(a.Send(ctx, make([]byte, 1), 0)) })
	parked(t, 3)
	ok(t, a.Close())
	for what, err := range map[string]error{
		"waiting Receive": result(t, receives), "waiting Read": result(t, reads),
		"waiting Send": result(t, sends),
		"Receive":      second(a.Receive(ctx, make([]byte, 1), 0)),
		"Read":         second(a.Read(make([]byte, 1))),
		"Write":        second(a.Write(make([]byte, 1))), "Name": second(a.Name()),
		"SetDeadline": a.SetDeadline(time.Time{}),
	} {
		e, isError := errors.AsType[*socket.Error](err)
		if !isError || e.Err != socket.ErrClosed {
			t.Errorf("%s: %T %v", what, err, err)
		}
	}
	ok(t, b.Close())
}
