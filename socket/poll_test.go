package socket_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/internal/testenv"
	"example.com/bsdsocket/sockaddr"
	"example.com/bsdsocket/socket"
)

// found checks what Poll finds.
func found(t testing.TB, items []socket.PollItem, timeout time.Duration,
	want ...socket.PollEvents) {
	t.Helper()
	n, err := socket.Poll(within(t, patience), items, timeout)
	ok(t, err)
	ready := 0
	for i := range items {
		if items[i].Ready != want[i] {
			t.Errorf("item %d: %v, want %v", i, items[i].Ready, want[i])
		}
		if want[i] != 0 {
			ready++
		}
	}
	if n != ready {
		t.Errorf("%d are ready, want %d", n, ready)
	}
}

// Sockets of every kind in one wait (X14).
func TestPoll(t *testing.T) {
	engines(t, func(t *testing.T) {
		a, b := pair(t, constants.SOCK_STREAM)
		x, y := udp(t)
		l := listening(t, loopback, 1)
		items := []socket.PollItem{
			{Socket: a, Events: socket.PollIn}, {Socket: y, Events: socket.PollIn}, {
				Socket: l,
				Events: socket.PollIn,
			},
			{}, {Socket: b, Events: socket.PollIn | socket.PollOut}, {
				Socket: new(socket.Socket),
				Events: socket.PollIn,
			},
		}
		found(t, items, 0, 0, 0, 0, 0, socket.PollOut, socket.PollNVal)
		items = items[:4]
		found(t, items, 0, 0, 0, 0, 0)
		atLeast(t, short, func() { found(t, items, short, 0, 0, 0, 0) })
		for i, act := range []func(){
			func() { send(t, b, "x") },
			func() { x.SendTo(ctx, []byte("x"), name(t, y), 0) },
			func() {
				ok(t, open(t, constants.AF_INET, constants.SOCK_STREAM, 0).Connect(ctx, name(t, l)))
			},
		} {
			for _, before := range []bool{true, false} {
				if before { // it is there when Poll begins, or comes meanwhile
					act()
				} else {
					go func() { time.Sleep(time.Millisecond); act() }()
				}
				want := make([]socket.PollEvents, 4)
				want[i] = socket.PollIn
				found(t, items, -1, want...)
				switch i {
				case 0:
					receive(t, a, "x")
				case 1:
					receive(t, y, "x")
				case 2:
					s, _, err := l.TryAccept()
					ok(t, err)
					ok(t, s.Close())
				}
			}
		}
	})
}

// The same socket may stand there twice, with events of its own.
func TestPollTwice(t *testing.T) {
	engines(t, func(t *testing.T) {
		a, b := pair(t, constants.SOCK_STREAM)
		wide(t, a, b)
		fill(t, a)
		items := []socket.PollItem{{Socket: a, Events: socket.PollIn}, {
			Socket: a,
			Events: socket.PollOut,
		}, {Socket: a}}
		found(t, items, 0, 0, 0, 0)
		go func() { time.Sleep(time.Millisecond); send(t, b, "x") }()
		found(t, items, -1, socket.PollIn, 0, 0)
		receive(t, a, "x")
		go func() {
			time.Sleep(time.Millisecond)
			for {
				if _, err := b.TryReceive(make([]byte, 1<<20), 0); err != nil {
					return
				}
			}
		}()
		found(t, items, -1, 0, socket.PollOut, 0)
	})
}

// More sockets than Poll keeps hold of are all told of: duplicates have their event at once.
func TestPollOfMany(t *testing.T) {
	engines(t, func(t *testing.T) {
		a, b := pair(t, constants.SOCK_DGRAM)
		items := make([]socket.PollItem, 20)
		for i := range items {
			d, err := a.Dup()
			ok(t, err)
			t.Cleanup(func() { d.Close() })
			items[i] = socket.PollItem{Socket: d, Events: socket.PollIn}
		}
		done := start(func() error {
			n, err := socket.Poll(ctx, items, -1)
			if n != len(items) {
				t.Errorf("%d are ready", n)
			}
			return err
		})
		time.Sleep(10 * time.Millisecond) // most often it waits by then; if not, it finds the same
		send(t, b, "x")
		ok(t, result(t, done))
	})
}

// What ends a wait beside events: closing a socket, which is told, and the context.
func TestPollEnds(t *testing.T) {
	engines(t, func(t *testing.T) {
		for _, how := range []func(*socket.Socket) error{
			(*socket.Socket).Close,
			func(s *socket.Socket) error {
				sysfd, err := s.Detach()
				if err == nil {
					s, err = socket.FromFD(sysfd)
				}
				if err == nil {
					err = s.Close()
				}
				return err
			},
		} {
			for i := range 20 {
				a, b := pair(t, constants.SOCK_STREAM)
				c, _ := pair(t, constants.SOCK_DGRAM)
				items := []socket.PollItem{{Socket: a, Events: socket.PollIn}, {
					Socket: c,
					Events: socket.PollIn,
				}}
				done := start(func() error {
					n, err := socket.Poll(ctx, items, -1)
					if err == nil && n != 1 {
						err = fmt.Errorf("%d are ready", n)
					}
					return err
				})
				time.Sleep(time.Duration(i%5) * 500 * time.Microsecond)
				ok(t, how(c))
				ok(t, result(t, done))
				if items[0].Ready != 0 || items[1].Ready != socket.PollNVal {
					t.Errorf("found %v and %v", items[0].Ready, items[1].Ready)
				}
				talk(t, a, b)
			}
		}
		a, _ := pair(t, constants.SOCK_STREAM)
		items := []socket.PollItem{{Socket: a, Events: socket.PollIn}}
		atLeast(t, short, func() {
			_, err := socket.Poll(within(t, short), items, -1)
			is(t, err, context.DeadlineExceeded, socket.ErrTimeout)
		})
		ended, cancel := context.WithCancel(ctx)
		done := start(func() error { _, err := socket.Poll(ended, items, time.Hour); return err })
		time.Sleep(time.Millisecond)
		cancel()
		is(t, result(t, done), context.Canceled)
		_, err := socket.Poll(ended, items, 0)
		is(t, err, context.Canceled)
		// It waits, if there is nothing to wait for.
		atLeast(t, short, func() { found(t, nil, short) })
		var none context.Context
		_, err = socket.Poll(none, items, 0)
		ok(t, err)
	})
}

// Many calls at once, of the same sockets, are all told; and the sockets' own calls go on.
func TestPollBesideOthers(t *testing.T) {
	engines(t, func(t *testing.T) {
		a, b := pair(t, constants.SOCK_STREAM)
		received := start(func() error {
			n, err := a.Receive(ctx, make([]byte, 1), 0)
			if err == nil && n != 1 {
				err = errors.New("nothing")
			}
			return err
		})
		var all sync.WaitGroup
		for range 10 {
			all.Go(func() {
				items := []socket.PollItem{{Socket: a, Events: socket.PollIn}, {
					Socket: b,
					Events: socket.PollIn,
				}}
				if n, err := socket.Poll(ctx, items, -1); n != 1 || err != nil ||
					items[0].Ready != socket.PollIn {
					t.Errorf("%d, %v, %v", n, err, items[0].Ready)
				}
			})
		}
		time.Sleep(time.Millisecond)
		send(t, b, "xy")
		all.Wait()
		ok(t, result(t, received))
	})
}

// What PollHup, PollRdHup and PollErr are, by the state of a connection: told whether asked for or
// not.
func TestPollStates(t *testing.T) {
	engines(t, func(t *testing.T) {
		c, s := tcp(t)
		items := []socket.PollItem{{Socket: s}}
		asked := []socket.PollItem{{Socket: s, Events: socket.PollIn | socket.PollRdHup}}
		found(t, items, 0, 0)
		ok(t, c.CloseWrite())
		found(t, asked, -1, socket.PollIn|socket.PollRdHup)
		found(t, items, 0, 0)
		ok(t, s.CloseWrite())
		found(t, items, -1, socket.PollHup)
		found(t, asked, -1, socket.PollIn|socket.PollRdHup|socket.PollHup)

		c, s = tcp(t)
		items[0].Socket = s
		option2(t, c, constants.SOL_SOCKET, constants.SO_LINGER, 1, 0)
		done := start(func() error { _, err := socket.Poll(ctx, items, -1); return err })
		time.Sleep(time.Millisecond)
		ok(t, c.Close())
		ok(t, result(t, done))
		if items[0].Ready != socket.PollErr|socket.PollHup {
			t.Errorf("a connection that was reset has %v", items[0].Ready)
		}

		// An error of a datagram socket, which ReceiveReady has looked at before.
		u := open(t, constants.AF_INET, constants.SOCK_DGRAM, 0)
		nobody := bound(t, constants.SOCK_DGRAM, loopback)
		to := name(t, nobody)
		ok(t, nobody.Close())
		ok(t, u.Connect(ctx, to))
		items[0].Socket = u
		send(t, u, "x")
		found(t, items, -1, socket.PollErr)
		ready, err := u.ReceiveReady()
		ok(t, err)
		if !ready {
			t.Error("the error is not ready")
		}
		found(t, items, -1, socket.PollErr)
		_, err = u.TryReceive(make([]byte, 1), 0)
		is(t, err, socket.ErrTransient)
		found(t, items, 0, 0)
	})
}

func TestPollAllocatesNothing(t *testing.T) {
	testenv.NeedsKernel(t, "2.6") // epoll
	testenv.NeedsLinuxPath(t, "epoll(7)")
	if raceDetector {
		t.Skip("the race detector allocates")
	}
	a, b := pair(t, constants.SOCK_STREAM)
	c, d := pair(t, constants.SOCK_STREAM)
	go func() {
		b1 := make([]byte, 1)
		for {
			if n, err := b.Receive(ctx, b1, 0); n == 0 || err != nil {
				return
			}
			b.Send(ctx, b1, 0)
		}
	}()
	items := []socket.PollItem{{Socket: a, Events: socket.PollIn},
		{Socket: c, Events: socket.PollIn}}
	one := make([]byte, 1)
	allocations(t, "Poll that waits", 0, func() {
		a.TrySend(one, 0)
		if n, err := socket.Poll(ctx, items, time.Minute); n != 1 || err != nil {
			t.Fatal(n, err)
		}
		a.TryReceive(one, 0)
	})
	send(t, d, "x")
	allocations(t, "Poll that does not wait", 0, func() { socket.Poll(ctx, items, -1) })
	ok(t, a.Close())
}

func TestPollEventsText(t *testing.T) {
	for _, test := range []struct {
		events socket.PollEvents
		want   string
	}{
		{0, "0"}, {socket.PollIn, "PollIn"},
		{socket.PollOut | socket.PollRdHup, "PollOut|PollRdHup"},
		{socket.PollPri | socket.PollErr | socket.PollHup | socket.PollNVal,
			"PollPri|PollErr|PollHup|PollNVal"},
		{socket.PollIn | socket.PollEdge | socket.PollOneShot, "PollIn|PollEdge|PollOneShot"},
		{socket.PollOneShot | 1<<9 | 1<<31, "PollOneShot|0x80000200"},
		{1 << 20, "0x100000"},
	} {
		if got := test.events.String(); got != test.want {
			t.Errorf("%d is %q, want %q", uint32(test.events), got, test.want)
		}
	}
	if s := (socket.PollOut | socket.PollErr); s.Has(socket.PollIn) ||
		!s.Has(socket.PollIn|socket.PollOut) {
		t.Error("Has")
	}
}

// The calls that do not wait: their errors, and what they move.
func TestTry(t *testing.T) {
	a, b := pair(t, constants.SOCK_STREAM)
	buf := make([]byte, 9)
	_, err := a.TryReceive(buf, 0)
	is(t, err, socket.ErrWouldBlock)
	var e *socket.Error
	if !errors.As(err, &e) || e.Op != "try receive" || e.Timeout() {
		t.Errorf("%#v", err)
	}
	ok(t, a.SetDeadline(time.Now().Add(-1))) // which does not matter
	n, err := a.TrySend([]byte("xy"), 0)
	ok(t, err)
	if n != 2 {
		t.Errorf("sent %d", n)
	}
	n, err = b.TryReceive(buf, 0)
	if string(buf[:n]) != "xy" || err != nil {
		t.Errorf("%q, %v", buf[:n], err)
	}
	_, err = a.TryReceive(buf, 0)
	is(t, err, socket.ErrWouldBlock)
	fill(t, a)
	_, err = a.TrySend(buf, 0)
	is(t, err, socket.ErrWouldBlock)
	ok(t, b.Close())
	_, err = a.TrySend(buf, 0)
	isNot(t, err, socket.ErrWouldBlock)

	x, y := udp(t)
	_, _, err = y.TryReceiveFrom(buf, 0)
	is(t, err, socket.ErrWouldBlock)
	_, err = x.TrySendTo([]byte("z"), name(t, y), 0)
	ok(t, err)
	ok(t, y.WaitReceive(within(t, patience)))
	n, from, err := y.TryReceiveFrom(buf, 0)
	if string(buf[:n]) != "z" || from != name(t, x) || err != nil {
		t.Errorf("%q of %v, %v", buf[:n], from, err)
	}
	_, err = x.TrySendTo([]byte("z"), sockaddr.MustParse("[::1]:9"), 0)
	if !errors.As(err, &e) || e.Op != "try send to" || !e.Remote.IsValid() {
		t.Errorf("%#v", err)
	}
	var zero socket.Socket
	_, err = zero.TryReceive(buf, 0)
	is(t, err, socket.ErrClosed)
	_, err = zero.TrySend(buf, 0)
	is(t, err, socket.ErrClosed)
}
