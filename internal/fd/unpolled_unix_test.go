//go:build linux || darwin || dragonfly || freebsd || netbsd || openbsd

package fd

import (
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"example.com/bsdsocket/internal/sys"
)

// The poller gets a descriptor when an operation must wait, not before; a deadline that was set earlier holds.
func TestPolledWhenItWaits(t *testing.T) {
	f, peer := pair(t)
	write(t, peer)
	check(t, "a read that need not wait", read().Run(background, f, Read, patience), nil)
	c := read()
	c.NoWait = true
	check(t, "a read that must not wait", c.Run(background, f, Read, patience), syscall.EAGAIN)
	check(t, "a control", f.Control(func(int) error { return nil }), nil)
	check(t, "SetDeadline", f.SetDeadline(Read, time.Now().Add(short)), nil)
	if f.polled() {
		t.Error("it is in the poller before an operation waits")
	}
	check(t, "a read that waits", read().Run(background, f, Read, 0), ErrTimeout)
	if !f.polled() {
		t.Error("it waited without the poller")
	}
}

// Somebody who shares the descriptor made it blocking before the poller got it.
func TestPolledAlthoughBlocking(t *testing.T) {
	f, _ := pair(t)
	if err := unix.SetNonblock(f.Sysfd(), false); err != nil {
		t.Fatal(err)
	}
	c := newCall(func(int) error { return syscall.EAGAIN })
	check(t, "a wait", c.Run(background, f, Read, short), ErrTimeout)
}

// Close waits for a call on a descriptor that the poller does not know, and none begins after it.
func TestCloseWaitsForUsers(t *testing.T) {
	f, _ := pair(t)
	inside, leave := make(chan struct{}), make(chan struct{})
	var open atomic.Bool
	done := begin(func() error {
		return f.Control(func(sysfd int) error {
			close(inside)
			<-leave
			_, err := unix.FcntlInt(uintptr(sysfd), unix.F_GETFD, 0)
			open.Store(err == nil)
			return nil
		})
	})
	<-inside
	closed := begin(f.Close)
	until(t, "Close has begun", func() bool { return f.closed() })
	check(t, "a call after Close", f.Control(func(int) error { t.Error("called"); return nil }), ErrClosed)
	select {
	case <-closed:
		t.Error("Close did not wait")
	default:
	}
	close(leave)
	check(t, "the call", soon(t, done), nil)
	check(t, "Close", soon(t, closed), nil)
	if !open.Load() {
		t.Error("the descriptor was closed under the call")
	}
}

// Close races with the first wait of two operations: all end, and the descriptor is closed once.
func TestCloseRacesWithTheFirstWait(t *testing.T) {
	for range 200 {
		f, _ := pair(t)
		var all sync.WaitGroup
		for _, dir := range []Dir{Read, Read, Write} {
			c := newCall(func(int) error { return syscall.EAGAIN })
			all.Go(func() { check(t, "a wait", c.Run(background, f, dir, patience), ErrClosed) })
		}
		all.Go(func() { check(t, "Close", f.Close(), nil) })
		all.Wait()
	}
}

// A descriptor that is forgotten is closed, whether the poller has it or not.
func TestForgotten(t *testing.T) {
	for _, polled := range []bool{false, true} {
		fds, err := sys.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer unix.Close(fds[1])
		func() {
			f := new(FD)
			f.Init(fds[0])
			if polled {
				check(t, "poll", f.poll(), nil)
			}
		}()
		until(t, "its peer sees the end", func() bool {
			runtime.GC()
			n, err := unix.Read(fds[1], make([]byte, 1))
			return n == 0 && err == nil
		})
	}
}
