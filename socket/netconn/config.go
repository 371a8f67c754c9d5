package netconn

import (
	"context"
	"errors"
	"math"
	"net"
	"net/netip"
	"strings"
	"syscall"
	"time"

	"example.com/bsdsocket/addrinfo"
	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/internal/sys"
	"example.com/bsdsocket/sockaddr"
	"example.com/bsdsocket/socket"
	"example.com/bsdsocket/sockopt"
)

// Config holds the options of [Listen], [ListenPacket] and [Dial] beyond those of package net. The
// zero Config, and nil, behave as package net does. It is read only while they run.
type Config struct {
	// Backlog is how many clients may wait to be accepted, see [socket.Socket.Listen]; 0 is the
	// system's maximum, and a negative number an error. Listen only.
	Backlog int
	// Protocol, if not 0, is the sockets' protocol in place of the network's: IPPROTO_MPTCP,
	// IPPROTO_UDPLITE and so on.
	Protocol constants.Protocol
	// Namespace, if not empty, is the network namespace of the sockets, a path or a name: see
	// [socket.NewIn]. Names are still looked up in the caller's.
	Namespace string
	// Local is the address to connect from, a host and a port like those of Listen, or a path;
	// empty is the system's choice. Dial only.
	Local string
	// KeepAlive is how long a TCP connection is idle before the first keep-alive probe, and the
	// time between two; 0 is 15 seconds, and negative is never. Connections that a Listener accepts
	// have the listening socket's, on every system whose sockets inherit it.
	KeepAlive time.Duration
	// Prepare, if not nil, is called with each new socket before it is bound or connected, to set
	// options, and with the address that it is for. Its error is that of the attempt at that
	// address.
	Prepare func(context.Context, *socket.Socket, addrinfo.Info) error
	// Resolver looks hosts and services up; nil is [addrinfo.DefaultResolver].
	Resolver *addrinfo.Resolver
}

// A network is what a name of package net's means.
type network struct {
	family   constants.Family
	typ      constants.SocketType
	protocol constants.Protocol
}

var networks = map[string]network{
	"tcp":        {constants.AF_UNSPEC, constants.SOCK_STREAM, constants.IPPROTO_TCP},
	"tcp4":       {constants.AF_INET, constants.SOCK_STREAM, constants.IPPROTO_TCP},
	"tcp6":       {constants.AF_INET6, constants.SOCK_STREAM, constants.IPPROTO_TCP},
	"udp":        {constants.AF_UNSPEC, constants.SOCK_DGRAM, constants.IPPROTO_UDP},
	"udp4":       {constants.AF_INET, constants.SOCK_DGRAM, constants.IPPROTO_UDP},
	"udp6":       {constants.AF_INET6, constants.SOCK_DGRAM, constants.IPPROTO_UDP},
	"ip":         {constants.AF_UNSPEC, constants.SOCK_RAW, 0},
	"ip4":        {constants.AF_INET, constants.SOCK_RAW, 0},
	"ip6":        {constants.AF_INET6, constants.SOCK_RAW, 0},
	"unix":       {constants.AF_UNIX, constants.SOCK_STREAM, 0},
	"unixgram":   {constants.AF_UNIX, constants.SOCK_DGRAM, 0},
	"unixpacket": {constants.AF_UNIX, constants.SOCK_SEQPACKET, 0},
}

// parse returns what a network is, and its name without the protocol of "ip4:icmp".
func (c *Config) parse(name string) (n network, base string, err error) {
	base, protocol, has := strings.Cut(name, ":")
	n, ok := networks[base]
	if !ok || has != (n.typ == constants.SOCK_RAW) {
		return n, base, net.UnknownNetworkError(name)
	}
	if has {
		if p, err := addrinfo.ProtocolByName(protocol); err == nil {
			n.protocol = p.Number
		} else if n.protocol, err = constants.ParseProtocol(protocol); err != nil {
			return n, base, &net.AddrError{Err: "unknown protocol", Addr: name}
		}
	}
	if c.Protocol != 0 {
		n.protocol = c.Protocol
	}
	return n, base, nil
}

// A place is where a socket is bound or connected to, as package net's functions have it.
type place struct {
	network
	base          string // of the network's name
	host, service string // of the Internet
	local         sockaddr.Addr
}

// place takes an address apart.
func (c *Config) place(network, address string) (p place, err error) {
	if p.network, p.base, err = c.parse(network); err != nil {
		return p, unresolved{err}
	}
	switch {
	case p.family == constants.AF_UNIX:
		switch {
		case address == "": // Linux chooses an abstract name
			p.local = sockaddr.Unnamed()
		case address[0] == '@':
			p.local, err = sockaddr.Abstract(address[1:])
		default:
			p.local, err = sockaddr.Unix(address)
		}
	case p.typ == constants.SOCK_RAW:
		p.host = address
	case address != "":
		if p.host, p.service, err = net.SplitHostPort(address); err != nil {
			return p, unresolved{err}
		}
	}
	if p.service == "" {
		p.service = "0"
	}
	return p, err
}

// lookup returns the addresses of a place.
func (c *Config) lookup(ctx context.Context, p place,
	flags constants.AddrInfoFlag) ([]addrinfo.Info, error) {
	info := addrinfo.Info{Family: p.family, Type: p.typ, Protocol: p.protocol, Addr: p.local}
	if p.family == constants.AF_UNIX {
		return []addrinfo.Info{info}, nil
	}
	list, err := c.resolver().Lookup(ctx, p.host, p.service, p.hints(flags))
	for i := range list {
		list[i].Type, list[i].Protocol = p.typ, p.protocol
	}
	if err != nil {
		return nil, unresolved{err}
	}
	return list, nil
}

// hints are those of a lookup. The sockets' own type need not be one that a service has.
func (p place) hints(flags constants.AddrInfoFlag) *addrinfo.Hints {
	typ := p.typ
	if typ == constants.SOCK_RAW {
		typ = constants.SOCK_DGRAM
	}
	return &addrinfo.Hints{Family: p.family, Type: typ, Flags: flags}
}

func (c *Config) resolver() *addrinfo.Resolver {
	if c.Resolver == nil {
		return addrinfo.DefaultResolver
	}
	return c.Resolver
}

// open makes a socket.
func (c *Config) open(family constants.Family, typ constants.SocketType,
	protocol constants.Protocol) (*socket.Socket, error) {
	if c.Namespace != "" {
		return socket.NewIn(c.Namespace, family, typ, protocol)
	}
	return socket.New(family, typ, protocol)
}

// Listen listens at an address, whose forms are those of [net.Listen]: of the networks tcp, tcp4,
// tcp6, unix and unixpacket. It listens with one socket, on tcp without a host at every address of
// both families, otherwise at the host's first IPv4 address, or its first address if it has none.
// Of unix and unixpacket, Linux chooses an abstract name if the address is empty. Close removes the
// file of an AF_UNIX socket, as that of [net.Listen] does.
//
// The errors are [*net.OpError]. A nil context is the background.
func Listen(ctx context.Context, network, address string, c *Config) (*Listener, error) {
	c = c.given()
	s, base, err := c.bind(ctx, network, address, func(typ constants.SocketType) bool {
		return typ == constants.SOCK_STREAM || typ == constants.SOCK_SEQPACKET
	})
	var l *Listener
	if err == nil {
		backlog := c.Backlog
		if backlog == 0 {
			backlog = math.MaxInt32 // which the system lowers
		}
		if err = s.Listen(backlog); err == nil {
			l, err = NewListener(s)
		}
		if err != nil {
			s.Close()
		}
	}
	if err != nil {
		return nil, opError("listen", network, address, err)
	}
	l.SetUnlinkOnClose(strings.HasPrefix(base, "unix"))
	return l, nil
}

// ListenPacket makes a [*PacketConn] that receives at an address, whose forms are those of
// [net.ListenPacket]: of the networks udp, udp4 and udp6, or an [*IPConn] of ip:PROTOCOL,
// ip4:PROTOCOL and ip6:PROTOCOL, or a [*UnixConn] of unixgram. With no host it receives at every
// address. The file of an AF_UNIX socket stays.
//
// The errors are [*net.OpError]. A nil context is the background.
func ListenPacket(ctx context.Context, network, address string, c *Config) (net.PacketConn, error) {
	s, base, err := c.given().bind(ctx, network, address, func(typ constants.SocketType) bool {
		return typ == constants.SOCK_DGRAM || typ == constants.SOCK_RAW
	})
	var conn net.Conn
	if err == nil {
		conn, err = adapt(s, base)
	}
	if err != nil {
		return nil, opError("listen", network, address, err)
	}
	return conn.(net.PacketConn), nil
}

// Dial connects to an address, whose forms are those of [net.Dial], and returns a [*Conn], of udp a
// [*PacketConn], of unixgram a [*UnixConn], of ip an [*IPConn]. On tcp it races the host's
// addresses: see [addrinfo.Dial].
//
// The errors are [*net.OpError]. A nil context is the background.
func Dial(ctx context.Context, network, address string, c *Config) (net.Conn, error) {
	c = c.given()
	s, base, err := c.connect(ctx, network, address)
	var conn net.Conn
	if err == nil {
		conn, err = adapt(s, base)
	}
	if err != nil {
		return nil, opError("dial", network, address, err)
	}
	return conn, nil
}

func (c *Config) given() *Config {
	if c == nil {
		return new(Config)
	}
	return c
}

// adapt makes the adapter of a network, or closes the socket.
func adapt(s *socket.Socket, base string) (conn net.Conn, err error) {
	switch base {
	case "tcp", "tcp4", "tcp6", "unix", "unixpacket":
		conn, err = NewConn(s)
	case "ip", "ip4", "ip6":
		conn, err = NewIPConn(s)
	case "unixgram":
		conn, err = NewUnixConn(s)
	default:
		conn, err = NewPacketConn(s)
	}
	if err != nil {
		s.Close()
		return nil, err
	}
	return conn, nil
}

// bind makes a socket that is bound to an address, if the network's type is one that is wanted.
func (c *Config) bind(ctx context.Context, network, address string,
	wanted func(constants.SocketType) bool) (*socket.Socket, string, error) {
	p, err := c.place(network, address)
	if err != nil {
		return nil, "", err
	}
	if !wanted(p.typ) {
		return nil, "", unresolved{net.UnknownNetworkError(network)}
	}
	if c.Backlog < 0 {
		return nil, "", syscall.EINVAL
	}
	list, err := c.lookup(ctx, p, constants.AI_PASSIVE)
	if err != nil {
		return nil, "", err
	}
	info := first(list)
	everywhere := p.family == constants.AF_UNSPEC && (p.host == "" || p.host == "::") &&
		p.typ != constants.SOCK_RAW
	if everywhere {
		info.Family = constants.AF_INET6
		info.Addr = sockaddr.FromAddrPort(netip.AddrPortFrom(netip.IPv6Unspecified(),
			uint16(info.Addr.Port())))
	}
	s, err := c.bound(ctx, p, info, everywhere)
	if err != nil && everywhere && p.host == "" && !sys.Scarce(err) &&
		!errors.Is(err, syscall.EADDRINUSE) {
		// Without IPv6, every address is every IPv4 address.
		info.Family = constants.AF_INET
		info.Addr = sockaddr.FromAddrPort(netip.AddrPortFrom(netip.IPv4Unspecified(),
			uint16(info.Addr.Port())))
		if four, fourErr := c.bound(ctx, p, info, false); fourErr == nil {
			return four, p.base, nil
		}
	}
	return s, p.base, err
}

// first is package net's choice of a host's addresses to listen at.
func first(list []addrinfo.Info) addrinfo.Info {
	for _, info := range list {
		if info.Family == constants.AF_INET {
			return info
		}
	}
	return list[0]
}

// bound makes a socket that is bound to an address. Dual is one of IPv6 that receives what IPv4
// brings as well.
func (c *Config) bound(ctx context.Context, p place, info addrinfo.Info,
	dual bool) (*socket.Socket, error) {
	s, err := c.open(info.Family, p.typ, p.protocol)
	if err != nil {
		return nil, err
	}
	if info.Family == constants.AF_INET6 && p.typ != constants.SOCK_RAW {
		err = sockopt.IPv6V6Only.Set(s, !dual)
	}
	if err == nil && p.typ == constants.SOCK_STREAM && info.Family != constants.AF_UNIX {
		if err = sockopt.SOReuseAddress.Set(s, true); err == nil {
			err = c.keepAlive(s)
		}
	}
	if err == nil && p.typ == constants.SOCK_DGRAM && info.Family != constants.AF_UNIX {
		err = sockopt.SOBroadcast.Set(s, true)
	}
	if err == nil && c.Prepare != nil {
		err = c.Prepare(ctx, s, info)
	}
	if err == nil {
		err = s.Bind(info.Addr)
	}
	if err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// keepAlive sets keep-alive as package net does.
func (c *Config) keepAlive(s *socket.Socket) error {
	if c.KeepAlive < 0 || !isTCP(s) {
		return nil
	}
	var tcp Conn
	tcp.s = s
	err := tcp.SetKeepAliveConfig(net.KeepAliveConfig{
		Enable:   true,
		Idle:     c.KeepAlive,
		Interval: c.KeepAlive,
	})
	if errors.Is(err, socket.ErrUnsupported) {
		return nil // it has the system's times then, as on Windows before version 1709
	}
	return err
}

// connect makes a socket that is connected to an address.
func (c *Config) connect(ctx context.Context, network,
	address string) (*socket.Socket, string, error) {
	p, err := c.place(network, address)
	if err == nil && address == "" {
		err = unresolved{&net.AddrError{Err: "missing address"}}
	}
	if err != nil {
		return nil, "", err
	}
	var from []addrinfo.Info
	if c.Local != "" {
		local, err := c.place(network, c.Local)
		if err == nil {
			from, err = c.lookup(ctx, local, constants.AI_PASSIVE)
		}
		if err != nil {
			return nil, "", err
		}
	}
	connector := addrinfo.Connector{Resolver: c.resolver(), New: c.open,
		Prepare: func(ctx context.Context, s *socket.Socket, info addrinfo.Info) error {
			err := c.keepAlive(s)
			if err == nil && s.Type() == constants.SOCK_DGRAM && info.Family != constants.AF_UNIX {
				err = sockopt.SOBroadcast.Set(s, true)
			}
			if err == nil && c.Prepare != nil {
				err = c.Prepare(ctx, s, info)
			}
			if err != nil || c.Local == "" {
				return err
			}
			for _, l := range from {
				if l.Family == info.Family {
					return s.Bind(l.Addr)
				}
			}
			return &net.AddrError{Err: "no local address of the family", Addr: c.Local}
		}}
	var s *socket.Socket
	if p.base[:3] == "tcp" && p.protocol == constants.IPPROTO_TCP {
		s, err = connector.Dial(ctx, p.host, p.service, p.hints(0))
		if _, ok := err.(*addrinfo.Error); ok {
			err = unresolved{err}
		}
	} else {
		var list []addrinfo.Info
		if list, err = c.lookup(ctx, p, 0); err == nil {
			s, err = connector.Connect(ctx, list)
		}
	}
	return s, p.base, err
}

// An unresolved error came before there was a socket address. As in package net, its OpError has
// none.
type unresolved struct{ error }

// opError is an error of Listen, ListenPacket and Dial.
func opError(op, network, address string, err error) error {
	if u, ok := err.(unresolved); ok {
		return &net.OpError{Op: op, Net: network, Err: u.error}
	}
	e := &net.OpError{Op: op, Net: network, Err: err}
	if attempts, ok := errors.AsType[*addrinfo.ConnectError](err); ok &&
		len(attempts.Attempts) == 1 {
		err = attempts.Attempts[0].Err
	}
	if own, ok := errors.AsType[*socket.Error](err); ok {
		for _, a := range [...]sockaddr.Addr{own.Remote, own.Local} {
			if a.IsValid() {
				e.Addr = a.NetAddr(networks[strings.SplitN(network, ":", 2)[0]].typ)
				break
			}
		}
		if own == err {
			e.Err = cause(own.Op, own)
		}
	}
	if e.Addr == nil && address != "" {
		e.Addr = name{network, address}
	}
	return e
}

// A name is an address as it was given.
type name struct{ network, address string }

func (n name) Network() string { return n.network }
func (n name) String() string  { return n.address }
