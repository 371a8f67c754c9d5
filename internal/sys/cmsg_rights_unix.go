//go:build linux || darwin || dragonfly || freebsd || netbsd || openbsd

package sys

import (
	"encoding/binary"
	"iter"

	"golang.org/x/sys/unix"
)

// Rights yields the descriptors that came in control data: of SCM_RIGHTS and SCM_PIDFD, also where
// the length of the last message says more than there is (macOS leaves it as it was when it cuts
// the data off).
func Rights(control []byte) iter.Seq[int] {
	return func(yield func(int) bool) {
		// control stays as it is: the sequence may be ranged over again.
		for left := control; len(left) >= cmsgDataAt; {
			level, typ, data, rest, _ := NextCmsg(left)
			if level == unix.SOL_SOCKET && (typ == unix.SCM_RIGHTS || typ == scmPidfd) {
				for ; len(data) >= 4; data = data[4:] {
					if !yield(int(int32(binary.NativeEndian.Uint32(data)))) {
						return
					}
				}
			}
			left = rest
		}
	}
}
