package socket_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/internal/testenv"
	"example.com/bsdsocket/sockaddr"
	"example.com/bsdsocket/socket"
)

// full is a listener whose backlog is full, so that a connect to it waits: Linux drops the requests
// to a full TCP listener, and refuses those to an AF_UNIX listener with EAGAIN. (Linux lets
// backlog+1 wait.)
func full(t testing.TB, at sockaddr.Addr) (l *socket.Socket, waiting *socket.Socket) {
	t.Helper()
	l = listening(t, at, 0)
	c := open(t, l.Family(), constants.SOCK_STREAM, 0)
	ok(t, c.Connect(within(t, patience), name(t, l)))
	ok(t, l.WaitReceive(within(t, patience))) // it is in the backlog
	return l, c
}

// unbound is the state that a failed Connect leaves behind. A port in the name means nothing, see
// Connect.
func unbound(t testing.TB, s *socket.Socket) {
	t.Helper()
	if n, err := s.Name(); n.IsValid() && !n.IP().IsUnspecified() || err != nil {
		t.Errorf("the name is %v, %v", n, err)
	}
	if p, err := s.PeerName(); p.IsValid() || err != nil {
		t.Errorf("the peer is %v, %v", p, err)
	}
}

// usable checks that the socket connects and talks as if nothing had been before.
func usable(t testing.TB, s *socket.Socket) {
	t.Helper()
	at := loopback
	if s.Family() == constants.AF_UNIX {
		at = path(t)
	}
	l := listening(t, at, 1)
	ok(t, s.Connect(within(t, patience), name(t, l)))
	server, _, err := l.Accept(within(t, patience))
	ok(t, err)
	defer server.Close()
	talk(t, s, server)
	// No error of an earlier attempt is left over.
	ok(t, server.Close())
	if n, err := s.Read(make([]byte, 1)); n != 0 || err != io.EOF {
		t.Errorf("at the end of the stream: %d, %v", n, err)
	}
}

// ends are the ways that a Connect which waits is ended, other than by the peer.
var ends = []struct {
	what    string
	prepare func(testing.TB, *socket.Socket, time.Duration) context.Context
	during  func(*socket.Socket, context.CancelFunc)
	is      []error
	isNot   []error
}{
	{
		what: "timeout",
		prepare: func(t testing.TB, s *socket.Socket, after time.Duration) context.Context {
			set(t, s, func(p *socket.Params) { p.ConnectTimeout = after })
			return ctx
		},
		is: []error{socket.ErrTimeout, os.ErrDeadlineExceeded},
	},
	{
		what: "context's deadline",
		prepare: func(t testing.TB, s *socket.Socket,
			after time.Duration) context.Context {
			return within(t, after)
		},
		is: []error{socket.ErrTimeout, context.DeadlineExceeded, os.ErrDeadlineExceeded},
	},
	{
		what: "write deadline",
		prepare: func(t testing.TB, s *socket.Socket, after time.Duration) context.Context {
			ok(t, s.SetWriteDeadline(time.Now().Add(after)))
			return ctx
		},
		is: []error{socket.ErrTimeout},
	},
	{
		what: "deadline during",
		prepare: func(t testing.TB, s *socket.Socket,
			_ time.Duration) context.Context {
			return ctx
		},
		during: func(s *socket.Socket, _ context.CancelFunc) { s.SetDeadline(time.Now()) },
		is:     []error{socket.ErrTimeout},
	},
	{
		what: "cancel during",
		prepare: func(t testing.TB, s *socket.Socket,
			_ time.Duration) context.Context {
			return ctx
		},
		during: func(_ *socket.Socket, cancel context.CancelFunc) { cancel() },
		is:     []error{context.Canceled},
		isNot:  []error{socket.ErrTimeout, socket.ErrTransient},
	},
	{
		what: "close during",
		prepare: func(t testing.TB, s *socket.Socket,
			_ time.Duration) context.Context {
			return ctx
		},
		during: func(s *socket.Socket, _ context.CancelFunc) { s.Close() },
		is:     []error{socket.ErrClosed},
		isNot:  []error{socket.ErrTimeout, socket.ErrTransient},
	},
}

// Rows E10, R10 and X4: every way to end a Connect that waits, over TCP and AF_UNIX. Afterwards the
// socket is as it was before, and can be connected.
func TestConnectEnds(t *testing.T) {
	for _, at := range []struct {
		what string
		addr func(testing.TB) sockaddr.Addr
	}{
		{"TCP", func(testing.TB) sockaddr.Addr { return loopback }},
		{"AF_UNIX", path},
	} {
		for _, end := range ends {
			t.Run(at.what+"/"+end.what, func(t *testing.T) {
				inTime(t, short, func(after time.Duration) bool {
					l, _ := full(t, at.addr(t))
					to := name(t, l)
					s := open(t, l.Family(), constants.SOCK_STREAM, 0)
					begin := time.Now()
					c, cancel := context.WithCancel(end.prepare(t, s, after))
					defer cancel()
					done := start(func() error { return s.Connect(c, to) })
					if end.during != nil {
						parked(t, 1)
						pending(t, done)
						end.during(s, cancel)
					}
					err := result(t, done)
					if took := time.Since(begin); end.during == nil && took < after {
						t.Errorf("it ended after %v", took)
					}
					is(t, err, end.is...)
					isNot(t, err, end.isNot...)
					if e, isError := errors.AsType[*socket.Error](err); !isError ||
						e.Op != "connect" || e.Remote != to {
						t.Errorf("error %v", err)
					}
					timeout := errors.Is(err, socket.ErrTimeout)
					if ne, isNet := errors.AsType[net.Error](err); !isNet ||
						ne.Timeout() != timeout {
						t.Errorf("error %q: Timeout is not %t", err, timeout)
					}
					if s.FD() < 0 {
						return true
					}
					// Row E10: a full backlog is a transient error. It is not known if the time was
					// over before the first attempt.
					if transient := errors.Is(err, socket.ErrTransient); timeout &&
						l.Family() == constants.AF_UNIX {
						if !transient && end.during == nil {
							return false
						}
						is(t, err, socket.ErrTransient, syscall.EAGAIN)
					} else if transient {
						t.Errorf("error %q is transient", err)
					}
					unbound(t, s)
					set(t, s, func(p *socket.Params) { p.ConnectTimeout = 0 })
					ok(t, s.SetDeadline(time.Time{}))
					usable(t, s)
					return true
				})
			})
		}
	}
}

// A slot that becomes free lets the connect in: the retry of AF_UNIX, and of TCP by the kernel.
func TestConnectWhenASlotFrees(t *testing.T) {
	for _, typ := range []constants.SocketType{constants.SOCK_STREAM, constants.SOCK_SEQPACKET} {
		t.Run(typ.String(), func(t *testing.T) {
			l := bound(t, typ, path(t))
			ok(t, l.Listen(0))
			to := name(t, l)
			var done []<-chan error
			clients := make([]*socket.Socket, 4)
			for i := range clients {
				clients[i] = open(t, constants.AF_UNIX, typ, 0)
				set(t, clients[i], func(p *socket.Params) { p.ConnectTimeout = patience })
				done = append(done, start(func() error { return clients[i].Connect(ctx, to) }))
				if i == 0 {
					ok(t, result(t, done[0]))
				}
			}
			parked(t, 3)
			for range clients {
				s, _, err := l.Accept(within(t, patience))
				ok(t, err)
				t.Cleanup(func() { s.Close() })
				send(t, s, "welcome")
			}
			for i, c := range clients {
				if i > 0 {
					ok(t, result(t, done[i]))
				}
				receive(t, c, "welcome")
			}
		})
	}
}

// Several sockets retry at once, with timeouts of their own: each fails at its own moment.
func TestConnectTimeoutsAreEachSocketsOwn(t *testing.T) {
	l, _ := full(t, path(t))
	to := name(t, l)
	var done []<-chan error
	for i := range 5 {
		s := open(t, constants.AF_UNIX, constants.SOCK_STREAM, 0)
		timeout := time.Duration(i+1) * 10 * time.Millisecond
		set(t, s, func(p *socket.Params) { p.ConnectTimeout = timeout })
		done = append(done, start(func() error {
			begin := time.Now()
			err := s.Connect(ctx, to)
			if took := time.Since(begin); took < timeout {
				return fmt.Errorf("%w after %v, before %v", err, took, timeout)
			}
			if !errors.Is(err, socket.ErrTimeout) {
				return err
			}
			return nil
		}))
	}
	for _, d := range done {
		ok(t, result(t, d))
	}
}

// The local address that was bound before a failed Connect is still bound after it.
func TestConnectKeepsTheBoundAddress(t *testing.T) {
	l, _ := full(t, loopback)
	refuses := nobody(t, constants.SOCK_STREAM)
	for _, test := range []struct {
		what    string
		to      sockaddr.Addr
		timeout time.Duration
		want    error
	}{
		{"refused", refuses, patience, syscall.ECONNREFUSED},
		{"timed out", name(t, l), short, socket.ErrTimeout},
	} {
		s := asked(t, constants.SOCK_STREAM)
		here := name(t, s)
		is(t, s.Connect(within(t, test.timeout), test.to), test.want)
		if got := name(t, s); got != here {
			t.Errorf("%s: bound to %v, before to %v", test.what, got, here)
		}
		usable(t, s)
		if got := name(t, s); got != here {
			t.Errorf("%s: connected from %v, bound to %v", test.what, got, here)
		}
	}
}

// A Connect that is refused leaves no name and no error behind.
func TestConnectAgainAfterRefused(t *testing.T) {
	s := open(t, constants.AF_INET, constants.SOCK_STREAM, 0)
	for range 3 {
		is(t, s.Connect(within(t, patience), nobody(t, constants.SOCK_STREAM)),
			syscall.ECONNREFUSED)
		unbound(t, s)
	}
	usable(t, s)
}

// Two callers connect one socket. The first times out; the second, which had to wait for it, finds
// the socket as it was.
func TestConnectQueued(t *testing.T) {
	l, _ := full(t, loopback)
	good := listening(t, loopback, 100)
	for range 20 {
		s := open(t, constants.AF_INET, constants.SOCK_STREAM, 0)
		c, cancel := context.WithCancel(ctx)
		first := start(func() error { return s.Connect(c, name(t, l)) })
		parked(t, 1)
		second := start(func() error { return s.Connect(within(t, patience), name(t, good)) })
		parked(t, 2)
		cancel()
		ok(t, result(t, second))
		is(t, result(t, first), context.Canceled)
		if p, err := s.PeerName(); p != name(t, good) || err != nil {
			t.Fatalf("the peer is %v, %v", p, err)
		}
		ok(t, s.Close())
	}
}

// Row G3: Disconnect of a TCP socket resets the connection, and the socket can be connected anew.
func TestDisconnectTCP(t *testing.T) {
	client, server := tcp(t)
	ok(t, client.Disconnect())
	_, err := server.Receive(within(t, patience), make([]byte, 1), 0)
	is(t, err, syscall.ECONNRESET)
	unbound(t, client)
	usable(t, client)
}

// Disconnect wakes a receive that waits.
func TestDisconnectWhileReceiving(t *testing.T) {
	client, _ := tcp(t)
	done := start(func() error {
		n, err := client.Receive(within(t, patience), make([]byte, 1), 0)
		if n == 0 && err == nil {
			err = io.EOF
		}
		return err
	})
	parked(t, 1)
	ok(t, client.Disconnect())
	isNot(t, result(t, done), socket.ErrTimeout)
}

// Connecting many at once to a listener that accepts all the time: the retries of AF_UNIX let
// everybody in.
func TestConnectManyToASmallBacklog(t *testing.T) {
	l := listening(t, path(t), 1)
	to := name(t, l)
	const n = 50
	accepted := start(func() error {
		for range n {
			s, _, err := l.Accept(within(t, patience))
			if err != nil {
				return err
			}
			s.Close()
		}
		return nil
	})
	var done []<-chan error
	for range n {
		s := open(t, constants.AF_UNIX, constants.SOCK_STREAM, 0)
		done = append(done, start(func() error { return s.Connect(within(t, patience), to) }))
	}
	for _, d := range done {
		ok(t, result(t, d))
	}
	ok(t, result(t, accepted))
}

// A peer of AF_VSOCK that refuses: there a second connect(2) never gives the result of the first.
func TestConnectVSockRefused(t *testing.T) {
	testenv.Needs(t, testenv.VSock)
	to, err := sockaddr.VSock(sockaddr.VSockAddr{CID: unix.VMADDR_CID_HOST, Port: 1<<31 + 7})
	ok(t, err)
	want := vsockAnswer(t, to)
	s := open(t, constants.AF_VSOCK, constants.SOCK_STREAM, 0)
	err = s.Connect(within(t, patience), to)
	is(t, err, want)
	isNot(t, err, socket.ErrTimeout)
}

// A peer of AF_VSOCK that does not answer: the kernel gives up after SO_VM_SOCKETS_CONNECT_TIMEOUT,
// and that is the result; a second connect(2) would begin anew each time.
func TestConnectVSockSilent(t *testing.T) {
	testenv.Needs(t, testenv.VSock)
	to, err := sockaddr.VSock(sockaddr.VSockAddr{CID: unix.VMADDR_CID_LOCAL, Port: 12345})
	ok(t, err)
	if want := vsockAnswer(t, to); want != syscall.ETIMEDOUT {
		t.Skipf("needs a vsock peer that does not answer: %v", want)
	}
	s := open(t, constants.AF_VSOCK, constants.SOCK_STREAM, 0)
	shortConnect(t, s.FD())
	for range 2 {
		err = s.Connect(within(t, patience), to)
		is(t, err, syscall.ETIMEDOUT, socket.ErrTransient)
	}
}

// shortConnect makes the kernel wait 100 ms for a vsock peer (SO_VM_SOCKETS_CONNECT_TIMEOUT).
func shortConnect(t testing.TB, fd int) {
	t.Helper()
	ok(t, unix.SetsockoptTimeval(fd, unix.AF_VSOCK, unix.SO_VM_SOCKETS_CONNECT_TIMEOUT_OLD,
		&unix.Timeval{Usec: 100_000}))
}

// vsockAnswer is the host's answer to a connect, found by plain system calls; without one there is
// nothing to test.
func vsockAnswer(t *testing.T, to sockaddr.Addr) error {
	fd, err := unix.Socket(unix.AF_VSOCK, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	ok(t, err)
	defer unix.Close(fd)
	shortConnect(t, fd)
	v, _ := to.AsVSock()
	switch err := unix.Connect(fd, &unix.SockaddrVM{CID: v.CID, Port: v.Port}); err {
	case unix.EINPROGRESS:
	default:
		t.Skipf("needs a vsock host that answers: %v", err)
	}
	p := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLOUT}}
	if n, err := unix.Poll(p, 1000); n != 1 {
		t.Skipf("needs a vsock host that answers: %d, %v", n, err)
	}
	code, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_ERROR)
	ok(t, err)
	if code == 0 {
		t.Skip("needs a vsock host that refuses: it accepted")
	}
	return unix.Errno(code)
}

// With TCP_FASTOPEN_CONNECT and a cookie connect(2) sends nothing, and the kernel knows no peer
// before the first data is sent. It is what Connect was told.
func TestConnectFastOpen(t *testing.T) {
	ns := testenv.NetNS(t)
	ns.Sysctl("net.ipv4.tcp_fastopen", "3")
	l := newIn(t, ns, constants.SOCK_STREAM)
	ok(t, l.Bind(loopback))
	option(t, l, constants.IPPROTO_TCP, constants.TCP_FASTOPEN, 5)
	ok(t, l.Listen(5))
	to := name(t, l)
	for _, cookie := range []bool{false, true} {
		c := newIn(t, ns, constants.SOCK_STREAM)
		option(t, c, constants.IPPROTO_TCP, constants.TCP_FASTOPEN_CONNECT, 1)
		ok(t, c.Connect(within(t, patience), to))
		if known := kernelKnowsPeer(t, c); known == cookie {
			t.Fatalf("the kernel knows the peer: %t; there is a cookie: %t", known, cookie)
		}
		if peer, err := c.PeerName(); peer != to || err != nil {
			t.Errorf("cookie %t: the peer is %v, %v; want %v", cookie, peer, err, to)
		}
		if n := name(t, c); n.Port() == 0 {
			t.Errorf("cookie %t: the name is %v", cookie, n)
		}
		send(t, c, "hello")
		s, from, err := l.Accept(within(t, patience))
		ok(t, err)
		defer s.Close()
		if from != name(t, c) {
			t.Errorf("cookie %t: accepted from %v, the client is %v", cookie, from, name(t, c))
		}
		receive(t, s, "hello")
	}
}

func kernelKnowsPeer(t testing.TB, s *socket.Socket) bool {
	t.Helper()
	_, err := unix.Getpeername(s.FD())
	return err == nil
}
