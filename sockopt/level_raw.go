package sockopt

import "example.com/bsdsocket/constants"

// Options of raw ICMP sockets: raw(7).

var (
	solRaw        = newLevel("SOL_RAW", constants.SOL_RAW, icmpSockets)
	ipprotoICMPv6 = newLevel("IPPROTO_ICMPV6", constants.IPPROTO_ICMPV6, icmp6Sockets)
)

// ICMPv6Filter is ICMPV6_FILTER, elsewhere than on Linux ICMP6_FILTER: the types
// of ICMPv6 messages that a raw socket of IPPROTO_ICMPV6 receives. RFC 3542,
// section 3.2.
var ICMPv6Filter = readWrite(icmp6Filter, "ICMPv6Filter", ipprotoICMPv6, "ICMPV6_FILTER", icmp6FilterName)

// ICMPFilter is ICMP_FILTER: the types of ICMP messages, 0 to 31, that a raw
// socket of IPPROTO_ICMP does not receive. Types above 31 always come through.
var ICMPFilter = readWrite(flags32[ICMPTypes](), "ICMPFilter", solRaw, "ICMP_FILTER", constants.ICMP_FILTER)

// ICMPTypes is a set of ICMP types, bit n standing for type n.
type ICMPTypes uint32

// ICMPType is the set of one type, 0 to 31; other types have no bit.
func ICMPType(n int) ICMPTypes { return 1 << uint(n) }

// ICMPv6Types is a set of ICMPv6 types. The zero value has none.
type ICMPv6Types [256]bool

// AllICMPv6Types returns the set of all types, which a new socket has.
func AllICMPv6Types() (t ICMPv6Types) {
	for i := range t {
		t[i] = true
	}
	return t
}
