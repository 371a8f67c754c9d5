package sockopt_test

import (
	"errors"
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

// The tests of this file show what kernels do in silence, in the docs' words.

// pairOf is a namespace with an interface, whose other end is in a second one.
func pairOf(t *testing.T) (ns *testenv.NS, name string, index int) {
	t.Helper()
	testenv.Needs(t, ownKernel, testenv.NetAdmin)
	ns = testenv.NetNS(t)
	other := testenv.NetNS(t)
	name, _ = ns.Veth(other, "10.9.0.1/24", "10.9.0.2/24", "fd09::1/64", "fd09::2/64")
	settled(t, ns, other)
	return ns, name, indexOf(t, ns, name)
}

// TestBoundToIndex: a socket bound to an interface by its name is bound to its index: a new name
// changes nothing, and a new interface of the old name is another one.
func TestBoundToIndex(t *testing.T) {
	ns, name, index := pairOf(t)
	s := in(t, ns, constants.AF_INET, constants.SOCK_DGRAM, 0)
	must(t, sockopt.SOBindToDevice.Set(s, name))
	ns.Run("ip", "link", "set", name, "down")
	ns.Run("ip", "link", "set", name, "name", "renamed0")
	if got, err := sockopt.SOBindToDevice.Get(s); got != "renamed0" || err != nil {
		t.Errorf("after a new name: %q, %v", got, err)
	}
	ns.Run("ip", "link", "del", "renamed0")
	ns.Run("ip", "link", "add", name, "type", "veth", "peer", "name", "peer0")
	got, err := sockopt.SOBindToDevice.Get(s)
	if !errors.Is(err, syscall.ENODEV) {
		t.Errorf("of an interface that is gone: %q, %v", got, err)
	}
	if got, err := sockopt.SOBindToInterfaceIndex.Get(s); got != index || err != nil {
		t.Errorf("its index is %d, %v; was %d", got, err, index)
	}
	if _, err := s.SendTo(soon(t), []byte("x"), addr("10.9.0.2:9"), 0); err == nil {
		t.Error("sending through an interface that is gone worked")
	} else {
		t.Log(err)
	}
}

// TestMembershipDies: a membership ends with its interface, and the socket's record of it does not.
func TestMembershipDies(t *testing.T) {
	testenv.Needs(t, ownKernel, testenv.NetAdmin)
	ns := testenv.NetNS(t)
	add := func() {
		ns.Run("ip", "link", "add", "v0", "index", "77", "type", "veth", "peer", "name", "v1")
	}
	up := func() {
		ns.Run("ip", "addr", "add", "10.9.0.1/24", "dev", "v0")
		ns.Run("ip", "link", "set", "v0", "up")
		ns.Run("ip", "link", "set", "v1", "up")
	}
	add()
	up()
	s := udp(t, ns, "0.0.0.0:4000")
	v6 := udp(t, ns, "[::]:4001")
	group, group6 := sockopt.IPMembership{Group: ip("239.1.2.3"), Index: 77},
		sockopt.IPv6Membership{Group: ip("ff02::77"), Index: 77}
	must(t, sockopt.IPAddMembership.Set(s, group))
	must(t, sockopt.IPv6JoinGroup.Set(v6, group6))
	ns.Run("ip", "link", "del", "v0")
	add()
	up()
	if joined := ns.Run("ip", "maddr", "show", "dev", "v0"); strings.Contains(joined,
		"239.1.2.3") || strings.Contains(joined, "ff02::77") {
		t.Errorf("the new interface is a member: %s", joined)
	}
	err4, err6 := sockopt.IPAddMembership.Set(s, group), sockopt.IPv6JoinGroup.Set(v6, group6)
	if !errors.Is(err4, syscall.EADDRINUSE) || !errors.Is(err6, syscall.EADDRINUSE) {
		t.Errorf("joining again: %v, %v", err4, err6)
	}
	must(t, sockopt.IPDropMembership.Set(s, group))
	must(t, sockopt.IPv6LeaveGroup.Set(v6, group6))
	must(t, sockopt.IPAddMembership.Set(s, group))
	must(t, sockopt.IPv6JoinGroup.Set(v6, group6))
}

// TestNetlinkBindForgets: bind(2) sets the groups from 1 to 32 anew.
func TestNetlinkBindForgets(t *testing.T) {
	s := fresh(t, "netlink")
	must(t, sockopt.NetlinkAddMembership.Set(s, unix.RTNLGRP_LINK))
	own, err := sockaddr.Netlink(sockaddr.NetlinkAddr{})
	must(t, err)
	must(t, s.Bind(own))
	if groups, err := sockopt.NetlinkListMemberships.Get(s); err != nil || len(groups) > 0 &&
		groups[0] != 0 {
		t.Errorf("after bind: %v, %v", groups, err)
	}
	must(t, sockopt.NetlinkAddMembership.Set(s, unix.RTNLGRP_LINK))
	if groups, err := sockopt.NetlinkListMemberships.Get(s); err != nil || len(groups) == 0 ||
		groups[0] == 0 {
		t.Errorf("joined after bind: %v, %v", groups, err)
	}
}

// TestReusePortIndex: when a member of a group closes, the last one takes its index.
func TestReusePortIndex(t *testing.T) {
	ns := testenv.NetNS(t)
	var members []*socket.Socket
	for range 3 {
		s := in(t, ns, constants.AF_INET, constants.SOCK_DGRAM, 0)
		must(t, sockopt.SOReusePort.Set(s, true))
		members = append(members, boundTo(t, s, "127.0.0.1:4000"))
	}
	first := []sockopt.BPFInstruction{{Op: unix.BPF_RET | unix.BPF_K, K: 0}}
	must(t, sockopt.SOAttachReusePortCBPF.Set(members[0], first))
	sender := udp(t, ns, "127.0.0.1:0")
	send(t, sender, "127.0.0.1:4000", "one")
	if text, _ := receive(t, members[0]); text != "one" {
		t.Errorf("member 0 got %q", text)
	}
	members[0].Close()
	send(t, sender, "127.0.0.1:4000", "two")
	if text, _ := receive(t, members[2]); text != "two" {
		t.Errorf("the last member got %q", text)
	}
}

// TestDontFragment: a datagram that is too large is refused, and the next receive tells of it in a
// datagram that is empty.
func TestDontFragment(t *testing.T) {
	testenv.Needs(t, testenv.IPv6Loopback)
	ns := testenv.NetNS(t)
	ns.Run("ip", "link", "set", "lo", "mtu", "1500")
	s := udp(t, ns, "[::1]:4000")
	must(t, sockopt.IPv6DontFragment.Set(s, true))
	large := make([]byte, 3000)
	if _, err := s.SendTo(soon(t), large, addr("[::1]:4001"), 0); !errors.Is(err,
		syscall.EMSGSIZE) {
		t.Errorf("too large: %v", err)
	}
	must(t, sockopt.IPv6ReceivePathMTU.Set(s, true))
	s.SendTo(soon(t), large, addr("[::1]:4001"), 0)
	m := receiveMessage(t, s, 0)
	if mtu, ok := cmsg.IPv6PathMTU.Find(m.Control); m.N != 0 || !ok {
		t.Errorf("received %d bytes, path MTU %v, %v", m.N, mtu, ok)
	}
}

// TestZoneOfWideGroups: the zone of a group of site scope, which sends take no notice of, is the
// interface to join it on.
func TestZoneOfWideGroups(t *testing.T) {
	ns, name, index := pairOf(t)
	ns.Do(func() {
		s, err := socket.New(constants.AF_INET6, constants.SOCK_DGRAM, 0)
		must(t, err)
		defer s.Close()
		must(t, sockopt.IPv6JoinGroup.Set(s, sockopt.IPv6Membership{Group: ip("ff05::77%" + name)}))
		if _, err := sockopt.MCASTSourceFilter.Get(s,
			sockopt.GroupSources{Group: ip("ff05::77"), Index: index}); err != nil {
			t.Errorf("it is not joined on %s: %v", name, err)
		}
	})
}

// TestZonesOfSends: a datagram to a group of an interface or a link leaves by the scope id of its
// address. To a wider group the kernel takes no notice of that, and an Addr has none: the option
// counts, and a control message more.
func TestZonesOfSends(t *testing.T) {
	testenv.Needs(t, ownKernel, testenv.NetAdmin)
	ns := testenv.NetNS(t)
	var index [2]int
	for i, net := range []string{"1", "2"} {
		other := testenv.NetNS(t)
		name, _ := ns.Veth(other, "10.9."+net+".1/24", "10.9."+net+".2/24", "fd09:"+net+"::1/64",
			"fd09:"+net+"::2/64")
		settled(t, ns, other)
		index[i] = indexOf(t, ns, name)
	}
	receiver, sender := udp(t, ns, "[::]:4000"), udp(t, ns, "[::]:0")
	must(t, sockopt.IPv6ReceivePacketInfo.Set(receiver, true))
	groups := []string{"ff01::77", "ff11::77", "ff02::77", "ff12::77", "ff05::77", "ff0e::77"}
	for _, group := range groups {
		for _, i := range index {
			must(t, sockopt.IPv6JoinGroup.Set(receiver,
				sockopt.IPv6Membership{Group: ip(group), Index: i}))
		}
	}
	// left is the interface by which a datagram has left that comes back to this host.
	left := func() int {
		t.Helper()
		info, ok := cmsg.IPv6PacketInfo.Find(receiveMessage(t, receiver, 0).Control)
		if !ok {
			t.Fatal("no packet information")
		}
		return info.Interface
	}
	for _, group := range groups {
		scoped := strings.HasSuffix(group[:4], "1") || strings.HasSuffix(group[:4], "2")
		for i, other := range []int{index[1], index[0]} {
			// The kernel's own structure has room for a scope id, whatever the group.
			must(t, sockopt.IPv6MulticastInterface.Set(sender, other))
			to := unix.SockaddrInet6{Port: 4000, Addr: ip(group).As16(), ZoneId: uint32(index[i])}
			must(t, unix.Sendto(sender.FD(), []byte{1}, 0, &to))
			want := other
			if scoped {
				want = index[i]
			}
			if got := left(); got != want {
				t.Errorf("to %s with scope id %d, the option being %d, it left by %d", group,
					index[i], other, got)
			}
			must(t, sockopt.IPv6MulticastInterface.Set(sender, 0))
			if scoped {
				to := addr("[" + group + "]:4000").WithScopeID(uint32(index[i]))
				_, err := sender.SendTo(soon(t), []byte{1}, to, 0)
				must(t, err)
				if got := left(); got != index[i] {
					t.Errorf("to %v it left by %d", to, got)
				}
				continue
			}
			if to := addr("[" + group + "]:4000").WithScopeID(uint32(index[i])); to.ScopeID() != 0 {
				t.Errorf("%v has a scope id that no send takes notice of", to)
			}
			must(t, sockopt.IPv6MulticastInterface.Set(sender, other))
			control, err := cmsg.IPv6PacketInfo.Append(nil, cmsg.PacketInfo{Interface: index[i]})
			must(t, err)
			must(t,
				sender.SendMessage(soon(t), &socket.Message{Buffers: [][]byte{{1}},
					Addr: addr("[" + group + "]:4000"), Control: control}, 0))
			if got := left(); got != index[i] {
				t.Errorf("to %s with a control message for %d it left by %d", group, index[i], got)
			}
		}
	}
}

// TestAcceptFlowInfo: the address that accept(2) returns has no flow information, whatever
// IPV6_FLOWINFO says.
func TestAcceptFlowInfo(t *testing.T) {
	testenv.Needs(t, testenv.IPv6Loopback)
	ns := testenv.NetNS(t)
	l := boundTo(t, in(t, ns, constants.AF_INET6, constants.SOCK_STREAM, 0), "[::1]:4000")
	must(t, sockopt.IPv6FlowInfo.Set(l, true))
	must(t, l.Listen(8))
	client := in(t, ns, constants.AF_INET6, constants.SOCK_STREAM, 0)
	must(t, sockopt.IPv6AutoFlowLabel.Set(client, true))
	must(t, sockopt.IPv6TrafficClass.Set(client, 0x20))
	must(t, client.Connect(soon(t), addr("[::1]:4000")))
	server, from, err := l.Accept(soon(t))
	must(t, err)
	defer server.Close()
	if from.FlowInfo() != 0 {
		t.Errorf("accept says %#x", from.FlowInfo())
	}
	s, sender := udp(t, ns, "[::1]:4001"), udp(t, ns, "[::1]:0")
	must(t, sockopt.IPv6FlowInfo.Set(s, true))
	must(t, sockopt.IPv6TrafficClass.Set(sender, 0x20))
	send(t, sender, "[::1]:4001", "x")
	if info, ok := cmsg.IPv6FlowInfo.Find(receiveMessage(t, s, 0).Control); !ok || info == 0 {
		t.Errorf("a datagram brings %#x, %v", info, ok)
	}
}

// TestSourceJoins: a group joined from any source becomes one of the sources joined later, without
// an error.
func TestSourceJoins(t *testing.T) {
	s, s6 := fresh(t, "udp4"), fresh(t, "udp6")
	must(t, sockopt.IPAddMembership.Set(s, sockopt.IPMembership{Group: ip("232.1.2.3"), Index: 1}))
	must(t, sockopt.MCASTJoinSourceGroup.Set(s,
		sockopt.GroupSource{Group: ip("232.1.2.3"), Index: 1, Source: ip("10.0.0.1")}))
	f, err := sockopt.MCASTSourceFilter.Get(s,
		sockopt.GroupSources{Group: ip("232.1.2.3"), Index: 1})
	if err != nil || f.Exclude || len(f.Sources) != 1 {
		t.Errorf("IPv4: %+v, %v", f, err)
	}
	must(t, sockopt.IPv6JoinGroup.Set(s6, sockopt.IPv6Membership{Group: ip("ff32::7"), Index: 1}))
	must(t, sockopt.MCASTJoinSourceGroup.Set(s6,
		sockopt.GroupSource{Group: ip("ff32::7"), Index: 1, Source: ip("fd00::1")}))
	f, err = sockopt.MCASTSourceFilter.Get(s6, sockopt.GroupSources{Group: ip("ff32::7"), Index: 1})
	if err != nil || f.Exclude || len(f.Sources) != 1 {
		t.Errorf("IPv6: %+v, %v", f, err)
	}
	// The other way round is an error.
	s = fresh(t, "udp4")
	must(t, sockopt.MCASTJoinSourceGroup.Set(s,
		sockopt.GroupSource{Group: ip("232.1.2.3"), Index: 1, Source: ip("10.0.0.1")}))
	if err := sockopt.MCASTJoinGroup.Set(s, sockopt.GroupMembership{Group: ip("232.1.2.3"),
		Index: 1}); !errors.Is(err, syscall.EADDRINUSE) {
		t.Errorf("any source after one: %v", err)
	}
}

// TestPacketRingIsThere: of the options that a ring fixes all but one say so.
func TestPacketRingIsThere(t *testing.T) {
	s := fresh(t, "packet")
	must(t, sockopt.PacketReceiveRing.Set(s, ring))
	must(t, sockopt.PacketTransmitHasOffset.Set(s, true))
	if on, err := sockopt.PacketTransmitHasOffset.Get(s); on || err != nil {
		t.Errorf("PACKET_TX_HAS_OFF: %v, %v", on, err)
	}
	for what, err := range map[string]error{
		"PACKET_RESERVE":     sockopt.PacketReserve.Set(s, 64),
		"PACKET_VERSION":     sockopt.PacketVersion.Set(s, unix.TPACKET_V3),
		"PACKET_LOSS":        sockopt.PacketLoss.Set(s, true),
		"PACKET_VNET_HDR":    sockopt.PacketVirtioHeader.Set(s, true),
		"PACKET_VNET_HDR_SZ": sockopt.PacketVirtioHeaderSize.Set(s, 12),
	} {
		if !errors.Is(err, syscall.EBUSY) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// TestStampsOfSends: each send has a time stamp of its own, and what SendAll cuts into pieces has
// at least one.
func TestStampsOfSends(t *testing.T) {
	ns := testenv.NetNS(t)
	client, server := connected(t, ns, "127.0.0.1:4000", nil, nil)
	must(t, sockopt.SOTimestamping.Set(client,
		sockopt.TimestampingTxAck|sockopt.TimestampingSoftware|sockopt.TimestampingOptTsOnly))
	must(t, client.SetParams(socket.Params{SendSize: 1000}))
	stamped := func(n int) {
		t.Helper()
		_, err := server.Receive(soon(t), make([]byte, n), constants.MSG_WAITALL)
		must(t, err)
		for end := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
			m := &socket.Message{Buffers: [][]byte{make([]byte, 64)}, Control: make([]byte, 512)}
			if client.ReceiveMessage(soon(t), m,
				constants.MSG_ERRQUEUE|constants.MSG_DONTWAIT) == nil {
				return
			}
			if time.Now().After(end) {
				t.Fatal("no time stamp")
			}
		}
	}
	for range 2 {
		_, err := client.Send(soon(t), make([]byte, 100), 0)
		must(t, err)
		stamped(100)
	}
	_, err := client.SendAll(soon(t), make([]byte, 4000), 0)
	must(t, err)
	stamped(4000)
}

// TestReceivedOptions: what IP_RECVOPTS and IP_RETOPTS bring has their own names.
func TestReceivedOptions(t *testing.T) {
	ns := testenv.NetNS(t)
	receiver, sender := udp(t, ns, "127.0.0.1:4000"), udp(t, ns, "127.0.0.1:0")
	must(t, sockopt.IPReceiveOptions.Set(receiver, true))
	must(t, sockopt.IPReturnOptions.Set(receiver, true))
	must(t, sockopt.IPOptions.Set(sender, []byte{7, 7, 4, 0, 0, 0, 0, 0})) // record route
	send(t, sender, "127.0.0.1:4000", "x")
	var kinds []int
	for m, err := range cmsg.Messages(receiveMessage(t, receiver, 0).Control) {
		must(t, err)
		kinds = append(kinds, int(m.Type))
	}
	if !slices.Equal(kinds, []int{unix.IP_RECVOPTS, unix.IP_RETOPTS}) {
		t.Errorf("control messages %v", kinds)
	}
}

// TestZonesAllocateNoListing: an interface by its zone costs one question and not a list of all
// interfaces.
func TestZonesAllocateNoListing(t *testing.T) {
	testenv.Needs(t, testenv.IPv6Loopback)
	s := fresh(t, "udp6")
	cost := func(m sockopt.IPv6Membership) float64 {
		return testing.AllocsPerRun(20, func() {
			must(t, sockopt.IPv6JoinGroup.Set(s, m))
			must(t, sockopt.IPv6LeaveGroup.Set(s, m))
		})
	}
	byIndex, byZone := cost(sockopt.IPv6Membership{Group: ip("ff02::77"), Index: 1}),
		cost(sockopt.IPv6Membership{Group: ip("ff02::77%lo")})
	if byZone > byIndex+6 {
		t.Errorf("%v allocations by index, %v by zone", byIndex, byZone)
	}
}

// TestBufferSizesEndTuning: a size that is set is the size for good, until the lock is taken away.
func TestBufferSizesEndTuning(t *testing.T) {
	s := fresh(t, "tcp4")
	must(t, sockopt.SOReceiveBuffer.Set(s, 100000))
	must(t, sockopt.SOSendBuffer.Set(s, 100000))
	if lock, err := sockopt.SOBufferLock.Get(s); lock != sockopt.BufferLockReceive|
		sockopt.BufferLockSend || err != nil {
		t.Errorf("locked: %v, %v", lock, err)
	}
	must(t, sockopt.SOBufferLock.Set(s, 0))
	if lock, err := sockopt.SOBufferLock.Get(s); lock != 0 || err != nil {
		t.Errorf("unlocked: %v, %v", lock, err)
	}
}
