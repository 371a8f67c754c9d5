package tcp

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"sync/atomic"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/internal/fd"
	"example.com/bsdsocket/ports"
	"example.com/bsdsocket/sockaddr"
	"example.com/bsdsocket/socket"
	"example.com/bsdsocket/sockopt"
)

// A Listener listens for clients at one or more addresses. It is made by [Listen] or [NewListener],
// and must be closed. Its methods may be called from several goroutines at once. On the zero
// Listener and on nil they fail with ErrClosed.
type Listener struct {
	config     Config
	ports      atomic.Pointer[ports.Params]
	sockets    []*socket.Socket
	addrs      []sockaddr.Addr
	closed     atomic.Bool
	everywhere bool          // it listens at every address
	turn       atomic.Uint32 // the socket with which the next search for a client begins
	queue      queue
}

var _ ports.Port = (*Listener)(nil)

// usable reports whether there are sockets, which may be closed.
func (l *Listener) usable() bool { return l != nil && len(l.sockets) > 0 }

func (l *Listener) closedError(op string) error {
	e := &socket.Error{Op: op, Err: socket.ErrClosed}
	if l.usable() {
		e.Local = l.addrs[0]
	}
	return e
}

// connection makes the ports of a client.
func (l *Listener) connection(s *socket.Socket) (*ports.InputPort, *ports.OutputPort, error) {
	return l.config.connection(s, *l.ports.Load())
}

// Accept waits for a client and returns the ports of its connection, which have the listener's
// parameters. Over several sockets it takes turns. It is tcp-accept of CHICKEN and Racket, and
// tcp-server-connection-accept of MIT Scheme.
//
// It fails with ErrTimeout after the parameters' AcceptTimeout, with the context's error, and with
// ErrClosed when the listener is closed. EMFILE and ENFILE, for want of descriptors, pass: the
// client stays in the queue, and a loop that calls Accept should pause before the next call. A
// client that has reset its connection is accepted like any other where the kernel has kept it, as
// Linux does; its first read is ECONNRESET.
func (l *Listener) Accept(ctx context.Context) (*ports.InputPort, *ports.OutputPort, error) {
	if !l.usable() {
		return nil, nil, l.closedError("accept")
	}
	s, err := l.accept(fd.Given(ctx))
	if err != nil {
		return nil, nil, err
	}
	return l.connection(s)
}

// TryAccept is Accept that does not wait: if no client waits, it fails with ErrWouldBlock. An event
// loop that chooses [Listener.Ready] or asks AcceptReady calls it, since the client may be gone, or
// another's, by then.
func (l *Listener) TryAccept() (*ports.InputPort, *ports.OutputPort, error) {
	if !l.usable() {
		return nil, nil, l.closedError("try accept")
	}
	s, err := l.take(true)
	switch {
	case err != nil:
		return nil, nil, err
	case s == nil:
		return nil, nil,
			&socket.Error{Op: "try accept", Local: l.addrs[0], Err: socket.ErrWouldBlock}
	}
	return l.connection(s)
}

// AcceptDuplex is Accept that returns both ports as one, as MIT Scheme does.
func (l *Listener) AcceptDuplex(ctx context.Context) (ports.Duplex, error) {
	in, out, err := l.Accept(ctx)
	return ports.Duplex{InputPort: in, OutputPort: out}, err
}

// AcceptReady reports whether Accept would not have to wait: tcp-accept-ready? of CHICKEN and
// Racket. The client may be gone, or another's, before Accept is called, which waits then;
// [Listener.TryAccept] does not.
func (l *Listener) AcceptReady() (bool, error) {
	if !l.usable() {
		return false, l.closedError("accept ready")
	}
	for _, s := range l.sockets {
		if ready, err := s.AcceptReady(); ready || err != nil {
			return ready, err
		}
	}
	return false, nil
}

// Ready returns a channel for select: it is closed when a client waits, or the listener is closed.
// It accepts nothing: when the channel is chosen call [Listener.TryAccept], as the client may be
// gone or another's by then, and then Ready again. It is Racket's tcp-accept-evt.
//
// All calls share one channel and one goroutine a socket, so it costs little to call Ready in each
// turn of a loop. With a context that has ended, the channel is never closed; one that ends later
// changes nothing. A client that cannot be accepted, for want of descriptors (EMFILE), stays ready:
// a loop that meets such an error should pause before the next turn. In a bubble of
// testing/synctest, call Ready of listeners that were made there.
func (l *Listener) Ready(ctx context.Context) <-chan struct{} {
	if fd.Given(ctx).Err() != nil {
		return nil
	}
	if ok, err := l.AcceptReady(); ok || err != nil {
		return always
	}
	q := &l.queue
	q.mu.Lock()
	if q.ready == nil {
		q.ready = make(chan struct{})
	}
	ready := q.ready
	q.mu.Unlock()
	l.watch()
	return ready
}

// always is closed.
var always = func() chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}()

// Params returns the parameters of the connections that are accepted next.
func (l *Listener) Params() (socket.Params, ports.Params) {
	if !l.usable() {
		return socket.Params{}, ports.Params{}
	}
	return l.sockets[0].Params(), *l.ports.Load()
}

// SetParams sets the parameters of the connections that are accepted from now on, and with the
// first the AcceptTimeout. So a server can have another line ending, buffer or timeout for each.
// Over several sockets whose own parameters were set differently, Accept ends at the shortest
// AcceptTimeout.
func (l *Listener) SetParams(s socket.Params, p ports.Params) error {
	if !l.usable() {
		return l.closedError("set params")
	}
	if err := p.Validate(); err != nil {
		return err
	}
	for _, each := range l.sockets {
		if err := each.SetParams(s); err != nil {
			return err
		}
	}
	l.ports.Store(&p)
	return nil
}

// Port returns the port number that the listener listens on: CHICKEN's tcp-listener-port. It is 0
// of sockets that have none, such as AF_UNIX's.
func (l *Listener) Port() int {
	if !l.usable() {
		return 0
	}
	return l.addrs[0].Port()
}

// Service returns Port as text, as [Dial] takes it.
func (l *Listener) Service() string { return strconv.Itoa(l.Port()) }

// Addrs returns the addresses that the sockets are bound to, in the order of Sockets.
func (l *Listener) Addrs() []sockaddr.Addr {
	if !l.usable() {
		return nil
	}
	return slices.Clone(l.addrs)
}

// Sockets returns the listening sockets, which stay the listener's: to set options, or for their
// descriptors, CHICKEN's tcp-listener-fileno. Sockets of an address family that the machine lacks
// are not there.
func (l *Listener) Sockets() []*socket.Socket {
	if !l.usable() {
		return nil
	}
	return slices.Clone(l.sockets)
}

// Socket returns the first of Sockets; nil of the zero Listener.
func (l *Listener) Socket() *socket.Socket {
	if !l.usable() {
		return nil
	}
	return l.sockets[0]
}

// Names returns the listener's first address, or 0.0.0.0 if it listens at every address, and as the
// remote one 0.0.0.0 without a port. These are Racket's answers, see [ports.Addresses]; Addrs
// returns all addresses.
func (l *Listener) Names() (local, remote sockaddr.Addr, err error) {
	if !l.usable() || l.closed.Load() {
		return local, remote, l.closedError("names")
	}
	if remote, err = sockaddr.InetAny(constants.AF_INET, 0); err != nil {
		return local, remote, err
	}
	if l.everywhere {
		return remote.WithPort(l.Port()), remote, nil
	}
	return l.addrs[0], remote, nil
}

// Close closes the listener. Clients that wait to be accepted when Close begins see the end of the
// stream; connections that were accepted go on. Calls that wait on the listener end with ErrClosed,
// as do later ones. Closing the listener again is a no-op.
//
// A client that connects meanwhile may see a reset. Clients of a socket with SO_REUSEPORT are left
// to the kernel, which hands them to another listener of that port if net.ipv4.tcp_migrate_req is
// set (Linux 5.14), and resets them otherwise. If another process has duplicates of the sockets and
// goes on accepting, close the Sockets themselves instead, which tells the clients nothing.
func (l *Listener) Close() error {
	if !l.usable() || !l.closed.CompareAndSwap(false, true) {
		return nil
	}
	var errs []error
	for _, s := range l.sockets {
		l.dismiss(s)
		errs = append(errs, s.Close())
	}
	l.queue.close()
	if l.config.Custodian != nil {
		l.config.Custodian.Remove(l)
	}
	return errors.Join(errs...)
}

// dismiss ends the connections of the clients that wait now. If the kernel did it, they would see a
// reset.
func (l *Listener) dismiss(s *socket.Socket) {
	if shared, err := sockopt.SOReusePort.Get(s); shared && err == nil {
		return
	}
	for range waiting(s) {
		c, _, err := s.TryAccept()
		if err != nil { // there is none, or such as EMFILE, which stays
			return
		}
		if linger, err := sockopt.SOLinger.Get(c); err == nil && linger.Enabled &&
			linger.Timeout > 0 {
			// It has the listener's lingering, and Close would wait for each.
			sockopt.SOLinger.Set(c, sockopt.Linger{})
		}
		c.Shutdown(constants.SHUT_WR)
		// What the client has sent must be read, or closing its socket is a reset.
		var b [4096]byte
		for range most / len(b) {
			if ready, err := c.ReceiveReady(); !ready || err != nil {
				break
			}
			if n, err := c.Receive(context.Background(), b[:], 0); n == 0 || err != nil {
				break
			}
		}
		c.Close()
	}
}

// waiting returns how many clients can be accepted, which of a TCP socket the kernel tells
// (tcp_get_info, net/ipv4/tcp.c, Linux 6.18); elsewhere it is more than there are.
func waiting(s *socket.Socket) int {
	if info, err := sockopt.TCPInfo.Get(s); err == nil && info.State == sockopt.TCPListen {
		return int(info.Unacked)
	}
	return 1 << 12
}

// The most that is read of a client that is dismissed.
const most = 1 << 20
