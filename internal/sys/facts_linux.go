package sys

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// EndIsQuiet says that a receive that may not wait does not learn that a message socket was
// shut down: a blocking one returns 0 (__skb_wait_for_more_packets, net/core/datagram.c, Linux
// 6.18).
const EndIsQuiet = true

// quiet is a no-op: MSG_NOSIGNAL on every send keeps SIGPIPE away.
func quiet(int) error { return nil }

// Pending is ioctl FIONREAD: the bytes that wait to be read. (TIOCINQ is its number,
// asm-generic/ioctls.h.) The kernel writes a C int, which IoctlGetInt has in the wrong half of a Go
// int where the most significant byte comes first.
func Pending(fd int) (int, error) {
	n, err := unix.IoctlGetUint32(fd, unix.TIOCINQ)
	return int(int32(n)), err
}

// AtMark is ioctl SIOCATMARK (tcp(7)).
func AtMark(fd int) (bool, error) {
	at, err := unix.IoctlGetUint32(fd, unix.SIOCATMARK)
	return at != 0, err
}

// named is the length of an address that the kernel wrote.
func named(_ *RawAddr, size uint32) uint32 { return size }

func socket(family, typ, protocol int) (int, error) {
	r, _, e := unix.Syscall(unix.SYS_SOCKET, uintptr(family), uintptr(typ), uintptr(protocol))
	if e != 0 {
		return -1, errno(e)
	}
	return int(r), nil
}

func socketpair(family, typ, protocol int) ([2]int, error) {
	var fds [2]int32
	_, _, e := unix.Syscall6(unix.SYS_SOCKETPAIR, uintptr(family), uintptr(typ), uintptr(protocol),
		uintptr(unsafe.Pointer(&fds)), 0, 0)
	if e != 0 {
		return none, errno(e)
	}
	return [2]int{int(fds[0]), int(fds[1])}, nil
}

// ConnectResult says how the connect that [Connect] began stands, once the socket is writable: nil
// when it is connected, EALREADY while it is not decided, or its error.
//
// If repeat says that it is safe, a second connect(2) tells: it is on AF_UNIX and for the protocols
// of __inet_stream_connect (net/ipv4/af_inet.c, Linux 6.18), and it takes a failed socket back to
// the unconnected state; after SO_ERROR alone the next connect would fail with ECONNABORTED. A
// pending error counts too: TCP may have one while it goes on trying, such as an unreachable host
// (tcp_v4_err, net/ipv4/tcp_ipv4.c), and is stopped then.
//
// Elsewhere a second connect begins a new attempt when the first has failed (vsock_connect,
// net/vmw_vsock/af_vsock.c; __sctp_connect, net/sctp/socket.c), so that there would never be a
// result: there SO_ERROR tells, and the peer's name.
func ConnectResult(fd int, sa []byte, repeat bool) error {
	if !repeat {
		if err := socketError(fd); err != nil {
			return err
		}
		var peer RawAddr
		if _, err := Getpeername(fd, &peer); err != unix.ENOTCONN {
			return err
		}
		return unix.EALREADY
	}
	err := Connect(fd, sa)
	switch err {
	case unix.EISCONN:
		return nil
	case unix.EALREADY:
		if events, _ := Poll(fd, 0); events&PollErr == 0 {
			break
		}
		if e := socketError(fd); e != nil {
			Disconnect(fd)
			return e
		}
	}
	return err
}

// socketError takes the socket's pending error (SO_ERROR).
func socketError(fd int) error {
	code, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_ERROR)
	if err == nil && code != 0 {
		return unix.Errno(code)
	}
	return err
}

// Disconnect dissolves the association of a datagram socket or aborts the connection of a stream
// socket, by connecting to an address of family AF_UNSPEC (connect(2)).
func Disconnect(fd int) error {
	var unspec [16]byte
	return Connect(fd, unspec[:])
}
