package socket

import (
	"context"
	"encoding/binary"
	"errors"
	"sync"
	"syscall"
	"time"

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

	mu      sync.Mutex // held by every call that takes a number or reads the error queue
	first   uint32     // the number of pending[0]
	pending []inflight // in the order of sending
	done    []Completion
	foreign []error                          // what else was read from the error queue
	waits   map[*zeroWait]context.CancelFunc // Waits that wait
	doubt   bool                             // the next number may be that of a send that failed
	memory  uint32                           // what optionMemory was before the first send
	msg     sys.Msg
	control [256]byte
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
	z := &ZeroCopy{s: s, waits: map[*zeroWait]context.CancelFunc{}}
	err := s.fd.Control(func(sysfd int) error {
		z.memory, _ = optionMemory(sysfd)
		return sys.SetsockoptInt(sysfd, int(constants.SOL_SOCKET), int(constants.SO_ZEROCOPY), 1)
	})
	if err != nil {
		return nil, s.fail("zero copy", err)
	}
	return z, nil
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
	if z.doubt {
		z.settle(sysfd)
	}
	to := o.to[:o.size]
	if o.size == 0 {
		to = nil // an address of no bytes is EINVAL on a connected socket of datagrams
	}
	flags := o.flags
	if len(o.b) > 0 && !z.doubt {
		flags |= int(constants.MSG_ZEROCOPY)
	}
	o.n, err = sys.Sendto(sysfd, o.b, flags, to)
	if err != nil && flags != o.flags && z.s.message() {
		z.failed(sysfd, err)
	}
	if err == syscall.ENOBUFS && flags != o.flags {
		// Too much is pinned: net.core.optmem_max, or RLIMIT_MEMLOCK.
		flags = o.flags
		o.n, err = sys.Sendto(sysfd, o.b, flags, to)
	}
	switch {
	case err != nil:
		return err
	case flags != o.flags:
		z.pending = append(z.pending, inflight{b: o.b[:o.n]})
	default:
		z.done = append(z.done, Completion{o.b[:o.n], true})
		z.wake()
	}
	return nil
}

// failed finds out whether a datagram that was not sent has a number. It has one if the kernel dropped it once it was made
// (udp_send_skb, net/ipv4/udp.c, Linux 6.18: too many segments; a full queue), and the error queue says so at once. But if
// it was in fragments of which some had gone, it says so only when they are done with.
func (z *ZeroCopy) failed(sysfd int, err error) {
	if err == syscall.EAGAIN || err == syscall.ENOBUFS && !toldOfDrops(sysfd) {
		return // no room in the send buffer, and no memory to count with, come before the number
	}
	z.doubt = true
	z.settle(sysfd)
}

// settle tries to end a doubt. Sends are copied until it has ended, so that nobody else takes the number.
func (z *ZeroCopy) settle(sysfd int) {
	if n, _ := z.read(sysfd); n > 0 {
		z.wake()
	}
	if z.doubt && len(z.pending) == 0 {
		// A number takes of this memory until its message is read. (If something else does, the copying goes on.)
		n, err := optionMemory(sysfd)
		z.doubt = err != nil || n > z.memory
	}
}

// optionMemory is how much the socket has of what net.core.optmem_max limits (sock_diag(7), SK_MEMINFO_OPTMEM).
func optionMemory(sysfd int) (uint32, error) {
	const at = 4 * max(constants.SK_MEMINFO_OPTMEM, 0)
	var b [at + 4]byte
	n, err := sys.Getsockopt(sysfd, int(constants.SOL_SOCKET), int(constants.SO_MEMINFO), b[:])
	if err == nil && n < len(b) {
		err = syscall.EINVAL
	}
	return binary.NativeEndian.Uint32(b[at:]), err
}

// toldOfDrops reports whether a send says when a queue of the host is full (IP_RECVERR, ip(7)).
func toldOfDrops(sysfd int) bool {
	v4, _ := sys.GetsockoptInt(sysfd, int(constants.IPPROTO_IP), int(constants.IP_RECVERR))
	v6, _ := sys.GetsockoptInt(sysfd, int(constants.IPPROTO_IPV6), int(constants.IPV6_RECVERR))
	return v4 != 0 || v6 != 0
}

// Send is [Socket.Send] without copying. The first n bytes of b belong to the kernel until Wait returns them, also if the
// connection breaks. If the kernel cannot pin more memory, it copies, and the Completion is there at once. So it may be for a
// while after a datagram could not be sent.
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
	o.NoWait, o.InTurn = flags&dontWait != 0, !s.message()
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

// zeroWait is a Wait: it reads the error queue until there is something to tell.
type zeroWait struct {
	fd.Op
	z       *ZeroCopy
	done    []Completion
	foreign error
}

func (o *zeroWait) Do(sysfd int) error {
	z := o.z
	z.mu.Lock()
	defer z.mu.Unlock()
	n, err := z.read(sysfd)
	if n > 0 && o.NoWait {
		z.wake() // those that wait would miss what is read here
	}
	switch {
	case len(z.foreign) > 0:
		o.foreign = z.foreign[0]
		z.foreign = z.foreign[1:]
	case len(z.done) > 0 || len(z.pending) == 0:
		o.done, z.done = z.done, nil
	default:
		return err // EAGAIN if there is nothing
	}
	return nil
}

// wake makes the Waits that wait look again. z.mu is held.
func (z *ZeroCopy) wake() {
	for o, cancel := range z.waits {
		cancel()
		delete(z.waits, o)
	}
}

// Wait waits until the kernel has done with at least one send, and returns all those that it has done with since the last Wait.
// If nothing is pending it returns none at once, and when nothing is any more because another Wait, at the same time, has
// returned it, also none. [Params].ReceiveTimeout limits it.
//
// It reads the socket's error queue (recvmsg(2), MSG_ERRQUEUE), beside sends and receives of data. A message of the queue that is
// about something else, such as an ICMP error, is returned as an error, a [cmsg.ExtendedError]; Wait may be called again. A
// datagram that cannot be sent makes Send read the queue too: up to 100 such messages are kept for Wait then.
//
// A closed socket tells nothing any more, and the kernel may still be sending: so wait for all before closing it, or leave the
// memory alone.
func (z *ZeroCopy) Wait(ctx context.Context) ([]Completion, error) {
	if ctx == nil {
		ctx = background
	}
	timeout := z.s.parameters().ReceiveTimeout
	for begin := time.Now(); ; {
		o := &zeroWait{z: z}
		o.Bind(o)
		o.NoWait = true // first what there is, without regard to deadlines
		err := o.Run(ctx, &z.s.fd, fd.Errors, 0)
		if err == syscall.EAGAIN {
			left := timeout
			if timeout > 0 {
				left = max(1, timeout-time.Since(begin))
			}
			var woken bool
			if woken, err = z.wait(ctx, o, left); woken {
				continue
			}
		}
		switch {
		case err != nil:
			return nil, z.s.fail("receive", err)
		case o.foreign != nil:
			return nil, z.s.fail("wait", o.foreign)
		}
		return o.done, nil
	}
}

// wait runs o until it has something, or somebody else has read the queue, which it reports as true.
func (z *ZeroCopy) wait(ctx context.Context, o *zeroWait, timeout time.Duration) (woken bool, err error) {
	waiting, cancel := context.WithCancel(ctx)
	defer cancel()
	z.mu.Lock()
	z.waits[o] = cancel
	z.mu.Unlock()
	o.NoWait = false
	err = o.Run(waiting, &z.s.fd, fd.Errors, timeout)
	z.mu.Lock()
	_, still := z.waits[o]
	delete(z.waits, o)
	z.mu.Unlock()
	return !still && errors.Is(err, context.Canceled), err
}

// The most messages about something else that are kept.
const maxForeign = 100

// read reads the error queue to its end, of which EAGAIN tells, and returns how many messages there were. z.mu is held.
func (z *ZeroCopy) read(sysfd int) (n int, err error) {
	for {
		z.msg.Set(nil, z.control[:], nil)
		_, control, flags, err := sys.Recvmsg(sysfd, &z.msg, int(errorQueue)|sys.MsgDontWait)
		z.msg.Clear()
		switch {
		case err == syscall.EINTR:
			continue
		case err != nil:
			return n, err
		}
		n++
		e, ok := cmsg.IPError.Find(z.control[:control])
		first, last, copied, zero := e.ZeroCopy()
		if ok && zero {
			z.complete(first, last, copied)
			continue
		}
		err = e
		switch {
		case !ok && constants.MsgFlag(flags)&controlTruncated != 0:
			err = ErrControlTruncated
		case !ok:
			err = cmsg.ErrMalformed
		}
		if len(z.foreign) < maxForeign {
			z.foreign = append(z.foreign, err)
		}
	}
}

// complete counts the sends that a message of the error queue is about. z.mu is held.
func (z *ZeroCopy) complete(first, last uint32, copied bool) {
	next := uint32(len(z.pending))
	if z.doubt && first-z.first <= next && last-z.first == next {
		z.pending = append(z.pending, inflight{done: true}) // the send that failed
		z.doubt = false
	}
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
}
