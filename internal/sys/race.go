//go:build race

package sys

import (
	"runtime"
	"unsafe"
)

const raceEnabled = true

// The race detector does not see what the kernel reads and writes, so the calls that hand it a
// buffer tell it.

func raceWrite(b []byte, n int) {
	if n > 0 {
		runtime.RaceWriteRange(unsafe.Pointer(unsafe.SliceData(b)), min(n, len(b)))
	}
}

func raceRead(b []byte) {
	if len(b) > 0 {
		runtime.RaceReadRange(unsafe.Pointer(unsafe.SliceData(b)), len(b))
	}
}
