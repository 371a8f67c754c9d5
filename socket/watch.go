package socket

import (
	"context"
	"syscall"
	"time"

	"example.com/bsdsocket/internal/fd"
	"example.com/bsdsocket/internal/sys"
)

// watches is the engine where there is no epoll(7). It works as that does in the kernel: what may
// be ready is in a queue, by what waits for each socket; who waits looks at the queue, asks
// poll(2), and puts back what stays ready. What is not ready is waited for again, by goroutines.
type watches struct {
	p        *Poller
	queue    []*watch
	deadline time.Time
	wake     chan struct{} // one who waits may look
	moved    chan struct{} // closed, and made anew, when all who wait must look
}

// A watch is a registration to them. It ends with the registration.
type watch struct {
	r      *registration
	ctx    context.Context
	cancel context.CancelFunc
	queued bool
	rests  bool // after PollOneShot
	waits  [kinds]bool
	quiet  PollEvents           // were told, with PollEdge, and are not told again yet
	pause  [kinds]time.Duration // for how long, the last time
}

// kinds is how many there are of what a goroutine waits for.
const kinds = 3

// watched are they.
var watched = [kinds]struct {
	asked   PollEvents
	anyway  PollEvents // is told whether asked for or not
	always  bool       // it waits whatever is asked for
	longest time.Duration
	wait    func(s *Socket, ctx context.Context, asked PollEvents) error
}{
	{PollIn | PollRdHup, PollErr | PollHup, true, 4 * time.Millisecond,
		func(s *Socket, ctx context.Context, asked PollEvents) error {
			return s.wait(ctx, "wait", fd.Read, asked.toSystem())
		}},
	{PollOut, 0, false, 64 * time.Millisecond,
		func(s *Socket, ctx context.Context, asked PollEvents) error {
			return s.wait(ctx, "wait", fd.Write, asked.toSystem())
		}},
	{PollPri, 0, false, longestLook, nil}, // Go's poller knows nothing of it
}

func newWatches(p *Poller) (engine, error) {
	return &watches{p: p, wake: make(chan struct{}, 1), moved: make(chan struct{})}, nil
}

func (e *watches) add(r *registration) error {
	w := &watch{r: r}
	w.ctx, w.cancel = context.WithCancel(context.Background())
	r.watch = w
	e.enqueue(w)
	return nil
}

// change begins anew: what waits may wait for something else.
func (e *watches) change(r *registration) error {
	e.remove(r)
	return e.add(r)
}

func (e *watches) remove(r *registration) {
	r.watch.cancel()
	r.watch.r = nil
}

// enqueue says that w may be ready.
func (e *watches) enqueue(w *watch) {
	if !w.queued && w.r != nil {
		w.queued = true
		e.queue = append(e.queue, w)
		e.wakeOne()
	}
}

func (e *watches) wakeOne() {
	select {
	case e.wake <- struct{}{}:
	default: // somebody will look already
	}
}

func (e *watches) stir() {
	close(e.moved)
	e.moved = make(chan struct{})
}

func (e *watches) setDeadline(t time.Time) error {
	e.p.mu.Lock()
	defer e.p.mu.Unlock()
	e.deadline = t
	e.stir()
	return nil
}

func (e *watches) close() error {
	e.p.mu.Lock()
	defer e.p.mu.Unlock()
	e.stir()
	return nil
}

// collect is epoll_wait(2): it goes once through the queue.
func (e *watches) collect(events []PollEvent) (n int) {
	for range len(e.queue) {
		if n == len(events) {
			break
		}
		w := e.queue[0]
		e.queue[0] = nil
		e.queue = e.queue[1:]
		w.queued = false
		if w.r == nil || w.rests {
			continue
		}
		r := w.r
		ready := r.s.look(r.events) &^ w.quiet
		if ready == 0 {
			e.await(w)
			continue
		}
		events[n] = PollEvent{r.s, r.value, ready}
		n++
		switch {
		case r.events&PollOneShot != 0:
			w.rests = true
		case r.events&PollEdge != 0:
			w.quiet |= ready
			e.await(w)
		default:
			e.enqueue(w)
		}
	}
	if len(e.queue) == 0 {
		e.queue = nil
	}
	return n
}

// look asks poll(2) for what there is of events.
func (s *Socket) look(events PollEvents) PollEvents {
	var got PollEvents
	s.fd.Control(func(sysfd int) error {
		n, err := sys.Poll(sysfd, events.toSystem())
		got = s.told(fromSystem(n), events)
		return err
	})
	return got
}

// await starts what waits for w, if it does not wait already.
func (e *watches) await(w *watch) {
	for i := range watched {
		k := &watched[i]
		asked := w.r.events & k.asked
		if w.waits[i] || asked == 0 && !k.always {
			continue
		}
		w.waits[i] = true
		told := w.quiet & (k.asked | k.anyway)
		if told != 0 { // nothing tells when it is over, or more of it comes
			w.pause[i] = min(max(time.Millisecond, 2*w.pause[i]), k.longest)
		} else {
			w.pause[i] = 0
		}
		go e.watch(w, i, w.r.s, asked, told, w.pause[i])
	}
}

// watch waits for one kind of events, and after a pause if they were told.
func (e *watches) watch(w *watch, i int, s *Socket, asked, told PollEvents, pause time.Duration) {
	wait := watched[i].wait
	if pause == 0 && (wait == nil || wait(s, w.ctx, asked) != nil) {
		pause = longestLook // also if the socket has a deadline of its own, which has passed
	}
	if pause > 0 {
		t := time.NewTimer(pause)
		defer t.Stop()
		select {
		case <-t.C:
		case <-w.ctx.Done():
			return
		}
	}
	e.p.mu.Lock()
	defer e.p.mu.Unlock()
	w.waits[i] = false
	w.quiet &^= told
	e.enqueue(w)
}

const longestLook = 32 * time.Millisecond

func (e *watches) wait(ctx context.Context, events []PollEvent, timeout time.Duration,
	try bool) (int, error) {
	ctx = fd.Given(ctx)
	if ctx.Err() != nil {
		return 0, fd.Ended(ctx)
	}
	var end time.Time
	if timeout > 0 {
		end = time.Now().Add(timeout)
	}
	p := e.p
	for tried := false; ; tried = true {
		p.mu.Lock()
		at, moved := e.deadline, e.moved
		late := !try && !at.IsZero() && time.Until(at) <= 0
		if p.closed || late && !tried {
			p.mu.Unlock()
			if late {
				return 0, ErrTimeout
			}
			return 0, ErrClosed
		}
		n, stirs := e.collect(events), p.stirs
		p.stirs = false
		if len(e.queue) > 0 {
			e.wakeOne()
		}
		p.mu.Unlock()
		switch {
		case n > 0 || stirs:
			return n, nil
		case try:
			return 0, syscall.EAGAIN
		case late || timeout > 0 && time.Until(end) <= 0:
			return 0, ErrTimeout
		}
		if timeout > 0 && (at.IsZero() || end.Before(at)) {
			at = end
		}
		if err := e.sleep(ctx, at, moved); err != nil {
			return 0, err
		}
	}
}

// sleep returns when it is time to look, at the latest at that time, if it is not zero.
func (e *watches) sleep(ctx context.Context, at time.Time, moved <-chan struct{}) error {
	var timer <-chan time.Time
	if !at.IsZero() {
		t := time.NewTimer(time.Until(at))
		defer t.Stop()
		timer = t.C
	}
	select {
	case <-e.wake:
	case <-moved:
	case <-timer:
	case <-ctx.Done():
		return fd.Ended(ctx)
	}
	return nil
}
