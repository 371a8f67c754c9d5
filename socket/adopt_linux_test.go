package socket_test

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/internal/testenv"
	"example.com/bsdsocket/socket"
)

// Row X2: descriptors of every family are adopted, and what they are is read from the kernel.
func TestFromFDOfAnyFamily(t *testing.T) {
	for _, test := range []struct {
		family, typ, protocol int
		// the protocol that SO_PROTOCOL gives: 0 of AF_PACKET, whose protocol is in its name
		shown int
		needs []testenv.Feature
	}{
		{unix.AF_INET, unix.SOCK_STREAM, 0, unix.IPPROTO_TCP, nil},
		{unix.AF_INET, unix.SOCK_DGRAM, 0, unix.IPPROTO_UDP, nil},
		{unix.AF_INET6, unix.SOCK_STREAM, 0, unix.IPPROTO_TCP, nil},
		{unix.AF_INET6, unix.SOCK_DGRAM, unix.IPPROTO_UDP, unix.IPPROTO_UDP, nil},
		{unix.AF_UNIX, unix.SOCK_STREAM, 0, 0, nil},
		{unix.AF_UNIX, unix.SOCK_DGRAM, 0, 0, nil},
		{unix.AF_UNIX, unix.SOCK_SEQPACKET, 0, 0, nil},
		{unix.AF_NETLINK, unix.SOCK_RAW, unix.NETLINK_ROUTE, unix.NETLINK_ROUTE, nil},
		{unix.AF_NETLINK, unix.SOCK_DGRAM, unix.NETLINK_GENERIC, unix.NETLINK_GENERIC, nil},
		{unix.AF_PACKET, unix.SOCK_DGRAM, 0, 0, []testenv.Feature{testenv.PacketSockets}},
		{unix.AF_PACKET, unix.SOCK_RAW, 0x0300, 0, []testenv.Feature{testenv.PacketSockets}},
		{unix.AF_INET, unix.SOCK_RAW, unix.IPPROTO_ICMP, unix.IPPROTO_ICMP,
			[]testenv.Feature{testenv.NetRaw}},
		{unix.AF_INET, unix.SOCK_STREAM, unix.IPPROTO_MPTCP, unix.IPPROTO_MPTCP,
			[]testenv.Feature{testenv.MPTCP}},
		{unix.AF_INET, unix.SOCK_DGRAM, unix.IPPROTO_UDPLITE, unix.IPPROTO_UDPLITE,
			[]testenv.Feature{testenv.UDPLite}},
		{unix.AF_INET, unix.SOCK_STREAM, unix.IPPROTO_SCTP, unix.IPPROTO_SCTP,
			[]testenv.Feature{testenv.SCTP}},
		{unix.AF_VSOCK, unix.SOCK_STREAM, 0, 0, []testenv.Feature{testenv.VSock}},
		{unix.AF_XDP, unix.SOCK_RAW, 0, 0, []testenv.Feature{testenv.XDP}},
		{unix.AF_CAN, unix.SOCK_RAW, unix.CAN_RAW, unix.CAN_RAW, []testenv.Feature{testenv.CAN}},
		{unix.AF_ALG, unix.SOCK_SEQPACKET, 0, 0, []testenv.Feature{testenv.ALG}},
		{unix.AF_TIPC, unix.SOCK_RDM, 0, 0, []testenv.Feature{testenv.TIPC}},
	} {
		family, typ, shown := constants.Family(test.family), constants.SocketType(test.typ),
			constants.Protocol(test.shown)
		t.Run(family.String()+" "+typ.String()+" "+strconv.Itoa(test.protocol), func(t *testing.T) {
			testenv.Needs(t, test.needs...)
			fd, err := unix.Socket(test.family, test.typ, test.protocol)
			ok(t, err)
			s, err := socket.FromFD(fd)
			if err != nil {
				unix.Close(fd)
				t.Fatal(err)
			}
			defer s.Close()
			if s.Family() != family || s.Type() != typ || s.Protocol() != shown {
				t.Errorf("it is %v %v %v, want %v %v %v",
					s.Family(), s.Type(), s.Protocol(), family, typ, shown)
			}
			if closed, nonblock := flags(t, fd); !closed || !nonblock {
				t.Errorf("close-on-exec %t, non-blocking %t", closed, nonblock)
			}
			// It is on the poller: a receive ends at its deadline, unless the socket cannot receive
			// at all. (Or a packet comes by, which raw sockets hear.)
			if _, err := s.Receive(within(t, short), make([]byte, 1), 0); errors.Is(err,
				socket.ErrWouldBlock) {
				t.Error(err)
			}
		})
	}
}

// A descriptor that has an owner in this program already is not taken from it: two would wait for
// the same events, and close it twice. Its owner keeps it, whatever becomes of the attempt.
func TestFromFDOfAnotherOwner(t *testing.T) {
	a, b := pair(t, constants.SOCK_STREAM)
	waitOnce(t, a)
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	ok(t, err)
	defer l.Close()
	f, err := l.(*net.TCPListener).File()
	ok(t, err)
	defer f.Close()
	for what, fd := range map[string]int{"a Socket": a.FD(), "an os.File": int(f.Fd())} {
		s, err := socket.FromFD(fd)
		if _, isError := errors.AsType[*socket.Error](err); s != nil || !isError {
			t.Errorf("of %s: %v, %v", what, s, err)
		}
	}
	for range 3 {
		runtime.GC() // closes what was forgotten
	}
	talk(t, a, b)
	s, err := socket.FromFile(f)
	ok(t, err)
	defer s.Close()
	if got := name(t, s).String(); got != l.Addr().String() {
		t.Errorf("the listener's name is %v, not %v", got, l.Addr())
	}
}

// TestDetachLeavesThePoller looks into the runtime's epoll instance (proc(5), fdinfo).
func TestDetachLeavesThePoller(t *testing.T) {
	a, _ := pair(t, constants.SOCK_STREAM)
	old := a.FD()
	if polled(t, old) {
		t.Errorf("descriptor %d is in the poller before it must", old)
	}
	waitOnce(t, a)
	if !polled(t, old) {
		t.Fatalf("descriptor %d is not in the poller", old)
	}
	fd, err := a.Detach()
	ok(t, err)
	defer unix.Close(fd)
	if polled(t, fd) || polled(t, old) {
		t.Errorf("after Detach the poller knows %d: %t, %d: %t",
			old, polled(t, old), fd, polled(t, fd))
	}
}

// waitOnce makes s wait, which is when the poller must know it.
func waitOnce(t *testing.T, s *socket.Socket) {
	t.Helper()
	_, err := s.Receive(within(t, short), make([]byte, 1), 0)
	is(t, err, socket.ErrTimeout)
}

// polled reports whether an epoll instance of this process watches the descriptor.
func polled(t *testing.T, fd int) bool {
	t.Helper()
	links, err := filepath.Glob("/proc/self/fd/*")
	ok(t, err)
	for _, link := range links {
		if target, err := os.Readlink(link); err != nil || target != "anon_inode:[eventpoll]" {
			continue
		}
		info, err := os.ReadFile("/proc/self/fdinfo/" + filepath.Base(link))
		ok(t, err)
		for line := range strings.Lines(string(info)) {
			if f := strings.Fields(line); len(f) > 1 && f[0] == "tfd:" && f[1] == strconv.Itoa(fd) {
				return true
			}
		}
	}
	return false
}

// TestChildEchoes sends back what it receives on descriptor 3, when another test runs it as a
// child.
func TestChildEchoes(t *testing.T) {
	if os.Getenv("BSDSOCKET_CHILD") != "echo" {
		return
	}
	s, err := socket.FromFD(3)
	ok(t, err)
	defer s.Close()
	b := make([]byte, 100)
	for {
		n, err := s.Read(b)
		if err != nil {
			return
		}
		_, err = s.Write(append([]byte("child: "), b[:n]...))
		ok(t, err)
	}
}

// Row X2: a socket is passed to a child process by File, and stays here too.
func TestFileToChild(t *testing.T) {
	a, b := pair(t, constants.SOCK_STREAM)
	f, err := b.File()
	ok(t, err)
	cmd := child(t, "TestChildEchoes", "echo")
	cmd.ExtraFiles = []*os.File{f}
	ok(t, cmd.Start())
	ok(t, f.Close())
	ok(t, b.Close())
	send(t, a, "hello")
	receive(t, a, "child: hello")
	ok(t, a.Shutdown(constants.SHUT_WR))
	receive(t, a, "") // the child has ended and with it the last descriptor
	ok(t, cmd.Wait())
}
