package socket

import (
	"context"
	"syscall"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/internal/fd"
	"example.com/bsdsocket/internal/sys"
	"example.com/bsdsocket/sockaddr"
)

// receive is recv(2), and recvfrom(2) in receiveFrom.
type receive struct {
	fd.Op
	s      *Socket
	b      []byte
	n      int
	flags  int
	whole  bool // MSG_WAITALL on a stream: n moves on until b is full
	stream bool
}

var receives pool[receive, *receive]

func (o *receive) set(s *Socket, b []byte, flags constants.MsgFlag) {
	o.NoWait = flags&dontWait != 0
	o.s, o.b, o.n, o.stream = s, b, 0, !s.message() && flags&errorQueue == 0
	// There is one urgent byte, and an error message is one receive: the kernel ignores MSG_WAITALL
	// for them.
	o.whole = o.stream && flags&waitAll != 0 && flags&constants.MSG_OOB == 0
	o.OneStep = !o.whole
	o.flags = int(flags&^waitAll) | sys.MsgDontWait
}

func (o *receive) Do(sysfd int) error {
	if o.stream && len(o.b) == 0 {
		return nil // there is nothing to wait for
	}
	if err := o.s.owed(o.flags); err != nil {
		return err
	}
	if o.whole && o.flags&int(constants.MSG_PEEK) != 0 {
		return o.peek(sysfd)
	}
	for {
		n, err := sys.Recv(sysfd, o.b[o.n:], o.flags)
		if err == again && o.stream && o.flags&int(outOfBand) == 0 {
			return again // which failed says too, with more on the stack of who will wait
		}
		if err != nil {
			return o.failed(sysfd, err)
		}
		o.n += n
		if !o.whole || n == 0 || o.n == len(o.b) {
			return nil
		}
		o.Progress()
	}
}

func (o *receive) failed(sysfd int, err error) error {
	if err == syscall.EAGAIN && o.flags&int(outOfBand) != 0 && !o.NoWait {
		// The urgent byte is announced and on its way; the poller does not ask for that event.
		return fd.Later
	}
	return o.s.unreceived(sysfd, o.flags, err)
}

// peek is a receive with MSG_PEEK and MSG_WAITALL. What was seen stays in the kernel, so n does not
// add up.
func (o *receive) peek(sysfd int) error {
	n, err := sys.Recv(sysfd, o.b, o.flags)
	if err != nil {
		return o.s.unreceived(sysfd, o.flags, err)
	}
	if n > o.n {
		o.Progress()
	}
	if o.n = n; n == len(o.b) {
		return nil
	}
	events, err := sys.Poll(sysfd, sys.PollIn|sys.PollPri|sys.PollRdHup)
	switch {
	case err != nil:
		return err
	case events&sys.PollHup != 0 && n > 0:
		return o.s.brokenNow(sysfd) // which a receive tells only when all is received
	case events&(sys.PollRdHup|sys.PollHup) != 0: // POLLERR may be the error queue
		return nil
	case events&sys.PollPri != 0 && n > 0:
		return nil // the urgent mark, past which one receive does not go
	}
	return again
}

// Receive wraps recv(2): it waits for data and receives it into b. It is the egg's socket-receive!.
//
// It returns 0 and no error at the end of a stream, for an empty message, and on message sockets
// that are shut down for receiving. A connection that was reset has no end: the data that is left
// is received, and then every call returns the error. Data of a datagram that does not fit into b
// is lost. With an empty b it returns at once on a stream, and discards a datagram on other
// sockets. With the option UDP_GRO, several datagrams of one sender are received as if they were
// one: [Socket.ReceiveMessage] tells them apart. The kernel drops descriptors that an AF_UNIX peer
// attaches, within this call, which can take as long as their last close(2); sockopt's SOPassRights
// set to false refuses them (Linux 6.16).
//
// The flags: MSG_DONTWAIT does not wait (ErrWouldBlock). MSG_WAITALL waits until b is full or the
// stream ends; an error or timeout returns the bytes received so far as well. It has no effect on
// message sockets. With MSG_TRUNC, n is the length of the whole datagram on Linux, which may exceed
// len(b); over TCP it discards n bytes, and leaves b as it is (tcp(7)). MSG_OOB receives the urgent
// byte, and is EINVAL where there is none: see [Socket.WaitUrgent]. MSG_ERRQUEUE waits for an error
// message, which [Socket.ReceiveMessage] can decode.
func (s *Socket) Receive(ctx context.Context, b []byte,
	flags constants.MsgFlag) (n int, err error) {
	o := s.receiving(b, flags)
	if err = checkFlags(flags); err == nil {
		err = o.Run(ctx, &s.fd, receiveSide(flags), s.parameters().ReceiveTimeout)
	}
	return o.received("receive", err)
}

// What a receive does before and after it waits is done by others, so that its goroutine has little
// on its stack meanwhile: see package fd.

func (s *Socket) receiving(b []byte, flags constants.MsgFlag) *receive {
	o := receives.get()
	o.set(s, b, flags)
	return o
}

// received gives o back, and returns the results of its call.
func (o *receive) received(op string, err error) (int, error) {
	s, n, empty, flags := o.s, o.n, len(o.b) == 0, constants.MsgFlag(o.flags)
	o.s, o.b = nil, nil
	receives.put(o)
	if n == 0 && err == nil && !empty {
		err = s.cutOff(flags)
	}
	return n, s.fail(op, err)
}

type receiveFrom struct {
	fd.Op
	s      *Socket
	b      []byte
	n      int
	flags  int
	size   int
	stream bool
	from   sys.RawAddr
}

var receiveFroms pool[receiveFrom, *receiveFrom]

func (o *receiveFrom) Do(sysfd int) (err error) {
	if o.stream && len(o.b) == 0 {
		return nil
	}
	if err := o.s.owed(o.flags); err != nil {
		return err
	}
	if o.n, o.size, err = sys.Recvfrom(sysfd, o.b, o.flags, &o.from); err != nil {
		return o.s.unreceived(sysfd, o.flags, err)
	}
	return nil
}

// ReceiveFrom wraps recvfrom(2): [Socket.Receive] that also returns the sender's address. The
// address is the zero Addr over TCP and for an AF_UNIX sender without a name; on a stream of
// AF_UNIX it is the peer's. MSG_WAITALL has no effect. Datagrams that UDP_GRO joined stay joined,
// as with Receive.
func (s *Socket) ReceiveFrom(ctx context.Context, b []byte,
	flags constants.MsgFlag) (n int, from sockaddr.Addr, err error) {
	// Inlined, so that a caller has one address on its stack and not three.
	n, err = s.receiveFrom(ctx, b, flags, &from)
	return
}

func (s *Socket) receiveFrom(ctx context.Context, b []byte, flags constants.MsgFlag,
	from *sockaddr.Addr) (n int, err error) {
	o := s.receivingFrom(b, flags)
	if err = checkFlags(flags); err == nil {
		err = o.Run(ctx, &s.fd, receiveSide(flags), s.parameters().ReceiveTimeout)
	}
	return o.received("receive from", from, err)
}

func (s *Socket) receivingFrom(b []byte, flags constants.MsgFlag) *receiveFrom {
	o := receiveFroms.get()
	o.NoWait, o.OneStep = flags&dontWait != 0, true
	o.s, o.b, o.n, o.size, o.stream, o.flags = s, b, 0, 0, !s.message() && flags&errorQueue == 0,
		int(flags&^waitAll)|sys.MsgDontWait
	return o
}

//go:noinline
func (o *receiveFrom) received(op string, from *sockaddr.Addr, err error) (int, error) {
	s, n, empty, flags := o.s, o.n, len(o.b) == 0, constants.MsgFlag(o.flags)
	if err == nil {
		*from, err = sockaddr.FromRaw(o.from[:min(o.size, len(o.from))])
	}
	o.s, o.b = nil, nil
	receiveFroms.put(o)
	if n == 0 && err == nil && !empty {
		err = s.cutOff(flags)
	}
	return n, s.fail(op, err)
}

// send is send(2) and sendto(2), once or until all is sent.
type send struct {
	fd.Op
	s     *Socket
	b     []byte
	n     int
	flags int
	chunk int // the most bytes of one call; 0: no limit
	calls int // that moved something
	all   bool
	size  int // of to; 0: the socket is connected
	to    sys.RawAddr
}

var sends pool[send, *send]

func (o *send) set(s *Socket, b []byte, flags constants.MsgFlag) {
	o.s, o.b, o.n, o.chunk, o.calls, o.all, o.size = s, b, 0, 0, 0, false, 0
	o.NoWait, o.InTurn, o.OneStep = flags&dontWait != 0, !s.message(), false
	o.flags = int(flags) | sys.MsgDontWait | sys.MsgNoSignal
}

func (o *send) Do(sysfd int) error {
	if err := o.s.owed(o.flags); err != nil {
		return err
	}
	for {
		b := o.b[o.n:]
		if o.chunk > 0 && len(b) > o.chunk {
			b = b[:o.chunk]
		}
		var n int
		var err error
		if o.size == 0 {
			n, err = sys.Send(sysfd, b, o.flags)
		} else {
			n, err = sys.Sendto(sysfd, b, o.flags, o.to[:o.size])
		}
		if err != nil {
			return o.s.unsent(sysfd, o.NoWait, o.size > 0, err)
		}
		o.n += n
		o.calls++
		if !o.all || o.n >= len(o.b) {
			return nil
		}
		o.Progress()
	}
}

// Send wraps send(2): it waits until some of b can be sent, and returns how much the kernel took.
// It is the egg's socket-send. A message is sent whole or not at all; one that is too long is
// EMSGSIZE. An empty b sends an empty datagram.
//
// MSG_NOSIGNAL is implied: a peer that is gone is EPIPE, never SIGPIPE. MSG_DONTWAIT does not wait
// (ErrWouldBlock). MSG_ZEROCOPY is ErrUnsupported here and in all other sends, as the kernel would
// send from memory that nothing keeps in place; [ZeroCopy] keeps it.
func (s *Socket) Send(ctx context.Context, b []byte, flags constants.MsgFlag) (n int, err error) {
	o := sends.get()
	o.set(s, b, flags)
	n, err = s.send(ctx, o)
	return n, s.fail("send", err)
}

// SendTo wraps sendto(2): [Socket.Send] to an address. The zero Addr is the address that the socket
// is connected to. The lookup of an AF_UNIX path, as in Connect, is bounded neither by the context
// nor by MSG_DONTWAIT. An address of another family is EAFNOSUPPORT or EINVAL, except an IPv4
// address on an IPv6 UDP socket that takes both versions. A connected stream ignores the address
// over TCP; over AF_UNIX it is EISCONN.
//
// With MSG_FASTOPEN it connects a TCP socket and sends b with the first segment (Linux 3.7, RFC
// 7413). Without a cookie from the peer it first waits for the connection, for at most
// [Params].ConnectTimeout, and then sends. With MSG_DONTWAIT as well it is EINPROGRESS then:
// nothing is sent, and the socket becomes writable once it is connected.
func (s *Socket) SendTo(ctx context.Context, b []byte, to sockaddr.Addr,
	flags constants.MsgFlag) (n int, err error) {
	n, err = s.sendTo(ctx, b, to, flags)
	again, err := s.opened(ctx, to, flags, err)
	if again {
		n, err = s.sendTo(ctx, b, sockaddr.Addr{}, flags&^fastOpen)
	}
	return n, s.failTo("send to", to, err)
}

func (s *Socket) sendTo(ctx context.Context, b []byte, to sockaddr.Addr,
	flags constants.MsgFlag) (n int, err error) {
	o := sends.get()
	o.set(s, b, flags)
	o.size = len(to.AppendRaw(o.to[:0]))
	return s.send(ctx, o)
}

// SendAll sends all of b, in as many calls of send(2) as it takes. On message sockets, each call
// sends one message of at most [Params].SendSize bytes. On a stream each call passes all that is
// left: the peer cannot see where the data is cut, and each cut could hold a small segment back
// until the peer has acknowledged the data before it (Nagle's algorithm, RFC 896). An empty b sends
// an empty message. It is the egg's socket-send-all. With an error it returns how much was sent
// before: the kernel has taken b[:n] and nothing else of b, and how much of that the peer gets is
// not known.
//
// No other call's data comes between what one SendAll sends to a stream: a Send with MSG_DONTWAIT
// is ErrWouldBlock meanwhile. On message sockets such a Send may come between, and no other. Where
// TCP_NODELAY is off, it is switched on and off again to send what TCP holds back of the last
// piece; a program that wants it on should set it before the call, not in another goroutine
// meanwhile. With MSG_DONTWAIT, SendAll stops when the socket's buffer is full (ErrWouldBlock).
func (s *Socket) SendAll(ctx context.Context, b []byte,
	flags constants.MsgFlag) (n int, err error) {
	o := sends.get()
	o.set(s, b, flags)
	o.all = true
	if s.message() {
		o.chunk = s.parameters().SendSize
	}
	n, calls, err := s.sendIn(ctx, o)
	if calls > 1 && flags&more == 0 {
		s.push()
	}
	return n, s.fail("send all", err)
}

func (s *Socket) send(ctx context.Context, o *send) (n int, err error) {
	n, _, err = s.sendIn(ctx, o)
	return n, err
}

// sendIn is send, and returns also in how many calls.
func (s *Socket) sendIn(ctx context.Context, o *send) (n, calls int, err error) {
	if err = badFlags(constants.MsgFlag(o.flags)); err == nil {
		o.OneStep = !o.all || s.message() && (o.chunk == 0 || len(o.b) <= o.chunk)
		err = o.Run(ctx, &s.fd, fd.Write, s.parameters().SendTimeout)
	}
	n, calls = o.n, o.calls
	o.s, o.b = nil, nil
	sends.put(o)
	return n, calls, err
}
