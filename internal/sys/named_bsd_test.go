//go:build darwin || dragonfly || freebsd || netbsd || openbsd

package sys

import (
	"bytes"
	"testing"

	"golang.org/x/sys/unix"
)

// TestNamed has addresses as kernels write them: with and without a NUL behind a path, without a
// family, and too long.
func TestNamed(t *testing.T) {
	path := func(s string) []byte { return append([]byte{106, unix.AF_UNIX}, s...) }
	for _, test := range []struct{ raw, want []byte }{
		{nil, nil},
		{[]byte{0, 0}, nil},
		{path("/a\x00"), []byte("\x04\x01/a")},
		{path("/a"), []byte("\x04\x01/a")},
		{path("\x00\x00"), []byte("\x02\x01")},
		{[]byte{2, unix.AF_ROUTE}, []byte{2, unix.AF_ROUTE}},
	} {
		var sa RawAddr
		n := named(&sa, uint32(copy(sa[:], test.raw)))
		if got := sa[:n]; !bytes.Equal(got, test.want) {
			t.Errorf("% x: % x, want % x", test.raw, got, test.want)
		}
	}
	var sa RawAddr
	if copy(sa[:], path("/long")); named(&sa, AddrSize+1) != 0 {
		t.Error("a part of a path is an address")
	}
}
