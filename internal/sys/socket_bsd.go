//go:build darwin || dragonfly || freebsd || netbsd || openbsd

package sys

import (
	"bytes"

	"golang.org/x/sys/unix"
)

// A BSD address begins with its length and its family, a byte each (sys/socket.h).
const pathOffset = 2

// named is the length of an address that the kernel wrote, in the form that package sockaddr has:
// no address if there is no family, and a path up to its NUL, which some kernels count and others
// do not. A name that did not fit is none: half of a path is the path of something else.
func named(sa *RawAddr, size uint32) uint32 {
	switch {
	case size < pathOffset || size > AddrSize:
		return 0
	case sa[1] == unix.AF_UNSPEC:
		return 0
	case sa[1] == unix.AF_UNIX:
		if i := bytes.IndexByte(sa[pathOffset:size], 0); i >= 0 {
			size = pathOffset + uint32(i)
		}
	}
	sa[0] = byte(size)
	return size
}

func socket(family, typ, protocol int) (int, error) { return unix.Socket(family, typ, protocol) }

func socketpair(family, typ, protocol int) ([2]int, error) {
	return unix.Socketpair(family, typ, protocol)
}

// ConnectResult says how the connect that [Connect] began stands, once the socket is writable: nil
// when it is connected, EALREADY while it is not decided, or its error. SO_ERROR alone does not
// tell: a socket can be writable, have no error and no peer either.
func ConnectResult(fd int, _ []byte, _ bool) error {
	code, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_ERROR)
	if err != nil {
		return err
	}
	if code != 0 {
		return unix.Errno(code)
	}
	var peer RawAddr
	switch _, err = Getpeername(fd, &peer); err {
	case unix.ENOTCONN:
		return unix.EALREADY
	case unix.EINVAL: // macOS, once both directions are shut down again: it was connected
		return nil
	}
	return err
}

// Disconnect dissolves the association of a datagram socket by connecting it to the null address,
// which fails after the old association is gone (connect(2) of the BSDs). The connection of a
// stream socket cannot be dissolved.
func Disconnect(fd int) error {
	null := [unix.SizeofSockaddrInet4]byte{unix.SizeofSockaddrInet4, unix.AF_INET}
	err := Connect(fd, null[:])
	var peer RawAddr
	if _, gone := Getpeername(fd, &peer); gone == unix.ENOTCONN {
		return nil
	}
	return err
}

// EndIsQuiet is false: a receive that may not wait says that a message socket was shut down.
const EndIsQuiet = false

// atEnd asks a queue of its own, since the runtime's tells of changes, once. No child inherits a
// queue (kqueue(2)).
func atEnd(fd int) (bool, error) {
	queue, err := unix.Kqueue()
	if err != nil {
		return false, err
	}
	defer unix.Close(queue)
	var change, event [1]unix.Kevent_t
	unix.SetKevent(&change[0], fd, unix.EVFILT_READ, unix.EV_ADD|unix.EV_ONESHOT)
	n, err := unix.Kevent(queue, change[:], event[:], new(unix.Timespec))
	return err == nil && n == 1 && event[0].Flags&unix.EV_EOF != 0 &&
		event[0].Flags&unix.EV_ERROR == 0, err
}
