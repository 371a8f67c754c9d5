package addrinfo_test

import (
	"errors"
	"os"
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
		want    addrinfo.Info
		atLeast time.Duration
		err     error // not nil: it must fail with this
	}{
		{"a swallowed address first", addrinfo.ConnectRace, []addrinfo.Info{swallowed6, good}, good, addrinfo.AttemptDelay, nil},
		{"two swallowed, one of each family", addrinfo.ConnectRace, []addrinfo.Info{swallowed6, swallowed, good6, good}, good6, 2 * addrinfo.AttemptDelay, nil},
		{"unreachable goes on at once", addrinfo.Connect, []addrinfo.Info{unreachable, noRoute, good}, good, 0, nil},
		{"a swallowed address times out", addrinfo.Connect, []addrinfo.Info{swallowed, good}, good, connectTimeout, nil},
		{"what routing refuses is fatal", addrinfo.Connect, []addrinfo.Info{unreachable, prohibited, good}, good, 0, syscall.EACCES},
		{"in a race nothing is fatal", addrinfo.ConnectRace, []addrinfo.Info{prohibited, good}, good, 0, nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			begin := time.Now()
			p := socket.Params{ConnectTimeout: connectTimeout}
			s, err := row.connect(t.Context(), row.list, p)
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
			if peer, err := s.PeerName(); peer != row.want.Addr || err != nil {
				t.Errorf("connected to %v (%v), want %v", peer, err, row.want.Addr)
			}
			if d := time.Since(begin); d < row.atLeast {
				t.Errorf("it took %v, want no less than %v", d, row.atLeast)
			}
		})
	}
}

const connectTimeout = 900 * time.Millisecond
