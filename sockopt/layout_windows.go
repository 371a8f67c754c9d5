package sockopt

import (
	"example.com/bsdsocket/constants"
)

const (
	lingerName  = constants.SO_LINGER
	lingerField = 2 // LINGER is two u_shorts
)

// timeout is a DWORD of milliseconds on Windows.
var timeout = milliseconds
