package sockopt

import (
	"strconv"
	"strings"

	"example.com/bsdsocket/constants"
)

// Options of raw ICMP sockets: raw(7).

var (
	solRaw        = newLevel("SOL_RAW", constants.SOL_RAW, icmpSockets)
	ipprotoICMPv6 = newLevel("IPPROTO_ICMPV6", constants.IPPROTO_ICMPV6, icmp6Sockets)
)

// ICMPv6Filter is ICMPV6_FILTER, elsewhere than on Linux ICMP6_FILTER: the types of ICMPv6 messages
// that a raw socket of IPPROTO_ICMPV6 receives. RFC 3542, section 3.2.
var ICMPv6Filter Option[ICMPv6Types] = readWrite(icmp6Filter, "ICMPv6Filter", ipprotoICMPv6,
	"ICMPV6_FILTER", icmp6FilterName)

// ICMPFilter is ICMP_FILTER: the types of ICMP messages, 0 to 31, that a raw socket of IPPROTO_ICMP
// does not receive. Types above 31 always come through. raw(7).
var ICMPFilter Option[ICMPTypes] = readWrite(flags32[ICMPTypes](), "ICMPFilter", solRaw,
	"ICMP_FILTER", constants.ICMP_FILTER)

// ICMPTypes is a set of ICMP types, bit n standing for type n.
type ICMPTypes uint32

// ICMPType is the set of one type, 0 to 31; other types have no bit.
func ICMPType(n int) ICMPTypes { return 1 << uint(n) }

// String lists the types: "0 8".
func (t ICMPTypes) String() string {
	return numbered(32, func(i int) bool { return t>>uint(i)&1 != 0 })
}

// ICMPv6Types is a set of ICMPv6 types. The zero value has none.
type ICMPv6Types [256]bool

// AllICMPv6Types returns the set of all types, which a new socket has.
func AllICMPv6Types() (t ICMPv6Types) {
	for i := range t {
		t[i] = true
	}
	return t
}

// String lists the types: "128 129", "all" or "none".
func (t ICMPv6Types) String() string { return numbered(len(t), func(i int) bool { return t[i] }) }

// numbered lists the numbers below n that are in a set.
func numbered(n int, has func(int) bool) string {
	var in []string
	for i := range n {
		if has(i) {
			in = append(in, strconv.Itoa(i))
		}
	}
	switch len(in) {
	case 0:
		return "none"
	case n:
		return "all"
	}
	return strings.Join(in, " ")
}
