package ports

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"reflect"
	"slices"
	"sync"
	"sync/atomic"

	"example.com/bsdsocket/internal/sys"
	"example.com/bsdsocket/socket"
)

// A Custodian is a set of ports, sockets, listeners and anything else with a Close, which are
// closed together, the last added first: Racket's custodian. The zero Custodian is ready, a nil one
// closed. Its methods may be called from several goroutines at once.
//
// Members may still be closed individually. A closed port or Custodian leaves the set at once, as
// does a listener of package ports/tcp that got it by its Config; a socket, and a type whose method
// Socket or Sockets tells of its sockets, such as those of package netconn, leaves some time after
// its socket was closed, when others are added. Anything else, such as a [crypto/tls.Conn], stays
// in the set, and in memory, until [Custodian.Remove]. A Custodian can be in another, and is closed
// with it. Adding a port or a Custodian to a second Custodian takes it out of the first.
type Custodian struct {
	once sync.Once
	errs []error // of Close
	err  error   // the same, joined

	mu      sync.Mutex
	members map[io.Closer]uint64 // when they were added
	added   uint64
	kept    int // how many sockets were open when it was last looked
	closed  bool
	stop    func() bool

	owner atomic.Pointer[Custodian]
}

// NewCustodian returns a Custodian that is closed when the context ends; nil never does. Close
// returns the errors of that, too.
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

// Add puts closers into the set; what is in it already stays where it is. A [Duplex] is both of its
// ports. If the Custodian is closed, they are closed at once, and the error is ErrClosed.
//
// Nil, a nil pointer, a value that cannot be compared, and a Custodian that would be in itself are
// errors, and are neither added nor closed; the others are. A closed port is not added.
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
	if !fits(m) {
		return &socket.Error{Op: op,
			Err: sys.Wrong("what is nil or cannot be compared cannot be in a set")}
	}
	for outer := c; outer != nil; outer = outer.owner.Load() {
		if m == io.Closer(outer) {
			return &socket.Error{Op: op, Err: sys.Wrong("it would be in itself")}
		}
	}
	old, ok := c.insert(m)
	if !ok {
		return errors.Join(&socket.Error{Op: op, Err: errCustodian}, end(m))
	}
	if old != nil && old != c {
		old.Remove(m)
	}
	// If it has closed meanwhile, it may have looked for its custodian before it had one.
	if own, ok := m.(leaver); ok && own.over() {
		c.Remove(m)
	}
	return nil
}

// fits reports whether something can be in a set.
func fits(m io.Closer) bool {
	v := reflect.ValueOf(m)
	return v.IsValid() && v.Comparable() && !(v.Kind() == reflect.Pointer && v.IsNil())
}

// insert also returns the custodian that a leaver had before.
func (c *Custodian) insert(m io.Closer) (old *Custodian, ok bool) {
	if c == nil {
		return nil, false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return nil, false
	}
	if len(c.members) >= 2*c.kept+16 {
		c.sweep()
	}
	if c.members == nil {
		c.members = make(map[io.Closer]uint64)
	}
	if _, there := c.members[m]; !there {
		c.added++
		c.members[m] = c.added
	}
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

func (p *InputPort) over() bool  { return !p.live() }
func (p *OutputPort) over() bool { return !p.live() }
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
		case interface{ Socket() *socket.Socket }:
			sockets = []*socket.Socket{m.Socket()}
		default:
			continue
		}
		if !slices.ContainsFunc(sockets, func(s *socket.Socket) bool {
			return s != nil && s.FD() >= 0
		}) {
			delete(c.members, m)
		}
	}
	c.kept = len(c.members)
}

// Remove takes m out of the set without closing it. It is a no-op if m is not in the set.
func (c *Custodian) Remove(m io.Closer) {
	if d, ok := m.(Duplex); ok {
		c.Remove(d.InputPort)
		c.Remove(d.OutputPort)
		return
	}
	if c == nil || !fits(m) {
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
	if c == nil {
		return 0
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sweep()
	return len(c.members)
}

// Close closes everything in the set, once, and waits for no peer: calls that wait on something in
// it end with ErrClosed, and what output ports have buffered is sent only as far as that needs no
// wait. What was not sent is an [*UnsentError] among the errors, which are joined. A socket does
// not linger (SO_LINGER), though the kernel goes on sending what it has. The last added is closed
// first, so that a member that writes to a port, and was added after it, can end what it writes. A
// member that is neither a port nor a socket nor a listener takes as long as its own Close does.
//
// If a Close panics, the others are closed nevertheless, and then the panic goes on.
//
// The sockets are shut down for everyone who has them: a child process that got one can neither
// receive nor send any more. To spare a member that shall live on, use [Custodian.Remove]; to spare
// a connection, abandon its ports.
//
// Later calls return the same error, when the first has ended; so the Close of something in the set
// must not call it, which would wait for itself.
func (c *Custodian) Close() error {
	if c == nil {
		return &socket.Error{Op: "close custodian", Err: errCustodian}
	}
	c.once.Do(func() {
		c.mu.Lock()
		members, stop := c.members, c.stop
		c.members, c.closed = nil, true
		c.mu.Unlock()
		if stop != nil {
			stop()
		}
		defer func() {
			c.err = errors.Join(c.errs...)
			c.errs = nil
			depart(c)
		}()
		c.closeAll(slices.SortedFunc(maps.Keys(members), func(a, b io.Closer) int {
			return cmp.Compare(members[b], members[a])
		}))
	})
	return c.err
}

// closeAll closes members in their order. If one panics, the panic goes on when the others are
// closed.
func (c *Custodian) closeAll(members []io.Closer) {
	for i, m := range members {
		func() {
			returned := false
			defer func() {
				if !returned {
					c.errs = append(c.errs, fmt.Errorf("ports: the Close of a %T panicked", m))
					c.closeAll(members[i+1:])
				}
			}()
			c.errs = append(c.errs, end(m))
			returned = true
		}()
	}
}

// end closes a member without waiting for a peer.
func end(m io.Closer) error {
	switch m := m.(type) {
	case *InputPort:
		if m.live() {
			return m.close(true)
		}
	case *OutputPort:
		if m.link != nil {
			return m.close(true)
		}
	case *socket.Socket:
		hasten(m)
	case interface{ Socket() *socket.Socket }: // a connection of package netconn
		if s := m.Socket(); s != nil {
			hasten(s)
		}
	}
	return m.Close()
}
