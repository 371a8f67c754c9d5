//go:build darwin || dragonfly || freebsd || netbsd || openbsd

package sys

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// Msg holds what sendmsg(2) and recvmsg(2) need.
type Msg struct {
	buffers [][]byte
	control []byte
	to      []byte
	name    RawAddr
	size    int
}

// Set fills the message. to is the destination's address, nil for none or to receive.
func (m *Msg) Set(buffers [][]byte, control, to []byte) {
	*m = Msg{buffers: buffers, control: control}
	m.size = copy(m.name[:], to)
	m.to = m.name[:m.size]
}

// Clear forgets the caller's buffers.
func (m *Msg) Clear() { *m = Msg{} }

// Sendmsg wraps sendmsg(2).
func Sendmsg(fd int, m *Msg, flags int) (int, error) {
	for _, b := range m.buffers {
		raceRead(b)
	}
	raceRelease()
	var to unix.Sockaddr
	if len(m.to) > 0 {
		var err error
		if to, err = decode(m.to); err != nil {
			return 0, err
		}
	}
	n, err := unix.SendmsgBuffers(fd, m.buffers, m.control, to, flags)
	if err == nil {
		n, err = counted(uintptr(n), max(1, sum(m.buffers))) // x/sys sends a byte of its own with control data alone
	}
	return n, err
}

// Recvmsg wraps recvmsg(2); descriptors that come are close-on-exec, given MsgCmsgCloexec. control is the length of the control data, flags
// msg_flags, and the sender's address is [Msg.Name].
func Recvmsg(fd int, m *Msg, flags int) (n, control, rflags int, err error) {
	if MsgCmsgCloexec == 0 && len(m.control) > 0 {
		// The fork lock keeps a concurrent fork and exec from inheriting a descriptor between its receipt and fcntl(2).
		syscall.ForkLock.RLock()
		defer syscall.ForkLock.RUnlock()
	}
	n, control, rflags, from, err := unix.RecvmsgBuffers(fd, m.buffers, m.control, flags)
	if err == nil {
		err = compare(n, max(1, sum(m.buffers)), false, control, len(m.control), 0) // x/sys receives a byte of its own
	}
	if err != nil {
		m.size = 0
		return 0, 0, 0, err
	}
	if MsgCmsgCloexec == 0 {
		for fd := range Rights(m.control[:control]) {
			unix.CloseOnExec(fd)
		}
	}
	raceAcquire(fd)
	for i, left := 0, n; i < len(m.buffers) && left > 0; i++ {
		raceWrite(m.buffers[i], left)
		left -= len(m.buffers[i])
	}
	m.size = encode(from, &m.name)
	return n, control, rflags &^ MsgCmsgCloexec, nil
}

func sum(buffers [][]byte) (n int) {
	for _, b := range buffers {
		n += len(b)
	}
	return n
}

// Name is the sender's address after a receive, empty if there is none.
func (m *Msg) Name() []byte { return m.name[:m.size] }
