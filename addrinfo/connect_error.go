package addrinfo

import (
	"strconv"
	"strings"
	"syscall"

	"example.com/bsdsocket/internal/sys"
	"example.com/bsdsocket/socket"
)

// ConnectError says how every attempt to connect failed.
type ConnectError struct {
	// Attempts are in the order in which they ended. There is none if the list was empty.
	Attempts []Attempt
}

// Attempt is one attempt to connect that failed. It is an error too: [errors.As] finds the last one
// in a [*ConnectError].
type Attempt struct {
	Info Info  // what was to be connected; the zero Info if the parameters were wrong
	Err  error // most are [*socket.Error]
}

// Error returns the text of Err, with the address before it if Err does not have it.
func (a *Attempt) Error() string {
	if e, ok := a.Err.(*socket.Error); ok && e.Remote == a.Info.Addr || !a.Info.Addr.IsValid() {
		return sys.Text(a.Err)
	}
	return "addrinfo: connect " + a.Info.Addr.String() + ": " + sys.Text(a.Err)
}

// Unwrap returns Err.
func (a *Attempt) Unwrap() error { return a.Err }

// Timeout reports whether the attempt timed out.
func (a *Attempt) Timeout() bool {
	return sys.Timeout(a.Err)
}

func (e *ConnectError) add(info Info, err error) {
	e.Attempts = append(e.Attempts, Attempt{info, err})
}

// inText is how many attempts the text of a ConnectError has.
const inText = 10

// Error returns the text of the last attempt's error, which decided, and after it those of the
// first nine others.
func (e *ConnectError) Error() string {
	n := len(e.Attempts)
	if n == 0 {
		return "addrinfo: connect: no addresses"
	}
	var b strings.Builder
	b.WriteString(e.Attempts[n-1].Error())
	if n == 1 {
		return b.String()
	}
	b.WriteString(" (the last of ")
	b.WriteString(strconv.Itoa(n))
	b.WriteString(" attempts; before it: ")
	for i := range min(n, inText) - 1 {
		if i > 0 {
			b.WriteString("; ")
		}
		b.WriteString(e.Attempts[i].Error())
	}
	if n > inText {
		b.WriteString("; and ")
		b.WriteString(strconv.Itoa(n - inText))
		b.WriteString(" more")
	}
	b.WriteByte(')')
	return b.String()
}

// Unwrap returns the attempts, each an [*Attempt], the last one first, so that it is the one that
// [errors.As] finds. For an empty list it returns EINVAL.
func (e *ConnectError) Unwrap() []error {
	n := len(e.Attempts)
	if n == 0 {
		return []error{syscall.EINVAL}
	}
	errs := make([]error, n)
	for i := range e.Attempts {
		errs[n-1-i] = &e.Attempts[i]
	}
	return errs
}

// Timeout reports whether the last attempt timed out.
func (e *ConnectError) Timeout() bool {
	n := len(e.Attempts)
	return n > 0 && e.Attempts[n-1].Timeout()
}
