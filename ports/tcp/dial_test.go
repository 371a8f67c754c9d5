package tcp_test

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"syscall"
	"testing"
	"time"

	"example.com/bsdsocket/addrinfo"
	"example.com/bsdsocket/internal/testenv"
	"example.com/bsdsocket/ports"
	"example.com/bsdsocket/ports/tcp"
	"example.com/bsdsocket/socket"
	"example.com/bsdsocket/sockopt"
)

// Rows C4 and M1: the forms of a host and a service.
func TestDial(t *testing.T) {
	r := resolver(t, map[string][]string{"server.test": {"127.0.0.1"}})
	l := listen(t, nil)
	port := service(l)
	for _, test := range []struct{ host, service string }{
		{"127.0.0.1", port},
		{"127.0.0.1:" + port, ""},
		{"server.test", port},
		{"server.test:" + port, ""},
		{"", port}, // this machine
		{":" + port, ""},
	} {
		client := dial(t, test.host, test.service, &tcp.Config{Resolver: r})
		server := accept(t, l)
		talk(t, client, server)
		if _, remote, err := ports.PortNumbers(client); remote != l.Port() || err != nil {
			t.Error(remote, err)
		}
	}
	testenv.Needs(t, testenv.IPv6Loopback)
	for _, host := range []string{"::1", "[::1]:" + port} {
		service := port
		if host[0] == '[' {
			service = ""
		}
		client := dial(t, host, service, nil)
		talk(t, client, accept(t, l))
		// Row R8: IPv6 addresses.
		if local, remote, err := ports.Addresses(client); local != "::1" || remote != "::1" ||
			err != nil {
			t.Error(local, remote, err)
		}
	}
}

// Row R3: each address is tried, until one accepts; the error of none lists all.
func TestDialEach(t *testing.T) {
	hosts := elsewhere(t)
	r := resolver(t, map[string][]string{"many.test": append(hosts, "127.0.0.1")})
	l := listen(t, &tcp.Config{Host: "127.0.0.1"})
	client := dial(t, "many.test", service(l), &tcp.Config{Resolver: r})
	talk(t, client, accept(t, l))
	must(t, l.Close())
	_, _, err := tcp.Dial(ctx, "many.test", service(l), &tcp.Config{Resolver: r})
	is(t, err, socket.ErrTransient)
	is(t, err, syscall.ECONNREFUSED)
	all, ok := errors.AsType[*addrinfo.ConnectError](err)
	if !ok || len(all.Attempts) != len(hosts)+1 {
		t.Fatal(err)
	}
	for _, host := range append(hosts, "127.0.0.1") {
		if !strings.Contains(err.Error(), host) {
			t.Errorf("%q does not name %s", err, host)
		}
	}
}

// Row R3: the local host and port.
func TestDialFrom(t *testing.T) {
	l := listen(t, nil)
	from := "127.0.0.1"
	for _, host := range elsewhere(t) {
		if host == "127.0.0.2" {
			from = host
		}
	}
	for try := 1; !dialFrom(t, l, from); try++ { // another program has taken the port
		if try == 10 {
			t.Fatal("the port is always in use")
		}
	}
	// A port in use says which.
	busy := listen(t, &tcp.Config{Host: "127.0.0.1"})
	_, _, err := tcp.Dial(ctx, "127.0.0.1", service(l),
		&tcp.Config{LocalPort: service(busy), NoReuseAddress: true})
	is(t, err, syscall.EADDRINUSE)
	if !strings.Contains(err.Error(), ":"+service(busy)) {
		t.Errorf("%q does not say which port", err)
	}
}

// dialFrom connects from a port that was free before, and reports whether it still is.
func dialFrom(t *testing.T, l *tcp.Listener, from string) bool {
	t.Helper()
	free := listen(t, &tcp.Config{Host: from})
	port := service(free)
	must(t, free.Close())
	for _, test := range []struct{ host, port, wantHost, wantPort string }{
		{from, "0", from, ""},
		{from, port, from, port},
		// The connection before it is in TIME_WAIT, which reuse allows.
		{"", port, "127.0.0.1", port},
	} {
		in, out, err := tcp.Dial(ctx, "127.0.0.1", service(l),
			&tcp.Config{LocalHost: test.host, LocalPort: test.port,
				Prepare: func(_ context.Context, s *socket.Socket, _ addrinfo.Info) error {
					if name, err := s.Name(); name.IsValid() || err != nil {
						t.Error("it is bound before Prepare:", name, err)
					}
					return sockopt.SOKeepAlive.Set(s, true)
				}})
		if errors.Is(err, syscall.EADDRINUSE) {
			return false
		}
		client, server := joined(t, in, out, err), accept(t, l)
		local, err := client.Socket().Name()
		must(t, err)
		peer, err := server.Socket().PeerName()
		must(t, err)
		if local != peer || peer.Address() != test.wantHost || test.wantPort != "" &&
			!strings.HasSuffix(peer.String(), ":"+test.wantPort) {
			t.Errorf("from %q %q: the client is %v, the server sees %v", test.host, test.port,
				local, peer)
		}
		if on, err := sockopt.SOKeepAlive.Get(client.Socket()); !on || err != nil {
			t.Error("it is not prepared:", err)
		}
		talk(t, client, server)
		must(t, client.Close())
		must(t, server.Close())
	}
	return true
}

// full returns a listener that answers no more clients, so that connecting takes for ever.
func full(t *testing.T) (l *tcp.Listener, clients []net.Conn) {
	t.Helper()
	l = listen(t, &tcp.Config{Host: "127.0.0.1", Backlog: 1})
	for n := 1; ; n++ {
		c, err := net.Dial("tcp", net.JoinHostPort("127.0.0.1", service(l)))
		must(t, err)
		t.Cleanup(func() { c.Close() })
		clients = append(clients, c)
		queued(t, l, n)
		switch _, backlog, ok := queue(t, l.Socket()); {
		case !ok:
			t.Skip("needs a system that tells how many clients wait: it has no TCP_INFO")
		case n > backlog: // the kernel lets one more wait than it is told
			return l, clients
		}
	}
}

// Rows C6 and E19: the timeout of connect; row R10: a context that ends it.
func TestDialTimeout(t *testing.T) {
	l, _ := full(t)
	_, _, err := tcp.Dial(ctx, "127.0.0.1", service(l), &tcp.Config{
		Socket: socketParams(func(p *socket.Params) { p.ConnectTimeout = 20 * time.Millisecond }),
	})
	is(t, err, socket.ErrTimeout)
	ended, cancel := context.WithCancel(ctx)
	result := make(chan error)
	go func() {
		_, _, err := tcp.Dial(ended, "127.0.0.1", service(l), nil)
		result <- err
	}()
	cancel()
	is(t, <-result, context.Canceled)
	late, cancel := context.WithTimeout(ctx, 20*time.Millisecond)
	defer cancel()
	_, _, err = tcp.Dial(late, "127.0.0.1", service(l), nil)
	is(t, err, context.DeadlineExceeded)
}

// Row R9: a custodian that closes ends a Dial and a Listen that wait, for a connection or for a
// name.
func TestDialCustodian(t *testing.T) {
	l, _ := full(t)
	silent := &addrinfo.Resolver{Net: &net.Resolver{PreferGo: true,
		Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}}}
	for name, call := range map[string]func(c *tcp.Config) error{
		"connection": func(c *tcp.Config) error {
			_, _, err := tcp.Dial(ctx, "127.0.0.1", service(l), c)
			return err
		},
		"name": func(c *tcp.Config) error {
			c.Resolver = silent
			_, _, err := tcp.Dial(ctx, "silent.test", "80", c)
			return err
		},
		"listener's name": func(c *tcp.Config) error {
			c.Resolver, c.Host = silent, "silent.test"
			_, err := tcp.Listen(ctx, "0", c)
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			var c ports.Custodian
			result := make(chan error)
			go func() { result <- call(&tcp.Config{Custodian: &c}) }()
			wait(t, "a call under the custodian", func() bool { return c.Len() == 1 })
			must(t, c.Close())
			err := <-result
			is(t, err, socket.ErrClosed)
			if n := strings.Count(err.Error(), "the custodian was closed"); n != 1 ||
				strings.Contains(err.Error(), "use of closed") {
				t.Errorf("it does not say once what was closed: %v", err)
			}
			err = call(&tcp.Config{Custodian: &c})
			is(t, err, socket.ErrClosed)
			if !strings.Contains(err.Error(), "the custodian is closed") {
				t.Errorf("it does not say what is closed: %v", err)
			}
		})
	}
	// One that fails by itself leaves nothing behind.
	var d ports.Custodian
	ended, cancel := context.WithTimeout(ctx, 10*time.Millisecond)
	defer cancel()
	_, _, err := tcp.Dial(ended, "127.0.0.1", service(l), &tcp.Config{Custodian: &d})
	is(t, err, context.DeadlineExceeded)
	if n := d.Len(); n != 0 {
		t.Error("the custodian keeps", n)
	}
}

// Row M3: the line ending of a connection, as the other side's bytes show; row C6: its buffer.
func TestDialPorts(t *testing.T) {
	crlf := &tcp.Config{Ports: &ports.Params{LineEnding: "\r\n", SendBufferSize: 100}}
	l := listen(t, crlf)
	client, server := both(t, l, "127.0.0.1", nil)
	for _, line := range []string{"one", "two"} {
		_, err := server.WriteLine(line)
		must(t, err)
	}
	if ready, err := client.Ready(); ready || err != nil {
		t.Error("buffered lines have left:", err)
	}
	must(t, server.OutputPort.Close())
	if got, err := io.ReadAll(client); string(got) != "one\r\ntwo\r\n" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
	_, err := client.WriteString("only LF\nand both\r\n")
	must(t, err)
	if line, err := server.ReadLine(); line != "only LF\nand both" || err != nil {
		t.Errorf("%q, %v", line, err)
	}
}

// Bad input: row R3 and more.
func TestDialBad(t *testing.T) {
	r := resolver(t, nil)
	for name, test := range map[string]struct {
		host, service string
		c             tcp.Config
		says          string
	}{
		"no service":    {"localhost", "", tcp.Config{}, "missing port"},
		"nothing":       {"", "", tcp.Config{}, "missing port"},
		"empty service": {"localhost:", "", tcp.Config{}, "missing port"},
		"IPv6 without brackets": {"::1:80", "", tcp.Config{},
			"missing port in address; an IPv6 address with a port has brackets"},
		"IPv6 without a port": {"::1", "", tcp.Config{}, "missing port"},
		"escapes":             {"\x1b[31m", "", tcp.Config{}, `"\x1b[31m"`},
		"open bracket":        {"[::1", "", tcp.Config{}, "missing"},
		"unknown service": {"127.0.0.1", "no-such-service", tcp.Config{},
			"no-such-service"},
		"unknown service, joined": {"127.0.0.1:no-such-service", "", tcp.Config{},
			"no-such-service"},
		"large port":   {"127.0.0.1", "65536", tcp.Config{}, "65536"},
		"unknown host": {"nowhere.test", "80", tcp.Config{}, "nowhere.test"},
		"local host without a port": {"127.0.0.1", "80", tcp.Config{LocalHost: "127.0.0.1"},
			"no local port"},
		"unknown local host": {"127.0.0.1", "80",
			tcp.Config{LocalHost: "nowhere.test", LocalPort: "0"}, "nowhere.test"},
		"local host of other family": {"127.0.0.1", "80",
			tcp.Config{LocalHost: "::1", LocalPort: "0"}, "family"},
		"negative timeout": {"127.0.0.1", "80",
			tcp.Config{Socket: &socket.Params{ConnectTimeout: -1}}, "ConnectTimeout"},
		"negative buffer": {"127.0.0.1", "80",
			tcp.Config{Ports: &ports.Params{ReceiveBufferSize: -1}}, "ReceiveBufferSize"},
	} {
		test.c.Resolver = r
		_, _, err := tcp.Dial(ctx, test.host, test.service, &test.c)
		if err == nil || !strings.Contains(err.Error(), test.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
