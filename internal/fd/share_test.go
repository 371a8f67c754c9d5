package fd

import (
	"bytes"
	"context"
	"errors"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"example.com/bsdsocket/internal/sys"
)

// A call of one step is made beside another, and not between another's steps. What would block
// waits in the queue.
func TestOneStep(t *testing.T) {
	for _, test := range []struct {
		first, second bool // of one step
		beside        bool
	}{{true, true, true}, {true, false, false}, {false, true, false}, {false, false, false}} {
		f, _ := pair(t)
		inside, leave := make(chan struct{}), make(chan struct{})
		slow := newCall(func(int) error { close(inside); <-leave; return nil })
		slow.OneStep = test.first
		first := begin(func() error { return slow.Run(background, f, Write, 0) })
		<-inside
		c := newCall(func(int) error { return nil })
		c.OneStep = test.second
		second := begin(func() error { return c.Run(background, f, Write, 0) })
		if test.beside {
			check(t, "a call beside another", soon(t, second), nil)
		} else {
			until(t, "it is in the queue",
				func() bool { return f.sides[Write].state.Load()&waiting != 0 })
		}
		close(leave)
		check(t, "the first", soon(t, first), nil)
		if !test.beside {
			check(t, "the second", soon(t, second), nil)
		}
	}
}

// A call of one step whose time comes in the queue is tried once more there.
func TestOneStepInTheQueue(t *testing.T) {
	f, _ := pair(t)
	ctx, cancel := context.WithCancel(background)
	holder := newCall(func(int) error { return syscall.EAGAIN })
	holder.OneStep = true
	first := begin(func() error { return holder.Run(ctx, f, Read, 0) })
	until(t, "it waits", inPoller)
	for _, there := range []bool{true, false} {
		c := newCall(nil)
		c.OneStep = true
		c.do = func(int) error {
			if there && c.n > 1 {
				return nil
			}
			return syscall.EAGAIN
		}
		want := ErrTimeout
		if there {
			want = nil
		}
		check(t, "a call in the queue", c.Run(background, f, Read, short), want)
		if c.n != 2 {
			t.Errorf("it was tried %d times", c.n)
		}
	}
	cancel()
	check(t, "the first", soon(t, first), context.Canceled)
}

// Many receive what many send, each in one step: nothing is lost, nobody is left waiting.
func TestOneStepCrowd(t *testing.T) {
	f, peer := pair(t)
	const n, each = 20, 500
	var all sync.WaitGroup
	var got atomic.Int32
	for range n {
		all.Go(func() {
			c := read()
			c.OneStep = true
			for range each {
				check(t, "a receive", c.Run(background, f, Read, patience), nil)
				got.Add(1)
			}
		})
		all.Go(func() {
			b := make([]byte, 1)
			c := newCall(
				func(sysfd int) error { _, err := sys.Send(sysfd, b, sys.MsgDontWait); return err })
			c.OneStep = true
			for range each {
				check(t, "a send", c.Run(background, peer, Write, patience), nil)
			}
		})
	}
	check(t, "all", soon(t, begin(func() error { all.Wait(); return nil })), nil)
	for _, s := range []*side{&f.sides[Read], &peer.sides[Write]} {
		if got.Load() != n*each || s.state.Load() != 0 || s.first != nil {
			t.Errorf("%d received, and the turn is %b", got.Load(), s.state.Load())
		}
	}
}

// To wait for the turn allocates nothing.
func TestAllocQueue(t *testing.T) {
	f, _ := pair(t)
	turn := &f.sides[Read].turn
	taken := make(chan struct{})
	go func() {
		for range taken {
			for turn.state.Load()&waiting == 0 {
				runtime.Gosched()
			}
			turn.unlock()
		}
	}()
	defer close(taken)
	c := newCall(func(int) error { return nil })
	if n := testing.AllocsPerRun(100, func() {
		turn.tryLock(true)
		taken <- struct{}{}
		if err := c.Run(background, f, Read, time.Hour); err != nil {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// An interrupt is a context that one goroutine ends, and that allocates nothing.
type interrupt struct {
	context.Context
	mu    sync.Mutex
	ended chan struct{}
	is    bool
	fn    func()
	stop  func() bool
}

func newInterrupt() *interrupt {
	i := &interrupt{Context: background, ended: make(chan struct{})}
	i.stop = func() bool {
		i.mu.Lock()
		defer i.mu.Unlock()
		was := i.fn != nil
		i.fn = nil
		return was
	}
	return i
}

func (i *interrupt) Done() <-chan struct{} { return i.ended }

func (i *interrupt) Err() error {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.is {
		return context.Canceled
	}
	return nil
}

func (i *interrupt) AfterFunc(fn func()) func() bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.fn = fn
	if i.is {
		i.fn = nil
		go fn()
	}
	return i.stop
}

func (i *interrupt) end() {
	i.mu.Lock()
	fn := i.fn
	i.is, i.fn = true, nil
	close(i.ended)
	i.mu.Unlock()
	if fn != nil {
		fn()
	}
}

// A wait with a context that has AfterFunc itself allocates nothing, and ends with it, in the
// poller, in the queue and in a pause.
func TestAllocInterrupt(t *testing.T) {
	f, peer := pair(t)
	i := newInterrupt()
	b := make([]byte, 1)
	waited := 0
	c := newCall(func(sysfd int) error {
		_, err := sys.Recv(sysfd, b, 0)
		if err == syscall.EAGAIN {
			waited++
			sys.Send(peer.Sysfd(), b, 0) // which ends the wait
		}
		return err
	})
	if n := testing.AllocsPerRun(100, func() {
		if err := c.Run(i, f, Read, time.Hour); err != nil {
			t.Fatal(err)
		}
	}); n != 0 || waited < 100 {
		t.Errorf("%v allocations, %d waits", n, waited)
	}
	holder := begin(func() error { return read().Run(i, f, Read, 0) })
	until(t, "it waits", inPoller)
	var queued []<-chan error
	for range 10 {
		own := newInterrupt()
		queued = append(queued, begin(func() error { return read().Run(own, f, Read, 0) }))
		until(t, "it is in the queue", func() bool {
			f.sides[Read].lockQueue()
			defer f.sides[Read].unlockQueue()
			return f.sides[Read].first != nil
		})
		own.end()
	}
	for _, done := range queued {
		check(t, "in the queue", soon(t, done), context.Canceled)
	}
	i.end()
	check(t, "in the poller", soon(t, holder), context.Canceled)
	check(t, "the next", read().Run(background, f, Read, time.Millisecond), ErrTimeout)

	pausing := newInterrupt()
	var tries atomic.Int32
	done := begin(func() error {
		return newCall(func(int) error { tries.Add(1); return Later }).Run(pausing, f, Read, 0)
	})
	until(t, "it pauses", func() bool { return tries.Load() > 3 })
	pausing.end()
	check(t, "in a pause", soon(t, done), context.Canceled)
}

// To set a deadline that nobody waits for takes no lock.
func TestDeadlineWithoutALock(t *testing.T) {
	f, _ := pair(t)
	for dir := range Errors {
		// After this the poller has it.
		check(t, "a timeout", read().Run(background, f, dir, short), ErrTimeout)
		s := &f.sides[dir]
		s.lockQueue()
		for _, at := range []time.Time{time.Now().Add(time.Hour), {}, time.Now()} {
			done := begin(func() error { return f.SetDeadline(dir, at) })
			check(t, "a deadline", soon(t, done), nil)
		}
		s.unlockQueue()
		check(t, "a call afterwards", read().Run(background, f, dir, 0), ErrTimeout)
	}
}

// A wait that begins while its deadline is set ends at it, in the poller, in the queue and on the
// duplicate for Errors, and so does the next, which finds it set.
func TestDeadlineAsTheWaitBegins(t *testing.T) {
	var f *FD
	for i := range 3000 {
		if i%50 == 0 {
			f, _ = pair(t) // without a duplicate for Errors
		}
		dirs := []Dir{Read, Read, Write}
		if i%2 == 0 {
			dirs = []Dir{Write, Errors}
		}
		var all []<-chan error
		for _, dir := range dirs {
			all = append(all, begin(func() error {
				c := newCall(func(int) error { return syscall.EAGAIN })
				c.settled = i%3 == 0
				return c.Run(background, f, dir, 0)
			}))
		}
		for range i % 50 {
			runtime.Gosched()
		}
		for dir := range Errors {
			check(t, "a deadline", f.SetDeadline(dir, time.Now()), nil)
		}
		for _, done := range all {
			check(t, "the wait", soon(t, done), ErrTimeout)
		}
		for dir := range Errors {
			check(t, "no deadline", f.SetDeadline(dir, time.Time{}), nil)
		}
		for _, dir := range dirs {
			c := newCall(func(int) error { return nil })
			check(t, "a call without a deadline", c.Run(background, f, dir, 0), nil)
		}
	}
}

// A context ends a wait at once, whoever moves the deadlines meanwhile, and leaves them alone.
func TestCancelAmongDeadlines(t *testing.T) {
	f, _ := pair(t)
	stop := make(chan struct{})
	var all sync.WaitGroup
	for n := range 3 {
		all.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-stop:
					return
				default:
					f.SetDeadline(Read, time.Now().Add(time.Hour+time.Duration(i*n)*time.Second))
					runtime.Gosched()
				}
			}
		})
	}
	var longest time.Duration
	for range 100 {
		ctx, cancel := context.WithCancel(background)
		var tries atomic.Int32
		c := newCall(func(int) error { tries.Add(1); return syscall.EAGAIN })
		done := begin(func() error { return c.Run(ctx, f, Read, 0) })
		until(t, "it has tried", func() bool { return tries.Load() > 0 })
		begun := time.Now()
		cancel()
		check(t, "the wait", soon(t, done), context.Canceled)
		longest = max(longest, time.Since(begun))
	}
	close(stop)
	all.Wait()
	t.Logf("at most %v", longest)
	if f.sides[Read].deadline.Load() < now()+int64(time.Minute) {
		t.Error("the deadline is not what was set")
	}
}

// An asked context counts how often it is asked for what takes its lock: for the cause of its end,
// and to watch for that.
type asked struct {
	context.Context
	values atomic.Int32
}

func (a *asked) Value(key any) any {
	a.values.Add(1)
	return a.Context.Value(key)
}

// One context ends thousands that wait in the queue, and none of them wants a lock that the others
// want too: not the queue's (see TestTurnLeaveWaitsForNobody), which another has here all the time,
// and not the context's. So what it takes grows with their number.
func TestCancelCrowd(t *testing.T) {
	f, _ := pair(t)
	s := &f.sides[Read]
	if !s.tryLock(true) {
		t.Fatal("the turn is taken")
	}
	defer s.unlock()
	ctx, cancel := context.WithCancelCause(background)
	crowd := &asked{Context: ctx}
	const n = 2000
	var done []<-chan error
	for range n {
		done = append(done, begin(func() error {
			return newCall(func(int) error { return nil }).Run(crowd, f, Read, time.Hour)
		}))
	}
	waiting := func() (n int) {
		s.lockQueue()
		defer s.unlockQueue()
		for w := s.first; w != nil; w = w.next {
			n++
		}
		return n
	}
	until(t, "all wait, and watch for the end",
		func() bool { return waiting() == n && crowd.values.Load() >= n })
	before := crowd.values.Load()
	s.lockQueue()
	release := sync.OnceFunc(s.unlockQueue)
	defer release()
	why := errors.New("why")
	cancel(why)
	var errs []error
	for _, one := range done {
		err := soon(t, one)
		errs = append(errs, err)
		if !errors.Is(err, context.Canceled) {
			t.Fatalf("the end is %v", err)
		}
	}
	release()
	if n := crowd.values.Load() - before; n != 0 {
		t.Errorf("the context was asked %d times", n)
	}
	if n := waiting(); n != 0 {
		t.Errorf("%d are still in the queue", n)
	}
	for _, err := range errs {
		check(t, "the end", err, why)
	}
}

// inPoller reports whether a goroutine waits in a RawConn's Read or Write.
func inPoller() bool {
	all := make([]byte, 1<<20)
	for g := range bytes.SplitSeq(all[:runtime.Stack(all, true)], []byte("\n\n")) {
		head, rest, _ := bytes.Cut(g, []byte("\n"))
		if bytes.Contains(head, []byte("[IO wait")) &&
			bytes.Contains(rest, []byte("(*rawConn).")) ||
			bytes.Contains(rest, []byte("internal/sys.(*Readiness).End(")) { // Windows
			return true
		}
	}
	return false
}
