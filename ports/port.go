package ports

import (
	"errors"
	"fmt"
	"io"
	"sync/atomic"
	"syscall"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/sockaddr"
	"example.com/bsdsocket/socket"
)

// A Port is one end of a connection, or what makes them: [*InputPort], [*OutputPort], [Duplex], or a listener of package
// ports/tcp.
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

// ErrLineTooLong is the error of a line that is longer than [Params].LineLimit.
var ErrLineTooLong = errors.New("ports: line too long")

// UnsentError is the error of [OutputPort.Close] when buffered bytes could not be sent. They are lost.
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

var errClosed error = closedError{}

type closedError struct{}

func (closedError) Error() string { return "the port is closed" }
func (closedError) Unwrap() error { return socket.ErrClosed }

// link is what the two ports of a socket share.
type link struct {
	socket  *socket.Socket
	message bool         // the socket keeps message boundaries
	open    atomic.Int32 // how many of the two ports are
	remote  *sockaddr.Addr
}

// release is the end of one port, and the socket's with the second.
func (l *link) release() error {
	if l.open.Add(-1) == 0 {
		return l.socket.Close()
	}
	return nil
}

// shutdown shuts one direction down. It does nothing if the socket was closed behind the port's back.
func (l *link) shutdown(how constants.ShutdownHow) error {
	err := l.socket.Shutdown(how)
	if errors.Is(err, socket.ErrClosed) {
		return nil
	}
	return err
}

func (l *link) names(over bool) (local, remote sockaddr.Addr, err error) {
	if over {
		return local, remote, closed("names")
	}
	if local, err = l.socket.Name(); err == nil {
		remote, err = l.socket.PeerName()
	}
	if err == nil && !remote.IsValid() { // the peer has reset the connection
		remote = *l.remote
	}
	return local, remote, err
}

// New makes the two ports of a connected socket, a stream or a message socket: the egg's socket-i/o-ports. They own the socket
// from now on: it is closed when both are.
//
// A socket that is not connected, a listening one included, is ENOTCONN; then, as after any error, the socket is still
// the caller's. So is one whose peer has reset the connection already.
func New(s *socket.Socket, p Params) (*InputPort, *OutputPort, error) {
	if err := p.Validate(); err != nil {
		return nil, nil, err
	}
	remote, err := s.PeerName()
	if err == nil && !remote.IsValid() {
		err = &socket.Error{Op: "make ports", Err: syscall.ENOTCONN}
	}
	if err != nil {
		return nil, nil, err
	}
	// One allocation, in which a call on either port touches few cache lines, and those that it writes are its own.
	both := &struct {
		in InputPort
		link
		out    OutputPort
		remote sockaddr.Addr
	}{remote: remote}
	both.link.socket, both.link.message, both.link.remote = s, s.Type() != constants.SOCK_STREAM, &both.remote
	both.open.Store(2)
	both.in.init(&both.link, p)
	both.out.init(&both.link, p)
	return &both.in, &both.out, nil
}

// Addresses returns the addresses of both ends as text without port numbers, such as "127.0.0.1" or "fe80::1%eth0". It is
// CHICKEN's and Racket's tcp-addresses. A UNIX address is its path, "@name" if it is abstract, and "" without a name.
//
// A listener's remote address is always "0.0.0.0", and so is its local one if it takes connections to every address.
// A closed port or listener is ErrClosed.
func Addresses(p Port) (local, remote string, err error) {
	l, r, err := p.Names()
	if err != nil {
		return "", "", err
	}
	return text(l), text(r), nil
}

func text(a sockaddr.Addr) string {
	if !a.IsValid() || a == sockaddr.Unnamed() {
		return ""
	}
	return a.Address()
}

// PortNumbers returns the port numbers of both ends: CHICKEN's tcp-port-numbers. A listener's remote port is 0, and so
// are those of families without ports, such as AF_UNIX. A closed port or listener is ErrClosed.
func PortNumbers(p Port) (local, remote int, err error) {
	l, r, err := p.Names()
	if err != nil {
		return 0, 0, err
	}
	return l.Port(), r.Port(), nil
}

// Duplex is both ports of a connection as one [io.ReadWriteCloser]: Duplex{in, out}. It is MIT Scheme's I/O port.
type Duplex struct {
	*InputPort
	*OutputPort
}

// Close closes the output port and then the input port. It closes both even if one fails.
func (d Duplex) Close() error { return errors.Join(d.OutputPort.Close(), d.InputPort.Close()) }

// Socket returns the input port's socket.
func (d Duplex) Socket() *socket.Socket { return d.InputPort.Socket() }

// Names returns the addresses of both ends.
func (d Duplex) Names() (local, remote sockaddr.Addr, err error) { return d.InputPort.Names() }

var _ io.ReadWriteCloser = Duplex{}
