package sockopt_test

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/internal/testenv"
	"example.com/bsdsocket/socket"
	"example.com/bsdsocket/socket/cmsg"
	"example.com/bsdsocket/sockopt"
)

// receiveMessage receives a datagram with its control messages.
func receiveMessage(t *testing.T, s *socket.Socket, flags constants.MsgFlag) *socket.Message {
	t.Helper()
	m := &socket.Message{Buffers: [][]byte{make([]byte, 2048)}, Control: make([]byte, 512)}
	if err := s.ReceiveMessage(soon(t), m, flags); err != nil {
		t.Fatalf("receiving: %v", err)
	}
	m.Control = m.Control[:m.NControl]
	return m
}

// TestDualStackSends sends from an IPv6 socket to an IPv4 peer with the options of both versions
// set to different numbers: IPv4's count, as the package's doc has it, and of the two loop options
// IPv6's.
func TestDualStackSends(t *testing.T) {
	testenv.Needs(t, testenv.IPv6Loopback)
	ns := testenv.NetNS(t)
	dual, four := udp(t, ns, "[::]:4000"), udp(t, ns, "127.0.0.1:4001")
	must(t, sockopt.IPReceiveTimeToLive.Set(four, true))
	must(t, sockopt.IPReceiveTypeOfService.Set(four, true))
	must(t, sockopt.IPv6UnicastHops.Set(dual, 11))
	must(t, sockopt.IPTimeToLive.Set(dual, 22))
	must(t, sockopt.IPv6TrafficClass.Set(dual, 0x20))
	must(t, sockopt.IPTypeOfService.Set(dual, 0x40))
	send(t, dual, "[::ffff:127.0.0.1]:4001", "x")
	m := receiveMessage(t, four, 0)
	if ttl, ok := cmsg.IPTimeToLive.Find(m.Control); fmt.Sprint(ttl) != "22" || !ok {
		t.Errorf("time to live %v, %v", ttl, ok)
	}
	if tos, ok := cmsg.IPTypeOfService.Find(m.Control); fmt.Sprint(tos) != "64" || !ok {
		t.Errorf("type of service %v, %v", tos, ok)
	}

	// Path MTU discovery: IPv6's says never fragment, IPv4's says always.
	ns.Run("ip", "link", "set", "lo", "mtu", "1500")
	large := strings.Repeat("x", 3000)
	must(t, sockopt.IPv6MTUDiscover.Set(dual, sockopt.PathMTUDo))
	must(t, sockopt.IPv6DontFragment.Set(dual, true))
	must(t, sockopt.IPMTUDiscover.Set(dual, sockopt.PathMTUDont))
	send(t, dual, "[::ffff:127.0.0.1]:4001", large)
	must(t, sockopt.IPv6MTUDiscover.Set(dual, sockopt.PathMTUDont))
	must(t, sockopt.IPv6DontFragment.Set(dual, false))
	must(t, sockopt.IPMTUDiscover.Set(dual, sockopt.PathMTUDo))
	if _, err := dual.SendTo(soon(t), []byte(large), addr("[::ffff:127.0.0.1]:4001"),
		0); !errors.Is(err, syscall.EMSGSIZE) {
		t.Errorf("with IP_MTU_DISCOVER at DO: %v", err)
	}

	// Groups: the interface and the hops are IPv4's, the loop is IPv6's.
	here, _ := ns.Veth(testenv.NetNS(t), "10.9.9.1/24", "10.9.9.2/24", "fd09::1/64", "fd09::2/64")
	index := indexOf(t, ns, here)
	hears := udp(t, ns, "239.1.2.3:4002")
	must(t, sockopt.IPAddMembership.Set(hears,
		sockopt.IPMembership{Group: ip("239.1.2.3"), Index: index}))
	must(t, sockopt.IPReceiveTimeToLive.Set(hears, true))
	must(t, sockopt.IPMulticastInterface.Set(dual, sockopt.IPInterface{Index: index}))
	must(t, sockopt.IPv6MulticastHops.Set(dual, 5))
	must(t, sockopt.IPMulticastTimeToLive.Set(dual, 6))
	must(t, sockopt.IPv6MulticastLoop.Set(dual, false))
	must(t, sockopt.IPMulticastLoop.Set(dual, true))
	send(t, dual, "[::ffff:239.1.2.3]:4002", "unheard")
	must(t, sockopt.IPv6MulticastLoop.Set(dual, true))
	must(t, sockopt.IPMulticastLoop.Set(dual, false))
	send(t, dual, "[::ffff:239.1.2.3]:4002", "heard")
	m = receiveMessage(t, hears, 0)
	if text := string(m.Buffers[0][:m.N]); text != "heard" {
		t.Errorf("the group got %q", text)
	}
	if ttl, _ := cmsg.IPTimeToLive.Find(m.Control); fmt.Sprint(ttl) != "6" {
		t.Errorf("it came with a time to live of %v", ttl)
	}
}

// TestDualStackReceives receives at an IPv6 socket from an IPv4 peer: what brings control messages
// for it are IPv4's options, but for the packet information.
func TestDualStackReceives(t *testing.T) {
	testenv.Needs(t, testenv.IPv6Loopback)
	ns := testenv.NetNS(t)
	dual, four := udp(t, ns, "[::]:4000"), udp(t, ns, "127.0.0.1:0")
	got := func() (kinds []string) {
		send(t, four, "127.0.0.1:4000", "x")
		for m, err := range cmsg.Messages(receiveMessage(t, dual, 0).Control) {
			must(t, err)
			kinds = append(kinds, m.Type.String())
		}
		return kinds
	}
	for _, o := range []sockopt.Option[bool]{
		sockopt.IPv6ReceiveHopLimit, sockopt.IPv6ReceiveTrafficClass,
		sockopt.IPv6ReceiveOriginalDestination,
		sockopt.IPv6ReceiveFragmentSize, sockopt.IPv6FlowInfo,
	} {
		must(t, o.Set(dual, true))
	}
	if kinds := got(); len(kinds) != 0 {
		t.Errorf("IPv6's options brought %v", kinds)
	}
	must(t, sockopt.IPv6ReceivePacketInfo.Set(dual, true))
	send(t, four, "127.0.0.1:4000", "x")
	if info, ok := cmsg.IPv6PacketInfo.Find(receiveMessage(t, dual, 0).Control); !ok {
		t.Errorf("no packet information: %v", info)
	}
	must(t, sockopt.IPv6ReceivePacketInfo.Set(dual, false))
	must(t, sockopt.IPReceiveTimeToLive.Set(dual, true))
	must(t, sockopt.IPReceiveTypeOfService.Set(dual, true))
	must(t, sockopt.IPReceiveOriginalDestination.Set(dual, true))
	if kinds := got(); len(kinds) != 3 {
		t.Errorf("IPv4's options brought %v", kinds)
	}

	// Errors: only with IP_RECVERR do they reach the queue.
	must(t, dual.Connect(soon(t), addr("[::ffff:127.0.0.1]:9")))
	must(t, sockopt.IPv6ReceiveError.Set(dual, true))
	refused := func() bool {
		dual.Send(soon(t), []byte("x"), 0)
		dual.Receive(soon(t), make([]byte, 9), 0) // the refusal
		m := &socket.Message{Buffers: [][]byte{make([]byte, 64)}, Control: make([]byte, 512)}
		return dual.ReceiveMessage(soon(t), m, constants.MSG_ERRQUEUE|constants.MSG_DONTWAIT) == nil
	}
	if refused() {
		t.Error("IPV6_RECVERR queued an error of IPv4")
	}
	must(t, sockopt.IPReceiveError.Set(dual, true))
	if !refused() {
		t.Error("IP_RECVERR queued none")
	}
}

// TestDualStackMinimumHops: IPV6_MINHOPCOUNT does not keep an IPv4 peer out, and IP_MINTTL does.
func TestDualStackMinimumHops(t *testing.T) {
	testenv.Needs(t, testenv.IPv6Loopback)
	ns := testenv.NetNS(t)
	l := boundTo(t, in(t, ns, constants.AF_INET6, constants.SOCK_STREAM, 0), "[::]:4000")
	must(t, sockopt.IPv6MinimumHopCount.Set(l, 255))
	must(t, l.Listen(8))
	client := in(t, ns, constants.AF_INET, constants.SOCK_STREAM, 0)
	must(t, sockopt.IPTimeToLive.Set(client, 64))
	must(t, client.Connect(soon(t), addr("127.0.0.1:4000")))
	must(t, sockopt.IPMinimumTimeToLive.Set(l, 255))
	dropped := counter(t, ns, "TCPMinTTLDrop")
	far := in(t, ns, constants.AF_INET, constants.SOCK_STREAM, 0)
	must(t, sockopt.TCPSYNCount.Set(far, 1))
	must(t, sockopt.IPTimeToLive.Set(far, 64))
	must(t, far.SetParams(socket.Params{ConnectTimeout: 1200 * time.Millisecond}))
	if err := far.Connect(soon(t), addr("127.0.0.1:4000")); err == nil {
		t.Error("with IP_MINTTL too the client came in")
	}
	if counter(t, ns, "TCPMinTTLDrop") == dropped {
		t.Error("no segment was dropped for its time to live")
	}
	near := in(t, ns, constants.AF_INET, constants.SOCK_STREAM, 0)
	must(t, sockopt.IPTimeToLive.Set(near, 255))
	must(t, near.Connect(soon(t), addr("127.0.0.1:4000")))
}

// TestMD5OnDualStack: a key's address becomes one of the socket's family.
func TestMD5OnDualStack(t *testing.T) {
	testenv.Needs(t, testenv.TCPMD5, testenv.IPv6Loopback)
	for name, set := range map[string]func(s *socket.Socket) error{
		"an address": func(s *socket.Socket) error {
			return sockopt.TCPMD5Signature.Set(s,
				sockopt.MD5Signature{Address: ip("127.0.0.1"), Key: []byte("k")})
		},
		"a mapped address": func(s *socket.Socket) error {
			return sockopt.TCPMD5Signature.Set(s,
				sockopt.MD5Signature{Address: ip("::ffff:127.0.0.1"), Key: []byte("k")})
		},
		"a prefix": func(s *socket.Socket) error {
			return sockopt.TCPMD5SignatureExtended.Set(s,
				sockopt.MD5SignatureExtended{Prefix: prefix("127.0.0.0/8"), Key: []byte("k")})
		},
		"a mapped prefix": func(s *socket.Socket) error {
			return sockopt.TCPMD5SignatureExtended.Set(s,
				sockopt.MD5SignatureExtended{Prefix: prefix("::ffff:127.0.0.0/104"),
					Key: []byte("k")})
		},
	} {
		t.Run(name, func(t *testing.T) {
			ns := testenv.NetNS(t)
			l := boundTo(t, in(t, ns, constants.AF_INET6, constants.SOCK_STREAM, 0), "[::]:4000")
			must(t, set(l))
			must(t, l.Listen(8))
			client := in(t, ns, constants.AF_INET, constants.SOCK_STREAM, 0)
			must(t, set(client))
			must(t, client.Connect(soon(t), addr("127.0.0.1:4000")))
			server, _, err := l.Accept(soon(t))
			must(t, err)
			defer server.Close()
			exchange(t, client, server, "signed")
		})
	}
	four, six := fresh(t, "tcp4"), fresh(t, "tcp6")
	for what, err := range map[string]error{
		"a zone": sockopt.TCPMD5Signature.Set(six,
			sockopt.MD5Signature{Address: ip("fe80::1%lo"), Key: []byte("k")}),
		"IPv6 on IPv4": sockopt.TCPMD5Signature.Set(four,
			sockopt.MD5Signature{Address: ip("fd00::1"), Key: []byte("k")}),
		"a prefix of IPv6": sockopt.TCPMD5SignatureExtended.Set(four,
			sockopt.MD5SignatureExtended{Prefix: prefix("fd00::/8"), Key: []byte("k")}),
		"more than the mapped": sockopt.TCPMD5SignatureExtended.Set(six,
			sockopt.MD5SignatureExtended{Prefix: prefix("::ffff:0.0.0.0/90"), Key: []byte("k")}),
	} {
		if !errors.Is(err, socket.ErrValue) {
			t.Errorf("%s: %v, want %v", what, err, socket.ErrValue)
		}
	}
}

// TestTimestampsOf64Bits: where an int has 32 bits the time stamps asked for are the ones that go
// on after 2038.
func TestTimestampsOf64Bits(t *testing.T) {
	testenv.Needs(t, ownKernel)
	for _, o := range []sockopt.Option[bool]{sockopt.SOTimestamp, sockopt.SOTimestampNanoseconds} {
		ns := testenv.NetNS(t)
		receiver, sender := udp(t, ns, "127.0.0.1:4000"), udp(t, ns, "127.0.0.1:0")
		must(t, o.Set(receiver, true))
		if on, err := o.Get(receiver); !on || err != nil {
			t.Errorf("%s: %v, %v", o.Info().GoName, on, err)
		}
		send(t, sender, "127.0.0.1:4000", "x")
		seen := 0
		for m, err := range cmsg.Messages(receiveMessage(t, receiver, 0).Control) {
			must(t, err)
			seen++
			if len(m.Data) != 16 {
				t.Errorf("%s: %d bytes on %d bits", o.Info().GoName, len(m.Data), strconv.IntSize)
			}
		}
		if seen != 1 {
			t.Errorf("%s: %d control messages", o.Info().GoName, seen)
		}
		must(t, o.Set(receiver, false))
		if on, err := o.Get(receiver); on || err != nil {
			t.Errorf("%s switched off: %v, %v", o.Info().GoName, on, err)
		}
	}
	s := fresh(t, "udp4")
	want := sockopt.TimestampingRxSoftware | sockopt.TimestampingSoftware
	must(t, sockopt.SOTimestamping.Set(s, want))
	if got, err := sockopt.SOTimestamping.Get(s); got != want || err != nil {
		t.Errorf("SO_TIMESTAMPING: %v, %v", got, err)
	}
	if strconv.IntSize == 32 {
		if n, err := sockopt.GetInt(s, constants.SOL_SOCKET,
			constants.SO_TIMESTAMPING_NEW); n != int(want) || err != nil {
			t.Errorf("SO_TIMESTAMPING_NEW: %v, %v", n, err)
		}
	}
}
