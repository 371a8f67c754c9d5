package sockopt_test

import (
	"errors"
	"slices"
	"syscall"
	"testing"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/internal/testenv"
	"example.com/bsdsocket/sockopt"
)

// links is a namespace that is joined to two others, in each of which a socket sends to groups. The
// indexes are those of its own two interfaces.
type links struct {
	ns      *testenv.NS
	index   [2]int
	address [2]string
	send    [2]func(to, text string)
}

func newLinks(t *testing.T) *links {
	t.Helper()
	l := &links{ns: testenv.NetNS(t)}
	for i, net := range []string{"1", "2"} {
		other := testenv.NetNS(t)
		here, there := l.ns.Veth(other, "10.9."+net+".1/24", "10.9."+net+".2/24",
			"fd09:"+net+"::1/64", "fd09:"+net+"::2/64")
		settled(t, l.ns, other)
		l.index[i], l.address[i] = indexOf(t, l.ns, here), "10.9."+net+".1"
		s := udp(t, other, "10.9."+net+".2:0")
		must(t, sockopt.IPMulticastInterface.Set(s,
			sockopt.IPInterface{Index: indexOf(t, other, there)}))
		l.send[i] = func(to, text string) { t.Helper(); send(t, s, to, text) }
	}
	return l
}

// TestJoinWithoutInterface: a group that is joined on no interface in particular is joined on the
// one that the routes give, and on no other. To join it there a second time is EADDRINUSE, however
// it is named.
func TestJoinWithoutInterface(t *testing.T) {
	l := newLinks(t)
	l.ns.Run("ip", "route", "add", "239.0.0.0/8", "via", "10.9.2.2")
	r := udp(t, l.ns, "0.0.0.0:4000")
	join := func(m sockopt.IPMembership) error {
		m.Group = ip("239.1.2.3")
		return sockopt.IPAddMembership.Set(r, m)
	}
	heard := func(want ...bool) {
		t.Helper()
		for i := range l.send {
			l.send[i]("239.1.2.3:4000", "group")
			l.send[i](l.address[i]+":4000", "end")
			n := 0
			if want[i] {
				n = 1
			}
			if got := until(t, r, "end", n); len(got) != n {
				t.Errorf("from link %d: %q, want %d", i+1, got, n)
			}
		}
	}
	must(t, join(sockopt.IPMembership{}))
	heard(false, true)
	for what, m := range map[string]sockopt.IPMembership{
		"none": {}, "its index": {Index: l.index[1]}, "its address": {Interface: ip(l.address[1])},
	} {
		if err := join(m); !errors.Is(err, syscall.EADDRINUSE) {
			t.Errorf("joined again by %s: %v", what, err)
		}
	}
	must(t, join(sockopt.IPMembership{Index: l.index[0]}))
	heard(true, true)
	must(t,
		sockopt.IPDropMembership.Set(r,
			sockopt.IPMembership{Group: ip("239.1.2.3"), Interface: ip(l.address[1])}))
	heard(true, false)
	// An index that is taken for an address is none of this host.
	if err := join(sockopt.IPMembership{Interface: ip("0.0.0.2")}); !errors.Is(err,
		syscall.ENODEV) {
		t.Errorf("0.0.0.2 as the interface: %v", err)
	}
}

// TestMulticastAll: a socket hears groups that others on the host have joined, by default and if it
// is bound to every address; one that is bound to a group hears nothing else, its own addresses
// neither.
func TestMulticastAll(t *testing.T) {
	l := newLinks(t)
	joined := in(t, l.ns, constants.AF_INET, constants.SOCK_DGRAM, 0)
	must(t, sockopt.IPAddMembership.Set(joined,
		sockopt.IPMembership{Group: ip("239.1.2.3"), Index: l.index[0]}))
	any, group := in(t, l.ns, constants.AF_INET, constants.SOCK_DGRAM, 0),
		in(t, l.ns, constants.AF_INET, constants.SOCK_DGRAM, 0)
	must(t, sockopt.SOReuseAddress.Set(any, true))
	must(t, sockopt.SOReuseAddress.Set(group, true))
	boundTo(t, any, "0.0.0.0:4000")
	boundTo(t, group, "239.1.2.3:4000")
	l.send[0]("239.1.2.3:4000", "group")
	l.send[0](l.address[0]+":4000", "end")
	if got := until(t, any, "end", 1); !slices.Equal(got, []string{"group"}) {
		t.Errorf("bound to every address: %q", got)
	}
	must(t, sockopt.IPMulticastAll.Set(any, false))
	l.send[0]("239.1.2.3:4000", "more")
	l.send[0](l.address[0]+":4000", "end")
	if got := until(t, any, "end", 0); len(got) != 0 {
		t.Errorf("with IP_MULTICAST_ALL off: %q", got)
	}
	l.send[0]("239.1.2.3:4000", "end")
	if got := until(t, group, "end", 2); !slices.Equal(got, []string{"group", "more"}) {
		t.Errorf("bound to the group: %q", got)
	}
}
