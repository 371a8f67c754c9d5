package ports

import (
	"context"
	"sync"
	"sync/atomic"

	"example.com/bsdsocket/internal/fd"
)

// A direction is what both ports have: one way of a socket, and who may use it until when.
type direction struct {
	*link
	closed    atomic.Bool
	abandoned atomic.Bool
	owner     atomic.Pointer[Custodian]

	mu sync.Mutex // of a call that may wait

	life   atomic.Pointer[fd.Life] // of the calls; replaced with change held
	change sync.Mutex
	rushed bool // a Close that waits for nobody has come; guarded by change
}

func (d *direction) init(l *link) {
	d.link = l
	d.life.Store(fd.NewLife(background))
}

// live reports whether the port was made by New and is open. Callers look for nil themselves.
func (d *direction) live() bool { return d.link != nil && !d.closed.Load() }

// bind is SetContext.
func (d *direction) bind(op string, ctx context.Context) error {
	ctx = fd.Given(ctx)
	d.change.Lock()
	defer d.change.Unlock()
	if d.closed.Load() {
		return closed(op)
	}
	old := d.life.Swap(fd.NewLife(ctx))
	old.End(context.Canceled) // so that its context forgets it
	return nil
}

// interrupt ends the calls on a port that is closed. A rush also ends a Close that waits.
func (d *direction) interrupt(rush bool) {
	d.change.Lock()
	defer d.change.Unlock()
	if rush {
		d.rushed = true
	}
	d.life.Load().End(context.Canceled)
}

// last returns the context of what Close sends, nil if that must not wait: somebody is in a hurry,
// or the port's context has ended.
func (d *direction) last() *fd.Life {
	d.change.Lock()
	defer d.change.Unlock()
	ctx := d.life.Load().Context
	if d.rushed || ctx.Err() != nil {
		return nil
	}
	l := fd.NewLife(ctx)
	d.life.Store(l)
	return l
}

// hurried reports whether a Close that waits for nobody has come, or the context of SetContext has
// ended.
func (d *direction) hurried() bool {
	d.change.Lock()
	defer d.change.Unlock()
	return d.rushed || d.life.Load().Context.Err() != nil
}
