//go:build race

package sys

import (
	"runtime"
	"unsafe"
)

// What a goroutine did before it sent comes before what another does after it received.
var moved byte

func raceRelease()    { runtime.RaceReleaseMerge(unsafe.Pointer(&moved)) }
func raceAcquire(int) { runtime.RaceAcquire(unsafe.Pointer(&moved)) }
