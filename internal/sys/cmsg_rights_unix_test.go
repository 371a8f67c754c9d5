//go:build linux || darwin || dragonfly || freebsd || netbsd || openbsd

package sys

import (
	"encoding/binary"
	"slices"
	"testing"

	"golang.org/x/sys/unix"
)

// The sequence of descriptors may be ranged over more than once.
func TestRightsTwice(t *testing.T) {
	var control []byte
	for _, fds := range [][]uint32{{3, 4}, {5}} {
		var data []byte
		control, data = AppendCmsg(control, unix.SOL_SOCKET, unix.SCM_RIGHTS, 4*len(fds))
		for i, fd := range fds {
			binary.NativeEndian.PutUint32(data[4*i:], fd)
		}
	}
	rights := Rights(control)
	for range 2 {
		if got := slices.Collect(rights); !slices.Equal(got, []int{3, 4, 5}) {
			t.Error(got)
		}
	}
}
