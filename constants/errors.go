package constants

import (
	"errors"
	"fmt"
	"runtime"

	"example.com/bsdsocket/internal/sys"
)

// A ParseError is what the Parse functions return. For a name that is known, but not on this
// platform, errors.Is(err, errors.ErrUnsupported) holds, and it is socket.ErrUnsupported; for a
// number that does not fit an int, errors.Is(err, strconv.ErrRange). All others are
// socket.ErrValue: the name is unknown.
type ParseError struct {
	Kind string // the type that was asked for, such as "Family"
	Name string // the input
	Err  error  // the reason
}

// Error returns a text such as `constants: parse Family "af/ine": unknown name`.
func (e *ParseError) Error() string {
	return fmt.Sprintf("constants: parse %s %q: %v", e.Kind, e.Name, e.Err)
}

// Unwrap returns the reason.
func (e *ParseError) Unwrap() error { return e.Err }

// Is makes what does not parse an error of the kind ErrValue.
func (e *ParseError) Is(target error) bool {
	return target == sys.ErrValue && !errors.Is(e.Err, errors.ErrUnsupported)
}

// The reasons of a ParseError. Being constants, these need no initialization.
const (
	errUnknown  = sys.Wrong("unknown name")
	errEmpty    = sys.Wrong("no name")
	errTwoTypes = sys.Wrong("two socket types")
	errLacking  = sys.Lacking("not available on " + runtime.GOOS)
)

// aboutAll makes an error about a part of the input one about the whole of it.
func aboutAll(err error, input string) error {
	if e, ok := errors.AsType[*ParseError](err); ok && e.Name != input {
		return &ParseError{e.Kind, input, fmt.Errorf("%q: %w", e.Name, e.Err)}
	}
	return err
}
