package socket

import (
	"context"
	"syscall"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/internal/fd"
	"example.com/bsdsocket/internal/sys"
	"example.com/bsdsocket/sockaddr"
)

type accept struct {
	fd.Op
	local bool // AF_UNIX
	sysfd int
	size  int
	from  sys.RawAddr
}

var accepts pool[accept, *accept]

func (o *accept) Do(sysfd int) (err error) {
	// A client that is gone before it was accepted is no reason to stop (accept(2), "Error
	// handling"). Many of them, one after the other, must not keep a deadline, a context or Close
	// from ending the call.
	for range 64 {
		o.sysfd, o.size, err = sys.Accept(sysfd, &o.from)
		switch {
		case err == syscall.EAGAIN && o.local:
			return o.shut(sysfd)
		case err != syscall.ECONNABORTED:
			return err
		}
	}
	if o.NoWait {
		return again
	}
	return fd.Later
}

// shut is what an AF_UNIX listener without clients comes to: a blocking accept(2) says EINVAL once
// it was shut down, but one that may not wait says EAGAIN, as if a client could still come
// (unix_accept, net/unix/af_unix.c, Linux 6.18).
func (o *accept) shut(sysfd int) error {
	if events, err := sys.Poll(sysfd, sys.PollReadable|sys.PollRdHup); err == nil &&
		events&(sys.PollRdHup|sys.PollHup) != 0 {
		return syscall.EINVAL
	}
	return again
}

// accepted is a Socket together with its peer's address: one allocation.
type accepted struct {
	Socket
	from nearAddr
}

// Accept wraps accept4(2): it waits for a connection and returns its socket and the peer's address,
// which is the zero Addr for an AF_UNIX client without a name. The new socket has the listener's
// parameters, and belongs to the caller.
//
// A socket that is not listening is EINVAL, also one that was shut down while Accept waited; one of
// a type without connections is EOPNOTSUPP, which is ErrUnsupported. ErrTimeout comes after
// [Params].AcceptTimeout, the read deadline or the context's; a client that left before it was
// accepted (ECONNABORTED) is skipped, and does not restart them.
//
// A loop that accepts may go on after a lack of resources: EMFILE, ENFILE (too many open files),
// ENOBUFS and ENOMEM. These leave the connection in the queue and recur at once, so the loop has to
// pause. They are not ErrTransient; Temporary is true of EMFILE and ENFILE. Any other error will
// come again, and ends the loop.
//
// Beside the parameters, the new socket has what the kernel makes it inherit: on Linux, over TCP,
// the listener's options, such as buffer sizes, keep-alive, linger, mark and bound device; over
// AF_UNIX only those that ask for credentials. It inherits neither deadlines nor
// [Socket.SetOffload].
func (s *Socket) Accept(ctx context.Context) (c *Socket, from sockaddr.Addr, err error) {
	c, err = s.accept(ctx, "accept", false, &from)
	return
}

// TryAccept is Accept without waiting: without a client it returns ErrWouldBlock. AcceptTimeout and
// deadlines do not matter to it.
func (s *Socket) TryAccept() (c *Socket, from sockaddr.Addr, err error) {
	c, err = s.accept(background, "try accept", true, &from)
	return
}

func (s *Socket) accept(ctx context.Context, op string, noWait bool,
	from *sockaddr.Addr) (*Socket, error) {
	o := accepts.get()
	o.NoWait, o.OneStep, o.local = noWait, true, s.Family() == constants.AF_UNIX
	err := o.Run(ctx, &s.fd, fd.Read, s.parameters().AcceptTimeout)
	return o.accepted(s, op, from, err)
}

// accepted gives o back, and makes the socket of what it has accepted from s.
//
//go:noinline
func (o *accept) accepted(s *Socket, op string, from *sockaddr.Addr, err error) (*Socket, error) {
	if err != nil {
		accepts.put(o)
		return nil, s.fail(op, err)
	}
	c := new(accepted)
	c.classify(s.Family(), s.Type(), s.Protocol())
	c.fd.Init(o.sysfd)
	*from, err = sockaddr.FromRaw(o.from[:min(o.size, len(o.from))])
	accepts.put(o)
	if err != nil {
		c.Close()
		return nil, s.fail(op, err)
	}
	c.params.Store(s.params.Load())
	c.state.Store(s.state.Load()&isAway | isBound)
	c.keepPeer(*from, &c.from)
	if from.IsUnnamed() {
		*from = sockaddr.Addr{}
	}
	return &c.Socket, nil
}
