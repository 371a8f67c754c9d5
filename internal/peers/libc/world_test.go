//go:build linux && cgo

package libc

import (
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"example.com/bsdsocket/internal/testenv"
)

func TestMain(m *testing.M) { testenv.Main(m) }

// etc is what the two libraries read in the world of the tests.
var etc = map[string]string{
	"/etc/resolv.conf": `nameserver 127.0.0.1
search lan.test
options timeout:1 attempts:1
`,
	"/etc/nsswitch.conf": `hosts: files dns
services: files
protocols: files
`,
	"/etc/host.conf": "multi on\n",
	"/etc/gai.conf":  "",
	"/etc/hosts": strings.ReplaceAll(`# a comment
127.0.0.1	localhost.localdomain localhost # behind a line
::1		localhost ip6-localhost
192.0.2.10	alpha.hosts.test alpha first
192.0.2.11	alpha
2001:db8::10	alpha.hosts.test alpha6 alpha
10.1.1.9	four.hosts.test four
2001:db8::9	six.hosts.test six
10.1.1.7	Mixed.Case.Test mixed
192.0.2.20	both.test
10.1.1.33	many 
10.1.1.34	many
10.77.0.5	many
10.1.1.50	dotted.test.
10.1.1.51	nulled\x00x
not-an-address	broken
10.1.1.40`, `\x00`, "\x00"), // no newline, no name
	"/etc/services": `# services of the test
tcpmux		1/tcp
echo		7/tcp
echo		7/udp
ssh		22/tcp
domain		53/tcp
domain		53/udp
http		80/tcp		www www-http
http		80/sctp
only-udp	8001/udp	uonly
only-sctp	8002/sctp
only-dccp	8003/dccp
only-lite	8004/udplite
shared		8005/tcp
shared-u	8005/udp
Upper		8006/tcp
first		8007/tcp	second
second		8008/tcp
everywhere	8009/tcp
everywhere	8009/udp
everywhere	8009/dccp
everywhere	8009/udplite
everywhere	8009/sctp
broken		80
worse		http/tcp
2box		8011/tcp
octal		017522/tcp
hexadecimal	0x1f51/tcp
signed		+8016/tcp
too-large	65616/tcp
rsh-like	514/tcp
syslog-like	514/udp
last		65535/tcp`, // no newline
	"/etc/protocols": `# protocols of the test
ip	0	IP		# a pseudo protocol
hopopt	0	HOPOPT
icmp	1	ICMP
tcp	6	TCP
udp	17	UDP
  indented	99 I
ipv6-icmp 58	IPv6-ICMP icmpv6
tcp	106	TCP second
no-number
sctp	132	SCTP`, // no newline
}

// optional are files that need not be there: without them the C library does what these say.
var optional = map[string]bool{"/etc/host.conf": true, "/etc/gai.conf": true}

// glibc is the library whose answers are the measure.
var glibc = testenv.Feature{Name: "glibc", Probe: func() error {
	if Version() == "" {
		return errors.New("this program is linked with another C library")
	}
	return nil
}}

const inside = "BSDSOCKET_PEERS_INSIDE"

// world runs the calling test in a process of its own, with its own network
// and its own files in /etc, which go when the process ends. In that process it
// returns true; in this one, false, when the other has ended.
func world(t *testing.T) bool {
	t.Helper()
	if os.Getenv(inside) != "" {
		build(t)
		return true
	}
	testenv.Needs(t, glibc, testenv.Root, testenv.NetAdmin, testenv.SysAdmin, testenv.Mounts,
		testenv.NetNamespaces, testenv.IPCommand, testenv.Veth)
	for path := range etc {
		if !optional[path] {
			testenv.Needs(t, testenv.Feature{Name: path, Probe: func() error {
				_, err := os.Stat(path)
				return err
			}})
		}
	}
	args := []string{"-test.run=^" + t.Name() + "$", "-test.timeout=8m"}
	if testing.Verbose() {
		args = append(args, "-test.v")
	}
	cmd := exec.Command("/proc/self/exe", args...)
	cmd.Env = append(os.Environ(), inside+"=1", "GODEBUG=", "LC_ALL=C")
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Unshareflags: syscall.CLONE_NEWNET | syscall.CLONE_NEWNS | syscall.CLONE_NEWUTS,
	}
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(out)) {
		if line = strings.TrimRight(line, "\n"); line != "" && line != "PASS" && line != "FAIL" &&
			!strings.HasPrefix(line, "===") && !strings.HasPrefix(line, "---") {
			t.Log(line)
		}
	}
	if err != nil {
		t.Errorf("inside: %v", err)
	}
	return false
}

// build makes the files and the network. The kinds of addresses that the tests
// look up can all be reached, so that their order is a matter of policy.
func build(t *testing.T) {
	t.Helper()
	dir := t.TempDir()
	for path, text := range etc {
		file := filepath.Join(dir, filepath.Base(path))
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) && optional[path] {
			continue // nothing to mount on
		}
		if err := unix.Mount(file, path, "", unix.MS_BIND, ""); err != nil {
			t.Fatalf("mounting on %s: %v", path, err)
		}
		t.Cleanup(func() { unix.Unmount(path, unix.MNT_DETACH) })
	}
	if err := unix.Sethostname([]byte("box")); err != nil {
		t.Fatal(err)
	}
	ip(t, "link set lo up")
	ip(t, "link add eth7 type veth peer name eth8")
	ip(t, "link set eth7 up")
	ip(t, "link set eth8 addrgenmode none up") // without addresses
	ip(t, "addr add 10.1.1.1/24 dev eth7")
	ip(t, "addr add 2001:db8:1::1/64 dev eth7 nodad")
	ip(t, "addr add fd00:1::1/64 dev eth7 nodad")
	ip(t, "route add default dev eth7")
	ip(t, "-6 route add default dev eth7")
	serve(t)
}

func ip(t *testing.T, args string) {
	t.Helper()
	if out, err := exec.Command("ip", strings.Fields(args)...).CombinedOutput(); err != nil {
		t.Fatalf("ip %s: %v\n%s", args, err, out)
	}
}

// serve starts the name server of resolv.conf.
func serve(t *testing.T) {
	t.Helper()
	udp, err := net.ListenPacket("udp", "127.0.0.1:53")
	if err != nil {
		t.Fatal(err)
	}
	tcp, err := net.Listen("tcp", "127.0.0.1:53")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{}, 2)
	go func() {
		defer func() { done <- struct{}{} }()
		serveUDP(udp)
	}()
	go func() {
		defer func() { done <- struct{}{} }()
		serveTCP(tcp)
	}()
	t.Cleanup(func() {
		udp.Close()
		tcp.Close()
		<-done
		<-done
	})
}
