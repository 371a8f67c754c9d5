//go:build !portable

package sys

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

const (
	createFlags = unix.SOCK_CLOEXEC | unix.SOCK_NONBLOCK
	acceptFlags = createFlags

	// PollRdHup is the peer's end of writing, or this end's of receiving (Linux 2.6.17, poll(2)).
	PollRdHup = unix.POLLRDHUP

	// PollReadable is what a receive need not wait for.
	PollReadable = PollIn | PollRdHup
)

// MsgCmsgCloexec makes received descriptors close-on-exec at once (recvmsg(2), Linux 2.6.23). It is
// for sockets that pass descriptors, which only those of AF_UNIX do (scm_detach_fds and
// scm_pidfd_recv, net/core/scm.c and include/net/scm.h, Linux 6.18): others refuse flags that they
// do not know, such as packet_recvmsg of net/packet/af_packet.c (EINVAL), pfkey_recvmsg of
// net/key/af_key.c (EINVAL) and mctp_recvmsg of net/mctp/af_mctp.c (EOPNOTSUPP).
const MsgCmsgCloexec = unix.MSG_CMSG_CLOEXEC

// All calls are told to the scheduler (Syscall, not RawSyscall): each of them can take the lock of
// a socket, whose holder may sleep for as long as a page of its memory does not come. A thread that
// sleeps unknown to the scheduler stops the whole program at the next garbage collection. Even
// getsockname(2) takes that lock (inet_getname, net/ipv4/af_inet.c, Linux 6.18), and socket(2)
// waits for the program that loads a protocol's module (__sock_create, net/socket.c).

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
