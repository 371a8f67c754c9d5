package sockaddr_test

import (
	"errors"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"example.com/bsdsocket/internal/testenv"
	"example.com/bsdsocket/sockaddr"
)

// manyLinks makes so many interfaces, d0 ..., in the namespace and returns the number of the first.
// The others follow.
func manyLinks(t *testing.T, ns *testenv.NS, n int) (first int) {
	t.Helper()
	const base = 5000
	var batch strings.Builder
	for i := range n {
		batch.WriteString("link add name d" + strconv.Itoa(i) + " index " + strconv.Itoa(base+i) +
			" type bridge\n")
	}
	ns.Do(func() {
		cmd := exec.Command("ip", "-batch", "-")
		cmd.Stdin = strings.NewReader(batch.String())
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("ip: %v: %s", err, out)
		}
	})
	return base
}

// What a zone costs does not grow with the interfaces that there are: they are not listed. What a
// datagram needs allocates nothing.
func TestZonesAllocs(t *testing.T) {
	testenv.NeedsLinuxPath(t, "the calls of interfaces")
	testenv.Needs(t, testenv.NetNamespaces, testenv.IPCommand, testenv.Bridge)
	const links = 200
	ns := testenv.NetNS(t)
	first := manyLinks(t, ns, links)
	ns.Do(func() {
		for i := range links {
			a := parse(t, "[fe80::1%d"+strconv.Itoa(i)+"]:80")
			if a.ScopeID() != uint32(first+i) {
				t.Errorf("%v has scope id %d, want %d", a, a.ScopeID(), first+i)
			}
		}
		a := parse(t, "[fe80::1%d7]:80")
		p := a.AddrPort()
		ff := parse(t, "[ff02::1%d7]:80")
		buf := make([]byte, 0, 256)
		for _, row := range []struct {
			name string
			f    func()
		}{
			{"AddrPort", func() { sinkAddrPort = a.AddrPort() }},
			{"AddrPort of two", func() { sinkAddrPort, sinkIP = a.AddrPort(), ff.IP() }},
			{"FromAddrPort", func() { sinkAddr = sockaddr.FromAddrPort(p) }},
			{"AppendTo", func() { sinkBytes = a.AppendTo(buf) }},
			{"Parse", func() { sinkAddr, _ = sockaddr.Parse("[fe80::1%d7]:80") }},
		} {
			if n := testing.AllocsPerRun(100, row.f); n != 0 {
				t.Errorf("%s allocates %v times", row.name, n)
			}
		}
		// Each a name or number that was not asked for before: a listing of the interfaces would
		// allocate thousands of times.
		i := 50
		if n := testing.AllocsPerRun(100, func() {
			sinkString = a.WithScopeID(uint32(first + i)).String()
			i++
		}); n > 8 {
			t.Errorf("String allocates %v times", n)
		}
		i = 50
		names := make([]string, links)
		for i := range names {
			names[i] = "d" + strconv.Itoa(i)
		}
		if n := testing.AllocsPerRun(100, func() {
			sinkInt, _ = sockaddr.InterfaceIndex(names[i])
			i++
		}); n > 8 {
			t.Errorf("InterfaceIndex allocates %v times", n)
		}
		i = 50
		if n := testing.AllocsPerRun(100, func() {
			sinkString, _ = sockaddr.InterfaceName(first + i)
			i++
		}); n > 8 {
			t.Errorf("InterfaceName allocates %v times", n)
		}
	})
}

// What is kept of interfaces is kept for the namespace that it was said in.
func TestZonesOfNamespaces(t *testing.T) {
	testenv.NeedsLinuxPath(t, "the calls of interfaces")
	testenv.Needs(t, testenv.NetNamespaces, testenv.IPCommand, testenv.Bridge)
	const index = "4200"
	a, b := testenv.NetNS(t), testenv.NetNS(t)
	a.Run("ip", "link", "add", "name", "here", "index", index, "type", "bridge")
	b.Run("ip", "link", "add", "name", "there", "index", index, "type", "bridge")
	addr := parse(t, "fe80::1%"+index)
	for range 20 {
		for _, row := range []struct {
			ns          *testenv.NS
			name, other string
		}{{a, "here", "there"}, {b, "there", "here"}} {
			row.ns.Do(func() {
				if got := addr.String(); got != "fe80::1%"+row.name {
					t.Errorf("%s, want %s", got, row.name)
				}
				if got := parse(t, "fe80::1%"+row.name); got != addr {
					t.Errorf("%v, want %v", got, addr)
				}
				if got, err := sockaddr.Parse("fe80::1%" + row.other); err == nil {
					t.Errorf("%v of another namespace", got)
				}
			})
		}
		if got := addr.String(); got != "fe80::1%"+index {
			t.Errorf("outside it is %s", got)
		}
	}
}

// A name counts for a second after it has changed, and not longer; that there is no such interface
// is not kept.
func TestZoneRenamed(t *testing.T) {
	testenv.NeedsLinuxPath(t, "the calls of interfaces")
	testenv.Needs(t, testenv.NetNamespaces, testenv.IPCommand, testenv.Bridge)
	ns := testenv.NetNS(t)
	ns.Do(func() {
		if is("fe80::1%old") {
			t.Error("there is an interface already")
		}
	})
	ns.Run("ip", "link", "add", "name", "old", "index", "4200", "type", "bridge")
	ns.Do(func() {
		a := parse(t, "fe80::1%old")
		if a.String() != "fe80::1%old" {
			t.Errorf("%v", a)
		}
		if out, err := exec.Command("ip", "link", "set", "old", "name",
			"new").CombinedOutput(); err != nil {
			t.Fatalf("ip: %v: %s", err, out)
		}
		within := time.Now().Add(testTimeout)
		for a.String() != "fe80::1%new" || is("fe80::1%old") {
			if time.Now().After(within) {
				t.Fatalf("it is still %v", a)
			}
			time.Sleep(10 * time.Millisecond)
		}
		if got := parse(t, "fe80::1%new"); got != a {
			t.Errorf("%v, want %v", got, a)
		}
		if name, err := sockaddr.InterfaceName(4200); name != "new" || err != nil {
			t.Errorf("%q, %v", name, err)
		}
	})
}

// is reports whether Parse takes s.
func is(s string) bool {
	_, err := sockaddr.Parse(s)
	return err == nil
}

const testTimeout = 30 * time.Second

// Where no socket can be made zones cannot be looked up; that is no missing interface.
func TestZonesWithoutDescriptors(t *testing.T) {
	testenv.Needs(t, interfaceNames, testenv.IPv6Loopback)
	name, err := sockaddr.InterfaceName(1)
	if err != nil {
		t.Fatal(err)
	}
	text := "fe80::1%" + name
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	defer unix.Setrlimit(unix.RLIMIT_NOFILE, &limit)
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: 0, Max: limit.Max}); err != nil {
		t.Fatal(err)
	}
	_, err = sockaddr.Parse("[fe80::1%unasked]:80")
	checkError(t, err, "parse", "[fe80::1%unasked]:80", `interface "unasked" cannot be looked up`)
	_, err2 := sockaddr.InterfaceIndex("unasked")
	_, err3 := sockaddr.InterfaceName(1)
	for _, err := range []error{err, err2, err3} {
		if !errors.Is(err, syscall.EMFILE) {
			t.Errorf("%v, want EMFILE", err)
		}
	}
	// What was said a moment ago is kept, both ways.
	kept := func() bool {
		unix.Setrlimit(unix.RLIMIT_NOFILE, &limit)
		a, err := sockaddr.Parse(text)
		b := a.String()
		unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: 0, Max: limit.Max})
		c, err2 := sockaddr.Parse(text)
		return err == nil && err2 == nil && a == c && c.String() == b && b == text
	}
	first := kept()
	if !first && !kept() { // a second may pass in between
		t.Errorf("%s is asked for again", text)
	}
	if a := parse(t, "fe80::1%7777"); a.String() != "fe80::1%7777" {
		t.Errorf("%v", a)
	}
}
