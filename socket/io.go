package socket

import (
	"context"
	"errors"
	"io"
	"net"
	"sync"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/internal/fd"
	"example.com/bsdsocket/internal/sys"
)

// Read implements [io.Reader]: [Socket.Receive] without a context. [io.EOF] comes at the end of a
// stream and, on SOCK_SEQPACKET, when the peer has closed; on datagram sockets, once this end was
// shut down for receiving. An empty message is 0 bytes and no error. (Empty messages of a
// SOCK_SEQPACKET peer that has closed since are taken for the end if no others follow.) With
// UDP_GRO it joins datagrams, as Receive does.
func (s *Socket) Read(b []byte) (n int, err error) {
	o := s.receiving(b, 0)
	return o.read(o.Run(background, &s.fd, fd.Read, s.parameters().ReceiveTimeout))
}

// ReadContext is [Socket.Read] that ends with the context as well.
func (s *Socket) ReadContext(ctx context.Context, b []byte) (n int, err error) {
	o := s.receiving(b, 0)
	return o.read(o.Run(ctx, &s.fd, fd.Read, s.parameters().ReceiveTimeout))
}

// read is received for those to whom the end is io.EOF.
func (o *receive) read(err error) (int, error) {
	s, empty := o.s, len(o.b) == 0
	n, err := o.received("read", err)
	if n > 0 || err != nil || empty {
		return n, err
	}
	end, err := s.ended()
	if err != nil {
		return 0, s.fail("read", err)
	}
	if errno := s.broken(); end && errno != 0 {
		return 0, s.fail("read", over(errno)) // which the look has met
	}
	if end {
		err = io.EOF
	}
	return 0, err
}

// Write implements [io.Writer]: it sends all of b or returns an error. On message sockets, b is one
// message, and an empty b an empty one. With an error, the kernel has taken b[:n] and nothing else
// of b; how much of that the peer gets is not known. Another call's writes to a stream do not come
// between.
func (s *Socket) Write(b []byte) (n int, err error) { return s.write(background, b) }

func (s *Socket) write(ctx context.Context, b []byte) (n int, err error) {
	o := sends.get()
	o.set(s, b, 0)
	o.all = true
	n, err = s.send(ctx, o)
	return n, s.fail("write", err)
}

// Buffers to copy through are kept. They hold any datagram of IP (65,535 bytes); of streams a copy
// takes the half at once, as package io does.
const (
	copySize    = 32 << 10
	messageSize = 64 << 10
)

type bufferPool struct{ p sync.Pool }

var buffers bufferPool

func (bp *bufferPool) get() *[]byte {
	if b, ok := bp.p.Get().(*[]byte); ok {
		return b
	}
	b := make([]byte, messageSize)
	return &b
}

func (bp *bufferPool) put(b *[]byte) { bp.p.Put(b) }

// ReadFrom implements [io.ReaderFrom]: it sends what r has until io.EOF. On message sockets, what
// each Read returns becomes a message, which may be too long (EMSGSIZE; 65,507 bytes are the most
// over UDP). A *Socket with messages and a [net.PacketConn] give one of their messages each, empty
// ones too; other readers give at most 64 KiB.
//
// On streams of Linux the bytes are not copied through the process if r is an [*os.File] that is a
// regular file (sendfile(2)) or a pipe, a *Socket, a [*net.TCPConn] or a stream [*net.UnixConn]
// (splice(2)), or an [io.LimitedReader] of one. An urgent byte of r's peer is left out of the
// stream, unless another comes before it was passed ([Socket.AtMark]), as Read leaves it.
//
// Like SendAll, it ends by sending what TCP holds back, so set TCP_NODELAY before the call, not
// meanwhile.
//
// With an error, n is what was sent. Data that was taken from r and not sent is lost: at most 64
// KiB, or with splice(2) up to 256 KiB, if s took all data before it without making the copy wait.
// Other calls' writes may come between what each Read returned.
func (s *Socket) ReadFrom(r io.Reader) (n int64, err error) { return s.CopyFrom(background, r) }

// CopyFrom is [Socket.ReadFrom] that ends with the context as well: each wait for this socket, and
// for r where that is a *Socket. A Read of another kind of reader that waits goes on until it is
// over.
func (s *Socket) CopyFrom(ctx context.Context, r io.Reader) (n int64, err error) {
	if s.FD() < 0 { // before anything is taken from r
		return 0, s.fail("write", ErrClosed)
	}
	done := false
	source, most := r, int64(-1)
	if !s.message() {
		limited, _ := r.(*io.LimitedReader)
		if limited != nil {
			source, most = limited.R, max(limited.N, 0)
		}
		n, done, err = s.readFrom(ctx, source, most)
		if limited != nil {
			limited.N -= n
		}
	}
	if !done {
		var more int64
		more, err = s.copying(bound{ctx, s}, reader(ctx, r))
		n += more
	}
	return n, err
}

// copying moves what r has to w, of which one is s, by a buffer.
func (s *Socket) copying(w io.Writer, r io.Reader) (n int64, err error) {
	buf := buffers.get()
	defer buffers.put(buf)
	to, send := w.(bound)
	b := *buf
	from, receive := messageSource(r)
	if !receive && !(send && to.s.message()) {
		b = b[:copySize]
	}
	pieces, nothing := 0, 0
	for {
		if from != nil {
			if b, err = from.room(b); err != nil {
				break
			}
		}
		var m int64
		m, err = pass(w, r, b)
		if n += m; err != nil {
			break
		}
		switch {
		case m > 0:
			nothing = 0
			pieces++
		case receive:
			// An empty message is one, too.
			if _, err = w.Write(nil); err != nil {
				return n, err
			}
		default:
			if nothing++; nothing == 100 {
				return n, io.ErrNoProgress
			}
		}
	}
	if err == io.EOF {
		err = nil
		if send && pieces > 1 {
			to.s.push()
		}
	}
	return n, err
}

// pass writes what one Read returns.
func pass(w io.Writer, r io.Reader, b []byte) (n int64, err error) {
	got, readErr := r.Read(b)
	if got < 0 || got > len(b) {
		return 0, errRead
	}
	if got > 0 {
		put, err := w.Write(b[:got])
		if put < 0 || put > got {
			put, err = 0, errWrite
		}
		if err == nil && put < got {
			err = io.ErrShortWrite
		}
		if n = int64(put); err != nil {
			return n, err
		}
	}
	return n, readErr
}

var (
	errRead  = errors.New("invalid count from Read")
	errWrite = errors.New("invalid count from Write")
)

// messageSource reports whether a Read of r returns a message, and the socket that r is then, if it
// is one.
func messageSource(r io.Reader) (from *bound, all bool) {
	switch r := r.(type) {
	case bound:
		return &r, r.s.message()
	case *limited:
		if b, ok := r.r.(bound); ok {
			all = b.s.message()
		}
	case readerOnly:
		_, all = r.Reader.(net.PacketConn)
	}
	return nil, all
}

// room returns a buffer for the next message of the socket, which is buf if that is large enough.
// Of AF_UNIX and AF_NETLINK they can be longer than any of IP; a message that does not fit would be
// cut.
func (b *bound) room(buf []byte) ([]byte, error) {
	if !b.s.message() || b.s.internet() {
		return buf, nil
	}
	o := b.s.receiving(nil, constants.MSG_PEEK|max(constants.MSG_TRUNC, 0))
	n, err := o.received("read", o.Run(b.ctx, &b.s.fd, fd.Read, b.s.parameters().ReceiveTimeout))
	if n > len(buf) {
		buf = make([]byte, n)
	}
	return buf, err
}

// push has TCP send the end of what the library has cut. With Nagle's algorithm it would wait for
// the peer to acknowledge the piece before, which may take 40 ms: a copy does not know which piece
// is the last, and MSG_MORE before the last helps only if the pieces before it fill no packet, or
// many.
func (s *Socket) push() {
	if s.Type() != constants.SOCK_STREAM || !s.internet() || constants.TCP_CORK < 0 {
		return
	}
	o := pushes.get()
	o.NoWait = true
	o.Run(background, &s.fd, fd.Write, 0)
	pushes.put(o)
}

type push struct{ fd.Op }

var pushes pool[push, *push]

func (*push) Do(sysfd int) error {
	const tcp = int(constants.IPPROTO_TCP)
	for _, option := range [...]constants.OptionName{constants.TCP_NODELAY, constants.TCP_CORK} {
		if on, err := sys.GetsockoptInt(sysfd, tcp, int(option)); err != nil || on != 0 {
			return err
		}
	}
	// To switch it on sends what waits (__tcp_sock_set_nodelay, net/ipv4/tcp.c, Linux 6.18).
	sys.SetsockoptInt(sysfd, tcp, int(constants.TCP_NODELAY), 1)
	return sys.SetsockoptInt(sysfd, tcp, int(constants.TCP_NODELAY), 0)
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

// WriteTo implements [io.WriterTo]: it writes to w what is received until the stream ends. On
// message sockets, each message is one Write, empty ones too; datagrams have no end except
// [Socket.Shutdown], so an error or a timeout ends the copy.
//
// On streams of Linux the bytes are not copied through the process (splice(2)) if w is a *Socket, a
// [*net.TCPConn], a stream [*net.UnixConn], or an [*os.File] that is a pipe or a regular file. Data
// that was received and not written is lost, as with ReadFrom.
func (s *Socket) WriteTo(w io.Writer) (n int64, err error) { return s.CopyTo(background, w) }

// CopyTo is [Socket.WriteTo] that ends with the context as well: each wait for this socket, and for
// w where that is a *Socket. A Write of another kind of writer that waits goes on until it is over.
func (s *Socket) CopyTo(ctx context.Context, w io.Writer) (n int64, err error) {
	if !s.message() {
		if to, ok := endOf(w, true); ok {
			var done bool
			if n, done, err = through(ctx, end{s: s, socket: true}, to, bound{ctx, s},
				writer(ctx, w), -1); done {
				return n, err
			}
		}
	}
	more, err := s.copying(writer(ctx, w), bound{ctx, s})
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

func (b bound) Read(p []byte) (int, error) {
	o := b.s.receiving(p, 0)
	return o.read(o.Run(b.ctx, &b.s.fd, fd.Read, b.s.parameters().ReceiveTimeout))
}

func (b bound) Write(p []byte) (int, error) { return b.s.write(b.ctx, p) }

var _ interface {
	io.ReadWriteCloser
	io.ReaderFrom
	io.WriterTo
} = (*Socket)(nil)
