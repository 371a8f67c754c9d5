package addrinfo

import (
	"context"
	"errors"
	"syscall"
	"time"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/internal/fd"
	"example.com/bsdsocket/internal/sys"
	"example.com/bsdsocket/sockaddr"
	"example.com/bsdsocket/socket"
)

// Connect makes a socket for the first address of list that accepts a connection, trying them in
// order: socket-connect/ai of the socket egg. The socket has the parameters p, whose ConnectTimeout
// limits each attempt, and belongs to the caller.
//
// It uses only the entries whose Type is that of the first one. A list of [Lookup] for any type has
// each address once as a stream and once as datagrams, and connecting a datagram socket always
// succeeds, so that a stream that is refused would end as one. An address that occurs twice is
// tried once.
//
// If ctx has a deadline, an attempt gets its share of the time that is left: as much as every
// address still to be tried, but no less than two seconds. So a silent address does not keep the
// others from being tried. It is what net.Dialer does.
//
// When an attempt fails it tries the next address, whatever the error is: refused, timed out,
// unreachable, forbidden by a firewall or a route (EACCES, EPERM, EINVAL), a family or a protocol
// that the kernel lacks. Only these errors are final: the end of ctx, too few descriptors or too
// little memory (EMFILE, ENFILE, ENOBUFS, ENOMEM), negative parameters, an Addr that is not of the
// Info's Family, and a socket that Prepare has closed or connected.
//
// A TCP connection of a socket with itself, which the kernel makes now and then if nobody listens
// at a port of its own range, is not accepted, unless Prepare bound the socket to a port. The
// attempt is repeated, and is ECONNREFUSED at last.
//
// The error is a [*ConnectError]. An empty list is one too, with EINVAL.
//
// The hooks ConnectStart and ConnectDone of net/http/httptrace are not called, since finding them
// in the context means linking crypto/tls. Prepare sees where an attempt begins.
func Connect(ctx context.Context, list []Info, p socket.Params) (*socket.Socket, error) {
	return (&Connector{Params: p}).Connect(ctx, list)
}

// A Connector holds the options of [Connect], [ConnectRace] and [Dial], which are its methods. The
// zero Connector has no timeouts.
type Connector struct {
	// Params are the parameters of the sockets. Their ConnectTimeout limits each attempt.
	Params socket.Params

	// New makes the sockets; nil is [socket.New]. With [socket.NewIn] they are of another network
	// namespace. It is called in the calling goroutine, also by ConnectRace and Dial, and in others
	// only for an attempt that is repeated because its socket was connected with itself.
	New func(constants.Family, constants.SocketType, constants.Protocol) (*socket.Socket, error)

	// Prepare, if not nil, is called with each new socket before it is connected, to set options,
	// to bind it, or to refuse the address of info. Its error is the attempt's. The context is the
	// attempt's, and ends when another one has won; what waits in Prepare should heed it.
	// ConnectRace may call Prepare from several goroutines at once. If it panics, the sockets are
	// closed, and Connect, ConnectRace or Dial panics with the same value.
	//
	// A socket that was bound to an address of another family, or to one local port for all, fails
	// for some addresses; the others are tried. ConnectRace tries an address whose local port is in
	// use (EADDRINUSE) again when another attempt has ended.
	Prepare func(ctx context.Context, s *socket.Socket, info Info) error

	// Delay is ConnectRace's in place of AttemptDelay; 0 or less means AttemptDelay. RFC 8305
	// recommends 100 ms to 2 s. Less than 10 ms is 10 ms, as its section 8 wants.
	Delay time.Duration

	// Resolver is Dial's; nil is DefaultResolver.
	Resolver *Resolver
}

// Connect is the function [Connect] with the Connector's options.
func (c *Connector) Connect(ctx context.Context, list []Info) (*socket.Socket, error) {
	if err := c.valid(); err != nil {
		return nil, err
	}
	ctx = fd.Given(ctx)
	failed := new(ConnectError)
	list = new(seen).fresh(list)
	for i, info := range list {
		part, cancel := share(ctx, len(list)-i)
		s, err := c.create(info)
		if err == nil {
			s, err = c.attempt(part, info, s)
		}
		cancel()
		if err == nil {
			return s, nil
		}
		failed.add(info, err)
		if ctx.Err() != nil || final(info, err) {
			break
		}
	}
	return nil, failed
}

// valid returns the error of wrong parameters.
func (c *Connector) valid() error {
	if e, ok := errors.AsType[*socket.Error](c.Params.Validate()); ok {
		return &ConnectError{Attempts: []Attempt{{Err: &socket.Error{Op: "connect", Err: e.Err}}}}
	}
	return nil
}

// minShare is the least that an attempt gets of the time that is left, as of net.Dialer: less does
// not suffice for one lost packet.
const minShare = 2 * time.Second

// share returns the context of the next of n attempts.
func share(ctx context.Context, n int) (context.Context, context.CancelFunc) {
	deadline, ok := ctx.Deadline()
	if !ok || n == 1 {
		return ctx, func() {}
	}
	left := time.Until(deadline)
	return context.WithTimeout(ctx, max(left/time.Duration(n), min(left, minShare)))
}

// final reports whether the error of an attempt says that no other address will do better.
func final(info Info, err error) bool {
	if errors.Is(err, socket.ErrClosed) || errors.Is(err, syscall.EISCONN) || sys.Scarce(err) {
		return true
	}
	// Families that the kernel lacks are no mistake of the caller's.
	e, ok := errors.AsType[*socket.Error](err)
	return ok && e.Op == "connect" && info.Family != info.Addr.Family()
}

// seen has the addresses that were tried, or are to be tried, and the type of them all.
type seen struct {
	typ constants.SocketType
	set map[Info]bool
}

// fresh returns the entries of list that are of the first type ever seen, without those seen
// before.
func (s *seen) fresh(list []Info) (fresh []Info) {
	if s.set == nil && len(list) > 0 {
		s.typ, s.set = list[0].Type, make(map[Info]bool, len(list))
	}
	for _, info := range list {
		key := info
		key.Flags, key.CanonName = 0, ""
		if info.Type == s.typ && !s.set[key] {
			s.set[key] = true
			fresh = append(fresh, info)
		}
	}
	return fresh
}

// selfTries is how often an attempt is made that ends in a connection of the socket with itself.
const selfTries = 3

// create makes a socket.
func (c *Connector) create(info Info) (*socket.Socket, error) {
	if c.New != nil {
		return c.New(info.Family, info.Type, info.Protocol)
	}
	return socket.New(info.Family, info.Type, info.Protocol)
}

// attempt connects a new socket, or another if that becomes connected with itself.
func (c *Connector) attempt(ctx context.Context, info Info,
	s *socket.Socket) (*socket.Socket, error) {
	asked := false // for the local port, by binding the socket to it
	for i := range selfTries {
		if i > 0 {
			var err error
			if s, err = c.create(info); err != nil {
				return nil, err
			}
		}
		connected, again, err := c.once(ctx, info, s, asked)
		if connected != nil || err != nil {
			return connected, err
		}
		asked = again
	}
	return nil, &socket.Error{Op: "connect", Remote: info.Addr, Err: syscall.ECONNREFUSED}
}

// once connects a socket. It returns none and no error if the connection was one with itself, or is
// going to be: then asked, because Prepare bound the socket to that port, perhaps by chance. If it
// does so again, it was not by chance.
func (c *Connector) once(ctx context.Context, info Info, s *socket.Socket,
	asked bool) (connected *socket.Socket, again bool, err error) {
	defer func() { // also after a panic
		if connected == nil {
			s.Close()
		}
	}()
	if err := s.SetParams(c.Params); err != nil {
		return nil, false, err
	}
	stream, bound := info.Type == constants.SOCK_STREAM, false
	if c.Prepare != nil {
		if err := c.Prepare(ctx, s, info); err != nil {
			return nil, false, err
		}
		name, _ := s.Name()
		bound = name.Port() != 0
		if stream && bound && name.Port() == info.Addr.Port() && !asked {
			return nil, true, nil
		}
	}
	if err := s.Connect(ctx, info.Addr); err != nil {
		return nil, false, err
	}
	if !bound && toItself(s, info.Addr) {
		s.Disconnect() // over TCP a reset, so that the port is not kept in TIME_WAIT
		return nil, false, nil
	}
	return s, false, nil
}

// toItself reports whether the socket that was connected to addr has itself as its peer.
func toItself(s *socket.Socket, addr sockaddr.Addr) bool {
	name, err := s.Name()
	if err != nil || name.Port() == 0 || name.Port() != addr.Port() {
		return false
	}
	// To connect to the unspecified address is to connect to the loopback address.
	peer, err := s.PeerName()
	return err == nil && (name == peer || peer.IP().IsUnspecified() && name.IP().IsLoopback())
}
