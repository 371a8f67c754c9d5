package sockaddr

import (
	"errors"
	"strconv"
)

// Error says why an address could not be made. errors.As finds it in every
// error of this package.
type Error struct {
	Op     string // the function: "Parse", "Inet", "Unix" ...
	Input  string // what it was given, as text
	Reason string // what is wrong with the input
	Err    error  // the cause, if there is one: errors.ErrUnsupported, an error of net or net/netip
}

// Error is like `sockaddr: Parse("1.2.3.4:80x"): bad port "80x"`.
func (e *Error) Error() string {
	s := "sockaddr: " + e.Op + "(" + strconv.Quote(e.Input) + "): " + e.Reason
	if e.Err != nil && !errors.Is(e.Err, errors.ErrUnsupported) {
		s += ": " + e.Err.Error()
	}
	return s
}

// Unwrap returns e.Err. errors.Is(err, errors.ErrUnsupported) holds for a
// family that this platform does not have.
func (e *Error) Unwrap() error { return e.Err }

// reason is an Error without its Op and Input, which the exported function
// that was called fills in.
func reason(why string, cause error) *Error { return &Error{Reason: why, Err: cause} }

func (e *Error) of(op, input string) *Error {
	e.Op, e.Input = op, input
	return e
}
