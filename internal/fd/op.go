package fd

import (
	"context"
	"errors"
	"os"
	"syscall"
	"time"
)

// A Call is a system call with its arguments and results.
type Call interface {
	// Do makes the call without blocking. EINTR repeats it at once, EAGAIN when the descriptor is ready, and Later after a
	// pause. Any other result is final. So a call that moves data in steps returns EAGAIN until it has moved all.
	Do(sysfd int) error
}

// An undoer is a Call with something to take back when it fails, or the wait for its result ends without one. Undo is called
// while no other operation of that direction can run.
type undoer interface{ Undo(sysfd int) }

// Later is returned by Do when the call must be repeated but readiness will not tell when.
var Later = errors.New("again after a pause")

// The pause starts at the shortest and doubles.
const (
	shortestPause = time.Millisecond
	longestPause  = 32 * time.Millisecond
)

// An Op runs one call after the other. It is embedded in a reusable Call, and made once for it by Bind: its functions
// are what would be allocated for each operation otherwise.
type Op struct {
	// NoWait makes Run call Do once, without waiting for a turn or for readiness: EAGAIN is a result like any other.
	NoWait bool

	// InTurn makes a write with NoWait come between no other's steps: while another has the turn, its result is EAGAIN.
	InTurn bool

	dir       Dir
	pauses    uint8
	blind     bool // the next attempt does without the poller
	late      bool // the same, and if it moves nothing, what is due is due
	settled   bool // settle is called before the first attempt, and no attempt is made only because the time has come
	cancelled bool // cancel ran, or runs: the Op must not be used again; guarded by the side's mu
	call      Call
	attempt   func(uintptr) bool
	once      func(uintptr) // made when it is first needed, as is cancel
	cancel    func()
	f         *FD
	ctx       context.Context
	timeout   time.Duration
	timeoutAt int64 // when timeout passes; 0: not begun
	stop      func() bool
	err       error
}

// A goroutine begins with a stack of 2 KiB, and thousands of them may wait in Run. So what is called from here down to the
// system call is kept flat, and what needs depth, like moving the poller's deadline, is done on the way back up: that the
// stack of a waiting goroutine need not grow is worth more than a second attempt in the rare case.

// Bind ties the Op to the call that embeds it.
func (o *Op) Bind(call Call) {
	o.call = call
	// The poller calls this first at once, and then whenever the descriptor is ready.
	o.attempt = func(sysfd uintptr) bool {
		for {
			switch o.err = o.call.Do(int(sysfd)); o.err {
			case syscall.EINTR:
				continue
			case syscall.EAGAIN:
				return !o.guarded()
			}
			return true
		}
	}
}

// Reusable reports whether the Op may run another call. It may not after its context ended, because the context
// may still be calling it.
func (o *Op) Reusable() bool { return !o.cancelled }

// Progress begins the timeout anew: it limits the wait for each step, as deadlines and contexts limit all steps together.
// Do calls it after a step.
func (o *Op) Progress() { o.timeoutAt = 0 }

// Run calls Do until its result is final, or returns ErrTimeout, ErrClosed or the context's error. A timeout of 0 is none.
//
// A deadline that has passed before Run ends it untried, and so does an ended context. Once Do has been called, a deadline or
// timeout is not the end before Do has been called once more: an event can come late, or not at all, for what the call would
// move all the same. (TCP tells that there is room when a third of the buffer is free; SO_RCVLOWAT above what has come.)
// A context that ends meanwhile ends it without another try, as Close does.
func (o *Op) Run(ctx context.Context, f *FD, dir Dir, timeout time.Duration) error {
	if ctx == nil {
		ctx = context.Background()
	}
	if !f.usable() {
		return ErrClosed
	}
	if ctx.Done() != nil && ctx.Err() != nil {
		return ended(ctx)
	}
	if o.NoWait {
		return o.now(f, dir)
	}
	var err error
	if dir == Errors {
		if f, err = f.errorSide(); err != nil {
			return err
		}
		dir = Write // the poller tells it of errors alone too, and Read not: see blind
	}
	s := &f.sides[dir]
	if d := s.deadline.Load(); d != 0 && d <= now() {
		return ErrTimeout
	}
	o.f, o.ctx, o.dir, o.timeout, o.timeoutAt, o.pauses, o.blind = f, ctx, dir, timeout, 0, 0, false
	o.late = false
	if !s.tryLock() {
		err = o.queue()
	}
	if err == nil {
		if o.settled || s.armed.Load() == passed {
			if err = o.settle(); err == ErrTimeout && !o.settled {
				o.blind, o.late, err = true, true, nil // it begins now, however short it is
			}
		}
		for err == nil {
			switch {
			case o.blind || !f.polled():
				o.blind = false
				err = o.single(f)
			case dir == Read:
				err = f.raw.Read(o.attempt)
			default:
				err = f.raw.Write(o.attempt)
			}
			if err == nil && o.err != syscall.EAGAIN && o.err != Later {
				err = o.err
				break
			}
			err = o.resume(err)
		}
		if err != nil {
			o.undo()
		}
		if o.stop != nil && !o.stop() {
			s.mu.Lock()
			o.cancelled = true
			s.mu.Unlock()
		}
		s.unlock()
	}
	if o.cancelled {
		return err // the context may still be looking at the fields
	}
	o.f, o.ctx, o.stop, o.err = nil, nil, nil, nil
	return err
}

// now calls Do once.
func (o *Op) now(f *FD, dir Dir) error {
	if o.InTurn && dir == Write {
		t := &f.sides[dir].turn
		if !t.tryLock() {
			return syscall.EAGAIN
		}
		defer t.unlock()
	}
	if o.single(f) != nil {
		return ErrClosed
	}
	return o.err
}

// single makes the call without the poller.
func (o *Op) single(f *FD) error {
	if f.polled() {
		if o.once == nil {
			o.once = o.repeat
		}
		return f.raw.Control(o.once)
	}
	if !f.enter() {
		return ErrClosed
	}
	defer f.leave()
	o.repeat(uintptr(f.sysfd))
	return nil
}

func (o *Op) repeat(sysfd uintptr) {
	for o.err = o.call.Do(int(sysfd)); o.err == syscall.EINTR; {
		o.err = o.call.Do(int(sysfd))
	}
}

// undo takes back what a failed operation began.
func (o *Op) undo() {
	if u, ok := o.call.(undoer); ok {
		o.f.control(func(sysfd uintptr) { u.Undo(int(sysfd)) }) // on a closed descriptor it does nothing
	}
}

// resume does what must be done before the next attempt, or returns the reason why there is none. Its argument is the error of
// the poller.
func (o *Op) resume(err error) error {
	switch {
	case err == nil && o.late:
		o.late = false
		return o.settle()
	case err == nil && o.err == Later:
		return o.pause()
	case err == nil:
		return o.guard()
	case err == os.ErrDeadlineExceeded:
		return o.expired()
	case o.f.closed():
		return ErrClosed
	}
	// The runtime refuses to wait for data while all that epoll says of a descriptor is EPOLLERR (netpollcheckerr,
	// "not pollable"). A socket is like that when its error queue has a message and its send buffer is full. It
	// passes with either; until then the call is made now and then.
	o.blind = true
	return o.pause()
}

// guarded sees to it that the wait which follows ends with the context, and reports whether it ends at the deadline; if not,
// guard must be called first.
func (o *Op) guarded() bool {
	if o.ctx.Done() == nil && o.timeout == 0 && o.f.sides[o.dir].deadline.Load() == 0 {
		return true
	}
	if o.stop == nil && o.ctx.Done() != nil {
		if o.cancel == nil {
			o.cancel = o.poke
		}
		o.stop = context.AfterFunc(o.ctx, o.cancel)
	}
	at, err := o.due()
	if err != nil {
		return false
	}
	armed := o.f.sides[o.dir].armed.Load()
	return at == 0 || armed != 0 && armed <= at
}

// guard gives the descriptor to the poller if it has not got it, and moves the poller's deadline if it would fire too late
// for the operation, or returns the error if its time has come. To register takes more stack than a goroutine begins with;
// it is done once a descriptor, so it is done on another stack.
func (o *Op) guard() error {
	if o.f.polled() {
		return o.arm()
	}
	done := make(chan error)
	go func() { done <- o.arm() }()
	return <-done
}

func (o *Op) arm() error {
	if err := o.f.poll(); err != nil {
		return err
	}
	s := &o.f.sides[o.dir]
	s.mu.Lock()
	defer s.mu.Unlock()
	at, err := o.due()
	if err != nil {
		return err
	}
	return o.f.arm(o.dir, at)
}

// due returns when the deadline or the timeout ends the operation, 0 for never, or ErrTimeout if that time has come. The
// deadline of the context is not looked at: the context itself ends the operation then, and gives its cause.
func (o *Op) due() (int64, error) {
	deadline := o.f.sides[o.dir].deadline.Load()
	if deadline == 0 && o.timeout == 0 {
		return 0, nil
	}
	n := now()
	if o.timeout > 0 && o.timeoutAt == 0 {
		o.timeoutAt = after(n, o.timeout)
	}
	at := deadline
	if at == 0 || o.timeoutAt != 0 && o.timeoutAt < at {
		at = o.timeoutAt
	}
	if at > n {
		return at, nil
	}
	return 0, ErrTimeout
}

// expired decides what it means that the poller's deadline has passed: the end of the context, or an attempt, after which it is
// the operation's end or nothing, if the deadline was armed for an earlier operation.
func (o *Op) expired() error {
	s := &o.f.sides[o.dir]
	s.mu.Lock()
	defer s.mu.Unlock()
	// The context ends before it calls poke, so that looking at it under mu misses no call.
	if o.ctx.Done() != nil && o.ctx.Err() != nil {
		return ended(o.ctx)
	}
	if o.settled {
		return o.rearm()
	}
	o.blind, o.late = true, true
	return nil
}

// settle does all that a wait needs, so that no attempt is made again for any of it.
func (o *Op) settle() error {
	if err := o.f.poll(); err != nil {
		return err
	}
	s := &o.f.sides[o.dir]
	s.mu.Lock()
	defer s.mu.Unlock()
	return o.rearm()
}

// rearm makes the poller's deadline the operation's, whatever it was. The side's mu is held.
func (o *Op) rearm() error {
	s := &o.f.sides[o.dir]
	at, err := o.due()
	if err != nil {
		// A deadline that has fired stays as it is, and the next operation begins with rearm.
		if armed := s.armed.Load(); armed != 0 && armed <= now() {
			s.armed.Store(passed)
		}
		return err
	}
	if s.armed.Load() == at {
		return nil
	}
	return o.f.set(o.dir, at)
}

// poke runs when the context ends: it makes the poller's deadline fire. If the operation ends meanwhile, the next one finds a
// deadline that is not its own, and clears it; once it is over, poke does nothing.
func (o *Op) poke() {
	s := &o.f.sides[o.dir]
	s.mu.Lock()
	defer s.mu.Unlock()
	if !o.cancelled {
		o.f.arm(o.dir, passed)
	}
}

// queue waits for the turn.
func (o *Op) queue() error {
	t := &o.f.sides[o.dir].turn
	w := newWaiter()
	t.enqueue(w)
	for !t.granted(w) {
		if err := o.await(w, 0); err != nil {
			if !t.leave(w) {
				t.unlock()
			}
			return err
		}
	}
	return nil
}

// pause waits for a while, longer each time, and holds the turn.
func (o *Op) pause() error {
	d := min(shortestPause<<o.pauses, longestPause)
	o.pauses = min(o.pauses+1, 10)
	t := &o.f.sides[o.dir].turn
	w := newWaiter()
	t.sleep(w)
	defer t.sleep(nil)
	return o.await(w, d)
}

// await returns when w is signalled, after at most d if that is positive, or with the reason to give up.
func (o *Op) await(w *waiter, d time.Duration) error {
	if o.f.closed() {
		return ErrClosed
	}
	at, err := o.due()
	if err != nil {
		return err
	}
	if at != 0 {
		if left := time.Duration(at - now()); d == 0 || left < d {
			d = max(1, left)
		}
	}
	var elapsed <-chan time.Time
	if d > 0 {
		timer := time.NewTimer(d)
		defer timer.Stop()
		elapsed = timer.C
	}
	select {
	case <-w.wake:
	case <-elapsed:
	case <-o.ctx.Done():
		return ended(o.ctx)
	}
	return nil
}

// ended is the error of a context that has ended.
func ended(ctx context.Context) error { return contextError{ctx.Err(), context.Cause(ctx)} }
