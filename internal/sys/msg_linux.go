package sys

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// Msg is a struct msghdr with room for what it points to, for sendmsg(2) and recvmsg(2). It is reused: nothing is
// allocated once it has seen its largest number of buffers.
type Msg struct {
	hdr  unix.Msghdr
	iov  []unix.Iovec
	name RawAddr
}

// Set fills the message. to is the destination's address, nil for none or to receive.
func (m *Msg) Set(buffers [][]byte, control, to []byte) {
	m.iov = m.iov[:0]
	for _, b := range buffers {
		v := unix.Iovec{Base: unsafe.SliceData(b)}
		v.SetLen(len(b))
		m.iov = append(m.iov, v)
	}
	m.hdr = unix.Msghdr{Iov: unsafe.SliceData(m.iov)}
	m.hdr.SetIovlen(len(m.iov))
	if len(control) > 0 {
		m.hdr.Control = unsafe.SliceData(control)
		m.hdr.SetControllen(len(control))
	}
	if n := copy(m.name[:], to); n > 0 {
		m.hdr.Name, m.hdr.Namelen = &m.name[0], uint32(n)
	}
}

// Clear forgets the caller's buffers.
func (m *Msg) Clear() {
	clear(m.iov)
	m.iov, m.hdr = m.iov[:0], unix.Msghdr{}
}

// Sendmsg wraps sendmsg(2).
func Sendmsg(fd int, m *Msg, flags int) (int, error) {
	m.race(raceReadIov, -1)
	raceRelease()
	r, _, e := unix.Syscall(unix.SYS_SENDMSG, uintptr(fd), uintptr(unsafe.Pointer(&m.hdr)), uintptr(flags))
	if e != 0 {
		return 0, e
	}
	return counted(r, m.room())
}

// room is how many bytes the buffers hold.
func (m *Msg) room() (n int) {
	for i := range m.iov {
		n += int(m.iov[i].Len)
	}
	return n
}

// Recvmsg wraps recvmsg(2); descriptors that come are close-on-exec. control is the length of the control data, flags
// msg_flags, and the sender's address is [Msg.Name].
func Recvmsg(fd int, m *Msg, flags int) (n, control, rflags int, err error) {
	controllen := m.hdr.Controllen
	m.hdr.Name, m.hdr.Namelen, m.hdr.Flags = &m.name[0], AddrSize, 0
	r, _, e := unix.Syscall(unix.SYS_RECVMSG, uintptr(fd), uintptr(unsafe.Pointer(&m.hdr)), uintptr(flags|cmsgCloseOnExec))
	if e != 0 {
		m.hdr.Controllen, m.hdr.Namelen = controllen, 0
		return 0, 0, 0, e
	}
	room := datagramMax
	if flags&unix.MSG_TRUNC == 0 {
		room = m.room()
	}
	if n, err = counted(r, room); err == nil {
		control, err = counted(uintptr(m.hdr.Controllen), int(controllen))
	}
	if err != nil {
		m.hdr.Controllen, m.hdr.Namelen = controllen, 0
		return 0, 0, 0, err
	}
	raceAcquire(fd)
	m.race(raceWriteIov, n)
	return n, control, int(m.hdr.Flags) &^ cmsgCloseOnExec, nil
}

// Name is the sender's address after a receive, empty if there is none.
func (m *Msg) Name() []byte { return m.name[:min(int(m.hdr.Namelen), AddrSize)] }

func raceReadIov(b []byte, _ int)  { raceRead(b) }
func raceWriteIov(b []byte, n int) { raceWrite(b, n) }

// race tells the race detector of the first n bytes of the buffers, all of them if n is negative.
func (m *Msg) race(note func([]byte, int), n int) {
	if !raceEnabled {
		return
	}
	for _, v := range m.iov {
		size := int(v.Len)
		if n >= 0 {
			size = min(size, n)
			n -= size
		}
		note(unsafe.Slice(v.Base, size), size)
	}
}
