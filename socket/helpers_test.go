package socket_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"
	"time"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/internal/sys"
	"example.com/bsdsocket/internal/testenv"
	"example.com/bsdsocket/sockaddr"
	"example.com/bsdsocket/socket"
)

func TestMain(m *testing.M) { testenv.Main(m) }

var ctx = context.Background()

// patience is how long a test waits for what must happen. Only a hang takes as long.
const patience = 2 * time.Minute

// short is a timeout that is meant to pass. Tests measure that at least this much has passed, never
// how much more.
const short = 20 * time.Millisecond

// within returns a context that ends after d or with the test.
func within(t testing.TB, d time.Duration) context.Context {
	c, cancel := context.WithTimeout(ctx, d)
	t.Cleanup(cancel)
	return c
}

// ok fails the test at once if err is not nil.
func ok(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// is checks that an error is each of the targets.
func is(t testing.TB, err error, targets ...error) {
	t.Helper()
	for _, target := range targets {
		if !errors.Is(err, target) {
			t.Errorf("error %q (%T) is not %q", err, err, target)
		}
	}
}

// isNot checks that there is an error and that it is none of the targets.
func isNot(t testing.TB, err error, targets ...error) {
	t.Helper()
	if err == nil {
		t.Error("no error")
	}
	for _, target := range targets {
		if errors.Is(err, target) {
			t.Errorf("error %q is %q", err, target)
		}
	}
}

// open makes a socket that the test closes at its end.
func open(t testing.TB, family constants.Family, typ constants.SocketType,
	protocol constants.Protocol) *socket.Socket {
	t.Helper()
	s, err := socket.New(family, typ, protocol)
	ok(t, err)
	t.Cleanup(func() { s.Close() })
	return s
}

// bound makes a socket of to's family and binds it.
func bound(t testing.TB, typ constants.SocketType, to sockaddr.Addr) *socket.Socket {
	t.Helper()
	s := open(t, to.Family(), typ, 0)
	ok(t, s.Bind(to))
	return s
}

// listening is bound and listens.
func listening(t testing.TB, to sockaddr.Addr, backlog int) *socket.Socket {
	t.Helper()
	s := bound(t, constants.SOCK_STREAM, to)
	ok(t, s.Listen(backlog))
	return s
}

// name is the socket's own address.
func name(t testing.TB, s *socket.Socket) sockaddr.Addr {
	t.Helper()
	a, err := s.Name()
	ok(t, err)
	if !a.IsValid() {
		t.Fatalf("%v has no name", s)
	}
	return a
}

var loopback = sockaddr.MustParse("127.0.0.1:0")

// asked is bound to a port of loopback that it asked for by its number.
func asked(t testing.TB, typ constants.SocketType) *socket.Socket {
	t.Helper()
	for {
		s := bound(t, typ, loopback)
		a := name(t, s)
		ok(t, s.Close())
		s = open(t, constants.AF_INET, typ, 0)
		err := s.Bind(a)
		if errors.Is(err, syscall.EADDRINUSE) {
			continue // somebody else was quicker
		}
		ok(t, err)
		return s
	}
}

// join connects a new socket to a listening one and returns both ends.
func join(t testing.TB, l *socket.Socket) (client, server *socket.Socket) {
	t.Helper()
	client = open(t, l.Family(), l.Type(), l.Protocol())
	ok(t, client.Connect(within(t, patience), name(t, l)))
	server, _, err := l.Accept(within(t, patience))
	ok(t, err)
	t.Cleanup(func() { server.Close() })
	return client, server
}

// tcp is a connection over loopback.
func tcp(t testing.TB) (client, server *socket.Socket) {
	t.Helper()
	return join(t, listening(t, loopback, 1))
}

// pair is socketpair(2) of AF_UNIX, or where there is none a pair over loopback.
func pair(t testing.TB, typ constants.SocketType) (a, b *socket.Socket) {
	t.Helper()
	a, b, err := socket.Pair(constants.AF_UNIX, typ, 0)
	if errors.Is(err, socket.ErrUnsupported) &&
		(typ == constants.SOCK_STREAM || typ == constants.SOCK_DGRAM) {
		if a, b, err = socket.Pair(constants.AF_INET, typ, 0); err == nil {
			small(t, a, b) // so that they can be filled for good
		}
	}
	ok(t, err)
	t.Cleanup(func() { a.Close(); b.Close() })
	return a, b
}

// udp is two datagram sockets on loopback, not connected.
func udp(t testing.TB) (a, b *socket.Socket) {
	t.Helper()
	return bound(t, constants.SOCK_DGRAM, loopback), bound(t, constants.SOCK_DGRAM, loopback)
}

// path is a new AF_UNIX address in a directory with a short name: sun_path has about 100 bytes.
func path(t testing.TB) sockaddr.Addr {
	t.Helper()
	testenv.Needs(t, testenv.UnixSockets)
	dir, err := os.MkdirTemp("", "s")
	ok(t, err)
	t.Cleanup(func() { os.RemoveAll(dir) })
	a, err := sockaddr.Unix(filepath.Join(dir, "s"))
	ok(t, err)
	return a
}

// set changes some of a socket's parameters.
func set(t testing.TB, s *socket.Socket, change func(*socket.Params)) {
	t.Helper()
	p := s.Params()
	change(&p)
	ok(t, s.SetParams(p))
}

// option sets an integer option, as package sockopt would.
func option(t testing.TB, s *socket.Socket, level constants.Level, name constants.OptionName,
	value int) {
	t.Helper()
	c, err := s.SyscallConn()
	ok(t, err)
	ok(t, c.Control(func(fd uintptr) {
		err = sys.SetsockoptInt(int(fd), int(level), int(name), value)
	}))
	ok(t, err)
}

// option2 sets an option of two integers, such as SO_LINGER.
func option2(t testing.TB, s *socket.Socket, level constants.Level, name constants.OptionName,
	first, second int) {
	t.Helper()
	c, err := s.SyscallConn()
	ok(t, err)
	b := binary.NativeEndian.AppendUint32(binary.NativeEndian.AppendUint32(nil, uint32(first)),
		uint32(second))
	ok(t, c.Control(func(fd uintptr) { err = sys.Setsockopt(int(fd), int(level), int(name), b) }))
	ok(t, err)
}

// small makes the socket's buffers the smallest that the system has. A datagram of the Internet is
// lost where there is no room for it, so that the sender's buffer alone is small.
func small(t testing.TB, sockets ...*socket.Socket) {
	t.Helper()
	for _, s := range sockets {
		option(t, s, constants.SOL_SOCKET, constants.SO_SNDBUF, 4096)
		size := 4096
		if s.Type() == constants.SOCK_DGRAM && s.Family() != constants.AF_UNIX {
			size = 1 << 18
		}
		option(t, s, constants.SOL_SOCKET, constants.SO_RCVBUF, size)
	}
}

// wide gives TCP sockets that are small buffers of some segments of the loopback interface: each
// step that is smaller waits for a timer.
func wide(t testing.TB, sockets ...*socket.Socket) {
	t.Helper()
	for _, s := range sockets {
		if s.Family() != constants.AF_UNIX {
			option(t, s, constants.SOL_SOCKET, constants.SO_SNDBUF, 1<<18)
			option(t, s, constants.SOL_SOCKET, constants.SO_RCVBUF, 1<<18)
		}
	}
}

// fill sends until nothing more can be sent, and returns how much went. The buffers of TCP grow
// with each acknowledgement, which may come late: there it is done when nothing more could be sent
// for a while.
func fill(t testing.TB, s *socket.Socket) (n int) {
	t.Helper()
	b := make([]byte, 1<<16)
	if s.Type() != constants.SOCK_STREAM {
		b = b[:512]
	}
	for full := s.Family() == constants.AF_UNIX; ; {
		m, err := s.Send(ctx, b, constants.MSG_DONTWAIT)
		if err == nil {
			n += m
			full = s.Family() == constants.AF_UNIX
			continue
		}
		is(t, err, socket.ErrWouldBlock)
		if full {
			return n
		}
		full = true
		time.Sleep(100 * time.Millisecond)
	}
}

// receive receives once and checks what.
func receive(t testing.TB, s *socket.Socket, want string) {
	t.Helper()
	b := make([]byte, max(1<<16, len(want)))
	n, err := s.Receive(within(t, patience), b, 0)
	if got := string(b[:n]); err != nil || got != want {
		t.Fatalf("received %.100q, %v; want %.100q", got, err, want)
	}
}

// send sends a message or as much of a stream.
func send(t testing.TB, s *socket.Socket, what string) {
	t.Helper()
	n, err := s.Send(within(t, patience), []byte(what), 0)
	if n != len(what) || err != nil {
		t.Fatalf("sent %d of %d bytes, %v", n, len(what), err)
	}
}

// talk checks that what one of two connected sockets sends comes to the other, both ways.
func talk(t testing.TB, a, b *socket.Socket) {
	t.Helper()
	send(t, a, "ping")
	receive(t, b, "ping")
	send(t, b, "pong")
	receive(t, a, "pong")
}

// start runs fn in a goroutine and returns its error when there is one to receive.
func start(fn func() error) <-chan error {
	done := make(chan error, 1)
	go func() { done <- fn() }()
	return done
}

// result is the error of start, which must come soon.
func result(t testing.TB, done <-chan error) error {
	t.Helper()
	select {
	case err := <-done:
		return err
	case <-time.After(patience):
		buf := make([]byte, 1<<20)
		t.Fatalf("still not done\n%s", buf[:runtime.Stack(buf, true)])
		return nil
	}
}

// pending checks that start's function has not returned.
func pending(t testing.TB, done <-chan error) {
	t.Helper()
	select {
	case err := <-done:
		t.Fatalf("done already: %v", err)
	default:
	}
}

// parked returns when n goroutines wait in an operation on a socket: for the poller, or in a queue.
// None of the results given may be there before.
func parked(t testing.TB, n int, results ...<-chan error) {
	t.Helper()
	pause := 50 * time.Microsecond
	for end := time.Now().Add(patience); ; pause = min(2*pause, 10*time.Millisecond) {
		found := 0
		for _, stack := range stacks() {
			head, frames, _ := bytes.Cut(stack, []byte("\n"))
			waits := bytes.Contains(head, []byte("[IO wait")) ||
				bytes.Contains(frames, []byte("internal/fd.(*waiter).wait(")) ||
				bytes.Contains(frames, []byte("internal/sys.(*Readiness).End(")) // Windows
			if waits && bytes.Contains(frames, []byte("internal/fd.(*Op).Run(")) {
				found++
			}
		}
		if found == n {
			return
		}
		for _, r := range results {
			select {
			case err := <-r:
				t.Fatalf("a call that should wait is over: %v", err)
			default:
			}
		}
		if time.Now().After(end) {
			t.Fatalf("%d operations wait, not %d\n%s",
				found, n, bytes.Join(stacks(), []byte("\n\n")))
		}
		time.Sleep(pause)
	}
}

func stacks() [][]byte {
	buf := make([]byte, 1<<16)
	n := runtime.Stack(buf, true)
	for n == len(buf) {
		buf = make([]byte, 4*len(buf))
		n = runtime.Stack(buf, true)
	}
	return bytes.Split(buf[:n], []byte("\n\n"))
}

// stacksIn are the goroutines that are in a function.
func stacksIn(function string) (found [][]byte) {
	for _, stack := range stacks() {
		if bytes.Contains(stack, []byte(function)) {
			found = append(found, stack)
		}
	}
	return found
}

// inTime runs a test that must be quick enough for what it tests: fn returns false if it was not,
// because the machine was busy, and gets twice the time.
func inTime(t testing.TB, unit time.Duration, fn func(unit time.Duration) bool) {
	t.Helper()
	for range 6 {
		if fn(unit) {
			return
		}
		unit *= 2
	}
	t.Fatalf("however much time there is, it is not enough")
}

// atLeast runs fn and checks that it took no less than d.
func atLeast(t testing.TB, d time.Duration, fn func()) {
	t.Helper()
	begin := time.Now()
	fn()
	if took := time.Since(begin); took < d {
		t.Errorf("it took %v, less than %v", took, d)
	}
}
