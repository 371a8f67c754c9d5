package sys

import (
	"syscall"
	"testing"
)

func TestCounted(t *testing.T) {
	for _, test := range []struct {
		n    uintptr
		room int
		want int
		err  error
	}{{0, 0, 0, nil}, {5, 5, 5, nil}, {6, 5, 0, syscall.EIO}, {^uintptr(0), 5, 0, syscall.EIO},
		{AddrSize + 1, AddrSize, 0, syscall.EIO}} {
		if n, err := counted(test.n, test.room); n != test.want || err != test.err {
			t.Errorf("%d of %d: %d, %v", test.n, test.room, n, err)
		}
	}
}
