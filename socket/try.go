package socket

import (
	"syscall"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/sockaddr"
)

// TryReceive is Receive without waiting, as with MSG_DONTWAIT, which not every platform has: where
// nothing has come it is ErrWouldBlock. Timeouts and deadlines do not matter to it, and it
// allocates nothing.
func (s *Socket) TryReceive(b []byte, flags constants.MsgFlag) (n int, err error) {
	o := s.receiving(b, flags)
	o.NoWait = true
	if err = checkFlags(flags); err == nil {
		err = o.Run(background, &s.fd, receiveSide(flags), 0)
	}
	return o.received("try receive", err)
}

// TryReceiveFrom is ReceiveFrom without waiting, see [Socket.TryReceive].
func (s *Socket) TryReceiveFrom(b []byte,
	flags constants.MsgFlag) (n int, from sockaddr.Addr, err error) {
	o := s.receivingFrom(b, flags)
	o.NoWait = true
	if err = checkFlags(flags); err == nil {
		err = o.Run(background, &s.fd, receiveSide(flags), 0)
	}
	n, err = o.received("try receive from", &from, err)
	return n, from, err
}

// TrySend is Send without waiting, as with MSG_DONTWAIT, which not every platform has: where there
// is no room it is ErrWouldBlock. On a stream it sends what there is room for. Timeouts and
// deadlines do not matter to it, and it allocates nothing. While another call sends to the stream
// in steps, like SendAll, it is ErrWouldBlock too, whatever room there is.
func (s *Socket) TrySend(b []byte, flags constants.MsgFlag) (n int, err error) {
	return s.trySend("try send", b, sockaddr.Addr{}, flags)
}

// TrySendTo is SendTo without waiting, see [Socket.TrySend].
func (s *Socket) TrySendTo(b []byte, to sockaddr.Addr, flags constants.MsgFlag) (n int, err error) {
	return s.trySend("try send to", b, to, flags)
}

func (s *Socket) trySend(op string, b []byte, to sockaddr.Addr,
	flags constants.MsgFlag) (n int, err error) {
	o := sends.get()
	o.set(s, b, flags)
	o.NoWait = true
	if to.IsValid() {
		o.size = len(to.AppendRaw(o.to[:0]))
	}
	if n, err = s.send(background, o); err == again {
		return n, s.fail(op, err)
	}
	return n, s.failTo(op, to, err)
}

// wouldBlock are the errors that loops meet often, made once.
var wouldBlock = func() map[string]*Error {
	errs := make(map[string]*Error)
	for _, op := range []string{
		"receive", "receive from", "receive message", "receive messages", "send", "send all",
		"try accept", "try receive", "try receive from", "try send", "try send to",
		"poller try wait",
	} {
		errs[op] = &Error{Op: op, Err: syscall.EAGAIN}
	}
	return errs
}()
