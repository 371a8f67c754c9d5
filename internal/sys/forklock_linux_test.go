package sys

import (
	"os/exec"
	"strings"
	"sync"
	"testing"

	"golang.org/x/sys/unix"
)

// A fork and exec at any moment inherits nothing, although there is a moment between socket(2) and fcntl(2): see
// syscall.ForkLock. Children list what they have, while others make sockets all the time.
func TestForkLock(t *testing.T) {
	bothWays(t, func(t *testing.T) {
		l, err := Socket(unix.AF_INET, unix.SOCK_STREAM, 0)
		made(t, l, err)
		to := listenOn(t, l)
		stop := make(chan struct{})
		var all sync.WaitGroup
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
			out, err := exec.Command("ls", "-l", "/proc/self/fd").CombinedOutput()
			if strings.Contains(string(out), "socket:") || err != nil {
				t.Errorf("a child has sockets, %v:\n%s", err, out)
				break
			}
		}
		close(stop)
		all.Wait()
	})
}
