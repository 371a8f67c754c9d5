package fd

import (
	"sync"
	"sync/atomic"
)

// A turn is a mutual-exclusion lock whose queue can be left: each direction of a descriptor has one, because the poller
// can wait for one operation a direction, and each operation has its own deadline and context.
// Free, it is taken and given back by one compare-and-swap each.
type turn struct {
	state   atomic.Int32
	mu      sync.Mutex
	last    *waiter // of the queue, which is a ring: last.next is the first; guarded by mu
	sleeper *waiter // the holder, while it pauses; guarded by mu
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
	next    *waiter       // guarded by turn.mu
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
	if t.last == nil {
		w.next = w
	} else {
		w.next, t.last.next = t.last.next, w
	}
	t.last = w
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
	before := t.last
	for before.next != w {
		before = before.next
	}
	t.remove(before)
	return true
}

// unlock gives the turn to the first in the queue, or frees it.
func (t *turn) unlock() {
	if t.state.CompareAndSwap(held, free) {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.last == nil {
		t.state.Store(free)
		return
	}
	w := t.remove(t.last)
	w.granted = true
	w.signal()
}

// remove takes the waiter after before out of the ring. mu is held.
func (t *turn) remove(before *waiter) *waiter {
	w := before.next
	before.next = w.next
	if w == before {
		t.last = nil
	} else if w == t.last {
		t.last = before
	}
	return w
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
	if t.last != nil {
		t.last.signal()
		for w := t.last.next; w != t.last; w = w.next {
			w.signal()
		}
	}
	if t.sleeper != nil {
		t.sleeper.signal()
	}
}
