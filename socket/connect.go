package socket

import (
	"context"
	"errors"
	"syscall"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/internal/fd"
	"example.com/bsdsocket/internal/sys"
	"example.com/bsdsocket/sockaddr"
)

// connect is connect(2): begun once, and then asked for its result.
type connect struct {
	fd.Op
	local  bool // AF_UNIX
	repeat bool // connect(2) called again tells the result
	begun  bool
	full   bool // the last attempt found a full AF_UNIX backlog
	final  error
	size   int
	to     sys.RawAddr
}

var connects pool[connect, *connect]

func (o *connect) Do(sysfd int) error {
	to := o.to[:o.size]
	if o.begun {
		o.final = sys.ConnectResult(sysfd, to, o.repeat)
		if o.final == syscall.EALREADY || o.final == syscall.EINPROGRESS {
			return again
		}
		return nil
	}
	o.final = sys.Connect(sysfd, to)
	o.full = o.local && o.final == syscall.EAGAIN
	switch {
	case o.final == syscall.EINPROGRESS || o.final == syscall.EINTR:
		// On one machine the handshake is over before connect(2) returns, and to ask at once saves the wait.
		o.begun = true
		return o.Do(sysfd)
	case o.full:
		// No event will tell that the listener has room (unix(7)).
		return fd.Later
	}
	return nil // EAGAIN of another family is final: there is no free local port
}

// Undo makes the socket what it was before Do, when the wait for the connection ended without a result.
func (o *connect) Undo(sysfd int) {
	if o.begun {
		sys.Disconnect(sysfd)
	}
}

// Connect wraps connect(2) and waits until the connection is made. A datagram socket is only given its peer, and may be
// connected again.
//
// It fails with ErrTransient where trying again later can help, with ErrTimeout after [Params].ConnectTimeout, the write
// deadline or the context's, and with other errors where the call is wrong: EISCONN, EAFNOSUPPORT, ... An AF_UNIX listener
// whose backlog is full is tried again until then; without any timeout, until it has room.
//
// On Linux, a TCP or AF_UNIX socket whose Connect failed, timed out or was cancelled is again as it was before: bound if
// it was bound, and not connecting, so that Connect may be called with another address. Only a port that was not asked for
// (Bind with port 0, or no Bind) is not kept: Name still shows it, but the next Connect takes another. Elsewhere, and of
// other families, the socket's state is unspecified (POSIX), and it should be closed.
func (s *Socket) Connect(ctx context.Context, to sockaddr.Addr) error {
	o := connects.get()
	o.begun, o.full, o.final = false, false, nil
	o.local = s.Family() == constants.AF_UNIX
	o.repeat = o.local || s.internet() && s.Type() != constants.SOCK_SEQPACKET && s.Protocol() != constants.IPPROTO_SCTP
	o.size = len(to.AppendRaw(o.to[:0]))
	err := o.Run(ctx, &s.fd, fd.Write, s.parameters().ConnectTimeout)
	switch {
	case err == nil:
		err = o.final
	case o.full && errors.Is(err, ErrTimeout):
		err = lacking{err, "the listener's backlog is full"}
	}
	connects.put(o)
	if err != nil {
		if err == syscall.EAGAIN {
			err = lacking{err, "no free local port"}
		}
		return s.failConnect(to, err)
	}
	s.remember(to)
	return nil
}

// Disconnect dissolves the connection of a datagram socket: it receives from everybody again, and PeerName is the zero
// Addr. On Linux, a port that was not asked for (Bind with port 0, or no Bind) is given back, and the socket must be bound
// again to receive. On Linux it aborts the connection of a TCP socket, which the peer sees as a reset, and the socket can
// be connected anew. It wraps connect(2) to an address of AF_UNSPEC.
func (s *Socket) Disconnect() error {
	if err := s.fd.Control(sys.Disconnect); err != nil {
		return s.fail("disconnect", err)
	}
	s.remember(sockaddr.Addr{})
	return nil
}
