package testenv

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// Forks finds a descriptor that is not close-on-exec.
func TestForks(t *testing.T) {
	if _, err := exec.LookPath("ls"); err != nil {
		t.Skip("needs ls:", err)
	}
	stop := Forks()
	if started, err := stop(); err != nil || started == 0 {
		t.Fatalf("%d children, %v", started, err)
	}
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	stop = Forks()
	if _, err := unix.FcntlInt(r.Fd(), unix.F_SETFD, 0); err != nil {
		t.Fatal(err)
	}
	if _, err = stop(); err == nil || !strings.Contains(err.Error(), "pipe:[") {
		t.Errorf("a pipe that children inherit is not found: %v", err)
	}
}
