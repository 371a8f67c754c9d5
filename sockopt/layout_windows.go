package sockopt

import (
	"time"

	"example.com/bsdsocket/constants"
)

// How structures are here; what the constants mean stands where they are used.
const (
	lingerName  = constants.SO_LINGER
	lingerField = 2 // LINGER is two u_shorts

	msfilterName      = constants.Undefined // the structure of a filter is not Linux'
	groupPad          = 4
	indexIsAddress    = true
	sourceFirst       = true
	multicastByteSize = 4
)

// timeout is a DWORD of milliseconds on Windows. What is negative as an int was set by other means.
var timeout = codec[time.Duration]{
	fromInt: func(v int) time.Duration { return time.Duration(uint32(v)) * time.Millisecond },
	toInt: func(v time.Duration) (int, bool) {
		n, ok := milliseconds.toInt(v)
		return n, ok && v >= 0
	},
}
