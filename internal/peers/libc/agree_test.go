//go:build linux && cgo

package libc

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"

	"example.com/bsdsocket/addrinfo"
	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/sockaddr"
)

// lookup is one question to getaddrinfo, and both answers.
type lookup struct {
	node, service string
	hints         addrinfo.Hints

	libc, ours         []addrinfo.Info
	libcCode, oursCode constants.EAI
}

func (l *lookup) agree() bool {
	return l.libcCode == l.oursCode && slices.Equal(l.libc, l.ours)
}

func (l *lookup) has(f constants.AddrInfoFlag) bool { return l.hints.Flags&f != 0 }

func (l *lookup) question() string {
	return fmt.Sprintf("lookup %q %q %v %v %v flags %#x", l.node, l.service, l.hints.Family,
		l.hints.Type, l.hints.Protocol, int(l.hints.Flags))
}

func result(infos []addrinfo.Info, code constants.EAI) string {
	if code != 0 {
		return code.String()
	}
	return fmt.Sprint(infos)
}

// resolver never calls the C library, which would then be compared with
// itself.
var resolver = &addrinfo.Resolver{Net: &net.Resolver{PreferGo: true}}

func codeOf(err error) constants.EAI {
	var e *addrinfo.Error
	switch {
	case err == nil:
		return 0
	case errors.As(err, &e):
		return e.Code
	}
	return -1 // no code of glibc's
}

func (l *lookup) run() {
	l.libc, l.libcCode = Lookup(l.node, l.service, l.hints)
	var err error
	l.ours, err = resolver.Lookup(context.Background(), l.node, l.service, &l.hints)
	l.oursCode = codeOf(err)
}

// TestLookupAgrees (rows E6, E7, E8) puts every question both to getaddrinfo and
// to Lookup, in four networks. What differs must be one of the differences.
func TestLookupAgrees(t *testing.T) {
	if !world(t) {
		return
	}
	log := newJournal(t)
	log.lookups("IPv4 and IPv6", append(lookups(), byName()...))
	ip(t, "addr flush dev eth7")
	ip(t, "addr add 10.1.1.1/24 dev eth7")
	log.lookups("IPv4 only", configLookups())
	ip(t, "addr flush dev eth7")
	ip(t, "addr add 2001:db8:1::1/64 dev eth7 nodad")
	log.lookups("IPv6 only", configLookups())
	ip(t, "addr flush dev eth7")
	log.lookups("loopback only", configLookups())
	ip(t, "link set lo down")
	log.lookups("nothing",
		slices.DeleteFunc(configLookups(), func(l *lookup) bool { return l.node != "" }))
	log.finish(lookupDifferences)
}

// journal counts what was asked and what differed.
type journal struct {
	t     *testing.T
	asked int
	again int // asked once more
	found map[string]int
	first map[string]string
	wrong int
}

func newJournal(t *testing.T) *journal {
	return &journal{t: t, found: map[string]int{}, first: map[string]string{}}
}

func (j *journal) lookups(network string, all []*lookup) {
	j.t.Helper()
	parallel(all, (*lookup).run)
	for _, l := range all {
		j.asked++
		same, name := j.settle(l.run, func() (bool, string) {
			if l.agree() {
				return true, ""
			}
			for _, d := range lookupDifferences {
				if d.is(l) {
					return false, d.name
				}
			}
			return false, ""
		})
		if same {
			continue
		}
		j.differs(name, fmt.Sprintf("%s: %s\n\tlibc: %s\n\tours: %s", network, l.question(),
			result(l.libc, l.libcCode), result(l.ours, l.oursCode)))
	}
}

// settle compares two answers, which are the same or differ in a way that has a name. If they are
// neither, the question is put again, and alone: both sides wait one second for the name server,
// and on a busy machine that can be too little. A fault does not go away by that.
func (j *journal) settle(ask func(),
	compare func() (same bool, name string)) (same bool, name string) {
	for again := 0; ; again++ {
		if same, name = compare(); same || name != "" || again == 3 {
			return same, name
		}
		j.again++
		ask()
	}
}

func (j *journal) differs(name, what string) {
	j.t.Helper()
	if name == "" {
		if j.wrong++; j.wrong <= 2000 {
			j.t.Error(what)
		}
		return
	}
	if j.found[name]++; j.found[name] == 1 {
		j.first[name] = what
	}
}

func (j *journal) finish(differences []difference) {
	j.t.Helper()
	j.t.Logf("glibc %s: %d questions (%d of them put again), %d wrong answers, and %d intended "+
		"differences:",
		Version(), j.asked, j.again, j.wrong, len(differences))
	if j.asked < 300 {
		j.t.Errorf("only %d questions", j.asked)
	}
	for _, d := range differences {
		j.t.Logf("%s (%d times): %s; for instance %s", d.name, j.found[d.name], d.why,
			j.first[d.name])
		if j.found[d.name] == 0 {
			j.t.Errorf("the difference %q has not been seen: is it still there?", d.name)
		}
	}
}

// parallel runs fn for all, as much waits for name servers.
func parallel[T any](all []T, fn func(T)) {
	var wg sync.WaitGroup
	next := make(chan T)
	for range 8 {
		wg.Go(func() {
			for x := range next {
				fn(x)
			}
		})
	}
	for _, x := range all {
		next <- x
	}
	close(next)
	wg.Wait()
}

const (
	passive     = constants.AI_PASSIVE
	canonName   = constants.AI_CANONNAME
	numericHost = constants.AI_NUMERICHOST
	numericServ = constants.AI_NUMERICSERV
	addrConfig  = constants.AI_ADDRCONFIG
	v4Mapped    = constants.AI_V4MAPPED
	allV4       = constants.AI_ALL
)

var (
	inets    = []constants.Family{constants.AF_UNSPEC, constants.AF_INET, constants.AF_INET6}
	families = append(inets[:3:3], constants.AF_UNIX, constants.AF_PACKET, 99, -1)
	types    = []constants.SocketType{0, constants.SOCK_STREAM, constants.SOCK_DGRAM,
		constants.SOCK_RAW, constants.SOCK_RDM,
		constants.SOCK_SEQPACKET, constants.SOCK_DCCP, 77, constants.SOCK_STREAM | 0o4000}
	protocols = []constants.Protocol{0, constants.IPPROTO_TCP, constants.IPPROTO_UDP,
		constants.IPPROTO_ICMP,
		constants.IPPROTO_SCTP, constants.IPPROTO_UDPLITE, constants.IPPROTO_DCCP,
		constants.IPPROTO_ICMPV6, 255, 262}
)

// everyFlag is all 128 combinations of the flags, and some that are unknown.
func everyFlag() (list []constants.AddrInfoFlag) {
	each := []constants.AddrInfoFlag{passive, canonName, numericHost, numericServ, addrConfig,
		v4Mapped, allV4}
	for bits := range 1 << len(each) {
		var flags constants.AddrInfoFlag
		for i, f := range each {
			if bits>>i&1 != 0 {
				flags |= f
			}
		}
		list = append(list, flags)
	}
	return append(list, 0x800, 0x40000000, passive|0x1000)
}

// numbersAndNames are nodes for which no name server is asked.
var numbersAndNames = []string{
	"", "*", "127.0.0.1", "192.0.2.7", "0.0.0.0", "255.255.255.255", "::", "::1", "2001:db8::7",
	"::ffff:192.0.2.7", "::192.0.2.7",
	"fe80::1", "fe80::1%lo", "fe80::1%eth7", "fe80::1%1", "fe80::1%99", "ff02::1%eth7",
	"ff05::1%eth7", "::1%lo", "::1%1",
	"localhost", "alpha", "four", "six", "mixed",
}

// spellings are nodes that look like numbers, or nearly.
var spellings = []string{
	"1.2.3", "1.2", "1", "0", "127.1", "0x7f.1", "0x7f000001", "0X7F.0.0.1", "017700000001",
	"2130706433", "4294967295", "4294967296",
	"010.0.0.1", "08.0.0.1", "1.2.3.4.5", "1.2.3.256", "256.1", "1.16777216", "1.16777215",
	"1.2.65536", "1.2.65535", "0x", "0x.1", "1.0x1",
	"00", "01.02.03.04", "1.2.3.04", "1.2.3.", ".1.2.3", "1..2", "-1", "+1", "1.2.3.-4", "1.2.3.4 ",
	" 1.2.3.4", "1.2.3.4x", "0b1", "1e3",
	"1_0", "1.2.3.4%lo", "1.2.3.4%1",
	":", ":::", "1:2", "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7::",
	"::1:2:3:4:5:6:7:8", "12345::", "::g", "::1.2.3.4",
	"::1.2.3", "::ffff:1.2.3.04", "[::1]", "::1%", "fe80::1%", "fe80::1%%lo", "fe80::1%nosuch",
	"fe80::1%1x", "fe80::1%-1", "fe80::1%+1",
	"fe80::1% 1", "fe80::1%4294967295", "fe80::1%4294967296", "fe80::1%0", "fe80::1%01",
	"fec0::1%lo", "fe80::1%lo%lo", "::ffff:1.2.3.4%1",
	"::ffff:1.2.3.4%lo", "FE80::ABCD%1", "LOCALHOST", "Alpha", "localhost.", "alpha.hosts.test",
	"alpha6", "first", "four.hosts.test", "six",
	"Mixed.Case.Test", "mixed.case.test", "ip6-localhost", "localhost.localdomain", "broken",
	"many",
	"127.0.0.1.", "1.2.3.4\n", "1.2.3.4\t", "\t1.2.3.4", "::1\n", "::1 ", " ::1", "0xffffffff",
	"0x100000000", "0000.0.0.0", "0377.1", "0400.1",
	"0x0.0x0.0x0.0x0", "1.2.3.0x", "1.0x100", "\uff11.2.3.4", "1,2,3,4", "::1.", "::1,",
	"0:0:0:0:0:0:0:0::", "::0:0:0:0:0:0:0", "1::2::3",
	"1::2:3:4:5:6:7:8", "::00001", ":1::", "1::1:", "::ffff:0:192.0.2.7", "64:ff9b::192.0.2.33",
	"1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:7:1.2.3.4",
	"::1.2.3.4:5", "1.2.3.4::", "::0x1", "::+1", "::ffff:256.1.1.1", "2001:db8::7/64",
	"192.0.2.7/24", "192.0.2.7:80", "[2001:db8::7]:80",
	"fe80:0:0:0:0:0:0:1%lo", "fe90::1%lo", "febf::1%1", "fec0::1%1", "ff01::1%lo", "ff01::1%1",
	"ff02::1%1", "ff11::1%lo", "ff12::1%lo",
	"ff0f::1%lo", "ff0e::1%1", "ff00::1%lo", "::%lo", "::%1", "fe80::%lo", "fe80::1%LO",
	"fe80::1%lo:1", "fe80::1%lo ", "fe80::1%lo/64",
	"fe80::1%0x1", "fe80::1%1%1", "fe80::1%1.0", "fe80::1%sixteencharacter",
	"fe80::1%00000000000000000001", "localhost%lo", "alpha%eth7", "%lo",
	"%", "fe80::1\\lo", "fe80::1@lo", "localhost ", " localhost", "local host", ".", "..",
	".localhost", "localhost..",
}

var services = []string{
	"", "*", "0", "1", "80", "65535", "65536", "65537", "131152", "4294967295", "4294967296",
	"4294967376", "99999999999999999999", "080", "00", "-1", "+80",
	" 80", "80 ", "80x", "0x50", "1e2", "http", "www", "www-http", "HTTP", "http ", "domain", "ssh",
	"only-udp", "uonly", "only-sctp",
	"only-dccp", "only-lite", "shared", "shared-u", "Upper", "upper", "first", "second",
	"everywhere", "broken", "worse", "2box", "octal", "hexadecimal", "signed", "too-large",
	"rsh-like", "last", "nosuch",
}

func lookups() (all []*lookup) {
	add := func(node, service string, h addrinfo.Hints) {
		all = append(all, &lookup{node: node, service: service, hints: h})
	}
	// Every type with every protocol and every service.
	for _, typ := range types {
		for _, protocol := range protocols {
			for _, service := range services {
				for _, flags := range []constants.AddrInfoFlag{0, numericServ} {
					add("192.0.2.7", service,
						addrinfo.Hints{Type: typ, Protocol: protocol, Flags: flags})
				}
			}
			for _, node := range []string{"", "::1", "alpha"} {
				for _, service := range []string{"", "80", "http", "everywhere"} {
					for _, family := range families {
						add(node, service, addrinfo.Hints{Family: family, Type: typ,
							Protocol: protocol, Flags: passive})
					}
				}
			}
		}
	}
	// Every combination of flags with every node.
	for _, flags := range everyFlag() {
		for _, node := range numbersAndNames {
			for _, family := range inets {
				add(node, "", addrinfo.Hints{Family: family, Flags: flags})
				add(node, "http",
					addrinfo.Hints{Family: family, Type: constants.SOCK_STREAM, Flags: flags})
			}
		}
	}
	// Every spelling.
	for _, node := range slices.Concat(numbersAndNames, spellings) {
		for _, family := range inets {
			for _, flags := range []constants.AddrInfoFlag{0, numericHost, v4Mapped,
				v4Mapped | allV4, canonName, canonName | v4Mapped} {
				add(node, "7", addrinfo.Hints{Family: family, Flags: flags})
			}
		}
	}
	return all
}

// byName are the lookups that ask the name server.
func byName() (all []*lookup) {
	names := []string{"below.localhost", "secret.onion", "alpha.", "dotted.test", "nulled", "only6",
		"short", "none", "nosuch.test", "nosuch", "a.test.", "A.Test", "23.1.1.10.in-addr.arpa",
		"-dash.test", "a..test", strings.Repeat("x", 64) + ".test",
		strings.Repeat("x.", 130) + "test"}
	for name := range zone {
		if !strings.HasSuffix(name, ".arpa.") && !strings.HasSuffix(name, ".lan.test.") {
			names = append(names, strings.TrimSuffix(name, "."))
		}
	}
	slices.Sort(names)
	for _, name := range names {
		for _, family := range inets {
			for _, flags := range []constants.AddrInfoFlag{0, canonName, addrConfig, v4Mapped,
				v4Mapped | allV4, v4Mapped | allV4 | canonName | addrConfig} {
				all = append(all,
					&lookup{node: name, service: "http",
						hints: addrinfo.Hints{Family: family, Type: constants.SOCK_STREAM,
							Flags: flags}})
			}
		}
		all = append(all, &lookup{node: name, service: "everywhere"})
	}
	return all
}

// configLookups depend on the addresses of interfaces.
func configLookups() (all []*lookup) {
	for _, node := range []string{"", "127.0.0.1", "192.0.2.7", "::1", "2001:db8::7", "localhost",
		"alpha", "four", "six", "dual.test", "a.test", "aaaa.test"} {
		for _, family := range inets {
			for _, flags := range []constants.AddrInfoFlag{0, passive, addrConfig,
				addrConfig | passive, addrConfig | v4Mapped, addrConfig | v4Mapped | allV4,
				addrConfig | canonName} {
				all = append(all, &lookup{node: node, service: "80",
					hints: addrinfo.Hints{Family: family, Flags: flags}})
			}
		}
	}
	return all
}

// info is one question to getnameinfo, and both answers.
type info struct {
	addr  sockaddr.Addr
	flags constants.NameInfoFlag

	libc, ours         [2]string
	libcCode, oursCode constants.EAI
}

func (n *info) run() {
	n.libc[0], n.libc[1], n.libcCode = NameInfo(n.addr, n.flags)
	var err error
	n.ours[0], n.ours[1], err = resolver.NameInfo(context.Background(), n.addr, n.flags)
	n.oursCode = codeOf(err)
}

// TestNameInfoAgrees (row E9) puts every question both to getnameinfo and to
// NameInfo.
func TestNameInfoAgrees(t *testing.T) {
	if !world(t) {
		return
	}
	log := newJournal(t)
	all := infos(t)
	parallel(all, (*info).run)
	for _, n := range all {
		log.asked++
		same, name := log.settle(n.run, func() (bool, string) {
			if n.libcCode == n.oursCode && n.libc == n.ours {
				return true, ""
			}
			for _, d := range infoDifferences {
				if d.isInfo(n) {
					return false, d.name
				}
			}
			return false, ""
		})
		if same {
			continue
		}
		log.differs(name, fmt.Sprintf("name of %v flags %#x\n\tlibc: %v %q\n\tours: %v %q", n.addr,
			int(n.flags), n.libcCode, n.libc, n.oursCode, n.ours))
	}
	log.finish(infoDifferences)
}

func infos(t *testing.T) (all []*info) {
	ifi, err := net.InterfaceByName("eth7")
	if err != nil {
		t.Fatal(err)
	}
	link := uint32(ifi.Index)
	var addrs []sockaddr.Addr
	for _, ip := range []string{
		"127.0.0.1", "127.0.0.2", "192.0.2.10", "192.0.2.11", "192.0.2.99", "10.1.1.7", "10.1.1.21",
		"10.1.1.22", "10.1.1.23", "10.1.1.24", "10.1.1.25", "10.1.1.27", "10.1.1.28", "10.1.1.29",
		"0.0.0.0",
		"::1", "::", "::10.1.1.21", "2001:db8::10", "2001:db8:1::21", "2001:db8:1::99",
		"::ffff:10.1.1.21", "::ffff:192.0.2.10", "fe80::5",
	} {
		for _, port := range []int{0, 53, 80, 514, 8001, 8005, 8006, 9999, 65535} {
			a, err := sockaddr.Inet(ip, port)
			if err != nil {
				t.Fatal(err)
			}
			addrs = append(addrs, a)
			if port == 80 && a.Family() == constants.AF_INET6 {
				addrs = append(addrs, a.WithScopeID(link), a.WithScopeID(1), a.WithScopeID(999))
			}
		}
	}
	// Forms of numbers, and every kind of scope.
	for _, ip := range []string{
		"::1.2.3.4", "::0.1.0.0", "::0.0.1.2", "::ffff:0.0.0.1", "::ffff:0:1.2.3.4",
		"64:ff9b::1.2.3.4", "::fffe:1.2.3.4", "1:0:0:2::", "1::2:0:0:3",
		"2001:db8:0:0:1:0:0:1", "1:2:3:4:5:6:7:0", "0:2:3:4:5:6:7:8", "1:0:3:4:5:6:7:8",
		"1:0:0:4:0:0:0:8", "2001:DB8::ABCD", "255.255.255.255",
		"224.0.0.1", "fe80::1", "febf::1", "fec0::1", "fd00::1", "ff00::1", "ff01::1", "ff02::1",
		"ff05::1", "ff0e::1", "ff11::1", "ff12::1", "ff32::1",
	} {
		a, err := sockaddr.Inet(ip, 80)
		if err != nil {
			t.Fatal(err)
		}
		addrs = append(addrs, a)
		if a.Family() == constants.AF_INET6 {
			addrs = append(addrs, a.WithScopeID(link), a.WithScopeID(999), a.WithScopeID(1<<32-1),
				a.WithFlowInfo(0x12345))
		}
	}
	must := func(a sockaddr.Addr, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		addrs = append(addrs, a)
	}
	must(sockaddr.Inet("10.1.1.26", 80)) // silent
	must(sockaddr.Unix("/run/x.sock"))
	must(sockaddr.Unix("relative"))
	must(sockaddr.Abstract("hidden"))
	must(sockaddr.VSock(sockaddr.VSockAddr{CID: 3, Port: 1 << 31}))
	must(sockaddr.Netlink(sockaddr.NetlinkAddr{PortID: 5}))
	must(sockaddr.FromRaw([]byte{byte(constants.AF_INET), 0, 0, 80, 1, 2})) // too short
	must(sockaddr.FromRaw([]byte{9, 9, 9}))
	addrs = append(addrs, sockaddr.Unnamed(), sockaddr.Addr{})
	for _, a := range addrs {
		for flags := range constants.NameInfoFlag(32) {
			all = append(all, &info{addr: a, flags: flags})
		}
		all = append(all, &info{addr: a, flags: 0x20},
			&info{addr: a, flags: 0x10000 | constants.NI_DGRAM})
	}
	return all
}
