package netconn

import (
	"net"

	"example.com/bsdsocket/sockaddr"
	"example.com/bsdsocket/socket"
)

// An IPConn is a [net.PacketConn] on a raw or ping socket of IPv4 or IPv6 (SOCK_RAW, or SOCK_DGRAM
// with IPPROTO_ICMP), with the methods of [net.IPConn]. All methods may be called at once; those of
// the zero IPConn fail with EINVAL, which is [socket.ErrClosed] too.
type IPConn struct{ packetConn }

// NewIPConn makes an IPConn of a socket, which then belongs to it. A closed socket is
// [net.ErrClosed]; on an error the socket is still the caller's.
func NewIPConn(s *socket.Socket) (*IPConn, error) {
	c := new(IPConn)
	if err := c.init(s); err != nil {
		return nil, err
	}
	return c, nil
}

// ReadFromIP is ReadFrom with the address as package net's type.
func (c *IPConn) ReadFromIP(b []byte) (int, *net.IPAddr, error) {
	if c.sequenced() {
		n, err := c.Read(b)
		return n, nil, err
	}
	n, from, err := c.sock().ReceiveFrom(background, b, 0)
	if n, err = c.receivedFrom(b, n, &from, err); err != nil {
		return n, nil, err
	}
	return n, ipAddr(from), nil
}

// ReadMsgIP receives a packet into b and its control data into oob: see [PacketConn.ReadMsgUDP].
// The IPv4 header of a raw socket's packet stays.
func (c *IPConn) ReadMsgIP(b, oob []byte) (n, oobn, flags int, addr *net.IPAddr, err error) {
	n, oobn, flags, from, err := c.readMsg(b, oob)
	return n, oobn, flags, ipAddr(from), err
}

// WriteToIP is WriteTo with an address of package net's type.
func (c *IPConn) WriteToIP(b []byte, to *net.IPAddr) (int, error) {
	if to == nil {
		return 0, c.failWrite(nil, c.nowhere())
	}
	return c.WriteTo(b, to)
}

// WriteMsgIP sends b with the control data oob: see [PacketConn.WriteMsgUDP].
func (c *IPConn) WriteMsgIP(b, oob []byte, to *net.IPAddr) (n, oobn int, err error) {
	if to == nil {
		return c.writeMsg(b, oob, sockaddr.Addr{}, nil)
	}
	addr, err := c.destination(to)
	if err != nil {
		return 0, 0, c.failWrite(to, err)
	}
	return c.writeMsg(b, oob, addr, to)
}

// ipAddr is an address as package net's type, nil if there is none.
func ipAddr(a sockaddr.Addr) *net.IPAddr {
	ip := a.IP()
	if !ip.IsValid() {
		return nil
	}
	return &net.IPAddr{IP: ip.AsSlice(), Zone: ip.Zone()}
}

var _ interface {
	net.PacketConn
	net.Conn
} = (*IPConn)(nil)
