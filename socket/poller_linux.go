package socket

import (
	"context"
	"time"

	"example.com/bsdsocket/internal/fd"
	"example.com/bsdsocket/internal/sys"
)

// An epoll is an epoll instance, itself waited for on Go's poller: it is readable when it has an
// event. It is asked by calls that do not wait, with the Poller's mu held, so that what it says is
// about the registrations of that moment.
type epoll struct {
	fd  fd.FD
	p   *Poller
	raw []sys.EpollEvent
}

func newEpoll(p *Poller) (engine, error) {
	sysfd, err := sys.EpollCreate()
	if err != nil {
		return nil, err
	}
	e := &epoll{p: p}
	p.keeps = true
	e.fd.Init(sysfd)
	return e, nil
}

// epollEvents are the events by epoll's numbers.
var epollEvents = [...]struct {
	event  PollEvents
	number uint32
}{
	{PollIn, sys.EpollIn}, {PollPri, sys.EpollPri}, {PollOut, sys.EpollOut},
	{PollErr, sys.EpollErr}, {PollHup, sys.EpollHup},
	{PollRdHup, sys.EpollRdHup}, {PollEdge, sys.EpollEdge}, {PollOneShot, sys.EpollOneShot},
}

func (e *epoll) ctl(op int, r *registration) error {
	sysfd, ok := e.fd.Hold()
	if !ok {
		return ErrClosed
	}
	defer e.fd.Release()
	event := sys.EpollEvent{Fd: int32(r.index), Pad: int32(r.generation)}
	for i := range epollEvents {
		if r.events&epollEvents[i].event != 0 {
			event.Events |= epollEvents[i].number
		}
	}
	return sys.EpollCtl(sysfd, op, int(r.sysfd), &event)
}

func (e *epoll) add(r *registration) error    { return e.ctl(sys.EpollAdd, r) }
func (e *epoll) change(r *registration) error { return e.ctl(sys.EpollMod, r) }

// remove cannot fail but for a descriptor that somebody has closed by its number.
func (e *epoll) remove(r *registration) { e.ctl(sys.EpollDel, r) }

func (e *epoll) stir()                         { e.fd.Stir(fd.Read) }
func (e *epoll) setDeadline(t time.Time) error { return e.fd.SetDeadline(fd.Read, t) }
func (e *epoll) close() error                  { return e.fd.Close() }

// An epollWait is epoll_wait(2) until there is an event.
type epollWait struct {
	fd.Op
	e      *epoll
	events []PollEvent
	n      int
}

var epollWaits pool[epollWait, *epollWait]

func (e *epoll) wait(ctx context.Context, events []PollEvent, timeout time.Duration,
	try bool) (int, error) {
	o := epollWaits.get()
	o.NoWait, o.OneStep, o.e, o.events, o.n = try, true, e, events, 0
	err := o.Run(ctx, &e.fd, fd.Read, timeout)
	n := o.n
	o.e, o.events = nil, nil
	epollWaits.put(o)
	if err != nil {
		return 0, err
	}
	return n, nil
}

// mostEvents is how many events one call takes at most.
const mostEvents = 4096

func (o *epollWait) Do(sysfd int) error {
	e, p := o.e, o.e.p
	p.mu.Lock()
	defer p.mu.Unlock()
	most := min(len(o.events), mostEvents)
	if len(e.raw) < most {
		e.raw = make([]sys.EpollEvent, most)
	}
	n, err := sys.EpollWait(sysfd, e.raw[:most])
	if err != nil {
		return err
	}
	o.n = 0
	for i := range e.raw[:n] {
		raw := &e.raw[i]
		r := p.at(uint32(raw.Fd), uint32(raw.Pad))
		if r == nil {
			continue
		}
		var ready PollEvents
		for i := range epollEvents {
			if raw.Events&epollEvents[i].number != 0 {
				ready |= epollEvents[i].event
			}
		}
		o.events[o.n] = PollEvent{r.s, r.value, ready}
		o.n++
	}
	if o.n == 0 && !p.stirs {
		return again
	}
	p.stirs = false
	return nil
}
