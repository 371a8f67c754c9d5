package sys

import (
	"errors"
	"slices"
	"syscall"
)

// The kinds of errors that an errno or an argument makes. Package socket gives them the names that
// users know, and no other package has a list of errnos for one of them. Two more kinds have no
// errno, ErrTimeout and ErrClosed: they are package fd's, because the second needs package net,
// which users of constants alone do not link.
var (
	ErrUnsupported error = Lacking("not supported")
	ErrUndefined   error = Lacking("a constant is not defined on this platform")
	ErrTransient         = errors.New("transient error")
	ErrWouldBlock        = errors.New("operation would block")
	ErrValue             = errors.New("invalid value")
)

// Lacking is the text of an error of the kind ErrUnsupported, which is errors.ErrUnsupported too.
type Lacking string

func (e Lacking) Error() string { return string(e) }
func (e Lacking) Unwrap() error { return errors.ErrUnsupported }

// Is makes each of them an ErrUnsupported.
func (e Lacking) Is(target error) bool { return target == ErrUnsupported }

// Wrong is the text of an error of the kind ErrValue: an argument that no system call was tried
// with.
type Wrong string

func (e Wrong) Error() string { return string(e) }
func (e Wrong) Unwrap() error { return ErrValue }

// Timeout is what the first error of the chain that has such a method says of itself.
func Timeout(err error) bool {
	t, ok := errors.AsType[interface {
		error
		Timeout() bool
	}](err)
	return ok && t.Timeout()
}

// Temporary is the same of another method: an errno says so of EMFILE and its like.
func Temporary(err error) bool {
	t, ok := errors.AsType[interface {
		error
		Temporary() bool
	}](err)
	return ok && t.Temporary()
}

// Text is what an error says, also the nil one inside of a zero value.
func Text(err error) string {
	if err == nil {
		return "no error"
	}
	return err.Error()
}

// Unsupported reports whether an errno is how the kernel says that it lacks something.
func Unsupported(errno syscall.Errno) bool { return slices.Contains(absences, errno) }

// Transient reports whether an errno tells of the peer or the network, and may pass by itself.
func Transient(errno syscall.Errno) bool { return slices.Contains(passing, errno) }

// Scarce reports whether an error is for want of descriptors or memory. All others of socket(2) say
// that there is no such socket here: EAFNOSUPPORT, or what a policy says (EACCES, EPERM).
func Scarce(err error) bool {
	return slices.ContainsFunc(wants, func(want syscall.Errno) bool { return errors.Is(err, want) })
}

// Refused reports whether an errno can be how a kernel says that it lacks a call, or a policy
// (seccomp(2), an LSM, a sandbox's own kernel) that it forbids one. Whoever has another way then
// takes it.
func Refused(errno syscall.Errno) bool {
	switch errno {
	case syscall.ENOSYS, syscall.EPERM, syscall.EACCES, syscall.EINVAL:
		return true
	}
	return false
}

// Invalid reports whether an errno is EINVAL, as the system's sockets number it.
func Invalid(errno syscall.Errno) bool { return errno == einval }
