package tcp_test

import (
	"context"
	"encoding/binary"
	"errors"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"example.com/bsdsocket/addrinfo"
	"example.com/bsdsocket/internal/testenv"
	"example.com/bsdsocket/ports"
	"example.com/bsdsocket/ports/tcp"
	"example.com/bsdsocket/socket"
)

func TestMain(m *testing.M) { testenv.Main(m) }

var ctx = context.Background()

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

func listen(t testing.TB, c *tcp.Config) *tcp.Listener {
	t.Helper()
	l, err := tcp.Listen(ctx, "0", c)
	must(t, err)
	t.Cleanup(func() { l.Close() })
	return l
}

func service(l *tcp.Listener) string { return strconv.Itoa(l.Port()) }

// A conn is both ports of a connection.
type conn struct{ ports.Duplex }

func joined(t testing.TB, in *ports.InputPort, out *ports.OutputPort, err error) conn {
	t.Helper()
	must(t, err)
	c := conn{ports.Duplex{InputPort: in, OutputPort: out}}
	t.Cleanup(func() { c.Close() })
	return c
}

func dial(t testing.TB, host, service string, c *tcp.Config) conn {
	t.Helper()
	in, out, err := tcp.Dial(ctx, host, service, c)
	return joined(t, in, out, err)
}

func accept(t testing.TB, l *tcp.Listener) conn {
	t.Helper()
	in, out, err := l.Accept(ctx)
	return joined(t, in, out, err)
}

// talk sends a line each way.
func talk(t testing.TB, a, b conn) {
	t.Helper()
	for _, way := range [][2]conn{{a, b}, {b, a}} {
		_, err := way[0].WriteLine("Hello!")
		must(t, err)
		must(t, way[0].Flush())
		if line, err := way[1].ReadLine(); line != "Hello!" || err != nil {
			t.Fatalf("%q, %v", line, err)
		}
	}
}

func both(t testing.TB, l *tcp.Listener, host string, c *tcp.Config) (client, server conn) {
	t.Helper()
	client = dial(t, host, service(l), c)
	return client, accept(t, l)
}

func socketParams(change func(*socket.Params)) *socket.Params {
	p := socket.DefaultParams()
	change(&p)
	return &p
}

// resolver returns a Resolver that asks a name server of the test's own, which knows these names.
func resolver(t testing.TB, names map[string][]string) *addrinfo.Resolver {
	t.Helper()
	server, err := net.ListenPacket("udp", "127.0.0.1:0")
	must(t, err)
	done := make(chan struct{})
	t.Cleanup(func() { server.Close(); <-done })
	go func() {
		defer close(done)
		b := make([]byte, 512)
		for {
			n, from, err := server.ReadFrom(b)
			if err != nil {
				return
			}
			server.WriteTo(answer(b[:n], names), from)
		}
	}()
	services := filepath.Join(t.TempDir(), "services")
	must(t, os.WriteFile(services, []byte("greeting 4242/tcp\n"), 0o600))
	return &addrinfo.Resolver{
		Net: &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "udp", server.LocalAddr().String())
		}},
		ServicesFile: services,
	}
}

// answer answers one question for addresses: RFC 1035, section 4.
func answer(query []byte, names map[string][]string) []byte {
	end := 12
	var labels []string
	for query[end] > 0 {
		labels = append(labels, string(query[end+1:end+1+int(query[end])]))
		end += 1 + int(query[end])
	}
	typ := binary.BigEndian.Uint16(query[end+1:])
	end += 5
	reply := append([]byte(nil), query[:end]...)
	copy(reply[2:12], []byte{0x81, 0x80, 0, 1, 0, 0, 0, 0, 0, 0})
	list, found := names[strings.Join(labels, ".")]
	if !found {
		reply[3] |= 3 // NXDOMAIN
	}
	for _, s := range list {
		ip := netip.MustParseAddr(s)
		want := uint16(1) // A
		if ip.Is6() {
			want = 28 // AAAA
		}
		if typ == want {
			reply[7]++
			reply = append(reply, 0xc0, 12, byte(typ>>8), byte(typ), 0, 1, 0, 0, 0, 60, 0, byte(len(ip.AsSlice())))
			reply = append(reply, ip.AsSlice()...)
		}
	}
	return reply
}
