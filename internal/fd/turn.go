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
	mu      sync.Mutex // taken by lockQueue
	first   *waiter    // of the queue, and its prev is the last; guarded by mu
	pausing *waiter    // the holder, while it pauses; guarded by mu
	// a stack of those who have left the queue and are still linked there
	left atomic.Pointer[waiter]
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
//
// To leave the queue takes no lock. One context may end for thousands who wait here, and a mutex
// that so many want at once is handed from one to the next, with a sleep for each (sync.Mutex calls
// it starvation mode). So who leaves says so, and is unlinked by himself if mu is free, else by who
// has it.
type waiter struct {
	steps      bool          // it moves data in steps
	place      atomic.Uint32 // of the following
	since      int64         // when it came; guarded by turn.mu, as are all below
	next, prev *waiter       // in the queue
	below      *waiter       // in the stack of those who have left

	// A semaphore. It is no channel: that of a goroutine in a bubble of testing/synctest must not
	// be used outside, where the one may be that gives the turn back. And it allocates nothing.
	asleep sync.Mutex  // locked but for the moment between signal and wait
	awake  atomic.Bool // signalled
	timer  *time.Timer // calls signal; nil: none yet
}

// The places of a waiter. Only leave and take move it out of the queue, each by one
// compare-and-swap, so that it either has left or has the turn.
const (
	outside = iota
	queued
	granted // it has the turn, or had it
	left    // and is still linked; then outside
)

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
		t.lockQueue()
		t.wakeFirst()
		t.unlockQueue()
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
	t.lockQueue()
	defer t.unlockQueue()
	t.change(held|alone, 0)
	if w := t.first; t.state.Load()&overdue != 0 && t.take(w) {
		w.signal()
		return
	}
	t.wakeFirst()
}

// lockQueue locks mu, which guards the queue and what of a side must not change at once.
func (t *turn) lockQueue() { t.mu.Lock() }

// unlockQueue unlocks mu, and sees to those who could not have it meanwhile to leave.
func (t *turn) unlockQueue() {
	t.unlink()
	t.mu.Unlock()
	t.tidy()
}

// tidy has those who have left unlinked: here or, if mu is not free, by who has it.
func (t *turn) tidy() {
	for t.left.Load() != nil && t.mu.TryLock() {
		t.unlink()
		t.mu.Unlock()
	}
}

// unlink takes those who have left out of the queue. mu is held.
func (t *turn) unlink() {
	if t.left.Load() == nil {
		return
	}
	for w := t.left.Swap(nil); w != nil; {
		below := w.below
		w.below = nil
		t.remove(w)
		w.place.Store(outside) // and may be in another queue from here on
		w = below
	}
	t.look()
	t.wakeFirst() // one of them may have been woken in its stead
}

// enqueue joins the queue, or takes the turn if it has become free.
func (t *turn) enqueue(w *waiter) (got bool) {
	t.lockQueue()
	defer t.unlockQueue()
	w.place.Store(queued)
	w.since = now()
	if t.first == nil {
		t.first, w.prev = w, w
	} else {
		w.prev = t.first.prev
		w.prev.next, t.first.prev = w, w
	}
	t.look()
	return t.take(w)
}

// granted reports whether w has the turn now, which was handed over, or is free and w the first.
func (t *turn) granted(w *waiter) bool {
	if w.place.Load() == granted {
		return true
	}
	t.lockQueue()
	defer t.unlockQueue()
	if w.place.Load() == granted || t.take(w) {
		return true
	}
	t.look()
	return false
}

// leave takes w out of the queue; it reports false if the turn had already been handed to w, which
// then holds it. It waits for nobody; so w may still be linked (its place is left), and must not be
// used again then.
func (t *turn) leave(w *waiter) bool {
	if !w.place.CompareAndSwap(queued, left) {
		return false
	}
	for {
		w.below = t.left.Load()
		if t.left.CompareAndSwap(w.below, w) {
			break
		}
	}
	t.tidy()
	return true
}

// take gives the turn to w if it is free and w the first in the queue, which it leaves. mu is held,
// here and below.
func (t *turn) take(w *waiter) bool {
	take := uint32(held)
	if w != nil && w.steps {
		take |= alone
	}
	for w != nil && t.first == w {
		s := t.state.Load()
		if s&held != 0 || w.steps && s >= shared {
			return false
		}
		if !t.state.CompareAndSwap(s, s|take) {
			continue
		}
		if !w.place.CompareAndSwap(queued, granted) {
			t.change(take, 0) // it has left; see unlink
			return false
		}
		t.remove(w)
		t.look()
		return true
	}
	return false
}

func (t *turn) remove(w *waiter) {
	if w == t.first {
		t.first = w.next
	} else {
		w.prev.next = w.next
	}
	if w.next != nil {
		w.next.prev = w.prev
	} else if t.first != nil {
		t.first.prev = w.prev
	}
	w.next, w.prev = nil, nil
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
	t.lockQueue()
	t.pausing = w
	t.unlockQueue()
}

// stir makes everybody who waits for this turn, or pauses while holding it, look again: a deadline
// has moved, or the descriptor was closed.
func (t *turn) stir() {
	t.lockQueue()
	t.stirLocked()
	t.unlockQueue()
}

func (t *turn) stirLocked() {
	for w := t.first; w != nil; w = w.next {
		w.signal()
	}
	if t.pausing != nil {
		t.pausing.signal()
	}
}
