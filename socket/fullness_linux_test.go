package socket_test

import (
	"context"
	"errors"
	"syscall"
	"testing"
	"time"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/internal/testenv"
	"example.com/bsdsocket/sockaddr"
	"example.com/bsdsocket/socket"
	"example.com/bsdsocket/sockopt"
)

// processor is how much time of a processor the program has used.
func processor(t testing.TB) time.Duration {
	t.Helper()
	var u syscall.Rusage
	ok(t, syscall.Getrusage(syscall.RUSAGE_SELF, &u))
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// idle runs fn for a while and checks that it does not burn a core meanwhile. (A twentieth is what
// is wanted; a call that spins takes all.)
func idle(t testing.TB, fn func(c context.Context) error) {
	t.Helper()
	const wait = 400 * time.Millisecond
	before := processor(t)
	err := fn(within(t, wait))
	used := processor(t) - before
	is(t, err, socket.ErrTimeout)
	if t.Logf("%v of %v", used, wait); used > wait/2 {
		t.Errorf("%v of processor in %v", used, wait)
	}
}

// crammed are sockets whose receiver has no room: each with a way to make it full, and to make room
// again.
var crammed = map[string]func(t testing.TB) (s *socket.Socket, to sockaddr.Addr, room func()){
	"UNIX datagrams to an address": func(t testing.TB) (*socket.Socket, sockaddr.Addr, func()) {
		r := bound(t, constants.SOCK_DGRAM, path(t))
		return open(t, constants.AF_UNIX, constants.SOCK_DGRAM, 0), name(t, r),
			func() { empty(t, r) }
	},
	"UNIX datagrams, connected": func(t testing.TB) (*socket.Socket, sockaddr.Addr, func()) {
		r := bound(t, constants.SOCK_DGRAM, path(t))
		s := open(t, constants.AF_UNIX, constants.SOCK_DGRAM, 0)
		ok(t, s.Connect(ctx, name(t, r)))
		return s, sockaddr.Addr{}, func() { empty(t, r) }
	},
	"UNIX, connected, to the address": func(t testing.TB) (*socket.Socket, sockaddr.Addr, func()) {
		r := bound(t, constants.SOCK_DGRAM, path(t))
		s := open(t, constants.AF_UNIX, constants.SOCK_DGRAM, 0)
		ok(t, s.Connect(ctx, name(t, r)))
		return s, name(t, r), func() { empty(t, r) }
	},
	"UNIX pair": func(t testing.TB) (*socket.Socket, sockaddr.Addr, func()) {
		a, b := pair(t, constants.SOCK_DGRAM)
		return a, sockaddr.Addr{}, func() { empty(t, b) }
	},
	"UNIX SEQPACKET": func(t testing.TB) (*socket.Socket, sockaddr.Addr, func()) {
		a, b := pair(t, constants.SOCK_SEQPACKET)
		return a, sockaddr.Addr{}, func() { empty(t, b) }
	},
	"UNIX stream": func(t testing.TB) (*socket.Socket, sockaddr.Addr, func()) {
		a, b := pair(t, constants.SOCK_STREAM)
		return a, sockaddr.Addr{}, func() { empty(t, b) }
	},
	"netlink to a port": func(t testing.TB) (*socket.Socket, sockaddr.Addr, func()) {
		s, r, to := netlinks(t)
		return s, to, func() { empty(t, r) }
	},
	"netlink, connected": func(t testing.TB) (*socket.Socket, sockaddr.Addr, func()) {
		s, r, to := netlinks(t)
		ok(t, s.Connect(ctx, to))
		return s, sockaddr.Addr{}, func() { empty(t, r) }
	},
}

// netlinks are two sockets of NETLINK_USERSOCK, where programs talk to each other.
func netlinks(t testing.TB) (s, r *socket.Socket, to sockaddr.Addr) {
	t.Helper()
	none, err := sockaddr.Netlink(sockaddr.NetlinkAddr{})
	ok(t, err)
	s, r = open(t, constants.AF_NETLINK, constants.SOCK_RAW, 2),
		open(t, constants.AF_NETLINK, constants.SOCK_RAW, 2)
	ok(t, s.Bind(none))
	ok(t, r.Bind(none))
	return s, r, name(t, r)
}

// empty receives all that is there.
func empty(t testing.TB, s *socket.Socket) {
	t.Helper()
	for {
		if _, err := s.Receive(ctx, make([]byte, 1<<16), constants.MSG_DONTWAIT); err != nil {
			if !errors.Is(err, syscall.ENOBUFS) {
				is(t, err, socket.ErrWouldBlock)
				return
			}
		}
	}
}

// sendings are all ways to send a message.
var sendings = map[string]func(c context.Context, s *socket.Socket, b []byte, to sockaddr.Addr,
	flags constants.MsgFlag) error{
	"SendTo": func(c context.Context, s *socket.Socket, b []byte, to sockaddr.Addr,
		flags constants.MsgFlag) error {
		return second(s.SendTo(c, b, to, flags))
	},
	"SendMessage": func(c context.Context, s *socket.Socket, b []byte, to sockaddr.Addr,
		flags constants.MsgFlag) error {
		return s.SendMessage(c, &socket.Message{Buffers: [][]byte{b}, Addr: to}, flags)
	},
	"SendMessages": func(c context.Context, s *socket.Socket, b []byte, to sockaddr.Addr,
		flags constants.MsgFlag) error {
		return second(s.SendMessages(c, []socket.Message{{Buffers: [][]byte{b}, Addr: to}}, flags))
	},
}

// TestFullReceiver sends to receivers without room: nobody spins, and a send goes on once there is
// room.
func TestFullReceiver(t *testing.T) {
	for kind, make := range crammed {
		for what, sending := range sendings {
			t.Run(kind+"/"+what, func(t *testing.T) {
				s, to, room := make(t)
				set(t, s, func(p *socket.Params) { p.SendTimeout = 0 })
				b := append([]byte{16: 0, 1: 2}, " a message with a header of netlink"...)
				b[0] = byte(len(b))
				for full := false; !full; {
					if err := sending(ctx, s, b, to, constants.MSG_DONTWAIT); err != nil {
						is(t, err, socket.ErrWouldBlock)
						full = true
					}
				}
				// A busy machine hides a call that spins from the clock, but not the number of its
				// attempts.
				attempts, restore := socket.CountFull()
				idle(t, func(c context.Context) error { return sending(c, s, b, to, 0) })
				restore()
				if n := attempts.Load(); n > 100 {
					t.Errorf("it tried %d times", n)
				}
				done := start(func() error { return sending(within(t, patience), s, b, to, 0) })
				for len(stacksIn("internal/fd.(*Op).Run(")) == 0 && len(done) == 0 {
					time.Sleep(time.Millisecond)
				}
				room()
				began := time.Now()
				ok(t, result(t, done))
				if took := time.Since(began); took > time.Second {
					t.Errorf("it took %v to see that there is room", took)
				}
			})
		}
	}
}

// TestNoLocalPort sends from a socket that is not bound while no local port is free: that is final,
// and says so.
func TestNoLocalPort(t *testing.T) {
	testenv.Needs(t, testenv.NetAdmin)
	ns := testenv.NetNS(t)
	ns.Sysctl("net.ipv4.ip_local_port_range", "40000 40003")
	for _, any := range []string{"127.0.0.1:0", "[::1]:0"} {
		to := sockaddr.MustParse(any).WithPort(9)
		fresh := func() *socket.Socket {
			s, err := socket.NewIn(ns.Path(), to.Family(), constants.SOCK_DGRAM, 0)
			ok(t, err)
			t.Cleanup(func() { s.Close() })
			return s
		}
		var taken []*socket.Socket
		for range 4 {
			s := fresh()
			if err := s.Bind(sockaddr.MustParse(any)); err != nil {
				break
			}
			taken = append(taken, s)
		}
		for what, sending := range sendings {
			s := fresh()
			set(t, s, func(p *socket.Params) { p.SendTimeout = 0 })
			err := sending(within(t, patience), s, []byte("x"), to, 0)
			if is(t, err, syscall.EAGAIN, socket.ErrTransient); errors.Is(err,
				socket.ErrWouldBlock) {
				t.Errorf("%s: %v", what, err)
			}
		}
		for _, s := range taken {
			s.Close()
		}
	}
}

// stamped has each send of s put a message into the error queue.
func stamped(t testing.TB, s *socket.Socket) {
	t.Helper()
	ok(t,
		sockopt.SOTimestamping.Set(s, sockopt.TimestampingTxSoftware|sockopt.TimestampingSoftware))
}

// TestReadinessAndErrorQueue has a message in the error queue and nothing else: no receive would
// find something, so that nothing is ready, and who waits does not spin.
func TestReadinessAndErrorQueue(t *testing.T) {
	a, b := tcp(t)
	stamped(t, a)
	ok(t, second(a.Write([]byte("stamped"))))
	receive(t, b, "stamped")
	m := socket.Message{Control: make([]byte, 512)}
	queued(t, a)
	if ready, err := a.ReceiveReady(); ready || err != nil {
		t.Errorf("ready to receive: %t, %v", ready, err)
	}
	idle(t, a.WaitReceive)
	waited := start(func() error { return a.WaitReceive(within(t, patience)) })
	parked(t, 1)
	ok(t, second(b.Write([]byte("answer"))))
	ok(t, result(t, waited))
	receive(t, a, "answer")
	ok(t, a.ReceiveMessage(within(t, patience), &m, constants.MSG_ERRQUEUE))
	// So it is with a full buffer.
	c, d := pair(t, constants.SOCK_STREAM)
	fill(t, c)
	idle(t, c.WaitSend)
	_ = d
	ok(t, second(a.Write([]byte("stamped"))))
	fill(t, a)
	if ready, err := a.SendReady(); ready || err != nil {
		t.Errorf("ready to send: %t, %v", ready, err)
	}
	idle(t, a.WaitSend)
}
