//go:build race && unix

package sys

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// TestRaces has races that the detector finds only if it is told what the kernel does with buffers. TestRaceIsFound runs it.
func TestRaces(t *testing.T) {
	race := os.Getenv("BSDSOCKET_RACE")
	if race == "" {
		return
	}
	a, b := pairOf(t, unix.SOCK_DGRAM)
	buf := make([]byte, 10)
	done := make(chan struct{})
	switch race {
	case "receive": // written by the kernel, read here
		if _, err := Send(a, []byte("x"), 0); err != nil {
			t.Fatal(err)
		}
		go func() { Recv(b, buf, 0); done <- struct{}{} }()
		if buf[0] == 'y' {
			t.Log("no")
		}
	case "send": // read by the kernel, written here
		go func() { Send(a, buf, 0); done <- struct{}{} }()
		buf[0] = 'y'
	case "none":
		go func() { Send(a, buf[:5], 0); Recv(b, buf[:5], 0, true); done <- struct{}{} }()
		buf[5] = 'y'
	}
	<-done
}

func TestRaceIsFound(t *testing.T) {
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for race, want := range map[string]bool{"receive": true, "send": true, "none": false} {
		cmd := exec.Command(exe, "-test.run=^TestRaces$")
		cmd.Env = append(os.Environ(), "BSDSOCKET_RACE="+race)
		out, err := cmd.CombinedOutput()
		if found := strings.Contains(string(out), "DATA RACE"); found != want || (err != nil) != want {
			t.Errorf("%s: found %t, %v; want %t\n%s", race, found, err, want, out)
		}
	}
}
