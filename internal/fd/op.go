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

// Later is returned by Do when the call must be repeated but readiness will not tell when.
var Later = errors.New("again after a pause")

// The pause starts at the shortest and doubles.
const (
	shortestPause = time.Millisecond
	longestPause  = 32 * time.Millisecond
)

// An Op runs one call after the other. It is embedded in a reusable Call, and made once for it by Bind: its method values
// are what would be allocated for each operation otherwise.
type Op struct {
	call      Call
	attempt   func(uintptr) bool
	once      func(uintptr)
	cancel    func()
	f         *FD
	ctx       context.Context
	dir       Dir
	timeout   time.Duration
	timeoutAt int64 // when timeout passes; 0: not begun
	contextAt int64 // the context's deadline; 0: none, or not looked at yet
	stop      func() bool
	err       error
	cancelled bool // cancel ran, or runs: the Op must not be used again
}

// Bind ties the Op to the call that embeds it.
func (o *Op) Bind(call Call) {
	o.call = call
	o.attempt = o.try
	o.once = func(sysfd uintptr) { o.try(sysfd) }
	o.cancel = o.poke
}

// Reusable reports whether the Op may run another call. It may not after its context ended, because the context
// may still be calling it.
func (o *Op) Reusable() bool { return !o.cancelled }

// Progress begins the timeout anew: it limits the wait for each step, as deadlines and contexts limit all steps together.
// Do calls it after a step.
func (o *Op) Progress() { o.timeoutAt = 0 }

// Run calls Do until its result is final, or returns ErrTimeout, ErrClosed or the context's error. A timeout of 0 is none.
func (o *Op) Run(ctx context.Context, f *FD, dir Dir, timeout time.Duration) error {
	if ctx == nil {
		ctx = context.Background()
	}
	if err := f.usable(ctx); err != nil {
		return err
	}
	s := &f.sides[dir]
	if d := s.deadline.Load(); d != 0 && d <= now() {
		return ErrTimeout
	}
	o.f, o.ctx, o.dir, o.timeout, o.timeoutAt, o.contextAt = f, ctx, dir, timeout, 0, 0
	if !s.turn.tryLock() {
		if err := o.queue(); err != nil {
			o.release()
			return err
		}
	}
	err := o.run()
	s.turn.unlock()
	o.release()
	return err
}

// Try calls Do once, without waiting for a turn or for readiness: EAGAIN is its result like any other.
func (o *Op) Try(ctx context.Context, f *FD) error {
	if err := f.usable(ctx); err != nil {
		return err
	}
	o.f = nil
	if f.raw.Control(o.once) != nil {
		return ErrClosed
	}
	return o.err
}

// usable is what keeps an operation from being tried at all.
func (f *FD) usable(ctx context.Context) error {
	if f.raw == nil || f.closed.Load() {
		return ErrClosed
	}
	if ctx != nil && ctx.Done() != nil && ctx.Err() != nil {
		return ended(ctx)
	}
	return nil
}

// release drops what belongs to one run.
func (o *Op) release() {
	if o.stop != nil {
		if !o.stop() {
			o.cancelled = true
			return
		}
		o.stop = nil
	}
	o.f, o.ctx, o.err = nil, nil, nil
}

// run is the retry loop. The turn is held.
func (o *Op) run() error {
	pause := shortestPause
	for {
		var err error
		if o.dir == Read {
			err = o.f.raw.Read(o.attempt)
		} else {
			err = o.f.raw.Write(o.attempt)
		}
		switch {
		case err == nil && o.err == Later:
			err = o.pause(pause)
			pause = min(2*pause, longestPause)
		case err == nil:
			return o.err
		case err == os.ErrDeadlineExceeded:
			err = o.expired()
		case o.f.closed.Load():
			err = ErrClosed
		}
		if err != nil {
			return err
		}
	}
}

// try is what the poller calls: first at once, and then whenever the descriptor is ready.
func (o *Op) try(sysfd uintptr) bool {
	for {
		o.err = o.call.Do(int(sysfd))
		switch o.err {
		case syscall.EINTR:
			continue
		case syscall.EAGAIN:
			if o.f == nil { // Try
				return true
			}
			o.err = o.arm()
			return o.err != nil
		}
		return true
	}
}

// arm sees to it that the wait which follows ends with the context and at the deadline.
func (o *Op) arm() error {
	if o.stop == nil && o.ctx.Done() != nil {
		o.stop = context.AfterFunc(o.ctx, o.cancel)
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

// due returns when the operation ends, 0 for never, or its error if that time has come.
func (o *Op) due() (int64, error) {
	if o.contextAt == 0 && o.ctx.Done() != nil {
		if t, ok := o.ctx.Deadline(); ok {
			o.contextAt = instant(t)
		}
	}
	deadline := o.f.sides[o.dir].deadline.Load()
	if deadline == 0 && o.contextAt == 0 && o.timeout == 0 {
		return 0, nil
	}
	n := now()
	if o.timeout > 0 && o.timeoutAt == 0 {
		o.timeoutAt = after(n, o.timeout)
	}
	at := int64(0)
	for _, t := range [...]int64{deadline, o.contextAt, o.timeoutAt} {
		if t != 0 && (at == 0 || t < at) {
			at = t
		}
	}
	switch {
	case at > n:
		return at, nil
	case at == o.contextAt:
		return 0, contextError{context.DeadlineExceeded, context.Cause(o.ctx)}
	}
	return 0, ErrTimeout
}

// expired decides what it means that the poller's deadline has passed: the operation's end, or nothing, if it was armed
// for an earlier operation. Then it is cleared, and the call is tried again.
func (o *Op) expired() error {
	s := &o.f.sides[o.dir]
	s.mu.Lock()
	defer s.mu.Unlock()
	// The context ends before it calls poke, so that looking at it under mu misses no call.
	if o.ctx.Done() != nil && o.ctx.Err() != nil {
		return ended(o.ctx)
	}
	if _, err := o.due(); err != nil {
		return err
	}
	return o.f.disarm(o.dir)
}

// poke runs when the context ends: it makes the poller's deadline fire. If the operation is over by then, the next one
// finds a deadline that is not its own, and clears it.
func (o *Op) poke() {
	s := &o.f.sides[o.dir]
	s.mu.Lock()
	defer s.mu.Unlock()
	o.f.arm(o.dir, 1)
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

// pause waits for d while it holds the turn.
func (o *Op) pause(d time.Duration) error {
	t := &o.f.sides[o.dir].turn
	w := newWaiter()
	t.sleep(w)
	defer t.sleep(nil)
	return o.await(w, d)
}

// await returns when w is signalled, after at most d if that is positive, or with the reason to give up.
func (o *Op) await(w *waiter, d time.Duration) error {
	if o.f.closed.Load() {
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
