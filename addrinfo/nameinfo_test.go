package addrinfo_test

import (
	"net"
	"os"
	"strings"
	"testing"

	"example.com/bsdsocket/addrinfo"
	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/internal/testenv"
	"example.com/bsdsocket/sockaddr"
)

// Row E9. The same questions, and many more, are put to the C library in internal/peers.
func TestNameInfo(t *testing.T) {
	s := serve(t, map[string]answer{
		"1.2.0.192.in-addr.arpa": {ptr: "one.example"},
		"2.2.0.192.in-addr.arpa": {code: codeServFail},
		"3.2.0.192.in-addr.arpa": {code: codeRefused},
		"4.2.0.192.in-addr.arpa": {},
		"5.2.0.192.in-addr.arpa": {cname: "5.0-7.2.0.192.in-addr.arpa"},

		"5.0-7.2.0.192.in-addr.arpa":                                 {ptr: "five.example"},
		"6.2.0.192.in-addr.arpa":                                     {ptr: "a bad name"},
		"1." + strings.Repeat("0.", 23) + "8.b.d.0.1.0.0.2.ip6.arpa": {ptr: "six.example"},
	})
	const (
		numericHost = constants.NI_NUMERICHOST
		numericServ = constants.NI_NUMERICSERV
		required    = constants.NI_NAMEREQD
		datagram    = constants.NI_DGRAM
	)
	r := s.resolver()
	for _, test := range []struct {
		ip    string
		port  int
		flags constants.NameInfoFlag
		want  string // node and service, or the code of the error
	}{
		{"192.0.2.1", 80, 0, "one.example http"},
		{"192.0.2.1", 80, numericHost, "192.0.2.1 http"},
		{"192.0.2.1", 80, numericServ, "one.example 80"},
		{"192.0.2.1", 80, numericHost | numericServ, "192.0.2.1 80"},
		{"192.0.2.1", 80, datagram, "one.example 80"},
		{"192.0.2.1", 8005, 0, "one.example shared"},
		{"192.0.2.1", 8005, datagram, "one.example other-shared"},
		{"192.0.2.1", 9999, required, "one.example 9999"},
		{"192.0.2.1", 0, 0, "one.example zero"},
		{"192.0.2.1", 80, required | numericHost, "EAI_NONAME"},
		{"192.0.2.1", 80, 1 << 20, "EAI_BADFLAGS"},
		{"192.0.2.5", 80, 0, "five.example http"},
		{"192.0.2.9", 80, 0, "192.0.2.9 http"},
		{"192.0.2.9", 80, required, "EAI_NONAME"},
		{"192.0.2.4", 80, 0, "192.0.2.4 http"},
		{"192.0.2.4", 80, required, "EAI_NONAME"},
		{"192.0.2.2", 80, 0, "EAI_AGAIN"},
		{"192.0.2.2", 80, numericHost, "192.0.2.2 http"},
		{"192.0.2.3", 80, 0, "192.0.2.3 http"},
		{"192.0.2.3", 80, required, "EAI_FAIL"},
		{"192.0.2.6", 80, 0, "192.0.2.6 http"},
		{"2001:db8::1", 53, datagram, "six.example domain"},
		{"2001:db8::2", 53, datagram, "2001:db8::2 domain"},
		{"::ffff:192.0.2.1", 80, 0, "one.example http"},
		{"::ffff:192.0.2.1", 80, numericHost, "::ffff:192.0.2.1 http"},
		{"::1.2.3.4", 80, numericHost, "::1.2.3.4 http"},
		{"::1:0", 80, numericHost, "::0.1.0.0 http"},
		{"::102", 80, numericHost, "::102 http"},
		{"::", 80, numericHost, ":: http"},
		{"fe80::1%4000000000", 80, numericHost, "fe80::1%4000000000 http"},
	} {
		addr, err := sockaddr.Inet(test.ip, test.port)
		if err != nil {
			t.Fatal(err)
		}
		node, service, err := r.NameInfo(ctx, addr, test.flags)
		got := node + " " + service
		if err != nil {
			got = codeOf(t, err)
			if !strings.HasPrefix(err.Error(), "addrinfo: name info "+addr.String()+": ") {
				t.Errorf("the error of %v is %v", addr, err)
			}
		}
		if got != test.want {
			t.Errorf("NameInfo(%v, %v) is %q, want %q (%v)", addr, test.flags, got, test.want, err)
		}
	}
}

func TestNameInfoZone(t *testing.T) {
	all, err := net.Interfaces()
	if err != nil || len(all) == 0 {
		t.Fatalf("no interfaces: %v", err)
	}
	id := uint32(all[0].Index)
	for ip, want := range map[string]string{"fe80::1": "fe80::1%" + zoneName(id),
		"2001:db8::1": "2001:db8::1"} {
		addr, err := sockaddr.Inet(ip, 0)
		if err != nil {
			t.Fatal(err)
		}
		node, _, err := files.NameInfo(ctx, addr.WithScopeID(id), constants.NI_NUMERICHOST)
		if err != nil || node != want {
			t.Errorf("got %q, %v; want %s", node, err, want)
		}
	}
}

// AF_UNIX has names too; other families have none.
func TestNameInfoFamilies(t *testing.T) {
	self, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	// 16 bytes are too short for AF_INET6.
	for _, addr := range []sockaddr.Addr{{}, ofFamily(t, 99), ofFamily(t, constants.AF_INET6)} {
		if _, _, err := files.NameInfo(ctx, addr, 0); codeOf(t, err) != "EAI_FAMILY" {
			t.Errorf("%v: %v", addr, err)
		}
	}

	testenv.Needs(t, testenv.UnixSockets)
	addr, err := sockaddr.Unix("/run/x.sock")
	if err != nil {
		t.Fatal(err)
	}
	for flags, want := range map[constants.NameInfoFlag]string{
		0:                        self + " /run/x.sock",
		constants.NI_NUMERICHOST: "localhost /run/x.sock",
		constants.NI_NAMEREQD:    self + " /run/x.sock",
		constants.NI_NAMEREQD | constants.NI_NUMERICHOST: "EAI_NONAME",
		1 << 20: "EAI_BADFLAGS",
	} {
		node, service, err := files.NameInfo(ctx, addr, flags)
		got := node + " " + service
		if err != nil {
			got = codeOf(t, err)
		}
		if got != want {
			t.Errorf("flags %v: got %q, want %q", flags, got, want)
		}
	}
	if node, service, err := files.NameInfo(ctx, sockaddr.Unnamed(), 0); err != nil ||
		node != self || service != "" {
		t.Errorf("unnamed: %q %q %v", node, service, err)
	}
	if abstract, err := sockaddr.Abstract("hidden"); err == nil {
		if node, service, err := files.NameInfo(ctx, abstract,
			constants.NI_NUMERICHOST); err != nil || node != "localhost" || service != "@hidden" {
			t.Errorf("abstract: %q %q %v", node, service, err)
		}
	}
}

// ofFamily is an address of 16 bytes, with any family.
func ofFamily(t *testing.T, family constants.Family) sockaddr.Addr {
	t.Helper()
	inet, err := sockaddr.InetAny(constants.AF_INET, 0)
	if err != nil {
		t.Fatal(err)
	}
	b := inet.Raw()
	at := 0
	if b[0] != byte(constants.AF_INET) { // a length, or the high byte, is before it
		at = 1
	}
	b[at] = byte(family)
	a, err := sockaddr.FromRaw(b)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// Row E9 on what the host says of itself: whatever name 127.0.0.1 has, it is not the number, and
// NI_NUMERICHOST is.
func TestNameInfoLoopback(t *testing.T) {
	testenv.Needs(t, testenv.Feature{Name: "127.0.0.1 in the hosts file", Probe: func() error {
		_, err := noServer.LookupAddr(ctx, "127.0.0.1")
		return err
	}})
	addr, err := sockaddr.Inet("127.0.0.1", 80)
	if err != nil {
		t.Fatal(err)
	}
	node, service, err := addrinfo.NameInfo(ctx, addr,
		constants.NI_NAMEREQD|constants.NI_NUMERICSERV)
	if err != nil || node == "127.0.0.1" || node == "" || strings.HasSuffix(node, ".") ||
		service != "80" {
		t.Errorf("got %q %q %v", node, service, err)
	}
	node, _, err = addrinfo.NameInfo(ctx, addr, constants.NI_NUMERICHOST)
	if err != nil || node != "127.0.0.1" {
		t.Errorf("in numbers: %q %v", node, err)
	}
}
