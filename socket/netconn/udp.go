package netconn

import (
	"errors"
	"io"
	"net"
	"net/netip"
	"sync"
	"syscall"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/sockaddr"
	"example.com/bsdsocket/socket"
)

// ReadFromUDPAddrPort is ReadFrom for sockets of IPv4 and IPv6, without allocations. On an IPv6
// socket an IPv4 sender has a mapped address, as with [net.UDPConn.ReadFromUDPAddrPort].
func (c *PacketConn) ReadFromUDPAddrPort(b []byte) (int, netip.AddrPort, error) {
	if err := c.udp("read"); err != nil {
		return 0, netip.AddrPort{}, err
	}
	if c.sequenced() {
		n, err := c.Read(b)
		return n, netip.AddrPort{}, err
	}
	n, from, err := c.sock().ReceiveFrom(background, b, 0)
	if n, err = c.receivedFrom(b, n, &from, err); err != nil {
		return n, netip.AddrPort{}, err
	}
	return n, c.addrPort(&from), nil
}

// ReadFromUDP is ReadFrom with the address as package net's type.
func (c *PacketConn) ReadFromUDP(b []byte) (int, *net.UDPAddr, error) {
	n, from, err := c.ReadFromUDPAddrPort(b)
	if err != nil {
		return n, nil, err
	}
	return n, net.UDPAddrFromAddrPort(from), nil
}

// ReadMsgUDPAddrPort receives a datagram into b and its control data into oob, and returns how much
// is in each, the flags of the message, and the sender's address: recvmsg(2), without allocations.
// Control data that does not fit is told by MSG_CTRUNC in flags, and is no error. Package cmsg
// reads it.
func (c *PacketConn) ReadMsgUDPAddrPort(b,
	oob []byte) (n, oobn, flags int, addr netip.AddrPort, err error) {
	if err = c.udp("read"); err != nil {
		return 0, 0, 0, addr, err
	}
	n, oobn, flags, from, err := c.readMsg(b, oob)
	return n, oobn, flags, from.AddrPort(), err
}

// ReadMsgUDP is ReadMsgUDPAddrPort with the address as package net's type, nil if there is none.
func (c *PacketConn) ReadMsgUDP(b, oob []byte) (n, oobn, flags int, addr *net.UDPAddr, err error) {
	n, oobn, flags, from, err := c.ReadMsgUDPAddrPort(b, oob)
	if from.IsValid() {
		addr = net.UDPAddrFromAddrPort(from)
	}
	return n, oobn, flags, addr, err
}

// WriteToUDPAddrPort is WriteTo for sockets of IPv4 and IPv6, without allocations. An IPv4 address
// on an IPv6 socket is mapped, and a mapped address on an IPv4 socket is the IPv4 address, as in
// WriteTo.
func (c *PacketConn) WriteToUDPAddrPort(b []byte, to netip.AddrPort) (int, error) {
	if err := c.udp("write"); err != nil {
		return 0, err
	}
	addr, err := c.fit(to)
	if err != nil {
		return 0, c.failWrite(net.UDPAddrFromAddrPort(to), err)
	}
	return c.writeTo(b, addr, nil)
}

// WriteToUDP is WriteTo with an address of package net's type.
func (c *PacketConn) WriteToUDP(b []byte, to *net.UDPAddr) (int, error) {
	if err := c.udp("write"); err != nil {
		return 0, err
	}
	if to == nil {
		return 0, c.failWrite(nil, c.nowhere())
	}
	return c.WriteTo(b, to)
}

// WriteMsgUDPAddrPort sends b with the control data oob to an address, or, of a connected socket,
// with the zero address to its peer: sendmsg(2), without allocations. It returns how much of each
// was sent.
func (c *PacketConn) WriteMsgUDPAddrPort(b, oob []byte,
	to netip.AddrPort) (n, oobn int, err error) {
	if err = c.udp("write"); err != nil {
		return 0, 0, err
	}
	var addr sockaddr.Addr
	if to.IsValid() {
		if addr, err = c.fit(to); err != nil {
			return 0, 0, c.failWrite(net.UDPAddrFromAddrPort(to), err)
		}
	}
	return c.writeMsg(b, oob, addr, nil)
}

// WriteMsgUDP is WriteMsgUDPAddrPort with an address of package net's type, nil for a connected
// socket.
func (c *PacketConn) WriteMsgUDP(b, oob []byte, to *net.UDPAddr) (n, oobn int, err error) {
	if err = c.udp("write"); err != nil {
		return 0, 0, err
	}
	if to == nil {
		return c.writeMsg(b, oob, sockaddr.Addr{}, nil)
	}
	addr, err := c.destination(to)
	if err != nil {
		return 0, 0, c.failWrite(to, err)
	}
	return c.writeMsg(b, oob, addr, to)
}

// udp returns an error unless the socket is of IPv4 or IPv6, whose addresses these methods have.
func (c *PacketConn) udp(op string) error {
	if c.s == nil || c.internet() {
		return nil
	}
	return c.notUDP(op)
}

//go:noinline
func (c *PacketConn) notUDP(op string) error {
	return c.fail(op, &socket.Error{Op: op, Err: syscall.EAFNOSUPPORT})
}

// fit makes an address one of the socket's family. It fails if no interface has its zone.
func (c *packetConn) fit(p netip.AddrPort) (sockaddr.Addr, error) {
	switch ip := p.Addr(); {
	case ip.Is4() && c.sock().Family() == constants.AF_INET6:
		return mapped(p), nil
	case ip.Is4In6() && c.sock().Family() == constants.AF_INET:
		p = netip.AddrPortFrom(ip.Unmap(), p.Port())
	}
	if addr := sockaddr.FromAddrPort(p); addr.IsValid() {
		return addr, nil
	}
	return sockaddr.FromNetAddr(net.UDPAddrFromAddrPort(p)) // which says why
}

// mapped is an IPv4 address for IPv6 sockets.
func mapped(p netip.AddrPort) sockaddr.Addr {
	return sockaddr.FromAddrPort(netip.AddrPortFrom(netip.AddrFrom16(p.Addr().As16()), p.Port()))
}

// A message is one message and the list of its one buffer.
type message struct {
	socket.Message
	buffer [1][]byte
	one    [1]byte
}

var messages = sync.Pool{New: func() any { return new(message) }}

// carrier is b, or where there is only control data a byte to carry it, as of package net: on a
// stream nothing would be sent otherwise. As there, who sends is not told of it, and who receives
// is, though b has no room for it.
func (c *packetConn) carrier(m *message, b, oob []byte) []byte {
	if len(b) > 0 || len(oob) == 0 || c.sock().Type() == constants.SOCK_DGRAM {
		return b
	}
	return m.one[:]
}

// readMsg is what the methods named ReadMsg do.
func (c *packetConn) readMsg(b, oob []byte) (n, oobn, flags int, from sockaddr.Addr, err error) {
	m := messages.Get().(*message)
	m.buffer[0] = c.carrier(m, b, oob)
	m.Buffers, m.Control = m.buffer[:], oob
	err = c.sock().ReceiveMessage(background, &m.Message, 0)
	if errors.Is(err, socket.ErrControlTruncated) {
		err = nil
	}
	n, oobn, flags, from = m.N, m.NControl, int(m.Flags), m.Addr
	if err == nil && c.ended(n, m.buffer[0], from.IsValid()) {
		err = io.EOF
	}
	*m = message{}
	messages.Put(m)
	return n, oobn, flags, from, c.fail("read", err)
}

// writeMsg is what the methods named WriteMsg do. Addr is what the error says, nil for to.
func (c *packetConn) writeMsg(b, oob []byte, to sockaddr.Addr,
	addr net.Addr) (n, oobn int, err error) {
	switch {
	case c.s == nil:
		return 0, 0, zero("write")
	case c.remote != nil && to.IsValid():
		err = net.ErrWriteToConnected
	case c.remote == nil && !to.IsValid() && c.internet():
		err = errMissingAddress
	default:
		m := messages.Get().(*message)
		m.buffer[0] = c.carrier(m, b, oob)
		m.Buffers, m.Control, m.Addr = m.buffer[:], oob, to
		err = c.s.SendMessage(background, &m.Message, 0)
		n = min(m.N, len(b))
		*m = message{}
		messages.Put(m)
		if err != nil {
			err = cause("sendmsg", err)
		}
	}
	if err == nil {
		return n, len(oob), nil
	}
	if addr == nil && to.IsValid() {
		addr = to.NetAddr(c.sock().Type())
	}
	return n, 0, c.failWrite(addr, err)
}

// nowhere is the error of a write to no address.
func (c *packetConn) nowhere() error {
	if c.remote != nil {
		return net.ErrWriteToConnected
	}
	return errMissingAddress
}

var errMissingAddress = errors.New("missing address")

// failWrite is the error of a write to an address.
func (c *packetConn) failWrite(addr net.Addr, err error) error {
	if c.s == nil {
		return zero("write")
	}
	return &net.OpError{Op: "write", Net: c.local.Network(), Source: c.local, Addr: addr, Err: err}
}
