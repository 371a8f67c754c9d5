//go:build !linux

package sockopt

import "example.com/bsdsocket/constants"

const (
	icmp6FilterName = constants.ICMP6_FILTER
	icmp6Passes     = 1 // the bit in struct icmp6_filter of a type that passes
)
