package tcp

import (
	"context"
	"errors"
	"slices"
	"syscall"

	"example.com/bsdsocket/addrinfo"
	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/sockaddr"
	"example.com/bsdsocket/socket"
	"example.com/bsdsocket/sockopt"
)

// Listen listens for clients of a service, a name or a port number; with "0" the system chooses the port, which
// [Listener.Port] returns. It is tcp-listen of CHICKEN and Racket, and open-tcp-server-socket of MIT Scheme.
//
// It makes a socket for each address of Config.Host, or for each address family of the machine, IPv6 and IPv4, and all have the same
// port. IPv6 sockets take no IPv4 connections. An address family that the machine lacks is left out, if there is another.
//
// A port in use is EADDRINUSE, one below 1024 without the privilege EACCES; the [*socket.Error] names address and port. A
// service or host that is not found is [*addrinfo.Error].
func Listen(ctx context.Context, service string, c *Config) (*Listener, error) {
	config, err := c.complete()
	if err != nil {
		return nil, err
	}
	if service == "" {
		return nil, errors.New("tcp: listen without a service")
	}
	var list []addrinfo.Info
	if err = config.within(ctx, func(ctx context.Context) (err error) {
		list, err = config.Resolver.Lookup(ctx, config.Host, service, &addrinfo.Hints{Type: constants.SOCK_STREAM, Flags: constants.AI_PASSIVE})
		return err
	}); err != nil {
		return nil, err
	}
	var addrs []sockaddr.Addr
	for _, info := range list {
		if !slices.Contains(addrs, info.Addr) {
			addrs = append(addrs, info.Addr)
		}
	}
	// A port that the system chooses for one address may be in use at the next. Then the first socket is kept for a while,
	// so that another port is chosen.
	var taken []*socket.Socket
	var l *Listener
	for range attempts {
		l = &Listener{config: config}
		if err = l.open(addrs); err == nil {
			break
		}
		taken = append(taken, l.sockets...)
		if addrs[0].Port() != 0 || !errors.Is(err, syscall.EADDRINUSE) {
			break
		}
	}
	for _, s := range taken {
		s.Close()
	}
	if err != nil {
		return nil, err
	}
	if config.Custodian != nil {
		if err = config.Custodian.Add(l); err != nil { // which has closed it
			return nil, err
		}
	}
	return l, nil
}

// How many ports Listen tries that the system chooses.
const attempts = 20

// open makes the sockets. If it fails, it leaves those that it has made.
func (l *Listener) open(addrs []sockaddr.Addr) (err error) {
	var lacking error // of the first family that the machine lacks
	for _, addr := range addrs {
		if len(l.addrs) > 0 {
			addr = addr.WithPort(l.Port())
		}
		s, lacks, err := l.config.listen(addr)
		if err == nil {
			if addr, err = s.Name(); err == nil {
				l.sockets, l.addrs = append(l.sockets, s), append(l.addrs, addr)
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

// listen makes a socket that listens at addr. If it fails, lacks says whether it is because the machine does not have
// the address family.
func (c *Config) listen(addr sockaddr.Addr) (s *socket.Socket, lacks bool, err error) {
	s, err = socket.New(addr.Family(), constants.SOCK_STREAM, constants.IPPROTO_TCP)
	if err != nil {
		return nil, errors.Is(err, socket.ErrUnsupported), err
	}
	if lacks, err = c.bind(s, addr); err == nil {
		err = s.Listen(c.Backlog)
	}
	if err != nil {
		s.Close()
		return nil, lacks, err
	}
	return s, false, nil
}

// bind sets the socket's options and binds it.
func (c *Config) bind(s *socket.Socket, addr sockaddr.Addr) (lacks bool, err error) {
	inet6 := addr.Family() == constants.AF_INET6
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
		if err = c.Prepare(s); err != nil {
			return false, err
		}
	}
	err = s.Bind(addr)
	return inet6 && errors.Is(err, syscall.EADDRNOTAVAIL) && withoutIPv6(), err
}

// withoutIPv6 reports whether IPv6 is switched off: sockets can be made then, but not even ::1 can be bound.
func withoutIPv6() bool {
	s, err := socket.New(constants.AF_INET6, constants.SOCK_STREAM, 0)
	if err != nil {
		return true
	}
	defer s.Close()
	return s.Bind(sockaddr.MustParse("::1")) != nil
}
