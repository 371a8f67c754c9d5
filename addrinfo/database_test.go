package addrinfo

import (
	"math/big"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// expire makes the next lookup look at the file.
func expire[T any](f *file[T]) {
	f.now.Load().checked.Store(int64(time.Since(started) - recheck))
}

// renew makes the next lookups not look at the file, however long the test takes.
func renew[T any](f *file[T]) {
	f.now.Load().checked.Store(int64(time.Since(started) + time.Hour))
}

// A file is read again when it has changed, and looked at only now and then.
func TestReload(t *testing.T) {
	path := filepath.Join(t.TempDir(), "services")
	stamp := time.Now().Add(-time.Hour)
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		stamp = stamp.Add(time.Second)
		if err := os.Chtimes(path, stamp, stamp); err != nil {
			t.Fatal(err)
		}
	}
	r := &Resolver{ServicesFile: path}
	check := func(what string, want int) {
		t.Helper()
		if s, err := r.ServiceByName("mine", "tcp"); s.Port != want || (err == nil) != (want != 0) {
			t.Errorf("%s: got %+v, %v; want port %d", what, s, err, want)
		}
	}
	check("no file", 0)
	if s, err := r.ServiceByName("http", "tcp"); err != nil {
		t.Errorf("no file: the table has no http: %+v, %v", s, err)
	}

	write("mine 1001/tcp\n")
	renew(&r.servicesDB)
	check("a file, too soon", 0)
	expire(&r.servicesDB)
	check("a file", 1001)

	write("mine 1002/tcp\n") // the size stays
	renew(&r.servicesDB)
	check("changed, too soon", 1001)
	expire(&r.servicesDB)
	check("changed", 1002)

	loaded := r.servicesDB.now.Load()
	expire(&r.servicesDB)
	check("not changed", 1002)
	if r.servicesDB.now.Load() != loaded {
		t.Error("a file that has not changed was read again")
	}

	if err := os.WriteFile(path, []byte("other 1/tcp\nmine 1003/tcp"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(path, stamp, stamp); err != nil { // the time stays
		t.Fatal(err)
	}
	expire(&r.servicesDB)
	check("another size", 1003)

	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	expire(&r.servicesDB)
	check("removed", 0)
	if _, err := r.ServiceByName("http", "tcp"); err != nil {
		t.Errorf("removed: %v", err)
	}
}

// What was read stays while the file cannot be read, and the file is tried at every call.
func TestReloadFails(t *testing.T) {
	path := filepath.Join(t.TempDir(), "services")
	r := &Resolver{ServicesFile: path}
	check := func(what string, want int) {
		t.Helper()
		if s, err := r.ServiceByName("mine", "tcp"); s.Port != want || err != nil {
			t.Errorf("%s: got %+v, %v; want port %d", what, s, err, want)
		}
	}
	write := func(port string) {
		t.Helper()
		os.Remove(path)
		if err := os.WriteFile(path, []byte("mine "+port+"/tcp\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("1001")
	check("a file", 1001)
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("services", path); err != nil { // to itself
		t.Skip(err)
	}
	expire(&r.servicesDB)
	check("a file that cannot be read", 1001)
	write("1002")
	check("a file that can be read again", 1002)

	// Another file with the same time and size is another file.
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	next := path + ".new"
	if err = os.WriteFile(next, []byte("mine 1003/tcp\n"), 0o644); err == nil {
		err = os.Chtimes(next, info.ModTime(), info.ModTime())
	}
	if err == nil {
		err = os.Rename(next, path)
	}
	if err != nil {
		t.Fatal(err)
	}
	expire(&r.servicesDB)
	check("a file that was put in its place", 1003)
}

// Readers go on with what there is while one of them reads the file again.
func TestReloadConcurrently(t *testing.T) {
	path := filepath.Join(t.TempDir(), "protocols")
	texts := []string{"mine 201 a\n", "mine 202 b c\n"}
	if err := os.WriteFile(path, []byte(texts[0]), 0o644); err != nil {
		t.Fatal(err)
	}
	r := &Resolver{ProtocolsFile: path}
	if _, err := r.ProtocolByName("mine"); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			for n := range 50 {
				if i == 0 {
					// In one step, as a package manager does.
					next := path + ".new"
					if err := os.WriteFile(next, []byte(texts[n%2]), 0o644); err != nil {
						t.Error(err)
					}
					if err := os.Rename(next, path); err != nil {
						t.Error(err)
					}
				}
				expire(&r.protocolsDB)
				if p, err := r.ProtocolByName("mine"); err != nil || p.Number != 201 &&
					p.Number != 202 {
					t.Errorf("got %+v, %v", p, err)
				}
			}
		})
	}
	wg.Wait()
}

// Every line of the tables that are compiled in means something, and is found.
func TestWellKnown(t *testing.T) {
	n := 0
	for words := range entries(wellKnownServices) {
		n++
		db := builtinServices()
		s := db.byName[serviceName{words[0], ""}]
		if s == nil {
			t.Errorf("%v is not an entry", words)
		}
	}
	if got := len(builtinServices().byPort); n < 50 || got < 50 {
		t.Errorf("%d services, %d ports", n, got)
	}
	n = 0
	for words := range entries(wellKnownProtocols) {
		n++
		p := builtinProtocols().byName[words[0]]
		if p == nil || builtinProtocols().byNumber[p.Number] != p {
			t.Errorf("%v is not an entry, or its number is taken", words)
		}
	}
	if n < 20 {
		t.Errorf("%d protocols", n)
	}
}

// Any text is a database: every word of a line finds that line or one above it.
func FuzzParse(f *testing.F) {
	for _, path := range []string{"testdata/services", "testdata/protocols"} {
		seed, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(seed))
	}
	f.Add(wellKnownServices)
	f.Add("a 1/b")
	f.Add("a\t1/b c #d\x00\n\n# e 2/f\r\ng 3/h/i j")
	f.Add("a 99999/b\nb -1/b\n c 1 d\n\u00a0e\u00a02/f")
	f.Fuzz(func(t *testing.T, text string) {
		services, protocols := parseServices(text), parseProtocols(text)
		for key, s := range services.byName {
			if s.Port < 0 || s.Port > 65535 || s.Name == "" || s.Protocol == "" {
				t.Errorf("%+v", s)
			}
			if key.name != s.Name && !slices.Contains(s.Aliases, key.name) ||
				key.protocol != s.Protocol && key.protocol != "" {
				t.Errorf("%+v finds %+v", key, s)
			}
			if services.byName[serviceName{s.Name, s.Protocol}] == nil ||
				services.byPort[servicePort{s.Port, s.Protocol}] == nil {
				t.Errorf("%+v is not found", s)
			}
		}
		for name, p := range protocols.byName {
			if name != p.Name && !slices.Contains(p.Aliases, name) || p.Number < 0 ||
				protocols.byNumber[p.Number] == nil {
				t.Errorf("%q finds %+v", name, p)
			}
		}
	})
}

// An old form of an address is what its numbers say: a second, slower way to the same result. The
// usual form is net/netip's.
func FuzzOldIPv4(f *testing.F) {
	for _, seed := range []string{"127.1", "0x7f.1", "010.0.0.1", "4294967295", "1.2.3.4",
		"1.2.65536", "0x", "08", "1..2", "+1", "1_0", "0b1", "1.2.3.4.5"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, ok := parseOldIPv4(s)
		if want, err := netip.ParseAddr(s); err == nil && want.Is4() && got != want {
			t.Errorf("%q is %v, %v; want %v", s, got, ok, want)
		}
		if want, wantOK := slowOldIPv4(s); got != want || ok != wantOK {
			t.Errorf("%q is %v, %v; want %v, %v", s, got, ok, want, wantOK)
		}
	})
}

// slowOldIPv4 adds up what each number is worth.
func slowOldIPv4(s string) (netip.Addr, bool) {
	number := regexp.MustCompile(`^(0[xX][0-9a-fA-F]+|[0-9]+)$`)
	parts := strings.Split(s, ".")
	total := new(big.Int)
	for i, part := range parts {
		if !number.MatchString(part) || len(parts) > 4 {
			return netip.Addr{}, false
		}
		n, ok := new(big.Int).SetString(part, 0) // 0 is octal, 0x hexadecimal
		last := i == len(parts)-1
		limit := int64(256)
		if last {
			limit = 1 << (8 * (4 - i))
		}
		if !ok || n.Cmp(big.NewInt(limit)) >= 0 {
			return netip.Addr{}, false
		}
		if !last {
			n.Lsh(n, uint(8*(3-i)))
		}
		total.Add(total, n)
	}
	var b [4]byte
	total.FillBytes(b[:])
	return netip.AddrFrom4(b), true
}
