//go:build !linux

package sockopt

import "example.com/bsdsocket/constants"

// The structures that other systems use for a group's filter are not Linux'.
const msfilterName = constants.Undefined

// mreqSourceOrder is the order in struct ip_mreq_source: the source first.
func mreqSourceOrder(address, source [4]byte) (second, third [4]byte) { return source, address }
