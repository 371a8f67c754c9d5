package socket

import (
	"context"
	"io"
	"net"
)

// Read implements [io.Reader]: [Socket.Receive] without a context. [io.EOF] comes at the end of a stream and, on
// SOCK_SEQPACKET, when the peer has closed; on datagram sockets once this end was shut down for receiving. An empty message is 0 bytes
// and no error. (Empty messages of a SOCK_SEQPACKET peer that has closed since are taken for the end, if no others follow.)
func (s *Socket) Read(b []byte) (n int, err error) { return s.read(background, "read", b) }

// ReadContext is [Socket.Read] that ends with the context as well.
func (s *Socket) ReadContext(ctx context.Context, b []byte) (n int, err error) {
	return s.read(ctx, "read context", b)
}

func (s *Socket) read(ctx context.Context, op string, b []byte) (n int, err error) {
	n, err = s.receive(ctx, op, b, 0)
	if n > 0 || err != nil || len(b) == 0 {
		return n, err
	}
	end, err := s.ended()
	if err != nil {
		return 0, s.fail(op, err)
	}
	if end {
		err = io.EOF
	}
	return 0, err
}

// Write implements [io.Writer]: it sends all of b or returns an error. On message sockets, b is one message, and an empty
// b an empty one.
func (s *Socket) Write(b []byte) (n int, err error) { return s.write(background, b) }

func (s *Socket) write(ctx context.Context, b []byte) (n int, err error) {
	o := sends.get()
	o.set(s, b, 0)
	o.all = true
	n, err = s.send(ctx, o)
	return n, s.fail("write", err)
}

// The size of a buffer to copy through: for message sockets, of one that holds any datagram of IP (65,535 bytes).
const (
	copySize    = 32 << 10
	messageSize = 64 << 10
)

func (s *Socket) buffer() []byte {
	if s.message() {
		return make([]byte, messageSize)
	}
	return make([]byte, copySize)
}

// ReadFrom implements [io.ReaderFrom]: it sends what r has until io.EOF. On message sockets, what each Read of at most 64 KiB
// returns becomes a message, which may be too long (EMSGSIZE; 65,507 bytes are the most over UDP).
//
// On streams of Linux the bytes are not copied through the process if r is an [*os.File] that is a regular file (sendfile(2)) or
// a pipe, a *Socket, a [*net.TCPConn] or a stream [*net.UnixConn] (splice(2)), or an [io.LimitedReader] of one.
func (s *Socket) ReadFrom(r io.Reader) (n int64, err error) { return s.CopyFrom(background, r) }

// CopyFrom is [Socket.ReadFrom] that ends with the context as well: each wait for this socket, and for r where that is a *Socket. A
// Read of another kind of reader that waits goes on until it is over.
func (s *Socket) CopyFrom(ctx context.Context, r io.Reader) (n int64, err error) {
	if s.message() {
		return io.CopyBuffer(bound{ctx, s}, reader(ctx, r), s.buffer())
	}
	limited, _ := r.(*io.LimitedReader)
	source, limit := r, int64(-1)
	if limited != nil {
		source, limit = limited.R, max(limited.N, 0)
	}
	n, done, err := s.readFrom(ctx, source, limit)
	if limited != nil {
		limited.N -= n
	}
	if !done {
		var more int64
		buf := s.buffer()
		switch from := source.(type) { // whose messages must fit
		case *Socket:
			buf = from.buffer()
		case net.PacketConn:
			buf = make([]byte, messageSize)
		}
		more, err = io.CopyBuffer(bound{ctx, s}, reader(ctx, r), buf)
		n += more
	}
	return n, err
}

// reader is what r is to a copy that ends with the context.
func reader(ctx context.Context, r io.Reader) io.Reader {
	switch from := r.(type) {
	case *Socket:
		return bound{ctx, from}
	case *io.LimitedReader:
		if s, ok := from.R.(*Socket); ok {
			return &limited{from, bound{ctx, s}}
		}
	}
	return readerOnly{r}
}

// limited reads from r as much as an io.LimitedReader allows, and counts there.
type limited struct {
	*io.LimitedReader
	r io.Reader
}

func (l *limited) Read(b []byte) (n int, err error) {
	if l.N <= 0 {
		return 0, io.EOF
	}
	n, err = l.r.Read(b[:min(int64(len(b)), l.N)])
	l.N -= int64(n)
	return n, err
}

// WriteTo implements [io.WriterTo]: it writes to w what is received until the stream ends. On message sockets, each
// message is one Write, of at most 64 KiB; datagrams have no end, so that an error or a timeout ends it.
//
// On streams of Linux the bytes are not copied through the process (splice(2)) if w is a *Socket, a [*net.TCPConn], a stream
// [*net.UnixConn], or an [*os.File] that is a pipe or a regular file.
func (s *Socket) WriteTo(w io.Writer) (n int64, err error) { return s.CopyTo(background, w) }

// CopyTo is [Socket.WriteTo] that ends with the context as well: each wait for this socket, and for w where that is a *Socket. A
// Write of another kind of writer that waits goes on until it is over.
func (s *Socket) CopyTo(ctx context.Context, w io.Writer) (n int64, err error) {
	if !s.message() {
		if to, ok := endOf(w, true); ok {
			var done bool
			if n, done, err = through(ctx, end{s: s}, to, writer(ctx, w), -1); done {
				return n, err
			}
		}
	}
	more, err := io.CopyBuffer(writer(ctx, w), bound{ctx, s}, s.buffer())
	return n + more, err
}

// writer is what w is to a copy that ends with the context.
func writer(ctx context.Context, w io.Writer) io.Writer {
	if to, ok := w.(*Socket); ok {
		return bound{ctx, to}
	}
	return writerOnly{w}
}

// These hide ReadFrom and WriteTo from io.CopyBuffer, which would call them.
type (
	writerOnly struct{ io.Writer }
	readerOnly struct{ io.Reader }
)

// A bound socket reads and writes until a context ends.
type bound struct {
	ctx context.Context
	s   *Socket
}

func (b bound) Read(p []byte) (int, error)  { return b.s.read(b.ctx, "read", p) }
func (b bound) Write(p []byte) (int, error) { return b.s.write(b.ctx, p) }

var _ interface {
	io.ReadWriteCloser
	io.ReaderFrom
	io.WriterTo
} = (*Socket)(nil)
