package addrinfo_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"example.com/bsdsocket/addrinfo"
	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/sockaddr"
)

// The services database, which rows E6 and E9 rest on.
func TestServices(t *testing.T) {
	http := addrinfo.Service{Name: "http", Aliases: []string{"www", "www-http"}, Port: 80,
		Protocol: "tcp"}
	for _, test := range []struct {
		name, protocol string
		want           addrinfo.Service // none: an error
	}{
		{"http", "tcp", http},
		{"www", "tcp", http},
		{"www-http", "tcp", http},
		{"http", "", http},
		{"http", "udp", addrinfo.Service{}},
		{"HTTP", "tcp", addrinfo.Service{}},
		{"echo", "udp", addrinfo.Service{Name: "echo", Port: 7, Protocol: "udp"}},
		{"echo", "", addrinfo.Service{Name: "echo", Port: 7, Protocol: "tcp"}},
		{"ssh", "tcp", addrinfo.Service{Name: "ssh", Port: 22, Protocol: "tcp"}},
		{"only-sctp", "sctp", addrinfo.Service{Name: "only-sctp", Port: 8002, Protocol: "sctp"}},
		{"only-dccp", "dccp", addrinfo.Service{Name: "only-dccp", Port: 8003, Protocol: "dccp"}},
		{"only-dccp", "tcp", addrinfo.Service{}},
		{"second", "tcp", addrinfo.Service{Name: "first", Aliases: []string{"second"}, Port: 8007,
			Protocol: "tcp"}},
		{"indented", "tcp", addrinfo.Service{Name: "indented", Port: 8010, Protocol: "tcp"}},
		{"zero", "tcp", addrinfo.Service{Name: "zero", Port: 0, Protocol: "tcp"}},
		{"highest", "tcp", addrinfo.Service{Name: "highest", Port: 65535, Protocol: "tcp"}},
		{"newline-less", "tcp", addrinfo.Service{Name: "last", Aliases: []string{"newline-less"},
			Port: 8012, Protocol: "tcp"}},
		{"commented", "", addrinfo.Service{}},
		{"no-protocol", "", addrinfo.Service{}},
		{"no-number", "", addrinfo.Service{}},
		{"too-large", "", addrinfo.Service{}},
		{"negative", "", addrinfo.Service{}},
		{"comment", "", addrinfo.Service{}},
		{"80/tcp", "", addrinfo.Service{}},
		{"", "", addrinfo.Service{}},
	} {
		got, err := files.ServiceByName(test.name, test.protocol)
		if d := cmp.Diff(test.want, got, emptyIsNil); d != "" {
			t.Errorf("ServiceByName(%q, %q): (-want +got)\n%s", test.name, test.protocol, d)
		}
		if found := test.want.Name != ""; found != (err == nil) || !found &&
			codeOf(t, err) != "EAI_SERVICE" {
			t.Errorf("ServiceByName(%q, %q): %v", test.name, test.protocol, err)
		}
	}
	for _, test := range []struct {
		port     int
		protocol string
		want     string
	}{
		{80, "tcp", "http"},
		{80, "udp", ""},
		{53, "udp", "domain"},
		{8005, "tcp", "shared"}, // the first of two
		{8005, "udp", "other-shared"},
		{8005, "", "shared"},
		{8009, "udplite", "everywhere"},
		{65535, "tcp", "highest"},
		{0, "tcp", "zero"},
		{-1, "tcp", ""},
		{65616, "tcp", ""},
		{8012, "tcp", "last"},
	} {
		got, err := files.ServiceByPort(test.port, test.protocol)
		if got.Name != test.want || (err == nil) != (test.want != "") {
			t.Errorf("ServiceByPort(%d, %q) = %+v, %v; want %q", test.port, test.protocol, got, err,
				test.want)
		}
	}
	_, err := files.ServiceByName("nosuch", "tcp")
	if want := "addrinfo: service by name nosuch/tcp: service not known for this socket type " +
		"(EAI_SERVICE): not in the database"; err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}

var emptyIsNil = cmp.Transformer("empty", func(s []string) []string {
	if len(s) == 0 {
		return nil
	}
	return s
})

// Row G1: protocols by name.
func TestProtocols(t *testing.T) {
	for _, test := range []struct {
		name   string
		number constants.Protocol
		want   string
	}{
		{"tcp", 6, "tcp"},
		{"TCP", 6, "tcp"},
		{"Tcp", -1, ""},
		{"ip", 0, "ip"},
		{"HOPOPT", 0, "hopopt"},
		{"icmpv6", 58, "ipv6-icmp"},
		{"Last", 255, "last"},
		{"no-number", -1, ""},
		{"bad-number", -1, ""},
		{"negative", -1, ""},
		{"", -1, ""},
	} {
		got, err := files.ProtocolByName(test.name)
		if test.want == "" {
			if codeOf(t, err) != "EAI_NONAME" {
				t.Errorf("ProtocolByName(%q) = %+v, %v", test.name, got, err)
			}
			continue
		}
		if err != nil || got.Name != test.want || got.Number != test.number {
			t.Errorf("ProtocolByName(%q) = %+v, %v; want %s, %d", test.name, got, err, test.want,
				test.number)
		}
	}
	for number, want := range map[constants.Protocol]string{0: "ip", 6: "tcp", 132: "sctp",
		58: "ipv6-icmp", 255: "last", 254: "", -1: ""} {
		got, err := files.ProtocolByNumber(number)
		if got.Name != want || (err == nil) != (want != "") {
			t.Errorf("ProtocolByNumber(%d) = %+v, %v; want %q", number, got, err, want)
		}
	}
	_, err := files.ProtocolByName("nosuch")
	if want := "addrinfo: protocol by name nosuch: name or service not known (EAI_NONAME): not " +
		"in the database"; err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}

// Where there are no files, the table that is compiled in serves.
func TestBuiltinTables(t *testing.T) {
	dir := t.TempDir()
	for what, path := range map[string]string{"missing": filepath.Join(dir, "none"),
		"in no directory": filepath.Join(dir, "none", "none")} {
		r := &addrinfo.Resolver{ServicesFile: path, ProtocolsFile: path}
		for name, port := range map[string]int{"ssh": 22, "http": 80, "https": 443, "domain": 53,
			"www": 80} {
			if s, err := r.ServiceByName(name, "tcp"); err != nil || s.Port != port {
				t.Errorf("%s: %s is %+v, %v", what, name, s, err)
			}
		}
		for name, number := range map[string]constants.Protocol{
			"tcp": constants.IPPROTO_TCP, "udp": constants.IPPROTO_UDP,
			"icmp": constants.IPPROTO_ICMP, "ICMP": constants.IPPROTO_ICMP,
			"ipv6-icmp": constants.IPPROTO_ICMPV6, "IPv6": constants.IPPROTO_IPV6,
		} {
			if p, err := r.ProtocolByName(name); err != nil || p.Number != number {
				t.Errorf("%s: %s is %+v, %v", what, name, p, err)
			}
		}
		if s, err := r.ServiceByPort(123, "udp"); err != nil || s.Name != "ntp" {
			t.Errorf("%s: port 123 is %+v, %v", what, s, err)
		}
		infos, err := r.Lookup(ctx, "192.0.2.1", "https", nil)
		if err != nil || infos[0].Addr.Port() != 443 {
			t.Errorf("%s: %v, %v", what, infos, err)
		}
	}
	// A file that is there counts, even if it is empty.
	empty := filepath.Join(dir, "empty")
	if err := os.WriteFile(empty, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	r := &addrinfo.Resolver{ServicesFile: empty}
	if s, err := r.ServiceByName("http", "tcp"); err == nil {
		t.Errorf("an empty file has %+v", s)
	}
}

// The usual files, or the tables where they are missing, have what everybody needs.
func TestDefaultDatabases(t *testing.T) {
	if s, err := addrinfo.ServiceByName("http", "tcp"); err != nil || s.Port != 80 {
		t.Errorf("http is %+v, %v", s, err)
	}
	if s, err := addrinfo.ServiceByPort(22, "tcp"); err != nil || s.Name != "ssh" {
		t.Errorf("port 22 is %+v, %v", s, err)
	}
	if p, err := addrinfo.ProtocolByName("udp"); err != nil || p.Number != constants.IPPROTO_UDP {
		t.Errorf("udp is %+v, %v", p, err)
	}
	if p, err := addrinfo.ProtocolByNumber(constants.IPPROTO_TCP); err != nil || p.Name != "tcp" {
		t.Errorf("6 is %+v, %v", p, err)
	}
}

// Once loaded, a service costs no allocation.
func TestServiceAllocs(t *testing.T) {
	for name, call := range map[string]func() error{
		"ServiceByName": func() error {
			_, err := files.ServiceByName("www-http", "tcp")
			return err
		},
		"ServiceByPort": func() error {
			_, err := files.ServiceByPort(8009, "udplite")
			return err
		},
		"ProtocolByName":   func() error { _, err := files.ProtocolByName("sctp"); return err },
		"ProtocolByNumber": func() error { _, err := files.ProtocolByNumber(17); return err },
	} {
		n := testing.AllocsPerRun(100, func() {
			if err := call(); err != nil {
				t.Fatal(err)
			}
		})
		if n != 0 {
			t.Errorf("%s makes %v allocations", name, n)
		}
	}
}

// A Resolver serves many goroutines, also while the first of them loads.
func TestConcurrentServices(t *testing.T) {
	r := &addrinfo.Resolver{ServicesFile: "testdata/services", ProtocolsFile: "testdata/protocols"}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 50 {
				_, err1 := r.ServiceByPort(80, "tcp")
				_, err2 := r.ProtocolByName("udp")
				_, err3 := r.Lookup(ctx, "192.0.2.1", "domain", &addrinfo.Hints{})
				if err := errors.Join(err1, err2, err3); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
}

// A file that is there and cannot be read is not taken for none.
func TestUnreadableDatabases(t *testing.T) {
	dir := t.TempDir()
	loop := filepath.Join(dir, "loop")
	if err := os.Symlink("loop", loop); err != nil {
		t.Skip(err)
	}
	for path, want := range map[string]error{dir: syscall.EISDIR, loop: syscall.ELOOP} {
		r := &addrinfo.Resolver{ServicesFile: path, ProtocolsFile: path}
		fails := func(what string, err error) {
			t.Helper()
			if codeOf(t, err) != "EAI_SYSTEM" || !errors.Is(err, want) {
				t.Errorf("%s: %v; want EAI_SYSTEM with %v", what, err, want)
			}
		}
		_, err := r.ServiceByName("http", "tcp")
		fails("ServiceByName", err)
		_, err = r.ServiceByPort(80, "tcp")
		fails("ServiceByPort", err)
		_, err = r.ProtocolByName("tcp")
		fails("ProtocolByName", err)
		_, err = r.ProtocolByNumber(6)
		fails("ProtocolByNumber", err)
		_, err = r.Lookup(ctx, "192.0.2.1", "http", nil)
		fails("Lookup", err)
		_, _, err = r.NameInfo(ctx, sockaddr.MustParse("192.0.2.1:80"), constants.NI_NUMERICHOST)
		fails("NameInfo", err)
		n := 0
		for _, err := range r.Services() {
			fails("Services", err)
			n++
		}
		for _, err := range r.Protocols() {
			fails("Protocols", err)
			n++
		}
		if n != 2 {
			t.Errorf("%d errors, want 2", n)
		}
		// Numbers need no file.
		if _, err := r.Lookup(ctx, "192.0.2.1", "80", nil); err != nil {
			t.Error(err)
		}
		if _, _, err := r.NameInfo(ctx, sockaddr.MustParse("192.0.2.1:80"),
			constants.NI_NUMERICHOST|constants.NI_NUMERICSERV); err != nil {
			t.Error(err)
		}
	}
}

// Both databases can be listed, in the order of their files: getservent and getprotoent.
func TestListings(t *testing.T) {
	var names []string
	for s, err := range files.Services() {
		if err != nil {
			t.Fatal(err)
		}
		if got, err := files.ServiceByName(s.Name, s.Protocol); err != nil || got.Name != s.Name &&
			!slices.Contains(got.Aliases, s.Name) {
			t.Errorf("%+v is found as %+v, %v", s, got, err)
		}
		names = append(names, s.Name+"/"+s.Protocol)
	}
	if len(names) < 10 || !slices.Contains(names, "domain/udp") ||
		slices.Index(names, "domain/tcp") > slices.Index(names, "domain/udp") {
		t.Errorf("the services are %v", names)
	}
	n := 0
	for p, err := range files.Protocols() {
		if n++; err != nil || p.Name == "" {
			t.Errorf("%+v, %v", p, err)
		}
		if n == 2 {
			break
		}
	}
	for range addrinfo.Services() {
		n++
		break
	}
	for range addrinfo.Protocols() {
		n++
		break
	}
	if n != 4 {
		t.Errorf("a listing does not stop, or is empty: %d", n)
	}
}
