package sys

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// MsgNoSignal is given to every send: no SIGPIPE, only EPIPE (send(2)). MsgDontWait is given to
// every transfer, so that it does not block even if somebody who shares the open file description
// has cleared O_NONBLOCK.
const (
	MsgNoSignal = unix.MSG_NOSIGNAL
	MsgDontWait = unix.MSG_DONTWAIT
)

// All calls are told to the scheduler (Syscall, not RawSyscall): each of them can take the lock of
// a socket, whose holder may sleep for as long as a page of its memory does not come. A thread that
// sleeps unknown to the scheduler stops the whole program at the next garbage collection. Even
// getsockname(2) takes that lock (inet_getname, net/ipv4/af_inet.c, Linux 6.18), and socket(2)
// waits for the program that loads a protocol's module (__sock_create, net/socket.c).

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

func accept(fd int, sa *RawAddr, flags int) (nfd, n int, err error) {
	size := uint32(AddrSize)
	r, _, e := unix.Syscall6(unix.SYS_ACCEPT4, uintptr(fd), uintptr(unsafe.Pointer(sa)),
		uintptr(unsafe.Pointer(&size)), uintptr(flags), 0, 0)
	if e != 0 {
		return -1, 0, errno(e)
	}
	if n, err = counted(uintptr(size), AddrSize); err != nil {
		unix.Close(int(r))
		return -1, 0, err
	}
	return int(r), n, nil
}

// Bind wraps bind(2).
func Bind(fd int, sa []byte) error {
	_, _, e := unix.Syscall(unix.SYS_BIND, uintptr(fd),
		uintptr(unsafe.Pointer(unsafe.SliceData(sa))), uintptr(len(sa)))
	return errno(e)
}

// Connect wraps connect(2).
func Connect(fd int, sa []byte) error {
	if err := KeepNonblock(fd); err != nil {
		return err
	}
	_, _, e := unix.Syscall(unix.SYS_CONNECT, uintptr(fd),
		uintptr(unsafe.Pointer(unsafe.SliceData(sa))), uintptr(len(sa)))
	return errno(e)
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

// Getsockname wraps getsockname(2).
func Getsockname(fd int, sa *RawAddr) (int, error) { return name(unix.SYS_GETSOCKNAME, fd, sa) }

// Getpeername wraps getpeername(2).
func Getpeername(fd int, sa *RawAddr) (int, error) { return name(unix.SYS_GETPEERNAME, fd, sa) }

func name(call uintptr, fd int, sa *RawAddr) (int, error) {
	size := uint32(AddrSize)
	_, _, e := unix.Syscall(call, uintptr(fd), uintptr(unsafe.Pointer(sa)),
		uintptr(unsafe.Pointer(&size)))
	if e != 0 {
		return 0, e
	}
	return counted(uintptr(size), AddrSize)
}

// Recv is recvfrom(2) without an address, which is recv(2).
//
// A goroutine that waits in a receive has little of its stack left here (see internal/fd), so that
// what becomes of the result is not inlined.
func Recv(fd int, b []byte, flags int) (int, error) {
	r, _, e := unix.Syscall6(unix.SYS_RECVFROM, uintptr(fd), uintptr(pointer(b)), uintptr(len(b)),
		uintptr(flags), 0, 0)
	if e != 0 {
		return 0, errno(e)
	}
	return received(fd, b, flags, r)
}

// Recvfrom wraps recvfrom(2). size is the length of the sender's address in sa, which can be nil,
// and 0 if there is none.
func Recvfrom(fd int, b []byte, flags int, sa *RawAddr) (n, size int, err error) {
	length := uint32(AddrSize)
	r, _, e := unix.Syscall6(unix.SYS_RECVFROM, uintptr(fd), uintptr(pointer(b)), uintptr(len(b)),
		uintptr(flags), uintptr(unsafe.Pointer(sa)), uintptr(unsafe.Pointer(&length)))
	if e != 0 {
		return 0, 0, errno(e)
	}
	if sa != nil {
		if size, err = counted(uintptr(length), AddrSize); err != nil {
			return 0, 0, err
		}
	}
	if n, err = received(fd, b, flags, r); err != nil {
		return 0, 0, err
	}
	return n, size, nil
}

//go:noinline
func received(fd int, b []byte, flags int, r uintptr) (int, error) {
	room := len(b)
	if flags&unix.MSG_TRUNC != 0 {
		room = datagramMax // the datagram's length, however much of it there is room for
	}
	n, err := counted(r, room)
	if err == nil {
		raceAcquire(fd)
		raceWrite(b, n)
	}
	return n, err
}

// Send is sendto(2) without an address, which is send(2).
func Send(fd int, b []byte, flags int) (int, error) {
	return Sendto(fd, b, flags, nil)
}

// Sendto wraps sendto(2).
func Sendto(fd int, b []byte, flags int, sa []byte) (int, error) {
	raceRead(b)
	raceRelease()
	r, _, e := unix.Syscall6(unix.SYS_SENDTO, uintptr(fd), uintptr(pointer(b)), uintptr(len(b)),
		uintptr(flags),
		uintptr(pointer(sa)), uintptr(len(sa)))
	if e != 0 {
		return 0, errno(e)
	}
	return counted(r, len(b))
}

const needsBuffer = false // of a struct msghdr

func sendmsg(fd int, h *unix.Msghdr, flags int) (uintptr, syscall.Errno) {
	r, _, e := unix.Syscall(unix.SYS_SENDMSG, uintptr(fd), uintptr(unsafe.Pointer(h)),
		uintptr(flags))
	return r, e
}

func recvmsg(fd int, h *unix.Msghdr, flags int) (uintptr, syscall.Errno) {
	r, _, e := unix.Syscall(unix.SYS_RECVMSG, uintptr(fd), uintptr(unsafe.Pointer(h)),
		uintptr(flags))
	return r, e
}

// named is the length of an address that the kernel wrote.
func named(_ *RawAddr, size uint32) uint32 { return size }
