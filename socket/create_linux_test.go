package socket_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/socket"
)

// TestChildLists prints its descriptors when another test runs it as a child.
func TestChildLists(t *testing.T) {
	if os.Getenv("BSDSOCKET_CHILD") != "list" {
		return
	}
	links, err := filepath.Glob("/proc/self/fd/*")
	ok(t, err)
	for _, link := range links {
		if target, err := os.Readlink(link); err == nil {
			os.Stdout.WriteString("descriptor " + filepath.Base(link) + " " + target + "\n")
		}
	}
}

// child is this test binary, to run one of its tests as another process.
func child(t *testing.T, test, role string) *exec.Cmd {
	t.Helper()
	exe, err := os.Executable()
	ok(t, err)
	cmd := exec.Command(exe, "-test.run=^"+test+"$")
	cmd.Env = append(os.Environ(), "BSDSOCKET_CHILD="+role)
	cmd.Stderr = os.Stderr
	return cmd
}

// childSockets runs TestChildLists as a child with this file, and returns the sockets that it has,
// a line each.
func childSockets(t *testing.T, f *os.File) (sockets []string) {
	t.Helper()
	cmd := child(t, "TestChildLists", "list")
	cmd.ExtraFiles = []*os.File{f}
	out, err := cmd.Output()
	ok(t, err)
	if !strings.Contains(string(out), "descriptor 0 ") {
		t.Fatalf("the child printed %q", out)
	}
	for line := range strings.Lines(string(out)) {
		if strings.Contains(line, "socket:") {
			sockets = append(sockets, strings.TrimSpace(line))
		}
	}
	return sockets
}

// Row X2: a child process inherits the descriptors that it is given, and no other, however they
// were made.
func TestChildInheritsOnlyWhatItIsGiven(t *testing.T) {
	null, err := os.Open(os.DevNull)
	ok(t, err)
	defer null.Close()
	before := childSockets(t, null) // what this process was started with
	n := 0
	born(t, func(string, int) { n++ })
	given := open(t, constants.AF_INET, constants.SOCK_DGRAM, 0)
	f, err := given.File()
	ok(t, err)
	defer f.Close()
	link, err := os.Readlink("/proc/self/fd/" + strconv.Itoa(given.FD()))
	ok(t, err)
	got := childSockets(t, f)
	if want := append([]string{"descriptor 3 " + link}, before...); !sameLines(got, want) {
		t.Errorf("of %d sockets the child has %q, want %q", n, got, want)
	}
}

func sameLines(a, b []string) bool {
	slices.Sort(a)
	slices.Sort(b)
	return slices.Equal(a, b)
}

// A protocol has the name that it has in its family, and a log line tells which socket it is.
func TestStringOfProtocols(t *testing.T) {
	for _, test := range []struct {
		family   constants.Family
		typ      constants.SocketType
		protocol constants.Protocol
		want     string
	}{
		{constants.AF_NETLINK, constants.SOCK_RAW, constants.NETLINK_KOBJECT_UEVENT,
			"AF_NETLINK SOCK_RAW NETLINK_KOBJECT_UEVENT"},
		{constants.AF_CAN, constants.SOCK_RAW, constants.CAN_RAW, "AF_CAN SOCK_RAW CAN_RAW"},
		{constants.AF_INET, constants.SOCK_RAW, constants.IPPROTO_ICMP,
			"AF_INET SOCK_RAW IPPROTO_ICMP"},
		{constants.AF_PACKET, constants.SOCK_RAW, constants.Protocol(constants.Htons(0x88b5)),
			"AF_PACKET SOCK_RAW protocol 0x88b5"},
		{constants.AF_UNIX, constants.SOCK_STREAM, 1, "AF_UNIX SOCK_STREAM protocol 1"},
	} {
		s, err := socket.New(test.family, test.typ, test.protocol)
		text := ""
		if err != nil {
			e, _ := errors.AsType[*socket.Error](err)
			text, _ = strings.CutPrefix(e.Op, "new ")
		} else {
			s.Close()
			text, _ = strings.CutPrefix(s.String(), "socket closed ")
		}
		if text != test.want {
			t.Errorf("%q, want %q (%v)", text, test.want, err)
		}
	}
	a, b := tcp(t)
	if want := fmt.Sprintf("socket fd:%d AF_INET SOCK_STREAM %v->%v",
		a.FD(), name(t, a), name(t, b)); a.String() != want {
		t.Errorf("%q, want %q", a, want)
	}
	l := listening(t, path(t), 1)
	if want := fmt.Sprintf("socket fd:%d AF_UNIX SOCK_STREAM %v",
		l.FD(), name(t, l)); l.String() != want {
		t.Errorf("%q, want %q", l, want)
	}
}
