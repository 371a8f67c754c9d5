package socket_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/internal/testenv"
	"example.com/bsdsocket/socket"
)

// What a kernel lacks or a policy forbids: where there is another way, it is taken, and elsewhere
// the caller gets the errno, and a socket that can still be closed.
func TestRefused(t *testing.T) {
	// serves is that nothing can be noticed.
	serves := func(run func(t *testing.T)) func(*testing.T, syscall.Errno) {
		return func(t *testing.T, _ syscall.Errno) { run(t) }
	}
	// fails is that the errno comes out.
	fails := func(call func(t *testing.T) error) func(*testing.T, syscall.Errno) {
		return func(t *testing.T, errno syscall.Errno) {
			err := call(t)
			is(t, err, errno)
			if errors.Is(err, socket.ErrUnsupported) != (errno == syscall.ENOSYS) {
				t.Errorf("unsupported: %v", err)
			}
		}
	}
	large := bytes.Repeat([]byte("0123456789abcdef"), 64<<10)
	// relayed copies what comes to a socket to another.
	relayed := func(t *testing.T) {
		a, b := tcp(t)
		c, d := tcp(t)
		done := start(func() error {
			defer d.Shutdown(constants.SHUT_WR)
			return second64(d.ReadFrom(b))
		})
		go func() {
			a.Write(large)
			a.Shutdown(constants.SHUT_WR)
		}()
		got, err := io.ReadAll(c)
		if ok(t, result(t, done)); err != nil || !bytes.Equal(got, large) {
			t.Errorf("%d bytes of %d came, %v", len(got), len(large), err)
		}
	}
	file := func(t *testing.T) *os.File {
		name := filepath.Join(t.TempDir(), "f")
		ok(t, os.WriteFile(name, large, 0o600))
		fd, err := unix.Open(name, unix.O_RDONLY|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
		ok(t, err)
		f := os.NewFile(uintptr(fd), name)
		t.Cleanup(func() { f.Close() })
		return f
	}
	sent := func(t *testing.T) {
		f := file(t)
		for _, send := range []func(s *socket.Socket) (int64, error){
			func(s *socket.Socket) (int64, error) { return s.SendFile(ctx, f, 0, -1) },
			func(s *socket.Socket) (int64, error) { return s.ReadFrom(f) },
		} {
			a, b := tcp(t)
			go func() {
				send(a)
				a.Shutdown(constants.SHUT_WR)
			}()
			if got, err := io.ReadAll(b); err != nil || !bytes.Equal(got, large) {
				t.Errorf("%d bytes of %d came, %v", len(got), len(large), err)
			}
		}
	}
	batch := func(t *testing.T) {
		a, b := pair(t, constants.SOCK_DGRAM)
		ms := make([]socket.Message, 3)
		for i := range ms {
			ms[i].Buffers = [][]byte{[]byte{byte(i)}}
		}
		n, err := a.SendMessages(ctx, ms, 0)
		if n != 3 || err != nil {
			t.Fatal(n, err)
		}
		for i := range ms {
			ms[i].Buffers = [][]byte{make([]byte, 9)}
		}
		n, err = b.ReceiveMessages(ctx, ms, 0)
		if n != 3 || err != nil || ms[2].N != 1 || ms[2].Buffers[0][0] != 2 {
			t.Error(n, err, ms)
		}
	}
	ended := func(t *testing.T) {
		a, b := pair(t, constants.SOCK_SEQPACKET)
		if ready, err := b.ReceiveReady(); ready || err != nil {
			t.Error(ready, err)
		}
		ok(t, second(a.Write([]byte("x"))))
		if ready, err := b.ReceiveReady(); !ready || err != nil {
			t.Error(ready, err)
		}
		ok(t, a.Close())
		if got, err := io.ReadAll(b); string(got) != "x" || err != nil {
			t.Errorf("%q, %v", got, err)
		}
	}
	passed := func(t *testing.T) error {
		a, b := pair(t, constants.SOCK_STREAM)
		ok(t, second(a.SendFiles(ctx, []byte("x"), file(t))))
		n, files, err := b.ReceiveFiles(ctx, make([]byte, 9), 1)
		for _, f := range files {
			if got, err := io.ReadAll(f); err != nil || !bytes.Equal(got, large) {
				t.Errorf("%d bytes of the file, %v", len(got), err)
			}
			ok(t, f.Close())
		}
		if n != 1 || (len(files) == 1) != (err == nil) {
			t.Errorf("%d bytes, files %v, %v", n, files, err)
		}
		return err
	}
	for _, test := range []struct {
		name  string
		calls []uintptr
		check func(t *testing.T, errno syscall.Errno)
	}{
		{"splice", []uintptr{unix.SYS_SPLICE}, serves(relayed)},
		{"pipe2", []uintptr{unix.SYS_PIPE2}, serves(relayed)},
		{"sendfile", []uintptr{testenv.SendfileCall}, serves(sent)},
		{"sendmmsg", []uintptr{unix.SYS_SENDMMSG}, serves(batch)},
		{"recvmmsg", receiveCalls[:], serves(batch)},
		{"ppoll", []uintptr{unix.SYS_PPOLL}, serves(ended)},
		{"statx", []uintptr{unix.SYS_STATX}, serves(func(t *testing.T) { ok(t, passed(t)) })},
		{"dup3", []uintptr{unix.SYS_DUP3}, fails(passed)},
		{"eventfd2", []uintptr{unix.SYS_EVENTFD2}, fails(passed)},
		{"socket", []uintptr{unix.SYS_SOCKET}, fails(func(*testing.T) error {
			return second(socket.New(constants.AF_INET, constants.SOCK_STREAM, 0))
		})},
		{"socketpair", []uintptr{unix.SYS_SOCKETPAIR}, fails(func(*testing.T) error {
			return third(socket.Pair(constants.AF_UNIX, constants.SOCK_STREAM, 0))
		})},
		{"setns", []uintptr{unix.SYS_SETNS}, fails(func(*testing.T) error {
			return second(socket.NewIn("/proc/self/ns/net",
				constants.AF_INET, constants.SOCK_STREAM, 0))
		})},
		{"accept4", []uintptr{unix.SYS_ACCEPT4}, fails(func(t *testing.T) error {
			l := listening(t, loopback, 1)
			ok(t, open(t, constants.AF_INET, constants.SOCK_STREAM, 0).Connect(ctx, name(t, l)))
			return third(l.Accept(ctx))
		})},
		{"bind", []uintptr{unix.SYS_BIND}, fails(func(t *testing.T) error {
			return open(t, constants.AF_INET, constants.SOCK_STREAM, 0).Bind(loopback)
		})},
		{"listen", []uintptr{unix.SYS_LISTEN}, fails(func(t *testing.T) error {
			return open(t, constants.AF_INET, constants.SOCK_STREAM, 0).Listen(1)
		})},
		{"connect", []uintptr{unix.SYS_CONNECT}, fails(func(t *testing.T) error {
			l := listening(t, loopback, 1)
			return open(t, constants.AF_INET, constants.SOCK_STREAM, 0).Connect(ctx, name(t, l))
		})},
		{"shutdown", []uintptr{unix.SYS_SHUTDOWN}, fails(func(t *testing.T) error {
			a, _ := pair(t, constants.SOCK_STREAM)
			return a.Shutdown(constants.SHUT_WR)
		})},
		{"ioctl", []uintptr{unix.SYS_IOCTL}, fails(func(t *testing.T) error {
			a, _ := pair(t, constants.SOCK_STREAM)
			return second(a.Pending())
		})},
		{"getsockname", []uintptr{unix.SYS_GETSOCKNAME}, fails(func(t *testing.T) error {
			a, _ := pair(t, constants.SOCK_STREAM)
			_ = a.String()
			return second(a.Name())
		})},
		{"getpeername", []uintptr{unix.SYS_GETPEERNAME}, serves(func(t *testing.T) {
			l := listening(t, loopback, 1)
			a := open(t, constants.AF_INET, constants.SOCK_STREAM, 0)
			ok(t, a.Connect(ctx, name(t, l)))
			b, _, err := l.Accept(ctx)
			ok(t, err)
			defer b.Close()
			for _, s := range []*socket.Socket{a, b} {
				if peer, err := s.PeerName(); err != nil || !peer.IsValid() {
					t.Error(peer, err)
				}
			}
		})},
		{"getsockopt", []uintptr{unix.SYS_GETSOCKOPT}, fails(func(t *testing.T) error {
			a, _ := pair(t, constants.SOCK_STREAM)
			return second(a.PeerCredentials())
		})},
		{"sendto", []uintptr{unix.SYS_SENDTO}, fails(func(t *testing.T) error {
			a, _ := pair(t, constants.SOCK_STREAM)
			return second(a.Write([]byte("x")))
		})},
		{"recvfrom", []uintptr{unix.SYS_RECVFROM}, fails(func(t *testing.T) error {
			a, _ := pair(t, constants.SOCK_STREAM)
			return second(a.Read(make([]byte, 1)))
		})},
		{"sendmsg", []uintptr{unix.SYS_SENDMSG}, fails(func(t *testing.T) error {
			a, _ := pair(t, constants.SOCK_STREAM)
			return a.SendMessage(ctx, &socket.Message{Buffers: [][]byte{[]byte("x")}}, 0)
		})},
		{"recvmsg", []uintptr{unix.SYS_RECVMSG}, fails(func(t *testing.T) error {
			a, _ := pair(t, constants.SOCK_STREAM)
			return a.ReceiveMessage(ctx, &socket.Message{Buffers: [][]byte{make([]byte, 1)}}, 0)
		})},
	} {
		if testenv.HasSocketcall &&
			slices.Contains([]string{"socket", "socketpair", "listen", "shutdown"}, test.name) {
			continue
		}
		for _, errno := range []syscall.Errno{unix.EPERM, unix.ENOSYS, unix.EACCES, unix.EINVAL} {
			t.Run(fmt.Sprint(test.name, " ", unix.ErrnoName(errno)), func(t *testing.T) {
				if slices.Contains([]string{"ppoll", "dup3", "eventfd2"}, test.name) {
					testenv.NeedsLinuxPath(t, test.name+"(2)")
				}
				r, w, err := os.Pipe() // which the poller gets, so that it is there
				ok(t, err)
				defer r.Close()
				defer w.Close()
				var refusals []testenv.Refusal
				for _, call := range test.calls {
					refusals = append(refusals, testenv.Refusal{Call: call, Errno: errno})
				}
				if testenv.Refused(t, refusals...) {
					test.check(t, errno)
				}
			})
		}
	}
}
