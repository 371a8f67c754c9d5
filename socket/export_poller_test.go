package socket

import (
	"context"
	"sync"
	"time"
)

// UseWatches makes new Pollers, and Poll, work as where there is no epoll(7), until the returned
// function is called.
func UseWatches() (restore func()) {
	real := newEngine
	newEngine, views = newWatches, sync.Pool{}
	return func() { newEngine, views = real, sync.Pool{} }
}

// ChangeAtOnce is Change of all sockets to the same events, without a moment in which who waits
// sees some of them.
func (p *Poller) ChangeAtOnce(events PollEvents, sockets ...*Socket) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, s := range sockets {
		r := p.find(s)
		r.events = events
		if err := p.e.change(r); err != nil {
			return err
		}
	}
	return nil
}

// Sleep is what a call of Wait does that has found nothing, where there is no epoll(7): it returns
// when it is time to look again.
func (p *Poller) Sleep(ctx context.Context) error {
	e := p.e.(*watches)
	p.mu.Lock()
	moved := e.moved
	p.mu.Unlock()
	return e.sleep(ctx, time.Time{}, moved)
}
