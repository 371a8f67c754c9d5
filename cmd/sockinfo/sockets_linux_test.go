package main

import (
	"encoding/json"
	"fmt"
	"net"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/internal/testenv"
	"example.com/bsdsocket/sockaddr"
	"example.com/bsdsocket/socket"
)

// in runs the binary in a namespace.
func in(t *testing.T, ns *testenv.NS, args ...string) (stdout, stderr string, status int) {
	t.Helper()
	exe, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	ns.Do(func() { stdout, stderr, status = output(t, exec.Command(exe, args...)) })
	return stdout, stderr, status
}

// fill makes sockets of every kind in the namespace, thousands of them.
func fill(t *testing.T, ns *testenv.NS, many int) {
	t.Helper()
	ns.Do(func() {
		keep := func(s *socket.Socket, err error) *socket.Socket {
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { s.Close() })
			return s
		}
		l := keep(socket.New(constants.AF_INET, constants.SOCK_STREAM, 0))
		u := keep(socket.New(constants.AF_INET6, constants.SOCK_DGRAM, 0))
		p := keep(socket.New(constants.AF_PACKET, constants.SOCK_RAW, 0))
		x := keep(socket.New(constants.AF_UNIX, constants.SOCK_STREAM, 0))
		keep(socket.New(constants.AF_NETLINK, constants.SOCK_RAW, constants.NETLINK_ROUTE))
		m := keep(socket.New(constants.AF_INET, constants.SOCK_STREAM, constants.IPPROTO_MPTCP))
		link, err := sockaddr.Packet(sockaddr.PacketAddr{Protocol: 0x88b5, Interface: 1})
		if err != nil {
			t.Fatal(err)
		}
		abstract, err := sockaddr.Abstract("sockinfo test")
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range []struct {
			s  *socket.Socket
			to sockaddr.Addr
		}{{l, sockaddr.MustParse("127.0.0.1:1000")}, {u, sockaddr.MustParse("[::1]:2000")},
			{p, link}, {x, abstract}, {m, sockaddr.MustParse("127.0.0.1:3000")}} {
			if err := row.s.Bind(row.to); err != nil {
				t.Fatal(err)
			}
		}
		for _, s := range []*socket.Socket{l, x, m} {
			if err := s.Listen(many); err != nil {
				t.Fatal(err)
			}
		}
		for range many { // of which each is two: one waits to be accepted, and has no descriptor
			c := keep(socket.New(constants.AF_INET, constants.SOCK_STREAM, 0))
			if err := c.Connect(t.Context(), sockaddr.MustParse("127.0.0.1:1000")); err != nil {
				t.Fatal(err)
			}
		}
		for range 10 {
			a, b, err := socket.Pair(constants.AF_UNIX, constants.SOCK_DGRAM, 0)
			keep(a, err)
			keep(b, err)
		}
	})
}

// sockets -tcp -udp -unix shows the rows of ss -tunxap, with 10,000 connections (X13).
func TestSocketsLikeSS(t *testing.T) {
	testenv.Needs(t, testenv.IPCommand, testenv.PacketSockets)
	ns := testenv.NetNS(t)
	ns.Sysctl("net.core.somaxconn", "20000")
	ns.Sysctl("net.ipv4.tcp_max_syn_backlog", "20000")
	fill(t, ns, 5000)
	ns.Sysctl("net.ipv4.tcp_syncookies", "1")

	theirs := strings.Split(strings.TrimSpace(ns.Run("ss", "-tunxaHn")), "\n")
	for i, line := range theirs {
		f := strings.Fields(line)
		key := fmt.Sprint(strings.TrimSuffix(strings.TrimPrefix(f[0], "u_"), "6"), " ", f[1], " ",
			f[2], " ", f[3])
		if !strings.HasPrefix(f[0], "u_") {
			key += " " + f[4] + " " + strings.TrimSuffix(strings.TrimSuffix(f[5], "0.0.0.0:*"),
				"[::]:*")
		}
		theirs[i] = key
	}
	out, errs, status := in(t, ns, "sockets", "-json", "-tcp", "-udp", "-unix")
	if status != 0 {
		t.Fatal(errs)
	}
	var records []socketRecord
	if err := json.Unmarshal([]byte(out), &records); err != nil {
		t.Fatal(err)
	}
	short := map[string]string{"SOCK_STREAM": "str", "SOCK_DGRAM": "dgr", "SOCK_SEQPACKET": "seq"}
	var ours []string
	for _, r := range records {
		kind := r.Kind
		if kind == "unix" {
			kind = short[r.Type]
		}
		key := fmt.Sprint(kind, " ", r.State, " ", r.ReceiveQueue, " ", r.SendQueue)
		if r.Kind != "unix" {
			key += " " + r.Local + " " + r.Remote
		}
		ours = append(ours, key)
	}
	slices.Sort(ours)
	slices.Sort(theirs)
	if len(ours) < 10_000 || !slices.Equal(ours, theirs) {
		only := func(a, b []string) (list []string) {
			for _, s := range a {
				if _, ok := slices.BinarySearch(b, s); !ok && len(list) < 5 {
					list = append(list, s)
				}
			}
			return list
		}
		t.Errorf("%d sockets, and ss has %d; only here %q, only there %q", len(ours), len(theirs),
			only(ours, theirs), only(theirs, ours))
	}
}

func TestSockets(t *testing.T) {
	testenv.Needs(t, testenv.PacketSockets)
	ns := testenv.NetNS(t)
	fill(t, ns, 2)
	for _, row := range []struct {
		args string
		want string
	}{
		{"-tcp -listen",
			`tcp +LISTEN +2 +2 +127\.0\.0\.1:1000 +root +sockinfo\.test\[\d+\] fd \d+$`},
		{"-tcp -state estab :1000",
			`tcp +ESTAB +0 +0 +127\.0\.0\.1:\d+ +127\.0\.0\.1:1000 +root +sockinfo\.test`},
		{"-udp", `udp +UNCONN +0 +0 +\[::1\]:2000 +root`},
		{"-udp ::1:2000", ""},
		{"-udp [::1]:2000", `udp +UNCONN`},
		{"-unix", `unix stream +LISTEN .* @sockinfo test`},
		{"-packet", `packet +UNCONN .* packet:0x88b5:lo`},
		{"-netlink", `netlink +UNCONN .* netlink:\d+`},
		{"-mptcp", `mptcp +LISTEN .* 127\.0\.0\.1:3000`},
		{"-v -tcp -state estab", `rtt .* ms, mss \d+, cwnd \d+, \w+, 0 retransmitted`},
	} {
		out, errs, status := in(t, ns, append([]string{"sockets"}, strings.Fields(row.args)...)...)
		if row.want == "" {
			if status != 2 || errs == "" {
				t.Errorf("%s: status %d\n%s%s", row.args, status, out, errs)
			}
			continue
		}
		if status != 0 || !regexp.MustCompile(`(?m)`+row.want).MatchString(out) {
			t.Errorf("%s: status %d, no %s in\n%s%s", row.args, status, row.want, out, errs)
		}
	}
	if _, errs, status := in(t, ns, "sockets", "-pid", "1", "-udp"); status != 1 ||
		!strings.Contains(errs, "no such sockets") {
		t.Errorf("none: %d, %s", status, errs)
	}
}

// route says what "ip route get" says (X13).
func TestRouteLikeIP(t *testing.T) {
	testenv.Needs(t, testenv.IPCommand, testenv.Veth)
	a, b := testenv.NetNS(t), testenv.NetNS(t)
	name, _ := a.Veth(b, "10.1.0.1/24", "10.1.0.2/24", "fd01::1/64", "fd01::2/64")
	a.Run("ip", "route", "add", "default", "via", "10.1.0.2", "mtu", "1300")
	a.Run("ip", "-6", "route", "add", "fd09::/16", "via", "fd01::2")
	a.Run("ip", "route", "add", "blackhole", "10.66.0.0/16")
	for _, to := range []string{"127.0.0.1", "10.1.0.2", "10.1.0.1", "192.0.2.1", "fd01::2",
		"fd09::5", "10.1.0.255", "224.0.0.1"} {
		var theirs []struct {
			Dst, Gateway, Dev, Prefsrc string
			Type                       string
			Metrics                    []struct{ MTU int }
		}
		if err := json.Unmarshal([]byte(a.Run("ip", "-j", "route", "get", to)),
			&theirs); err != nil {
			t.Fatal(err)
		}
		out, errs, status := in(t, a, "route", "-json", to)
		var ours []struct {
			Destination, Type, Source, Interface, Gateway string
			MTU                                           int
		}
		if err := json.Unmarshal([]byte(out), &ours); err != nil {
			t.Fatalf("%s: status %d, %s", to, status, errs)
		}
		x, y := ours[0], theirs[0]
		if x.Destination != to || x.Source != y.Prefsrc || x.Interface != y.Dev ||
			x.Gateway != y.Gateway || y.Type != "" && x.Type != y.Type {
			t.Errorf("%s: %+v, and ip says %+v", to, x, y)
		}
		if want := 1300; to == "192.0.2.1" && x.MTU != want {
			t.Errorf("%s: an MTU of %d", to, x.MTU)
		}
	}
	for to, status := range map[string]int{"10.66.0.1": 1, "2001:db8::1": 1, "nowhere": 2} {
		if out, errs, got := in(t, a, "route", to); got != status || errs == "" {
			t.Errorf("%s: status %d\n%s%s", to, got, out, errs)
		}
	}
	if out, _, _ := in(t, a, "route", "-device", name, "10.9.9.9"); !strings.Contains(out, name) {
		t.Errorf("through %s:\n%s", name, out)
	}
}

// interfaces says what package net says.
func TestInterfaces(t *testing.T) {
	out, errs, status := sockinfo(t, "interfaces", "-json")
	if status != 0 {
		t.Fatal(errs)
	}
	var ours []struct {
		Index, MTU int
		Name       string
		Addresses  []string
	}
	if err := json.Unmarshal([]byte(out), &ours); err != nil {
		t.Fatal(err)
	}
	for _, i := range ours {
		theirs, err := net.InterfaceByIndex(i.Index)
		if err != nil || theirs.Name != i.Name || theirs.MTU != i.MTU {
			t.Errorf("%+v, and package net %+v, %v", i, theirs, err)
		}
	}
	if len(ours) == 0 {
		t.Error("no interface")
	}
	if out, errs, status := sockinfo(t, "interfaces", "lo", "nosuch"); status != 1 ||
		!strings.Contains(out, "127.0.0.1/8") || !strings.Contains(errs, `"nosuch"`) {
		t.Errorf("status %d\n%s%s", status, out, errs)
	}
}
