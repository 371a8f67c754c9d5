package socket_test

import (
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/internal/testenv"
)

// The kernel raises SIGPIPE for SendFile and for copies by splice(2) to a peer that is gone. A Go
// program gets the signal if it asks for it, and lives on either way: the calls are EPIPE.
func TestSIGPIPEOfCopies(t *testing.T) {
	testenv.NeedsLinuxPath(t, "splice(2)")
	signals := make(chan os.Signal, 1)
	name := filepath.Join(t.TempDir(), "file")
	ok(t, os.WriteFile(name, []byte("content"), 0o600))
	f, err := os.Open(name)
	ok(t, err)
	defer f.Close()
	c, d := pair(t, constants.SOCK_STREAM)
	send(t, d, "content")
	for _, asks := range []bool{false, true} {
		for what, copied := range map[string]func() error{
			"sendfile": func() error {
				a, b := pair(t, constants.SOCK_STREAM)
				ok(t, b.Close())
				return second64(a.SendFile(within(t, patience), f, 0, -1))
			},
			"splice": func() error {
				a, b := pair(t, constants.SOCK_STREAM)
				ok(t, b.Close())
				send(t, d, "more")
				return second64(a.ReadFrom(c))
			},
		} {
			if asks {
				signal.Notify(signals, syscall.SIGPIPE)
			}
			is(t, copied(), syscall.EPIPE)
			if asks {
				select {
				case <-signals:
				case <-time.After(10 * time.Second):
					t.Errorf("%s raises no signal", what)
				}
				signal.Stop(signals)
			}
		}
	}
}
