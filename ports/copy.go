package ports

import (
	"errors"
	"io"
	"math"
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

// copyTo copies from the socket; to an OutputPort at most limit bytes.
func (p *InputPort) copyTo(w io.Writer, limit int64) (n int64, err error) {
	p.busy.Store(true)
	if d, ok := w.(Duplex); ok {
		w = d.OutputPort
	}
	switch out, ok := w.(*OutputPort); {
	case p.closed.Load():
	case ok:
		n, err = out.readFrom(io.LimitReader(p.socket, limit))
	default:
		n, err = p.socket.WriteTo(w)
	}
	return n, p.received(0, err)
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
		if p.n == 0 && !p.message {
			m, err := p.copyFrom(r)
			return n + m, err
		}
		if buf == nil {
			buf = make([]byte, copySize)
		}
		some := buf
		if !p.message && p.size-p.n < len(buf) {
			some = buf[:p.size-p.n] // then the buffer is empty
		}
		m, readErr := r.Read(some)
		if m < 0 || m > len(some) {
			return n, errRead
		}
		used, err := p.Write(some[:m])
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

const copySize = 32 << 10

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
