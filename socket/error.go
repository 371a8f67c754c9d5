package socket

import (
	"errors"
	"syscall"

	"example.com/bsdsocket/internal/fd"
	"example.com/bsdsocket/internal/sys"
	"example.com/bsdsocket/sockaddr"
)

// The kinds of errors, found with [errors.Is]. The errors of all packages of this module are of the
// same kinds, and have them by these names.
var (
	// ErrTimeout is a deadline, a timeout of [Params] or a context's deadline that passed. It is
	// also [os.ErrDeadlineExceeded]. A connection that the kernel gave up (ETIMEDOUT) is
	// ErrTransient instead.
	ErrTimeout = fd.ErrTimeout

	// ErrTransient is a condition of the peer or the network that may pass by itself: refused,
	// timed out by the kernel, network or host down or unreachable, and lack of something that
	// others will give back: a full backlog of an AF_UNIX listener (EAGAIN, then also ErrTimeout),
	// no free local port (EAGAIN), too many descriptors on their way (ETOOMANYREFS).
	//
	// Trying again can help. For Connect, the egg calls the same errors transient. After a transfer
	// that failed in this way a datagram socket may go on, since the error is about an earlier
	// datagram; the connection of a stream is over, and trying again means connecting anew.
	ErrTransient = sys.ErrTransient

	// ErrUnsupported is what the platform, the kernel or the socket cannot do: ENOPROTOOPT,
	// EAFNOSUPPORT, EPFNOSUPPORT, EPROTONOSUPPORT, ESOCKTNOSUPPORT, EOPNOTSUPP, ENOSYS, and a
	// constant that is Undefined here. It is also [errors.ErrUnsupported].
	ErrUnsupported = sys.ErrUnsupported

	// ErrValue is an argument that is rejected before any system call: text that does not parse, a
	// negative size, a value that does not fit its C type. A value that the kernel itself refuses
	// is its errno, most often EINVAL.
	ErrValue = sys.ErrValue

	// ErrWouldBlock is EAGAIN: a call with MSG_DONTWAIT that could not be done at once.
	ErrWouldBlock = sys.ErrWouldBlock

	// ErrClosed is the use of a closed socket, or of the zero Socket. It is also [net.ErrClosed].
	ErrClosed = fd.ErrClosed
)

// Error is the error of a call on a socket, (exn i/o net) in CHICKEN. It is a [net.Error]. The zero
// Error is of no kind.
//
// Op is the name of the method or function in words, in lower case: "connect", "receive from",
// "peer name", "from fd". For New, NewIn and Pair it also says what was to be made: "new AF_INET
// SOCK_RAW IPPROTO_ICMP". ReadContext fails as "read", and a copy from a socket or to one as the
// half of it that failed: "read" or "write". ErrWouldBlock has no addresses, as a program that
// polls meets it often.
type Error struct {
	Op     string        // what was called, see below
	Local  sockaddr.Addr // the address that was to be bound, or the socket's own, if it has one
	Remote sockaddr.Addr // the address to connect or send to, or the peer's, if it is known
	Err    error         // why: a [syscall.Errno], ErrTimeout, ErrClosed, a context's error, ...

	away bool // of a socket in another network namespace, whose interfaces have other names
}

// Error returns text like "socket: connect 127.0.0.1:9: connection refused".
func (e *Error) Error() string {
	return "socket: " + e.Op + between(e.Local, e.Remote, e.away) + ": " + sys.Text(e.Err)
}

// between is the text of the addresses that there are, after a space; with numbers, those of
// interfaces in place of their names.
func between(local, remote sockaddr.Addr, numbers bool) string {
	if !local.IsValid() && !remote.IsValid() {
		return ""
	}
	form := sockaddr.Addr.AppendTo
	if numbers {
		form = sockaddr.Addr.AppendNumericTo
	}
	text := []byte(" ")
	if local.IsValid() {
		text = form(local, text)
	}
	if local.IsValid() && remote.IsValid() {
		text = append(text, "->"...)
	}
	if remote.IsValid() {
		text = form(remote, text)
	}
	return string(text)
}

// Unwrap returns Err.
func (e *Error) Unwrap() error { return e.Err }

// Is tells [errors.Is] of the kinds that the errno implies.
func (e *Error) Is(target error) bool {
	switch target {
	case ErrTransient:
		return isTransient(e.Err)
	case ErrUnsupported, errors.ErrUnsupported:
		code, ok := errors.AsType[syscall.Errno](e.Err)
		return ok && sys.Unsupported(code)
	case ErrWouldBlock:
		return e.Err == syscall.EAGAIN
	}
	return false
}

// Timeout reports whether a timeout ended the call, including one of the kernel's (ETIMEDOUT). It
// is false for a timeout that ended the connection earlier, as trying again is of no use then, and
// for ErrWouldBlock, though [syscall.Errno] says otherwise of EAGAIN.
func (e *Error) Timeout() bool {
	if l, ok := e.Err.(lacking); ok && l.err == syscall.EAGAIN || e.Err == syscall.EAGAIN {
		return false
	}
	return sys.Timeout(e.Err)
}

// Temporary reports what the errno says of itself, as package net does; servers use it to accept
// again after EMFILE.
func (e *Error) Temporary() bool {
	return sys.Temporary(e.Err)
}

func isTransient(err error) bool {
	if _, ok := err.(lacking); ok {
		return true
	}
	code, ok := errors.AsType[syscall.Errno](err)
	return ok && sys.Transient(code)
}

// lacking is EAGAIN that no wait and no event ends: what is missing comes back when somebody else
// gives it back.
type lacking struct {
	err  error
	what string
}

func (e lacking) Error() string   { return e.err.Error() + ": " + e.what }
func (e lacking) Unwrap() []error { return []error{e.err, syscall.EAGAIN} }

// invalid is the EINVAL that the library itself, or a kernel that has several reasons, answers
// with: which of them it is.
type invalid string

func (e invalid) Error() string { return syscall.EINVAL.Error() + ": " + string(e) }
func (e invalid) Unwrap() error { return syscall.EINVAL }

const (
	errNoMessage   = invalid("there is no message")
	errControlOnly = invalid("control data needs a byte of data on a stream")
)

// fail makes the error of an operation on s; nil stays nil. A connected socket keeps the error of a
// timeout for the next one: programs that end waits by deadlines, as net/http does after each
// request, meet many.
func (s *Socket) fail(op string, err error) error {
	if err == nil {
		return nil
	}
	if err == ErrTimeout {
		if r := s.rare.Load(); r != nil {
			if e := r.timedOut.Load(); e != nil && e.Op == op {
				return e
			}
		}
	}
	return s.describe(op, err)
}

func (s *Socket) describe(op string, err error) *Error {
	if err == syscall.EAGAIN { // a program that polls meets it often
		if e := wouldBlock[op]; e != nil {
			return e
		}
		return &Error{Op: op, Err: err}
	}
	e := &Error{Op: op, Err: err, away: s.is(isAway)}
	e.Local = s.local()
	e.Remote = s.peerAddr()
	if e.Remote.IsUnnamed() {
		e.Remote = sockaddr.Addr{}
	}
	if err == ErrTimeout && (e.Local.IsValid() || s.hasPeer()) {
		s.rarely().timedOut.Store(e)
	}
	return e
}

// failTo makes the error of an operation whose remote address is an argument; the zero Addr is the
// peer's.
func (s *Socket) failTo(op string, to sockaddr.Addr, err error) error {
	if err == nil || !to.IsValid() {
		return s.fail(op, err)
	}
	e := &Error{Op: op, Remote: to, Err: err, away: s.is(isAway)}
	if err != syscall.EAGAIN {
		e.Local = s.local()
	}
	return e
}

// failConnect is failTo for Connect. The port that the kernel chose for an attempt is none of the
// socket's.
func (s *Socket) failConnect(to sockaddr.Addr, err error) error {
	e := &Error{Op: "connect", Remote: to, Err: err, away: s.is(isAway)}
	if s.is(isBound) {
		e.Local = s.local()
	}
	return e
}

// local is the socket's name for an error.
func (s *Socket) local() sockaddr.Addr {
	name, _ := s.Name()
	if name.IsUnnamed() {
		return sockaddr.Addr{}
	}
	return name
}
