//go:build darwin || dragonfly || freebsd || netbsd || openbsd

package sys

import (
	"bytes"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// MsgNoSignal and MsgDontWait are given to every send, and MsgDontWait to every receive; see
// socket_linux.go.
const (
	MsgNoSignal = unix.MSG_NOSIGNAL
	MsgDontWait = unix.MSG_DONTWAIT
)

// What has an address or control data is called directly, by call. The functions of x/sys decode
// the sender after they have received, and of a family that they do not know, such as that of
// routing sockets, they lose the message. They drop the flow information of IPv6, and send and
// receive a byte of their own where there is control data and no other.

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

func accept(fd int, sa *RawAddr, flags int) (nfd, n int, err error) {
	size := uint32(AddrSize)
	r, e := accept4(fd, sa, &size, flags)
	if e != 0 {
		return -1, 0, e
	}
	return int(r), int(named(sa, size)), nil
}

func socket(family, typ, protocol int) (int, error) { return unix.Socket(family, typ, protocol) }

func socketpair(family, typ, protocol int) ([2]int, error) {
	return unix.Socketpair(family, typ, protocol)
}

// Bind wraps bind(2).
func Bind(fd int, sa []byte) error {
	_, _, e := call(callBind, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(sa))),
		uintptr(len(sa)), 0, 0, 0)
	return errno(e)
}

// Connect wraps connect(2).
func Connect(fd int, sa []byte) error {
	if err := KeepNonblock(fd); err != nil {
		return err
	}
	_, _, e := call(callConnect, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(sa))),
		uintptr(len(sa)), 0, 0, 0)
	return errno(e)
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

// Getsockname wraps getsockname(2).
func Getsockname(fd int, sa *RawAddr) (int, error) {
	size := uint32(AddrSize)
	_, _, e := call(callGetsockname, uintptr(fd), uintptr(unsafe.Pointer(sa)),
		uintptr(unsafe.Pointer(&size)), 0, 0, 0)
	if e != 0 {
		return 0, e
	}
	return int(named(sa, size)), nil
}

// Getpeername wraps getpeername(2).
func Getpeername(fd int, sa *RawAddr) (int, error) {
	size := uint32(AddrSize)
	_, _, e := call(callGetpeername, uintptr(fd), uintptr(unsafe.Pointer(sa)),
		uintptr(unsafe.Pointer(&size)), 0, 0, 0)
	if e != 0 {
		return 0, e
	}
	return int(named(sa, size)), nil
}

// PollRdHup is the peer's end of writing, or this end's of receiving. Of these systems only the
// newest FreeBSD has it in poll(2), and others not even POLLHUP before both directions have ended;
// but all tell it by kqueue(2), as EV_EOF, which [Poll] asks for. The number is none of theirs.
const PollRdHup = 0x4000

// PollReadable is what a receive need not wait for. POLLIN has the end in it.
const PollReadable = PollIn

// EndIsQuiet is false: a receive that may not wait says that a message socket was shut down.
const EndIsQuiet = false

func poll(p []PollFD) (n int, err error) {
	for i := range p {
		if p[i].Events&PollRdHup != 0 {
			return pollEnds(p)
		}
	}
	return unix.Poll(p, 0)
}

// pollEnds is poll, also of PollRdHup.
func pollEnds(p []PollFD) (n int, err error) {
	for i := range p {
		one := &p[i]
		asked := one.Events
		one.Events &^= PollRdHup
		_, err := unix.Poll(p[i:i+1], 0)
		one.Events = asked
		if err == nil && one.Fd >= 0 && asked&PollRdHup != 0 {
			var end bool
			if end, err = atEnd(int(one.Fd)); end {
				one.Revents |= PollRdHup
			}
		}
		if err != nil {
			return n, err
		}
		if one.Revents != 0 {
			n++
		}
	}
	return n, nil
}

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

// Recv is recvfrom(2) without an address, which is recv(2).
func Recv(fd int, b []byte, flags int) (int, error) {
	r, _, e := call(callRecvfrom, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(b))),
		uintptr(len(b)), uintptr(flags), 0, 0)
	if e != 0 {
		return 0, e
	}
	return received(fd, b, flags, r)
}

// Recvfrom wraps recvfrom(2). size is the length of the sender's address in sa, 0 if there is none.
func Recvfrom(fd int, b []byte, flags int, sa *RawAddr) (n, size int, err error) {
	length := uint32(AddrSize)
	r, _, e := call(callRecvfrom, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(b))),
		uintptr(len(b)), uintptr(flags),
		uintptr(unsafe.Pointer(sa)), uintptr(unsafe.Pointer(&length)))
	if e != 0 {
		return 0, 0, e
	}
	if n, err = received(fd, b, flags, r); err != nil {
		return 0, 0, err
	}
	return n, int(named(sa, length)), nil
}

func received(fd int, b []byte, flags int, n uintptr) (int, error) {
	room := len(b)
	if flags&unix.MSG_TRUNC != 0 {
		room = datagramMax // where the flag has that meaning, the datagram's length
	}
	got, err := counted(n, room)
	if err != nil {
		return 0, err
	}
	raceAcquire(fd)
	raceWrite(b, got)
	return got, nil
}

// Send is sendto(2) without an address, which is send(2).
func Send(fd int, b []byte, flags int) (int, error) { return Sendto(fd, b, flags, nil) }

// Sendto wraps sendto(2).
func Sendto(fd int, b []byte, flags int, sa []byte) (int, error) {
	raceRead(b)
	raceRelease()
	r, _, e := call(callSendto, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(b))),
		uintptr(len(b)), uintptr(flags),
		uintptr(unsafe.Pointer(unsafe.SliceData(sa))), uintptr(len(sa)))
	if e != 0 {
		return 0, e
	}
	return counted(r, len(b))
}

const needsBuffer = true // of a struct msghdr: XNU refuses none

func sendmsg(fd int, h *unix.Msghdr, flags int) (uintptr, syscall.Errno) {
	r, _, e := call(callSendmsg, uintptr(fd), uintptr(unsafe.Pointer(h)), uintptr(flags), 0, 0, 0)
	return r, e
}

func recvmsg(fd int, h *unix.Msghdr, flags int) (uintptr, syscall.Errno) {
	r, _, e := call(callRecvmsg, uintptr(fd), uintptr(unsafe.Pointer(h)), uintptr(flags), 0, 0, 0)
	return r, e
}
