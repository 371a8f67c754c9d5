package addrinfo_test

import (
	"errors"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"example.com/bsdsocket/addrinfo"
	"example.com/bsdsocket/internal/testenv"
	"example.com/bsdsocket/sockaddr"
	"example.com/bsdsocket/socket"
)

// inside, in the environment, says that the test binary runs in the namespace that the test has made: the goroutines of
// a race run on threads of their own, which only a whole process in the namespace can hold there.
const inside = "BSDSOCKET_TEST_INSIDE"

// Rows E11 and X10, on a network with addresses that swallow everything, that are unreachable, and that routing refuses.
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
		ns.Run("ip", "route", "add", "unreachable", "198.51.100.0/24")
		ns.Run("ip", "route", "add", "prohibit", "203.0.113.0/24")
		out := ns.Run("env", inside+"=1", os.Args[0], "-test.run=^TestConnectInNamespace$", "-test.v")
		if !strings.Contains(out, "--- PASS: TestConnectInNamespace/") {
			t.Errorf("no test ran inside:\n%s", out)
		}
		return
	}
	_, good := listen(t, "127.0.0.1", 10)
	_, good6 := listen(t, "::1", 10)
	address := func(s string) addrinfo.Info { return info(sockaddr.MustParse(s)) }
	swallowed, swallowed6 := address("192.0.2.9:80"), address("[2001:db8::9]:80")
	unreachable, prohibited := address("198.51.100.1:80"), address("203.0.113.1:80")
	noRoute := address("[2001:db8:1::1]:80")

	for _, row := range []struct {
		name    string
		connect connectFunc
		list    []addrinfo.Info
		timeout time.Duration
		want    []addrinfo.Info // one of these
		atLeast time.Duration
		err     error // not nil: it must fail with this
	}{
		{"a swallowed address first", addrinfo.ConnectRace, []addrinfo.Info{swallowed6, good}, 0, []addrinfo.Info{good}, addrinfo.AttemptDelay, nil},
		{"two swallowed, one of each family", addrinfo.ConnectRace, []addrinfo.Info{swallowed6, swallowed, good6, good}, 0,
			[]addrinfo.Info{good6, good}, 2 * addrinfo.AttemptDelay, nil},
		{"unreachable goes on at once", addrinfo.Connect, []addrinfo.Info{unreachable, noRoute, good}, 0, []addrinfo.Info{good}, 0, nil},
		{"a swallowed address times out", addrinfo.Connect, []addrinfo.Info{swallowed, good}, time.Second, []addrinfo.Info{good}, time.Second, nil},
		{"what routing refuses is fatal", addrinfo.Connect, []addrinfo.Info{unreachable, prohibited, good}, 0, nil, 0, syscall.EACCES},
		{"in a race nothing is fatal", addrinfo.ConnectRace, []addrinfo.Info{prohibited, good}, 0, []addrinfo.Info{good}, 0, nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			begin := time.Now()
			s, err := row.connect(t.Context(), row.list, socket.Params{ConnectTimeout: row.timeout})
			if row.err != nil {
				var all *addrinfo.ConnectError
				if s != nil || !errors.Is(err, row.err) || !errors.As(err, &all) || len(all.Attempts) != 2 || !errors.Is(err, socket.ErrTransient) {
					t.Errorf("%v, %v; want %v after two attempts", s, err, row.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			peer, err := s.PeerName()
			if !slices.ContainsFunc(row.want, func(i addrinfo.Info) bool { return i.Addr == peer }) || err != nil {
				t.Errorf("connected to %v (%v), want %v", peer, err, row.want)
			}
			if d := time.Since(begin); d < row.atLeast {
				t.Errorf("it took %v, want no less than %v", d, row.atLeast)
			}
		})
	}
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
