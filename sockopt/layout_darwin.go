package sockopt

import "example.com/bsdsocket/constants"

// How structures are here; what the constants mean stands where they are used.
const (
	lingerName  = constants.SO_LINGER_SEC // SO_LINGER counts clock ticks: getsockopt(2)
	lingerField = 4                       // struct linger is two ints

	msfilterName      = constants.Undefined // the structure of a filter is not Linux'
	groupPad          = 0                   // structures are packed to four bytes
	indexIsAddress    = false
	sourceFirst       = true
	multicastByteSize = 1
)
