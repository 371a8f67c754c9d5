package fd

import (
	"context"
	"syscall"
)

// RawConn returns the FD as a [syscall.RawConn] whose Read and Write wait in the same queue as all
// other operations, until the deadline of SetDeadline. It allocates nothing.
func (f *FD) RawConn() syscall.RawConn { return (*rawConn)(f) }

type rawConn FD

// Control implements syscall.RawConn.
func (c *rawConn) Control(fn func(uintptr)) error {
	if (*FD)(c).control(fn) != nil {
		return ErrClosed
	}
	return nil
}

// Read implements syscall.RawConn.
func (c *rawConn) Read(fn func(uintptr) bool) error { return c.wait(Read, fn) }

// Write implements syscall.RawConn.
func (c *rawConn) Write(fn func(uintptr) bool) error { return c.wait(Write, fn) }

func (c *rawConn) wait(dir Dir, fn func(uintptr) bool) error {
	// It is a custom to say false once, only to wait. So fn must not be called again before the
	// poller tells of something, unless somebody puts the deadline off meanwhile.
	o := &rawOp{fn: fn, Op: Op{settled: true}}
	o.Bind(o)
	defer func() {
		if o.inside {
			c.sides[dir].unlock()
		}
	}()
	return o.Run(context.Background(), (*FD)(c), dir, 0)
}

type rawOp struct {
	Op
	fn     func(uintptr) bool
	inside bool // still, if fn panicked or ended its goroutine
}

func (o *rawOp) Do(sysfd int) error {
	o.inside = true
	done := o.fn(uintptr(sysfd))
	o.inside = false
	if done {
		return nil
	}
	return syscall.EAGAIN
}
