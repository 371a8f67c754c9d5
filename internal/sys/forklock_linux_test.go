package sys

import (
	"os/exec"
	"strings"
	"sync"
	"testing"

	"golang.org/x/sys/unix"
)

// A fork and exec at any moment inherits nothing, although there is a moment between socket(2) and
// fcntl(2): see syscall.ForkLock. Children list what they have, while others make sockets all the
// time.
func TestForkLock(t *testing.T) {
	before := childSockets(t) // which this process was started with
	bothWays(t, func(t *testing.T) {
		l, err := Socket(unix.AF_INET, unix.SOCK_STREAM, 0)
		made(t, l, err)
		to := listenOn(t, l)
		stop := make(chan struct{})
		var all sync.WaitGroup
		defer all.Wait()
		defer close(stop)
		for _, open := range []func(){
			func() {
				if fd, err := Socket(unix.AF_INET, unix.SOCK_DGRAM, 0); err == nil {
					Close(fd)
				}
			},
			func() {
				if fds, err := Socketpair(unix.AF_UNIX, unix.SOCK_STREAM, 0); err == nil {
					Close(fds[0])
					Close(fds[1])
				}
			},
			func() {
				var sa RawAddr
				c, err := Socket(unix.AF_INET, unix.SOCK_STREAM, 0)
				if err != nil {
					return
				}
				Connect(c, to)
				if fd, _, err := Accept(l, &sa); err == nil {
					Close(fd)
				}
				Close(c)
			},
		} {
			all.Go(func() {
				for {
					select {
					case <-stop:
						return
					default:
						open()
					}
				}
			})
		}
		for range 100 {
			if n := childSockets(t); n != before {
				t.Errorf("a child has %d sockets that it was not given", n-before)
				break
			}
		}
	})
}

// childSockets counts the sockets that a child of this process has.
func childSockets(t *testing.T) int {
	t.Helper()
	out, err := exec.Command("ls", "-l", "/proc/self/fd").CombinedOutput()
	if err != nil {
		t.Fatalf("%v:\n%s", err, out)
	}
	return strings.Count(string(out), "socket:")
}
