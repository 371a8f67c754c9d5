package netconn

import (
	"io"
	"net"
	"net/netip"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/sockaddr"
	"example.com/bsdsocket/socket"
)

// A PacketConn is a [net.PacketConn] on a message socket of any family. Connected, it is a
// [net.Conn] too. All methods may be called at once; those of the zero PacketConn fail with EINVAL,
// as package net's do; it is [socket.ErrClosed] too.
//
// It has the methods of [net.UDPConn], so that code which looks for them finds them: QUIC's, for
// segmentation offload and ECN, and x/net's packet connections, for batches. On sockets of other
// families than AF_INET and AF_INET6, those whose names have UDP are unsupported. A socket of
// AF_UNIX or of a raw protocol has the names of its own in [UnixConn] and [IPConn].
type PacketConn struct{ packetConn }

// NewPacketConn makes a PacketConn of a socket, which then belongs to it. A closed socket is
// [net.ErrClosed]; on an error the socket is still the caller's.
func NewPacketConn(s *socket.Socket) (*PacketConn, error) {
	c := new(PacketConn)
	if err := c.init(s); err != nil {
		return nil, err
	}
	return c, nil
}

// packetConn is what the adapters for messages share.
type packetConn struct{ conn }

// ReadFrom implements [net.PacketConn]. Data of a datagram that does not fit into b is lost. The
// address of an AF_UNIX sender without a name is nil. At the end of a SOCK_SEQPACKET, and of a UDP
// socket that was shut down for receiving, the error is [io.EOF].
//
// With [sockopt.UDPGRO] one call can receive several datagrams of one sender, one behind the other,
// and does not tell their size: ReadMsgUDP, or [socket.Socket.ReceiveMessage], does.
//
// Of a raw IPv4 socket (SOCK_RAW), the kernel gives the IPv4 header too. ReadFrom takes it off, as
// [net.IPConn.ReadFrom] does, but b needs room for it: a header that does not fit into b stays.
// Read leaves it on.
func (c *packetConn) ReadFrom(b []byte) (int, net.Addr, error) {
	if c.sequenced() {
		n, err := c.Read(b)
		return n, nil, err
	}
	n, from, err := c.sock().ReceiveFrom(background, b, 0)
	if n, err = c.receivedFrom(b, n, &from, err); err != nil {
		return n, nil, err
	}
	return n, c.netAddr(&from), nil
}

// A goroutine may wait long for a datagram, with no more on its stack than it needs. So addresses,
// which are large, are not handed on by those that wait, and those that do not are not inlined
// there.

//go:noinline
func (c *packetConn) netAddr(a *sockaddr.Addr) net.Addr { return a.NetAddr(c.sock().Type()) }

//go:noinline
func (c *packetConn) addrPort(a *sockaddr.Addr) netip.AddrPort { return a.AddrPort() }

// sequenced reports whether only Read tells an empty message from the end.
func (c *packetConn) sequenced() bool { return c.sock().Type() == constants.SOCK_SEQPACKET }

// receivedFrom is what the results of ReceiveFrom come to.
//
//go:noinline
func (c *packetConn) receivedFrom(b []byte, n int, from *sockaddr.Addr, err error) (int, error) {
	if err != nil {
		return n, c.fail("read", err)
	}
	if c.ended(n, b, from.IsValid()) {
		return 0, io.EOF
	}
	if c.sock().Type() == constants.SOCK_RAW && c.sock().Family() == constants.AF_INET {
		n = copy(b, b[headerLen(b[:n]):n])
	}
	return n, nil
}

// ended reports whether a receive of n bytes was the end: of a stream, of a SOCK_SEQPACKET, or of
// what a socket receives that was shut down for receiving. Else it was an empty message.
func (c *packetConn) ended(n int, b []byte, named bool) bool {
	s := c.sock()
	switch {
	case n > 0:
		return false
	case s.Type() == constants.SOCK_STREAM:
		return len(b) > 0
	case named || c.internet(): // a datagram of IP has a sender
		return !named
	}
	end, err := s.AtEnd()
	return end && err == nil
}

// headerLen is the length of the IPv4 header that packet begins with (RFC 791), 0 if there is no
// whole one.
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

// WriteTo implements [net.PacketConn]. The address is one of package net's types, or any that
// [sockaddr.FromNetAddr] knows; an IPv4 address on an IPv6 socket is mapped. A connected socket
// refuses: [net.ErrWriteToConnected].
func (c *packetConn) WriteTo(b []byte, addr net.Addr) (int, error) {
	if c.s == nil {
		return 0, zero("write")
	}
	to, err := c.destination(addr)
	if err != nil {
		return 0, c.failWrite(addr, err)
	}
	return c.writeTo(b, to, addr)
}

func (c *packetConn) destination(addr net.Addr) (sockaddr.Addr, error) {
	if u, ok := addr.(*net.UDPAddr); ok && u != nil && len(u.IP) == 0 {
		return sockaddr.InetAny(c.sock().Family(), u.Port)
	}
	to, err := sockaddr.FromNetAddr(addr)
	if err == nil && to.Family() == constants.AF_INET && c.sock().Family() == constants.AF_INET6 {
		to = mapped(to.AddrPort())
	}
	return to, err
}

func (c *packetConn) writeTo(b []byte, to sockaddr.Addr, addr net.Addr) (n int, err error) {
	if c.s == nil {
		return 0, zero("write")
	}
	if c.remote != nil {
		err = net.ErrWriteToConnected
	} else if n, err = c.s.SendTo(background, b, to, 0); err != nil {
		err = cause("sendto", err)
	}
	if err != nil {
		if addr == nil {
			addr = to.NetAddr(c.sock().Type())
		}
		err = c.failWrite(addr, err)
	}
	return n, err
}

var _ interface {
	net.PacketConn
	net.Conn
} = (*PacketConn)(nil)
