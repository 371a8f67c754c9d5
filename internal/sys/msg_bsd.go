//go:build darwin || dragonfly || freebsd || netbsd || openbsd

package sys

import "golang.org/x/sys/unix"

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
	var to unix.Sockaddr
	if len(m.to) > 0 {
		var err error
		if to, err = decode(m.to); err != nil {
			return 0, err
		}
	}
	return unix.SendmsgBuffers(fd, m.buffers, m.control, to, flags)
}

// Recvmsg wraps recvmsg(2). control is the length of the control data, flags msg_flags, and the sender's address
// is [Msg.Name].
func Recvmsg(fd int, m *Msg, flags int) (n, control, rflags int, err error) {
	n, control, rflags, from, err := unix.RecvmsgBuffers(fd, m.buffers, m.control, flags)
	if err != nil {
		m.size = 0
		return 0, 0, 0, err
	}
	m.size = encode(from, &m.name)
	return n, control, rflags, nil
}

// Name is the sender's address after a receive, empty if there is none.
func (m *Msg) Name() []byte { return m.name[:m.size] }
