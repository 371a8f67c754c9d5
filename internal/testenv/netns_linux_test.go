package testenv

import (
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func leaveDescriptor(t *testing.T) {
	if _, err := unix.Socket(unix.AF_UNIX, unix.SOCK_DGRAM, 0); err != nil {
		t.Fatal(err)
	}
}

func leaveThread(t *testing.T) {
	ready := make(chan error)
	go func() {
		runtime.LockOSThread()
		ready <- unix.Unshare(unix.CLONE_NEWNET)
	}()
	if err := <-ready; err != nil {
		t.Fatal(err)
	}
	// The goroutine has ended and its thread with it, except that Go keeps the main thread. So keep
	// one that is not locked: another goroutine can come to run on it.
	go func() {
		runtime.LockOSThread()
		ready <- unix.Unshare(unix.CLONE_NEWNET)
		runtime.UnlockOSThread()
	}()
	if err := <-ready; err != nil {
		t.Fatal(err)
	}
}

// TestEveryFeatureHasAProbe reads the features from the source, so that a new one cannot lack its
// probe.
func TestEveryFeatureHasAProbe(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "features.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	n, own := 0, 0
	ast.Inspect(file, func(node ast.Node) bool {
		literal, ok := node.(*ast.CompositeLit)
		if !ok {
			return true
		}
		name, hasProbe := "", false
		for _, e := range literal.Elts {
			field := e.(*ast.KeyValueExpr)
			switch field.Key.(*ast.Ident).Name {
			case "Name":
				name, _ = strconv.Unquote(field.Value.(*ast.BasicLit).Value)
			case "Probe":
				hasProbe = true
			}
		}
		n++
		if hasProbe {
			own++
		}
		if (probes[name] != nil) == hasProbe {
			t.Errorf("the feature %q has its probe in the declaration: %t, in the table: %t", name,
				hasProbe, probes[name] != nil)
		}
		return false
	})
	if n < 30 || n-own != len(probes) {
		t.Errorf("%d features, %d with a probe of their own, and %d probes in the table", n, own,
			len(probes))
	}
	// What this machine has, for whoever reads the log; a probe must not hang or panic.
	for name := range probes {
		t.Logf("%s: %v", name, probe(Feature{Name: name}))
	}
}

// TestNetNS sees that a namespace has a loopback interface of its own, that sockets stay in it and
// that threads do not.
func TestNetNS(t *testing.T) {
	home := readlink(t, threadNamespace)
	a, b := NetNS(t), NetNS(t)
	var l, same net.Listener
	var err error
	a.Do(func() {
		if ns := readlink(t, threadNamespace); ns == home {
			t.Errorf("Do runs in %s, the namespace of the process", ns)
		}
		l, err = net.Listen("tcp", "127.0.0.1:0")
	})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	b.Do(func() { same, err = net.Listen("tcp", l.Addr().String()) })
	if err != nil {
		t.Errorf("the same port in another namespace: %v", err)
	} else {
		same.Close()
	}
	b.Do(func() { // where nobody else can have the port
		if c, err := net.Dial("tcp", l.Addr().String()); err == nil {
			c.Close()
			t.Error("a listener inside is reached from outside")
		}
	})
	dialed := make(chan struct{})
	go func() {
		defer close(dialed)
		a.Do(func() {
			c, err := net.Dial("tcp", l.Addr().String())
			if err != nil {
				t.Error(err)
				return
			}
			io.WriteString(c, "inside")
			c.Close()
		})
	}()
	c, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if got, err := io.ReadAll(c); string(got) != "inside" || err != nil {
		t.Errorf("read %q, %v", got, err)
	}
	<-dialed
	s := map[string]string{}
	threads(s)
	if len(s) != 1 || s[home] == "" {
		t.Errorf("after Do, threads are in %v, want all in %s", s, home)
	}
}

func TestNetNSIPv6(t *testing.T) {
	Needs(t, IPv6Loopback)
	NetNS(t).Do(func() {
		l, err := net.Listen("tcp", "[::1]:0")
		if err != nil {
			t.Fatal(err)
		}
		l.Close()
	})
}

func TestNetNSRun(t *testing.T) {
	Needs(t, IPCommand)
	ns := NetNS(t)
	if out := ns.Run("ip", "-o", "link"); strings.Count(out, "\n") < 1 ||
		strings.Contains(out, "eth0") || !strings.Contains(out, "lo: <LOOPBACK,UP") {
		t.Errorf("the links of a new namespace:\n%s", out)
	}
	ns.Sysctl("net.ipv4.ip_default_ttl", "77")
	if out := ns.Run("cat", "/proc/sys/net/ipv4/ip_default_ttl"); out != "77\n" {
		t.Errorf("the sysctl reads %q", out)
	}
	// The path serves a process that enters by itself.
	out, err := exec.Command("nsenter", "--net="+ns.Path(), "cat",
		"/proc/sys/net/ipv4/ip_default_ttl").CombinedOutput()
	if string(out) != "77\n" || err != nil {
		t.Errorf("through nsenter the sysctl reads %q, %v", out, err)
	}
	cmd := exec.Command("readlink", "/proc/self/ns/net")
	var text strings.Builder
	cmd.Stdout = &text
	if err := ns.Start(cmd); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	if got := strings.TrimSpace(text.String()); got == "" || got == readlink(t, threadNamespace) {
		t.Errorf("Start runs in %q", got)
	}
}

func TestVeth(t *testing.T) {
	a, b := NetNS(t), NetNS(t)
	name, peer := a.Veth(b, "10.99.0.1/24", "10.99.0.2/24", "fd00:99::1/64", "fd00:99::2/64")
	if out := a.Run("ip", "-o", "addr", "show", "dev", name); !strings.Contains(out,
		"10.99.0.1/24") || !strings.Contains(out, "fd00:99::1/64") {
		t.Errorf("%s has\n%s", name, out)
	}
	if out := b.Run("ip", "-o", "addr", "show", "dev", peer); !strings.Contains(out,
		"10.99.0.2/24") || !strings.Contains(out, "fd00:99::2/64") {
		t.Errorf("%s has\n%s", peer, out)
	}
	addrs := []string{"10.99.0.2:0"}
	if probe(IPv6Loopback) == nil {
		addrs = append(addrs, "[fd00:99::2]:0")
	}
	for _, addr := range addrs {
		var l net.Listener
		var err error
		b.Do(func() { l, err = net.Listen("tcp", addr) })
		if err != nil {
			t.Fatal(err)
		}
		a.Do(func() {
			c, err := net.Dial("tcp", l.Addr().String())
			if err != nil {
				t.Error(err)
				return
			}
			c.Close()
		})
		l.Close()
	}
}

// TestDoEnds holds that what ends fn ends the caller of Do in the same way.
func TestDoEnds(t *testing.T) {
	ns := NetNS(t)
	func() {
		defer func() {
			if v, _ := recover().(string); !strings.Contains(v, "out of") ||
				!strings.Contains(v, "TestDoEnds") {
				t.Errorf("a panic inside comes out as %q", v)
			}
		}()
		ns.Do(func() { panic("out of luck") })
		t.Error("a panic inside does not come out")
	}()
	for _, skips := range []bool{true, false} {
		tb := &enders{skips: skips}
		inner := &NS{t: tb, file: ns.file}
		done := make(chan struct{})
		go func() {
			defer close(done)
			inner.Do(runtime.Goexit) // which is how t.SkipNow and t.FailNow end
			t.Error("after runtime.Goexit inside, Do returned")
		}()
		<-done
		if tb.skipped != skips || tb.failed == skips {
			t.Errorf("a test that skips %t inside: skipped %t and failed %t outside", skips,
				tb.skipped, tb.failed)
		}
	}
	// After a failure, the test is a failed one: look at a process of its own.
	if os.Getenv("BSDSOCKET_DO_FAILS") == "1" {
		ns.Do(func() { t.Fatal("fatal inside") })
		t.Log("Do returned")
		return
	}
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(exe, "-test.run=^TestDoEnds$", "-test.v")
	cmd.Env = append(os.Environ(), "BSDSOCKET_DO_FAILS=1")
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || !strings.Contains(string(out), "fatal inside") ||
		strings.Contains(string(out), "Do returned") {
		t.Errorf("t.Fatal inside: %v\n%s", err, out)
	}
}

// enders is a testing.TB that notes in which way it was ended.
type enders struct {
	testing.TB
	skips, skipped, failed bool
}

func (e *enders) Helper()       {}
func (e *enders) Skipped() bool { return e.skips }
func (e *enders) SkipNow()      { e.skipped = true; runtime.Goexit() }
func (e *enders) FailNow()      { e.failed = true; runtime.Goexit() }

// TestNamespaceIsReleased holds that nothing keeps a namespace after its test.
func TestNamespaceIsReleased(t *testing.T) {
	var path string
	t.Run("inner", func(t *testing.T) {
		ns := NetNS(t)
		path = ns.Path()
		if !strings.HasPrefix(readlink(t, path), "net:[") {
			t.Errorf("%s is %s", filepath.Base(path), readlink(t, path))
		}
	})
	if target, err := os.Readlink(path); err == nil && strings.HasPrefix(target, "net:[") {
		t.Errorf("%s is still %s", path, target)
	}
}

func readlink(t *testing.T, path string) string {
	t.Helper()
	s, err := os.Readlink(path)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// A TUN device gives what its interface sends, and takes what it receives.
func TestTUN(t *testing.T) {
	ns := NetNS(t)
	device, name := ns.TUN(1400, "10.8.0.1/24")
	if got := ns.Run("ip", "-o", "addr", "show", name); !strings.Contains(got, "10.8.0.1/24") {
		t.Errorf("the interface has not its address: %s", got)
	}
	var c net.PacketConn
	var err error
	ns.Do(func() { c, err = net.ListenPacket("udp4", "10.8.0.1:0") })
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := c.WriteTo([]byte("ping"),
		&net.UDPAddr{IP: net.IPv4(10, 8, 0, 2), Port: 7}); err != nil {
		t.Fatal(err)
	}
	b := make([]byte, 2000)
	for {
		if err := device.SetReadDeadline(time.Now().Add(time.Minute)); err != nil {
			t.Fatal(err)
		}
		n, err := device.Read(b)
		if err != nil {
			t.Fatal(err)
		}
		if n > 28 && b[0]>>4 == 4 { // not what IPv6 does of its own accord
			b = b[:n]
			break
		}
	}
	if string(b[28:]) != "ping" {
		t.Fatalf("the device gave %x", b)
	}
	// Back with both addresses and both ports exchanged, which leaves the checksums right.
	for _, at := range [][3]int{{12, 16, 4}, {20, 22, 2}} {
		for i := range at[2] {
			b[at[0]+i], b[at[1]+i] = b[at[1]+i], b[at[0]+i]
		}
	}
	if _, err := device.Write(b); err != nil {
		t.Fatal(err)
	}
	if err := c.SetReadDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	got := make([]byte, 100)
	if n, from, err := c.ReadFrom(got); err != nil || string(got[:n]) != "ping" ||
		from.String() != "10.8.0.2:7" {
		t.Errorf("came back: %q from %v, %v", got[:n], from, err)
	}
}
