package sockaddr_test

import (
	"bytes"
	"strings"
	"testing"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/sockaddr"
)

// FuzzParse compares Parse with the slow parser and with net/netip, and tests that what it takes
// comes back from String.
func FuzzParse(f *testing.F) {
	for _, row := range goodTexts {
		f.Add(row.in)
	}
	for _, row := range badTexts {
		f.Add(row.in)
	}
	for _, row := range badLinuxTexts {
		f.Add(row.in)
	}
	for _, k := range kinds {
		f.Add(k.text)
	}
	f.Fuzz(func(t *testing.T, s string) {
		a, err := sockaddr.Parse(s)
		raw, ok := slowParse(s)
		if ok != (err == nil) || !bytes.Equal(a.Raw(), raw) {
			t.Fatalf("Parse(%q): %x, %v; the slow parser has %x, %v", s, a.Raw(), err, raw, ok)
		}
		if err != nil && !strings.Contains(err.Error(), "sockaddr: parse ") {
			t.Errorf("Parse(%q): %v", s, err)
		}
		checkNetip(t, s)
		checkAddr(t, a)
	})
}

// FuzzRaw tests that the bytes of every address that a kernel could give are text that gives the
// address back, and that no accessor trusts them.
func FuzzRaw(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte{1})
	f.Add(make([]byte, sockaddr.MaxLen+1))
	for _, row := range goodTexts {
		if a, err := sockaddr.Parse(row.in); err == nil {
			f.Add(a.Raw())
		}
	}
	for _, k := range kinds {
		if a, err := k.make(); err == nil {
			f.Add(a.Raw())
			f.Add(append(a.Raw(), 0))
			f.Add(a.Raw()[:a.RawLen()-1])
		}
	}
	types := []constants.SocketType{constants.SOCK_STREAM, constants.SOCK_DGRAM, constants.SOCK_RAW,
		constants.SOCK_SEQPACKET}
	f.Fuzz(func(t *testing.T, raw []byte) {
		a, err := sockaddr.FromRaw(raw)
		if (err != nil) != (len(raw) == 1 || len(raw) > sockaddr.MaxLen) {
			t.Fatalf("FromRaw of %d bytes: %v", len(raw), err)
		}
		checkAddr(t, a)
		b := a
		if p := a.Port(); p != 0 {
			b = a.WithPort(0).WithPort(p)
		}
		if b = b.WithScopeID(a.ScopeID()).WithFlowInfo(a.FlowInfo()); b != a {
			t.Errorf("%v rebuilt is %v", a, b)
		}
		for _, k := range kinds {
			_, ok := k.as(a)
			if !ok && strings.HasPrefix(a.String(), k.name+":") {
				t.Errorf("%v cannot be read as %s", a, k.name)
			}
		}
		for _, typ := range types {
			n := a.NetAddr(typ)
			if (n == nil) == a.IsValid() {
				t.Errorf("NetAddr of %v is %v", a, n)
			}
			// An address of package net loses some things, but not the family or, with one
			// exception, the path.
			if b, err := sockaddr.FromNetAddr(n); err == nil && b.Family() != a.Family() &&
				!a.IP().Is4In6() {
				t.Errorf("%v by way of %#v is %v", a, n, b)
			}
		}
	})
}

// FuzzCompare tests that Compare is an order, and agrees with ==.
func FuzzCompare(f *testing.F) {
	for i := range sorted {
		f.Add(rawOf(sorted[i]), rawOf(sorted[(i*7+3)%len(sorted)]),
			rawOf(sorted[(i*5+1)%len(sorted)]))
	}
	f.Fuzz(func(t *testing.T, x, y, z []byte) {
		a, err := sockaddr.FromRaw(x)
		b, err2 := sockaddr.FromRaw(y)
		c, err3 := sockaddr.FromRaw(z)
		if err != nil || err2 != nil || err3 != nil {
			return
		}
		if (a == b) != (a.Compare(b) == 0) || a.Compare(b) != -b.Compare(a) {
			t.Errorf("Compare of %v and %v is %d, and %d", a, b, a.Compare(b), b.Compare(a))
		}
		if a.Compare(b) <= 0 && b.Compare(c) <= 0 && a.Compare(c) > 0 {
			t.Errorf("%v, %v and %v have no order", a, b, c)
		}
	})
}

func rawOf(s string) []byte { return sockaddr.MustParse(s).Raw() }
