package socket_test

import (
	"context"
	"net"
	"testing"
	"time"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/sockaddr"
	"example.com/bsdsocket/socket"
)

// allocations checks how often fn allocates, on average, all goroutines together.
func allocations(t *testing.T, what string, most float64, fn func()) {
	t.Helper()
	got := testing.AllocsPerRun(200, fn)
	if t.Logf("%s: %v", what, got); got > most {
		t.Errorf("%s allocates %v times, at most %v are allowed", what, got, most)
	}
}

// limits are the kinds of end that a call can have.
var limits = []struct {
	what   string
	params socket.Params
	make   func() (context.Context, context.CancelFunc)
}{
	{"no end", socket.Params{},
		func() (context.Context, context.CancelFunc) { return ctx, func() {} }},
	{"a timeout", socket.DefaultParams(),
		func() (context.Context, context.CancelFunc) { return ctx, func() {} }},
	{"a context", socket.Params{},
		func() (context.Context, context.CancelFunc) { return context.WithCancel(ctx) }},
	{"a context with a deadline", socket.DefaultParams(),
		func() (context.Context, context.CancelFunc) {
			return context.WithTimeout(ctx, time.Hour)
		}},
}

// Calls that need not wait allocate nothing, whatever may end them. (This is also the seventh
// defect: 17 allocations for a datagram sent and received, 21 with a context.)
func TestAllocations(t *testing.T) {
	if raceDetector {
		t.Skip("needs a build without the race detector, under which sync.Pool forgets at random")
	}
	for _, limit := range limits {
		t.Run(limit.what, func(t *testing.T) {
			c, cancel := limit.make()
			defer cancel()
			buf, in := make([]byte, 64), make([]byte, 64)
			a, b := tcp(t)
			d, e := udp(t)
			to := name(t, e)
			unixA, unixB := bound(t, constants.SOCK_DGRAM, path(t)),
				bound(t, constants.SOCK_DGRAM, path(t))
			unixTo := name(t, unixB)
			for _, s := range []*socket.Socket{a, b, d, e, unixA, unixB} {
				ok(t, s.SetParams(limit.params))
			}
			var err error
			check := func(e error) {
				if e != nil {
					err = e
				}
			}
			allocations(t, "Send and Receive", 0, func() {
				check(second(a.Send(c, buf, 0)))
				check(b.WaitReceive(ctx))
				check(second(b.Receive(c, in, 0)))
			})
			allocations(t, "SendAll and MSG_WAITALL", 0, func() {
				check(second(a.SendAll(c, buf, 0)))
				check(second(b.Receive(c, in, constants.MSG_WAITALL)))
			})
			allocations(t, "Write and Read", 0, func() {
				check(second(a.Write(buf)))
				check(second(b.Read(in)))
			})
			allocations(t, "SendTo and ReceiveFrom", 0, func() {
				check(second(d.SendTo(c, buf, to, 0)))
				check(third(e.ReceiveFrom(c, in, 0)))
			})
			allocations(t, "SendTo and ReceiveFrom of AF_UNIX", 0, func() {
				check(second(unixA.SendTo(c, buf, unixTo, 0)))
				check(third(unixB.ReceiveFrom(c, in, constants.MSG_DONTWAIT)))
			})
			allocations(t, "WaitSend and SetDeadline", 0, func() {
				check(a.WaitSend(c))
				check(a.SetDeadline(time.Time{}))
			})
			ok(t, err)
		})
	}
}

// Calls that wait allocate nothing either, also with a timeout; a context that can end costs at
// most three.
func TestAllocationsWhenWaiting(t *testing.T) {
	if raceDetector {
		t.Skip("needs a build without the race detector, under which sync.Pool forgets at random")
	}
	for _, limit := range limits {
		t.Run(limit.what, func(t *testing.T) {
			c, cancel := limit.make()
			defer cancel()
			a, b := pair(t, constants.SOCK_STREAM)
			ok(t, a.SetParams(limit.params))
			ok(t, b.SetParams(limit.params))
			echo := start(func() error {
				buf := make([]byte, 64)
				for {
					n, err := b.Receive(ctx, buf, 0)
					if n == 0 || err != nil {
						return err
					}
					if _, err = b.Send(ctx, buf[:n], 0); err != nil {
						return err
					}
				}
			})
			buf := make([]byte, 64)
			most := 0.0
			if c.Done() != nil {
				most = 3
			}
			var err error
			// The runs are on one processor, so that the answer is never there before Receive
			// waits.
			allocations(t, "Send and a Receive that waits", most, func() {
				if _, e := a.Send(c, buf, 0); e != nil {
					err = e
				}
				if _, e := a.Receive(c, buf, 0); e != nil {
					err = e
				}
			})
			ok(t, err)
			ok(t, a.Shutdown(constants.SHUT_WR))
			ok(t, result(t, echo))
		})
	}
}

// A connection is accepted with at most four allocations.
func TestAllocationsOfAccept(t *testing.T) {
	if raceDetector {
		t.Skip("needs a build without the race detector, under which sync.Pool forgets at random")
	}
	for _, at := range []sockaddr.Addr{loopback, sockaddr.MustParse("[::1]:0")} {
		l := listening(t, at, 1000)
		to := name(t, l)
		for range 201 { // AllocsPerRun calls once more, to warm up
			ok(t, open(t, at.Family(), constants.SOCK_STREAM, 0).Connect(ctx, to))
		}
		var err error
		allocations(t, "Accept at "+to.String(), 4, func() {
			s, _, e := l.Accept(ctx)
			if e != nil {
				err = e
				return
			}
			s.Close()
		})
		ok(t, err)
	}
}

// A timeout costs at most two allocations, on a socket without a peer too: servers that poll with
// short deadlines live on it.
func TestAllocationsOfTimeouts(t *testing.T) {
	if raceDetector {
		t.Skip("needs a build without the race detector, under which sync.Pool forgets at random")
	}
	a, _ := tcp(t)
	b, _ := udp(t)
	c, _ := pair(t, constants.SOCK_STREAM)
	connected := open(t, constants.AF_INET, constants.SOCK_DGRAM, 0)
	ok(t, connected.Connect(ctx, name(t, b)))
	unbound := open(t, constants.AF_INET, constants.SOCK_DGRAM, 0)
	buf := make([]byte, 10)
	for what, s := range map[string]*socket.Socket{"TCP": a, "UDP": b, "a pair": c,
		"connected UDP": connected, "unbound": unbound} {
		ok(t, s.SetReadDeadline(time.Now().Add(-time.Second)))
		var err error
		allocations(t, what, 2, func() { err = second(s.Receive(ctx, buf, 0)) })
		is(t, err, socket.ErrTimeout)
		allocations(t, what+", receive from", 2, func() { err = third(s.ReceiveFrom(ctx, buf, 0)) })
		is(t, err, socket.ErrTimeout)
		allocations(t, what+", would block", 1,
			func() { err = second(s.Receive(ctx, buf, constants.MSG_DONTWAIT)) })
		is(t, err, socket.ErrWouldBlock)
	}
}

// BenchmarkTimeout is what a deadline that has passed costs, beside package net.
func BenchmarkTimeout(b *testing.B) {
	buf := make([]byte, 10)
	b.Run("bsdsocket", func(b *testing.B) {
		s, _ := udp(b)
		ok(b, s.SetReadDeadline(time.Now().Add(-time.Second)))
		b.ReportAllocs()
		for b.Loop() {
			if _, _, err := s.ReceiveFrom(ctx, buf, 0); err == nil {
				b.Fatal("no error")
			}
		}
	})
	b.Run("net", func(b *testing.B) {
		c, err := net.ListenPacket("udp", "127.0.0.1:0")
		ok(b, err)
		defer c.Close()
		ok(b, c.SetReadDeadline(time.Now().Add(-time.Second)))
		b.ReportAllocs()
		for b.Loop() {
			if _, _, err := c.ReadFrom(buf); err == nil {
				b.Fatal("no error")
			}
		}
	})
}
