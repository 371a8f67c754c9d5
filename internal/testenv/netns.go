package testenv

import (
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// NS is a network namespace that lives as long as the test that made it.
type NS struct {
	t    testing.TB
	file *os.File // of nsfs: keeps the namespace alive without a process or a mount in it
}

// NetNS makes a network namespace with its loopback interface up, 127.0.0.1 and, where the kernel
// has IPv6, ::1. It is released at the test's cleanup; the kernel removes it when no socket, thread
// or process uses it any more. It calls [Needs] for [NetNamespaces]. Duplicate address detection is
// off in it, so IPv6 addresses are usable as soon as they are added.
func NetNS(t testing.TB) *NS {
	t.Helper()
	Needs(t, NetNamespaces)
	ns, err := openNamespace()
	if err != nil {
		t.Fatalf("making a network namespace: %v", err)
	}
	ns.t = t
	t.Cleanup(func() { ns.file.Close() })
	return ns
}

// Path returns a path that setns(2), nsenter --net= and ip's netns argument take, in this process
// and in others, until the test ends. It ends in a descriptor's number, so it is no name for "ip
// netns exec".
func (ns *NS) Path() string {
	return fmt.Sprintf("/proc/%d/fd/%d", os.Getpid(), ns.file.Fd())
}

// Do runs fn on a thread inside the namespace and returns when fn has. The sockets that fn makes
// stay in the namespace and can be used from anywhere, also after fn; the processes that it starts
// run there too. Goroutines that fn starts do not, nor what packages do in goroutines of their own,
// as [net.Dial] does for names.
//
// fn runs in another goroutine than the caller's. t.Fatal, t.Skip and panics in fn end the caller
// as if they had been called there.
func (ns *NS) Do(fn func()) {
	ns.t.Helper()
	switch exit, value := ns.do(fn); {
	case value != nil:
		panic(value)
	case exit && ns.t.Skipped():
		ns.t.SkipNow()
	case exit:
		ns.t.FailNow()
	}
}

// Start starts cmd inside the namespace.
func (ns *NS) Start(cmd *exec.Cmd) error {
	var err error
	ns.Do(func() { err = cmd.Start() })
	return err
}

// Run runs a command inside the namespace and returns what it printed. If the command fails, so
// does the test, with that output.
func (ns *NS) Run(name string, args ...string) string {
	ns.t.Helper()
	var out []byte
	var err error
	ns.Do(func() { out, err = exec.Command(name, args...).CombinedOutput() })
	if err != nil {
		ns.t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return string(out)
}

// Sysctl sets a kernel parameter of the namespace, such as "net.ipv4.ping_group_range" to "0 0".
func (ns *NS) Sysctl(name, value string) {
	ns.t.Helper()
	var err error
	ns.Do(func() { err = sysctl(name, value) })
	if err != nil {
		ns.t.Fatalf("setting %s: %v", name, err)
	}
}

func sysctl(name, value string) error {
	return os.WriteFile("/proc/sys/"+strings.ReplaceAll(name, ".", "/"), []byte(value), 0)
}

// Veth links two namespaces by a pair of virtual Ethernet interfaces, both up, and returns the
// interfaces' names. Prefixes come in pairs: the first, third and so on go to the receiver's
// interface and the others to the peer's, as in
//
//	a.Veth(b, "10.0.0.1/24", "10.0.0.2/24", "fd00::1/64", "fd00::2/64")
//
// It calls [Needs] for what it needs. When it returns, the links are up and all addresses usable,
// also those of the links themselves (fe80::). The interfaces go with their namespaces.
func (ns *NS) Veth(peer *NS, prefixes ...string) (name, peerName string) {
	ns.t.Helper()
	Needs(ns.t, IPCommand, Veth)
	if len(prefixes)%2 != 0 {
		ns.t.Fatalf("%d prefixes for two interfaces", len(prefixes))
	}
	n := int(links.Add(1))
	name, peerName = fmt.Sprintf("veth%da", n), fmt.Sprintf("veth%db", n)
	// The ends have different indexes. With equal ones, as the first links of two namespaces have,
	// each looks like its own peer, and the kernel takes a second to see that it is up
	// (net/core/link_watch.c).
	ns.Run("ip", "link", "add", name, "index", strconv.Itoa(100+2*n), "type", "veth",
		"peer", "name", peerName, "index", strconv.Itoa(101+2*n), "netns", peer.Path())
	for i := 0; i < len(prefixes); i += 2 {
		ns.Run("ip", "addr", "add", prefixes[i], "dev", name)
		peer.Run("ip", "addr", "add", prefixes[i+1], "dev", peerName)
	}
	ns.Run("ip", "link", "set", name, "up")
	peer.Run("ip", "link", "set", peerName, "up")
	ns.ready(name)
	peer.ready(peerName)
	return name, peerName
}

// ready waits for what the kernel does in its own time after a link has come up: its carrier, the
// address of the link, and that no IPv6 address is tentative any more, which takes a moment also
// without duplicate address detection.
func (ns *NS) ready(name string) {
	ns.t.Helper()
	var err error
	end := time.Now().Add(10 * time.Second)
	for ; time.Now().Before(end); time.Sleep(time.Millisecond) {
		ns.Do(func() { err = linkReady(name) })
		if err == nil {
			return
		}
	}
	ns.t.Fatalf("%s does not come up: %v", name, err)
}

// links numbers the interfaces that Veth makes.
var links atomic.Int32
