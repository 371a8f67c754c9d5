package tcp_test

import (
	"context"
	"encoding/binary"
	"errors"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"example.com/bsdsocket/addrinfo"
	"example.com/bsdsocket/internal/testenv"
	"example.com/bsdsocket/ports"
	"example.com/bsdsocket/ports/tcp"
	"example.com/bsdsocket/socket"
	"example.com/bsdsocket/sockopt"
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

func dial[S tcp.Service](t testing.TB, host string, service S, c *tcp.Config) conn {
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

// wait returns when a condition holds.
func wait(t testing.TB, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !holds(); runtime.Gosched() {
		if time.Now().After(end) {
			t.Fatalf("never: %s", what)
		}
	}
}

// queue returns how many clients wait to be accepted, and how many may, where the system tells.
func queue(t testing.TB, s *socket.Socket) (waiting, backlog int, ok bool) {
	t.Helper()
	info, err := sockopt.TCPInfo.Get(s)
	// The latter is an emulator.
	if errors.Is(err, socket.ErrUnsupported) || err == nil && info.Size <= 4 {
		return 0, 0, false
	}
	must(t, err)
	return int(info.Unacked), int(info.Sacked), true
}

// queued waits until so many clients can be accepted: the last packet of a client that has
// connected may still be on its way.
func queued(t testing.TB, l *tcp.Listener, n int) {
	t.Helper()
	wait(t, "clients in the queue", func() bool {
		total := 0
		for _, s := range l.Sockets() {
			waiting, _, ok := queue(t, s)
			if !ok {
				return true
			}
			total += waiting
		}
		return total == n
	})
}

// arrived waits until the other side has all that was sent.
func arrived(t testing.TB, c net.Conn) {
	t.Helper()
	wait(t, "the other side has all", func() bool {
		info, err := sockopt.TCPInfo.Get(c.(*net.TCPConn))
		return err != nil || info.Size <= 4 || info.Unacked == 0 && info.NotSentBytes == 0
	})
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
		Net: &net.Resolver{PreferGo: true,
			Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
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
			reply = append(reply, 0xc0, 12, byte(typ>>8), byte(typ), 0, 1, 0, 0, 0, 60, 0,
				byte(len(ip.AsSlice())))
			reply = append(reply, ip.AsSlice()...)
		}
	}
	return reply
}
