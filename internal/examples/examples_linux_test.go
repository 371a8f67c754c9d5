package examples

import (
	"bufio"
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/internal/testenv"
	"example.com/bsdsocket/sockaddr"
	"example.com/bsdsocket/socket"
	"example.com/bsdsocket/sockopt"
)

func TestMain(m *testing.M) { testenv.Main(m, removePrograms) }

// Each folder is a program of less than 150 lines that needs the public packages alone, and the
// README's table and the tests name it.
func TestList(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	tests, err := os.ReadFile("examples_linux_test.go")
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("*/main.go")
	if err != nil || len(files) < 10 {
		t.Fatalf("%d programs, %v", len(files), err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(string(text), "\n"); n >= 150 {
			t.Errorf("%s has %d lines", file, n)
		}
		if strings.Contains(string(text), "bsdsocket/internal/") {
			t.Errorf("%s imports what others cannot", file)
		}
		name := filepath.Dir(file)
		if !strings.Contains(string(readme), "["+name+"]("+name+"/main.go)") {
			t.Errorf("the README does not list %s", name)
		}
		if !regexp.MustCompile(`[("` + "`" + `]` + name + `"`).Match(tests) {
			t.Errorf("no test runs %s", name)
		}
	}
}

// programs builds all of them once, and returns their folder.
var programs = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "examples")
	if err != nil {
		return "", err
	}
	programsDir = dir
	if err := os.Chmod(dir, 0o755); err != nil { // some run as another user
		return "", err
	}
	build := exec.Command("go", "build", "-buildvcs=false", "-ldflags=-s -w", "-o", dir, "./...")
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w\n%s", err, out)
	}
	return dir, nil
})

var programsDir string

func removePrograms() {
	if programsDir != "" {
		os.RemoveAll(programsDir)
	}
}

// A process is a program that runs.
type process struct {
	t     *testing.T
	cmd   *exec.Cmd
	stdin io.WriteCloser
	lines chan string // of both outputs
	wait  func() error
}

type where struct {
	ns     *testenv.NS
	nobody bool
	sh     string // in place of the program, which is $0
	files  []*os.File
}

// start starts a program, which ends with the test at the latest.
func start(t *testing.T, at where, name string, args ...string) *process {
	t.Helper()
	dir, err := programs()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, name)
	cmd := exec.Command(path, args...)
	if at.sh != "" {
		cmd = exec.Command("sh", append([]string{"-c", at.sh, path}, args...)...)
	}
	cmd.ExtraFiles = at.files
	if at.nobody && os.Getuid() == 0 {
		cmd.SysProcAttr = &syscall.SysProcAttr{
			Credential: &syscall.Credential{Uid: 65534, Gid: 65534},
		}
	}
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stdout, cmd.Stderr = w, w
	begin := cmd.Start
	if at.ns != nil {
		begin = func() error { return at.ns.Start(cmd) }
	}
	err = begin()
	w.Close()
	if err != nil {
		r.Close()
		stdin.Close()
		t.Fatal(err)
	}
	p := &process{
		t:     t,
		cmd:   cmd,
		stdin: stdin,
		lines: make(chan string, 10_000),
		wait:  sync.OnceValue(cmd.Wait),
	}
	read := make(chan struct{})
	go func() {
		defer close(read)
		defer close(p.lines)
		for lines := bufio.NewScanner(r); lines.Scan(); {
			select {
			case p.lines <- lines.Text():
			default: // nobody is interested
			}
		}
	}()
	t.Cleanup(func() {
		cmd.Process.Kill()
		stdin.Close()
		p.wait()
		<-read
		r.Close()
	})
	return p
}

// line waits for a line that matches, and returns its groups.
func (p *process) line(pattern string) []string {
	p.t.Helper()
	want := regexp.MustCompile(pattern)
	var seen []string
	for timeout := time.After(30 * time.Second); ; {
		select {
		case line, ok := <-p.lines:
			if !ok {
				p.t.Fatalf(
					"%s ended without a line like %q: %q",
					filepath.Base(p.cmd.Path),
					pattern,
					seen,
				)
			}
			seen = append(seen, line)
			if m := want.FindStringSubmatch(line); m != nil {
				return m
			}
		case <-timeout:
			p.t.Fatalf("%s has no line like %q: %q", filepath.Base(p.cmd.Path), pattern, seen)
		}
	}
}

func (p *process) port() string {
	p.t.Helper()
	return p.line(`^port (\d+)$`)[1]
}

// end waits until it ends by itself.
func (p *process) end() error {
	p.t.Helper()
	timer := time.AfterFunc(30*time.Second, func() { p.cmd.Process.Kill() })
	defer timer.Stop()
	return p.wait()
}

func data(t *testing.T, n int) []byte {
	b := make([]byte, n)
	if _, err := rand.Read(b); err != nil {
		t.Fatal(err)
	}
	return b
}

// sendsBack holds that what is sent to an address comes back, to its end.
func sendsBack(t *testing.T, addr string) {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Error(err)
		return
	}
	defer c.Close()
	want := data(t, 1<<20)
	sent := make(chan error, 1)
	go func() {
		_, err := c.Write(want)
		sent <- errors.Join(err, c.(*net.TCPConn).CloseWrite())
	}()
	got, err := io.ReadAll(c)
	if err := errors.Join(err, <-sent); err != nil || !bytes.Equal(got, want) {
		t.Errorf("%s: %d bytes came back of %d, %v", addr, len(got), len(want), err)
	}
}

// Who runs one without arguments is told which it wants.
func TestUsage(t *testing.T) {
	dir, err := programs()
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(files) < 10 {
		t.Fatalf("%d programs, %v", len(files), err)
	}
	for _, file := range files {
		name := filepath.Base(file)
		if name == "activated" || name == "netmonitor" { // which take none
			continue
		}
		out, err := exec.Command(file).CombinedOutput()
		if err == nil || !strings.Contains(string(out), "usage: "+name+" ") {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
	}
}

func TestEcho(t *testing.T) {
	for _, row := range []struct{ name, at string }{
		{"echoports", "0"},
		{"echosockets", "127.0.0.1:0"},
		{"echonetconn", "localhost:0"},
		{"echopoller", "127.0.0.1:0"},
	} {
		t.Run(row.name, func(t *testing.T) {
			at := "localhost:"
			if strings.HasPrefix(row.at, "127") {
				at = "127.0.0.1:"
			}
			at += start(t, where{}, row.name, row.at).port()
			var wait sync.WaitGroup
			for range 4 {
				wait.Go(func() { sendsBack(t, at) })
			}
			wait.Wait()
		})
	}
}

func TestActivated(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	f, err := l.(*net.TCPListener).File()
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	start(
		t,
		where{sh: `LISTEN_PID=$$ LISTEN_FDS=1 exec "$0"`, files: []*os.File{f}},
		"activated",
	).port()
	sendsBack(t, l.Addr().String())
	if err := start(t, where{}, "activated").end(); err == nil {
		t.Error("without sockets it does not fail")
	}
}

// No client is refused while the second process takes over from the first.
func TestHandover(t *testing.T) {
	control := filepath.Join(t.TempDir(), "control")
	one := start(t, where{}, "handover", control, "127.0.0.1:0", "one")
	at := "127.0.0.1:" + one.port()
	ask := func() string {
		c, err := net.Dial("tcp", at)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		b, err := io.ReadAll(c)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	if got := ask(); got != "one\n" {
		t.Fatalf("%q answers", got)
	}
	start(t, where{}, "handover", control, at, "two")
	for n := 0; ; n++ {
		switch got := ask(); {
		case got == "two\n":
			if err := one.end(); err != nil {
				t.Error(err)
			}
			if got := ask(); got != "two\n" {
				t.Errorf("%q answers", got)
			}
			return
		case got != "one\n":
			t.Fatalf("%q answers", got)
		}
	}
}

func TestPing(t *testing.T) {
	ns := testenv.NetNS(t)
	ns.Sysctl("net.ipv4.ping_group_range", "0 2147483647")
	for _, host := range []string{"127.0.0.1", "::1"} {
		if strings.Contains(host, ":") {
			testenv.Needs(t, testenv.IPv6Loopback)
		}
		p := start(t, where{ns: ns, nobody: true}, "ping", host)
		for i := range 3 {
			p.line(fmt.Sprintf(`^15 bytes from %s: seq=%d ttl=64 time=`, regexp.QuoteMeta(host), i))
		}
		if err := p.end(); err != nil {
			t.Error(err)
		}
	}
}

// network is a client, a router and a server.
func network(t *testing.T) (client, router, server *testenv.NS) {
	client, router, server = testenv.NetNS(t), testenv.NetNS(t), testenv.NetNS(t)
	client.Veth(router, "10.1.0.1/24", "10.1.0.2/24", "fd01::1/64", "fd01::2/64")
	router.Veth(server, "10.2.0.1/24", "10.2.0.2/24", "fd02::1/64", "fd02::2/64")
	router.Sysctl("net.ipv4.ip_forward", "1")
	router.Sysctl("net.ipv6.conf.all.forwarding", "1")
	for _, v := range []struct{ family, there, back string }{
		{"-4", "10.1.0.2", "10.2.0.1"},
		{"-6", "fd01::2", "fd02::1"},
	} {
		client.Run("ip", v.family, "route", "add", "default", "via", v.there)
		server.Run("ip", v.family, "route", "add", "default", "via", v.back)
	}
	return client, router, server
}

func TestTraceroute(t *testing.T) {
	testenv.Needs(t, testenv.IPCommand)
	client, _, _ := network(t)
	for _, hops := range [][]string{{"10.1.0.2", "10.2.0.2"}, {"fd01::2", "fd02::2"}} {
		p := start(t, where{ns: client, nobody: true}, "traceroute", hops[1])
		for i, hop := range hops {
			p.line(fmt.Sprintf(`^ %d  %s  `, i+1, regexp.QuoteMeta(hop)))
		}
		if err := p.end(); err != nil {
			t.Error(err)
		}
	}
}

func TestNetMonitor(t *testing.T) {
	testenv.Needs(t, testenv.IPCommand, testenv.Veth)
	ns := testenv.NetNS(t)
	p := start(t, where{ns: ns}, "netmonitor")
	p.line("^listening$")
	ns.Run("ip", "link", "add", "here", "type", "veth", "peer", "name", "there")
	p.line("^link here$")
	ns.Run("ip", "link", "set", "here", "up")
	ns.Run("ip", "link", "set", "there", "up")
	ns.Run("ip", "address", "add", "10.9.0.1/24", "dev", "here")
	p.line(`^address 10\.9\.0\.1/24$`)
	ns.Run("ip", "route", "add", "10.8.0.0/16", "via", "10.9.0.2")
	p.line(`^route 10\.8\.0\.0/16$`)
	ns.Run("ip", "-6", "address", "add", "fd09::1/64", "dev", "here")
	p.line(`^address fd09::1/64$`)
	ns.Run("ip", "link", "del", "here")
	p.line("^link gone here$")
}

// open makes a socket in a namespace, which the test closes.
func open(
	t *testing.T,
	ns *testenv.NS,
	family constants.Family,
	typ constants.SocketType,
) *socket.Socket {
	t.Helper()
	s, err := socket.NewIn(ns.Path(), family, typ, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func TestSniffer(t *testing.T) {
	testenv.Needs(t, testenv.PacketSockets)
	a, b := testenv.NetNS(t), testenv.NetNS(t)
	here, there := a.Veth(b)
	p := start(t, where{ns: a}, "sniffer", here, "0x88b5")
	p.line("^listening$")
	s := open(t, b, constants.AF_PACKET, constants.SOCK_RAW)
	var index int
	b.Do(func() {
		i, err := net.InterfaceByName(there)
		if err != nil {
			t.Fatal(err)
		}
		index = i.Index
	})
	to, err := sockaddr.Packet(sockaddr.PacketAddr{Interface: index})
	if err != nil {
		t.Fatal(err)
	}
	frame := func(types ...byte) []byte {
		b := append([]byte{255, 255, 255, 255, 255, 255, 2, 0, 0, 0, 0, 7}, types...)
		return append(b, "something to show"...)
	}
	for _, f := range [][]byte{
		frame(0x88, 0xb6),
		frame(0x88, 0xb5),
		frame(0x81, 0x00, 0x00, 42, 0x88, 0xb5),
	} {
		if _, err := s.SendTo(t.Context(), f, to, 0); err != nil {
			t.Fatal(err)
		}
	}
	p.line(`^02:00:00:00:00:07 > ff:ff:ff:ff:ff:ff, \d+ bytes: "something to show`)
	p.line(`^02:00:00:00:00:07 > ff:ff:ff:ff:ff:ff vlan 42, \d+ bytes: "something to show`)
}

func TestPacketCount(t *testing.T) {
	testenv.Needs(t, testenv.PacketSockets)
	ns := testenv.NetNS(t)
	p := start(t, where{ns: ns}, "packetcount", "lo", "40")
	p.line("^listening$")
	s := open(t, ns, constants.AF_INET, constants.SOCK_DGRAM)
	for range 20 { // each leaves, and arrives
		s.SendTo(
			t.Context(),
			make([]byte, 100),
			sockaddr.MustParse("127.0.0.1:9"),
			0,
		) // which refuses them
	}
	p.line(`^\d+ packets, \d{4,} bytes, 0 dropped$`)
	if err := p.end(); err != nil {
		t.Error(err)
	}
}

func TestARP(t *testing.T) {
	testenv.Needs(t, testenv.PacketSockets)
	a, b := testenv.NetNS(t), testenv.NetNS(t)
	here, there := a.Veth(b, "10.1.0.1/24", "10.1.0.2/24")
	var want string
	b.Do(func() {
		if i, err := net.InterfaceByName(there); err == nil {
			want = i.HardwareAddr.String()
		}
	})
	p := start(t, where{ns: a}, "arp", here, "10.1.0.2")
	if got := p.line(`^10\.1\.0\.2 is at (.*)$`)[1]; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if err := p.end(); err != nil {
		t.Error(err)
	}
}

func TestLease(t *testing.T) {
	testenv.Needs(t, testenv.IPCommand)
	a, b := testenv.NetNS(t), testenv.NetNS(t)
	here, there := a.Veth(b)
	a.Run("ip", "address", "add", "10.1.0.1/24", "dev", here)
	server := start(t, where{ns: a}, "lease", "serve", here, "10.1.0.100")
	server.line("^listening$")
	for i := range 2 {
		p := start(t, where{ns: b}, "lease", "ask", there)
		p.line(fmt.Sprintf(`^10\.1\.0\.%d from 10\.1\.0\.1$`, 100+i))
		if err := p.end(); err != nil {
			t.Error(err)
		}
	}
}

func TestChat(t *testing.T) {
	testenv.Needs(t, testenv.IPCommand)
	a, b := testenv.NetNS(t), testenv.NetNS(t)
	here, there := a.Veth(b, "10.1.0.1/24", "10.1.0.2/24", "fd01::1/64", "fd01::2/64")
	a.Run("ip", "address", "add", "10.1.0.3/24", "dev", here)
	a.Run("ip", "address", "add", "fd01::3/64", "dev", here, "nodad")
	var index int
	a.Do(func() {
		if i, err := net.InterfaceByName(here); err == nil {
			index = i.Index
		}
	})
	for _, row := range []struct{ anySource, oneSource, first, second string }{
		{"239.1.2.3:5000", "232.1.2.3:5000", "10.1.0.1", "10.1.0.3"},
		{"[ff15::1234]:5000", "[ff35::1234]:5000", "fd01::1", "fd01::3"},
	} {
		x := start(t, where{ns: a}, "chat", here, row.anySource)
		y := start(t, where{ns: b}, "chat", there, row.anySource)
		x.line("^listening$")
		y.line("^listening$")
		io.WriteString(x.stdin, "hello\n")
		y.line(`: "hello"$`)
		io.WriteString(y.stdin, "and you\n")
		x.line(`: "and you"$`)
		x.stdin.Close() // the end of the input is its end
		if err := x.end(); err != nil {
			t.Error(err)
		}

		// Of two sources, one is heard.
		z := start(t, where{ns: b}, "chat", there, row.oneSource, row.second)
		z.line("^listening$")
		group := sockaddr.MustParse(row.oneSource)
		for _, source := range []string{row.first, row.second} {
			s := open(t, a, group.Family(), constants.SOCK_DGRAM)
			err := s.Bind(sockaddr.FromAddrPort(netip.AddrPortFrom(netip.MustParseAddr(source), 0)))
			if err == nil && group.Family() == constants.AF_INET {
				err = sockopt.IPMulticastInterface.Set(s, sockopt.IPInterface{Index: index})
			} else if err == nil {
				err = sockopt.IPv6MulticastInterface.Set(s, index)
			}
			if err == nil {
				_, err = s.SendTo(t.Context(), []byte(source), group, 0)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		if got := z.line(`: "(.*)"$`)[1]; got != row.second {
			t.Errorf("%s is heard, and only %s should be", got, row.second)
		}
	}
}

func TestUDPWorkers(t *testing.T) {
	testenv.Needs(t, testenv.UDPSegment, testenv.UDPGRO)
	p := start(t, where{}, "udpworkers", "127.0.0.1:0", "4")
	to := sockaddr.MustParse("127.0.0.1:" + p.port())
	train := data(t, 10*100+50) // ten datagrams and a shorter one
	for range 20 {
		s, err := socket.New(constants.AF_INET, constants.SOCK_DGRAM, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		if err := s.Connect(t.Context(), to); err != nil {
			t.Fatal(err)
		}
		m := socket.Message{Buffers: [][]byte{train}, SegmentSize: 100}
		if err := s.SendMessage(t.Context(), &m, 0); err != nil {
			t.Fatal(err)
		}
		var got []byte
		for len(got) < len(train) {
			b := make([]byte, 200)
			n, err := s.Receive(t.Context(), b, 0)
			if err != nil || n > 100 {
				t.Fatalf("a datagram of %d bytes, %v", n, err)
			}
			got = append(got, b[:n]...)
		}
		if !bytes.Equal(got, train) {
			t.Fatal("something else came back")
		}
	}
	workers := map[string]bool{}
	for range 20 {
		workers[p.line(`^worker (\d): 11 datagrams from `)[1]] = true
	}
	if len(workers) < 2 {
		t.Errorf("one worker has all clients: %v", workers)
	}
}

func TestProxy(t *testing.T) {
	testenv.Needs(t, testenv.IPCommand, testenv.NfTables)
	client, router, server := network(t)
	var l net.Listener
	server.Do(func() {
		var err error
		if l, err = net.Listen("tcp4", "10.2.0.2:80"); err != nil {
			t.Fatal(err)
		}
	})
	served := make(chan struct{})
	peers := make(chan string, 10)
	go func() {
		defer close(served)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			peers <- c.RemoteAddr().(*net.TCPAddr).IP.String()
			io.Copy(c, c)
			c.Close()
		}
	}()
	defer func() {
		l.Close()
		<-served
	}()
	router.Run("ip", "rule", "add", "fwmark", "1", "lookup", "100")
	router.Run("ip", "route", "add", "local", "default", "dev", "lo", "table", "100")
	for _, mode := range []string{"redirect", "tproxy"} {
		p := start(t, where{ns: router}, "proxy", mode, "0.0.0.0:0")
		port := p.port()
		router.Run("nft", "add", "table", "ip", "by_"+mode)
		if mode == "redirect" {
			router.Run(
				"nft",
				"add chain ip by_redirect prerouting { type nat hook prerouting priority -100; }",
			)
			router.Run("nft", "add rule ip by_redirect prerouting tcp dport 80 redirect to :"+port)
		} else {
			router.Run("nft", "add chain ip by_tproxy prerouting "+
				"{ type filter hook prerouting priority -150; }")
			router.Run("nft", "add rule ip by_tproxy prerouting tcp dport 80 tproxy to :"+port+
				" meta mark set 1 accept")
		}
		client.Do(func() { sendsBack(t, "10.2.0.2:80") })
		if got := p.line(`^10\.1\.0\.1:\d+ to (.*)$`)[1]; got != "10.2.0.2:80" {
			t.Errorf("%s: to %s", mode, got)
		}
		if peer := <-peers; peer != "10.2.0.1" { // the proxy's
			t.Errorf("%s: from %s", mode, peer)
		}
		router.Run("nft", "delete", "table", "ip", "by_"+mode)
	}
}

func TestSocks5(t *testing.T) {
	server := httptest.NewServer(
		http.HandlerFunc(
			func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "hello ", r.URL.Path) },
		),
	)
	defer server.Close()
	p := start(t, where{}, "socks5", "0")
	proxy := &url.URL{Scheme: "socks5", Host: "localhost:" + p.port()}
	transport := &http.Transport{Proxy: func(*http.Request) (*url.URL, error) { return proxy, nil }}
	defer transport.CloseIdleConnections()
	client := http.Client{Transport: transport}
	_, port, _ := net.SplitHostPort(server.Listener.Addr().String())
	for _, host := range []string{"127.0.0.1", "localhost"} {
		reply, err := client.Get("http://" + host + ":" + port + "/x")
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(reply.Body)
		reply.Body.Close()
		if err != nil || string(body) != "hello /x" {
			t.Errorf("%q, %v", body, err)
		}
		p.line("^" + regexp.QuoteMeta(host) + " " + port + "$")
	}
	if _, err := client.Get("http://127.0.0.1:1/"); err == nil {
		t.Error("where nobody listens, somebody answers")
	}
}

func TestWhoIs(t *testing.T) {
	testenv.Needs(t, testenv.UnixSockets)
	path := filepath.Join(t.TempDir(), "s")
	p := start(t, where{sh: `umask 0; exec "$0" "$1"`}, "whois", path)
	p.line("^listening$")
	if i, err := os.Stat(path); err != nil || i.Mode().Perm() != 0o600 {
		t.Errorf("the mode of the file is %v, %v", i.Mode(), err)
	}
	c, err := net.Dial("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	got, err := io.ReadAll(c)
	want := fmt.Sprintf(
		"you are process %d of user %d and group %d\n",
		os.Getpid(),
		os.Getuid(),
		os.Getgid(),
	)
	if err != nil || string(got) != want {
		t.Errorf("%q, %v", got, err)
	}
}

func TestSendTimes(t *testing.T) {
	p := start(t, where{ns: testenv.NetNS(t)}, "sendtimes", "127.0.0.1:9")
	p.line(`^datagram 0 to the queue after \d`)
	p.line(`^datagram 0 to the device after \d`)
	if err := p.end(); err != nil {
		t.Error(err)
	}
}

func TestFileServer(t *testing.T) {
	dir := t.TempDir()
	want := data(t, 3<<20)
	for name, b := range map[string][]byte{"outside": want, "in/file": want} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	at := "localhost:" + start(t, where{}, "fileserver", "0", filepath.Join(dir, "in")).port()
	for name, want := range map[string][]byte{
		"file": want, "../outside": nil, "nosuch": nil, ".": nil,
	} {
		c, err := net.Dial("tcp", at)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintln(c, name)
		got, err := io.ReadAll(c)
		c.Close()
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: %d bytes, %v", name, len(got), err)
		}
	}
}

func TestHTTPGet(t *testing.T) {
	server := httptest.NewServer(
		http.HandlerFunc(
			func(w http.ResponseWriter, r *http.Request) { fmt.Fprintln(w, "hello", r.URL.Path) },
		),
	)
	defer server.Close()
	host, port, _ := net.SplitHostPort(server.Listener.Addr().String())
	p := start(t, where{}, "httpget", host, port, "/x")
	p.line("^HTTP/1.[01] 200 OK")
	p.line("^hello /x$")
	if err := p.end(); err != nil {
		t.Error(err)
	}
}

// talk is a server for one client: it says what is in the list, and after each hears the lines that
// are wanted.
func talk(t *testing.T, turns ...[]string) (port string, done <-chan error) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() {
		defer l.Close()
		c, err := l.Accept()
		if err != nil {
			ended <- err
			return
		}
		defer c.Close()
		lines := bufio.NewReader(c)
		for _, turn := range turns {
			fmt.Fprint(c, turn[0])
			for _, want := range turn[1:] {
				got, err := lines.ReadString('\n')
				if err != nil || got != want+"\r\n" {
					ended <- fmt.Errorf("%q, want %q; %w", got, want, err)
					return
				}
			}
		}
		ended <- nil
	}()
	t.Cleanup(func() { l.Close() })
	_, port, _ = net.SplitHostPort(l.Addr().String())
	return port, ended
}

func TestSMTPSend(t *testing.T) {
	port, done := talk(
		t,
		[]string{"220-hello\r\n220 there\r\n", "HELO localhost"},
		[]string{"250 yes\r\n", "MAIL FROM:<a@x>"},
		[]string{"250 yes\r\n", "RCPT TO:<b@y>"},
		[]string{
			"250 yes\r\n",
			"DATA",
		},
		[]string{"354 go on\r\n", "Subject: hi", "", "..", "bye", "."},
		[]string{"250 it is here\r\n", "QUIT"},
		[]string{"221 bye\r\n"},
	)
	p := start(t, where{}, "smtpsend", "127.0.0.1", port, "a@x", "b@y")
	io.WriteString(p.stdin, "Subject: hi\n\n.\nbye\n")
	p.stdin.Close()
	p.line("^221 bye$")
	if err := errors.Join(p.end(), <-done); err != nil {
		t.Error(err)
	}
}

func TestIRCSay(t *testing.T) {
	port, done := talk(
		t,
		[]string{"", "NICK me", "USER me 0 * :me"},
		[]string{"PING :x\r\n", "PONG :x"},
		[]string{
			":irc 001 me :welcome\r\n",
			"JOIN #go",
			"PRIVMSG #go :hello, everybody",
			"QUIT :bye",
		},
		[]string{"ERROR :bye\r\n"},
	)
	p := start(t, where{}, "ircsay", "127.0.0.1", port, "me", "#go", "hello, everybody")
	if err := errors.Join(p.end(), <-done); err != nil {
		t.Error(err)
	}
}
