package sockopt

import (
	"errors"
	"slices"
	"strconv"
	"syscall"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/socket"
)

var (
	// ErrWrongSocket is what an error is when the option exists, but is not
	// one of this kind of socket: TCP_NODELAY on a UDP socket. Such an error is
	// not [socket.ErrUnsupported]. The kernel gives both the same errno, so
	// this is told from the socket's own SO_DOMAIN, SO_TYPE and SO_PROTOCOL;
	// where a platform lacks those, it may go unnoticed.
	ErrWrongSocket = errors.New("the option is not one of this kind of socket")

	// ErrValue is what an error is when the value cannot be given to the
	// kernel: too large for the option's C type, a string too long for its
	// field, an address of the wrong family. Nothing was set. A value that the
	// kernel itself refuses is its errno, most often EINVAL.
	ErrValue = errors.New("the value does not fit the option")

	// ErrAccess is what an error is when an [Info] or a [Query] is asked to
	// read an option that can only be set, or the reverse.
	ErrAccess = errors.New("the option has no such access")
)

var errUndefined = errors.New("this platform does not have the option")

// Error is the error of every call in this package that fails.
//
// It is [socket.ErrUnsupported] and errors.ErrUnsupported if the platform or
// the kernel lacks the option (ENOPROTOOPT, EOPNOTSUPP and their like), and
// [ErrWrongSocket] instead if the socket is of a kind that has no such option.
// The kernel's errno is found with errors.Is and errors.As, and so is what a
// closed connection's SyscallConn says (net.ErrClosed, os.ErrClosed).
type Error struct {
	Op     string               // "getsockopt" or "setsockopt"
	Option string               // "TCPNoDelay (TCP_NODELAY)", or level and name in numbers
	Level  constants.Level      // the level asked for
	Name   constants.OptionName // the name asked for
	Needs  string               // the first kernel that has the option, where known: "Linux 6.9"
	Err    error                // what went wrong: a syscall.Errno, ErrValue, ErrAccess, ...

	wrong *kind // the sockets that have the option, if this one is no such socket
}

// Error says what was tried, on which option, and what went wrong.
func (e *Error) Error() string {
	s := e.Op
	if e.Option != "" {
		s += " " + e.Option
	}
	s += ": " + e.Err.Error()
	if e.wrong != nil {
		return s + ": the option is for " + e.wrong.name + " sockets"
	}
	if e.Needs != "" && e.unsupported() {
		s += " (it needs " + e.Needs + ")"
	}
	return s
}

// Unwrap returns Err, except for an [ErrWrongSocket]: errors.Is would ask the
// errno inside whether it is errors.ErrUnsupported, and some say yes.
func (e *Error) Unwrap() error {
	if e.wrong != nil {
		return nil
	}
	return e.Err
}

// Is reports whether e is the kind of error that target names.
func (e *Error) Is(target error) bool {
	switch {
	case target == ErrWrongSocket:
		return e.wrong != nil
	case target == socket.ErrUnsupported, target == errors.ErrUnsupported:
		return e.unsupported()
	case e.wrong != nil:
		return target == e.Err
	}
	return false
}

// As finds the errno behind an [ErrWrongSocket]; Unwrap shows all others.
func (e *Error) As(target any) bool {
	errno, ok := e.Err.(syscall.Errno)
	if p, isErrno := target.(*syscall.Errno); ok && isErrno && e.wrong != nil {
		*p = errno
		return true
	}
	return false
}

func (e *Error) unsupported() bool {
	if e.wrong != nil {
		return false
	}
	if e.Err == errUndefined {
		return true
	}
	errno, ok := e.Err.(syscall.Errno)
	return ok && slices.Contains(unsupported, errno)
}

// numbers is an option that has no name: "level 6, option 1".
func numbers(level constants.Level, name constants.OptionName) string {
	return "level " + strconv.Itoa(int(level)) + ", option " + strconv.Itoa(int(name))
}
