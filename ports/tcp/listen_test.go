package tcp_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"example.com/bsdsocket/addrinfo"
	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/internal/testenv"
	"example.com/bsdsocket/ports"
	"example.com/bsdsocket/ports/tcp"
	"example.com/bsdsocket/sockaddr"
	"example.com/bsdsocket/socket"
	"example.com/bsdsocket/sockopt"
)

// Rows C1, C3 and M2: port 0 is a free port, which Port tells; a listener without a host takes
// clients to every address.
func TestListen(t *testing.T) {
	l := listen(t, nil)
	if l.Port() <= 0 || l.Port() > 65535 {
		t.Fatal("port", l.Port())
	}
	sockets, addrs := l.Sockets(), l.Addrs()
	if len(sockets) != len(addrs) || l.Socket() != sockets[0] {
		t.Fatal(sockets, addrs)
	}
	for i, s := range sockets {
		if name, err := s.Name(); name != addrs[i] || err != nil || name.Port() != l.Port() ||
			s.FD() < 0 {
			t.Errorf("socket %d is bound to %v, %v, want %v", i, name, err, addrs[i])
		}
	}
	client, server := both(t, l, "127.0.0.1", nil)
	talk(t, client, server)
	client, server = both(t, l, "localhost", nil)
	talk(t, client, server)
}

// Row C1: a host limits who may connect to that address.
func TestListenHost(t *testing.T) {
	l := listen(t, &tcp.Config{Host: "127.0.0.1"})
	if addrs := l.Addrs(); len(addrs) != 1 || addrs[0].Address() != "127.0.0.1" {
		t.Error(addrs)
	}
	client, server := both(t, l, "127.0.0.1", nil)
	talk(t, client, server)
	for _, host := range elsewhere(t) {
		_, _, err := tcp.Dial(ctx, host, service(l), nil)
		is(t, err, syscall.ECONNREFUSED)
		is(t, err, socket.ErrTransient)
	}
}

// elsewhere returns addresses of this machine other than 127.0.0.1.
func elsewhere(t *testing.T) (hosts []string) {
	t.Helper()
	for _, host := range []string{"127.0.0.2", "::1"} {
		s, err := socket.New(sockaddr.MustParse(host).Family(), constants.SOCK_STREAM, 0)
		if err != nil {
			continue
		}
		if s.Bind(sockaddr.MustParse(host)) == nil {
			hosts = append(hosts, host)
		}
		s.Close()
	}
	if len(hosts) == 0 {
		t.Skip("needs an address beside 127.0.0.1: there is none")
	}
	return hosts
}

// Row R1: one socket an address family, IPv6 ones for IPv6 alone, all with one port.
func TestListenFamilies(t *testing.T) {
	testenv.Needs(t, testenv.IPv6Loopback)
	// A family is not lacking because a name has an address that is not this machine's (here of
	// documentation, RFC 3849).
	_, err := tcp.Listen(ctx, "0", &tcp.Config{Host: "two.test",
		Resolver: resolver(t, map[string][]string{"two.test": {"127.0.0.1", "2001:db8::1"}})})
	is(t, err, syscall.EADDRNOTAVAIL)
	if !strings.Contains(err.Error(), "2001:db8::1") {
		t.Errorf("%q does not say which address", err)
	}
	all := listen(t, nil)
	named := listen(t, &tcp.Config{Host: "two.test",
		Resolver: resolver(t, map[string][]string{"two.test": {"127.0.0.1", "::1"}})})
	for _, l := range []*tcp.Listener{all, named} {
		families := map[constants.Family]bool{}
		for i, s := range l.Sockets() {
			families[s.Family()] = true
			if s.Family() == constants.AF_INET6 {
				if only, err := sockopt.IPv6V6Only.Get(s); !only || err != nil {
					t.Error("the IPv6 socket is not for IPv6 alone:", err)
				}
			}
			if p := l.Addrs()[i].Port(); p != l.Port() {
				t.Error("port", p, "and", l.Port())
			}
		}
		if len(families) != 2 || len(l.Sockets()) != 2 {
			t.Errorf("sockets of %v", l.Addrs())
		}
		for _, host := range []string{"::1", "127.0.0.1"} {
			client, server := both(t, l, host, nil)
			talk(t, client, server)
			if _, remote, err := ports.Addresses(server); remote != host || err != nil {
				t.Error(remote, err)
			}
		}
	}
}

// Row R1: a port that is free at one address and in use at the other is not the listener's, in a
// namespace that has but a few.
func TestListenSamePort(t *testing.T) {
	testenv.Needs(t, testenv.IPv6Loopback)
	ns := testenv.NetNS(t)
	ns.Sysctl("net.ipv4.ip_local_port_range", "40000 40003")
	r := resolver(t, map[string][]string{"two.test": {"127.0.0.1", "::1"}})
	ns.Do(func() {
		busy := map[int]bool{}
		for range 4 {
			l := listen(t, &tcp.Config{Host: "two.test", Resolver: r})
			if len(l.Addrs()) != 2 || l.Addrs()[0].Port() != l.Addrs()[1].Port() || busy[l.Port()] {
				t.Error(l.Addrs(), "while in use are", busy)
			}
			must(t, l.Close())
			busy[listen(t, &tcp.Config{Host: "127.0.0.1"}).Port()] = true
		}
		for port := range busy {
			_, err := tcp.Listen(ctx, strconv.Itoa(port),
				&tcp.Config{Host: "two.test", Resolver: r})
			is(t, err, syscall.EADDRINUSE)
		}
		_, err := tcp.Listen(ctx, "0", &tcp.Config{Host: "two.test", Resolver: r})
		is(t, err, syscall.EADDRINUSE)
	})
}

// Row R1: several addresses of one family.
func TestListenAddresses(t *testing.T) {
	hosts := elsewhere(t)
	r := resolver(t, map[string][]string{"many.test": append(hosts, "127.0.0.1", "127.0.0.1")})
	l := listen(t, &tcp.Config{Host: "many.test", Resolver: r})
	if len(l.Addrs()) != len(hosts)+1 {
		t.Error(l.Addrs())
	}
	for _, host := range append(hosts, "127.0.0.1") {
		client, server := both(t, l, host, nil)
		talk(t, client, server)
	}
}

// Row R1: an address family that is switched off is left out without an error, unless there is no
// other.
func TestListenWithoutIPv6(t *testing.T) {
	ns := testenv.NetNS(t)
	ns.Sysctl("net.ipv6.conf.all.disable_ipv6", "1")
	r := resolver(t, map[string][]string{"two.test": {"127.0.0.1", "::1"}, "six.test": {"::1"}})
	ns.Do(func() {
		l := listen(t, &tcp.Config{Host: "two.test", Resolver: r})
		if addrs := l.Addrs(); len(addrs) != 1 || addrs[0].Address() != "127.0.0.1" {
			t.Error(addrs)
		}
		client, server := both(t, l, "127.0.0.1", nil)
		talk(t, client, server)
		_, err := tcp.Listen(ctx, "0", &tcp.Config{Host: "six.test", Resolver: r})
		is(t, err, syscall.EADDRNOTAVAIL)
		// An address that is nobody's is an error also beside others.
		_, err = tcp.Listen(ctx, "0", &tcp.Config{Host: "192.0.2.1"})
		is(t, err, syscall.EADDRNOTAVAIL)
		all := listen(t, nil)
		client, server = both(t, all, "127.0.0.1", nil)
		talk(t, client, server)
		// Row R3: Dial goes on from an address for which there are no means.
		client, server = both(t, l, "two.test", &tcp.Config{Resolver: r})
		talk(t, client, server)
	})
}

// Row M2: a port in use is an error that says which, and leaves nothing open.
func TestListenBusy(t *testing.T) {
	l := listen(t, nil)
	for _, c := range []*tcp.Config{nil, {Host: "127.0.0.1"}, {NoReuseAddress: true}} {
		_, err := tcp.Listen(ctx, service(l), c)
		is(t, err, syscall.EADDRINUSE)
		if !strings.Contains(err.Error(), ":"+service(l)) {
			t.Errorf("%q does not say which port", err)
		}
	}
}

// Row R2: reuse takes a port whose earlier connections are in TIME_WAIT, and without it there is
// none.
func TestReuseAddress(t *testing.T) {
	l := listen(t, &tcp.Config{Host: "127.0.0.1"})
	client, server := both(t, l, "127.0.0.1", nil)
	must(t, server.Close()) // who closes first waits
	_, err := client.Peek(1)
	is(t, err, io.EOF)
	must(t, client.Close())
	must(t, l.Close())
	for _, reuse := range []bool{false, true} {
		again, err := tcp.Listen(ctx, service(l),
			&tcp.Config{Host: "127.0.0.1", NoReuseAddress: !reuse})
		if (err == nil) != reuse || err != nil && !errors.Is(err, syscall.EADDRINUSE) {
			t.Errorf("with reuse %t: %v", reuse, err)
		}
		if err == nil {
			if on, err := sockopt.SOReuseAddress.Get(again.Socket()); !on || err != nil {
				t.Error(on, err)
			}
			again.Close()
		}
	}
}

// Rows C1, R2 and X12: the backlog, by default the system's maximum, which is package net's too.
func TestBacklog(t *testing.T) {
	n, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer n.Close()
	s, err := socket.FromConn(n.(*net.TCPListener))
	must(t, err)
	defer s.Close()
	_, most, ok := queue(t, s)
	if !ok {
		t.Skip("needs a system that tells the backlog: it has no TCP_INFO, or is an emulator")
	}
	for n, want := range map[int]int{0: most, 1: 1, 7: 7, 100: 100, math.MaxInt: most} {
		l := listen(t, &tcp.Config{Backlog: n, Host: "127.0.0.1"})
		if _, backlog, _ := queue(t, l.Socket()); backlog != want {
			t.Errorf("with %d the backlog is %d, want %d", n, backlog, want)
		}
	}
}

// Rows C2 and R4: nothing to accept, something to accept, and a timeout; over one socket and over
// several.
func TestAcceptReady(t *testing.T) {
	for name, c := range listeners(t) {
		t.Run(name, func(t *testing.T) {
			c.Socket = socketParams(func(p *socket.Params) {
				p.AcceptTimeout = 10 * time.Millisecond
			})
			l := listen(t, c)
			ready := func(want bool) {
				t.Helper()
				if got, err := l.AcceptReady(); got != want || err != nil {
					t.Fatalf("%t, %v, want %t", got, err, want)
				}
			}
			ready(false)
			// Far more than AcceptTimeout.
			bounded, cancel := context.WithTimeout(ctx, 5*time.Second)
			defer cancel()
			_, _, err := l.Accept(bounded)
			is(t, err, socket.ErrTimeout)
			if errors.Is(err, context.DeadlineExceeded) {
				t.Error("the timeout says that the caller's context has ended:", err)
			}
			client := dial(t, "127.0.0.1", service(l), nil)
			<-l.Ready(ctx) // its last packet may be on its way
			ready(true)
			ready(true)
			server := accept(t, l)
			ready(false)
			talk(t, client, server)
		})
	}
}

// listeners are ways to listen at 127.0.0.1: with one socket, and with as many as there can be.
func listeners(t *testing.T) map[string]*tcp.Config {
	return map[string]*tcp.Config{
		"one socket": {Host: "127.0.0.1"},
		"several": {Host: "many.test", Resolver: resolver(t,
			map[string][]string{"many.test": append(elsewhere(t), "127.0.0.1")})},
	}
}

// Rows C2 and E19: the timeouts of a connection are those that the listener had when it was
// accepted.
func TestTimeoutsInherited(t *testing.T) {
	l := listen(t,
		&tcp.Config{Socket: socketParams(func(p *socket.Params) {
			p.ReceiveTimeout, p.SendSize = 10*time.Millisecond, 7
		})})
	client, server := both(t, l, "127.0.0.1", nil)
	for _, s := range l.Sockets() {
		must(t, s.SetParams(socket.Params{}))
	}
	_, err := server.ReadByte()
	is(t, err, socket.ErrTimeout)
	_, err = client.WriteLine("It is usable still.")
	must(t, err)
	must(t, server.Socket().WaitReceive(ctx))
	if line, err := server.ReadLine(); line != "It is usable still." || err != nil {
		t.Errorf("%q, %v", line, err)
	}
	if p := server.Socket().Params(); p.SendSize != 7 {
		t.Errorf("%+v", p)
	}
	if p := client.Socket().Params(); p != socket.DefaultParams() {
		t.Errorf("by default %+v", p)
	}
	_, other := both(t, l, "127.0.0.1", nil)
	if p := other.Socket().Params(); p != (socket.Params{}) {
		t.Errorf("of the next: %+v", p)
	}
}

// Row R10: a context ends Accept, over one socket and over several, and takes no client with it.
func TestAcceptContext(t *testing.T) {
	for name, c := range listeners(t) {
		t.Run(name, func(t *testing.T) {
			l := listen(t, c)
			ended, cancel := context.WithCancel(ctx)
			result := make(chan error)
			go func() {
				_, _, err := l.Accept(ended)
				result <- err
			}()
			cancel()
			is(t, <-result, context.Canceled)
			late, cancel := context.WithTimeout(ctx, 10*time.Millisecond)
			defer cancel()
			_, _, err := l.Accept(late)
			is(t, err, context.DeadlineExceeded)
			is(t, err, socket.ErrTimeout)
			client := dial(t, "127.0.0.1", service(l), nil)
			_, _, err = l.Accept(ended)
			is(t, err, context.Canceled)
			talk(t, client, accept(t, l))
		})
	}
}

// Row R1: clients at all addresses are accepted in turn, so that none waits behind those of
// another.
func TestAcceptFair(t *testing.T) {
	hosts := append(elsewhere(t), "127.0.0.1")
	l := listen(t, &tcp.Config{Host: "many.test",
		Resolver: resolver(t, map[string][]string{"many.test": hosts})})
	const each = 10
	for _, host := range hosts {
		for range each {
			dial(t, host, service(l), nil)
		}
	}
	queued(t, l, each*len(hosts))
	served := map[string]int{}
	for i := range each * len(hosts) {
		local, _, err := ports.Addresses(accept(t, l))
		must(t, err)
		served[local]++
		for _, host := range hosts {
			if n := served[host]; n < (i+1)/len(hosts)-1 || n > i/len(hosts)+1 {
				t.Fatalf("of the first %d clients: %v", i+1, served)
			}
		}
	}
}

// Many goroutines accept from several sockets, and every client is served once.
func TestAcceptConcurrently(t *testing.T) {
	for name, c := range listeners(t) {
		t.Run(name, func(t *testing.T) {
			l := listen(t, c)
			hosts := []string{"127.0.0.1"}
			if len(l.Sockets()) > 1 {
				hosts = append(hosts, elsewhere(t)...)
			}
			var all sync.WaitGroup
			var served sync.Map
			for range 5 {
				all.Go(func() {
					for {
						in, out, err := l.Accept(ctx)
						if err != nil {
							if !errors.Is(err, socket.ErrClosed) {
								t.Error(err)
							}
							return
						}
						name, _ := in.ReadLine()
						if _, twice := served.LoadOrStore(name, true); twice {
							t.Error(name, "was accepted twice")
						}
						out.WriteLine("Hello, " + name)
						out.Close()
						in.Close()
					}
				})
			}
			var clients sync.WaitGroup
			for i := range 60 {
				clients.Go(func() {
					c, err := net.Dial("tcp", net.JoinHostPort(hosts[i%len(hosts)], service(l)))
					if err != nil {
						t.Error(err)
						return
					}
					defer c.Close()
					fmt.Fprintln(c, i)
					if got, err := io.ReadAll(c); string(got) != fmt.Sprintf("Hello, %d\n", i) ||
						err != nil {
						t.Errorf("client %d: %q, %v", i, got, err)
					}
				})
			}
			clients.Wait()
			must(t, l.Close())
			all.Wait()
		})
	}
}

// Row R4: a channel for select. Not chosen, nothing is accepted.
func TestReady(t *testing.T) {
	for name, c := range listeners(t) {
		t.Run(name, func(t *testing.T) {
			l := listen(t, c)
			waiting, cancel := context.WithCancel(ctx)
			defer cancel()
			ready := l.Ready(waiting)
			select {
			case <-ready:
				t.Fatal("ready without a client")
			default:
			}
			client := dial(t, "127.0.0.1", service(l), nil)
			<-ready
			// It was chosen, but not accepted; and it may be chosen again.
			if ok, err := l.AcceptReady(); !ok || err != nil {
				t.Fatal("the client was accepted:", err)
			}
			<-l.Ready(waiting)
			talk(t, client, accept(t, l))
			// The end of the context is no client.
			ready = l.Ready(waiting)
			cancel()
			select {
			case <-ready:
				t.Error("ready because the context has ended")
			case <-time.After(20 * time.Millisecond):
			}
			// The end of the listener is for Accept to tell.
			ready = l.Ready(ctx)
			must(t, l.Close())
			<-ready
			_, _, err := l.Accept(ctx)
			is(t, err, socket.ErrClosed)
			<-l.Ready(ctx)
		})
	}
}

// Row R4: the channel does not keep others from accepting.
func TestReadyBesideAccept(t *testing.T) {
	for name, c := range listeners(t) {
		t.Run(name, func(t *testing.T) {
			l := listen(t, c)
			waiting, cancel := context.WithCancel(ctx)
			defer cancel()
			for range 3 {
				l.Ready(waiting)
			}
			accepted := make(chan error)
			go func() {
				in, out, err := l.Accept(ctx)
				if err == nil {
					err = errors.Join(in.Close(), out.Close())
				}
				accepted <- err
			}()
			dial(t, "127.0.0.1", service(l), nil)
			must(t, <-accepted)
		})
	}
}

// Rows R5 and M4: clients not yet accepted see the end of the stream, those accepted live on, and
// what waits on the listener or uses it later fails.
func TestListenerClose(t *testing.T) {
	for name, c := range listeners(t) {
		t.Run(name, func(t *testing.T) {
			l := listen(t, c)
			client, server := both(t, l, "127.0.0.1", nil)
			var waiting []net.Conn
			for i := range 5 {
				c, err := net.Dial("tcp", net.JoinHostPort("127.0.0.1", service(l)))
				must(t, err)
				defer c.Close()
				if i > 0 { // also of clients that have sent something
					_, err = c.Write(make([]byte, 5000*i))
					must(t, err)
				}
				waiting = append(waiting, c)
				arrived(t, c)
			}
			queued(t, l, len(waiting))
			must(t, l.Close())
			must(t, l.Close())
			for i, c := range waiting {
				if got, err := io.ReadAll(c); len(got) > 0 || err != nil {
					t.Errorf("waiting client %d: %q, %v, want the end", i, got, err)
				}
			}
			talk(t, client, server)
			_, _, err := l.Accept(ctx)
			is(t, err, socket.ErrClosed)
			_, err = l.AcceptReady()
			is(t, err, socket.ErrClosed)
			_, _, err = ports.Addresses(l)
			is(t, err, socket.ErrClosed)
			_, _, err = tcp.Dial(ctx, "127.0.0.1", service(l), nil)
			is(t, err, syscall.ECONNREFUSED)
			for _, s := range l.Sockets() {
				if s.FD() >= 0 {
					t.Error(s, "is open")
				}
			}
			if l.Port() == 0 || len(l.Addrs()) == 0 {
				t.Error("the closed listener has forgotten its port")
			}
		})
	}
}

// Row R5: also when as many clients wait as can.
func TestListenerCloseFull(t *testing.T) {
	l, clients := full(t)
	must(t, l.Close())
	for i, c := range clients {
		if got, err := io.ReadAll(c); len(got) > 0 || err != nil {
			t.Errorf("waiting client %d: %q, %v, want the end", i, got, err)
		}
	}
}

// Row R5: also with the largest backlog.
func TestListenerCloseBacklog(t *testing.T) {
	l := listen(t, &tcp.Config{Host: "127.0.0.1", Backlog: math.MaxInt})
	c, err := net.Dial("tcp", net.JoinHostPort("127.0.0.1", service(l)))
	must(t, err)
	defer c.Close()
	must(t, l.Socket().WaitReceive(ctx))
	must(t, l.Close())
	if _, err = c.Read(make([]byte, 1)); err != io.EOF {
		t.Error("the waiting client sees", err)
	}
}

// Row R5: Close ends the calls that wait.
func TestListenerCloseWaiting(t *testing.T) {
	for name, c := range listeners(t) {
		t.Run(name, func(t *testing.T) {
			l := listen(t, c)
			results := make(chan error)
			for range 4 {
				go func() {
					_, _, err := l.Accept(ctx)
					results <- err
				}()
			}
			must(t, l.Close())
			for range 4 {
				is(t, <-results, socket.ErrClosed)
			}
		})
	}
}

// Row M4: closing a connection leaves the server.
func TestConnectionClose(t *testing.T) {
	l := listen(t, nil)
	for range 3 {
		client, server := both(t, l, "127.0.0.1", nil)
		talk(t, client, server)
		must(t, server.Close())
		_, err := client.ReadByte()
		is(t, err, io.EOF)
		must(t, client.Close())
	}
}

// A client that resets its connection before it is accepted is not the server's error.
func TestAcceptReset(t *testing.T) {
	l := listen(t, &tcp.Config{Host: "127.0.0.1"})
	for range 3 {
		c, err := net.Dial("tcp", net.JoinHostPort("127.0.0.1", service(l)))
		must(t, err)
		must(t, c.(*net.TCPConn).SetLinger(0))
		must(t, c.Close())
	}
	client := dial(t, "127.0.0.1", service(l), nil)
	name, err := client.Socket().Name()
	must(t, err)
	for {
		server := accept(t, l)
		_, remote, err := server.Names()
		must(t, err)
		if remote == name {
			talk(t, client, server)
			return
		}
		_, err = server.ReadByte() // its reset came between
		is(t, err, syscall.ECONNRESET)
	}
}

// Row R8: the addresses of listeners.
func TestListenerAddresses(t *testing.T) {
	for host, want := range map[string]string{"": "0.0.0.0", "127.0.0.1": "127.0.0.1", "::1": "::1",
		"0.0.0.0": "0.0.0.0"} {
		if host == "::1" {
			testenv.Needs(t, testenv.IPv6Loopback)
		}
		l := listen(t, &tcp.Config{Host: host})
		if local, remote, err := ports.Addresses(l); local != want || remote != "0.0.0.0" ||
			err != nil {
			t.Errorf("%q: %q, %q, %v", host, local, remote, err)
		}
		if local, remote, err := ports.PortNumbers(l); local != l.Port() || remote != 0 ||
			err != nil {
			t.Errorf("%q: %d, %d, %v", host, local, remote, err)
		}
	}
}

// Options are set before a socket is bound, and what fails there is the error.
func TestPrepare(t *testing.T) {
	prepared := 0
	l := listen(t, &tcp.Config{Host: "127.0.0.1",
		Prepare: func(_ context.Context, s *socket.Socket, _ addrinfo.Info) error {
			prepared++
			if name, err := s.Name(); name.IsValid() || err != nil {
				t.Error("it is bound already:", name, err)
			}
			return sockopt.SOKeepAlive.Set(s, true)
		}})
	if on, err := sockopt.SOKeepAlive.Get(l.Socket()); !on || err != nil || prepared != 1 {
		t.Error(on, err, prepared)
	}
	client := dial(t, "127.0.0.1", service(l),
		&tcp.Config{Prepare: func(_ context.Context, s *socket.Socket, _ addrinfo.Info) error {
			return sockopt.SOKeepAlive.Set(s, true)
		}})
	if on, err := sockopt.SOKeepAlive.Get(client.Socket()); !on || err != nil {
		t.Error(on, err)
	}
	broken := errors.New("broken")
	for _, fails := range []error{broken, socket.ErrUnsupported} {
		c := &tcp.Config{Prepare: func(context.Context, *socket.Socket, addrinfo.Info) error {
			return fails
		}}
		_, err := tcp.Listen(ctx, "0", c)
		is(t, err, fails)
		_, _, err = tcp.Dial(ctx, "127.0.0.1", service(l), c)
		is(t, err, fails)
	}
}

// Row R9: the listener and all of its connections close with their custodian, once, also while they
// wait.
func TestCustodian(t *testing.T) {
	var c ports.Custodian
	l := listen(t, &tcp.Config{Custodian: &c})
	outside := dial(t, "127.0.0.1", service(l), nil)
	served := accept(t, l)
	client, server := both(t, l, "127.0.0.1", &tcp.Config{Custodian: &c})
	if n := c.Len(); n != 7 {
		t.Error("the custodian has", n)
	}
	must(t, server.Close())
	if n := c.Len(); n != 5 {
		t.Error("after a connection has closed, the custodian has", n)
	}
	results := make(chan error)
	go func() { _, _, err := l.Accept(ctx); results <- err }()
	go func() { _, err := served.ReadLine(); results <- err }()
	must(t, c.Close())
	for range 2 {
		is(t, <-results, socket.ErrClosed)
	}
	if _, err := outside.ReadByte(); err != io.EOF {
		t.Error("the peer sees", err)
	}
	if client.Socket().FD() >= 0 || served.Socket().FD() >= 0 || l.Socket().FD() >= 0 {
		t.Error("something is open")
	}
	_, err := tcp.Listen(ctx, "0", &tcp.Config{Custodian: &c})
	is(t, err, socket.ErrClosed)
	other := listen(t, nil)
	_, _, err = tcp.Dial(ctx, "127.0.0.1", service(other), &tcp.Config{Custodian: &c})
	is(t, err, socket.ErrClosed)
	var d ports.Custodian
	l = listen(t, &tcp.Config{Custodian: &d})
	must(t, l.Close())
	if n := d.Len(); n != 0 {
		t.Error("a closed listener has not left its custodian:", n)
	}
}

// The parameters that a Config points to are read while Listen runs, and not by Accept.
func TestConfigCopied(t *testing.T) {
	socketParams, portParams := socket.DefaultParams(), ports.Params{SendBufferSize: 100}
	l := listen(t, &tcp.Config{Host: "127.0.0.1", Socket: &socketParams, Ports: &portParams})
	socketParams.SendSize, portParams.SendBufferSize = -1, -1
	_, server := both(t, l, "127.0.0.1", nil)
	if _, size := server.Buffering(); size != 100 {
		t.Error("the send buffer has", size)
	}
}

// Package socket takes a nil context as the background, and so does everything here.
func TestNilContext(t *testing.T) {
	var none context.Context
	custodian := ports.NewCustodian(none)
	for name, c := range listeners(t) {
		t.Run(name, func(t *testing.T) {
			for _, in := range []*ports.Custodian{nil, custodian} {
				c.Custodian = in
				l, err := tcp.Listen(none, "0", c)
				must(t, err)
				defer l.Close()
				ready := l.Ready(none)
				i, o, err := tcp.Dial(none, "127.0.0.1", service(l), &tcp.Config{Custodian: in})
				client := joined(t, i, o, err)
				<-ready
				i, o, err = l.Accept(none)
				talk(t, client, joined(t, i, o, err))
			}
		})
	}
	must(t, custodian.Close())
}

// Row R9: a listener that was added stays in the custodian while one of its sockets is open, and no
// longer.
func TestCustodianListener(t *testing.T) {
	l := listen(t, nil)
	if len(l.Sockets()) < 2 {
		t.Skip("needs two address families")
	}
	var c ports.Custodian
	must(t, c.Add(l))
	must(t, l.Socket().Close())
	if n := c.Len(); n != 1 {
		t.Error("a listener with an open socket has left the custodian")
	}
	must(t, l.Close())
	if n := c.Len(); n != 0 {
		t.Error("a closed listener is still in the custodian")
	}
}

// Bad input.
func TestListenBad(t *testing.T) {
	r := resolver(t, nil)
	for name, test := range map[string]struct {
		service string
		c       tcp.Config
		says    string
	}{
		"no service":       {"", tcp.Config{}, "service"},
		"unknown service":  {"no-such-service", tcp.Config{}, "no-such-service"},
		"negative port":    {"-1", tcp.Config{}, "-1"},
		"large port":       {"65536", tcp.Config{}, "65536"},
		"unknown host":     {"0", tcp.Config{Host: "nowhere.test"}, "nowhere.test"},
		"negative backlog": {"0", tcp.Config{Backlog: -1}, "the backlog is negative"},
		"negative timeout": {"0", tcp.Config{Socket: &socket.Params{SendTimeout: -1}},
			"SendTimeout"},
		"negative buffer": {"0", tcp.Config{Ports: &ports.Params{SendBufferSize: -1}},
			"SendBufferSize"},
	} {
		test.c.Resolver = r
		_, err := tcp.Listen(ctx, test.service, &test.c)
		if err == nil || !strings.Contains(err.Error(), test.says) {
			t.Errorf("%s: %v", name, err)
		}
		if strings.HasPrefix(name, "unknown") {
			if _, ok := errors.AsType[*addrinfo.Error](err); !ok {
				t.Errorf("%s: %T", name, err)
			}
		}
	}
	ended, cancel := context.WithCancel(ctx)
	cancel()
	_, err := tcp.Listen(ended, "0", nil)
	is(t, err, context.Canceled)
}

// Row C1: names of services.
func TestListenService(t *testing.T) {
	r := resolver(t, nil)
	l, err := tcp.Listen(ctx, "greeting", &tcp.Config{Host: "127.0.0.1", Resolver: r})
	if errors.Is(err, syscall.EADDRINUSE) {
		t.Skip("needs port 4242: " + err.Error())
	}
	must(t, err)
	defer l.Close()
	if l.Port() != 4242 {
		t.Error(l.Port())
	}
	client := dial(t, "127.0.0.1:greeting", "", &tcp.Config{Resolver: r})
	talk(t, client, accept(t, l))
	want := sockaddr.FromAddrPort(netip.MustParseAddrPort("127.0.0.1:4242"))
	if l.Addrs()[0] != want {
		t.Error(l.Addrs())
	}
}
