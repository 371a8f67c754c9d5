package socket_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/sockaddr"
	"example.com/bsdsocket/socket"
)

// withPath are the calls that take a path.
var withPath = []struct {
	name string
	typ  constants.SocketType
	call func(ctx context.Context, s *socket.Socket, to sockaddr.Addr) error
}{
	{"Bind", constants.SOCK_STREAM,
		func(_ context.Context, s *socket.Socket, to sockaddr.Addr) error { return s.Bind(to) }},
	{"Connect", constants.SOCK_STREAM, func(ctx context.Context, s *socket.Socket,
		to sockaddr.Addr) error {
		return s.Connect(ctx, to)
	}},
	{"Connect of datagrams", constants.SOCK_DGRAM, func(ctx context.Context, s *socket.Socket,
		to sockaddr.Addr) error {
		return s.Connect(ctx, to)
	}},
	{"SendTo", constants.SOCK_DGRAM,
		func(ctx context.Context, s *socket.Socket, to sockaddr.Addr) error {
			return second(s.SendTo(ctx, []byte("x"), to, 0))
		}},
	{"SendTo that does not wait", constants.SOCK_DGRAM,
		func(ctx context.Context, s *socket.Socket, to sockaddr.Addr) error {
			return second(s.SendTo(ctx, []byte("x"), to, constants.MSG_DONTWAIT))
		}},
	{"SendMessage", constants.SOCK_DGRAM,
		func(ctx context.Context, s *socket.Socket, to sockaddr.Addr) error {
			return s.SendMessage(ctx, &socket.Message{Buffers: [][]byte{[]byte("x")}, Addr: to}, 0)
		}},
	{"SendMessages", constants.SOCK_DGRAM,
		func(ctx context.Context, s *socket.Socket, to sockaddr.Addr) error {
			return second(s.SendMessages(ctx, []socket.Message{{
				Buffers: [][]byte{[]byte("x")},
				Addr:    to,
			}}, 0))
		}},
}

// A path of a file system that does not answer holds the call that has it, and its socket's Close,
// whatever the context says: the documents say so. It holds nothing else: other goroutines run, the
// garbage collector stops the world, the poller tells of events. The program is a child process,
// since a test could not tell of a world that stands still.
func TestStalledPath(t *testing.T) {
	const in = "BSDSOCKET_STALLED"
	if os.Getenv(in) != "" {
		stalledChild(t, os.Getenv(in))
		return
	}
	f := mountFUSE(t)
	self, err := os.Executable()
	ok(t, err)
	for i, test := range withPath {
		t.Run(test.name, func(t *testing.T) {
			hold := make(chan int)
			f.hold.Store(&hold)
			release := sync.OnceFunc(func() {
				f.hold.Store(nil)
				close(hold)
			})
			cmd := exec.Command(self, "-test.run=^TestStalledPath$", "-test.count=1")
			cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%d %s",
				in, i, filepath.Join(filepath.Dir(f.path), "stalled")))
			var failure bytes.Buffer
			cmd.Stderr = &failure
			out, err := cmd.StdoutPipe()
			ok(t, err)
			ok(t, cmd.Start())
			kill := time.AfterFunc(patience/4, func() {
				cmd.Process.Kill() // which the system call does not let pass before its answer
				release()
			})
			alive := false
			var said []string
			for lines := bufio.NewScanner(out); lines.Scan(); {
				said = append(said, lines.Text())
				if lines.Text() == "alive" {
					alive = true
					<-f.held
					release()
				}
			}
			err = cmd.Wait()
			kill.Stop()
			release()
			switch {
			case !alive && len(f.held) > 0:
				<-f.held
				t.Errorf("the whole program stands still while one call waits for a path: %v", err)
			case err != nil || !alive:
				t.Errorf("%v: %s%s", err, strings.Join(said, "\n"), &failure)
			}
		})
	}
}

func stalledChild(t *testing.T, what string) {
	var i int
	var path string
	fmt.Sscan(what, &i, &path)
	test := withPath[i]
	s := open(t, constants.AF_UNIX, test.typ, 0)
	limited, cancel := context.WithTimeout(ctx, short)
	defer cancel()
	to, err := sockaddr.Unix(path)
	ok(t, err)
	called := start(func() error { return test.call(limited, s, to) })
	// The context ends, and so the call would if it waited for anything but the kernel.
	<-limited.Done()
	a, b := pair(t, constants.SOCK_STREAM)
	for range 5 {
		runtime.GC()
		got := start(func() error { return second(a.Receive(ctx, make([]byte, 1), 0)) })
		time.Sleep(time.Millisecond)
		ok(t, second(b.Send(ctx, []byte("x"), 0)))
		ok(t, result(t, got))
	}
	pending(t, called)
	closed := start(s.Close)
	pending(t, closed)
	fmt.Println("alive")
	err = result(t, called)
	if !errors.Is(err, syscall.ENOENT) && !errors.Is(err, syscall.ENOSYS) {
		t.Errorf("%s: %v", test.name, err)
	}
	ok(t, result(t, closed))
}
