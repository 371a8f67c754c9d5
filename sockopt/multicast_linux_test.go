package sockopt_test

import (
	"errors"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"example.com/bsdsocket/internal/testenv"
	"example.com/bsdsocket/socket"
	"example.com/bsdsocket/sockopt"
)

// A stage is two namespaces joined by a link. Two sources are in one, a receiver is in the other,
// for one IP version.
type stage struct {
	t                *testing.T
	receiver         *socket.Socket
	senders          map[string]*socket.Socket // by name: "a", "b"
	source           map[string]netip.Addr
	local            netip.Addr // the receiver's address
	index            int        // its interface
	port             string
	sendingInterface int
}

func newStage(t *testing.T, v6 bool) *stage {
	testenv.Needs(t, ownKernel)
	receiving, sending := testenv.NetNS(t), testenv.NetNS(t)
	receiving.Sysctl("net.ipv4.igmp_max_msf", "30") // sources of a group
	here, there := receiving.Veth(sending, "10.9.0.1/24", "10.9.0.2/24", "fd09::1/64", "fd09::2/64")
	sending.Run("ip", "addr", "add", "10.9.0.3/24", "dev", there)
	sending.Run("ip", "addr", "add", "fd09::3/64", "dev", there, "nodad")
	settled(t, receiving, sending)
	st := &stage{t: t, port: "4000", senders: map[string]*socket.Socket{},
		source: map[string]netip.Addr{}}
	st.index, st.sendingInterface = indexOf(t, receiving, here), indexOf(t, sending, there)

	any, prefix := "0.0.0.0", "10.9.0."
	if v6 {
		any, prefix = "::", "fd09::"
	}
	st.local = ip(prefix + "1")
	st.receiver = udp(t, receiving, netip.AddrPortFrom(ip(any), 4000).String())
	// Only the groups that this socket joined, not those of the whole host.
	if v6 {
		must(t, sockopt.IPv6MulticastAll.Set(st.receiver, false))
	} else {
		must(t, sockopt.IPMulticastAll.Set(st.receiver, false))
	}
	for name, last := range map[string]string{"a": "2", "b": "3"} {
		st.source[name] = ip(prefix + last)
		s := udp(t, sending, netip.AddrPortFrom(st.source[name], 0).String())
		if v6 {
			must(t, sockopt.IPv6MulticastInterface.Set(s, st.sendingInterface))
			must(t, sockopt.IPv6MulticastHops.Set(s, 3))
		} else {
			must(t, sockopt.IPMulticastInterface.Set(s,
				sockopt.IPInterface{Index: st.sendingInterface}))
			must(t, sockopt.IPMulticastTimeToLive.Set(s, 3))
		}
		st.senders[name] = s
	}
	return st
}

// hears lets each source send to the group and then one of them to the receiver itself. What was
// sent before that last one is there when it is, unless the kernel handles them on several
// processors: so what is wanted is waited for.
func (st *stage) hears(when, group string, want ...string) {
	st.t.Helper()
	to := netip.AddrPortFrom(ip(group), 4000).String()
	for _, name := range []string{"a", "b"} {
		send(st.t, st.senders[name], to, name)
	}
	send(st.t, st.senders["a"], netip.AddrPortFrom(st.local, 4000).String(), "end")
	heard := until(st.t, st.receiver, "end", len(want))
	if !slices.Equal(heard, want) {
		st.t.Errorf("%s: heard [%s], want [%s]", when, strings.Join(heard, " "),
			strings.Join(want, " "))
	}
}

// until receives until the last of all datagrams and at least n others were there, and returns the
// others, sorted.
func until(t *testing.T, s *socket.Socket, last string, n int) (others []string) {
	t.Helper()
	for ended := false; !ended || len(others) < n; {
		text, _ := receive(t, s)
		if text == last {
			ended = true
		} else {
			others = append(others, text)
		}
	}
	slices.Sort(others)
	return others
}

// TestMulticastAnySource joins groups from any source, v4 and v6, by an address of the interface
// and by its index, and receives what both sources send (X9).
func TestMulticastAnySource(t *testing.T) {
	testenv.Needs(t, testenv.NetAdmin)
	const group4, group6 = "239.1.2.3", "ff05::1:3"
	for _, tt := range []struct {
		name        string
		v6          bool
		join, leave func(st *stage) error
	}{
		{"IPv4 by address", false,
			func(st *stage) error {
				return sockopt.IPAddMembership.Set(st.receiver,
					sockopt.IPMembership{Group: ip(group4), Interface: st.local})
			},
			func(st *stage) error {
				return sockopt.IPDropMembership.Set(st.receiver,
					sockopt.IPMembership{Group: ip(group4), Interface: st.local})
			}},
		{"IPv4 by index", false,
			func(st *stage) error {
				return sockopt.IPAddMembership.Set(st.receiver,
					sockopt.IPMembership{Group: ip(group4), Index: st.index})
			},
			func(st *stage) error {
				return sockopt.IPDropMembership.Set(st.receiver,
					sockopt.IPMembership{Group: ip(group4), Index: st.index})
			}},
		{"IPv4 by MCAST_JOIN_GROUP", false,
			func(st *stage) error {
				return sockopt.MCASTJoinGroup.Set(st.receiver,
					sockopt.GroupMembership{Group: ip(group4), Index: st.index})
			},
			func(st *stage) error {
				return sockopt.MCASTLeaveGroup.Set(st.receiver,
					sockopt.GroupMembership{Group: ip(group4), Index: st.index})
			}},
		{"IPv6 by index", true,
			func(st *stage) error {
				return sockopt.IPv6JoinGroup.Set(st.receiver,
					sockopt.IPv6Membership{Group: ip(group6), Index: st.index})
			},
			func(st *stage) error {
				return sockopt.IPv6LeaveGroup.Set(st.receiver,
					sockopt.IPv6Membership{Group: ip(group6), Index: st.index})
			}},
		{"IPv6 by zone", true,
			func(st *stage) error {
				return sockopt.IPv6JoinGroup.Set(st.receiver,
					sockopt.IPv6Membership{Group: st.zoned(group6)})
			},
			func(st *stage) error {
				return sockopt.IPv6LeaveGroup.Set(st.receiver,
					sockopt.IPv6Membership{Group: st.zoned(group6), Index: st.index})
			}},
		{"IPv6 by zone with MCAST_JOIN_GROUP", true,
			func(st *stage) error {
				return sockopt.MCASTJoinGroup.Set(st.receiver,
					sockopt.GroupMembership{Group: st.zoned(group6)})
			},
			func(st *stage) error {
				return sockopt.MCASTLeaveGroup.Set(st.receiver,
					sockopt.GroupMembership{Group: st.zoned(group6)})
			}},
		{"IPv6 by MCAST_JOIN_GROUP", true,
			func(st *stage) error {
				return sockopt.MCASTJoinGroup.Set(st.receiver,
					sockopt.GroupMembership{Group: ip(group6), Index: st.index})
			},
			func(st *stage) error {
				return sockopt.MCASTLeaveGroup.Set(st.receiver,
					sockopt.GroupMembership{Group: ip(group6), Index: st.index})
			}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			st := newStage(t, tt.v6)
			group := group4
			if tt.v6 {
				group = group6
			}
			st.hears("before joining", group)
			must(t, tt.join(st))
			st.hears("joined", group, "a", "b")
			if err := tt.join(st); !errors.Is(err, syscall.EADDRINUSE) {
				t.Errorf("joining twice: %v", err)
			}
			must(t, tt.leave(st))
			st.hears("left", group)
			if err := tt.leave(st); !errors.Is(err, syscall.EADDRNOTAVAIL) {
				t.Errorf("leaving twice: %v", err)
			}
		})
	}
}

// zoned is a group with the receiver's interface for its zone.
func (st *stage) zoned(group string) netip.Addr {
	return ip(group).WithZone(strconv.Itoa(st.index))
}

// TestZoneUnknown holds that a zone that does not exist, or that is another than the index, is no
// value.
func TestZoneUnknown(t *testing.T) {
	s := fresh(t, "udp6")
	group := ip("ff02::1234")
	for what, err := range map[string]error{
		"IPv6JoinGroup": sockopt.IPv6JoinGroup.Set(s,
			sockopt.IPv6Membership{Group: group.WithZone("nosuch")}),
		"IPv6JoinGroup, two": sockopt.IPv6JoinGroup.Set(s,
			sockopt.IPv6Membership{Group: group.WithZone("1"), Index: 2}),
		"MCASTJoinGroup": sockopt.MCASTJoinGroup.Set(s,
			sockopt.GroupMembership{Group: group.WithZone("nosuch")}),
		"MCASTJoinGroup, two": sockopt.MCASTJoinGroup.Set(s,
			sockopt.GroupMembership{Group: group.WithZone("1"), Index: 2}),
		"IPv6PacketInfo": sockopt.IPv6PacketInfo.Set(s,
			sockopt.IPv6Source{Address: ip("fe80::1").WithZone("nosuch")}),
		"IPv6NextHop":          sockopt.IPv6NextHop.Set(s, ip("fe80::1").WithZone("nosuch")),
		"IPv6NextHop, of IPv4": sockopt.IPv6NextHop.Set(s, ip("127.0.0.1")),
	} {
		if !errors.Is(err, socket.ErrValue) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// TestMulticastOneSource joins groups for a source, v4 by address and both by index, and receives
// what that source sends and not what the other does (X9).
func TestMulticastOneSource(t *testing.T) {
	testenv.Needs(t, testenv.NetAdmin)
	t.Run("IPv4 by address", func(t *testing.T) {
		st := newStage(t, false)
		const group = "232.1.2.3"
		at := func(source string) sockopt.IPSourceMembership {
			return sockopt.IPSourceMembership{Group: ip(group), Interface: st.local,
				Source: st.source[source]}
		}
		must(t, sockopt.IPAddSourceMembership.Set(st.receiver, at("b")))
		st.hears("for b", group, "b")
		if err := sockopt.IPAddSourceMembership.Set(st.receiver, at("b")); !errors.Is(err,
			syscall.EADDRNOTAVAIL) {
			t.Errorf("for b again: %v", err)
		}
		must(t, sockopt.IPAddSourceMembership.Set(st.receiver, at("a")))
		st.hears("for both", group, "a", "b")
		must(t, sockopt.IPDropSourceMembership.Set(st.receiver, at("b")))
		st.hears("for a", group, "a")
		must(t, sockopt.IPDropSourceMembership.Set(st.receiver, at("a")))
		st.hears("for none", group)

		// A group that was joined from any source can block one.
		const anyGroup = "239.1.2.4"
		at = func(source string) sockopt.IPSourceMembership {
			return sockopt.IPSourceMembership{Group: ip(anyGroup), Interface: st.local,
				Source: st.source[source]}
		}
		must(t, sockopt.IPAddMembership.Set(st.receiver,
			sockopt.IPMembership{Group: ip(anyGroup), Interface: st.local}))
		must(t, sockopt.IPBlockSource.Set(st.receiver, at("a")))
		st.hears("without a", anyGroup, "b")
		must(t, sockopt.IPUnblockSource.Set(st.receiver, at("a")))
		st.hears("with a again", anyGroup, "a", "b")
		if err := sockopt.IPUnblockSource.Set(st.receiver, at("a")); !errors.Is(err,
			syscall.EADDRNOTAVAIL) {
			t.Errorf("unblocking twice: %v", err)
		}
	})
	for name, groups := range map[string][2]string{"IPv4 by index": {"232.1.2.3", "239.1.2.4"},
		"IPv6 by index": {"ff35::4321", "ff05::1:4"}} {
		t.Run(name, func(t *testing.T) {
			st := newStage(t, ip(groups[0]).Is6())
			at := func(group, source string) sockopt.GroupSource {
				return sockopt.GroupSource{Group: ip(group), Index: st.index,
					Source: st.source[source]}
			}
			must(t, sockopt.MCASTJoinSourceGroup.Set(st.receiver, at(groups[0], "b")))
			st.hears("for b", groups[0], "b")
			must(t, sockopt.MCASTJoinSourceGroup.Set(st.receiver, at(groups[0], "a")))
			st.hears("for both", groups[0], "a", "b")
			must(t, sockopt.MCASTLeaveSourceGroup.Set(st.receiver, at(groups[0], "b")))
			st.hears("for a", groups[0], "a")
			must(t, sockopt.MCASTLeaveGroup.Set(st.receiver,
				sockopt.GroupMembership{Group: ip(groups[0]), Index: st.index}))
			st.hears("for none", groups[0])

			must(t, sockopt.MCASTJoinGroup.Set(st.receiver,
				sockopt.GroupMembership{Group: ip(groups[1]), Index: st.index}))
			must(t, sockopt.MCASTBlockSource.Set(st.receiver, at(groups[1], "a")))
			st.hears("without a", groups[1], "b")
			must(t, sockopt.MCASTUnblockSource.Set(st.receiver, at(groups[1], "a")))
			st.hears("with a again", groups[1], "a", "b")

			// A source of the other version is no value for the option.
			bad := at(groups[1], "a")
			bad.Source = ip("::1")
			if st.local.Is6() {
				bad.Source = ip("127.0.0.1")
			}
			if err := sockopt.MCASTBlockSource.Set(st.receiver, bad); !errors.Is(err,
				socket.ErrValue) {
				t.Errorf("a source of the other version: %v", err)
			}
		})
	}
}

// TestMulticastSourceFilter sets and reads all sources of a group at once (X9).
func TestMulticastSourceFilter(t *testing.T) {
	testenv.Needs(t, testenv.NetAdmin)
	t.Run("IP_MSFILTER", func(t *testing.T) {
		st := newStage(t, false)
		const group = "232.1.2.3"
		filter := sockopt.IPMulticastSources{Group: ip(group), Interface: st.local,
			Sources: []netip.Addr{st.source["b"]}}
		must(t, sockopt.IPAddMembership.Set(st.receiver,
			sockopt.IPMembership{Group: ip(group), Interface: st.local}))
		must(t, sockopt.IPMulticastFilter.Set(st.receiver, filter))
		st.hears("only b", group, "b")
		got, err := sockopt.IPMulticastFilter.Get(st.receiver,
			sockopt.IPMulticastSources{Group: ip(group), Interface: st.local})
		if err != nil || got.Exclude || !slices.Equal(got.Sources, filter.Sources) {
			t.Errorf("the filter is %v, %v; want %v", got, err, filter)
		}
		filter.Exclude = true
		must(t, sockopt.IPMulticastFilter.Set(st.receiver, filter))
		st.hears("all but b", group, "a")
		if got, err = sockopt.IPMulticastFilter.Get(st.receiver, filter); err != nil ||
			!got.Exclude {
			t.Errorf("the filter is %v, %v; want %v", got, err, filter)
		}
		// More sources than a first guess has room for.
		filter.Sources = nil
		for next := st.local; len(filter.Sources) < 20; next = next.Next() {
			filter.Sources = append(filter.Sources, next)
		}
		must(t, sockopt.IPMulticastFilter.Set(st.receiver, filter))
		got, err = sockopt.IPMulticastFilter.Get(st.receiver, filter)
		slices.SortFunc(got.Sources, netip.Addr.Compare)
		if err != nil || !slices.Equal(got.Sources, filter.Sources) {
			t.Errorf("the filter is %v, %v; want %v", got, err, filter)
		}
		filter.Group = ip("232.9.9.9")
		if got, err := sockopt.IPMulticastFilter.Get(st.receiver, filter); !errors.Is(err,
			syscall.EADDRNOTAVAIL) && !errors.Is(err, syscall.EINVAL) {
			t.Errorf("of a group not joined: %v, %v", got, err)
		}
	})
	for name, group := range map[string]string{"MCAST_MSFILTER IPv4": "232.1.2.3",
		"MCAST_MSFILTER IPv6": "ff35::4321"} {
		t.Run(name, func(t *testing.T) {
			st := newStage(t, ip(group).Is6())
			filter := sockopt.GroupSources{Group: ip(group), Index: st.index,
				Sources: []netip.Addr{st.source["a"]}}
			must(t, sockopt.MCASTJoinGroup.Set(st.receiver,
				sockopt.GroupMembership{Group: ip(group), Index: st.index}))
			must(t, sockopt.MCASTSourceFilter.Set(st.receiver, filter))
			st.hears("only a", group, "a")
			got, err := sockopt.MCASTSourceFilter.Get(st.receiver,
				sockopt.GroupSources{Group: ip(group), Index: st.index})
			if err != nil || got.Exclude || !slices.Equal(got.Sources, filter.Sources) {
				t.Errorf("the filter is %v, %v; want %v", got, err, filter)
			}
			// More sources than a first guess has room for.
			filter.Exclude = true
			filter.Sources = nil
			for next := st.local; len(filter.Sources) < 10; next = next.Next() {
				filter.Sources = append(filter.Sources, next)
			}
			must(t, sockopt.MCASTSourceFilter.Set(st.receiver, filter))
			st.hears("neither", group)
			got, err = sockopt.MCASTSourceFilter.Get(st.receiver, filter)
			slices.SortFunc(got.Sources, netip.Addr.Compare)
			if err != nil || !got.Exclude || !slices.Equal(got.Sources, filter.Sources) {
				t.Errorf("the filter is %v, %v; want %v", got, err, filter)
			}
			filter.Exclude, filter.Sources = true, nil
			must(t, sockopt.MCASTSourceFilter.Set(st.receiver, filter))
			st.hears("all", group, "a", "b")
		})
	}
}

// TestMulticastLoop: a sender's own host receives its datagrams, or not.
func TestMulticastLoop(t *testing.T) {
	testenv.Needs(t, testenv.NetAdmin)
	ns, other := testenv.NetNS(t), testenv.NetNS(t)
	const group = "239.1.2.3"
	ns.Veth(other, "10.9.0.1/24", "10.9.0.2/24")
	receiver, sender := udp(t, ns, "0.0.0.0:4000"), udp(t, ns, "10.9.0.1:0")
	must(t, sockopt.IPAddMembership.Set(receiver,
		sockopt.IPMembership{Group: ip(group), Interface: ip("10.9.0.1")}))
	must(t, sockopt.IPMulticastInterface.Set(sender, sockopt.IPInterface{Address: ip("10.9.0.1")}))
	for want, loop := range []bool{false, true} {
		must(t, sockopt.IPMulticastLoop.Set(sender, loop))
		send(t, sender, group+":4000", "group")
		send(t, sender, "10.9.0.1:4000", "end")
		if heard := until(t, receiver, "end", want); len(heard) != want {
			t.Errorf("loop %v, heard %q", loop, heard)
		}
	}
}
