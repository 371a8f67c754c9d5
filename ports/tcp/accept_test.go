package tcp_test

import (
	"context"
	"errors"
	"io"
	"net"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/ports"
	"example.com/bsdsocket/ports/tcp"
	"example.com/bsdsocket/sockaddr"
	"example.com/bsdsocket/socket"
	"example.com/bsdsocket/sockopt"
)

// Rows R4, M3 and X18: an accept that does not wait.
func TestTryAccept(t *testing.T) {
	for name, c := range listeners(t) {
		t.Run(name, func(t *testing.T) {
			l := listen(t, c)
			_, _, err := l.TryAccept()
			is(t, err, socket.ErrWouldBlock)
			client := dial(t, "127.0.0.1", l.Port(), nil)
			<-l.Ready(ctx)
			in, out, err := l.TryAccept()
			talk(t, client, joined(t, in, out, err))
			_, _, err = l.TryAccept()
			is(t, err, socket.ErrWouldBlock)
			must(t, l.Close())
			_, _, err = l.TryAccept()
			is(t, err, socket.ErrClosed)
		})
	}
}

// reset connects to a listener and resets the connection.
func reset(t testing.TB, l *tcp.Listener) {
	t.Helper()
	c, err := net.Dial("tcp", net.JoinHostPort("127.0.0.1", l.Service()))
	must(t, err)
	must(t, c.(*net.TCPConn).SetLinger(0))
	must(t, c.Close())
}

// Rows R4, M3 and X18: clients that reset do not stop a loop that selects among events, and each
// event leads to one client or to none.
func TestReadyReset(t *testing.T) {
	for name, c := range listeners(t) {
		t.Run(name, func(t *testing.T) {
			l := listen(t, c)
			for range 10 {
				reset(t, l)
			}
			alarm := time.NewTimer(200 * time.Millisecond)
			for loop := true; loop; {
				select {
				case <-l.Ready(ctx):
					in, out, err := l.TryAccept()
					if errors.Is(err, socket.ErrWouldBlock) {
						continue
					}
					dead := joined(t, in, out, err)
					if _, remote, err := dead.Names(); err != nil || remote.Port() == 0 {
						t.Errorf("the address of a client that has reset is %v, %v", remote, err)
					}
					if _, err := dead.ReadByte(); !errors.Is(err, syscall.ECONNRESET) {
						t.Errorf("of a client that has reset: %v", err)
					}
				case <-alarm.C:
					loop = false
				}
			}
			client := dial(t, "127.0.0.1", l.Port(), nil)
			<-l.Ready(ctx)
			in, out, err := l.TryAccept()
			talk(t, client, joined(t, in, out, err))
		})
	}
}

// Row R4: a loop may call Ready in each turn, with a context of its own each time: that leaves one
// channel and one goroutine a socket.
func TestReadyOften(t *testing.T) {
	for name, c := range listeners(t) {
		t.Run(name, func(t *testing.T) {
			l := listen(t, c)
			before := runtime.NumGoroutine()
			var channels []<-chan struct{}
			for range 1000 {
				turn, cancel := context.WithCancel(ctx)
				channels = append(channels, l.Ready(turn))
				cancel()
			}
			if n := runtime.NumGoroutine() - before; n > 4 {
				t.Errorf("1000 calls have left %d goroutines", n)
			}
			client := dial(t, "127.0.0.1", l.Port(), nil)
			for _, ready := range channels {
				<-ready
			}
			talk(t, client, accept(t, l))
			ended, cancel := context.WithCancel(ctx)
			cancel()
			if l.Ready(ended) != nil {
				t.Error("a context that has ended has a channel")
			}
		})
	}
}

// Row X24: many goroutines accept, some with contexts that end at any moment, beside calls of
// Ready: no client is lost, and none served twice.
func TestAcceptStorm(t *testing.T) {
	for name, c := range listeners(t) {
		t.Run(name, func(t *testing.T) {
			l := listen(t, c)
			hosts := []string{"127.0.0.1"}
			if len(l.Sockets()) > 1 {
				hosts = append(hosts, elsewhere(t)...)
			}
			var servers sync.WaitGroup
			var served atomic.Int32
			for i := range 64 {
				servers.Go(func() {
					for n := 0; ; n++ {
						wait := time.Hour
						if i%2 == 0 {
							wait = time.Duration(n%7) * 100 * time.Microsecond
						}
						turn, cancel := context.WithTimeout(ctx, wait)
						if i%8 == 0 {
							l.Ready(turn)
						}
						d, err := l.AcceptDuplex(turn)
						cancel()
						switch {
						case errors.Is(err, socket.ErrClosed):
							return
						case errors.Is(err, socket.ErrTimeout):
							time.Sleep(time.Millisecond) // so that the others get to run
							continue
						case err != nil:
							t.Error(err)
							return
						}
						served.Add(1)
						d.WriteByte('.')
						d.Close()
					}
				})
			}
			const each = 50
			var clients sync.WaitGroup
			for i := range 8 {
				clients.Go(func() {
					for range each {
						c, err := net.Dial("tcp",
							net.JoinHostPort(hosts[i%len(hosts)], l.Service()))
						if err != nil {
							t.Error(err)
							return
						}
						if b, err := io.ReadAll(c); string(b) != "." || err != nil {
							t.Errorf("%q, %v", b, err)
						}
						c.Close()
					}
				})
			}
			clients.Wait()
			must(t, l.Close())
			servers.Wait()
			if n := served.Load(); n != 8*each {
				t.Errorf("%d clients were served of %d", n, 8*each)
			}
		})
	}
}

// The end of a context is the same error over one socket and over several.
func TestAcceptContextCause(t *testing.T) {
	for name, c := range listeners(t) {
		t.Run(name, func(t *testing.T) {
			l := listen(t, c)
			cause := errors.New("my cause")
			ended, cancel := context.WithTimeoutCause(ctx, time.Millisecond, cause)
			defer cancel()
			for range 2 { // the second time it has ended before
				_, _, err := l.Accept(ended)
				is(t, err, cause)
				is(t, err, socket.ErrTimeout)
				is(t, err, context.DeadlineExceeded)
				if e, ok := errors.AsType[*socket.Error](err); !ok || e.Op != "accept" ||
					e.Local != l.Addrs()[0] {
					t.Errorf("%T: %v", err, err)
				}
			}
		})
	}
}

// Over several sockets the shortest AcceptTimeout counts, whichever socket has it.
func TestAcceptTimeoutOfOne(t *testing.T) {
	l := listen(t, listeners(t)["several"])
	for i, s := range l.Sockets() {
		p := socket.DefaultParams()
		p.AcceptTimeout = time.Millisecond
		must(t, s.SetParams(p))
		bounded, cancel := context.WithTimeout(ctx, 5*time.Second)
		_, _, err := l.Accept(bounded)
		cancel()
		is(t, err, socket.ErrTimeout)
		if errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("that of socket %d does not count: %v", i, err)
		}
		p.AcceptTimeout = 0
		must(t, s.SetParams(p))
	}
}

// Rows C2 and M3: the parameters at accept time can be changed while the listener listens.
func TestListenerParams(t *testing.T) {
	for name, c := range listeners(t) {
		t.Run(name, func(t *testing.T) {
			l := listen(t, c)
			sp, pp := l.Params()
			if sp != socket.DefaultParams() || pp != ports.DefaultParams() {
				t.Errorf("%+v, %+v", sp, pp)
			}
			sp.AcceptTimeout, sp.SendSize, pp.LineEnding = time.Millisecond, 7, "!"
			must(t, l.SetParams(sp, pp))
			_, _, err := l.Accept(ctx)
			is(t, err, socket.ErrTimeout)
			sp.AcceptTimeout = 0
			must(t, l.SetParams(sp, pp))
			client := dial(t, "127.0.0.1", l.Port(), nil)
			server := accept(t, l)
			_, err = client.WriteString("one!two!")
			must(t, err)
			if line, err := server.ReadLine(); line != "one" || err != nil {
				t.Errorf("%q, %v", line, err)
			}
			if n := server.Socket().Params().SendSize; n != 7 {
				t.Error(n)
			}
			if err := l.SetParams(socket.Params{SendTimeout: -1}, pp); err == nil ||
				!strings.Contains(err.Error(), "SendTimeout") {
				t.Error(err)
			}
			if err := l.SetParams(sp, ports.Params{SendBufferSize: -1}); err == nil ||
				!strings.Contains(err.Error(), "SendBufferSize") {
				t.Error(err)
			}
			if _, got := l.Params(); got != pp {
				t.Errorf("%+v", got)
			}
		})
	}
}

// Row R1: sockets that a parent or systemd made become a listener: of TCP, of AF_UNIX, several at
// once.
func TestNewListener(t *testing.T) {
	path := filepath.Join(t.TempDir(), "socket")
	local, err := socket.New(constants.AF_UNIX, constants.SOCK_STREAM, 0)
	must(t, err)
	name, err := sockaddr.Unix(path)
	must(t, err)
	must(t, local.Bind(name))
	inet, err := socket.New(constants.AF_INET, constants.SOCK_STREAM, 0)
	must(t, err)
	defer inet.Close()
	defer local.Close()
	must(t, inet.Bind(sockaddr.MustParse("127.0.0.1")))
	must(t, inet.Listen(5))
	for _, bad := range [][]*socket.Socket{nil, {nil}, {local}, {inet, local}} {
		_, err = tcp.NewListener(nil, bad...)
		is(t, err, syscall.EINVAL)
	}
	must(t, local.Listen(5))
	l, err := tcp.NewListener(nil, inet, local)
	must(t, err)
	defer l.Close()
	talk(t, dial(t, "127.0.0.1", l.Port(), nil), accept(t, l))
	c, err := net.Dial("unix", path)
	must(t, err)
	defer c.Close()
	server := accept(t, l)
	_, err = c.Write([]byte("hello\n"))
	must(t, err)
	if line, err := server.ReadLine(); line != "hello" || err != nil {
		t.Errorf("%q, %v", line, err)
	}
	waiting, err := net.Dial("unix", path)
	must(t, err)
	defer waiting.Close()
	must(t, l.Close())
	if n, err := waiting.Read(make([]byte, 1)); n != 0 || err != io.EOF {
		t.Errorf("a client that waited sees %d, %v", n, err)
	}
	_, _, err = l.Accept(ctx)
	is(t, err, socket.ErrClosed)
	_, err = tcp.NewListener(nil, inet)
	is(t, err, socket.ErrClosed)
}

// Small writes are not kept back, unless that is asked for.
func TestNagle(t *testing.T) {
	l := listen(t, &tcp.Config{Host: "127.0.0.1"})
	kept := listen(t, &tcp.Config{Host: "127.0.0.1", Nagle: true})
	for _, test := range []struct {
		l    *tcp.Listener
		c    *tcp.Config
		want [2]bool
	}{
		{l, nil, [2]bool{true, true}},
		{kept, &tcp.Config{Nagle: true}, [2]bool{false, false}},
	} {
		client, server := both(t, test.l, "127.0.0.1", test.c)
		for i, c := range []conn{client, server} {
			if on, err := sockopt.TCPNoDelay.Get(c.Socket()); on != test.want[i] || err != nil {
				t.Errorf("TCP_NODELAY is %t, %v, want %t", on, err, test.want[i])
			}
		}
	}
}

// The zero Listener and nil are closed ones.
func TestZeroListener(t *testing.T) {
	for _, l := range []*tcp.Listener{nil, {}} {
		_, _, err := l.Accept(ctx)
		is(t, err, socket.ErrClosed)
		_, _, err = l.TryAccept()
		is(t, err, socket.ErrClosed)
		_, err = l.AcceptDuplex(ctx)
		is(t, err, socket.ErrClosed)
		_, err = l.AcceptReady()
		is(t, err, socket.ErrClosed)
		<-l.Ready(ctx)
		_, _, err = l.Names()
		is(t, err, socket.ErrClosed)
		is(t, l.SetParams(socket.Params{}, ports.Params{}), socket.ErrClosed)
		if l.Port() != 0 || l.Service() != "0" || l.Addrs() != nil || l.Sockets() != nil ||
			l.Socket() != nil || l.Close() != nil {
			t.Error("the zero Listener has something")
		}
		l.Params()
	}
}

// Row M1: a service may be a number.
func TestServiceNumber(t *testing.T) {
	l, err := tcp.Listen(ctx, 0, &tcp.Config{Host: "127.0.0.1"})
	must(t, err)
	defer l.Close()
	client, err := tcp.DialDuplex(ctx, "127.0.0.1", l.Port(), nil)
	must(t, err)
	talk(t, conn{client}, accept(t, l))
	must(t, client.Close())
	for _, port := range []int{-1, 65536} {
		if _, err = tcp.Listen(ctx, port, nil); err == nil {
			t.Error("listens at", port)
		}
		if _, _, err = tcp.Dial(ctx, "127.0.0.1", port, nil); err == nil {
			t.Error("connects to", port)
		}
	}
}

// TestAcceptTimeoutOnce: AcceptTimeout is that of a call, and does not begin anew for a client that
// reset, or that another took first. Here clients come much more often than it lasts, and whoever
// makes them takes them.
func TestAcceptTimeoutOnce(t *testing.T) {
	const timeout = 100 * time.Millisecond
	// So that Accept is not scheduled before the client is taken.
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	for name, c := range listeners(t) {
		t.Run(name, func(t *testing.T) {
			l := listen(t, c)
			for _, s := range l.Sockets() {
				p := s.Params()
				p.AcceptTimeout = timeout
				must(t, s.SetParams(p))
			}
			ended := make(chan error, 1)
			go func() {
				for {
					in, out, err := l.Accept(ctx)
					if err != nil {
						ended <- err
						return
					}
					in.Close()
					out.Close()
				}
			}()
			tick := time.NewTicker(timeout / 20)
			defer tick.Stop()
			limit := time.After(50 * timeout)
			for {
				reset(t, l)
				for _, s := range l.Sockets() {
					if dead, _, err := s.TryAccept(); err == nil {
						dead.Close()
					}
				}
				select {
				case err := <-ended:
					is(t, err, socket.ErrTimeout)
					return
				case <-limit:
					t.Errorf("Accept waits as long as clients come, not %v", timeout)
					must(t, l.Close())
					<-ended
					return
				case <-tick.C:
				}
			}
		})
	}
}
