package sys

import (
	"time"

	"golang.org/x/sys/windows"
)

// Sleep waits for real time, which holds a thread: time.Sleep in a bubble of testing/synctest waits
// for the bubble's.
func Sleep(d time.Duration) {
	windows.SleepEx(uint32((d+time.Millisecond-1)/time.Millisecond), false)
}
