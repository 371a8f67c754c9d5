package sockopt

// icmp6Filter is a struct icmp6_filter: 256 bits in eight uint32_t.
var icmp6Filter = converted(structure[[8]uint32](),
	func(v [8]uint32) (t ICMPv6Types, ok bool) {
		for i := range t {
			t[i] = v[i/32]>>(i%32)&1 == icmp6Passes
		}
		return t, true
	},
	func(t ICMPv6Types) (v [8]uint32, ok bool) {
		for i := range t {
			bit := uint32(icmp6Passes)
			if !t[i] {
				bit ^= 1
			}
			v[i/32] |= bit << (i % 32)
		}
		return v, true
	})
