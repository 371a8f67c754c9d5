//go:build linux || darwin || dragonfly || freebsd || netbsd || openbsd

package sys

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// MsgNoSignal is given to every send: no SIGPIPE, only EPIPE (send(2)). MsgDontWait is given to
// every transfer, so that it does not block even if somebody who shares the open file description
// has cleared O_NONBLOCK.
const (
	MsgNoSignal = unix.MSG_NOSIGNAL
	MsgDontWait = unix.MSG_DONTWAIT
)

func errno(e syscall.Errno) error {
	switch e {
	case 0:
		return nil
	case syscall.EAGAIN:
		return again
	}
	return e
}

// again is made once: to make it anew is a call, for which a goroutine that is about to wait may
// have no room on its stack.
var again error = syscall.EAGAIN

// atomicFlags is cleared by tests, to take the path of systems whose kernel cannot do both at once.
var atomicFlags = true

// create makes descriptors that are close-on-exec and non-blocking. open is called with flags,
// which say both, where the system call has flags. Elsewhere they are 0 (macOS has neither
// SOCK_CLOEXEC nor accept4), and the fork lock keeps a concurrent fork and exec from inheriting a
// descriptor between its birth and fcntl(2); see [syscall.ForkLock].
func create(flags int, open func(flags int) ([2]int, error)) ([2]int, error) {
	if flags != 0 && atomicFlags {
		return open(flags)
	}
	syscall.ForkLock.RLock()
	fds, err := open(0)
	if err == nil {
		for _, fd := range fds {
			if fd >= 0 {
				unix.CloseOnExec(fd)
			}
		}
	}
	syscall.ForkLock.RUnlock()
	if err != nil {
		return fds, err
	}
	for _, fd := range fds {
		if fd < 0 {
			continue
		}
		if err = unix.SetNonblock(fd, true); err != nil {
			for _, fd := range fds {
				if fd >= 0 {
					unix.Close(fd)
				}
			}
			return none, err
		}
	}
	return fds, nil
}

var none = [2]int{-1, -1}

// Socket wraps socket(2). The descriptor is close-on-exec and non-blocking from birth.
func Socket(family, typ, protocol int) (int, error) {
	fds, err := create(createFlags, func(flags int) ([2]int, error) {
		fd, err := socket(family, typ|flags, protocol)
		if err != nil {
			return none, err
		}
		return [2]int{fd, -1}, nil
	})
	if err != nil {
		return -1, err
	}
	if err := quiet(fds[0]); err != nil {
		unix.Close(fds[0])
		return -1, err
	}
	return fds[0], nil
}

// Socketpair wraps socketpair(2), with the flags of [Socket].
func Socketpair(family, typ, protocol int) ([2]int, error) {
	fds, err := create(createFlags,
		func(flags int) ([2]int, error) { return socketpair(family, typ|flags, protocol) })
	if err != nil {
		return none, err
	}
	for _, fd := range fds {
		if err := quiet(fd); err != nil {
			unix.Close(fds[0])
			unix.Close(fds[1])
			return none, err
		}
	}
	return fds, nil
}

// Accept wraps accept4(2) or accept(2), with the flags of [Socket]. n is the length of the peer's
// address in sa.
func Accept(fd int, sa *RawAddr) (nfd, n int, err error) {
	if err := KeepNonblock(fd); err != nil {
		return -1, 0, err
	}
	if acceptFlags != 0 && atomicFlags {
		return accept(fd, sa, acceptFlags) // with little on the stack, since most will wait
	}
	fds, err := create(0, func(int) ([2]int, error) {
		var err error
		nfd, n, err = accept(fd, sa, 0)
		return [2]int{nfd, -1}, err
	})
	if err != nil {
		return -1, 0, err
	}
	// macOS says EINVAL of a connection that is over already, which needs no quiet, and Accept's
	// EINVAL is the listener's.
	if err := quiet(fds[0]); err != nil && err != unix.EINVAL {
		unix.Close(fds[0])
		return -1, 0, err
	}
	return fds[0], n, nil
}

// Dup duplicates a descriptor; the new one is close-on-exec (F_DUPFD_CLOEXEC, fcntl(2)) and shares
// everything else.
func Dup(fd int) (int, error) { return unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 0) }

// Close wraps close(2). An error does not mean that the descriptor is still open (Linux always
// frees it).
func Close(fd int) error { return unix.Close(fd) }

// SetNonblock sets or clears O_NONBLOCK, which all duplicates of the descriptor share.
func SetNonblock(fd int, on bool) error { return unix.SetNonblock(fd, on) }

// KeepNonblock sets O_NONBLOCK if somebody has cleared it who shares the open file description: a
// child process, or whoever was sent the descriptor (a Python program that gives its socket a
// timeout does so). Calls without MSG_DONTWAIT, which would block then, make sure of it before each
// attempt. What remains is who clears it between the two calls.
func KeepNonblock(fd int) error {
	flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFL, 0)
	if err != nil || flags&unix.O_NONBLOCK != 0 {
		return err
	}
	return SetNonblock(fd, true)
}

// CloseOnExec reports whether the descriptor is closed by execve(2).
func CloseOnExec(fd int) (bool, error) {
	flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0)
	return flags&unix.FD_CLOEXEC != 0, err
}

// SetCloseOnExec chooses whether execve(2) closes the descriptor.
func SetCloseOnExec(fd int, on bool) error {
	flags := 0
	if on {
		flags = unix.FD_CLOEXEC
	}
	_, err := unix.FcntlInt(uintptr(fd), unix.F_SETFD, flags)
	return err
}

// Listen wraps listen(2).
func Listen(fd, backlog int) error { return unix.Listen(fd, backlog) }

// Shutdown wraps shutdown(2).
func Shutdown(fd, how int) error { return unix.Shutdown(fd, how) }

// The events of [Poll] (poll(2)).
const (
	PollIn  = unix.POLLIN
	PollOut = unix.POLLOUT
	PollPri = unix.POLLPRI
	PollErr = unix.POLLERR
	PollHup = unix.POLLHUP
)

// Poll wraps poll(2) for one descriptor and returns at once with the events that are there now.
func Poll(fd int, events int16) (int16, error) {
	p := [1]PollFD{{Fd: int32(fd), Events: events}}
	n, err := poll(p[:])
	if err != nil || n == 0 {
		return 0, err
	}
	return p[0].Revents, nil
}

// A PollFD is a struct pollfd.
type PollFD = unix.PollFd

// PollAll is Poll for many descriptors. A negative one is none.
func PollAll(p []PollFD) error {
	_, err := poll(p)
	return err
}
