package sockopt

import "example.com/bsdsocket/constants"

const (
	icmp6FilterName = constants.ICMPV6_FILTER
	icmp6SetMeans   = false // a bit set in struct icmp6_filter blocks the type
)
