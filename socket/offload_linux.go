//go:build !portable

package socket

import (
	"sync/atomic"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/internal/sys"
)

const hasSegmentation = true

var kernelSegments atomic.Int32 // 0: not known, 1: yes, -1: no

// segmentation reports whether the kernel knows UDP_SEGMENT (Linux 4.18). An older one would not
// refuse the control message, but send everything as one datagram.
func segmentation(sysfd int) bool {
	known := kernelSegments.Load()
	if known == 0 {
		known = 1
		if _, err := sys.GetsockoptInt(sysfd, int(constants.SOL_UDP),
			int(constants.UDP_SEGMENT)); err != nil {
			known = -1
		}
		kernelSegments.Store(known)
	}
	return known > 0
}
