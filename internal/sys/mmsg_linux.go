//go:build !portable

package sys

import (
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"
)

// mmsghdr is struct mmsghdr of sendmmsg(2).
type mmsghdr struct {
	hdr unix.Msghdr
	n   uint32
}

// BatchMax is how many messages one call moves: UIO_MAXIOV of the kernel, to which it cuts longer
// batches.
const BatchMax = 1024

// Batch is an array of struct mmsghdr with room for what they point to, for sendmmsg(2) and
// recvmmsg(2). It is reused: nothing is allocated once it has seen its largest size.
type Batch struct {
	hdrs  []mmsghdr
	iov   []unix.Iovec
	names []RawAddr
	rooms []int // for control data, of each message
	ready bool  // the headers point to the other arrays, which move as they grow
}

// Len is the number of messages.
func (b *Batch) Len() int { return len(b.hdrs) }

// Begin adds a message without buffers. to is the destination's address, nil for none or to
// receive.
func (b *Batch) Begin(to, control []byte) {
	i := len(b.hdrs)
	if i == cap(b.hdrs) {
		b.hdrs = append(b.hdrs, mmsghdr{})
	} else {
		b.hdrs = b.hdrs[:i+1]
		b.hdrs[i] = mmsghdr{}
	}
	if i == len(b.names) {
		b.names = append(b.names, RawAddr{})
	}
	b.rooms = append(b.rooms, len(control))
	h := &b.hdrs[i].hdr
	h.Namelen = uint32(copy(b.names[i][:], to))
	if len(control) > 0 {
		h.Control = unsafe.SliceData(control)
		h.SetControllen(len(control))
	}
	b.ready = false
}

// Buffer adds a buffer to the message that Begin began last.
func (b *Batch) Buffer(p []byte) {
	if len(p) == 0 {
		return // the kernel takes MaxBuffers, and need not be told of nothing
	}
	h := &b.hdrs[len(b.hdrs)-1].hdr
	if h.Iovlen > 0 && !raceEnabled { // the race detector wants to know each buffer
		// Buffers that follow each other in memory are one to the kernel, which is faster.
		last := &b.iov[len(b.iov)-1]
		if uintptr(unsafe.Pointer(last.Base))+uintptr(last.Len) ==
			uintptr(unsafe.Pointer(unsafe.SliceData(p))) {
			last.SetLen(int(last.Len) + len(p))
			return
		}
	}
	v := unix.Iovec{Base: unsafe.SliceData(p)}
	v.SetLen(len(p))
	b.iov = append(b.iov, v)
	h.Iovlen++
	b.ready = false
}

// prepare points the headers to their buffers and names.
func (b *Batch) prepare(receive bool) {
	if b.ready {
		return
	}
	b.ready = true
	at := 0
	for i := range b.hdrs {
		h := &b.hdrs[i].hdr
		if h.Iovlen > 0 {
			h.Iov = &b.iov[at]
			at += int(h.Iovlen)
		}
		if receive {
			h.Namelen = AddrSize
		}
		if h.Namelen > 0 {
			h.Name = &b.names[i][0]
		}
	}
}

// Clear removes the messages and forgets the caller's buffers.
func (b *Batch) Clear() {
	clear(b.hdrs)
	clear(b.iov)
	b.hdrs, b.iov, b.rooms = b.hdrs[:0], b.iov[:0], b.rooms[:0]
}

// Sendmmsg wraps sendmmsg(2) for the messages from the given one on, and returns how many it sent.
// An error belongs to the first of them; that of a later one is lost, and comes back with the next
// call. Where sendmmsg(2) is refused, it is sendmsg(2) for each.
func Sendmmsg(fd int, b *Batch, from, flags int) (int, error) {
	b.prepare(false)
	hdrs := b.hdrs[from:]
	for i := range hdrs {
		raceReadAll(hdrs[i].buffers())
	}
	raceRelease()
	n, err := sendmmsg.run(fd, hdrs, flags)
	if n > 0 {
		err = nil
	} else if err == nil && len(hdrs) > 0 {
		err = unix.EIO // none without an error cannot be, and would be tried for ever: see counted
	}
	for i := range hdrs[:n] {
		if _, e := counted(uintptr(hdrs[i].n), length(hdrs[i].buffers())); e != nil {
			return 0, e
		}
	}
	return n, err
}

// Recvmmsg wraps recvmmsg(2) without a timeout; descriptors that come are close-on-exec, given
// MsgCmsgCloexec. It returns how many messages it received: [Batch.Received] tells of each. Where
// recvmmsg(2) is refused, it is recvmsg(2) for each, and may return messages and the error of the
// next one.
func Recvmmsg(fd int, b *Batch, flags int) (int, error) {
	b.prepare(true)
	n, err := recvmmsg.run(fd, b.hdrs, flags)
	if n == 0 && err == nil && len(b.hdrs) > 0 {
		err = unix.EIO
	}
	if n > 0 {
		raceAcquire(fd)
	}
	for i := range b.hdrs[:n] {
		m := &b.hdrs[i]
		iov := m.buffers()
		whole := flags&unix.MSG_TRUNC != 0
		if e := compare(int(m.n), length(iov), whole, int(m.hdr.Controllen), b.rooms[i],
			int(m.hdr.Namelen)); e != nil {
			return i, e
		}
		raceWriteSome(iov, int(m.n))
	}
	return n, err
}

func (m *mmsghdr) buffers() []unix.Iovec { return unsafe.Slice(m.hdr.Iov, int(m.hdr.Iovlen)) }

// Received returns what came with message i: the bytes of its data, those of its control data, and
// msg_flags. Name is the sender's address, empty if there is none.
func (b *Batch) Received(i int) (n, control, flags int, name []byte) {
	m := &b.hdrs[i]
	return int(m.n), int(m.hdr.Controllen), int(m.hdr.Flags) &^ MsgCmsgCloexec,
		b.names[i][:min(int(m.hdr.Namelen), AddrSize)]
}

// Sent returns how many bytes of message i were sent.
func (b *Batch) Sent(i int) int { return int(b.hdrs[i].n) }

// A many is a system call for many messages. Kernels, and policies of sandboxes that are older than
// the call, may refuse it; then the next one of the list does the same, and at the end the call for
// one message does.
type many struct {
	calls   []uintptr
	one     uintptr
	refused atomic.Int32 // how many of calls
}

var (
	sendmmsg = many{calls: []uintptr{unix.SYS_SENDMMSG}, one: unix.SYS_SENDMSG}
	recvmmsg = many{calls: recvmmsgCalls[:], one: unix.SYS_RECVMSG}
)

// run moves the messages, and returns how many with the error of the next one.
func (c *many) run(fd int, hdrs []mmsghdr, flags int) (int, error) {
	for {
		tried := c.refused.Load()
		if int(tried) == len(c.calls) {
			return c.each(fd, hdrs, flags)
		}
		r, _, e := unix.Syscall6(c.calls[tried], uintptr(fd),
			uintptr(unsafe.Pointer(unsafe.SliceData(hdrs))), uintptr(len(hdrs)),
			uintptr(flags), 0, 0)
		switch {
		case e == 0:
			return counted(r, len(hdrs))
		case !refuses(c.calls[tried], e):
			return 0, e
		}
		c.refused.CompareAndSwap(tried, tried+1)
	}
}

// refuses tells a refusal of the call from the same error of what it was to do, as EPERM is of a
// datagram that a firewall drops: the kernel would answer that there is no such descriptor.
func refuses(call uintptr, e unix.Errno) bool {
	if !Refused(e) {
		return false
	}
	_, _, e = unix.Syscall6(call, ^uintptr(0), 0, 0, 0, 0, 0)
	return e != unix.EBADF
}

// each moves the messages one by one. That nothing more can be moved without waiting is no error
// after the first.
func (c *many) each(fd int, hdrs []mmsghdr, flags int) (int, error) {
	for i := range hdrs {
		r, _, e := unix.Syscall(c.one, uintptr(fd), uintptr(unsafe.Pointer(&hdrs[i].hdr)),
			uintptr(flags))
		if e != 0 {
			if i > 0 && (e == unix.EAGAIN || e == unix.EINTR) {
				return i, nil
			}
			return i, e
		}
		if _, err := counted(r, 1<<31-1); err != nil {
			return i, err
		}
		hdrs[i].n = uint32(r)
	}
	return len(hdrs), nil
}
