package sys

import _ "unsafe" // for go:linkname

// Nanotime is the runtime's monotonic clock, in nanoseconds. Package time has the same clock, but
// in a bubble of testing/synctest, where it stands still while a goroutine waits for the network.
// The runtime promises to keep the name.
//
//go:linkname Nanotime runtime.nanotime
func Nanotime() int64
