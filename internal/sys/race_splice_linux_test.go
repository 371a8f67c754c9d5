//go:build race

package sys

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// sendfile(2) and splice(2) are sends and receives as well: see TestRaces, which runs this in a
// process of its own.
func TestRacesOfSplice(t *testing.T) {
	if os.Getenv("BSDSOCKET_RACE") != "spliced" {
		return
	}
	a, b := pairOf(t, unix.SOCK_STREAM)
	name := filepath.Join(t.TempDir(), "x")
	if err := os.WriteFile(name, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	file, err := unix.Open(name, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(file)
	r, w, err := Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer Close(r)
	defer Close(w)
	buf := make([]byte, 10)
	sends := map[string]func(){
		"send":     func() { Send(a, []byte("x"), 0) },
		"sendfile": func() { Sendfile(a, file, 0, 1) },
		"splice":   func() { Splice(r, a, 1) },
		"syscall":  func() { syscall.Write(a, []byte("x")) },
	}
	receives := map[string]func(){
		"receive": func() { Recv(b, buf, 0) },
		"splice":  func() { Splice(b, w, 1) },
		"syscall": func() { syscall.Read(b, make([]byte, 10)) },
	}
	for by, send := range sends {
		for to, receive := range receives {
			if by == "splice" {
				syscall.Write(w, []byte("x"))
			}
			shared, sent := 0, make(chan struct{})
			go func() {
				shared = 1
				send()
				close(sent)
			}()
			waitFor(t, b, unix.POLLIN)
			receive()
			if shared != 1 {
				t.Errorf("%s to %s: received before it was sent", by, to)
			}
			<-sent
			if to == "splice" {
				syscall.Read(r, buf)
			}
		}
	}
}
