package netconn

import (
	"net"
	"net/netip"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/sockaddr"
	"example.com/bsdsocket/socket"
)

// A PacketConn is a [net.PacketConn] on a datagram socket, of UDP, AF_UNIX, IP or any family. Connected, it is a [net.Conn] too,
// through the methods of Conn. All methods may be called at once.
type PacketConn struct{ Conn }

// NewPacketConn makes a PacketConn of a socket, which then belongs to it. A closed socket is [net.ErrClosed]; on an error
// the socket is still the caller's.
func NewPacketConn(s *socket.Socket) (*PacketConn, error) {
	c := new(PacketConn)
	if err := c.init(s); err != nil {
		return nil, err
	}
	return c, nil
}

// ReadFrom implements [net.PacketConn]. What of a datagram does not fit into b is lost. The address of an AF_UNIX sender without a
// name is nil.
//
// Of a raw IPv4 socket (SOCK_RAW), the kernel gives the IPv4 header too. ReadFrom takes it off, as [net.IPConn.ReadFrom] does,
// but b needs room for it: a header that does not fit into b stays. Read leaves it on.
func (c *PacketConn) ReadFrom(b []byte) (int, net.Addr, error) {
	n, from, err := c.receiveFrom(b)
	if err != nil {
		return n, nil, err
	}
	return n, from.NetAddr(c.s.Type()), nil
}

func (c *PacketConn) receiveFrom(b []byte) (int, sockaddr.Addr, error) {
	n, from, err := c.s.ReceiveFrom(background, b, 0)
	if err != nil {
		return n, from, c.fail("read", err)
	}
	if c.s.Type() == constants.SOCK_RAW && c.s.Family() == constants.AF_INET {
		n = copy(b, b[headerLen(b[:n]):n])
	}
	return n, from, nil
}

// headerLen is the length of the IPv4 header that packet begins with (RFC 791), 0 if there is no whole one.
func headerLen(packet []byte) int {
	const least = 20
	if len(packet) < least || packet[0]>>4 != 4 {
		return 0
	}
	n := int(packet[0]&0xf) * 4
	if n < least || n > len(packet) {
		return 0
	}
	return n
}

// WriteTo implements [net.PacketConn]. The address is one of package net's types, or any that [sockaddr.FromNetAddr] knows; an
// IPv4 address on an IPv6 socket is mapped. A connected socket refuses: [net.ErrWriteToConnected].
func (c *PacketConn) WriteTo(b []byte, addr net.Addr) (int, error) {
	to, err := c.destination(addr)
	if err != nil {
		return 0, &net.OpError{Op: "write", Net: c.local.Network(), Source: c.local, Addr: addr, Err: err}
	}
	return c.writeTo(b, to, addr)
}

func (c *PacketConn) destination(addr net.Addr) (sockaddr.Addr, error) {
	if u, ok := addr.(*net.UDPAddr); ok && u != nil && len(u.IP) == 0 {
		return sockaddr.InetAny(c.s.Family(), u.Port)
	}
	to, err := sockaddr.FromNetAddr(addr)
	if err == nil && to.Family() == constants.AF_INET && c.s.Family() == constants.AF_INET6 {
		to = mapped(to.AddrPort())
	}
	return to, err
}

// mapped is an IPv4 address for IPv6 sockets.
func mapped(p netip.AddrPort) sockaddr.Addr {
	return sockaddr.FromAddrPort(netip.AddrPortFrom(netip.AddrFrom16(p.Addr().As16()), p.Port()))
}

func (c *PacketConn) writeTo(b []byte, to sockaddr.Addr, addr net.Addr) (n int, err error) {
	if c.remote != nil {
		err = net.ErrWriteToConnected
	} else if n, err = c.s.SendTo(background, b, to, 0); err != nil {
		err = cause("sendto", err)
	}
	if err != nil {
		if addr == nil {
			addr = to.NetAddr(c.s.Type())
		}
		err = &net.OpError{Op: "write", Net: c.local.Network(), Source: c.local, Addr: addr, Err: err}
	}
	return n, err
}

// ReadFromUDPAddrPort is ReadFrom for sockets of IPv4 and IPv6, without allocations. On an IPv6 socket an IPv4 sender has a mapped
// address, as with [net.UDPConn.ReadFromUDPAddrPort].
func (c *PacketConn) ReadFromUDPAddrPort(b []byte) (int, netip.AddrPort, error) {
	n, from, err := c.receiveFrom(b)
	if err != nil {
		return n, netip.AddrPort{}, err
	}
	return n, from.AddrPort(), nil
}

// WriteToUDPAddrPort is WriteTo for sockets of IPv4 and IPv6, without allocations.
func (c *PacketConn) WriteToUDPAddrPort(b []byte, to netip.AddrPort) (int, error) {
	a := sockaddr.FromAddrPort(to)
	if to.Addr().Is4() && c.s.Family() == constants.AF_INET6 {
		a = mapped(to)
	}
	return c.writeTo(b, a, nil)
}

var _ interface {
	net.PacketConn
	net.Conn
} = (*PacketConn)(nil)
