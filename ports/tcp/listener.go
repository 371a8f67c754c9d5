package tcp

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/ports"
	"example.com/bsdsocket/sockaddr"
	"example.com/bsdsocket/socket"
)

// A Listener listens for clients at one or more addresses. It is made by [Listen]. Its methods may be called from several
// goroutines at once.
type Listener struct {
	config  Config
	sockets []*socket.Socket
	addrs   []sockaddr.Addr
	closed  atomic.Bool

	// Over several sockets, mu lets one goroutine look which is ready and accept there.
	mu   sync.Mutex
	next int // where to look first
}

var _ ports.Port = (*Listener)(nil)

// Accept waits for a client and returns the ports of its connection, which have the listener's parameters. Over several sockets
// it takes turns. It is tcp-accept of CHICKEN and Racket, and tcp-server-connection-accept of MIT Scheme.
//
// It fails with ErrTimeout after the parameters' AcceptTimeout, with the context's error, and with ErrClosed when the
// listener is closed. A client that has reset its connection before it was accepted is passed over.
func (l *Listener) Accept(ctx context.Context) (*ports.InputPort, *ports.OutputPort, error) {
	ctx = given(ctx)
	for {
		s, err := l.accept(ctx)
		if err != nil {
			return nil, nil, err
		}
		in, out, err := l.config.connection(s)
		// The latter is macOS's answer to getpeername(2) after a reset.
		if !errors.Is(err, syscall.ENOTCONN) && !errors.Is(err, syscall.EINVAL) {
			return in, out, err
		}
	}
}

func (l *Listener) accept(ctx context.Context) (*socket.Socket, error) {
	if len(l.sockets) == 1 {
		s, _, err := l.sockets[0].Accept(ctx)
		return s, err
	}
	s, err := l.take(ctx)
	if s != nil || err != nil {
		return s, err
	}
	waiting := ctx
	if timeout := l.sockets[0].Params().AcceptTimeout; timeout > 0 {
		var cancel context.CancelFunc
		waiting, cancel = context.WithTimeout(ctx, timeout)
		defer cancel()
	}
	for s == nil && err == nil {
		if err = l.wait(waiting); err == nil {
			s, err = l.take(waiting)
		}
	}
	if err != nil && waiting.Err() != nil && ctx.Err() == nil {
		err = &socket.Error{Op: "accept", Local: l.addrs[0], Err: socket.ErrTimeout}
	}
	return s, err
}

// take accepts a client that waits; none is no error.
func (l *Listener) take(ctx context.Context) (*socket.Socket, error) {
	if err := ctx.Err(); err != nil {
		return nil, &socket.Error{Op: "accept", Local: l.addrs[0], Err: err}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for range l.sockets {
		s := l.sockets[l.next]
		l.next = (l.next + 1) % len(l.sockets)
		c, err := acceptReady(ctx, s)
		if c != nil || err != nil {
			return c, err
		}
	}
	return nil, nil
}

// acceptReady accepts a client of one socket, if one waits and does not vanish at the same time.
func acceptReady(ctx context.Context, s *socket.Socket) (*socket.Socket, error) {
	ready, err := s.AcceptReady()
	if err != nil || !ready {
		return nil, err
	}
	short, cancel := context.WithTimeout(ctx, vanished)
	defer cancel()
	c, _, err := s.Accept(short)
	if err != nil && short.Err() != nil && ctx.Err() == nil {
		return nil, nil
	}
	return c, err
}

// A client has vanished if it cannot be accepted within this time, although it could.
const vanished = 10 * time.Millisecond

// wait waits until a client can be accepted on any of the sockets.
func (l *Listener) wait(ctx context.Context) error {
	if len(l.sockets) == 1 {
		return l.sockets[0].WaitReceive(ctx)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	first := make(chan error, len(l.sockets))
	for _, s := range l.sockets {
		go func() { first <- s.WaitReceive(ctx) }()
	}
	return <-first
}

// AcceptReady reports whether Accept would not have to wait: tcp-accept-ready? of CHICKEN and Racket. The client may be
// gone, or another's, before Accept is called.
func (l *Listener) AcceptReady() (bool, error) {
	for _, s := range l.sockets {
		if ready, err := s.AcceptReady(); ready || err != nil {
			return ready, err
		}
	}
	return false, nil
}

// Ready returns a channel for select: it is closed when Accept would not have to wait, because a client waits or the listener
// is closed. It accepts nothing: who chooses the channel calls Accept, and then Ready again. It is Racket's
// tcp-accept-evt.
//
// When the context ends first, the channel is never closed. Until then, or until a client comes, a goroutine waits.
func (l *Listener) Ready(ctx context.Context) <-chan struct{} {
	ready := make(chan struct{})
	if ok, err := l.AcceptReady(); ok || err != nil {
		close(ready)
		return ready
	}
	ctx = given(ctx)
	go func() {
		if err := l.wait(ctx); err == nil || ctx.Err() == nil {
			close(ready)
		}
	}()
	return ready
}

// Port returns the port number that the listener listens on: CHICKEN's tcp-listener-port.
func (l *Listener) Port() int { return l.addrs[0].Port() }

// Addrs returns the addresses that the sockets are bound to, in the order of Sockets.
func (l *Listener) Addrs() []sockaddr.Addr { return append([]sockaddr.Addr(nil), l.addrs...) }

// Sockets returns the listening sockets, which stay the listener's: to set options, or for their descriptors, CHICKEN's
// tcp-listener-fileno. Sockets of an address family that the machine lacks are not there.
func (l *Listener) Sockets() []*socket.Socket { return append([]*socket.Socket(nil), l.sockets...) }

// Socket returns the first of Sockets.
func (l *Listener) Socket() *socket.Socket { return l.sockets[0] }

// Names returns the listener's first address, or 0.0.0.0 if it listens at every address, and as the remote one 0.0.0.0 without
// a port. These are Racket's answers, see [ports.Addresses]; Addrs returns all addresses.
func (l *Listener) Names() (local, remote sockaddr.Addr, err error) {
	if l.closed.Load() {
		return local, remote, &socket.Error{Op: "names", Local: l.addrs[0], Err: socket.ErrClosed}
	}
	if remote, err = sockaddr.InetAny(constants.AF_INET, 0); err != nil {
		return local, remote, err
	}
	if l.config.Host == "" {
		return remote.WithPort(l.Port()), remote, nil
	}
	return l.addrs[0], remote, nil
}

// Close closes the listener. Clients that wait to be accepted see the end of the stream; connections that were accepted
// go on. Calls that wait on the listener end with ErrClosed, as do later ones. To close the listener again does nothing.
//
// A client that connects in the same moment may see a reset. To close the listener's sockets without a word to the clients, because
// another process has duplicates of them and goes on accepting, close them themselves.
func (l *Listener) Close() error {
	if !l.closed.CompareAndSwap(false, true) {
		return nil
	}
	var errs []error
	for _, s := range l.sockets {
		l.dismiss(s)
		errs = append(errs, s.Close())
	}
	if l.config.Custodian != nil {
		l.config.Custodian.Remove(l)
	}
	return errors.Join(errs...)
}

// dismiss ends the connections of clients that wait. If the kernel did it, they would see a reset.
func (l *Listener) dismiss(s *socket.Socket) {
	ctx := context.Background()
	for range max(l.config.Backlog, l.config.Backlog+1) { // or the largest int
		if ready, err := s.AcceptReady(); !ready || err != nil {
			return
		}
		c, err := acceptReady(ctx, s)
		if err != nil { // such as EMFILE, which stays
			return
		}
		if c == nil {
			continue
		}
		c.Shutdown(constants.SHUT_WR)
		// What the client has sent must be read, or closing its socket is a reset.
		var b [4096]byte
		for range most / len(b) {
			if ready, err := c.ReceiveReady(); !ready || err != nil {
				break
			}
			if n, err := c.Receive(ctx, b[:], 0); n == 0 || err != nil {
				break
			}
		}
		c.Close()
	}
}

// The most that is read of a client that is dismissed.
const most = 1 << 20
