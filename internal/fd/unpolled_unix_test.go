//go:build linux || darwin || dragonfly || freebsd || netbsd || openbsd

package fd

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"example.com/bsdsocket/internal/sys"
)

// The poller gets a descriptor when an operation must wait, not before; a deadline that was set
// earlier holds.
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

// Somebody who shares the descriptor makes it blocking and non-blocking all the time: the poller
// gets it nevertheless.
func TestPolledThoughOthersChangeIt(t *testing.T) {
	for range 300 {
		f, _ := pair(t)
		var over atomic.Bool
		changing := make(chan struct{})
		changed := begin(func() error {
			for first := true; !over.Load(); first = false {
				err := unix.SetNonblock(f.Sysfd(), false)
				if first {
					close(changing)
				}
				if err = errors.Join(err, unix.SetNonblock(f.Sysfd(), true)); err != nil {
					return err
				}
			}
			return nil
		})
		<-changing
		err := f.poll()
		over.Store(true)
		check(t, "poll", err, nil)
		check(t, "the changes", soon(t, changed), nil)
	}
}

// Close waits for all calls on a descriptor that the poller does not know, and none begins after
// it.
func TestCloseWaitsForUsers(t *testing.T) {
	f, _ := pair(t)
	inside, leave := make(chan struct{}), make(chan struct{})
	user := func() error {
		return f.Control(func(sysfd int) error {
			inside <- struct{}{}
			<-leave
			_, err := unix.FcntlInt(uintptr(sysfd), unix.F_GETFD, 0)
			return err
		})
	}
	users := []<-chan error{begin(user), begin(user)}
	for range users {
		<-inside
	}
	closed := begin(f.Close)
	until(t, "Close has begun", f.closed)
	check(t, "a call after Close", f.Control(func(int) error { t.Error("called"); return nil }),
		ErrClosed)
	for range users {
		select {
		case <-closed:
			t.Error("Close did not wait")
		case leave <- struct{}{}:
		}
	}
	for _, user := range users {
		check(t, "a call", soon(t, user), nil)
	}
	check(t, "Close", soon(t, closed), nil)
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

// What the poller refuses is not adopted.
func TestNotAdopted(t *testing.T) {
	f, _ := pair(t)
	check(t, "poll", f.poll(), nil)
	other := new(FD)
	check(t, "Adopt", other.Adopt(f.Sysfd()), errNotPolled)
	check(t, "Close", other.Close(), ErrClosed)
	check(t, "a read", read().Run(background, f, Read, short), ErrTimeout)
}

// outlived lets a deadline pass.
func outlived(f, _ *FD) {
	f.SetDeadline(Read, time.Now().Add(short))
	read().Run(background, f, Read, 0)
}

// ahead lets an operation with a timeout wait, and succeed before it passes, which is soon.
func ahead(f, peer *FD) {
	done := begin(func() error { return read().Run(background, f, Read, 2*short) })
	for f.sides[Read].armed.Load() == 0 {
		runtime.Gosched()
	}
	peer.Control(func(sysfd int) error { _, err := unix.Write(sysfd, []byte{0}); return err })
	<-done
}

// A RawConn's function that says false is not called again before there is something: whether the
// wait is the descriptor's first, has a deadline, or comes after an operation whose deadline or
// timeout the poller still has.
func TestRawConnWaitsAfterOneCall(t *testing.T) {
	for _, test := range []struct {
		what     string
		deadline time.Duration
		before   func(f, peer *FD) // is done before
	}{
		{"the first wait", 0, nil},
		{"with a deadline", patience, nil},
		{"after a deadline", 0, outlived},
		{"with a deadline after another", patience, outlived},
		{"after a timeout that did not pass", 0, ahead},
		{"with a deadline after a timeout that did not pass", patience, ahead},
	} {
		f, peer := pair(t)
		if test.before != nil {
			test.before(f, peer)
		}
		var deadline time.Time
		if test.deadline > 0 {
			deadline = time.Now().Add(test.deadline)
		}
		check(t, test.what, f.SetDeadline(Read, deadline), nil)
		var n atomic.Int32
		done := begin(
			func() error { return f.RawConn().Read(func(uintptr) bool { return n.Add(1) == 2 }) })
		until(t, "it waits or has returned",
			func() bool { return len(done) > 0 || n.Load() > 0 && inPoller() })
		if n.Load() != 1 {
			t.Errorf("%s: called %d times before there was anything", test.what, n.Load())
		}
		// Nor does the poller have another's deadline, for which it would be called again.
		if armed := f.sides[Read].armed.Load(); armed != f.sides[Read].deadline.Load() {
			t.Errorf("%s: the poller has the deadline %d", test.what, armed)
		}
		write(t, peer)
		check(t, test.what, soon(t, done), nil)
	}
}

// The end of a context that comes with the end of its operation does not reach the next one.
func TestLateCancel(t *testing.T) {
	for range 20 {
		f, peer := pair(t)
		ctx, cancel := context.WithCancel(context.Background())
		s := &f.sides[Read]
		n := 0
		c := newCall(func(int) error {
			switch n++; n {
			case 1: // before the poller has it
				return syscall.EAGAIN
			case 2:
				write(t, peer)
				return syscall.EAGAIN
			}
			s.lockQueue() // as SetDeadline does, so that the context's function comes late
			cancel()
			time.AfterFunc(time.Millisecond, s.unlockQueue)
			return nil
		})
		poked := make(chan struct{})
		c.cancel = func() { c.poke(); close(poked) }
		check(t, "the operation", c.Run(ctx, f, Read, 0), nil)
		if c.Reusable() {
			t.Error("it may be used again while the context calls it")
		}
		before := s.armed.Load()
		<-poked
		s.lockQueue()
		if after := s.armed.Load(); after != before {
			t.Errorf("the poller's deadline was %d at the end, and became %d", before, after)
		}
		s.unlockQueue()
	}
}
