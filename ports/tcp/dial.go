package tcp

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strconv"

	"example.com/bsdsocket/addrinfo"
	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/internal/sys"
	"example.com/bsdsocket/ports"
	"example.com/bsdsocket/sockaddr"
	"example.com/bsdsocket/socket"
	"example.com/bsdsocket/sockopt"
)

// Dial connects to a service of a host and returns the connection's ports. It races the host's
// addresses, as [addrinfo.Dial] does, each for at most the parameters' ConnectTimeout; the first
// that answers wins.
//
// Host is a name or an IP address; empty is this machine. Service is the name of a service or a
// port number. If it is empty, host contains both: "www.example.org:http", "127.0.0.1:80",
// "[::1]:80". The context limits Dial alone, and not what is done with the ports.
//
// Dial is tcp-connect of CHICKEN and Racket, and open-tcp-stream-socket of MIT Scheme, where the
// ports are one: [DialDuplex]. The errors are [*addrinfo.Error] for names that are not found, and
// [*addrinfo.ConnectError] for connections that are not made.
func Dial[S Service](ctx context.Context, host string, service S,
	c *Config) (*ports.InputPort, *ports.OutputPort, error) {
	return dial(ctx, host, text(service), c)
}

// DialDuplex is [Dial] that returns both ports as one, as MIT Scheme does.
func DialDuplex[S Service](ctx context.Context, host string, service S,
	c *Config) (ports.Duplex, error) {
	in, out, err := dial(ctx, host, text(service), c)
	return ports.Duplex{InputPort: in, OutputPort: out}, err
}

func dial(ctx context.Context, host, service string,
	c *Config) (*ports.InputPort, *ports.OutputPort, error) {
	const op = "dial"
	config, err := c.complete(op)
	if err != nil {
		return nil, nil, err
	}
	if service == "" {
		if host, service, err = apart(host); err != nil {
			return nil, nil, err
		}
	}
	var s *socket.Socket
	if err = config.within(op, ctx, func(ctx context.Context) (err error) {
		s, err = config.connect(ctx, host, service)
		return err
	}); err != nil {
		return nil, nil, err
	}
	return config.connection(s, *config.Ports)
}

// apart takes "host:service" apart.
func apart(address string) (host, service string, err error) {
	host, service, err = net.SplitHostPort(address)
	if err == nil && service == "" {
		err = &net.AddrError{Err: "missing port in address"}
	}
	if _, e := netip.ParseAddr(address); e == nil {
		err =
			&net.AddrError{Err: "missing port in address; an IPv6 address with a port has brackets"}
	}
	if e, ok := err.(*net.AddrError); ok {
		return "", "",
			&socket.Error{Op: "dial", Err: sys.Wrong(strconv.Quote(address) + ": " + e.Err)}
	}
	return host, service, err
}

func (c *Config) connect(ctx context.Context, host, service string) (*socket.Socket, error) {
	connector := addrinfo.Connector{Params: *c.Socket, Prepare: c.Prepare, Resolver: c.Resolver}
	hints := &addrinfo.Hints{Type: constants.SOCK_STREAM}
	if c.LocalHost != "" || c.LocalPort != "" {
		if err := c.from(ctx, &connector, hints); err != nil {
			return nil, err
		}
	}
	return connector.Dial(ctx, host, service, hints)
}

// from makes the connector bind its sockets to the local host and port, and asks for addresses of
// no other families than the local host has.
func (c *Config) from(ctx context.Context, connector *addrinfo.Connector,
	hints *addrinfo.Hints) error {
	if c.LocalPort == "" {
		return &socket.Error{Op: "dial",
			Err: sys.Wrong("the local host " + strconv.Quote(c.LocalHost) + " has no local port")}
	}
	found, err := c.Resolver.Lookup(ctx, c.LocalHost, c.LocalPort,
		&addrinfo.Hints{Type: constants.SOCK_STREAM, Flags: constants.AI_PASSIVE})
	if err != nil {
		return err
	}
	local := map[constants.Family]sockaddr.Addr{}
	for _, info := range found {
		if _, ok := local[info.Family]; !ok {
			local[info.Family] = info.Addr
			hints.Family = info.Family
		}
	}
	if len(local) > 1 {
		hints.Family = constants.AF_UNSPEC
	}
	prepare, reuse := connector.Prepare, !c.NoReuseAddress
	connector.Prepare = func(ctx context.Context, s *socket.Socket, info addrinfo.Info) error {
		if reuse {
			if err := sockopt.SOReuseAddress.Set(s, true); err != nil {
				return err
			}
		}
		from := local[info.Family]
		if from.Port() == 0 && !from.IP().IsUnspecified() {
			// The port is chosen when the peer is known, so that there are as many as for each peer
			// (Linux 4.2).
			if err := sockopt.IPBindAddressNoPort.Set(s, true); err != nil &&
				!errors.Is(err, socket.ErrUnsupported) {
				return err
			}
		}
		if prepare != nil {
			if err := prepare(ctx, s, info); err != nil {
				return err
			}
		}
		return s.Bind(from)
	}
	return nil
}
