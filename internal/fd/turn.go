package fd

import (
	"sync"
	"sync/atomic"
	"time"
)

// A turn is a mutual-exclusion lock whose queue can be left: each direction of a descriptor has
// one, because the poller can wait for one operation a direction, and each operation has its own
// deadline and context.
//
// Who comes takes a free turn, whoever waits; but who has waited for a millisecond gets it next, so
// that nobody waits for ever. (A sync.Mutex does the same.) An operation that moves data in steps
// has the turn alone. One that makes a single call and has its result needs no turn for that: it
// shares, which keeps others' steps out and nothing else.
//
//	                     tryLock           unlock
//	free ------------------> held ------------------> free
//	                          |  waiting: the queue is looked at;
//	                          |  free, and the first is woken
//	                          |  overdue: the first has it, held stays
//	shared + n: n calls are between share and unshare, which alone and reserved forbid
type turn struct {
	state   atomic.Uint32
	mu      sync.Mutex
	first   *waiter // of the queue; guarded by mu
	last    *waiter
	pausing *waiter // the holder, while it pauses; guarded by mu
}

// The state is 0 while the turn is free and nobody waits: then it is taken, and given back, by one
// compare-and-swap.
const (
	held     = 1 << iota // somebody has the turn
	alone                // and moves data in steps
	waiting              // the queue is not empty
	overdue              // its first has waited long enough: nobody takes the turn before it
	reserved             // and it moves data in steps: nobody shares before it has done so
	shared               // this and the bits above are the number of those who share
)

const longWait = time.Millisecond

// A waiter is an operation in the queue or in a pause.
type waiter struct {
	steps      bool    // it moves data in steps
	queued     bool    // guarded by turn.mu, as are all below
	granted    bool    // it has the turn, or had it
	since      int64   // when it came
	next, prev *waiter // in the queue

	// A semaphore. It is no channel: that of a goroutine in a bubble of testing/synctest must not
	// be used outside, where the one may be that gives the turn back. And it allocates nothing.
	asleep sync.Mutex  // locked but for the moment between signal and wait
	awake  atomic.Bool // signalled
	timer  *time.Timer // calls signal; nil: none yet
}

func newWaiter() *waiter {
	w := new(waiter)
	w.asleep.Lock()
	return w
}

// signal says: look again.
func (w *waiter) signal() {
	if w.awake.CompareAndSwap(false, true) {
		w.asleep.Unlock()
	}
}

// wait returns when there has been a signal since the last wait. One may be left of an earlier
// operation.
func (w *waiter) wait() {
	w.asleep.Lock()
	w.awake.Store(false)
}

// tryLock takes the turn if it is free.
func (t *turn) tryLock(steps bool) bool {
	take := uint32(held)
	if steps {
		take |= alone
	}
	for s := uint32(0); ; s = t.state.Load() {
		if s&(held|overdue) != 0 || steps && s >= shared {
			return false
		}
		if t.state.CompareAndSwap(s, s|take) {
			return true
		}
	}
}

// share keeps steps out until unshare, unless they are being made.
func (t *turn) share() bool {
	for {
		s := t.state.Load()
		if s&(alone|reserved) != 0 {
			return false
		}
		if t.state.CompareAndSwap(s, s+shared) {
			return true
		}
	}
}

func (t *turn) unshare() {
	if s := t.state.Add(^uint32(shared - 1)); s < shared && s&(held|waiting) == waiting {
		t.mu.Lock()
		t.wakeFirst()
		t.mu.Unlock()
	}
}

// unlock gives the turn back.
func (t *turn) unlock() {
	for {
		s := t.state.Load()
		if s&waiting != 0 {
			break
		}
		if t.state.CompareAndSwap(s, s&^(held|alone)) {
			return
		}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.change(held|alone, 0)
	if w := t.first; t.state.Load()&overdue != 0 && t.take(w) {
		w.signal()
		return
	}
	t.wakeFirst()
}

// enqueue joins the queue, or takes the turn if it has become free.
func (t *turn) enqueue(w *waiter) (granted bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	w.queued, w.granted, w.since = true, false, now()
	w.prev, w.next = t.last, nil
	if t.last == nil {
		t.first = w
	} else {
		t.last.next = w
	}
	t.last = w
	t.look()
	return t.take(w)
}

// granted reports whether w has the turn now, which was handed over, or is free and w the first.
func (t *turn) granted(w *waiter) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if w.granted || t.take(w) {
		return true
	}
	t.look()
	return false
}

// leave takes w out of the queue; it reports false if the turn had already been handed to w, which
// then holds it.
func (t *turn) leave(w *waiter) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if w.granted {
		return false
	}
	t.remove(w)
	t.wakeFirst() // w may have been woken in its stead
	return true
}

// take gives the turn to w if it is free and w the first in the queue, which it leaves. mu is held,
// here and below.
func (t *turn) take(w *waiter) bool {
	take := uint32(held)
	if w.steps {
		take |= alone
	}
	for w != nil && t.first == w {
		s := t.state.Load()
		if s&held != 0 || w.steps && s >= shared {
			return false
		}
		if t.state.CompareAndSwap(s, s|take) {
			t.remove(w)
			w.granted = true
			return true
		}
	}
	return false
}

func (t *turn) remove(w *waiter) {
	if w.prev == nil {
		t.first = w.next
	} else {
		w.prev.next = w.next
	}
	if w.next == nil {
		t.last = w.prev
	} else {
		w.next.prev = w.prev
	}
	w.next, w.prev, w.queued = nil, nil, false
	t.look()
}

// look makes the state say what is in the queue.
func (t *turn) look() {
	var is uint32
	if w := t.first; w != nil {
		is = waiting
		if now()-w.since >= int64(longWait) {
			is |= overdue
			if w.steps {
				is |= reserved
			}
		}
	}
	t.change(waiting|overdue|reserved, is)
}

// change replaces bits of the state.
func (t *turn) change(clear, set uint32) {
	for {
		s := t.state.Load()
		if t.state.CompareAndSwap(s, s&^clear|set) {
			return
		}
	}
}

func (t *turn) wakeFirst() {
	if t.first != nil && t.state.Load()&held == 0 {
		t.first.signal()
	}
}

// pause registers w as the holder's pause; nil ends it.
func (t *turn) pause(w *waiter) {
	t.mu.Lock()
	t.pausing = w
	t.mu.Unlock()
}

// stir makes everybody who waits for this turn, or pauses while holding it, look again: a deadline
// has moved, or the descriptor was closed.
func (t *turn) stir() {
	t.mu.Lock()
	t.stirLocked()
	t.mu.Unlock()
}

func (t *turn) stirLocked() {
	for w := t.first; w != nil; w = w.next {
		w.signal()
	}
	if t.pausing != nil {
		t.pausing.signal()
	}
}
