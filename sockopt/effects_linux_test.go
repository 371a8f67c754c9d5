package sockopt_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
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

// onlyY keeps datagrams whose first byte is 'y'. It sees them from the UDP header on, which has
// eight bytes.
var onlyY = []sockopt.BPFInstruction{
	{Op: unix.BPF_LD | unix.BPF_B | unix.BPF_ABS, K: 8},
	{Op: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, Jt: 0, Jf: 1, K: 'y'},
	{Op: unix.BPF_RET | unix.BPF_K, K: 0xffff},
	{Op: unix.BPF_RET | unix.BPF_K, K: 0},
}

// TestBPF attaches a classic BPF program from a slice of instructions, sees it work, reads it back,
// detaches it and locks it (X9).
func TestBPF(t *testing.T) {
	ns := testenv.NetNS(t)
	receiver, sender := udp(t, ns, "127.0.0.1:4000"), udp(t, ns, "127.0.0.1:0")
	hears := func(when string, want ...string) {
		t.Helper()
		for _, text := range []string{"no", "yes", "yend"} {
			send(t, sender, "127.0.0.1:4000", text)
		}
		if heard := until(t, receiver, "yend", len(want)); !slices.Equal(heard, want) {
			t.Errorf("%s: %q, want %q", when, heard, want)
		}
	}
	hears("without a filter", "no", "yes")
	must(t, sockopt.SOAttachFilter.Set(receiver, onlyY))
	hears("with the filter", "yes")
	if got, err := sockopt.SOGetFilter.Get(receiver); err != nil || !slices.Equal(got, onlyY) {
		t.Errorf("the filter reads as %v, %v; want %v", got, err, onlyY)
	}
	// The kernel would write beyond the room that other types have for it.
	const level, name = constants.SOL_SOCKET, constants.SO_GET_FILTER
	for what, get := range map[string]func() error{
		"GetInt":  func() error { _, err := sockopt.GetInt(receiver, level, name); return err },
		"GetBool": func() error { _, err := sockopt.GetBool(receiver, level, name); return err },
		"GetString": func() error {
			_, err := sockopt.GetString(receiver, level, name)
			return err
		},
		"GetBytes": func() error {
			_, err := sockopt.GetBytes(receiver, level, name, make([]byte, 8))
			return err
		},
		"NewBytes": func() error {
			_, err := sockopt.NewBytes(level, name, 8).Get(receiver)
			return err
		},
		"NewInt": func() error {
			_, err := sockopt.NewInt(level, name).Info().GetAny(receiver)
			return err
		},
		"NewStruct": func() error {
			_, err := sockopt.NewStruct[uint64](level, name).Get(receiver)
			return err
		},
	} {
		if err := get(); !errors.Is(err, sockopt.ErrAccess) {
			t.Errorf("%s of SO_GET_FILTER: %v", what, err)
		}
	}
	if err := sockopt.SOAttachFilter.Set(receiver, nil); !errors.Is(err, syscall.EINVAL) {
		t.Errorf("an empty program: %v", err)
	}
	if err := sockopt.SOAttachFilter.Set(receiver,
		make([]sockopt.BPFInstruction, 1<<16)); !errors.Is(err, syscall.EINVAL) {
		t.Errorf("a program of 65,536 instructions: %v", err)
	}
	must(t, sockopt.SODetachFilter.Set(receiver, sockopt.None{}))
	hears("detached", "no", "yes")
	if err := sockopt.SODetachFilter.Set(receiver, sockopt.None{}); !errors.Is(err,
		syscall.ENOENT) {
		t.Errorf("detaching twice: %v", err)
	}

	must(t, sockopt.SOAttachFilter.Set(receiver, onlyY))
	must(t, sockopt.SOLockFilter.Set(receiver, true))
	for what, err := range map[string]error{
		"detaching": sockopt.SODetachFilter.Set(receiver, sockopt.None{}),
		"replacing": sockopt.SOAttachFilter.Set(receiver, acceptAll),
		"unlocking": sockopt.SOLockFilter.Set(receiver, false),
	} {
		if !errors.Is(err, syscall.EPERM) {
			t.Errorf("%s a locked filter: %v, want EPERM", what, err)
		}
	}
	hears("locked", "yes")
}

// TestBindToDevice: each of two sockets on one port gets what comes in by its own interface (X12).
func TestBindToDevice(t *testing.T) {
	ns, other := testenv.NetNS(t), testenv.NetNS(t)
	name, _ := ns.Veth(other, "10.9.0.1/24", "10.9.0.2/24")
	bind := func(set func(s *socket.Socket) error) *socket.Socket {
		s := in(t, ns, constants.AF_INET, constants.SOCK_DGRAM, 0)
		must(t, set(s))
		return boundTo(t, s, "0.0.0.0:4000")
	}
	lo := bind(func(s *socket.Socket) error { return sockopt.SOBindToInterfaceIndex.Set(s, 1) })
	veth := bind(func(s *socket.Socket) error { return sockopt.SOBindToDevice.Set(s, name) })
	send(t, udp(t, ns, "127.0.0.1:0"), "127.0.0.1:4000", "over lo")
	send(t, udp(t, other, "10.9.0.2:0"), "10.9.0.1:4000", "over veth")
	if text, _ := receive(t, lo); text != "over lo" {
		t.Errorf("the socket of lo got %q", text)
	}
	if text, _ := receive(t, veth); text != "over veth" {
		t.Errorf("the socket of %s got %q", name, text)
	}
	if got, err := sockopt.SOBindToDevice.Get(lo); got != "lo" || err != nil {
		t.Errorf("bound by index to %q, %v", got, err)
	}

	must(t, sockopt.SOBindToDevice.Set(veth, "")) // unbound: the other end is lo's alone
	if got, err := sockopt.SOBindToDevice.Get(veth); got != "" || err != nil {
		t.Errorf("unbound it is %q, %v", got, err)
	}
	if err := sockopt.SOBindToDevice.Set(veth, "nonesuch"); !errors.Is(err, syscall.ENODEV) {
		t.Errorf("an interface that does not exist: %v", err)
	}
	if err := sockopt.SOBindToDevice.Set(veth, "sixteen-letters."); !errors.Is(err,
		socket.ErrValue) {
		t.Errorf("a name of 16 bytes: %v", err)
	}
	if err := sockopt.SOBindToDevice.Set(veth, "lo\x00veth"); !errors.Is(err, socket.ErrValue) {
		t.Errorf("a name with a NUL: %v", err)
	}
}

// TestReusePort: two sockets share a port, and a program picks which gets a datagram by its first
// byte (X12).
func TestReusePort(t *testing.T) {
	ns := testenv.NetNS(t)
	member := func() *socket.Socket {
		s := in(t, ns, constants.AF_INET, constants.SOCK_DGRAM, 0)
		must(t, sockopt.SOReusePort.Set(s, true))
		return boundTo(t, s, "127.0.0.1:4000")
	}
	members := []*socket.Socket{member(), member()}
	alone := in(t, ns, constants.AF_INET, constants.SOCK_DGRAM, 0)
	if err := alone.Bind(addr("127.0.0.1:4000")); !errors.Is(err, syscall.EADDRINUSE) {
		t.Errorf("a socket without SO_REUSEPORT: %v", err)
	}
	// Return the byte at 0 of the payload as the index.
	must(t, sockopt.SOAttachReusePortCBPF.Set(members[0], []sockopt.BPFInstruction{
		{Op: unix.BPF_LD | unix.BPF_B | unix.BPF_ABS, K: 0},
		{Op: unix.BPF_RET | unix.BPF_A},
	}))
	sender := udp(t, ns, "127.0.0.1:0")
	for i := range 20 {
		want := i % 3 % 2
		send(t, sender, "127.0.0.1:4000", string(rune(want)))
		if text, _ := receive(t, members[want]); text != string(rune(want)) {
			t.Errorf("member %d got %q", want, text)
		}
	}
	must(t, sockopt.SODetachReusePortBPF.Set(members[1], sockopt.None{}))
	if err := sockopt.SODetachReusePortBPF.Set(members[1], sockopt.None{}); !errors.Is(err,
		syscall.ENOENT) {
		t.Errorf("detaching twice: %v", err)
	}
}

// TestPacketFanout: two packet sockets share what comes in, and a program picks which of them gets
// it.
func TestPacketFanout(t *testing.T) {
	testenv.Needs(t, testenv.PacketSockets)
	ns := testenv.NetNS(t)
	group := sockopt.PacketFanoutGroup{ID: 7, Mode: sockopt.PacketFanoutCBPF,
		Flags: sockopt.PacketFanoutFlagIgnoreOutgoing}
	member := func() *socket.Socket {
		s := in(t, ns, constants.AF_PACKET, constants.SOCK_DGRAM, 0)
		at, err := sockaddr.Packet(sockaddr.PacketAddr{Protocol: unix.ETH_P_IP, Interface: 1})
		must(t, err)
		must(t, s.Bind(at))
		if got, err := sockopt.PacketFanout.Get(s); got != (sockopt.PacketFanoutGroup{}) ||
			err != nil {
			t.Errorf("before joining the group is %+v, %v", got, err)
		}
		must(t, sockopt.PacketFanout.Set(s, group))
		if got, err := sockopt.PacketFanout.Get(s); got != group || err != nil {
			t.Errorf("the group is %+v, %v; want %+v", got, err, group)
		}
		return s
	}
	members := []*socket.Socket{member(), member()}
	if err := sockopt.PacketFanout.Set(members[0], group); !errors.Is(err, syscall.EALREADY) {
		t.Errorf("joining twice: %v", err)
	}
	receiver, sender := udp(t, ns, "127.0.0.1:4000"), udp(t, ns, "127.0.0.1:0")
	for _, want := range []int{1, 0, 1} {
		must(t, sockopt.PacketFanoutData.Set(members[0],
			[]sockopt.BPFInstruction{{Op: unix.BPF_RET | unix.BPF_K, K: uint32(want)}}))
		send(t, sender, "127.0.0.1:4000", fmt.Sprint("for ", want))
		if text, _ := receive(t, members[want]); !strings.HasSuffix(text,
			fmt.Sprint("for ", want)) {
			t.Errorf("member %d got %q", want, text)
		}
		receive(t, receiver)
		if ready, err := members[1-want].ReceiveReady(); ready || err != nil {
			t.Errorf("member %d has something too: %v, %v", 1-want, ready, err)
		}
	}
	if got, err := sockopt.PacketRolloverStatistics.Get(members[0]); !errors.Is(err,
		syscall.EINVAL) {
		t.Errorf("a group without rollover has statistics of it: %+v, %v", got, err)
	}
	if got, err := sockopt.PacketStatistics.Get(members[1]); got.Packets != 2 || err != nil {
		t.Errorf("member 1 counts %+v, %v; want two packets", got, err)
	}
	if got, err := sockopt.PacketStatistics.Get(members[1]); got.Packets != 0 || err != nil {
		t.Errorf("read again it counts %+v, %v", got, err)
	}
}

// TestFastOpen: the second connection to a listener carries its data in the SYN (X12).
func TestFastOpen(t *testing.T) {
	ns := testenv.NetNS(t)
	ns.Sysctl("net.ipv4.tcp_fastopen", "3")
	l := boundTo(t, in(t, ns, constants.AF_INET, constants.SOCK_STREAM, 0), "127.0.0.1:0")
	must(t, sockopt.TCPFastOpen.Set(l, 5))
	must(t, l.Listen(5))
	for i := range 2 {
		c := in(t, ns, constants.AF_INET, constants.SOCK_STREAM, 0)
		must(t, sockopt.TCPFastOpenConnect.Set(c, true))
		must(t, c.Connect(soon(t), nameOf(t, l)))
		_, err := c.SendAll(soon(t), []byte("hello"), 0)
		must(t, err)
		s, _, err := l.Accept(soon(t))
		must(t, err)
		b := make([]byte, 5)
		if n, err := s.Receive(soon(t), b, 0); string(b[:n]) != "hello" || err != nil {
			t.Errorf("received %q, %v", b[:n], err)
		}
		info, err := sockopt.TCPInfo.Get(c)
		must(t, err)
		if inSYN := info.Options&sockopt.TCPSynData != 0; inSYN != (i == 1) {
			t.Errorf("connection %d: data in the SYN: %v (%v)", i+1, inSYN, info.Options)
		}
		info, err = sockopt.TCPInfo.Get(s)
		must(t, err)
		// The flag is read since Linux 6.18.
		if child := info.Options&sockopt.TCPFastOpenChild != 0; child != (i == 1) &&
			info.Size >= 276 {
			t.Errorf("connection %d: accepted with the SYN: %v (%v)", i+1, child, info.Options)
		}
		c.Close()
		s.Close()
	}
}

// TestFreeBindAndTransparent binds to addresses that are not this host's and sends from one of them
// (X12).
func TestFreeBindAndTransparent(t *testing.T) {
	testenv.Needs(t, testenv.NetAdmin)
	ns := testenv.NetNS(t)
	for name, tt := range map[string]struct {
		foreign string
		option  sockopt.Option[bool]
	}{
		"IP_FREEBIND":      {"192.0.2.1:4000", sockopt.IPFreeBind},
		"IP_TRANSPARENT":   {"192.0.2.1:4000", sockopt.IPTransparent},
		"IPV6_FREEBIND":    {"[2001:db8::1]:4000", sockopt.IPv6FreeBind},
		"IPV6_TRANSPARENT": {"[2001:db8::1]:4000", sockopt.IPv6Transparent},
	} {
		s := in(t, ns, familyOf(tt.foreign), constants.SOCK_DGRAM, 0)
		if err := s.Bind(addr(tt.foreign)); !errors.Is(err, syscall.EADDRNOTAVAIL) {
			t.Errorf("%s: without it, bound to %s: %v", name, tt.foreign, err)
		}
		must(t, tt.option.Set(s, true))
		if err := s.Bind(addr(tt.foreign)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		s.Close()
	}

	// What a transparent socket sends comes from the foreign address, and what is sent there it
	// gets, by a route that makes it local.
	ns.Run("ip", "route", "add", "local", "192.0.2.0/24", "dev", "lo")
	sender := in(t, ns, constants.AF_INET, constants.SOCK_DGRAM, 0)
	must(t, sockopt.IPTransparent.Set(sender, true))
	boundTo(t, sender, "192.0.2.1:4000")
	receiver := udp(t, ns, "127.0.0.1:4001")
	send(t, sender, "127.0.0.1:4001", "from afar")
	text, from := receive(t, receiver)
	if text != "from afar" || from != addr("192.0.2.1:4000") {
		t.Errorf("received %q from %v", text, from)
	}
	send(t, receiver, "192.0.2.1:4000", "and back")
	if text, _ := receive(t, sender); text != "and back" {
		t.Errorf("received %q", text)
	}
}

// TestTransmitTime: a time to leave, in a control message, is refused without SO_TXTIME and taken
// with it.
func TestTransmitTime(t *testing.T) {
	testenv.Needs(t, testenv.TXTime)
	ns := testenv.NetNS(t)
	receiver, sender := udp(t, ns, "127.0.0.1:4000"), udp(t, ns, "127.0.0.1:0")
	now := unix.Timespec{}
	must(t, unix.ClockGettime(unix.CLOCK_MONOTONIC, &now))
	control := make([]byte, unix.CmsgSpace(8))
	native.PutUint64(control[unix.CmsgLen(0):], uint64(now.Nano()))
	header(control, unix.SOL_SOCKET, unix.SCM_TXTIME, 8)
	message := func() error {
		return unix.Sendmsg(sender.FD(), []byte("on time"), control,
			&unix.SockaddrInet4{Port: 4000, Addr: [4]byte{127, 0, 0, 1}}, 0)
	}
	if err := message(); !errors.Is(err, syscall.EINVAL) {
		t.Errorf("without SO_TXTIME: %v", err)
	}
	must(t, sockopt.SOTransmitTime.Set(sender, sockopt.TransmitTime{Clock: unix.CLOCK_MONOTONIC}))
	must(t, message())
	if text, _ := receive(t, receiver); text != "on time" {
		t.Errorf("received %q", text)
	}
	if err := sockopt.SOTransmitTime.Set(sender, sockopt.TransmitTime{Clock: 99}); !errors.Is(err,
		syscall.EINVAL) {
		t.Errorf("a clock that does not exist: %v", err)
	}
}

// header writes the struct cmsghdr of a control message with n bytes.
func header(b []byte, level, typ, n int) {
	size := unix.SizeofCmsghdr - 8 // of cmsg_len
	if size == 8 {
		native.PutUint64(b, uint64(unix.CmsgLen(n)))
	} else {
		native.PutUint32(b, uint32(unix.CmsgLen(n)))
	}
	native.PutUint32(b[size:], uint32(level))
	native.PutUint32(b[size+4:], uint32(typ))
}

// TestZeroCopy: with SO_ZEROCOPY a send with MSG_ZEROCOPY is completed on the error queue, without
// it there is no completion.
func TestZeroCopy(t *testing.T) {
	testenv.Needs(t, testenv.ZeroCopy)
	ns := testenv.NetNS(t)
	client, server := connected(t, ns, "127.0.0.1:0", nil, nil)
	data := bytes.Repeat([]byte("x"), 1<<15)
	transfer := func() {
		// socket.ZeroCopy would wait for the memory.
		n, err := unix.SendmsgN(client.FD(), data, nil, nil, unix.MSG_ZEROCOPY)
		must(t, err)
		for n > 0 {
			b := make([]byte, 1<<15)
			m, err := server.Receive(soon(t), b, 0)
			must(t, err)
			n -= m
		}
	}
	completion := func() (origin uint8, err error) {
		control := make([]byte, 256)
		_, n, _, _, err := unix.Recvmsg(client.FD(), nil, control,
			unix.MSG_ERRQUEUE|unix.MSG_DONTWAIT)
		if err != nil {
			return 0, err
		}
		messages, err := unix.ParseSocketControlMessage(control[:n])
		if err != nil || len(messages) == 0 || len(messages[0].Data) < 16 {
			return 0, fmt.Errorf("%d control messages, %v", len(messages), err)
		}
		return messages[0].Data[4], nil // sock_extended_err.ee_origin
	}
	transfer()
	if origin, err := completion(); err != syscall.EAGAIN {
		t.Errorf("without SO_ZEROCOPY there is a completion: %d, %v", origin, err)
	}
	must(t, sockopt.SOZeroCopy.Set(client, true))
	transfer()
	// The completion comes when the data has been acknowledged.
	must(t, poll(client.FD(), unix.POLLERR))
	if origin, err := completion(); err != nil || origin != unix.SO_EE_ORIGIN_ZEROCOPY {
		t.Errorf("the completion is of origin %d, %v", origin, err)
	}
}

// poll waits for an event of a descriptor.
func poll(fd int, events int16) error {
	for {
		fds := []unix.PollFd{{Fd: int32(fd), Events: events}}
		switch n, err := unix.Poll(fds, 10_000); {
		case err == syscall.EINTR:
		case err != nil:
			return err
		case n == 0:
			return os.ErrDeadlineExceeded
		default:
			return nil
		}
	}
}

// TestRepair takes one end of a connection out of the kernel, with its sequence numbers, options
// and windows, closes it without a word, and puts it into a new socket, with which the other end
// goes on.
func TestRepair(t *testing.T) {
	testenv.Needs(t, testenv.TCPRepair, testenv.NetAdmin)
	ns := testenv.NetNS(t)
	client, server := connected(t, ns, "127.0.0.1:0", nil, nil)
	exchange(t, client, server, "before")
	exchange(t, server, client, "before")

	info, err := sockopt.TCPInfo.Get(client)
	must(t, err)
	must(t, sockopt.TCPRepair.Set(client, sockopt.TCPRepairOn))
	sequence := map[sockopt.TCPQueue]uint32{}
	for _, q := range []sockopt.TCPQueue{sockopt.TCPSendQueue, sockopt.TCPReceiveQueue} {
		must(t, sockopt.TCPRepairQueue.Set(client, q))
		if got, err := sockopt.TCPRepairQueue.Get(client); got != q || err != nil {
			t.Errorf("the queue is %v, %v; want %v", got, err, q)
		}
		sequence[q], err = sockopt.TCPQueueSequence.Get(client)
		must(t, err)
	}
	window, err := sockopt.TCPRepairWindow.Get(client)
	must(t, err)
	clock, err := sockopt.TCPTimestamp.Get(client)
	must(t, err)
	segment, err := sockopt.TCPMaxSegmentSize.Get(client)
	must(t, err)
	local, remote := nameOf(t, client), nameOf(t, server)
	client.Close() // under repair, so the server hears nothing

	heir := in(t, ns, constants.AF_INET, constants.SOCK_STREAM, 0)
	must(t, sockopt.TCPRepair.Set(heir, sockopt.TCPRepairOn))
	must(t, sockopt.SOReuseAddress.Set(heir, true))
	must(t, heir.Bind(local))
	for q, n := range sequence {
		must(t, sockopt.TCPRepairQueue.Set(heir, q))
		must(t, sockopt.TCPQueueSequence.Set(heir, n))
	}
	must(t, heir.Connect(soon(t), remote)) // at once: nothing is sent
	must(t, sockopt.TCPRepairOptions.Set(heir, []sockopt.TCPRepairOption{
		{Code: 2, Value: uint32(segment)},
		{Code: 4},
		{Code: 3, Value: uint32(info.SendWindowScale) | uint32(info.ReceiveWindowScale)<<16},
		{Code: 8},
	}))
	must(t, sockopt.TCPTimestamp.Set(heir, clock))
	must(t, sockopt.TCPRepairWindow.Set(heir, window))
	must(t, sockopt.TCPRepair.Set(heir, sockopt.TCPRepairOff))

	exchange(t, heir, server, "after")
	exchange(t, server, heir, "after")
}

// TestMD5Signature: with the same key on both ends a connection is made, without a key it is not
// (RFC 2385).
func TestMD5Signature(t *testing.T) {
	testenv.Needs(t, testenv.TCPMD5)
	for name, tt := range map[string]struct {
		at  string
		set func(s *socket.Socket, key string) error
	}{
		"an address": {"127.0.0.1:4000", func(s *socket.Socket, key string) error {
			return sockopt.TCPMD5Signature.Set(s,
				sockopt.MD5Signature{Address: ip("127.0.0.1"), Key: []byte(key)})
		}},
		"a prefix": {"127.0.0.1:4000", func(s *socket.Socket, key string) error {
			return sockopt.TCPMD5SignatureExtended.Set(s,
				sockopt.MD5SignatureExtended{Prefix: prefix("127.0.0.0/8"), Key: []byte(key)})
		}},
		"an IPv6 address": {"[::1]:4000", func(s *socket.Socket, key string) error {
			return sockopt.TCPMD5Signature.Set(s,
				sockopt.MD5Signature{Address: ip("::1"), Key: []byte(key)})
		}},
	} {
		t.Run(name, func(t *testing.T) {
			ns := testenv.NetNS(t)
			signed := func(s *socket.Socket) { must(t, tt.set(s, "secret")) }
			client, server := connected(t, ns, tt.at, signed, signed)
			exchange(t, client, server, "signed")

			missing := counter(t, ns, "TCPMD5NotFound")
			unsigned := in(t, ns, familyOf(tt.at), constants.SOCK_STREAM, 0)
			ctx, cancel := context.WithCancel(context.Background())
			result := make(chan error)
			go func() { result <- unsigned.Connect(ctx, addr(tt.at)) }()
			// The kernel counts the SYN that it drops.
			for end := time.Now().Add(10 * time.Second); counter(t, ns,
				"TCPMD5NotFound") == missing && time.Now().Before(end); {
				time.Sleep(time.Millisecond)
			}
			if counter(t, ns, "TCPMD5NotFound") == missing {
				t.Error("no unsigned segment was dropped")
			}
			cancel()
			if err := <-result; err == nil {
				t.Error("an unsigned connection was made")
			}
			if err := tt.set(unsigned, strings.Repeat("k", 81)); !errors.Is(err, socket.ErrValue) {
				t.Errorf("a key of 81 bytes: %v", err)
			}
		})
	}
}

// counter reads a counter of a namespace from /proc/net/netstat, where a line of names is followed
// by one of numbers.
func counter(t *testing.T, ns *testenv.NS, name string) (value string) {
	t.Helper()
	ns.Do(func() {
		data, err := os.ReadFile("/proc/thread-self/net/netstat")
		must(t, err)
		lines := strings.Split(string(data), "\n")
		for i := 0; i+1 < len(lines); i += 2 {
			if n := slices.Index(strings.Fields(lines[i]), name); n > 0 {
				value = strings.Fields(lines[i+1])[n]
			}
		}
	})
	if value == "" {
		t.Fatalf("no counter %s", name)
	}
	return value
}

// TestPeer reads who is at the other end of a UNIX socket.
func TestPeer(t *testing.T) {
	testenv.Needs(t, ownKernel)
	a, b, err := socket.Pair(constants.AF_UNIX, constants.SOCK_STREAM, 0)
	must(t, err)
	defer a.Close()
	defer b.Close()
	want := cmsg.Credentials{PID: os.Getpid(), UID: uint32(os.Geteuid()), GID: uint32(os.Getegid())}
	if got, err := sockopt.SOPeerCredentials.Get(a); got != want || err != nil {
		t.Errorf("the peer is %+v, %v; want %+v", got, err, want)
	}
	groups, err := os.Getgroups()
	must(t, err)
	got, err := sockopt.SOPeerGroups.Get(a)
	if err != nil || len(got) != len(groups) {
		t.Errorf("the peer's groups are %v, %v; want %v", got, err, groups)
	}
	t.Run("SO_PEERPIDFD", func(t *testing.T) {
		testenv.Needs(t, testenv.PeerPidFD)
		fd, err := sockopt.SOPeerPIDFD.Get(a)
		must(t, err)
		defer unix.Close(fd)
		info, err := os.ReadFile(fmt.Sprintf("/proc/self/fdinfo/%d", fd))
		must(t, err)
		if !strings.Contains(string(info), fmt.Sprintf("Pid:\t%d\n", os.Getpid())) {
			t.Errorf("the descriptor is of another process:\n%s", info)
		}
	})
}

// TestPeerGroups reads more groups than a first guess has room for: those of a process that is
// started for that.
func TestPeerGroups(t *testing.T) {
	const environment = "BSDSOCKET_TEST_CONNECT_TO"
	if at := os.Getenv(environment); at != "" { // in that process
		s, err := socket.New(constants.AF_UNIX, constants.SOCK_STREAM, 0)
		must(t, err)
		defer s.Close()
		must(t, s.Connect(soon(t), sockaddr.MustParse(at)))
		io.Copy(io.Discard, os.Stdin) // until the test is over
		return
	}
	testenv.Needs(t, ownKernel, testenv.Root)
	l, err := socket.New(constants.AF_UNIX, constants.SOCK_STREAM, 0)
	must(t, err)
	defer l.Close()
	must(t, l.Bind(sockaddr.Unnamed())) // the kernel chooses a name
	must(t, l.Listen(1))
	var want []uint32
	for len(want) < 100 {
		want = append(want, uint32(1000+len(want)))
	}
	cmd := exec.Command("/proc/self/exe", "-test.run=^TestPeerGroups$")
	cmd.Env = append(os.Environ(), environment+"="+nameOf(t, l).String())
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Groups: want}}
	var output bytes.Buffer
	cmd.Stdout, cmd.Stderr = &output, &output
	stdin, err := cmd.StdinPipe()
	must(t, err)
	must(t, cmd.Start())
	defer func() {
		stdin.Close()
		if err := cmd.Wait(); err != nil {
			t.Errorf("the other process: %v\n%s", err, &output)
		}
	}()
	s, _, err := l.Accept(soon(t))
	must(t, err)
	defer s.Close()
	got, err := sockopt.SOPeerGroups.Get(s)
	slices.Sort(got)
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("the peer's groups are %v, %v; want %v", got, err, want)
	}
}

// TestPeekOffset: peeks go on from where the last one ended.
func TestPeekOffset(t *testing.T) {
	testenv.Needs(t, ownKernel)
	a, b, err := socket.Pair(constants.AF_UNIX, constants.SOCK_STREAM, 0)
	must(t, err)
	defer a.Close()
	defer b.Close()
	_, err = a.Send(soon(t), []byte("abcdef"), 0)
	must(t, err)
	peek := func() string {
		p := make([]byte, 2)
		n, err := b.Receive(soon(t), p, constants.MSG_PEEK)
		must(t, err)
		return string(p[:n])
	}
	if got := peek() + peek(); got != "abab" {
		t.Errorf("without an offset: %q", got)
	}
	must(t, sockopt.SOPeekOffset.Set(b, 1))
	if got := peek() + peek(); got != "bcde" {
		t.Errorf("from 1 on: %q", got)
	}
	if got, err := sockopt.SOPeekOffset.Get(b); got != 5 || err != nil {
		t.Errorf("the offset is %d, %v", got, err)
	}
	must(t, sockopt.SOPeekOffset.Set(b, -1))
	if got := peek() + peek(); got != "abab" {
		t.Errorf("without an offset again: %q", got)
	}
}

// TestSocketError: the error of a datagram that nobody took is pending until it is read.
func TestSocketError(t *testing.T) {
	ns := testenv.NetNS(t)
	gone := udp(t, ns, "127.0.0.1:0")
	to := nameOf(t, gone)
	gone.Close()
	s := in(t, ns, constants.AF_INET, constants.SOCK_DGRAM, 0)
	must(t, s.Connect(soon(t), to))
	if mtu, err := sockopt.IPMTU.Get(s); mtu < 65535 || mtu > 65536 || err != nil {
		t.Errorf("the MTU of lo is %d, %v", mtu, err)
	}
	_, err := s.Send(soon(t), []byte("anybody?"), 0)
	must(t, err)
	must(t, poll(s.FD(), unix.POLLERR))
	if got, err := sockopt.SOError.Get(s); got != syscall.ECONNREFUSED || err != nil {
		t.Errorf("the error is %v, %v", got, err)
	}
	if got, err := sockopt.SOError.Get(s); got != 0 || err != nil {
		t.Errorf("the error is still %v, %v", got, err)
	}
}

// TestBufferForce: a buffer beyond what the sysctl allows.
func TestBufferForce(t *testing.T) {
	testenv.Needs(t, ownKernel, testenv.NetAdmin)
	const size = 64 << 20
	s := fresh(t, "udp4")
	for _, tt := range []struct {
		usual sockopt.Option[int]
		force sockopt.WriteOnly[int]
	}{
		{sockopt.SOReceiveBuffer, sockopt.SOReceiveBufferForce},
		{sockopt.SOSendBuffer, sockopt.SOSendBufferForce},
	} {
		must(t, tt.usual.Set(s, size))
		limited, err := tt.usual.Get(s)
		must(t, err)
		must(t, tt.force.Set(s, size))
		if got, err := tt.usual.Get(s); got != 2*size || got == limited || err != nil {
			t.Errorf("%s: %d, %v; want %d, not %d", tt.force.Info().GoName, got, err, 2*size,
				limited)
		}
	}
}

// TestSavedSYN: an accepted connection has the headers of its SYN.
func TestSavedSYN(t *testing.T) {
	ns := testenv.NetNS(t)
	_, server := connected(t, ns, "127.0.0.1:0", nil, func(l *socket.Socket) {
		must(t, sockopt.TCPSaveSYN.Set(l, 1))
	})
	syn, err := sockopt.TCPSavedSYN.Get(server)
	if err != nil || len(syn) < 40 || syn[0]>>4 != 4 || syn[9] != unix.IPPROTO_TCP ||
		syn[20+13] != 0x02 {
		t.Errorf("the SYN is % x, %v", syn, err)
	}
	if syn, err = sockopt.TCPSavedSYN.Get(server); len(syn) != 0 || err != nil {
		t.Errorf("the SYN is read a second time: % x, %v", syn, err)
	}
}

// TestConnectionInfo reads TCP_INFO of a connection that did something.
func TestConnectionInfo(t *testing.T) {
	ns := testenv.NetNS(t)
	client, server := connected(t, ns, "127.0.0.1:0", nil, nil)
	exchange(t, client, server, "twelve bytes")
	info, err := sockopt.TCPInfo.Get(client)
	must(t, err)
	if info.State != sockopt.TCPEstablished || info.BytesSent != 12 || info.RTT <= 0 ||
		info.CongestionWindow == 0 ||
		info.SendMSS == 0 || info.Options&sockopt.TCPWindowScale == 0 ||
		info.SendWindowScale == 0 || info.RetransmitTimeout < time.Millisecond {
		t.Errorf("%+v", info)
	}
	if got := info.State.String(); got != "ESTABLISHED" {
		t.Errorf("the state is called %q", got)
	}
}

// TestCongestionInfo reads what bbr tells of itself, and that reno tells nothing.
func TestCongestionInfo(t *testing.T) {
	ns := testenv.NetNS(t)
	client, server := connected(t, ns, "127.0.0.1:0",
		func(s *socket.Socket) { must(t, sockopt.TCPCongestion.Set(s, "reno")) }, nil)
	if info, err := sockopt.TCPCongestionInfo.Get(client); len(info) != 0 || err != nil {
		t.Errorf("reno: %v, %v", info, err)
	}
	testenv.Needs(t, testenv.Feature{Name: "congestion control bbr", Probe: func() error {
		data, err := os.ReadFile("/proc/sys/net/ipv4/tcp_available_congestion_control")
		if err == nil && !slices.Contains(strings.Fields(string(data)), "bbr") {
			err = fmt.Errorf("there are %s", bytes.TrimSpace(data))
		}
		return err
	}})
	must(t, sockopt.TCPCongestion.Set(client, "bbr"))
	exchange(t, client, server, strings.Repeat("x", 1000))
	info, err := sockopt.TCPCongestionInfo.Get(client)
	must(t, err)
	if bbr, ok := info.BBR(); !ok || bbr.PacingGain < 0.5 || bbr.PacingGain > 4 {
		t.Errorf("bbr: %+v, %v of %d bytes", bbr, ok, len(info))
	}
	if _, ok := sockopt.CongestionInfo(nil).BBR(); ok {
		t.Error("no bytes are bbr's")
	}
}

// TestMPTCP reads both kinds of state of a Multipath TCP connection.
func TestMPTCP(t *testing.T) {
	testenv.Needs(t, testenv.MPTCP)
	ns := testenv.NetNS(t)
	l := boundTo(t, in(t, ns, constants.AF_INET, constants.SOCK_STREAM, constants.IPPROTO_MPTCP),
		"127.0.0.1:0")
	must(t, l.Listen(1))
	client := in(t, ns, constants.AF_INET, constants.SOCK_STREAM, constants.IPPROTO_MPTCP)
	must(t, client.Connect(soon(t), nameOf(t, l)))
	server, _, err := l.Accept(soon(t))
	must(t, err)
	defer server.Close()
	exchange(t, client, server, "hello")

	info, err := sockopt.MPTCPInfo.Get(client)
	if err != nil || info.Token == 0 || info.Flags&sockopt.MPTCPFallback != 0 {
		t.Errorf("%+v, %v", info, err)
	}
	subflows, err := sockopt.MPTCPSubflowAddresses.Get(client)
	want := sockopt.MPTCPSubflow{Local: nameOf(t, client).AddrPort(),
		Remote: nameOf(t, l).AddrPort()}
	if err != nil || len(subflows) != 1 || subflows[0] != want {
		t.Errorf("subflows %v, %v; want %v", subflows, err, want)
	}
	infos, err := sockopt.MPTCPTCPInfo.Get(client)
	if err != nil || len(infos) != 1 || infos[0].State != sockopt.TCPEstablished ||
		infos[0].BytesSent == 0 {
		t.Errorf("%+v, %v", infos, err)
	}
	if multipath, err := sockopt.TCPIsMPTCP.Get(client); !multipath || err != nil {
		t.Errorf("multipath: %v, %v", multipath, err)
	}
}

// TestTCPZeroCopyReceive maps what was received, and refuses memory that is not of the socket.
func TestTCPZeroCopyReceive(t *testing.T) {
	ns := testenv.NetNS(t)
	client, server := connected(t, ns, "127.0.0.1:0", nil, nil)
	const size = 1 << 16
	b, err := unix.Mmap(server.FD(), 0, size, unix.PROT_READ, unix.MAP_SHARED)
	must(t, err)
	defer unix.Munmap(b)
	// While nothing waits, only the place in a page counts of an address.
	for at, want := range map[uint64]error{4096: nil, 4097: unix.EINVAL} {
		if got, err := sockopt.TCPZeroCopyReceive.Get(server,
			sockopt.ZeroCopyReceive{Address: at, Length: size}); !errors.Is(err,
			want) || got.Length != 0 && err == nil {
			t.Errorf("with nothing to read, at %d: %+v, %v", at, got, err)
		}
	}
	data := bytes.Repeat([]byte("z"), size)
	_, err = client.SendAll(soon(t), data, 0)
	must(t, err)
	must(t, poll(server.FD(), unix.POLLIN))
	got, err := sockopt.TCPZeroCopyReceive.Get(server,
		sockopt.ZeroCopyReceive{Address: address(b), Length: size})
	must(t, err)
	// Whole pages are mapped; what is not must be read.
	if got.Length == 0 && got.Skip == 0 || got.Length%4096 != 0 {
		t.Errorf("%+v", got)
	}
	if !bytes.Equal(b[:got.Length], data[:got.Length]) {
		t.Error("what is mapped is not what was sent")
	}
	other, err := unix.Mmap(-1, 0, size, unix.PROT_READ, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS)
	must(t, err)
	defer unix.Munmap(other)
	if got, err := sockopt.TCPZeroCopyReceive.Get(server,
		sockopt.ZeroCopyReceive{Address: address(other), Length: size}); err == nil {
		t.Errorf("mapped into other memory: %+v", got)
	}
	if err := sockopt.TCPZeroCopyReceive.Set(server, sockopt.ZeroCopyReceive{}); !errors.Is(err,
		sockopt.ErrAccess) {
		t.Errorf("setting it: %v", err)
	}
}

// TestIPv6PacketInfo chooses the interface that datagrams leave by, of two.
func TestIPv6PacketInfo(t *testing.T) {
	testenv.Needs(t, ownKernel)
	ns, other := testenv.NetNS(t), testenv.NetNS(t)
	const group = "ff05::1:3"
	receiver := in(t, other, constants.AF_INET6, constants.SOCK_DGRAM, 0)
	index := map[string]int{} // of the interface, by its address
	for _, net := range []string{"fd09::", "fd0a::"} {
		here, there := ns.Veth(other, net+"1/64", net+"2/64")
		index[net+"1"] = indexOf(t, ns, here)
		must(t, sockopt.IPv6JoinGroup.Set(receiver,
			sockopt.IPv6Membership{Group: ip(group), Index: indexOf(t, other, there)}))
	}
	settled(t, ns, other)
	boundTo(t, receiver, "[::]:4000")
	sender := udp(t, ns, "[::]:0")
	for address, n := range index {
		must(t, sockopt.IPv6PacketInfo.Set(sender, sockopt.IPv6Source{Index: n}))
		send(t, sender, "["+group+"]:4000", "hello")
		if _, from := receive(t, receiver); from.IP() != ip(address) {
			t.Errorf("by the interface of %s: received from %v", address, from)
		}
	}
	// Linux cannot be asked for it.
	if got, err := sockopt.IPv6PacketInfo.Get(sender); !errors.Is(err, socket.ErrUnsupported) {
		t.Errorf("it reads as %v, %v", got, err)
	}
	if err := sockopt.IPv6PacketInfo.Set(sender,
		sockopt.IPv6Source{Address: ip("10.0.0.1")}); !errors.Is(err, socket.ErrValue) {
		t.Errorf("an IPv4 address: %v", err)
	}
}

// TestIPv6RoutingHeader sets a routing header and takes it away.
func TestIPv6RoutingHeader(t *testing.T) {
	testenv.Needs(t, ownKernel, testenv.NetRaw)
	s := fresh(t, "udp6")
	// Type 4, segment routing (RFC 8754): one segment, the destination itself.
	header := append([]byte{0, 2, 4, 0, 0, 0, 0, 0}, ip("fd09::5").AsSlice()...)
	testenv.Needs(t, testenv.Feature{Name: "segment routing", Probe: func() error {
		return sockopt.IPv6RoutingHeader.Set(s, header)
	}})
	must(t, sockopt.IPv6RoutingHeader.Set(s, header))
	if got, err := sockopt.IPv6RoutingHeader.Get(s); err != nil || !bytes.Equal(got, header) {
		t.Errorf("it reads as % x, %v", got, err)
	}
	must(t, sockopt.IPv6RoutingHeader.Set(s, nil))
	if got, err := sockopt.IPv6RoutingHeader.Get(s); err != nil || len(got) != 0 {
		t.Errorf("taken away it reads as % x, %v", got, err)
	}
	if err := sockopt.IPv6RoutingHeader.Set(s, []byte{0, 2, 99, 0, 0, 0, 0, 0}); !errors.Is(err,
		syscall.EINVAL) {
		t.Errorf("a type that does not exist: %v", err)
	}
}

// TestIPv6Paths reads the path MTU in its two forms, and makes a socket that talks to an
// IPv4-mapped address an IPv4 one.
func TestIPv6Paths(t *testing.T) {
	ns := testenv.NetNS(t)
	s := in(t, ns, constants.AF_INET6, constants.SOCK_DGRAM, 0)
	must(t, s.Connect(soon(t), addr("[::1]:4000")))
	if mtu, err := sockopt.IPv6MTU.Get(s); mtu != 65536 || err != nil {
		t.Errorf("IPV6_MTU: %d, %v", mtu, err)
	}
	if path, err := sockopt.IPv6PathMTU.Get(s); path.MTU != 65536 || err != nil {
		t.Errorf("IPV6_PATHMTU: %v, %v", path, err)
	}
	l := boundTo(t, in(t, ns, constants.AF_INET, constants.SOCK_STREAM, 0), "127.0.0.1:0")
	must(t, l.Listen(1))
	mapped := in(t, ns, constants.AF_INET6, constants.SOCK_STREAM, 0)
	must(t,
		mapped.Connect(soon(t), addr(fmt.Sprintf("[::ffff:127.0.0.1]:%d", nameOf(t, l).Port()))))
	if f, err := sockopt.IPv6AddressForm.Get(mapped); f != constants.AF_INET6 || err != nil {
		t.Errorf("the form is %v, %v", f, err)
	}
	must(t, sockopt.IPv6AddressForm.Set(mapped, constants.AF_INET))
	if f, err := sockopt.SODomain.Get(mapped); f != constants.AF_INET || err != nil {
		t.Errorf("the family is %v, %v", f, err)
	}
}

// TestReuseAddress: a second socket binds to a port only if both ask to.
func TestReuseAddress(t *testing.T) {
	ns := testenv.NetNS(t)
	for _, reuse := range []bool{false, true} {
		first := in(t, ns, constants.AF_INET, constants.SOCK_DGRAM, 0)
		must(t, sockopt.SOReuseAddress.Set(first, reuse))
		boundTo(t, first, "127.0.0.1:4000")
		second := in(t, ns, constants.AF_INET, constants.SOCK_DGRAM, 0)
		must(t, sockopt.SOReuseAddress.Set(second, true))
		if err := second.Bind(addr("127.0.0.1:4000")); (err == nil) != reuse {
			t.Errorf("reuse %v: %v", reuse, err)
		}
		first.Close()
		second.Close()
	}
}

// TestReuseByAnotherUser: who comes last takes the datagrams of a port that SO_REUSEADDR shares,
// whoever he is; SO_REUSEPORT asks.
func TestReuseByAnotherUser(t *testing.T) {
	ns := testenv.NetNS(t)
	for name, o := range map[string]struct {
		sockopt.Option[bool]
		lets bool
	}{"SOReuseAddress": {sockopt.SOReuseAddress, true},
		"SOReusePort": {sockopt.SOReusePort, false}} {
		first, second := in(t, ns, constants.AF_INET, constants.SOCK_DGRAM, 0),
			in(t, ns, constants.AF_INET, constants.SOCK_DGRAM, 0)
		must(t, o.Set(first, true))
		boundTo(t, first, "127.0.0.1:4000")
		f, err := second.File()
		must(t, err)
		must(t, f.Chown(65534, -1)) // of a socket, its user
		must(t, f.Close())
		must(t, o.Set(second, true))
		if err := second.Bind(addr("127.0.0.1:4000")); (err == nil) != o.lets {
			t.Errorf("%s: %v", name, err)
		}
		if o.lets {
			_, err = udp(t, ns, "127.0.0.1:0").SendTo(context.Background(), []byte("secret"),
				addr("127.0.0.1:4000"), 0)
			must(t, err)
			b := make([]byte, 10)
			if n, err := second.Receive(context.Background(), b,
				constants.MSG_DONTWAIT); string(b[:n]) != "secret" {
				t.Errorf("%s: %q, %v", name, b[:n], err)
			}
		}
		must(t, first.Close())
		must(t, second.Close())
	}
}

// TestIPv6Only: an IPv4 socket gets the port of an IPv6 one that is IPv6 only, and that is settled
// once the socket is bound.
func TestIPv6Only(t *testing.T) {
	ns := testenv.NetNS(t)
	for _, only := range []bool{false, true} {
		six := in(t, ns, constants.AF_INET6, constants.SOCK_STREAM, 0)
		must(t, sockopt.IPv6V6Only.Set(six, only))
		boundTo(t, six, "[::]:4000")
		must(t, six.Listen(1))
		if err := sockopt.IPv6V6Only.Set(six, !only); !errors.Is(err, syscall.EINVAL) {
			t.Errorf("changed after bind: %v", err)
		}
		four := in(t, ns, constants.AF_INET, constants.SOCK_STREAM, 0)
		if err := four.Bind(addr("0.0.0.0:4000")); (err == nil) != only {
			t.Errorf("IPv6 only %v: %v", only, err)
		}
		six.Close()
		four.Close()
	}
}

// TestUDPCork gathers two sends into one datagram, and cuts one send into three.
func TestUDPCork(t *testing.T) {
	ns := testenv.NetNS(t)
	receiver, sender := udp(t, ns, "127.0.0.1:4000"), udp(t, ns, "127.0.0.1:0")
	must(t, sockopt.UDPCork.Set(sender, true))
	send(t, sender, "127.0.0.1:4000", "one ")
	send(t, sender, "127.0.0.1:4000", "datagram")
	must(t, sockopt.UDPCork.Set(sender, false))
	if text, _ := receive(t, receiver); text != "one datagram" {
		t.Errorf("received %q", text)
	}
	must(t, sockopt.UDPSegment.Set(sender, 3))
	send(t, sender, "127.0.0.1:4000", "abcdefgh")
	var got []string
	for range 3 {
		text, _ := receive(t, receiver)
		got = append(got, text)
	}
	if !slices.Equal(got, []string{"abc", "def", "gh"}) {
		t.Errorf("received %q", got)
	}
}

// TestNeeds: the error of an option that is not there names no kernel that is older than this one.
// A TCP connection has those of TLS only once that is its upper layer.
func TestNeeds(t *testing.T) {
	testenv.Needs(t, ownKernel)
	s := fresh(t, "tcp4")
	err := sockopt.TLSTransmit.Set(s, tlsKeys)
	check(t, "TLS_TX without TLS", err,
		[]error{socket.ErrUnsupported, syscall.ENOPROTOOPT}, []error{sockopt.ErrWrongSocket},
		[]string{"TLSTransmit (TLS_TX)"})
	if err != nil && strings.Contains(err.Error(), "Linux") {
		t.Errorf("%v: this kernel is newer", err)
	}
	check(t, "TLS_TX on UDP", sockopt.TLSTransmit.Set(fresh(t, "udp4"), tlsKeys),
		[]error{sockopt.ErrWrongSocket}, []error{socket.ErrUnsupported}, []string{"TCP sockets"})
}

// TestPrivilege: what needs a capability is EPERM without it, in the docs' words.
func TestPrivilege(t *testing.T) {
	ns := testenv.NetNS(t)
	s := in(t, ns, constants.AF_INET, constants.SOCK_STREAM, 0)
	six := in(t, ns, constants.AF_INET6, constants.SOCK_DGRAM, 0)
	without(t, func() {
		for _, tt := range []struct {
			name string
			err  error
			want error
		}{
			{"SO_MARK", sockopt.SOMark.Set(s, 1), syscall.EPERM},
			{"SO_PRIORITY 7", sockopt.SOPriority.Set(s, 7), syscall.EPERM},
			{"SO_PRIORITY 6", sockopt.SOPriority.Set(s, 6), nil},
			{"SO_RCVBUFFORCE", sockopt.SOReceiveBufferForce.Set(s, 1<<20), syscall.EPERM},
			{"SO_DEBUG", sockopt.SODebug.Set(s, true), syscall.EACCES},
			{"SO_PREFER_BUSY_POLL", sockopt.SOPreferBusyPoll.Set(s, true), syscall.EPERM},
			{"SO_BUSY_POLL_BUDGET", sockopt.SOBusyPollBudget.Set(s, 1), syscall.EPERM},
			{"SO_TXTIME of the real time", sockopt.SOTransmitTime.Set(s,
				sockopt.TransmitTime{Clock: unix.CLOCK_REALTIME}), syscall.EPERM},
			{"SO_RCVPRIORITY", sockopt.SOReceivePriority.Set(s, true), nil},
			{"IPV6_HOPOPTS", sockopt.IPv6HopByHopOptions.Set(six, padding), syscall.EPERM},
			{"IPV6_JOIN_ANYCAST", sockopt.IPv6JoinAnycast.Set(six,
				sockopt.IPv6Membership{Group: ip("fd00::1"), Index: 1}), syscall.EPERM},
			{"IP_TRANSPARENT", sockopt.IPTransparent.Set(s, true), syscall.EPERM},
			{"TCP_REPAIR", sockopt.TCPRepair.Set(s, sockopt.TCPRepairOn), syscall.EPERM},
		} {
			if !errors.Is(tt.err, tt.want) {
				t.Errorf("%s without privilege: %v, want %v", tt.name, tt.err, tt.want)
			}
			if errors.Is(tt.err, socket.ErrUnsupported) ||
				errors.Is(tt.err, sockopt.ErrWrongSocket) {
				t.Errorf("%s without privilege: %v is not about privilege", tt.name, tt.err)
			}
		}
	})
}

// TestSCTPQueries reads and sets what SCTP has for one association.
func TestSCTPQueries(t *testing.T) {
	s := fresh(t, "sctp")
	rto, err := sockopt.SCTPRetransmitInfo.Get(s, sockopt.SCTPRetransmit{})
	must(t, err)
	rto.Initial = 2500
	must(t, sockopt.SCTPRetransmitInfo.Set(s, rto))
	if got, err := sockopt.SCTPRetransmitInfo.Get(s, sockopt.SCTPRetransmit{}); got != rto ||
		err != nil {
		t.Errorf("SCTP_RTOINFO: %v, %v; want %v", got, err, rto)
	}
	association, err := sockopt.SCTPAssociationInfo.Get(s, sockopt.SCTPAssociation{})
	must(t, err)
	association.MaxRetransmits = 4
	must(t, sockopt.SCTPAssociationInfo.Set(s, sockopt.SCTPAssociation{MaxRetransmits: 4}))
	if got, err := sockopt.SCTPAssociationInfo.Get(s,
		sockopt.SCTPAssociation{}); got != association || err != nil {
		t.Errorf("SCTP_ASSOCINFO: %v, %v; want %v", got, err, association)
	}
	for _, o := range []sockopt.Query[sockopt.SCTPValue]{sockopt.SCTPMaxBurst,
		sockopt.SCTPMaxSegmentSize} {
		must(t, o.Set(s, sockopt.SCTPValue{Value: 1000}))
		if got, err := o.Get(s, sockopt.SCTPValue{}); got.Value != 1000 || err != nil {
			t.Errorf("%s: %v, %v", o.Info().CName, got, err)
		}
	}
}
