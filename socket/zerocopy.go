package socket

import (
	"context"
	"encoding/binary"
	"runtime"
	"sync"
	"syscall"
	"time"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/internal/fd"
	"example.com/bsdsocket/internal/sys"
	"example.com/bsdsocket/sockaddr"
	"example.com/bsdsocket/socket/cmsg"
)

// ZeroCopy sends from the caller's memory without copying it (MSG_ZEROCOPY, Linux 4.14;
// Documentation/networking/msg_zerocopy.rst). So the memory must stay as it is until the kernel is
// done with it, which [ZeroCopy.Wait] reports. It pays for sends of about 10 kB and more.
//
// The kernel identifies sends with MSG_ZEROCOPY only by counting them. So all such sends of a
// socket go through a ZeroCopy; others with that flag are ErrUnsupported. All ZeroCopies of one
// [Socket] are the same; a second Socket of the same open socket (Dup, FromConn) must not have its
// own. The methods may be called from several goroutines at once. On the zero ZeroCopy they are
// ErrClosed.
//
// # Closing
//
// Memory that the kernel still sends from stays reachable, also if the program forgets the ZeroCopy
// and the Socket, or closes it: otherwise the peer would get what the program puts there next.
// [Socket.Close] leaves what is pending to the kernel, as close(2) does: a stream ends behind it,
// unless somebody shares the socket. But the port stays in use, and a duplicate of the descriptor
// open, until the kernel has done with everything; Pending counts down until then. If the peer
// takes nothing more for five minutes, the connection is reset, unless it is shared. To drop what
// is pending, set SO_LINGER to 0 before Close.
type ZeroCopy struct{ q *zeroQueue }

// zeroQueue is what the kernel has of the caller's memory by a socket: the Socket refers to it, and
// it to the Socket, which stays open as long as there is a ZeroCopy. Once the Socket is closed, or
// there is no ZeroCopy any more, a goroutine (drain) owns it until nothing is pending.
type zeroQueue struct {
	s *Socket

	mu      sync.Mutex // held by every call that takes a number or reads the error queue
	closed  bool       // nothing is sent any more
	alone   bool       // and nobody else has the connection
	drainer *fd.FD     // while drain runs
	first   uint32     // the number of pending[0]
	pending []inflight // in the order of sending
	done    []Completion
	foreign []error            // what else was read from the error queue
	parked  context.CancelFunc // of the Wait that reads, if that waits
	doubt   bool               // the next number may be that of a send that failed
	memory  uint32             // what memoryInfo said before the first send
	stalled time.Duration
	msg     sys.Msg
	control [256]byte
}

type inflight struct {
	b    []byte
	done bool
}

// A Completion is memory that the kernel is done with.
type Completion struct {
	Buffer []byte // what one send took: the first n bytes of its buffer
	Copied bool   // the kernel copied it after all, as on loopback: MSG_ZEROCOPY does not pay then
}

// NewZeroCopy switches SO_ZEROCOPY on, for TCP, UDP and AF_VSOCK sockets. Others, and other
// systems, are ErrUnsupported.
func NewZeroCopy(s *Socket) (*ZeroCopy, error) {
	if constants.SO_ZEROCOPY < 0 {
		return nil, s.fail("new zero copy", sys.ErrUndefined)
	}
	q := &zeroQueue{s: s, stalled: stalled}
	err := s.fd.Control(func(sysfd int) error {
		q.memory, _ = memoryInfo(sysfd, constants.SK_MEMINFO_OPTMEM)
		return sys.SetsockoptInt(sysfd, int(constants.SOL_SOCKET), int(constants.SO_ZEROCOPY), 1)
	})
	if err != nil {
		return nil, s.fail("new zero copy", err)
	}
	if zero := &s.rarely().zero; !zero.CompareAndSwap(nil, q) {
		q = zero.Load() // the kernel's count goes on
	}
	z := &ZeroCopy{q}
	runtime.AddCleanup(z, (*zeroQueue).forget, q)
	return z, nil
}

// zeroSend is a send whose number must be known.
type zeroSend struct {
	fd.Op
	q     *zeroQueue
	b     []byte
	n     int
	flags int
	size  int
	to    sys.RawAddr
}

var zeroSends pool[zeroSend, *zeroSend]

func (o *zeroSend) Do(sysfd int) (err error) {
	q := o.q
	// The kernel's order is ours only if nobody else is between the call and the count.
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return ErrClosed
	}
	if err := q.s.owed(o.flags); err != nil {
		return err
	}
	if q.doubt {
		q.settle(sysfd)
	}
	to := o.to[:o.size]
	if o.size == 0 {
		to = nil // an address of no bytes is EINVAL on a connected socket of datagrams
	}
	flags := o.flags
	if len(o.b) > 0 && !q.doubt {
		flags |= int(constants.MSG_ZEROCOPY)
	}
	o.n, err = sys.Sendto(sysfd, o.b, flags, to)
	if err != nil && flags != o.flags && q.s.message() {
		q.failed(sysfd, err)
	}
	if err == syscall.ENOBUFS && flags != o.flags {
		// Too much is pinned: net.core.optmem_max, or RLIMIT_MEMLOCK.
		flags = o.flags
		o.n, err = sys.Sendto(sysfd, o.b, flags, to)
	}
	switch {
	case err != nil:
		return q.s.unsent(sysfd, o.NoWait, o.size > 0, err)
	case flags != o.flags:
		q.pending = append(q.pending, inflight{b: o.b[:o.n]})
	default:
		q.done = append(q.done, Completion{o.b[:o.n], true})
		q.wake()
	}
	return nil
}

// failed finds out whether a datagram that was not sent has a number. It has one if the kernel
// dropped it once it was made (udp_send_skb, net/ipv4/udp.c, Linux 6.18: too many segments; a full
// queue), and the error queue says so at once. But if it was in fragments of which some had gone,
// it says so only when they are done with.
func (q *zeroQueue) failed(sysfd int, err error) {
	if err == syscall.EAGAIN || err == syscall.ENOBUFS && !toldOfDrops(sysfd) {
		return // no room in the send buffer, and no memory to count with, come before the number
	}
	q.doubt = true
	q.settle(sysfd)
}

// settle tries to end a doubt. Sends are copied until it has ended, so that nobody else takes the
// number.
func (q *zeroQueue) settle(sysfd int) {
	if n, _ := q.read(sysfd); n > 0 {
		q.wake()
	}
	if q.doubt && len(q.pending) == 0 {
		// A number takes of this memory until its message is read. (If something else does, the
		// copying goes on.)
		n, err := memoryInfo(sysfd, constants.SK_MEMINFO_OPTMEM)
		q.doubt = err != nil || n > q.memory
	}
}

// memoryInfo is one of the socket's counts of memory (sock_diag(7), SK_MEMINFO_...). What
// net.core.optmem_max limits is SK_MEMINFO_OPTMEM, what waits to be sent over a stream
// SK_MEMINFO_WMEM_QUEUED.
func memoryInfo(sysfd, which int) (uint32, error) {
	var b [4 * 16]byte
	n, err := sys.Getsockopt(sysfd, int(constants.SOL_SOCKET), int(constants.SO_MEMINFO), b[:])
	if err == nil && (which < 0 || n < 4*which+4) {
		err = syscall.EINVAL
	}
	if err != nil {
		return 0, err
	}
	return binary.NativeEndian.Uint32(b[4*which:]), nil
}

// toldOfDrops reports whether a send says when a queue of the host is full (IP_RECVERR, ip(7)).
func toldOfDrops(sysfd int) bool {
	v4, _ := sys.GetsockoptInt(sysfd, int(constants.IPPROTO_IP), int(constants.IP_RECVERR))
	v6, _ := sys.GetsockoptInt(sysfd, int(constants.IPPROTO_IPV6), int(constants.IPV6_RECVERR))
	return v4 != 0 || v6 != 0
}

// Send is [Socket.Send] without copying. The first n bytes of b belong to the kernel until Wait
// returns them, also if the connection breaks. If the kernel cannot pin more memory, it copies, and
// the Completion is there at once. The same can happen for a while after a failed datagram.
func (z *ZeroCopy) Send(ctx context.Context, b []byte, flags constants.MsgFlag) (n int, err error) {
	return z.SendTo(ctx, b, sockaddr.Addr{}, flags)
}

// SendTo is [Socket.SendTo] without copying: see Send.
func (z *ZeroCopy) SendTo(ctx context.Context, b []byte, to sockaddr.Addr,
	flags constants.MsgFlag) (n int, err error) {
	q := z.q
	op := "send"
	if to.IsValid() {
		op = "send to"
	}
	if q == nil {
		return 0, &Error{Op: op, Err: ErrClosed}
	}
	s := q.s
	if err = checkFlags(flags); err != nil {
		return 0, s.fail(op, err)
	}
	o := zeroSends.get()
	o.NoWait, o.InTurn = flags&dontWait != 0, !s.message()
	o.q, o.b, o.n, o.flags = q, b, 0, int(flags&^zeroCopy)|sys.MsgDontWait|sys.MsgNoSignal
	o.size = len(to.AppendRaw(o.to[:0]))
	err = o.Run(ctx, &s.fd, fd.Write, s.parameters().SendTimeout)
	if n = o.n; err != nil {
		n = 0
	}
	o.q, o.b = nil, nil
	zeroSends.put(o)
	return n, s.failTo(op, to, err)
}

// Pending returns how many sends the kernel is not done with, as far as Wait knows.
func (z *ZeroCopy) Pending() (n int) {
	q := z.q
	if q == nil {
		return 0
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, p := range q.pending {
		if !p.done {
			n++
		}
	}
	return n
}

// zeroWait is a Wait: it reads the error queue until there is something to tell.
//
//	read    something to tell, or nothing is pending ----> returned
//	  |     otherwise
//	queued  it has the turn -----------------------------> again
//	  |
//	again   a read: something to tell, or none pending --> returned
//	  |     otherwise
//	parked  the poller tells of a message ---------------> again
//	        somebody else has read or completed (wake) --> read
//
// One Wait at a time is parked, as it has the turn of that direction; those that are queued look
// when they get it. The context, the deadline, the timeout and Close end what is queued or parked.
type zeroWait struct {
	fd.Op
	q       *zeroQueue
	cancel  context.CancelFunc // nil: it does not wait
	done    []Completion
	foreign error
}

func (o *zeroWait) Do(sysfd int) error {
	q := o.q
	q.mu.Lock()
	defer q.mu.Unlock()
	n, err := q.read(sysfd)
	if n > 0 && o.NoWait {
		q.wake() // the one that is parked would miss what is read here
	}
	switch {
	case len(q.foreign) > 0:
		o.foreign = q.foreign[0]
		q.foreign = q.foreign[1:]
	case len(q.done) > 0 || len(q.pending) == 0:
		o.done, q.done = q.done, nil
	default:
		if o.cancel != nil {
			q.parked = o.cancel
		}
		return err // EAGAIN if there is nothing
	}
	return nil
}

// wake makes the Wait that is parked look again. q.mu is held.
func (q *zeroQueue) wake() {
	if q.parked != nil {
		q.parked()
		q.parked = nil
	}
}

// Wait waits until the kernel is done with at least one send, and returns all those that it has
// finished since the last Wait. It returns none at once if nothing is pending, or if a concurrent
// Wait has returned the rest. [Params].ReceiveTimeout limits it.
//
// It reads the socket's error queue (recvmsg(2), MSG_ERRQUEUE), beside sends and receives of data.
// A message of the queue that is about something else, such as an ICMP error, is returned as an
// error, a [cmsg.ExtendedError]; Wait may be called again. A datagram that cannot be sent makes
// Send read the queue too: up to 100 such messages are kept for Wait then.
//
// On a closed socket it is ErrClosed: to use memory again, wait for it before closing.
func (z *ZeroCopy) Wait(ctx context.Context) ([]Completion, error) {
	q := z.q
	if q == nil {
		return nil, &Error{Op: "wait", Err: ErrClosed}
	}
	ctx = fd.Given(ctx)
	timeout := q.s.parameters().ReceiveTimeout
	for begin := time.Now(); ; {
		o := &zeroWait{q: q}
		o.Bind(o)
		o.NoWait = true // first what there is, without regard to deadlines
		err := o.Run(ctx, &q.s.fd, fd.Errors, 0)
		if err == syscall.EAGAIN {
			left := timeout
			if timeout > 0 {
				left = max(1, timeout-time.Since(begin))
			}
			waiting, cancel := context.WithCancel(ctx)
			o.NoWait, o.cancel = false, cancel
			err = o.Run(waiting, &q.s.fd, fd.Errors, left)
			woken := waiting.Err() != nil && ctx.Err() == nil
			cancel()
			if err != nil && woken {
				continue
			}
		}
		switch {
		case err != nil:
			return nil, q.s.fail("wait", err)
		case o.foreign != nil:
			return nil, q.s.fail("wait", o.foreign)
		}
		return o.done, nil
	}
}

// close leaves what is pending to drain. It is called before the socket's descriptor is closed, or
// once somebody else has got it.
func (q *zeroQueue) close(dup func() (int, error)) {
	q.mu.Lock()
	defer q.mu.Unlock()
	first := !q.closed
	if q.closed = true; !first || len(q.pending) == 0 {
		return
	}
	q.drained(dup)
	q.alone = !q.s.is(isShared) && !q.s.message()
	if !q.alone || q.drainer == nil {
		return
	}
	// The stream ends behind what is pending, or at once, as it does when the last descriptor is
	// closed.
	q.drainer.Control(func(sysfd int) error {
		if aborts(sysfd) {
			return sys.Disconnect(sysfd)
		}
		return sys.Shutdown(sysfd, int(constants.SHUT_RDWR))
	})
}

// aborts reports whether closing resets the connection (SO_LINGER with a time of 0, socket(7)).
func aborts(sysfd int) bool {
	var linger [8]byte // two C ints: on, and seconds
	n, err := sys.Getsockopt(sysfd, int(constants.SOL_SOCKET), int(constants.SO_LINGER), linger[:])
	return err == nil && n == len(linger) && binary.NativeEndian.Uint32(linger[:]) != 0 &&
		binary.NativeEndian.Uint32(linger[4:]) == 0
}

// forget is called once there is no ZeroCopy any more.
func (q *zeroQueue) forget() {
	q.mu.Lock()
	defer q.mu.Unlock()
	if !q.closed && len(q.pending) > 0 {
		q.drained(q.s.dup)
	}
}

// drained sees to it that there is a drainer, which has a duplicate of the descriptor. q.mu is
// held.
func (q *zeroQueue) drained(dup func() (int, error)) {
	if q.drainer != nil {
		return
	}
	sysfd, err := dup()
	if err != nil {
		kept.Store(q, nil)
		return
	}
	q.drainer = new(fd.FD)
	q.drainer.Init(sysfd)
	go q.drain(q.drainer)
}

// kept are queues that cannot be drained, for want of descriptors: their memory is never given
// back.
var kept sync.Map

// stalled is how long a connection that was closed may move nothing. (The kernel bounds its own as
// well: tcp_orphan_retries, tcp(7).)
var stalled = 5 * time.Minute

// drain waits until nothing is pending, and closes its descriptor.
func (q *zeroQueue) drain(e *fd.FD) {
	defer e.Close()
	o := &zeroDrain{q: q}
	o.Bind(o)
	err := ErrTimeout
	for err == ErrTimeout {
		err = o.Run(background, e, fd.Write, q.stalled) // the poller tells Write of errors too
		o.late = true
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	q.drainer = nil
	if err != nil {
		kept.Store(q, nil)
	}
	if q.closed {
		q.done, q.foreign = nil, nil
	}
}

// zeroDrain reads the error queue until nothing is pending.
type zeroDrain struct {
	fd.Op
	q      *zeroQueue
	late   bool   // nothing has come for a while
	unsent uint32 // bytes of a stream, when that was so before
}

func (o *zeroDrain) Do(sysfd int) error {
	q := o.q
	q.mu.Lock()
	defer q.mu.Unlock()
	n, err := q.read(sysfd)
	if n > 0 {
		o.Progress()
		q.wake()
	}
	if o.late && n == 0 {
		o.late = false
		unsent, unsentErr := memoryInfo(sysfd, constants.SK_MEMINFO_WMEM_QUEUED)
		counted, countErr := memoryInfo(sysfd, constants.SK_MEMINFO_OPTMEM)
		switch {
		case countErr == nil && counted <= q.memory: // somebody else has read the messages
			q.first += uint32(len(q.pending))
			q.pending = nil
		case q.alone && unsentErr == nil && unsent == o.unsent:
			sys.Disconnect(sysfd) // with which everything comes back
		}
		o.unsent = unsent
	}
	if len(q.pending) == 0 {
		return nil
	}
	return err
}

// The most messages about something else that are kept.
const maxForeign = 100

// read reads the error queue to its end, of which EAGAIN tells, and returns how many messages there
// were. z.mu is held.
func (q *zeroQueue) read(sysfd int) (n int, err error) {
	for {
		q.msg.Set(nil, q.control[:], nil)
		_, control, flags, err := sys.Recvmsg(sysfd, &q.msg, int(errorQueue)|sys.MsgDontWait)
		q.msg.Clear()
		switch {
		case err == syscall.EINTR:
			continue
		case err != nil:
			return n, err
		}
		n++
		e, ok := cmsg.IPError.Find(q.control[:control])
		first, last, copied, zero := e.ZeroCopy()
		if ok && zero {
			q.complete(first, last, copied)
			continue
		}
		err = e
		switch {
		case !ok && constants.MsgFlag(flags)&controlTruncated != 0:
			err = ErrControlTruncated
		case !ok:
			err = cmsg.ErrMalformed
		}
		if len(q.foreign) < maxForeign {
			q.foreign = append(q.foreign, err)
		}
	}
}

// complete counts the sends that a message of the error queue is about. z.mu is held.
func (q *zeroQueue) complete(first, last uint32, copied bool) {
	next := uint32(len(q.pending))
	if q.doubt && first-q.first <= next && last-q.first == next {
		q.pending = append(q.pending, inflight{done: true}) // the send that failed
		q.doubt = false
	}
	// Both numbers wrap around, and neither is trusted.
	for i := first - q.first; i <= last-q.first && i < uint32(len(q.pending)); i++ {
		if p := &q.pending[i]; !p.done {
			q.done = append(q.done, Completion{p.b, copied})
			*p = inflight{done: true}
		}
	}
	n := 0
	for n < len(q.pending) && q.pending[n].done {
		n++
	}
	q.pending = q.pending[n:]
	q.first += uint32(n)
}
