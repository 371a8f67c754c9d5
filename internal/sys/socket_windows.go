package sys

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/windows"
)

const (
	socketFlags = windows.WSA_FLAG_OVERLAPPED | windows.WSA_FLAG_NO_HANDLE_INHERIT

	fionbio    = 0x8004667e // winsock2.h
	fionread   = 0x4004667f
	siocatmark = 0x40047307

	sioUDPConnReset = 0x9800000c // mswsock.h
	sioUDPNetReset  = 0x9800000f

	soType         = 0x1008 // SO_TYPE
	soProtocolInfo = 0x2005 // SO_PROTOCOL_INFOW
	acceptsConns   = 0x0002 // SO_ACCEPTCONN
)

// Socket wraps WSASocketW. The socket is overlapped, not inheritable from birth, and non-blocking.
func Socket(family, typ, protocol int) (int, error) {
	if startupErr != nil {
		return -1, errno(startupErr)
	}
	h, err := windows.WSASocket(int32(family), int32(typ), int32(protocol), nil, 0, socketFlags)
	if err != nil {
		return -1, errno(err)
	}
	fd := int(h)
	if err := SetNonblock(fd, true); err != nil {
		Close(fd)
		return -1, err
	}
	if typ == windows.SOCK_DGRAM {
		// What became of a datagram that was sent is no reason to end a receive. Not all systems
		// have the second (Windows 10).
		off := uint32(0)
		for _, code := range [...]uint32{sioUDPConnReset, sioUDPNetReset} {
			var n uint32
			windows.WSAIoctl(h, code, (*byte)(unsafe.Pointer(&off)), uint32(unsafe.Sizeof(off)),
				nil, 0, &n, nil, 0)
		}
	}
	return fd, nil
}

// Socketpair is not supported: Winsock has no such call.
func Socketpair(family, typ,
	protocol int) ([2]int, error) {
	return [2]int{-1, -1}, syscall.EOPNOTSUPP
}

// Accept wraps accept. n is the length of the peer's address in sa. A client that is gone already
// is ECONNABORTED, as elsewhere.
func Accept(fd int, sa *RawAddr) (nfd, n int, err error) {
	size := int32(AddrSize)
	syscall.ForkLock.RLock() // nobody starts a process while the new socket is inheritable
	r, _, e := syscall.SyscallN(procAccept.Addr(), uintptr(fd), uintptr(unsafe.Pointer(sa)),
		uintptr(unsafe.Pointer(&size)))
	if windows.Handle(r) == windows.InvalidHandle {
		syscall.ForkLock.RUnlock()
		switch err = portable(e); err {
		case syscall.ECONNRESET, syscall.ENOTCONN:
			err = syscall.ECONNABORTED
		}
		return -1, 0, err
	}
	nfd = int(r)
	err = SetCloseOnExec(nfd, true)
	syscall.ForkLock.RUnlock()
	if err == nil {
		err = SetNonblock(nfd, true)
	}
	if err == nil {
		n, err = counted(uintptr(size), AddrSize)
	}
	if err != nil {
		Close(nfd)
		return -1, 0, err
	}
	return nfd, n, nil
}

// Bind wraps bind.
func Bind(fd int, sa []byte) error {
	if len(sa) == 0 {
		return syscall.EINVAL
	}
	r, _, e := syscall.SyscallN(procBind.Addr(), uintptr(fd), uintptr(unsafe.Pointer(start(sa))),
		uintptr(len(sa)))
	return result(r, e)
}

// Connect wraps connect.
func Connect(fd int, sa []byte) error {
	if len(sa) == 0 {
		return syscall.EINVAL
	}
	r, _, e := syscall.SyscallN(procConnect.Addr(), uintptr(fd), uintptr(unsafe.Pointer(start(sa))),
		uintptr(len(sa)))
	err := result(r, e)
	if err == syscall.EAGAIN {
		return syscall.EINPROGRESS
	}
	return err
}

// ConnectResult says how the connect that [Connect] began stands, once the socket is writable or
// its attempt has failed: nil when it is connected, EALREADY while it is not decided, or its error.
// SO_ERROR alone does not tell, as it is 0 meanwhile too.
func ConnectResult(fd int, _ []byte, _ bool) error {
	code, err := GetsockoptInt(fd, windows.SOL_SOCKET, soError)
	if err != nil {
		return err
	}
	if code != 0 {
		return syscall.Errno(code)
	}
	var peer RawAddr
	if _, err = Getpeername(fd, &peer); err == syscall.ENOTCONN {
		return syscall.EALREADY
	}
	return err
}

// Disconnect dissolves the association of a datagram socket by connecting it to the null address
// (connect of Winsock, "Remarks"). The connection of a stream socket cannot be dissolved.
func Disconnect(fd int) error {
	typ, err := GetsockoptInt(fd, windows.SOL_SOCKET, soType)
	if err != nil {
		return err
	}
	if typ == windows.SOCK_STREAM {
		return syscall.EOPNOTSUPP
	}
	var sa RawAddr
	if _, err = Getpeername(fd, &sa); err == syscall.ENOTCONN {
		return nil
	}
	n, err := Getsockname(fd, &sa)
	if err != nil || n < 2 {
		return err
	}
	clear(sa[2:])
	err = Connect(fd, sa[:n])
	if _, gone := Getpeername(fd, &sa); gone == syscall.ENOTCONN {
		return nil
	}
	return err
}

// Listen wraps listen. Winsock wants a name first, and gives none by itself: a socket without one
// gets any, as elsewhere.
func Listen(fd, backlog int) error {
	err := errno(windows.Listen(windows.Handle(fd), backlog))
	if err != syscall.EINVAL {
		return err
	}
	var sa RawAddr
	if n, e := Getsockname(fd, &sa); e != nil || n != 0 {
		return err
	}
	family, _, _, e := Identify(fd)
	size := 0
	switch {
	case e != nil:
	case family == windows.AF_INET:
		size = 16 // struct sockaddr_in
	case family == windows.AF_INET6:
		size = 28 // struct sockaddr_in6
	}
	if size == 0 {
		return err
	}
	*(*uint16)(unsafe.Pointer(&sa)) = uint16(family)
	if e := Bind(fd, sa[:size]); e != nil {
		return e
	}
	return errno(windows.Listen(windows.Handle(fd), backlog))
}

// Shutdown wraps shutdown.
func Shutdown(fd, how int) error { return errno(windows.Shutdown(windows.Handle(fd), how)) }

// Close wraps closesocket.
func Close(fd int) error { return errno(windows.Closesocket(windows.Handle(fd))) }

// Dup duplicates a socket for this process (WSADuplicateSocketW). The new one is not inheritable,
// and shares everything else.
func Dup(fd int) (int, error) {
	var info windows.WSAProtocolInfo
	if err := windows.WSADuplicateSocket(windows.Handle(fd), windows.GetCurrentProcessId(),
		&info); err != nil {
		return -1, errno(err)
	}
	const fromInfo = -1 // FROM_PROTOCOL_INFO
	h, err := windows.WSASocket(fromInfo, fromInfo, fromInfo, &info, 0, socketFlags)
	if err != nil {
		return -1, errno(err)
	}
	return int(h), nil
}

// SetNonblock sets the mode, which all duplicates share.
func SetNonblock(fd int, on bool) error {
	v := uint32(0)
	if on {
		v = 1
	}
	_, err := ioctl(fd, fionbio, v)
	return err
}

// KeepNonblock is a no-op: the mode cannot be asked for here, and no process shares a socket unless
// it is given one on purpose.
func KeepNonblock(int) error { return nil }

func ioctl(fd, code int, v uint32) (uint32, error) {
	r, _, e := syscall.SyscallN(procIoctlsocket.Addr(), uintptr(fd), uintptr(code),
		uintptr(unsafe.Pointer(&v)))
	return v, result(r, e)
}

// CloseOnExec reports whether child processes do not inherit the socket.
func CloseOnExec(fd int) (bool, error) {
	var flags uint32
	r, _, e := syscall.SyscallN(procGetHandleInformation.Addr(), uintptr(fd),
		uintptr(unsafe.Pointer(&flags)))
	if r == 0 {
		return false, portable(e)
	}
	return flags&windows.HANDLE_FLAG_INHERIT == 0, nil
}

// SetCloseOnExec chooses whether child processes do not inherit the socket.
func SetCloseOnExec(fd int, on bool) error {
	flags := uint32(windows.HANDLE_FLAG_INHERIT)
	if on {
		flags = 0
	}
	return errno(windows.SetHandleInformation(windows.Handle(fd),
		windows.HANDLE_FLAG_INHERIT, flags))
}

// Pending is ioctlsocket FIONREAD. A listening socket is EINVAL, as elsewhere.
func Pending(fd int) (int, error) {
	if listens, err := GetsockoptInt(fd, windows.SOL_SOCKET, acceptsConns); err == nil &&
		listens != 0 {
		return 0, syscall.EINVAL
	}
	n, err := ioctl(fd, fionread, 0)
	return int(n), err
}

// AtMark is ioctlsocket SIOCATMARK, which tells of the opposite here: whether no urgent data is
// waiting.
func AtMark(fd int) (bool, error) {
	none, err := ioctl(fd, siocatmark, 0)
	return err == nil && none == 0, err
}

// The events of [Poll] (WSAPoll). Urgent data is the priority band.
const (
	PollIn    = 0x100 // POLLRDNORM
	PollPri   = 0x200 // POLLRDBAND
	PollOut   = 0x010 // POLLWRNORM
	PollErr   = 0x001
	PollHup   = 0x002
	PollRdHup = 0x2000 // which WSAPoll does not know of: see poll

	// PollReadable is what a receive need not wait for.
	PollReadable = PollIn | PollRdHup

	// EndIsQuiet is false: a receive says that a socket was shut down for it.
	EndIsQuiet = false

	pollNval = 0x004
	pollAsks = PollIn | PollPri | PollOut // WSAPoll refuses to be asked for the others
)

// A pollFD is a WSAPOLLFD.
type pollFD struct {
	fd              uintptr
	events, revents int16
}

// Poll wraps WSAPoll for one socket and returns at once with the events that are there now.
func Poll(fd int, events int16) (int16, error) { return poll(fd, events, 0) }

func poll(fd int, events int16, ms int32) (int16, error) {
	p := pollFD{fd: uintptr(fd), events: events & pollAsks}
	r, _, e := syscall.SyscallN(procWSAPoll.Addr(), uintptr(unsafe.Pointer(&p)), 1, uintptr(ms))
	if err := result(r, e); err != nil {
		return 0, err
	}
	if p.revents&pollNval != 0 {
		return 0, syscall.ENOTSOCK
	}
	// That the peer has ended its stream is POLLHUP alone here, asked for or not. Elsewhere that is
	// said of both directions, and the end of one is to be read, and told to who asks for it.
	if p.revents&(PollHup|PollErr) == PollHup {
		p.revents = p.revents&^PollHup | events&PollReadable
	}
	return p.revents, nil
}

// Getsockname wraps getsockname. A socket that is not bound has no name, which Winsock calls
// invalid.
func Getsockname(fd int, sa *RawAddr) (int, error) {
	n, err := name(procGetsockname, fd, sa)
	if err == syscall.EINVAL {
		return 0, nil
	}
	return n, err
}

// Getpeername wraps getpeername.
func Getpeername(fd int, sa *RawAddr) (int, error) { return name(procGetpeername, fd, sa) }

func name(proc *windows.LazyProc, fd int, sa *RawAddr) (int, error) {
	size := int32(AddrSize)
	r, _, e := syscall.SyscallN(proc.Addr(), uintptr(fd), uintptr(unsafe.Pointer(sa)),
		uintptr(unsafe.Pointer(&size)))
	if err := result(r, e); err != nil {
		return 0, err
	}
	return counted(uintptr(size), AddrSize)
}

// Identify asks Winsock what a socket is (SO_PROTOCOL_INFOW).
func Identify(fd int) (family, typ, protocol int, err error) {
	var info windows.WSAProtocolInfo
	n := int32(unsafe.Sizeof(info))
	err = windows.Getsockopt(windows.Handle(fd), windows.SOL_SOCKET, soProtocolInfo,
		(*byte)(unsafe.Pointer(&info)), &n)
	return int(info.AddressFamily), int(info.SocketType), int(info.Protocol), errno(err)
}

// Recv is recvfrom without an address, which is recv.
func Recv(fd int, b []byte, flags int) (int, error) {
	r, _, e := syscall.SyscallN(procRecvfrom.Addr(), uintptr(fd), uintptr(unsafe.Pointer(start(b))),
		short(b), winsockFlags(flags), 0, 0)
	return received(fd, b, r, e)
}

// Recvfrom wraps recvfrom. size is the length of the sender's address in sa, 0 if there is none.
func Recvfrom(fd int, b []byte, flags int, sa *RawAddr) (n, size int, err error) {
	length := int32(AddrSize)
	r, _, e := syscall.SyscallN(procRecvfrom.Addr(), uintptr(fd), uintptr(unsafe.Pointer(start(b))),
		short(b), winsockFlags(flags),
		uintptr(unsafe.Pointer(sa)), uintptr(unsafe.Pointer(&length)))
	n, err = received(fd, b, r, e)
	if err == nil {
		size, err = sender(length)
	}
	return n, size, err
}

// sender is the length of a sender's address: of a stream there is none, and the length stays what
// it was.
func sender(length int32) (int, error) {
	if length == AddrSize {
		return 0, nil
	}
	return counted(uintptr(length), AddrSize)
}

// received is what a receive comes to. A datagram that is longer than its buffer is an error here,
// with as much in the buffer as elsewhere; so is a receive on a socket that was shut down for it.
func received(fd int, b []byte, r uintptr, e syscall.Errno) (int, error) {
	n := 0
	switch err := result(r, e); err {
	case nil:
		if n, err = counted(r, len(b)); err != nil {
			return 0, err
		}
	case syscall.EMSGSIZE:
		n = len(b)
	case syscall.EPIPE:
	default:
		return 0, err
	}
	raceAcquire(fd)
	raceWrite(b, n)
	return n, nil
}

// Send is sendto without an address, which is send.
func Send(fd int, b []byte, flags int) (int, error) { return Sendto(fd, b, flags, nil) }

// Sendto wraps sendto.
func Sendto(fd int, b []byte, flags int, sa []byte) (int, error) {
	raceRead(b)
	raceRelease()
	r, _, e := syscall.SyscallN(procSendto.Addr(), uintptr(fd), uintptr(unsafe.Pointer(start(b))),
		short(b), winsockFlags(flags),
		uintptr(unsafe.Pointer(unsafe.SliceData(sa))), uintptr(len(sa)))
	if err := result(r, e); err != nil {
		return 0, err
	}
	return counted(r, len(b))
}
