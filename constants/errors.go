package constants

import (
	"errors"
	"fmt"
	"runtime"
)

// A ParseError is what the Parse functions return. For a name that is known, but not on this platform, errors.Is(err,
// errors.ErrUnsupported) holds; for a number that does not fit an int, errors.Is(err, strconv.ErrRange). Otherwise
// the name is unknown.
type ParseError struct {
	Kind string // the type that was asked for, such as "Family"
	Name string // the input
	Err  error  // the reason
}

// Error returns a text such as `parse Family "af/ine": unknown name`.
func (e *ParseError) Error() string { return fmt.Sprintf("parse %s %q: %v", e.Kind, e.Name, e.Err) }

// Unwrap returns the reason.
func (e *ParseError) Unwrap() error { return e.Err }

// A parseFailure is a reason of a ParseError. Being constants, these need no initialization.
type parseFailure string

const (
	errUnknown  parseFailure = "unknown name"
	errEmpty    parseFailure = "no name"
	errTwoTypes parseFailure = "two socket types"
	errLacking               = parseFailure("not available on " + runtime.GOOS)
)

func (f parseFailure) Error() string { return string(f) }

// Is makes a constant that the platform lacks an unsupported error.
func (f parseFailure) Is(target error) bool {
	return f == errLacking && target == errors.ErrUnsupported
}

// aboutAll makes an error about a part of the input one about the whole of it.
func aboutAll(err error, input string) error {
	if e, ok := errors.AsType[*ParseError](err); ok && e.Name != input {
		return &ParseError{e.Kind, input, fmt.Errorf("%q: %w", e.Name, e.Err)}
	}
	return err
}
