package fd

import (
	"context"
	"time"

	"example.com/bsdsocket/internal/sys"
)

// Await returns when done is closed, or when an operation of that direction would give up: at the
// deadline or the end of the timeout, with the context, or with Close. It takes no turn, so that
// others may go on meanwhile. It is for what is done elsewhere, and rarely: Close and deadlines
// that are set meanwhile are looked at now and then.
func (f *FD) Await(ctx context.Context, dir Dir, timeout time.Duration,
	done <-chan struct{}) error {
	select {
	case <-done:
		return nil
	default:
	}
	ctx = Given(ctx)
	end := int64(0)
	if timeout > 0 {
		end = after(now(), timeout)
	}
	var err error
	for again := false; ; again = false {
		n, deadline := now(), f.sides[dir].deadline.Load()
		switch {
		case !f.usable():
			return ErrClosed
		case end != 0 && end <= n, deadline != 0 && deadline <= n:
			return ErrTimeout
		}
		tick := NewTimer(interval)
		select {
		case <-done:
		case <-ctx.Done():
			err = Ended(ctx)
		case <-tick.C:
			again = true
		}
		if tick.Stop(); !again {
			return err
		}
	}
}

const interval = 10 * time.Millisecond

// A Timer is a [time.Timer] of real time: in a bubble of testing/synctest, whose clock stands still
// while a goroutine waits for the network, it passes all the same.
type Timer struct {
	C          <-chan time.Time
	timer      *time.Timer   // nil in a bubble
	over, left chan struct{} // of the goroutine that measures the time there
}

// NewTimer returns a Timer whose C has something after d. It must be stopped, also then.
func NewTimer(d time.Duration) *Timer {
	if !bubble() {
		timer := time.NewTimer(d)
		return &Timer{C: timer.C, timer: timer}
	}
	c := make(chan time.Time, 1)
	t := &Timer{C: c, over: make(chan struct{}), left: make(chan struct{})}
	go func() {
		defer close(t.left)
		for end := after(now(), d); end > now(); {
			sys.Sleep(min(time.Duration(end-now()), interval))
			select {
			case <-t.over:
				return
			default:
			}
		}
		c <- time.Now()
	}()
	return t
}

// Stop ends the Timer. It is called once.
func (t *Timer) Stop() {
	if t.timer != nil {
		t.timer.Stop()
		return
	}
	close(t.over)
	<-t.left
}

// bubble reports whether the clock of package time is one that package testing/synctest moves: its
// times have no monotonic clock.
func bubble() bool {
	t := time.Now()
	return t == t.Round(0)
}
