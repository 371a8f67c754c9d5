package socket_test

import (
	"context"
	"errors"
	"sync"
	"syscall"
	"testing"
	"time"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/internal/testenv"
	"example.com/bsdsocket/sockaddr"
	"example.com/bsdsocket/socket"
)

// engines runs a test with the system's way to learn of events, and with the one that needs nothing
// of the system.
func engines(t *testing.T, test func(t *testing.T)) {
	t.Run("system", test)
	t.Run("portable", func(t *testing.T) {
		defer socket.UseWatches()()
		test(t)
	})
}

// poller makes a Poller that the test closes at its end.
func poller(t testing.TB) *socket.Poller {
	t.Helper()
	p, err := socket.NewPoller()
	ok(t, err)
	t.Cleanup(func() { p.Close() })
	return p
}

// told waits for one event, and checks whose and which.
func told(t testing.TB, p *socket.Poller, value any, want socket.PollEvents) {
	t.Helper()
	var events [8]socket.PollEvent
	n, err := p.Wait(within(t, patience), events[:])
	ok(t, err)
	if n != 1 || events[0].Value != value || events[0].Ready != want {
		t.Fatalf("told of %v; want %v of %v", events[:n], want, value)
	}
}

// silent checks that there is no event.
func silent(t testing.TB, p *socket.Poller) {
	t.Helper()
	var events [8]socket.PollEvent
	if n, err := p.TryWait(events[:]); n != 0 || !errors.Is(err, socket.ErrWouldBlock) {
		t.Fatalf("told of %v, %v", events[:n], err)
	}
}

func TestPollerTellsOfState(t *testing.T) {
	engines(t, func(t *testing.T) {
		p := poller(t)
		a, b := pair(t, constants.SOCK_STREAM)
		ok(t, p.Add(a, socket.PollIn, "a"))
		silent(t, p)
		send(t, b, "xy")
		told(t, p, "a", socket.PollIn)
		told(t, p, "a", socket.PollIn) // it stays
		b1 := make([]byte, 1)
		n, err := a.TryReceive(b1, 0)
		ok(t, err)
		if n != 1 || b1[0] != 'x' {
			t.Fatalf("received %q", b1[:n])
		}
		told(t, p, "a", socket.PollIn) // y is left
		receive(t, a, "y")
		silent(t, p)

		// Another value, and other events.
		ok(t, p.Change(a, socket.PollIn|socket.PollOut, "b"))
		told(t, p, "b", socket.PollOut)
		ok(t, p.Change(a, 0, "c"))
		send(t, b, "z")
		silent(t, p)
		ok(t, p.Change(a, socket.PollIn, "d"))
		told(t, p, "d", socket.PollIn)
		if n := p.Len(); n != 1 {
			t.Errorf("%d sockets", n)
		}
		ok(t, p.Remove(a))
		silent(t, p)
		if n := p.Len(); n != 0 {
			t.Errorf("%d sockets", n)
		}
		ok(t, p.Add(a, socket.PollIn, "e"))
		told(t, p, "e", socket.PollIn)
	})
}

// Who waits is woken by what comes later, also by what is added, and changed.
func TestPollerWakes(t *testing.T) {
	engines(t, func(t *testing.T) {
		p := poller(t)
		a, b := pair(t, constants.SOCK_STREAM)
		c, d := pair(t, constants.SOCK_DGRAM)
		ok(t, p.Add(a, socket.PollIn, 1))
		waited := func(act func(), value any, want socket.PollEvents) {
			t.Helper()
			done := start(func() error { told(t, p, value, want); return nil })
			time.Sleep(time.Millisecond) // most often it waits by then
			act()
			ok(t, result(t, done))
		}
		waited(func() { send(t, b, "x") }, 1, socket.PollIn)
		receive(t, a, "x")
		send(t, d, "y")
		waited(func() { ok(t, p.Add(c, socket.PollIn, 2)) }, 2, socket.PollIn)
		receive(t, c, "y")
		waited(func() { ok(t, p.Change(c, socket.PollOut, 3)) }, 3, socket.PollOut)
	})
}

func TestPollerEdge(t *testing.T) {
	engines(t, func(t *testing.T) {
		p := poller(t)
		a, b := pair(t, constants.SOCK_DGRAM)
		ok(t, p.Add(a, socket.PollIn|socket.PollEdge, nil))
		buf := make([]byte, 10)
		for range 100 {
			for range 3 {
				send(t, b, "x")
			}
			for got := 0; got < 3; {
				var events [1]socket.PollEvent
				_, err := p.Wait(within(t, patience), events[:])
				ok(t, err)
				for {
					if _, err = a.TryReceive(buf, 0); err != nil {
						break
					}
					got++
				}
				is(t, err, socket.ErrWouldBlock)
			}
		}
	})
}

func TestPollerOneShot(t *testing.T) {
	engines(t, func(t *testing.T) {
		p := poller(t)
		a, b := pair(t, constants.SOCK_STREAM)
		const events = socket.PollIn | socket.PollOut | socket.PollOneShot
		ok(t, p.Add(a, events, nil))
		told(t, p, nil, socket.PollOut)
		send(t, b, "x")
		silent(t, p)
		ok(t, p.Change(a, events, nil))
		told(t, p, nil, socket.PollIn|socket.PollOut)
		ok(t, b.Close())
		silent(t, p) // not even of that
		ok(t, p.Change(a, events, nil))
		var got [1]socket.PollEvent
		_, err := p.Wait(within(t, patience), got[:])
		ok(t, err)
		want := socket.PollHup
		if a.Family() != constants.AF_UNIX { // where this direction is not over
			want = socket.PollIn
		}
		if !got[0].Ready.Has(want) {
			t.Errorf("told of %v", got[0].Ready)
		}
	})
}

// Every family and type that the kernel has is waited for alike.
func TestPollerFamilies(t *testing.T) {
	engines(t, func(t *testing.T) {
		p := poller(t)
		for _, typ := range []constants.SocketType{constants.SOCK_STREAM, constants.SOCK_DGRAM,
			constants.SOCK_SEQPACKET} {
			a, b, err := socket.Pair(constants.AF_UNIX, typ, 0)
			if errors.Is(err, socket.ErrUnsupported) {
				continue
			}
			ok(t, err)
			ok(t, p.Add(a, socket.PollIn, typ))
			send(t, b, "x")
			told(t, p, typ, socket.PollIn)
			a.Close()
			b.Close()
		}
		for _, at := range []sockaddr.Addr{loopback, sockaddr.MustParse("[::1]:0"), path(t)} {
			s, err := socket.New(at.Family(), constants.SOCK_STREAM, 0)
			ok(t, err)
			defer s.Close()
			if err := s.Bind(at); errors.Is(err, syscall.EADDRNOTAVAIL) {
				continue // no IPv6
			}
			ok(t, s.Listen(1))
			ok(t, p.Add(s, socket.PollIn, at))
			c := open(t, at.Family(), constants.SOCK_STREAM, 0)
			ok(t, c.Connect(within(t, patience), name(t, s)))
			told(t, p, at, socket.PollIn)
			server, _, err := s.TryAccept()
			ok(t, err)
			ok(t, p.Add(server, socket.PollIn|socket.PollRdHup, server))
			ok(t, c.CloseWrite())
			told(t, p, server, socket.PollIn|socket.PollRdHup)
			ok(t, server.Close())
		}
		x, y := udp(t)
		ok(t, p.Add(y, socket.PollIn|socket.PollOut, y))
		told(t, p, y, socket.PollOut)
		_, err := x.TrySendTo([]byte("x"), name(t, y), 0)
		ok(t, err)
		ok(t, y.WaitReceive(within(t, patience)))
		told(t, p, y, socket.PollIn|socket.PollOut)
		_, from, err := y.TryReceiveFrom(make([]byte, 9), 0)
		ok(t, err)
		if from != name(t, x) {
			t.Errorf("from %v", from)
		}
	})
}

// A TCP socket that Connect is connecting by another goroutine, or that fails to.
func TestPollerConnect(t *testing.T) {
	engines(t, func(t *testing.T) {
		p := poller(t)
		l := listening(t, loopback, 1)
		c := open(t, constants.AF_INET, constants.SOCK_STREAM, 0)
		ok(t, p.Add(c, socket.PollOut|socket.PollOneShot, nil))
		// It is neither connected nor listens (netty met it, and libuv).
		told(t, p, nil, socket.PollOut|socket.PollHup)
		ok(t, c.Connect(within(t, patience), name(t, l)))
		ok(t, p.Change(c, socket.PollOut, nil))
		told(t, p, nil, socket.PollOut)
	})
}

func TestPollerErrors(t *testing.T) {
	engines(t, func(t *testing.T) {
		p := poller(t)
		a, _ := pair(t, constants.SOCK_STREAM)
		is(t, p.Remove(a), syscall.ENOENT)
		is(t, p.Change(a, socket.PollIn, nil), syscall.ENOENT)
		ok(t, p.Add(a, socket.PollIn, nil))
		is(t, p.Add(a, socket.PollIn, nil), syscall.EEXIST)
		is(t, p.Change(a, socket.PollNVal, nil), syscall.EINVAL)
		is(t, p.Change(a, 1<<30, nil), syscall.EINVAL)
		_, err := p.Wait(ctx, nil)
		is(t, err, syscall.EINVAL)
		_, err = p.TryWait(nil)
		is(t, err, syscall.EINVAL)
		is(t, p.Add(nil, socket.PollIn, nil), socket.ErrClosed)
		is(t, p.Add(new(socket.Socket), socket.PollIn, nil), socket.ErrClosed)
		ok(t, a.Close())
		is(t, p.Add(a, socket.PollIn, nil), socket.ErrClosed)
		is(t, p.Remove(a), socket.ErrClosed)
		if n := p.Len(); n != 0 {
			t.Errorf("%d sockets", n)
		}
		ok(t, p.Close())
		ok(t, p.Close())
		b, _ := pair(t, constants.SOCK_STREAM)
		var zero socket.Poller
		for _, p := range []*socket.Poller{nil, &zero, p} {
			events := make([]socket.PollEvent, 1)
			_, waited := p.Wait(ctx, events)
			_, tried := p.TryWait(events)
			for _, err := range []error{
				p.Add(b, 0, nil), p.Change(b, 0, nil), p.Remove(b), waited, tried,
				p.SetDeadline(time.Time{}),
			} {
				is(t, err, socket.ErrClosed)
			}
			if n := p.Len(); n != 0 {
				t.Errorf("%d sockets", n)
			}
		}
		is(t, zero.Close(), socket.ErrClosed)
	})
}

// What ends a wait: deadlines, also ones that move, contexts, and Close, all who wait at once.
func TestPollerWaitEnds(t *testing.T) {
	engines(t, func(t *testing.T) {
		p := poller(t)
		a, _ := pair(t, constants.SOCK_STREAM)
		ok(t, p.Add(a, socket.PollIn, nil))
		wait := func(ctx context.Context) func() error {
			return func() error { _, err := p.Wait(ctx, make([]socket.PollEvent, 1)); return err }
		}
		atLeast(t, short,
			func() { is(t, wait(within(t, short))(), socket.ErrTimeout, context.DeadlineExceeded) })
		ended, cancel := context.WithCancel(ctx)
		done := start(wait(ended))
		cancel()
		is(t, result(t, done), context.Canceled)
		is(t, wait(ended)(), context.Canceled)

		ok(t, p.SetDeadline(time.Now().Add(short)))
		atLeast(t, short/2, func() { is(t, wait(ctx)(), socket.ErrTimeout) })
		is(t, wait(ctx)(), socket.ErrTimeout)
		silent(t, p)
		ok(t, p.SetDeadline(time.Now().Add(time.Hour)))
		done = start(wait(ctx))
		other := start(wait(nil))
		ok(t, p.SetDeadline(time.Now().Add(short)))
		is(t, result(t, done), socket.ErrTimeout)
		is(t, result(t, other), socket.ErrTimeout)
		ok(t, p.SetDeadline(time.Time{}))

		var all []<-chan error
		for range 10 {
			all = append(all, start(wait(ctx)))
		}
		time.Sleep(time.Millisecond)
		ok(t, p.Close())
		for _, done := range all {
			is(t, result(t, done), socket.ErrClosed)
		}
		if _, err := a.TryReceive(make([]byte, 1), 0); !errors.Is(err, socket.ErrWouldBlock) {
			t.Errorf("the socket of a closed Poller: %v", err)
		}
	})
}

// A socket that is closed, or detached, leaves, whoever has a duplicate; nobody else is disturbed.
func TestPollerCloseOfSocket(t *testing.T) {
	engines(t, func(t *testing.T) {
		p, q := poller(t), poller(t)
		a, b := pair(t, constants.SOCK_STREAM)
		d, err := a.Dup()
		ok(t, err)
		defer d.Close()
		ok(t, p.Add(a, socket.PollIn, "a"))
		ok(t, q.Add(a, socket.PollIn, "a"))
		ok(t, q.Add(d, socket.PollIn, "d")) // the same open socket: another one
		send(t, b, "x")
		told(t, p, "a", socket.PollIn)
		ok(t, a.Close())
		silent(t, p)
		told(t, q, "d", socket.PollIn)
		if p.Len() != 0 || q.Len() != 1 {
			t.Errorf("%d and %d sockets", p.Len(), q.Len())
		}
		sysfd, err := d.Detach()
		ok(t, err)
		silent(t, q)
		s, err := socket.FromFD(sysfd)
		ok(t, err)
		defer s.Close()
		ok(t, q.Add(s, socket.PollIn, "s"))
		told(t, q, "s", socket.PollIn)
	})
}

// Several wait: an event of PollOneShot goes to one of them, and none is lost (X14).
func TestPollerWaiters(t *testing.T) {
	const sockets, waiters = 20, 8
	rounds := 200
	engines(t, func(t *testing.T) {
		p := poller(t)
		type member struct {
			s, peer *socket.Socket
			busy    sync.Mutex
			got     int
			done    chan struct{}
		}
		members := make([]*member, sockets)
		for i := range members {
			m := &member{done: make(chan struct{})}
			m.s, m.peer = pair(t, constants.SOCK_DGRAM)
			members[i] = m
			ok(t, p.Add(m.s, socket.PollIn|socket.PollOneShot, m))
		}
		var all sync.WaitGroup
		for i := range waiters {
			all.Go(func() {
				events, buf := make([]socket.PollEvent, 1+i%3), make([]byte, 9)
				for {
					n, err := p.Wait(ctx, events)
					if err != nil {
						is(t, err, socket.ErrClosed)
						return
					}
					for _, e := range events[:n] {
						m := e.Value.(*member)
						if !m.busy.TryLock() {
							t.Error("two were told")
						}
						if _, err := m.s.TryReceive(buf, 0); err != nil {
							t.Error(err)
						}
						m.got++
						over := m.got == rounds
						m.busy.Unlock()
						if over {
							close(m.done)
							continue
						}
						if err := p.Change(m.s, socket.PollIn|socket.PollOneShot, m); err != nil {
							t.Error(err)
						}
					}
				}
			})
		}
		for _, m := range members {
			go func() {
				for range rounds {
					m.peer.Send(ctx, []byte("x"), 0)
				}
			}()
		}
		for _, m := range members {
			select {
			case <-m.done:
			case <-time.After(patience):
				t.Fatal("events were lost")
			}
		}
		ok(t, p.Close())
		all.Wait()
	})
}

// Numbers of descriptors are used again at full speed, by sockets and by what is no socket, while
// others wait: an event is always that of the socket which is named (X14).
func TestPollerNumbersUsedAgain(t *testing.T) {
	engines(t, func(t *testing.T) {
		p := poller(t)
		type named struct{ s *socket.Socket }
		end := time.Now().Add(200 * time.Millisecond)
		var all sync.WaitGroup
		for range 3 {
			all.Go(func() {
				for time.Now().Before(end) {
					a, b, err := socket.Pair(constants.AF_UNIX, constants.SOCK_STREAM, 0)
					if err != nil {
						t.Error(err)
						return
					}
					if err := p.Add(a, socket.PollIn, &named{a}); err != nil {
						t.Error(err)
					}
					b.Send(ctx, []byte("x"), 0)
					d, _ := a.Dup() // which holds the open socket
					a.Close()
					// The number is another's now, which is never ready.
					c, e, err := socket.Pair(constants.AF_UNIX, constants.SOCK_STREAM, 0)
					if err == nil {
						if err := p.Add(c, socket.PollIn, "never"); err != nil {
							t.Error(err)
						}
						c.Close()
						e.Close()
					}
					b.Close()
					d.Close()
				}
			})
		}
		stop := make(chan struct{})
		var told int
		var waiter sync.WaitGroup
		waiter.Go(func() {
			events := make([]socket.PollEvent, 16)
			for {
				select {
				case <-stop:
					return
				default:
				}
				n, err := p.TryWait(events)
				if err != nil {
					continue
				}
				for _, e := range events[:n] {
					if e.Value == "never" {
						t.Error("told of a socket that is not ready")
						continue
					}
					if v := e.Value.(*named); v.s != e.Socket {
						t.Error("told of another socket")
					}
					told++
				}
			}
		})
		all.Wait()
		close(stop)
		waiter.Wait()
		if n, err := p.TryWait(make([]socket.PollEvent, 16)); err == nil {
			t.Errorf("told of %d that are closed", n)
		}
		if p.Len() != 0 {
			t.Errorf("%d sockets are left", p.Len())
		}
		t.Logf("told %d times", told)
	})
}

// Sockets that are always ready do not keep others waiting, though there is room for few events.
func TestPollerTakesTurns(t *testing.T) {
	engines(t, func(t *testing.T) {
		p := poller(t)
		const many = 50
		for i := range many {
			a, b := pair(t, constants.SOCK_STREAM)
			send(t, b, "x")
			ok(t, p.Add(a, socket.PollIn, i))
		}
		seen := map[any]int{}
		events := make([]socket.PollEvent, 3)
		for range 10 * many / len(events) {
			n, err := p.Wait(within(t, patience), events)
			ok(t, err)
			for _, e := range events[:n] {
				seen[e.Value]++
			}
		}
		for i := range many {
			if seen[i] < 5 {
				t.Errorf("socket %d had its turn %d times, not about 10", i, seen[i])
			}
		}
	})
}

func TestPollerAllocatesNothing(t *testing.T) {
	testenv.NeedsLinuxPath(t, "epoll(7)")
	testenv.NeedsKernel(t, "2.6") // epoll
	if raceDetector {
		t.Skip("the race detector allocates")
	}
	p := poller(t)
	a, b := pair(t, constants.SOCK_STREAM)
	ok(t, p.Add(a, socket.PollIn|socket.PollOneShot, a))
	c, d := pair(t, constants.SOCK_STREAM)
	ok(t, p.Add(c, socket.PollIn, c))
	events := make([]socket.PollEvent, 4)
	x, buf := []byte("x"), make([]byte, 1)
	go func() { // answers, so that the wait is one
		b1 := make([]byte, 1)
		for {
			if n, err := d.Receive(ctx, b1, 0); n == 0 || err != nil {
				return
			}
			d.Send(ctx, b1, 0)
		}
	}()
	step := func() {
		b.TrySend(x, 0)
		p.Wait(ctx, events)
		a.TryReceive(buf, 0)
		a.TryReceive(buf, 0) // ErrWouldBlock
		p.TryWait(events)
		p.Change(a, socket.PollIn|socket.PollOneShot, a)
		c.TrySend(x, 0)
		p.Wait(ctx, events)
		c.TryReceive(buf, 0)
	}
	for range 10 {
		step()
	}
	allocations(t, "adding, waiting, receiving and sending", 0, step)
	ok(t, c.Close())
}

// Two goroutines have looked and found nothing, and do not sleep yet when two sockets become ready:
// one of them is woken. When it has taken its socket it wakes the other.
func TestPollerHandsOver(t *testing.T) {
	defer socket.UseWatches()()
	p := poller(t)
	var sockets []*socket.Socket
	for range 2 {
		a, b := pair(t, constants.SOCK_STREAM)
		send(t, b, "x")
		ok(t, p.Add(a, socket.PollIn|socket.PollOneShot, a))
		told(t, p, a, socket.PollIn) // and rests
		sockets = append(sockets, a)
	}
	for p.Sleep(within(t, time.Millisecond)) == nil { // what was left of that
	}
	ok(t, p.ChangeAtOnce(socket.PollIn|socket.PollOneShot, sockets...))
	for i, s := range sockets {
		if err := p.Sleep(within(t, 10*time.Second)); err != nil {
			t.Fatalf("waiter %d sleeps on: %v", i, err)
		}
		var events [1]socket.PollEvent
		if n, err := p.TryWait(events[:]); n != 1 || err != nil || events[0].Value != s {
			t.Errorf("waiter %d is told of %v, %v", i, events, err)
		}
	}
}
