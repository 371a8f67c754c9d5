package sys

import (
	"sync"
	"syscall"
	"unsafe"

	"golang.org/x/sys/windows"
)

// Msg is a WSAMSG with room for what it points to. It is reused: nothing is allocated once it has
// seen its largest number of buffers.
type Msg struct {
	hdr    windows.WSAMsg
	bufs   []windows.WSABuf
	name   RawAddr
	n      uint32 // moved bytes
	flags  uint32
	length int32 // of name
}

// Set fills the message. to is the destination's address, nil for none or to receive.
func (m *Msg) Set(buffers [][]byte, control, to []byte) {
	m.bufs = m.bufs[:0]
	for _, b := range buffers {
		if len(b) > 0 {
			m.bufs = append(m.bufs, windows.WSABuf{Len: uint32(short(b)), Buf: start(b)})
		}
	}
	if len(m.bufs) == 0 {
		m.bufs = append(m.bufs, windows.WSABuf{Buf: &nowhere})
	}
	m.hdr = windows.WSAMsg{Buffers: &m.bufs[0], BufferCount: uint32(len(m.bufs))}
	if len(control) > 0 {
		m.hdr.Control = windows.WSABuf{Len: uint32(short(control)), Buf: start(control)}
	}
	m.length = int32(copy(m.name[:], to))
}

// Clear forgets the caller's buffers.
func (m *Msg) Clear() {
	clear(m.bufs)
	m.bufs, m.hdr = m.bufs[:0], windows.WSAMsg{}
}

// Sendmsg wraps WSASendMsg, which is for control data alone, and not for streams; and WSASendTo.
func Sendmsg(fd int, m *Msg, flags int) (int, error) {
	m.race(raceRead)
	raceRelease()
	var to *RawAddr
	if m.length > 0 {
		to = &m.name
	}
	var r uintptr
	var e syscall.Errno
	m.n = 0
	if m.hdr.Control.Len > 0 {
		proc, err := sendMsg()
		if err != nil {
			return 0, err
		}
		m.hdr.Name, m.hdr.Namelen = (*syscall.RawSockaddrAny)(unsafe.Pointer(to)), m.length
		r, _, e = syscall.SyscallN(proc, uintptr(fd), uintptr(unsafe.Pointer(&m.hdr)),
			winsockFlags(flags), uintptr(unsafe.Pointer(&m.n)), 0, 0)
	} else {
		r, _, e = syscall.SyscallN(procWSASendTo.Addr(), uintptr(fd),
			uintptr(unsafe.Pointer(m.hdr.Buffers)), uintptr(m.hdr.BufferCount),
			uintptr(unsafe.Pointer(&m.n)), winsockFlags(flags), uintptr(unsafe.Pointer(to)),
			uintptr(m.length), 0, 0)
	}
	if err := result(r, e); err != nil {
		return 0, err
	}
	return counted(uintptr(m.n), m.room())
}

// Recvmsg wraps WSARecvMsg, which alone has control data, and not of streams; and WSARecvFrom.
// control is the length of the control data, flags dwFlags, and the sender's address is [Msg.Name].
func Recvmsg(fd int, m *Msg, flags int) (n, control, rflags int, err error) {
	room := m.hdr.Control.Len
	err = syscall.EOPNOTSUPP
	if room > 0 {
		proc, lacking := recvMsg()
		if lacking != nil {
			return 0, 0, 0, lacking
		}
		m.n, m.hdr.Flags = 0, uint32(winsockFlags(flags))
		m.hdr.Name, m.hdr.Namelen = (*syscall.RawSockaddrAny)(unsafe.Pointer(&m.name)), AddrSize
		r, _, e := syscall.SyscallN(proc, uintptr(fd), uintptr(unsafe.Pointer(&m.hdr)),
			uintptr(unsafe.Pointer(&m.n)), 0, 0)
		err = result(r, e)
		m.length, m.flags, control = m.hdr.Namelen, m.hdr.Flags, int(m.hdr.Control.Len)
		m.hdr.Control.Len = room // it is used again
	}
	if err == syscall.EOPNOTSUPP || err == syscall.EINVAL && room > 0 && streams(fd) {
		m.n, m.flags, m.length, control = 0, uint32(winsockFlags(flags)), AddrSize, 0
		r, _, e := syscall.SyscallN(procWSARecvFrom.Addr(), uintptr(fd),
			uintptr(unsafe.Pointer(m.hdr.Buffers)), uintptr(m.hdr.BufferCount),
			uintptr(unsafe.Pointer(&m.n)), uintptr(unsafe.Pointer(&m.flags)),
			uintptr(unsafe.Pointer(&m.name)),
			uintptr(unsafe.Pointer(&m.length)), 0, 0)
		err = result(r, e)
	}
	rflags = int(m.flags)
	switch err {
	case nil:
	case syscall.EMSGSIZE: // also of control data alone, which the flags tell apart
		err = nil
		if rflags&windows.MSG_CTRUNC == 0 || rflags&(windows.MSG_TRUNC|msgPartial) != 0 {
			rflags |= windows.MSG_TRUNC
			m.n = uint32(m.room())
		}
	case syscall.EPIPE: // it was shut down for receiving
		err, m.n, m.length, control, rflags = nil, 0, 0, 0, 0
	}
	var size int
	if err == nil {
		size, err = sender(m.length)
	}
	if err == nil {
		err = compare(int(m.n), m.room(), false, control, int(room), size)
	}
	m.length = int32(size)
	if err != nil {
		m.length = 0
		return 0, 0, 0, err
	}
	raceAcquire(fd)
	left := int(m.n)
	m.race(func(b []byte) {
		raceWrite(b, left)
		left -= min(left, len(b))
	})
	return int(m.n), control, rflags &^ msgPartial, nil
}

// The two calls are extensions, whose addresses a socket is asked for
// (SIO_GET_EXTENSION_FUNCTION_POINTER). That of Microsoft's own provider serves all sockets.
var (
	recvMsg = sync.OnceValues(
		func() (uintptr, error) { return extension(windows.WSAID_WSARECVMSG) })
	sendMsg = sync.OnceValues(
		func() (uintptr, error) { return extension(windows.WSAID_WSASENDMSG) })
)

func extension(id windows.GUID) (proc uintptr, err error) {
	fd, err := Socket(windows.AF_INET, windows.SOCK_DGRAM, 0)
	if err != nil {
		return 0, err
	}
	defer Close(fd)
	var n uint32
	err = windows.WSAIoctl(windows.Handle(fd), windows.SIO_GET_EXTENSION_FUNCTION_POINTER,
		(*byte)(unsafe.Pointer(&id)), uint32(unsafe.Sizeof(id)),
		(*byte)(unsafe.Pointer(&proc)), uint32(unsafe.Sizeof(proc)), &n, nil, 0)
	return proc, errno(err)
}

// msgPartial is MSG_PARTIAL: more of the message follows, which it does not in the Internet
// families.
const msgPartial = 0x8000

func streams(fd int) bool {
	typ, err := GetsockoptInt(fd, windows.SOL_SOCKET, soType)
	return err == nil && typ == windows.SOCK_STREAM
}

// Name is the sender's address after a receive, empty if there is none.
func (m *Msg) Name() []byte { return m.name[:max(0, min(int(m.length), AddrSize))] }

// room is how many bytes the buffers hold.
func (m *Msg) room() (n int) {
	for _, b := range m.bufs {
		n += int(b.Len)
	}
	return n
}

// race tells the race detector of all buffers.
func (m *Msg) race(tell func([]byte)) {
	if raceEnabled {
		for _, b := range m.bufs {
			tell(unsafe.Slice(b.Buf, int(b.Len)))
		}
	}
}
