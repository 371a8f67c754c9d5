package sys

import (
	"runtime"
	"sync"
	"testing"

	"golang.org/x/sys/unix"
)

// Signals that come all the time, as Go sends them to its own threads, hide no end: a poll(2) that
// finds nothing may say EINTR.
func TestPollOfEndUnderSignals(t *testing.T) {
	fds, err := Socketpair(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	s := made(t, fds[0], err)
	made(t, fds[1], err)
	if err := Shutdown(s, unix.SHUT_RD); err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	defer all.Wait()
	stop := make(chan struct{})
	defer close(stop)
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	thread := unix.Gettid()
	all.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
				unix.Tgkill(unix.Getpid(), thread, unix.SIGURG)
			}
		}
	})
	for i := range 50_000 {
		if events, err := Poll(s, PollRdHup); err != nil || events&PollRdHup == 0 {
			t.Fatalf("try %d: events %#x, %v", i, events, err)
		}
	}
}
