package socket

import (
	"context"
	"errors"
	"sync"
	"syscall"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/internal/fd"
	"example.com/bsdsocket/internal/sys"
	"example.com/bsdsocket/sockaddr"
	"example.com/bsdsocket/socket/cmsg"
)

// ZeroCopy sends from the caller's memory without copying it (MSG_ZEROCOPY, Linux 4.14; Documentation/networking/msg_zerocopy.rst).
// So the memory must stay as it is until the kernel has done with it, and [ZeroCopy.Wait] tells when. It pays for sends of
// about 10 kB and more.
//
// All sends with MSG_ZEROCOPY on a socket must go through the same ZeroCopy, as the kernel only counts them. Other sends need
// not. Its methods may be called from several goroutines at once.
type ZeroCopy struct {
	s *Socket

	mu      sync.Mutex
	first   uint32     // the number of pending[0]
	pending []inflight // in the order of sending
	done    []Completion
}

type inflight struct {
	b    []byte
	done bool
}

// A Completion is memory that the kernel has done with.
type Completion struct {
	Buffer []byte // what one send took: the first n bytes of its buffer
	Copied bool   // the kernel copied it after all, as it does on loopback: then MSG_ZEROCOPY costs more than it saves
}

// NewZeroCopy switches SO_ZEROCOPY on, for TCP, UDP and AF_VSOCK sockets. Others, and other systems, are ErrUnsupported.
func NewZeroCopy(s *Socket) (*ZeroCopy, error) {
	if constants.SO_ZEROCOPY < 0 {
		return nil, s.fail("zero copy", errUndefined)
	}
	err := s.fd.Control(func(sysfd int) error {
		return sys.SetsockoptInt(sysfd, int(constants.SOL_SOCKET), int(constants.SO_ZEROCOPY), 1)
	})
	if err != nil {
		return nil, s.fail("zero copy", err)
	}
	return &ZeroCopy{s: s}, nil
}

// zeroSend is a send whose number must be known.
type zeroSend struct {
	fd.Op
	z     *ZeroCopy
	b     []byte
	n     int
	flags int
	size  int
	to    sys.RawAddr
}

var zeroSends pool[zeroSend, *zeroSend]

func (o *zeroSend) Do(sysfd int) (err error) {
	z := o.z
	// The kernel's order is ours only if nobody else is between the call and the count.
	z.mu.Lock()
	defer z.mu.Unlock()
	flags := o.flags
	if len(o.b) > 0 {
		flags |= int(constants.MSG_ZEROCOPY)
	}
	o.n, err = sys.Sendto(sysfd, o.b, flags, o.to[:o.size], false)
	if err == syscall.ENOBUFS && flags != o.flags {
		// Too much is pinned: net.core.optmem_max, or RLIMIT_MEMLOCK.
		flags = o.flags
		o.n, err = sys.Sendto(sysfd, o.b, flags, o.to[:o.size], false)
	}
	switch {
	case err != nil:
		return err
	case flags != o.flags:
		z.pending = append(z.pending, inflight{b: o.b[:o.n]})
	default:
		z.done = append(z.done, Completion{o.b[:o.n], true})
	}
	return nil
}

// Send is [Socket.Send] without copying. The first n bytes of b belong to the kernel until Wait returns them, also if the
// connection breaks. If the kernel cannot pin more memory, it copies, and the Completion is there at once.
func (z *ZeroCopy) Send(ctx context.Context, b []byte, flags constants.MsgFlag) (n int, err error) {
	return z.SendTo(ctx, b, sockaddr.Addr{}, flags)
}

// SendTo is [Socket.SendTo] without copying: see Send.
func (z *ZeroCopy) SendTo(ctx context.Context, b []byte, to sockaddr.Addr, flags constants.MsgFlag) (n int, err error) {
	s := z.s
	if flags < 0 {
		return 0, s.fail("send", errUndefined)
	}
	o := zeroSends.get()
	o.NoWait = flags&dontWait != 0
	o.z, o.b, o.n, o.flags = z, b, 0, int(flags)|sys.MsgDontWait|sys.MsgNoSignal
	o.size = len(to.AppendRaw(o.to[:0]))
	err = o.Run(ctx, &s.fd, fd.Write, s.parameters().SendTimeout)
	if n = o.n; err != nil {
		n = 0
	}
	o.z, o.b = nil, nil
	zeroSends.put(o)
	if to.IsValid() {
		return n, s.failTo("send", to, err)
	}
	return n, s.fail("send", err)
}

// Pending returns how many sends the kernel has not done with, as far as Wait has heard.
func (z *ZeroCopy) Pending() (n int) {
	z.mu.Lock()
	defer z.mu.Unlock()
	for _, p := range z.pending {
		if !p.done {
			n++
		}
	}
	return n
}

// Wait waits until the kernel has done with at least one send, and returns all those that it has done with since the last Wait.
// If nothing is pending it returns none at once. [Params].ReceiveTimeout limits it.
//
// It reads the socket's error queue (recvmsg(2), MSG_ERRQUEUE), beside sends and receives of data. A message of the queue that is
// about something else, such as an ICMP error, is returned as an error, a [cmsg.ExtendedError]; Wait may be called again.
//
// A closed socket tells nothing any more, and the kernel may still be sending: so wait for all before closing it, or leave the
// memory alone.
func (z *ZeroCopy) Wait(ctx context.Context) ([]Completion, error) {
	m := Message{Control: make([]byte, 256)}
	for flags := errorQueue | dontWait; ; {
		err := z.s.ReceiveMessage(ctx, &m, flags)
		switch {
		case err == nil:
			if err := z.complete(&m); err != nil {
				return nil, err
			}
			flags |= dontWait // what else there is
		case flags&dontWait != 0 && errors.Is(err, ErrWouldBlock):
			z.mu.Lock()
			done, open := z.done, len(z.pending)
			z.done = nil
			z.mu.Unlock()
			if len(done) > 0 || open == 0 {
				return done, nil
			}
			flags &^= dontWait
		default:
			return nil, err
		}
	}
}

// complete counts the sends that a message of the error queue is about.
func (z *ZeroCopy) complete(m *Message) error {
	e, ok := cmsg.IPError.Find(m.Control[:m.NControl])
	if !ok {
		return z.s.fail("wait", cmsg.ErrMalformed)
	}
	first, last, copied, ok := e.ZeroCopy()
	if !ok {
		return z.s.fail("wait", e)
	}
	z.mu.Lock()
	defer z.mu.Unlock()
	// Both numbers wrap around, and neither is trusted.
	for i := first - z.first; i <= last-z.first && i < uint32(len(z.pending)); i++ {
		if p := &z.pending[i]; !p.done {
			z.done = append(z.done, Completion{p.b, copied})
			*p = inflight{done: true}
		}
	}
	n := 0
	for n < len(z.pending) && z.pending[n].done {
		n++
	}
	z.pending = z.pending[n:]
	z.first += uint32(n)
	return nil
}
