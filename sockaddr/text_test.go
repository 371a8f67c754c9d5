package sockaddr_test

import (
	"bytes"
	"encoding"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/internal/sys"
	"example.com/bsdsocket/sockaddr"
)

var (
	_ fmt.Stringer             = sockaddr.Addr{}
	_ encoding.TextMarshaler   = sockaddr.Addr{}
	_ encoding.TextAppender    = sockaddr.Addr{}
	_ encoding.TextUnmarshaler = &sockaddr.Addr{}
)

// long returns n bytes of text.
func long(n int) string { return strings.Repeat("abcdefghij", n/10+1)[:n] }

// goodTexts are texts that Parse takes. A row drives all the checks of TestText.
var goodTexts = []struct {
	in     string
	family constants.Family
	out    string // what String returns; "" if it is in
	linux  bool   // the address is one of Linux alone
}{
	{in: "none", family: constants.AF_UNSPEC},

	{in: "0.0.0.0", family: constants.AF_INET},
	{in: "1.2.3.4", family: constants.AF_INET},
	{in: "255.255.255.255:65535", family: constants.AF_INET},
	{in: "127.0.0.1:80", family: constants.AF_INET},
	{in: "127.0.0.1:0", family: constants.AF_INET, out: "127.0.0.1"},
	{in: "127.0.0.1:00080", family: constants.AF_INET, out: "127.0.0.1:80"},

	{in: "::", family: constants.AF_INET6},
	{in: "::1", family: constants.AF_INET6},
	{in: "[::1]:80", family: constants.AF_INET6},
	{in: "[::1]:0", family: constants.AF_INET6, out: "::1"},
	{in: "::1:80", family: constants.AF_INET6}, // an address, and no port
	{in: "1:2:3:4:5:6:7:8", family: constants.AF_INET6},
	{in: "FE80::ABCD", family: constants.AF_INET6, out: "fe80::abcd"},
	{in: "1:0:0:2:0:0:0:3", family: constants.AF_INET6, out: "1:0:0:2::3"},
	{in: "::ffff:1.2.3.4", family: constants.AF_INET6},
	{in: "[::ffff:1.2.3.4]:80", family: constants.AF_INET6},
	{in: "64:ff9b::1.2.3.4", family: constants.AF_INET6, out: "64:ff9b::102:304"},
	{in: "fe80::1%4294967295", family: constants.AF_INET6},
	{in: "fe80::1%0", family: constants.AF_INET6, out: "fe80::1"},
	{in: "fe80::1%007000000", family: constants.AF_INET6, out: "fe80::1%7000000"},
	{in: "[fe80::1%7000000]:80", family: constants.AF_INET6},
	{in: "febf::1%7000000", family: constants.AF_INET6},
	{in: "fe80:0:0:0:0:2acf:1.2.3.4%7000000", family: constants.AF_INET6,
		out: "fe80::2acf:102:304%7000000"},
	{in: "::1.2.3.4", family: constants.AF_INET6, out: "::102:304"},
	{in: "ff01::1%7000000", family: constants.AF_INET6},
	{in: "[ff02::fb%7000000]:5353", family: constants.AF_INET6},
	{in: "ff12::1%7000000", family: constants.AF_INET6},
	{in: "::1/flow=0x12345", family: constants.AF_INET6},
	{in: "[::1]:80/flow=0xfffffff", family: constants.AF_INET6},
	{in: "[fe80::1%7000000]:80/flow=0x1", family: constants.AF_INET6},
	{in: "::1/flow=0x0", family: constants.AF_INET6, out: "::1"},
	{in: "::1/flow=0x00ABCDE", family: constants.AF_INET6, out: "::1/flow=0xabcde"},

	{in: "unix:", family: constants.AF_UNIX},
	{in: "/", family: constants.AF_UNIX},
	{in: "/run/x.sock", family: constants.AF_UNIX},
	{in: "/a b/c\\d", family: constants.AF_UNIX}, // a backslash is itself
	{in: "/tmp/naïve/ключ", family: constants.AF_UNIX},
	{in: "/" + long(102), family: constants.AF_UNIX},
	{in: "/" + long(103), family: constants.AF_UNIX},
	{in: "/" + long(sockaddr.MaxUnixPath-2), family: constants.AF_UNIX},
	{in: "/" + long(sockaddr.MaxUnixPath-1), family: constants.AF_UNIX},
	{in: "unix:" + long(sockaddr.MaxUnixPath), family: constants.AF_UNIX},
	{in: "/a\nb", family: constants.AF_UNIX, out: `unix:/a\x0ab`},
	{in: "/a\xffb\\", family: constants.AF_UNIX, out: `unix:/a\xffb\\`},
	{in: "unix:/run/x.sock", family: constants.AF_UNIX, out: "/run/x.sock"},
	{in: `unix:\x2frun`, family: constants.AF_UNIX, out: "/run"},
	{in: "unix:x.sock", family: constants.AF_UNIX},
	{in: "unix:@x", family: constants.AF_UNIX},
	{in: "unix:none", family: constants.AF_UNIX},
	{in: "unix:unix:", family: constants.AF_UNIX},
	{in: "unix:127.0.0.1", family: constants.AF_UNIX},
	{in: `unix:C:\\dir\\x`, family: constants.AF_UNIX},
	{in: `unix:a\x01\x7f\xc3b`, family: constants.AF_UNIX},

	{in: "@", family: constants.AF_UNIX, linux: true},
	{in: "@name", family: constants.AF_UNIX, linux: true},
	{in: "@@name", family: constants.AF_UNIX, linux: true},
	{in: "@/run/x", family: constants.AF_UNIX, linux: true},
	{in: `@\x00\x00`, family: constants.AF_UNIX, linux: true},
	{in: `@a\x00b\\\xffé`, family: constants.AF_UNIX, linux: true},
	{in: "@a\x00b", family: constants.AF_UNIX, linux: true, out: `@a\x00b`},
	{in: "@" + long(107), family: constants.AF_UNIX, linux: true},

	{in: "packet:0x3:7000000", family: constants.AF_PACKET, linux: true},
	{in: "packet:3:0", family: constants.AF_PACKET, linux: true, out: "packet:0x3:0"},
	{in: "packet:0x800:7000000:1:4:00-1b-44-11-3a-b7", family: constants.AF_PACKET, linux: true},
	{in: "packet:0x800:7000000:1:4:", family: constants.AF_PACKET, linux: true,
		out: "packet:0x800:7000000:1:4"},
	{in: "packet:0x800:0:0:4", family: constants.AF_PACKET, linux: true},
	{in: "packet:0x800:7000000:32:0:00-11-22-33-44-55-66-77-88-99-aa-bb-cc-dd-ee-ff-00-11-22-33",
		family: constants.AF_PACKET, linux: true},
	{in: "packet:0x0:0:0:0:" + strings.Repeat("5A-", 31) + "a5", family: constants.AF_PACKET,
		linux: true, out: "packet:0x0:0:0:0:" + strings.Repeat("5a-", 31) + "a5"},
	{in: "pppoe:1:00-1b-44-11-3a-b7:eth0", family: constants.AF_PPPOX, linux: true},
	{in: "pppoe:65535:ff-ff-ff-ff-ff-ff:" + long(15), family: constants.AF_PPPOX, linux: true},
	{in: "netlink:0", family: constants.AF_NETLINK, linux: true},
	{in: "netlink:4294967295:0x80000001", family: constants.AF_NETLINK, linux: true},
	{in: "vsock:2:1024", family: constants.AF_VSOCK, linux: true},
	{in: "vsock:4294967295:4294967295:0x1", family: constants.AF_VSOCK, linux: true},
	{in: "vsock:0xffffffff:0x400:0", family: constants.AF_VSOCK, linux: true,
		out: "vsock:4294967295:1024"},
	{in: "alg:hash:sha256", family: constants.AF_ALG, linux: true},
	{in: "alg::", family: constants.AF_ALG, linux: true},
	{in: "alg:aead:rfc4106(gcm(aes)):0x1:0xffffffff", family: constants.AF_ALG, linux: true},
	{in: "alg:" + long(13) + ":" + long(63), family: constants.AF_ALG, linux: true},
	{in: "alg:" + long(13) + ":" + long(64), family: constants.AF_ALG, linux: true},
	{in: "alg:hash:" + long(103), family: constants.AF_ALG, linux: true},
	{in: `alg:a\x3ab:\\c\xff`, family: constants.AF_ALG, linux: true},
	{in: "xdp:7000000:3", family: constants.AF_XDP, linux: true},
	{in: "xdp:7000000:3:0x9:17", family: constants.AF_XDP, linux: true},
	{in: "can:0", family: constants.AF_CAN, linux: true},
	{in: "can:7000000", family: constants.AF_CAN, linux: true},
	{in: "isotp:7000000:0x7e8:0x800007e0", family: constants.AF_CAN, linux: true},
	{in: "j1939:7000000:0xffffffffffffffff:0x40000:0xff", family: constants.AF_CAN, linux: true},
	{in: "j1939:0:0x0:0x0:0x0", family: constants.AF_CAN, linux: true},
	{in: "tipc-socket:1234:0x1001001", family: constants.AF_TIPC, linux: true},
	{in: "tipc-socket:1234:0x1001001:-128", family: constants.AF_TIPC, linux: true},
	{in: "tipc-service:18888:17", family: constants.AF_TIPC, linux: true},
	{in: "tipc-service:18888:17:0x0:2", family: constants.AF_TIPC, linux: true},
	{in: "tipc-range:18888:0:99:-3", family: constants.AF_TIPC, linux: true},
	{in: "nfc:0:1:4", family: constants.AF_NFC, linux: true},
	{in: "nfc-llcp:0:1:5:4:32", family: constants.AF_NFC, linux: true},
	{in: `nfc-llcp:0:1:5:0:32:urn\x3anfc\x3asn\x3asnep`, family: constants.AF_NFC, linux: true},
	{in: `nfc-llcp:0:1:5:0:32:a\x00b\x00`, family: constants.AF_NFC, linux: true},
	{in: "nfc-llcp:0:1:5:0:32:" + long(63), family: constants.AF_NFC, linux: true},
	{in: "l2cap:00-1b-dc-0f-a2-3c:4097:64:2", family: constants.AF_BLUETOOTH, linux: true},
	{in: "l2cap:00-00-00-00-00-00:0", family: constants.AF_BLUETOOTH, linux: true},
	{in: "rfcomm:00-1b-dc-0f-a2-3c:30", family: constants.AF_BLUETOOTH, linux: true},
	{in: "sco:00-1b-dc-0f-a2-3c", family: constants.AF_BLUETOOTH, linux: true},
	{in: "hci:65535:3", family: constants.AF_BLUETOOTH, linux: true},

	{in: "AF_UNSPEC:", family: constants.AF_UNSPEC},
	{in: "AF_UNSPEC:0000", family: constants.AF_UNSPEC},
	{in: "Family(200):00FF", family: 200, out: "Family(200):00ff"},
	{in: "Family(0):", family: constants.AF_UNSPEC, out: "AF_UNSPEC:"},
	{in: "AF_INET:0050", family: constants.AF_INET},
	{in: "AF_INET:" + strings.Repeat("01", 126), family: constants.AF_INET},
	{in: "AF_INET:00507f000001" + "0000000000000000", family: constants.AF_INET,
		out: "127.0.0.1:80"},
	{in: "AF_INET6:00", family: constants.AF_INET6},
	{in: "AF_UNIX:", family: constants.AF_UNIX, out: "unix:"},
	{in: "AF_UNIX:2f61", family: constants.AF_UNIX, out: "/a"},
	{in: "AF_UNIX:" + strings.Repeat("61", 126), family: constants.AF_UNIX},
	{in: "AF_UNIX:00" + strings.Repeat("61", 108), family: constants.AF_UNIX, linux: true},
}

func TestText(t *testing.T) { // E3
	for _, row := range goodTexts {
		t.Run(row.in, func(t *testing.T) {
			a, err := sockaddr.Parse(row.in)
			if row.linux && !sockaddr.HasLinuxLayouts {
				// The bytes of an abstract address can be spelt everywhere, but mean nothing there.
				if !strings.HasPrefix(row.in, "AF_") && !errors.Is(err, sys.ErrUnsupported) {
					t.Fatalf("error %v, want ErrUnsupported", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got := a.Family(); got != row.family {
				t.Errorf("Family %v, want %v", got, row.family)
			}
			if raw, ok := slowParse(row.in); !ok || !bytes.Equal(a.Raw(), raw) {
				t.Errorf("Raw %x, the slow parser has %x, %v", a.Raw(), raw, ok)
			}
			want := row.in
			if row.out != "" {
				want = row.out
			}
			if got := a.String(); got != want {
				t.Errorf("String %q, want %q", got, want)
			}
			checkAddr(t, a)
		})
	}
}

// checkAddr tests what holds for every address.
func checkAddr(t *testing.T, a sockaddr.Addr) {
	t.Helper()
	s := a.String()
	if b, err := sockaddr.Parse(s); err != nil || b != a {
		t.Errorf("Parse(%q) is %x, %v, not %x", s, b.Raw(), err, a.Raw())
	}
	if b, err := sockaddr.FromRaw(a.Raw()); err != nil || b != a {
		t.Errorf("FromRaw(%x) is %x, %v", a.Raw(), b.Raw(), err)
	}
	if raw := a.AppendRaw([]byte("x")); string(raw) != "x"+string(a.Raw()) ||
		a.RawLen() != len(raw)-1 {
		t.Errorf("AppendRaw %x, RawLen %d, Raw %x", raw, a.RawLen(), a.Raw())
	}
	if a.IsValid() != (a != sockaddr.Addr{}) || a.IsValid() != (a.RawLen() > 0) {
		t.Errorf("IsValid %v of %x", a.IsValid(), a.Raw())
	}
	if got := string(a.AppendTo([]byte("x"))); got != "x"+s {
		t.Errorf("AppendTo %q, String %q", got, s)
	}
	if got, err := a.MarshalText(); string(got) != s || err != nil {
		t.Errorf("MarshalText %q, %v, String %q", got, err, s)
	}
	if got, err := a.AppendText(nil); string(got) != s || err != nil {
		t.Errorf("AppendText %q, %v, String %q", got, err, s)
	}
	text, err := json.Marshal(map[sockaddr.Addr]sockaddr.Addr{a: a})
	var m map[sockaddr.Addr]sockaddr.Addr
	if err != nil {
		t.Errorf("as JSON: %v", err)
	} else if err := json.Unmarshal(text, &m); err != nil || len(m) != 1 || m[a] != a {
		t.Errorf("from JSON %s: %v, %v", text, m, err)
	}
	if b := a; b != a || a.Compare(b) != 0 {
		t.Errorf("%v is not itself: Compare %d", a, a.Compare(b))
	}
	if a.FlowInfo() != 0 || !sockaddr.FromAddrPort(a.AddrPort()).IsValid() {
		return
	}
	if b := sockaddr.FromAddrPort(a.AddrPort()); b != a {
		t.Errorf("FromAddrPort(%v) is %v, not %v", a.AddrPort(), b, a)
	}
}

// badTexts are texts that Parse refuses.
var badTexts = []struct{ in, reason string }{
	{"", "empty"},
	{" ", "bad IP address"},
	{"None", "bad IP address"},
	{"localhost", "bad IP address"},
	{"localhost:80", "bad IP address"},
	{"1.2.3", "bad IP address"},
	{"1.2.3.4.5", "bad IP address"},
	{"1.2.3:80", "bad IP address"},
	{"01.2.3.4", "bad IP address"},
	{"1.2.3.256", "bad IP address"},
	{"127.1", "bad IP address"},
	{"0x7f.1", "bad IP address"},
	{"2130706433", "bad IP address"},
	{"1.2.3.4 ", "bad IP address"},
	{"1.2.3.4:", `bad port ""`},
	{"1.2.3.4:-1", `bad port "-1"`},
	{"1.2.3.4:+1", `bad port "+1"`},
	{"1.2.3.4:80x", `bad port "80x"`},
	{"1.2.3.4:http", `bad port "http"`},
	{"1.2.3.4: 80", `bad port " 80"`},
	{"1.2.3.4:65536", "port 65536 out of range 0..65535"},
	{"1.2.3.4:99999999999999999999", "port 99999999999999999999 out of range 0..65535"},
	{"1.2.3.4:80:80", "bad IP address"},
	{":80", "bad IP address"},
	{"[::1", "missing ]"},
	{"[", "missing ]"},
	{"[]", "no port after ]"},
	{"[]:80", "brackets are for IPv6 addresses"},
	{"[::1]", "no port after ]"},
	{"[::1]80", "no port after ]"},
	{"[::1]:", `bad port ""`},
	{"[::1]:65536", "port 65536 out of range 0..65535"},
	{"[::1]:-1", `bad port "-1"`},
	{"[::1]:1]:2", `bad port "1]:2"`},
	{"[1.2.3.4]:80", "brackets are for IPv6 addresses"},
	{"::1]", "bad IP address"},
	{":::", "bad IP address"},
	{"::1::", "bad IP address"},
	{"1:2:3:4:5:6:7", "bad IP address"},
	{"1:2:3:4:5:6:7::8", "bad IP address"},
	{"12345::", "bad IP address"},
	{"::1.2.3", "bad IP address"},
	{"::1/64", "bad IP address"},
	{"1.2.3.4/24", "bad IP address"},
	{"fe80::1%", "empty zone"},
	{"fe80::1%nosuchzone", `no interface "nosuchzone"`},
	{"[fe80::1%nosuchzone]:80", `no interface "nosuchzone"`},
	{"fe80::1%4294967296", `zone "4294967296" out of range 0..4294967295`},
	{"fe80::1%-1", `no interface "-1"`},
	{"012.0.0.1", "bad IP address"},
	{"::ffff:001.002.003.004", "bad IP address"},
	{"[::ffff:012.0.0.1]:80", "bad IP address"},
	{"[fe80::1/64]:80", "bad IP address"},
	{"fe80::1/64", "bad IP address"},
	{"fe80::1%%%%%", `no interface "%%%%"`},
	{"fe80::1%lo:1.2.3.4", `no interface "lo:1.2.3.4"`},
	{"fe80::1%nosuchzone/64", `no interface "nosuchzone/64"`},
	{"::1%1", "zone on an address without a scope"},
	{"[::1%1]:80", "zone on an address without a scope"},
	{"::1%nosuchzone", "zone on an address without a scope"},
	{"::%9", "zone on an address without a scope"},
	{"fd00::1%77", "zone on an address without a scope"},
	{"fec0::1%1", "zone on an address without a scope"},
	{"2001:db8::1%1", "zone on an address without a scope"},
	{"::ffff:1.2.3.4%7000000", "zone on an address without a scope"},
	{"::ffff:169.254.1.1%1", "zone on an address without a scope"},
	{"ff05::1%1", "zone on an address without a scope"},
	{"ff0e::1%1", "zone on an address without a scope"},
	{"1.2.3.4%1", "zone on an IPv4 address"},
	{"1.2.3.4%1:80", "zone on an IPv4 address"},
	{"::1/flow=", "bad IP address"},
	{"::1/flow=12345", "bad IP address"},
	{"::1/flow=0x", `bad flow information ""`},
	{"::1/flow=0x10000000", `bad flow information "10000000"`},
	{"::1/flow=0x100000000", `bad flow information "100000000"`},
	{"::1/flow=0x1g", `bad flow information "1g"`},
	{"1.2.3.4/flow=0x1", `bad flow information "1"`},
	{"[::1/flow=0x1]:80", "missing ]"},

	{"/a\x00b", "NUL in the path"},
	{"/\x00", "NUL in the path"},
	{`unix:a\x00`, "NUL in the path"},
	{"/" + long(sockaddr.MaxUnixPath), fmt.Sprintf("the path has %d bytes, more than %d",
		sockaddr.MaxUnixPath+1, sockaddr.MaxUnixPath)},
	{`unix:\`, `a backslash without \ or xNN behind it`},
	{`unix:\x`, `a backslash without \ or xNN behind it`},
	{`unix:\x0`, `a backslash without \ or xNN behind it`},
	{`unix:\xag`, `a backslash without \ or xNN behind it`},
	{`unix:\n`, `a backslash without \ or xNN behind it`},
	{`@\`, `a backslash without \ or xNN behind it`},
	{"Unix:/x", "bad IP address"},

	{"AF_NOSUCH:00", `unknown family "AF_NOSUCH"`},
	{"AF_INET:0", "bad hexadecimal digits"},
	{"AF_INET:0g", "bad hexadecimal digits"},
	{"AF_INET:" + strings.Repeat("00", 127), "an address has at most 128 bytes"},
	{"Family(65536):", `unknown family "Family(65536)"`},
	{"Family(-1):", `unknown family "Family(-1)"`},
	{"AF_INET", "bad IP address"},
	{"2:0050", "bad IP address"},
	{"inet:0050", "bad IP address"},
	{"nosuch:1:2", "bad IP address"},
}

// badLinuxTexts are texts that Parse refuses where Linux's families are.
var badLinuxTexts = []struct{ in, reason string }{
	{"@" + long(108), "the name has 108 bytes, more than 107"},
	{"vsock:", `1 fields after "vsock", not 2..3`},
	{"vsock:2", `1 fields after "vsock", not 2..3`},
	{"vsock:2:1024:0:0", `4 fields after "vsock", not 2..3`},
	{"vsock:x:1024", `bad context id "x"`},
	{"vsock::1024", `bad context id ""`},
	{"vsock:-1:1024", `bad context id "-1"`},
	{"vsock:+1:1024", `bad context id "+1"`},
	{"vsock:1_0:1024", `bad context id "1_0"`},
	{"vsock:0x:1024", `bad context id "0x"`},
	{"vsock:4294967296:1", `bad context id "4294967296"`},
	{"vsock:2:1024:256", `bad flags "256"`},
	{"packet:0x10000:1", `bad protocol "0x10000"`},
	{"packet:0:nosuchzone", `no interface "nosuchzone"`},
	{"packet:0:", "empty zone"},
	{"packet:0:1:0:0:0", `bad hardware address "0"`},
	{"packet:0:1:0:0:00-", `bad hardware address "00-"`},
	{"packet:0:1:0:0:0g", `bad hardware address "0g"`},
	{"packet:0:1:0:0:" + strings.Repeat("00-", 32) + "00",
		"the hardware address has 33 bytes, more than 32"},
	{"alg:" + long(14) + ":x", "the type has 14 bytes, more than 13"},
	{"alg:hash:" + long(104), "the name has 104 bytes, more than 103"},
	{`alg:hash:a\x00b`, "NUL in the name"},
	{`alg:hash:\y`, `a backslash without \ or xNN behind it`},
	{"sco:00-11-22-33-44", `bad device "00-11-22-33-44"`},
	{"sco:00-11-22-33-44-55-66", `bad device "00-11-22-33-44-55-66"`},
	{"sco:00:11:22:33:44:55", `6 fields after "sco", not 1..1`},
	{"tipc-range:1:2:3:128", `bad scope "128"`},
	{"tipc-range:1:2:3:+1", `bad scope "+1"`},
	{"nfc-llcp:0:0:0:0:0:" + long(64), "the service name has 64 bytes, more than 63"},
}

func TestBadText(t *testing.T) { // E4: bad address or port is an error
	rows := badTexts
	if sockaddr.HasLinuxLayouts {
		rows = append(rows[:len(rows):len(rows)], badLinuxTexts...)
	}
	for _, row := range rows {
		t.Run(row.in, func(t *testing.T) {
			a, err := sockaddr.Parse(row.in)
			checkError(t, err, "parse", row.in, row.reason)
			if a.IsValid() {
				t.Errorf("Parse returned %v with an error", a)
			}
			if raw, ok := slowParse(row.in); ok {
				t.Errorf("the slow parser takes it for %x", raw)
			}
			b := sockaddr.Unnamed()
			if err := b.UnmarshalText([]byte(row.in)); err == nil || b != sockaddr.Unnamed() {
				t.Errorf("UnmarshalText: %v, %v", b, err)
			}
		})
	}
}

// checkError tests that err says what was tried, on what, and what is wrong.
func checkError(t *testing.T, err error, op, input, why string) {
	t.Helper()
	var e *sockaddr.Error
	if !errors.As(err, &e) {
		t.Fatalf("error %v, want a *sockaddr.Error", err)
	}
	if e.Op != op || e.Input != input || e.Reason != why {
		t.Errorf("error of %s(%q): %s\nwant  of %s(%q): %s", e.Op, e.Input, e.Reason, op, input,
			why)
	}
	if want := fmt.Sprintf("sockaddr: %s %q: %s", op, input, why); !strings.HasPrefix(err.Error(),
		want) {
		t.Errorf("error %q, want %q", err, want)
	}
}

// A name that is no IP address says why in netip's words.
func TestErrorCause(t *testing.T) {
	_, err := sockaddr.Parse("1.2.3:80")
	want := `sockaddr: parse "1.2.3:80": bad IP address: ` +
		`ParseAddr("1.2.3"): IPv4 address too short`
	if err == nil || err.Error() != want {
		t.Errorf("error %v\nwant  %v", err, want)
	}
	if errors.Unwrap(err) == nil {
		t.Error("no cause")
	}
}

// Netip is the second opinion on Internet addresses: what it takes and prints, Parse takes and
// prints.
func TestTextAgreesWithNetip(t *testing.T) {
	for _, row := range goodTexts {
		checkNetip(t, row.in)
	}
	for _, row := range badTexts {
		checkNetip(t, row.in)
	}
}

func checkNetip(t *testing.T, s string) {
	t.Helper()
	p, err := netip.ParseAddrPort(s)
	if err != nil {
		var ip netip.Addr
		if ip, err = netip.ParseAddr(s); err == nil {
			p = netip.AddrPortFrom(ip, 0)
		}
	}
	a, err2 := sockaddr.Parse(s)
	if p.Addr().Zone() != "" {
		return // any text is a zone for netip
	}
	if err == nil && (err2 != nil || a.AddrPort() != p || a != sockaddr.FromAddrPort(p)) {
		t.Errorf("Parse(%q): %v, %v; netip has %v", s, a, err2, p)
	}
	if err != nil && err2 == nil && a.IP().IsValid() && a.FlowInfo() == 0 && a.ScopeID() == 0 &&
		!strings.HasPrefix(s, "AF_") && !strings.Contains(s, "/flow=0x") &&
		!strings.Contains(s, "%") {
		t.Errorf("Parse(%q): %v; netip: %v", s, a, err)
	}
	if err == nil && p.Port() != 0 && a.String() != p.String() {
		t.Errorf("String %q; netip has %q", a, p)
	}
	if err == nil && p.Port() == 0 && a.String() != p.Addr().String() {
		t.Errorf("String %q; netip has %q", a, p.Addr())
	}
}

func TestMustParse(t *testing.T) {
	if got, want := sockaddr.MustParse("[::1]:80").Port(), 80; got != want {
		t.Errorf("port %d, want %d", got, want)
	}
	defer func() {
		err, _ := recover().(error)
		checkError(t, err, "parse", "nonsense", "bad IP address")
	}()
	sockaddr.MustParse("nonsense")
}
