package addrinfo_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"example.com/bsdsocket/addrinfo"
	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/internal/testenv"
	"example.com/bsdsocket/sockaddr"
	"example.com/bsdsocket/socket"
	"example.com/bsdsocket/sockopt"
)

// inside, in the environment, says that the test binary runs in the namespace that the test has
// made: the goroutines of a race run on threads of their own, which only a whole process in the
// namespace can hold there.
const inside = "BSDSOCKET_TEST_INSIDE"

// Rows E11 and X10, on a network with addresses that swallow everything, that are unreachable, and
// that routing refuses.
func TestConnectInNamespace(t *testing.T) {
	if os.Getenv(inside) == "" {
		testenv.Needs(t, testenv.NetNamespaces, testenv.IPCommand, testenv.Veth)
		ns := testenv.NetNS(t)
		ns.Run("ip", "link", "add", "v0", "type", "veth", "peer", "name", "v1")
		for _, address := range []string{"192.0.2.1/24", "2001:db8::1/64"} {
			ns.Run("ip", "address", "add", address, "dev", "v0", "nodad")
		}
		ns.Run("ip", "link", "set", "v0", "up")
		ns.Run("ip", "link", "set", "v1", "up")
		// Nobody has this hardware address, so that what is sent there disappears.
		for _, neighbour := range []string{"192.0.2.9", "2001:db8::9"} {
			ns.Run("ip", "neighbour", "add", neighbour, "lladdr", "02:00:00:00:00:09", "dev", "v0")
		}
		for _, route := range []string{"unreachable", "prohibit", "blackhole"} {
			ns.Run("ip", "route", "add", route, refusedBy[route][0]+"/32")
			ns.Run("ip", "-6", "route", "add", route, refusedBy[route][1]+"/128")
		}
		out := ns.Run("env", inside+"=1", os.Args[0], "-test.run=^TestConnectInNamespace$",
			"-test.v")
		if !strings.Contains(out, "--- PASS: TestConnectInNamespace/") {
			t.Errorf("no test ran inside:\n%s", out)
		}
		return
	}
	_, good := listen(t, "127.0.0.1", 10)
	_, good6 := listen(t, "::1", 10)
	address := func(s string) addrinfo.Info { return info(sockaddr.MustParse(s)) }
	swallowed, swallowed6 := address("192.0.2.9:80"), address("[2001:db8::9]:80")
	unreachable, noRoute := address(refusedBy["unreachable"][0]), address("[2001:db8:1::1]:80")

	for _, row := range []struct {
		name    string
		connect connectFunc
		list    []addrinfo.Info
		timeout time.Duration
		want    []addrinfo.Info // one of these
		atLeast time.Duration
	}{
		{"a swallowed address first", addrinfo.ConnectRace, []addrinfo.Info{swallowed6, good}, 0,
			[]addrinfo.Info{good}, addrinfo.AttemptDelay},
		{"two swallowed, one of each family", addrinfo.ConnectRace,
			[]addrinfo.Info{swallowed6, swallowed, good6, good}, 0,
			[]addrinfo.Info{good6, good}, 2 * addrinfo.AttemptDelay},
		{"unreachable goes on at once", addrinfo.Connect,
			[]addrinfo.Info{unreachable, noRoute, good}, 0, []addrinfo.Info{good}, 0},
		{"a swallowed address times out", addrinfo.Connect, []addrinfo.Info{swallowed, good},
			time.Second, []addrinfo.Info{good}, time.Second},
		{"a swallowed address has its share of a deadline", shared,
			[]addrinfo.Info{swallowed6, swallowed, good}, 0, []addrinfo.Info{good},
			4 * time.Second},
	} {
		t.Run(row.name, func(t *testing.T) {
			begin := time.Now()
			s, err := row.connect(t.Context(), row.list, socket.Params{ConnectTimeout: row.timeout})
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			peer, err := s.PeerName()
			if !slices.ContainsFunc(row.want, func(i addrinfo.Info) bool {
				return i.Addr == peer
			}) || err != nil {
				t.Errorf("connected to %v (%v), want %v", peer, err, row.want)
			}
			if d := time.Since(begin); d < row.atLeast {
				t.Errorf("it took %v, want no less than %v", d, row.atLeast)
			}
		})
	}
}

// refusedBy has addresses that routes of a type refuse, IPv4 and IPv6.
var refusedBy = map[string][2]string{
	"unreachable": {"198.51.100.1", "2001:db8:a::1"},
	"prohibit":    {"198.51.100.2", "2001:db8:a::2"},
	"blackhole":   {"198.51.100.3", "2001:db8:a::3"},
}

// shared is Connect in six seconds, with no timeout of its own.
func shared(ctx context.Context, list []addrinfo.Info, p socket.Params) (*socket.Socket, error) {
	ctx, cancel := context.WithTimeout(ctx, 6*time.Second)
	defer cancel()
	return addrinfo.Connect(ctx, list, p)
}

// Row E11: however the path to an address refuses it, the next address is tried.
func TestConnectGoesOnWhenThePathRefuses(t *testing.T) {
	testenv.Needs(t, testenv.NetNamespaces, testenv.IPCommand, testenv.Veth, testenv.NfTables)
	ns := testenv.NetNS(t)
	ns.Run("ip", "link", "add", "v0", "type", "veth", "peer", "name", "v1")
	ns.Run("ip", "address", "add", "192.0.2.1/24", "dev", "v0")
	ns.Run("ip", "address", "add", "2001:db8::1/64", "dev", "v0", "nodad")
	ns.Run("ip", "link", "set", "v0", "up")
	ns.Run("ip", "link", "set", "v1", "up")
	var rejected []string
	reject := func(family, typ, what, ip string) {
		ns.Run("nft", "add", "rule", "inet", "t", "out", family, "daddr", ip, "reject", "with", typ,
			"type", what)
		rejected = append(rejected, ip)
	}
	ns.Run("nft", "add", "table", "inet", "t")
	ns.Run("nft", "add", "chain", "inet", "t", "out", "{ type filter hook output priority 0; }")
	for i, what := range []string{"net-unreachable", "host-unreachable", "prot-unreachable",
		"port-unreachable", "net-prohibited", "host-prohibited", "admin-prohibited"} {
		reject("ip", "icmp", what, fmt.Sprintf("192.0.2.%d", 20+i))
	}
	for i, what := range []string{"no-route", "admin-prohibited", "addr-unreachable",
		"port-unreachable", "policy-fail", "reject-route"} {
		reject("ip6", "icmpv6", what, fmt.Sprintf("2001:db8::%d", 20+i))
	}
	ns.Run("nft", "add", "rule", "inet", "t", "out", "ip6", "daddr", "2001:db8::40", "reject",
		"with", "tcp", "reset")
	rejected = append(rejected, "2001:db8::40", "fe80::1") // the last without a scope
	for route, addresses := range refusedBy {
		ns.Run("ip", "route", "add", route, addresses[0]+"/32")
		ns.Run("ip", "-6", "route", "add", route, addresses[1]+"/128")
		rejected = append(rejected, addresses[:]...)
	}
	ns.Do(func() {
		_, good := listen(t, "127.0.0.1", 100)
		for _, ip := range rejected {
			bad := info(sockaddr.MustParse(ip).WithPort(80))
			begin := time.Now()
			s, err := addrinfo.Connect(t.Context(), []addrinfo.Info{bad, good},
				socket.Params{ConnectTimeout: time.Minute})
			if err != nil {
				t.Errorf("%s: %v", ip, err)
				continue
			}
			if peer, _ := s.PeerName(); peer != good.Addr {
				t.Errorf("%s: connected to %v", ip, peer)
			}
			s.Close()
			if d := time.Since(begin); d > 30*time.Second {
				t.Errorf("%s: it took %v", ip, d)
			}
		}
	})
}

// Nobody listens at a port of the range from which the kernel takes the source's: the socket must
// not be connected with itself.
func TestConnectToItself(t *testing.T) {
	testenv.Needs(t, testenv.IPv6Loopback)
	ns := testenv.NetNS(t)
	ns.Sysctl("net.ipv4.ip_local_port_range", "40000 40000")
	ns.Do(func() {
		for _, at := range []string{"127.0.0.1:40000", "[::1]:40000", "0.0.0.0:40000"} {
			to := info(sockaddr.MustParse(at))
			tries := 0
			c := addrinfo.Connector{Prepare: func(context.Context, *socket.Socket,
				addrinfo.Info) error {
				tries++
				return nil
			}}
			if s, err := c.Connect(t.Context(), []addrinfo.Info{to}); s != nil ||
				!errors.Is(err, syscall.ECONNREFUSED) || tries != 3 {
				t.Errorf("%s: %v, %v after %d tries", at, s, err, tries)
			}
			// The port is free for the server that starts now.
			l, err := socket.New(to.Family, constants.SOCK_STREAM, 0)
			if err != nil {
				t.Fatal(err)
			}
			if err = l.Bind(to.Addr); err != nil {
				t.Errorf("%s: %v", at, err)
			}
			l.Close()

			// Whoever asks for it gets it.
			c.Prepare = func(_ context.Context, s *socket.Socket, i addrinfo.Info) error {
				return s.Bind(i.Addr)
			}
			s, err := c.Connect(t.Context(), []addrinfo.Info{to})
			if err != nil {
				t.Errorf("%s, bound to it: %v", at, err)
				continue
			}
			if name, _ := s.Name(); name.Port() != to.Addr.Port() {
				t.Errorf("%s, bound to it: %v", at, name)
			}
			s.Disconnect()
			s.Close()

			// A port that the system chooses is not asked for.
			ports := []int{40000, 0}
			c.Prepare = func(_ context.Context, s *socket.Socket, i addrinfo.Info) error {
				port := ports[0]
				ports = append(ports[1:], 41000)
				return s.Bind(i.Addr.WithPort(port))
			}
			ports[1] = 41000
			if s, err := c.Connect(t.Context(), []addrinfo.Info{to}); s != nil ||
				!errors.Is(err, syscall.ECONNREFUSED) {
				t.Errorf("%s, bound to it by chance: %v, %v", at, s, err)
			}
		}
	})
}

// Nor a datagram socket, for which the kernel takes any port that is free.
func TestConnectDatagramsToItself(t *testing.T) {
	testenv.Needs(t, testenv.IPv6Loopback)
	ns := testenv.NetNS(t)
	ns.Sysctl("net.ipv4.ip_local_port_range", "40000 40000")
	ns.Do(func() {
		for _, at := range []string{"127.0.0.1:40000", "[::1]:40000", "0.0.0.0:40000"} {
			to := info(sockaddr.MustParse(at))
			to.Type, to.Protocol = constants.SOCK_DGRAM, constants.IPPROTO_UDP
			if s, err := addrinfo.Connect(t.Context(), []addrinfo.Info{to},
				socket.Params{}); s != nil || !errors.Is(err, syscall.ECONNREFUSED) {
				t.Errorf("%s: %v, %v", at, s, err)
			}
			// Whoever asks for the port gets it.
			c := addrinfo.Connector{Prepare: func(_ context.Context, s *socket.Socket,
				i addrinfo.Info) error {
				return s.Bind(i.Addr)
			}}
			s, err := c.Connect(t.Context(), []addrinfo.Info{to})
			if err != nil {
				t.Errorf("%s, bound to it: %v", at, err)
				continue
			}
			s.Close()
		}
	})
}

// TCP_FASTOPEN_CONNECT, with which a socket is connected without a word from its peer.
func TestConnectFastOpen(t *testing.T) {
	ns := testenv.NetNS(t)
	ns.Sysctl("net.ipv4.tcp_fastopen", "519") // client and server, without cookies
	ns.Do(func() {
		l, good := listen(t, "127.0.0.1", 10)
		if err := sockopt.TCPFastOpen.Set(l, 10); err != nil {
			t.Skip(err)
		}
		c := addrinfo.Connector{Prepare: func(_ context.Context, s *socket.Socket,
			_ addrinfo.Info) error {
			return sockopt.TCPFastOpenConnect.Set(s, true)
		}}
		s, err := c.Connect(t.Context(), []addrinfo.Info{good})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		if peer, err := s.PeerName(); peer != good.Addr || err != nil {
			t.Errorf("the peer is %v, %v", peer, err)
		}
		if l.WaitReceive(past(t)) == nil {
			t.Error("the connection was made before anything was sent: this does not test what " +
				"it should")
		}
		if _, err = s.SendAll(t.Context(), []byte("hello"), 0); err != nil {
			t.Fatal(err)
		}
		server, _, err := l.Accept(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer server.Close()
		b := make([]byte, 5)
		if n, err := server.Receive(t.Context(), b,
			constants.MSG_WAITALL); string(b[:n]) != "hello" || err != nil {
			t.Errorf("%q, %v", b[:n], err)
		}
	})
}

// past is a context that ends soon.
func past(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	t.Cleanup(cancel)
	return ctx
}

// Row E11: an address of a family that is switched off on this machine does not stop the others.
func TestConnectWithoutIPv6(t *testing.T) {
	testenv.Needs(t, testenv.IPv6Loopback)
	ns := testenv.NetNS(t)
	ns.Sysctl("net.ipv6.conf.all.disable_ipv6", "1")
	ns.Do(func() {
		_, good := listen(t, "127.0.0.1", 10)
		off := info(sockaddr.MustParse("[::1]:80"))
		s, err := addrinfo.Connect(t.Context(), []addrinfo.Info{off, good}, socket.Params{})
		if err != nil {
			t.Fatal(err)
		}
		s.Close()
		_, err = addrinfo.Connect(t.Context(), []addrinfo.Info{off}, socket.Params{})
		if !errors.Is(err, syscall.EADDRNOTAVAIL) {
			t.Errorf("without the other address: %v", err)
		}
	})
}

// The sockets of a race belong to the network namespace of the calling goroutine's thread, and a
// panic of New reaches the caller.
func TestConnectRaceNew(t *testing.T) {
	ns := testenv.NetNS(t)
	ns.Do(func() {
		l, err := net.Listen("tcp4", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		to := sockaddr.FromAddrPort(l.Addr().(*net.TCPAddr).AddrPort())
		list := []addrinfo.Info{{Family: to.Family(), Type: constants.SOCK_STREAM, Addr: to}}
		for range 20 {
			s, err := addrinfo.ConnectRace(context.Background(), list, socket.Params{})
			if err != nil {
				t.Fatal(err)
			}
			s.Close()
		}
		defer func() {
			if p := recover(); p != "broken on purpose" {
				t.Error("recovered", p)
			}
		}()
		c := addrinfo.Connector{New: func(constants.Family, constants.SocketType,
			constants.Protocol) (*socket.Socket, error) {
			panic("broken on purpose")
		}}
		c.ConnectRace(context.Background(), list)
		t.Error("no panic")
	})
}

// Attempts that need one local port are made one after the other.
func TestConnectRaceFromOnePort(t *testing.T) {
	for _, late := range []bool{false, true} {
		connectRaceFromOnePort(t, late)
	}
}

// connectRaceFromOnePort refuses the second attempt its port; if late, it is told so only when the
// first has ended.
func connectRaceFromOnePort(t *testing.T, late bool) {
	ns := testenv.NetNS(t) // where nobody else takes the port
	var list []addrinfo.Info
	ns.Do(func() { list = loopbacks(t, 2) })
	any := sockaddr.MustParse("0.0.0.0")
	bound, refused := make(chan int, 1), make(chan bool)
	var tries atomic.Int32
	c := addrinfo.Connector{Delay: 1}
	c.New = func(f constants.Family, t constants.SocketType,
		p constants.Protocol) (*socket.Socket, error) {
		return socket.NewIn(ns.Path(), f, t, p)
	}
	c.Prepare = func(_ context.Context, s *socket.Socket, i addrinfo.Info) error {
		tries.Add(1)
		if i == list[0] {
			err := s.Bind(any)
			name, _ := s.Name()
			bound <- name.Port()
			<-refused
			return errors.Join(errBroken, err)
		}
		port := <-bound
		bound <- port
		err := s.Bind(any.WithPort(port))
		if errors.Is(err, syscall.EADDRINUSE) {
			close(refused)
			if late {
				time.Sleep(30 * time.Millisecond)
			}
		}
		return err
	}
	s, err := c.ConnectRace(t.Context(), list)
	if err != nil {
		t.Fatalf("late %t: %v", late, err)
	}
	defer s.Close()
	if peer, _ := s.PeerName(); peer != list[1].Addr || tries.Load() != 3 {
		t.Errorf("late %t: connected to %v after %d tries", late, peer, tries.Load())
	}
}
