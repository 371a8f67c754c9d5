package ports

import (
	"context"
	"sync"
)

// A life is the context of a port's calls. It ends with the context that SetContext was given, or
// when the port is closed. Unlike a deadline of the socket, which anybody may move at any time,
// nobody else can undo its end.
//
// One call at a time waits on a port. So that a wait allocates nothing, the function that ends it
// has a place here.
type life struct {
	context.Context // of SetContext
	done            chan struct{}
	err             error // why it has ended; set before done is closed

	mu     sync.Mutex
	forget func() bool          // makes Context forget it
	wake   func()               // of the call that waits
	stop   func() bool          // takes wake back
	rest   map[*func()]struct{} // of others, which wait where they should not
}

func newLife(ctx context.Context) *life {
	l := &life{Context: ctx, done: make(chan struct{})}
	l.stop = l.take
	if ctx.Done() != nil {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.forget = context.AfterFunc(ctx, func() { l.end(ctx.Err()) })
	}
	return l
}

// Done implements [context.Context].
func (l *life) Done() <-chan struct{} { return l.done }

// Err implements [context.Context].
func (l *life) Err() error {
	select {
	case <-l.done:
		return l.err
	default:
		return l.Context.Err() // which may have ended this instant
	}
}

// AfterFunc is what package context, and a socket's call that must wait, look for in a context. A
// stop is called once at most.
func (l *life) AfterFunc(f func()) (stop func() bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.err != nil:
		go f()
		return func() bool { return false }
	case l.wake == nil:
		l.wake = f
		return l.stop
	}
	return l.wakeToo(f)
}

// wakeToo is AfterFunc of a second call. l.mu is held.
func (l *life) wakeToo(f func()) (stop func() bool) {
	if l.rest == nil {
		l.rest = make(map[*func()]struct{})
	}
	key := &f
	l.rest[key] = struct{}{}
	return func() bool {
		l.mu.Lock()
		defer l.mu.Unlock()
		_, there := l.rest[key]
		delete(l.rest, key)
		return there
	}
}

func (l *life) take() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	there := l.wake != nil
	l.wake = nil
	return there
}

// end ends it, and the calls that wait. Later ends do nothing.
func (l *life) end(err error) {
	l.mu.Lock()
	if l.err != nil {
		l.mu.Unlock()
		return
	}
	l.err = err
	close(l.done)
	wake, rest, forget := l.wake, l.rest, l.forget
	l.wake, l.rest = nil, nil
	l.mu.Unlock()
	if wake != nil {
		wake()
	}
	for f := range rest {
		(*f)()
	}
	if forget != nil {
		forget()
	}
}

// together makes the life of a copy from one port to another, which ends with either of theirs.
// leave is called when it is over.
func together(in, out *life) (both *life, leave func()) {
	both = newLife(in)
	stop := out.AfterFunc(func() { both.end(out.Err()) })
	return both, func() {
		stop()
		both.end(context.Canceled)
	}
}
