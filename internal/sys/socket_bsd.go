//go:build darwin || dragonfly || freebsd || netbsd || openbsd

package sys

import (
	"bytes"
	"encoding/binary"

	"golang.org/x/sys/unix"
)

// MsgNoSignal and MsgDontWait are given to every send, and MsgDontWait to every receive; see socket_linux.go.
const (
	MsgNoSignal = unix.MSG_NOSIGNAL
	MsgDontWait = unix.MSG_DONTWAIT
)

// These systems promise their C library's functions, not their system calls (OpenBSD kills a process that calls the kernel
// by itself), so everything here goes through x/sys's wrappers and their typed addresses: AF_INET, AF_INET6 and AF_UNIX.

// A BSD address begins with its length and its family, a byte each (sys/socket.h).
const pathOffset = 2

func decode(sa []byte) (unix.Sockaddr, error) {
	if len(sa) < pathOffset {
		return nil, unix.EINVAL
	}
	switch sa[1] {
	case unix.AF_INET:
		if len(sa) < unix.SizeofSockaddrInet4 {
			return nil, unix.EINVAL
		}
		return &unix.SockaddrInet4{Port: int(binary.BigEndian.Uint16(sa[2:])), Addr: [4]byte(sa[4:8])}, nil
	case unix.AF_INET6:
		if len(sa) < unix.SizeofSockaddrInet6 {
			return nil, unix.EINVAL
		}
		return &unix.SockaddrInet6{
			Port:   int(binary.BigEndian.Uint16(sa[2:])),
			Addr:   [16]byte(sa[8:24]),
			ZoneId: binary.NativeEndian.Uint32(sa[24:]),
		}, nil
	case unix.AF_UNIX:
		path, _, _ := bytes.Cut(sa[pathOffset:], []byte{0})
		return &unix.SockaddrUnix{Name: string(path)}, nil
	}
	return nil, unix.EAFNOSUPPORT
}

func encode(from unix.Sockaddr, sa *RawAddr) int {
	var n int
	*sa = RawAddr{}
	switch from := from.(type) {
	case *unix.SockaddrInet4:
		n, sa[1] = unix.SizeofSockaddrInet4, unix.AF_INET
		binary.BigEndian.PutUint16(sa[2:], uint16(from.Port))
		copy(sa[4:], from.Addr[:])
	case *unix.SockaddrInet6:
		n, sa[1] = unix.SizeofSockaddrInet6, unix.AF_INET6
		binary.BigEndian.PutUint16(sa[2:], uint16(from.Port))
		copy(sa[8:], from.Addr[:])
		binary.NativeEndian.PutUint32(sa[24:], from.ZoneId)
	case *unix.SockaddrUnix:
		sa[1] = unix.AF_UNIX
		n = pathOffset + copy(sa[pathOffset:], from.Name)
	default:
		return 0
	}
	sa[0] = byte(n)
	return n
}

// Bind wraps bind(2).
func Bind(fd int, sa []byte) error {
	to, err := decode(sa)
	if err != nil {
		return err
	}
	return unix.Bind(fd, to)
}

// Connect wraps connect(2).
func Connect(fd int, sa []byte) error {
	to, err := decode(sa)
	if err == nil {
		err = KeepNonblock(fd)
	}
	if err != nil {
		return err
	}
	return unix.Connect(fd, to)
}

// ConnectResult says how the connect that [Connect] began stands, once the socket is writable: nil when it is connected,
// EALREADY while it is not decided, or its error. SO_ERROR alone does not tell: a socket can be writable, have no error
// and no peer either.
func ConnectResult(fd int, _ []byte, _ bool) error {
	code, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_ERROR)
	if err != nil {
		return err
	}
	if code != 0 {
		return unix.Errno(code)
	}
	switch _, err = unix.Getpeername(fd); err {
	case unix.ENOTCONN:
		return unix.EALREADY
	case unix.EINVAL: // macOS, once both directions are shut down again: it was connected
		return nil
	}
	return err
}

// Disconnect dissolves the association of a datagram socket by connecting it to the null address, which fails after
// the old association is gone (connect(2) of the BSDs). The connection of a stream socket cannot be dissolved.
func Disconnect(fd int) error {
	err := unix.Connect(fd, new(unix.SockaddrInet4))
	if _, gone := unix.Getpeername(fd); gone == unix.ENOTCONN {
		return nil
	}
	return err
}

// Getsockname wraps getsockname(2).
func Getsockname(fd int, sa *RawAddr) (int, error) {
	from, err := unix.Getsockname(fd)
	if err != nil {
		return 0, err
	}
	return encode(from, sa), nil
}

// Getpeername wraps getpeername(2).
func Getpeername(fd int, sa *RawAddr) (int, error) {
	from, err := unix.Getpeername(fd)
	if err != nil {
		return 0, err
	}
	return encode(from, sa), nil
}

func poll(p *unix.PollFd) (int, error) {
	fds := [1]unix.PollFd{*p}
	n, err := unix.Poll(fds[:], 0)
	*p = fds[0]
	return n, err
}

// Recv is recvfrom(2) without an address, which is recv(2).
func Recv(fd int, b []byte, flags int) (int, error) {
	n, _, err := unix.Recvfrom(fd, b, flags)
	if err != nil {
		return 0, err
	}
	return received(fd, b, n)
}

// Recvfrom wraps recvfrom(2). size is the length of the sender's address in sa, 0 if there is none.
func Recvfrom(fd int, b []byte, flags int, sa *RawAddr) (n, size int, err error) {
	n, from, err := unix.Recvfrom(fd, b, flags)
	if err == nil {
		n, err = received(fd, b, n)
	}
	if err != nil {
		return 0, 0, err
	}
	return n, encode(from, sa), nil
}

func received(fd int, b []byte, n int) (int, error) {
	n, err := counted(uintptr(n), len(b))
	if err != nil {
		return 0, err
	}
	raceAcquire(fd)
	raceWrite(b, n)
	return n, nil
}

// Send is sendmsg(2) with one buffer and no address, which is send(2).
func Send(fd int, b []byte, flags int) (int, error) { return sendto(fd, b, flags, nil) }

// Sendto is sendmsg(2) with one buffer, which is sendto(2); x/sys's Sendto does not return the count.
func Sendto(fd int, b []byte, flags int, sa []byte) (int, error) {
	to, err := decode(sa)
	if err != nil {
		return 0, err
	}
	return sendto(fd, b, flags, to)
}

func sendto(fd int, b []byte, flags int, to unix.Sockaddr) (int, error) {
	raceRead(b)
	raceRelease()
	n, err := unix.SendmsgN(fd, b, nil, to, flags)
	if err != nil {
		return 0, err
	}
	return counted(uintptr(n), len(b))
}
