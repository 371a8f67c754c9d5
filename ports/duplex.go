package ports

import (
	"context"
	"errors"
	"io"
	"net"
	"time"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/sockaddr"
	"example.com/bsdsocket/socket"
)

// A Duplex is both ports of a connection as one, made by [Join]: MIT Scheme's I/O port. Its methods
// are those of both ports; where both have one of that name, it is defined here.
//
// It is a [net.Conn], which begins with what the input port has buffered, so that a protocol can be
// upgraded: tls.Client(d, config) takes the connection on where the ports have stopped, and so does
// anything else that wants a net.Conn. The output should be unbuffered then, as it is by default,
// since nobody calls Flush: see [OutputPort.SetBuffering].
//
// The zero Duplex is closed.
type Duplex struct {
	*InputPort
	*OutputPort
}

var (
	_ net.Conn           = Duplex{}
	_ io.ReadWriteCloser = Duplex{}
)

// Join makes one port of both. It takes what [New], and Dial and Accept of package ports/tcp,
// return.
func Join(in *InputPort, out *OutputPort) Duplex { return Duplex{in, out} }

// Close closes the output port and then the input port. It closes both even if one fails.
//
// Over TCP, the socket of an input port that has bytes which nobody read is reset when it closes,
// and what has been sent may never reach the peer: see the order of closing in the package's text.
func (d Duplex) Close() error { return errors.Join(d.OutputPort.Close(), d.InputPort.Close()) }

// CloseWrite closes the output port: the peer sees the end of the stream, and answers can still be
// read.
func (d Duplex) CloseWrite() error { return d.OutputPort.Close() }

// CloseRead closes the input port.
func (d Duplex) CloseRead() error { return d.InputPort.Close() }

// Abandon abandons both ports.
func (d Duplex) Abandon() {
	d.InputPort.Abandon()
	d.OutputPort.Abandon()
}

// Buffered returns how many bytes the input port has buffered. For those that the output port
// keeps, call d.OutputPort.Buffered.
func (d Duplex) Buffered() int { return d.InputPort.Buffered() }

// Discard reads n bytes and drops them: [InputPort.Discard]. To drop what the output port keeps,
// call d.OutputPort.Discard.
func (d Duplex) Discard(n int) (discarded int, err error) { return d.InputPort.Discard(n) }

// SetLineEnding sets what ends a line, read and written.
func (d Duplex) SetLineEnding(ending string) error {
	return errors.Join(d.InputPort.SetLineEnding(ending), d.OutputPort.SetLineEnding(ending))
}

// SetContext sets the context of both ports' calls.
func (d Duplex) SetContext(ctx context.Context) error {
	return errors.Join(d.InputPort.SetContext(ctx), d.OutputPort.SetContext(ctx))
}

// Socket returns the socket behind the ports.
func (d Duplex) Socket() *socket.Socket { return d.InputPort.Socket() }

// Names returns the addresses of both ends. It is an error only when both ports are closed.
func (d Duplex) Names() (local, remote sockaddr.Addr, err error) {
	if local, remote, err = d.InputPort.Names(); err != nil {
		local, remote, err = d.OutputPort.Names()
	}
	return local, remote, err
}

// LocalAddr returns the socket's own address. Without one, and when the socket is closed, it is the
// unspecified address of the family; of the zero Duplex it is nil.
func (d Duplex) LocalAddr() net.Addr {
	s := d.Socket()
	if s == nil {
		return nil
	}
	local, _ := s.Name()
	return netAddr(local, s)
}

// RemoteAddr returns the address that the peer had when the ports were made; of the zero Duplex it
// is nil.
func (d Duplex) RemoteAddr() net.Addr {
	s := d.Socket()
	if s == nil {
		return nil
	}
	return netAddr(*d.InputPort.remote, s)
}

func netAddr(a sockaddr.Addr, s *socket.Socket) net.Addr {
	if !a.IsValid() {
		if a, _ = sockaddr.InetAny(s.Family(), 0); s.Family() == constants.AF_UNIX {
			a = sockaddr.Unnamed()
		}
	}
	return a.NetAddr(s.Type())
}

// SetDeadline sets the deadlines of the socket: see [socket.Socket.SetDeadline].
func (d Duplex) SetDeadline(t time.Time) error {
	return d.deadline("set deadline", (*socket.Socket).SetDeadline, t)
}

// SetReadDeadline sets the deadline of the socket's receives.
func (d Duplex) SetReadDeadline(t time.Time) error {
	return d.deadline("set read deadline", (*socket.Socket).SetReadDeadline, t)
}

// SetWriteDeadline sets the deadline of the socket's sends.
func (d Duplex) SetWriteDeadline(t time.Time) error {
	return d.deadline("set write deadline", (*socket.Socket).SetWriteDeadline, t)
}

func (d Duplex) deadline(op string, set func(*socket.Socket, time.Time) error, t time.Time) error {
	s := d.Socket()
	if s == nil {
		return closed(op)
	}
	return set(s, t)
}
