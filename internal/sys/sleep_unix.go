//go:build unix

package sys

import (
	"time"

	"golang.org/x/sys/unix"
)

// Sleep waits for real time, which holds a thread: time.Sleep in a bubble of testing/synctest waits
// for the bubble's.
func Sleep(d time.Duration) {
	tv := unix.NsecToTimeval(int64(d))
	unix.Select(0, nil, nil, nil, &tv)
}
