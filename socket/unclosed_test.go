package socket_test

import (
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"time"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/socket"
)

// A socket that was not closed is told of, with what it is and who made it: one that is still
// reachable, and one that the garbage collector closed, known to the poller or not. What was
// closed or detached is not, nor is anything without the variable.
func TestUnclosed(t *testing.T) {
	const variable, child = "BSDSOCKET_LEAKS", "BSDSOCKET_UNCLOSED"
	if os.Getenv(child) == "" {
		if texts := socket.Unclosed(); len(texts) != 0 && os.Getenv(variable) == "" {
			t.Errorf("%q without %s", texts, variable)
		}
		self, err := os.Executable()
		ok(t, err)
		cmd := exec.CommandContext(t.Context(), self, "-test.run=^TestUnclosed$", "-test.v")
		cmd.Env = append(os.Environ(), variable+"=1", child+"=1")
		out, err := cmd.CombinedOutput()
		if err != nil || !strings.Contains(string(out), "--- PASS: TestUnclosed ") ||
			strings.Count(string(out), "was left to the garbage collector; made by\n") < 2 {
			t.Errorf("%v\n%s", err, out)
		}
		return
	}
	base := len(socket.Unclosed())
	kept := reachable(t)
	texts := socket.Unclosed()[base:]
	if len(texts) != 1 || !strings.Contains(texts[0], "AF_INET SOCK_DGRAM") ||
		!strings.Contains(texts[0], " "+name(t, kept).String()+" was not closed") ||
		!strings.Contains(texts[0], "socket_test.reachable\n") ||
		!strings.Contains(texts[0], "made by\n\texample.com/bsdsocket/socket.") {
		t.Errorf("one that is reachable: %q", texts)
	}
	ok(t, kept.Close())
	dup, err := reachable(t).Detach()
	ok(t, err)
	again, err := socket.FromFD(dup)
	ok(t, err)
	ok(t, again.Close())
	if texts := socket.Unclosed()[base:]; len(texts) != 0 {
		t.Errorf("closed ones: %q", texts)
	}
	forgotten(t, false)
	forgotten(t, true)
	for end := time.Now().Add(patience); len(socket.Unclosed()) < base+2 ||
		!strings.Contains(strings.Join(socket.Unclosed(), ""), "garbage collector"); {
		if time.Now().After(end) {
			t.Fatalf("the collector closed none: %q", socket.Unclosed())
		}
		runtime.GC()
	}
	for left := 1; left > 0; {
		left = 0
		for _, text := range socket.Unclosed()[base:] {
			if !strings.Contains(text, "garbage collector") {
				left++
			} else if !strings.Contains(text, "socket_test.forgotten\n") {
				t.Errorf("another was lost: %s", text)
			}
		}
		runtime.GC()
	}
}

//go:noinline
func reachable(t *testing.T) *socket.Socket {
	s, err := socket.New(constants.AF_INET, constants.SOCK_DGRAM, 0)
	ok(t, err)
	ok(t, s.Bind(loopback))
	return s
}

//go:noinline
func forgotten(t *testing.T, wait bool) {
	s, err := socket.New(constants.AF_INET, constants.SOCK_DGRAM, 0)
	ok(t, err)
	ok(t, s.Bind(loopback))
	if wait {
		ok(t, s.SetParams(socket.Params{ReceiveTimeout: time.Millisecond}))
		_, err = s.Receive(ctx, make([]byte, 1), 0)
		is(t, err, socket.ErrTimeout)
	}
}
