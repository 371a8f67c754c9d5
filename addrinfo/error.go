package addrinfo

import (
	"context"
	"errors"
	"net"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/internal/fd"
	"example.com/bsdsocket/internal/sys"
	"example.com/bsdsocket/socket"
)

// Error is the error of every function of this package that looks something up. Its Code says what
// went wrong, as the result of getaddrinfo(3) and getnameinfo(3) does:
//
//	EAI_ADDRFAMILY  the address is numeric and not of the family that is asked for
//	EAI_AGAIN       no answer now: name servers are silent or in trouble, or the context ended
//	EAI_BADFLAGS    unknown flags, or AI_CANONNAME without a node
//	EAI_FAIL        a name server refuses, or its answer makes no sense
//	EAI_FAMILY      a family other than AF_UNSPEC, AF_INET and AF_INET6
//	EAI_NODATA      the name is known, but has no address (of the family that is asked for)
//	EAI_NONAME      the name is not known; not a number where only numbers are allowed
//	EAI_SERVICE     the service is not known for the socket type, or no port number
//	EAI_SOCKTYPE    no such socket type, or not with this protocol
//	EAI_SYSTEM      the system failed: Err says how
//
// To errors.Is, an Error that has nothing but a code stands for every Error with that code:
//
//	errors.Is(err, &addrinfo.Error{Code: constants.EAI_NONAME})
type Error struct {
	Code    constants.EAI
	Op      string // the method's name in words: "lookup", "name info", "service by port" ...
	Node    string // the node, or the address, that was given
	Service string // the service, or the protocol, that was given
	Err     error  // the cause: an error of the context, a *net.DNSError, ...; or nil
}

// Error is one line, like
//
//	addrinfo: lookup nosuch.example http: name or service not known (EAI_NONAME)
//
// with the cause behind it where that says more.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString("addrinfo: ")
	b.WriteString(e.Op)
	for i, word := range [...]string{e.Node, e.Service} {
		if word == "" && (i != 0 || e.Op != opLookup) {
			continue
		}
		b.WriteByte(' ')
		b.WriteString(plain(word))
	}
	b.WriteString(": ")
	b.WriteString(ErrorText(e.Code))
	b.WriteString(" (")
	b.WriteString(e.Code.String())
	b.WriteByte(')')
	if d := detail(e.Err); d != "" {
		b.WriteString(": ")
		b.WriteString(d)
	}
	return b.String()
}

// Unwrap returns e.Err, so that errors.Is(err, context.Canceled) holds if the context was
// cancelled.
func (e *Error) Unwrap() error { return e.Err }

// Is reports whether target is an Error with e's code and nothing else, or the kind of error that e
// is:
//
//   - [socket.ErrTimeout], also [os.ErrDeadlineExceeded], if name servers were silent, or a
//     context's deadline passed.
//   - [socket.ErrTransient] for EAI_AGAIN, unless the context ended, and for an errno of that kind.
//   - [socket.ErrUnsupported] for a constant that is Undefined, and for an errno of that kind.
//   - [socket.ErrValue] for all else that is EAI_ADDRFAMILY, EAI_BADFLAGS, EAI_FAMILY or
//     EAI_SOCKTYPE.
func (e *Error) Is(target error) bool {
	switch t := target.(type) {
	case *Error:
		return t != nil && *t == Error{Code: e.Code}
	}
	errno, isErrno := errors.AsType[syscall.Errno](e.Err)
	switch target {
	case socket.ErrTimeout, os.ErrDeadlineExceeded:
		return !isErrno && e.Timeout()
	case socket.ErrTransient:
		if e.Code == constants.EAI_AGAIN {
			return !errors.Is(e.Err, context.Canceled) &&
				!errors.Is(e.Err, context.DeadlineExceeded)
		}
		return isErrno && sys.Transient(errno)
	case socket.ErrUnsupported, errors.ErrUnsupported:
		return isErrno && sys.Unsupported(errno)
	case socket.ErrValue:
		switch e.Code {
		case constants.EAI_ADDRFAMILY, constants.EAI_BADFLAGS, constants.EAI_FAMILY,
			constants.EAI_SOCKTYPE:
			return !errors.Is(e.Err, socket.ErrUnsupported)
		}
	}
	return false
}

// Timeout reports whether the cause is a timeout: name servers that are silent, a context's
// deadline, or one of the kernel's (ETIMEDOUT). EAGAIN is none, though [syscall.Errno] says so.
func (e *Error) Timeout() bool {
	errno, ok := errors.AsType[syscall.Errno](e.Err)
	return sys.Timeout(e.Err) && !(ok && errno == syscall.EAGAIN)
}

// Temporary reports whether the code is EAI_AGAIN: the same lookup may succeed later.
func (e *Error) Temporary() bool { return e.Code == constants.EAI_AGAIN }

var _ net.Error = (*Error)(nil)

const opLookup = "lookup"

// ErrorText returns what a code means, in a few words: "name or service not known" for EAI_NONAME.
// It wraps gai_strerror(3), and is the same on all platforms. [Error.Error] has more to say.
func ErrorText(code constants.EAI) string {
	switch code {
	case 0:
		return "no error"
	case constants.EAI_ADDRFAMILY:
		return "address not of the family asked for"
	case constants.EAI_AGAIN:
		return "temporary failure in name resolution"
	case constants.EAI_ALLDONE:
		return "all requests are done"
	case constants.EAI_BADFLAGS:
		return "bad flags"
	case constants.EAI_BADHINTS:
		return "bad hints"
	case constants.EAI_CANCELED:
		return "request cancelled"
	case constants.EAI_FAIL:
		return "permanent failure in name resolution"
	case constants.EAI_FAMILY:
		return "family not supported"
	case constants.EAI_IDN_ENCODE:
		return "name not in the form of the international DNS"
	case constants.EAI_INPROGRESS:
		return "request in progress"
	case constants.EAI_INTR:
		return "interrupted by a signal"
	case constants.EAI_MEMORY:
		return "out of memory"
	case constants.EAI_NODATA:
		return "no address for this name"
	case constants.EAI_NONAME:
		return "name or service not known"
	case constants.EAI_NOTCANCELED:
		return "request not cancelled"
	case constants.EAI_OVERFLOW:
		return "a name that is too long"
	case constants.EAI_PROTOCOL:
		return "protocol not known"
	case constants.EAI_SERVICE:
		return "service not known for this socket type"
	case constants.EAI_SOCKTYPE:
		return "socket type not supported"
	case constants.EAI_SYSTEM:
		return "system error"
	}
	return "unknown error"
}

// plain returns word so that it cannot be taken for something else in a line.
func plain(word string) string {
	q := strconv.Quote(word)
	if word == "" || len(q) != len(word)+2 || strings.ContainsAny(word, " \u00a0") {
		return q
	}
	return word
}

// detail is what err adds to the meaning of the code. That a name does not exist is said already.
func detail(err error) string {
	var d *net.DNSError
	switch {
	case err == nil:
		return ""
	case !errors.As(err, &d):
		return err.Error()
	case d.IsNotFound:
		return ""
	case d.Server == "":
		return d.Err
	}
	return "server " + d.Server + ": " + d.Err
}

// undefined returns an Error for a constant that this platform does not have.
func undefined(code constants.EAI) *Error { return &Error{Code: code, Err: sys.ErrUndefined} }

// refuse returns an Error whose cause is a text.
func refuse(code constants.EAI, why string) *Error {
	return &Error{Code: code, Err: errors.New(why)}
}

// of completes an Error with what was looked up.
func (e *Error) of(op, node, service string) *Error {
	e.Op, e.Node, e.Service = op, node, service
	return e
}

// ended returns the error for a context that is cancelled or expired, and otherwise nil.
func ended(ctx context.Context) *Error {
	if ctx.Err() != nil {
		return &Error{Code: constants.EAI_AGAIN, Err: fd.Ended(ctx)}
	}
	// A connection to a name server has the same deadline, and its timer may fire first.
	if d, ok := ctx.Deadline(); !ok || time.Now().Before(d) {
		return nil
	}
	return &Error{Code: constants.EAI_AGAIN, Err: context.DeadlineExceeded}
}

// resolverError is the Error for err, which package net's resolver returned.
func resolverError(ctx context.Context, err error) *Error {
	if e := ended(ctx); e != nil {
		return e
	}
	var (
		d    *net.DNSError
		code = constants.EAI_SYSTEM
	)
	if errors.As(err, &d) {
		switch {
		case d.IsNotFound:
			code = constants.EAI_NONAME
		case d.IsTimeout, d.IsTemporary:
			code = constants.EAI_AGAIN
		default:
			code = constants.EAI_FAIL
		}
	} else if a := (*net.AddrError)(nil); errors.As(err, &a) {
		code = constants.EAI_NODATA // the hosts file has the name, in another family
	}
	return &Error{Code: code, Err: err}
}
