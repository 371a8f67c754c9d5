package ports_test

import (
	"context"
	"errors"
	"io"
	"sync"
	"sync/atomic"
	"testing"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/ports"
	"example.com/bsdsocket/socket"
)

type counted struct {
	closes atomic.Int32
	err    error
}

func (c *counted) Close() error {
	c.closes.Add(1)
	return c.err
}

type uncomparable []int

func (uncomparable) Close() error { return nil }

// Row R9: everything under a custodian closes together, once, also while calls wait on it.
func TestCustodian(t *testing.T) {
	var c ports.Custodian
	a, b := tcpSockets(t)
	setParams(t, a, func(p *socket.Params) { p.ReceiveTimeout, p.SendTimeout = 0, 0 })
	in, out := makePorts(t, a, ports.Params{SendBufferSize: 100})
	x, _ := unixSockets(t, constants.SOCK_STREAM)
	y, _ := unixSockets(t, constants.SOCK_STREAM)
	failing := &counted{err: errors.New("cannot close")}
	inner := new(ports.Custodian)
	nested := new(counted)
	must(t, c.Add(ports.Duplex{InputPort: in, OutputPort: out}, x, failing, inner))
	must(t, c.Add(x)) // again
	must(t, inner.Add(nested, y))
	if n := c.Len(); n != 5 {
		t.Error("the custodian has", n)
	}
	fill(t, a)
	results := make(chan error, 3)
	go func() { _, err := in.ReadLine(); results <- err }()
	go func() {
		var err error
		for err == nil { // the kernel may make room for some more
			_, err = out.Write(text(1000))
		}
		results <- err
	}()
	go func() { _, err := x.Read(make([]byte, 1)); results <- err }()
	parked(t, "(*InputPort).", "(*OutputPort).")
	var all sync.WaitGroup
	for range 3 {
		all.Go(func() {
			if err := c.Close(); !errors.Is(err, failing.err) {
				t.Error("the error of Close is", err)
			}
		})
	}
	all.Wait()
	for range 3 {
		is(t, <-results, socket.ErrClosed)
	}
	if n, m := failing.closes.Load(), nested.closes.Load(); n != 1 || m != 1 {
		t.Error("closed", n, "and", m, "times")
	}
	if a.FD() >= 0 || x.FD() >= 0 || y.FD() >= 0 {
		t.Error("a socket is open")
	}
	if _, err := io.Copy(io.Discard, b); err != nil {
		t.Error("the peer sees", err)
	}
	late := new(counted)
	is(t, c.Add(late), socket.ErrClosed)
	if late.closes.Load() != 1 {
		t.Error("what is added too late is not closed")
	}
	if n := c.Len(); n != 0 {
		t.Error("the closed custodian has", n)
	}
}

// Row R9: whatever is added while others are added, close by themselves and the custodian closes,
// is closed once.
func TestCustodianConcurrently(t *testing.T) {
	for range 20 {
		var c, other ports.Custodian
		var closers [200]counted
		var opened []*socket.Socket
		var all sync.WaitGroup
		for i := range 4 {
			s, _ := unixSockets(t, constants.SOCK_STREAM)
			in, out := makePorts(t, s, ports.DefaultParams())
			opened = append(opened, s)
			all.Go(func() {
				for j := range len(closers) / 4 {
					c.Add(&closers[i*len(closers)/4+j])
				}
			})
			all.Go(func() {
				other.Add(in)
				c.Add(in, out) // moves it
			})
			all.Go(func() { in.Close() })
		}
		for range 2 {
			all.Go(func() { c.Close() })
		}
		all.Wait()
		for i := range closers {
			if n := closers[i].closes.Load(); n != 1 {
				t.Fatalf("closer %d is closed %d times", i, n)
			}
		}
		for _, s := range opened {
			if s.FD() >= 0 {
				t.Fatal("a socket is open")
			}
		}
		if n, m := c.Len(), other.Len(); n != 0 || m != 0 {
			t.Fatal("left are", n, "and", m)
		}
	}
}

// Row R9: Close waits for nobody. What the ports keep is sent if that needs no wait, and else it is
// told.
func TestCustodianPrompt(t *testing.T) {
	var c ports.Custodian
	a, b := unixSockets(t, constants.SOCK_STREAM)
	_, out := makePorts(t, a, ports.Params{SendBufferSize: 100})
	full, _ := unixSockets(t, constants.SOCK_STREAM)
	setParams(t, full, func(p *socket.Params) { p.SendTimeout = 0 })
	_, stuck := makePorts(t, full, ports.Params{SendBufferSize: 100})
	fill(t, full)
	must(t, c.Add(out, stuck))
	must(t, writeAll(out, "kept"))
	must(t, writeAll(stuck, "lost"))
	// A Close that already waits is ended too.
	closing := make(chan error, 1)
	go func() { closing <- stuck.Close() }()
	parked(t, "(*OutputPort).close")
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	if unsent, ok := errors.AsType[*ports.UnsentError](<-closing); !ok || unsent.Unsent != 4 {
		t.Error("4 bytes are lost silently")
	}
	wantText(t, b, "kept")
	wantEnd(t, b)

	var d ports.Custodian
	full, _ = unixSockets(t, constants.SOCK_STREAM)
	setParams(t, full, func(p *socket.Params) { p.SendTimeout = 0 })
	_, stuck = makePorts(t, full, ports.Params{SendBufferSize: 100})
	fill(t, full)
	must(t, d.Add(stuck))
	must(t, writeAll(stuck, "lost"))
	if unsent, ok := errors.AsType[*ports.UnsentError](d.Close()); !ok || unsent.Unsent != 4 {
		t.Error("4 bytes are lost silently")
	}
}

// Row R9: what closes by itself leaves the custodian.
func TestCustodianLeaving(t *testing.T) {
	var c, d ports.Custodian
	for range 100 {
		a, b, err := socket.Pair(constants.AF_UNIX, constants.SOCK_STREAM, 0)
		must(t, err)
		in, out, err := ports.New(a, ports.DefaultParams())
		must(t, err)
		must(t, c.Add(in, out, b))
		must(t, in.Close())
		must(t, out.Close())
		must(t, b.Close())
	}
	inner := new(ports.Custodian)
	must(t, c.Add(inner))
	must(t, inner.Close())
	if n := c.Len(); n != 0 {
		t.Error("the custodian keeps", n)
	}
	a, b := unixSockets(t, constants.SOCK_STREAM)
	in, out := makePorts(t, a, ports.DefaultParams())
	must(t, c.Add(in, out, b))
	must(t, d.Add(in)) // moves it
	c.Remove(out)
	if n, m := c.Len(), d.Len(); n != 1 || m != 1 {
		t.Error("they have", n, m)
	}
	must(t, c.Close())
	if in.Socket().FD() < 0 || b.FD() >= 0 {
		t.Error("closed what it no longer had, or not what it had")
	}
	must(t, d.Close())
	_, err := in.Ready()
	is(t, err, socket.ErrClosed)
	// A closed port does not come in, also when its socket is open.
	var e ports.Custodian
	must(t, e.Add(in, out))
	if n := e.Len(); n != 1 {
		t.Error("of a closed port and an open one, it has", n)
	}
	must(t, out.Close())
	if n := e.Len(); n != 0 {
		t.Error("it keeps", n, "closed ports")
	}
}

// Row R9: who was removed has no custodian; who was moved keeps the new one.
func TestCustodianRemove(t *testing.T) {
	var c, d ports.Custodian
	must(t, c.Add(&d))
	c.Remove(&d)
	must(t, d.Add(&c)) // it is not in itself
	s, _ := unixSockets(t, constants.SOCK_STREAM)
	in, _ := makePorts(t, s, ports.DefaultParams())
	var e, f ports.Custodian
	must(t, e.Add(in))
	must(t, f.Add(in))
	e.Remove(in)
	must(t, in.Close())
	if n, m := e.Len(), f.Len(); n != 0 || m != 0 {
		t.Error("a closed port is still in", n, "and", m)
	}
	must(t, d.Close())
	is(t, c.Add(new(counted)), socket.ErrClosed)
}

// Row R9: what cannot be in a custodian.
func TestCustodianBad(t *testing.T) {
	var c, d ports.Custodian
	for _, bad := range []io.Closer{nil, uncomparable{}} {
		if c.Add(bad) == nil {
			t.Errorf("%v is accepted", bad)
		}
	}
	c.Remove(uncomparable{})
	c.Remove(&counted{})
	must(t, c.Add(&d))
	for _, outer := range []*ports.Custodian{&c, &d} {
		if outer.Add(&c) == nil {
			t.Error("a custodian is in itself")
		}
	}
	must(t, c.Close())
}

// Row R9: a custodian bound to a context closes with it.
func TestCustodianContext(t *testing.T) {
	ctx, cancel := context.WithCancel(ctx)
	c := ports.NewCustodian(ctx)
	a, _ := tcpSockets(t)
	setParams(t, a, func(p *socket.Params) { p.ReceiveTimeout = 0 })
	in, out := makePorts(t, a, ports.DefaultParams())
	must(t, c.Add(in, out))
	done := make(chan error)
	go func() { _, err := in.ReadByte(); done <- err }()
	parked(t, "(*InputPort).")
	cancel()
	is(t, <-done, socket.ErrClosed)
	must(t, c.Close()) // waits for it
	if a.FD() >= 0 {
		t.Error("the socket is open")
	}
	is(t, c.Add(new(counted)), socket.ErrClosed)
	// The end of the context after the custodian's closes nothing twice.
	ctx, cancel = context.WithCancel(context.Background())
	d, once := ports.NewCustodian(ctx), new(counted)
	must(t, d.Add(once))
	must(t, d.Close())
	cancel()
	must(t, d.Close())
	if n := once.closes.Load(); n != 1 {
		t.Error("closed", n, "times")
	}
	if err := ports.NewCustodian(ctx).Close(); err != nil {
		t.Error(err)
	}
	// A context that lives on does not keep a custodian that is closed.
	forever := &watched{Context: context.Background()}
	must(t, ports.NewCustodian(forever).Close())
	if !forever.left {
		t.Error("the context still knows the closed custodian")
	}
}

// watched tells whether it knows a function to call at its end, see context.AfterFunc.
type watched struct {
	context.Context
	left bool
}

func (w *watched) Done() <-chan struct{} { return make(chan struct{}) }

func (w *watched) AfterFunc(func()) func() bool {
	return func() bool {
		w.left = true
		return true
	}
}
