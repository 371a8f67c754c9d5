package socket

import (
	"context"
	"sync"
	"syscall"
	"time"
)

// A Poller tells which of many sockets have something to do: epoll(7) with the sockets of this
// package. A socket is added with the events it is waited for and a value of the caller's, and
// [Poller.Wait] returns the next that have one. So one goroutine can serve a hundred thousand
// connections; each costs no goroutine and, if it is used by TryReceive, TrySend and the other
// calls that do not wait, is not known to Go's own poller either.
//
// All methods may be called by several goroutines at once, also while others wait. A Poller holds
// no thread while it waits. The zero Poller is a closed one.
//
// # Who is told
//
// Each event goes to one of the goroutines that wait. By default a Poller reports a state
// (level-triggered, as poll(2)): a socket that is not read to the end is reported by the next Wait
// too, also by that of another goroutine. So where several wait, either let each socket rest while
// one goroutine works on it, with [PollOneShot] and then [Poller.Change], or take all there is,
// with [PollEdge]. Sockets that are ready take turns: none is kept waiting by others that are
// always ready.
//
// [PollErr] and [PollHup] are reported whether asked for or not (epoll_ctl(2)). A loop that ignores
// them spins: receive, which returns the error or the end, and close the socket or remove it.
//
// # Close
//
// A socket that is closed or detached leaves its Pollers before its number can be another's. Its
// duplicates ([Socket.Dup], [Socket.File], those that a child or a peer holds) make no difference,
// whereas epoll(7) by itself would go on to report it while one is open (questions and answers,
// "Will closing a file descriptor"). An event that a Wait of another goroutine has returned may
// still be under way; its receiver finds the socket closed.
//
// A Poller keeps its sockets reachable, so it must be closed; the sockets stay open.
//
// # Other systems
//
// Where there is no epoll(7), each socket has a goroutine or two that wait for it on Go's poller,
// which is kqueue(2) on the BSDs and macOS. A kqueue of the Poller's own could not be waited for
// without a thread: one kqueue takes another for EVFILT_READ alone (kqueue_kqfilter, FreeBSD's
// sys/kern/kern_event.c, and likewise the others'), and Go's asks for EVFILT_WRITE too
// (netpollopen, runtime/netpoll_kqueue.go). There PollEdge repeats an event that lasts after a
// while, and urgent data is looked for every 32 ms.
type Poller struct {
	mu     sync.Mutex
	e      engine // nil: of the zero Poller
	closed bool
	slabs  [][]registration
	free   *registration // the first that is not used
	count  int
	keeps  bool // what is added costs nothing while nobody waits
	tells  bool // of sockets that are closed, to Poll
	stirs  bool // it has something to tell
}

// A PollEvent is what [Poller.Wait] reports of a socket.
type PollEvent struct {
	Socket *Socket
	Value  any        // as it was added
	Ready  PollEvents // what there is
}

// A registration is a socket in a Poller. It stays at its place, and serves another socket later:
// then its generation is another one.
type registration struct {
	p          *Poller
	s          *Socket // nil: none
	value      any
	next       *registration // of the same socket, or the next that is free
	watch      *watch        // without epoll
	index      uint32
	generation uint32
	sysfd      int32
	events     PollEvents
}

const slabSize = 64

// An engine is how a Poller learns of events. The Poller's mu is held in all methods but those that
// say otherwise.
type engine interface {
	add(r *registration) error
	change(r *registration) error
	remove(r *registration)
	stir() // makes who waits look again

	// wait waits until there are events. Mu is not held, here and below.
	wait(ctx context.Context, events []PollEvent, timeout time.Duration, try bool) (int, error)
	setDeadline(t time.Time) error
	close() error
}

// NewPoller wraps epoll_create1(2). A lack of descriptors is EMFILE or ENFILE.
func NewPoller() (*Poller, error) {
	p, err := newPoller()
	if err != nil {
		return nil, &Error{Op: "new poller", Err: err}
	}
	return p, nil
}

func newPoller() (*Poller, error) {
	p := new(Poller)
	var err error
	if p.e, err = newEngine(p); err != nil {
		return nil, err
	}
	return p, nil
}

// Add adds a socket: from now on Wait reports it. Events are those of [PollItem], with [PollEdge]
// or [PollOneShot] where they are wanted; value is whatever the caller wants back, and is best a
// pointer, which takes no memory of its own. Events that are there already are reported too. A
// socket that is added already is EEXIST. One may be in several Pollers. It wraps epoll_ctl(2),
// EPOLL_CTL_ADD.
func (p *Poller) Add(s *Socket, events PollEvents, value any) error {
	return p.fail("poller add", p.add(s, events, value))
}

// Change changes the events and the value of a socket that was added, and wakes it after
// [PollOneShot]. A socket that is not there is ENOENT. It wraps epoll_ctl(2), EPOLL_CTL_MOD.
func (p *Poller) Change(s *Socket, events PollEvents, value any) error {
	return p.fail("poller change", p.change(s, events, value))
}

// Remove takes a socket out: no Wait that begins later reports it. A socket that is not there is
// ENOENT, one that is closed ErrClosed. It wraps epoll_ctl(2), EPOLL_CTL_DEL.
func (p *Poller) Remove(s *Socket) error { return p.fail("poller remove", p.remove(s)) }

// Wait waits until sockets have events, fills events with them, and returns how many there are: at
// least 1, at most len(events). No events are EINVAL. ErrTimeout comes after the deadline of
// SetDeadline or the context's, ErrClosed when the Poller is closed. It wraps epoll_wait(2), and
// allocates nothing.
func (p *Poller) Wait(ctx context.Context, events []PollEvent) (n int, err error) {
	n, err = p.wait(ctx, events, false)
	return n, p.fail("poller wait", err)
}

// TryWait is Wait without waiting: where there is no event it is ErrWouldBlock. The deadline does
// not matter to it.
func (p *Poller) TryWait(events []PollEvent) (n int, err error) {
	n, err = p.wait(background, events, true)
	return n, p.fail("poller try wait", err)
}

// SetDeadline sets the time at which Wait fails with ErrTimeout, also those that wait now. The zero
// time is none.
func (p *Poller) SetDeadline(t time.Time) error {
	err := ErrClosed
	if p.usable() {
		err = p.e.setDeadline(t)
	}
	return p.fail("poller set deadline", err)
}

// Len returns how many sockets there are.
func (p *Poller) Len() int {
	if p == nil {
		return 0
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.count
}

// Close wakes every Wait with ErrClosed, and removes all sockets, which stay open. Closing again is
// a no-op; on the zero Poller it is ErrClosed.
func (p *Poller) Close() error {
	if p == nil || p.e == nil {
		return p.fail("poller close", ErrClosed)
	}
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		return nil
	}
	p.closed = true
	p.mu.Unlock()
	err := p.e.close()
	for _, slab := range p.slabs { // a closed Poller gets no more
		for i := range slab {
			p.leave(&slab[i])
		}
	}
	return p.fail("poller close", err)
}

// leave removes what a closed Poller has.
func (p *Poller) leave(r *registration) {
	p.mu.Lock()
	sysfd := int(r.sysfd)
	p.mu.Unlock()
	l := pollLock(sysfd)
	l.Lock()
	defer l.Unlock()
	p.mu.Lock()
	defer p.mu.Unlock()
	if r.s != nil { // else the socket was closed meanwhile
		p.e.remove(r)
		p.forget(r)
	}
}

func (p *Poller) usable() bool {
	if p == nil || p.e == nil {
		return false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return !p.closed
}

func (p *Poller) fail(op string, err error) error {
	if err == nil {
		return nil
	}
	if err == again {
		return wouldBlock["poller try wait"]
	}
	return &Error{Op: op, Err: err}
}

func (p *Poller) wait(ctx context.Context, events []PollEvent, try bool) (int, error) {
	switch {
	case !p.usable():
		return 0, ErrClosed
	case len(events) == 0:
		return 0, syscall.EINVAL
	}
	return p.e.wait(ctx, events, 0, try)
}

// ready waits for Poll until there are events, or a socket is closed: then it tells of none.
func (p *Poller) ready(ctx context.Context, events []PollEvent,
	timeout time.Duration) (int, error) {
	return p.e.wait(ctx, events, timeout, false)
}

// Locks are taken in this order: those of pollLocks, which guard the lists of the sockets'
// registrations; a Poller's mu; those of package fd.

// pollLocks are few, as a socket has no room for one that it hardly ever needs.
var pollLocks [64]sync.Mutex

// pollLock guards the list of the socket with that number.
func pollLock(sysfd int) *sync.Mutex { return &pollLocks[uint(sysfd)%uint(len(pollLocks))] }

// hold holds the descriptor and takes the locks, unless the socket or the Poller is closed.
func (p *Poller) hold(s *Socket) (sysfd int, ok bool) {
	if p == nil || p.e == nil || s == nil {
		return -1, false
	}
	if sysfd, ok = s.fd.Hold(); !ok {
		return -1, false
	}
	pollLock(sysfd).Lock()
	p.mu.Lock()
	if p.closed {
		p.release(s, sysfd)
		return -1, false
	}
	return sysfd, true
}

// release ends what hold began.
func (p *Poller) release(s *Socket, sysfd int) {
	p.mu.Unlock()
	pollLock(sysfd).Unlock()
	s.fd.Release()
}

// find returns the socket's registration, nil if there is none.
func (p *Poller) find(s *Socket) *registration {
	for r := s.polls.Load(); r != nil; r = r.next {
		if r.p == p {
			return r
		}
	}
	return nil
}

func (p *Poller) add(s *Socket, events PollEvents, value any) error {
	if err := events.check(); err != nil {
		return err
	}
	sysfd, ok := p.hold(s)
	if !ok {
		return ErrClosed
	}
	defer p.release(s, sysfd)
	if p.find(s) != nil {
		return syscall.EEXIST
	}
	return p.enter(s, sysfd, events, value)
}

// watchOver sets whether Poll is to be told of sockets that are closed.
func (p *Poller) watchOver(on bool) {
	p.mu.Lock()
	p.tells, p.stirs = on, false
	p.mu.Unlock()
}

// enlist is add for Poll, to which a socket may be given twice, and may be there from before: then
// it has another mark. It reports whether it is the first time in this call.
func (p *Poller) enlist(s *Socket, events PollEvents, mark *byte) (first bool, err error) {
	sysfd, ok := p.hold(s)
	if !ok {
		return false, ErrClosed
	}
	defer p.release(s, sysfd)
	r := p.find(s)
	if r == nil {
		return true, p.enter(s, sysfd, events, mark)
	}
	first = r.value != mark
	if !first {
		events |= r.events
	}
	r.value = mark
	if r.events == events {
		return first, nil
	}
	r.events = events
	return first, p.e.change(r)
}

func (p *Poller) change(s *Socket, events PollEvents, value any) error {
	if err := events.check(); err != nil {
		return err
	}
	sysfd, ok := p.hold(s)
	if !ok {
		return ErrClosed
	}
	defer p.release(s, sysfd)
	r := p.find(s)
	if r == nil {
		return syscall.ENOENT
	}
	old := r.events
	r.events = events
	if err := p.e.change(r); err != nil {
		r.events = old
		return err
	}
	r.value = value
	return nil
}

func (p *Poller) remove(s *Socket) error {
	sysfd, ok := p.hold(s)
	if !ok {
		return ErrClosed
	}
	defer p.release(s, sysfd)
	r := p.find(s)
	if r == nil {
		return syscall.ENOENT
	}
	p.e.remove(r)
	p.forget(r)
	return nil
}

// check refuses what nobody can wait for.
func (e PollEvents) check() error {
	if e&^(pollAsked|PollErr|PollHup|PollEdge|PollOneShot) != 0 {
		return syscall.EINVAL
	}
	return nil
}

// enter makes a registration. The locks are held, here and below.
func (p *Poller) enter(s *Socket, sysfd int, events PollEvents, value any) error {
	if p.free == nil {
		slab := make([]registration, slabSize)
		first := uint32(len(p.slabs) * slabSize)
		for i := range slab {
			slab[i].p, slab[i].index = p, first+uint32(i)
			if i > 0 {
				slab[i-1].next = &slab[i]
			}
		}
		p.slabs, p.free = append(p.slabs, slab), &slab[0]
	}
	r := p.free
	next := r.next
	r.s, r.value, r.events, r.sysfd = s, value, events, int32(sysfd)
	if err := p.e.add(r); err != nil {
		r.s, r.value = nil, nil
		return err
	}
	p.free = next
	p.count++
	r.next = s.polls.Load()
	s.polls.Store(r)
	return nil
}

// at returns the registration of that index and generation, nil if it is over.
func (p *Poller) at(index, generation uint32) *registration {
	if int(index/slabSize) >= len(p.slabs) {
		return nil
	}
	r := &p.slabs[index/slabSize][index%slabSize]
	if r.s == nil || r.generation != generation {
		return nil
	}
	return r
}

// forget ends a registration, of which the engine knows no more.
func (p *Poller) forget(r *registration) {
	if first := r.s.polls.Load(); first == r {
		r.s.polls.Store(r.next)
	} else {
		for first.next != r {
			first = first.next
		}
		first.next = r.next
	}
	r.s, r.value, r.watch = nil, nil, nil
	r.generation++
	r.next, p.free = p.free, r
	p.count--
}

// polled is a socket as its descriptor knows it.
type polled Socket

// Closing implements fd.Closer: the socket leaves its Pollers. Nobody adds it any more.
func (c *polled) Closing(sysfd int) {
	s := (*Socket)(c)
	if s.polls.Load() == nil {
		return
	}
	l := pollLock(sysfd)
	l.Lock()
	defer l.Unlock()
	for r := s.polls.Load(); r != nil; r = s.polls.Load() {
		p := r.p
		p.mu.Lock()
		p.e.remove(r)
		p.forget(r)
		if p.tells {
			p.stirs = true
			p.e.stir()
		}
		p.mu.Unlock()
	}
}
