package fd

import (
	"slices"
	"sync"
	"sync/atomic"
)

// A turn is a mutual-exclusion lock whose queue can be left: each direction of a descriptor has one, because the poller
// can wait for one operation a direction, and each operation has its own deadline and context.
// Free, it is taken and given back by one compare-and-swap each.
type turn struct {
	state   atomic.Int32
	mu      sync.Mutex
	waiters []*waiter // in order of arrival; guarded by mu
	sleeper *waiter   // the holder, while it pauses; guarded by mu
}

const (
	free = iota
	held
	queued // held, or being handed over, and giving it back must look at waiters
)

// A waiter is an operation in the queue or in a pause. Its channel says: look again.
type waiter struct {
	wake    chan struct{} // capacity 1
	granted bool          // guarded by turn.mu
}

func newWaiter() *waiter { return &waiter{wake: make(chan struct{}, 1)} }

func (w *waiter) signal() {
	select {
	case w.wake <- struct{}{}:
	default: // a signal is there already
	}
}

// tryLock takes the turn if it is free.
func (t *turn) tryLock() bool { return t.state.CompareAndSwap(free, held) }

// enqueue joins the queue, or takes the turn if it has become free.
func (t *turn) enqueue(w *waiter) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.state.Swap(queued) == free {
		w.granted = true
		return
	}
	t.waiters = append(t.waiters, w)
}

// granted reports whether the turn has been handed to w.
func (t *turn) granted(w *waiter) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return w.granted
}

// leave takes w out of the queue; it reports false if the turn had already been handed to w, which then holds it.
func (t *turn) leave(w *waiter) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if w.granted {
		return false
	}
	t.waiters = slices.DeleteFunc(t.waiters, func(x *waiter) bool { return x == w })
	return true
}

// unlock gives the turn to the first in the queue, or frees it.
func (t *turn) unlock() {
	if t.state.CompareAndSwap(held, free) {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.waiters) == 0 {
		t.state.Store(free)
		return
	}
	w := t.waiters[0]
	t.waiters = slices.Delete(t.waiters, 0, 1)
	w.granted = true
	w.signal()
}

// sleep registers w as the holder's pause; nil ends it.
func (t *turn) sleep(w *waiter) {
	t.mu.Lock()
	t.sleeper = w
	t.mu.Unlock()
}

// stir makes everybody who waits for this turn, or pauses while holding it, look again: a deadline has moved, or the
// descriptor was closed.
func (t *turn) stir() {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, w := range t.waiters {
		w.signal()
	}
	if t.sleeper != nil {
		t.sleeper.signal()
	}
}
