package ports_test

import (
	"context"
	"errors"
	"net"
	"runtime"
	"strings"
	"testing"
	"time"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/internal/testenv"
	"example.com/bsdsocket/ports"
	"example.com/bsdsocket/sockaddr"
	"example.com/bsdsocket/socket"
)

func TestMain(m *testing.M) { testenv.Main(m) }

var ctx = context.Background()

// enough is the time after which a test has failed.
const enough = 20 * time.Second

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func is(t testing.TB, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Fatalf("the error is %v, want %v", err, want)
	}
}

// bounded has a port's calls fail by a context where the socket's timeouts would take a minute.
func bounded(t testing.TB, in *ports.InputPort) {
	t.Helper()
	c, cancel := context.WithTimeout(ctx, prompt)
	t.Cleanup(cancel)
	must(t, in.SetContext(c))
}

// tcpSockets returns both ends of a TCP connection.
func tcpSockets(t testing.TB) (client, server *socket.Socket) {
	t.Helper()
	l := newSocket(t, constants.AF_INET, constants.SOCK_STREAM)
	must(t, l.Bind(sockaddr.MustParse("127.0.0.1")))
	must(t, l.Listen(1))
	addr, err := l.Name()
	must(t, err)
	client = newSocket(t, constants.AF_INET, constants.SOCK_STREAM)
	must(t, client.Connect(ctx, addr))
	server, _, err = l.Accept(ctx)
	must(t, err)
	must(t, l.Close())
	t.Cleanup(func() { server.Close() })
	return client, server
}

func newSocket(t testing.TB, family constants.Family, typ constants.SocketType) *socket.Socket {
	t.Helper()
	s, err := socket.New(family, typ, 0)
	must(t, err)
	t.Cleanup(func() { s.Close() })
	return s
}

// udpSockets returns two sockets that are connected to each other.
func udpSockets(t testing.TB) (a, b *socket.Socket) {
	t.Helper()
	a, b = newSocket(t, constants.AF_INET, constants.SOCK_DGRAM),
		newSocket(t, constants.AF_INET, constants.SOCK_DGRAM)
	for _, s := range []*socket.Socket{a, b} {
		must(t, s.Bind(sockaddr.MustParse("127.0.0.1")))
	}
	for _, pair := range [][2]*socket.Socket{{a, b}, {b, a}} {
		name, err := pair[1].Name()
		must(t, err)
		must(t, pair[0].Connect(ctx, name))
	}
	return a, b
}

// unixSockets returns a pair of AF_UNIX.
func unixSockets(t testing.TB, typ constants.SocketType) (a, b *socket.Socket) {
	t.Helper()
	testenv.Needs(t, testenv.UnixSockets)
	a, b, err := socket.Pair(constants.AF_UNIX, typ, 0)
	must(t, err)
	t.Cleanup(func() { a.Close(); b.Close() })
	return a, b
}

// messageSockets returns pairs whose receivers see what each send was.
func messageSockets(t *testing.T, test func(t *testing.T, a, b *socket.Socket)) {
	for name, pair := range map[string]func(testing.TB) (a, b *socket.Socket){
		"udp": udpSockets,
		"dgram": func(t testing.TB) (a, b *socket.Socket) {
			return unixSockets(t, constants.SOCK_DGRAM)
		},
		"seqpacket": func(t testing.TB) (a, b *socket.Socket) {
			return unixSockets(t, constants.SOCK_SEQPACKET)
		},
	} {
		t.Run(name, func(t *testing.T) {
			a, b := pair(t)
			test(t, a, b)
		})
	}
}

// streamSockets runs a test over TCP and AF_UNIX.
func streamSockets(t *testing.T, test func(t *testing.T, a, b *socket.Socket)) {
	for name, pair := range map[string]func(testing.TB) (a, b *socket.Socket){
		"tcp": tcpSockets,
		"unix": func(t testing.TB) (a, b *socket.Socket) {
			return unixSockets(t, constants.SOCK_STREAM)
		},
	} {
		t.Run(name, func(t *testing.T) {
			a, b := pair(t)
			test(t, a, b)
		})
	}
}

func makePorts(t testing.TB, s *socket.Socket,
	p ports.Params) (*ports.InputPort, *ports.OutputPort) {
	t.Helper()
	in, out, err := ports.New(s, p)
	must(t, err)
	t.Cleanup(func() { in.Close(); out.Close() })
	return in, out
}

// netConns returns both ends of a TCP connection of package net.
func netConns(t testing.TB) (client, server *net.TCPConn) {
	t.Helper()
	l, err := net.ListenTCP("tcp4", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	must(t, err)
	defer l.Close()
	client, err = net.DialTCP("tcp4", nil, l.Addr().(*net.TCPAddr))
	must(t, err)
	server, err = l.AcceptTCP()
	must(t, err)
	t.Cleanup(func() { client.Close(); server.Close() })
	return client, server
}

// adopt moves a connection of package net to a socket.
func adopt(t testing.TB, c *net.TCPConn) *socket.Socket {
	t.Helper()
	s, err := socket.FromConn(c)
	must(t, err)
	must(t, c.Close())
	return s
}

func setParams(t testing.TB, s *socket.Socket, change func(*socket.Params)) {
	t.Helper()
	p := s.Params()
	change(&p)
	must(t, s.SetParams(p))
}

// wait returns when a condition holds.
func wait(t testing.TB, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(enough); !holds(); runtime.Gosched() {
		if time.Now().After(end) {
			t.Fatalf("never: %s", what)
		}
	}
}

// parked returns when, for each of the functions, a goroutine waits in it.
func parked(t testing.TB, functions ...string) {
	t.Helper()
	stacks := make([]byte, 1<<20)
	for _, f := range functions {
		wait(t, "a wait in "+f, func() bool {
			for stack := range strings.SplitSeq(string(stacks[:runtime.Stack(stacks, true)]),
				"\n\n") {
				if state, frames, _ := strings.Cut(stack, "\n"); !strings.Contains(state, "[run") &&
					strings.Contains(frames, f) {
					return true
				}
			}
			return false
		})
	}
}

// messages receives at least so many messages, waiting for each, and all others that are there.
func messages(t testing.TB, s *socket.Socket, least int) (list [][]byte) {
	t.Helper()
	buf := make([]byte, 1<<16)
	for {
		flags := constants.MsgFlag(0)
		if len(list) >= least {
			flags = constants.MSG_DONTWAIT
		}
		n, err := s.Receive(ctx, buf, flags)
		if errors.Is(err, socket.ErrWouldBlock) {
			return list
		}
		must(t, err)
		list = append(list, append([]byte(nil), buf[:n]...))
	}
}

// text is n bytes that tell where they were.
func text(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i*7 + i>>8)
	}
	return b
}
