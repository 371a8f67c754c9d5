package netconn

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"sync/atomic"
	"syscall"
	"time"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/internal/sys"
	"example.com/bsdsocket/sockaddr"
	"example.com/bsdsocket/socket"
	"example.com/bsdsocket/sockopt"
)

// conn is what [Conn], [PacketConn], [IPConn], [UnixConn] and [Listener] share.
type conn struct {
	s             *socket.Socket // nil of the zero value
	local, remote net.Addr
	closed        atomic.Bool
}

// none is the socket of a zero value: its calls fail, and fail makes errZero of that.
var none socket.Socket

// A kind is an error with the text that programs look for in package net's, which is of one of this
// module's kinds too.
type kind struct{ std, ours error }

func (k kind) Error() string   { return k.std.Error() }
func (k kind) Unwrap() []error { return []error{k.std, k.ours} }
func (k kind) Timeout() bool   { return k.std == os.ErrDeadlineExceeded }
func (k kind) Temporary() bool { return k.Timeout() }

var (
	errClosed  error = kind{net.ErrClosed, socket.ErrClosed}
	errTimeout error = kind{os.ErrDeadlineExceeded, socket.ErrTimeout}
	errZero    error = kind{syscall.EINVAL, socket.ErrClosed} // of zero values, as in package net
)

// An absence is an errno that is of the kind ErrUnsupported, of which package syscall knows some
// only.
type absence struct{ syscall.Errno }

func (a absence) Unwrap() []error { return []error{a.Errno, socket.ErrUnsupported} }

// zero is the error of a call on a zero value.
func zero(op string) error { return &net.OpError{Op: op, Err: errZero} }

func (c *conn) sock() *socket.Socket {
	if c.s == nil {
		return &none
	}
	return c.s
}

func (c *conn) init(s *socket.Socket) error {
	if s == nil {
		return zero("new")
	}
	peer, err := s.PeerName()
	if err == nil {
		err = s.SetParams(socket.Params{})
	}
	if err != nil {
		return (&conn{s: s}).fail("new", err)
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

// isTCP reports whether a socket is of TCP, or of Multipath TCP, which has TCP's options.
func isTCP(s *socket.Socket) bool {
	if s.Type() != constants.SOCK_STREAM || s.Family() != constants.AF_INET &&
		s.Family() != constants.AF_INET6 {
		return false
	}
	switch s.Protocol() {
	case 0, constants.IPPROTO_TCP, constants.IPPROTO_MPTCP:
		return true
	}
	return false
}

// internet reports whether the socket is of AF_INET or AF_INET6.
func (c *conn) internet() bool {
	f := c.sock().Family()
	return f == constants.AF_INET || f == constants.AF_INET6
}

// address is a socket's own or its peer's address, which is never nil: of one without a name,
// package net's.
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

// Socket returns the socket, which stays the adapter's.
func (c *conn) Socket() *socket.Socket { return c.s }

// SyscallConn implements [syscall.Conn]: package sockopt sets options through it.
func (c *conn) SyscallConn() (syscall.RawConn, error) { return c.sock().SyscallConn() }

// File returns a duplicate of the descriptor, which the caller closes: see [socket.Socket.File].
func (c *conn) File() (*os.File, error) {
	f, err := c.sock().File()
	return f, c.fail("file", err)
}

// LocalAddr returns the address that the socket had when the adapter was made. The name of an
// AF_UNIX socket without one is "@" on Linux, as in package net, and empty elsewhere.
func (c *conn) LocalAddr() net.Addr { return c.local }

// RemoteAddr returns the address of the peer, nil if there is none. A peer without a name is as in
// LocalAddr.
func (c *conn) RemoteAddr() net.Addr { return c.remote }

// Read implements [io.Reader]. The end of the stream is io.EOF. An empty b reads nothing, at once,
// and leaves datagrams where they are; only a closed socket is an error then.
func (c *conn) Read(b []byte) (int, error) {
	if len(b) == 0 { // for datagrams, Socket.Read would wait, and discard one
		return 0, c.fail("read", c.control(func(int) error { return nil }))
	}
	n, err := c.sock().Read(b)
	if err != nil {
		err = c.fail("read", err)
	}
	return n, err
}

// Write implements [io.Writer].
func (c *conn) Write(b []byte) (int, error) {
	n, err := c.sock().Write(b)
	if err != nil {
		err = c.fail("write", err)
	}
	return n, err
}

// Close closes the socket. Calls that wait return [net.ErrClosed], and so does closing again, as in
// package net.
func (c *conn) Close() error {
	if c.closed.Swap(true) || c.sock().FD() < 0 {
		return c.fail("close", errClosed)
	}
	return c.fail("close", c.s.Close())
}

// shutdown is not [socket.Socket.Shutdown], to which a connection that is gone is no error.
func (c *conn) shutdown(how constants.ShutdownHow) error {
	return c.fail("close", c.control(func(sysfd int) error {
		return os.NewSyscallError("shutdown", sys.Shutdown(sysfd, int(how)))
	}))
}

// control calls fn with the descriptor, if the socket is not closed.
func (c *conn) control(fn func(sysfd int) error) error {
	raw, err := c.sock().SyscallConn()
	if err == nil && raw.Control(func(sysfd uintptr) { err = fn(int(sysfd)) }) != nil {
		err = errClosed // Control fails for no other reason
	}
	return err
}

// SetDeadline sets the time at which Read and Write fail with [os.ErrDeadlineExceeded]. The zero
// Time is none.
func (c *conn) SetDeadline(t time.Time) error { return c.fail("set", c.sock().SetDeadline(t)) }

// SetReadDeadline is SetDeadline for Read.
func (c *conn) SetReadDeadline(t time.Time) error {
	return c.fail("set", c.sock().SetReadDeadline(t))
}

// SetWriteDeadline is SetDeadline for Write.
func (c *conn) SetWriteDeadline(t time.Time) error {
	return c.fail("set", c.sock().SetWriteDeadline(t))
}

// SetReadBuffer sets [sockopt.SOReceiveBuffer], in bytes.
func (c *conn) SetReadBuffer(bytes int) error {
	return c.set(sockopt.SOReceiveBuffer.Set(c.sock(), bytes))
}

// SetWriteBuffer sets [sockopt.SOSendBuffer], in bytes.
func (c *conn) SetWriteBuffer(bytes int) error {
	return c.set(sockopt.SOSendBuffer.Set(c.sock(), bytes))
}

func (c *conn) set(err error) error { return c.fail("set", err) }

// fail gives an error the shape that users of package net know.
func (c *conn) fail(op string, err error) error {
	if err == nil || err == io.EOF {
		return err
	}
	if c.s == nil {
		return zero(op)
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

// cause takes the errors of this module off. Others stay whole: they are those of a caller's reader
// or writer, as in package net, or have their shape already.
func cause(op string, err error) error {
	switch e := err.(type) {
	case *socket.Error:
		if e.Err == socket.ErrTimeout { // servers that poll with short deadlines meet many
			return errTimeout
		}
	case *sockopt.Error:
	default:
		return err
	}
	switch {
	case errors.Is(err, net.ErrClosed):
		return errClosed
	case errors.Is(err, os.ErrDeadlineExceeded):
		return errTimeout
	}
	if code, ok := errors.AsType[syscall.Errno](err); ok {
		if e, ok := err.(*socket.Error); ok && code == syscall.ETIMEDOUT && !e.Timeout() {
			return os.NewSyscallError(op, e.Err) // told again, see socket.Error
		}
		if sys.Unsupported(code) {
			return os.NewSyscallError(op, absence{code})
		}
		return os.NewSyscallError(op, code)
	}
	return err
}

var background = context.Background()
