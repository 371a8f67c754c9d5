// Package fd keeps a descriptor on Go's runtime poller and holds the library's one retry loop:
// call, and on EAGAIN wait for readiness until a deadline, a timeout, a context or Close ends the
// wait.
//
// Once an operation must wait, the descriptor belongs to an [os.File], which is how a program
// registers one with the poller; all waiting is done by the methods of the file's
// [syscall.RawConn]. Three properties of those shape this package:
//
//   - The poller knows one deadline a direction. It costs more to move than an operation that does
//     not wait, so it is moved only if it must fire earlier than the one that is armed. One that
//     fires too early is armed anew.
//   - A deadline that fired stays, and fails the next RawConn call before it tries. It is then
//     cleared.
//   - RawConn lets one operation a direction in, and the others wait without a deadline. So they
//     wait for their turn here, in a queue that a context, a timeout and Close can all leave.
package fd

import (
	"context"
	"errors"
	"io/fs"
	"net"
	"os"
	"runtime"
	"sync/atomic"
	"syscall"
	"time"

	"example.com/bsdsocket/internal/leak"
	"example.com/bsdsocket/internal/sys"
)

// ErrClosed is the error of every call on a closed descriptor; it is [net.ErrClosed] too.
var ErrClosed error = kind{"use of closed socket", net.ErrClosed}

// ErrTimeout is the error of a deadline or timeout that passed; it is [os.ErrDeadlineExceeded] too.
var ErrTimeout error = kind{"timed out", os.ErrDeadlineExceeded}

// Closed is the text of an error of the kind ErrClosed.
type Closed string

func (e Closed) Error() string { return string(e) }
func (e Closed) Unwrap() error { return ErrClosed }

type kind struct {
	text string
	also error
}

func (k kind) Error() string   { return k.text }
func (k kind) Unwrap() error   { return k.also }
func (k kind) Timeout() bool   { return k.also == os.ErrDeadlineExceeded }
func (k kind) Temporary() bool { return k.Timeout() }

// Given is ctx, or the background for none: a nil context is allowed everywhere.
func Given(ctx context.Context) context.Context {
	if ctx == nil {
		return context.Background()
	}
	return ctx
}

// A contextError is the end of a context: it is the context's error, its cause, and ErrTimeout if
// its deadline passed. It asks for the cause when it is asked itself: that takes the lock of the
// context, which is locked for as long as it ends its children, and thousands of them that want it
// at once hand it from one to the next.
type contextError struct {
	err error
	ctx context.Context
}

// Ended is the error of a call that the end of ctx has ended.
func Ended(ctx context.Context) error { return &contextError{ctx.Err(), ctx} }

func (e *contextError) Error() string {
	if cause := e.cause(); cause != nil {
		return e.err.Error() + ": " + cause.Error()
	}
	return e.err.Error()
}

// cause is nil if it is only the error itself.
func (e *contextError) cause() error {
	if cause := context.Cause(e.ctx); cause != e.err {
		return cause
	}
	return nil
}

// Is answers what most ask, without the cause.
func (e *contextError) Is(target error) bool {
	return target == e.err || target == ErrTimeout && e.Timeout()
}

func (e *contextError) Unwrap() []error {
	errs := []error{e.err}
	if cause := e.cause(); cause != nil {
		errs = append(errs, cause)
	}
	if e.Timeout() {
		errs = append(errs, ErrTimeout)
	}
	return errs
}

func (e *contextError) Timeout() bool   { return e.err == context.DeadlineExceeded }
func (e *contextError) Temporary() bool { return e.Timeout() }

// A Dir is a direction of transfer.
type Dir uint8

// Connecting is writing, accepting is reading.
const (
	Read Dir = iota
	Write

	// Errors is for receives from the error queue (MSG_ERRQUEUE, ip(7)), with the deadline of Read.
	// They must neither queue behind a receive of data, nor make a send wait: what they wait for
	// may be about that very send. But the poller knows two directions of a descriptor. So they
	// wait on a duplicate, which is made when it is first needed.
	Errors
)

// An FD is a descriptor on the runtime poller. The zero FD is closed. It must not be copied.
//
// The poller is given the descriptor when an operation must wait for the first time. Many sockets
// never do: they are bound or asked, or connected, written to and closed. To be known to the poller
// costs three system calls (fcntl(2), and epoll_ctl(2) twice), and a new TCP socket is ready at
// once (EPOLLHUP), which wakes a thread for nothing.
type FD struct {
	file   *polledFile     // nil until polled
	raw    syscall.RawConn // the same
	forget runtime.Cleanup // closes the descriptor of an FD that is unreachable; until polled
	handle
	sides [2]side
	errs  *FD // the duplicate of Errors; guarded by sides[Read].mu
}

type side struct {
	turn                  // its mu guards these, too
	deadline atomic.Int64 // of SetDeadline; 0: none
	armed    atomic.Int64 // what the poller has; 0: none; stored with mu held
}

// Times are nanoseconds of the runtime's clock, so that they fit an atomic word and order as the
// monotonic clock does. It is not the clock of package time, which testing/synctest fakes: what
// happens outside the program takes real time.

// passed is what is armed when the poller's deadline has passed and still does: nobody but an
// operation that has the turn may move it, so that none which waits can miss it.
const passed = 1

func now() int64 { return max(passed+1, sys.Nanotime()) }

// instant converts t; 0 is no time, and a time that has come is passed.
func instant(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	left := time.Until(t)
	if left <= 0 {
		return passed
	}
	return after(now(), left)
}

// after adds without overflow.
func after(t int64, d time.Duration) int64 {
	sum := t + int64(d)
	if d > 0 && sum < 0 {
		return 1<<63 - 1
	}
	return max(passed, sum)
}

// Init takes ownership of a new descriptor, which is non-blocking.
func (f *FD) Init(sysfd int) {
	f.sysfd = int32(sysfd)
	f.forget = runtime.AddCleanup(f, func(sysfd int) { sys.Close(sysfd) }, sysfd)
	f.bits.Store(open)
	if leak.On {
		leak.Made(f, sysfd)
	}
}

// Adopt is Init for a descriptor that was used before. The poller refuses one that another part of
// the program has given to it: that is an error, and the descriptor stays the caller's.
func (f *FD) Adopt(sysfd int) error {
	f.Init(sysfd)
	err := f.poll()
	if err != nil {
		f.forget.Stop()
		f.bits.Store(0) // and f is reachable until here, so that Stop came in time
		if leak.On {
			leak.Closed(sysfd)
		}
	}
	return err
}

// poll gives the descriptor to the poller, which has not got it unless another goroutine was
// faster.
func (f *FD) poll() error {
	s := &f.sides[Read]
	s.lockQueue()
	defer s.unlockQueue()
	if !f.usable() {
		return ErrClosed
	}
	switch bits := f.bits.Load(); {
	case bits&polled != 0:
		return nil
	case bits&refused != 0:
		return errNotPolled
	}
	file, raw, shared, err := registerNonblocking(int(f.sysfd))
	if err != nil {
		if err == errNotPolled && !shared {
			f.bits.Or(refused)
		}
		return err
	}
	f.file, f.raw = file, raw
	f.bits.Or(polled)
	f.forget.Stop()      // an unreachable file closes itself
	runtime.KeepAlive(f) // so that Stop came in time
	return nil
}

// registerNonblocking is register, which leaves a blocking descriptor out, as [os.NewFile] does.
// Who shares the open file description can have made it blocking, and can do so again at any time.
// So a refusal counts only when the mode was seen to stay, or after very many attempts; shared
// reports that the mode was seen to change.
func registerNonblocking(sysfd int) (
	file *polledFile, raw syscall.RawConn, shared bool, err error,
) {
	const seenToStay, seenToChange = 8, 1000
	file, raw, err = register(sysfd)
	for n := 0; err == errNotPolled && (n < seenToStay || shared && n < seenToChange); n++ {
		shared = shared || !sys.Nonblocking(sysfd)
		if sys.SetNonblock(sysfd, true) != nil {
			break
		}
		file, raw, err = register(sysfd)
		shared = shared || !sys.Nonblocking(sysfd)
	}
	return file, raw, shared, err
}

// errNotPolled is the poller's refusal for good. Everything else, like a want of memory or of
// watches, passes.
var errNotPolled error = kind{
	"the poller refuses the descriptor, which may belong to an os.File or a net.Conn already",
	syscall.EEXIST,
}

// Sysfd is the descriptor's number, -1 when it is closed.
func (f *FD) Sysfd() int {
	if !f.usable() {
		return -1
	}
	return int(f.sysfd)
}

// Close wakes every waiting operation with ErrClosed, waits for calls that are under way, and
// closes the descriptor. Closing again is a no-op.
func (f *FD) Close() error { return f.CloseFor(nil) }

// CloseFor is Close, and tells c of it, unless it is nil.
func (f *FD) CloseFor(c Closer) error {
	if f.bits.Load() == 0 {
		return ErrClosed
	}
	s := &f.sides[Read]
	s.lockQueue() // poll and errorSide are over, or will find the descriptor closed
	retired := f.retire()
	s.unlockQueue()
	if !retired {
		return nil
	}
	for i := range f.sides {
		f.sides[i].stir()
	}
	f.wait()
	if c != nil {
		c.Closing(int(f.sysfd))
	}
	if leak.On {
		leak.Closed(int(f.sysfd))
	}
	var err error
	if f.polled() {
		err = f.file.Close()
	} else {
		f.forget.Stop()
		err = sys.Close(int(f.sysfd))
		runtime.KeepAlive(f) // so that Stop came in time
	}
	if f.errs != nil {
		f.errs.Close()
	}
	if path, ok := errors.AsType[*fs.PathError](err); ok {
		return path.Err
	}
	return err
}

// TryAgain makes what waits in a direction try again, on a system that does not tell the poller of
// all that can end a wait: Winsock says nothing when the socket itself is shut down.
func (f *FD) TryAgain(dir Dir) {
	if f.polled() {
		tryAgain(f.file, dir)
	}
}

// Control calls fn while the descriptor cannot be closed, again if it returns EINTR. fn must not
// block.
func (f *FD) Control(fn func(sysfd int) error) error {
	var err error
	if f.control(func(sysfd uintptr) { err = Repeat(function(fn), int(sysfd)) }) != nil {
		return ErrClosed
	}
	return err
}

func (f *FD) control(fn func(sysfd uintptr)) error {
	if f.polled() {
		return f.raw.Control(fn)
	}
	if !f.enter() {
		return ErrClosed
	}
	defer f.leave()
	fn(uintptr(f.sysfd))
	return nil
}

// errorSide returns the duplicate of Errors.
func (f *FD) errorSide() (*FD, error) {
	s := &f.sides[Read]
	s.lockQueue()
	defer s.unlockQueue()
	if !f.usable() {
		return nil, ErrClosed
	}
	if f.errs != nil {
		return f.errs, nil
	}
	dup, err := f.dup()
	if err != nil {
		return nil, err
	}
	e := new(FD)
	e.Init(dup)
	f.bits.Or(doubled)
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

// Detach gives the descriptor up and returns a duplicate of it, which the poller does not know. It
// tells c as CloseFor does.
func (f *FD) Detach(c Closer) (int, error) {
	dup, err := f.dup()
	if err != nil {
		return -1, err
	}
	f.CloseFor(c) // dup refers to the same open socket, so nothing can be lost here
	return dup, nil
}

// SetDeadline sets the deadline of present and future operations of a direction; the zero time is
// none.
func (f *FD) SetDeadline(dir Dir, t time.Time) error {
	if !f.usable() {
		return ErrClosed
	}
	return f.setDeadline(dir, instant(t))
}

// setDeadline takes no lock if no operation waits. Who has the turn, or is in the queue, says so
// before it looks at the deadline for the last time and waits; so either it sees the new one, or is
// seen here.
func (f *FD) setDeadline(dir Dir, d int64) error {
	s := &f.sides[dir]
	s.deadline.Store(d)
	if s.state.Load()&(held|waiting) == 0 && f.bits.Load()&doubled == 0 {
		return nil
	}
	s.lockQueue()
	defer s.unlockQueue()
	d = s.deadline.Load() // perhaps of another call
	err := f.arm(dir, d)
	if dir == Read && f.errs != nil && err == nil {
		err = f.errs.setDeadline(Write, d)
	}
	s.stirLocked()
	return err
}

// arm makes the poller's deadline fire at d or earlier; d is 0 for no deadline. The side's mu is
// held.
func (f *FD) arm(dir Dir, d int64) error {
	if armed := f.sides[dir].armed.Load(); d == 0 || armed != 0 && armed <= d || !f.polled() {
		return nil
	}
	return f.set(dir, d)
}

// set makes the poller's deadline fire at d; d is 0 for no deadline. The side's mu is held.
func (f *FD) set(dir Dir, d int64) error {
	f.sides[dir].armed.Store(d)
	var t time.Time
	switch d {
	case 0:
	case passed:
		t = longAgo
	default: // the poller takes the difference to what package time has for now
		t = time.Now().Add(time.Duration(d - now()))
	}
	setDeadline := f.file.SetReadDeadline
	if dir == Write {
		setDeadline = f.file.SetWriteDeadline
	}
	err := setDeadline(t)
	if err != nil && f.closed() {
		return ErrClosed
	}
	return err
}

var longAgo = time.Unix(1, 0)
