//go:build !linux

package sockopt

import "example.com/bsdsocket/constants"

const (
	icmp6FilterName = constants.ICMP6_FILTER
	icmp6SetMeans   = true // a bit set in struct icmp6_filter passes the type
)
