package soak

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/internal/badnet"
	"example.com/bsdsocket/internal/testenv"
	"example.com/bsdsocket/sockaddr"
	"example.com/bsdsocket/socket"
)

var ctx = context.Background()

// patience is how long a test waits for what must happen. Only a hang takes as long.
const patience = time.Minute

func ok(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func second[T any](_ T, err error) error { return err }

// soon returns a context that ends after patience or with the test.
func soon(t testing.TB) context.Context {
	c, cancel := context.WithTimeout(ctx, patience)
	t.Cleanup(cancel)
	return c
}

func contextWithin(d time.Duration) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, d)
}

// start runs fn in a goroutine; result waits for what it returns.
func start(fn func() error) <-chan error {
	done := make(chan error, 1)
	go func() { done <- fn() }()
	return done
}

func result(t testing.TB, done <-chan error) error {
	t.Helper()
	select {
	case err := <-done:
		return err
	case <-time.After(patience + 10*time.Second): // after the calls' own contexts
		buf := make([]byte, 1<<20)
		t.Fatalf("still not done\n%s", buf[:runtime.Stack(buf, true)])
		return nil
	}
}

// rounds calls fn until the time of the soak is over, once at the least.
func rounds(t testing.TB, fn func(round int)) {
	t.Helper()
	end := time.Now().Add(testenv.Soak(t))
	for round := 0; round == 0 || time.Now().Before(end) && !t.Failed(); round++ {
		fn(round)
	}
}

// A network is two namespaces with a bad network between them.
type network struct {
	*badnet.Net
	a, b         *testenv.NS
	nameA, nameB string // of the interfaces
	addrs        [2][2]sockaddr.Addr
}

// bad makes a network that is as bad as w in both directions.
func bad(t testing.TB, seed uint64, mtu int, w badnet.Way) *network {
	t.Helper()
	n := &network{a: testenv.NetNS(t), b: testenv.NetNS(t)}
	x, nameA := n.a.TUN(mtu, "10.77.0.1/24", "fd77::1/64")
	y, nameB := n.b.TUN(mtu, "10.77.0.2/24", "fd77::2/64")
	n.nameA, n.nameB = nameA, nameB
	for i, text := range []string{"10.77.0.1", "fd77::1", "10.77.0.2", "fd77::2"} {
		a, err := sockaddr.Inet(text, 0)
		ok(t, err)
		n.addrs[i/2][i%2] = a
	}
	n.Net = badnet.New(seed, x, y, w)
	t.Cleanup(func() { n.Close() })
	return n
}

// at makes a socket at one end, 0 or 1, bound to its address of IPv4 or of IPv6.
func (n *network) at(t testing.TB, end int, six bool, typ constants.SocketType) *socket.Socket {
	t.Helper()
	ns := []*testenv.NS{n.a, n.b}[end]
	addr := n.addrs[end][0]
	if six {
		addr = n.addrs[end][1]
	}
	s, err := socket.NewIn(ns.Path(), addr.Family(), typ, 0)
	ok(t, err)
	t.Cleanup(func() { s.Close() })
	ok(t, s.Bind(addr))
	return s
}

// tcp is a connection by the network, whose calls have no timeouts of their own.
func (n *network) tcp(t testing.TB, six bool) (client, server *socket.Socket) {
	t.Helper()
	l := n.at(t, 1, six, constants.SOCK_STREAM)
	defer l.Close()
	ok(t, l.Listen(1))
	ok(t, l.SetParams(socket.Params{}))
	client = n.at(t, 0, six, constants.SOCK_STREAM)
	ok(t, client.SetParams(socket.Params{}))
	ok(t, client.Connect(soon(t), name(t, l)))
	server, _, err := l.Accept(soon(t))
	ok(t, err)
	t.Cleanup(func() { server.Close() })
	return client, server
}

func name(t testing.TB, s *socket.Socket) sockaddr.Addr {
	t.Helper()
	a, err := s.Name()
	ok(t, err)
	return a
}

// counters sums those of /proc/net/snmp and snmp6 in a namespace whose names are given, such as
// "Udp.InCsumErrors".
func counters(t testing.TB, ns *testenv.NS, names ...string) (sum int64) {
	t.Helper()
	ns.Do(func() {
		text, err := os.ReadFile("/proc/thread-self/net/snmp")
		ok(t, err)
		text6, err := os.ReadFile("/proc/thread-self/net/snmp6")
		if !errors.Is(err, os.ErrNotExist) {
			ok(t, err)
		}
		values := map[string]int64{}
		lines := strings.Split(string(text), "\n")
		for i := 0; i+1 < len(lines); i += 2 {
			heads, numbers := strings.Fields(lines[i]), strings.Fields(lines[i+1])
			for j := 1; j < len(heads) && j < len(numbers); j++ {
				values[strings.TrimSuffix(heads[0], ":")+"."+heads[j]],
					_ = strconv.ParseInt(numbers[j], 10, 64)
			}
		}
		for line := range strings.Lines(string(text6)) {
			if f := strings.Fields(line); len(f) == 2 {
				values[f[0]], _ = strconv.ParseInt(f[1], 10, 64)
			}
		}
		for _, name := range names {
			sum += values[name]
		}
	})
	return sum
}

// A pattern is an endless stream of bytes that follow from its seed.
func pattern(seed uint64) *rand.ChaCha8 {
	var key [32]byte
	for i := range 8 {
		key[i] = byte(seed >> (8 * i))
	}
	return rand.NewChaCha8(key)
}

// A check is an io.Writer that compares what is written to it with a pattern.
type check struct {
	want *rand.ChaCha8
	n    int64
	buf  []byte
}

func newCheck(seed uint64) *check { return &check{want: pattern(seed)} }

func (c *check) Write(b []byte) (int, error) {
	if len(b) > len(c.buf) {
		c.buf = make([]byte, len(b))
	}
	want := c.buf[:len(b)]
	c.want.Read(want)
	if !bytes.Equal(b, want) {
		for i := range b {
			if b[i] != want[i] {
				return i, fmt.Errorf("byte %d is %#x, not %#x", c.n+int64(i), b[i], want[i])
			}
		}
	}
	c.n += int64(len(b))
	return len(b), nil
}

// limited is n bytes of a pattern.
func limited(seed uint64, n int64) io.Reader { return io.LimitReader(readerOf(pattern(seed)), n) }

// readerOf hides all methods but Read, so that no copy can take another way than the one that a
// test means.
func readerOf(r io.Reader) io.Reader { return struct{ io.Reader }{r} }
func writerOf(w io.Writer) io.Writer { return struct{ io.Writer }{w} }
