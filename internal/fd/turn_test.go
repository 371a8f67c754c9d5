package fd

import (
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// patience is how long a test waits for what must happen. Only a hang takes as long.
const patience = 30 * time.Second

func arriving(steps bool) *waiter {
	w := newWaiter()
	w.steps = steps
	return w
}

// old makes a waiter one that has waited long, and found so.
func old(t *turn, w *waiter) {
	t.lockQueue()
	defer t.unlockQueue()
	w.since -= int64(longWait)
	t.look()
}

// woken reports whether a waiter was signalled, and takes the signal.
func woken(w *waiter) bool {
	if !w.awake.Load() {
		return false
	}
	w.wait()
	return true
}

func TestTurn(t *testing.T) {
	var turn turn
	for _, steps := range []bool{true, false} {
		if !turn.tryLock(steps) || turn.tryLock(true) || turn.tryLock(false) {
			t.Fatal("a free turn is taken once")
		}
		turn.unlock()
	}
	if !turn.tryLock(true) {
		t.Fatal("it was not given back")
	}
	// Those who have waited long have it in order of arrival, and nobody comes in between.
	var waiters []*waiter
	for range 3 {
		w := arriving(true)
		if turn.enqueue(w) {
			t.Fatal("two have the turn")
		}
		old(&turn, w)
		waiters = append(waiters, w)
	}
	for _, w := range waiters {
		if turn.granted(w) || turn.tryLock(true) {
			t.Fatal("the turn has two holders")
		}
		turn.unlock()
		if !woken(w) {
			t.Fatal("the next was not woken")
		}
		if !turn.granted(w) || turn.tryLock(true) {
			t.Fatal("the next does not hold the turn, or another does too")
		}
	}
	turn.unlock()
	// Free, although it was queued for.
	w := arriving(true)
	if !turn.enqueue(w) {
		t.Fatal("who queues for a free turn does not get it")
	}
	turn.unlock()
	if turn.state.Load() != 0 || turn.first != nil {
		t.Fatalf("it was not given back: %+v", &turn)
	}
}

// Who comes takes a free turn before one who waits, until that one has waited long.
func TestTurnPassing(t *testing.T) {
	var turn turn
	turn.tryLock(true)
	w := arriving(true)
	turn.enqueue(w)
	turn.lockQueue()
	w.since += int64(time.Hour) // on a busy machine this test takes long
	turn.unlockQueue()
	turn.unlock()
	if !woken(w) {
		t.Fatal("who waits was not woken")
	}
	if !turn.tryLock(true) {
		t.Fatal("a free turn cannot be taken")
	}
	if turn.granted(w) {
		t.Fatal("two have the turn")
	}
	turn.lockQueue()
	w.since -= int64(time.Hour)
	turn.unlockQueue()
	old(&turn, w)
	turn.unlock()
	if turn.tryLock(true) || turn.tryLock(false) || !woken(w) || !turn.granted(w) {
		t.Fatal("who has waited long does not have it")
	}
	turn.unlock()
}

// Those who share keep steps out, and are kept out by them.
func TestTurnShare(t *testing.T) {
	var turn turn
	turn.tryLock(false)
	for range 2 {
		if !turn.share() {
			t.Fatal("nobody shares although no steps are made")
		}
	}
	turn.unlock()
	if turn.tryLock(true) {
		t.Fatal("steps begin while others share")
	}
	if !turn.tryLock(false) {
		t.Fatal("the turn is not free")
	}
	turn.unlock()
	w := arriving(true)
	if turn.enqueue(w) {
		t.Fatal("steps begin while others share")
	}
	turn.unshare()
	if woken(w) {
		t.Fatal("the steps were called before the last had done")
	}
	old(&turn, w)
	if turn.granted(w) {
		t.Fatal("steps begin while others share")
	}
	if turn.share() || turn.tryLock(false) {
		t.Fatal("others go on sharing although steps wait for long")
	}
	turn.unshare()
	if !woken(w) || !turn.granted(w) {
		t.Fatal("the steps do not begin")
	}
	if turn.share() {
		t.Fatal("somebody shares between steps")
	}
	// Handed over while others share, it waits for them.
	turn.unlock()
	turn.tryLock(false)
	turn.share()
	turn.enqueue(w)
	old(&turn, w)
	turn.unlock()
	woken(w)
	if turn.granted(w) || turn.share() {
		t.Fatal("steps begin while others share, or these never end")
	}
	turn.unshare()
	if !woken(w) || !turn.granted(w) {
		t.Fatal("the steps do not begin")
	}
	turn.unlock()
	if s := turn.state.Load(); s != 0 {
		t.Fatalf("the turn is %b at the end", s)
	}
}

// Who leaves is out, wherever it stood; the others keep their order. Who leaves after it was given
// the turn holds it.
func TestTurnLeave(t *testing.T) {
	for n := 1; n <= 5; n++ {
		for victim := range n {
			var turn turn
			turn.tryLock(true)
			waiters := make([]*waiter, n)
			for i := range waiters {
				waiters[i] = arriving(true)
				turn.enqueue(waiters[i])
				old(&turn, waiters[i])
			}
			if !turn.leave(waiters[victim]) {
				t.Fatalf("%d of %d cannot leave", victim, n)
			}
			for i, w := range waiters {
				if i == victim {
					continue
				}
				turn.unlock()
				if !turn.granted(w) || turn.leave(w) {
					t.Fatalf(
						"when %d of %d left, %d was not the next, or could leave with the turn",
						victim, n, i)
				}
			}
			turn.unlock()
			if turn.first != nil || turn.state.Load() != 0 {
				t.Fatalf("when %d of %d left, the turn is not free at the end", victim, n)
			}
		}
	}
	// Who leaves although it was woken for a free turn wakes the next.
	var turn turn
	turn.tryLock(true)
	a, b := arriving(true), arriving(true)
	turn.enqueue(a)
	turn.enqueue(b)
	turn.unlock()
	turn.leave(a)
	if !woken(b) || !turn.granted(b) {
		t.Fatal("a free turn, and the only one who waits sleeps")
	}
}

// Any sequence of arrivals, departures and turns gives the turn in the order that a simple list
// does.
func TestTurnAgainstAList(t *testing.T) {
	var turn turn
	var list []*waiter // the holder, then those who wait
	for range 100_000 {
		switch rand.IntN(3) {
		case 0:
			if len(list) < 10 {
				w := arriving(rand.IntN(2) == 0)
				if turn.enqueue(w) != (len(list) == 0) {
					t.Fatal("the turn is not free when it should be, or the reverse")
				}
				old(&turn, w)
				list = append(list, w)
			}
		case 1:
			if len(list) > 0 {
				turn.unlock()
				list = list[1:]
			}
		case 2:
			if len(list) > 1 {
				i := 1 + rand.IntN(len(list)-1)
				if !turn.leave(list[i]) {
					t.Fatal("one that waits has the turn")
				}
				list = slices.Delete(list, i, i+1)
			}
		}
		for i, w := range list {
			if turn.granted(w) != (i == 0) {
				t.Fatalf("of %d, number %d has the turn: %t", len(list), i, turn.granted(w))
			}
		}
	}
}

// Leaving races with being handed the turn, and sharing with steps: nobody holds it twice, and it
// is never lost.
func TestTurnRace(t *testing.T) {
	var turn turn
	var holders, steps, sharers, turns, departures, sharings atomic.Int32
	var all sync.WaitGroup
	for i := range 50 {
		all.Go(func() {
			w := arriving(i%2 == 0)
			for range 200 {
				if !w.steps && turn.share() {
					sharers.Add(1)
					if steps.Load() != 0 {
						t.Error("somebody shares between steps")
					}
					sharers.Add(-1)
					turn.unshare()
					sharings.Add(1)
				}
				if !turn.tryLock(w.steps) {
					got, gone := turn.enqueue(w), false
					for !got && !gone {
						timer := time.AfterFunc(time.Duration(rand.IntN(1000))*time.Microsecond,
							w.signal)
						w.wait()
						if !timer.Stop() && rand.IntN(2) == 0 {
							gone = turn.leave(w)
						}
						got = !gone && turn.granted(w)
					}
					if gone {
						departures.Add(1)
						if w.place.Load() == left { // another will unlink it
							w = arriving(w.steps)
						}
						continue
					}
				}
				if holders.Add(1) != 1 {
					t.Error("two hold the turn")
				}
				if w.steps {
					steps.Add(1)
					if sharers.Load() != 0 {
						t.Error("steps while somebody shares")
					}
					steps.Add(-1)
				}
				turns.Add(1)
				holders.Add(-1)
				turn.unlock()
			}
		})
	}
	done := make(chan struct{})
	go func() { all.Wait(); close(done) }()
	select {
	case <-done:
	case <-time.After(patience):
		t.Fatalf("the turn is lost: %+v", &turn)
	}
	if turn.state.Load() != 0 || turn.first != nil || turns.Load()+departures.Load() != 50*200 {
		t.Errorf("at the end the turn is %+v, after %d turns and %d departures",
			&turn, turns.Load(), departures.Load())
	}
	t.Logf("%d turns, %d departures, %d shared", turns.Load(), departures.Load(), sharings.Load())
}

// stir wakes all who wait, and the holder's pause, once each however often it is called.
func TestTurnStir(t *testing.T) {
	var turn turn
	turn.stir()
	turn.tryLock(true)
	waiters := []*waiter{arriving(true), arriving(true), arriving(true)}
	turn.pause(waiters[0])
	turn.enqueue(waiters[1])
	turn.enqueue(waiters[2])
	turn.stir()
	turn.stir()
	for i, w := range waiters {
		if !woken(w) {
			t.Errorf("%d was not woken", i)
		}
		if w.place.Load() == granted {
			t.Errorf("%d was given the turn", i)
		}
	}
	turn.pause(nil)
	turn.stir()
	if woken(waiters[0]) {
		t.Error("the holder was woken after its pause")
	}
}

// Who leaves waits for nobody, whoever has the queue meanwhile, and is unlinked by that one; the
// next is woken if the turn is free, as it may have been he who was. So a context that ends for
// many does not make them wait for one another.
func TestTurnLeaveWaitsForNobody(t *testing.T) {
	var turn turn
	turn.tryLock(true)
	const n = 1000
	all := make([]*waiter, n)
	for i := range all {
		all[i] = arriving(true)
		turn.enqueue(all[i])
	}
	turn.lockQueue()
	for i, w := range all[:n-1] {
		if !turn.leave(w) { // here, where a wait for the queue would be for ever
			t.Fatalf("%d has the turn", i)
		}
		if turn.leave(w) {
			t.Fatalf("%d has left twice", i)
		}
	}
	turn.unlockQueue()
	next := all[n-1]
	if turn.first != next || next.prev != next || turn.left.Load() != nil {
		t.Fatalf("the queue is %+v", &turn)
	}
	for i, w := range all[:n-1] {
		if w.place.Load() != outside || w.next != nil || w.prev != nil || w.below != nil ||
			woken(w) {
			t.Fatalf("%d is %+v", i, w)
		}
	}
	turn.unlock()
	if !woken(next) || !turn.granted(next) {
		t.Fatal("who stayed does not have the turn")
	}
	// He who was woken leaves while another has the queue.
	a, b := arriving(true), arriving(true)
	turn.enqueue(a)
	turn.enqueue(b)
	turn.unlock()
	turn.lockQueue()
	turn.leave(a)
	turn.unlockQueue()
	if !woken(a) || !woken(b) || !turn.granted(b) {
		t.Fatal("a free turn, and the only one who waits sleeps")
	}
	// He to whom the turn was to be handed has left.
	turn.enqueue(a)
	turn.enqueue(b)
	old(&turn, a)
	a.place.Store(left) // he is about to say so
	turn.unlock()
	if turn.granted(b) {
		t.Fatal("somebody passes by the first before he is unlinked")
	}
	a.place.Store(queued)
	turn.leave(a)
	if !woken(b) || !turn.granted(b) {
		t.Fatal("a free turn, and the only one who waits sleeps")
	}
	turn.unlock()
	if s := turn.state.Load(); s != 0 || turn.first != nil {
		t.Fatalf("the turn is %+v at the end", &turn)
	}
}
