package socket_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"testing"
	"time"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/sockaddr"
	"example.com/bsdsocket/socket"
)

// A waiter is a call that waits for ever unless something ends it, and the deadline and the
// parameter that are its own.
type waiter struct {
	what     string
	make     func(testing.TB) (*socket.Socket, func(context.Context) error)
	deadline func(*socket.Socket, time.Time) error
	timeout  func(*socket.Params) *time.Duration
}

var waiters = []waiter{
	{"Receive", receiver(func(c context.Context, s *socket.Socket) error {
		return second(s.Receive(c, make([]byte, 1), 0))
	}),
		(*socket.Socket).SetReadDeadline,
		func(p *socket.Params) *time.Duration { return &p.ReceiveTimeout }},
	{"ReceiveFrom", receiver(func(c context.Context, s *socket.Socket) error {
		return third(s.ReceiveFrom(c, make([]byte, 1), 0))
	}),
		(*socket.Socket).SetReadDeadline,
		func(p *socket.Params) *time.Duration { return &p.ReceiveTimeout }},
	{"Receive MSG_WAITALL", receiver(func(c context.Context, s *socket.Socket) error {
		return second(s.Receive(c, make([]byte, 1), constants.MSG_WAITALL))
	}), (*socket.Socket).SetReadDeadline,
		func(p *socket.Params) *time.Duration { return &p.ReceiveTimeout }},
	{"Send", sender(func(c context.Context, s *socket.Socket) error {
		return second(s.Send(c, make([]byte, 1), 0))
	}),
		(*socket.Socket).SetWriteDeadline,
		func(p *socket.Params) *time.Duration { return &p.SendTimeout }},
	{"SendTo", sender(func(c context.Context, s *socket.Socket) error {
		return second(s.SendTo(c, make([]byte, 1), sockaddr.Addr{}, 0))
	}), (*socket.Socket).SetWriteDeadline,
		func(p *socket.Params) *time.Duration { return &p.SendTimeout }},
	{"SendAll", sender(func(c context.Context, s *socket.Socket) error {
		return second(s.SendAll(c, make([]byte, 1), 0))
	}),
		(*socket.Socket).SetWriteDeadline,
		func(p *socket.Params) *time.Duration { return &p.SendTimeout }},
	{"Accept", func(t testing.TB) (*socket.Socket, func(context.Context) error) {
		l := listening(t, loopback, 1)
		return l, func(c context.Context) error { return third(l.Accept(c)) }
	}, (*socket.Socket).SetReadDeadline,
		func(p *socket.Params) *time.Duration { return &p.AcceptTimeout }},
	// Connect is in connect_linux_test.go: where else it waits for ever is not known.
}

func receiver(call func(context.Context,
	*socket.Socket) error) func(testing.TB) (*socket.Socket, func(context.Context) error) {
	return func(t testing.TB) (*socket.Socket, func(context.Context) error) {
		s, _ := pair(t, constants.SOCK_STREAM)
		return s, func(c context.Context) error { return call(c, s) }
	}
}

func sender(call func(context.Context,
	*socket.Socket) error) func(testing.TB) (*socket.Socket, func(context.Context) error) {
	return func(t testing.TB) (*socket.Socket, func(context.Context) error) {
		s, _ := pair(t, constants.SOCK_STREAM)
		fill(t, s)
		return s, func(c context.Context) error { return call(c, s) }
	}
}

// eachWaiter runs a test for every call that waits, with no timeouts of its own.
func eachWaiter(t *testing.T,
	test func(t *testing.T, w waiter, s *socket.Socket, call func(context.Context) error)) {
	for _, w := range waiters {
		t.Run(w.what, func(t *testing.T) {
			s, call := w.make(t)
			ok(t, s.SetParams(socket.Params{}))
			test(t, w, s, call)
		})
	}
}

const never = time.Hour

// Row X4: deadline, context and timeout together: the earliest ends the call, and says which it
// was.
func TestEarliestWins(t *testing.T) {
	eachWaiter(t, func(t *testing.T, w waiter, s *socket.Socket, call func(context.Context) error) {
		for _, test := range []struct {
			deadline, context, timeout time.Duration // 0: none
			byContext                  bool
		}{
			{short, 0, 0, false},
			{0, short, 0, true},
			{0, 0, short, false},
			{short, never, never, false},
			{never, short, never, true},
			{never, never, short, false},
			{short, never, 0, false},
			{0, short, never, true},
			{never, 0, short, false},
		} {
			what := fmt.Sprintf("deadline %v, context %v, timeout %v",
				test.deadline, test.context, test.timeout)
			set(t, s, func(p *socket.Params) { *w.timeout(p) = test.timeout })
			begin := time.Now()
			ok(t, w.deadline(s, after(begin, test.deadline)))
			c, cancel := ctx, context.CancelFunc(func() {})
			if test.context != 0 {
				c, cancel = context.WithDeadline(ctx, begin.Add(test.context))
			}
			err := call(c)
			took := time.Since(begin)
			cancel()
			is(t, err, socket.ErrTimeout, os.ErrDeadlineExceeded)
			if byContext := errors.Is(err, context.DeadlineExceeded); byContext != test.byContext {
				t.Errorf("%s: %q is the context's: %t", what, err, byContext)
			}
			if e, isError := errors.AsType[*socket.Error](err); !isError || !e.Timeout() {
				t.Errorf("%s: %q: Timeout is false", what, err)
			}
			if took < short {
				t.Errorf("%s: it took %v", what, took)
			}
		}
	})
}

// A deadline that is set while a call waits with an earlier end of its own does not put that off.
func TestSetDeadlineBehindATimeout(t *testing.T) {
	eachWaiter(t, func(t *testing.T, w waiter, s *socket.Socket, call func(context.Context) error) {
		set(t, s, func(p *socket.Params) { *w.timeout(p) = 2 * short })
		done := start(func() error { return call(ctx) })
		for end := time.Now().Add(patience); len(done) == 0 &&
			time.Now().Before(end); time.Sleep(time.Millisecond) {
			ok(t, w.deadline(s, time.Now().Add(never)))
		}
		is(t, result(t, done), socket.ErrTimeout)
	})
}

// after is the zero time for 0.
func after(begin time.Time, d time.Duration) time.Time {
	if d == 0 {
		return time.Time{}
	}
	return begin.Add(d)
}

// A deadline that is moved while a call waits takes effect at once: to an earlier time, a later
// one, or none.
func TestMoveDeadline(t *testing.T) {
	eachWaiter(t, func(t *testing.T, w waiter, s *socket.Socket, call func(context.Context) error) {
		for _, first := range []time.Duration{0, never} {
			ok(t, w.deadline(s, after(time.Now(), first)))
			done := start(func() error { return call(ctx) })
			parked(t, 1)
			ok(t, w.deadline(s, time.Now().Add(-1)))
			is(t, result(t, done), socket.ErrTimeout)
		}

		// Later, then none, then an earlier one again. The first would have passed meanwhile.
		inTime(t, 10*short, func(unit time.Duration) bool {
			begin := time.Now()
			ok(t, w.deadline(s, begin.Add(unit)))
			done := start(func() error { return call(ctx) })
			ok(t, w.deadline(s, begin.Add(unit+short)))
			ok(t, w.deadline(s, begin.Add(never)))
			ok(t, w.deadline(s, time.Time{}))
			if time.Since(begin) >= unit {
				ok(t, w.deadline(s, time.Now()))
				is(t, result(t, done), socket.ErrTimeout)
				return false
			}
			time.Sleep(time.Until(begin.Add(unit + 2*short)))
			parked(t, 1)
			pending(t, done)
			ok(t, w.deadline(s, time.Now()))
			is(t, result(t, done), socket.ErrTimeout)
			return true
		})
	})
}

// A deadline in the past fails the call before it is tried: what could be done at once is not. So
// does an ended context.
func TestPastDeadline(t *testing.T) {
	a, b := pair(t, constants.SOCK_STREAM)
	send(t, a, "x")
	for _, past := range []time.Time{time.Now().Add(-1), time.Now().Add(-24 * 365 * time.Hour),
		time.Unix(0, 0), time.Unix(-1<<40, 0)} {
		ok(t, b.SetReadDeadline(past))
		n, err := b.Receive(ctx, make([]byte, 1), 0)
		if n != 0 || !errors.Is(err, socket.ErrTimeout) {
			t.Errorf("deadline %v: received %d, %v", past, n, err)
		}
		ok(t, a.SetWriteDeadline(past))
		if n, err := a.Send(ctx, []byte("y"), 0); n != 0 || !errors.Is(err, socket.ErrTimeout) {
			t.Errorf("deadline %v: sent %d, %v", past, n, err)
		}
	}
	ok(t, a.SetDeadline(time.Time{}))
	ok(t, b.SetDeadline(time.Time{}))
	ended, cancel := context.WithDeadline(ctx, time.Now().Add(-1))
	defer cancel()
	n, err := b.Receive(ended, make([]byte, 1), 0)
	is(t, err, context.DeadlineExceeded, socket.ErrTimeout)
	if n != 0 {
		t.Errorf("received %d", n)
	}
	receive(t, b, "x")
	if ready, _ := b.ReceiveReady(); ready {
		t.Error("a send with a past deadline was made")
	}
}

// What is there is received although the time is short: a call that need not wait does not look at
// clocks.
func TestNoWaitNoTimeout(t *testing.T) {
	a, b := pair(t, constants.SOCK_STREAM)
	set(t, b, func(p *socket.Params) { p.ReceiveTimeout = 1 })
	set(t, a, func(p *socket.Params) { p.SendTimeout = 1 })
	for range 100 {
		ok(t, second(a.Send(ctx, []byte("x"), 0)))
		ok(t, second(b.Receive(ctx, make([]byte, 1), 0)))
	}
}

// Far away deadlines are none, not ones in the past.
func TestFarDeadline(t *testing.T) {
	a, b := pair(t, constants.SOCK_STREAM)
	for _, far := range []time.Time{time.Now().Add(1<<63 - 1), time.Unix(1<<40, 0),
		time.Unix(1<<62, 0)} {
		ok(t, b.SetDeadline(far))
		set(t, b, func(p *socket.Params) { p.ReceiveTimeout = 1<<63 - 1 })
		done := start(func() error { return second(b.Receive(ctx, make([]byte, 1), 0)) })
		parked(t, 1)
		send(t, a, "x")
		ok(t, result(t, done))
	}
}

// The end of one call never leaks into the next: not its timeout, its deadline, its context or its
// cancellation.
func TestNoLeakIntoTheNextCall(t *testing.T) {
	eachWaiter(t, func(t *testing.T, w waiter, s *socket.Socket, call func(context.Context) error) {
		for range 3 {
			set(t, s, func(p *socket.Params) { *w.timeout(p) = 1 })
			is(t, call(ctx), socket.ErrTimeout)
			set(t, s, func(p *socket.Params) { *w.timeout(p) = 0 })
			waits(t, call)

			is(t, call(within(t, time.Millisecond)), context.DeadlineExceeded)
			waits(t, call)

			ok(t, w.deadline(s, time.Now().Add(time.Millisecond)))
			is(t, call(ctx), socket.ErrTimeout)
			ok(t, w.deadline(s, time.Time{}))
			waits(t, call)
		}
	})
}

// waits checks that a call waits, until it is cancelled.
func waits(t *testing.T, call func(context.Context) error) {
	t.Helper()
	c, cancel := context.WithCancel(ctx)
	done := start(func() error { return call(c) })
	parked(t, 1)
	cancel()
	err := result(t, done)
	is(t, err, context.Canceled)
	isNot(t, err, socket.ErrTimeout)
}

// A call that begins when the deadline of an earlier one is still armed, and earlier than its own,
// outlives it.
func TestOlderDeadlineArmed(t *testing.T) {
	inTime(t, 5*short, func(unit time.Duration) bool {
		a, b := pair(t, constants.SOCK_STREAM)
		set(t, b, func(p *socket.Params) { p.ReceiveTimeout = unit })
		first := start(func() error { return second(b.Receive(ctx, make([]byte, 1), 0)) })
		parked(t, 1)
		send(t, a, "x") // it ends early, and its timeout stays armed
		err := result(t, first)
		if errors.Is(err, socket.ErrTimeout) {
			return false
		}
		ok(t, err)
		set(t, b, func(p *socket.Params) { p.ReceiveTimeout = 3 * unit / 2 })
		atLeast(t, 3*unit/2,
			func() { is(t, second(b.Receive(ctx, make([]byte, 1), 0)), socket.ErrTimeout) })
		return true
	})
}

// The cause of a context's end is in the error.
func TestContextCause(t *testing.T) {
	why := errors.New("why")
	eachWaiter(t, func(t *testing.T, _ waiter, _ *socket.Socket, call func(context.Context) error) {
		for range 20 {
			c, cancel := context.WithTimeoutCause(ctx, time.Millisecond, why)
			err := call(c)
			cancel()
			is(t, err, context.DeadlineExceeded, socket.ErrTimeout, why)
			if t.Failed() {
				return
			}
		}
		c, cancel := context.WithCancelCause(ctx)
		done := start(func() error { return call(c) })
		parked(t, 1)
		cancel(why)
		err := result(t, done)
		is(t, err, context.Canceled, why)
		isNot(t, err, socket.ErrTimeout)
		if e, isError := errors.AsType[*socket.Error](err); !isError || e.Timeout() ||
			e.Temporary() {
			t.Errorf("%v: Timeout or Temporary is true", err)
		}
	})
}

// Row X4: two callers of one socket, with contexts of their own. Each ends at its own moment, first
// come or not.
func TestQueuedEachItsOwnTimeout(t *testing.T) {
	eachWaiter(t, func(t *testing.T, _ waiter, _ *socket.Socket, call func(context.Context) error) {
		timeouts := []time.Duration{5 * short, short, 3 * short, 2 * short, 4 * short}
		done := make([]<-chan error, len(timeouts))
		for i, timeout := range timeouts {
			begin := time.Now()
			c, cancel := context.WithDeadline(ctx, begin.Add(timeout))
			defer cancel()
			done[i] = start(func() error {
				err := call(c)
				if took := time.Since(begin); took < timeout {
					return fmt.Errorf("%w after %v, before %v", err, took, timeout)
				}
				if !errors.Is(err, context.DeadlineExceeded) {
					return fmt.Errorf("the error is %w", err)
				}
				return nil
			})
		}
		for _, i := range []int{1, 3, 2, 4, 0} {
			ok(t, result(t, done[i]))
		}
	})
}

// Timeouts of Params run while a call is queued, each from its own beginning.
func TestQueuedTimeout(t *testing.T) {
	a, b := pair(t, constants.SOCK_STREAM)
	ok(t, b.SetParams(socket.Params{}))
	first := start(func() error { return second(b.Receive(ctx, make([]byte, 1), 0)) })
	parked(t, 1)
	set(t, b, func(p *socket.Params) { p.ReceiveTimeout = short })
	atLeast(t, short,
		func() { is(t, second(b.Receive(ctx, make([]byte, 1), 0)), socket.ErrTimeout) })
	pending(t, first) // which has none
	send(t, a, "x")
	ok(t, result(t, first))
}

// The deadline that is moved reaches those in the queue too.
func TestQueuedDeadlineMoves(t *testing.T) {
	eachWaiter(t, func(t *testing.T, w waiter, s *socket.Socket, call func(context.Context) error) {
		var done []<-chan error
		for range 3 {
			done = append(done, start(func() error { return call(ctx) }))
		}
		parked(t, 3)
		ok(t, w.deadline(s, time.Now()))
		for _, d := range done {
			is(t, result(t, d), socket.ErrTimeout)
		}
	})
}

// Cancelling one leaves the others, whether it is at the front or behind.
func TestQueuedCancelOne(t *testing.T) {
	eachWaiter(t, func(t *testing.T, _ waiter, _ *socket.Socket, call func(context.Context) error) {
		for victim := range 3 {
			var done [3]<-chan error
			var cancel [3]context.CancelFunc
			for i := range done {
				var c context.Context
				c, cancel[i] = context.WithCancel(ctx)
				done[i] = start(func() error { return call(c) })
				parked(t, i+1)
			}
			cancel[victim]()
			is(t, result(t, done[victim]), context.Canceled)
			parked(t, 2)
			for i := range done {
				if i != victim {
					pending(t, done[i])
					cancel[i]()
					is(t, result(t, done[i]), context.Canceled)
				}
			}
		}
	})
}

// Reads and writes have deadlines of their own.
func TestDirectionsAreApart(t *testing.T) {
	a, b := pair(t, constants.SOCK_STREAM)
	fill(t, a)
	receives := start(func() error { return second(a.Receive(ctx, make([]byte, 1), 0)) })
	sends := start(func() error { return second(a.Send(ctx, make([]byte, 1), 0)) })
	parked(t, 2)
	ok(t, a.SetReadDeadline(time.Now()))
	is(t, result(t, receives), socket.ErrTimeout)
	pending(t, sends)
	ok(t, a.SetReadDeadline(time.Time{}))
	ok(t, a.SetWriteDeadline(time.Now()))
	is(t, result(t, sends), socket.ErrTimeout)
	send(t, b, "x")
	receive(t, a, "x")
}

// A nil context is the background's, as a context that cannot be cancelled costs nothing.
func TestNilContext(t *testing.T) {
	var none context.Context
	a, b := pair(t, constants.SOCK_STREAM)
	ok(t, second(a.Send(none, []byte("x"), 0)))
	ok(t, second(a.SendAll(none, []byte("y"), 0)))
	ok(t, second(a.SendTo(none, []byte("z"), sockaddr.Addr{}, 0)))
	buf := make([]byte, 1)
	ok(t, second(b.Receive(none, buf, 0)))
	ok(t, second(b.Receive(none, buf, constants.MSG_DONTWAIT)))
	ok(t, third(b.ReceiveFrom(none, buf, 0)))
	ok(t, a.WaitSend(none))
	set(t, b, func(p *socket.Params) { p.ReceiveTimeout = short })
	is(t, second(b.Receive(none, buf, 0)), socket.ErrTimeout) // it has to wait
	l := listening(t, loopback, 1)
	c := open(t, constants.AF_INET, constants.SOCK_STREAM, 0)
	ok(t, c.Connect(none, name(t, l)))
	s, _, err := l.Accept(none)
	ok(t, err)
	ok(t, s.Close())
	ok(t, c.WaitReceive(none))
}
