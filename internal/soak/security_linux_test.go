package soak

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"example.com/bsdsocket/addrinfo"
	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/internal/testenv"
	"example.com/bsdsocket/sockaddr"
	"example.com/bsdsocket/socket"
	"example.com/bsdsocket/socket/netconn"
)

// intrude connects to a path, as fast as it can, until the standard input ends. It says so when it
// is ready, and whenever the permissions of the file let it: also if nobody listens yet.
func intrude(path string) error {
	to, err := sockaddr.Unix(path)
	if err != nil {
		return err
	}
	var over atomic.Bool
	go func() {
		io.Copy(io.Discard, os.Stdin)
		over.Store(true)
	}()
	fmt.Println("ready")
	tried := 0
	for ; !over.Load(); tried++ {
		s, err := socket.New(constants.AF_UNIX, constants.SOCK_STREAM, 0)
		if err != nil {
			return err
		}
		// A context that ends before the first attempt would look like a full backlog.
		err = s.SetParams(socket.Params{ConnectTimeout: time.Millisecond})
		if err == nil {
			err = s.Connect(ctx, to)
		}
		s.Close()
		switch {
		case errors.Is(err, syscall.EACCES), errors.Is(err, syscall.ENOENT):
		case err == nil, errors.Is(err, syscall.ECONNREFUSED), errors.Is(err, socket.ErrTimeout):
			fmt.Println("in")
		default:
			return err
		}
	}
	fmt.Println("tried", tried)
	return nil
}

// prepared gives a socket the mode that its file shall have.
func prepared(s *socket.Socket, mode os.FileMode) error {
	f, err := s.File()
	if err != nil {
		return err
	}
	return errors.Join(f.Chmod(mode), f.Close())
}

// TestSoakSocketFile: another user tries to connect to a socket file from before it is there. He
// never can if the socket got its mode before it was bound, by Bind or by netconn.Listen; and he
// can if it is the file that gets it, after that.
func TestSoakSocketFile(t *testing.T) {
	testenv.Needs(t, testenv.Root, testenv.UnixSockets)
	dir, err := os.MkdirTemp("", "s") // a short name, and one that others may enter
	ok(t, err)
	t.Cleanup(func() { os.RemoveAll(dir) })
	ok(t, os.Chmod(dir, 0o755))
	path := filepath.Join(dir, "s")
	to, err := sockaddr.Unix(path)
	ok(t, err)
	var files int64
	ways := []struct {
		name   string
		listen func() (io.Closer, error)
	}{
		{"Socket", func() (io.Closer, error) {
			s, err := socket.New(constants.AF_UNIX, constants.SOCK_STREAM, 0)
			if err != nil {
				return nil, err
			}
			return s, errors.Join(prepared(s, 0o600), s.Bind(to), s.Listen(1))
		}},
		{"netconn.Listen", func() (io.Closer, error) {
			prepare := func(_ context.Context, s *socket.Socket, _ addrinfo.Info) error {
				return prepared(s, 0o600)
			}
			return netconn.Listen(ctx, "unix", path, &netconn.Config{Prepare: prepare})
		}},
	}
	// intruder starts one, and returns what ends it and tells how often he tried and could.
	intruder := func() (ins *atomic.Int64, end func() string) {
		p := prepare(t, "intrude", path)
		p.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534,
			Gid: 65534}}
		p.Stdout = nil
		out, err := p.StdoutPipe()
		ok(t, err)
		p.start()
		lines := bufio.NewScanner(out)
		if !lines.Scan() || lines.Text() != "ready" {
			t.Fatalf("the other user's process says %q", lines.Text())
		}
		ins = new(atomic.Int64)
		said := make(chan string, 1)
		go func() {
			last := ""
			for lines.Scan() {
				if last = lines.Text(); last == "in" {
					ins.Add(1)
				}
			}
			said <- last
		}()
		return ins, func() string {
			t.Helper()
			ok(t, p.input.Close())
			last := <-said // before Wait, which closes the pipe
			ok(t, p.end())
			return last
		}
	}
	remove := func(c io.Closer) {
		t.Helper()
		ok(t, c.Close())
		if err := os.Remove(path); !errors.Is(err, os.ErrNotExist) {
			ok(t, err)
		}
	}

	// So that it is known that he would be seen: here the file would get its mode next.
	ins, end := intruder()
	l, err := net.Listen("unix", path)
	ok(t, err)
	ok(t, os.Chmod(path, 0o777)) // whatever the umask
	for limit := time.Now().Add(patience); ins.Load() == 0 && time.Now().Before(limit); {
		time.Sleep(time.Millisecond)
	}
	remove(l)
	end()
	if ins.Load() == 0 {
		t.Fatal("the other user could not connect where everybody may")
	}

	umask := syscall.Umask(0) // the most that a file can be open
	defer syscall.Umask(umask)
	ins, end = intruder()
	rounds(t, func(int) {
		for _, way := range ways {
			l, err := way.listen()
			if err != nil {
				t.Fatalf("%s: %v", way.name, err)
			}
			info, err := os.Stat(path)
			ok(t, err)
			if info.Mode().Perm() != 0o600 {
				t.Errorf("%s: the file has the mode %v", way.name, info.Mode())
			}
			remove(l)
			files++
		}
	})
	last := end()
	if !strings.HasPrefix(last, "tried ") || last == "tried 0" {
		t.Errorf("the other user's process says %q", last)
	}
	testenv.Tried(t, "socket files that another user was after", files, ins.Load())
}
