package netconn

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"syscall"
	"time"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/internal/sys"
	"example.com/bsdsocket/sockaddr"
	"example.com/bsdsocket/socket"
	"example.com/bsdsocket/sockopt"
)

// A Conn is a [net.Conn] on a connected socket, of any family and type. All methods may be called at once.
type Conn struct {
	s             *socket.Socket
	local, remote net.Addr
}

// NewConn makes a Conn of a connected socket, which then belongs to it. Its addresses are those that the socket has now. A
// closed socket is [net.ErrClosed]; on an error the socket is still the caller's.
func NewConn(s *socket.Socket) (*Conn, error) {
	c := new(Conn)
	if err := c.init(s); err != nil {
		return nil, err
	}
	return c, nil
}

func (c *Conn) init(s *socket.Socket) error {
	peer, err := s.PeerName()
	if err == nil {
		err = s.SetParams(socket.Params{})
	}
	if err != nil {
		return err
	}
	c.s = s
	name, err := s.Name()
	if err != nil {
		return c.fail("set", err)
	}
	c.local = address(s, name)
	if peer.IsValid() {
		c.remote = address(s, peer)
	}
	if isTCP(s) {
		return c.fail("set", sockopt.TCPNoDelay.Set(s, true))
	}
	return nil
}

func isTCP(s *socket.Socket) bool {
	return s.Type() == constants.SOCK_STREAM && (s.Family() == constants.AF_INET || s.Family() == constants.AF_INET6) &&
		(s.Protocol() == 0 || s.Protocol() == constants.IPPROTO_TCP)
}

// address is a socket's own or its peer's address, which is never nil: of one without a name, package net's.
func address(s *socket.Socket, name sockaddr.Addr) net.Addr {
	if name.IsValid() && !name.IsUnnamed() {
		return name.NetAddr(s.Type())
	}
	name = sockaddr.Unnamed()
	switch s.Family() {
	case constants.AF_INET, constants.AF_INET6:
		name, _ = sockaddr.InetAny(s.Family(), 0)
	case constants.AF_UNIX:
		// Where there are abstract names, package net says "@", as of the empty one.
		if empty, err := sockaddr.Abstract(""); err == nil {
			name = empty
		}
	}
	return name.NetAddr(s.Type())
}

// Socket returns the socket, which stays the Conn's.
func (c *Conn) Socket() *socket.Socket { return c.s }

// SyscallConn implements [syscall.Conn]: package sockopt sets options through it.
func (c *Conn) SyscallConn() (syscall.RawConn, error) { return c.s.SyscallConn() }

// File returns a duplicate of the descriptor, which the caller closes: see [socket.Socket.File].
func (c *Conn) File() (*os.File, error) {
	f, err := c.s.File()
	return f, c.fail("file", err)
}

// LocalAddr returns the address that the socket had when the Conn was made. The name of an AF_UNIX socket without one is
// "@" on Linux, as in package net, and empty elsewhere.
func (c *Conn) LocalAddr() net.Addr { return c.local }

// RemoteAddr returns the address of the peer, nil if there is none. A peer without a name is as in LocalAddr.
func (c *Conn) RemoteAddr() net.Addr { return c.remote }

// Read implements [io.Reader]. The end of the stream is io.EOF. An empty b reads nothing, at once, and leaves datagrams where they
// are; only a closed socket is an error then.
func (c *Conn) Read(b []byte) (int, error) {
	if len(b) == 0 { // for datagrams, Socket.Read would wait, and discard one
		return 0, c.fail("read", c.control(func(int) error { return nil }))
	}
	n, err := c.s.Read(b)
	if err != nil {
		err = c.fail("read", err)
	}
	return n, err
}

// Write implements [io.Writer].
func (c *Conn) Write(b []byte) (int, error) {
	n, err := c.s.Write(b)
	if err != nil {
		err = c.fail("write", err)
	}
	return n, err
}

// ReadFrom implements [io.ReaderFrom], with sendfile(2) and splice(2) where they can be used: see [socket.Socket.ReadFrom].
func (c *Conn) ReadFrom(r io.Reader) (n int64, err error) {
	// The sockets inside of Conns are what splice(2) can use.
	switch r := r.(type) {
	case *Conn:
		n, err = c.s.ReadFrom(r.s)
	case *io.LimitedReader:
		from, ok := r.R.(*Conn)
		if !ok {
			n, err = c.s.ReadFrom(r)
			break
		}
		limited := io.LimitedReader{R: from.s, N: r.N}
		n, err = c.s.ReadFrom(&limited)
		r.N = limited.N
	default:
		n, err = c.s.ReadFrom(r)
	}
	return n, c.fail("readfrom", err)
}

// WriteTo implements [io.WriterTo], with splice(2) where it can be used: see [socket.Socket.WriteTo].
func (c *Conn) WriteTo(w io.Writer) (int64, error) {
	if conn, ok := w.(*Conn); ok {
		w = conn.s
	}
	n, err := c.s.WriteTo(w)
	return n, c.fail("writeto", err)
}

// Close closes the socket. Calls that wait return [net.ErrClosed]. Closing again does nothing.
func (c *Conn) Close() error { return c.fail("close", c.s.Close()) }

// CloseRead shuts the receiving side down: what comes is discarded, and Read returns io.EOF.
func (c *Conn) CloseRead() error { return c.shutdown(constants.SHUT_RD) }

// CloseWrite shuts the sending side down: the peer reads to the end of what was sent, and then io.EOF.
func (c *Conn) CloseWrite() error { return c.shutdown(constants.SHUT_WR) }

// shutdown is not [socket.Socket.Shutdown], to which a connection that is gone is no error.
func (c *Conn) shutdown(how constants.ShutdownHow) error {
	return c.fail("close", c.control(func(sysfd int) error {
		return os.NewSyscallError("shutdown", sys.Shutdown(sysfd, int(how)))
	}))
}

// control calls fn with the descriptor, if the socket is not closed.
func (c *Conn) control(fn func(sysfd int) error) error {
	raw, err := c.s.SyscallConn()
	if err == nil && raw.Control(func(sysfd uintptr) { err = fn(int(sysfd)) }) != nil {
		err = net.ErrClosed // Control fails for no other reason
	}
	return err
}

// SetDeadline sets the time at which Read and Write fail with [os.ErrDeadlineExceeded]. The zero Time is none.
func (c *Conn) SetDeadline(t time.Time) error { return c.fail("set", c.s.SetDeadline(t)) }

// SetReadDeadline is SetDeadline for Read.
func (c *Conn) SetReadDeadline(t time.Time) error { return c.fail("set", c.s.SetReadDeadline(t)) }

// SetWriteDeadline is SetDeadline for Write.
func (c *Conn) SetWriteDeadline(t time.Time) error { return c.fail("set", c.s.SetWriteDeadline(t)) }

// SetReadBuffer sets [sockopt.SOReceiveBuffer], in bytes.
func (c *Conn) SetReadBuffer(bytes int) error { return c.set(sockopt.SOReceiveBuffer.Set(c.s, bytes)) }

// SetWriteBuffer sets [sockopt.SOSendBuffer], in bytes.
func (c *Conn) SetWriteBuffer(bytes int) error { return c.set(sockopt.SOSendBuffer.Set(c.s, bytes)) }

// SetNoDelay sets [sockopt.TCPNoDelay], which is on at first. For TCP.
func (c *Conn) SetNoDelay(on bool) error { return c.set(sockopt.TCPNoDelay.Set(c.s, on)) }

// SetLinger sets [sockopt.SOLinger]: what Close does with data that was not sent yet. Negative, it is sent after Close, which is
// the default; 0, it is dropped, and the connection reset; positive, it is dropped after that many seconds.
func (c *Conn) SetLinger(seconds int) error {
	l := sockopt.Linger{Enabled: seconds >= 0, Timeout: time.Duration(max(seconds, 0)) * time.Second}
	return c.set(sockopt.SOLinger.Set(c.s, l))
}

// SetKeepAlive sets [sockopt.SOKeepAlive].
func (c *Conn) SetKeepAlive(on bool) error { return c.set(sockopt.SOKeepAlive.Set(c.s, on)) }

// SetKeepAlivePeriod sets how long a connection is idle before the first keep-alive probe, as [net.TCPConn.SetKeepAlivePeriod]
// does: rounded up to whole seconds; zero is 15 seconds, and negative leaves it as it is. It neither switches keep-alive on nor
// sets the time between probes: see SetKeepAlive and SetKeepAliveConfig. For TCP.
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
	return c.set(option.Set(c.s, d))
}

// SetKeepAliveConfig sets keep-alive as [net.TCPConn.SetKeepAliveConfig] does: zero is 15 seconds, or 9 probes; negative leaves
// a value as it is. For TCP.
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
		err = c.set(sockopt.TCPKeepCount.Set(c.s, config.Count))
	}
	return err
}

func (c *Conn) set(err error) error { return c.fail("set", err) }

// fail gives an error the shape that users of package net know.
func (c *Conn) fail(op string, err error) error {
	if err == nil || err == io.EOF {
		return err
	}
	e := &net.OpError{Op: op, Source: c.local, Addr: c.remote, Err: cause(op, err)}
	if c.local != nil {
		e.Net = c.local.Network()
	}
	if op == "set" || op == "accept" {
		e.Source, e.Addr = nil, c.local
	}
	return e
}

// cause takes the errors of this module off. Others stay whole: they are those of a caller's reader or writer, as in package net,
// or have their shape already.
func cause(op string, err error) error {
	switch err.(type) {
	case *socket.Error, *sockopt.Error:
	default:
		return err
	}
	switch {
	case errors.Is(err, net.ErrClosed):
		return net.ErrClosed
	case errors.Is(err, os.ErrDeadlineExceeded):
		return os.ErrDeadlineExceeded
	}
	if code, ok := errors.AsType[syscall.Errno](err); ok {
		return os.NewSyscallError(op, code)
	}
	return err
}

var background = context.Background()

var _ interface {
	net.Conn
	io.ReaderFrom
	io.WriterTo
	syscall.Conn
} = (*Conn)(nil)
