package fd

import (
	"context"
	"sync"
)

// A Life is the context of the calls of somebody, such as a port, who must be able to end them. It
// ends with the context that it was made with, or by End. Unlike a deadline of the socket, which
// anybody may move at any time, nobody else can undo its end.
//
// One call at a time waits as a rule. So that a wait allocates nothing, the function that ends it
// has a place here; and a type of this package's is known to Op without a look-up, for which a
// waiting goroutine has no room on its stack.
type Life struct {
	context.Context // that it was made with
	done            chan struct{}
	err             error // why it has ended; set before done is closed

	mu     sync.Mutex
	forget func() bool          // makes Context forget it
	wake   func()               // of the call that waits
	stop   func() bool          // takes wake back
	rest   map[*func()]struct{} // of others, which wait where they should not
}

// NewLife makes a Life that ends with ctx at the latest.
func NewLife(ctx context.Context) *Life {
	l := &Life{Context: ctx, done: make(chan struct{})}
	l.stop = l.take
	if ctx.Done() != nil {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.forget = context.AfterFunc(ctx, func() { l.End(ctx.Err()) })
	}
	return l
}

// Done implements [context.Context].
func (l *Life) Done() <-chan struct{} { return l.done }

// Err implements [context.Context].
func (l *Life) Err() error {
	select {
	case <-l.done:
		return l.err
	default:
		return l.Context.Err() // which may have ended this instant
	}
}

// AfterFunc is what package context, and a socket's call that must wait, look for in a context. A
// stop is called once at most.
func (l *Life) AfterFunc(f func()) (stop func() bool) {
	l.mu.Lock()
	if l.err == nil && l.wake == nil {
		l.wake = f
		l.mu.Unlock()
		return l.stop
	}
	return l.wakeToo(f)
}

// wakeToo is AfterFunc of a second call, or of one that comes too late. It unlocks l.mu.
//
//go:noinline
func (l *Life) wakeToo(f func()) (stop func() bool) {
	defer l.mu.Unlock()
	if l.err != nil {
		go f()
		return func() bool { return false }
	}
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

func (l *Life) take() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	there := l.wake != nil
	l.wake = nil
	return there
}

// End ends it, and the calls that wait. Later ends do nothing.
func (l *Life) End(err error) {
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

// Together makes the Life of a copy from one port to another, which ends with either of theirs.
// leave is called when it is over.
func Together(in, out *Life) (both *Life, leave func()) {
	both = NewLife(in)
	stop := out.AfterFunc(func() { both.End(out.Err()) })
	return both, func() {
		stop()
		both.End(context.Canceled)
	}
}
