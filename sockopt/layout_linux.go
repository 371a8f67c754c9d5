package sockopt

import (
	"strconv"

	"example.com/bsdsocket/constants"
)

// How structures are here; what the constants mean stands where they are used.
const (
	lingerName  = constants.SO_LINGER
	lingerField = 4 // struct linger is two ints

	msfilterName      = constants.IP_MSFILTER
	groupPad          = strconv.IntSize/8 - 4
	indexIsAddress    = false
	sourceFirst       = false
	multicastByteSize = 4
)
