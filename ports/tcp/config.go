package tcp

import (
	"context"
	"errors"
	"fmt"
	"math"
	"syscall"

	"example.com/bsdsocket/addrinfo"
	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/internal/fd"
	"example.com/bsdsocket/internal/sys"
	"example.com/bsdsocket/ports"
	"example.com/bsdsocket/socket"
	"example.com/bsdsocket/sockopt"
)

// Config holds the options of [Listen], [NewListener] and [Dial]. The zero Config, and nil, is the
// default. It is read, with the parameters that it points to, only while they run.
type Config struct {
	// Backlog is how many clients may wait to be accepted, see [socket.Socket.Listen]; 0 is the
	// system's maximum (net.core.somaxconn on Linux), as of package net. CHICKEN's default is 100.
	// A negative one is an error. Listen only.
	Backlog int
	// Host is the name or address to listen at: only clients that connect to that address are
	// accepted. If it is empty, every address of the machine. Listen only.
	Host string
	// NoReuseAddress leaves SO_REUSEADDR off, which otherwise lets Listen, and Dial from a
	// LocalPort, take a port whose earlier connections are still in the state TIME_WAIT.
	NoReuseAddress bool
	// LocalHost and LocalPort are the address and the port, a number or a service, to connect from.
	// If LocalHost is empty, the system chooses the address; if LocalPort is empty, LocalHost must
	// be too, and "0" is a port that the system chooses. Dial only.
	LocalHost, LocalPort string
	// Socket are the parameters of the sockets: timeouts and the chunk size. Nil is
	// [socket.DefaultParams].
	Socket *socket.Params
	// Ports are the parameters of the ports. Nil is [ports.DefaultParams].
	Ports *ports.Params
	// Nagle leaves the algorithm of that name on (RFC 896), which keeps a small write back until
	// the peer has acknowledged what was sent before: two writes and a read of the answer then take
	// 40 ms. It is off otherwise (TCP_NODELAY), as in package net, so what is written in small
	// pieces should be buffered: see [ports.Params].SendBufferSize.
	Nagle bool
	// Prepare, if not nil, is called with each new socket before it is bound or connected, to set
	// options, and with the address that it is for. If it fails, so does Listen, or Dial's attempt
	// at that address; so it can keep Dial from addresses. Sockets that are accepted have the
	// options that the listening one passes on (tcp(7)), and are not prepared.
	Prepare func(context.Context, *socket.Socket, addrinfo.Info) error
	// Resolver looks hosts and services up. Nil is [addrinfo.DefaultResolver].
	Resolver *addrinfo.Resolver
	// Custodian, if not nil, gets the listener, and the ports that Accept and Dial return. Closing
	// it also ends a Listen or Dial that waits, with ErrClosed.
	Custodian *ports.Custodian
}

// complete returns a copy of c, with every parameter copied and non-nil.
func (c *Config) complete(op string) (full Config, err error) {
	if c != nil {
		full = *c
	}
	socketParams, portParams := socket.DefaultParams(), ports.DefaultParams()
	if full.Socket != nil {
		socketParams = *full.Socket
	}
	if full.Ports != nil {
		portParams = *full.Ports
	}
	full.Socket, full.Ports = &socketParams, &portParams
	if full.Resolver == nil {
		full.Resolver = addrinfo.DefaultResolver
	}
	switch {
	case full.Backlog < 0:
		return full, &socket.Error{Op: op, Err: sys.Wrong("the backlog is negative")}
	case full.Backlog == 0:
		full.Backlog = math.MaxInt32 // which the system lowers
	}
	if err = full.Socket.Validate(); err == nil {
		err = full.Ports.Validate()
	}
	if e, ok := errors.AsType[*socket.Error](err); ok {
		err = &socket.Error{Op: op, Err: e.Err}
	}
	return full, err
}

// within calls what may wait, with a context that ends when the custodian closes, too.
func (c *Config) within(op string, ctx context.Context, wait func(context.Context) error) error {
	ctx = fd.Given(ctx)
	if c.Custodian == nil {
		return wait(ctx)
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	end := &ending{cancel}
	if err := c.Custodian.Add(end); err != nil {
		return err
	}
	defer c.Custodian.Remove(end)
	err := wait(ctx)
	if err != nil && context.Cause(ctx) == errCustodian && !errors.Is(err, socket.ErrClosed) {
		// The error does not tell the cause.
		err = &socket.Error{Op: op, Err: fmt.Errorf("%w: %w", errCustodian, err)}
	}
	return err
}

// errCustodian is why the context of a call ended.
const errCustodian = fd.Closed("the custodian was closed")

// An ending is the end of a context, for a custodian.
type ending struct{ cancel context.CancelCauseFunc }

// Close implements io.Closer.
func (e *ending) Close() error {
	e.cancel(errCustodian)
	return nil
}

// connection makes the ports of a connected socket, and closes it if it cannot.
func (c *Config) connection(s *socket.Socket,
	p ports.Params) (*ports.InputPort, *ports.OutputPort, error) {
	var in *ports.InputPort
	var out *ports.OutputPort
	err := c.noDelay(s)
	if err == nil {
		in, out, err = ports.New(s, p)
	}
	if err != nil {
		s.Close()
		return nil, nil, err
	}
	if c.Custodian != nil {
		if err = c.Custodian.Add(in, out); err != nil { // which has closed them
			return nil, nil, err
		}
	}
	return in, out, nil
}

// noDelay switches Nagle's algorithm off, of sockets that have it.
func (c *Config) noDelay(s *socket.Socket) error {
	if c.Nagle || s.Family() != constants.AF_INET && s.Family() != constants.AF_INET6 {
		return nil
	}
	err := sockopt.TCPNoDelay.Set(s, true)
	if errors.Is(err, syscall.EINVAL) { // macOS says so of a connection that was reset
		err = nil
	}
	return err
}
