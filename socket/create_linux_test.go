package socket_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
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

// childSockets runs TestChildLists as a child with this file, and returns the sockets that it has, a line each.
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

// Row X2: a child process inherits the descriptors that it is given, and no other, however they were made.
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
