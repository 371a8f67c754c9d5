package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"example.com/bsdsocket/internal/testenv"
)

// A refused attempt and a good one, by name: each has its line (X13).
func TestConnect(t *testing.T) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	port := fmt.Sprint(l.Addr().(*net.TCPAddr).Port)
	for _, args := range [][]string{{"connect", "127.0.0.1", port},
		{"connect", "-race", "127.0.0.1", port},
		{"connect", "-source", "127.0.0.1", "127.0.0.1", port}} {
		out, errs, status := sockinfo(t, args...)
		if status != 0 || errs != "" || !regexp.MustCompile(`(?m)^127\.0\.0\.1:`+port+
			` +0\.\d{3}s +connected from 127\.0\.0\.1:\d+`).MatchString(out) {
			t.Errorf("%q: status %d\n%s%s", args, status, out, errs)
		}
	}
	out, errs, status := sockinfo(t, "connect", "-json", "127.0.0.1", port)
	var got []attemptRecord
	if err := json.Unmarshal([]byte(out), &got); err != nil || status != 0 || len(got) != 1 ||
		got[0].Error != "" || !strings.HasPrefix(got[0].Local, "127.0.0.1:") {
		t.Errorf("%+v, %v, status %d\n%s", got, err, status, errs)
	}
	out, errs, status = sockinfo(t, "connect", "-udp", "127.0.0.1", port)
	if status != 0 || !strings.Contains(out, "connected from 127.0.0.1:") {
		t.Errorf("-udp: status %d\n%s%s", status, out, errs)
	}

	l.Close()
	for _, flag := range []string{"-race=false", "-race"} {
		out, errs, status = sockinfo(t, "connect", flag, "127.0.0.1", port)
		if status != 1 || !strings.Contains(out, "connection refused (transient)") ||
			errs != "sockinfo: no address could be connected to\n" {
			t.Errorf("%s: status %d\n%s%s", flag, status, out, errs)
		}
	}
	for _, args := range [][]string{{"127.0.0.1"}, {"-udp", "-send", "-", "127.0.0.1", "1"},
		{"-listen", "-race", "127.0.0.1", "1"}, {"-source", "x y", "127.0.0.1", "1"},
		{"-json", "-send", "-", "127.0.0.1", "1"}} {
		if out, errs, status := sockinfo(t, append([]string{"connect"}, args...)...); status != 2 ||
			out != "" || errs == "" {
			t.Errorf("%q: status %d\n%s%s", args, status, out, errs)
		}
	}
}

// Two of them are a pipe for files in both directions, each of which ends by itself.
func TestConnectSends(t *testing.T) {
	dir := t.TempDir()
	there, back := make([]byte, 3<<20), make([]byte, 1<<20)
	rand.Read(there)
	rand.Read(back)
	for name, data := range map[string][]byte{"there": there, "back": back} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	exe, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	for _, unix := range []bool{false, true} {
		at := []string{"127.0.0.1", "0"}
		if unix {
			testenv.Needs(t, testenv.UnixSockets)
			at = []string{"-unix", filepath.Join(dir, "s")}
		}
		server := exec.Command(exe,
			append([]string{"connect", "-listen", "-send", filepath.Join(dir, "back")}, at...)...)
		var received bytes.Buffer
		server.Stdout = &received
		stderr, err := server.StderrPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := server.Start(); err != nil {
			t.Fatal(err)
		}
		said := bufio.NewReader(stderr)
		line := ""
		for !strings.Contains(line, "listens") {
			if line, err = said.ReadString('\n'); err != nil {
				t.Fatal(err)
			}
		}
		if !unix {
			_, port, _ := strings.Cut(strings.Fields(line)[0], ":")
			at[1] = port
		}
		client := exec.Command(exe, append([]string{"connect", "-send", "-"}, at...)...)
		client.Stdin = bytes.NewReader(there)
		got, errs, status := output(t, client)
		if status != 0 || got != string(back) ||
			!strings.Contains(errs, fmt.Sprintf("sent %d B", len(there))) {
			t.Errorf("the client: status %d, %d bytes\n%s", status, len(got), errs)
		}
		rest, _ := io.ReadAll(said)
		if err := server.Wait(); err != nil || !bytes.Equal(received.Bytes(), there) ||
			!strings.Contains(string(rest), fmt.Sprintf("received %d B", len(there))) {
			t.Errorf("the server: %v, %d bytes\n%s", err, received.Len(), rest)
		}
	}
}

// A reset ends it, though nothing comes from the standard input, and neither its end.
func TestConnectReset(t *testing.T) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	exe, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, exe, "connect", "-send", "-", "127.0.0.1",
		fmt.Sprint(l.Addr().(*net.TCPAddr).Port))
	cmd.Stdin = r
	go func() {
		if c, err := l.Accept(); err == nil {
			c.(*net.TCPConn).SetLinger(0)
			c.Close()
		}
	}()
	_, errs, status := output(t, cmd)
	if status != 1 || ctx.Err() != nil || !strings.Contains(errs, "reset") {
		t.Errorf("status %d\n%s", status, errs)
	}
}
