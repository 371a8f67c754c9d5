package addrinfo_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"example.com/bsdsocket/addrinfo"
	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/internal/testenv"
	"example.com/bsdsocket/sockaddr"
)

// inHosts is set in a process that has its own /etc/hosts, to one of hosts.
const inHosts = "BSDSOCKET_TEST_HOSTS"

// hosts say where this host's domain comes from, home.example in all but one.
var hosts = []struct{ hostname, localhost, short string }{
	{"box", "localhost.home.example localhost", "box"},
	{"self.home.example", "localhost", "box"},
	{"box", "localhost", "box"},
	{"lone", "localhost", "box.home.example"},
}

var hostsFiles = map[string]string{
	"/etc/hosts": `# a comment
127.0.0.1	LOCALHOST	# the older family first
::1		localhost
192.0.2.7	box.home.example box
192.0.2.8	other.example other
fe80::8%lo	linked
fe80::a%1	numbered second
2001:db8::9	six.example
`,
	"/etc/nsswitch.conf": "hosts: files\n",
}

// Rows E6, E7 and E9: names that a hosts file has, in a process with a hosts file of its own and
// nothing but a loopback interface.
func TestHostsFile(t *testing.T) {
	if os.Getenv(inHosts) == "" {
		testenv.Needs(t, testenv.Root, testenv.SysAdmin, testenv.Mounts, testenv.NetNamespaces,
			testenv.IPCommand, testenv.IPv6Loopback)
		for path := range hostsFiles {
			testenv.Needs(t, testenv.Feature{Name: path, Probe: func() error {
				_, err := os.Stat(path)
				return err
			}})
		}
		for i, host := range hosts {
			cmd := exec.Command("/proc/self/exe", "-test.run=^TestHostsFile$", "-test.timeout=60s")
			cmd.Env = append(os.Environ(), inHosts+"="+strconv.Itoa(i))
			cmd.SysProcAttr = &syscall.SysProcAttr{
				Unshareflags: syscall.CLONE_NEWNS | syscall.CLONE_NEWNET | syscall.CLONE_NEWUTS,
			}
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("%+v: %v\n%s", host, err, out)
			}
		}
		return
	}
	i, err := strconv.Atoi(os.Getenv(inHosts))
	if err != nil {
		t.Fatal(err)
	}
	host := hosts[i]
	dir := t.TempDir()
	for path, text := range hostsFiles {
		file := filepath.Join(dir, filepath.Base(path))
		text = strings.ReplaceAll(text, "LOCALHOST", host.localhost)
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		if err := unix.Mount(file, path, "", unix.MS_BIND, ""); err != nil {
			t.Fatalf("mounting on %s: %v", path, err)
		}
		defer unix.Unmount(path, unix.MNT_DETACH)
	}
	if err := unix.Sethostname([]byte(host.hostname)); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("ip", "link", "set", "lo", "up").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}

	for _, test := range []struct {
		node   string
		family constants.Family
		flags  constants.AddrInfoFlag
		want   string
	}{
		// Not the order of the file.
		{"localhost", 0, constants.AI_CANONNAME,
			"[::1]:80/tcp " + strings.Fields(host.localhost)[0] + "; 127.0.0.1:80/tcp"},
		{"LocalHost", inet, 0, "127.0.0.1:80/tcp"},
		{"localhost", inet6, 0, "[::1]:80/tcp"},
		{"localhost", inet6, constants.AI_V4MAPPED | constants.AI_ALL,
			"[::1]:80/tcp; [::ffff:127.0.0.1]:80/tcp"},
		{"box", 0, constants.AI_CANONNAME, "192.0.2.7:80/tcp box.home.example"},
		{"box", inet6, 0, "EAI_NODATA"},
		{"box", inet6, constants.AI_V4MAPPED, "[::ffff:192.0.2.7]:80/tcp"},
		{"six.example", inet, 0, "EAI_NODATA"},
		{"linked", 0, 0, "[fe80::8%lo]:80/tcp"},
		{"linked", inet6, 0, "[fe80::8%lo]:80/tcp"},
		{"linked", inet, 0, "EAI_NODATA"},
		{"app.localhost", inet, 0, "127.0.0.1:80/tcp"},
		{"nosuch", 0, 0, "EAI_NONAME"},
	} {
		infos, err := files.Lookup(ctx, test.node, "80",
			&addrinfo.Hints{Family: test.family, Type: stream, Flags: test.flags})
		got := short(infos)
		if err != nil {
			got = append(got, codeOf(t, err))
		}
		if d := cmp.Diff(words(test.want), got); d != "" {
			t.Errorf("Lookup(%q), %v, flags %v: (-want +got)\n%s%v", test.node, test.family,
				test.flags, d, err)
		}
	}

	name := func(ip string, flags constants.NameInfoFlag) string {
		t.Helper()
		addr, err := sockaddr.Inet(ip, 0)
		if err != nil {
			t.Fatal(err)
		}
		node, _, err := files.NameInfo(ctx, addr, flags)
		if err != nil {
			return codeOf(t, err)
		}
		return node
	}
	for _, test := range []struct {
		ip    string
		flags constants.NameInfoFlag
		want  string
	}{
		{"192.0.2.7", 0, "box.home.example"},
		{"192.0.2.7", constants.NI_NOFQDN, host.short},
		{"192.0.2.8", constants.NI_NOFQDN, "other.example"}, // another domain
		{"192.0.2.9", constants.NI_NOFQDN, "192.0.2.9"},
		{"192.0.2.9", constants.NI_NAMEREQD, "EAI_NONAME"},
		{"fe80::8%1", 0, "linked"},
		{"fe80::a%1", 0, "numbered"},
		{"fe80::a", 0, "fe80::a"},
	} {
		if got := name(test.ip, test.flags); got != test.want {
			t.Errorf("the name of %s with flags %v is %q, want %q", test.ip, test.flags, got,
				test.want)
		}
	}
	for ip, want := range map[string][]string{
		"192.0.2.7": {"box.home.example", "box"},
		"fe80::a%1": {"numbered", "second"},
		"192.0.2.9": nil,
	} {
		got, err := files.HostNames(ctx, sockaddr.MustParse(ip))
		if d := cmp.Diff(want, got); d != "" || want == nil && codeOf(t, err) != "EAI_NONAME" {
			t.Errorf("the names of %s: %v (-want +got)\n%s", ip, err, d)
		}
	}
}
