package addrinfo_test

import (
	"fmt"
	"net"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"example.com/bsdsocket/addrinfo"
	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/internal/testenv"
	"example.com/bsdsocket/sockaddr"
)

// These are of public reports about other resolvers: testdata/reports.md has them.

// Names are the same in upper and in lower case, in the answer as in the question.
func TestAnswersInAnotherCase(t *testing.T) {
	s := serve(t, map[string]answer{
		"alias.example":          {cname: "target.example", shouts: true},
		"target.example":         {ips: []string{"192.0.2.1"}, shouts: true},
		"1.2.0.192.in-addr.arpa": {ptr: "target.example", shouts: true},
		"nosuch.example":         {code: codeNXDomain, shouts: true},
	})
	r := s.resolver()
	infos, err := r.Lookup(ctx, "aLiAs.example.", "80",
		&addrinfo.Hints{Family: inet, Type: stream, Flags: constants.AI_CANONNAME})
	if err != nil || len(infos) != 1 || !strings.EqualFold(infos[0].CanonName, "target.example") {
		t.Errorf("%v, %v", infos, err)
	}
	if _, err := r.Lookup(ctx, "nosuch.example.", "80", nil); codeOf(t, err) != "EAI_NONAME" {
		t.Error(err)
	}
	if names, err := r.HostNames(ctx, sockaddr.MustParse("192.0.2.1")); err != nil ||
		len(names) != 1 {
		t.Errorf("%v, %v", names, err)
	}
}

// Names of an address that fill more than a datagram come by TCP, all of them.
func TestManyNames(t *testing.T) {
	var names []string
	for i := range 60 {
		names = append(names, fmt.Sprintf("one-of-very-many-names-%d.example", i))
	}
	s := serve(t, map[string]answer{"1.2.0.192.in-addr.arpa": {ptrs: names}})
	got, err := s.resolver().HostNames(ctx, sockaddr.MustParse("192.0.2.1"))
	if d := cmp.Diff(names, got); d != "" {
		t.Errorf("%v (-want +got)\n%s", err, d)
	}
	node, _, err := s.resolver().NameInfo(ctx, sockaddr.MustParse("192.0.2.1"), 0)
	if node != names[0] || err != nil {
		t.Errorf("%q, %v", node, err)
	}
	if s.tcp.Load() == 0 {
		t.Error("nothing came by TCP")
	}
}

// Dial connects by the family that there is, whatever became of the other one's question.
func TestDialWithHalfAnAnswer(t *testing.T) {
	in, in6 := dual(t)
	s := serve(t, map[string]answer{
		"fails6.example": {ips: []string{"127.0.0.1"}, failFor: typeAAAA},
		"fails4.example": {ips: []string{"::1"}, failFor: typeA},
		"tcp6.example":   {ips: []string{"::1"}, viaTCP: true},
	})
	c := addrinfo.Connector{Resolver: s.resolver()}
	for node, want := range map[string]sockaddr.Addr{"fails6.example.": in.Addr,
		"fails4.example.": in6.Addr, "tcp6.example.": in6.Addr} {
		s, err := c.Dial(t.Context(), node, strconv.Itoa(in.Addr.Port()), nil)
		if err != nil {
			t.Errorf("%s: %v", node, err)
			continue
		}
		if peer, _ := s.PeerName(); peer != want {
			t.Errorf("%s: connected to %v", node, peer)
		}
		s.Close()
	}
}

// A hosts file in which one address stands on many lines, and one name too; no nsswitch.conf to
// speak of; and a name server with a zone.
func TestStrangeFiles(t *testing.T) {
	testenv.Needs(t, testenv.Veth)
	if !world(t, map[string]string{
		"/etc/resolv.conf":   "nameserver fe80::77%v0\noptions timeout:5 attempts:1\n",
		"/etc/nsswitch.conf": "",
		"/etc/hosts": "10.124.0.6 all\n10.124.0.108 all\n10.124.0.6 one\n10.124.0.6 other " +
			"one-more\n" +
			"10.124.0.9 spaced\t \t# 10.1.1.1 not\n#10.1.1.2 all\n10.124.0.10 CaSe\r\n",
	}) {
		return
	}
	for _, args := range []string{
		"link add v0 type veth peer name v1", "link set v0 up", "link set v1 up",
		"address add fe80::77/64 dev v0 nodad",
	} {
		if out, err := exec.Command("ip", strings.Fields(args)...).CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
	}
	serveAt(t, "[fe80::77%v0]:53", map[string]answer{"zoned.test": {ips: []string{"192.0.2.1"}}})
	r := &addrinfo.Resolver{Net: &net.Resolver{PreferGo: true}}
	for _, row := range []struct{ node, want string }{
		{"all", "10.124.0.108:80/tcp; 10.124.0.6:80/tcp"},
		{"one", "10.124.0.6:80/tcp"},
		{"other", "10.124.0.6:80/tcp"},
		{"spaced", "10.124.0.9:80/tcp"},
		{"case", "10.124.0.10:80/tcp"},
		{"not", "EAI_NONAME"},
		{"zoned.test", "192.0.2.1:80/tcp"},
	} {
		begin := time.Now()
		infos, err := r.Lookup(ctx, row.node, "80", &addrinfo.Hints{Family: inet, Type: stream})
		got := short(infos)
		if err != nil {
			got = append(got, codeOf(t, err))
		}
		if len(got) == 2 && got[0] > got[1] {
			got[0], got[1] = got[1], got[0]
		}
		if d := cmp.Diff(words(row.want), got); d != "" {
			t.Errorf("%s: %v (-want +got)\n%s", row.node, err, d)
		}
		if d := time.Since(begin); d > 4*time.Second {
			t.Errorf("%s: it took %v", row.node, d)
		}
	}
	names, err := r.HostNames(ctx, sockaddr.MustParse("10.124.0.6"))
	if d := cmp.Diff([]string{"all", "one", "other", "one-more"}, names); d != "" {
		t.Errorf("%v (-want +got)\n%s", err, d)
	}
	if node, _, err := r.NameInfo(ctx, sockaddr.MustParse("10.124.0.108"), 0); node != "all" ||
		err != nil {
		t.Errorf("%q, %v", node, err)
	}
}

// In which order a name is looked for: as it is first if it has as many dots as ndots says, then in
// each domain of the list; with a dot at its end only as it is. What the hosts file has in either
// family, nobody is asked for.
func TestOrderOfQuestions(t *testing.T) {
	for _, row := range []struct {
		ndots string
		want  map[string]string
	}{
		{"0", map[string]string{"a": "a a.one.test a.two.test",
			"a.b": "a.b a.b.one.test a.b.two.test", "a.": "a"}},
		{"1", map[string]string{"a": "a.one.test a.two.test a",
			"a.b": "a.b a.b.one.test a.b.two.test", "a.b.": "a.b"}},
		{"2", map[string]string{"a.b": "a.b.one.test a.b.two.test a.b",
			"a.b.c": "a.b.c a.b.c.one.test a.b.c.two.test", "four": "", "six": ""}},
	} {
		t.Run("ndots "+row.ndots, func(t *testing.T) {
			if !world(t, map[string]string{
				"/etc/resolv.conf": "nameserver 127.0.0.1\nsearch one.test two.test\noptions " +
					"ndots:" + row.ndots + " timeout:5 attempts:1\n",
				"/etc/nsswitch.conf": "hosts: files dns\n",
				"/etc/hosts":         "192.0.2.4 four both\n2001:db8::6 six both\n",
			}) {
				return
			}
			s := serveAt(t, "127.0.0.1:53", map[string]answer{})
			r := &addrinfo.Resolver{Net: &net.Resolver{PreferGo: true}}
			for node, want := range row.want {
				r.Lookup(ctx, node, "80", &addrinfo.Hints{Family: inet})
				var asked []string
				for len(s.asked) > 0 {
					asked = append(asked, <-s.asked)
				}
				if got := strings.Join(asked, " "); got != want {
					t.Errorf("%s: asked for %s; want %s", node, got, want)
				}
			}
			if infos, err := r.Lookup(ctx, "both", "80", nil); len(infos) != 2 ||
				len(s.asked) != 0 || err != nil {
				t.Errorf("both: %v, %v after %d questions", infos, err, len(s.asked))
			}
		})
	}
}
