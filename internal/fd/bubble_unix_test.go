//go:build linux || darwin || dragonfly || freebsd || netbsd || openbsd

package fd

import (
	"context"
	"runtime"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// In a bubble, whose clock stands still while a goroutine waits for the network, deadlines and
// timeouts pass as they do outside.
func TestBubble(t *testing.T) {
	defer time.AfterFunc(patience, func() { panic("a deadline does not pass in a bubble") }).Stop()
	outside, _ := pair(t) // by which the clocks could be compared
	synctest.Test(t, func(t *testing.T) {
		inside, peer := pair(t)
		for _, f := range []*FD{inside, outside} {
			for _, dir := range []Dir{Read, Write, Errors} {
				wait := func() *call { return newCall(func(int) error { return syscall.EAGAIN }) }
				of := dir
				if dir == Errors {
					of = Read
				}
				check(t, "a timeout", wait().Run(background, f, dir, short), ErrTimeout)
				check(t, "SetDeadline", f.SetDeadline(of, time.Now().Add(short)), nil)
				check(t, "a deadline", wait().Run(background, f, dir, 0), ErrTimeout)
				check(t, "after it", wait().Run(background, f, dir, 0), ErrTimeout)
				check(t, "SetDeadline", f.SetDeadline(of, time.Time{}), nil)
				check(t, "a pause and a timeout", newCall(func(int) error {
					return Later
				}).Run(background, f, dir, short), ErrTimeout)

				ctx, cancel := context.WithCancel(background)
				c := wait()
				do := c.do
				c.do = func(sysfd int) error { cancel(); return do(sysfd) }
				check(t, "a context", c.Run(ctx, f, dir, 0), context.Canceled)
			}
		}
		write(t, peer)
		check(t, "a read", read().Run(background, inside, Read, patience), nil)

		done := make(chan error)
		go func() { done <- read().Run(background, inside, Read, 0) }()
		check(t, "SetDeadline", inside.SetDeadline(Read, time.Now().Add(short)), nil)
		check(t, "a deadline that was set meanwhile", <-done, ErrTimeout)
		check(t, "SetDeadline", inside.SetDeadline(Read, time.Time{}), nil)

		// Those in the queue, which none of the bubble's timers could wake; and Close.
		for range 3 {
			go func() { done <- read().Run(background, inside, Read, short) }()
		}
		for range 3 {
			check(t, "a timeout of several", <-done, ErrTimeout)
		}
		for range 3 {
			go func() { done <- read().Run(background, inside, Read, patience) }()
		}
		for inside.sides[Read].state.Load()&waiting == 0 {
			runtime.Gosched()
		}
		check(t, "Close", inside.Close(), nil)
		for range 3 {
			check(t, "a closed one", <-done, ErrClosed)
		}
	})

	// What a bubble has used goes on outside.
	check(t, "a timeout outside",
		newCall(func(int) error { return Later }).Run(background, outside, Read, short), ErrTimeout)
}
