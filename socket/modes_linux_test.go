package socket_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/internal/testenv"
	"example.com/bsdsocket/sockaddr"
	"example.com/bsdsocket/socket"
)

// A socket file has the mode that the socket had before Bind, and never another: the umask of the
// process need not change.
func TestModeOfSocketFile(t *testing.T) {
	for _, mode := range []os.FileMode{0o600, 0o660 &^ 0o022, 0o700} {
		at := path(t)
		s := open(t, constants.AF_UNIX, constants.SOCK_STREAM, 0)
		f, err := s.File()
		ok(t, err)
		ok(t, f.Chmod(mode))
		ok(t, f.Close())
		ok(t, s.Bind(at))
		info, err := os.Stat(at.Path())
		ok(t, err)
		if got := info.Mode().Perm(); got != mode {
			t.Errorf("the file has mode %o, want %o", got, mode)
		}
	}
}

// A socket file's mode keeps other users out; an abstract name has none.
func TestAbstractNamesHaveNoPermissions(t *testing.T) {
	testenv.Needs(t, testenv.Root)
	file := path(t)
	ok(t, os.Chmod(filepath.Dir(file.Path()), 0o755))
	abstract, err := sockaddr.Abstract("bsdsocket-test-" + file.Path())
	ok(t, err)
	for at, want := range map[sockaddr.Addr]error{file: syscall.EACCES, abstract: nil} {
		l := open(t, constants.AF_UNIX, constants.SOCK_STREAM, 0)
		f, err := l.File()
		ok(t, err)
		ok(t, f.Chmod(0o600))
		ok(t, f.Close())
		ok(t, l.Bind(at))
		ok(t, l.Listen(1))
		client := open(t, constants.AF_UNIX, constants.SOCK_STREAM, 0)
		err = result(t, start(func() error {
			runtime.LockOSThread() // which ends with the goroutine: nobody else is the other user
			if err := unix.Setfsuid(65534); err != nil {
				return err
			}
			return client.Connect(within(t, patience), at)
		}))
		if !errors.Is(err, want) {
			t.Errorf("another user connects to %v: %v, want %v", at, err, want)
		}
	}
}

// What strangers sent before a UDP socket was connected is received after that, with their address.
func TestConnectKeepsTheQueue(t *testing.T) {
	a, b := udp(t)
	stranger, _ := udp(t)
	ok(t, second(stranger.SendTo(within(t, patience), []byte("early"), name(t, a), 0)))
	ok(t, a.Connect(within(t, patience), name(t, b)))
	buf := make([]byte, 9)
	n, from, err := a.ReceiveFrom(within(t, patience), buf, 0)
	if string(buf[:n]) != "early" || from != name(t, stranger) || err != nil {
		t.Errorf("%q from %v, %v", buf[:n], from, err)
	}
}

// A child that expects to block gets a socket that does.
func TestFileToBlockingChild(t *testing.T) {
	a, b := pair(t, constants.SOCK_STREAM)
	f, err := b.File()
	ok(t, err)
	ok(t, syscall.SetNonblock(int(f.Fd()), false))
	ok(t, b.Close())
	cmd := exec.Command("cat")
	var out strings.Builder
	cmd.Stdin, cmd.Stdout = f, &out
	ok(t, cmd.Start())
	ok(t, f.Close())
	done := start(cmd.Wait)
	pending(t, done) // cat waits
	send(t, a, "hello")
	ok(t, a.Shutdown(constants.SHUT_WR))
	ok(t, result(t, done))
	if out.String() != "hello" {
		t.Errorf("cat wrote %q", out.String())
	}
}

// A socket that listens, and one without a peer, have no peer's credentials.
func TestPeerCredentialsOfNobody(t *testing.T) {
	l := listening(t, path(t), 1)
	for what, s := range map[string]*socket.Socket{"a listener": l,
		"unconnected": open(t, constants.AF_UNIX, constants.SOCK_STREAM, 0)} {
		c, err := s.PeerCredentials()
		is(t, err, syscall.ENOTCONN)
		if c.PID != 0 || c.UID != 0 || c.GID != 0 {
			t.Errorf("%s: %+v", what, c)
		}
	}
	_, server := join(t, l)
	if c, err := server.PeerCredentials(); err != nil || c.PID != os.Getpid() {
		t.Errorf("the client is %+v, %v", c, err)
	}
}

// An AF_NETLINK socket that is connected to the kernel does not hear others.
func TestNetlinkConnectedToTheKernel(t *testing.T) {
	testenv.Needs(t, testenv.Root)
	s := open(t, constants.AF_NETLINK, constants.SOCK_RAW, constants.NETLINK_USERSOCK)
	ok(t, s.Bind(noPort(t)))
	to := name(t, s)
	forger := open(t, constants.AF_NETLINK, constants.SOCK_RAW, constants.NETLINK_USERSOCK)
	forged := make([]byte, 16)
	forged[0] = 16
	ok(t, second(forger.SendTo(ctx, forged, to, 0)))
	if n, err := s.Receive(within(t, patience), make([]byte, 100), 0); n != 16 || err != nil {
		t.Fatalf("unconnected, it heard %d bytes, %v", n, err)
	}
	ok(t, s.Connect(ctx, noPort(t)))
	is(t, second(forger.SendTo(ctx, forged, to, 0)), syscall.ECONNREFUSED)
	is(t, second(s.Receive(ctx, make([]byte, 100), constants.MSG_DONTWAIT)), socket.ErrWouldBlock)
}

// noPort is AF_NETLINK's address of the kernel, and, to bind, of a port that the kernel chooses.
func noPort(t testing.TB) sockaddr.Addr {
	t.Helper()
	a, err := sockaddr.Netlink(sockaddr.NetlinkAddr{})
	ok(t, err)
	return a
}

// Close with SO_LINGER waits in the kernel for a peer that reads nothing, as long as it lingers,
// and wakes the calls that wait first.
func TestCloseLingers(t *testing.T) {
	a, _ := tcp(t)
	fill(t, a)
	option2(t, a, constants.SOL_SOCKET, constants.SO_LINGER, 1, 1)
	waiting := start(func() error { return second(a.Receive(ctx, make([]byte, 1), 0)) })
	parked(t, 1)
	atLeast(t, 900*time.Millisecond, func() { ok(t, a.Close()) })
	is(t, result(t, waiting), socket.ErrClosed)
}
