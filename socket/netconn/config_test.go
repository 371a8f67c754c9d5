package netconn_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"example.com/bsdsocket/addrinfo"
	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/internal/testenv"
	"example.com/bsdsocket/socket"
	"example.com/bsdsocket/socket/netconn"
	"example.com/bsdsocket/sockopt"
)

// at is an address to listen at.
func at(t *testing.T, network string) string {
	switch network {
	case "tcp6", "udp6":
		testenv.Needs(t, testenv.IPv6Loopback)
		return "[::1]:0"
	case "unix", "unixgram", "unixpacket":
		return filepath.Join(t.TempDir(), "s")
	}
	return "127.0.0.1:0"
}

// Row X11: TestListenAndDial talks over every network, ours with ours and with package net, both
// ways.
func TestListenAndDial(t *testing.T) {
	type side struct {
		name   string
		listen func(network, address string) (net.Listener, error)
		dial   func(network, address string) (net.Conn, error)
	}
	ours := side{"ours", func(network, address string) (net.Listener, error) {
		return netconn.Listen(ctx, network, address, nil)
	}, func(network,
		address string) (net.Conn, error) {
		return netconn.Dial(ctx, network, address, nil)
	}}
	theirs := side{"net", net.Listen, net.Dial}
	for _, network := range []string{"tcp", "tcp4", "tcp6", "unix", "unixpacket"} {
		for _, way := range [][2]side{{ours, ours}, {ours, theirs}, {theirs, ours}} {
			t.Run(network+"/"+way[0].name+"-"+way[1].name, func(t *testing.T) {
				l := must(way[0].listen(network, at(t, network)))(t)
				defer l.Close()
				client := must(way[1].dial(network, l.Addr().String()))(t)
				defer client.Close()
				server := must(l.Accept())(t)
				defer server.Close()
				for _, w := range [][2]net.Conn{{client, server}, {server, client}} {
					b := make([]byte, 10)
					if _, err := w[0].Write([]byte("hello")); err != nil {
						t.Fatal(err)
					}
					if n, err := w[1].Read(b); string(b[:n]) != "hello" || err != nil {
						t.Fatal(n, err)
					}
				}
				if client.RemoteAddr().String() != l.Addr().String() ||
					client.RemoteAddr().Network() != l.Addr().Network() {
					t.Errorf("%v and %v", client.RemoteAddr(), l.Addr())
				}
				l.Close()
				if _, err := os.Stat(l.Addr().String()); network[0] == 'u' &&
					!errors.Is(err, os.ErrNotExist) {
					t.Error("the file is still there:", err)
				}
			})
		}
	}
	for _, network := range []string{"udp", "udp4", "udp6", "unixgram"} {
		t.Run(network, func(t *testing.T) {
			server := must(netconn.ListenPacket(ctx, network, at(t, network), nil))(t)
			defer server.Close()
			var c netconn.Config
			if network == "unixgram" { // without a name there is no answer
				c.Local = filepath.Join(t.TempDir(), "c")
			}
			client := must(netconn.Dial(ctx, network, server.LocalAddr().String(), &c))(t)
			defer client.Close()
			b := make([]byte, 10)
			if _, err := client.Write([]byte("hello")); err != nil {
				t.Fatal(err)
			}
			n, from, err := server.ReadFrom(b)
			if string(b[:n]) != "hello" || err != nil {
				t.Fatal(n, err)
			}
			if _, err = server.WriteTo(b[:n], from); err != nil {
				t.Fatal(err)
			}
			if n, err := client.Read(b); string(b[:n]) != "hello" || err != nil {
				t.Fatal(n, err)
			}
		})
	}
}

// TestListenEverywhere holds that a listener without a host takes clients of both families with one
// socket, where there are both.
func TestListenEverywhere(t *testing.T) {
	testenv.Needs(t, testenv.IPv6Loopback)
	for _, address := range []string{":0", "[::]:0"} {
		l := must(netconn.Listen(ctx, "tcp", address, nil))(t)
		defer l.Close()
		port := l.Addr().(*net.TCPAddr).Port
		for _, host := range []string{"127.0.0.1", "::1"} {
			c := must(net.Dial("tcp", net.JoinHostPort(host, fmt.Sprint(port))))(t)
			defer c.Close()
			s := must(l.Accept())(t)
			defer s.Close()
			if s.RemoteAddr().String() != c.LocalAddr().String() {
				t.Errorf("%v, want %v", s.RemoteAddr(), c.LocalAddr())
			}
		}
	}
	for network, host := range map[string]string{"tcp4": "::1", "tcp6": "127.0.0.1"} {
		l := must(netconn.Listen(ctx, network, ":0", nil))(t)
		defer l.Close()
		_, err := net.Dial("tcp", net.JoinHostPort(host, fmt.Sprint(l.Addr().(*net.TCPAddr).Port)))
		if !errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("%s is reached at %s: %v", network, host, err)
		}
	}
}

// TestConfig holds each choice.
func TestConfig(t *testing.T) {
	var prepared []string
	prepare := func(_ context.Context, s *socket.Socket, to addrinfo.Info) error {
		prepared = append(prepared, to.Addr.Address())
		return sockopt.SOOOBInline.Set(s, true)
	}
	c := &netconn.Config{Backlog: 3, Prepare: prepare, KeepAlive: 7 * time.Second}
	l := must(netconn.Listen(ctx, "tcp4", "127.0.0.1:0", c))(t)
	defer l.Close()
	d := must(netconn.Dial(ctx, "tcp4", l.Addr().String(), &netconn.Config{
		Prepare:   prepare,
		Local:     "127.0.0.1:0",
		KeepAlive: -1,
	}))(t)
	defer d.Close()
	s := must(l.Accept())(t)
	defer s.Close()
	if len(prepared) != 2 || prepared[0] != "127.0.0.1" || prepared[1] != "127.0.0.1" {
		t.Error(prepared)
	}
	for i, conn := range []*netconn.Conn{s.(*netconn.Conn), d.(*netconn.Conn)} {
		if on, err := sockopt.SOKeepAlive.Get(conn); on != (i == 0) || err != nil {
			t.Error("keep-alive:", on, err)
		}
	}
	if on, err := sockopt.SOOOBInline.Get(d.(*netconn.Conn)); !on || err != nil {
		t.Error("the option that Prepare set:", on, err)
	}
	if idle, err := sockopt.TCPKeepIdle.Get(s.(*netconn.Conn)); idle != 7*time.Second ||
		err != nil {
		t.Error(idle, err)
	}
	broken := errors.New("broken")
	bad := &netconn.Config{Prepare: func(context.Context, *socket.Socket,
		addrinfo.Info) error {
		return broken
	}}
	for _, err := range []error{
		second(netconn.Listen(ctx, "tcp4", "127.0.0.1:0", bad)),
		second(netconn.Dial(ctx, "tcp4", l.Addr().String(), bad)),
		second(netconn.ListenPacket(ctx, "udp4", "127.0.0.1:0", bad)),
	} {
		if !errors.Is(err, broken) {
			t.Error(err)
		}
	}
}

func second[T any](_ T, err error) error { return err }

// Row X3: TestNamespace listens and connects in another network namespace, from outside.
func TestNamespace(t *testing.T) {
	ns := testenv.NetNS(t)
	c := &netconn.Config{Namespace: ns.Path()}
	l := must(netconn.Listen(ctx, "tcp4", "127.0.0.1:0", c))(t)
	defer l.Close()
	if _, err := netconn.Dial(ctx, "tcp4", l.Addr().String(), nil); !errors.Is(err,
		syscall.ECONNREFUSED) {
		t.Error("it is reached from outside:", err)
	}
	d := must(netconn.Dial(ctx, "tcp4", l.Addr().String(), c))(t)
	defer d.Close()
	s := must(l.Accept())(t)
	defer s.Close()
	if _, err := d.Write([]byte("x")); err != nil {
		t.Error(err)
	}
	if n, err := io.ReadFull(s, make([]byte, 1)); n != 1 || err != nil {
		t.Error(n, err)
	}
}

// TestListenErrors holds that what is wrong is told as by package net.
func TestListenErrors(t *testing.T) {
	busy := must(net.Listen("tcp4", "127.0.0.1:0"))(t)
	defer busy.Close()
	var op *net.OpError
	for _, test := range []struct {
		network, address string
		is               error
		says             string
	}{
		{"tcp", busy.Addr().String(), syscall.EADDRINUSE, busy.Addr().String()},
		{"tcp4", "192.0.2.1:0", syscall.EADDRNOTAVAIL, "192.0.2.1"},
		{"tcp", "127.0.0.1", nil, "missing port"},
		{"tcp", "127.0.0.1:nosuchservice", nil, "nosuchservice"},
		{"tcp", "nosuch.invalid:0", nil, "nosuch.invalid"},
		{"udp", "127.0.0.1:0", nil, "unknown network"},
		{"ip4", "127.0.0.1", nil, "unknown network"},
		{"nonsense", "", nil, "unknown network nonsense"},
		{"unix", filepath.Join(t.TempDir(), "no", "such", "folder"), syscall.ENOENT, "such/folder"},
	} {
		l, err := netconn.Listen(ctx, test.network, test.address, nil)
		if err == nil {
			l.Close()
		}
		if !errors.As(err, &op) || op.Op != "listen" || test.is != nil &&
			!errors.Is(err, test.is) || !strings.Contains(err.Error(), test.says) {
			t.Errorf("%s %s: %v", test.network, test.address, err)
		}
		if l != nil {
			t.Errorf("%s %s: a listener with an error", test.network, test.address)
		}
	}
	busy.Close()
	if _, err := netconn.Dial(ctx, "tcp", busy.Addr().String(), nil); !errors.Is(err,
		syscall.ECONNREFUSED) || !errors.As(err, &op) ||
		op.Op != "dial" || op.Addr.String() != busy.Addr().String() {
		t.Error(err)
	}
	ended, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := netconn.Dial(ended, "tcp", busy.Addr().String(), nil); !errors.Is(err,
		context.Canceled) {
		t.Error(err)
	}
	if _, err := netconn.ListenPacket(ctx, "tcp", "127.0.0.1:0", nil); !errors.As(err, &op) {
		t.Error(err)
	}
	if _, err := netconn.Listen(ctx, "tcp", "127.0.0.1:0",
		&netconn.Config{Backlog: -1}); !errors.Is(err, syscall.EINVAL) {
		t.Error(err)
	}
}

// TestErrorAddress holds that the error of what has no socket address yet has none, as package
// net's has not: it is told what the address or the network is in the cause alone.
func TestErrorAddress(t *testing.T) {
	text := func(err error) string {
		op, ok := errors.AsType[*net.OpError](err)
		if !ok {
			return fmt.Sprint(err)
		}
		addr := "none"
		if op.Addr != nil {
			addr = op.Addr.Network() + " " + op.Addr.String()
		}
		_, unknown := errors.AsType[net.UnknownNetworkError](err)
		return fmt.Sprintf("%s %s, address %s, unknown network: %t", op.Op, op.Net, addr, unknown)
	}
	closing := func(c io.Closer, err error) error {
		if err == nil {
			c.Close()
		}
		return err
	}
	free := must(net.Listen("tcp4", "127.0.0.1:0"))(t)
	free.Close()
	missing := filepath.Join(t.TempDir(), "missing")
	for _, test := range []struct{ network, address string }{
		{"tcp", "nonsense"}, {"tcp", "[::1"}, {"tcp", "a:b:c"}, {"tcp", "127.0.0.1:99999"},
		{"tcp", "127.0.0.1:nosuch"},
		{"tcp", "nosuch.invalid:1"}, {"tcp4", "[::1]:80"}, {"udp", "x"}, {"udp", "127.0.0.1:99999"},
		{"nonsense", "127.0.0.1:80"},
		{"", "127.0.0.1:80"}, {"ip", "127.0.0.1"}, {"ip:nosuch", "127.0.0.1"}, {"ip4:icmp", "::1"},
		{"tcp:1", "127.0.0.1:1"},
		{"tcp", ""}, {"udp", ""}, {"unix", ""}, {"nonsense", ""}, {"ip4:icmp", ""},
		{"tcp", free.Addr().String()}, {"unix", missing},
		{"unix", "/" + strings.Repeat("long", 50)},
	} {
		conn, err := new(net.Dialer).DialContext(ctx, test.network, test.address)
		std := closing(conn, err)
		conn, err = netconn.Dial(ctx, test.network, test.address, nil)
		own := closing(conn, err)
		if text(std) != text(own) {
			t.Errorf("Dial of %q: %v, not %v", test, own, std)
		}
	}
	for _, test := range []struct{ network, address string }{
		{"tcp", "nonsense"}, {"tcp", "127.0.0.1:99999"}, {"tcp4", "[::1]:80"},
		{"nonsense", "127.0.0.1:80"}, {"", ""}, {"unix", ""},
		{"unix", filepath.Join(missing, "x")}, {"unix", "/" + strings.Repeat("long", 50)},
		{"tcp4", "192.0.2.1:0"},
	} {
		l, err := net.Listen(test.network, test.address)
		std := closing(l, err)
		own, err := netconn.Listen(ctx, test.network, test.address, nil)
		if err := closing(own, err); text(std) != text(err) {
			t.Errorf("Listen at %q: %v, not %v", test, err, std)
		}
	}
	for _, test := range []struct{ network, address string }{
		{"udp", "nonsense"}, {"udp", "127.0.0.1:99999"}, {"udp4", "[::1]:80"},
		{"nonsense", "127.0.0.1:80"}, {"ip:nosuch", "127.0.0.1"},
		{"unixgram", ""}, {"unixgram", filepath.Join(missing, "x")}, {"udp4", "192.0.2.1:0"},
	} {
		l, err := net.ListenPacket(test.network, test.address)
		std := closing(l, err)
		l, err = netconn.ListenPacket(ctx, test.network, test.address, nil)
		if err := closing(l, err); text(std) != text(err) {
			t.Errorf("ListenPacket at %q: %v, not %v", test, err, std)
		}
	}
}

// TestListenIP receives by a raw socket what its twin of package net receives.
func TestListenIP(t *testing.T) {
	testenv.Needs(t, testenv.NetRaw)
	testenv.NetNS(t).Do(func() {
		c := must(netconn.ListenPacket(ctx, "ip4:253", "127.0.0.1", nil))(t)
		defer c.Close()
		if _, ok := c.(*netconn.IPConn); !ok {
			t.Fatalf("%T", c)
		}
		theirs := must(net.ListenIP("ip4:253", &net.IPAddr{IP: net.IPv4(127, 0, 0, 1)}))(t)
		defer theirs.Close()
		if _, err := theirs.WriteTo([]byte("hello"), c.LocalAddr()); err != nil {
			t.Fatal(err)
		}
		b := make([]byte, 100)
		if n, from, err := c.ReadFrom(b); string(b[:n]) != "hello" || err != nil ||
			from.String() != "127.0.0.1" {
			t.Errorf("%q %v %v", b[:n], from, err)
		}
	})
}

// What the kernel lacks is of this module's kind too, and of package net's shape, with an errno
// that the standard library does not know for it.
func TestUnsupported(t *testing.T) {
	s, err := socket.New(constants.AF_INET, constants.SOCK_DGRAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	l, err := netconn.NewListener(s)
	if err != nil {
		t.Fatal(err)
	}
	four, err := socket.New(constants.AF_INET, constants.SOCK_DGRAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	p, err := netconn.NewPacketConn(four)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	_, accepting := l.Accept()
	_, writing := p.WriteTo([]byte("x"), &net.UDPAddr{IP: net.IPv6loopback, Port: 9})
	for _, err := range []error{accepting, writing} {
		var op *net.OpError
		var call *os.SyscallError
		var code syscall.Errno
		if !errors.Is(err, socket.ErrUnsupported) || !errors.Is(err, errors.ErrUnsupported) ||
			!errors.As(err, &op) || !errors.As(err, &call) || !errors.As(err, &code) {
			t.Errorf("%v (%T)", err, err)
		}
	}
}
