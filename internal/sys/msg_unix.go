//go:build linux || darwin || dragonfly || freebsd || netbsd || openbsd

package sys

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Msg is a struct msghdr with room for what it points to, for sendmsg(2) and recvmsg(2). It is
// reused: nothing is allocated once it has seen its largest number of buffers.
type Msg struct {
	hdr  unix.Msghdr
	iov  []unix.Iovec
	one  [1]unix.Iovec // most have no more
	name RawAddr
}

// Set fills the message. to is the destination's address, nil for none or to receive.
func (m *Msg) Set(buffers [][]byte, control, to []byte) {
	if m.iov = m.iov[:0]; cap(m.iov) == 0 {
		m.iov = m.one[:0]
	}
	m.gather(buffers)
	m.hdr = unix.Msghdr{}
	m.hdr.Iov = unsafe.SliceData(m.iov)
	m.hdr.SetIovlen(len(m.iov))
	if len(control) > 0 {
		m.hdr.Control = unsafe.SliceData(control)
		m.hdr.SetControllen(len(control))
	}
	if n := copy(m.name[:], to); n > 0 {
		m.hdr.Name, m.hdr.Namelen = &m.name[0], uint32(n)
	}
}

// gather is not inlined, as is Set: see internal/fd about the stack of who waits.
//
//go:noinline
func (m *Msg) gather(buffers [][]byte) {
	for _, b := range buffers {
		if len(b) == 0 {
			continue // the kernel takes MaxBuffers, and need not be told of nothing
		}
		v := unix.Iovec{Base: unsafe.SliceData(b)}
		v.SetLen(len(b))
		m.iov = append(m.iov, v)
	}
	if needsBuffer && len(m.iov) == 0 {
		m.iov = append(m.iov, unix.Iovec{Base: &m.name[0]}) // of no bytes
	}
}

// Clear forgets the caller's buffers.
func (m *Msg) Clear() {
	clear(m.iov)
	m.iov, m.hdr = m.iov[:0], unix.Msghdr{}
}

// Sendmsg wraps sendmsg(2).
func Sendmsg(fd int, m *Msg, flags int) (int, error) {
	raceReadAll(m.iov)
	raceRelease()
	r, e := sendmsg(fd, &m.hdr, flags)
	if e != 0 {
		return 0, errno(e)
	}
	return counted(r, length(m.iov))
}

// Recvmsg wraps recvmsg(2); descriptors that come are close-on-exec, given MsgCmsgCloexec. control
// is the length of the control data, flags msg_flags, and the sender's address is [Msg.Name].
func Recvmsg(fd int, m *Msg, flags int) (n, control, rflags int, err error) {
	room := m.hdr.Controllen
	m.hdr.Name, m.hdr.Namelen, m.hdr.Flags = &m.name[0], AddrSize, 0
	if MsgCmsgCloexec == 0 && room > 0 {
		// The fork lock keeps a concurrent fork and exec from inheriting a descriptor between its
		// receipt and fcntl(2).
		syscall.ForkLock.RLock()
		defer syscall.ForkLock.RUnlock()
	}
	r, e := recvmsg(fd, &m.hdr, flags)
	err = errno(e)
	if err == nil {
		m.hdr.Namelen = named(&m.name, m.hdr.Namelen)
		err = compare(int(r), length(m.iov), flags&unix.MSG_TRUNC != 0, int(m.hdr.Controllen),
			int(room), int(m.hdr.Namelen))
	}
	if err != nil {
		m.hdr.Controllen, m.hdr.Namelen = room, 0
		return 0, 0, 0, err
	}
	if MsgCmsgCloexec == 0 && room > 0 {
		for fd := range Rights(unsafe.Slice(m.hdr.Control, int(m.hdr.Controllen))) {
			unix.CloseOnExec(fd)
		}
	}
	raceAcquire(fd)
	raceWriteSome(m.iov, int(r))
	return int(r), int(m.hdr.Controllen), int(m.hdr.Flags) &^ MsgCmsgCloexec, nil
}

// Name is the sender's address after a receive, empty if there is none.
func (m *Msg) Name() []byte { return m.name[:min(int(m.hdr.Namelen), AddrSize)] }

// length is how many bytes the buffers hold.
func length(iov []unix.Iovec) (n int) {
	for _, v := range iov {
		n += int(v.Len)
	}
	return n
}

// raceReadAll tells the race detector that the buffers are read.
func raceReadAll(iov []unix.Iovec) {
	if raceEnabled {
		for _, v := range iov {
			raceRead(unsafe.Slice(v.Base, int(v.Len)))
		}
	}
}

// raceWriteSome tells the race detector that the first n bytes of the buffers are written.
func raceWriteSome(iov []unix.Iovec, n int) {
	if raceEnabled {
		for _, v := range iov {
			size := min(n, int(v.Len))
			raceWrite(unsafe.Slice(v.Base, int(v.Len)), size)
			n -= size
		}
	}
}
