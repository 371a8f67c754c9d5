package netconn

import (
	"net"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/sockaddr"
	"example.com/bsdsocket/socket"
)

// A UnixConn is a [net.Conn] and [net.PacketConn] on a socket of AF_UNIX, of any type, with the
// methods of [net.UnixConn]. All methods may be called at once; those of the zero UnixConn fail
// with EINVAL, which is [socket.ErrClosed] too.
type UnixConn struct{ packetConn }

// NewUnixConn makes a UnixConn of a socket, which then belongs to it. A closed socket is
// [net.ErrClosed]; on an error the socket is still the caller's.
func NewUnixConn(s *socket.Socket) (*UnixConn, error) {
	c := new(UnixConn)
	if err := c.init(s); err != nil {
		return nil, err
	}
	return c, nil
}

// ReadFromUnix is ReadFrom with the address as package net's type, nil of a sender without a name.
func (c *UnixConn) ReadFromUnix(b []byte) (int, *net.UnixAddr, error) {
	if c.sequenced() {
		n, err := c.Read(b)
		return n, nil, err
	}
	n, from, err := c.sock().ReceiveFrom(background, b, 0)
	if n, err = c.receivedFrom(b, n, &from, err); err != nil {
		return n, nil, err
	}
	return n, c.unixAddr(from), nil
}

// ReadMsgUnix receives into b, and control data into oob: see [PacketConn.ReadMsgUDP]. Descriptors
// in control data are close-on-exec, and the caller's. If some did not fit, which MSG_CTRUNC in
// flags tells, all are closed. As in package net, with an empty b a byte is read and discarded, if
// oob has room, and n is 1 then; not so of datagrams.
func (c *UnixConn) ReadMsgUnix(b, oob []byte) (n, oobn, flags int, addr *net.UnixAddr, err error) {
	n, oobn, flags, from, err := c.readMsg(b, oob)
	return n, oobn, flags, c.unixAddr(from), err
}

// WriteToUnix is WriteTo with an address of package net's type.
func (c *UnixConn) WriteToUnix(b []byte, to *net.UnixAddr) (int, error) {
	if to == nil {
		return 0, c.failWrite(nil, c.nowhere())
	}
	return c.WriteTo(b, to)
}

// WriteMsgUnix sends b with the control data oob: see [PacketConn.WriteMsgUDP]. As in package net,
// control data without data is sent with a byte, which does not count in n; datagrams need none.
func (c *UnixConn) WriteMsgUnix(b, oob []byte, to *net.UnixAddr) (n, oobn int, err error) {
	if to == nil {
		return c.writeMsg(b, oob, sockaddr.Addr{}, nil)
	}
	addr, err := c.destination(to)
	if err != nil {
		return 0, 0, c.failWrite(to, err)
	}
	return c.writeMsg(b, oob, addr, to)
}

// CloseRead shuts the receiving side down: see [Conn.CloseRead].
func (c *UnixConn) CloseRead() error { return c.shutdown(constants.SHUT_RD) }

// CloseWrite shuts the sending side down: see [Conn.CloseWrite].
func (c *UnixConn) CloseWrite() error { return c.shutdown(constants.SHUT_WR) }

// unixAddr is an address as package net's type, nil if there is none.
func (c *UnixConn) unixAddr(a sockaddr.Addr) *net.UnixAddr {
	if !a.IsValid() || a.IsUnnamed() {
		return nil
	}
	addr, _ := a.NetAddr(c.sock().Type()).(*net.UnixAddr)
	return addr
}

var _ interface {
	net.PacketConn
	net.Conn
} = (*UnixConn)(nil)
