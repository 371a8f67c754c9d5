package sockaddr

import (
	"errors"
	"strconv"
	"syscall"

	"example.com/bsdsocket/internal/sys"
)

// The functions without an argument.
const (
	opInterfaces = "interfaces"
	opLocalCID   = "vsock local cid"
)

// Error says why an address could not be made, or an interface not be found. errors.As finds it in
// every error of this package.
//
// It is socket.ErrUnsupported, and errors.ErrUnsupported, for what this platform does not have.
// With an errno the system was asked; all other errors are socket.ErrValue.
type Error struct {
	Op     string // the function's name in words: "parse", "inet any" ...
	Input  string // what it was given, as text; empty if it takes nothing
	Reason string // what is wrong with the input
	// Err is the cause, if there is one: an errno, socket.ErrUnsupported, an error of package net
	// or net/netip.
	Err error
}

// Error is like `sockaddr: parse "1.2.3.4:80x": bad port "80x"`.
func (e *Error) Error() string {
	s := "sockaddr: " + e.Op
	if e.Op != opInterfaces && e.Op != opLocalCID {
		s += " " + strconv.Quote(e.Input)
	}
	s += ": " + e.Reason
	if e.Err != nil && e.Err != sys.ErrUnsupported { // which Reason says
		s += ": " + e.Err.Error()
	}
	return s
}

// Unwrap returns e.Err.
func (e *Error) Unwrap() error { return e.Err }

// Is reports whether e is of the kind that target is: see [Error].
func (e *Error) Is(target error) bool {
	errno, system := errors.AsType[syscall.Errno](e.Err)
	lacking := system && sys.Unsupported(errno) || errors.Is(e.Err, sys.ErrUnsupported)
	switch target {
	case sys.ErrUnsupported, errors.ErrUnsupported:
		return lacking
	case sys.ErrValue:
		return !system && !lacking
	}
	return false
}

// reason is an Error without its Op and Input, which the exported function that was called fills
// in.
func reason(why string, cause error) *Error { return &Error{Reason: why, Err: cause} }

func (e *Error) of(op, input string) *Error {
	e.Op, e.Input = op, input
	return e
}
