//go:build !linux || portable

package sys

import "syscall"

// BatchMax is how many messages one call moves.
const BatchMax = 1024

// Batch is a list of messages. These systems have no call for several of them that can be made from
// here, so each is a call of its own, with the same results.
type Batch struct {
	messages []batched
	buffers  [][]byte
	msg      Msg
}

type batched struct {
	control       []byte
	name          RawAddr
	first, last   int // of its buffers
	n, got, flags int
	size          int // of the sender's name
}

// Len is the number of messages.
func (b *Batch) Len() int { return len(b.messages) }

// Begin adds a message without buffers. to is the destination's address, nil for none or to
// receive.
func (b *Batch) Begin(to, control []byte) {
	m := batched{control: control, first: len(b.buffers), last: len(b.buffers)}
	m.size = copy(m.name[:], to)
	b.messages = append(b.messages, m)
}

// Buffer adds a buffer to the message that Begin began last.
func (b *Batch) Buffer(p []byte) {
	b.buffers = append(b.buffers, p)
	b.messages[len(b.messages)-1].last++
}

// Clear removes the messages and forgets the caller's buffers.
func (b *Batch) Clear() {
	clear(b.messages)
	clear(b.buffers)
	b.messages, b.buffers = b.messages[:0], b.buffers[:0]
}

// each makes call for the messages from the given one on, until one fails, and returns the error of
// that. That nothing more can be moved without waiting is no error after the first.
func (b *Batch) each(from int, call func(m *batched) error) (int, error) {
	for i := range b.messages[from:] {
		if err := call(&b.messages[from+i]); err != nil {
			if i > 0 && (err == syscall.EAGAIN || err == syscall.EINTR) {
				return i, nil
			}
			return i, err
		}
	}
	return len(b.messages) - from, nil
}

// Sendmmsg is sendmsg(2) for the messages from the given one on, and returns how many it sent. An
// error belongs to the first of them.
func Sendmmsg(fd int, b *Batch, from, flags int) (int, error) {
	defer b.msg.Clear()
	n, err := b.each(from, func(m *batched) (err error) {
		b.msg.Set(b.buffers[m.first:m.last], m.control, m.name[:m.size])
		m.n, err = Sendmsg(fd, &b.msg, flags)
		return err
	})
	if n > 0 {
		err = nil // it comes back with the next call
	}
	return n, err
}

// Recvmmsg is recvmsg(2) until nothing is there, and returns how many messages it received:
// [Batch.Received] tells of each. It may return messages and the error of the next one.
func Recvmmsg(fd int, b *Batch, flags int) (int, error) {
	defer b.msg.Clear()
	return b.each(0, func(m *batched) (err error) {
		b.msg.Set(b.buffers[m.first:m.last], m.control, nil)
		m.n, m.got, m.flags, err = Recvmsg(fd, &b.msg, flags)
		m.size = copy(m.name[:], b.msg.Name())
		return err
	})
}

// Received returns what came with message i: the bytes of its data, those of its control data, and
// msg_flags. Name is the sender's address, empty if there is none.
func (b *Batch) Received(i int) (n, control, flags int, name []byte) {
	m := &b.messages[i]
	return m.n, m.got, m.flags, m.name[:m.size]
}

// Sent returns how many bytes of message i were sent.
func (b *Batch) Sent(i int) int { return b.messages[i].n }
