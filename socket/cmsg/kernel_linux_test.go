package cmsg_test

import (
	"context"
	"encoding/binary"
	"errors"
	"net/netip"
	"os"
	"slices"
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

var ctx = context.Background()

// patience is how long a test waits for what must happen. Only a hang takes as long.
const patience = 30 * time.Second

// bound returns a datagram socket with a local address, and that address. It does not wait for
// ever.
func bound(t *testing.T, at string) (*socket.Socket, sockaddr.Addr) {
	t.Helper()
	a := sockaddr.MustParse(at)
	s, err := socket.New(a.Family(), constants.SOCK_DGRAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	if err := s.SetParams(socket.Params{ReceiveTimeout: patience,
		SendTimeout: patience}); err != nil {
		t.Fatal(err)
	}
	if err := s.Bind(a); err != nil {
		t.Fatal(err)
	}
	name, err := s.Name()
	if err != nil {
		t.Fatal(err)
	}
	return s, name
}

// enable switches options on that are a C int.
func enable(t *testing.T, s *socket.Socket, level constants.Level, names ...constants.OptionName) {
	t.Helper()
	for _, name := range names {
		if err := sockopt.SetInt(s, level, name, 1); err != nil {
			t.Fatal(constants.OptionString(level, name), err)
		}
	}
}

// transfer sends a message with control data to a socket and returns what the other receives of it.
func transfer(t *testing.T, s, r *socket.Socket, to sockaddr.Addr,
	control []byte) (received []byte, from sockaddr.Addr) {
	t.Helper()
	if err := s.SendMessage(ctx, &socket.Message{
		Buffers: [][]byte{[]byte("ping")},
		Addr:    to,
		Control: control,
	}, 0); err != nil {
		t.Fatal(err)
	}
	m := socket.Message{Buffers: [][]byte{make([]byte, 10)}, Control: make([]byte, 512)}
	if err := r.ReceiveMessage(ctx, &m, 0); err != nil || m.N != 4 {
		t.Fatal(m.N, err)
	}
	return m.Control[:m.NControl], m.Addr
}

func loopback(t *testing.T) int {
	t.Helper()
	s, err := os.ReadFile("/sys/class/net/lo/ifindex")
	if err != nil || len(s) != 2 {
		t.Fatalf("%q, %v", s, err)
	}
	return int(s[0] - '0')
}

// TestIPv4 receives what the kernel tells of a datagram of IPv4, and answers from the address that
// was asked (X5).
func TestIPv4(t *testing.T) {
	r, name := bound(t, "0.0.0.0:0")
	enable(t, r, constants.IPPROTO_IP, constants.IP_PKTINFO, constants.IP_RECVTTL,
		constants.IP_RECVTOS, constants.IP_RECVORIGDSTADDR)
	s, _ := bound(t, "127.0.0.1:0")
	asked := sockaddr.MustParse("127.1.2.3:0").WithPort(name.Port())
	control, err := cmsg.IPTimeToLive.Append(nil, 42)
	if err == nil {
		control, err = cmsg.IPTypeOfService.Append(control, 0x28)
	}
	if err == nil {
		control, err = cmsg.IPPacketInfo.Append(control,
			cmsg.PacketInfo{Source: netip.MustParseAddr("127.9.9.9")})
	}
	if err != nil {
		t.Fatal(err)
	}
	got, from := transfer(t, s, r, asked, control)
	if from.Address() != "127.9.9.9" {
		t.Errorf("it came from %v", from)
	}
	if v, ok := cmsg.IPTimeToLive.Find(got); v != 42 || !ok {
		t.Error("TTL", v, ok)
	}
	if v, ok := cmsg.IPTypeOfService.Find(got); v != 0x28 || !ok {
		t.Error("TOS", v, ok)
	}
	if v, ok := cmsg.IPOriginalDestination.Find(got); v != asked || !ok {
		t.Error("original destination", v, ok)
	}
	info, ok := cmsg.IPPacketInfo.Find(got)
	want := cmsg.PacketInfo{Interface: loopback(t), Source: asked.IP(), Destination: asked.IP()}
	if info != want || !ok {
		t.Errorf("packet info %+v, %t, want %+v", info, ok, want)
	}
	reply, err := cmsg.IPPacketInfo.Append(nil, info)
	if err != nil {
		t.Fatal(err)
	}
	// Nobody is bound to from, so the answer goes to the socket's own address.
	client, err := s.Name()
	if err != nil {
		t.Fatal(err)
	}
	if _, from := transfer(t, r, s, client, reply); from != asked {
		t.Errorf("the answer came from %v, not from %v", from, asked)
	}
	// An interface that cannot reach it, and a source that is not ours.
	for _, bad := range []cmsg.PacketInfo{{Interface: 1 << 20},
		{Source: netip.MustParseAddr("192.0.2.77")}} {
		control, err := cmsg.IPPacketInfo.Append(nil, bad)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.SendMessage(ctx, &socket.Message{Addr: asked, Control: control},
			0); err == nil {
			t.Errorf("%+v was taken", bad)
		}
	}
}

// TestIPv6 does the same for IPv6.
func TestIPv6(t *testing.T) {
	testenv.Needs(t, testenv.IPv6Loopback)
	r, name := bound(t, "[::]:0")
	enable(t, r, constants.IPPROTO_IPV6, constants.IPV6_RECVPKTINFO, constants.IPV6_RECVHOPLIMIT,
		constants.IPV6_RECVTCLASS,
		constants.IPV6_RECVORIGDSTADDR, constants.IPV6_FLOWINFO)
	s, client := bound(t, "[::1]:0")
	asked := sockaddr.MustParse("[::1]:0").WithPort(name.Port())
	control, err := cmsg.IPv6HopLimit.Append(nil, 42)
	if err == nil {
		control, err = cmsg.IPv6TrafficClass.Append(control, 0x28)
	}
	if err == nil {
		control, err = cmsg.IPv6PacketInfo.Append(control, cmsg.PacketInfo{
			Interface: loopback(t),
			Source:    netip.IPv6Loopback(),
		})
	}
	if err != nil {
		t.Fatal(err)
	}
	got, _ := transfer(t, s, r, asked, control)
	if v, ok := cmsg.IPv6HopLimit.Find(got); v != 42 || !ok {
		t.Error("hop limit", v, ok)
	}
	if v, ok := cmsg.IPv6TrafficClass.Find(got); v != 0x28 || !ok {
		t.Error("traffic class", v, ok)
	}
	if v, ok := cmsg.IPv6FlowInfo.Find(got); v>>20 != 0x28 || !ok { // above the label
		t.Errorf("flow information %#x, %t", v, ok)
	}
	if v, ok := cmsg.IPOriginalDestination.Find(got); v != asked || !ok {
		t.Error("original destination", v, ok)
	}
	info, ok := cmsg.IPv6PacketInfo.Find(got)
	want := cmsg.PacketInfo{
		Interface:   loopback(t),
		Source:      netip.IPv6Loopback(),
		Destination: netip.IPv6Loopback(),
	}
	if info != want || !ok {
		t.Errorf("packet info %+v, %t, want %+v", info, ok, want)
	}
	reply, err := cmsg.IPv6PacketInfo.Append(nil, info)
	if err != nil {
		t.Fatal(err)
	}
	if _, from := transfer(t, r, s, client, reply); from != asked {
		t.Errorf("the answer came from %v, not from %v", from, asked)
	}
	// A datagram of IPv4 on a socket for both has a mapped address.
	four, to4 := bound(t, "127.0.0.1:0")
	got, _ = transfer(t, four, r, to4.WithPort(name.Port()), nil)
	if info, ok := cmsg.IPv6PacketInfo.Find(got); !ok || info.Source.Unmap() != to4.IP() {
		t.Errorf("packet info of IPv4: %+v, %t", info, ok)
	}
}

// TestTimestamps receives the three kinds of time stamps (X5: timestamps).
func TestTimestamps(t *testing.T) {
	s, _ := bound(t, "127.0.0.1:0")
	near := func(name string, got time.Time, start time.Time) {
		t.Helper()
		if got.Before(start.Add(-time.Millisecond)) || got.After(time.Now().Add(time.Millisecond)) {
			t.Errorf("%s: %v is not between %v and now", name, got, start)
		}
	}
	for _, option := range []constants.OptionName{constants.SO_TIMESTAMP, constants.SO_TIMESTAMPNS,
		constants.SO_TIMESTAMP_NEW, constants.SO_TIMESTAMPNS_NEW} {
		r, to := bound(t, "127.0.0.1:0")
		enable(t, r, constants.SOL_SOCKET, option)
		start := time.Now()
		got, _ := transfer(t, s, r, to, nil)
		micro, isMicro := cmsg.SCMTimestamp.Find(got)
		nano, isNano := cmsg.SCMTimestampNanoseconds.Find(got)
		if wantNano := option == constants.SO_TIMESTAMPNS ||
			option == constants.SO_TIMESTAMPNS_NEW; isMicro == wantNano || isNano != wantNano {
			t.Fatalf("option %d: micro %t, nano %t", option, isMicro, isNano)
		} else if wantNano {
			near("nano", nano, start)
		} else {
			near("micro", micro, start)
		}
	}
	for _, option := range []constants.OptionName{constants.SO_TIMESTAMPING,
		constants.SO_TIMESTAMPING_NEW} {
		r, to := bound(t, "127.0.0.1:0")
		flags := unix.SOF_TIMESTAMPING_RX_SOFTWARE | unix.SOF_TIMESTAMPING_SOFTWARE
		if err := sockopt.SetInt(r, constants.SOL_SOCKET, option, flags); err != nil {
			t.Fatal(err)
		}
		// The kernel switches these stamps on a moment after setsockopt(2) has returned
		// (net_enable_timestamp).
		var stamps cmsg.Timestamps
		start := time.Now()
		for found := false; !found; {
			got, _ := transfer(t, s, r, to, nil)
			if stamps, found = cmsg.SCMTimestamping.Find(got); !found &&
				time.Since(start) > patience {
				t.Fatalf("option %d: no time stamp", option)
			}
		}
		if !stamps.Hardware.IsZero() || !stamps.Converted.IsZero() {
			t.Error(stamps)
		}
		near("timestamping", stamps.Software, start)
	}
}

// TestTransmitTimestamps gets the times of what was sent from the error queue (X5: error queue,
// transmit time stamps). The receive waits beside one for data and the send, and disturbs neither.
func TestTransmitTimestamps(t *testing.T) {
	s, _ := bound(t, "127.0.0.1:0")
	_, to := bound(t, "127.0.0.1:0")
	flags := unix.SOF_TIMESTAMPING_TX_SOFTWARE | unix.SOF_TIMESTAMPING_SOFTWARE |
		unix.SOF_TIMESTAMPING_OPT_ID | unix.SOF_TIMESTAMPING_OPT_TSONLY
	if err := sockopt.SetInt(s, constants.SOL_SOCKET, constants.SO_TIMESTAMPING,
		flags); err != nil {
		t.Fatal(err)
	}
	reader := make(chan error, 1)
	go func() {
		_, err := s.Receive(ctx, make([]byte, 1), 0)
		reader <- err
	}()
	m := socket.Message{Control: make([]byte, 256)}
	err := s.ReceiveMessage(ctx, &m, constants.MSG_ERRQUEUE|constants.MSG_DONTWAIT)
	if !errors.Is(err, socket.ErrWouldBlock) {
		t.Fatal("an empty error queue:", err)
	}
	start := time.Now()
	received := make(chan error, 1)
	go func() { received <- s.ReceiveMessage(ctx, &m, constants.MSG_ERRQUEUE) }()
	if _, err := s.SendTo(ctx, []byte("data"), to, 0); err != nil {
		t.Fatal(err)
	}
	if err := <-received; err != nil {
		t.Fatal(err)
	}
	if m.Flags&constants.MSG_ERRQUEUE == 0 {
		t.Error("flags", m.Flags)
	}
	stamps, ok := cmsg.SCMTimestamping.Find(m.Control[:m.NControl])
	if !ok || stamps.Software.Before(start.Add(-time.Millisecond)) ||
		stamps.Software.After(time.Now()) {
		t.Error(stamps, ok)
	}
	e, ok := cmsg.IPError.Find(m.Control[:m.NControl])
	if !ok || e.Origin != cmsg.OriginTimestamping || e.Errno != syscall.ENOMSG || e.Data != 0 ||
		e.Info != unix.SCM_TSTAMP_SND {
		t.Errorf("%+v, %t", e, ok)
	}
	self, _ := s.Name()
	if _, err := s.SendTo(ctx, []byte("x"), self, 0); err != nil {
		t.Fatal(err)
	}
	if err := <-reader; err != nil {
		t.Error("the receive of data:", err)
	}
}

// TestPortUnreachable sends to a port that nobody has, and reads the ICMP error with its offender
// (X5: error queue).
func TestPortUnreachable(t *testing.T) {
	for _, c := range []struct {
		at     string
		level  constants.Level
		option constants.OptionName
		want   cmsg.ExtendedError
	}{
		{"127.0.0.1:0", constants.IPPROTO_IP, constants.IP_RECVERR, cmsg.ExtendedError{
			Errno: syscall.ECONNREFUSED, Origin: cmsg.OriginICMP, Type: 3, Code: 3,
			Offender: sockaddr.MustParse("127.0.0.1:0")}},
		{"[::1]:0", constants.IPPROTO_IPV6, constants.IPV6_RECVERR, cmsg.ExtendedError{
			Errno: syscall.ECONNREFUSED, Origin: cmsg.OriginICMP6, Type: 1, Code: 4,
			Offender: sockaddr.MustParse("[::1]:0")}},
	} {
		s, _ := bound(t, c.at)
		nobody, to := bound(t, c.at)
		if err := nobody.Connect(ctx, to); err != nil { // it hears itself alone
			t.Fatal(err)
		}
		enable(t, s, c.level, c.option)
		if _, err := s.SendTo(ctx, []byte("anybody?"), to, 0); err != nil {
			t.Fatal(err)
		}
		m := socket.Message{
			Buffers: [][]byte{make([]byte, 20)},
			Control: make([]byte, cmsg.IPError.Space()),
		}
		if err := s.ReceiveMessage(ctx, &m, constants.MSG_ERRQUEUE); err != nil {
			t.Fatal(err)
		}
		e, ok := cmsg.IPError.Find(m.Control[:m.NControl])
		if !ok || e != c.want || !errors.Is(e, syscall.ECONNREFUSED) {
			t.Errorf("%+v, %t, want %+v", e, ok, c.want)
		}
		if m.Addr != to || string(m.Buffers[0][:m.N]) != "anybody?" {
			t.Errorf("about %q to %v, want %v", m.Buffers[0][:m.N], m.Addr, to)
		}
	}
}

// TestCredentials sends and receives who sends (X5: credentials).
func TestCredentials(t *testing.T) {
	a, b, err := socket.Pair(constants.AF_UNIX, constants.SOCK_DGRAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	defer b.Close()
	enable(t, b, constants.SOL_SOCKET, constants.SO_PASSCRED)
	own := cmsg.Credentials{PID: os.Getpid(), UID: uint32(os.Getuid()), GID: uint32(os.Getgid())}
	control, err := cmsg.SCMCredentials.Append(nil, own)
	if err != nil {
		t.Fatal(err)
	}
	for _, control := range [][]byte{nil, control} {
		got, _ := transfer(t, a, b, sockaddr.Addr{}, control)
		if c, ok := cmsg.SCMCredentials.Find(got); !ok || c != own {
			t.Errorf("%+v, %t, want %+v", c, ok, own)
		}
	}
	control, err = cmsg.SCMCredentials.Append(nil, cmsg.Credentials{PID: 1 << 30})
	if err != nil {
		t.Fatal(err)
	}
	if err := a.SendMessage(ctx, &socket.Message{Control: control}, 0); err == nil {
		t.Error("the kernel took a process that does not exist")
	}
}

// TestRights passes a descriptor with the kind's own Append (X5: descriptors).
func TestRights(t *testing.T) {
	a, b, err := socket.Pair(constants.AF_UNIX, constants.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	defer b.Close()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	control, err := cmsg.SCMRights.Append(nil, []int{int(w.Fd())})
	if err != nil {
		t.Fatal(err)
	}
	got, _ := transfer(t, a, b, sockaddr.Addr{}, control)
	w.Close()
	fds, ok := cmsg.SCMRights.Find(got)
	if !ok || len(fds) != 1 {
		t.Fatal(fds, ok)
	}
	f := os.NewFile(uintptr(fds[0]), "")
	f.WriteString("hi")
	f.Close()
	text := make([]byte, 9)
	if n, err := r.Read(text); string(text[:n]) != "hi" || err != nil {
		t.Error(n, err)
	}
	for m := range cmsg.Messages(got) {
		if again := slices.Collect(m.Descriptors()); !slices.Equal(again, fds) {
			t.Error(again)
		}
	}
}

// TestDropCount overflows a small buffer (X5: drop counter). Each datagram has its number, so that
// with any of them the count is what of those before it did not come.
func TestDropCount(t *testing.T) {
	r, to := bound(t, "127.0.0.1:0")
	enable(t, r, constants.SOL_SOCKET, constants.SO_RXQ_OVFL)
	if err := sockopt.SOReceiveBuffer.Set(r, 4096); err != nil {
		t.Fatal(err)
	}
	s, _ := bound(t, "127.0.0.1:0")
	data := make([]byte, 500)
	sent, received := uint32(0), uint32(0)
	send := func() {
		t.Helper()
		binary.NativeEndian.PutUint32(data, sent)
		if _, err := s.SendTo(ctx, data, to, 0); err != nil {
			t.Fatal(err)
		}
		sent++
	}
	for range 100 {
		send()
	}
	m := socket.Message{Buffers: [][]byte{make([]byte, 500)}, Control: make([]byte, 100)}
	for counted := false; !counted; {
		for r.ReceiveMessage(ctx, &m, constants.MSG_DONTWAIT) == nil {
			number := binary.NativeEndian.Uint32(m.Buffers[0])
			dropped, ok := cmsg.SODropCount.Find(m.Control[:m.NControl])
			if dropped != number-received || ok != (dropped > 0) {
				t.Fatalf("%d received before datagram %d, and %d dropped, %t",
					received, number, dropped, ok)
			}
			received++
			counted = ok
		}
		if send(); sent > 10_000 {
			t.Fatalf("%d received of %d, and none dropped", received, sent)
		}
	}
}

// TestMark sends a datagram with a mark and receives it (X5: mark). The loopback interface keeps
// the mark of the sender.
func TestMark(t *testing.T) {
	testenv.Needs(t, testenv.NetAdmin)
	testenv.NeedsKernel(t, "5.19")
	r, to := bound(t, "127.0.0.1:0")
	enable(t, r, constants.SOL_SOCKET, constants.SO_RCVMARK)
	s, _ := bound(t, "127.0.0.1:0")
	control, err := cmsg.SOMark.Append(nil, 0xdeadbeef)
	if err != nil {
		t.Fatal(err)
	}
	got, _ := transfer(t, s, r, to, control)
	if mark, ok := cmsg.SOMark.Find(got); mark != 0xdeadbeef || !ok {
		t.Errorf("%#x, %t", mark, ok)
	}
}

// TestTransmitTime asks for a time to send at (X5: TXTIME): without a queueing discipline that
// knows it, the datagram leaves at once, and a socket that has not the option refuses.
func TestTransmitTime(t *testing.T) {
	testenv.Needs(t, testenv.TXTime)
	r, to := bound(t, "127.0.0.1:0")
	s, _ := bound(t, "127.0.0.1:0")
	var now unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &now); err != nil {
		t.Fatal(err)
	}
	control, err := cmsg.SCMTransmitTime.Append(nil, time.Duration(now.Nano())+time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.SendMessage(ctx, &socket.Message{Addr: to, Control: control}, 0); !errors.Is(err,
		syscall.EINVAL) {
		t.Error("without SO_TXTIME:", err)
	}
	raw, _ := s.SyscallConn()
	raw.Control(func(fd uintptr) {
		err = unix.SetsockoptString(int(fd), unix.SOL_SOCKET, unix.SO_TXTIME,
			"\x01\x00\x00\x00\x00\x00\x00\x00")
	})
	if err != nil {
		t.Fatal(err)
	}
	transfer(t, s, r, to, control)
}

// TestSegments sends and receives UDP_SEGMENT and UDP_GRO by hand.
func TestSegments(t *testing.T) {
	testenv.Needs(t, testenv.UDPSegment, testenv.UDPGRO)
	r, to := bound(t, "127.0.0.1:0")
	enable(t, r, constants.SOL_UDP, constants.UDP_GRO)
	s, _ := bound(t, "127.0.0.1:0")
	control, err := cmsg.UDPSegment.Append(nil, 3)
	if err != nil {
		t.Fatal(err)
	}
	got, _ := transfer(t, s, r, to, control)
	if size, ok := cmsg.UDPGRO.Find(got); size != 3 || !ok {
		t.Error(size, ok)
	}
}

// TestPriority sends a datagram with a priority and receives it, as TestMark does.
func TestPriority(t *testing.T) {
	testenv.NeedsKernel(t, "6.14")
	r, to := bound(t, "127.0.0.1:0")
	enable(t, r, constants.SOL_SOCKET, constants.SO_RCVPRIORITY)
	s, _ := bound(t, "127.0.0.1:0")
	control, err := cmsg.SOPriority.Append(nil, 5)
	if err != nil {
		t.Fatal(err)
	}
	got, _ := transfer(t, s, r, to, control)
	if priority, ok := cmsg.SOPriority.Find(got); priority != 5 || !ok {
		t.Error(priority, ok)
	}
}

// TestTimestampID numbers a datagram, and finds the number with its time stamp in the error queue.
func TestTimestampID(t *testing.T) {
	testenv.NeedsKernel(t, "6.13")
	_, to := bound(t, "127.0.0.1:0")
	s, _ := bound(t, "127.0.0.1:0")
	flags := unix.SOF_TIMESTAMPING_TX_SOFTWARE | unix.SOF_TIMESTAMPING_SOFTWARE |
		unix.SOF_TIMESTAMPING_OPT_ID | unix.SOF_TIMESTAMPING_OPT_TSONLY
	if err := sockopt.SetInt(s, constants.SOL_SOCKET, constants.SO_TIMESTAMPING,
		flags); err != nil {
		t.Fatal(err)
	}
	control, err := cmsg.SCMTimestampID.Append(nil, 1<<31+7)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.SendMessage(ctx, &socket.Message{Addr: to, Control: control}, 0); err != nil {
		t.Fatal(err)
	}
	m := socket.Message{Control: make([]byte, 256)}
	if err := s.ReceiveMessage(ctx, &m, constants.MSG_ERRQUEUE); err != nil {
		t.Fatal(err)
	}
	if e, ok := cmsg.IPError.Find(m.Control[:m.NControl]); !ok || e.Data != 1<<31+7 {
		t.Errorf("%+v, %t", e, ok)
	}
}

// TestFragmentSize receives a datagram that came in fragments.
func TestFragmentSize(t *testing.T) {
	testenv.Needs(t, testenv.IPCommand)
	ns := testenv.NetNS(t)
	ns.Run("ip", "link", "set", "lo", "mtu", "1500")
	ns.Do(func() {
		r, to := bound(t, "127.0.0.1:0")
		enable(t, r, constants.IPPROTO_IP, constants.IP_RECVFRAGSIZE)
		s, _ := bound(t, "127.0.0.1:0")
		m := socket.Message{
			Buffers: [][]byte{make([]byte, 4000)},
			Control: make([]byte, cmsg.IPFragmentSize.Space()),
		}
		if _, err := s.SendTo(ctx, m.Buffers[0], to, 0); err != nil {
			t.Fatal(err)
		}
		if err := r.ReceiveMessage(ctx, &m, 0); err != nil || m.N != 4000 {
			t.Error(m.N, err)
		}
		if size, ok := cmsg.IPFragmentSize.Find(m.Control[:m.NControl]); size != 1500 || !ok {
			t.Error(size, ok)
		}
	})
}

// TestUnread asks TCP how much is left.
func TestUnread(t *testing.T) {
	testenv.NeedsKernel(t, "4.18")
	l, err := socket.New(constants.AF_INET, constants.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if err := errors.Join(l.Bind(sockaddr.MustParse("127.0.0.1:0")), l.Listen(1)); err != nil {
		t.Fatal(err)
	}
	to, err := l.Name()
	if err != nil {
		t.Fatal(err)
	}
	s, err := socket.New(constants.AF_INET, constants.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.Connect(ctx, to); err != nil {
		t.Fatal(err)
	}
	r, _, err := l.Accept(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	enable(t, r, constants.IPPROTO_TCP, constants.TCP_INQ)
	if _, err := s.Send(ctx, make([]byte, 10), 0); err != nil {
		t.Fatal(err)
	}
	m := socket.Message{
		Buffers: [][]byte{make([]byte, 4)},
		Control: make([]byte, cmsg.TCPUnread.Space()),
	}
	if err := r.ReceiveMessage(ctx, &m, 0); err != nil || m.N != 4 {
		t.Fatal(m.N, err)
	}
	if n, ok := cmsg.TCPUnread.Find(m.Control[:m.NControl]); n != 6 || !ok {
		t.Error(n, ok)
	}
}

// TestAgreesWithXSys parses what the kernel wrote as x/sys does, and builds the same bytes.
func TestAgreesWithXSys(t *testing.T) {
	r, to := bound(t, "127.0.0.1:0")
	enable(t, r, constants.IPPROTO_IP, constants.IP_PKTINFO, constants.IP_RECVTTL,
		constants.IP_RECVTOS)
	enable(t, r, constants.SOL_SOCKET, constants.SO_TIMESTAMP)
	s, _ := bound(t, "127.0.0.1:0")
	got, _ := transfer(t, s, r, to, nil)
	theirs, err := unix.ParseSocketControlMessage(got)
	if err != nil || len(theirs) != 4 {
		t.Fatal(theirs, err)
	}
	i := 0
	for m, err := range cmsg.Messages(got) {
		h := theirs[i].Header
		if err != nil || int32(m.Level) != h.Level || int32(m.Type) != h.Type ||
			string(m.Data) != string(theirs[i].Data) {
			t.Errorf("message %d: %v, %v, want %+v", i, m, err, theirs[i])
		}
		if m.Value() == nil {
			t.Errorf("message %d: %v has no value", i, m)
		}
		i++
	}
	ours, err := cmsg.SCMRights.Append(nil, []int{5, 6, 7})
	if want := unix.UnixRights(5, 6, 7); err != nil || string(ours) != string(want) {
		t.Errorf("%v, %v, want %v", ours, err, want)
	}
	for n := range 20 {
		if cmsg.Space(n) != unix.CmsgSpace(n) {
			t.Errorf("Space(%d) is %d, want %d", n, cmsg.Space(n), unix.CmsgSpace(n))
		}
	}
}

// What was received from an IPv4 client of a socket for both versions can be sent back, also if it
// went to a group or to everybody: the kernel wants an IPv4-mapped address there, even where it is
// to choose.
func TestDualStackEcho(t *testing.T) {
	testenv.Needs(t, testenv.NetNamespaces, testenv.IPv6Loopback, testenv.Veth, testenv.IPCommand)
	here, there := testenv.NetNS(t), testenv.NetNS(t)
	device, peer := here.Veth(there, "10.9.8.1/24", "10.9.8.2/24")
	var r, s *socket.Socket
	var name sockaddr.Addr
	var link int
	here.Do(func() { r, name = bound(t, "[::]:0") })
	there.Do(func() { s, _ = bound(t, "0.0.0.0:0") })
	enable(t, r, constants.IPPROTO_IPV6, constants.IPV6_RECVPKTINFO)
	if err := sockopt.SOBroadcast.Set(s, true); err != nil {
		t.Fatal(err)
	}
	here.Do(func() {
		var err error
		if link, err = sockaddr.InterfaceIndex(device); err != nil {
			t.Fatal(err)
		}
	})
	group := netip.MustParseAddr("239.1.2.3")
	if err := sockopt.IPAddMembership.Set(r,
		sockopt.IPMembership{Group: group, Index: link}); err != nil {
		t.Fatal(err)
	}
	there.Run("ip", "route", "add", "239.0.0.0/8", "dev", peer)
	there.Run("ip", "route", "add", "255.255.255.255/32", "dev", peer)
	for _, to := range []string{"10.9.8.1:0", "239.1.2.3:0", "255.255.255.255:0"} {
		to := sockaddr.MustParse(to).WithPort(name.Port())
		control, from := transfer(t, s, r, to, nil)
		info, ok := cmsg.IPv6PacketInfo.Find(control)
		if !ok || info.Interface != link || info.Destination.Unmap() != to.IP() ||
			info.Source.IsValid() != (to.IP().Is4() && to.IP().IsPrivate()) {
			t.Errorf("%v: packet info %+v, %t", to, info, ok)
		}
		reply, err := cmsg.IPv6PacketInfo.Append(nil, info)
		if err != nil {
			t.Fatal(err)
		}
		if _, from := transfer(t, r, s, from, reply); from.Address() != "10.9.8.1" {
			t.Errorf("the answer to what went to %v came from %v", to, from)
		}
	}
}

// Extension headers and options are received as they were sent.
func TestExtensionHeaders(t *testing.T) {
	testenv.Needs(t, testenv.IPv6Loopback, testenv.NetRaw)
	r, to := bound(t, "[::1]:0")
	enable(t, r, constants.IPPROTO_IPV6, constants.IPV6_RECVHOPOPTS, constants.IPV6_RECVDSTOPTS)
	s, _ := bound(t, "[::1]:0")
	header := []byte{0, 0, 1, 4, 0, 0, 0, 0} // PadN
	control, err := cmsg.IPv6HopByHopOptions.Append(nil, header)
	if err == nil {
		control, err = cmsg.IPv6DestinationOptions.Append(control, header)
	}
	if err == nil {
		control, err = cmsg.IPv6DontFragment.Append(control, true)
	}
	if err != nil {
		t.Fatal(err)
	}
	got, _ := transfer(t, s, r, to, control)
	hop, ok := cmsg.IPv6HopByHopOptions.Find(got)
	destination, ok2 := cmsg.IPv6DestinationOptions.Find(got)
	if !ok || !ok2 || !slices.Equal(hop[1:], header[1:]) ||
		!slices.Equal(destination[1:], header[1:]) {
		// the first byte is the next header
		t.Errorf("%x, %t, %x, %t", hop, ok, destination, ok2)
	}
	// With IPV6_DONTFRAG a datagram that is too long is refused.
	long := socket.Message{
		Buffers: [][]byte{make([]byte, 65500)},
		Addr:    to,
		Control: control[cmsg.Space(8)*2:],
	}
	ns := testenv.NetNS(t)
	ns.Run("ip", "link", "set", "lo", "mtu", "1400")
	ns.Do(func() {
		near, to := bound(t, "[::1]:0")
		long.Addr = to
		if err := near.SendMessage(ctx, &long, 0); !errors.Is(err, syscall.EMSGSIZE) {
			t.Errorf("too long: %v, want EMSGSIZE", err)
		}
		long.Control = nil
		if err := near.SendMessage(ctx, &long, 0); err != nil {
			t.Errorf("in fragments: %v", err)
		}
	})
}

// The options of an IPv4 header arrive as they were sent, and as an answer needs them.
func TestIPv4Options(t *testing.T) {
	r, to := bound(t, "127.0.0.1:0")
	enable(t, r, constants.IPPROTO_IP, constants.IP_RECVOPTS, constants.IP_RECVRETOPTS)
	s, _ := bound(t, "127.0.0.1:0")
	record := []byte{7, 7, 4, 0, 0, 0, 0, 0} // record route, room for one
	control, err := cmsg.IPReturnOptions.Append(nil, record)
	if err != nil {
		t.Fatal(err)
	}
	got, _ := transfer(t, s, r, to, control)
	arrived, ok := cmsg.IPReceiveOptions.Find(got)
	answer, ok2 := cmsg.IPReturnOptions.Find(got)
	if !ok || !ok2 || len(arrived) != 8 || arrived[0] != 7 || len(answer) != 8 || answer[0] != 7 {
		t.Errorf("%x, %t, %x, %t", arrived, ok, answer, ok2)
	}
}

// One message asks for a stamp, though the socket's option reports none.
func TestTimestampingRequest(t *testing.T) {
	testenv.NeedsKernel(t, "5.1")
	s, _ := bound(t, "127.0.0.1:0")
	_, to := bound(t, "127.0.0.1:0")
	if err := sockopt.SOTimestamping.Set(s, constants.SOF_TIMESTAMPING_SOFTWARE); err != nil {
		t.Fatal(err)
	}
	control, err := cmsg.SOTimestamping.Append(nil, constants.SOF_TIMESTAMPING_TX_SOFTWARE)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.SendMessage(ctx,
		&socket.Message{Buffers: [][]byte{{1}}, Addr: to, Control: control}, 0); err != nil {
		t.Fatal(err)
	}
	m := socket.Message{Buffers: [][]byte{make([]byte, 100)}, Control: make([]byte, 512)}
	if err := s.ReceiveMessage(ctx, &m, constants.MSG_ERRQUEUE); err != nil {
		t.Fatal(err)
	}
	if got, ok := cmsg.SCMTimestamping.Find(m.Control[:m.NControl]); !ok || got.Software.IsZero() {
		t.Error(got, ok)
	}
}

// A message of netlink says the group that it was sent to.
func TestNetlinkGroup(t *testing.T) {
	testenv.Needs(t, testenv.NetNamespaces, testenv.IPCommand)
	ns := testenv.NetNS(t)
	var s *socket.Socket
	ns.Do(func() {
		var err error
		if s, err = socket.New(constants.AF_NETLINK, constants.SOCK_RAW,
			constants.NETLINK_ROUTE); err != nil {
			t.Fatal(err)
		}
	})
	defer s.Close()
	group, err := sockaddr.Netlink(
		sockaddr.NetlinkAddr{Groups: 1 << (constants.RTNLGRP_IPV4_IFADDR - 1)})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Bind(group); err != nil {
		t.Fatal(err)
	}
	enable(t, s, constants.SOL_NETLINK, constants.NETLINK_PKTINFO,
		constants.NETLINK_LISTEN_ALL_NSID)
	ns.Run("ip", "address", "add", "10.1.1.1/32", "dev", "lo")
	m := socket.Message{Buffers: [][]byte{make([]byte, 4096)}, Control: make([]byte, 512)}
	if err := s.ReceiveMessage(ctx, &m, 0); err != nil {
		t.Fatal(err)
	}
	if got, ok := cmsg.NetlinkPacketInfo.Find(m.Control[:m.NControl]); !ok ||
		got != constants.RTNLGRP_IPV4_IFADDR {
		t.Error(got, ok)
	}
}

// An answer comes from the address that was asked, also if it is not the interface's first, and
// though the message names the interface as well.
func TestPacketInfoOfSecondAddress(t *testing.T) {
	testenv.Needs(t, testenv.NetNamespaces, testenv.Veth, testenv.IPCommand)
	here, there := testenv.NetNS(t), testenv.NetNS(t)
	device, _ := here.Veth(there, "10.9.8.1/24", "10.9.8.2/24")
	here.Run("ip", "address", "add", "10.9.8.7/24", "dev", device)
	var r, s *socket.Socket
	var name sockaddr.Addr
	here.Do(func() { r, name = bound(t, "0.0.0.0:0") })
	there.Do(func() { s, _ = bound(t, "0.0.0.0:0") })
	enable(t, r, constants.IPPROTO_IP, constants.IP_PKTINFO)
	for _, asked := range []string{"10.9.8.1", "10.9.8.7"} {
		control, from := transfer(t, s, r, sockaddr.MustParse(asked).WithPort(name.Port()), nil)
		info, ok := cmsg.IPPacketInfo.Find(control)
		if !ok || info.Interface == 0 || info.Source.String() != asked {
			t.Errorf("%s: %+v, %t", asked, info, ok)
		}
		reply, err := cmsg.IPPacketInfo.Append(nil, info)
		if err != nil {
			t.Fatal(err)
		}
		if _, from := transfer(t, r, s, from, reply); from.Address() != asked {
			t.Errorf("the answer came from %v, not from %s", from, asked)
		}
	}
}

// A datagram of IPv4 brings both kinds of packet information to a socket for both versions that
// asks for both.
func TestBothPacketInfos(t *testing.T) {
	testenv.Needs(t, testenv.IPv6Loopback)
	r, name := bound(t, "[::]:0")
	enable(t, r, constants.IPPROTO_IP, constants.IP_PKTINFO)
	enable(t, r, constants.IPPROTO_IPV6, constants.IPV6_RECVPKTINFO)
	s, to := bound(t, "127.0.0.1:0")
	control, _ := transfer(t, s, r, to.WithPort(name.Port()), nil)
	four, ok := cmsg.IPPacketInfo.Find(control)
	six, ok2 := cmsg.IPv6PacketInfo.Find(control)
	if !ok || !ok2 || four.Source != to.IP() || six.Source.Unmap() != to.IP() ||
		four.Interface != six.Interface {
		t.Errorf("%+v, %t, %+v, %t", four, ok, six, ok2)
	}
}
