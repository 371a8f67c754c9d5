package fd

import (
	"os"
	"runtime"
	"sync"
	"syscall"
	"time"

	"example.com/bsdsocket/internal/sys"
)

// A polledFile is a socket with the methods that an os.File has elsewhere. The runtime's poller on
// Windows is made for package net's own requests: it does not tell when a socket is ready to be
// written or has somebody to accept, and takes datagrams.
type polledFile struct {
	handle
	sides  [2]polledSide
	forget runtime.Cleanup // closes the socket of a file that is unreachable
}

// A polledSide is a direction of a polledFile. One operation at a time waits, in the request that
// is part of it, so that a wait allocates nothing.
type polledSide struct {
	waits    sync.Mutex // held by who waits
	mu       sync.Mutex // guards what follows
	deadline int64      // of the clock of now; 0: none
	pending  bool       // request was begun and has not ended
	stirred  bool       // the wait, or the next one, is to be over as if there were an event
	request  sys.Readiness
}

// register makes a file of the socket. It costs no system call but one, and the socket is tied to
// nothing: others may wait for it too.
func register(sysfd int) (*polledFile, syscall.RawConn, error) {
	f := new(polledFile)
	f.sysfd = int32(sysfd)
	f.bits.Store(open)
	f.sides[Read].request.Init(sysfd, sys.AwaitRead)
	f.sides[Write].request.Init(sysfd, sys.AwaitWrite)
	f.forget = runtime.AddCleanup(f, func(sysfd int) { sys.Close(sysfd) }, sysfd)
	return f, f, nil
}

// tryAgain ends the wait of a direction as if there had been an event.
func tryAgain(f *polledFile, dir Dir) {
	s := &f.sides[dir]
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stirred = true // also of who has tried and does not wait yet
	if s.pending {
		s.request.Cancel()
	}
}

// Close ends all waits, waits for those who use the socket, and closes it.
func (f *polledFile) Close() error {
	if !f.retire() {
		return ErrClosed
	}
	for i := range f.sides {
		s := &f.sides[i]
		s.mu.Lock()
		if s.pending {
			s.request.Cancel()
		}
		s.mu.Unlock()
	}
	f.wait()
	f.forget.Stop()
	err := sys.Close(int(f.sysfd))
	runtime.KeepAlive(f) // so that Stop came in time
	return err
}

func (f *polledFile) SetReadDeadline(t time.Time) error  { return f.setDeadline(Read, t) }
func (f *polledFile) SetWriteDeadline(t time.Time) error { return f.setDeadline(Write, t) }

func (f *polledFile) setDeadline(dir Dir, t time.Time) error {
	if !f.usable() {
		return ErrClosed
	}
	s, d := &f.sides[dir], instant(t)
	s.mu.Lock()
	defer s.mu.Unlock()
	sooner := d != 0 && (s.deadline == 0 || d < s.deadline)
	s.deadline = d
	if sooner && s.pending { // one that is put off is noticed when the wait ends too early
		s.request.Cancel()
	}
	return nil
}

// Control implements syscall.RawConn.
func (f *polledFile) Control(fn func(uintptr)) error {
	if !f.enter() {
		return ErrClosed
	}
	defer f.leave()
	fn(uintptr(f.sysfd))
	return nil
}

// Read implements syscall.RawConn.
func (f *polledFile) Read(fn func(uintptr) bool) error { return f.loop(Read, fn) }

// Write implements syscall.RawConn.
func (f *polledFile) Write(fn func(uintptr) bool) error { return f.loop(Write, fn) }

func (f *polledFile) loop(dir Dir, fn func(uintptr) bool) error {
	if !f.enter() {
		return ErrClosed
	}
	defer f.leave()
	s := &f.sides[dir]
	s.waits.Lock()
	defer s.waits.Unlock()
	s.mu.Lock()
	_, err := f.left(s)
	s.mu.Unlock()
	for fruitless := 0; err == nil; {
		if fn(uintptr(f.sysfd)) {
			return nil
		}
		var now bool
		if now, err = f.await(s); !now {
			fruitless = 0
			continue
		}
		// The event is true still, as the driver tells a state and no change, and is not what the
		// call waits for: there is some data, say, and it wants more. Then there is no better way
		// than to look now and then.
		if fruitless++; fruitless > 1 {
			sys.Sleep(min(shortestPause<<min(fruitless-2, 4), longestPause))
		}
	}
	return err
}

// left is the time to the deadline, negative for none, or what ends the wait. The side's mu is
// held.
func (f *polledFile) left(s *polledSide) (time.Duration, error) {
	if f.closed() {
		return 0, ErrClosed
	}
	if s.deadline == 0 {
		return -1, nil
	}
	left := time.Duration(s.deadline - now())
	if left <= 0 {
		return 0, os.ErrDeadlineExceeded
	}
	return left, nil
}

// await returns when the direction is ready, and whether it was so before, or what ends the wait.
func (f *polledFile) await(s *polledSide) (before bool, err error) {
	for {
		s.mu.Lock()
		timeout, err := f.left(s)
		stirred := s.stirred
		s.stirred = false
		if err == nil && !stirred {
			before, err = s.request.Begin(timeout)
			s.pending = err == nil
		}
		s.mu.Unlock()
		if err != nil || stirred {
			return false, err
		}
		ready, err := s.request.End()
		s.mu.Lock()
		s.pending = false
		s.mu.Unlock()
		if ready || err != nil {
			return before, err
		}
	}
}
