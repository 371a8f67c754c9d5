//go:build race && unix

package sys

import (
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// TestRaces has races that the detector finds only if it is told what the kernel does with buffers.
// TestRaceIsFound runs it.
func TestRaces(t *testing.T) {
	race := os.Getenv("BSDSOCKET_RACE")
	if race == "" || race == "spliced" {
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
		go func() { Send(a, buf[:5], 0); Recv(b, buf[:5], 0); done <- struct{}{} }()
		buf[5] = 'y'
	// what is done before a send comes before what is done after the receive, whoever sends and
	// receives
	case "ordered":
		var m Msg
		var batch Batch
		m.Set([][]byte{buf}, nil, nil)
		batch.Begin(nil, nil)
		batch.Buffer(buf)
		how := map[string][2]func(){
			"plain": {func() { Send(a, []byte("x"), 0) }, func() { Recv(b, buf, 0) }},
			"address": {func() { Sendto(a, []byte("x"), 0, nil) },
				func() { Recvfrom(b, buf, 0, new(RawAddr)) }},
			"message": {func() { Sendmsg(a, &m, 0) }, func() { Recvmsg(b, &m, 0) }},
			"batch":   {func() { Sendmmsg(a, &batch, 0, 0) }, func() { Recvmmsg(b, &batch, 0) }},
			"syscall": {func() { syscall.Write(a, []byte("x")) },
				func() { syscall.Read(b, make([]byte, 10)) }},
		}
		for by := range how {
			for to := range how {
				shared, sent := 0, make(chan struct{})
				go func() {
					shared = 1
					how[by][0]()
					close(sent)
				}()
				waitFor(t, b, unix.POLLIN)
				how[to][1]()
				if shared != 1 {
					t.Errorf("%s to %s: received before it was sent", by, to)
				}
				<-sent
			}
		}
		return
	}
	<-done
}

func TestRaceIsFound(t *testing.T) {
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for race, want := range map[string]bool{"receive": true, "send": true, "none": false,
		"ordered": false, "spliced": false} {
		cmd := exec.Command(exe, "-test.run=^TestRaces")
		cmd.Env = append(os.Environ(), "BSDSOCKET_RACE="+race)
		out, err := cmd.CombinedOutput()
		if found := strings.Contains(string(out), "DATA RACE"); found != want ||
			(err != nil) != want {
			t.Errorf("%s: found %t, %v; want %t\n%s", race, found, err, want, out)
		}
	}
}
