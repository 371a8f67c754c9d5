package socket

import (
	"context"

	"example.com/bsdsocket/internal/fd"
	"example.com/bsdsocket/internal/sys"
)

// AcceptReady reports whether Accept would find a connection now. The client may be gone before Accept is called, or another
// goroutine take it, and Accept waits then: [Socket.TryAccept] does not.
func (s *Socket) AcceptReady() (bool, error) { return s.ready("accept ready", sys.PollIn) }

// ReceiveReady reports whether a receive would not have to wait: there is data, the stream has ended, or an error is
// pending. It is the egg's socket-receive-ready?.
func (s *Socket) ReceiveReady() (bool, error) {
	return s.ready("receive ready", sys.PollIn|sys.PollRdHup)
}

// SendReady reports whether a send would not have to wait: there is room in the buffer, or an error is pending.
func (s *Socket) SendReady() (bool, error) { return s.ready("send ready", sys.PollOut) }

func (s *Socket) ready(op string, events int16) (ready bool, err error) {
	err = s.fd.Control(func(sysfd int) error {
		found, err := sys.Poll(sysfd, events)
		ready = found != 0
		return err
	})
	return ready, s.fail(op, err)
}

// wait is poll(2) until there is an event.
type wait struct {
	fd.Op
	events int16
}

var waits pool[wait, *wait]

func (o *wait) Do(sysfd int) error {
	found, err := sys.Poll(sysfd, o.events)
	if err == nil && found == 0 {
		return again
	}
	return err
}

// WaitReceive waits until [Socket.ReceiveReady], or on a listening socket [Socket.AcceptReady], is true, and receives
// nothing. [Params].ReceiveTimeout does not limit it.
func (s *Socket) WaitReceive(ctx context.Context) error {
	return s.wait(ctx, "wait receive", fd.Read, sys.PollIn|sys.PollRdHup)
}

// WaitSend waits until [Socket.SendReady] is true, and sends nothing. [Params].SendTimeout does not limit it.
func (s *Socket) WaitSend(ctx context.Context) error {
	return s.wait(ctx, "wait send", fd.Write, sys.PollOut)
}

func (s *Socket) wait(ctx context.Context, op string, dir fd.Dir, events int16) error {
	o := waits.get()
	o.OneStep, o.events = true, events
	err := o.Run(ctx, &s.fd, dir, 0)
	waits.put(o)
	return s.fail(op, err)
}
