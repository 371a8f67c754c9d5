package socket

import (
	"context"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/internal/fd"
	"example.com/bsdsocket/internal/sys"
)

// AcceptReady reports whether Accept would find a connection now. The client may leave before
// Accept is called, or another goroutine may take it, and then Accept waits; [Socket.TryAccept]
// does not. On a socket that does not listen the result has no meaning.
func (s *Socket) AcceptReady() (bool, error) { return s.ready("accept ready", sys.PollIn) }

// ReceiveReady reports whether a receive would not have to wait: there is data, nothing will come
// any more, or an error is pending. It is the egg's socket-receive-ready?. A message of the error
// queue (MSG_ERRQUEUE) is none of these.
//
// It is no promise: another goroutine or process may receive first, and the kernel may drop a
// datagram whose checksum turns out to be wrong. A receive with MSG_DONTWAIT never waits.
func (s *Socket) ReceiveReady() (bool, error) {
	return s.ready("receive ready", sys.PollReadable)
}

// SendReady reports whether a send would not have to wait: there is room in the buffer, or an error
// is pending.
//
// The room is a third of the buffer over TCP, and half of it on message sockets: sends of more may
// wait all the same, and smaller ones may not have to wait earlier. Over AF_UNIX and AF_NETLINK it
// does not tell whether the receiver that an address names has room.
func (s *Socket) SendReady() (bool, error) { return s.ready("send ready", sys.PollOut) }

func (s *Socket) ready(op string, events int16) (ready bool, err error) {
	err = s.fd.Control(func(sysfd int) (err error) {
		ready, err = s.found(sysfd, events)
		return err
	})
	return ready, s.fail(op, err)
}

// found reports whether poll(2) tells of one of the events, of a connection that is over, or of an
// error of the socket's. POLLERR alone may be the error queue, of which transfers know nothing.
// Only SO_ERROR can tell, but it takes the error: it is kept for the transfer.
func (s *Socket) found(sysfd int, events int16) (bool, error) {
	got, err := sys.Poll(sysfd, events)
	if err != nil || got&(events|sys.PollHup) != 0 || s.taken.Load() != 0 {
		return err == nil, err
	}
	if got&sys.PollErr == 0 {
		return false, nil
	}
	errno, err := sys.GetsockoptInt(sysfd, int(constants.SOL_SOCKET), int(constants.SO_ERROR))
	if errno != 0 {
		s.taken.Store(int32(errno))
	}
	return errno != 0, err
}

// wait is poll(2) until there is an event.
type wait struct {
	fd.Op
	s      *Socket
	events int16
}

var waits pool[wait, *wait]

func (o *wait) Do(sysfd int) error {
	found, err := o.s.found(sysfd, o.events)
	if err == nil && !found {
		return again
	}
	return err
}

// WaitReceive waits until [Socket.ReceiveReady], or on a listening socket [Socket.AcceptReady], is
// true, and receives nothing. [Params].ReceiveTimeout does not limit it.
func (s *Socket) WaitReceive(ctx context.Context) error {
	return s.wait(ctx, "wait receive", fd.Read, sys.PollReadable)
}

// WaitSend waits until [Socket.SendReady] is true, and sends nothing. [Params].SendTimeout does not
// limit it.
func (s *Socket) WaitSend(ctx context.Context) error {
	return s.wait(ctx, "wait send", fd.Write, sys.PollOut)
}

func (s *Socket) wait(ctx context.Context, op string, dir fd.Dir, events int16) error {
	o := waits.get()
	o.s, o.OneStep, o.events = s, true, events
	err := o.Run(ctx, &s.fd, dir, 0)
	o.s = nil
	waits.put(o)
	return s.fail(op, err)
}
