package sockopt

import "example.com/bsdsocket/constants"

const (
	icmp6FilterName = constants.ICMPV6_FILTER
	icmp6Passes     = 0 // the bit in struct icmp6_filter of a type that passes
)
