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

func TestTurn(t *testing.T) {
	var turn turn
	if !turn.tryLock() || turn.tryLock() {
		t.Fatal("a free turn is taken once")
	}
	turn.unlock()
	if !turn.tryLock() {
		t.Fatal("it was not given back")
	}
	// In order of arrival, and nobody comes in between.
	var waiters []*waiter
	for range 3 {
		w := newWaiter()
		turn.enqueue(w)
		waiters = append(waiters, w)
	}
	for _, w := range waiters {
		if turn.granted(w) || turn.tryLock() {
			t.Fatal("the turn has two holders")
		}
		turn.unlock()
		select {
		case <-w.wake:
		default:
			t.Fatal("the next was not woken")
		}
		if !turn.granted(w) || turn.tryLock() {
			t.Fatal("the next does not hold the turn, or another does too")
		}
	}
	turn.unlock()
	// Free, although it was queued for.
	w := newWaiter()
	turn.enqueue(w)
	if !turn.granted(w) {
		t.Fatal("who queues for a free turn does not get it")
	}
	turn.unlock()
	if !turn.tryLock() {
		t.Fatal("it was not given back")
	}
}

// Who leaves is out, wherever it stood; the others keep their order. Who leaves after it was given the turn holds it.
func TestTurnLeave(t *testing.T) {
	for n := 1; n <= 5; n++ {
		for victim := range n {
			var turn turn
			turn.tryLock()
			waiters := make([]*waiter, n)
			for i := range waiters {
				waiters[i] = newWaiter()
				turn.enqueue(waiters[i])
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
					t.Fatalf("when %d of %d left, %d was not the next, or could leave with the turn", victim, n, i)
				}
			}
			turn.unlock()
			if turn.last != nil || turn.state.Load() != free || turn.granted(waiters[victim]) {
				t.Fatalf("when %d of %d left, the turn is not free at the end", victim, n)
			}
		}
	}
}

// Any sequence of arrivals, departures and turns gives the turn in the order that a simple list does.
func TestTurnAgainstAList(t *testing.T) {
	var turn turn
	var list []*waiter // the holder, then those who wait
	for range 100_000 {
		switch rand.IntN(3) {
		case 0:
			if len(list) < 10 {
				w := newWaiter()
				turn.enqueue(w)
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

// Leaving races with being handed the turn: nobody holds it twice, and it is never lost.
func TestTurnLeaveRace(t *testing.T) {
	var turn turn
	var holders, turns, left atomic.Int32
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() {
			for range 200 {
				if !turn.tryLock() {
					w := newWaiter()
					turn.enqueue(w)
					gone := false
					for !gone && !turn.granted(w) {
						select {
						case <-w.wake:
						case <-time.After(time.Duration(rand.IntN(20)) * time.Microsecond):
							gone = turn.leave(w)
						}
					}
					if gone {
						left.Add(1)
						continue
					}
				}
				if holders.Add(1) != 1 {
					t.Error("two hold the turn")
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
	if !turn.tryLock() || turn.last != nil || turns.Load()+left.Load() != 50*200 {
		t.Errorf("at the end the turn is %+v, after %d turns and %d departures", &turn, turns.Load(), left.Load())
	}
}

// stir wakes all who wait, and the holder's pause, once each however often it is called.
func TestTurnStir(t *testing.T) {
	var turn turn
	turn.stir()
	turn.tryLock()
	waiters := []*waiter{newWaiter(), newWaiter(), newWaiter()}
	turn.sleep(waiters[0])
	turn.enqueue(waiters[1])
	turn.enqueue(waiters[2])
	turn.stir()
	turn.stir()
	for i, w := range waiters {
		select {
		case <-w.wake:
		default:
			t.Errorf("%d was not woken", i)
		}
		if turn.granted(w) {
			t.Errorf("%d was given the turn", i)
		}
	}
	turn.sleep(nil)
	turn.stir()
	if len(waiters[0].wake) != 0 {
		t.Error("the holder was woken after its pause")
	}
}
