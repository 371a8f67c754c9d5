package fd

import (
	"errors"
	"syscall"
	"testing"
	"time"

	"example.com/bsdsocket/internal/sys"
)

// fill sends until there is no more room, in pieces of which the kernel frees one at a time.
func fill(t *testing.T, f *FD) (piece []byte) {
	t.Helper()
	piece = make([]byte, 4<<10)
	check(t, "fill", f.Control(func(sysfd int) error {
		for {
			if _, err := sys.Send(sysfd, piece, sys.MsgDontWait); err != nil {
				if err == syscall.EAGAIN {
					return nil
				}
				return err
			}
		}
	}), nil)
	return piece
}

// inTime runs a test that must be quick enough for what it tests: fn returns false if it was not,
// because the machine was busy, and gets twice the time.
func inTime(t *testing.T, unit time.Duration, fn func(unit time.Duration) bool) {
	t.Helper()
	for range 8 {
		if fn(unit) {
			return
		}
		unit *= 2
	}
	t.Fatal("however much time there is, it is not enough")
}

// What no event tells of is found by one more try when the time has come.
func TestOneMoreTry(t *testing.T) {
	for _, deadline := range []bool{false, true} {
		inTime(t, 100*time.Millisecond, func(timeout time.Duration) bool {
			f, peer := pair(t)
			if err := f.Control(
				func(sysfd int) error { return sendBuffer(sysfd, 256<<10) }); err != nil {
				t.Fatal(err)
			}
			piece := fill(t, f)
			c := newCall(func(sysfd int) error {
				_, err := sys.Send(sysfd, piece, sys.MsgDontWait)
				return err
			})
			limit := timeout
			if deadline {
				limit = 0
				check(t, "SetDeadline", f.SetDeadline(Write, time.Now().Add(timeout)), nil)
			}
			done := begin(func() error { return c.Run(background, f, Write, limit) })
			until(t, "it waits, or has", func() bool { return inPoller() || len(done) > 0 })
			// One piece leaves: there is room, but too little for an event.
			check(t, "the peer's read", peer.Control(func(sysfd int) error {
				for left := len(piece); left > 0; {
					n, err := sys.Recv(sysfd, make([]byte, left), 0)
					if err != nil {
						return err
					}
					left -= n
				}
				return nil
			}), nil)
			left := len(done) == 0
			err := soon(t, done)
			if left {
				check(t, "the send", err, nil)
			}
			return err == nil
		})
	}
}

// What the last try moves is progress, which begins a timeout anew. A deadline is the end.
func TestProgressOfTheLastTry(t *testing.T) {
	for _, deadline := range []bool{false, true} {
		inTime(t, short, func(unit time.Duration) bool {
			f, _ := pair(t)
			last, moved := time.Now(), 0
			c := newCall(nil)
			c.do = func(int) error {
				if n := time.Now(); n.Sub(last) >= unit && moved < 3 { // a timeout has passed
					last, moved = n, moved+1
					c.Progress()
				}
				return syscall.EAGAIN
			}
			if deadline {
				check(t, "SetDeadline", f.SetDeadline(Read, last.Add(unit)), nil)
				check(t, "the end", c.Run(background, f, Read, 0), ErrTimeout)
				return moved == 1
			}
			check(t, "the end", c.Run(background, f, Read, unit), ErrTimeout)
			return moved == 3
		})
	}
}

// A call begins with a try, however short its timeout is and whatever an earlier call has left
// behind.
func TestTriesFirst(t *testing.T) {
	f, peer := pair(t)
	for i := range 1000 {
		check(t, "nothing is there", read().Run(background, f, Read, 1), ErrTimeout)
		write(t, peer)
		if err := read().Run(background, f, Read, 1); err != nil {
			t.Fatalf("call %d: %v", i, err)
		}
	}
	check(t, "SetDeadline", f.SetDeadline(Read, time.Now()), nil)
	c := read()
	if err := c.Run(background, f, Read, 0); !errors.Is(err, ErrTimeout) || c.n != 0 {
		t.Errorf("a deadline that had passed before: %v after %d tries", err, c.n)
	}
}
