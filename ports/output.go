package ports

import (
	"bytes"
	"context"
	"io"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
	"unicode/utf8"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/sockaddr"
	"example.com/bsdsocket/socket"
)

// An OutputPort writes to a socket, with or without a buffer. It is made by [New].
type OutputPort struct {
	// A write that only fills the buffer costs one atomic operation. It tells Close, in whatever goroutine, how much there is to
	// send, and the writer that the port is open; without one the two could not agree. Whatever else a call does, it does
	// under mu.
	//
	// What every call uses stands together, at the beginning: see New. The first fields belong to the writer; Close reads
	// the buffer as far as kept goes.
	*link
	buf    []byte       // made on first use
	room   int          // how much of buf a write fills before it must do more; 0 without block buffering
	n      int          // how much of buf is kept
	kept   atomic.Int64 // n, as others see it; shut: the port is closed
	mu     sync.Mutex
	closed atomic.Bool
	busy   atomic.Bool // ReadFrom leaves the copying to the socket, without mu
	lines  bool
	size   int // of buf; 0: unbuffered

	ending    []byte
	scratch   []byte // for what must be put together before it is sent
	seam      []byte // the end of the buffer and the beginning of what is written
	gather    socket.Message
	vector    [2][]byte // gather's buffers
	abandoned atomic.Bool
	owner     atomic.Pointer[Custodian]
}

const shut = -1 << 62 // and less than 0 whatever is added

func (p *OutputPort) init(l *link, params Params) {
	p.link, p.size, p.ending = l, params.SendBufferSize, []byte(params.LineEnding)
	if len(p.ending) == 0 {
		p.ending = []byte{'\n'}
	}
}

var background = context.Background()

// begin begins a call that may send.
func (p *OutputPort) begin(op string) error {
	p.mu.Lock()
	if p.closed.Load() {
		p.mu.Unlock()
		return closed(op)
	}
	return nil
}

// end ends it.
func (p *OutputPort) end(op string, err error) error {
	p.kept.Store(int64(p.n))
	p.mu.Unlock()
	if err != nil && p.closed.Load() { // Close interrupted it
		return closed(op)
	}
	return err
}

// keep lets the buffer grow by size bytes that were copied behind it. It fails if the port is closed.
func (p *OutputPort) keep(size int) bool {
	if p.kept.Add(int64(size)) < 0 {
		return false
	}
	p.n += size
	return true
}

// Write implements [io.Writer]: it sends b, or as much of it as the buffering lets go. An empty b does nothing, also on message
// sockets. With an error, n bytes of b were sent, the others are not in the port, and what it kept before and did not
// send it still keeps.
func (p *OutputPort) Write(b []byte) (n int, err error) {
	if len(b) < p.room-p.n {
		copy(p.buf[p.n:], b)
		if p.keep(len(b)) {
			return len(b), nil
		}
	}
	return p.write(b)
}

// WriteString implements [io.StringWriter].
func (p *OutputPort) WriteString(s string) (n int, err error) { return writeText(p, s, nil) }

// WriteByte implements [io.ByteWriter].
func (p *OutputPort) WriteByte(c byte) error {
	if 1 < p.room-p.n {
		p.buf[p.n] = c
		if p.keep(1) {
			return nil
		}
	}
	p.scratch = append(p.scratch[:0], c)
	_, err := p.write(p.scratch)
	return err
}

// WriteRune writes a character in UTF-8, and returns of how many bytes. What is no character is written as U+FFFD.
func (p *OutputPort) WriteRune(r rune) (size int, err error) {
	if uint32(r) < utf8.RuneSelf {
		if err = p.WriteByte(byte(r)); err != nil {
			return 0, err
		}
		return 1, nil
	}
	p.scratch = utf8.AppendRune(p.scratch[:0], r)
	return p.Write(p.scratch)
}

// WriteLine writes s and the line ending of [Params], "\n" by default, as one Write. The ending counts in n.
func (p *OutputPort) WriteLine(s string) (n int, err error) { return writeText(p, s, p.ending) }

// WriteLineBytes is WriteLine of bytes.
func (p *OutputPort) WriteLineBytes(b []byte) (n int, err error) { return writeText(p, b, p.ending) }

// The most that scratch keeps for the next call.
const scratchSize = 64 << 10

func writeText[T string | []byte](p *OutputPort, text T, ending []byte) (n int, err error) {
	if n = len(text) + len(ending); n < p.room-p.n {
		m := p.n + copy(p.buf[p.n:], text)
		if len(ending) == 1 {
			p.buf[m] = ending[0] // which is faster than copy
		} else {
			copy(p.buf[m:], ending)
		}
		if p.keep(n) {
			return n, nil
		}
	}
	p.scratch = append(append(p.scratch[:0], text...), ending...)
	n, err = p.write(p.scratch)
	if cap(p.scratch) > scratchSize {
		p.scratch = nil
	}
	return n, err
}

// write sends what leaves of the buffer and b together, and keeps the rest.
func (p *OutputPort) write(b []byte) (int, error) {
	const op = "write"
	err := p.begin(op)
	if err != nil {
		return 0, err
	}
	used := 0 // of b
	if leaves := p.leaves(b); leaves > 0 {
		var sent int
		sent, err = p.send(b, leaves)
		used = p.sent(sent)
	}
	if err == nil && used < len(b) {
		if p.buf == nil {
			p.buf = make([]byte, p.size)
			if !p.lines {
				p.room = p.size
			}
		}
		p.n += copy(p.buf[p.n:], b[used:])
		used = len(b)
	}
	return used, p.end(op, err)
}

// leaves is how many bytes of the buffer and b together are sent now.
func (p *OutputPort) leaves(b []byte) int {
	total := p.n + len(b)
	if p.size == 0 {
		return total
	}
	whole := 0 // bytes in whole lines
	if p.lines {
		whole = p.lastLine(b)
	}
	return total - (total-whole)%p.size
}

// lastLine is how many bytes of the buffer and b together stand in whole lines. There are none in the buffer alone.
func (p *OutputPort) lastLine(b []byte) int {
	if i := bytes.LastIndex(b, p.ending); i >= 0 {
		return p.n + i + len(p.ending)
	}
	// An ending that is written in two parts lies within a few bytes of the buffer's end.
	most := len(p.ending) - 1
	if most == 0 || p.n == 0 {
		return 0
	}
	from := max(0, p.n-most)
	p.seam = append(append(p.seam[:0], p.buf[from:p.n]...), b[:min(most, len(b))]...)
	if i := bytes.LastIndex(p.seam, p.ending); i >= 0 {
		return from + i + len(p.ending)
	}
	return 0
}

// send sends the first n bytes of the buffer and b together, as one SendAll of them would. It returns how many
// were sent.
func (p *OutputPort) send(b []byte, n int) (sent int, err error) {
	kept := p.n
	if kept == 0 {
		return p.socket.SendAll(background, b[:n], 0)
	}
	if n <= len(p.buf) {
		copy(p.buf[kept:], b[:n-kept])
		return p.socket.SendAll(background, p.buf[:n], 0)
	}
	// First the chunks that the buffer fills, then the one that begins in the buffer and ends in b, then the others.
	first := n
	if chunk := p.socket.Params().SendSize; chunk > 0 {
		if kept >= chunk {
			if sent, err = p.socket.SendAll(background, p.buf[:kept-kept%chunk], 0); err != nil {
				return sent, err
			}
		}
		first = min(n, kept-kept%chunk+chunk)
	}
	for sent < kept && err == nil {
		p.gather.Buffers = append(p.vector[:0], p.buf[sent:kept], b[:first-kept])
		err = p.socket.SendMessage(background, &p.gather, 0)
		sent += p.gather.N
	}
	p.vector = [2][]byte{}
	if sent == n || err != nil {
		return sent, err
	}
	rest, err := p.socket.SendAll(background, b[sent-kept:n-kept], 0)
	return sent + rest, err
}

// sent takes n bytes that were sent out of the buffer, and returns how many more n is than those.
func (p *OutputPort) sent(n int) (more int) {
	if n < p.n {
		p.n = copy(p.buf, p.buf[n:p.n])
		return 0
	}
	more, p.n = n-p.n, 0
	return more
}

// Flush sends what is kept. What it cannot send is still kept.
func (p *OutputPort) Flush() error {
	const op = "flush"
	err := p.begin(op)
	if err != nil {
		return err
	}
	return p.end(op, p.flush())
}

func (p *OutputPort) flush() error {
	if p.n == 0 {
		return nil
	}
	n, err := p.socket.SendAll(background, p.buf[:p.n], 0)
	p.sent(n)
	return err
}

// Buffered returns how many bytes are kept.
func (p *OutputPort) Buffered() int { return max(0, int(p.kept.Load())) }

// A Buffering says when written bytes are sent.
type Buffering int

// How output is buffered: setvbuf(3)'s _IONBF, _IOLBF and _IOFBF.
const (
	Unbuffered    Buffering = iota // at once
	LineBuffered                   // whole lines at once, and of the rest what BlockBuffered sends
	BlockBuffered                  // whole multiples of the buffer's size
)

// String returns "unbuffered", "line buffered" or "block buffered".
func (b Buffering) String() string {
	if b < Unbuffered || b > BlockBuffered {
		return "Buffering(" + strconv.Itoa(int(b)) + ")"
	}
	return [...]string{"unbuffered", "line buffered", "block buffered"}[b]
}

// Buffering returns how the port is buffered, and the size of the buffer.
func (p *OutputPort) Buffering() (mode Buffering, size int) {
	switch {
	case p.size == 0:
		return Unbuffered, 0
	case p.lines:
		return LineBuffered, p.size
	}
	return BlockBuffered, p.size
}

// SetBuffering changes when written bytes are sent: Racket's file-stream-buffer-mode, Guile's setvbuf. It first sends
// what is kept; if that fails, nothing changes. A size of 0 leaves the size as it is, and is 4096 if there was no buffer; unbuffered, the
// size means nothing. A negative size, and a mode that there is not, are errors.
func (p *OutputPort) SetBuffering(mode Buffering, size int) error {
	const op = "set buffering"
	if size < 0 {
		return &socket.Error{Op: op, Err: errSize}
	}
	if mode < Unbuffered || mode > BlockBuffered {
		return &socket.Error{Op: op, Err: syscall.EINVAL}
	}
	err := p.begin(op)
	if err != nil {
		return err
	}
	if err = p.flush(); err != nil {
		return p.end(op, err)
	}
	switch {
	case mode == Unbuffered:
		size = 0
	case size == 0 && p.size == 0:
		size = defaultSendSize
	case size == 0:
		size = p.size
	}
	p.size, p.lines = size, mode == LineBuffered
	p.buf, p.room = nil, 0
	return p.end(op, nil)
}

const defaultSendSize = 4096

// Close sends what is kept, shuts the sending direction of the socket down unless the port was abandoned, and closes the socket
// if the input port is closed too. The peer sees the end of the stream (over TCP a FIN) when that direction is shut down or the
// socket closed.
//
// If not all that was kept can be sent, the error is an [*UnsentError], and the port is closed nevertheless. That takes as
// long as the socket's SendTimeout lets it. A write that waits in another goroutine ends with ErrClosed; what
// is kept behind it is then sent only if that needs no wait. To close the port again does nothing.
func (p *OutputPort) Close() error { return p.close(false) }

// close closes the port; prompt without waiting for the peer.
func (p *OutputPort) close(prompt bool) error {
	first := p.closed.CompareAndSwap(false, true)
	if !first && !prompt {
		return nil
	}
	if !p.mu.TryLock() {
		// A call is under way, which may be waiting, also in another Close.
		prompt = true
		p.socket.SetWriteDeadline(interrupted)
		p.mu.Lock()
		p.socket.SetWriteDeadline(time.Time{})
	}
	defer p.mu.Unlock()
	if !first {
		return nil
	}
	ctx, flags := background, constants.MsgFlag(0)
	if prompt {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, promptly)
		defer cancel()
		flags = max(constants.MSG_DONTWAIT, 0)
	}
	var err error
	if kept := int(p.kept.Swap(shut)); kept > 0 {
		n, sendErr := p.socket.SendAll(ctx, p.buf[:kept], flags)
		if sendErr != nil {
			err = &UnsentError{kept - n, sendErr}
		}
	}
	if !p.abandoned.Load() {
		if shutErr := p.shutdown(constants.SHUT_WR); err == nil {
			err = shutErr
		}
	}
	p.interrupt()
	if closeErr := p.release(); err == nil {
		err = closeErr
	}
	depart(p)
	return err
}

// promptly is for systems without MSG_DONTWAIT.
const promptly = 10 * time.Millisecond

// interrupt ends ReadFrom, if it leaves the copying to the socket. The later of the two to see that it is over clears the deadline.
func (p *OutputPort) interrupt() {
	if p.busy.Load() {
		p.socket.SetWriteDeadline(interrupted)
		if !p.busy.Load() {
			p.socket.SetWriteDeadline(time.Time{})
		}
	}
}

// Abandon marks the port, so that Close does not shut the socket's direction down and the peer sees no end: the connection
// goes on, by the socket itself or by whoever else has it. What is kept is still sent by Close, and the socket
// still closes when both ports are closed. It is the egg's socket-abandon-port and CHICKEN's tcp-abandon-port. Racket's is Abandon
// and Close.
//
// It is best if no call waits on the port when it is closed. Close ends such a call by the socket's write deadline, which is
// cleared then: one that was set before is lost, and another send of the socket may time out meanwhile. That is a moment, but
// a copy from a file, a socket or another port ends when that has something to read.
func (p *OutputPort) Abandon() { p.abandoned.Store(true) }

// Socket returns the socket behind the port: the egg's socket-i/o-port->socket.
func (p *OutputPort) Socket() *socket.Socket { return p.socket }

// Names returns the addresses of both ends of the connection. The local one is the zero Addr if the socket has no name.
func (p *OutputPort) Names() (local, remote sockaddr.Addr, err error) {
	return p.names(p.closed.Load())
}

var _ interface {
	io.WriteCloser
	io.ByteWriter
	io.StringWriter
	io.ReaderFrom
} = (*OutputPort)(nil)
