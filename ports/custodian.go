package ports

import (
	"context"
	"errors"
	"io"
	"reflect"
	"slices"
	"sync"
	"sync/atomic"

	"example.com/bsdsocket/socket"
)

// A Custodian is a set of ports, sockets, listeners and anything else with a Close, which are closed together: Racket's
// custodian. The zero Custodian is ready. Its methods may be called from several goroutines at once.
//
// What is in the set is not kept from being closed by itself: ports and other custodians then leave the set at once, as do listeners of
// package ports/tcp that got it by their Config; sockets, and listeners that were added, at some later time. A Custodian can be in
// another, and is closed with it. To add a port or a Custodian that is in one Custodian to another moves it.
type Custodian struct {
	once sync.Once
	err  error // of Close

	mu      sync.Mutex
	members map[io.Closer]struct{}
	kept    int // how many sockets were open when it was last looked
	closed  bool
	stop    func() bool

	owner atomic.Pointer[Custodian]
}

// NewCustodian returns a Custodian that is closed when the context ends; nil never does. Close returns the errors of that, too.
func NewCustodian(ctx context.Context) *Custodian {
	c := new(Custodian)
	if ctx == nil {
		return c
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stop = context.AfterFunc(ctx, func() { c.Close() })
	return c
}

// Add puts closers into the set. A [Duplex] is both of its ports. If the Custodian is closed, they are closed at once, and the
// error is ErrClosed.
func (c *Custodian) Add(closers ...io.Closer) error {
	var errs []error
	for _, m := range closers {
		d, ok := m.(Duplex)
		if !ok {
			errs = append(errs, c.add(m))
			continue
		}
		errs = append(errs, c.add(d.InputPort), c.add(d.OutputPort))
	}
	return errors.Join(errs...)
}

func (c *Custodian) add(m io.Closer) error {
	const op = "add to custodian"
	if m == nil || !reflect.ValueOf(m).Comparable() {
		return &socket.Error{Op: op, Err: errors.New("what is nil or cannot be compared cannot be in a set")}
	}
	for outer := c; outer != nil; outer = outer.owner.Load() {
		if m == io.Closer(outer) {
			return &socket.Error{Op: op, Err: errors.New("it would be in itself")}
		}
	}
	old, ok := c.insert(m)
	if !ok {
		return errors.Join(closed(op), end(m))
	}
	if old != nil && old != c {
		old.Remove(m)
	}
	if own, ok := m.(leaver); ok && own.over() { // and looked for its custodian before it had one, maybe
		c.Remove(m)
	}
	return nil
}

// insert also returns the custodian that a leaver had before.
func (c *Custodian) insert(m io.Closer) (old *Custodian, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return nil, false
	}
	if len(c.members) >= 2*c.kept+16 {
		c.sweep()
	}
	if c.members == nil {
		c.members = make(map[io.Closer]struct{})
	}
	c.members[m] = struct{}{}
	if own, ok := m.(leaver); ok {
		old = own.custodian().Swap(c)
	}
	return old, true
}

// A leaver tells its custodian that it was closed.
type leaver interface {
	io.Closer
	custodian() *atomic.Pointer[Custodian]
	over() bool
}

func (p *InputPort) custodian() *atomic.Pointer[Custodian]  { return &p.owner }
func (p *OutputPort) custodian() *atomic.Pointer[Custodian] { return &p.owner }
func (c *Custodian) custodian() *atomic.Pointer[Custodian]  { return &c.owner }

func (p *InputPort) over() bool  { return p.closed.Load() }
func (p *OutputPort) over() bool { return p.closed.Load() }
func (c *Custodian) over() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.closed
}

// depart is the last that a leaver does when it is closed.
func depart(m leaver) {
	if c := m.custodian().Load(); c != nil {
		c.Remove(m)
	}
}

// sweep removes sockets that were closed, and what has no other sockets. mu is held.
func (c *Custodian) sweep() {
	for m := range c.members {
		var sockets []*socket.Socket
		switch m := m.(type) {
		case *socket.Socket:
			sockets = []*socket.Socket{m}
		case interface{ Sockets() []*socket.Socket }: // a listener
			sockets = m.Sockets()
		case Port:
			sockets = []*socket.Socket{m.Socket()}
		default:
			continue
		}
		if !slices.ContainsFunc(sockets, func(s *socket.Socket) bool { return s.FD() >= 0 }) {
			delete(c.members, m)
		}
	}
	c.kept = len(c.members)
}

// Remove takes m out of the set without closing it. What is not in the set is no error.
func (c *Custodian) Remove(m io.Closer) {
	if d, ok := m.(Duplex); ok {
		c.Remove(d.InputPort)
		c.Remove(d.OutputPort)
		return
	}
	if !reflect.ValueOf(m).Comparable() {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.members, m)
	if own, ok := m.(leaver); ok {
		own.custodian().CompareAndSwap(c, nil)
	}
}

// Len returns how many are in the set and, as far as they are ports, sockets or listeners, open.
func (c *Custodian) Len() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sweep()
	return len(c.members)
}

// Close closes everything in the set, once, and waits for nobody: calls that wait on something in it end with ErrClosed,
// and what output ports have buffered is sent only as far as that needs no wait. What was not is an [*UnsentError] among the
// errors, which are joined. Later calls return the same error, when the first has ended; so the Close of something in the set must
// not call it, which would wait for itself.
func (c *Custodian) Close() error {
	c.once.Do(func() {
		c.mu.Lock()
		members, stop := c.members, c.stop
		c.members, c.closed = nil, true
		c.mu.Unlock()
		if stop != nil {
			stop()
		}
		var errs []error
		for m := range members {
			errs = append(errs, end(m))
		}
		c.err = errors.Join(errs...)
		depart(c)
	})
	return c.err
}

// end closes a member without waiting.
func end(m io.Closer) error {
	if p, ok := m.(*OutputPort); ok {
		return p.close(true)
	}
	return m.Close()
}
