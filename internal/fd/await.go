package fd

import (
	"context"
	"time"
)

// Await returns when done is closed, or when an operation of that direction would give up: at the
// deadline or the end of the timeout, with the context, or with Close. It takes no turn, so that
// others may go on meanwhile. It is for what is done elsewhere, and rarely: Close and deadlines
// that are set meanwhile are looked at now and then.
func (f *FD) Await(ctx context.Context, dir Dir, timeout time.Duration, done <-chan struct{}) error {
	select {
	case <-done:
		return nil
	default:
	}
	if ctx == nil {
		ctx = context.Background()
	}
	const interval = 10 * time.Millisecond
	ticks := time.NewTicker(interval)
	defer ticks.Stop()
	end := int64(0)
	if timeout > 0 {
		end = after(now(), timeout)
	}
	for {
		n, deadline := now(), f.sides[dir].deadline.Load()
		switch {
		case !f.usable():
			return ErrClosed
		case end != 0 && end <= n, deadline != 0 && deadline <= n:
			return ErrTimeout
		}
		select {
		case <-done:
			return nil
		case <-ctx.Done():
			return ended(ctx)
		case <-ticks.C:
		}
	}
}
