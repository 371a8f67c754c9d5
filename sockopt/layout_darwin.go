package sockopt

import "example.com/bsdsocket/constants"

// SO_LINGER counts clock ticks on macOS, SO_LINGER_SEC seconds
// (getsockopt(2) there).
const (
	lingerName   = constants.SO_LINGER_SEC
	lingerField  = 4 // struct linger is two ints
	timevalField = 8 // time_t; tv_usec has four bytes and padding
)
