package ports

import (
	"context"
	"errors"
	"io"
	"math"
	"net"
	"os"
	"strings"
	"sync"
	"syscall"

	"example.com/bsdsocket/internal/fd"
	"example.com/bsdsocket/socket"
	"example.com/bsdsocket/sockopt"
)

var errRead = errors.New("ports: a Read returned an impossible count")

// The sizes of buffers to copy through; messageSize holds any datagram of IP (65,535 bytes).
const (
	copySize    = 32 << 10
	messageSize = 64 << 10
)

// WriteTo implements [io.WriterTo], which io.Copy uses: it writes to w what is buffered and then
// what comes, until the end of the stream. From a stream, where the system can (splice(2)), nothing
// passes through the program; w may be an OutputPort. From a message socket, each message is one
// Write. If w fails, what it did not take is lost, unless the port had buffered it.
//
// The timeout of the socket counts here too: a direction of a proxy that is quiet for a minute, by
// default, ends with ErrTimeout. A proxy sets the timeouts to 0.
func (p *InputPort) WriteTo(w io.Writer) (n int64, err error) { return p.writeTo(w, math.MaxInt64) }

// writeTo is WriteTo of at most limit bytes.
func (p *InputPort) writeTo(w io.Writer, limit int64) (n int64, err error) {
	if p == nil || !p.live() {
		return 0, closed("read")
	}
	out := output(w)
	for err == nil && n < limit {
		var m int64
		unread := p.buf[p.r:p.w]
		switch left := limit - n; {
		case len(unread) > 0:
			var used int
			used, err = write(w, unread[:min(int64(len(unread)), left)])
			p.r += used
			m = int64(used)
		case p.message:
			err = p.fill(0)
		case out != nil && out.empty():
			m, err = out.copyPort(p, left)
		case out == nil && descriptor(w):
			m, err = p.copyTo(w)
		case p.w > 0 && p.w == len(p.buf):
			// The last receive has filled the buffer: there may be much.
			m, err = p.flood(w, left)
		default:
			err = p.fill(0)
		}
		n += m
	}
	p.last, p.lastRune = -1, -1
	if err == io.EOF {
		err = nil
	}
	return n, err
}

// write is w's Write, if that keeps to the rules; an OutputPort's is that of a copy.
func write(w io.Writer, b []byte) (n int, err error) {
	if out := output(w); out != nil {
		return out.writePast(b)
	}
	n, err = w.Write(b)
	switch {
	case n < 0 || n > len(b):
		return 0, io.ErrShortWrite
	case n < len(b) && err == nil:
		err = io.ErrShortWrite
	}
	return n, err
}

// output returns the OutputPort that a writer is, or nil.
func output(w io.Writer) *OutputPort {
	switch w := w.(type) {
	case *OutputPort:
		return w
	case Duplex:
		return w.OutputPort
	}
	return nil
}

// copyTo copies to the file or socket behind w. The error of the end is io.EOF.
func (p *InputPort) copyTo(w io.Writer) (n int64, err error) {
	n, err = p.socket.CopyTo(p.life.Load(), w)
	switch {
	case err == nil:
		err = p.tell(io.EOF)
	case p.closed.Load() || receiving(err):
		err = p.tell(err)
	}
	return n, err
}

// receiving reports whether it was the source's error, and a socket's, that ended a copy.
func receiving(err error) bool {
	e, ok := errors.AsType[*socket.Error](err)
	return ok && (strings.HasPrefix(e.Op, "read") || strings.HasPrefix(e.Op, "receive"))
}

// flood copies by a larger buffer than the port's while that has a use: a copy that waits holds
// none.
func (p *InputPort) flood(w io.Writer, limit int64) (n int64, err error) {
	buf := floods.Get().(*[messageSize]byte)
	defer floods.Put(buf)
	for m := p.size; m >= p.size && n < limit; {
		if m, err = p.receive(buf[:min(messageSize, limit-n)]); err != nil {
			return n, err
		}
		var used int
		used, err = write(w, buf[:m])
		n += int64(used)
		if err != nil {
			return n, err
		}
	}
	p.r, p.w = 0, 0 // the buffer is full no longer
	return n, nil
}

var floods = sync.Pool{New: func() any { return new([messageSize]byte) }}

// descriptor reports whether the socket may be able to copy to or from x without a buffer.
func descriptor(x any) bool {
	_, ok := x.(syscall.Conn)
	return ok
}

// ReadFrom implements [io.ReaderFrom], which io.Copy uses: it sends what r has until io.EOF. It
// does not flush: while the buffer keeps something from before, what does not fill it is kept, too,
// as by Write. Once nothing is kept, nothing is buffered any more: to a stream, each Read is sent
// at once, and where the system can (sendfile(2), splice(2)) nothing passes through the program.
// Before a regular file, what is kept is sent first. On a message socket, each Read is followed by
// a Write.
func (p *OutputPort) ReadFrom(r io.Reader) (n int64, err error) {
	if p == nil || !p.live() {
		return 0, closed("write")
	}
	limited, _ := r.(*io.LimitedReader) // io.CopyN's
	source := r
	if limited != nil {
		source = limited.R
	}
	var in *InputPort
	switch source := source.(type) {
	case *InputPort:
		in = source
	case Duplex:
		in = source.InputPort
	default:
		return p.readFrom(r, source, limited)
	}
	if limited == nil {
		return in.writeTo(p, math.MaxInt64)
	}
	n, err = in.writeTo(p, limited.N)
	limited.N -= n
	return n, err
}

// empty reports whether a copy to the port can pass its buffer by.
func (p *OutputPort) empty() bool { return p.live() && p.n == 0 && !p.message }

// readFrom copies from r, which is the source, or as much of it as limited allows.
func (p *OutputPort) readFrom(r, source io.Reader, limited *io.LimitedReader) (n int64, err error) {
	var buf []byte
	reads := 0
	for empty := 0; ; {
		if p.closed.Load() {
			return n, closed("write")
		}
		if limited != nil && limited.N <= 0 {
			return n, nil
		}
		if !p.message && p.n > 0 && holds(source) {
			if err := p.sendKept(); err != nil {
				return n, err
			}
		}
		if p.empty() && descriptor(source) {
			m, err := p.copyFrom(p.life.Load(), r)
			return n + m, err
		}
		if buf == nil {
			buf = make([]byte, bufferSize(source, limited))
		}
		m, readErr := r.Read(buf)
		if m < 0 || m > len(buf) {
			return n, errRead
		}
		used, err := p.writePast(buf[:m])
		n += int64(used)
		if m > 0 {
			reads++
		}
		switch {
		case err != nil:
			return n, err
		case readErr == io.EOF:
			if reads > 1 && p.n == 0 {
				push(p.socket)
			}
			return n, nil
		case readErr != nil:
			return n, readErr
		case m > 0:
			empty = 0
		case empty == 100:
			return n, io.ErrNoProgress
		default:
			empty++
		}
	}
}

// push makes TCP send what it holds back until the peer has acknowledged what came before it (RFC
// 896): tcp(7) says that TCP_NODELAY does that when it is set. It was not known that what was sent
// last was the last.
func push(s *socket.Socket) {
	if on, err := sockopt.TCPNoDelay.Get(s); err == nil && !on {
		sockopt.TCPNoDelay.Set(s, true)
		sockopt.TCPNoDelay.Set(s, false)
	}
}

// holds reports whether a source is a regular file that has something to read.
func holds(source any) bool {
	f, ok := source.(interface {
		io.Seeker
		syscall.Conn
		Stat() (os.FileInfo, error)
	})
	if !ok {
		return false
	}
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return false
	}
	at, err := f.Seek(0, io.SeekCurrent)
	return err == nil && at < info.Size()
}

// sendKept sends what is kept, before more.
func (p *OutputPort) sendKept() error {
	const op = "write"
	if err := p.begin(op); err != nil {
		return err
	}
	return p.end(op, p.flush(true), false)
}

// bufferSize is the size of a buffer to copy from a source through, not larger than what may come.
// The messages of a source that has any must fit.
func bufferSize(source io.Reader, limited *io.LimitedReader) int64 {
	size := int64(copySize)
	switch source.(type) {
	case *socket.Socket, net.PacketConn:
		size = messageSize
	}
	if limited != nil {
		size = min(size, limited.N)
	}
	return size
}

// writePast is the Write of a copy: to a stream it keeps b only if that does not fill the buffer,
// in which something is kept.
func (p *OutputPort) writePast(b []byte) (n int, err error) {
	if p.message || p.n > 0 && p.n+len(b) < p.size {
		return p.Write(b)
	}
	const op = "write"
	if err = p.begin(op); err != nil || len(b) == 0 {
		if err == nil {
			p.end(op, nil, false)
		}
		return 0, err
	}
	n, err = p.send(b, p.n+len(b), false)
	return n, p.end(op, err, n < len(b))
}

// copyFrom copies from r to the socket, past the buffer.
func (p *OutputPort) copyFrom(ctx context.Context, r io.Reader) (n int64, err error) {
	n, err = p.socket.CopyFrom(ctx, r)
	switch {
	case err == nil:
	case p.closed.Load():
		err = closed("write")
	case !receiving(err):
		if _, ours := errors.AsType[*socket.Error](err); ours {
			p.mu.Lock()
			if p.lost == nil {
				p.lost = err
			}
			p.mu.Unlock()
		}
	}
	return n, err
}

// copyPort copies what is behind the buffer of in, at most limit bytes. The error of an end before
// that is io.EOF.
func (p *OutputPort) copyPort(in *InputPort, limit int64) (n int64, err error) {
	both, leave := fd.Together(in.life.Load(), p.life.Load())
	defer leave()
	n, err = p.copyFrom(both, &io.LimitedReader{R: in.socket, N: limit})
	switch {
	case err == nil && n == limit:
	case err == nil:
		err = in.tell(io.EOF)
	case receiving(err), in.closed.Load() && !p.closed.Load():
		err = in.tell(err)
	}
	return n, err
}
