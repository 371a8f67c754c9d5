package ports

import (
	"bufio"
	"context"
	"io"
	"unicode/utf8"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/internal/sys"
	"example.com/bsdsocket/sockaddr"
	"example.com/bsdsocket/socket"
)

// An InputPort reads from a socket through a buffer. It is made by [New]; the zero InputPort, and a
// nil one, is closed.
type InputPort struct {
	ending []byte // empty: LF or CR LF
	limit  int    // of a line
	direction

	// What every call uses stands together, at the end: see New. The buffer has no lock: there is
	// one reader, and Close touches what is atomic alone.
	buf      []byte // what is unread is buf[r:w]; it is made on first use
	r, w     int
	last     int32 // what UnreadByte gives back; -1: nothing
	lastRune int32 // how many bytes UnreadRune gives back; -1: none
	lf       bool  // lines end in LF or CR LF
	cut      bool  // the last message was longer than the buffer
	size     int
	// Of a receive: on message sockets a byte more than size, which tells that one is cut.
	room int
}

func (p *InputPort) init(l *link, params Params) {
	p.direction.init(l)
	p.last, p.lastRune = -1, -1
	p.limit = limit(params.LineLimit)
	p.setEnding(params.LineEnding)
	p.setSize(params.ReceiveBufferSize)
}

func (p *InputPort) setEnding(ending string) { p.ending, p.lf = []byte(ending), len(ending) == 0 }

func (p *InputPort) setSize(n int) {
	if n == 0 {
		n = defaultReceiveSize
	}
	p.size, p.room = n, n
	if p.message {
		p.room++
	}
}

// receive receives once, at least a byte or an error.
func (p *InputPort) receive(b []byte) (n int, err error) {
	p.mu.Lock()
	for n == 0 && err == nil && !p.closed.Load() { // an empty message holds nothing
		n, err = p.socket.ReadContext(p.life.Load(), b)
	}
	p.mu.Unlock()
	if err != nil {
		err = p.tell(err)
	} else if n == 0 {
		err = closed("read")
	}
	return n, err
}

// tell is the error of a receive, as the port's caller sees it.
func (p *InputPort) tell(err error) error {
	if p.closed.Load() { // Close interrupted it
		return closed("read")
	}
	return err
}

// fill receives once, behind what is unread. A buffer that is too small grows to most bytes at
// most, or to what the receive needs. What makes room does not lie on the stack of who waits, and
// the first buffer is made with little on it.
func (p *InputPort) fill(most int) error {
	if p.r == p.w {
		p.r, p.w = 0, 0
		if len(p.buf) < p.room || len(p.buf) > 4*p.room { // or a long line is over
			p.newBuffer()
		}
	}
	if len(p.buf)-p.w < p.room {
		p.makeRoom(most)
	}
	n, err := p.receive(p.buf[p.w : p.w+p.room])
	p.w += p.whole(n)
	return err
}

//go:noinline
func (p *InputPort) newBuffer() { p.buf = make([]byte, p.room) }

//go:noinline
func (p *InputPort) makeRoom(most int) {
	unread, buf := p.buf[p.r:p.w], p.buf
	if need := len(unread) + p.room; len(buf) < need {
		buf = make([]byte, max(need, min(2*len(buf), most)))
	}
	p.r, p.w, p.buf = 0, copy(buf, unread), buf
	if len(unread) > 0 { // and nothing before it any more
		p.last, p.lastRune = -1, -1
	}
}

// whole is how many of n received bytes count: a message that fills all the room is cut.
func (p *InputPort) whole(n int) int {
	if n == 0 {
		return 0
	}
	p.cut = n > p.size && p.message
	if p.cut {
		return p.size
	}
	return n
}

// more receives more behind what is unread, unless that is the rest of a message.
func (p *InputPort) more(most int) error {
	if p.message && p.r < p.w {
		return ErrMessageEnd
	}
	return p.fill(most)
}

// need receives until n bytes are unread. The error of a shorter end is io.EOF.
func (p *InputPort) need(n int) (err error) {
	if p == nil || !p.live() {
		return closed("read")
	}
	for p.w-p.r < n && err == nil {
		err = p.more(max(n, n+p.room))
	}
	return err
}

// take consumes n bytes of what is unread.
func (p *InputPort) take(n int) []byte {
	b := p.buf[p.r : p.r+n : p.r+n]
	p.r += n
	p.lastRune = -1
	if n > 0 {
		p.last = int32(b[n-1])
	}
	return b
}

// Read implements [io.Reader]: it returns what is buffered, or receives once. The end of the stream
// is [io.EOF]; a message socket other than SOCK_SEQPACKET has none. A connection that broke ends
// with its error instead, such as ECONNRESET, every time. If b is as large as the buffer, it is
// received into b directly, on a stream as much as b holds.
func (p *InputPort) Read(b []byte) (int, error) {
	if p == nil || !p.live() {
		return 0, closed("read")
	}
	if len(b) < p.room || p.r < p.w {
		if err := p.need(min(1, len(b))); err != nil {
			return 0, err
		}
		return copy(b, p.take(min(len(b), p.w-p.r))), nil
	}
	if p.message {
		b = b[:p.room]
	}
	p.lastRune = -1
	n, err := p.receive(b)
	if n = p.whole(n); n > 0 {
		p.last = int32(b[n-1])
	}
	return n, err
}

// ReadFull reads exactly len(b) bytes. With an error it reads none: what there is stays in the
// port, so that after a timeout the same call goes on, which io.ReadFull and what is made of it,
// such as encoding/binary's Read, cannot. If the stream ends before the first byte, the error is
// [io.EOF], after it [io.ErrUnexpectedEOF]; a shorter message is [ErrMessageEnd], and its bytes can
// be read otherwise. The buffer grows as bytes arrive, to len(b) at most.
func (p *InputPort) ReadFull(b []byte) (n int, err error) {
	if err = p.need(len(b)); err != nil {
		if err == io.EOF && p.r < p.w {
			err = io.ErrUnexpectedEOF
		}
		return 0, err
	}
	return copy(b, p.take(len(b))), nil
}

// ReadByte implements [io.ByteReader].
func (p *InputPort) ReadByte() (byte, error) {
	if p == nil || p.r == p.w || p.closed.Load() {
		if err := p.need(1); err != nil {
			return 0, err
		}
	}
	c := p.buf[p.r]
	p.r++
	p.last, p.lastRune = int32(c), -1
	return c, nil
}

// Unread puts bytes before what is unread, so that they are read next: Guile's unread-string. It is
// for what another reader of the connection has read ahead, such as that of http.Hijacker. They are
// copied. On a message socket they join the rest of the message that is being read.
func (p *InputPort) Unread(b []byte) error {
	if p == nil || !p.live() {
		return closed("unread")
	}
	if len(b) == 0 {
		return nil
	}
	if p.r < len(b) {
		unread := p.buf[p.r:p.w]
		buf := make([]byte, len(b)+len(unread)+p.room)
		p.r, p.w, p.buf = len(b), len(b)+copy(buf[len(b):], unread), buf
	}
	p.r -= len(b)
	copy(p.buf[p.r:], b)
	p.last, p.lastRune = -1, -1
	return nil
}

// UnreadByte implements [io.ByteScanner]: the last byte that was read, by whatever method, is
// unread again. A second time, and after Peek, Discard, WriteTo, or a call that failed, it may be
// [bufio.ErrInvalidUnreadByte].
func (p *InputPort) UnreadByte() error {
	if p == nil || !p.live() {
		return closed("unread byte")
	}
	// After a receive into the empty buffer, by a call that then failed, there is no room before
	// what is unread.
	if p.last < 0 || p.r == 0 && p.w > 0 {
		return bufio.ErrInvalidUnreadByte
	}
	if len(p.buf) == 0 { // it was received directly
		p.buf = make([]byte, p.size)
	}
	if p.r > 0 {
		p.r--
	} else { // the buffer is empty
		p.w = 1
	}
	p.buf[p.r] = byte(p.last)
	p.last, p.lastRune = -1, -1
	return nil
}

// ReadRune implements [io.RuneReader]: it reads one character of UTF-8. A byte that is no UTF-8 is
// [utf8.RuneError] of size 1. It does not wait for more than the character.
func (p *InputPort) ReadRune() (r rune, size int, err error) {
	err = p.need(1)
	for err == nil && !utf8.FullRune(p.buf[p.r:p.w]) {
		if err = p.more(p.size); err == io.EOF || err == ErrMessageEnd {
			err = nil
			break
		}
	}
	if err != nil {
		return 0, 0, err
	}
	r, size = utf8.DecodeRune(p.buf[p.r:p.w])
	p.take(size)
	p.lastRune = int32(size)
	return r, size, nil
}

// UnreadRune implements [io.RuneScanner]. If ReadRune was not the last call, Peek included, it is
// [bufio.ErrInvalidUnreadRune].
func (p *InputPort) UnreadRune() error {
	if p == nil || !p.live() {
		return closed("unread rune")
	}
	if p.lastRune < 0 || p.r < int(p.lastRune) {
		return bufio.ErrInvalidUnreadRune
	}
	p.r -= int(p.lastRune)
	p.last, p.lastRune = -1, -1
	return nil
}

// Peek returns the next n bytes without reading them, and waits until they are there; the buffer
// grows if it is smaller. The bytes stay valid until the next call. With an error, such as io.EOF,
// there are fewer; a message that is shorter is [ErrMessageEnd]. A negative n is
// [bufio.ErrNegativeCount].
func (p *InputPort) Peek(n int) ([]byte, error) {
	if p == nil || !p.live() {
		return nil, closed("read")
	}
	if n < 0 {
		return nil, bufio.ErrNegativeCount
	}
	p.last, p.lastRune = -1, -1
	err := p.need(n)
	if p.closed.Load() {
		return nil, closed("read")
	}
	n = min(n, p.w-p.r)
	return p.buf[p.r : p.r+n : p.r+n], err
}

// Discard reads n bytes and drops them, of one message at most. It returns how many those were; if
// fewer than n, the error says why. A negative n is [bufio.ErrNegativeCount].
func (p *InputPort) Discard(n int) (discarded int, err error) {
	if n < 0 {
		return 0, bufio.ErrNegativeCount
	}
	err = p.need(min(1, n))
	if n == 0 {
		return 0, err
	}
	for err == nil {
		discarded += len(p.take(min(n-discarded, p.w-p.r)))
		if discarded == n {
			break
		}
		if err = ErrMessageEnd; !p.message {
			err = p.need(1)
		}
	}
	if p != nil {
		p.last, p.lastRune = -1, -1
	}
	return discarded, err
}

// Buffered returns how many bytes were received and are unread, also when the port is closed. Who
// waits for the sockets of several ports, by [socket.Poll] or a [socket.Poller], reads first what
// is buffered: of that the sockets know nothing.
func (p *InputPort) Buffered() int {
	if p == nil {
		return 0
	}
	return p.w - p.r
}

// Truncated reports whether the message that was received last was longer than the buffer, so that
// its end is lost. On a stream it is false.
func (p *InputPort) Truncated() bool { return p != nil && p.cut }

const errSize = sys.Wrong("a buffer needs a byte at least")

// SetBufferSize sets how many bytes are received at once from now on: [Params].ReceiveBufferSize.
// What is buffered stays. A size below 1 is an error.
func (p *InputPort) SetBufferSize(n int) error {
	const op = "set buffer size"
	if p == nil || !p.live() {
		return closed(op)
	}
	if n < 1 {
		return &socket.Error{Op: op, Err: errSize}
	}
	p.setSize(n)
	return nil
}

// SetLineEnding sets what ends a line from now on: [Params].LineEnding. MIT Scheme's
// line-translation is a choice of each accept.
func (p *InputPort) SetLineEnding(ending string) error {
	if p == nil || !p.live() {
		return closed("set line ending")
	}
	p.setEnding(ending)
	return nil
}

// SetLineLimit sets the most bytes of a line from now on: [Params].LineLimit.
func (p *InputPort) SetLineLimit(n int) error {
	if p == nil || !p.live() {
		return closed("set line limit")
	}
	p.limit = limit(n)
	return nil
}

// SetContext sets the context of the calls that begin from now on. When it ends, they do, with its
// error, as with a context that is an argument; nil is the background. The port stays usable, with
// another context. A call that is under way must not be given another.
//
// It is a property of the port, as the timeouts are properties of the socket, since io.Reader and
// its kin have no room for a context, and what is handed to a decoder or to io.Copy is the port.
func (p *InputPort) SetContext(ctx context.Context) error {
	const op = "set context"
	if p == nil || !p.live() {
		return closed(op)
	}
	return p.bind(op, ctx)
}

// Ready reports whether a read would not have to wait: bytes are buffered, or can be received, or
// the stream has ended, or an error is pending. It is byte-ready? in Scheme, and char-ready? only
// where characters are bytes: ReadRune waits for the rest of one that has begun, and ReadLine for
// the rest of a line.
//
// It receives nothing. So on a message socket it is also true when all that can be received are
// empty messages, which a read passes over, and waits. Otherwise it is the socket's ReceiveReady.
func (p *InputPort) Ready() (bool, error) {
	if p == nil || !p.live() {
		return false, closed("ready")
	}
	if p.r < p.w {
		return true, nil
	}
	return p.socket.ReceiveReady()
}

// Close closes the port: it shuts the receiving direction of the socket down, unless the port was
// abandoned, and closes the socket if the output port is closed too. A call that waits on the port
// ends with ErrClosed. Closing the port again is a no-op.
//
// Over TCP, the peer is not told of it (there is nothing that could be sent). But when the socket
// closes and has received bytes that nobody read, or receives more, the connection is reset: the
// peer's writes fail, and what it has not read yet of what was sent to it can be lost. See the
// order of closing in the package's text.
//
// The shutdown ends receiving for everyone who has the socket, such as a child process. Abandon
// prevents that.
func (p *InputPort) Close() error {
	if p == nil || p.link == nil {
		return closed("close")
	}
	return p.close(false)
}

// close closes the port; in a rush the socket does not linger.
func (p *InputPort) close(rush bool) error {
	if !p.closed.CompareAndSwap(false, true) {
		return nil
	}
	var err error
	if !p.abandoned.Load() {
		err = p.shutdown(constants.SHUT_RD)
	}
	// Who goes on with the socket loses nothing to the reader: it has left its receive when Close
	// returns.
	p.interrupt(false)
	p.mu.Lock()
	closeErr := p.release(rush || p.hurried())
	p.mu.Unlock()
	if err == nil {
		err = closeErr
	}
	depart(p)
	return err
}

// Abandon marks the port, so that Close does not shut the socket's direction down: the connection
// can go on, by the socket itself, or by others who have it. The socket still closes when both
// ports are closed. It is the egg's socket-abandon-port. Racket's tcp-abandon-port is Abandon and
// Close.
//
// A call that waits on the port when it is closed ends nevertheless, and no deadline of the socket
// is touched. But a copy to a file or a connection of another package ends only when what it has
// received is written there.
func (p *InputPort) Abandon() {
	if p != nil {
		p.abandoned.Store(true)
	}
}

// Socket returns the socket behind the port, also when that is closed: the egg's
// socket-i/o-port->socket. It is nil if the port was not made by New.
func (p *InputPort) Socket() *socket.Socket {
	if p == nil || p.link == nil {
		return nil
	}
	return p.socket
}

// Names returns the addresses of both ends of the connection. The local one is the zero Addr if the
// socket has no name.
func (p *InputPort) Names() (local, remote sockaddr.Addr, err error) {
	if p == nil || !p.live() {
		return local, remote, closed("names")
	}
	return p.names()
}

var _ interface {
	io.ReadCloser
	io.ByteScanner
	io.RuneScanner
	io.WriterTo
} = (*InputPort)(nil)
