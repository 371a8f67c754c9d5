// Package fd keeps a descriptor on Go's runtime poller and holds the library's one retry loop: call, and on EAGAIN wait for
// readiness until a deadline, a timeout, a context or Close ends the wait.
//
// The descriptor belongs to an [os.File] made from a non-blocking descriptor, which is how a program registers one with
// the poller; all waiting is done by the methods of the file's [syscall.RawConn]. Three properties of those shape this
// package:
//
//   - The poller knows one deadline a direction. It costs more to move than an operation that does not wait, so it is moved
//     only if it must fire earlier than the one that is armed. One that fires too early is armed anew.
//   - A deadline that fired stays, and fails the next RawConn call before it tries. It is then cleared.
//   - RawConn lets one operation a direction in, and the others wait without a deadline. So they wait for their turn here,
//     in a queue that a context, a timeout and Close can all leave.
package fd

import (
	"context"
	"errors"
	"io/fs"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"example.com/bsdsocket/internal/sys"
)

// ErrClosed is the error of every call on a closed descriptor; it is [net.ErrClosed] too.
var ErrClosed error = kind{"use of closed socket", net.ErrClosed}

// ErrTimeout is the error of a deadline or timeout that passed; it is [os.ErrDeadlineExceeded] too.
var ErrTimeout error = kind{"timed out", os.ErrDeadlineExceeded}

type kind struct {
	text string
	also error
}

func (k kind) Error() string   { return k.text }
func (k kind) Unwrap() error   { return k.also }
func (k kind) Timeout() bool   { return k.also == os.ErrDeadlineExceeded }
func (k kind) Temporary() bool { return k.Timeout() }

// A contextError is the end of a context: it is the context's error, its cause, and ErrTimeout if its deadline passed.
type contextError struct{ err, cause error }

func (e contextError) Error() string {
	if e.cause != nil && e.cause != e.err {
		return e.err.Error() + ": " + e.cause.Error()
	}
	return e.err.Error()
}

func (e contextError) Unwrap() []error {
	errs := []error{e.err}
	if e.cause != nil && e.cause != e.err {
		errs = append(errs, e.cause)
	}
	if e.Timeout() {
		errs = append(errs, ErrTimeout)
	}
	return errs
}

func (e contextError) Timeout() bool   { return e.err == context.DeadlineExceeded }
func (e contextError) Temporary() bool { return e.Timeout() }

// A Dir is a direction of transfer.
type Dir uint8

// Connecting is writing, accepting is reading.
const (
	Read Dir = iota
	Write

	// Errors is for receives from the error queue (MSG_ERRQUEUE, ip(7)), with the deadline of Read. They must neither queue
	// behind a receive of data, nor make a send wait: what they wait for may be about that very send. But the poller knows
	// two directions of a descriptor. So they wait on a duplicate, which is made when it is first needed.
	Errors
)

// An FD is a descriptor on the runtime poller. The zero FD is closed. It must not be copied.
type FD struct {
	file   *os.File
	raw    syscall.RawConn
	sysfd  int32 // what a descriptor is in C
	closed atomic.Bool
	sides  [2]side
	errs   *FD // the duplicate of Errors; guarded by sides[Read].mu
}

type side struct {
	turn     turn
	deadline atomic.Int64 // of SetDeadline; 0: none
	mu       sync.Mutex
	armed    atomic.Int64 // what the poller has; 0: none; stored with mu held
}

// Times are nanoseconds since start, so that they fit an atomic word and order as the monotonic clock does.
var start = time.Now()

func now() int64 { return max(1, int64(time.Since(start))) }

// instant converts t; 0 is no time, and a time before start is 1.
func instant(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return after(now(), time.Until(t))
}

// after adds without overflow.
func after(t int64, d time.Duration) int64 {
	sum := t + int64(d)
	if d > 0 && sum < 0 {
		return 1<<63 - 1
	}
	return max(1, sum)
}

// Init takes ownership of a descriptor that is non-blocking, unless it returns an error.
func (f *FD) Init(sysfd int) error {
	file := os.NewFile(uintptr(sysfd), "socket")
	if file == nil {
		return syscall.EBADF
	}
	raw, err := file.SyscallConn()
	// NewFile does not say that the poller refused the descriptor, but without the poller there are no deadlines.
	if err == nil && file.SetReadDeadline(time.Time{}) != nil {
		err = errNotPolled
	}
	if err != nil {
		notOurs.Store(file, nil)
		return err
	}
	f.file, f.raw, f.sysfd = file, raw, int32(sysfd)
	return nil
}

var errNotPolled = errors.New("the poller refuses the descriptor, which may belong to an os.File or a net.Conn already")

// notOurs keeps files from the garbage collector, which would close their descriptors.
var notOurs sync.Map

// Sysfd is the descriptor's number, -1 when it is closed.
func (f *FD) Sysfd() int {
	if f.raw == nil || f.closed.Load() {
		return -1
	}
	return int(f.sysfd)
}

// Close wakes every waiting operation with ErrClosed, waits for calls that are under way, and closes the descriptor.
// Closing again does nothing.
func (f *FD) Close() error {
	if f.raw == nil {
		return ErrClosed
	}
	if !f.closed.CompareAndSwap(false, true) {
		return nil
	}
	for i := range f.sides {
		f.sides[i].turn.stir()
	}
	err := f.file.Close()
	s := &f.sides[Read]
	s.mu.Lock()
	errs := f.errs // none can be made any more
	s.mu.Unlock()
	if errs != nil {
		errs.Close()
	}
	if path, ok := errors.AsType[*fs.PathError](err); ok {
		return path.Err
	}
	return err
}

// Control calls fn while the descriptor cannot be closed. fn must not block.
func (f *FD) Control(fn func(sysfd int) error) error {
	if f.raw == nil {
		return ErrClosed
	}
	var err error
	if f.raw.Control(func(sysfd uintptr) { err = fn(int(sysfd)) }) != nil {
		return ErrClosed
	}
	return err
}

// errorSide returns the duplicate of Errors.
func (f *FD) errorSide() (*FD, error) {
	s := &f.sides[Read]
	s.mu.Lock()
	defer s.mu.Unlock()
	if f.errs != nil {
		return f.errs, nil
	}
	dup, err := f.dup()
	if err != nil {
		return nil, err
	}
	e := new(FD)
	if err := e.Init(dup); err != nil {
		sys.Close(dup)
		return nil, err
	}
	e.sides[Write].deadline.Store(s.deadline.Load())
	f.errs = e
	return e, nil
}

func (f *FD) dup() (dup int, err error) {
	err = f.Control(func(sysfd int) (err error) {
		dup, err = sys.Dup(sysfd)
		return err
	})
	return dup, err
}

// Detach gives the descriptor up and returns a duplicate of it, which the poller does not know.
func (f *FD) Detach() (int, error) {
	dup, err := f.dup()
	if err != nil {
		return -1, err
	}
	f.Close() // dup refers to the same open socket, so nothing can be lost here
	return dup, nil
}

// SetDeadline sets the deadline of present and future operations of a direction; the zero time is none.
func (f *FD) SetDeadline(dir Dir, t time.Time) error {
	if f.raw == nil || f.closed.Load() {
		return ErrClosed
	}
	s := &f.sides[dir]
	d := instant(t)
	s.mu.Lock()
	s.deadline.Store(d)
	err := f.arm(dir, d)
	if dir == Read && f.errs != nil && err == nil {
		err = f.errs.SetDeadline(Write, t)
	}
	s.mu.Unlock()
	s.turn.stir()
	return err
}

// arm makes the poller's deadline fire at d or earlier; d is 0 for no deadline. The side's mu is held.
func (f *FD) arm(dir Dir, d int64) error {
	s := &f.sides[dir]
	if armed := s.armed.Load(); d == 0 || armed != 0 && armed <= d {
		return nil
	}
	s.armed.Store(d)
	return f.setPoller(dir, start.Add(time.Duration(d)))
}

// disarm clears the poller's deadline. The side's mu is held.
func (f *FD) disarm(dir Dir) error {
	f.sides[dir].armed.Store(0)
	return f.setPoller(dir, time.Time{})
}

func (f *FD) setPoller(dir Dir, t time.Time) error {
	set := f.file.SetReadDeadline
	if dir == Write {
		set = f.file.SetWriteDeadline
	}
	err := set(t)
	if err != nil && f.closed.Load() {
		return ErrClosed
	}
	return err
}
