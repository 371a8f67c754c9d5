package tcp

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"syscall"

	"example.com/bsdsocket/addrinfo"
	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/internal/sys"
	"example.com/bsdsocket/sockaddr"
	"example.com/bsdsocket/socket"
	"example.com/bsdsocket/sockopt"
)

// A Service is the name of a service, such as "http", or a port number, as text or as an int.
type Service interface{ ~string | ~int }

func text[S Service](service S) string { return fmt.Sprint(service) }

// Listen listens for clients of a service, a name or a port number; with "0" or 0 the system
// chooses the port, which [Listener.Port] returns. It is tcp-listen of CHICKEN and Racket, and
// open-tcp-server-socket of MIT Scheme.
//
// It makes a socket for each address of Config.Host, or for each address family of the machine,
// IPv6 and IPv4, and all have the same port. IPv6 sockets take no IPv4 connections. An address
// family that the machine lacks, or that a policy refuses, is left out, if there is another.
//
// A port in use is EADDRINUSE, one below 1024 without the privilege EACCES; the [*socket.Error]
// names address and port. A service or host that is not found is [*addrinfo.Error].
func Listen[S Service](ctx context.Context, service S, c *Config) (*Listener, error) {
	return listen(ctx, text(service), c)
}

func listen(ctx context.Context, service string, c *Config) (*Listener, error) {
	const op = "listen"
	config, err := c.complete(op)
	if err != nil {
		return nil, err
	}
	if service == "" {
		return nil, &socket.Error{Op: op, Err: sys.Wrong("there is no service")}
	}
	var list []addrinfo.Info
	if err = config.within(op, ctx, func(ctx context.Context) (err error) {
		list, err = config.Resolver.Lookup(ctx, config.Host, service,
			&addrinfo.Hints{Type: constants.SOCK_STREAM, Flags: constants.AI_PASSIVE})
		return err
	}); err != nil {
		return nil, err
	}
	seen := map[sockaddr.Addr]bool{}
	list = slices.DeleteFunc(list, func(info addrinfo.Info) bool {
		again := seen[info.Addr]
		seen[info.Addr] = true
		return again
	})
	// A port that the system chooses for one address may be in use at the next. Then the first
	// socket is kept for a while, so that another port is chosen.
	var taken []*socket.Socket
	var l *Listener
	for range attempts {
		l = &Listener{config: config, everywhere: config.Host == ""}
		if err = l.open(ctx, list); err == nil {
			break
		}
		taken = append(taken, l.sockets...)
		if list[0].Addr.Port() != 0 || !errors.Is(err, syscall.EADDRINUSE) {
			break
		}
	}
	for _, s := range taken {
		s.Close()
	}
	if err != nil {
		return nil, err
	}
	return l.begin()
}

// NewListener makes a Listener of stream sockets that listen already: those that a parent process
// or systemd has handed over, of AF_UNIX, or made in another way. They belong to it from now on;
// after an error they are still the caller's. It uses the Config's Ports, Nagle and Custodian, and
// its Socket if that is not nil.
//
// No sockets, one that is nil, or one that does not listen, is EINVAL.
func NewListener(c *Config, sockets ...*socket.Socket) (*Listener, error) {
	const op = "new listener"
	config, err := c.complete(op)
	if err != nil {
		return nil, err
	}
	l := &Listener{config: config}
	for _, s := range sockets {
		var listens bool
		var name sockaddr.Addr
		if s != nil {
			if listens, err = sockopt.SOAcceptConnections.Get(s); err == nil {
				name, err = s.Name()
			}
		}
		if err == nil && !listens {
			err = &socket.Error{Op: op, Local: name, Err: syscall.EINVAL}
		}
		if err != nil {
			return nil, err
		}
		l.sockets, l.addrs = append(l.sockets, s), append(l.addrs, name)
	}
	if len(l.sockets) == 0 {
		return nil, &socket.Error{Op: op, Err: syscall.EINVAL}
	}
	if c != nil && c.Socket != nil {
		for _, s := range l.sockets {
			if err = s.SetParams(*config.Socket); err != nil {
				return nil, err
			}
		}
	}
	return l.begin()
}

// begin makes the Listener ready and gives it to its custodian.
func (l *Listener) begin() (*Listener, error) {
	l.ports.Store(l.config.Ports)
	l.queue.init(len(l.sockets))
	if l.config.Custodian != nil {
		if err := l.config.Custodian.Add(l); err != nil { // which has closed it
			return nil, err
		}
	}
	return l, nil
}

// How many ports Listen tries that the system chooses.
const attempts = 20

// open makes the sockets. If it fails, it leaves those that it has made.
func (l *Listener) open(ctx context.Context, list []addrinfo.Info) (err error) {
	var lacking error // of the first family that the machine lacks
	for _, info := range list {
		if len(l.addrs) > 0 {
			info.Addr = info.Addr.WithPort(l.Port())
		}
		s, lacks, err := l.config.listen(ctx, info)
		if err == nil {
			var name sockaddr.Addr
			if name, err = s.Name(); err == nil {
				l.sockets, l.addrs = append(l.sockets, s), append(l.addrs, name)
				continue
			}
			s.Close()
		}
		if !lacks {
			return err
		}
		if lacking == nil {
			lacking = err
		}
	}
	if len(l.sockets) == 0 {
		return lacking
	}
	return nil
}

// listen makes a socket that listens at addr. If it fails, lacks says whether it is because the
// machine does not have the address family.
func (c *Config) listen(ctx context.Context,
	info addrinfo.Info) (s *socket.Socket, lacks bool, err error) {
	s, err = socket.New(info.Family, constants.SOCK_STREAM, constants.IPPROTO_TCP)
	if err != nil {
		return nil, !sys.Scarce(err), err
	}
	if lacks, err = c.bind(ctx, s, info); err == nil {
		err = s.Listen(c.Backlog)
	}
	if err != nil {
		s.Close()
		return nil, lacks, err
	}
	return s, false, nil
}

// bind sets the socket's options and binds it.
func (c *Config) bind(ctx context.Context, s *socket.Socket,
	info addrinfo.Info) (lacks bool, err error) {
	inet6 := info.Family == constants.AF_INET6
	if inet6 {
		if err = sockopt.IPv6V6Only.Set(s, true); err != nil {
			return errors.Is(err, socket.ErrUnsupported), err
		}
	}
	if err = s.SetParams(*c.Socket); err != nil {
		return false, err
	}
	if !c.NoReuseAddress {
		if err = sockopt.SOReuseAddress.Set(s, true); err != nil {
			return false, err
		}
	}
	if c.Prepare != nil {
		if err = c.Prepare(ctx, s, info); err != nil {
			return false, err
		}
	}
	err = s.Bind(info.Addr)
	return inet6 && errors.Is(err, syscall.EADDRNOTAVAIL) && withoutIPv6(), err
}

// withoutIPv6 reports whether IPv6 is switched off: sockets can be made then, but not even ::1 can
// be bound.
func withoutIPv6() bool {
	s, err := socket.New(constants.AF_INET6, constants.SOCK_STREAM, 0)
	if err != nil {
		return true
	}
	defer s.Close()
	return s.Bind(sockaddr.MustParse("::1")) != nil
}
