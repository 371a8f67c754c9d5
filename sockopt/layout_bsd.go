//go:build dragonfly || freebsd || netbsd || openbsd

package sockopt

import "example.com/bsdsocket/constants"

const (
	lingerName   = constants.SO_LINGER
	lingerField  = 4 // struct linger is two ints
	timevalField = 8 // time_t; NetBSD's tv_usec has four bytes and padding
)
