package sys

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// mmsghdr is struct mmsghdr of sendmmsg(2).
type mmsghdr struct {
	hdr unix.Msghdr
	n   uint32
}

// BatchMax is how many messages one call moves: UIO_MAXIOV of the kernel, to which it cuts longer batches.
const BatchMax = 1024

// Batch is an array of struct mmsghdr with room for what they point to, for sendmmsg(2) and recvmmsg(2). It is reused:
// nothing is allocated once it has seen its largest size.
type Batch struct {
	hdrs  []mmsghdr
	iov   []unix.Iovec
	names []RawAddr
	ready bool // the headers point to the other arrays, which move as they grow
}

// Len is the number of messages.
func (b *Batch) Len() int { return len(b.hdrs) }

// Begin adds a message without buffers. to is the destination's address, nil for none or to receive.
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
	h := &b.hdrs[len(b.hdrs)-1].hdr
	if h.Iovlen > 0 && !raceEnabled { // the race detector wants to know each buffer
		// Buffers that follow each other in memory are one to the kernel, which is faster.
		last := &b.iov[len(b.iov)-1]
		if uintptr(unsafe.Pointer(last.Base))+uintptr(last.Len) == uintptr(unsafe.Pointer(unsafe.SliceData(p))) {
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
	b.hdrs, b.iov = b.hdrs[:0], b.iov[:0]
}

// Sendmmsg wraps sendmmsg(2) for the messages from the given one on, and returns how many it sent. An error belongs to the first
// of them; that of a later one is lost, and comes back with the next call.
func Sendmmsg(fd int, b *Batch, from, flags int) (int, error) {
	b.prepare(false)
	hdrs := b.hdrs[from:]
	if raceEnabled {
		at := 0
		for i := range b.hdrs {
			h := &b.hdrs[i].hdr
			for range int(h.Iovlen) {
				if v := b.iov[at]; i >= from {
					raceRead(unsafe.Slice(v.Base, int(v.Len)))
				}
				at++
			}
		}
	}
	raceRelease()
	r, _, e := unix.Syscall6(unix.SYS_SENDMMSG, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(hdrs))), uintptr(len(hdrs)),
		uintptr(flags), 0, 0)
	if e != 0 {
		return 0, e
	}
	return counted(r, len(hdrs))
}

// Recvmmsg wraps recvmmsg(2) without a timeout; descriptors that come are close-on-exec. It returns how many messages it received: [Batch.Received] tells of each.
func Recvmmsg(fd int, b *Batch, flags int) (int, error) {
	b.prepare(true)
	r, _, e := unix.Syscall6(unix.SYS_RECVMMSG, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(b.hdrs))), uintptr(len(b.hdrs)),
		uintptr(flags|cmsgCloseOnExec), 0, 0)
	if e != 0 {
		return 0, e
	}
	n, err := counted(r, len(b.hdrs))
	if err != nil {
		return 0, err
	}
	raceAcquire(fd)
	if raceEnabled {
		at := 0
		for i := range n {
			left := int(b.hdrs[i].n)
			for range int(b.hdrs[i].hdr.Iovlen) {
				v := b.iov[at]
				n := min(left, int(v.Len))
				raceWrite(unsafe.Slice(v.Base, int(v.Len)), n)
				left -= n
				at++
			}
		}
	}
	return n, nil
}

// Received returns what came with message i: the bytes of its data, those of its control data, and msg_flags. Name is the
// sender's address, empty if there is none.
func (b *Batch) Received(i int) (n, control, flags int, name []byte) {
	m := &b.hdrs[i]
	return int(m.n), int(m.hdr.Controllen), int(m.hdr.Flags) &^ cmsgCloseOnExec, b.names[i][:min(int(m.hdr.Namelen), AddrSize)]
}
