package fd

import (
	"context"
	"errors"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"example.com/bsdsocket/internal/sys"
)

// A Call is a system call with its arguments and results.
type Call interface {
	// Do makes the call without blocking. EINTR repeats it at once, EAGAIN when the descriptor is
	// ready, and Later after a pause. Any other result is final. So a call that moves data in steps
	// returns EAGAIN until it has moved all.
	Do(sysfd int) error
}

// An undoer is a Call with something to take back when it fails, or the wait for its result ends
// without one. Undo is called while no other operation of that direction can run.
type undoer interface{ Undo(sysfd int) }

// Later is returned by Do when the call must be repeated but readiness will not tell when.
var Later = errors.New("again after a pause")

// The pause starts at the shortest and doubles.
const (
	shortestPause = time.Millisecond
	longestPause  = 32 * time.Millisecond
)

// An Op runs one call after the other. It is embedded in a reusable Call, and made once for it by
// Bind: its functions are what would be allocated for each operation otherwise.
//
// This is what becomes of a call in Run:
//
//	begin  closed, or its context ended -----------------------> that error, untried
//	  |    NoWait: one try ------------------------------------> its result, EAGAIN too
//	  |    its deadline past ----------------------------------> ErrTimeout, untried
//	  |
//	turn   free -----------------------------------------------> try
//	  |    taken, OneStep: a try beside the holder; final -----> its result
//	  |    otherwise: the queue, until it has the turn --------> try
//	  |    or is closed, or its context ended -----------------> that error
//	  |    or its time has come: OneStep tries once more ------> its result, or ErrTimeout
//	  |
//	try    final ----------------------------------------------> its result
//	  |    Later, or the poller cannot wait: a pause ----------> try
//	  |    EAGAIN, and the poller does not have the descriptor,
//	  |    or its deadline is too late: it is told ------------> try
//	  |    EAGAIN, and the poller would end it in time
//	  |
//	wait   an event -------------------------------------------> try
//	       closed, or its context ended -----------------------> that error
//	       the poller's deadline, which may be an older one ---> last
//
//	last   a try without the poller; final --------------------> its result
//	       EAGAIN, and its time has come ----------------------> ErrTimeout
//	       EAGAIN, and it has not: the deadline is moved ------> try
//
// A context ends a wait by the poller's deadline, which from then on nobody but the operation
// moves: whoever sets deadlines meanwhile, the wait ends at once. A context with a method
// AfterFunc(func()) func() bool, as [context.AfterFunc] knows it, is asked to call the function
// itself. So who must end calls of his own, at any time and without the socket's deadlines, gives
// them a context of his own with that method, which is made once: then a wait allocates nothing for
// it. The function may be called by any goroutine, also by the one that ends the context, but not
// with a lock held that Err or the function which AfterFunc returned take; it does not wait for the
// operation.
type Op struct {
	// NoWait makes Run call Do once, without waiting for a turn or for readiness: EAGAIN is a
	// result like any other.
	NoWait bool

	// InTurn makes a write with NoWait come between no other's steps: while another moves data in
	// steps, its result is EAGAIN.
	InTurn bool

	// OneStep is that Do has its whole result from one system call, if it has one. Then it may be
	// made beside other calls of that direction, but for those that are not of one step: nothing
	// comes between their steps.
	OneStep bool

	// settled is that settle is called before the first attempt, and that no attempt is made only
	// because the time has come.
	settled bool

	cancelled atomic.Bool // cancel ran, or runs: the Op must not be used again
	call      Call
	attempt   func(uintptr) bool
	once      func(uintptr) // made when it is first needed, as are the next two
	cancel    func()
	waiter    atomic.Pointer[waiter]
	run
}

// A run is what an Op knows while Run runs.
type run struct {
	f         *FD
	ctx       context.Context
	dir       Dir
	pauses    uint8
	blind     bool // the next attempt does without the poller
	late      bool // the same, and if it moves nothing, what is due is due
	timeout   time.Duration
	timeoutAt int64       // when timeout passes; 0: not begun
	stop      func() bool // of cancel; nil: not watched for
	err       error       // of Do
}

// A goroutine begins with a stack of 2 KiB, and thousands of them may wait in Run. So what is
// called from here down to the system call is kept flat, and what needs depth, like moving the
// poller's deadline, is done on the way back up: that the stack of a waiting goroutine need not
// grow is worth more than a second attempt in the rare case.

// Bind ties the Op to the call that embeds it.
//
//go:noinline
func (o *Op) Bind(call Call) {
	o.call = call
	// The poller calls this first at once, and then whenever the descriptor is ready.
	o.attempt = func(sysfd uintptr) bool {
		o.err = Repeat(o.call, int(sysfd))
		return !blocked(o.err) || !o.guarded()
	}
	if !o.settled { // whose context never ends
		o.cancel = o.poke
	}
}

func (o *Op) try(sysfd uintptr) { o.err = Repeat(o.call, int(sysfd)) }

// Repeat is the one place that repeats a call which a signal interrupted. Run and Control do so by
// themselves.
func Repeat(c Call, sysfd int) error {
	for {
		err := c.Do(sysfd)
		if errno, _ := err.(syscall.Errno); errno != syscall.EINTR {
			return err
		}
	}
}

// blocked reports whether err is EAGAIN, and calls nothing for it.
func blocked(err error) bool {
	errno, _ := err.(syscall.Errno)
	return errno == syscall.EAGAIN
}

// A function is a Call.
type function func(sysfd int) error

func (f function) Do(sysfd int) error { return f(sysfd) }

// final reports whether the last attempt's result ends the operation.
func (o *Op) final() bool { return !blocked(o.err) && o.err != Later }

// Reusable reports whether the Op may run another call. It may not after its context ended, because
// the context may still be calling it.
func (o *Op) Reusable() bool { return !o.cancelled.Load() }

// Progress begins the timeout anew: it limits the wait for each step, as deadlines and contexts
// limit all steps together. Do calls it after a step.
func (o *Op) Progress() { o.timeoutAt = 0 }

// Run calls Do until its result is final, or returns ErrTimeout, ErrClosed or the context's error.
// A timeout of 0 is none.
//
// A deadline that has passed before Run ends it untried, and so does an ended context. Once Do may
// be called, a deadline or timeout is not the end before Do has been called once more: an event can
// come late, or not at all, for what the call would move all the same. (TCP tells that there is
// room when a third of the buffer is free; SO_RCVLOWAT above what has come.) A context that ends
// meanwhile ends it without another try, as Close does, and so does a time that comes while the
// operation waits for its turn, but for a call of one step, which needs none to be tried.
func (o *Op) Run(ctx context.Context, f *FD, dir Dir, timeout time.Duration) error {
	o.ctx, o.f, o.dir, o.timeout = ctx, f, dir, timeout
	if !o.begin() {
		return o.result()
	}
	locked := o.lock()
	for more := locked && o.err == nil; more; {
		var err error
		switch {
		case o.blind || !o.f.polled():
			o.blind = false
			err = o.single()
		case o.dir == Read:
			err = o.f.raw.Read(o.attempt)
		default:
			err = o.f.raw.Write(o.attempt)
		}
		more = o.again(err)
	}
	return o.end(locked)
}

// result returns o.err, and leaves the Op as it is to be found by the next call.
func (o *Op) result() error {
	err := o.err
	o.run = run{}
	return err
}

// begin looks at what ends the operation untried, and makes the one attempt of an operation that
// does not wait. It reports false if that was all.
func (o *Op) begin() bool {
	o.ctx = Given(o.ctx)
	switch {
	case !o.f.usable():
		o.err = ErrClosed
	case o.ctx.Done() != nil && o.ctx.Err() != nil:
		o.err = Ended(o.ctx)
	case o.NoWait:
		o.now()
		return false
	case o.dir == Errors:
		o.f, o.err = o.f.errorSide()
		o.dir = Write // the poller tells it of errors alone too, and Read not: see blind
	}
	if o.err != nil {
		return false
	}
	if d := o.f.sides[o.dir].deadline.Load(); d != 0 && (d == passed || d <= now()) {
		o.err = ErrTimeout
	}
	return o.err == nil
}

// lock takes the turn, and reports whether it has it; else the operation is over.
func (o *Op) lock() bool {
	s := &o.f.sides[o.dir]
	if !s.tryLock(!o.OneStep) {
		if o.share() {
			return false
		}
		err := o.queue()
		if err != nil && (err != ErrTimeout || !o.share()) {
			o.err = err
		}
		if err != nil {
			return false
		}
		o.err = nil
	}
	// A deadline of the poller's that has fired must not end the operation before its first
	// attempt.
	if o.settled || s.armed.Load() == passed {
		if o.err = o.settle(); o.err == ErrTimeout && !o.settled {
			o.blind, o.late, o.err = true, true, nil // it begins now, however short it is
		}
	}
	return true
}

// end is result after a wait, which the context may have ended.
func (o *Op) end(locked bool) error {
	s := &o.f.sides[o.dir]
	if o.stop != nil && !o.stop() {
		o.cancelled.Store(true)
		if locked {
			s.lockQueue() // poke is over, or will be a no-op
			s.unlockQueue()
		}
	}
	if locked {
		if o.err != nil {
			o.undo()
		}
		s.unlock()
	}
	if o.cancelled.Load() {
		return o.err // the context may still be looking at the fields
	}
	if w := o.waiter.Load(); w != nil && w.place.Load() == left {
		o.waiter.Store(nil) // it will be unlinked by somebody else
	}
	return o.result()
}

// now calls Do once.
func (o *Op) now() {
	if o.InTurn && o.dir == Write {
		t := &o.f.sides[o.dir].turn
		switch {
		case o.OneStep && t.share():
			defer t.unshare()
		case !o.OneStep && t.tryLock(true):
			defer t.unlock()
		default:
			o.err = syscall.EAGAIN
			return
		}
	}
	if o.single() != nil {
		o.err = ErrClosed
	}
}

// share makes the call beside another's turn, if it may, and reports whether its result is final.
func (o *Op) share() bool {
	t := &o.f.sides[o.dir].turn
	if !o.OneStep || !t.share() {
		return false
	}
	if o.single() != nil {
		o.err = ErrClosed
	}
	t.unshare()
	return o.final()
}

// single makes the call without the poller.
func (o *Op) single() error {
	if o.f.polled() {
		if o.once == nil {
			o.once = o.try
		}
		return o.f.raw.Control(o.once)
	}
	if !o.f.enter() {
		return ErrClosed
	}
	defer o.f.leave()
	o.try(uintptr(o.f.sysfd))
	return nil
}

// undo takes back what a failed operation began.
func (o *Op) undo() {
	if u, ok := o.call.(undoer); ok {
		o.f.control(func(sysfd uintptr) { u.Undo(int(sysfd)) }) // a no-op once closed
	}
}

// again reports whether there is another attempt, and does what must be done before it; else o.err
// is what Run returns. Its argument is the error of the poller.
//
//go:noinline
func (o *Op) again(err error) bool {
	switch {
	case err == nil && o.final():
		return false
	case err == nil && o.late:
		o.late = false
		err = o.settle()
	case err == nil && o.err == Later:
		err = o.pause()
	case err == nil:
		// The poller's deadline would fire too late: elsewhere(false), with less on the stack.
		p := o.begun(false)
		p.over.Lock()
		err = p.end()
	case err == os.ErrDeadlineExceeded:
		err = o.expired()
	case o.f.closed():
		err = ErrClosed
	default:
		// The runtime refuses to wait for data while all that epoll says of a descriptor is
		// EPOLLERR (netpollcheckerr, "not pollable"). A socket is like that when its error queue
		// has a message and its send buffer is full. It passes with either; until then the call is
		// made now and then.
		o.blind = true
		err = o.pause()
	}
	if err == nil {
		return true
	}
	o.err = err
	return false
}

// guarded sees to it that the wait which follows ends with the context, and reports whether it ends
// at the deadline; if not, the poller's deadline must be moved first.
//
//go:noinline
func (o *Op) guarded() bool {
	if o.ctx.Done() == nil && o.timeout == 0 && o.f.sides[o.dir].deadline.Load() == 0 {
		return true
	}
	o.watch()
	at, err := o.due()
	if err != nil {
		return false
	}
	armed := o.f.sides[o.dir].armed.Load()
	return at == 0 || armed != 0 && armed <= at
}

// watch sees to it that poke is called when the context ends.
func (o *Op) watch() {
	if o.stop != nil || o.ctx.Done() == nil {
		return
	}
	if life, ok := o.ctx.(*Life); ok {
		o.stop = life.AfterFunc(o.cancel)
		return
	}
	o.watchOther()
}

//go:noinline
func (o *Op) watchOther() {
	if own, ok := o.ctx.(interface{ AfterFunc(func()) func() bool }); ok {
		o.stop = own.AfterFunc(o.cancel) // context.AfterFunc would do so, too, and allocate
		return
	}
	o.stop = context.AfterFunc(o.ctx, o.cancel)
}

// settle does all that a wait needs, so that no attempt is made again for any of it.
func (o *Op) settle() error {
	if o.f.polled() {
		// After a deadline that has fired: net/http sets one for each request with a body.
		return o.prepare(true)
	}
	return o.elsewhere(true)
}

// elsewhere is prepare on another stack. What a file's deadline takes, and registering it with the
// poller, is more than is left of that a goroutine begins with; neither is done often.
func (o *Op) elsewhere(exactly bool) error {
	p := o.begun(exactly)
	p.over.Lock()
	return p.end()
}

// begun begins it.
//
//go:noinline
func (o *Op) begun(exactly bool) *preparation {
	p := preparations.Get().(*preparation)
	p.o, p.exactly = o, exactly
	go p.run()
	return p
}

// end gives p back, and returns the result.
func (p *preparation) end() error {
	err := p.err
	p.o, p.err = nil, nil
	preparations.Put(p)
	return err
}

// A preparation is a call of prepare by another goroutine. It is kept, so that timeouts allocate
// nothing.
type preparation struct {
	o       *Op
	exactly bool
	err     error
	over    sync.Mutex // unlocked by run; see waiter.asleep
	run     func()
}

var preparations = sync.Pool{New: func() any {
	p := new(preparation)
	p.over.Lock()
	p.run = func() {
		p.err = p.o.prepare(p.exactly)
		p.over.Unlock()
	}
	return p
}}

// prepare gives the descriptor to the poller, if it has not got it, and makes the poller's deadline
// the operation's, or just makes it fire early enough.
func (o *Op) prepare(exactly bool) error {
	if err := o.f.poll(); err != nil {
		return err
	}
	s := &o.f.sides[o.dir]
	s.lockQueue()
	defer s.unlockQueue()
	// The context ends before it calls poke, so that looking at it under mu misses no call, whose
	// deadline must stay.
	if o.ctx.Done() != nil && o.ctx.Err() != nil {
		return Ended(o.ctx)
	}
	at, err := o.due()
	switch armed := s.armed.Load(); {
	case err != nil:
		// A deadline that has fired stays as it is, and the next operation clears it.
		if exactly && armed != 0 && armed <= now() {
			s.armed.Store(passed)
		}
		return err
	case !exactly:
		return o.f.arm(o.dir, at)
	case armed != at:
		return o.f.set(o.dir, at)
	}
	return nil
}

// due returns when the deadline or the timeout ends the operation, 0 for never, or ErrTimeout if
// that time has come. The deadline of the context is not looked at: the context itself ends the
// operation then, and gives its cause.
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

// expired decides what it means that the poller's deadline has passed: the end of the context, or
// an attempt, after which it is the operation's end or nothing, if the deadline was armed for an
// earlier operation.
func (o *Op) expired() error {
	switch {
	case o.ctx.Done() != nil && o.ctx.Err() != nil:
		return Ended(o.ctx)
	case o.settled:
		return o.settle()
	}
	o.blind, o.late = true, true
	return nil
}

// poke runs when the context ends: it makes the poller's deadline fire, or what the operation waits
// for be over. If the operation ends meanwhile, the next one finds a deadline that is not its own,
// and clears it; once it is over, poke is a no-op.
func (o *Op) poke() {
	if w := o.waiter.Load(); w != nil {
		if place := w.place.Load(); place == queued || place == left {
			w.signal() // the poller's deadline is another's, who has the turn
			return
		}
	}
	s := &o.f.sides[o.dir]
	s.lockQueue()
	defer s.unlockQueue()
	if o.cancelled.Load() {
		return
	}
	o.f.arm(o.dir, passed)
	if w := o.waiter.Load(); w != nil {
		w.signal()
	}
}

// sleeper returns the operation's waiter, which few ever need.
func (o *Op) sleeper() *waiter {
	w := o.waiter.Load()
	if w == nil {
		w = newWaiter()
		o.waiter.Store(w)
	}
	return w
}

// queue waits for the turn.
func (o *Op) queue() error {
	t := &o.f.sides[o.dir].turn
	w := o.sleeper()
	w.steps = !o.OneStep
	var err error
	for got := t.enqueue(w); !got && err == nil; {
		if err = o.await(0); err == nil && w.place.Load() == queued {
			// so that nobody of a crowd wants the queue's lock only to learn that it is late
			_, err = o.over()
		}
		if err == nil {
			got = t.granted(w)
		}
	}
	if err == nil && o.stop != nil && o.ctx.Err() != nil {
		err = Ended(o.ctx) // while it was in the queue, so that poke left the poller alone
	}
	if err != nil && !t.leave(w) {
		t.unlock()
	}
	return err
}

// pause waits for a while, longer each time, and holds the turn.
func (o *Op) pause() error {
	d := min(shortestPause<<o.pauses, longestPause)
	o.pauses = min(o.pauses+1, 10)
	t := &o.f.sides[o.dir].turn
	t.pause(o.sleeper())
	defer t.pause(nil)
	return o.await(d)
}

// await returns when the waiter is signalled, after at most d if that is positive, or with the
// reason to give up.
func (o *Op) await(d time.Duration) error {
	at, err := o.over()
	if err != nil {
		return err
	}
	o.watch()
	w, pause := o.waiter.Load(), d > 0
	if at != 0 {
		if left := time.Duration(at - now()); d == 0 || left < d {
			d = max(1, left)
		}
	}
	switch {
	case d == 0:
		w.wait()
	case !bubble(): // a clock that moves on by itself
		if w.timer == nil {
			w.timer = time.AfterFunc(d, w.signal)
		} else {
			w.timer.Reset(d)
		}
		w.wait()
		w.timer.Stop()
	case pause:
		sys.Sleep(d)
	default:
		// In a bubble of testing/synctest no timer tells the real time. Who has the turn has the
		// poller's deadline, which does; and this one is no longer in the queue than that.
		w.wait()
	}
	if o.stop != nil && o.ctx.Err() != nil {
		return Ended(o.ctx)
	}
	return nil
}

// over returns the error if the descriptor is closed or the operation's time has come, else when
// that will be, 0 for never.
func (o *Op) over() (int64, error) {
	if o.f.closed() {
		return 0, ErrClosed
	}
	return o.due()
}
