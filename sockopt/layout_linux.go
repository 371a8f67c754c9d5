package sockopt

import (
	"strconv"

	"example.com/bsdsocket/constants"
)

const (
	lingerName   = constants.SO_LINGER
	lingerField  = 4 // struct linger is two ints
	timevalField = strconv.IntSize / 8
)
