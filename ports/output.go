package ports

import (
	"bytes"
	"context"
	"io"
	"strconv"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/internal/sys"
	"example.com/bsdsocket/sockaddr"
	"example.com/bsdsocket/socket"
	"example.com/bsdsocket/sockopt"
)

// An OutputPort writes to a socket, with or without a buffer. It is made by [New]; the zero
// OutputPort, and a nil one, is closed.
type OutputPort struct {
	// A write that only fills the buffer costs one atomic operation. It tells Close, in whatever
	// goroutine, how much there is to send, and the writer that the port is open; without one the
	// two could not agree. Whatever else a call does, it does under mu.
	//
	// What every call uses stands together, at the beginning: see New. The first fields belong to
	// the writer; Close reads the buffer as far as kept goes.
	buf []byte // made on first use
	// How much of buf a write fills before it must do more; 0 without block buffering.
	room int
	n    int          // how much of buf is kept
	kept atomic.Int64 // n, as others see it; shut: the port is closed
	direction
	lines bool
	size  int // of buf; 0: unbuffered

	ending  []byte
	scratch []byte // for what must be put together before it is sent
	seam    []byte // the end of the buffer and the beginning of what is written
	gather  socket.Message
	vector  [2][]byte // gather's buffers
	lost    error     // of the first write that lost bytes; guarded by mu
}

// The states of an OutputPort:
//
//	                   closed  kept          mu                who writes buf
//	open, filling      false   n             free              the writer, behind kept
//	open, sending      false   n at entry    the writer's      the writer
//	closing            true    n, then shut  Close's           nobody what Close sends, buf[:kept]
//	closed             true    shut          free              nobody
//
// A writer that only fills the buffer adds to kept, and learns by the sum whether Close came before
// (shut makes it negative); then its bytes do not count. So each byte is either in what Close
// sends, or its writer is told ErrClosed. A writer that sends has mu, so that Close waits for it,
// having ended its life; who then comes for mu finds closed.

const shut = -1 << 62 // and less than 0 whatever is added

func (p *OutputPort) init(l *link, params Params) {
	p.direction.init(l)
	p.size = params.SendBufferSize
	p.setEnding(params.LineEnding)
}

func (p *OutputPort) setEnding(ending string) {
	if p.ending = []byte(ending); len(ending) == 0 {
		p.ending = []byte{'\n'}
	}
}

var background = context.Background()

// begin begins a call that may send.
func (p *OutputPort) begin(op string) error {
	if p == nil || p.link == nil {
		return closed(op)
	}
	p.mu.Lock()
	if p.closed.Load() {
		p.mu.Unlock()
		return closed(op)
	}
	return nil
}

// end ends it. A call that lost bytes of its caller's is remembered: see ClearError.
func (p *OutputPort) end(op string, err error, lost bool) error {
	over := p.closed.Load()
	if lost && !over && p.lost == nil {
		p.lost = err
	}
	p.kept.Store(int64(p.n))
	p.mu.Unlock()
	if err != nil && over { // Close interrupted it
		return closed(op)
	}
	return err
}

// keep lets the buffer grow by size bytes that were copied behind it. It fails if the port is
// closed.
func (p *OutputPort) keep(size int) bool {
	if p.kept.Add(int64(size)) < 0 {
		return false
	}
	p.n += size
	return true
}

// Write implements [io.Writer]: it sends b, or as much of it as the buffering lets go. Writing an
// empty b is a no-op, also on message sockets. With an error, n bytes of b were sent or are kept,
// and the rest of b is not in the port: [OutputPort.Flush] and [OutputPort.Close] tell of it, see
// [OutputPort.ClearError]. What the port kept before, and has not sent, it still keeps.
func (p *OutputPort) Write(b []byte) (n int, err error) {
	if p != nil && len(b) < p.room-p.n {
		copy(p.buf[p.n:], b)
		if p.keep(len(b)) {
			return len(b), nil
		}
	}
	return p.write(b)
}

// WriteString implements [io.StringWriter].
func (p *OutputPort) WriteString(s string) (n int, err error) {
	if p == nil {
		return 0, closed("write")
	}
	return writeText(p, s, nil)
}

// WriteByte implements [io.ByteWriter].
func (p *OutputPort) WriteByte(c byte) error {
	if p == nil {
		return closed("write")
	}
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

// WriteRune writes a character in UTF-8, and returns the number of bytes. A rune that is no
// character is written as U+FFFD.
func (p *OutputPort) WriteRune(r rune) (size int, err error) {
	if p == nil {
		return 0, closed("write")
	}
	if uint32(r) < utf8.RuneSelf {
		if err = p.WriteByte(byte(r)); err != nil {
			return 0, err
		}
		return 1, nil
	}
	p.scratch = utf8.AppendRune(p.scratch[:0], r)
	return p.Write(p.scratch)
}

// WriteLine writes s and the line ending of [Params], "\n" by default, as one Write. The ending
// counts in n. What s itself contains is not translated, nor is what other methods write.
func (p *OutputPort) WriteLine(s string) (n int, err error) {
	if p == nil {
		return 0, closed("write")
	}
	return writeText(p, s, p.ending)
}

// WriteLineBytes is WriteLine of bytes.
func (p *OutputPort) WriteLineBytes(b []byte) (n int, err error) {
	if p == nil {
		return 0, closed("write")
	}
	return writeText(p, b, p.ending)
}

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
		// What is kept follows, with the next write or Flush. A line leaves for itself.
		used, err = p.send(b, leaves, leaves < p.n+len(b) && !p.lines)
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
	return used, p.end(op, err, used < len(b))
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

// lastLine is how many bytes of the buffer and b together stand in whole lines. There are none in
// the buffer alone.
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

// send sends the first n bytes of the buffer and b together, in the chunks that one SendAll of them
// would make, and takes what was sent out of the buffer. It returns how many bytes of b were sent.
// More says that others follow soon.
func (p *OutputPort) send(b []byte, n int, more bool) (used int, err error) {
	ctx := p.life.Load()
	sent, err := p.sendChunks(ctx, b, n, p.flags(more))
	return p.sent(sent), err
}

// flags is MSG_MORE if more follows: so TCP puts it into the same segments, and the last of it does
// not wait for the peer to acknowledge what came before (RFC 896). With TCP_NODELAY nothing waits,
// and the flag would only cost time. On a message socket it would merge messages.
func (p *OutputPort) flags(more bool) constants.MsgFlag {
	if f := p.socket.Family(); !more || p.message || f != constants.AF_INET &&
		f != constants.AF_INET6 {
		return 0
	}
	if on, err := sockopt.TCPNoDelay.Get(p.socket); on && err == nil {
		return 0
	}
	return max(constants.MSG_MORE, 0)
}

func (p *OutputPort) sendChunks(ctx context.Context, b []byte, n int,
	last constants.MsgFlag) (sent int, err error) {
	kept := p.n
	if kept == 0 {
		return p.socket.SendAll(ctx, b[:n], last)
	}
	if n <= len(p.buf) {
		copy(p.buf[kept:], b[:n-kept])
		return p.socket.SendAll(ctx, p.buf[:n], last)
	}
	// First the chunks that the buffer fills, then the one that begins in the buffer and ends in b,
	// then the others.
	first := n
	if chunk := p.socket.Params().SendSize; chunk > 0 && p.message {
		if kept >= chunk {
			if sent, err = p.socket.SendAll(ctx, p.buf[:kept-kept%chunk],
				p.flags(true)); err != nil {
				return sent, err
			}
		}
		first = min(n, kept-kept%chunk+chunk)
	}
	flags := last
	if first < n {
		flags = p.flags(true)
	}
	for sent < kept && err == nil {
		p.gather.Buffers = append(p.vector[:0], p.buf[sent:kept], b[:first-kept])
		err = p.socket.SendMessage(ctx, &p.gather, flags)
		sent += p.gather.N
	}
	p.vector = [2][]byte{}
	if sent == n || err != nil {
		return sent, err
	}
	rest, err := p.socket.SendAll(ctx, b[sent-kept:n-kept], last)
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

// Flush sends what is kept. What it cannot send is still kept. If an earlier write has lost bytes,
// and nobody was told since, it returns the error of that: see [OutputPort.ClearError].
func (p *OutputPort) Flush() error {
	const op = "flush"
	err := p.begin(op)
	if err != nil {
		return err
	}
	if err = p.flush(false); err == nil && p.lost != nil {
		err, p.lost = &lostError{p.lost}, nil
	}
	return p.end(op, err, false)
}

func (p *OutputPort) flush(more bool) error {
	if p.n == 0 {
		return nil
	}
	_, err := p.send(nil, p.n, more)
	return err
}

// ClearError returns the error of the first write that lost bytes, and forgets it: ferror(3) and
// clearerr(3). If nobody asks by ClearError, the next Flush or Close that has nothing worse to tell
// returns it, so that a program that looks at their errors alone, as with bufio.Writer, does not
// take a stream with a gap for a whole one. Other calls go on. A program that has written the rest
// again after a timeout calls ClearError.
func (p *OutputPort) ClearError() error {
	const op = "clear error"
	if err := p.begin(op); err != nil {
		return err
	}
	err := p.lost
	p.lost = nil
	p.end(op, nil, false)
	return err
}

// A lostError is the error of an earlier write.
type lostError struct{ err error }

func (e *lostError) Error() string { return "ports: an earlier write failed: " + e.err.Error() }
func (e *lostError) Unwrap() error { return e.err }

// Discard drops what is kept, and returns how many bytes that was: for what cannot be sent, such as
// a datagram that is too long (EMSGSIZE), which Flush would try again for ever. On a closed port it
// is a no-op.
func (p *OutputPort) Discard() (n int) {
	const op = "discard"
	if p.begin(op) != nil {
		return 0
	}
	n, p.n = p.n, 0
	p.end(op, nil, false)
	return n
}

// Buffered returns how many bytes are kept.
func (p *OutputPort) Buffered() int {
	if p == nil {
		return 0
	}
	return max(0, int(p.kept.Load()))
}

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
	case p == nil || p.size == 0:
		return Unbuffered, 0
	case p.lines:
		return LineBuffered, p.size
	}
	return BlockBuffered, p.size
}

// SetBuffering changes when written bytes are sent: Racket's file-stream-buffer-mode, Guile's
// setvbuf. It first sends what is kept; if that fails, nothing changes. A size of 0 leaves the size
// as it is, and is 4096 if there was no buffer; unbuffered, the size means nothing. A negative size
// or an unknown mode is an error, also for Unbuffered.
func (p *OutputPort) SetBuffering(mode Buffering, size int) error {
	const op = "set buffering"
	if size < 0 {
		return &socket.Error{Op: op, Err: errSize}
	}
	if mode < Unbuffered || mode > BlockBuffered {
		return &socket.Error{Op: op, Err: sys.Wrong("no such Buffering")}
	}
	err := p.begin(op)
	if err != nil {
		return err
	}
	if err = p.flush(false); err != nil {
		return p.end(op, err, false)
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
	return p.end(op, nil, false)
}

// SetLineEnding sets what WriteLine and line buffering take for the end of a line from now on:
// [Params].LineEnding.
func (p *OutputPort) SetLineEnding(ending string) error {
	const op = "set line ending"
	if err := p.begin(op); err != nil {
		return err
	}
	p.setEnding(ending)
	return p.end(op, nil, false)
}

// SetContext sets the context of the calls that begin from now on, Close included: see
// [InputPort.SetContext]. If it has ended before Close, what is kept is sent only as far as that
// needs no wait, and the socket does not linger (SO_LINGER).
func (p *OutputPort) SetContext(ctx context.Context) error {
	const op = "set context"
	if p == nil || !p.live() {
		return closed(op)
	}
	return p.bind(op, ctx)
}

const defaultSendSize = 4096

// Close sends what is kept, shuts the sending direction of the socket down unless the port was
// abandoned, and closes the socket if the input port is closed too. The peer sees the end of the
// stream (over TCP a FIN) when that direction is shut down or the socket closed. Others who have
// the socket, such as a child process, cannot send any more then; Abandon prevents that.
//
// If not all that was kept can be sent, the error is an [*UnsentError], and the port is closed
// nevertheless. That takes as long as the socket's SendTimeout lets it, which begins anew with each
// step. A write that waits in another goroutine ends with ErrClosed; what is kept behind it is then
// sent only if that needs no wait. If an earlier write has lost bytes, and nobody was told since,
// it returns the error of that: see [OutputPort.ClearError]. Closing the port again is a no-op.
func (p *OutputPort) Close() error {
	if p == nil || p.link == nil {
		return closed("close")
	}
	return p.close(false)
}

// close closes the port; in a rush without waiting for the peer.
func (p *OutputPort) close(rush bool) error {
	first := p.closed.CompareAndSwap(false, true)
	if !first && !rush {
		return nil
	}
	prompt := rush
	if p.mu.TryLock() {
		p.interrupt(rush) // a copy has no lock
	} else { // a call is under way, which may be waiting, also in another Close
		prompt = true
		p.interrupt(rush)
		p.mu.Lock()
	}
	defer p.mu.Unlock()
	if !first {
		return nil
	}
	var err error
	if kept := int(p.kept.Swap(shut)); kept > 0 {
		if n, sendErr := p.sendLast(p.buf[:kept], prompt); sendErr != nil {
			err = &UnsentError{kept - n, sendErr}
		}
	}
	if err == nil && p.lost != nil {
		err = &lostError{p.lost}
	}
	if !p.abandoned.Load() {
		if shutErr := p.shutdown(constants.SHUT_WR); err == nil {
			err = shutErr
		}
	}
	if closeErr := p.release(p.hurried()); err == nil {
		err = closeErr
	}
	depart(p)
	return err
}

// sendLast sends what was kept when the port was closed.
func (p *OutputPort) sendLast(b []byte, prompt bool) (n int, err error) {
	if !prompt {
		if ctx := p.last(); ctx != nil {
			defer ctx.End(context.Canceled)
			return p.socket.SendAll(ctx, b, 0)
		}
	}
	ctx, cancel := context.WithTimeout(background, promptly)
	defer cancel()
	return p.socket.SendAll(ctx, b, max(constants.MSG_DONTWAIT, 0))
}

// promptly is for systems without MSG_DONTWAIT.
const promptly = 10 * time.Millisecond

// Abandon marks the port, so that Close does not shut the socket's direction down and the peer sees
// no end: the connection goes on, by the socket itself or by others who have it. What is kept is
// still sent by Close, and the socket still closes when both ports are closed. It is the egg's
// socket-abandon-port and CHICKEN's tcp-abandon-port. Racket's is Abandon and Close.
//
// A call that waits on the port when it is closed ends nevertheless, and no deadline of the socket
// is touched. But a copy from a file or a connection of another package ends only when that has
// something to read.
func (p *OutputPort) Abandon() {
	if p != nil {
		p.abandoned.Store(true)
	}
}

// Socket returns the socket behind the port, also when that is closed: the egg's
// socket-i/o-port->socket. It is nil if the port was not made by New.
func (p *OutputPort) Socket() *socket.Socket {
	if p == nil || p.link == nil {
		return nil
	}
	return p.socket
}

// Names returns the addresses of both ends of the connection. The local one is the zero Addr if the
// socket has no name.
func (p *OutputPort) Names() (local, remote sockaddr.Addr, err error) {
	if p == nil || !p.live() {
		return local, remote, closed("names")
	}
	return p.names()
}

var _ interface {
	io.WriteCloser
	io.ByteWriter
	io.StringWriter
	io.ReaderFrom
} = (*OutputPort)(nil)
