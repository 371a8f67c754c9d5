package socket_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"example.com/bsdsocket/constants"
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

// Row X2: a child process inherits the descriptors that it is given, and no other, however they were made.
func TestChildInheritsOnlyWhatItIsGiven(t *testing.T) {
	n := 0
	born(t, func(string, int) { n++ })
	given := open(t, constants.AF_INET, constants.SOCK_DGRAM, 0)
	f, err := given.File()
	ok(t, err)
	defer f.Close()
	want, err := os.Readlink("/proc/self/fd/" + strconv.Itoa(given.FD()))
	ok(t, err)

	cmd := child(t, "TestChildLists", "list")
	cmd.ExtraFiles = []*os.File{f}
	out, err := cmd.Output()
	ok(t, err)
	var sockets []string
	for line := range strings.Lines(string(out)) {
		if strings.Contains(line, "socket:") {
			sockets = append(sockets, strings.TrimSpace(line))
		}
	}
	if len(sockets) != 1 || sockets[0] != "descriptor 3 "+want {
		t.Errorf("of %d sockets and %s the child has %q", n, want, sockets)
	}
	if !strings.Contains(string(out), "descriptor 0 ") {
		t.Errorf("the child printed %q", out)
	}
}
