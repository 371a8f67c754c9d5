package ports

import (
	"errors"
	"io"
	"math"
	"syscall"
	"time"
)

var errRead = errors.New("ports: a Read returned an impossible count")

// WriteTo implements [io.WriterTo], which io.Copy uses: it writes to w what is buffered and then what comes, until the end
// of the stream. From a stream nothing passes through the port's buffer, and where the system can (splice(2)) nothing
// through the program; w may be an OutputPort. From a message socket, each message is one Write. If w fails, what it did not
// take is lost, unless the port had buffered it.
func (p *InputPort) WriteTo(w io.Writer) (n int64, err error) { return p.writeTo(w, math.MaxInt64) }

// writeTo is WriteTo of at most limit bytes.
func (p *InputPort) writeTo(w io.Writer, limit int64) (n int64, err error) {
	err = p.need(0)
	for err == nil && n < limit {
		if unread := int(min(int64(p.w-p.r), limit-n)); unread > 0 {
			var m int
			m, err = w.Write(p.buf[p.r : p.r+unread])
			if m < 0 || m > unread {
				m, err = 0, io.ErrShortWrite
			} else if m < unread && err == nil {
				err = io.ErrShortWrite
			}
			p.r += m
			n += int64(m)
		} else if p.message {
			err = p.fill()
		} else {
			var m int64
			m, err = p.copyTo(w, limit-n)
			n += m
			break
		}
	}
	p.last, p.lastRune = -1, -1
	if err == io.EOF {
		err = nil
	}
	return n, err
}

// copyTo copies from a stream; to an OutputPort at most limit bytes.
func (p *InputPort) copyTo(w io.Writer, limit int64) (n int64, err error) {
	if d, ok := w.(Duplex); ok {
		w = d.OutputPort
	}
	out, ok := w.(*OutputPort)
	if !ok && !descriptor(w) {
		return p.copyBy(w)
	}
	p.busy.Store(true)
	switch {
	case p.closed.Load():
	case ok:
		n, err = out.readFrom(io.LimitReader(p.socket, limit))
	default:
		n, err = p.socket.WriteTo(w)
	}
	p.busy.Store(false)
	if p.closed.Load() { // which may have interrupted it
		p.socket.SetReadDeadline(time.Time{})
		err = closed("read")
	}
	return n, err
}

// descriptor reports whether the socket may be able to copy to or from x without a buffer. If it is not, ports copy: while x
// waits then, the socket is not in a call.
func descriptor(x any) bool {
	if limited, ok := x.(*io.LimitedReader); ok {
		x = limited.R
	}
	_, ok := x.(syscall.Conn)
	return ok
}

// copyBy copies through a buffer of its own.
func (p *InputPort) copyBy(w io.Writer) (n int64, err error) {
	buf := make([]byte, copySize)
	for {
		m, err := p.receive(buf)
		if err != nil {
			return n, err
		}
		used, err := w.Write(buf[:m])
		if used < 0 || used > m {
			return n, io.ErrShortWrite
		}
		n += int64(used)
		if err == nil && used < m {
			err = io.ErrShortWrite
		}
		if err != nil {
			return n, err
		}
	}
}

// ReadFrom implements [io.ReaderFrom], which io.Copy uses: it sends what r has until io.EOF. To a stream, what the buffer
// kept before leaves first, as it does by Write: when it has become full. From then on nothing passes through it, and where the
// system can (sendfile(2), splice(2)) nothing through the program; nothing is kept. Else it is as Write of each Read.
func (p *OutputPort) ReadFrom(r io.Reader) (n int64, err error) {
	limited, _ := r.(*io.LimitedReader) // io.CopyN's
	if limited != nil {
		r = limited.R
	}
	var in *InputPort
	switch r := r.(type) {
	case *InputPort:
		in = r
	case Duplex:
		in = r.InputPort
	}
	switch {
	case in == nil && limited == nil:
		return p.readFrom(r)
	case in == nil:
		return p.readFrom(limited)
	case limited == nil:
		return in.WriteTo(p)
	}
	n, err = in.writeTo(p, limited.N)
	limited.N -= n
	return n, err
}

func (p *OutputPort) readFrom(r io.Reader) (n int64, err error) {
	var buf []byte
	for empty := 0; ; {
		if p.closed.Load() {
			return n, closed("write")
		}
		if p.n == 0 && !p.message && descriptor(r) {
			m, err := p.copyFrom(r)
			return n + m, err
		}
		if buf == nil {
			buf = make([]byte, copySize)
		}
		m, readErr := r.Read(buf)
		if m < 0 || m > len(buf) {
			return n, errRead
		}
		used, err := p.writePast(buf[:m])
		n += int64(used)
		switch {
		case err != nil:
			return n, err
		case readErr == io.EOF:
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

// The size of a buffer to copy through, which holds any datagram of IP (65,535 bytes).
const copySize = 64 << 10

// writePast is Write on message sockets. To a stream it writes of b what the buffer needs to be full, and empty then, and sends
// the rest past it.
func (p *OutputPort) writePast(b []byte) (n int, err error) {
	if p.message {
		return p.Write(b)
	}
	for p.n > 0 && n < len(b) && err == nil { // more than once if lines leave
		var m int
		m, err = p.Write(b[n:min(len(b), n+p.size-p.n)])
		n += m
	}
	if err != nil || n == len(b) {
		return n, err
	}
	const op = "write"
	if err = p.begin(op); err != nil {
		return n, err
	}
	rest, err := p.socket.Write(b[n:])
	return n + rest, p.end(op, err)
}

// copyFrom copies to the socket, past the buffer.
func (p *OutputPort) copyFrom(r io.Reader) (n int64, err error) {
	p.busy.Store(true)
	over := p.closed.Load()
	if !over {
		n, err = p.socket.ReadFrom(r)
	}
	p.busy.Store(false)
	if p.closed.Load() {
		p.socket.SetWriteDeadline(time.Time{})
		if over || err != nil {
			err = closed("write")
		}
	}
	return n, err
}
