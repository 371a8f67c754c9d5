package socket_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/internal/testenv"
	"example.com/bsdsocket/sockaddr"
	"example.com/bsdsocket/socket"
)

// newIn is open inside a namespace.
func newIn(t testing.TB, ns *testenv.NS, typ constants.SocketType) *socket.Socket {
	t.Helper()
	s, err := socket.NewIn(ns.Path(), constants.AF_INET, typ, 0)
	ok(t, err)
	t.Cleanup(func() { s.Close() })
	return s
}

// cookie tells the namespace of a socket (SO_NETNS_COOKIE, Linux 5.14).
func cookie(t testing.TB, s *socket.Socket) (cookie uint64) {
	t.Helper()
	c, err := s.SyscallConn()
	ok(t, err)
	ok(t, c.Control(func(fd uintptr) {
		cookie, err = unix.GetsockoptUint64(int(fd), unix.SOL_SOCKET, unix.SO_NETNS_COOKIE)
	}))
	ok(t, err)
	return cookie
}

// oneNamespace checks that all threads of this process are in the namespace that it began in.
func oneNamespace(t testing.TB) {
	t.Helper()
	home, err := os.Readlink("/proc/self/ns/net")
	ok(t, err)
	links, err := filepath.Glob("/proc/self/task/*/ns/net")
	ok(t, err)
	if len(links) == 0 {
		t.Fatal("no threads were found")
	}
	for _, link := range links {
		if ns, err := os.Readlink(link); ns != home && !errors.Is(err, fs.ErrNotExist) {
			// a thread that ended
			t.Errorf("%s is %s, %v; the process is in %s", link, ns, err, home)
		}
	}
}

// Row X3: sockets inside another network namespace, without a thread that stays there.
func TestNewIn(t *testing.T) {
	ns := testenv.NetNS(t)
	l := newIn(t, ns, constants.SOCK_STREAM)
	ok(t, l.Bind(loopback))
	ok(t, l.Listen(1))
	client := newIn(t, ns, constants.SOCK_STREAM)
	ok(t, client.Connect(within(t, patience), name(t, l)))
	server, _, err := l.Accept(within(t, patience))
	ok(t, err)
	defer server.Close()
	talk(t, client, server)
	if l.Params() != socket.DefaultParams() || l.Family() != constants.AF_INET ||
		l.Type() != constants.SOCK_STREAM {
		t.Errorf("made %v with %+v", l, l.Params())
	}
	oneNamespace(t)

	// It is another namespace: in a third nobody listens at that address.
	elsewhere := newIn(t, testenv.NetNS(t), constants.SOCK_STREAM)
	is(t, elsewhere.Connect(within(t, patience), name(t, l)), syscall.ECONNREFUSED)
	testenv.NeedsKernel(t, "5.14") // SO_NETNS_COOKIE
	here, there := cookie(t, open(t, constants.AF_INET, constants.SOCK_STREAM, 0)),
		cookie(t, client)
	if here == there || cookie(t, server) != there {
		t.Errorf("the sockets are in the namespaces %d, %d and %d", here, there, cookie(t, server))
	}
}

// A namespace by its name of ip-netns(8), which is a file in /run/netns.
func TestNewInByName(t *testing.T) {
	ns := testenv.NetNS(t)
	const dir = "/run/netns"
	if err := os.Mkdir(dir, 0o755); err == nil {
		t.Cleanup(func() { os.Remove(dir) })
	} else if !errors.Is(err, fs.ErrExist) {
		t.Skipf("needs %s: %v", dir, err)
	}
	link := filepath.Join(dir, "bsdsocket-test-"+strconv.Itoa(os.Getpid()))
	ok(t, os.Symlink(ns.Path(), link))
	t.Cleanup(func() { os.Remove(link) })
	s, err := socket.NewIn(filepath.Base(link), constants.AF_INET, constants.SOCK_DGRAM, 0)
	ok(t, err)
	defer s.Close()
	testenv.NeedsKernel(t, "5.14")
	if cookie(t, s) != cookie(t, newIn(t, ns, constants.SOCK_DGRAM)) {
		t.Error("it is another namespace")
	}
}

func TestNewInFails(t *testing.T) {
	ns := testenv.NetNS(t)
	file := filepath.Join(t.TempDir(), "file")
	ok(t, os.WriteFile(file, nil, 0o600))
	for _, test := range []struct {
		what, namespace string
		family          constants.Family
		want            error
	}{
		{"no such path", "/nowhere/at/all", constants.AF_INET, fs.ErrNotExist},
		{"no such name", "bsdsocket-no-such-namespace", constants.AF_INET, fs.ErrNotExist},
		{"an empty name", "", constants.AF_INET, nil}, // the directory, if there is one
		{"a file", file, constants.AF_INET, syscall.EINVAL},
		{"another kind of namespace", "/proc/self/ns/mnt", constants.AF_INET, syscall.EINVAL},
		{"an unknown family", ns.Path(), 500, socket.ErrUnsupported},
		{"an undefined family", ns.Path(), constants.Undefined, socket.ErrUnsupported},
	} {
		s, err := socket.NewIn(test.namespace, test.family, constants.SOCK_STREAM, 0)
		if err == nil {
			t.Errorf("%s: made %v", test.what, s)
			s.Close()
			continue
		}
		if _, isError := errors.AsType[*socket.Error](err); !isError || test.want != nil &&
			!errors.Is(err, test.want) {
			t.Errorf("%s: %v (%T), want %v", test.what, err, err, test.want)
		}
	}
	oneNamespace(t)
}

// Many at once, from many goroutines: no thread is left behind, and none of the sockets is in the
// wrong place.
func TestNewInConcurrently(t *testing.T) {
	testenv.NeedsKernel(t, "5.14")
	ns := []*testenv.NS{testenv.NetNS(t), testenv.NetNS(t)}
	home := cookie(t, open(t, constants.AF_INET, constants.SOCK_DGRAM, 0))
	want := []uint64{cookie(t, newIn(t, ns[0], constants.SOCK_DGRAM)),
		cookie(t, newIn(t, ns[1], constants.SOCK_DGRAM))}
	crowd(t, 40, func(i int) error {
		for range 5 {
			s, err := socket.NewIn(ns[i%2].Path(), constants.AF_INET, constants.SOCK_DGRAM, 0)
			if err != nil {
				return err
			}
			got := cookie(t, s)
			s.Close()
			if got != want[i%2] {
				return errors.New("made in the wrong namespace")
			}
			if s, err = socket.New(constants.AF_INET, constants.SOCK_DGRAM, 0); err != nil {
				return err
			}
			got = cookie(t, s)
			s.Close()
			if got != home {
				return errors.New("New made a socket in another namespace")
			}
		}
		return nil
	})
	oneNamespace(t)
}

// Row E10: what routes and filters make of a connect, in a namespace that has them.
func TestConnectUnreachable(t *testing.T) {
	testenv.Needs(t, testenv.IPCommand)
	ns := testenv.NetNS(t)
	connect := func(to string) error {
		return newIn(t, ns, constants.SOCK_STREAM).Connect(within(t, patience),
			sockaddr.MustParse(to))
	}
	is(t, connect("10.1.2.3:80"), socket.ErrTransient, syscall.ENETUNREACH) // no route
	ns.Run("ip", "route", "add", "unreachable", "10.1.0.0/16")
	is(t, connect("10.1.2.3:80"), socket.ErrTransient, syscall.EHOSTUNREACH)
	ns.Run("ip", "route", "add", "prohibit", "10.2.0.0/16")
	err := connect("10.2.2.3:80")
	is(t, err, syscall.EACCES)
	isNot(t, err, socket.ErrTransient, socket.ErrTimeout)
}

// Row G5: MSG_DONTROUTE reaches what is on the link, and nothing behind a router.
func TestDontRouteBeyondTheLink(t *testing.T) {
	testenv.Needs(t, testenv.IPCommand, testenv.Veth)
	ns := testenv.NetNS(t)
	ns.Run("ip", "link", "add", "v0", "type", "veth", "peer", "name", "v1")
	ns.Run("ip", "address", "add", "192.0.2.1/24", "dev", "v0")
	ns.Run("ip", "link", "set", "v0", "up")
	ns.Run("ip", "link", "set", "v1", "up")
	ns.Run("ip", "route", "add", "default", "via", "192.0.2.2")
	s := newIn(t, ns, constants.SOCK_DGRAM)
	near, far := sockaddr.MustParse("192.0.2.9:9"), sockaddr.MustParse("198.51.100.1:9")
	ok(t, second(s.SendTo(ctx, []byte("x"), near, constants.MSG_DONTROUTE)))
	ok(t, second(s.SendTo(ctx, []byte("x"), far, 0)))
	is(t, second(s.SendTo(ctx, []byte("x"), far, constants.MSG_DONTROUTE)), syscall.ENETUNREACH)
}

// Two ways of a connection that gets no answer: the kernel gives it up (ETIMEDOUT), which is
// transient, or the call's own timeout passes first. A filter loses the packets.
func TestConnectDropped(t *testing.T) {
	testenv.Needs(t, testenv.NfTables)
	ns := testenv.NetNS(t)
	ns.Run("nft",
		"add table inet t; add chain inet t c { type filter hook input priority 0; }; add rule "+
			"inet t c tcp dport 80 drop")
	ns.Run("nft",
		"add rule inet t c tcp dport 81 reject with tcp reset; add rule inet t c tcp dport 82 "+
			"reject with icmp type host-unreachable")
	to := sockaddr.MustParse("127.0.0.1:80")

	s := newIn(t, ns, constants.SOCK_STREAM)
	set(t, s, func(p *socket.Params) { p.ConnectTimeout = short })
	atLeast(t, short, func() {
		err := s.Connect(ctx, to)
		is(t, err, socket.ErrTimeout)
		isNot(t, err, socket.ErrTransient)
	})
	set(t, s, func(p *socket.Params) { p.ConnectTimeout = 0 })
	is(t, s.Connect(within(t, patience), to.WithPort(81)), syscall.ECONNREFUSED,
		socket.ErrTransient)
	is(t, s.Connect(within(t, patience), to.WithPort(82)), syscall.EHOSTUNREACH,
		socket.ErrTransient)

	option(t, s, constants.IPPROTO_TCP, constants.TCP_SYNCNT, 1)
	err := s.Connect(within(t, patience), to)
	is(t, err, socket.ErrTransient, syscall.ETIMEDOUT)
	isNot(t, err, socket.ErrTimeout)
	if e, isError := errors.AsType[*socket.Error](err); !isError || !e.Timeout() {
		t.Errorf("%v: Timeout is false", err)
	}

	l := newIn(t, ns, constants.SOCK_STREAM)
	ok(t, l.Bind(loopback))
	ok(t, l.Listen(1))
	ok(t, s.Connect(within(t, patience), name(t, l)))
	server, _, err := l.Accept(within(t, patience))
	ok(t, err)
	defer server.Close()
	talk(t, s, server)
}

// A host that vanishes while a connection is open: the kernel's timeout (TCP_USER_TIMEOUT) ends the
// waiting receive.
func TestPeerVanishes(t *testing.T) {
	testenv.Needs(t, testenv.NfTables)
	ns := testenv.NetNS(t)
	l := newIn(t, ns, constants.SOCK_STREAM)
	ok(t, l.Bind(loopback))
	ok(t, l.Listen(1))
	client := newIn(t, ns, constants.SOCK_STREAM)
	ok(t, client.Connect(within(t, patience), name(t, l)))
	server, _, err := l.Accept(within(t, patience))
	ok(t, err)
	defer server.Close()
	ns.Run("nft",
		"add table inet t; add chain inet t c { type filter hook input priority 0; policy drop; }")
	option(t, client, constants.IPPROTO_TCP, constants.TCP_USER_TIMEOUT, 100)
	send(t, client, "into the void")
	err = second(client.Receive(within(t, patience), make([]byte, 1), 0))
	is(t, err, syscall.ETIMEDOUT)
	isNot(t, err, socket.ErrTimeout)
	if e, isError := errors.AsType[*socket.Error](err); !isError || !e.Remote.IsValid() ||
		!e.Timeout() {
		t.Errorf("error %v", err)
	}
}
