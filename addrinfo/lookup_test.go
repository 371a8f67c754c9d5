package addrinfo_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"example.com/bsdsocket/addrinfo"
	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/internal/testenv"
	"example.com/bsdsocket/sockaddr"
	"example.com/bsdsocket/socket"
)

var ctx = context.Background()

// files is a Resolver with the databases of testdata. It never asks the C library, which would
// start threads.
var files = &addrinfo.Resolver{
	Net:          &net.Resolver{PreferGo: true},
	ServicesFile: "testdata/services", ProtocolsFile: "testdata/protocols",
}

// noServer has the hosts file, and no way to a name server.
var noServer = &net.Resolver{PreferGo: true,
	Dial: func(context.Context, string, string) (net.Conn, error) {
		return nil, errors.New("no way")
	}}

const (
	stream    = constants.SOCK_STREAM
	dgram     = constants.SOCK_DGRAM
	raw       = constants.SOCK_RAW
	seqpacket = constants.SOCK_SEQPACKET
	inet      = constants.AF_INET
	inet6     = constants.AF_INET6
)

// short is a list of results in few letters: "1.2.3.4:80/tcp".
func short(infos []addrinfo.Info) (list []string) {
	for _, i := range infos {
		kind := map[[2]int]string{
			{int(stream), constants.IPPROTO_TCP}:               "tcp",
			{int(dgram), constants.IPPROTO_UDP}:                "udp",
			{int(raw), 0}:                                      "raw",
			{int(dgram), constants.IPPROTO_UDPLITE}:            "udplite",
			{int(stream), constants.IPPROTO_SCTP}:              "sctp",
			{int(seqpacket), constants.IPPROTO_SCTP}:           "sctp-seq",
			{int(constants.SOCK_DCCP), constants.IPPROTO_DCCP}: "dccp",
		}[[2]int{int(i.Type), int(i.Protocol)}]
		if kind == "" {
			kind = strconv.Itoa(int(i.Type)) + "," + strconv.Itoa(int(i.Protocol))
		}
		text := i.Addr.String() + "/" + kind
		if i.CanonName != "" {
			text += " " + i.CanonName
		}
		if i.Family != i.Addr.Family() {
			text += " in " + i.Family.String()
		}
		list = append(list, text)
	}
	return list
}

func words(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(s, "; ")
}

func codeOf(t testing.TB, err error) string {
	t.Helper()
	var e *addrinfo.Error
	switch {
	case err == nil:
		return ""
	case !errors.As(err, &e):
		t.Fatalf("the error is a %T: %v", err, err)
	}
	return e.Code.String()
}

// Rows E6, E7 and E8: what needs no name server. The same questions, and many more, are put to the
// C library in internal/peers.
func TestLookupNumbers(t *testing.T) {
	tests := []struct {
		node, service string
		hints         *addrinfo.Hints
		want          string // results, or the code of the error
	}{
		{"192.0.2.1", "80", nil, "192.0.2.1:80/tcp"},
		{"192.0.2.1", "http", nil, "192.0.2.1:80/tcp"},
		{"192.0.2.1", "www-http", nil, "192.0.2.1:80/tcp"},
		{"192.0.2.1", "", nil, "192.0.2.1/tcp"},
		{"2001:db8::1", "80", nil, "[2001:db8::1]:80/tcp"},
		{"2001:DB8::1", "00080", nil, "[2001:db8::1]:80/tcp"},
		{"192.0.2.1", "80", &addrinfo.Hints{},
			"192.0.2.1:80/tcp; 192.0.2.1:80/udp; 192.0.2.1:80/raw"},
		{"192.0.2.1", "", &addrinfo.Hints{}, "192.0.2.1/tcp; 192.0.2.1/udp; 192.0.2.1/raw"},
		{"192.0.2.1", "0", &addrinfo.Hints{Type: dgram}, "192.0.2.1/udp"},
		{"192.0.2.1", "65535", &addrinfo.Hints{Protocol: constants.IPPROTO_UDP},
			"192.0.2.1:65535/udp"},

		// A named service has only the kinds of sockets that it is listed for.
		{"192.0.2.1", "domain", &addrinfo.Hints{}, "192.0.2.1:53/tcp; 192.0.2.1:53/udp"},
		{"192.0.2.1", "http", &addrinfo.Hints{}, "192.0.2.1:80/tcp"},
		{"192.0.2.1", "only-udp", &addrinfo.Hints{}, "192.0.2.1:8001/udp"},
		{"192.0.2.1", "only-udp", nil, "EAI_SERVICE"},
		{"192.0.2.1", "http", &addrinfo.Hints{Type: dgram}, "EAI_SERVICE"},
		{"192.0.2.1", "HTTP", nil, "EAI_SERVICE"},
		{"192.0.2.1", "no-such-service", &addrinfo.Hints{}, "EAI_SERVICE"},
		{"192.0.2.1", "second", nil, "192.0.2.1:8007/tcp"}, // an alias before the name itself
		{"192.0.2.1", "last", nil, "192.0.2.1:8012/tcp"},
		{"192.0.2.1", "newline-less", nil, "192.0.2.1:8012/tcp"},

		// Ports.
		{"192.0.2.1", "65536", nil, "EAI_SERVICE"},
		{"192.0.2.1", "65616", &addrinfo.Hints{}, "EAI_SERVICE"},
		{"192.0.2.1", "4294967376", &addrinfo.Hints{Flags: constants.AI_NUMERICSERV},
			"EAI_SERVICE"},
		{"192.0.2.1", strings.Repeat("9", 1000), nil, "EAI_SERVICE"},
		{"192.0.2.1", "-1", nil, "EAI_SERVICE"},
		{"192.0.2.1", "+80", nil, "EAI_SERVICE"},
		{"192.0.2.1", " 80", nil, "EAI_SERVICE"},
		{"192.0.2.1", "80 ", nil, "EAI_SERVICE"},
		{"192.0.2.1", "0x50", nil, "EAI_SERVICE"},
		{"192.0.2.1", "80", &addrinfo.Hints{Type: stream, Flags: constants.AI_NUMERICSERV},
			"192.0.2.1:80/tcp"},
		{"192.0.2.1", "http", &addrinfo.Hints{Flags: constants.AI_NUMERICSERV}, "EAI_NONAME"},

		// Types and protocols, and their contradictions.
		{"192.0.2.1", "80", &addrinfo.Hints{Type: stream, Protocol: constants.IPPROTO_TCP},
			"192.0.2.1:80/tcp"},
		{"192.0.2.1", "80", &addrinfo.Hints{Type: stream, Protocol: constants.IPPROTO_UDP},
			"EAI_SOCKTYPE"},
		{"192.0.2.1", "nosuch", &addrinfo.Hints{Type: dgram, Protocol: constants.IPPROTO_TCP},
			"EAI_SOCKTYPE"},
		{"192.0.2.1", "80", &addrinfo.Hints{Type: 77}, "EAI_SOCKTYPE"},
		{"192.0.2.1", "80", &addrinfo.Hints{Type: -1}, "EAI_SOCKTYPE"},
		{"192.0.2.1", "80", &addrinfo.Hints{Protocol: constants.Undefined}, "EAI_SERVICE"},
		{"192.0.2.1", "", &addrinfo.Hints{Protocol: constants.Undefined}, "EAI_SERVICE"},
		{"192.0.2.1", "", &addrinfo.Hints{Type: raw, Protocol: constants.Undefined},
			"EAI_SOCKTYPE"},
		{"192.0.2.1", "80", &addrinfo.Hints{Type: raw}, "EAI_SERVICE"},
		{"192.0.2.1", "", &addrinfo.Hints{Type: raw}, "192.0.2.1/raw"},
		{"192.0.2.1", "", &addrinfo.Hints{Type: raw, Protocol: constants.IPPROTO_ICMP},
			"192.0.2.1/" + strconv.Itoa(int(raw)) + ",1"},
		{"192.0.2.1", "", &addrinfo.Hints{Protocol: constants.IPPROTO_ICMP},
			"192.0.2.1/" + strconv.Itoa(int(raw)) + ",1"},
		{"192.0.2.1", "80", &addrinfo.Hints{Protocol: constants.IPPROTO_ICMP}, "EAI_SERVICE"},

		// Families.
		{"192.0.2.1", "80", &addrinfo.Hints{Family: inet, Type: stream}, "192.0.2.1:80/tcp"},
		{"192.0.2.1", "80", &addrinfo.Hints{Family: inet6, Type: stream}, "EAI_ADDRFAMILY"},
		{"2001:db8::1", "80", &addrinfo.Hints{Family: inet, Type: stream}, "EAI_ADDRFAMILY"},
		{"192.0.2.1", "80", &addrinfo.Hints{Family: constants.AF_UNIX}, "EAI_FAMILY"},
		{"192.0.2.1", "80", &addrinfo.Hints{Family: 99}, "EAI_FAMILY"},
		{"192.0.2.1", "80", &addrinfo.Hints{Family: constants.Undefined}, "EAI_FAMILY"},
		{"::ffff:192.0.2.1", "80", &addrinfo.Hints{Type: stream}, "[::ffff:192.0.2.1]:80/tcp"},
		{"::ffff:192.0.2.1", "80", &addrinfo.Hints{Family: inet, Type: stream}, "192.0.2.1:80/tcp"},

		// Flags.
		{"192.0.2.1", "80", &addrinfo.Hints{Type: stream, Flags: constants.AI_CANONNAME},
			"192.0.2.1:80/tcp 192.0.2.1"},
		{"192.0.2.1", "", &addrinfo.Hints{Flags: constants.AI_CANONNAME},
			"192.0.2.1/tcp 192.0.2.1; 192.0.2.1/udp; 192.0.2.1/raw"},
		{"", "80", &addrinfo.Hints{Flags: constants.AI_CANONNAME}, "EAI_BADFLAGS"},
		{"192.0.2.1", "80", &addrinfo.Hints{Flags: 1 << 30}, "EAI_BADFLAGS"},
		{"192.0.2.1", "80", &addrinfo.Hints{Flags: constants.Undefined}, "EAI_BADFLAGS"},
		{"192.0.2.1", "80", &addrinfo.Hints{Type: stream, Flags: constants.AI_NUMERICHOST},
			"192.0.2.1:80/tcp"},
		{"localhost", "80", &addrinfo.Hints{Flags: constants.AI_NUMERICHOST}, "EAI_NONAME"},

		// Without a node. (Both families together: TestLookupLoopback.)
		{"", "80", &addrinfo.Hints{Family: inet, Type: stream}, "127.0.0.1:80/tcp"},
		{"*", "80", &addrinfo.Hints{Family: inet6, Type: stream}, "[::1]:80/tcp"},
		{"", "80", &addrinfo.Hints{Family: inet, Type: stream, Flags: constants.AI_PASSIVE},
			"0.0.0.0:80/tcp"},
		{"", "80", &addrinfo.Hints{Family: inet6, Type: stream,
			Flags: constants.AI_PASSIVE | constants.AI_NUMERICHOST}, "[::]:80/tcp"},
		{"192.0.2.1", "80", &addrinfo.Hints{Type: stream, Flags: constants.AI_PASSIVE},
			"192.0.2.1:80/tcp"},
		{"", "", nil, ""},
		{"*", "*", &addrinfo.Hints{Family: 99, Flags: 1 << 30}, ""},

		// Zones.
		{"fe80::1%7", "80", nil, "[fe80::1%7]:80/tcp"},
		{"fe80::1%4294967295", "", nil, "fe80::1%4294967295/tcp"},
		{"fe80::1%4294967296", "", nil, "EAI_NONAME"},
		{"fe80::1%nosuch", "", nil, "EAI_NONAME"},
		{"fe80::1%", "", nil, "EAI_NONAME"},
		{"fe80::1%-1", "", nil, "EAI_NONAME"},
		{"2001:db8::1%nosuch", "", nil, "EAI_NONAME"},
		{"2001:db8::1%7", "", nil, "2001:db8::1/tcp"},
		{"fe80::1%nosuch", "", &addrinfo.Hints{Family: inet}, "EAI_ADDRFAMILY"},
		{"fe80::1%0", "", nil, "fe80::1/tcp"},

		// Old forms of IPv4 addresses.
		{"127.1", "80", nil, "EAI_NONAME"},
		{"0x7f.1", "80", nil, "EAI_NONAME"},
		{"2130706433", "80", nil, "EAI_NONAME"},
		{"017700000001", "80", nil, "EAI_NONAME"},
		{"010.0.0.1", "80", &addrinfo.Hints{Flags: constants.AI_NUMERICHOST}, "EAI_NONAME"},
	}
	for _, test := range tests {
		infos, err := files.Lookup(ctx, test.node, test.service, test.hints)
		got := short(infos)
		if err != nil {
			got = append(got, codeOf(t, err))
		}
		want := words(strings.ReplaceAll(test.want, "%7]", "%"+zoneName(7)+"]"))
		for i := range want {
			want[i] = strings.ReplaceAll(want[i], "%7/", "%"+zoneName(7)+"/")
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("Lookup(%q, %q, %+v): (-want +got)\n%s%v", test.node, test.service, test.hints,
				d, err)
		}
	}
}

// zoneName is how an address with that scope id prints it.
func zoneName(id uint32) string {
	_, zone, _ := strings.Cut(sockaddr.FromAddrPort(netip.MustParseAddrPort("[fe80::1]:0")).
		WithScopeID(id).Address(), "%")
	return zone
}

// Row E8: every field.
func TestInfo(t *testing.T) {
	flags := constants.AI_CANONNAME | constants.AI_NUMERICHOST
	infos, err := files.Lookup(ctx, "2001:db8::1", "domain",
		&addrinfo.Hints{Family: inet6, Type: dgram, Flags: flags})
	if err != nil {
		t.Fatal(err)
	}
	addr, err := sockaddr.Inet("2001:db8::1", 53)
	if err != nil {
		t.Fatal(err)
	}
	want := addrinfo.Info{Family: inet6, Type: dgram, Protocol: constants.IPPROTO_UDP, Flags: flags,
		Addr: addr, CanonName: "2001:db8::1"}
	if len(infos) != 1 || infos[0] != want {
		t.Fatalf("got %+v, want %+v", infos, want)
	}
	const text = `addrinfo "[2001:db8::1]:53" AF_INET6 SOCK_DGRAM IPPROTO_UDP ` +
		`canonical: "2001:db8::1"`
	if got := infos[0].String(); got != text {
		t.Errorf("it prints as %s, want %s", got, text)
	}
	want.CanonName = ""
	if got := want.String(); got != `addrinfo "[2001:db8::1]:53" AF_INET6 SOCK_DGRAM IPPROTO_UDP` {
		t.Errorf("without a canonical name it prints as %s", got)
	}
}

// Row E7: AI_V4MAPPED and AI_ALL with numbers.
func TestLookupMappedNumbers(t *testing.T) {
	if !constants.AI_V4MAPPED.Defined() {
		testenv.Needs(t, testenv.Feature{Name: "AI_V4MAPPED", Probe: func() error {
			return errors.New("this platform lacks it")
		}})
	}
	for _, flags := range []constants.AddrInfoFlag{constants.AI_V4MAPPED,
		constants.AI_V4MAPPED | constants.AI_ALL} {
		for family, want := range map[constants.Family]string{
			inet6: "[::ffff:192.0.2.1]:80/tcp", inet: "192.0.2.1:80/tcp",
			constants.AF_UNSPEC: "192.0.2.1:80/tcp",
		} {
			infos, err := files.Lookup(ctx, "192.0.2.1", "80",
				&addrinfo.Hints{Family: family, Type: stream, Flags: flags})
			if got := short(infos); err != nil || !slices.Equal(got, []string{want}) {
				t.Errorf("%v, flags %v: got %v, %v; want %s", family, flags, got, err, want)
			}
		}
	}
	// AI_ALL means nothing alone.
	_, err := files.Lookup(ctx, "192.0.2.1", "80",
		&addrinfo.Hints{Family: inet6, Flags: constants.AI_ALL})
	if code := codeOf(t, err); code != "EAI_ADDRFAMILY" {
		t.Errorf("AI_ALL alone: %v", err)
	}
}

// Row E6: a node that is not given is loopback, or with AI_PASSIVE any address, of both families.
func TestLookupLoopback(t *testing.T) {
	testenv.Needs(t, testenv.IPv6Loopback)
	for _, test := range []struct {
		flags constants.AddrInfoFlag
		want  string
	}{
		{0, "[::1]:80/tcp; 127.0.0.1:80/tcp"},
		{constants.AI_PASSIVE, "0.0.0.0:80/tcp; [::]:80/tcp"},
	} {
		infos, err := files.Lookup(ctx, "", "80", &addrinfo.Hints{Type: stream, Flags: test.flags})
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(words(test.want), short(infos)); d != "" {
			t.Errorf("flags %v: (-want +got)\n%s", test.flags, d)
		}
	}
}

// Row E7: AI_ADDRCONFIG looks at the interfaces, and so does the order of loopback addresses.
func TestLookupAddrConfig(t *testing.T) {
	testenv.Needs(t, testenv.IPv6Loopback, testenv.IPCommand)
	ns := testenv.NetNS(t)
	lookup := func(node string, family constants.Family, flags constants.AddrInfoFlag) string {
		t.Helper()
		var infos []addrinfo.Info
		var err error
		ns.Do(func() {
			infos, err = files.Lookup(ctx, node, "80",
				&addrinfo.Hints{Family: family, Type: stream, Flags: flags})
		})
		if err != nil {
			return codeOf(t, err)
		}
		return strings.Join(short(infos), "; ")
	}
	check := func(what, got, want string) {
		t.Helper()
		if got != want {
			t.Errorf("%s: got %s, want %s", what, got, want)
		}
	}
	const config = constants.AI_ADDRCONFIG
	check("loopback alone", lookup("", 0, config), "[::1]:80/tcp; 127.0.0.1:80/tcp")
	check("loopback alone, passive", lookup("", 0, config|constants.AI_PASSIVE),
		"0.0.0.0:80/tcp; [::]:80/tcp")
	check("loopback alone, IPv6 number", lookup("::1", 0, config), "[::1]:80/tcp")
	check("loopback alone, IPv4", lookup("", inet, config), "EAI_NONAME")
	check("loopback alone, IPv4 number", lookup("192.0.2.1", inet, config), "EAI_NONAME")
	check("loopback alone, IPv6", lookup("", inet6, config), "EAI_NONAME")

	testenv.Needs(t, testenv.Veth)
	ns.Run("ip", "link", "add", "x0", "type", "veth", "peer", "name", "x1")
	ns.Run("ip", "link", "set", "x0", "addrgenmode", "none", "up")
	ns.Run("ip", "addr", "add", "192.0.2.9/24", "dev", "x0")
	check("IPv4", lookup("", 0, config), "127.0.0.1:80/tcp")
	check("IPv4 for IPv6", lookup("", inet6, config), "EAI_NONAME")
	check("IPv4, IPv6 number", lookup("2001:db8::1", 0, config), "EAI_ADDRFAMILY")
	check("IPv4, passive", lookup("", 0, config|constants.AI_PASSIVE), "0.0.0.0:80/tcp")
	ns.Run("ip", "addr", "add", "2001:db8::9/64", "dev", "x0", "nodad")
	check("both", lookup("", 0, config), "[::1]:80/tcp; 127.0.0.1:80/tcp")
	ns.Run("ip", "addr", "flush", "dev", "x0", "scope", "global")
	ns.Run("ip", "addr", "add", "2001:db8::9/64", "dev", "x0", "nodad")
	check("IPv6", lookup("", 0, config), "[::1]:80/tcp")
	check("IPv6 for IPv4", lookup("", inet, config), "EAI_NONAME")
	check("IPv6, IPv4 number", lookup("127.0.0.1", 0, config), "EAI_ADDRFAMILY")

	// An address that cannot be reached goes to the end.
	ns.Run("ip", "-6", "addr", "del", "::1/128", "dev", "lo")
	ns.Run("ip", "addr", "flush", "dev", "x0")
	check("no ::1", lookup("", 0, 0), "127.0.0.1:80/tcp; [::1]:80/tcp")
	check("no ::1, passive", lookup("", 0, constants.AI_PASSIVE), "0.0.0.0:80/tcp; [::]:80/tcp")
	ns.Run("ip", "addr", "flush", "dev", "lo")
	ns.Run("ip", "link", "set", "lo", "down")
	check("nothing", lookup("", 0, 0), "[::1]:80/tcp; 127.0.0.1:80/tcp")
	check("nothing, passive", lookup("", 0, constants.AI_PASSIVE), "[::]:80/tcp; 0.0.0.0:80/tcp")
}

// A zone by name is the interface's number, for addresses of a link or an interface alone.
func TestLookupZone(t *testing.T) {
	all, err := net.Interfaces()
	if err != nil || len(all) == 0 {
		t.Fatalf("no interfaces: %v", err)
	}
	ifi := all[0]
	for _, ip := range []string{"fe80::1", "ff01::1", "ff02::1"} {
		infos, err := files.Lookup(ctx, ip+"%"+ifi.Name, "80", nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := infos[0].Addr.ScopeID(); got != uint32(ifi.Index) {
			t.Errorf("the scope id of %s%%%s is %d, want %d", ip, ifi.Name, got, ifi.Index)
		}
	}
	for _, ip := range []string{"::1", "2001:db8::1", "ff05::1", "192.0.2.1"} {
		if _, err := files.Lookup(ctx, ip+"%"+ifi.Name, "80",
			&addrinfo.Hints{Flags: constants.AI_NUMERICHOST}); codeOf(t, err) != "EAI_NONAME" {
			t.Errorf("%s%%%s: %v", ip, ifi.Name, err)
		}
	}
}

// Names that a name server knows: rows E6 and E7.
func TestLookupNames(t *testing.T) {
	sixty := answer{}
	var sixtyWant []string
	for i := range 60 {
		ip := "192.0.2." + strconv.Itoa(200-i)
		sixty.ips = append(sixty.ips, ip)
		sixtyWant = append(sixtyWant, ip+":80/tcp")
	}
	s := serve(t, map[string]answer{
		"four.example":     {ips: []string{"192.0.2.1"}},
		"six.example":      {ips: []string{"2001:db8::1"}},
		"alias.example":    {cname: "four.example"},
		"chain.example":    {cname: "chain2.example"},
		"chain2.example":   {cname: "chain3.example"},
		"chain3.example":   {cname: "six.example"},
		"loop.example":     {cname: "loop.example"},
		"dangling.example": {cname: "nosuch.example"},
		"empty.example":    {},
		"emptytcp.example": {viaTCP: true},
		"servfail.example": {code: codeServFail},
		"refused.example":  {code: codeRefused},
		"half.example":     {ips: []string{"2001:db8::2"}, failFor: typeA},
		"tcp.example":      {ips: []string{"192.0.2.3"}, viaTCP: true},
		"sixty.example":    sixty,
		"mapped.example":   {ips: []string{"::ffff:192.0.2.4"}},
		"noisy.example":    {noise: true},
		"once.example":     {cname: "chain2.example", once: true},
	})
	const (
		canon  = constants.AI_CANONNAME
		mapped = constants.AI_V4MAPPED
		all    = constants.AI_V4MAPPED | constants.AI_ALL
	)
	tests := []struct {
		node   string
		family constants.Family
		flags  constants.AddrInfoFlag
		want   string
	}{
		{"four.example", 0, 0, "192.0.2.1:80/tcp"},
		{"FOUR.example.", 0, 0, "192.0.2.1:80/tcp"},
		{"four.example", inet, canon, "192.0.2.1:80/tcp four.example"},
		{"four.example", inet6, 0, "EAI_NODATA"},
		{"four.example", inet6, mapped, "[::ffff:192.0.2.1]:80/tcp"},
		{"four.example", inet6, all, "[::ffff:192.0.2.1]:80/tcp"},
		{"four.example", 0, all, "192.0.2.1:80/tcp"},
		{"six.example", 0, 0, "[2001:db8::1]:80/tcp"},
		{"six.example", inet, 0, "EAI_NODATA"},
		{"six.example", inet6, mapped, "[2001:db8::1]:80/tcp"},
		{"alias.example", 0, 0, "192.0.2.1:80/tcp"},
		{"alias.example", 0, canon, "192.0.2.1:80/tcp four.example"},
		{"chain.example", 0, canon, "[2001:db8::1]:80/tcp six.example"},
		{"chain.example", inet6, canon, "[2001:db8::1]:80/tcp six.example"},
		{"once.example", 0, canon, "[2001:db8::1]:80/tcp six.example"},
		{"dangling.example", 0, canon, "EAI_NONAME"},
		{"nosuch.example", 0, 0, "EAI_NONAME"},
		{"nosuch.example", inet6, mapped, "EAI_NONAME"},
		{"empty.example", 0, 0, "EAI_NODATA"},
		{"emptytcp.example", 0, 0, "EAI_NODATA"},
		{"noisy.example", 0, 0, "EAI_NODATA"},
		{"servfail.example", 0, 0, "EAI_AGAIN"},
		{"servfail.example", inet, 0, "EAI_AGAIN"},
		{"refused.example", 0, 0, "EAI_FAIL"},
		{"half.example", 0, 0, "[2001:db8::2]:80/tcp"},
		{"half.example", inet, 0, "EAI_AGAIN"},
		{"tcp.example", 0, 0, "192.0.2.3:80/tcp"},
		{"sixty.example", 0, 0, strings.Join(sixtyWant, "; ")},
		{"mapped.example", 0, 0, "192.0.2.4:80/tcp"},
		{"bad..example", 0, 0, "EAI_NONAME"},
		{strings.Repeat("x", 64) + ".example", 0, 0, "EAI_NONAME"},
		{"nul\x00.example", 0, 0, "EAI_NONAME"},
		{"1.2.3.4.5", 0, 0, "EAI_NONAME"},
		{"loop.example", 0, canon, "EAI_NODATA"},
	}
	r := s.resolver()
	for _, test := range tests {
		if !constants.AI_V4MAPPED.Defined() && test.flags&^canon != 0 {
			continue
		}
		infos, err := r.Lookup(ctx, test.node, "http",
			&addrinfo.Hints{Family: test.family, Type: stream, Flags: test.flags})
		got := short(infos)
		if err != nil {
			got = append(got, codeOf(t, err))
		}
		if d := cmp.Diff(words(test.want), got); d != "" {
			t.Errorf("Lookup(%q), %v, flags %v: (-want +got)\n%s%v", test.node, test.family,
				test.flags, d, err)
		}
	}
	if s.tcp.Load() == 0 {
		t.Error("no truncated answer was asked for again over TCP")
	}

	for node, want := range map[string]string{"four.example": "", "empty.example": "EAI_NODATA",
		"nosuch.example": "EAI_NONAME"} {
		if _, err := s.streamResolver().Lookup(ctx, node, "", nil); codeOf(t, err) != want {
			t.Errorf("Lookup(%q) over TCP alone: %v, want %q", node, err, want)
		}
	}

	// Every kind of socket with every address.
	infos, err := r.Lookup(ctx, "alias.example", "domain", &addrinfo.Hints{Flags: canon})
	if d := cmp.Diff(words("192.0.2.1:53/tcp four.example; 192.0.2.1:53/udp"),
		short(infos)); err != nil || d != "" {
		t.Errorf("of any type: %v (-want +got)\n%s", err, d)
	}
	infos, err = r.Lookup(ctx, "sixty.example", "80", &addrinfo.Hints{})
	if err != nil || len(infos) != 180 {
		t.Errorf("of any type: %d results, %v; want 180", len(infos), err)
	}
}

// A name server is asked once for each family, not again for the order.
func TestLookupAsksOnce(t *testing.T) {
	s := serve(t,
		map[string]answer{"dual.example": {ips: []string{"192.0.2.1", "192.0.2.2", "2001:db8::1"}}})
	infos, err := s.resolver().Lookup(ctx, "dual.example.", "80", nil)
	if err != nil || len(infos) != 3 {
		t.Fatalf("got %v, %v", infos, err)
	}
	if n := len(s.asked); n != 2 {
		t.Errorf("the name server was asked %d times", n)
	}
	// The canonical name is in the answers. (Without the dot at the end, the machine's domain could
	// be tried.)
	infos, err = s.resolver().Lookup(ctx, "dual.example.", "80",
		&addrinfo.Hints{Type: stream, Flags: constants.AI_CANONNAME})
	if err != nil || len(infos) != 3 || infos[0].CanonName != "dual.example" {
		t.Fatalf("got %v, %v", infos, err)
	}
	if n := len(s.asked); n != 2+2 {
		t.Errorf("with the canonical name, the name server was asked %d times", n-2)
	}
}

// StrictErrors of the net.Resolver reaches it.
func TestLookupStrict(t *testing.T) {
	s := serve(t, map[string]answer{"half.example": {ips: []string{"2001:db8::2"}, failFor: typeA}})
	r := s.resolver()
	r.Net.StrictErrors = true
	if _, err := r.Lookup(ctx, "half.example", "80", nil); codeOf(t, err) != "EAI_AGAIN" {
		t.Errorf("half an answer: %v", err)
	}
}

// Localhost comes from the hosts file: no name server is asked.
func TestLookupLocalhost(t *testing.T) {
	testenv.Needs(t, testenv.Feature{Name: "localhost in the hosts file", Probe: func() error {
		_, err := noServer.LookupHost(ctx, "localhost")
		return err
	}})
	s := serve(t, nil)
	for _, node := range []string{"localhost", "LocalHost"} {
		infos, err := s.resolver().Lookup(ctx, node, "http",
			&addrinfo.Hints{Type: stream, Flags: constants.AI_CANONNAME})
		if err != nil {
			t.Fatal(err)
		}
		for i, info := range infos {
			if !info.Addr.IP().IsLoopback() || info.Addr.Port() != 80 {
				t.Errorf("%s: %v", node, info)
			}
			if (info.CanonName != "") != (i == 0) {
				t.Errorf("%s: result %d has the canonical name %q", node, i, info.CanonName)
			}
		}
	}
}

// The forms that inet_aton(3) takes, and that it does not.
func TestOldIPv4(t *testing.T) {
	old := &addrinfo.Resolver{OldIPv4: true, Net: serve(t, nil).resolver().Net}
	for node, want := range map[string]string{
		"127.1": "127.0.0.1", "127.0.1": "127.0.0.1", "0x7f.1": "127.0.0.1",
		"0X7F.0.0.1": "127.0.0.1", "0x7f000001": "127.0.0.1",
		"2130706433": "127.0.0.1", "017700000001": "127.0.0.1", "0": "0.0.0.0",
		"4294967295": "255.255.255.255",
		"010.0.0.1":  "8.0.0.1", "01.02.03.04": "1.2.3.4", "1.16777215": "1.255.255.255",
		"1.2.65535": "1.2.255.255",
		"192.0.2.1": "192.0.2.1", "00": "0.0.0.0",
		"4294967296": "", "1.16777216": "", "1.2.65536": "", "256.1": "", "1.2.3.256": "", "08": "",
		"0x": "", "0xg": "", "1.2.3.4.5": "",
		"1.": "", "1..2": "", "1.-2": "", "1.+2": "", "1_0": "", "1.2.3.4 ": "", "1e3": "",
		"0b1": "", "0o7": "", "1.0x": "", "127.1%1": "",
	} {
		infos, err := old.Lookup(ctx, node, "", nil)
		switch {
		case want == "" && codeOf(t, err) != "EAI_NONAME":
			t.Errorf("%q: got %v, %v; want EAI_NONAME", node, infos, err)
		case want != "" && (err != nil || infos[0].Addr.String() != want):
			t.Errorf("%q: got %v, %v; want %s", node, infos, err, want)
		}
		// Without OldIPv4 only the usual form is an address, and no form is a question to a name
		// server.
		if want == "" {
			continue
		}
		_, err = files.Lookup(ctx, node, "", nil)
		if refused := codeOf(t, err) == "EAI_NONAME"; refused == (node == "192.0.2.1") {
			t.Errorf("%q without OldIPv4: %v", node, err)
		}
		if err != nil && !strings.Contains(err.Error(), "old form of the IPv4 address "+want) {
			t.Errorf("%q without OldIPv4: the error does not say why: %v", node, err)
		}
	}
}

// A context that has ended ends the lookup at once, and nothing stays behind.
func TestContext(t *testing.T) {
	s := serve(t, map[string]answer{
		"silent.example":         {silent: true},
		"1.2.0.192.in-addr.arpa": {silent: true},
	})
	r := s.resolver()
	var dialed atomic.Bool
	unused := &addrinfo.Resolver{Net: &net.Resolver{PreferGo: true,
		Dial: func(context.Context, string, string) (net.Conn, error) {
			dialed.Store(true)
			return nil, errors.New("no way")
		}}}
	addr, err := sockaddr.Inet("192.0.2.1", 80)
	if err != nil {
		t.Fatal(err)
	}
	var none context.Context // is the background, as in package socket
	if list, err := r.Lookup(none, "127.0.0.1", "80", nil); len(list) != 1 || err != nil {
		t.Errorf("without a context: %v, %v", list, err)
	}
	if node, _, err := r.NameInfo(none, addr, constants.NI_NUMERICHOST); node != "192.0.2.1" ||
		err != nil {
		t.Errorf("without a context: %v, %v", node, err)
	}
	calls := map[string]func(context.Context, *addrinfo.Resolver) error{
		"Lookup": func(ctx context.Context, r *addrinfo.Resolver) error {
			_, err := r.Lookup(ctx, "silent.example", "80", nil)
			return err
		},
		"Lookup of IPv6": func(ctx context.Context, r *addrinfo.Resolver) error {
			_, err := r.Lookup(ctx, "silent.example", "80",
				&addrinfo.Hints{Family: inet6, Type: stream})
			return err
		},
		"NameInfo": func(ctx context.Context, r *addrinfo.Resolver) error {
			_, _, err := r.NameInfo(ctx, addr, 0)
			return err
		},
	}
	check := func(t *testing.T, want error, call func() error) {
		t.Helper()
		began := time.Now()
		err := call()
		if took := time.Since(began); took > 4*time.Second { // package net waits 5 for an answer
			t.Errorf("it took %v", took)
		}
		if codeOf(t, err) != "EAI_AGAIN" || !errors.Is(err, want) {
			t.Errorf("the error is %v, want EAI_AGAIN with %v", err, want)
		}
		var e *addrinfo.Error
		if !errors.As(err, &e) || e.Timeout() != errors.Is(want, context.DeadlineExceeded) ||
			!e.Temporary() {
			t.Errorf("Timeout or Temporary is wrong: %v", err)
		}
	}
	for name, call := range calls {
		before := runtime.NumGoroutine()
		t.Run(name+", cancelled before", func(t *testing.T) {
			ctx, cancel := context.WithCancel(ctx)
			cancel()
			check(t, context.Canceled, func() error { return call(ctx, unused) })
		})
		t.Run(name+", expired before", func(t *testing.T) {
			ctx, cancel := context.WithDeadline(ctx, time.Now().Add(-time.Second))
			defer cancel()
			check(t, context.DeadlineExceeded, func() error { return call(ctx, unused) })
		})
		if dialed.Load() {
			t.Errorf("%s: a context that has ended did not keep it from a name server", name)
		}
		t.Run(name+", cancelled", func(t *testing.T) {
			ctx, cancel := context.WithCancel(ctx)
			done := make(chan error, 1)
			go func() { done <- call(ctx, r) }()
			<-s.asked
			check(t, context.Canceled, func() error { cancel(); return <-done })
		})
		t.Run(name+", expired", func(t *testing.T) {
			ctx, cancel := context.WithTimeout(ctx, 50*time.Millisecond)
			defer cancel()
			check(t, context.DeadlineExceeded, func() error { return call(ctx, r) })
		})
		// What package net started ends with its connection, which the cancelled context has
		// closed, not after seconds.
		end := time.Now().Add(4 * time.Second)
		for ; runtime.NumGoroutine() > before; runtime.Gosched() {
			if time.Now().After(end) {
				stacks := make([]byte, 1<<16)
				t.Fatalf("%s: %d goroutines more than before\n%s", name,
					runtime.NumGoroutine()-before, stacks[:runtime.Stack(stacks, true)])
			}
		}
		for len(s.asked) > 0 {
			<-s.asked
		}
	}
	// A context that has ended counts even where there is nothing to wait for.
	ended, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := r.Lookup(ended, "192.0.2.1", "80", nil); !errors.Is(err, context.Canceled) {
		t.Errorf("of a number: %v", err)
	}
	if _, _, err := r.NameInfo(ended, addr, constants.NI_NUMERICHOST|
		constants.NI_NUMERICSERV); !errors.Is(err, context.Canceled) {
		t.Errorf("the name of a number: %v", err)
	}
	// So does a deadline that has passed, though the context's timer is late.
	check(t, context.DeadlineExceeded, func() error {
		_, err := r.Lookup(late{ctx}, "192.0.2.1", "80", nil)
		return err
	})
}

// late is a context whose deadline has passed, but whose timer has not fired.
type late struct{ context.Context }

func (late) Deadline() (time.Time, bool) { return time.Now().Add(-time.Second), true }

// A name server that cannot be reached is trouble, not ignorance.
func TestNoServer(t *testing.T) {
	r := &addrinfo.Resolver{Net: noServer}
	_, err := r.Lookup(ctx, "some.example", "80", nil)
	if err == nil || codeOf(t, err) == "EAI_NONAME" || codeOf(t, err) == "EAI_NODATA" {
		t.Errorf("got %v", err)
	}
	if err != nil && !strings.Contains(err.Error(), "no way") {
		t.Errorf("the error does not say why: %v", err)
	}
}

func TestErrors(t *testing.T) {
	if err := (&addrinfo.Error{Code: constants.EAI_AGAIN}); errors.Is(err, (*addrinfo.Error)(nil)) {
		t.Errorf("%v is no error", err)
	}
	s := serve(t, map[string]answer{"servfail.example": {code: codeServFail}})
	r := s.resolver()
	lookup := func(node, service string, h *addrinfo.Hints) error {
		t.Helper()
		_, err := r.Lookup(ctx, node, service, h)
		if err == nil {
			t.Fatalf("no error for %q %q", node, service)
		}
		return err
	}
	for _, test := range []struct {
		err  error
		text string
	}{
		{lookup("nosuch.example", "http", nil),
			"addrinfo: lookup nosuch.example http: name or service not known (EAI_NONAME)"},
		{lookup("nosuch.example", "", nil),
			"addrinfo: lookup nosuch.example: name or service not known (EAI_NONAME)"},
		{lookup("192.0.2.1", "nosuch", nil),
			"addrinfo: lookup 192.0.2.1 nosuch: service not known for this socket type " +
				"(EAI_SERVICE): not in the database"},
		{lookup("192.0.2.1", "99999", nil),
			"addrinfo: lookup 192.0.2.1 99999: service not known for this socket type " +
				"(EAI_SERVICE): port out of range 0..65535"},
		{lookup("", "80", &addrinfo.Hints{Family: 99}),
			`addrinfo: lookup "" 80: family not supported (EAI_FAMILY): Family(99)`},
		{lookup("two words", "a\nb", nil),
			`addrinfo: lookup "two words" "a\nb": service not known for this socket type ` +
				`(EAI_SERVICE): not in the database`},
	} {
		if got := test.err.Error(); got != test.text {
			t.Errorf("got  %s\nwant %s", got, test.text)
		}
	}

	err := lookup("servfail.example", "http", nil)
	var d *net.DNSError
	if !errors.As(err, &d) || !strings.Contains(err.Error(), "EAI_AGAIN): server ") ||
		strings.Contains(err.Error(), "\n") {
		t.Errorf("trouble of a name server: %v", err)
	}
	if !errors.Is(err, &addrinfo.Error{Code: constants.EAI_AGAIN}) ||
		errors.Is(err, &addrinfo.Error{Code: constants.EAI_NONAME}) {
		t.Errorf("errors.Is does not tell the code of %v", err)
	}
	if errors.Is(err, &addrinfo.Error{Code: constants.EAI_AGAIN, Node: "other.example"}) {
		t.Error("errors.Is takes one node for another")
	}
	var e *addrinfo.Error
	if !errors.As(err, &e) || e.Node != "servfail.example" || e.Service != "http" ||
		!e.Temporary() || e.Timeout() {
		t.Errorf("the fields are %+v", e)
	}
	if errors.As(lookup("nosuch.example", "", nil), &e); e.Temporary() {
		t.Error("a name that does not exist is temporary")
	}
}

// What a user does about an error depends on its kind: a lookup that a server's trouble failed can
// be tried again, one that its context ended was wanted no longer.
func TestErrorKinds(t *testing.T) {
	const (
		again  = constants.EAI_AGAIN
		system = constants.EAI_SYSTEM
	)
	for _, row := range []struct {
		code  constants.EAI
		err   error
		kinds string // of them "timeout" as Timeout says, "ErrTimeout", "ErrTransient"
	}{
		{again, &net.DNSError{IsTimeout: true}, "timeout ErrTimeout ErrTransient"},
		{again, &net.DNSError{IsTemporary: true}, "ErrTransient"},
		{again, context.DeadlineExceeded, "timeout ErrTimeout"},
		{again, fmt.Errorf("%w: enough", context.Canceled), ""},
		{again, nil, "ErrTransient"},
		{system, &os.PathError{Op: "read", Err: syscall.ETIMEDOUT}, "timeout ErrTransient"},
		{system, &os.PathError{Op: "read", Err: syscall.EAGAIN}, ""},
		{system, syscall.EACCES, ""},
		{constants.EAI_FAIL, &net.DNSError{}, ""},
		{constants.EAI_NONAME, nil, ""},
	} {
		err := &addrinfo.Error{Code: row.code, Err: row.err}
		var kinds []string
		for _, kind := range []struct {
			name string
			is   bool
		}{
			{"timeout", err.Timeout()},
			{"ErrTimeout", errors.Is(err, socket.ErrTimeout)},
			{"ErrTransient", errors.Is(err, socket.ErrTransient)},
		} {
			if kind.is {
				kinds = append(kinds, kind.name)
			}
		}
		if got := strings.Join(kinds, " "); got != row.kinds {
			t.Errorf("%v with %v: %q, want %q", row.code, row.err, got, row.kinds)
		}
		if errors.Is(err, os.ErrDeadlineExceeded) != errors.Is(err, socket.ErrTimeout) {
			t.Errorf("%v: os.ErrDeadlineExceeded is not as ErrTimeout", err)
		}
	}
}

// A constant that the platform does not have is told from one that getaddrinfo does not take.
func TestUndefined(t *testing.T) {
	for _, row := range []struct {
		hints addrinfo.Hints
		want  string
	}{
		{addrinfo.Hints{Family: constants.Undefined}, "EAI_FAMILY"},
		{addrinfo.Hints{Type: constants.Undefined}, "EAI_SOCKTYPE"},
		{addrinfo.Hints{Protocol: constants.Undefined}, "EAI_SERVICE"},
		{addrinfo.Hints{Type: stream, Protocol: constants.Undefined}, "EAI_SOCKTYPE"},
		{addrinfo.Hints{Flags: constants.Undefined}, "EAI_BADFLAGS"},
	} {
		_, err := files.Lookup(ctx, "192.0.2.1", "80", &row.hints)
		if codeOf(t, err) != row.want || !errors.Is(err, socket.ErrUnsupported) ||
			!errors.Is(err, errors.ErrUnsupported) {
			t.Errorf("%+v: %v; want %s and ErrUnsupported", row.hints, err, row.want)
		}
	}
	_, _, err := files.NameInfo(ctx, sockaddr.MustParse("192.0.2.1"), constants.Undefined)
	if codeOf(t, err) != "EAI_BADFLAGS" || !errors.Is(err, socket.ErrUnsupported) {
		t.Errorf("flags of NameInfo: %v", err)
	}
	_, err = files.Lookup(ctx, "192.0.2.1", "80", &addrinfo.Hints{Family: 99})
	if errors.Is(err, socket.ErrUnsupported) {
		t.Errorf("family 99: %v", err)
	}
}

// Every code has a text of its own: gai_strerror.
func TestErrorText(t *testing.T) {
	seen := map[string]constants.EAI{}
	for c := range constants.All() {
		if c.Kind != "EAI" {
			continue
		}
		code := constants.EAI(c.Value)
		text := addrinfo.ErrorText(code)
		if other, ok := seen[text]; ok || text == "" || text == "unknown error" {
			t.Errorf("%v is %q, as %v", code, text, other)
		}
		seen[text] = code
	}
	if len(seen) < 10 || addrinfo.ErrorText(0) != "no error" ||
		addrinfo.ErrorText(-999) != "unknown error" {
		t.Errorf("%v", seen)
	}
}

// Speed: a numeric host and port cost at most two allocations.
func TestLookupAllocs(t *testing.T) {
	for _, test := range []struct {
		node, service string
		hints         *addrinfo.Hints
	}{
		{"192.0.2.1", "80", nil},
		{"2001:db8::1", "http", nil},
		{"192.0.2.1", "80", &addrinfo.Hints{}},
		{"fe80::1%7", "80", nil},
		{"192.0.2.1", "80",
			&addrinfo.Hints{Flags: constants.AI_NUMERICHOST | constants.AI_NUMERICSERV}},
	} {
		n := testing.AllocsPerRun(100, func() {
			if _, err := files.Lookup(ctx, test.node, test.service, test.hints); err != nil {
				t.Fatal(err)
			}
		})
		if n > 2 {
			t.Errorf("Lookup(%q, %q) makes %v allocations", test.node, test.service, n)
		}
	}
}
