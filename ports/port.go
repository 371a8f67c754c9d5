package ports

import (
	"errors"
	"fmt"
	"io"
	"net"
	"sync/atomic"
	"syscall"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/internal/fd"
	"example.com/bsdsocket/sockaddr"
	"example.com/bsdsocket/socket"
	"example.com/bsdsocket/sockopt"
)

// A Port is one end of a connection, or what makes them: [*InputPort], [*OutputPort], [Duplex], or
// a listener of package ports/tcp.
type Port interface {
	io.Closer
	// Socket returns the socket behind the port, also when it is closed.
	Socket() *socket.Socket
	// Names returns the addresses of both ends.
	Names() (local, remote sockaddr.Addr, err error)
}

var (
	_ Port = (*InputPort)(nil)
	_ Port = (*OutputPort)(nil)
	_ Port = Duplex{}
)

var (
	// ErrLineTooLong is the error of a line that is longer than [Params].LineLimit, or than the
	// limit of [InputPort.ReadUntil].
	ErrLineTooLong = errors.New("ports: line too long")

	// ErrMessageEnd is the error of calls that want more bytes than a message has. On message
	// sockets no call goes on into the next message.
	ErrMessageEnd = errors.New("ports: the message ends before")
)

// An UnsentError is the error of [OutputPort.Close] if buffered bytes could not be sent. They are
// lost.
type UnsentError struct {
	Unsent int   // how many bytes
	Err    error // why: of sending, usually a [*socket.Error]
}

// Error returns text like "ports: close: 12 bytes not sent: socket: send ...: broken pipe".
func (e *UnsentError) Error() string {
	return fmt.Sprintf("ports: close: %d bytes not sent: %v", e.Unsent, e.Err)
}

// Unwrap returns Err.
func (e *UnsentError) Unwrap() error { return e.Err }

// closed is the use of a closed port, whose socket may be open.
func closed(op string) error { return &socket.Error{Op: op, Err: errClosed} }

const (
	errClosed    = fd.Closed("the port is closed")
	errCustodian = fd.Closed("the custodian is closed")
)

// link is what the two ports of a socket share.
type link struct {
	socket  *socket.Socket
	message bool         // the socket keeps message boundaries
	open    atomic.Int32 // how many of the two ports are
	remote  *sockaddr.Addr
}

// release is the end of one port, and the socket's with the second. In a hurry, it does not linger.
func (l *link) release(rush bool) error {
	if l.open.Add(-1) > 0 {
		return nil
	}
	if rush {
		hasten(l.socket)
	}
	return l.socket.Close()
}

// hasten lets close(2) return at once, where SO_LINGER makes it wait for the peer. The kernel goes
// on sending.
func hasten(s *socket.Socket) {
	if linger, err := sockopt.SOLinger.Get(s); err == nil && linger.Enabled && linger.Timeout > 0 {
		sockopt.SOLinger.Set(s, sockopt.Linger{})
	}
}

// shutdown shuts one direction down. It is a no-op if the socket was closed behind the port's back,
// and if closing the socket shall reset the connection (SO_LINGER with a time of 0, socket(7)): a
// peer that has seen the end of the stream takes what came before for whole.
func (l *link) shutdown(how constants.ShutdownHow) error {
	if how == constants.SHUT_WR {
		if linger, err := sockopt.SOLinger.Get(l.socket); err == nil && linger.Enabled &&
			linger.Timeout == 0 {
			return nil
		}
	}
	err := l.socket.Shutdown(how)
	if errors.Is(err, socket.ErrClosed) {
		return nil
	}
	return err
}

func (l *link) names() (local, remote sockaddr.Addr, err error) {
	if local, err = l.socket.Name(); err == nil {
		remote, err = l.socket.PeerName()
	}
	if err == nil && !remote.IsValid() { // the peer has reset the connection
		remote = *l.remote
	}
	return local, remote, err
}

// New makes the two ports of a connected socket, a stream or a message socket: the egg's
// socket-i/o-ports. They own the socket from now on: it is closed when both are. [Join] makes one
// port of them.
//
// A socket that is not connected, a listening one included, is ENOTCONN; then, as after any error,
// the socket is still the caller's. So is one whose peer has reset the connection already. A nil or
// closed socket is ErrClosed.
//
// What another reader of the connection has read ahead can be put back: see [InputPort.Unread]. A
// [net.Conn] that is no socket, such as one of crypto/tls, has no ports: see the end of the
// package's documentation.
func New(s *socket.Socket, p Params) (*InputPort, *OutputPort, error) {
	const op = "new ports"
	if s == nil {
		return nil, nil, &socket.Error{Op: op, Err: socket.ErrClosed}
	}
	if err := p.Validate(); err != nil {
		return nil, nil, err
	}
	remote, err := s.PeerName()
	if err == nil && !remote.IsValid() {
		err = &socket.Error{Op: op, Err: syscall.ENOTCONN}
	}
	if err != nil {
		return nil, nil, err
	}
	// One allocation, in which a call on either port touches few cache lines, and those that it
	// writes are its own.
	both := &struct {
		in InputPort
		link
		out    OutputPort
		remote sockaddr.Addr
	}{remote: remote}
	both.link.socket, both.link.remote = s, &both.remote
	typ := s.Type()
	both.link.message = typ != constants.SOCK_STREAM
	both.open.Store(2)
	both.in.init(&both.link, p)
	both.out.init(&both.link, p)
	return &both.in, &both.out, nil
}

// Addresses returns the addresses of both ends as text without port numbers, such as "127.0.0.1" or
// "fe80::1%eth0". It is CHICKEN's and Racket's tcp-addresses. A UNIX address is its path, "@name"
// if it is abstract, and "" without a name; a path that begins with "@" becomes "./@...", the same
// file.
//
// A listener's remote address is always "0.0.0.0", and so is its local one if it takes connections
// to every address. A closed port or listener is ErrClosed.
func Addresses(p Port) (local, remote string, err error) {
	l, r, err := p.Names()
	if err != nil {
		return "", "", err
	}
	return text(l), text(r), nil
}

func text(a sockaddr.Addr) string {
	if !a.IsValid() || a.IsUnnamed() {
		return ""
	}
	if unix, ok := a.NetAddr(constants.SOCK_STREAM).(*net.UnixAddr); ok {
		return unix.Name
	}
	return a.Address()
}

// PortNumbers returns the port numbers of both ends: CHICKEN's tcp-port-numbers. A listener's
// remote port is 0, and so are those of families without ports, such as AF_UNIX. A closed port or
// listener is ErrClosed.
func PortNumbers(p Port) (local, remote int, err error) {
	l, r, err := p.Names()
	if err != nil {
		return 0, 0, err
	}
	return l.Port(), r.Port(), nil
}
