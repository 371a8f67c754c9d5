package socket_test

import (
	"errors"
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/internal/testenv"
	"example.com/bsdsocket/sockaddr"
	"example.com/bsdsocket/socket"
	"example.com/bsdsocket/socket/cmsg"
	"example.com/bsdsocket/sockopt"
)

// A way is one of the calls that receive, with flags, and with room for control data or without.
type way struct {
	name string
	call func(s *socket.Socket, flags constants.MsgFlag) (n int, err error)
}

func ways() []way {
	b := make([]byte, 1<<16)
	message := func(room int) func(s *socket.Socket, flags constants.MsgFlag) (int, error) {
		return func(s *socket.Socket, flags constants.MsgFlag) (int, error) {
			m := socket.Message{Buffers: [][]byte{b}, Control: make([]byte, room)}
			err := s.ReceiveMessage(ctx, &m, flags)
			return m.N, err
		}
	}
	messages := func(room int) func(s *socket.Socket, flags constants.MsgFlag) (int, error) {
		return func(s *socket.Socket, flags constants.MsgFlag) (int, error) {
			ms := []socket.Message{{Buffers: [][]byte{b}, Control: make([]byte, room)}}
			_, err := s.ReceiveMessages(ctx, ms, flags)
			return ms[0].N, err
		}
	}
	return []way{
		{"Receive", func(s *socket.Socket, flags constants.MsgFlag) (int, error) {
			return s.Receive(ctx, b, flags)
		}},
		{"ReceiveFrom", func(s *socket.Socket, flags constants.MsgFlag) (int, error) {
			n, _, err := s.ReceiveFrom(ctx, b, flags)
			return n, err
		}},
		{"ReceiveMessage", message(0)},
		{"ReceiveMessage with control data", message(200)},
		{"ReceiveMessages", messages(0)},
		{"ReceiveMessages with control data", messages(200)},
	}
}

// Row X1: sockets of every family that this kernel has receive by every call, and look into the
// error queue by every call.
func TestEveryReceive(t *testing.T) {
	const local = 0x88b5 // IEEE's EtherType for local experiments
	inet := func(typ constants.SocketType, protocol constants.Protocol, at sockaddr.Addr,
		payload []byte) func(t *testing.T) (*socket.Socket, func() error) {
		return func(t *testing.T) (*socket.Socket, func() error) {
			r := open(t, at.Family(), typ, protocol)
			ok(t, r.Bind(at))
			s := open(t, at.Family(), typ, protocol)
			to := at
			if to.Port() == 0 && typ != constants.SOCK_RAW && protocol != constants.IPPROTO_ICMP {
				to = name(t, r)
			}
			if protocol == constants.IPPROTO_ICMP {
				s = r // the answer comes to who asked
			}
			return r, func() error { return second(s.SendTo(ctx, payload, to, 0)) }
		}
	}
	stream := func(protocol constants.Protocol,
		at sockaddr.Addr) func(t *testing.T) (*socket.Socket, func() error) {
		return func(t *testing.T) (*socket.Socket, func() error) {
			l := open(t, at.Family(), constants.SOCK_STREAM, protocol)
			ok(t, l.Bind(at))
			ok(t, l.Listen(1))
			c, s := join(t, l)
			return s, func() error { return second(c.Send(ctx, []byte("stream"), 0)) }
		}
	}
	local1 := func(typ constants.SocketType) func(t *testing.T) (*socket.Socket, func() error) {
		return func(t *testing.T) (*socket.Socket, func() error) {
			a, b := pair(t, typ)
			return b, func() error { return second(a.Send(ctx, []byte("local"), 0)) }
		}
	}
	packet := func(typ constants.SocketType) func(t *testing.T) (*socket.Socket, func() error) {
		return func(t *testing.T) (*socket.Socket, func() error) {
			ns := testenv.NetNS(t)
			var r, s *socket.Socket
			ns.Do(func() {
				r, s = open(t, constants.AF_PACKET, typ, 0),
					open(t, constants.AF_PACKET, constants.SOCK_RAW, 0)
			})
			at := addr(t)(sockaddr.Packet(sockaddr.PacketAddr{Protocol: local, Interface: 1}))
			ok(t, r.Bind(at))
			frame := append(make([]byte, 12), 0x88, 0xb5, 'x')
			return r, func() error { return second(s.SendTo(ctx, frame, at, 0)) }
		}
	}
	for _, c := range []struct {
		name string
		need []testenv.Feature
		make func(t *testing.T) (r *socket.Socket, send func() error)
	}{
		{"UDP", nil, inet(constants.SOCK_DGRAM, 0, loopback4, []byte("datagram"))},
		{"UDP over IPv6", []testenv.Feature{testenv.IPv6Loopback},
			inet(constants.SOCK_DGRAM, 0, loopback6, []byte("datagram"))},
		{"UDP-Lite", []testenv.Feature{testenv.UDPLite},
			inet(constants.SOCK_DGRAM, constants.IPPROTO_UDPLITE, loopback4, []byte("datagram"))},
		{"raw ICMP", []testenv.Feature{testenv.NetRaw}, inet(constants.SOCK_RAW,
			constants.IPPROTO_ICMP, sockaddr.MustParse("127.0.0.1"), echo(8, 1, 1, "raw"))},
		{"ping", []testenv.Feature{testenv.PingSocket},
			inet(constants.SOCK_DGRAM, constants.IPPROTO_ICMP, loopback4, echo(8, 1, 1, "ping"))},
		{"TCP", nil, stream(0, loopback)},
		{"MPTCP", []testenv.Feature{testenv.MPTCP}, stream(constants.IPPROTO_MPTCP, loopback)},
		{"AF_UNIX stream", nil, local1(constants.SOCK_STREAM)},
		{"AF_UNIX datagram", nil, local1(constants.SOCK_DGRAM)},
		{"AF_UNIX seqpacket", nil, local1(constants.SOCK_SEQPACKET)},
		{"AF_PACKET raw", []testenv.Feature{testenv.PacketSockets}, packet(constants.SOCK_RAW)},
		{"AF_PACKET datagram", []testenv.Feature{testenv.PacketSockets},
			packet(constants.SOCK_DGRAM)},
		{"VSOCK", []testenv.Feature{testenv.VSockLoopback},
			stream(0, addr(t)(sockaddr.VSock(sockaddr.VSockAddr{
				CID:  1,
				Port: unix.VMADDR_PORT_ANY,
			})))},
		{"netlink", nil, func(t *testing.T) (*socket.Socket, func() error) {
			s := open(t, constants.AF_NETLINK, constants.SOCK_RAW, constants.NETLINK_ROUTE)
			ok(t, s.Bind(addr(t)(sockaddr.Netlink(sockaddr.NetlinkAddr{}))))
			// NLMSG_NOOP that asks for an acknowledgement
			request := make([]byte, unix.NLMSG_HDRLEN)
			request[0], request[4], request[6] = unix.NLMSG_HDRLEN, unix.NLMSG_NOOP,
				unix.NLM_F_REQUEST|unix.NLM_F_ACK
			if constants.Htons(1) == 1 {
				request = []byte{0, 0, 0, unix.NLMSG_HDRLEN, 0, unix.NLMSG_NOOP, 0,
					unix.NLM_F_REQUEST | unix.NLM_F_ACK, 0, 0, 0, 0, 0, 0, 0, 0}
			}
			return s, func() error {
				return second(s.SendTo(ctx, request,
					addr(t)(sockaddr.Netlink(sockaddr.NetlinkAddr{})), 0))
			}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			testenv.Needs(t, c.need...)
			r, send := c.make(t)
			set(t, r, func(p *socket.Params) { p.ReceiveTimeout = patience })
			for _, w := range ways() {
				ok(t, send())
				if n, err := w.call(r, 0); n == 0 || err != nil {
					t.Errorf("%s: %d bytes, %v", w.name, n, err)
				}
				// An empty error queue. Families without one say that, or take it for a receive of
				// data.
				n, err := w.call(r, constants.MSG_ERRQUEUE|constants.MSG_DONTWAIT)
				if n != 0 || !errors.Is(err, socket.ErrWouldBlock) &&
					!errors.Is(err, socket.ErrUnsupported) {
					t.Errorf("%s of the error queue: %d bytes, %v", w.name, n, err)
				}
				for err == nil || !errors.Is(err, socket.ErrWouldBlock) {
					// a raw socket has heard its own request too
					_, err = r.Receive(ctx, make([]byte, 100), constants.MSG_DONTWAIT)
					if err != nil && !errors.Is(err, socket.ErrWouldBlock) {
						t.Fatal(err)
					}
				}
			}
		})
	}
}

// Row X19: packets come with their control data: PACKET_AUXDATA, and time stamps of two kinds
// (packet(7)), one by one and in batches.
func TestPacketControl(t *testing.T) {
	testenv.Needs(t, testenv.PacketSockets)
	ns := testenv.NetNS(t)
	var r, s *socket.Socket
	ns.Do(func() {
		r, s = open(t, constants.AF_PACKET, constants.SOCK_RAW, 0),
			open(t, constants.AF_PACKET, constants.SOCK_RAW, 0)
	})
	const local = 0x88b5
	at := addr(t)(sockaddr.Packet(sockaddr.PacketAddr{Protocol: local, Interface: 1}))
	ok(t, r.Bind(at))
	ok(t, sockopt.SetInt(r, constants.SOL_PACKET, constants.PACKET_AUXDATA, 1))
	ok(t, sockopt.SetInt(r, constants.SOL_SOCKET, constants.SO_TIMESTAMPNS, 1))
	frame := append(make([]byte, 12), 0x88, 0xb5, 'x', 'y')
	begin := time.Now().Add(-time.Second)
	check := func(what string, m *socket.Message) {
		t.Helper()
		if m.N != len(frame) || m.Flags&constants.MSG_CTRUNC != 0 {
			t.Errorf("%s: %d bytes, flags %v", what, m.N, m.Flags)
		}
		var auxdata bool
		for c, err := range cmsg.Messages(m.Control[:m.NControl]) {
			ok(t, err)
			auxdata = auxdata || c.Level == constants.SOL_PACKET &&
				c.Type == constants.PACKET_AUXDATA && len(c.Data) >= 20
		}
		at, stamped := cmsg.SCMTimestampNanoseconds.Find(m.Control[:m.NControl])
		if !auxdata || !stamped || at.Before(begin) {
			t.Errorf("%s: auxiliary data %t, time stamp %v, %t", what, auxdata, at, stamped)
		}
		if p, isPacket := m.Addr.AsPacket(); !isPacket || p.Protocol != local {
			t.Errorf("%s: from %v", what, m.Addr)
		}
	}
	message := func() socket.Message {
		return socket.Message{Buffers: [][]byte{make([]byte, 100)}, Control: make([]byte, 200)}
	}
	ok(t, second(s.SendTo(ctx, frame, at, 0)))
	m := message()
	ok(t, r.ReceiveMessage(within(t, patience), &m, 0))
	check("ReceiveMessage", &m)
	ms := []socket.Message{message(), message(), message()}
	for range ms {
		ok(t, second(s.SendTo(ctx, frame, at, 0)))
	}
	for left := ms; len(left) > 0; {
		n, err := r.ReceiveMessages(within(t, patience), left, 0)
		ok(t, err)
		for i := range left[:n] {
			check("ReceiveMessages", &left[i])
		}
		left = left[n:]
	}
}

// A server of AF_UNIX datagrams without room for control data goes on whatever strangers attach.
func TestStrangersDescriptor(t *testing.T) {
	server := bound(t, constants.SOCK_DGRAM, path(t))
	client := open(t, constants.AF_UNIX, constants.SOCK_DGRAM, 0)
	ok(t, client.Connect(ctx, name(t, server)))
	before := descriptors(t)
	for _, batch := range []bool{false, true} {
		for _, attached := range []bool{true, false} {
			var err error
			if attached {
				_, err = client.SendFiles(ctx, []byte("hello"), client)
			} else {
				_, err = client.Send(ctx, []byte("hello"), 0)
			}
			ok(t, err)
			ms := []socket.Message{{Buffers: [][]byte{make([]byte, 9)}}}
			if batch {
				_, err = server.ReceiveMessages(ctx, ms, 0)
			} else {
				err = server.ReceiveMessage(ctx, &ms[0], 0)
			}
			if m := &ms[0]; err != nil || m.N != 5 ||
				(m.Flags&constants.MSG_CTRUNC != 0) != attached {
				t.Errorf("batch %t, attached %t: %d bytes, flags %v, %v",
					batch, attached, m.N, m.Flags, err)
			}
		}
	}
	if after := descriptors(t); fmt.Sprint(before) != fmt.Sprint(after) {
		t.Errorf("descriptors before %v, after %v", before, after)
	}
}

// Where a policy refuses the calls for many messages, or the kernel lacks them, batches go one by
// one, and segments too (X6).
func TestBatchesRefused(t *testing.T) {
	for _, errno := range []syscall.Errno{unix.EPERM, unix.ENOSYS, unix.EACCES} {
		for name, calls := range map[string][]uintptr{"sendmmsg": {unix.SYS_SENDMMSG},
			"recvmmsg": receiveCalls[:1], "both": append(receiveCalls[:], unix.SYS_SENDMMSG)} {
			t.Run(name+" "+errno.Error(), func(t *testing.T) {
				var refusals []testenv.Refusal
				for _, call := range calls {
					refusals = append(refusals, testenv.Refusal{Call: call, Errno: errno})
				}
				if !testenv.Refused(t, refusals...) {
					return
				}
				t.Run("TestSendMessagesRandom", TestSendMessagesRandom)
				t.Run("TestReceiveMessages", TestReceiveMessages)
				t.Run("TestSegmentSize", TestSegmentSize)
				t.Run("TestSendMessagesFull", TestSendMessagesFull)
				t.Run("TestSendMessagesPartial", TestSendMessagesPartial)
				t.Run("TestSendMessagesStream", TestSendMessagesStream)
				t.Run("TestControlTruncatedInBatch", TestControlTruncatedInBatch)
			})
		}
	}
}

// EPERM that is no refusal of the call stays an error: here of a firewall.
func TestDroppedByFirewall(t *testing.T) {
	testenv.Needs(t, testenv.NfTables)
	ns := testenv.NetNS(t)
	ns.Run("nft",
		"add table inet t; add chain inet t c { type filter hook output priority 0; }; add rule "+
			"inet t c udp dport 9 drop")
	var s *socket.Socket
	ns.Do(func() { s = open(t, constants.AF_INET, constants.SOCK_DGRAM, 0) })
	n, err := s.SendMessages(ctx, messagesTo(sockaddr.MustParse("127.0.0.1:9"), 3, 3), 0)
	if n != 0 || !errors.Is(err, syscall.EPERM) {
		t.Error(n, err)
	}
}

// An error that comes after messages comes with the next call, as recvmmsg(2) has it.
func TestLateError(t *testing.T) {
	for _, batch := range []bool{true, false} {
		a, b := pair(t, constants.SOCK_DGRAM)
		for range 10 { // more than the first of the calls has room for
			send(t, a, "x")
		}
		calls := 0
		restore := socket.HookReceive(func(receive func() (int, error)) (int, error) {
			if calls++; calls == 2 {
				return 0, syscall.ENOBUFS
			}
			return receive()
		})
		ms := make([]socket.Message, 100)
		n, err := b.ReceiveMessages(ctx, ms, 0)
		restore()
		if n == 0 || n >= 10 || err != nil {
			t.Fatal(n, err)
		}
		if batch {
			_, err = b.ReceiveMessages(ctx, ms, 0)
		} else {
			err = b.ReceiveMessage(ctx, &ms[0], 0)
		}
		is(t, err, syscall.ENOBUFS)
		if n, err = b.ReceiveMessages(ctx, ms[n:], 0); n == 0 || err != nil {
			t.Error("once more:", n, err)
		}
	}
}

// Counts that cannot be are errors of the call, and of no other: nothing panics, nothing is taken
// for sent, and no turn stays taken.
func TestLyingCounts(t *testing.T) {
	const lie = 5000
	for name, call := range map[string][]uintptr{"sendmsg": {unix.SYS_SENDMSG}, "recvmsg": {
		unix.SYS_RECVMSG}, "sendmmsg": {unix.SYS_SENDMMSG}, "recvmmsg": receiveCalls[:]} {
		for _, result := range []int{lie, 0} {
			t.Run(fmt.Sprint(name, " ", result), func(t *testing.T) {
				if strings.HasSuffix(name, "mmsg") {
					testenv.NeedsLinuxPath(t, name+"(2)")
				}
				var refusals []testenv.Refusal
				for _, c := range call {
					refusals = append(refusals, testenv.Refusal{Call: c, Result: result})
				}
				if !testenv.Refused(t, refusals...) {
					return
				}
				for _, typ := range []constants.SocketType{constants.SOCK_STREAM,
					constants.SOCK_DGRAM} {
					a, b := pair(t, typ)
					ok(t, second(b.Send(ctx, []byte("here"), 0)))
					message := socket.Message{Buffers: [][]byte{make([]byte, 4)}, Control: nil}
					for range 3 {
						var err error
						switch name {
						case "sendmsg":
							err = a.SendMessage(ctx, &message, 0)
						case "recvmsg":
							err = a.ReceiveMessage(ctx, &message, 0)
						case "sendmmsg":
							_, err = a.SendMessages(ctx, []socket.Message{message, message}, 0)
						case "recvmmsg":
							_, err = a.ReceiveMessages(ctx, []socket.Message{message, message}, 0)
						}
						if (err == nil) != (result == 0 &&
							(name == "sendmsg" || name == "recvmsg")) {
							t.Errorf("%v: %v, N %d", typ, err, message.N)
						}
					}
				}
			})
		}
	}
}

// On SOCK_SEQPACKET the records that are queued come before the error that ended the connection,
// empty ones too, if others follow, and also if a send has met the error meanwhile.
func TestRecordsBeforeReset(t *testing.T) {
	for _, met := range []bool{false, true} {
		a, b := pair(t, constants.SOCK_SEQPACKET)
		ok(t, second(b.Send(ctx, []byte("nobody reads it"), 0)))
		for _, record := range []string{"", "x"} {
			ok(t, second(a.Send(ctx, []byte(record), 0)))
		}
		ok(t, a.Close())
		if met {
			if _, err := b.Send(ctx, []byte("y"), 0); err == nil {
				t.Error("a send to a peer that is gone succeeds")
			}
		}
		for _, want := range []int{0, 1} {
			if n, err := b.Receive(ctx, make([]byte, 9), 0); n != want || err != nil {
				t.Errorf("a send has met it: %t: %d bytes, %v; want %d", met, n, err, want)
			}
		}
		for range 2 {
			if n, err := b.Receive(ctx, make([]byte, 9), 0); n != 0 ||
				!errors.Is(err, syscall.ECONNRESET) {
				t.Errorf("a send has met it: %t: %d bytes, %v; want ECONNRESET", met, n, err)
			}
		}
	}
}
