//go:build dragonfly || freebsd || openbsd

package sockopt

import "example.com/bsdsocket/constants"

// How structures are here; what the constants mean stands where they are used.
const (
	lingerName  = constants.SO_LINGER
	lingerField = 4 // struct linger is two ints

	msfilterName      = constants.Undefined // the structure of a filter is not Linux'
	groupPad          = 4
	indexIsAddress    = false
	sourceFirst       = true
	multicastByteSize = 1
)
