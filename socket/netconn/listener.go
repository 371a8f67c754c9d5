package netconn

import (
	"net"
	"os"
	"sync/atomic"
	"syscall"
	"time"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/sockaddr"
	"example.com/bsdsocket/socket"
	"example.com/bsdsocket/sockopt"
)

// A Listener is a [net.Listener] on a socket that listens. All methods may be called at once. Those
// of the zero Listener fail with EINVAL, as package net's do; it is [socket.ErrClosed] too.
type Listener struct {
	conn   conn // without a peer
	name   sockaddr.Addr
	unlink atomic.Bool
}

// NewListener makes a Listener of a socket that listens, which then belongs to it. A closed socket
// is [net.ErrClosed]; one that does not listen fails at Accept, with EINVAL, or EOPNOTSUPP if its
// type has no connections. On an error the socket is still the caller's.
func NewListener(s *socket.Socket) (*Listener, error) {
	if s == nil {
		return nil, zero("listen")
	}
	l := new(Listener)
	l.conn.s = s
	name, err := s.Name()
	if err == nil {
		err = s.SetParams(socket.Params{}) // the sockets that it accepts inherit them
	}
	if err != nil {
		return nil, l.conn.fail("listen", err)
	}
	l.name, l.conn.local = name, address(s, name)
	return l, nil
}

// Accept waits for a connection, and returns it as a [*Conn]. Errors of one connection are not
// reported by Accept.
func (l *Listener) Accept() (net.Conn, error) {
	c, err := l.AcceptConn()
	if err != nil {
		return nil, err
	}
	return c, nil
}

// AcceptConn is Accept that returns the [*Conn].
func (l *Listener) AcceptConn() (*Conn, error) {
	s, peer, err := l.conn.sock().Accept(background)
	if err != nil {
		return nil, l.conn.fail("accept", err)
	}
	c := new(Conn)
	c.s, c.local, c.remote = s, l.conn.local, address(s, peer)
	// The client may have reset the connection, which some systems say here. That concerns this
	// Conn, and its calls say so too; but an error of Accept ends servers.
	if name, err := s.Name(); err == nil {
		c.local = address(s, name)
	}
	if isTCP(s) {
		_ = sockopt.TCPNoDelay.Set(s, true)
	}
	return c, nil
}

// Close closes the socket. Connections that nobody has accepted are reset; those that were accepted
// live on. Accept returns [net.ErrClosed], and so does closing again.
func (l *Listener) Close() error {
	if l.unlink.Swap(false) && l.name.Family() == constants.AF_UNIX && l.name.Path() != "" {
		os.Remove(l.name.Path())
	}
	return l.conn.Close()
}

// SetUnlinkOnClose chooses whether Close removes the file of an AF_UNIX socket. By default it
// stays, as with [net.FileListener]: it belongs to whoever bound it.
func (l *Listener) SetUnlinkOnClose(unlink bool) { l.unlink.Store(unlink) }

// Addr returns the address that the socket had when the Listener was made.
func (l *Listener) Addr() net.Addr { return l.conn.local }

// SetDeadline sets the time at which Accept fails with [os.ErrDeadlineExceeded]. The zero Time is
// none.
func (l *Listener) SetDeadline(t time.Time) error { return l.conn.SetReadDeadline(t) }

// Socket returns the socket, which stays the Listener's.
func (l *Listener) Socket() *socket.Socket { return l.conn.s }

// SyscallConn implements [syscall.Conn]: package sockopt sets options through it.
func (l *Listener) SyscallConn() (syscall.RawConn, error) { return l.conn.SyscallConn() }

// File returns a duplicate of the descriptor, which the caller closes: see [socket.Socket.File].
func (l *Listener) File() (*os.File, error) { return l.conn.File() }

var _ interface {
	net.Listener
	syscall.Conn
} = (*Listener)(nil)
