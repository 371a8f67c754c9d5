package socket

import (
	"context"
	"net/netip"
	"syscall"

	"example.com/bsdsocket/internal/fd"
	"example.com/bsdsocket/internal/sys"
	"example.com/bsdsocket/sockaddr"
)

type accept struct {
	fd.Op
	sysfd int
	size  int
	from  sys.RawAddr
}

var accepts pool[accept, *accept]

func (o *accept) Do(sysfd int) (err error) {
	for {
		o.sysfd, o.size, err = sys.Accept(sysfd, &o.from)
		// A client that is gone before it was accepted is no reason to stop (accept(2), "Error handling").
		if err != syscall.ECONNABORTED {
			return err
		}
	}
}

// accepted is a Socket together with its peer's address: one allocation.
type accepted struct {
	Socket
	from netip.AddrPort
}

// Accept wraps accept4(2): it waits for a connection and returns its socket and the peer's address, which is the zero Addr
// for an AF_UNIX client without a name. The new socket has the listener's parameters, and belongs to the caller.
//
// A socket that does not listen is EINVAL. ErrTimeout comes after [Params].AcceptTimeout, the read deadline or the
// context's. Too many open files (EMFILE, ENFILE) leave the connection in the queue.
func (s *Socket) Accept(ctx context.Context) (*Socket, sockaddr.Addr, error) {
	const op = "accept"
	o := accepts.get()
	err := o.Run(ctx, &s.fd, fd.Read, s.parameters().AcceptTimeout)
	if err != nil {
		accepts.put(o)
		return nil, sockaddr.Addr{}, s.fail(op, err)
	}
	c := new(accepted)
	c.classify(s.Family(), s.Type(), s.Protocol())
	c.fd.Init(o.sysfd)
	from, err := sockaddr.FromRaw(o.from[:min(o.size, len(o.from))])
	accepts.put(o)
	if err != nil {
		c.Close()
		return nil, sockaddr.Addr{}, s.fail(op, err)
	}
	c.params.Store(s.params.Load())
	if c.from = from.AddrPort(); c.from.IsValid() {
		c.peer.Store(&c.from)
	}
	if from.IsUnnamed() {
		from = sockaddr.Addr{}
	}
	return &c.Socket, from, nil
}
