package socket_test

import (
	"context"
	"os"
	"os/exec"
	"testing"

	"golang.org/x/sys/unix"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/internal/testenv"
	"example.com/bsdsocket/socket"
)

// Waiting takes no thread, and closing a Poller ends each wait.
func TestPollersTakeNoThread(t *testing.T) {
	threads := func() int {
		entries, err := os.ReadDir("/proc/self/task")
		ok(t, err)
		return len(entries)
	}
	a, b := pair(t, constants.SOCK_STREAM)
	var waits []<-chan error
	before := threads()
	var pollers []*socket.Poller
	for range 100 {
		p := poller(t)
		ok(t, p.Add(a, socket.PollIn, nil))
		pollers = append(pollers, p)
		waits = append(waits,
			start(func() error { _, err := p.Wait(ctx, make([]socket.PollEvent, 1)); return err }))
	}
	parked(t, len(pollers))
	if n := threads(); n > before+20 { // the runtime's own come and go
		t.Errorf("%d threads before, %d while 100 Pollers wait", before, n)
	}
	send(t, b, "x") // all are told of it
	for _, wait := range waits {
		ok(t, result(t, wait))
	}
}

// A child that holds a duplicate of a socket that is closed: epoll(7) alone would tell of it for
// ever (libuv, h2o and others met it). Here nobody is told.
func TestPollerDuplicateOfChild(t *testing.T) {
	p := poller(t)
	a, b := pair(t, constants.SOCK_STREAM)
	ok(t, p.Add(a, socket.PollIn, "a"))
	f, err := a.File()
	ok(t, err)
	child := exec.Command("sleep", "100")
	child.ExtraFiles = []*os.File{f}
	ok(t, child.Start())
	defer func() { child.Process.Kill(); child.Wait() }()
	ok(t, f.Close())
	ok(t, a.Close())
	send(t, b, "x")
	silent(t, p)
	// The number is another socket's now, and only its own events are told.
	c, d := pair(t, constants.SOCK_STREAM)
	ok(t, p.Add(c, socket.PollIn, "c"))
	silent(t, p)
	send(t, d, "y")
	told(t, p, "c", socket.PollIn)
}

// Urgent data is told as PollPri, and the end of a peer that asked for nothing else.
func TestPollPriority(t *testing.T) {
	engines(t, func(t *testing.T) {
		c, s := tcp(t)
		p := poller(t)
		ok(t, p.Add(s, socket.PollPri, nil))
		send(t, c, "x")
		silent(t, p)
		_, err := c.Send(ctx, []byte("!"), constants.MSG_OOB)
		ok(t, err)
		told(t, p, nil, socket.PollPri)
		found(t, []socket.PollItem{{Socket: s, Events: socket.PollIn | socket.PollPri}}, -1,
			socket.PollIn|socket.PollPri)
		_, err = s.TryReceive(make([]byte, 1), constants.MSG_OOB)
		ok(t, err)
		receive(t, s, "x")
		silent(t, p)
	})
}

// A message of the error queue is PollErr, until it is received.
func TestPollErrorQueue(t *testing.T) {
	u := bound(t, constants.SOCK_DGRAM, loopback)
	option(t, u, constants.IPPROTO_IP, constants.IP_RECVERR, 1)
	nobody := bound(t, constants.SOCK_DGRAM, loopback)
	to := name(t, nobody)
	ok(t, nobody.Close())
	p := poller(t)
	ok(t, p.Add(u, socket.PollIn, nil))
	silent(t, p)
	_, err := u.TrySendTo([]byte("x"), to, 0)
	ok(t, err)
	told(t, p, nil, socket.PollErr)
	told(t, p, nil, socket.PollErr)
	_, err = u.TryReceive(make([]byte, 9), constants.MSG_ERRQUEUE)
	ok(t, err)
	silent(t, p)
}

// What an earlier call waited for does not matter to a later one, which finds the same Poller:
// neither other events nor other sockets wake it.
func TestPollAnew(t *testing.T) {
	a, b := pair(t, constants.SOCK_STREAM)
	c, d := pair(t, constants.SOCK_STREAM)
	fill(t, a)
	for range 3 {
		found(t, []socket.PollItem{{Socket: a, Events: socket.PollIn | socket.PollOut}, {
			Socket: c,
			Events: socket.PollIn,
		}}, short, 0, 0)
	}
	for {
		if _, err := b.TryReceive(make([]byte, 1<<20), 0); err != nil {
			break
		}
	}
	send(t, d, "x")
	idle(t, func(c context.Context) error {
		_, err := socket.Poll(c, []socket.PollItem{{Socket: a, Events: socket.PollIn}}, -1)
		return err
	})
	found(t, []socket.PollItem{{Socket: a, Events: socket.PollIn},
		{Socket: c, Events: socket.PollIn}}, -1, 0, socket.PollIn)
}

// A loop whose sockets have nothing, or whose hung-up socket is asked for nothing more, uses no
// processor.
func TestPollerIdles(t *testing.T) {
	testenv.NeedsLinuxPath(t, "epoll(7)")
	p := poller(t)
	a, b := pair(t, constants.SOCK_STREAM)
	ok(t, p.Add(a, socket.PollIn, nil))
	send(t, b, "x")
	told(t, p, nil, socket.PollIn)
	receive(t, a, "x")
	idle(t, func(c context.Context) error {
		_, err := p.Wait(c, make([]socket.PollEvent, 1))
		return err
	})
	ok(t, p.Change(a, socket.PollIn|socket.PollOut|socket.PollEdge, nil))
	told(t, p, nil, socket.PollOut)
	idle(t, func(c context.Context) error {
		_, err := p.Wait(c, make([]socket.PollEvent, 1))
		return err
	})
}

// Somebody closes a number that is a socket's, which nobody should, while a duplicate lives on:
// then epoll(7) cannot be told to forget it. What it goes on to tell is about nobody, also when its
// place is another's.
func TestPollerNumberClosedByAnother(t *testing.T) {
	p := poller(t)
	a, b := pair(t, constants.SOCK_STREAM)
	d, err := a.Dup()
	ok(t, err)
	defer d.Close()
	ok(t, p.Add(a, socket.PollIn, "a"))
	ok(t, unix.Close(a.FD()))
	isNot(t, a.Close())
	c, _ := pair(t, constants.SOCK_STREAM)
	ok(t, p.Add(c, socket.PollIn, "c"))
	send(t, b, "x")
	silent(t, p)
}
