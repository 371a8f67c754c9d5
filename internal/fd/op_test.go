package fd

import (
	"context"
	"errors"
	"net"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"example.com/bsdsocket/internal/sys"
)

// short is a timeout that is meant to pass.
const short = 10 * time.Millisecond

var background = context.Background()

// pair is two FDs that are connected to each other.
func pair(t *testing.T) (a, b *FD) {
	t.Helper()
	fds := streamPair(t)
	f := [2]*FD{new(FD), new(FD)}
	for i := range f {
		f[i].Init(fds[i])
		t.Cleanup(func() { f[i].Close() })
	}
	return f[0], f[1]
}

// A call is a Call made of a function, and counts how often it is called.
type call struct {
	Op
	n  int
	do func(sysfd int) error
}

func (c *call) Do(sysfd int) error {
	c.n++
	return c.do(sysfd)
}

func newCall(do func(sysfd int) error) *call {
	c := &call{do: do}
	c.Bind(c)
	return c
}

// read receives a byte.
func read() *call {
	return newCall(func(sysfd int) error {
		_, err := sys.Recv(sysfd, make([]byte, 1), 0)
		return err
	})
}

func write(t *testing.T, f *FD) {
	t.Helper()
	if err := f.Control(func(sysfd int) error {
		_, err := sys.Send(sysfd, []byte("x"), 0)
		return err
	}); err != nil {
		t.Fatal(err)
	}
}

func check(t *testing.T, what string, err, want error) {
	t.Helper()
	if !errors.Is(err, want) || (err == nil) != (want == nil) {
		t.Fatalf("%s: %v, want %v", what, err, want)
	}
}

// soon receives the result of a goroutine.
func soon(t *testing.T, done <-chan error) error {
	t.Helper()
	select {
	case err := <-done:
		return err
	case <-time.After(patience):
		t.Fatal("it hangs")
		return nil
	}
}

// begin runs fn in a goroutine.
func begin(fn func() error) <-chan error {
	done := make(chan error, 1)
	go func() { done <- fn() }()
	return done
}

// until waits for a condition that another goroutine brings about.
func until(t *testing.T, what string, condition func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !condition(); time.Sleep(100 * time.Microsecond) {
		if time.Now().After(end) {
			t.Fatalf("it does not come about that %s", what)
		}
	}
}

// Run repeats what must be repeated, and passes every other result on.
func TestRunResults(t *testing.T) {
	f, _ := pair(t)
	mine := errors.New("mine")
	for _, test := range []struct {
		what    string
		noWait  bool
		results []error
		want    error
	}{
		{"success", false, []error{nil}, nil},
		{"an error", false, []error{syscall.EPIPE}, syscall.EPIPE},
		{"another error", false, []error{mine}, mine},
		{"EINTR", false, []error{syscall.EINTR, syscall.EINTR, nil}, nil},
		{"EINTR, then an error", false, []error{syscall.EINTR, mine}, mine},
		{"pauses", false, []error{Later, Later, Later, nil}, nil},
		{"pauses, then an error", false, []error{Later, mine}, mine},
		{"no wait", true, []error{nil}, nil},
		{"no wait and EAGAIN", true, []error{syscall.EAGAIN}, syscall.EAGAIN},
		{"no wait and EINTR", true, []error{syscall.EINTR, syscall.EINTR, syscall.EAGAIN},
			syscall.EAGAIN},
		{"no wait and a pause", true, []error{Later}, Later},
	} {
		for _, dir := range []Dir{Read, Write} {
			c := newCall(nil)
			c.do = func(int) error { return test.results[c.n-1] }
			c.NoWait = test.noWait
			if err := c.Run(background, f, dir, 0); err != test.want || c.n != len(test.results) {
				t.Errorf("%s: %v after %d calls, want %v after %d",
					test.what, err, c.n, test.want, len(test.results))
			}
			if !c.Reusable() || c.f != nil || c.ctx != nil || c.stop != nil {
				t.Errorf("%s: not reusable, or it still holds what was the caller's: %+v",
					test.what, &c.Op)
			}
		}
	}
}

// What must not be tried is not tried.
func TestRunNotAtAll(t *testing.T) {
	f, _ := pair(t)
	closed, _ := pair(t)
	closed.Close()
	ended, cancel := context.WithCancel(background)
	cancel()
	past, cancel := context.WithDeadline(background, time.Now().Add(-time.Hour))
	defer cancel()
	late, _ := pair(t)
	for _, dir := range []Dir{Read, Write} {
		check(t, "SetDeadline", late.SetDeadline(dir, time.Now().Add(-1)), nil)
	}
	for _, test := range []struct {
		what string
		f    *FD
		ctx  context.Context
		want []error
	}{
		{"a closed FD", closed, background, []error{ErrClosed, net.ErrClosed}},
		{"a zero FD", new(FD), background, []error{ErrClosed}},
		{"a cancelled context", f, ended, []error{context.Canceled}},
		{"a context too late", f, past,
			[]error{context.DeadlineExceeded, ErrTimeout, os.ErrDeadlineExceeded}},
		{"a deadline too late", late, background, []error{ErrTimeout, os.ErrDeadlineExceeded}},
	} {
		for _, dir := range []Dir{Read, Write} {
			c := newCall(func(int) error { return nil })
			err := c.Run(test.ctx, test.f, dir, 0)
			for _, want := range test.want {
				check(t, test.what, err, want)
			}
			if c.n != 0 || !c.Reusable() {
				t.Errorf("%s: called %d times, reusable %t", test.what, c.n, c.Reusable())
			}
		}
	}
}

// The poller's deadline moves only to fire earlier. One that fires too early for the operation is
// armed anew.
func TestLazyDeadline(t *testing.T) {
	f, peer := pair(t)
	s := &f.sides[Read]
	armed := func() time.Duration { return time.Duration(s.armed.Load()) }

	check(t, "no timeout", runAndWake(t, f, peer, 0), nil)
	if armed() != 0 {
		t.Errorf("a call without a timeout armed %v", armed())
	}
	check(t, "an hour", runAndWake(t, f, peer, time.Hour), nil)
	first := armed()
	if first == 0 {
		t.Error("a call with a timeout that waited armed nothing")
	}
	check(t, "two hours", runAndWake(t, f, peer, 2*time.Hour), nil)
	if armed() != first {
		t.Errorf("a later timeout moved what was armed from %v to %v", first, armed())
	}
	check(t, "a minute", runAndWake(t, f, peer, time.Minute), nil)
	minute := armed()
	if minute >= first {
		t.Errorf("an earlier timeout left what was armed at %v, after %v", minute, first)
	}
	write(t, peer)
	check(t, "a second, without a wait", read().Run(background, f, Read, time.Second), nil)
	if armed() != minute {
		t.Error("a call that did not wait moved what was armed")
	}

	// It passes while a call waits that may wait longer: that one outlives it, and the next is
	// armed by it.
	brief := 50 * time.Millisecond
	for err := ErrTimeout; err == ErrTimeout && brief < patience; brief *= 2 {
		if err = runAndWake(t, f, peer, brief); err == ErrTimeout {
			// on a busy machine, before it was woken
			check(t, "what it did not receive", read().Run(background, f, Read, patience), nil)
		} else {
			check(t, "brief", err, nil)
		}
	}
	since := time.Now()
	done := begin(func() error { return read().Run(background, f, Read, time.Hour) })
	time.Sleep(brief + short)
	select {
	case err := <-done:
		t.Fatalf("a timeout of an hour passed after %v: %v", time.Since(since), err)
	default:
	}
	until(t, "the hour is armed", func() bool { return armed() > minute })
	write(t, peer)
	check(t, "the call that waits", soon(t, done), nil)
}

// runAndWake runs a read that has to wait, and writes when it does.
func runAndWake(t *testing.T, f, peer *FD, timeout time.Duration) error {
	t.Helper()
	c := read()
	waits := make(chan struct{}, 10)
	do := c.do
	c.do = func(sysfd int) error {
		err := do(sysfd)
		if err == syscall.EAGAIN {
			waits <- struct{}{}
		}
		return err
	}
	done := begin(func() error { return c.Run(background, f, Read, timeout) })
	<-waits
	if timeout > 0 && f.sides[Read].armed.Load() == 0 {
		<-waits // the deadline is armed before the second attempt
	}
	write(t, peer)
	return soon(t, done)
}

// A deadline that fired for one operation, or that the end of a context set, does not fail the
// next.
func TestStaleDeadline(t *testing.T) {
	f, peer := pair(t)
	s := &f.sides[Read]
	for range 10 {
		// On a busy machine a timeout may have passed before it is armed.
		for timeout := time.Millisecond; s.armed.Load() == 0; timeout *= 2 {
			check(t, "a timeout", read().Run(background, f, Read, timeout), ErrTimeout)
		}
		write(t, peer)
		check(t, "the next, which need not wait", read().Run(background, f, Read, 0), nil)

		c, cancel := context.WithCancel(background)
		done := begin(func() error { return read().Run(c, f, Read, 0) })
		cancel()
		check(t, "a cancelled one", soon(t, done), context.Canceled)
		check(t, "the next, which waits", runAndWake(t, f, peer, 0), nil)
	}
	// The late poke of an operation that is over by then.
	late := read()
	late.f, late.dir = f, Read
	done := begin(func() error { return read().Run(background, f, Read, 0) })
	for range 100 {
		late.poke()
		time.Sleep(10 * time.Microsecond)
	}
	select {
	case err := <-done:
		t.Fatalf("another operation's context ended it: %v", err)
	default:
	}
	late.poke()
	write(t, peer)
	check(t, "the operation that was poked", soon(t, done), nil)
}

// A context that ends while an operation looks whether an older deadline, which has fired, is its
// own: to move the poller's deadline then would take the context's end away.
func TestContextEndsAtAnOlderDeadline(t *testing.T) {
	f, _ := pair(t)
	s := &f.sides[Read]
	ctx, cancel := context.WithCancel(background)
	defer cancel()
	var c *call
	ended := false
	c = newCall(func(int) error {
		if c.late && !ended {
			ended = true
			cancel()
			until(t, "the context arms the deadline",
				func() bool { return s.armed.Load() == passed })
		}
		return syscall.EAGAIN
	})
	f.SetDeadline(Read, time.Now().Add(time.Hour))
	done := begin(func() error { return c.Run(ctx, f, Read, 0) })
	until(t, "it waits", func() bool { return s.armed.Load() != 0 })
	s.lockQueue()
	s.deadline.Store(0)
	err := f.set(Read, after(now(), 10*time.Millisecond)) // armed for nobody who is still there
	s.unlockQueue()
	if err != nil {
		t.Fatal(err)
	}
	check(t, "it", soon(t, done), context.Canceled)
}

// An Op whose context ended while it was registered is not used again; one whose context ended
// later is.
func TestReusable(t *testing.T) {
	f, peer := pair(t)
	c, cancel := context.WithCancel(background)
	op := read()
	done := begin(func() error { return op.Run(c, f, Read, 0) })
	until(t, "it waits", func() bool { return f.sides[Read].turn.state.Load()&held != 0 })
	write(t, peer)
	check(t, "a receive", soon(t, done), nil)
	if !op.Reusable() || op.stop != nil {
		t.Error("it is not reusable after it was not cancelled")
	}
	cancel()
	check(t, "after that the context ends, and it runs with another",
		op.Run(background, f, Read, time.Millisecond), ErrTimeout)
	if !op.Reusable() {
		t.Error("the end of an earlier context spoilt it")
	}

	// The context ends after the operation has waited, and before its result is there.
	ctx, end := context.WithCancel(background)
	op = newCall(nil)
	op.do = func(int) error {
		if op.n == 1 {
			write(t, peer) // what comes before the first call wakes nobody
			return syscall.EAGAIN
		}
		end()
		return nil
	}
	done = begin(func() error { return op.Run(ctx, f, Read, 0) })
	check(t, "a call that succeeds all the same", soon(t, done), nil)
	if op.Reusable() {
		t.Error("it is reusable while the context may still call it")
	}
	check(t, "the next", read().Run(background, f, Read, patience), nil)
}

// A cancellation races with data: one or the other is the result, and no byte is lost.
func TestCancelRace(t *testing.T) {
	f, peer := pair(t)
	received := 0
	const n = 200 // which fit into the buffer if none is received
	for range n {
		c, cancel := context.WithCancel(background)
		done := begin(func() error { return read().Run(c, f, Read, 0) })
		go cancel()
		write(t, peer)
		switch err := soon(t, done); {
		case err == nil:
			received++
		case !errors.Is(err, context.Canceled):
			t.Fatal(err)
		}
	}
	for ; received < n; received++ {
		check(t, "what was left", read().Run(background, f, Read, patience), nil)
	}
	check(t, "more", read().Run(background, f, Read, time.Millisecond), ErrTimeout)
}

// Progress begins the timeout anew.
func TestProgress(t *testing.T) {
	const steps = 24
	err := ErrTimeout // as also on a machine that is too busy for the first timeouts
	for timeout := 200 * time.Millisecond; err == ErrTimeout &&
		timeout < 10*time.Second; timeout *= 2 {
		f, peer := pair(t)
		c := newCall(nil)
		got := 0
		c.do = func(sysfd int) error {
			for {
				if _, err := sys.Recv(sysfd, make([]byte, 1), 0); err != nil {
					return err
				}
				if got++; got == steps {
					return nil
				}
				c.Progress()
			}
		}
		since := time.Now()
		done := begin(func() error { return c.Run(background, f, Read, timeout) })
		for range steps {
			time.Sleep(timeout / 20)
			write(t, peer)
		}
		err = soon(t, done)
		if took := time.Since(since); took < timeout {
			t.Errorf("it took %v, so that nothing was tested", took)
		}
	}
	check(t, "all steps", err, nil)
}

// A pause ends with everything that ends a wait, and grows.
func TestPauseEnds(t *testing.T) {
	for _, test := range []struct {
		what    string
		timeout time.Duration
		end     func(f *FD, cancel context.CancelFunc)
		want    error
	}{
		{"timeout", short, func(*FD, context.CancelFunc) {}, ErrTimeout},
		{"cancel", 0, func(_ *FD, cancel context.CancelFunc) { cancel() }, context.Canceled},
		{"deadline", 0, func(f *FD, _ context.CancelFunc) { f.SetDeadline(Write, time.Now()) },
			ErrTimeout},
		{"close", 0, func(f *FD, _ context.CancelFunc) { f.Close() }, ErrClosed},
		{"detach", 0, func(f *FD, _ context.CancelFunc) {
			if fd, err := f.Detach(nil); err == nil {
				sys.Close(fd)
			}
		}, ErrClosed},
	} {
		f, _ := pair(t)
		ctx, cancel := context.WithCancel(background)
		var calls atomic.Int32
		c := newCall(func(int) error { calls.Add(1); return Later })
		done := begin(func() error { return c.Run(ctx, f, Write, test.timeout) })
		until(t, "it has tried", func() bool { return calls.Load() > 0 })
		test.end(f, cancel)
		check(t, test.what, soon(t, done), test.want)
		cancel()
	}
	f, _ := pair(t)
	c := newCall(func(int) error { return Later })
	check(t, "pauses", c.Run(background, f, Write, 10*longestPause), ErrTimeout)
	// 1, 2, 4, 8, 16 and then 32 ms: about 14 in 320 ms, and never many more.
	if c.n > 20 {
		t.Errorf("tried %d times in %v", c.n, 10*longestPause)
	}
}

// What a failed operation began is taken back before the next has its turn; what succeeded is not.
func TestUndo(t *testing.T) {
	f, _ := pair(t)
	var mu sync.Mutex
	var events []string
	note := func(what string) {
		mu.Lock()
		defer mu.Unlock()
		events = append(events, what)
	}
	ctx, cancel := context.WithCancel(background)
	first := &undoing{note: note, result: syscall.EAGAIN}
	first.Bind(first)
	// It waits to read, so that it does wait.
	one := begin(func() error { return first.Run(ctx, f, Read, 0) })
	until(t, "it has begun", func() bool { mu.Lock(); defer mu.Unlock(); return len(events) > 0 })
	second := &undoing{note: func(what string) { note("second " + what) }}
	second.Bind(second)
	two := begin(func() error { return second.Run(background, f, Read, 0) })
	until(t, "the second is in the queue",
		func() bool { return f.sides[Read].turn.state.Load()&waiting != 0 })
	cancel()
	check(t, "the first", soon(t, one), context.Canceled)
	check(t, "the second", soon(t, two), nil)
	if got := strings.Join(events, ", "); !strings.HasSuffix(got, "do, undo, second do") {
		t.Errorf("it went like this: %s", got)
	}
}

type undoing struct {
	Op
	note   func(string)
	result error
}

func (u *undoing) Do(int) error { u.note("do"); return u.result }
func (u *undoing) Undo(int)     { u.note("undo") }

// Close waits for the call that is under way, so that it cannot touch another file with the
// descriptor's number.
func TestCloseWaitsForTheCall(t *testing.T) {
	f, _ := pair(t)
	inside, leave := make(chan struct{}), make(chan struct{})
	var left atomic.Bool
	c := newCall(func(int) error {
		close(inside)
		<-leave
		left.Store(true)
		return nil
	})
	done := begin(func() error { return c.Run(background, f, Read, 0) })
	<-inside
	closed := begin(func() error {
		err := f.Close()
		if !left.Load() {
			err = errors.New("Close returned while a call used the descriptor")
		}
		return err
	})
	until(t, "it is closed for others", func() bool { return f.Sysfd() == -1 })
	select {
	case err := <-closed:
		t.Fatalf("Close returned: %v", err)
	case <-time.After(short):
	}
	close(leave)
	check(t, "Close", soon(t, closed), nil)
	check(t, "the call", soon(t, done), nil)
}

// Who waits for the turn ends at once with the deadline that moves and with Close, although the
// holder's call takes its time.
func TestQueueBehindASlowCall(t *testing.T) {
	for _, test := range []struct {
		what string
		end  func(*FD)
		want error
	}{
		{"deadline", func(f *FD) { f.SetDeadline(Read, time.Now()) }, ErrTimeout},
		{"close", func(f *FD) { go f.Close() }, ErrClosed},
	} {
		f, _ := pair(t)
		inside, leave := make(chan struct{}), make(chan struct{})
		slow := newCall(func(int) error { close(inside); <-leave; return nil })
		first := begin(func() error { return slow.Run(background, f, Read, 0) })
		<-inside
		var queue []<-chan error
		for range 3 {
			queue = append(queue, begin(func() error { return read().Run(background, f, Read, 0) }))
		}
		waiting := func() (n int) {
			turn := &f.sides[Read].turn
			turn.lockQueue()
			defer turn.unlockQueue()
			for w := turn.first; w != nil; w = w.next {
				n++
			}
			return n
		}
		until(t, "all are in the queue", func() bool { return waiting() == len(queue) })
		test.end(f)
		for _, done := range queue {
			check(t, test.what, soon(t, done), test.want)
		}
		select {
		case err := <-first:
			t.Errorf("%s: the slow call ended: %v", test.what, err)
		default:
		}
		close(leave)
		check(t, "the slow call", soon(t, first), nil)
	}
}

func TestZeroAndClosed(t *testing.T) {
	closed, _ := pair(t)
	check(t, "Close", closed.Close(), nil)
	check(t, "Close again", closed.Close(), nil)
	check(t, "Close of the zero FD", new(FD).Close(), ErrClosed)
	for what, f := range map[string]*FD{"closed": closed, "zero": new(FD)} {
		if f.Sysfd() != -1 {
			t.Errorf("%s: descriptor %d", what, f.Sysfd())
		}
		_, err := f.Detach(nil)
		check(t, what+" Detach", err, ErrClosed)
		check(t, what+" Control", f.Control(func(int) error { t.Error("called"); return nil }),
			ErrClosed)
		for _, dir := range []Dir{Read, Write} {
			check(t, what+" SetDeadline", f.SetDeadline(dir, time.Now()), ErrClosed)
			for _, noWait := range []bool{false, true} {
				c := read()
				c.NoWait = noWait
				check(t, what+" Run", c.Run(background, f, dir, 0), ErrClosed)
			}
		}
		check(t, what+" Run on the error queue", read().Run(background, f, Errors, 0), ErrClosed)
		check(t, what+" RawConn", f.RawConn().Control(func(uintptr) { t.Error("called") }),
			ErrClosed)
	}
}

// Times fit their words: none overflows, and none but the zero time is 0.
func TestInstants(t *testing.T) {
	const farthest = 1<<63 - 1
	for _, test := range []struct {
		what     string
		got      int64
		min, max int64
	}{
		{"no time", instant(time.Time{}), 0, 0},
		{"long ago", instant(time.Unix(-1<<40, 0)), 1, 1},
		{"before the clock began", instant(time.Unix(0, 0)), passed, passed},
		{"far away", instant(time.Unix(1<<40, 0)), farthest / 2, farthest},
		{"as far as it goes", instant(time.Unix(1<<62, 0)), 1, farthest},
		{"now", now(), passed + 1, farthest / 2},
		{"in an hour", instant(time.Now().Add(time.Hour)) - now(), int64(time.Hour - time.Minute),
			int64(time.Hour)},
		{"a sum", after(5, 7), 12, 12},
		{"a sum that is too large", after(farthest-1, farthest), farthest, farthest},
		{"a sum that is negative", after(5, -time.Hour), 1, 1},
	} {
		if test.got < test.min || test.got > test.max {
			t.Errorf("%s: %d, want %d to %d", test.what, test.got, test.min, test.max)
		}
	}
}

// The receives from the error queue wait on a duplicate, which is made once, follows the deadline
// and goes with the FD.
func TestErrorsSide(t *testing.T) {
	f, _ := pair(t)
	check(t, "SetDeadline", f.SetDeadline(Read, time.Now().Add(short)), nil)
	c := newCall(func(int) error { return syscall.EAGAIN })
	check(t, "the deadline from before", c.Run(background, f, Errors, 0), ErrTimeout)
	side := f.errs
	if side == nil || side.Sysfd() == f.Sysfd() {
		t.Fatalf("the duplicate is %+v", side)
	}
	check(t, "SetDeadline", f.SetDeadline(Read, time.Time{}), nil)
	check(t, "a timeout", newCall(c.do).Run(background, f, Errors, time.Millisecond), ErrTimeout)
	var calls atomic.Int32
	waiting := newCall(func(int) error { calls.Add(1); return syscall.EAGAIN })
	done := begin(func() error { return waiting.Run(background, f, Errors, 0) })
	until(t, "it waits", func() bool { return calls.Load() > 0 })
	check(t, "SetDeadline", f.SetDeadline(Read, time.Now()), nil)
	check(t, "the deadline that moved", soon(t, done), ErrTimeout)
	check(t, "SetDeadline", f.SetDeadline(Read, time.Time{}), nil)
	if f.errs != side {
		t.Error("another duplicate was made")
	}
	calls.Store(0)
	waiting = newCall(waiting.do)
	done = begin(func() error { return waiting.Run(background, f, Errors, 0) })
	until(t, "it waits", func() bool { return calls.Load() > 0 })
	check(t, "Close", f.Close(), nil)
	check(t, "the closed one", soon(t, done), ErrClosed)
	if side.Sysfd() != -1 {
		t.Error("the duplicate is open")
	}
}

// A function of a RawConn that panics, or ends its goroutine, gives its turn back.
func TestRawConnPanic(t *testing.T) {
	f, peer := pair(t)
	for what, end := range map[string]func(){
		"panic": func() {
			defer func() {
				if v := recover(); v != "mine" {
					t.Errorf("recovered %v", v)
				}
			}()
			f.RawConn().Read(func(uintptr) bool { panic("mine") })
		},
		"panic after a wait": func() {
			defer func() { recover() }()
			n := 0
			f.RawConn().Read(func(uintptr) bool {
				if n++; n == 1 {
					write(t, peer) // what comes before the first call wakes nobody
					return false
				}
				panic("mine")
			})
		},
	} {
		end()
		if s := f.sides[Read].turn.state.Load(); s != 0 {
			t.Errorf("%s: the turn is %d", what, s)
		}
	}
	check(t, "a read", read().Run(background, f, Read, patience), nil)
}

// Errors are what they say, and say whether they are timeouts.
func TestKinds(t *testing.T) {
	why := errors.New("why")
	end := func(late bool, cause error) error {
		ctx, cancel := context.WithCancelCause(background)
		if late {
			var stop func()
			ctx, stop = context.WithDeadlineCause(ctx, time.Now(), cause)
			defer stop()
		}
		defer cancel(cause)
		if !late {
			cancel(cause)
		}
		return Ended(ctx)
	}
	for _, test := range []struct {
		err     error
		text    string
		timeout bool
		is      []error
	}{
		{ErrClosed, "use of closed socket", false, []error{net.ErrClosed}},
		{ErrTimeout, "timed out", true, []error{os.ErrDeadlineExceeded}},
		{end(false, nil), "context canceled", false, []error{context.Canceled}},
		{end(false, why), "context canceled: why", false, []error{context.Canceled, why}},
		{end(true, nil), "context deadline exceeded", true,
			[]error{context.DeadlineExceeded, ErrTimeout}},
		{end(true, why), "context deadline exceeded: why", true,
			[]error{why, ErrTimeout, os.ErrDeadlineExceeded}},
	} {
		timeout, isNet := test.err.(net.Error)
		if test.err.Error() != test.text || !isNet || timeout.Timeout() != test.timeout {
			t.Errorf("%T %q, timeout %v; want %q, %t",
				test.err, test.err, timeout, test.text, test.timeout)
		}
		for _, target := range test.is {
			if !errors.Is(test.err, target) {
				t.Errorf("%q is not %q", test.err, target)
			}
		}
		if got := errors.Is(test.err, ErrTimeout); got != test.timeout {
			t.Errorf("%q is ErrTimeout: %t", test.err, got)
		}
	}
}

// A write with NoWait and InTurn comes between no other's steps, and does not wait for them.
func TestInTurn(t *testing.T) {
	f, _ := pair(t)
	inside, leave := make(chan struct{}), make(chan struct{})
	first := newCall(func(int) error { close(inside); <-leave; return nil })
	done := begin(func() error { return first.Run(background, f, Write, 0) })
	<-inside
	for _, test := range []struct {
		inTurn bool
		dir    Dir
		want   error
		calls  int
	}{{true, Write, syscall.EAGAIN, 0}, {false, Write, nil, 1}, {true, Read, nil, 1}} {
		c := newCall(func(int) error { return nil })
		c.NoWait, c.InTurn = true, test.inTurn
		if err := c.Run(background, f, test.dir, 0); err != test.want || c.n != test.calls {
			t.Errorf("in turn %t, direction %d: %v after %d calls", test.inTurn, test.dir, err, c.n)
		}
	}
	close(leave)
	check(t, "the first", soon(t, done), nil)
	c := newCall(func(int) error { return nil })
	c.NoWait, c.InTurn = true, true
	check(t, "when the turn is free", c.Run(background, f, Write, 0), nil)
	if s := f.sides[Write].turn.state.Load(); s != 0 {
		t.Errorf("the turn is %d", s)
	}
}
