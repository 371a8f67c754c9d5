package ports

import (
	"bufio"
	"errors"
	"io"
	"sync"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/sockaddr"
	"example.com/bsdsocket/socket"
)

// An InputPort reads from a socket through a buffer. It is made by [New].
type InputPort struct {
	ending    []byte // empty: LF or CR LF
	limit     int
	owner     atomic.Pointer[Custodian]
	abandoned atomic.Bool
	*link

	// What every call uses stands together, at the end: see New. The buffer has no lock: there is one reader, and Close
	// touches what is atomic alone.
	buf      []byte // what is unread is buf[r:w]; it is made on first use
	r, w     int
	last     int32       // what UnreadByte gives back; -1: nothing
	lastRune int32       // how many bytes UnreadRune gives back; -1: none
	mu       sync.Mutex  // the reader is in a receive
	busy     atomic.Bool // WriteTo leaves the copying to the socket, without mu
	closed   atomic.Bool
	simple   bool // lines end in LF or CR LF, and have no limit
	size     int
}

func (p *InputPort) init(l *link, params Params) {
	p.link, p.last, p.lastRune = l, -1, -1
	p.limit, p.ending = params.LineLimit, []byte(params.LineEnding)
	p.simple = p.limit == 0 && len(p.ending) == 0
	p.size = params.ReceiveBufferSize
	if p.size == 0 {
		p.size = defaultReceiveSize
	}
}

// receive receives once, at least a byte or an error.
func (p *InputPort) receive(b []byte) (n int, err error) {
	p.mu.Lock()
	for n == 0 && err == nil && !p.closed.Load() { // an empty message holds nothing
		n, err = p.socket.Read(b)
	}
	p.mu.Unlock()
	if (n == 0 || err != nil) && p.closed.Load() { // Close interrupted it
		err = closed("read")
	}
	return n, err
}

// interrupted is long ago: as a deadline, it ends the calls that wait.
var interrupted = time.Unix(1, 0)

// interrupt ends the call that the reader is in. It waits until the reader has left its receive, so that no deadline is left to
// those who go on with the socket. Not so with a copy, whose other end may keep it: there the later of the two to see that it is
// over clears the deadline.
func (p *InputPort) interrupt() {
	if !p.mu.TryLock() {
		p.socket.SetReadDeadline(interrupted)
		p.mu.Lock()
		p.socket.SetReadDeadline(time.Time{})
	}
	p.mu.Unlock()
	if p.busy.Load() {
		p.socket.SetReadDeadline(interrupted)
		if !p.busy.Load() {
			p.socket.SetReadDeadline(time.Time{})
		}
	}
}

// fill receives once, behind what is unread.
func (p *InputPort) fill() error {
	if p.r == p.w {
		p.r, p.w = 0, 0
		if len(p.buf) == 0 || len(p.buf) > 4*p.size { // a long line is over
			p.buf = make([]byte, p.size)
		}
	}
	if len(p.buf)-p.w < p.size {
		unread, buf := p.buf[p.r:p.w], p.buf
		if need := len(unread) + p.size; len(buf) < need {
			buf = make([]byte, max(need, 2*len(buf)))
		}
		p.r, p.w, p.buf = 0, copy(buf, unread), buf
		if len(unread) > 0 { // and nothing before it any more
			p.last, p.lastRune = -1, -1
		}
	}
	n, err := p.receive(p.buf[p.w : p.w+p.size])
	p.w += n
	return err
}

// need receives until n bytes are unread. The error of a shorter end is io.EOF.
func (p *InputPort) need(n int) (err error) {
	if p.closed.Load() {
		return closed("read")
	}
	for p.w-p.r < n && err == nil {
		err = p.fill()
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

// Read implements [io.Reader]: it returns what is buffered, or receives once. The end of the stream is [io.EOF]; a message socket
// other than SOCK_SEQPACKET has none. If b is as large as the buffer, it is received into b directly, on a stream
// as much as b holds.
func (p *InputPort) Read(b []byte) (int, error) {
	if len(b) < p.size || p.r < p.w {
		if err := p.need(min(1, len(b))); err != nil {
			return 0, err
		}
		return copy(b, p.take(min(len(b), p.w-p.r))), nil
	}
	if p.closed.Load() {
		return 0, closed("read")
	}
	if p.message {
		b = b[:p.size]
	}
	p.lastRune = -1
	n, err := p.receive(b)
	if n > 0 {
		p.last = int32(b[n-1])
	}
	return n, err
}

// ReadByte implements [io.ByteReader].
func (p *InputPort) ReadByte() (byte, error) {
	if p.r == p.w || p.closed.Load() {
		if err := p.need(1); err != nil {
			return 0, err
		}
	}
	c := p.buf[p.r]
	p.r++
	p.last, p.lastRune = int32(c), -1
	return c, nil
}

// UnreadByte implements [io.ByteScanner]: the last byte that was read, by whatever method, is unread again. A second time,
// and after Peek, Discard and WriteTo, it is [bufio.ErrInvalidUnreadByte].
func (p *InputPort) UnreadByte() error {
	// After a receive into the empty buffer, by a call that then failed, there is no room before what is unread.
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
		if err = p.fill(); err == io.EOF {
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

// UnreadRune implements [io.RuneScanner]. If ReadRune was not the last call that read, it is [bufio.ErrInvalidUnreadRune].
func (p *InputPort) UnreadRune() error {
	if p.lastRune < 0 || p.r < int(p.lastRune) {
		return bufio.ErrInvalidUnreadRune
	}
	p.r -= int(p.lastRune)
	p.last, p.lastRune = -1, -1
	return nil
}

// Peek returns the next n bytes without reading them, and waits until they are there; the buffer grows if it is
// smaller. The bytes stay valid until the next call. With an error, such as io.EOF, there are fewer. A negative n is
// [bufio.ErrNegativeCount].
func (p *InputPort) Peek(n int) ([]byte, error) {
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

// Discard reads n bytes and drops them. It returns how many those were; if fewer than n, the error says why. A negative n
// is [bufio.ErrNegativeCount].
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
		err = p.need(1)
	}
	p.last, p.lastRune = -1, -1
	return discarded, err
}

// Buffered returns how many bytes were received and are unread.
func (p *InputPort) Buffered() int { return p.w - p.r }

var errSize = errors.New("a buffer needs a byte at least")

// SetBufferSize sets how many bytes are received at once from now on: [Params].ReceiveBufferSize. What is buffered
// stays. A size below 1 is an error.
func (p *InputPort) SetBufferSize(n int) error {
	if n < 1 {
		return &socket.Error{Op: "set buffer size", Err: errSize}
	}
	p.size = n
	return nil
}

// Ready reports whether a read would not have to wait: bytes are buffered, or can be received, or the stream has ended,
// or an error is pending. It is char-ready? in Scheme.
//
// It receives nothing. So on a message socket it is also true when all that can be received are empty messages, which a read passes
// over, and waits.
func (p *InputPort) Ready() (bool, error) {
	if p.closed.Load() {
		return false, closed("poll")
	}
	if p.r < p.w {
		return true, nil
	}
	return p.socket.ReceiveReady()
}

// Close closes the port: it shuts the receiving direction of the socket down, unless the port was abandoned, and closes the
// socket if the output port is closed too. A call that waits on the port ends with ErrClosed. To close the port
// again does nothing.
//
// Over TCP, the peer is not told of it (there is nothing that could be sent), but when the socket closes and has received
// bytes that nobody read, the peer sees a reset.
func (p *InputPort) Close() error {
	if !p.closed.CompareAndSwap(false, true) {
		return nil
	}
	var err error
	if !p.abandoned.Load() {
		err = p.shutdown(constants.SHUT_RD)
	}
	p.interrupt()
	if closeErr := p.release(); err == nil {
		err = closeErr
	}
	depart(p)
	return err
}

// Abandon marks the port, so that Close does not shut the socket's direction down: the connection can go on, by the socket
// itself. The socket still closes when both ports are closed. It is the egg's socket-abandon-port. Racket's
// tcp-abandon-port is Abandon and Close.
//
// It is best if no call waits on the port when it is closed. Close ends such a call by the socket's read deadline, which is
// cleared then: one that was set before is lost, and another receive of the socket may time out meanwhile. That is a moment, but
// a copy to a file, a socket or another port ends when what it has received is written there.
func (p *InputPort) Abandon() { p.abandoned.Store(true) }

// Socket returns the socket behind the port: the egg's socket-i/o-port->socket.
func (p *InputPort) Socket() *socket.Socket { return p.socket }

// Names returns the addresses of both ends of the connection. The local one is the zero Addr if the socket has no name.
func (p *InputPort) Names() (local, remote sockaddr.Addr, err error) {
	return p.names(p.closed.Load())
}

var _ interface {
	io.ReadCloser
	io.ByteScanner
	io.RuneScanner
	io.WriterTo
} = (*InputPort)(nil)
