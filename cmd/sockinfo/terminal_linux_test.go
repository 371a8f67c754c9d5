package main

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"example.com/bsdsocket/internal/testenv"
)

var ptys = testenv.Feature{Name: "pseudo-terminals", Probe: func() error {
	master, slave, err := openPTY(80)
	if err != nil {
		return err
	}
	slave.Close()
	return master.Close()
}}

// openPTY opens a pseudo-terminal, pts(4).
func openPTY(width int) (master, slave *os.File, err error) {
	master, err = os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		return nil, nil, err
	}
	defer func() {
		if err != nil {
			master.Close()
		}
	}()
	fd := int(master.Fd())
	if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
		return nil, nil, err
	}
	n, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err != nil {
		return nil, nil, err
	}
	slave, err = os.OpenFile(fmt.Sprint("/dev/pts/", n), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		return nil, nil, err
	}
	if err := unix.IoctlSetWinsize(int(slave.Fd()), unix.TIOCSWINSZ,
		&unix.Winsize{Row: 24, Col: uint16(width)}); err != nil {
		slave.Close()
		return nil, nil, err
	}
	return master, slave, nil
}

// A terminal runs the command as somebody at a terminal does.
type terminal struct {
	t      *testing.T
	master *os.File
	cmd    *exec.Cmd
	ended  chan struct{} // all is read
	more   chan struct{} // something has come

	mu   sync.Mutex
	text bytes.Buffer
}

func start(t *testing.T, width int, env []string, args ...string) *terminal {
	t.Helper()
	testenv.Needs(t, ptys)
	exe, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	master, slave, err := openPTY(width)
	if err != nil {
		t.Fatal(err)
	}
	x := &terminal{t: t, master: master, cmd: exec.Command(exe, args...),
		ended: make(chan struct{}), more: make(chan struct{}, 1)}
	x.cmd.Stdin, x.cmd.Stdout, x.cmd.Stderr = slave, slave, slave
	x.cmd.Env = append(append(os.Environ(), "TERM=xterm", "NO_COLOR=", "COLUMNS="), env...)
	x.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	err = x.cmd.Start()
	slave.Close()
	if err != nil {
		master.Close()
		t.Fatal(err)
	}
	go func() {
		defer close(x.ended)
		b := make([]byte, 4096)
		for {
			n, err := master.Read(b)
			x.mu.Lock()
			x.text.Write(b[:n])
			x.mu.Unlock()
			select {
			case x.more <- struct{}{}:
			default:
			}
			if err != nil { // EIO, once nobody has the terminal open
				return
			}
		}
	}()
	t.Cleanup(func() {
		x.cmd.Process.Kill()
		x.cmd.Wait()
		<-x.ended
		master.Close()
	})
	return x
}

// wait waits until the terminal shows a text.
func (x *terminal) wait(want string) {
	x.t.Helper()
	for {
		if strings.Contains(x.shown(), want) {
			return
		}
		select {
		case <-x.more:
		case <-x.ended:
			if !strings.Contains(x.shown(), want) {
				x.t.Fatalf("no %q in %q", want, x.shown())
			}
		case <-time.After(30 * time.Second):
			x.t.Fatalf("no %q in %q", want, x.shown())
		}
	}
}

func (x *terminal) shown() string {
	x.mu.Lock()
	defer x.mu.Unlock()
	return strings.ReplaceAll(x.text.String(), "\r\n", "\n")
}

// end waits for the end, and returns what was shown and the status.
func (x *terminal) end() (text string, status int) {
	x.t.Helper()
	select {
	case <-x.ended:
	case <-time.After(30 * time.Second):
		x.t.Fatalf("it does not end: %q", x.shown())
	}
	x.cmd.Wait()
	return x.shown(), x.cmd.ProcessState.ExitCode()
}

// A table fits the terminal, and its heading is bold there alone, and not if that is unwanted.
func TestTerminal(t *testing.T) {
	const bold, normal = "\x1b[1m", "\x1b[m"
	for _, row := range []struct {
		width       int
		env, args   string
		most        int
		bold        bool
		want, leave string
	}{
		{width: 40, args: "constants -kind Family", most: 40, bold: true, want: "AF_INET6",
			leave: "…"},
		{width: 20, args: "constants -kind Family", most: 20, bold: true, want: "…"},
		{width: 40, env: "NO_COLOR=1", args: "constants -kind Family", most: 40},
		{width: 40, env: "TERM=dumb", args: "constants -kind Family", most: 40},
		{width: 200, env: "COLUMNS=20", args: "constants -kind Family", most: 20, bold: true,
			want: "…"},
		{width: 200, env: "COLUMNS=x", args: "constants -kind Family", most: 200, bold: true,
			leave: "…"},
		{width: 0, args: "constants -kind Family", most: 1000, bold: true, leave: "…"},
		{width: 80, args: "options udp", most: 80, bold: true, want: "ACCESS", leave: "LEVEL"},
		{width: 300, args: "options -level udp udp", most: 300, bold: true, want: "LEVEL",
			leave: "…"},
		{width: 30, args: "connect 127.0.0.1 1", most: 80, bold: true, want: "…"},
	} {
		text, status := start(t, row.width, strings.Fields(row.env),
			strings.Fields(row.args)...).end()
		first, rest, _ := strings.Cut(text, "\n")
		if strings.HasPrefix(first, bold) != row.bold ||
			strings.HasSuffix(first, normal) != row.bold || strings.Contains(rest, "\x1b") {
			t.Errorf("%+v: the heading is %q; bold: %t, want %t", row, first, !row.bold, row.bold)
		}
		longest := 0
		for line := range strings.Lines(strings.NewReplacer(bold, "", normal, "").Replace(text)) {
			longest = max(longest, len([]rune(strings.TrimSuffix(line, "\n"))))
		}
		if longest == 0 || longest > row.most || !strings.Contains(text, row.want) ||
			row.leave != "" && strings.Contains(text, row.leave) {
			t.Errorf("%+v: status %d, the longest line has %d\n%s", row, status, longest, text)
		}
	}
}

// In a pipe all is there, whatever the environment says of a terminal.
func TestPipe(t *testing.T) {
	exe, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(exe, "options", "udp")
	cmd.Env = append(os.Environ(), "COLUMNS=20", "TERM=xterm", "NO_COLOR=")
	out, errs, status := output(t, cmd)
	if status != 0 || strings.ContainsAny(out, "\x1b…") || !strings.Contains(out, "LEVEL") ||
		!strings.Contains(out, "IPTypeOfService ") {
		t.Errorf("status %d\n%s%s", status, out, errs)
	}
	// Whoever reads no more ends it, as all programs.
	cmd = exec.Command("sh", "-c", `"$1" constants -all | head -n 1`, "sh", exe)
	if out, errs, _ := output(t, cmd); !strings.HasPrefix(out, "NAME ") || errs != "" {
		t.Errorf("head: %q, %q", out, errs)
	}
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip(err)
	}
	defer full.Close()
	for _, args := range [][]string{{"version"}, {"version", "-json"}, {"version", "-jsonl"},
		{"-h"}, {"man"}} {
		var errs strings.Builder
		cmd := exec.Command(exe, args...)
		cmd.Stdout, cmd.Stderr = full, &errs
		if cmd.Run(); cmd.ProcessState.ExitCode() != 1 ||
			!strings.Contains(errs.String(), "no space left") {
			t.Errorf("%q to a full disk: status %d, %q", args, cmd.ProcessState.ExitCode(),
				errs.String())
		}
	}
}

// On a terminal a transfer shows how far it is, and an interrupt ends it at once, with the rate,
// and leaves no file.
func TestInterrupt(t *testing.T) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	port := fmt.Sprint(l.Addr().(*net.TCPAddr).Port)
	path := filepath.Join(t.TempDir(), "s")
	for _, row := range []struct {
		args   []string
		wait   []string
		want   []string
		accept bool
		bye    bool // the peer has nothing more to say, and waits for what the terminal has
	}{
		{args: []string{"-send", "/dev/zero", "127.0.0.1", port}, wait: []string{"sent ", "B/s"},
			want: []string{"\r\x1b[K", "received 0 B, 0 B/s; "}, accept: true},
		{args: []string{"-send", "-", "127.0.0.1", port},
			wait: []string{"connected", "sent 0 B, received 0 B"},
			want: []string{"sent 0 B, 0 B/s; "}, accept: true},
		{args: []string{"-send", "-", "127.0.0.1", port}, wait: []string{"bye"},
			want: []string{"received 4 B"}, accept: true, bye: true},
		{args: []string{"-listen", "-send", "-", "127.0.0.1", "0"}, wait: []string{"listens"}},
		{args: []string{"-listen", "-unix", path}, wait: []string{"listens"}},
	} {
		x := start(t, 80, nil, append([]string{"connect"}, row.args...)...)
		if row.accept {
			c, err := l.Accept()
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			if row.bye {
				c.Write([]byte("bye\n"))
				c.(*net.TCPConn).CloseWrite()
			}
		}
		for _, text := range row.wait {
			x.wait(text)
		}
		if _, err := x.master.WriteString("\x03"); err != nil { // ^C
			t.Fatal(err)
		}
		text, status := x.end()
		for _, want := range append(row.want, "sockinfo: interrupted\n") {
			if !strings.Contains(text, want) || status != 1 {
				t.Errorf("%q: status %d, no %q in %q", row.args, status, want, text)
			}
		}
	}
	if _, err := os.Lstat(path); err == nil {
		t.Error("the file of the socket is left")
	}
}
