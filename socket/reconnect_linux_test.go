package socket_test

import (
	"context"
	"fmt"
	"net"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/internal/testenv"
	"example.com/bsdsocket/sockaddr"
	"example.com/bsdsocket/socket"
)

// A UDP socket that is connected again sends from the address that a new socket would have, unless
// it was bound to one; it has its port still, and what it was bound to.
func TestConnectAgain(t *testing.T) {
	ns := testenv.NetNS(t)
	ns.Run("ip", "address", "add", "10.1.0.1/32", "dev", "lo")
	ns.Run("ip", "address", "add", "fd00:1::1/128", "dev", "lo", "nodad")
	local := linkLocal(t, ns).WithPort(9).String()
	index := 1 // lo
	for _, test := range []struct {
		what          string
		bind          string
		device        bool
		first, second string
		from          string // the second name's address
		otherPort     bool
	}{
		{what: "IPv4", first: "127.0.0.1:9", second: "10.1.0.1:9", from: "10.1.0.1"},
		{what: "IPv4, back", first: "10.1.0.1:9", second: "127.0.0.1:9", from: "127.0.0.1"},
		{what: "IPv6", first: "[::1]:9", second: "[fd00:1::1]:9", from: "fd00:1::1"},
		{what: "mapped", first: "[::ffff:127.0.0.1]:9", second: "[fd00:1::1]:9", from: "fd00:1::1"},
		{what: "link-local before", first: local, second: "[::1]:9", from: "::1"},
		{
			what:   "any port",
			bind:   "0.0.0.0:0",
			first:  "127.0.0.1:9",
			second: "10.1.0.1:9",
			from:   "10.1.0.1",
		},
		{
			what:   "a port",
			bind:   "0.0.0.0:4711",
			first:  "127.0.0.1:9",
			second: "10.1.0.1:9",
			from:   "10.1.0.1",
		},
		{
			what:   "a port, IPv6",
			bind:   "[::]:4711",
			first:  "[::1]:9",
			second: "[fd00:1::1]:9",
			from:   "fd00:1::1",
		},
		{
			what:   "an address",
			bind:   "127.0.0.1:0",
			first:  "127.0.0.1:9",
			second: "10.1.0.1:9",
			from:   "127.0.0.1",
		},
		// as before
		{
			what:   "a device",
			device: true,
			first:  "127.0.0.1:9",
			second: "10.1.0.1:9",
			from:   "127.0.0.1",
		},
	} {
		t.Run(test.what, func(t *testing.T) {
			first, second := sockaddr.MustParse(test.first), sockaddr.MustParse(test.second)
			s, err := socket.NewIn(ns.Path(), first.Family(), constants.SOCK_DGRAM, 0)
			ok(t, err)
			defer s.Close()
			if test.device {
				option(t, s, constants.SOL_SOCKET, constants.SO_BINDTOIFINDEX, index)
			}
			if test.bind != "" {
				ok(t, s.Bind(sockaddr.MustParse(test.bind)))
			}
			ok(t, s.Connect(ctx, first))
			before := name(t, s)
			ok(t, s.Connect(ctx, second))
			after := name(t, s)
			if got := after.Address(); got != test.from {
				t.Errorf("connected to %v and then %v, the name is %v; want %s",
					first, second, after, test.from)
			}
			if after.Port() != before.Port() {
				t.Errorf("the port was %d, and is %d", before.Port(), after.Port())
			}
			if peer, err := s.PeerName(); peer != second || err != nil {
				t.Errorf("the peer is %v, %v", peer, err)
			}
			// A Connect that is over before it tries loses nothing.
			cancelled, cancel := context.WithCancel(ctx)
			cancel()
			is(t, s.Connect(cancelled, first), context.Canceled)
			if peer, err := s.PeerName(); peer != second || err != nil || name(t, s) != after {
				t.Errorf("after a Connect that was cancelled the peer is %v, %v", peer, err)
			}
			ok(t, s.Disconnect())
			if peer, err := s.PeerName(); peer.IsValid() || err != nil {
				t.Errorf("disconnected, the peer is %v, %v", peer, err)
			}
			got, err := unix.GetsockoptInt(s.FD(), unix.SOL_SOCKET, unix.SO_BINDTOIFINDEX)
			ok(t, err)
			if want := map[bool]int{true: index}[test.device]; got != want {
				t.Errorf("disconnected, it is bound to device %d, want %d", got, want)
			}
		})
	}
}

// linkLocal gives a namespace a link-local address, whose interface is a number here.
func linkLocal(t testing.TB, ns *testenv.NS) (at sockaddr.Addr) {
	t.Helper()
	name, _ := ns.Veth(testenv.NetNS(t), "fe80::99/64", "fe80::98/64")
	var link *net.Interface
	var err error
	ns.Do(func() { link, err = net.InterfaceByName(name) })
	ok(t, err)
	return sockaddr.MustParse(fmt.Sprintf("[fe80::99%%%d]:0", link.Index))
}

// A listener stays one: Linux would drop its queue.
func TestDisconnectListener(t *testing.T) {
	l := listening(t, loopback, 1)
	is(t, l.Disconnect(), syscall.EINVAL)
	client, server := join(t, l)
	talk(t, client, server)
}

// Names and peers of families whose kernel has none.
func TestNamesOfOtherFamilies(t *testing.T) {
	testenv.Needs(t, testenv.Root)
	for _, k := range []struct {
		family   constants.Family
		typ      constants.SocketType
		protocol constants.Protocol
	}{
		{constants.AF_PACKET, constants.SOCK_RAW, 0},
		{constants.AF_PACKET, constants.SOCK_DGRAM, constants.Protocol(constants.Htons(0x88b5))},
		{constants.AF_XDP, constants.SOCK_RAW, 0},
		{constants.AF_NETLINK, constants.SOCK_RAW, constants.NETLINK_ROUTE},
		{constants.AF_VSOCK, constants.SOCK_STREAM, 0},
		{constants.AF_INET, constants.SOCK_RAW, constants.IPPROTO_ICMP},
		{constants.AF_INET6, constants.SOCK_RAW, constants.IPPROTO_ICMPV6},
	} {
		s, err := socket.New(k.family, k.typ, k.protocol)
		if err != nil {
			t.Logf("%v: %v", k.family, err)
			continue
		}
		defer s.Close()
		for what, get := range map[string]func() (sockaddr.Addr, error){"name": s.Name,
			"peer": s.PeerName} {
			if a, err := get(); a.IsValid() || err != nil {
				t.Errorf("%v: the %s is %v, %v", s, what, a, err)
			}
		}
	}
	// A peer that was asked for is one: the kernel.
	s := open(t, constants.AF_NETLINK, constants.SOCK_RAW, constants.NETLINK_ROUTE)
	kernel, err := sockaddr.Netlink(sockaddr.NetlinkAddr{})
	ok(t, err)
	ok(t, s.Connect(ctx, kernel))
	if peer, err := s.PeerName(); peer != kernel || err != nil {
		t.Errorf("the peer is %v, %v; want %v", peer, err, kernel)
	}
	p, err := sockaddr.Packet(sockaddr.PacketAddr{Protocol: 0x88b5, Interface: 1})
	ok(t, err)
	s = bound(t, constants.SOCK_RAW, p)
	if n := name(t, s); n.Family() != constants.AF_PACKET {
		t.Errorf("the name is %v", n)
	}
}

// Accept, Connect, Name and PeerName look no interface up, though a link-local address has one: to
// list them costs dozens of allocations.
func TestAllocationsOfScopes(t *testing.T) {
	if raceDetector {
		t.Skip("needs a build without the race detector, under which sync.Pool forgets at random")
	}
	ns := testenv.NetNS(t)
	at := linkLocal(t, ns)
	inside := func(typ constants.SocketType) *socket.Socket {
		s, err := socket.NewIn(ns.Path(), constants.AF_INET6, typ, 0)
		ok(t, err)
		t.Cleanup(func() { s.Close() })
		return s
	}
	l := inside(constants.SOCK_STREAM)
	ok(t, l.Bind(at))
	ok(t, l.Listen(1000))
	to := name(t, l)
	clients := make([]*socket.Socket, 201)
	for i := range clients {
		clients[i] = inside(constants.SOCK_STREAM)
	}
	var err error
	check := func(e error) {
		if e != nil {
			err = e
		}
	}
	i := 0
	allocations(t, "Connect", 8, func() {
		check(clients[i].Connect(ctx, to))
		i++
	})
	ok(t, err)
	set(t, l, func(p *socket.Params) { p.AcceptTimeout = patience })
	allocations(t, "Name and PeerName", 0, func() {
		check(second(clients[0].Name()))
		check(second(clients[0].PeerName()))
	})
	allocations(t, "Accept", 4, func() {
		s, _, e := l.Accept(ctx)
		if check(e); e == nil {
			s.Close()
		}
	})
	ok(t, err)
}
