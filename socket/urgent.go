package socket

import (
	"context"

	"example.com/bsdsocket/internal/fd"
	"example.com/bsdsocket/internal/sys"
)

// AtMark wraps sockatmark(3), ioctl SIOCATMARK (tcp(7), unix(7)): whether the next byte to be
// received is the first behind the peer's urgent data. A receive stops in front of the mark, so
// that nothing that it returns lies on both sides. With the option SO_OOBINLINE the urgent byte is
// the first behind the mark; otherwise Receive with MSG_OOB receives it, and the stream leaves it
// out. There is one urgent byte: when the peer sends another before the stream was read past the
// first, Linux makes the first an ordinary byte of the stream, also if MSG_OOB has received it
// (tcp_check_urg, net/ipv4/tcp_input.c).
//
// [Socket.Pending] counts up to the mark: 0 at it, whatever is behind.
func (s *Socket) AtMark() (at bool, err error) {
	err = s.fd.Control(func(sysfd int) (err error) {
		at, err = sys.AtMark(sysfd)
		return err
	})
	return at, s.fail("at mark", err)
}

// urgent is poll(2) until there is urgent data.
type urgent struct{ fd.Op }

func (o *urgent) Do(sysfd int) error {
	events, err := sys.Poll(sysfd, sys.PollPri|sys.PollRdHup)
	if err == nil && events&^sys.PollErr == 0 {
		return fd.Later // Go's poller does not ask for this event
	}
	return err
}

// WaitUrgent waits until there is urgent data (POLLPRI, poll(2)), or none will come: the peer has
// shut down, or the connection is over. Receive with MSG_OOB and MSG_DONTWAIT then receives the
// byte, and is EINVAL if there is none, or ErrWouldBlock if it is announced and on its way. It
// looks again every 32 ms at most, as Go's poller knows nothing of urgent data.
// [Params].ReceiveTimeout does not limit it.
func (s *Socket) WaitUrgent(ctx context.Context) error {
	o := new(urgent)
	o.Bind(o)
	o.OneStep = true
	return s.fail("wait urgent", o.Run(ctx, &s.fd, fd.Read, 0))
}

// AtEnd reports whether there is nothing to receive and nothing will come: the peer has ended the
// stream or closed, or this end was shut down for receiving. It tells the end from an empty
// message, which both are 0 bytes to a receive.
func (s *Socket) AtEnd() (bool, error) {
	end := false
	err := s.fd.Control(func(sysfd int) (err error) {
		end, err = s.atEnd(sysfd)
		return err
	})
	return end, s.fail("at end", err)
}
