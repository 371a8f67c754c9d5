package netconn

import (
	"io"
	"net"
	"slices"
	"syscall"
	"time"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/socket"
	"example.com/bsdsocket/sockopt"
)

// A Conn is a [net.Conn] on a connected socket, of any family and type. All methods may be called
// at once. The methods of the zero Conn fail with EINVAL, as package net's do; it is
// [socket.ErrClosed] too.
type Conn struct{ conn }

// NewConn makes a Conn of a connected socket, which then belongs to it. Its addresses are those
// that the socket has now. A closed socket is [net.ErrClosed]; on an error the socket is still the
// caller's.
func NewConn(s *socket.Socket) (*Conn, error) {
	c := new(Conn)
	if err := c.init(s); err != nil {
		return nil, err
	}
	return c, nil
}

// ReadFrom implements [io.ReaderFrom], with sendfile(2) and splice(2) where they can be used: see
// [socket.Socket.ReadFrom].
func (c *Conn) ReadFrom(r io.Reader) (n int64, err error) {
	// The sockets inside of Conns are what splice(2) can use.
	switch r := r.(type) {
	case *Conn:
		n, err = c.sock().ReadFrom(r.sock())
	case *io.LimitedReader:
		from, ok := r.R.(*Conn)
		if !ok {
			n, err = c.sock().ReadFrom(r)
			break
		}
		limited := io.LimitedReader{R: from.sock(), N: r.N}
		n, err = c.sock().ReadFrom(&limited)
		r.N = limited.N
	default:
		n, err = c.sock().ReadFrom(r)
	}
	return n, c.fail("readfrom", err)
}

// WriteTo implements [io.WriterTo], with splice(2) where it can be used: see
// [socket.Socket.WriteTo].
func (c *Conn) WriteTo(w io.Writer) (int64, error) {
	if conn, ok := w.(*Conn); ok {
		w = conn.sock()
	}
	n, err := c.sock().WriteTo(w)
	return n, c.fail("writeto", err)
}

// WriteBuffers writes the contents of v with as few calls of sendmsg(2) as it takes, and nothing of
// another call comes between them. As [net.Buffers.WriteTo] does with package net's connections,
// which alone it knows, it consumes v as far as it was written.
func (c *Conn) WriteBuffers(v *net.Buffers) (n int64, err error) {
	var ms []socket.Message
	for buffers := range slices.Chunk(*v, 1024) { // UIO_MAXIOV, the most that sendmsg(2) takes
		ms = append(ms, socket.Message{Buffers: buffers})
	}
	_, err = c.sock().SendMessages(background, ms, 0)
	for i := range ms {
		n += int64(ms[i].N)
	}
	for left := n; len(*v) > 0; *v = (*v)[1:] {
		first := int64(len((*v)[0]))
		if first > left {
			(*v)[0] = (*v)[0][left:]
			break
		}
		left -= first
		(*v)[0] = nil
	}
	return n, c.fail("write", err)
}

// CloseRead shuts the receiving side down (shutdown(2), SHUT_RD): Read returns io.EOF when nothing
// is there. TCP tells the peer nothing: what it goes on sending is taken into the buffer, and read
// after that io.EOF, until the buffer is full and the peer stalls (tcp_recvmsg_locked,
// net/ipv4/tcp.c, Linux 6.18). To refuse more, close the connection.
func (c *Conn) CloseRead() error { return c.shutdown(constants.SHUT_RD) }

// CloseWrite shuts the sending side down: the peer reads to the end of what was sent, and then
// io.EOF.
func (c *Conn) CloseWrite() error { return c.shutdown(constants.SHUT_WR) }

// SetNoDelay sets [sockopt.TCPNoDelay], which is on at first. For TCP.
func (c *Conn) SetNoDelay(on bool) error { return c.set(sockopt.TCPNoDelay.Set(c.sock(), on)) }

// SetLinger sets [sockopt.SOLinger]: what Close does with data that was not sent yet. Negative, it
// is sent after Close, which is the default; 0, it is dropped, and the connection reset; positive,
// it is dropped after that many seconds, and until then Close waits in the kernel, on Linux also on
// a non-blocking socket, and holds a thread.
func (c *Conn) SetLinger(seconds int) error {
	l := sockopt.Linger{Enabled: seconds >= 0,
		Timeout: time.Duration(max(seconds, 0)) * time.Second}
	return c.set(sockopt.SOLinger.Set(c.sock(), l))
}

// SetKeepAlive sets [sockopt.SOKeepAlive].
func (c *Conn) SetKeepAlive(on bool) error { return c.set(sockopt.SOKeepAlive.Set(c.sock(), on)) }

// SetKeepAlivePeriod sets how long a connection is idle before the first keep-alive probe, as
// [net.TCPConn.SetKeepAlivePeriod] does: rounded up to whole seconds; zero is 15 seconds, and
// negative leaves it as it is. It neither switches keep-alive on nor sets the time between probes:
// see SetKeepAlive and SetKeepAliveConfig. For TCP.
func (c *Conn) SetKeepAlivePeriod(d time.Duration) error {
	idle := sockopt.TCPKeepIdle
	if !idle.Info().Defined() {
		idle = sockopt.TCPKeepAlive // its name on macOS
	}
	return c.setPeriod(idle, d)
}

func (c *Conn) setPeriod(option sockopt.Option[time.Duration], d time.Duration) error {
	if d < 0 {
		return nil
	}
	if d == 0 {
		d = 15 * time.Second
	}
	return c.set(option.Set(c.sock(), d))
}

// SetKeepAliveConfig sets keep-alive as [net.TCPConn.SetKeepAliveConfig] does: zero is 15 seconds,
// or 9 probes; negative leaves a value as it is. For TCP.
func (c *Conn) SetKeepAliveConfig(config net.KeepAliveConfig) error {
	const probes = 9
	err := c.SetKeepAlive(config.Enable)
	if err == nil {
		err = c.SetKeepAlivePeriod(config.Idle)
	}
	if err == nil {
		err = c.setPeriod(sockopt.TCPKeepInterval, config.Interval)
	}
	if config.Count == 0 {
		config.Count = probes
	}
	if err == nil && config.Count > 0 {
		err = c.set(sockopt.TCPKeepCount.Set(c.sock(), config.Count))
	}
	return err
}

var _ interface {
	net.Conn
	io.ReaderFrom
	io.WriterTo
	syscall.Conn
} = (*Conn)(nil)
