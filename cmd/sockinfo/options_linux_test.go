package main

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/internal/testenv"
	"example.com/bsdsocket/socket"
	"example.com/bsdsocket/sockopt"
)

// TestOptionsOfProcess looks at a socket of this process from another (X13).
func TestOptionsOfProcess(t *testing.T) {
	testenv.Needs(t, testenv.PidFDGetFD, testenv.SysPtrace)
	s, err := socket.New(constants.AF_INET, constants.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := sockopt.TCPKeepCount.Set(s, 3); err != nil {
		t.Fatal(err)
	}
	file, err := os.Create(filepath.Join(t.TempDir(), "file"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	self := strconv.Itoa(os.Getpid())

	records := jsonOptions(t, "-pid", self, "-fd", strconv.Itoa(s.FD()))
	if r := records["TCP_KEEPCNT"]; r.Status != hasValue || r.Text != "3" {
		t.Errorf("TCP_KEEPCNT is %+v", r)
	}
	// What reading would take away from its owner stays.
	if r := records["SO_ERROR"]; r.Status != notRead || r.Value != nil {
		t.Errorf("SO_ERROR is %+v", r)
	}

	for _, tt := range []struct{ pid, fd, says string }{
		{self, "99999", "no descriptor 99999"},
		{self, strconv.Itoa(int(file.Fd())), "not a socket"},
		{"999999999", "0", "no process 999999999"},
	} {
		_, stderr, status := sockinfo(t, "options", "-pid", tt.pid, "-fd", tt.fd)
		if status != 1 || !strings.Contains(stderr, tt.says) {
			t.Errorf("-pid %s -fd %s: status %d, %q, want %q", tt.pid, tt.fd, status, stderr,
				tt.says)
		}
	}
}

// TestOptionsWithoutRight looks at a socket of this process as another user.
func TestOptionsWithoutRight(t *testing.T) {
	testenv.Needs(t, testenv.PidFDGetFD, testenv.Root)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	exe, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(filepath.Dir(exe), 0o755); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(exe, "options", "-pid", strconv.Itoa(os.Getpid()), "-fd", "0")
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	_, stderr, status := output(t, cmd)
	if status != 1 || !strings.Contains(stderr, "no right") ||
		!strings.Contains(stderr, "CAP_SYS_PTRACE") {
		t.Errorf("status %d, %q", status, stderr)
	}
}
