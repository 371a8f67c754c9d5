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
	leaves *Socket // a datagram socket, which leaves its peer first
	scope  uint32  // of the address
	scoped bool    // the connection binds the socket to a device
}

var connects pool[connect, *connect]

func (o *connect) Do(sysfd int) error {
	if o.leaves != nil {
		o.scoped = o.leaves.leave(sysfd, o.scope)
		o.leaves = nil
	}
	to := o.to[:o.size]
	if o.begun {
		o.final = sys.ConnectResult(sysfd, to, o.repeat)
		switch o.final {
		case syscall.EALREADY, syscall.EINPROGRESS:
			return again
		case syscall.EINTR:
			return o.final
		}
		return nil
	}
	o.final = sys.Connect(sysfd, to)
	o.full = o.local && o.final == syscall.EAGAIN
	switch {
	case o.final == syscall.EINPROGRESS || o.final == syscall.EINTR:
		// On one machine the handshake is over before connect(2) returns, and to ask at once saves
		// the wait.
		o.begun = true
		return o.Do(sysfd)
	case o.full:
		// No event will tell that the listener has room (unix(7)).
		return fd.Later
	}
	return nil // EAGAIN of another family is final: there is no free local port
}

// Undo makes the socket what it was before Do, when the wait for the connection ended without a
// result.
func (o *connect) Undo(sysfd int) {
	if o.begun {
		sys.Disconnect(sysfd)
	}
}

// Connect wraps connect(2) and waits until the connection is made. On a datagram socket it only
// sets the peer, and may be called again.
//
// It fails with ErrTransient where trying again later can help, with ErrTimeout after
// [Params].ConnectTimeout, the write deadline or the context's, and with other errors where the
// call is wrong: EISCONN, EAFNOSUPPORT, ... An AF_UNIX listener whose backlog is full is tried
// again until then; without any timeout, until it has room. Nothing bounds the time that the kernel
// takes to look up a path on a file system that does not answer (a stalled NFS or FUSE mount), as
// of Bind.
//
// On Linux, a TCP or AF_UNIX socket whose Connect failed, timed out or was cancelled is again as it
// was before: bound if it was bound, and not connecting, so that Connect may be called with another
// address. Only a port that was not asked for (Bind with port 0, or no Bind) is not kept: Name
// still shows it, but the next Connect takes another. An IPv6 socket keeps the interface of a
// link-local address that it was once to be connected to. On other systems, and in other families,
// the socket's state is unspecified (POSIX), and it should be closed.
//
// A UDP socket that is connected again leaves its first peer first: Name then has the local address
// by which the new peer is reached, and the port is kept. On Linux this does not apply to a socket
// that is bound to a device, to a raw one, and to other types, which keep the local address of
// their first connection. Data that came from others before the socket was connected stays in its
// queue: compare the sender with the peer, or empty the queue first.
//
// A socket of AF_NETLINK that is connected to port 0 receives from the kernel alone, and no forged
// messages.
//
// A TCP socket without a name that is connected to a port of the host's own ephemeral range, where
// nobody listens, can become connected to itself (RFC 9293, 3.5, simultaneous open): then Name and
// PeerName are equal. With the option TCP_FASTOPEN_CONNECT Connect may return before anything was
// sent.
func (s *Socket) Connect(ctx context.Context, to sockaddr.Addr) error {
	o := connects.get()
	o.begun, o.full, o.final, o.scoped, o.scope = false, false, nil, false, to.ScopeID()
	again := s.hasPeer() && s.datagrams() || o.scope != 0 && s.Type() == constants.SOCK_DGRAM
	if again && to.Family() != constants.AF_UNSPEC {
		o.leaves = s
	}
	o.local = s.Family() == constants.AF_UNIX
	o.repeat = o.local || s.internet() && s.Type() != constants.SOCK_SEQPACKET &&
		s.Protocol() != constants.IPPROTO_SCTP
	o.size = len(to.AppendRaw(o.to[:0]))
	err := o.Run(ctx, &s.fd, fd.Write, s.parameters().ConnectTimeout)
	switch {
	case err == nil:
		err = o.final
	case o.full && errors.Is(err, ErrTimeout):
		err = lacking{err, "the listener's backlog is full"}
	}
	scoped := o.scoped
	o.leaves = nil
	connects.put(o)
	if err != nil {
		if err == syscall.EAGAIN {
			err = lacking{err, "no free local port"}
		}
		return s.failConnect(to, err)
	}
	if s.unmark(isToScope); scoped {
		s.mark(isToScope)
	}
	s.remember(to)
	return nil
}

// opened is what a send to an address comes to that MSG_FASTOPEN allows to connect. Without a
// cookie of the peer's (RFC 7413) the kernel sends nothing but the connection's first segment, and
// says EINPROGRESS: then the connection is waited for, and the send must be repeated, without flag
// and address.
func (s *Socket) opened(ctx context.Context, to sockaddr.Addr, flags constants.MsgFlag,
	err error) (again bool, _ error) {
	if flags&fastOpen == 0 || s.message() || !to.IsValid() {
		return false, err
	}
	if err == syscall.EINPROGRESS && flags&dontWait == 0 {
		o := connects.get()
		o.begun, o.full, o.final, o.local, o.repeat = true, false, nil, false, true
		o.size = len(to.AppendRaw(o.to[:0]))
		if err = o.Run(ctx, &s.fd, fd.Write, s.parameters().ConnectTimeout); err == nil {
			err = o.final
		}
		again = err == nil
		connects.put(o)
	}
	if err == nil {
		s.remember(to)
	}
	return again, err
}

// leave prepares a datagram socket of IP for a Connect. Linux keeps the local address of the first
// connection, and the device of a first link-local peer, so the socket leaves its peer before: if
// it has one, and if that loses nothing else. It reports whether the connection will bind the
// socket to a device.
func (s *Socket) leave(sysfd int, scope uint32) (scoped bool) {
	device, err := sys.GetsockoptInt(sysfd, int(constants.SOL_SOCKET),
		int(constants.SO_BINDTOIFINDEX))
	if err != nil || device != 0 && !s.is(isToScope) {
		return false // it is the user's, and would be lost; or nobody knows
	}
	if s.hasPeer() && s.datagrams() {
		s.remember(sockaddr.Addr{})
		dissolve(sysfd) // if that fails, Connect fails, or goes on as it did
	}
	return scope != 0
}

// datagrams reports whether the socket is one of UDP or UDP-Lite.
func (s *Socket) datagrams() bool {
	return s.internet() && s.Type() == constants.SOCK_DGRAM &&
		(s.Protocol() == 0 || s.Protocol() == constants.IPPROTO_UDP ||
			s.Protocol() == constants.IPPROTO_UDPLITE)
}

// dissolve makes a datagram socket one without a peer that has its port still.
func dissolve(sysfd int) error {
	before, err := nameOf(sysfd)
	if err == nil {
		err = sys.Disconnect(sysfd)
	}
	if err != nil {
		return err
	}
	after, err := nameOf(sysfd)
	if err != nil || after.Port() != 0 || before.Port() == 0 {
		return err
	}
	// The port was not asked for, and was given back. It may be somebody else's by now. An address
	// is still there if it was asked for.
	var sa sys.RawAddr
	return sys.Bind(sysfd, after.WithPort(before.Port()).AppendRaw(sa[:0]))
}

func nameOf(sysfd int) (sockaddr.Addr, error) {
	var sa sys.RawAddr
	n, err := sys.Getsockname(sysfd, &sa)
	if err != nil {
		return sockaddr.Addr{}, err
	}
	return sockaddr.FromRaw(sa[:min(n, len(sa))])
}

// Disconnect dissolves the connection of a datagram socket: it receives from everybody again, and
// PeerName is the zero Addr. It wraps connect(2) to an address of AF_UNSPEC. Of a socket that
// listens it is EINVAL.
//
// On Linux, a port that was not asked for (Bind with port 0, or no Bind) is given back, and the
// socket must be bound again to receive; the device that it is bound to (SO_BINDTODEVICE) is lost
// for a moment, in which datagrams of others may come; and a raw socket receives nothing any more
// (__udp_disconnect, net/ipv4/udp.c, Linux 6.18). On Linux it aborts the connection of a TCP
// socket, which the peer sees as a reset, and the socket can be connected anew.
func (s *Socket) Disconnect() error {
	err := s.fd.Control(func(sysfd int) error {
		if s.Type() == constants.SOCK_STREAM && listens(sysfd) {
			return invalid("it listens")
		}
		device := 0
		if s.internet() && s.message() && !s.is(isToScope) {
			device, _ = sys.GetsockoptInt(sysfd, int(constants.SOL_SOCKET),
				int(constants.SO_BINDTOIFINDEX))
		}
		err := sys.Disconnect(sysfd)
		if err == nil && device != 0 {
			err = sys.SetsockoptInt(sysfd, int(constants.SOL_SOCKET),
				int(constants.SO_BINDTOIFINDEX), device)
		}
		return err
	})
	if err != nil {
		return s.fail("disconnect", err)
	}
	s.unmark(isToScope)
	s.remember(sockaddr.Addr{})
	return nil
}

// listens reports whether listen(2) was called. Linux would take a TCP socket's listening back.
func listens(sysfd int) bool {
	n, err := sys.GetsockoptInt(sysfd, int(constants.SOL_SOCKET), int(constants.SO_ACCEPTCONN))
	return err == nil && n != 0
}
