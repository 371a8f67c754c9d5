package socket_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/internal/testenv"
	"example.com/bsdsocket/sockaddr"
	"example.com/bsdsocket/socket"
)

// addr is a sockaddr that must be right.
func addr(t testing.TB) func(sockaddr.Addr, error) sockaddr.Addr {
	return func(a sockaddr.Addr, err error) sockaddr.Addr {
		t.Helper()
		ok(t, err)
		return a
	}
}

// Row X1: every family, type and protocol of Linux can be made where the kernel has it, and is
// ErrUnsupported where not.
func TestEveryFamily(t *testing.T) {
	for _, test := range []struct {
		family   constants.Family
		typ      constants.SocketType
		protocol constants.Protocol
		need     testenv.Feature // whose lack may be a lack of permission
	}{
		{constants.AF_INET, constants.SOCK_STREAM, constants.IPPROTO_SCTP, testenv.SCTP},
		{constants.AF_INET, constants.SOCK_SEQPACKET, constants.IPPROTO_SCTP, testenv.SCTP},
		{constants.AF_INET, constants.SOCK_STREAM, constants.IPPROTO_MPTCP, testenv.MPTCP},
		{constants.AF_INET6, constants.SOCK_STREAM, constants.IPPROTO_MPTCP, testenv.MPTCP},
		{constants.AF_INET, constants.SOCK_DGRAM, constants.IPPROTO_UDPLITE, testenv.UDPLite},
		{constants.AF_INET, constants.SOCK_DCCP, constants.IPPROTO_DCCP, testenv.DCCP},
		{constants.AF_INET, constants.SOCK_RAW, constants.IPPROTO_ICMP, testenv.NetRaw},
		{constants.AF_INET6, constants.SOCK_RAW, constants.IPPROTO_ICMPV6, testenv.NetRaw},
		{constants.AF_INET, constants.SOCK_RAW, constants.IPPROTO_RAW, testenv.NetRaw},
		{constants.AF_UNIX, constants.SOCK_SEQPACKET, 0, testenv.UnixSockets},
		{constants.AF_PACKET, constants.SOCK_DGRAM, 0, testenv.PacketSockets},
		{constants.AF_PACKET, constants.SOCK_RAW, 0, testenv.PacketSockets},
		{constants.AF_NETLINK, constants.SOCK_RAW, constants.NETLINK_ROUTE, testenv.Feature{}},
		{constants.AF_NETLINK, constants.SOCK_DGRAM, constants.NETLINK_GENERIC, testenv.Feature{}},
		{constants.AF_VSOCK, constants.SOCK_STREAM, 0, testenv.VSock},
		{constants.AF_VSOCK, constants.SOCK_SEQPACKET, 0, testenv.VSock},
		{constants.AF_CAN, constants.SOCK_RAW, unix.CAN_RAW, testenv.CAN},
		{constants.AF_TIPC, constants.SOCK_RDM, 0, testenv.TIPC},
		{constants.AF_ALG, constants.SOCK_SEQPACKET, 0, testenv.ALG},
		{constants.AF_XDP, constants.SOCK_RAW, 0, testenv.XDP},
		{constants.AF_BLUETOOTH, constants.SOCK_SEQPACKET, 0, testenv.Bluetooth},
		{constants.AF_NFC, constants.SOCK_SEQPACKET, 0, testenv.NFC},
	} {
		t.Run(test.family.String()+" "+test.typ.String()+" "+test.protocol.String(),
			func(t *testing.T) {
				fd, want := unix.Socket(int(test.family), int(test.typ), int(test.protocol))
				if want == nil {
					ok(t, unix.Close(fd))
				}
				s, err := socket.New(test.family, test.typ, test.protocol)
				if err != nil {
					if errors.Is(want, os.ErrPermission) {
						testenv.Needs(t, test.need)
					}
					e, isError := errors.AsType[*socket.Error](err)
					if !isError || !strings.HasPrefix(e.Op, "new "+test.family.String()) ||
						e.Err != want || !errors.Is(err, socket.ErrUnsupported) {
						t.Errorf("error %v, want %v", err, want)
					}
					return
				}
				defer s.Close()
				if s.Family() != test.family || s.Type() != test.typ ||
					s.Protocol() != test.protocol {
					t.Errorf("made %v, protocol %v", s, s.Protocol())
				}
				if _, err := s.Name(); err != nil && test.family != constants.AF_XDP {
					t.Errorf("its name: %v", err)
				}
				// It is on the poller: a receive ends at its deadline, unless the socket cannot
				// receive at all. (Or a packet comes by, which raw sockets hear.)
				if _, err := s.Receive(within(t, short), make([]byte, 10), 0); errors.Is(err,
					socket.ErrWouldBlock) {
					t.Error(err)
				}
			})
	}
}

// Row X1: AF_UNIX's abstract names, and the free one that binding no name gives.
func TestAbstract(t *testing.T) {
	l := listening(t, addr(t)(sockaddr.Abstract("bsdsocket "+t.TempDir()+"\x00.")), 1)
	client, server := join(t, l)
	talk(t, client, server)
	s := bound(t, constants.SOCK_DGRAM, sockaddr.Unnamed())
	auto := name(t, s)
	if got, isAbstract := auto.AsAbstract(); !isAbstract || len(got) != 5 {
		t.Errorf("bound to no name, it is %v", auto)
	}
	ok(t, second(open(t, constants.AF_UNIX, constants.SOCK_DGRAM, 0).SendTo(ctx, []byte("x"),
		auto, 0)))
	receive(t, s, "x")
}

// AF_UNIX SOCK_SEQPACKET, connected: messages keep their boundaries, and the end is the end.
func TestSeqpacketConnection(t *testing.T) {
	l := bound(t, constants.SOCK_SEQPACKET, path(t))
	ok(t, l.Listen(1))
	client, server := join(t, l)
	for _, message := range []string{"one", "", "three"} {
		send(t, client, message)
	}
	for _, message := range []string{"one", "", "three"} {
		receive(t, server, message)
	}
	talk(t, client, server)
}

// Row G1: a raw socket, sending and receiving a real ICMP echo. The kernel answers.
func TestRawICMP(t *testing.T) {
	testenv.Needs(t, testenv.NetRaw)
	s := open(t, constants.AF_INET, constants.SOCK_RAW, constants.IPPROTO_ICMP)
	id := uint16(os.Getpid())
	request := echo(8, id, 1, "payload")
	to := sockaddr.MustParse("127.0.0.1")
	set(t, s, func(p *socket.Params) { p.ReceiveTimeout = time.Second })
	b := make([]byte, 1500)
	c := within(t, patience)
	ask := true
	for {
		if ask {
			n, err := s.SendTo(c, request, to, 0)
			if n != len(request) || err != nil {
				t.Fatalf("sent %d, %v", n, err)
			}
		}
		n, from, err := s.ReceiveFrom(c, b, 0)
		// The buffer also has what others send to this host; the answer may not have fitted.
		if ask = errors.Is(err, socket.ErrTimeout) && c.Err() == nil; ask {
			continue
		}
		ok(t, err)
		// A raw AF_INET socket receives with the IP header (raw(7)), and the request that it sent
		// too.
		header := int(b[0]&15) * 4
		if from != to || n < header+8 {
			continue
		}
		if message := b[header:n]; message[0] == 0 && binary.BigEndian.Uint16(message[4:]) == id {
			if string(message[8:]) != "payload" {
				t.Errorf("the answer has %q", message[8:])
			}
			return
		}
	}
}

// echo is an ICMP echo message (RFC 792).
func echo(kind byte, id, seq uint16, payload string) []byte {
	b := append([]byte{kind, 0, 0, 0, byte(id >> 8), byte(id), byte(seq >> 8), byte(seq)},
		payload...)
	sum := uint32(0)
	for i := 0; i < len(b)-1; i += 2 {
		sum += uint32(binary.BigEndian.Uint16(b[i:]))
	}
	if len(b)%2 == 1 {
		sum += uint32(b[len(b)-1]) << 8
	}
	sum = sum>>16 + sum&0xffff
	sum += sum >> 16
	binary.BigEndian.PutUint16(b[2:], ^uint16(sum))
	return b
}

// A datagram ICMP socket, which needs no privilege but that of net.ipv4.ping_group_range (icmp(7)).
func TestPingSocket(t *testing.T) {
	ns := testenv.NetNS(t)
	ping := func() (s *socket.Socket, err error) {
		ns.Do(func() {
			s, err = socket.New(constants.AF_INET, constants.SOCK_DGRAM, constants.IPPROTO_ICMP)
		})
		return s, err
	}
	ns.Sysctl("net.ipv4.ping_group_range", "1 0") // nobody
	if s, err := ping(); err == nil {
		s.Close()
		t.Error("a ping socket without the permission")
	} else {
		is(t, err, unix.EACCES)
		isNot(t, err, socket.ErrUnsupported)
	}
	ns.Sysctl("net.ipv4.ping_group_range", "0 2147483647")
	s, err := ping()
	ok(t, err)
	defer s.Close()
	to := sockaddr.MustParse("127.0.0.1")
	ok(t, second(s.SendTo(ctx, echo(8, 0, 7, "ping"), to, 0)))
	b := [100]byte{}
	n, from, err := s.ReceiveFrom(within(t, patience), b[:], 0)
	if err != nil || from.IP() != to.IP() || n != 12 || b[0] != 0 || b[7] != 7 ||
		string(b[8:n]) != "ping" {
		t.Errorf("received % x from %v, %v", b[:n], from, err)
	}
}

// Row X1: a frame sent and captured on loopback, by AF_PACKET sockets of both types.
func TestPacketFrame(t *testing.T) {
	testenv.Needs(t, testenv.PacketSockets)
	ns := testenv.NetNS(t)
	const local = 0x88b5 // IEEE's EtherType for local experiments
	const lo = 1         // loopback is the first interface of a namespace
	var capture, sender, cooked *socket.Socket
	ns.Do(func() {
		capture = open(t, constants.AF_PACKET, constants.SOCK_RAW, 0)
		sender = open(t, constants.AF_PACKET, constants.SOCK_RAW, 0)
		cooked = open(t, constants.AF_PACKET, constants.SOCK_DGRAM, 0)
	})
	at := addr(t)(sockaddr.Packet(sockaddr.PacketAddr{Protocol: local, Interface: lo}))
	ok(t, capture.Bind(at))
	ok(t, cooked.Bind(at))
	payload := "a frame of one's own"
	frame := append(make([]byte, 12), 0x88, 0xb5)
	frame = append(frame, payload...)
	n, err := sender.SendTo(ctx, frame, at, 0)
	if n != len(frame) || err != nil {
		t.Fatalf("sent %d, %v", n, err)
	}
	for _, test := range []struct {
		s    *socket.Socket
		want []byte
	}{{capture, frame}, {cooked, []byte(payload)}} {
		b := make([]byte, 1500)
		n, from, err := test.s.ReceiveFrom(within(t, patience), b, 0)
		if err != nil || !bytes.Equal(b[:n], test.want) {
			t.Fatalf("%v: received %q, %v; want %q", test.s, b[:n], err, test.want)
		}
		p, isPacket := from.AsPacket()
		if !isPacket || p.Protocol != local || p.Interface != lo ||
			p.HardwareType != unix.ARPHRD_LOOPBACK ||
			!bytes.Equal(p.Hardware, make(net.HardwareAddr, 6)) {
			t.Errorf("%v: from %+v", test.s, p)
		}
	}
	if p, isPacket := name(t, capture).AsPacket(); !isPacket || p.Protocol != local ||
		p.Interface != lo {
		t.Errorf("the name is %v", name(t, capture))
	}
	// The other way: cooked sends to a hardware address.
	to := addr(t)(sockaddr.Packet(sockaddr.PacketAddr{
		Protocol:  local,
		Interface: lo,
		Hardware:  make(net.HardwareAddr, 6),
	}))
	ok(t, second(cooked.SendTo(ctx, []byte("cooked"), to, 0)))
	b := make([]byte, 1500)
	n, err = capture.Receive(within(t, patience), b, 0)
	if want := string(frame[:14]) + "cooked"; err != nil || string(b[:n]) != want {
		t.Errorf("received %q, %v; want %q", b[:n], err, want)
	}
}

// Row E14: a socket that is not bound has no name, in whatever way the kernel says that.
func TestUnboundNames(t *testing.T) {
	for _, test := range []struct {
		family   constants.Family
		typ      constants.SocketType
		protocol constants.Protocol
		need     []testenv.Feature
	}{
		{constants.AF_NETLINK, constants.SOCK_RAW, constants.NETLINK_ROUTE, nil},
		{constants.AF_INET, constants.SOCK_RAW, constants.IPPROTO_ICMP,
			[]testenv.Feature{testenv.NetRaw}},
		{constants.AF_INET6, constants.SOCK_RAW, constants.IPPROTO_ICMPV6,
			[]testenv.Feature{testenv.NetRaw}},
		{constants.AF_INET, constants.SOCK_STREAM, constants.IPPROTO_MPTCP,
			[]testenv.Feature{testenv.MPTCP}},
		{constants.AF_INET, constants.SOCK_DGRAM, constants.IPPROTO_UDPLITE,
			[]testenv.Feature{testenv.UDPLite}},
		{constants.AF_VSOCK, constants.SOCK_STREAM, 0, []testenv.Feature{testenv.VSock}},
		{constants.AF_UNIX, constants.SOCK_SEQPACKET, 0, nil},
	} {
		t.Run(fmt.Sprint(test.family, test.typ, test.protocol), func(t *testing.T) {
			testenv.Needs(t, test.need...)
			s := open(t, test.family, test.typ, test.protocol)
			if n, err := s.Name(); n.IsValid() || err != nil {
				t.Errorf("the name is %v, %v", n, err)
			}
		})
	}
}

// Row X1: a netlink dump (RTM_GETLINK, rtnetlink(7)), which comes in several messages and has an
// end of its own.
func TestNetlinkDump(t *testing.T) {
	s := open(t, constants.AF_NETLINK, constants.SOCK_RAW, constants.NETLINK_ROUTE)
	ok(t, s.Bind(addr(t)(sockaddr.Netlink(sockaddr.NetlinkAddr{}))))
	if n, isNetlink := name(t, s).AsNetlink(); !isNetlink || n.PortID == 0 {
		t.Errorf("bound to %v", name(t, s))
	}
	var got, want []string
	for range 100 { // until no interface comes or goes meanwhile
		got, want = links(t, s), nil
		interfaces, err := net.Interfaces()
		ok(t, err)
		for _, i := range interfaces {
			want = append(want, i.Name)
		}
		if slices.Equal(got, want) {
			return
		}
	}
	t.Errorf("the dump has the interfaces %q, package net %q", got, want)
}

// links asks the kernel for its interfaces' names.
func links(t *testing.T, s *socket.Socket) (names []string) {
	t.Helper()
	request := make([]byte, unix.NLMSG_HDRLEN+unix.SizeofIfInfomsg)
	binary.NativeEndian.PutUint32(request, uint32(len(request)))
	binary.NativeEndian.PutUint16(request[4:], unix.RTM_GETLINK)
	binary.NativeEndian.PutUint16(request[6:], unix.NLM_F_REQUEST|unix.NLM_F_DUMP)
	binary.NativeEndian.PutUint32(request[8:], 1)
	kernel := addr(t)(sockaddr.Netlink(sockaddr.NetlinkAddr{}))
	ok(t, second(s.SendTo(ctx, request, kernel, 0)))
	b := make([]byte, 1<<16)
	for {
		n, from, err := s.ReceiveFrom(within(t, patience), b, 0)
		ok(t, err)
		if from != kernel {
			t.Errorf("an answer from %v", from)
		}
		for m := b[:n]; len(m) >= unix.NLMSG_HDRLEN; {
			size := int(binary.NativeEndian.Uint32(m))
			switch kind := binary.NativeEndian.Uint16(m[4:]); kind {
			case unix.NLMSG_DONE:
				return names
			case unix.RTM_NEWLINK:
				names = append(names, linkName(m[unix.NLMSG_HDRLEN+unix.SizeofIfInfomsg:size]))
			default:
				t.Fatalf("a message of the kind %d", kind)
			}
			m = m[min(len(m), (size+3)&^3):]
		}
	}
}

// linkName finds IFLA_IFNAME among attributes.
func linkName(b []byte) string {
	for len(b) >= unix.SizeofRtAttr {
		size := int(binary.NativeEndian.Uint16(b))
		if binary.NativeEndian.Uint16(b[2:]) == unix.IFLA_IFNAME {
			return string(bytes.TrimRight(b[unix.SizeofRtAttr:size], "\x00"))
		}
		b = b[min(len(b), (size+3)&^3):]
	}
	return ""
}

// Row X1: connections over protocols that are streams like TCP.
func TestStreamProtocols(t *testing.T) {
	for _, test := range []struct {
		what     string
		at       sockaddr.Addr
		protocol constants.Protocol
		need     testenv.Feature
	}{
		{"MPTCP", loopback, constants.IPPROTO_MPTCP, testenv.MPTCP},
		{"MPTCP over IPv6", sockaddr.MustParse("[::1]:0"), constants.IPPROTO_MPTCP, testenv.MPTCP},
		{"SCTP", loopback, constants.IPPROTO_SCTP, testenv.SCTP},
		{"VSOCK", addr(t)(sockaddr.VSock(sockaddr.VSockAddr{
			CID:  unix.VMADDR_CID_ANY,
			Port: unix.VMADDR_PORT_ANY,
		})), 0, testenv.VSockLoopback},
	} {
		t.Run(test.what, func(t *testing.T) {
			testenv.Needs(t, test.need)
			l := open(t, test.at.Family(), constants.SOCK_STREAM, test.protocol)
			ok(t, l.Bind(test.at))
			ok(t, l.Listen(1))
			to := name(t, l)
			if v, isVSock := to.AsVSock(); isVSock {
				to = addr(t)(sockaddr.VSock(sockaddr.VSockAddr{
					CID:  unix.VMADDR_CID_LOCAL,
					Port: v.Port,
				}))
			}
			client := open(t, test.at.Family(), constants.SOCK_STREAM, test.protocol)
			ok(t, client.Connect(within(t, patience), to))
			server, _, err := l.Accept(within(t, patience))
			ok(t, err)
			defer server.Close()
			talk(t, client, server)
			if server.Protocol() != test.protocol {
				t.Errorf("accepted with the protocol %v", server.Protocol())
			}
			ok(t, client.Close())
			receive(t, server, "")
		})
	}
}

// A vsock listener needs no other machine.
func TestVSockListener(t *testing.T) {
	testenv.Needs(t, testenv.VSock)
	l := bound(t, constants.SOCK_STREAM, addr(t)(sockaddr.VSock(sockaddr.VSockAddr{
		CID:  unix.VMADDR_CID_ANY,
		Port: unix.VMADDR_PORT_ANY,
	})))
	ok(t, l.Listen(1))
	if v, isVSock := name(t, l).AsVSock(); !isVSock || v.Port == unix.VMADDR_PORT_ANY {
		t.Errorf("bound to %v", name(t, l))
	}
	if ready, err := l.AcceptReady(); ready || err != nil {
		t.Errorf("a client is there: %t, %v", ready, err)
	}
	is(t, third(l.Accept(within(t, short))), socket.ErrTimeout)
}

// Row X1: UDP-Lite, whose checksum can cover a part of the datagram (RFC 3828).
func TestUDPLite(t *testing.T) {
	testenv.Needs(t, testenv.UDPLite)
	a, b := open(t, constants.AF_INET, constants.SOCK_DGRAM, constants.IPPROTO_UDPLITE),
		open(t, constants.AF_INET, constants.SOCK_DGRAM, constants.IPPROTO_UDPLITE)
	ok(t, a.Bind(loopback))
	ok(t, b.Bind(loopback))
	// UDPLITE_SEND_CSCOV of linux/udp.h: the header alone
	option(t, a, constants.IPPROTO_UDPLITE, 10, 8)
	ok(t, second(a.SendTo(ctx, []byte("lite"), name(t, b), 0)))
	buf := make([]byte, 10)
	n, from, err := b.ReceiveFrom(within(t, patience), buf, 0)
	if string(buf[:n]) != "lite" || from != name(t, a) || err != nil {
		t.Errorf("received %q from %v, %v", buf[:n], from, err)
	}
}

// Row X1: AF_XDP's creation; it wants rings before it can be bound.
func TestXDP(t *testing.T) {
	testenv.Needs(t, testenv.XDP)
	s := open(t, constants.AF_XDP, constants.SOCK_RAW, 0)
	err := s.Bind(addr(t)(sockaddr.XDP(sockaddr.XDPAddr{Interface: 1})))
	if e, isError := errors.AsType[*socket.Error](err); !isError || e.Op != "bind" {
		t.Errorf("bind without rings: %v", err)
	}
}

// Row X1: the kernel's crypto, whose operations are accepted from a bound socket.
func TestALG(t *testing.T) {
	testenv.Needs(t, testenv.ALG)
	l := bound(t, constants.SOCK_SEQPACKET, addr(t)(sockaddr.ALG(sockaddr.ALGAddr{
		Type: "hash",
		Name: "sha256",
	})))
	s, _, err := l.Accept(within(t, patience))
	ok(t, err)
	defer s.Close()
	send(t, s, "hello")
	want := sha256.Sum256([]byte("hello"))
	receive(t, s, string(want[:]))
}

// Row X1: frames of a virtual CAN bus, where one socket hears another's.
func TestCAN(t *testing.T) {
	testenv.Needs(t, testenv.CAN, testenv.IPCommand)
	ns := testenv.NetNS(t)
	ns.Run("ip", "link", "add", "vcan0", "type", "vcan")
	ns.Run("ip", "link", "set", "vcan0", "up")
	var a, b *socket.Socket
	var index int
	ns.Do(func() {
		a, b = open(t, constants.AF_CAN, constants.SOCK_RAW, unix.CAN_RAW),
			open(t, constants.AF_CAN, constants.SOCK_RAW, unix.CAN_RAW)
		i, err := net.InterfaceByName("vcan0")
		ok(t, err)
		index = i.Index
	})
	at := addr(t)(sockaddr.CAN(sockaddr.CANAddr{Interface: index}))
	ok(t, a.Bind(at))
	ok(t, b.Bind(at))
	frame := make([]byte, 16) // struct can_frame
	binary.NativeEndian.PutUint32(frame, 0x123)
	frame[4] = 2
	copy(frame[8:], "hi")
	send(t, a, string(frame))
	receive(t, b, string(frame))
}

// Row X1: a TIPC service on this node.
func TestTIPC(t *testing.T) {
	testenv.Needs(t, testenv.TIPC)
	service := addr(t)(sockaddr.TIPCService(sockaddr.TIPCServiceAddr{Type: 18888, Instance: 17}))
	b := bound(t, constants.SOCK_RDM, service)
	a := open(t, constants.AF_TIPC, constants.SOCK_RDM, 0)
	ok(t, second(a.SendTo(ctx, []byte("hello"), service, 0)))
	receive(t, b, "hello")
}

// MSG_TRUNC gives the whole length of a datagram that does not fit, and discards a TCP stream's
// bytes without copying.
func TestTruncated(t *testing.T) {
	a, b := pair(t, constants.SOCK_DGRAM)
	send(t, a, "hello world")
	buf := make([]byte, 5)
	n, err := b.Receive(within(t, patience), buf, constants.MSG_TRUNC|constants.MSG_PEEK)
	if n != 11 || string(buf) != "hello" || err != nil {
		t.Errorf("peeked %d bytes %q, %v", n, buf, err)
	}
	n, _, err = b.ReceiveFrom(within(t, patience), nil, constants.MSG_TRUNC)
	if n != 11 || err != nil {
		t.Errorf("received %d bytes, %v", n, err)
	}
	client, server := tcp(t)
	send(t, client, "discarded, kept")
	if n, err := server.Receive(within(t, patience), make([]byte, 11),
		constants.MSG_TRUNC); n != 11 || err != nil {
		t.Errorf("discarded %d, %v", n, err)
	}
	receive(t, server, "kept")
}

// MSG_MORE holds small pieces back until one without it, so that they leave as one segment, or one
// datagram.
func TestMore(t *testing.T) {
	a, b := udp(t)
	ok(t, a.Connect(ctx, name(t, b)))
	for _, part := range []string{"one ", "two "} {
		if n, err := a.Send(ctx, []byte(part), constants.MSG_MORE); n != len(part) || err != nil {
			t.Fatalf("sent %d, %v", n, err)
		}
	}
	if ready, err := b.ReceiveReady(); ready || err != nil {
		t.Errorf("a part was sent: %t, %v", ready, err)
	}
	send(t, a, "three")
	receive(t, b, "one two three")

	const most = 200 * time.Millisecond // then the kernel sends it by itself (tcp(7), TCP_CORK)
	for range 10 {
		client, server := tcp(t)
		begin := time.Now()
		if n, err := client.Send(ctx, []byte("one "), constants.MSG_MORE); n != 4 || err != nil {
			t.Fatalf("sent %d, %v", n, err)
		}
		send(t, client, "two")
		if time.Since(begin) < most {
			receive(t, server, "one two")
			return
		}
	}
	t.Fatal("this machine is too busy")
}

// Urgent data over AF_UNIX, where the kernel has it.
func TestOutOfBandUnix(t *testing.T) {
	testenv.Needs(t, testenv.UnixOOB)
	a, b := pair(t, constants.SOCK_STREAM)
	send(t, a, "abc")
	ok(t, second(a.Send(ctx, []byte("!"), constants.MSG_OOB)))
	buf := make([]byte, 10)
	if n, err := b.Receive(within(t, patience), buf, constants.MSG_OOB); string(buf[:n]) != "!" ||
		err != nil {
		t.Errorf("received %q, %v", buf[:n], err)
	}
	receive(t, b, "abc")
}

// What the kernel gives up is not the timeout of the call: a receive with SO_RCVTIMEO, which has no
// meaning here.
func TestKernelTimeoutsAreIgnored(t *testing.T) {
	a, b := pair(t, constants.SOCK_STREAM)
	c, err := b.SyscallConn()
	ok(t, err)
	ok(t, c.Control(func(fd uintptr) {
		tv := unix.NsecToTimeval(int64(time.Millisecond))
		err = unix.SetsockoptTimeval(int(fd), unix.SOL_SOCKET, unix.SO_RCVTIMEO, &tv)
	}))
	ok(t, err)
	atLeast(t, short, func() {
		is(t, second(b.Receive(within(t, short), make([]byte, 1), 0)), socket.ErrTimeout)
	})
	send(t, a, "x")
	receive(t, b, "x")
}
