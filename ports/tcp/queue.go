package tcp

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"example.com/bsdsocket/internal/fd"
	"example.com/bsdsocket/socket"
)

// A queue is who waits for a client of a listener: calls of Accept, and one channel for all calls
// of Ready. A socket is watched by one goroutine, from when somebody waits until a client comes for
// whom nobody does:
//
//	Accept                                      watcher, one a socket
//	  tries the sockets that are not watched
//	  joins the queue, has the sockets watched    waits until its socket is ready
//	  sleeps                                      closes the channel of Ready, accepts for the
//	                                              first of the queue and wakes it, or ends if
//	                                              none waits
//
// So a client costs one wake-up however many wait, and nothing is accepted that nobody asked for:
// another process that has the same socket can take it.
type queue struct {
	mu       sync.Mutex
	waiters  waiter        // the ends of a ring
	watched  []atomic.Bool // by socket; set with mu held
	ready    chan struct{} // of Ready; nil: nobody asks
	closed   bool
	watchers sync.WaitGroup
}

// A waiter is a call of Accept in the queue.
type waiter struct {
	wake       chan event // capacity 1
	prev, next *waiter    // nil: not in the queue
}

// An event is what has become of a waiter: a client, or an error.
type event struct {
	client *socket.Socket
	err    error
}

// newWaiter makes one for each wait. They are not kept for reuse: a channel that was made in a
// bubble of testing/synctest must not be used outside of it.
func newWaiter() *waiter { return &waiter{wake: make(chan event, 1)} }

func (q *queue) init(sockets int) {
	q.waiters.prev, q.waiters.next = &q.waiters, &q.waiters
	q.watched = make([]atomic.Bool, sockets)
}

// close ends the watching, whose sockets are closed.
func (q *queue) close() {
	q.mu.Lock()
	q.closed = true
	q.mu.Unlock()
	q.watchers.Wait()
}

// remove takes w out of the queue. mu is held.
func (w *waiter) remove() {
	w.prev.next, w.next.prev = w.next, w.prev
	w.prev, w.next = nil, nil
}

// first takes the first out of the queue; nil is none. mu is held.
func (q *queue) first() *waiter {
	w := q.waiters.next
	if w == &q.waiters {
		return nil
	}
	w.remove()
	return w
}

// accept waits for a client of any socket.
func (l *Listener) accept(ctx context.Context) (*socket.Socket, error) {
	if len(l.sockets) == 1 {
		s, _, err := l.sockets[0].Accept(ctx)
		return s, err
	}
	if ctx.Err() != nil {
		return nil, l.ended(ctx)
	}
	if s, err := l.take(false); s != nil || err != nil {
		return s, err
	}
	var elapsed <-chan time.Time
	if d := l.timeout(); d > 0 {
		timer := fd.NewTimer(d)
		defer timer.Stop()
		elapsed = timer.C
	}
	w := newWaiter()
	l.join(w)
	select {
	case e := <-w.wake:
		return e.client, e.err
	case <-elapsed:
		if l.leave(w) {
			s, err := l.take(true)
			if s == nil && err == nil {
				err = &socket.Error{Op: "accept", Local: l.addrs[0], Err: socket.ErrTimeout}
			}
			return s, err
		}
	case <-ctx.Done():
		if l.leave(w) {
			return nil, l.ended(ctx)
		}
	}
	e := <-w.wake // that came in the same moment
	return e.client, e.err
}

// ended is the error of Accept with a context that has ended.
func (l *Listener) ended(ctx context.Context) error {
	_, _, err := l.sockets[0].Accept(ctx) // which does not try
	return err
}

// timeout is the shortest of the sockets' AcceptTimeouts; 0 is none.
func (l *Listener) timeout() (shortest time.Duration) {
	for _, s := range l.sockets {
		if d := s.Params().AcceptTimeout; d > 0 && (shortest == 0 || d < shortest) {
			shortest = d
		}
	}
	return shortest
}

// take accepts a client that waits; none is no error. Each call begins with another socket, so that
// no client waits behind those of another address. A socket that is watched has no client, or will
// tell of it, so that not all need to be tried.
func (l *Listener) take(all bool) (*socket.Socket, error) {
	begin := int(l.turn.Add(1) % uint32(len(l.sockets)))
	for i := range l.sockets {
		i = (begin + i) % len(l.sockets)
		if all || !l.queue.watched[i].Load() {
			if c, err := try(l.sockets[i]); c != nil || err != nil {
				return c, err
			}
		}
	}
	return nil, nil
}

// try accepts a client of one socket, if there is one.
func try(s *socket.Socket) (*socket.Socket, error) {
	c, _, err := s.TryAccept()
	if errors.Is(err, socket.ErrWouldBlock) {
		return nil, nil
	}
	return c, err
}

// join puts w at the end of the queue.
func (l *Listener) join(w *waiter) {
	q := &l.queue
	q.mu.Lock()
	w.prev, w.next = q.waiters.prev, &q.waiters
	w.prev.next, w.next.prev = w, w
	q.mu.Unlock()
	l.watch()
}

// leave takes w out of the queue, and reports false if it was woken before.
func (l *Listener) leave(w *waiter) bool {
	q := &l.queue
	q.mu.Lock()
	defer q.mu.Unlock()
	if w.next == nil {
		return false
	}
	w.remove()
	return true
}

// somebody reports whether anybody waits. mu is held.
func (q *queue) somebody() bool { return q.waiters.next != &q.waiters || q.ready != nil }

// watch sees to it that each socket is watched, if somebody waits.
func (l *Listener) watch() {
	q := &l.queue
	q.mu.Lock()
	defer q.mu.Unlock()
	if !q.somebody() {
		return
	}
	if q.closed {
		q.fail(l.closedError("accept"))
		return
	}
	for i := range q.watched {
		if !q.watched[i].Load() {
			q.watched[i].Store(true)
			q.watchers.Go(func() { l.serve(i) })
		}
	}
}

// serve is the watcher of a socket.
func (l *Listener) serve(i int) {
	raw, err := l.sockets[i].SyscallConn()
	if err == nil {
		err = raw.Read(func(uintptr) bool { return l.accepted(i) })
	}
	if err == nil {
		return // there are clients, and nobody waits
	}
	q := &l.queue
	q.mu.Lock()
	defer q.mu.Unlock()
	q.watched[i].Store(false)
	q.fail(&socket.Error{Op: "accept", Local: l.addrs[i], Err: err})
}

// accepted gives the clients of a socket to who waits. It reports false if there are no more, and
// true if there are and nobody waits: then the socket is watched no longer. The queue is locked
// meanwhile, so that nobody for whom a client is accepted leaves.
func (l *Listener) accepted(i int) bool {
	s, q := l.sockets[i], &l.queue
	q.mu.Lock()
	defer q.mu.Unlock()
	for q.somebody() {
		if q.ready != nil {
			if ready, err := s.AcceptReady(); !ready && err == nil {
				return false
			}
			q.tell()
			continue
		}
		c, err := try(s)
		if c == nil && err == nil {
			return false
		}
		q.first().wake <- event{c, err}
	}
	if ready, err := s.AcceptReady(); !ready && err == nil {
		return false // to be there for the next call of Accept
	}
	q.watched[i].Store(false)
	return true
}

// tell closes the channel of Ready. mu is held.
func (q *queue) tell() {
	if q.ready != nil {
		close(q.ready)
		q.ready = nil
	}
}

// fail wakes everybody with an error. mu is held.
func (q *queue) fail(err error) {
	q.tell()
	for w := q.first(); w != nil; w = q.first() {
		w.wake <- event{err: err}
	}
}
