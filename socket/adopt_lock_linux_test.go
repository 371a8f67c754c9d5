package socket_test

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/internal/testenv"
	"example.com/bsdsocket/sockaddr"
	"example.com/bsdsocket/socket"
)

// FromFile of a file that is no socket leaves the process's locks on it alone: to close a duplicate
// would drop them (fcntl(2)).
func TestFromFileKeepsLocks(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	f, err := os.Create(file)
	ok(t, err)
	defer f.Close()
	ok(t, unix.FcntlFlock(f.Fd(), unix.F_SETLK, &unix.Flock_t{Type: unix.F_WRLCK}))
	locked := func() bool {
		other, err := os.OpenFile(file, os.O_RDWR, 0)
		ok(t, err)
		lock := unix.Flock_t{Type: unix.F_WRLCK}
		// Of another open file description, so that it is not closed before the answer is there:
		// that would drop the lock too.
		ok(t, unix.FcntlFlock(other.Fd(), unix.F_OFD_GETLK, &lock))
		t.Cleanup(func() { other.Close() })
		return lock.Type == unix.F_WRLCK
	}
	if !locked() {
		t.Fatal("the file is not locked")
	}
	is(t, second(socket.FromFile(f)), syscall.ENOTSOCK)
	if !locked() {
		t.Error("the lock is gone")
	}
}

// Sockets of another network namespace print interfaces as numbers, since the names are others
// there.
func TestTextOfAnotherNamespace(t *testing.T) {
	testenv.Needs(t, testenv.Root)
	ns := testenv.NetNS(t)
	p, err := sockaddr.Packet(sockaddr.PacketAddr{Protocol: 0x88b5, Interface: 1})
	ok(t, err)
	s, err := socket.NewIn(ns.Path(), constants.AF_PACKET, constants.SOCK_RAW, 0)
	ok(t, err)
	defer s.Close()
	ok(t, s.Bind(p))
	d, err := s.Dup()
	ok(t, err)
	defer d.Close()
	adopted, err := socket.FromConn(s)
	ok(t, err)
	defer adopted.Close()
	for _, s := range []*socket.Socket{s, d, adopted} {
		set(t, s, func(p *socket.Params) { p.ReceiveTimeout = 1 })
		err := second(s.Receive(ctx, make([]byte, 1), 0))
		for what, text := range map[string]string{"String": s.String(), "the error": err.Error(),
			"Bind's error": s.Bind(sockaddr.MustParse("[fe80::1%1]:1")).Error()} {
			if strings.Contains(text, "lo:") || strings.Contains(text, "%lo") {
				t.Errorf("%s has the name of an interface here: %s", what, text)
			}
		}
	}
	l, err := socket.NewIn(ns.Path(), constants.AF_INET6, constants.SOCK_STREAM, 0)
	ok(t, err)
	defer l.Close()
	at := linkLocal(t, ns)
	ok(t, l.Bind(at))
	ok(t, l.Listen(1))
	client, err := socket.NewIn(ns.Path(), constants.AF_INET6, constants.SOCK_STREAM, 0)
	ok(t, err)
	defer client.Close()
	ok(t, client.Connect(ctx, name(t, l)))
	server, from, err := l.Accept(ctx)
	ok(t, err)
	defer server.Close()
	if want := string(from.AppendNumericTo(nil)); !strings.HasSuffix(server.String(), "->"+want) {
		t.Errorf("%v: the peer is %s", server, want)
	}
}
