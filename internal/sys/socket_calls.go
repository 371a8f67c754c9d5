//go:build darwin || dragonfly || freebsd || netbsd || openbsd || (linux && portable)

package sys

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// What has an address or control data is called directly, by call. The functions of x/sys decode
// the sender after they have received, and of a family that they do not know, such as that of
// routing sockets, they lose the message. They drop the flow information of IPv6, and send and
// receive a byte of their own where there is control data and no other.

func accept(fd int, sa *RawAddr, flags int) (nfd, n int, err error) {
	size := uint32(AddrSize)
	r, e := accept4(fd, sa, &size, flags)
	if e != 0 {
		return -1, 0, errno(e)
	}
	if n, err = counted(uintptr(named(sa, size)), AddrSize); err != nil {
		unix.Close(int(r))
		return -1, 0, err
	}
	return int(r), n, nil
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

// Getsockname wraps getsockname(2).
func Getsockname(fd int, sa *RawAddr) (int, error) { return name(callGetsockname, fd, sa) }

// Getpeername wraps getpeername(2).
func Getpeername(fd int, sa *RawAddr) (int, error) { return name(callGetpeername, fd, sa) }

func name(number uintptr, fd int, sa *RawAddr) (int, error) {
	size := uint32(AddrSize)
	_, _, e := call(number, uintptr(fd), uintptr(unsafe.Pointer(sa)),
		uintptr(unsafe.Pointer(&size)), 0, 0, 0)
	if e != 0 {
		return 0, errno(e)
	}
	return counted(uintptr(named(sa, size)), AddrSize)
}

// PollRdHup is the peer's end of writing, or this end's of receiving. Of the BSDs only the newest
// FreeBSD has it in poll(2), and others not even POLLHUP before both directions have ended; but all
// tell it by kqueue(2), as EV_EOF, which [atEnd] asks for. The number is none of theirs, nor of
// Linux.
const PollRdHup = 0x4000

// PollReadable is what a receive need not wait for. POLLIN has the end in it.
const PollReadable = PollIn

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
		if err == unix.EINTR {
			// It found nothing, and a signal is there. Whether the end is there is yet to be seen.
			one.Revents, err = 0, nil
		}
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

// Recv is recvfrom(2) without an address, which is recv(2).
func Recv(fd int, b []byte, flags int) (int, error) {
	r, _, e := call(callRecvfrom, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(b))),
		uintptr(len(b)), uintptr(flags), 0, 0)
	if e != 0 {
		return 0, errno(e)
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
		return 0, 0, errno(e)
	}
	if n, err = received(fd, b, flags, r); err != nil {
		return 0, 0, err
	}
	if sa != nil {
		if size, err = counted(uintptr(named(sa, length)), AddrSize); err != nil {
			return 0, 0, err
		}
	}
	return n, size, nil
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
		return 0, errno(e)
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
