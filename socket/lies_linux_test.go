package socket_test

import (
	"encoding/binary"
	"math"
	"testing"

	"golang.org/x/sys/unix"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/internal/testenv"
	"example.com/bsdsocket/sockaddr"
	"example.com/bsdsocket/socket"
)

// Lengths that the kernel returns are compared, not trusted: whatever they say of addresses, data
// and control data, nothing is read beyond a buffer, and nothing panics.
func TestLies(t *testing.T) {
	testenv.NeedsLinuxPath(t, "the calls of its table")
	trap := testenv.Trapped(t, unix.SYS_ACCEPT4, unix.SYS_GETSOCKNAME, unix.SYS_GETPEERNAME,
		unix.SYS_RECVFROM, unix.SYS_RECVMSG, unix.SYS_RECVMMSG, unix.SYS_GETSOCKOPT)
	if trap == nil {
		return
	}
	// The offsets are those of struct msghdr of 64 bits, and the last is msg_len of struct mmsghdr.
	const nameLen, controlLen, flags, msgLen = 8, 40, 48, 56
	at := func(argument, offset int) func(*testenv.Held) uintptr {
		return func(c *testenv.Held) uintptr {
			if a := c.Args[argument]; a != 0 {
				return a + uintptr(offset)
			}
			return 0
		}
	}
	result := at(0, 0) // what the call returns
	tcpPair := func(t testing.TB) *socket.Socket {
		a, b := tcp(t)
		send(t, b, "12345678")
		return a
	}
	datagram := func(t testing.TB) *socket.Socket {
		a, b := udp(t)
		for range 4 {
			_, err := b.SendTo(ctx, []byte("1234"), name(t, a), 0)
			ok(t, err)
		}
		return a
	}
	var passed unix.Stat_t
	files := func(t testing.TB) *socket.Socket {
		a, b := pair(t, constants.SOCK_STREAM)
		_, err := a.SendFiles(ctx, []byte("1"), a)
		ok(t, err)
		ok(t, unix.Fstat(a.FD(), &passed))
		ok(t, a.Close())
		return b
	}
	valid := func(t testing.TB, a sockaddr.Addr) {
		if n := len(a.Raw()); n > 128 {
			t.Errorf("an address of %d bytes", n)
		}
		_ = a.String()
	}
	buf := make([]byte, 4)
	message := func(t testing.TB, m *socket.Message, err error) {
		if m.N > len(m.Buffers[0]) || m.NControl > len(m.Control) {
			t.Errorf("%d bytes and %d of control data, %v", m.N, m.NControl, err)
		}
		for range m.Segments() {
		}
		valid(t, m.Addr)
	}
	for _, c := range []struct {
		name  string
		call  uintptr
		where func(*testenv.Held) uintptr
		size  int
		begin func(testing.TB) *socket.Socket
		do    func(testing.TB, *socket.Socket)
	}{
		{"accept4, addrlen", unix.SYS_ACCEPT4, at(2, 0), 4, func(t testing.TB) *socket.Socket {
			l := listening(t, loopback, 1)
			ok(t, open(t, constants.AF_INET, constants.SOCK_STREAM, 0).Connect(ctx, name(t, l)))
			return l
		}, func(t testing.TB, s *socket.Socket) {
			if s, a, err := s.TryAccept(); err == nil {
				s.Close()
				valid(t, a)
			}
		}},
		{"getsockname, addrlen", unix.SYS_GETSOCKNAME, at(2, 0), 4, tcpPair,
			func(t testing.TB, s *socket.Socket) { a, _ := s.Name(); valid(t, a); _ = s.String() }},
		{"getpeername, addrlen", unix.SYS_GETPEERNAME, at(2, 0), 4, tcpPair,
			func(t testing.TB, s *socket.Socket) { a, _ := s.PeerName(); valid(t, a) }},
		{"recvfrom, addrlen", unix.SYS_RECVFROM, at(5, 0), 4, datagram,
			func(t testing.TB,
				s *socket.Socket) {
				_, a, _ := s.TryReceiveFrom(buf, 0)
				valid(t, a)
			}},
		{"recvfrom, result", unix.SYS_RECVFROM, result, 0, tcpPair,
			func(t testing.TB, s *socket.Socket) {
				if n, err := s.TryReceive(buf, 0); n > len(buf) {
					t.Errorf("received %d bytes, %v", n, err)
				}
			}},
		{"recvmsg, msg_namelen", unix.SYS_RECVMSG, at(1, nameLen), 4, datagram,
			receiveOne(message)},
		{"recvmsg, msg_controllen", unix.SYS_RECVMSG, at(1, controlLen), 8, datagram,
			receiveOne(message)},
		{"recvmsg, msg_flags", unix.SYS_RECVMSG, at(1, flags), 4, datagram, receiveOne(message)},
		{"recvmsg, result", unix.SYS_RECVMSG, result, 0, datagram, receiveOne(message)},
		{"recvmsg of files, msg_controllen", unix.SYS_RECVMSG, at(1, controlLen), 8, files,
			func(t testing.TB, s *socket.Socket) {
				_, files, _ := s.ReceiveFiles(ctx, buf, 2)
				for _, f := range files {
					f.Close()
				}
				// Of a kernel that does not say where descriptors are, nobody can know.
				for fd := range 1024 {
					var st unix.Stat_t
					if unix.Fstat(fd, &st) == nil && st.Dev == passed.Dev && st.Ino == passed.Ino {
						unix.Close(fd)
					}
				}
			}},
		{"recvmmsg, msg_namelen", unix.SYS_RECVMMSG, at(1, nameLen), 4, datagram,
			receiveTwo(message)},
		{"recvmmsg, msg_controllen", unix.SYS_RECVMMSG, at(1, controlLen), 8, datagram,
			receiveTwo(message)},
		{"recvmmsg, msg_len", unix.SYS_RECVMMSG, at(1, msgLen), 4, datagram, receiveTwo(message)},
		{"recvmmsg, result", unix.SYS_RECVMMSG, result, 0, datagram, receiveTwo(message)},
		{"getsockopt, optlen", unix.SYS_GETSOCKOPT, at(4, 0), 4, tcpPair,
			func(t testing.TB, s *socket.Socket) {
				s.PeerCredentials()
				if d, err := socket.FromConn(s); err == nil {
					d.Close()
				}
			}},
	} {
		for _, lie := range []uint64{0, 1, 2, 3, 5, 7, 15, 17, 127, 128, 129, 256, 4097, 1 << 16,
			math.MaxInt32, 1 << 31, math.MaxUint32, 1 << 32, math.MaxInt64, math.MaxUint64} {
			s := c.begin(t)
			told := false
			trap.On(func(h *testenv.Held) testenv.Verdict {
				if h.Number != c.call {
					return testenv.Verdict{}
				}
				v := h.Make()
				switch p := c.where(h); {
				case c.size == 0 && v.Errno == 0:
					v.Result, told = int(lie), true
				case p != 0 && v.Errno == 0:
					b := binary.NativeEndian.AppendUint64(nil, lie)[:c.size]
					if c.size == 4 {
						b = binary.NativeEndian.AppendUint32(nil, uint32(lie))
					}
					told = h.Write(p, b) == nil
				}
				return v
			})
			c.do(t, s)
			trap.On(nil)
			if !told {
				t.Errorf("%s: no lie was told", c.name)
			}
			s.Close()
		}
	}
}

type checked func(testing.TB, *socket.Message, error)

func receiveOne(check checked) func(testing.TB, *socket.Socket) {
	return func(t testing.TB, s *socket.Socket) {
		m := &socket.Message{Buffers: [][]byte{make([]byte, 4)}, Control: make([]byte, 64)}
		check(t, m, s.ReceiveMessage(ctx, m, constants.MSG_DONTWAIT))
	}
}

func receiveTwo(check checked) func(testing.TB, *socket.Socket) {
	return func(t testing.TB, s *socket.Socket) {
		ms := make([]socket.Message, 2)
		for i := range ms {
			ms[i] = socket.Message{Buffers: [][]byte{make([]byte, 4)}, Control: make([]byte, 64)}
		}
		n, err := s.ReceiveMessages(ctx, ms, constants.MSG_DONTWAIT)
		if n > len(ms) {
			t.Fatalf("received %d messages of %d", n, len(ms))
		}
		for i := range ms[:n] {
			check(t, &ms[i], err)
		}
	}
}
