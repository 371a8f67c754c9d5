package addrinfo_test

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"example.com/bsdsocket/addrinfo"
	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/internal/testenv"
)

// inWorld is set in a process that has its own files in /etc and its own network.
const inWorld = "BSDSOCKET_TEST_WORLD"

// world runs the calling test in a process of its own, where the files in /etc are these and the
// network is a loopback interface, with env. In that process it returns true; in this one false,
// when it has ended.
func world(t *testing.T, etc map[string]string, env ...string) bool {
	t.Helper()
	if os.Getenv(inWorld) == "" {
		testenv.Needs(t, testenv.Root, testenv.SysAdmin, testenv.Mounts, testenv.NetNamespaces,
			testenv.IPCommand, testenv.IPv6Loopback)
		for path := range etc {
			testenv.Needs(t, testenv.Feature{Name: path, Probe: func() error {
				_, err := os.Stat(path)
				return err
			}})
		}
		cmd := exec.Command("/proc/self/exe", "-test.run=^"+t.Name()+"$", "-test.timeout=60s")
		cmd.Env = append(append(os.Environ(), inWorld+"=1"), env...)
		cmd.SysProcAttr = &syscall.SysProcAttr{Unshareflags: syscall.CLONE_NEWNS |
			syscall.CLONE_NEWNET | syscall.CLONE_NEWUTS}
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%v: %v\n%s", env, err, out)
		}
		return false
	}
	dir := t.TempDir()
	for path, text := range etc {
		file := filepath.Join(dir, filepath.Base(path))
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		target, err := filepath.EvalSymlinks(path)
		if err == nil {
			err = unix.Mount(file, target, "", unix.MS_BIND, "")
		}
		if err != nil {
			t.Fatalf("mounting on %s: %v", path, err)
		}
		t.Cleanup(func() { unix.Unmount(target, unix.MNT_DETACH) })
	}
	if out, err := exec.Command("ip", "link", "set", "lo", "up").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return true
}

// A name is unknown only if every question was answered so: a domain of the search list in trouble
// is EAI_AGAIN, as are names that one family's question got no answer for.
func TestSearchList(t *testing.T) {
	if !world(t, map[string]string{
		"/etc/resolv.conf": "nameserver 127.0.0.1\nsearch trouble.test good.test " +
			"third.test\noptions timeout:1 attempts:1\n",
		"/etc/nsswitch.conf": "hosts: files dns\n",
		"/etc/hosts": "192.0.2.9 here.example here\nfe80::9%nosuch " +
			"unknown.example\nfe80::8%lo linked.example\n192.0.2.5 two.example\nfe80::7%nosuch " +
			"two.example\n",
	}) {
		return
	}
	s := serveAt(t, "127.0.0.1:53", map[string]answer{
		"sick.trouble.test":    {code: codeServFail},
		"refused.trouble.test": {code: codeRefused},
		"well.good.test":       {ips: []string{"192.0.2.1"}},
		"sick.good.test":       {ips: nil, code: codeNXDomain},
		"found.trouble.test":   {code: codeServFail},
		"found.good.test":      {ips: []string{"192.0.2.2"}},
		"alias.good.test":      {cname: "well.good.test"},
		"empty.good.test":      {},
		"half.good.test":       {failFor: typeAAAA},
		"split.good.test":      {ips: []string{"192.0.2.3"}},
		"split.third.test":     {ips: []string{"2001:db8::3"}},
		"localhost":            {ips: []string{"192.0.2.66"}},
	})
	r := &addrinfo.Resolver{Net: &net.Resolver{PreferGo: true}}
	both := constants.AI_V4MAPPED | constants.AI_ALL
	if infos, err := r.Lookup(ctx, "split", "80",
		&addrinfo.Hints{Family: inet6, Type: stream, Flags: both}); err != nil || len(infos) != 1 ||
		infos[0].Addr.String() != "[::ffff:192.0.2.3]:80" {
		t.Errorf("AI_ALL stops at the first domain: %v, %v", infos, err)
	}
	for _, row := range []struct {
		node   string
		family constants.Family
		want   string
	}{
		{"split", inet6, "[2001:db8::3]:80/tcp split.third.test"},
		{"localhost", inet, "127.0.0.1:80/tcp localhost"},
		{"LocalHost.", inet6, "[::1]:80/tcp LocalHost"},
		{"well", 0, "192.0.2.1:80/tcp well.good.test"},
		{"alias", 0, "192.0.2.1:80/tcp well.good.test"},
		{"found", 0, "192.0.2.2:80/tcp found.good.test"},
		{"sick", 0, "EAI_AGAIN"},
		{"sick", inet, "EAI_AGAIN"},
		{"refused", 0, "EAI_AGAIN"},
		{"nosuch", 0, "EAI_NONAME"},
		{"empty", 0, "EAI_NODATA"},
		{"half.good.test.", 0, "EAI_AGAIN"},
		{"here", 0, "192.0.2.9:80/tcp here.example"},
		{"linked.example", inet6, "[fe80::8%lo]:80/tcp linked.example"},
		{"linked.example", 0, "[fe80::8%lo]:80/tcp linked.example"},
		{"unknown.example", 0, "EAI_NONAME"},
		{"unknown.example", inet6, "EAI_NONAME"},
		{"two.example", 0, "192.0.2.5:80/tcp two.example"},
	} {
		infos, err := r.Lookup(ctx, row.node, "80",
			&addrinfo.Hints{Family: row.family, Type: stream, Flags: constants.AI_CANONNAME})
		got := short(infos)
		if err != nil {
			got = append(got, codeOf(t, err))
		}
		if d := cmp.Diff(words(row.want), got); d != "" {
			t.Errorf("%s, %v: %v (-want +got)\n%s", row.node, row.family, err, d)
		}
	}
	s.drain()
}

// Where the C library answers, it is asked once, and for a canonical name one question more is put.
func TestCLibraryIsAskedOnce(t *testing.T) {
	if !world(t, map[string]string{
		"/etc/resolv.conf":   "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n",
		"/etc/nsswitch.conf": "hosts: files dns\n",
		"/etc/hosts":         "192.0.2.9 Here.example here\n192.0.2.10 here.example\n",
	}, "GODEBUG=netdns=cgo") {
		return
	}
	s := serveAt(t, "127.0.0.1:53", map[string]answer{
		"dual.test":  {ips: []string{"192.0.2.1", "192.0.2.2", "2001:db8::1"}},
		"link1.test": {cname: "link2.test"},
		"link2.test": {cname: "dual.test"},
	})
	r := new(addrinfo.Resolver)
	for _, row := range []struct {
		node      string
		family    constants.Family
		flags     constants.AddrInfoFlag
		n         int
		canon     string
		questions int // at most; where the C library is not linked, fewer
	}{
		{"dual.test", 0, 0, 3, "", 2},
		{"dual.test", inet, 0, 2, "", 1},
		{"dual.test", inet6, 0, 1, "", 2}, // package net asks for addresses of both families
		{"dual.test", 0, constants.AI_CANONNAME, 3, "dual.test", 3},
		{"link1.test", 0, constants.AI_CANONNAME, 3, "dual.test", 3},
		{"link1.test", inet, constants.AI_CANONNAME, 2, "dual.test", 2},
		{"link1.test", inet6, constants.AI_CANONNAME, 1, "dual.test", 3},
		{"here", 0, constants.AI_CANONNAME, 1, "here.example", 0},
		{"here.example", 0, 0, 2, "", 0},
	} {
		infos, err := r.Lookup(ctx, row.node, "80",
			&addrinfo.Hints{Family: row.family, Type: stream, Flags: row.flags})
		questions := s.drain()
		if err != nil || len(infos) != row.n || !strings.EqualFold(infos[0].CanonName, row.canon) ||
			questions > row.questions {
			t.Errorf("%s, %v, flags %v: %v, %v after %d questions; want %d, %s after %d at most",
				row.node, row.family, row.flags, infos, err, questions, row.n, row.canon,
				row.questions)
		}
	}
}

// What stays as package net has it: the documentation's list says so.
func TestAsPackageNet(t *testing.T) {
	testenv.Needs(t, testenv.Veth)
	if !world(t, map[string]string{
		"/etc/resolv.conf":   "nameserver 127.0.0.1\noptions timeout:1 attempts:1 no-aaaa\n",
		"/etc/nsswitch.conf": "hosts: files [NOTFOUND=return] dns\n",
		"/etc/hosts":         "127.0.0.1 localhost\n",
	}) {
		return
	}
	for _, args := range []string{
		"link add v0 type veth peer name v1", "link set v0 up", "link set v1 up",
		"address add 2001:db8:1::1/64 dev v0 nodad preferred_lft 0",
		"address add 10.1.1.1/24 dev v0",
	} {
		if out, err := exec.Command("ip", strings.Fields(args)...).CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
	}
	serveAt(t, "127.0.0.1:53", map[string]answer{
		"dual.test":    {ips: []string{"10.1.1.23", "2001:db8:1::23"}},
		"strange.test": {ips: []string{"10.2.0.5"}, strange: "10.6.6.6"},
	})
	for node, want := range map[string]string{
		// It asks for AAAA, though resolv.conf has no-aaaa, and asks name servers, though
		// nsswitch.conf says that the hosts file is the last word. The deprecated source address
		// comes first (RFC 6724, rule 3).
		"dual.test": "[2001:db8:1::23]:80/tcp; 10.1.1.23:80/tcp",
		// Records of other owners and classes count.
		"strange.test": "10.6.6.6:80/tcp; 10.6.6.7:80/tcp; 10.2.0.5:80/tcp",
	} {
		infos, err := (&addrinfo.Resolver{Net: &net.Resolver{PreferGo: true}}).Lookup(ctx, node,
			"80", nil)
		got, wanted := short(infos), words(want)
		if node == "strange.test" { // in whichever order
			slices.Sort(got)
			slices.Sort(wanted)
		}
		if d := cmp.Diff(wanted, got); d != "" {
			t.Errorf("%s: %v (-want +got)\n%s", node, err, d)
		}
	}
}
