package tcp

import (
	"context"
	"fmt"
	"net"

	"example.com/bsdsocket/addrinfo"
	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/ports"
	"example.com/bsdsocket/sockaddr"
	"example.com/bsdsocket/socket"
	"example.com/bsdsocket/sockopt"
)

// Dial connects to a service of a host and returns the connection's ports. It tries the host's addresses one after the other,
// as [addrinfo.Connect] does, each for at most the parameters' ConnectTimeout.
//
// Host is a name or an IP address; empty is this machine. Service is the name of a service or a port number. If it is
// empty, host contains both: "www.example.org:http", "127.0.0.1:80", "[::1]:80".
//
// Dial is tcp-connect of CHICKEN and Racket, and open-tcp-stream-socket of MIT Scheme, where the ports are one: [ports.Duplex].
// The errors are [*addrinfo.Error] for names that are not found, and [*addrinfo.ConnectError] for connections that are
// not made.
func Dial[S Service](ctx context.Context, host string, service S, c *Config) (*ports.InputPort, *ports.OutputPort, error) {
	return dial(ctx, host, text(service), c)
}

// DialDuplex is [Dial] that returns both ports as one, as MIT Scheme does.
func DialDuplex[S Service](ctx context.Context, host string, service S, c *Config) (ports.Duplex, error) {
	in, out, err := dial(ctx, host, text(service), c)
	return ports.Duplex{InputPort: in, OutputPort: out}, err
}

func dial(ctx context.Context, host, service string, c *Config) (*ports.InputPort, *ports.OutputPort, error) {
	config, err := c.complete()
	if err != nil {
		return nil, nil, err
	}
	if service == "" {
		whole := host
		if host, service, err = net.SplitHostPort(whole); err == nil && service == "" {
			err = &net.AddrError{Err: "missing port in address", Addr: whole}
		}
		if err != nil {
			return nil, nil, fmt.Errorf("tcp: dial without a service: %w", err)
		}
	}
	var s *socket.Socket
	if err = config.within(ctx, func(ctx context.Context) (err error) {
		s, err = config.connect(ctx, host, service)
		return err
	}); err != nil {
		return nil, nil, err
	}
	return config.connection(s, *config.Ports)
}

func (c *Config) connect(ctx context.Context, host, service string) (*socket.Socket, error) {
	list, err := c.Resolver.Lookup(ctx, host, service, nil)
	if err != nil {
		return nil, err
	}
	connector := addrinfo.Connector{Params: *c.Socket, Prepare: c.Prepare}
	if c.LocalHost != "" || c.LocalPort != "" {
		if list, err = c.from(ctx, list, &connector); err != nil {
			return nil, err
		}
	}
	return connector.Connect(ctx, list)
}

// from makes the connector bind its sockets to the local host and port, and drops the addresses of families that the
// local host does not have.
func (c *Config) from(ctx context.Context, list []addrinfo.Info, connector *addrinfo.Connector) ([]addrinfo.Info, error) {
	if c.LocalPort == "" {
		return nil, fmt.Errorf("tcp: the local host %q has no local port", c.LocalHost)
	}
	found, err := c.Resolver.Lookup(ctx, c.LocalHost, c.LocalPort, &addrinfo.Hints{Type: constants.SOCK_STREAM, Flags: constants.AI_PASSIVE})
	if err != nil {
		return nil, err
	}
	local := map[constants.Family]sockaddr.Addr{}
	for _, info := range found {
		if _, ok := local[info.Family]; !ok {
			local[info.Family] = info.Addr
		}
	}
	var both []addrinfo.Info
	for _, info := range list {
		if local[info.Family].IsValid() {
			both = append(both, info)
		}
	}
	if len(both) == 0 {
		return nil, fmt.Errorf("tcp: the local host %q has no address of the family of %v", c.LocalHost, list[0].Addr)
	}
	prepare, reuse := connector.Prepare, !c.NoReuseAddress
	connector.Prepare = func(ctx context.Context, s *socket.Socket, info addrinfo.Info) error {
		if reuse {
			if err := sockopt.SOReuseAddress.Set(s, true); err != nil {
				return err
			}
		}
		if prepare != nil {
			if err := prepare(ctx, s, info); err != nil {
				return err
			}
		}
		return s.Bind(local[info.Family])
	}
	return both, nil
}
