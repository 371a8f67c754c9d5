package netconn_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/internal/testenv"
	"example.com/bsdsocket/sockaddr"
	"example.com/bsdsocket/socket"
	"example.com/bsdsocket/socket/netconn"
	"example.com/bsdsocket/sockopt"
)

var ctx = context.Background()

// patience is how long a test waits for what must happen. Only a hang takes as long.
const patience = 30 * time.Second

// must returns v, and fails the test if there is an error.
func must[T any](v T, err error) func(t testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func listen(t testing.TB, network string) *netconn.Listener {
	t.Helper()
	var at sockaddr.Addr
	typ := constants.SOCK_STREAM
	switch network {
	case "tcp4":
		at = sockaddr.MustParse("127.0.0.1:0")
	case "tcp6":
		testenv.Needs(t, testenv.IPv6Loopback)
		at = sockaddr.MustParse("[::1]:0")
	case "unixpacket":
		typ = constants.SOCK_SEQPACKET
		fallthrough
	case "unix":
		dir := must(os.MkdirTemp("", ""))(t)
		t.Cleanup(func() { os.RemoveAll(dir) })
		at = must(sockaddr.Unix(filepath.Join(dir, "s")))(t)
	}
	s := must(socket.New(at.Family(), typ, 0))(t)
	if err := errors.Join(s.Bind(at), s.Listen(128)); err != nil {
		t.Fatal(err)
	}
	l := must(netconn.NewListener(s))(t)
	t.Cleanup(func() { l.Close() })
	return l
}

// dial connects to a listener with a socket of its own.
func dial(l net.Addr) (*netconn.Conn, error) {
	to, err := sockaddr.FromNetAddr(l)
	if err != nil {
		return nil, err
	}
	typ := constants.SOCK_STREAM
	if l.Network() == "unixpacket" {
		typ = constants.SOCK_SEQPACKET
	}
	s, err := socket.New(to.Family(), typ, 0)
	if err != nil {
		return nil, err
	}
	if err := s.Connect(ctx, to); err != nil {
		s.Close()
		return nil, err
	}
	return netconn.NewConn(s)
}

func pair(t testing.TB, network string) (client, server *netconn.Conn) {
	t.Helper()
	l := listen(t, network)
	client = must(dial(l.Addr()))(t)
	t.Cleanup(func() { client.Close() })
	server = must(l.Accept())(t).(*netconn.Conn)
	t.Cleanup(func() { server.Close() })
	return client, server
}

// theirs is the same pair of package net.
func theirs(t testing.TB, network string) (client, server net.Conn) {
	t.Helper()
	at := map[string]string{"tcp4": "127.0.0.1:0", "tcp6": "[::1]:0"}[network]
	if at == "" {
		dir := must(os.MkdirTemp("", ""))(t)
		t.Cleanup(func() { os.RemoveAll(dir) })
		at = filepath.Join(dir, "s")
	}
	l := must(net.Listen(network, at))(t)
	defer l.Close()
	client = must(net.Dial(network, l.Addr().String()))(t)
	server = must(l.Accept())(t)
	t.Cleanup(func() { client.Close(); server.Close() })
	return client, server
}

var networks = []string{"tcp4", "tcp6", "unix", "unixpacket"}

func needs(t *testing.T, network string) {
	t.Helper()
	switch {
	case network == "tcp6":
		testenv.Needs(t, testenv.IPv6Loopback)
	case network == "unixpacket":
		testenv.NeedsKernel(t, "2.6")
	}
}

// shape is the errors that an error is made of, as types, and the fields of a net.OpError that tell
// them apart.
func shape(err error) string {
	var parts []string
	for ; err != nil; err = errors.Unwrap(err) {
		part := fmt.Sprintf("%T", err)
		switch e := err.(type) {
		case *net.OpError:
			part += fmt.Sprintf("{%s source %T addr %T}", e.Op, e.Source, e.Addr)
		case *os.SyscallError:
			part += "{" + e.Syscall + "}"
		case syscall.Errno:
			part += "{" + e.Error() + "}"
		default:
			part = err.Error()
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, " > ")
}

// TestSameAsNet does the same with a connection of ours and one of package net, and compares the
// results and the errors' shapes (X11).
func TestSameAsNet(t *testing.T) {
	type result struct {
		n   int
		err string
	}
	past := time.Unix(1, 0)
	for _, c := range []struct {
		name string
		do   func(c, peer net.Conn) (int, error)
	}{
		{"read after the peer closed",
			func(c, peer net.Conn) (int, error) { peer.Close(); return c.Read(make([]byte, 1)) }},
		{"read into nothing",
			func(c, peer net.Conn) (int, error) { peer.Write([]byte("x")); return c.Read(nil) }},
		{"read into nothing when there is nothing, past the deadline",
			func(c, peer net.Conn) (int, error) {
				c.SetReadDeadline(past)
				return c.Read(nil)
			}},
		{"read into nothing when closed",
			func(c, peer net.Conn) (int, error) { c.Close(); return c.Read(nil) }},
		{"read past the deadline", func(c, peer net.Conn) (int, error) {
			c.SetReadDeadline(past)
			return c.Read(make([]byte, 1))
		}},
		{"write past the deadline", func(c, peer net.Conn) (int, error) {
			c.SetDeadline(past)
			return c.Write(make([]byte, 1))
		}},
		{"read when closed",
			func(c, peer net.Conn) (int, error) { c.Close(); return c.Read(make([]byte, 1)) }},
		{"write when closed",
			func(c, peer net.Conn) (int, error) { c.Close(); return c.Write(make([]byte, 1)) }},
		{"deadline when closed",
			func(c, peer net.Conn) (int, error) { c.Close(); return 0, c.SetDeadline(past) }},
		{"close for writing, and read at the other end", func(c, peer net.Conn) (int, error) {
			if err := c.(interface{ CloseWrite() error }).CloseWrite(); err != nil {
				return 0, err
			}
			return peer.Read(make([]byte, 1))
		}},
		{"write after closing for writing", func(c, peer net.Conn) (int, error) {
			c.(interface{ CloseWrite() error }).CloseWrite()
			return c.Write([]byte("x"))
		}},
		{"read after closing for reading", func(c, peer net.Conn) (int, error) {
			c.(interface{ CloseRead() error }).CloseRead()
			return c.Read(make([]byte, 1))
		}},
		{"close for writing twice", func(c, peer net.Conn) (int, error) {
			c.(interface{ CloseWrite() error }).CloseWrite()
			return 0, c.(interface{ CloseWrite() error }).CloseWrite()
		}},
		{"close for writing after a reset", func(c, peer net.Conn) (int, error) {
			if p, ok := peer.(interface{ SetLinger(int) error }); ok {
				p.SetLinger(0)
			}
			peer.Close()
			c.Read(make([]byte, 1))
			return 0, c.(interface{ CloseWrite() error }).CloseWrite()
		}},
		{"close for writing when closed", func(c, peer net.Conn) (int, error) {
			c.Close()
			return 0, c.(interface{ CloseWrite() error }).CloseWrite()
		}},
		{"read while another goroutine closes", func(c, peer net.Conn) (int, error) {
			go func() { peer.Write([]byte("x")) }()
			c.Read(make([]byte, 1))
			go c.Close()
			return c.Read(make([]byte, 1))
		}},
		{"write until the deadline", func(c, peer net.Conn) (int, error) {
			c.SetWriteDeadline(time.Now().Add(20 * time.Millisecond))
			for {
				if _, err := c.Write(make([]byte, 1<<16)); err != nil {
					return 0, err
				}
			}
		}},
	} {
		for _, network := range networks {
			t.Run(c.name+"/"+network, func(t *testing.T) {
				needs(t, network)
				var got [2]result
				for i, make := range []func() (net.Conn, net.Conn){
					func() (net.Conn, net.Conn) { a, b := pair(t, network); return a, b },
					func() (net.Conn, net.Conn) { return theirs(t, network) },
				} {
					a, b := make()
					n, err := c.do(a, b)
					got[i] = result{n, shape(err)}
					var ne net.Error
					if err != nil && err != io.EOF && !errors.As(err, &ne) {
						t.Errorf("%v is no net.Error", err)
					}
				}
				if got[0] != got[1] {
					t.Errorf("got  %+v\nwant %+v", got[0], got[1])
				}
			})
		}
	}
}

// TestReset holds the shape of a reset, which SetLinger(0) sends (X11: SetLinger).
func TestReset(t *testing.T) {
	client, server := pair(t, "tcp4")
	if err := server.SetLinger(0); err != nil {
		t.Fatal(err)
	}
	server.Close()
	_, err := client.Read(make([]byte, 1))
	want := "*net.OpError{read source *net.TCPAddr addr *net.TCPAddr} > *os.SyscallError{read} > " +
		"syscall.Errno{" + syscall.ECONNRESET.Error() + "}"
	if got := shape(err); got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
}

// TestAddresses holds that the addresses are net's types, and say what net's would (X11).
func TestAddresses(t *testing.T) {
	for _, network := range networks {
		t.Run(network, func(t *testing.T) {
			needs(t, network)
			client, server := pair(t, network)
			c, s := theirs(t, network)
			for _, p := range [][2]net.Addr{
				{client.LocalAddr(), c.LocalAddr()}, {client.RemoteAddr(), c.RemoteAddr()},
				{server.LocalAddr(), s.LocalAddr()}, {server.RemoteAddr(), s.RemoteAddr()},
			} {
				if reflect.TypeOf(p[0]) != reflect.TypeOf(p[1]) ||
					p[0].Network() != p[1].Network() {
					t.Errorf("%T of %s, want %T of %s", p[0], p[0].Network(), p[1], p[1].Network())
				}
			}
			if client.RemoteAddr().String() != server.LocalAddr().String() {
				t.Errorf("%v connected to %v", client.RemoteAddr(), server.LocalAddr())
			}
			if network[0] == 't' && client.LocalAddr().String() != server.RemoteAddr().String() {
				t.Errorf("%v is seen as %v", client.LocalAddr(), server.RemoteAddr())
			}
		})
	}
}

// TestUnnamed holds that sockets of AF_UNIX without a name have the text that package net has for
// it: dialled, accepted, and of a pair.
func TestUnnamed(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("package net says @, though Windows has no abstract names")
	}
	same := func(ours, net net.Addr) {
		t.Helper()
		if !reflect.DeepEqual(ours, net) {
			t.Errorf("%#v, want %#v", ours, net)
		}
	}
	for _, network := range networks[2:] {
		t.Run(network, func(t *testing.T) {
			needs(t, network)
			client, server := pair(t, network)
			c, s := theirs(t, network)
			same(client.LocalAddr(), c.LocalAddr())
			same(server.RemoteAddr(), s.RemoteAddr())
			same(must(netconn.NewConn(server.Socket()))(t).RemoteAddr(), s.RemoteAddr())
		})
	}
	for _, typ := range []constants.SocketType{constants.SOCK_STREAM, constants.SOCK_DGRAM} {
		a, b, err := socket.Pair(constants.AF_UNIX, typ, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer b.Close()
		c := must(netconn.NewConn(a))(t)
		defer c.Close()
		f := must(c.File())(t)
		n := must(net.FileConn(f))(t)
		f.Close()
		defer n.Close()
		same(c.LocalAddr(), n.LocalAddr())
		same(c.RemoteAddr(), n.RemoteAddr())
	}
}

// TestOptions sets what net.TCPConn can set, and reads it back by package sockopt.
func TestOptions(t *testing.T) {
	c, _ := pair(t, "tcp4")
	if on, err := sockopt.TCPNoDelay.Get(c); !on || err != nil {
		t.Error("TCP_NODELAY is off at first:", err)
	}
	for name, err := range map[string]error{
		"SetNoDelay":     c.SetNoDelay(false),
		"SetLinger":      c.SetLinger(3),
		"SetReadBuffer":  c.SetReadBuffer(1 << 15),
		"SetWriteBuffer": c.SetWriteBuffer(1 << 15),
	} {
		if err != nil {
			t.Error(name, err)
		}
	}
	if on, err := sockopt.TCPNoDelay.Get(c); on || err != nil {
		t.Error("TCP_NODELAY", on, err)
	}
	if l, err := sockopt.SOLinger.Get(c); l != (sockopt.Linger{
		Enabled: true,
		Timeout: 3 * time.Second,
	}) || err != nil {
		t.Error("SO_LINGER", l, err)
	}
	if err := c.SetKeepAliveConfig(net.KeepAliveConfig{Enable: true}); err != nil {
		t.Error(err)
	}
	if n, err := sockopt.TCPKeepCount.Get(c); n != 9 || err != nil {
		t.Error("TCP_KEEPCNT", n, err)
	}
	if d, err := sockopt.TCPKeepInterval.Get(c); d != 15*time.Second || err != nil {
		t.Error("TCP_KEEPINTVL", d, err)
	}
	if err := c.SetLinger(-1); err != nil {
		t.Error(err)
	}
	if l, err := sockopt.SOLinger.Get(c); l.Enabled || err != nil {
		t.Error("SO_LINGER", l, err)
	}
	c.Close()
	var op *net.OpError
	if err := c.SetNoDelay(true); !errors.Is(err, net.ErrClosed) || !errors.As(err, &op) ||
		op.Op != "set" {
		t.Error(err)
	}
	u, _ := pair(t, "unix")
	if err := u.SetNoDelay(true); err == nil {
		t.Error("SetNoDelay on an AF_UNIX socket")
	}
}

// TestKeepAlive holds that the methods for keep-alive set what package net's set, and nothing else.
func TestKeepAlive(t *testing.T) {
	idle := sockopt.TCPKeepIdle
	if !idle.Info().Defined() {
		idle = sockopt.TCPKeepAlive // its name on macOS
	}
	type conn interface {
		syscall.Conn
		SetKeepAlive(bool) error
		SetKeepAlivePeriod(time.Duration) error
		SetKeepAliveConfig(net.KeepAliveConfig) error
	}
	type state struct {
		on             bool
		idle, interval time.Duration
		count          int
	}
	for _, c := range []struct {
		name string
		set  func(conn) error
	}{
		{"period", func(c conn) error { return c.SetKeepAlivePeriod(1500 * time.Millisecond) }},
		{"default period", func(c conn) error { return c.SetKeepAlivePeriod(0) }},
		{"negative period", func(c conn) error { return c.SetKeepAlivePeriod(-1) }},
		{"config", func(c conn) error {
			return c.SetKeepAliveConfig(net.KeepAliveConfig{
				Enable:   true,
				Idle:     2500 * time.Millisecond,
				Interval: 4 * time.Second,
				Count:    5,
			})
		}},
		{"default config",
			func(c conn) error { return c.SetKeepAliveConfig(net.KeepAliveConfig{Enable: true}) }},
		{"negative config", func(c conn) error {
			return c.SetKeepAliveConfig(net.KeepAliveConfig{Idle: -1, Interval: -1, Count: -1})
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			ours, _ := pair(t, "tcp4")
			nets, _ := theirs(t, "tcp4")
			var got [2]state
			for i, conn := range []conn{ours, nets.(*net.TCPConn)} {
				err := errors.Join(conn.SetKeepAlive(false), idle.Set(conn, 70*time.Second),
					sockopt.TCPKeepInterval.Set(conn, 80*time.Second),
					sockopt.TCPKeepCount.Set(conn, 7), c.set(conn))
				if err != nil {
					t.Fatal(err)
				}
				got[i] = state{must(sockopt.SOKeepAlive.Get(conn))(t), must(idle.Get(conn))(t),
					must(sockopt.TCPKeepInterval.Get(conn))(t),
					must(sockopt.TCPKeepCount.Get(conn))(t)}
			}
			if got[0] != got[1] {
				t.Errorf("got  %+v\nwant %+v", got[0], got[1])
			}
		})
	}
}

// TestParams holds that the socket's own timeouts end with the adapter: only deadlines count, as
// with package net.
func TestParams(t *testing.T) {
	hurried := socket.Params{
		ReceiveTimeout: 1,
		SendTimeout:    1,
		AcceptTimeout:  1,
		ConnectTimeout: 1,
		SendSize:       1,
	}
	s := must(socket.New(constants.AF_INET, constants.SOCK_STREAM, 0))(t)
	if err := errors.Join(s.SetParams(hurried), s.Bind(sockaddr.MustParse("127.0.0.1:0")),
		s.Listen(1)); err != nil {
		t.Fatal(err)
	}
	l := must(netconn.NewListener(s))(t)
	defer l.Close()
	to := must(s.Name())(t)
	client := must(socket.New(constants.AF_INET, constants.SOCK_STREAM, 0))(t)
	if err := client.Connect(ctx, to); err != nil {
		t.Fatal(err)
	}
	if err := client.SetParams(hurried); err != nil {
		t.Fatal(err)
	}
	c := must(netconn.NewConn(client))(t)
	defer c.Close()
	server := must(l.Accept())(t).(*netconn.Conn)
	defer server.Close()
	for _, s := range []*socket.Socket{l.Socket(), c.Socket(), server.Socket()} {
		if p := s.Params(); p != (socket.Params{}) {
			t.Errorf("%v has %+v", s, p)
		}
	}
}

// TestCopy moves bytes through Conns with io.Copy, which uses ReadFrom and WriteTo, whole and
// limited (X7: splice; X11).
func TestCopy(t *testing.T) {
	content := bytes.Repeat([]byte("0123456789abcdef"), 1<<13)
	for _, network := range []string{"tcp4", "unix"} {
		for name, move := range map[string]func(from, to *netconn.Conn) (int64, error){
			"ReadFrom": func(from, to *netconn.Conn) (int64, error) { return to.ReadFrom(from) },
			"WriteTo":  func(from, to *netconn.Conn) (int64, error) { return from.WriteTo(to) },
			"Copy":     func(from, to *netconn.Conn) (int64, error) { return io.Copy(to, from) },
			"limited": func(from, to *netconn.Conn) (int64, error) {
				limited := &io.LimitedReader{R: from, N: 1000}
				n, err := to.ReadFrom(limited)
				if limited.N != 0 || n != 1000 {
					t.Errorf("%d moved, %d left of 1000", n, limited.N)
				}
				limited.N = 1 << 40
				more, err2 := to.ReadFrom(limited)
				if limited.N != 1<<40-more {
					t.Errorf("%d moved, %d left of 1<<40", more, limited.N)
				}
				return n + more, errors.Join(err, err2)
			},
			"from memory": func(from, to *netconn.Conn) (int64, error) {
				all, err := io.ReadAll(from)
				if err != nil {
					return 0, err
				}
				return to.ReadFrom(io.LimitReader(bytes.NewReader(all), 1<<40))
			},
		} {
			t.Run(network+"/"+name, func(t *testing.T) {
				in, from := pair(t, network)
				to, out := pair(t, network)
				go func() { in.Write(content); in.CloseWrite() }()
				got := make(chan []byte, 1)
				go func() {
					b, _ := io.ReadAll(out)
					got <- b
				}()
				n, err := move(from, to)
				to.CloseWrite()
				if b := <-got; n != int64(len(content)) || err != nil || !bytes.Equal(b, content) {
					t.Errorf("%d of %d moved, %d arrived, %v", n, len(content), len(b), err)
				}
				to.Close()
				var op *net.OpError
				if _, err := to.ReadFrom(strings.NewReader("x")); !errors.Is(err, net.ErrClosed) ||
					!errors.As(err, &op) || op.Op != "readfrom" {
					t.Error(err)
				}
				if _, err := to.WriteTo(in); !errors.Is(err, net.ErrClosed) ||
					!errors.As(err, &op) || op.Op != "writeto" {
					t.Error(err)
				}
			})
		}
	}
}

// failing is a reader and a writer of the caller's own.
type failing struct{ err error }

func (f failing) Read([]byte) (int, error)  { return 0, f.err }
func (f failing) Write([]byte) (int, error) { return 0, f.err }

// TestCopyErrors holds that the error of a caller's reader or writer stays whole, as with package
// net, whatever it wraps.
func TestCopyErrors(t *testing.T) {
	mine := errors.New("mine")
	for _, want := range []error{
		mine,
		syscall.EIO,
		os.NewSyscallError("ioctl", syscall.EIO),
		&os.PathError{Op: "read", Path: "/x", Err: syscall.EIO},
		errors.Join(mine, syscall.EIO),
		errors.Join(mine, net.ErrClosed),
		errors.Join(mine, os.ErrDeadlineExceeded),
	} {
		ours, peer := pair(t, "tcp4")
		nets, netsPeer := theirs(t, "tcp4")
		for _, c := range []struct{ conn, peer net.Conn }{{ours, peer}, {nets, netsPeer}} {
			_, err := c.conn.(io.ReaderFrom).ReadFrom(failing{want})
			if op, ok := err.(*net.OpError); !ok || op.Op != "readfrom" || op.Err != want {
				t.Errorf("%T.ReadFrom: %#v, want %#v", c.conn, err, want)
			}
			if _, err := c.peer.Write([]byte("x")); err != nil {
				t.Fatal(err)
			}
			_, err = c.conn.(io.WriterTo).WriteTo(failing{want})
			if op, ok := err.(*net.OpError); !ok || op.Op != "writeto" || op.Err != want {
				t.Errorf("%T.WriteTo: %#v, want %#v", c.conn, err, want)
			}
		}
	}
}

// TestListener accepts until a deadline and until it is closed; what was accepted lives on.
func TestListener(t *testing.T) {
	for _, network := range networks {
		t.Run(network, func(t *testing.T) {
			needs(t, network)
			l := listen(t, network)
			if got := l.Addr().Network(); got != strings.TrimRight(network, "46") {
				t.Errorf("network %q", got)
			}
			l.SetDeadline(time.Now().Add(10 * time.Millisecond))
			_, err := l.Accept()
			var op *net.OpError
			if !errors.Is(err, os.ErrDeadlineExceeded) || !errors.As(err, &op) ||
				op.Op != "accept" || op.Addr != l.Addr() || !op.Timeout() {
				t.Error(err)
			}
			l.SetDeadline(time.Time{})
			accepted := make(chan net.Conn)
			failed := make(chan error)
			go func() {
				for {
					c, err := l.Accept()
					if err != nil {
						failed <- err
						return
					}
					accepted <- c
				}
			}()
			client := must(dial(l.Addr()))(t)
			defer client.Close()
			server := <-accepted
			defer server.Close()
			l.SetUnlinkOnClose(true)
			l.Close()
			if err := <-failed; !errors.Is(err, net.ErrClosed) {
				t.Error(err)
			}
			if err := l.Close(); !errors.Is(err, net.ErrClosed) {
				t.Error("closed twice:", err)
			}
			if _, err := os.Stat(l.Addr().String()); network[0] == 'u' &&
				!errors.Is(err, os.ErrNotExist) {
				t.Error("the file is still there:", err)
			}
			if _, err := server.Write([]byte("alive")); err != nil {
				t.Error(err)
			}
			b := make([]byte, 9)
			if n, err := client.Read(b); string(b[:n]) != "alive" || err != nil {
				t.Error(n, err)
			}
		})
	}
	// The file of a socket belongs to who bound it.
	u := listen(t, "unix")
	u.Close()
	if _, err := os.Stat(u.Addr().String()); err != nil {
		t.Error("Close removed the file:", err)
	}
	// A socket that does not listen, and one that is closed.
	s := must(socket.New(constants.AF_INET, constants.SOCK_STREAM, 0))(t)
	l := must(netconn.NewListener(s))(t)
	if _, err := l.Accept(); !errors.Is(err, syscall.EINVAL) {
		t.Error(err)
	}
	l.Close()
	if _, err := netconn.NewListener(s); !errors.Is(err, net.ErrClosed) {
		t.Error(err)
	}
	if _, err := netconn.NewConn(s); !errors.Is(err, net.ErrClosed) {
		t.Error(err)
	}
	if _, err := netconn.NewPacketConn(s); !errors.Is(err, net.ErrClosed) {
		t.Error(err)
	}
}

func packet(t testing.TB, at string) *netconn.PacketConn {
	t.Helper()
	a := sockaddr.MustParse(at)
	s := must(socket.New(a.Family(), constants.SOCK_DGRAM, 0))(t)
	if a.Family() == constants.AF_INET6 {
		if err := sockopt.IPv6V6Only.Set(s, false); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Bind(a); err != nil {
		t.Fatal(err)
	}
	c := must(netconn.NewPacketConn(s))(t)
	t.Cleanup(func() { c.Close() })
	return c
}

// TestPacketConn sends and receives datagrams (X11: net.PacketConn), between ours and net's, over
// IPv4, IPv6 and both.
func TestPacketConn(t *testing.T) {
	testenv.Needs(t, testenv.IPv6Loopback)
	four, six, dual := packet(t, "127.0.0.1:0"), packet(t, "[::1]:0"), packet(t, "[::]:0")
	theirs := must(net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)}))(t)
	defer theirs.Close()
	via := func(c net.PacketConn, ip string) net.Addr {
		return &net.UDPAddr{IP: net.ParseIP(ip), Port: c.LocalAddr().(*net.UDPAddr).Port}
	}
	for _, c := range []struct {
		from, to net.PacketConn
		addr     net.Addr
	}{
		{four, theirs, theirs.LocalAddr()},
		{theirs, four, four.LocalAddr()},
		{six, dual, via(dual, "::1")},
		{dual, six, six.LocalAddr()},
		{dual, four, four.LocalAddr()},
		{four, dual, via(dual, "127.0.0.1")},
		// no address: this host
		{four, four, &net.UDPAddr{Port: four.LocalAddr().(*net.UDPAddr).Port}},
		{four, four, &net.UDPAddr{IP: net.IP{}, Port: four.LocalAddr().(*net.UDPAddr).Port}},
		{six, six, &net.UDPAddr{IP: net.IP{}, Port: six.LocalAddr().(*net.UDPAddr).Port}},
	} {
		for _, text := range []string{"hello", ""} {
			if n, err := c.from.WriteTo([]byte(text), c.addr); n != len(text) || err != nil {
				t.Fatal(c.addr, n, err)
			}
			b := make([]byte, 9)
			c.to.SetReadDeadline(time.Now().Add(patience))
			n, addr, err := c.to.ReadFrom(b)
			if string(b[:n]) != text || err != nil {
				t.Fatal(c.addr, n, err)
			}
			if u := addr.(*net.UDPAddr); u.Port != c.from.LocalAddr().(*net.UDPAddr).Port {
				t.Errorf("from %v, want %v", addr, c.from.LocalAddr())
			}
		}
	}
	to := four.LocalAddr().(*net.UDPAddr).AddrPort()
	for _, from := range []*netconn.PacketConn{four, dual} {
		if n, err := from.WriteToUDPAddrPort([]byte("ab"), to); n != 2 || err != nil {
			t.Fatal(n, err)
		}
		if n, addr, err := four.ReadFromUDPAddrPort(make([]byte, 9)); n != 2 || err != nil ||
			addr.Port() != from.LocalAddr().(*net.UDPAddr).AddrPort().Port() {
			t.Error(n, addr, err)
		}
	}
	// Errors.
	var op *net.OpError
	for _, addr := range []net.Addr{nil, (*net.UDPAddr)(nil), &net.UDPAddr{IP: net.IP{1, 2}},
		&net.UnixAddr{Name: "/x"}} {
		if n, err := four.WriteTo([]byte("x"), addr); n != 0 || !errors.As(err, &op) ||
			op.Op != "write" {
			t.Error(addr, n, err)
		}
	}
	if _, err := four.WriteTo(make([]byte, 70000), theirs.LocalAddr()); !errors.Is(err,
		syscall.EMSGSIZE) || !errors.As(err, &op) || op.Addr != theirs.LocalAddr() {
		t.Error(err)
	}
	if _, err := four.WriteToUDPAddrPort(make([]byte, 70000), to); !errors.Is(err,
		syscall.EMSGSIZE) || !errors.As(err, &op) || op.Addr.String() != to.String() {
		t.Error(err)
	}
	// Connected it is a net.Conn, and refuses WriteTo as net's does.
	s := must(socket.New(constants.AF_INET, constants.SOCK_DGRAM, 0))(t)
	if err := s.Connect(ctx, sockaddr.FromAddrPort(to)); err != nil {
		t.Fatal(err)
	}
	c := must(netconn.NewPacketConn(s))(t)
	defer c.Close()
	if _, err := c.WriteTo([]byte("x"), four.LocalAddr()); !errors.Is(err,
		net.ErrWriteToConnected) {
		t.Error(err)
	}
	if _, err := c.Write([]byte("connected")); err != nil {
		t.Error(err)
	}
	b := make([]byte, 20)
	n, from, err := four.ReadFrom(b)
	if string(b[:n]) != "connected" || err != nil || from.String() != c.LocalAddr().String() {
		t.Error(n, from, err)
	}
	four.WriteTo(nil, from)
	if n, err := c.Read(b); n != 0 || err != nil {
		t.Error("an empty datagram:", n, err)
	}
}

// TestPacketReadNothing holds that an empty Read is none, as with package net: it neither waits nor
// takes a datagram.
func TestPacketReadNothing(t *testing.T) {
	ours := packet(t, "127.0.0.1:0")
	theirs := must(net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)}))(t)
	defer theirs.Close()
	for _, c := range []interface {
		net.Conn
		net.PacketConn
	}{ours, theirs} {
		c.SetReadDeadline(time.Unix(1, 0))
		if n, err := c.Read(nil); n != 0 || err != nil {
			t.Errorf("%T: %d, %v without a datagram", c, n, err)
		}
		c.SetReadDeadline(time.Now().Add(patience))
		for _, text := range []string{"first", "second"} {
			if _, err := c.WriteTo([]byte(text), c.LocalAddr()); err != nil {
				t.Fatal(err)
			}
		}
		// What the second is behind is there.
		b := make([]byte, 9)
		if n, err := c.Read(b); string(b[:n]) != "first" || err != nil {
			t.Fatalf("%T: %q, %v", c, b[:n], err)
		}
		if n, err := c.Read([]byte{}); n != 0 || err != nil {
			t.Errorf("%T: %d, %v with a datagram", c, n, err)
		}
		if n, err := c.Read(b); string(b[:n]) != "second" || err != nil {
			t.Errorf("%T: %q, %v after a Read of nothing", c, b[:n], err)
		}
		c.Close()
		if _, err := c.Read(nil); !errors.Is(err, net.ErrClosed) {
			t.Errorf("%T: %v when closed", c, err)
		}
	}
}

// TestPacketConnRaw receives the same packets as net.IPConn, with and without IPv4 options in the
// header, into buffers of all sizes that matter.
func TestPacketConnRaw(t *testing.T) {
	testenv.Needs(t, testenv.NetRaw)
	const experiment = 253 // a protocol for experiments (RFC 3692)
	var ours *netconn.PacketConn
	var theirs *net.IPConn
	testenv.NetNS(t).Do(func() {
		s := must(socket.New(constants.AF_INET, constants.SOCK_RAW, experiment))(t)
		ours = must(netconn.NewPacketConn(s))(t)
		theirs = must(net.ListenIP("ip4:253", nil))(t)
	})
	defer ours.Close()
	defer theirs.Close()
	limit := time.Now().Add(patience)
	if err := errors.Join(ours.SetDeadline(limit), theirs.SetDeadline(limit)); err != nil {
		t.Fatal(err)
	}
	to := &net.IPAddr{IP: net.IPv4(127, 0, 0, 1).To4()}
	// The second looks like a header itself, and more so with options: only one is taken off.
	for _, text := range []string{"hello", "E looks like another header", ""} {
		for _, options := range [][]byte{nil, {1, 1, 1, 1, 1, 1, 1, 0}} {
			if err := sockopt.IPOptions.Set(ours, options); err != nil {
				t.Fatal(err)
			}
			header := 20 + len(options)
			for _, size := range []int{0, 1, 19, 20, header - 1, header, header + 3, 100} {
				if n, err := ours.WriteTo([]byte(text), to); n != len(text) || err != nil {
					t.Fatal(n, err)
				}
				got, want := make([]byte, size), make([]byte, size)
				n, from, err := ours.ReadFrom(got)
				if err != nil {
					t.Fatal(err)
				}
				m, netFrom, err := theirs.ReadFrom(want)
				if err != nil {
					t.Fatal(err)
				}
				if !bytes.Equal(got[:n], want[:m]) || from.String() != netFrom.String() {
					t.Errorf("%q with %d bytes of options into %d: %q from %v, want %q from %v",
						text, len(options), size, got[:n], from, want[:m], netFrom)
				}
				if size == 100 && string(got[:n]) != text {
					t.Errorf("%q, want %q", got[:n], text)
				}
			}
			if n, err := ours.WriteTo([]byte(text), to); n != len(text) || err != nil {
				t.Fatal(n, err)
			}
			got, want := make([]byte, 100), make([]byte, 100)
			n, err := ours.Read(got)
			if err != nil {
				t.Fatal(err)
			}
			m, err := theirs.Read(want)
			if n != header+len(text) || m != n || err != nil || !bytes.Equal(got, want) {
				t.Errorf("Read %q, want %q, %v", got[:n], want[:m], err)
			}
		}
	}
}

// TestPacketConnUnix has senders with a name and without.
func TestPacketConnUnix(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a")
	a := packet(t, path)
	if a.LocalAddr().Network() != "unixgram" {
		t.Error(a.LocalAddr().Network())
	}
	s := must(socket.New(constants.AF_UNIX, constants.SOCK_DGRAM, 0))(t)
	b := must(netconn.NewPacketConn(s))(t)
	defer b.Close()
	for _, c := range []*netconn.PacketConn{b, a} {
		if _, err := c.WriteTo([]byte("x"),
			&net.UnixAddr{Name: path, Net: "unixgram"}); err != nil {
			t.Fatal(err)
		}
		_, from, err := a.ReadFrom(make([]byte, 1))
		if err != nil || (c == b) != (from == nil) {
			t.Error(from, err)
		}
	}
}

// TestPacketDeadlines holds on datagram sockets what nettest.TestConn holds of streams: past,
// present and future deadlines, Close while a call waits, and all methods at once (X11: the packet
// counterpart).
func TestPacketDeadlines(t *testing.T) {
	c := packet(t, "127.0.0.1:0")
	b := make([]byte, 1)
	late := func(err error) {
		t.Helper()
		var ne net.Error
		if !errors.Is(err, os.ErrDeadlineExceeded) || !errors.As(err, &ne) || !ne.Timeout() {
			t.Error(err)
		}
	}
	c.SetReadDeadline(time.Unix(1, 0))
	_, _, err := c.ReadFrom(b)
	late(err)
	c.SetDeadline(time.Unix(1, 0))
	_, err = c.WriteTo(b, c.LocalAddr())
	late(err)
	c.SetDeadline(time.Time{})
	if _, err := c.WriteTo(b, c.LocalAddr()); err != nil {
		t.Error(err)
	}
	if _, _, err := c.ReadFrom(b); err != nil {
		t.Error(err)
	}
	c.SetReadDeadline(time.Now().Add(10 * time.Millisecond))
	_, _, err = c.ReadFrom(b)
	late(err)
	c.SetReadDeadline(time.Now().Add(time.Hour))
	waiting := make(chan error, 3)
	for range cap(waiting) {
		go func() {
			_, _, err := c.ReadFrom(make([]byte, 1))
			waiting <- err
		}()
	}
	runtime.Gosched()
	c.SetReadDeadline(time.Now().Add(5 * time.Millisecond)) // earlier than what they wait for
	for range cap(waiting) {
		late(<-waiting)
	}
	c.SetReadDeadline(time.Time{})
	var all sync.WaitGroup
	for range 10 {
		all.Go(func() { c.ReadFrom(make([]byte, 1)) })
		all.Go(func() { c.WriteTo(b, c.LocalAddr()) })
		all.Go(func() { c.SetReadDeadline(time.Now().Add(time.Millisecond)) })
		all.Go(func() { c.SetWriteDeadline(time.Now().Add(time.Second)) })
		all.Go(func() { _, _ = c.LocalAddr(), c.RemoteAddr() })
	}
	all.Go(func() { c.Close() })
	all.Wait()
	if _, _, err := c.ReadFrom(b); !errors.Is(err, net.ErrClosed) {
		t.Error(err)
	}
}

// TestAddrPortDoesNotAllocate holds that datagrams with netip's addresses cost no allocation.
func TestAddrPortDoesNotAllocate(t *testing.T) {
	c := packet(t, "127.0.0.1:0")
	to := c.LocalAddr().(*net.UDPAddr).AddrPort()
	b := make([]byte, 10)
	var from netip.AddrPort
	allocations := testing.AllocsPerRun(100, func() {
		if _, err := c.WriteToUDPAddrPort(b, to); err != nil {
			t.Fatal(err)
		}
		var err error
		if _, from, err = c.ReadFromUDPAddrPort(b); err != nil {
			t.Fatal(err)
		}
	})
	if from != to || allocations > 0 && !raceDetector {
		t.Errorf("from %v, %v allocations", from, allocations)
	}
}

// certificate makes one for "test".
func certificate(t testing.TB) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))(t)
	template := &x509.Certificate{
		SerialNumber:          big.NewInt(1),
		DNSNames:              []string{"test"},
		NotAfter:              time.Now().Add(time.Hour),
		IsCA:                  true,
		BasicConstraintsValid: true,
	}
	der := must(x509.CreateCertificate(rand.Reader, template, template, key.Public(), key))(t)
	leaf := must(x509.ParseCertificate(der))(t)
	pool := x509.NewCertPool()
	pool.AddCert(leaf)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}, pool
}

// TestHTTP runs net/http's server and client on our sockets (X11: serves HTTP and TLS), by HTTP/1.1
// and, over TLS, HTTP/2; with bodies both ways, files (sendfile), keep-alive and a shutdown.
func TestHTTP(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	content := bytes.Repeat([]byte("0123456789abcdef"), 1<<16)
	if err := os.WriteFile(file, content, 0o600); err != nil {
		t.Fatal(err)
	}
	cert, pool := certificate(t)
	for _, protocol := range []string{"HTTP/1.1", "HTTP/1.1 over TLS", "HTTP/2.0"} {
		for _, network := range []string{"tcp4", "unix"} {
			t.Run(strings.ReplaceAll(protocol, "/", " ")+"/"+network, func(t *testing.T) {
				l := listen(t, network)
				mux := http.NewServeMux()
				mux.HandleFunc("/file",
					func(w http.ResponseWriter, r *http.Request) { http.ServeFile(w, r, file) })
				mux.HandleFunc("/echo", func(w http.ResponseWriter, r *http.Request) {
					if !strings.HasPrefix(protocol, r.Proto) {
						t.Errorf("a request of %s", r.Proto)
					}
					io.Copy(w, r.Body)
				})
				server := &http.Server{Handler: mux}
				transport := &http.Transport{
					DialContext: func(context.Context, string,
						string) (net.Conn, error) {
						return dial(l.Addr())
					},
					ForceAttemptHTTP2: protocol == "HTTP/2.0",
					TLSClientConfig:   &tls.Config{RootCAs: pool, ServerName: "test"},
				}
				served := make(chan error, 1)
				url := "http://test/"
				if protocol == "HTTP/1.1" {
					go func() { served <- server.Serve(l) }()
				} else {
					url = "https://test/"
					server.TLSConfig = &tls.Config{Certificates: []tls.Certificate{cert}}
					go func() { served <- server.ServeTLS(l, "", "") }()
				}
				client := &http.Client{Transport: transport, Timeout: patience}
				var all sync.WaitGroup
				for range 4 {
					all.Go(func() {
						for range 5 {
							r, err := client.Get(url + "file")
							if err != nil {
								t.Error(err)
								return
							}
							if got, err := io.ReadAll(r.Body); !bytes.Equal(got, content) ||
								err != nil {
								t.Errorf("%d bytes of %d, %v", len(got), len(content), err)
							}
							r.Body.Close()
							r, err = client.Post(url+"echo", "text/plain", bytes.NewReader(content))
							if err != nil {
								t.Error(err)
								return
							}
							if got, err := io.ReadAll(r.Body); !bytes.Equal(got, content) ||
								err != nil {
								t.Errorf("%d bytes of %d, %v", len(got), len(content), err)
							}
							r.Body.Close()
						}
					})
				}
				all.Wait()
				transport.CloseIdleConnections()
				stop, cancel := context.WithTimeout(ctx, patience)
				defer cancel()
				if err := server.Shutdown(stop); err != nil {
					t.Error(err)
				}
				if err := <-served; err != http.ErrServerClosed {
					t.Error(err)
				}
			})
		}
	}
}
