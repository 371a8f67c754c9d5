package sockaddr_test

import (
	"cmp"
	"errors"
	"io/fs"
	"math/rand/v2"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"testing"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/internal/sys"
	"example.com/bsdsocket/internal/testenv"
	"example.com/bsdsocket/sockaddr"
)

// parse is Parse of text that is good.
func parse(t testing.TB, s string) sockaddr.Addr {
	t.Helper()
	a, err := sockaddr.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func fromRaw(t testing.TB, raw []byte) sockaddr.Addr {
	t.Helper()
	a, err := sockaddr.FromRaw(raw)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// E3: family, address, port, path and text of an address; what a family lacks is the zero value.
func TestAccessors(t *testing.T) {
	for _, row := range []struct {
		in       string
		address  string
		ip       string
		port     int
		path     string
		scope    uint32
		flow     uint32
		unnamed  bool
		abstract string // "-" if it is none
	}{
		{in: "none", address: "none", abstract: "-"},
		{in: "1.2.3.4", address: "1.2.3.4", ip: "1.2.3.4", abstract: "-"},
		{in: "1.2.3.4:80", address: "1.2.3.4", ip: "1.2.3.4", port: 80, abstract: "-"},
		{in: "[::1]:65535", address: "::1", ip: "::1", port: 65535, abstract: "-"},
		{in: "[::ffff:1.2.3.4]:1", address: "::ffff:1.2.3.4", ip: "::ffff:1.2.3.4", port: 1,
			abstract: "-"},
		{in: "[fe80::1%7000000]:80/flow=0x12345", address: "fe80::1%7000000", ip: "fe80::1%7000000",
			port: 80, scope: 7000000, flow: 0x12345, abstract: "-"},
		{in: "unix:", address: "unix:", unnamed: true, abstract: "-"},
		{in: "/run/x", address: "/run/x", path: "/run/x", abstract: "-"},
		{in: "unix:@x", address: "unix:@x", path: "@x", abstract: "-"},
		{in: "AF_INET:0050", address: "AF_INET:0050", abstract: "-"},
		{in: "AF_INET6:0050", address: "AF_INET6:0050", abstract: "-"},
		{in: "AF_UNIX:" + strings.Repeat("61", 126), address: "AF_UNIX:" +
			strings.Repeat("61", 126), path: strings.Repeat("a", 126), abstract: "-"},
		{in: "Family(200):01", address: "Family(200):01", abstract: "-"},
		{in: "AF_UNSPEC:", address: "AF_UNSPEC:", abstract: "-"},
	} {
		a := parse(t, row.in)
		if got := a.Address(); got != row.address {
			t.Errorf("%s: Address %q, want %q", row.in, got, row.address)
		}
		var ip netip.Addr
		if row.ip != "" {
			ip = netip.MustParseAddr(row.ip)
		}
		if got := a.IP(); got != ip {
			t.Errorf("%s: IP %v, want %v", row.in, got, ip)
		}
		var addrPort netip.AddrPort
		if row.ip != "" {
			addrPort = netip.AddrPortFrom(ip, uint16(row.port))
		}
		if got := a.AddrPort(); got != addrPort {
			t.Errorf("%s: AddrPort %v, want %v", row.in, got, addrPort)
		}
		if got := a.Port(); got != row.port {
			t.Errorf("%s: Port %d, want %d", row.in, got, row.port)
		}
		if got := a.Path(); got != row.path {
			t.Errorf("%s: Path %q, want %q", row.in, got, row.path)
		}
		if got := a.ScopeID(); got != row.scope {
			t.Errorf("%s: ScopeID %d, want %d", row.in, got, row.scope)
		}
		if got := a.FlowInfo(); got != row.flow {
			t.Errorf("%s: FlowInfo %#x, want %#x", row.in, got, row.flow)
		}
		if got := a.IsUnnamed(); got != row.unnamed {
			t.Errorf("%s: IsUnnamed %v, want %v", row.in, got, row.unnamed)
		}
		if name, ok := a.AsAbstract(); ok != (row.abstract != "-") || ok && name != row.abstract {
			t.Errorf("%s: AsAbstract %q, %v, want %q", row.in, name, ok, row.abstract)
		}
	}
}

func TestInet(t *testing.T) { // E4
	for _, row := range []struct {
		ip   string
		port int
		want string
	}{
		{"1.2.3.4", 0, "1.2.3.4"},
		{"1.2.3.4", 65535, "1.2.3.4:65535"},
		{"::1", 80, "[::1]:80"},
		{"::ffff:1.2.3.4", 80, "[::ffff:1.2.3.4]:80"},
		{"fe80::1%7000000", 80, "[fe80::1%7000000]:80"},
		{"0.0.0.0", 80, "0.0.0.0:80"},
	} {
		a, err := sockaddr.Inet(row.ip, row.port)
		if err != nil || a != parse(t, row.want) {
			t.Errorf("Inet(%q, %d) is %v, %v, want %s", row.ip, row.port, a, err, row.want)
		}
	}
	for _, row := range []struct {
		ip            string
		port          int
		input, reason string
	}{
		{"1.2.3.4", -1, "1.2.3.4:-1", "port -1 out of range 0..65535"},
		{"1.2.3.4", 65536, "1.2.3.4:65536", "port 65536 out of range 0..65535"},
		{"::1", 1 << 20, "[::1]:1048576", "port 1048576 out of range 0..65535"},
		{"", 80, ":80", "bad IP address"},
		{"1.2.3", 80, "1.2.3:80", "bad IP address"},
		{"localhost", 80, "localhost:80", "bad IP address"},
		{"[::1]", 80, "[[::1]]:80", "bad IP address"},
		{"1.2.3.4:80", 80, "[1.2.3.4:80]:80", "bad IP address"},
		{"1.2.3.4\x00", 80, "1.2.3.4\x00:80", "bad IP address"},
		{"fe80::1%nosuchzone", 80, "[fe80::1%nosuchzone]:80", `no interface "nosuchzone"`},
		{"fe80::1%", 80, "[fe80::1%]:80", "empty zone"},
		{"1.2.3.4%1", 80, "1.2.3.4%1:80", "zone on an IPv4 address"},
	} {
		a, err := sockaddr.Inet(row.ip, row.port)
		checkError(t, err, "inet", row.input, row.reason)
		if a.IsValid() {
			t.Errorf("Inet(%q, %d) is %v with an error", row.ip, row.port, a)
		}
	}
}

// E4, G3: the unspecified address, and the other ones that have a name.
func TestKnownAddresses(t *testing.T) {
	for _, row := range []struct {
		family constants.Family
		want   string
	}{{constants.AF_INET, "0.0.0.0:80"}, {constants.AF_INET6, "[::]:80"}} {
		if a, err := sockaddr.InetAny(row.family, 80); err != nil || a != parse(t, row.want) {
			t.Errorf("InetAny(%v, 80) is %v, %v, want %s", row.family, a, err, row.want)
		}
	}
	_, err := sockaddr.InetAny(constants.AF_UNIX, 80)
	checkError(t, err, "inet any", "AF_UNIX, 80", "the family is neither AF_INET nor AF_INET6")
	_, err = sockaddr.InetAny(constants.AF_INET6, 65536)
	checkError(t, err, "inet any", "AF_INET6, 65536", "port 65536 out of range 0..65535")

	for _, row := range []struct {
		got  netip.Addr
		want string
	}{
		{sockaddr.Any4(), "0.0.0.0"},
		{sockaddr.Any6(), "::"},
		{sockaddr.Loopback4(), "127.0.0.1"},
		{sockaddr.Loopback6(), "::1"},
		{sockaddr.Broadcast4(), "255.255.255.255"},
		{sockaddr.AllHosts4(), "224.0.0.1"},
		{sockaddr.AllNodes6(), "ff02::1"},
	} {
		if row.got.String() != row.want {
			t.Errorf("%v, want %s", row.got, row.want)
		}
	}
}

func TestUnix(t *testing.T) { // E5
	for _, path := range []string{
		"/run/x", "x", "@x", "./@x", " ", "none", "unix:", "1.2.3.4:80", "\xff\n\\",
		long(sockaddr.MaxUnixPath - 1), long(sockaddr.MaxUnixPath),
	} {
		a, err := sockaddr.Unix(path)
		if err != nil {
			t.Error(err)
			continue
		}
		if a.Path() != path || a.Family() != constants.AF_UNIX || a.IsUnnamed() {
			t.Errorf("Unix(%q) has path %q, family %v", path, a.Path(), a.Family())
		}
		if _, ok := a.AsAbstract(); ok {
			t.Errorf("Unix(%q) is abstract", path)
		}
		checkAddr(t, a)
	}
	for _, row := range []struct{ path, reason string }{
		{"", "the path is empty"},
		{"\x00", "NUL in the path"},
		{"/a\x00", "NUL in the path"},
		{"/a\x00b", "NUL in the path"},
		{long(sockaddr.MaxUnixPath + 1), "the path has " + strconv.Itoa(sockaddr.MaxUnixPath+1) +
			" bytes, more than " + strconv.Itoa(sockaddr.MaxUnixPath)},
	} {
		a, err := sockaddr.Unix(row.path)
		checkError(t, err, "unix", row.path, row.reason)
		if a.IsValid() {
			t.Errorf("Unix(%q) is %v with an error", row.path, a)
		}
	}
}

func TestAbstract(t *testing.T) { // E5
	if !sockaddr.HasAbstract {
		a, err := sockaddr.Abstract("x")
		if a.IsValid() || !errors.Is(err, sys.ErrUnsupported) {
			t.Errorf("Abstract is %v, %v", a, err)
		}
		return
	}
	seen := map[sockaddr.Addr]string{sockaddr.Unnamed(): "Unnamed"}
	for _, name := range []string{"", "\x00", "\x00\x00", "x", "x\x00", "@x", "/run/x",
		"a\x00b\xff", long(107)} {
		a, err := sockaddr.Abstract(name)
		if err != nil {
			t.Error(err)
			continue
		}
		if got, ok := a.AsAbstract(); !ok || got != name {
			t.Errorf("Abstract(%q) has name %q, %v", name, got, ok)
		}
		if a.Path() != "" || a.IsUnnamed() || a.Family() != constants.AF_UNIX {
			t.Errorf("Abstract(%q) has path %q, family %v", name, a.Path(), a.Family())
		}
		if other, ok := seen[a]; ok {
			t.Errorf("Abstract(%q) is %q", name, other)
		}
		seen[a] = name
		checkAddr(t, a)
	}
	_, err := sockaddr.Abstract(long(108))
	checkError(t, err, "abstract", long(108), "the name has 108 bytes, more than 107")
}

// interfaceNames is what package net finds zones by. qemu-user cannot emulate it for every
// processor.
var interfaceNames = testenv.Feature{Name: "the names of interfaces", Since: "2.6",
	Probe: func() error {
		_, err := net.Interfaces()
		return err
	}}

// A zone is the name or the number of an interface; one that does not exist is an error that names
// it (TestBadText).
func TestZones(t *testing.T) {
	testenv.Needs(t, interfaceNames)
	interfaces, err := net.Interfaces()
	if err != nil {
		t.Fatal(err)
	}
	if len(interfaces) == 0 {
		t.Fatal("there is no interface")
	}
	for _, ifi := range interfaces {
		byNumber := parse(t, "[fe80::1%"+strconv.Itoa(ifi.Index)+"]:80")
		byName := parse(t, "[fe80::1%"+ifi.Name+"]:80")
		if byName != byNumber || byName.ScopeID() != uint32(ifi.Index) {
			t.Errorf("%s is %x, number %d is %x", ifi.Name, byName.Raw(), ifi.Index, byNumber.Raw())
		}
		if want := "[fe80::1%" + ifi.Name + "]:80"; byNumber.String() != want {
			t.Errorf("String %q, want %q", byNumber, want)
		}
		if want := "fe80::1%" + ifi.Name; byNumber.Address() != want ||
			byNumber.IP().String() != want {
			t.Errorf("Address %q, IP %v, want %q", byNumber.Address(), byNumber.IP(), want)
		}
		checkAddr(t, byName)
		for _, zone := range []string{ifi.Name, strconv.Itoa(ifi.Index)} {
			p := netip.AddrPortFrom(netip.MustParseAddr("fe80::1%"+zone), 80)
			if a := sockaddr.FromAddrPort(p); a != byName {
				t.Errorf("FromAddrPort(%v) is %v", p, a)
			}
		}
		a, err := sockaddr.Inet("fe80::1%"+ifi.Name, 80)
		if err != nil || a != byName {
			t.Errorf("Inet is %v, %v", a, err)
		}
	}
	unknown := netip.AddrPortFrom(netip.MustParseAddr("fe80::1%nosuchzone"), 80)
	if a := sockaddr.FromAddrPort(unknown); a.IsValid() {
		t.Errorf("FromAddrPort(%v) is %v", unknown, a)
	}
}

func TestWith(t *testing.T) {
	inet, inet6 := parse(t, "1.2.3.4:80"), parse(t, "[fe80::1%7000000]:80/flow=0x1")
	unix := parse(t, "/x")
	for _, row := range []struct {
		got  sockaddr.Addr
		want string
	}{
		{inet.WithPort(0), "1.2.3.4"},
		{inet.WithPort(65535), "1.2.3.4:65535"},
		{inet.WithPort(65536), "none"},
		{inet.WithPort(-1), "none"},
		{inet6.WithPort(443), "[fe80::1%7000000]:443/flow=0x1"},
		{unix.WithPort(80), "none"},
		{sockaddr.Addr{}.WithPort(80), "none"},
		{inet.WithScopeID(1), "none"},
		{inet.WithScopeID(0), "1.2.3.4:80"},
		{unix.WithPort(0), "/x"},
		{parse(t, "[::1]:80").WithScopeID(1), "[::1]:80"},
		{parse(t, "fd00::1").WithScopeID(77), "fd00::1"},
		{parse(t, "::").WithScopeID(9), "::"},
		{parse(t, "::ffff:1.2.3.4").WithScopeID(9), "::ffff:1.2.3.4"},
		{parse(t, "ff05::1").WithScopeID(9), "ff05::1"},
		{parse(t, "ff01::1").WithScopeID(7000000), "ff01::1%7000000"},
		{parse(t, "ff32::1").WithScopeID(7000000), "ff32::1%7000000"},
		{inet6.WithScopeID(0), "[fe80::1]:80/flow=0x1"},
		{inet6.WithScopeID(1 << 31), "[fe80::1%2147483648]:80/flow=0x1"},
		{unix.WithScopeID(1), "none"},
		{unix.WithScopeID(0), "/x"},
		{sockaddr.Addr{}.WithScopeID(1), "none"},
		{inet.WithFlowInfo(1), "none"},
		{inet.WithFlowInfo(0), "1.2.3.4:80"},
		{inet6.WithFlowInfo(0), "[fe80::1%7000000]:80"},
		{inet6.WithFlowInfo(0xfffffff), "[fe80::1%7000000]:80/flow=0xfffffff"},
		{inet6.WithFlowInfo(0x10000000), "none"},
		{unix.WithFlowInfo(1), "none"},
		{unix.WithFlowInfo(0), "/x"},
	} {
		if row.got != parse(t, row.want) {
			t.Errorf("%v, want %s", row.got, row.want)
		}
	}
	if inet != parse(t, "1.2.3.4:80") {
		t.Errorf("WithPort changed its receiver: %v", inet)
	}
}

func TestFromAddrPort(t *testing.T) {
	for _, s := range []string{"1.2.3.4:80", "0.0.0.0:0", "[::1]:80", "[::ffff:1.2.3.4]:80",
		"[fe80::1%7000000]:80"} {
		p := netip.MustParseAddrPort(s)
		if a := sockaddr.FromAddrPort(p); a.AddrPort() != p {
			t.Errorf("FromAddrPort(%v) is %v", p, a.AddrPort())
		}
	}
	// Where an address has no scope, a zone is dropped, and not looked up.
	for _, row := range [][2]string{
		{"[::1%1]:80", "[::1]:80"}, {"[::1%nosuchzone]:80", "[::1]:80"},
		{"[fd00::1%77]:0", "fd00::1"}, {"[::%9]:0", "::"}, {"[ff0e::1%2]:1", "[ff0e::1]:1"},
	} {
		if a := sockaddr.FromAddrPort(netip.MustParseAddrPort(row[0])); a != parse(t, row[1]) {
			t.Errorf("FromAddrPort(%s) is %v, want %s", row[0], a, row[1])
		}
	}
	for _, p := range []netip.AddrPort{{}, netip.AddrPortFrom(netip.Addr{}, 80)} {
		if a := sockaddr.FromAddrPort(p); a.IsValid() {
			t.Errorf("FromAddrPort(%v) is %v", p, a)
		}
	}
}

// The kernel's bytes come in one form, so that == means the same address.
func TestFromRaw(t *testing.T) {
	inet := parse(t, "127.0.0.1:80").Raw()
	inet6 := parse(t, "[fe80::1%7]:80/flow=0x5").Raw()
	unixRaw := func(path string) []byte { return slowHeader(constants.AF_UNIX, path) }
	full := long(sockaddr.SunPathSize)
	type row struct {
		name string
		raw  []byte
		want string
	}
	rows := []row{
		{"nothing", nil, "none"},
		{"family only", slowHeader(constants.AF_UNSPEC, ""), "AF_UNSPEC:"},
		{"inet", inet, "127.0.0.1:80"},
		{"inet with sin_zero", slices.Concat(inet[:8], []byte("garbage!")), "127.0.0.1:80"},
		{"inet in a storage", slices.Concat(inet, make([]byte, 112)), "127.0.0.1:80"},
		{"inet with more behind", slices.Concat(inet, []byte{1}),
			"AF_INET:00507f000001000000000000000001"},
		{"short inet", inet[:8], "AF_INET:00507f000001"},
		{"inet6", inet6, "[fe80::1%7]:80/flow=0x5"},
		{"inet6 with a scope id that means nothing",
			slices.Concat(slowHeader(constants.AF_INET6, "\x00\x50\x00\x00\x00\x00"+
				strings.Repeat("\x00", 15)+"\x01"), []byte{9, 9, 9, 9}), "[::1]:80"},
		{"inet6 with flow information beyond 28 bits",
			slices.Concat(inet6[:4], []byte{0xf0}, inet6[5:]), "[fe80::1%7]:80/flow=0x5"},
		{"inet6 in a storage", slices.Concat(inet6, make([]byte, 100)), "[fe80::1%7]:80/flow=0x5"},
		{"unnamed", unixRaw(""), "unix:"},
		{"path", unixRaw("/a\x00"), "/a"},
		{"path without NUL", unixRaw("/a"), "/a"},
		{"path with NULs behind", unixRaw("/a" + strings.Repeat("\x00", sockaddr.SunPathSize-2)),
			"/a"},
		{"path with garbage behind", unixRaw("/a\x00garbage"), "/a"},
		{"path with more than sun_path behind", unixRaw("/a\x00" + long(120)), "/a"},
	}
	if sockaddr.MaxUnixPath == sockaddr.SunPathSize {
		rows = append(rows,
			row{"full path", unixRaw(full), "unix:" + full},
			row{"full path with a NUL, which getsockname adds", unixRaw(full + "\x00"),
				"unix:" + full},
		)
	}
	if !sockaddr.HasAbstract {
		rows = append(rows, row{"whole structure without a name",
			unixRaw(strings.Repeat("\x00", sockaddr.SunPathSize)), "unix:"})
	}
	if sockaddr.HasLinuxLayouts {
		ll := parse(t, "packet:0x800:7000000:1:0:00-1b-44-11-3a-b7").Raw()
		ib := parse(t, "packet:0x800:7000000:32:0:"+strings.Repeat("11-", 19)+"22").Raw()
		rows = append(rows,
			row{"packet of getsockname", ll[:18], "packet:0x800:7000000:1:0:00-1b-44-11-3a-b7"},
			row{"packet of recvfrom", ll, "packet:0x800:7000000:1:0:00-1b-44-11-3a-b7"},
			row{"packet with garbage behind the address", slices.Concat(ll[:18], []byte("gg")),
				"packet:0x800:7000000:1:0:00-1b-44-11-3a-b7"},
			row{"packet in a storage", slices.Concat(ll, make([]byte, 108)),
				"packet:0x800:7000000:1:0:00-1b-44-11-3a-b7"},
			row{"packet without an address", slices.Concat(ll[:11], []byte{0}),
				"packet:0x800:7000000:1"},
			row{"packet of 20 bytes hardware", ib,
				"packet:0x800:7000000:32:0:" + strings.Repeat("11-", 19) + "22"},
			row{"truncated packet", ib[:20], "AF_PACKET:" + hexOf(ib[2:20])},
			row{"vsock with garbage in svm_zero",
				slices.Concat(parse(t, "vsock:2:1024").Raw()[:15], []byte{1}),
				"AF_VSOCK:" + hexOf(parse(t, "vsock:2:1024").Raw()[2:15]) + "01"},
		)
	}
	for _, row := range rows {
		a := fromRaw(t, row.raw)
		if want := parse(t, row.want); a != want {
			t.Errorf("%s: %x is %x, want %x", row.name, row.raw, a.Raw(), want.Raw())
		}
		if got := a.String(); got != row.want {
			t.Errorf("%s: %q, want %q", row.name, got, row.want)
		}
		checkAddr(t, a)
	}
	for _, raw := range [][]byte{{2}, make([]byte, sockaddr.MaxLen+1), make([]byte, 4096)} {
		a, err := sockaddr.FromRaw(raw)
		checkError(t, err, "from raw", hexOf(raw[:min(len(raw), sockaddr.MaxLen)]),
			strconv.Itoa(len(raw))+" bytes are not an address: 2..128 are")
		if a.IsValid() {
			t.Errorf("FromRaw of %d bytes is %v", len(raw), a)
		}
	}
	if sockaddr.Any4().IsValid() && (sockaddr.Addr{}).Raw() != nil {
		t.Error("the zero Addr has bytes")
	}

	raw := parse(t, "127.0.0.1:80").Raw()
	a := fromRaw(t, raw)
	raw[4] = 1
	a.Raw()[4] = 1
	if a != parse(t, "127.0.0.1:80") {
		t.Error("an Addr shares its bytes")
	}
}

func hexOf(b []byte) string {
	const digits = "0123456789abcdef"
	s := make([]byte, 0, 2*len(b))
	for _, c := range b {
		s = append(s, digits[c>>4], digits[c&15])
	}
	return string(s)
}

// sorted has addresses in the order of Compare.
var sorted = []string{
	"none",
	"AF_UNSPEC:", "AF_UNSPEC:00", "AF_UNSPEC:0000", "AF_UNSPEC:01",
	"unix:", "unix:.", "/a", "/a/b", "/b", "unix:a",
	"0.0.0.0", "0.0.0.0:80", "1.2.3.4:80", "1.2.3.4:443", "10.0.0.0", "255.0.0.0",
	"AF_INET:00", "AF_INET:" + strings.Repeat("01", 20), "AF_INET:0200",
	"::", "::1", "[::1]:1", "::ffff:1.2.3.4", "fe80::1", "fe80::1/flow=0x1", "fe80::1/flow=0x2",
	"fe80::1%7000000", "[fe80::1]:1",
	"AF_INET6:00",
	"Family(200):",
}

func TestCompare(t *testing.T) {
	var all []sockaddr.Addr
	for _, s := range sorted {
		all = append(all, parse(t, s))
	}
	for i, a := range all {
		for j, b := range all {
			if got, want := a.Compare(b), cmp.Compare(i, j); got != want {
				t.Errorf("%v Compare %v is %d, want %d", a, b, got, want)
			}
		}
	}
	for range 10 {
		shuffled := slices.Clone(all)
		rand.Shuffle(len(shuffled), func(i, j int) {
			shuffled[i], shuffled[j] = shuffled[j], shuffled[i]
		})
		slices.SortFunc(shuffled, sockaddr.Addr.Compare)
		if !slices.Equal(shuffled, all) {
			t.Fatalf("sorted: %v", shuffled)
		}
	}
	if sockaddr.HasAbstract {
		if a := parse(t, "@x"); a.Compare(parse(t, "/x")) >= 0 ||
			a.Compare(sockaddr.Unnamed()) <= 0 {
			t.Error("an abstract name is not between the unnamed address and paths")
		}
	}
}

// The port of Inet is a number or its digits.
func TestInetPortTextAllocs(t *testing.T) {
	for _, row := range []struct{ ip, port, want string }{
		{"192.0.2.1", "80", "192.0.2.1:80"},
		{"::1", "65535", "[::1]:65535"},
		{"192.0.2.1", "0", "192.0.2.1"},
		{"192.0.2.1", "00080", "192.0.2.1:80"},
	} {
		if a, err := sockaddr.Inet(row.ip, row.port); err != nil || a.String() != row.want {
			t.Errorf("Inet(%q, %q) is %v, %v", row.ip, row.port, a, err)
		}
	}
	for _, row := range []struct{ port, reason string }{
		{"", `bad port ""`}, {"http", `bad port "http"`}, {"-1", `bad port "-1"`},
		{"+1", `bad port "+1"`}, {" 1", `bad port " 1"`},
		{"0x50", `bad port "0x50"`}, {"65536", "port 65536 out of range 0..65535"},
		{"65616", "port 65616 out of range 0..65535"},
	} {
		_, err := sockaddr.Inet("192.0.2.1", row.port)
		checkError(t, err, "inet", "192.0.2.1:"+row.port, row.reason)
	}
	if n := testing.AllocsPerRun(100, func() {
		sinkAddr, _ = sockaddr.Inet("192.0.2.1", "8080")
	}); n != 0 {
		t.Errorf("Inet allocates %v times", n)
	}
}

// A family that the platform lacks is unsupported, another is merely wrong.
func TestInetAnyUndefined(t *testing.T) {
	if _, err := sockaddr.InetAny(constants.Undefined, 80); !errors.Is(err, sys.ErrUnsupported) {
		t.Errorf("of Undefined: %v", err)
	}
	if _, err := sockaddr.InetAny(constants.AF_UNIX, 80); err == nil ||
		errors.Is(err, sys.ErrUnsupported) {
		t.Errorf("of AF_UNIX: %v", err)
	}
}

// The machine has a context id, or says why it has none.
func TestVSockLocalCID(t *testing.T) {
	cid, err := sockaddr.VSockLocalCID()
	switch {
	case err == nil && cid >= 2: // a host, a virtual machine, or none (all bits set)
	case errors.Is(err, sys.ErrUnsupported), errors.Is(err, fs.ErrNotExist),
		errors.Is(err, fs.ErrPermission):
	default:
		t.Errorf("%d, %v", cid, err)
	}
	if err != nil && !strings.HasPrefix(err.Error(), "sockaddr: vsock local cid: ") {
		t.Error(err)
	}
}
