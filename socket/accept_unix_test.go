//go:build unix

package socket_test

import (
	"errors"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/socket"
)

// Too many open files: the connection stays in the queue, the error is temporary, and Accept works
// when there is room again.
func TestAcceptTooManyFiles(t *testing.T) {
	l := listening(t, path(t), 5)
	client := open(t, constants.AF_UNIX, constants.SOCK_STREAM, 0)
	ok(t, client.Connect(within(t, patience), name(t, l)))

	var limit, low unix.Rlimit
	ok(t, unix.Getrlimit(unix.RLIMIT_NOFILE, &limit))
	defer unix.Setrlimit(unix.RLIMIT_NOFILE, &limit)
	// A new descriptor has the lowest free number, so that none is below the limit.
	next, err := unix.FcntlInt(uintptr(l.FD()), unix.F_DUPFD_CLOEXEC, 0)
	ok(t, err)
	ok(t, unix.Close(next))
	low = limit
	low.Cur -= low.Cur
	for range next {
		low.Cur++
	}
	ok(t, unix.Setrlimit(unix.RLIMIT_NOFILE, &low))
	s, from, err := l.Accept(within(t, patience))
	ok(t, unix.Setrlimit(unix.RLIMIT_NOFILE, &limit))
	if s != nil || from.IsValid() || !errors.Is(err, syscall.EMFILE) {
		t.Errorf("accepted %v from %v, %v", s, from, err)
	}
	if e, isError := errors.AsType[*socket.Error](err); !isError || !e.Temporary() || e.Timeout() {
		t.Errorf("%v: not temporary, or a timeout", err)
	}

	s, _, err = l.Accept(within(t, patience))
	ok(t, err)
	defer s.Close()
	talk(t, client, s)
}

// A new socket fails in the same way.
func TestNewTooManyFiles(t *testing.T) {
	var limit unix.Rlimit
	ok(t, unix.Getrlimit(unix.RLIMIT_NOFILE, &limit))
	defer unix.Setrlimit(unix.RLIMIT_NOFILE, &limit)
	none := limit
	none.Cur = 0
	ok(t, unix.Setrlimit(unix.RLIMIT_NOFILE, &none))
	_, newErr := socket.New(constants.AF_INET, constants.SOCK_DGRAM, 0)
	_, _, pairErr := socket.Pair(constants.AF_UNIX, constants.SOCK_DGRAM, 0)
	ok(t, unix.Setrlimit(unix.RLIMIT_NOFILE, &limit))
	is(t, newErr, syscall.EMFILE)
	is(t, pairErr, syscall.EMFILE)
}
