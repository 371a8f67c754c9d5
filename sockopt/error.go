package sockopt

import (
	"errors"
	"io/fs"
	"net"
	"strconv"
	"strings"
	"sync"
	"syscall"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/internal/fd"
	"example.com/bsdsocket/internal/sys"
	"example.com/bsdsocket/socket"
)

var (
	// ErrWrongSocket reports an option that does not apply to this kind of socket: TCP_NODELAY on a
	// UDP socket. Such an error is not [socket.ErrUnsupported]. The kernel gives both the same
	// errno, so this is told from the socket's own SO_DOMAIN, SO_TYPE and SO_PROTOCOL; where a
	// platform lacks those, it may go unnoticed. A Multipath TCP socket lacks many options of TCP,
	// IP and SOL_SOCKET: these are ErrWrongSocket too, unless the kernel is older than the option.
	ErrWrongSocket = errors.New("the option is not one of this kind of socket")

	// ErrAccess is matched by errors of an [Info], or of a function that takes a level and a name,
	// that was asked to read an option that can only be set, or the reverse.
	ErrAccess = errors.New("the option has no such access")
)

const (
	errUndefined = sys.Lacking("this platform does not have the option")
	errZero      = sys.Wrong("no option: the zero value is not one of the package's")
	errValue     = sys.Wrong("the value does not fit the option")
	errNoSocket  = fd.Closed("no socket")
)

// Error is the error of every call in this package that fails, the Read and Write of an [FD]'s
// RawConn apart. It is a [net.Error]. The zero Error is of no kind.
//
// It is [socket.ErrValue] if the value cannot be passed to the kernel: too large for the option's C
// type, a string too long for its field, an address of the wrong family. Nothing was set then. A
// value that the kernel itself refuses is its errno, most often EINVAL.
//
// It is [socket.ErrUnsupported] and errors.ErrUnsupported if the platform or the kernel lacks the
// option (the errnos that socket.ErrUnsupported names), and [ErrWrongSocket] instead if the socket
// is of a kind that has no such option. If the connection is closed it is [socket.ErrClosed],
// [net.ErrClosed] and [os.ErrClosed], whatever its SyscallConn says. The kernel's errno is found
// with errors.Is and errors.As, and so is the error of a SyscallConn.
//
// A failure costs more than success. To recognize an ErrWrongSocket, an errno that may be one
// (EINVAL or that of an absent option) makes three calls of getsockopt(2) more; an error that is no
// errno runs the connection's RawConn.Control once more, with an empty function.
type Error struct {
	Op     string               // "get", "set", or "conn of"
	Option string               // "TCPNoDelay (TCP_NODELAY)", or level and name in numbers
	Level  constants.Level      // the level asked for
	Name   constants.OptionName // the name asked for
	Needs  string               // the first kernel that has the option, where known: "Linux 6.9"
	Err    error                // what went wrong: a syscall.Errno, socket.ErrValue, ErrAccess, ...

	wrong *kind // the sockets that have the option, if this one is no such socket
}

// Error returns text like "sockopt: set TCPNoDelay (TCP_NODELAY): invalid argument". It names the
// kernel that the option needs if the running one is older.
func (e *Error) Error() string {
	s := "sockopt: " + e.Op
	if e.Option != "" {
		s += " " + e.Option
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	if e.wrong != nil {
		return s + ": the option is for " + e.wrong.name + " sockets"
	}
	if e.Err == errUndefined && e.Needs != "" || e.unsupported() && older(e.Needs) {
		s += " (it needs " + e.Needs + ")"
	}
	return s
}

// Unwrap returns Err, except for an [ErrWrongSocket]: errors.Is would ask the errno inside whether
// it is errors.ErrUnsupported, and some say yes.
func (e *Error) Unwrap() error {
	if e.wrong != nil {
		return nil
	}
	return e.Err
}

// Is reports whether e is the kind of error that target names.
func (e *Error) Is(target error) bool {
	switch target {
	case ErrWrongSocket:
		return e.wrong != nil
	case socket.ErrUnsupported, errors.ErrUnsupported:
		return e.unsupported()
	case socket.ErrClosed, net.ErrClosed, fs.ErrClosed:
		return closed(e.Err)
	}
	return e.wrong != nil && target == e.Err
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

// Timeout reports what Err says of itself; no option of this package waits.
func (e *Error) Timeout() bool {
	return sys.Timeout(e.Err)
}

// Temporary reports what Err says of itself, as package net does.
func (e *Error) Temporary() bool {
	return sys.Temporary(e.Err)
}

func (e *Error) unsupported() bool {
	if e.wrong != nil {
		return false
	}
	errno, ok := e.Err.(syscall.Errno)
	return ok && sys.Unsupported(errno)
}

// closed reports whether a connection's error says that it is closed. That of an *os.File's RawConn
// is internal/poll's own, which nothing but its text tells.
func closed(err error) bool {
	return err != nil && (errors.Is(err, net.ErrClosed) || errors.Is(err, fs.ErrClosed) ||
		err.Error() == "use of closed file")
}

// older reports whether the running kernel is known to be older than one of those that a
// declaration names: "Linux 3.4 (UDP: 4.10, TCP: 6.9)".
func older(needs string) bool {
	major, minor, ok := version(release())
	if !ok {
		return false
	}
	for part := range strings.FieldsFuncSeq(needs, func(r rune) bool {
		return (r < '0' || r > '9') && r != '.'
	}) {
		if x, y, ok := version(part); ok && (x > major || x == major && y > minor) {
			return true
		}
	}
	return false
}

var release = sync.OnceValue(sys.Release)

// version reads the first two numbers of "6.18.44-generic", or of "2.4".
func version(s string) (major, minor int, ok bool) {
	first, rest, ok := strings.Cut(s, ".")
	end := strings.IndexFunc(rest, func(r rune) bool { return r < '0' || r > '9' })
	if end < 0 {
		end = len(rest)
	}
	major, err1 := strconv.Atoi(first)
	minor, err2 := strconv.Atoi(rest[:end])
	return major, minor, ok && err1 == nil && err2 == nil
}

// numbers is an option that has no name: "level 6, option 1".
func numbers(level constants.Level, name constants.OptionName) string {
	return "level " + strconv.Itoa(int(level)) + ", option " + strconv.Itoa(int(name))
}
