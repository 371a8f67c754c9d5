package socket

import (
	"context"
	"strconv"
	"strings"
	"sync"
	"time"

	"example.com/bsdsocket/internal/fd"
	"example.com/bsdsocket/internal/sys"
)

// PollEvents is a set of events of a socket, by the names of poll(2): what a caller waits for, and
// what there is. The numbers are this package's own.
type PollEvents uint32

// The events of [Poll] and [Poller]. A socket is asked for PollIn, PollPri, PollOut and PollRdHup;
// PollErr, PollHup and PollNVal are reported whether asked for or not.
const (
	// PollIn is that a receive would not wait: there is data, or the end, or an error. Of a
	// listener it is that Accept would not.
	PollIn PollEvents = 1 << iota

	// PollPri is urgent data of a stream (tcp(7), unix(7)), see [Socket.WaitUrgent].
	PollPri

	// PollOut is that a send would not wait, see [Socket.SendReady]. It is also the end of a
	// Connect that another part of the program began.
	PollOut

	// PollErr is an error of the socket's, which the next transfer returns, or a message of the
	// error queue (MSG_ERRQUEUE): it stays until that is received.
	PollErr

	// PollHup is that both directions are over. A TCP socket has it also before it is connected or
	// listens (tcp_poll, net/ipv4/tcp.c): such a socket is always ready.
	PollHup

	// PollNVal is that the socket is closed. Only [Poll] reports it: a [Poller] removes closed
	// sockets.
	PollNVal

	// PollRdHup is that the peer has ended its direction, or this end was shut down for receiving.
	// Data may be waiting before the end (Linux 2.6.17). On systems that do not report it by itself
	// it comes with the end of both.
	PollRdHup

	// PollEdge is for [Poller.Add]: an event is reported once, and again when more data or room
	// comes (EPOLLET, epoll(7); EV_CLEAR of kqueue(2)). So the receiver of the event goes on until
	// ErrWouldBlock. An event may also be reported again without need.
	PollEdge

	// PollOneShot is for [Poller.Add]: one event of the socket is reported, and no more until
	// [Poller.Change] (EPOLLONESHOT, EV_DISPATCH).
	PollOneShot
)

const (
	pollAsked = PollIn | PollPri | PollOut | PollRdHup
	pollKnown = pollAsked | PollErr | PollHup | PollNVal
)

// pollNames stand in the order of the constants.
var pollNames = [...]string{
	"PollIn", "PollPri", "PollOut", "PollErr", "PollHup", "PollNVal", "PollRdHup", "PollEdge",
	"PollOneShot",
}

// String returns the names, like "PollIn|PollHup", with bits that no event has as a number, and "0"
// of no event.
func (e PollEvents) String() string {
	if e == 0 {
		return "0"
	}
	var names []string
	for i, name := range pollNames {
		if e&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	if rest := e >> len(pollNames) << len(pollNames); rest != 0 {
		names = append(names, "0x"+strconv.FormatUint(uint64(rest), 16))
	}
	return strings.Join(names, "|")
}

// Has reports whether one of the events is there.
func (e PollEvents) Has(any PollEvents) bool { return e&any != 0 }

// systemEvents are the events by the system's numbers (poll.h).
var systemEvents = [...]struct {
	event  PollEvents
	number int16
}{
	{PollIn, sys.PollIn}, {PollPri, sys.PollPri}, {PollOut, sys.PollOut}, {PollErr, sys.PollErr},
	{PollHup, sys.PollHup},
	{PollRdHup, sys.PollRdHup},
}

// toSystem returns what poll(2) is asked.
func (e PollEvents) toSystem() (events int16) {
	for _, s := range &systemEvents {
		if e&pollAsked&s.event != 0 {
			events |= s.number
		}
	}
	return events
}

// fromSystem returns what poll(2) has said.
func fromSystem(got int16) (e PollEvents) {
	for _, s := range &systemEvents {
		if got&s.number != 0 {
			e |= s.event
		}
	}
	return e
}

// A PollItem is a socket with the events that a call of [Poll] waits for, and what it found: a
// struct pollfd.
type PollItem struct {
	// Socket is the one to look at; nil has no events, like a negative descriptor of poll(2).
	Socket *Socket

	// Events are PollIn, PollPri, PollOut and PollRdHup, or none of them: PollErr, PollHup and
	// PollNVal are reported anyway. All other bits are ignored, as poll(2) ignores them.
	Events PollEvents

	// Ready is what Poll found.
	Ready PollEvents
}

// Poll wraps poll(2): it waits until one of the sockets has an event, sets the field Ready of each
// item, and returns how many of these are not 0. The sockets may be of any families and types,
// listeners too, and the same socket may occur twice. A closed socket has PollNVal; closing one
// while Poll waits ends the wait.
//
// A negative timeout is none; 0 does not wait. When it has passed, Poll returns 0 and no error, as
// poll(2) does. The end of the context is an error. Deadlines and [Params] of the sockets do not
// matter here. Events are not consumed: the socket's calls, and other calls of Poll, find them too,
// and the first receive takes the data.
//
// Poll is for a few sockets: each call looks at all of them. A [Poller] keeps its set of sockets
// from call to call. Poll holds no thread and starts no goroutine while it waits, and allocates
// nothing, where there is epoll(7).
//
// What other systems have instead is written with it. For select(2), an item stands for each
// descriptor of the three sets, with PollIn for the first, PollOut for the second and PollPri for
// the third. Guile's (select reads writes excepts secs usecs) is the same, with its timeout; Poll
// has no limit of FD_SETSIZE. Racket's (sync a b c) waits for sockets by Poll, and takes the first
// item whose Ready is not 0; (sync/timeout 0 ...) is a timeout of 0, and an event that is not a
// socket, like a channel or a thread's end, ends the wait by cancelling the context.
func Poll(ctx context.Context, items []PollItem, timeout time.Duration) (n int, err error) {
	if n, err = poll(fd.Given(ctx), items, timeout); err != nil {
		return 0, &Error{Op: "poll", Err: err}
	}
	return n, nil
}

func poll(ctx context.Context, items []PollItem, timeout time.Duration) (n int, err error) {
	if ctx.Done() != nil && ctx.Err() != nil {
		return 0, fd.Ended(ctx)
	}
	v, _ := views.Get().(*view)
	if v == nil {
		v = new(view)
	}
	defer views.Put(v)
	if timeout == 0 || !v.knows(items) {
		if n, err = v.look(items); n > 0 || err != nil || timeout == 0 {
			return n, err
		}
	}
	var end time.Time
	if timeout > 0 {
		end = time.Now().Add(timeout)
	}
	return v.wait(ctx, items, end)
}

// A view is what a call of Poll needs, kept for reuse.
type view struct {
	asked  []sys.PollFD
	events [mostKept]PollEvent
	p      *Poller // nil until it has to wait
	marks  [2]byte // by which p's registrations of this call are told from those of the one before
	round  int
	stale  []*Socket
}

var views sync.Pool

// knows reports whether the Poller has the first socket, and so most likely all: then it tells at
// once what there is.
func (v *view) knows(items []PollItem) bool {
	if v.p == nil || len(items) == 0 || items[0].Socket == nil {
		return false
	}
	r := items[0].Socket.polls.Load()
	return r != nil && r.p == v.p
}

// look is poll(2) without waiting.
func (v *view) look(items []PollItem) (n int, err error) {
	v.asked = v.asked[:0]
	for i := range items {
		it := &items[i]
		p := sys.PollFD{Fd: -1}
		it.Ready = 0
		if it.Socket != nil {
			if sysfd, ok := it.Socket.fd.Hold(); ok {
				p.Fd, p.Events = int32(sysfd), it.Events.toSystem()
			} else {
				it.Ready = PollNVal
			}
		}
		v.asked = append(v.asked, p)
	}
	err = fd.Repeat(v, 0)
	for i := range items {
		it, p := &items[i], v.asked[i]
		if p.Fd >= 0 {
			it.Ready = it.Socket.told(fromSystem(p.Revents), it.Events)
			it.Socket.fd.Release()
		}
		if it.Ready != 0 {
			n++
		}
	}
	return n, err
}

// Do implements fd.Call.
func (v *view) Do(int) error { return sys.PollAll(v.asked) }

// told is what the system has said of the socket to somebody who asked for events, and what it
// does not say: the error that readiness took from the kernel, and that the end of both directions
// is that of the peer's.
func (s *Socket) told(e, asked PollEvents) PollEvents {
	if e&PollHup != 0 {
		e |= asked & PollRdHup
	}
	if s.taken.Load() != 0 {
		e |= PollErr
	}
	return e
}

// wait is look until it finds something, or the end, if that is not zero.
func (v *view) wait(ctx context.Context, items []PollItem, end time.Time) (n int, err error) {
	if v.p == nil {
		if v.p, err = newPoller(); err != nil {
			return 0, err
		}
	}
	found, err := v.enlist(items)
	for err == nil {
		told := 0
		if !found {
			told, err = v.p.ready(ctx, v.events[:], fd.Until(end))
		}
		if err == nil && told > 0 {
			if len(items) <= mostKept && v.p.keeps {
				n = v.fill(items, v.events[:told])
			}
			clear(v.events[:told])
			if n > 0 {
				break
			}
		}
		if err == nil || err == ErrTimeout { // then it looks once more, as every call does
			timedOut := err == ErrTimeout
			if n, err = v.look(items); n > 0 || timedOut {
				break
			}
		}
		found = false
	}
	v.rest(err == nil && len(items) <= mostKept)
	return n, err
}

// fill sets what is Ready from what epoll(7) has told of all at once, which saves a look.
func (v *view) fill(items []PollItem, events []PollEvent) (n int) {
	for i := range items {
		it := &items[i]
		it.Ready = 0
		switch s := it.Socket; {
		case s == nil:
		case s.FD() < 0:
			it.Ready = PollNVal
		default:
			for j := range events {
				if events[j].Socket == s {
					it.Ready = events[j].Ready & (it.Events | PollErr | PollHup)
				}
			}
			it.Ready = s.told(it.Ready, it.Events)
		}
		if it.Ready != 0 {
			n++
		}
	}
	return n
}

// enlist makes the sockets those of the Poller, and reports whether one has what only look finds:
// it is closed, or the kernel's error was taken.
//
// Who polls does so again and again. So the sockets stay in the Poller, which the next call most
// likely finds: then it has nothing to add. The garbage collector empties the pool of views, and
// closes those Pollers.
func (v *view) enlist(items []PollItem) (found bool, err error) {
	v.round ^= 1
	mark := &v.marks[v.round]
	v.p.watchOver(true)
	listed := 0
	for i := range items {
		if s := items[i].Socket; s != nil && err == nil {
			var first bool
			first, err = v.p.enlist(s, items[i].Events&pollAsked, mark)
			if first {
				listed++
			}
			if err == ErrClosed {
				found, err = true, nil
			}
			found = found || s.taken.Load() != 0
		}
	}
	if err == nil {
		v.keep(mark, listed)
	}
	return found, err
}

// keep removes the sockets of earlier calls, if there are any.
func (v *view) keep(mark *byte, listed int) {
	p := v.p
	p.mu.Lock()
	v.stale = v.stale[:0]
	if p.count > listed {
		for _, slab := range p.slabs {
			for i := range slab {
				if r := &slab[i]; r.s != nil && r.value != mark {
					v.stale = append(v.stale, r.s)
				}
			}
		}
	}
	p.mu.Unlock()
	for i, s := range v.stale {
		p.remove(s) // or Close does
		v.stale[i] = nil
	}
}

// mostKept is of how many sockets a view that nobody uses keeps hold at most.
const mostKept = 16

// rest ends the use of the Poller.
func (v *view) rest(keep bool) {
	v.p.watchOver(false)
	if !keep || !v.p.keeps {
		v.keep(nil, 0)
	}
}
