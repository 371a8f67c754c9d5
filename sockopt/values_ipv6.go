package sockopt

import (
	"net/netip"

	"example.com/bsdsocket/sockaddr"
)

// IPv6Membership is a group and the index of the interface to join it on, 0 for that of the group's
// zone or, without one, for the one that the routing table gives. A zone that does not exist, or is
// not that of the index, is [socket.ErrValue]. The zone of a group of wider scope than the link
// counts here, and not for sends: those go by [IPv6MulticastInterface].
type IPv6Membership struct {
	Group netip.Addr
	Index int
}

// ipv6Membership is a struct ipv6_mreq: the group and the index.
var ipv6Membership = codec[IPv6Membership]{
	set: func(c *call, v IPv6Membership) error {
		group, ok1 := as6(v.Group)
		index, ok2 := zoned(v.Group, v.Index)
		if !ok1 || !ok2 {
			return errValue
		}
		return c.setBytes(native.AppendUint32(append(c.room(20)[:0], group[:]...), index))
	},
}

// IPv6Source is an address of this host and an interface's index; either may be zero, and the
// address may have the interface's zone. It is a struct in6_pktinfo: [IPv6PacketInfo].
type IPv6Source struct {
	Address netip.Addr
	Index   int
}

var packetInfo6 = codec[IPv6Source]{
	get: func(c *call) (IPv6Source, error) {
		b, err := c.getExactly(20)
		if err != nil {
			return IPv6Source{}, err
		}
		return IPv6Source{netip.AddrFrom16([16]byte(b)), int(native.Uint32(b[16:]))}, nil
	},
	set: func(c *call, v IPv6Source) error {
		return ipv6Membership.set(c, IPv6Membership{v.Address, v.Index})
	},
}

// PathMTU is the value of [IPv6PathMTU].
type PathMTU struct {
	Address netip.AddrPort // the peer; the zero value on Linux
	MTU     int            // bytes
}

// pathMTU is a struct ip6_mtuinfo: a sockaddr_in6 and the MTU.
var pathMTU = codec[PathMTU]{
	get: func(c *call) (v PathMTU, err error) {
		b, err := c.getExactly(32)
		if err != nil {
			return v, err
		}
		v.Address, _ = readAddress(b[:28]) // no address where the kernel gives none
		v.MTU = int(native.Uint32(b[28:]))
		return v, nil
	},
}

// ipv6NextHop is a struct sockaddr_in6, or nothing.
var ipv6NextHop = converted(octets(28),
	func(b []byte) (netip.Addr, bool) {
		if len(b) == 0 {
			return netip.Addr{}, true
		}
		a, err := sockaddr.FromRaw(b)
		return a.IP(), err == nil
	},
	func(a netip.Addr) ([]byte, bool) {
		if !a.IsValid() {
			return nil, true
		}
		// The zero Addr if there is no such zone.
		to := sockaddr.FromAddrPort(netip.AddrPortFrom(a, 0))
		return to.Raw(), a.Is6() && to.IsValid()
	})

// AddressPreferences are the bits of [IPv6AddressPreferences], RFC 5014.
type AddressPreferences uint32

// The bits of AddressPreferences, named as IPV6_PREFER_SRC_... are.
const (
	PreferTemporary       AddressPreferences = 0x0001 // IPV6_PREFER_SRC_TMP
	PreferPublic          AddressPreferences = 0x0002 // IPV6_PREFER_SRC_PUBLIC
	PreferCareOf          AddressPreferences = 0x0004 // IPV6_PREFER_SRC_COA
	PreferCGA             AddressPreferences = 0x0008 // IPV6_PREFER_SRC_CGA: cryptographic
	PreferPublicTemporary AddressPreferences = 0x0100 // ..._PUBTMP_DEFAULT: as the sysctl says
	PreferHome            AddressPreferences = 0x0400 // IPV6_PREFER_SRC_HOME
	PreferNonCGA          AddressPreferences = 0x0800 // IPV6_PREFER_SRC_NONCGA
)

// String returns the names of the bits: "TMP|HOME".
func (p AddressPreferences) String() string {
	return bits(uint32(p), "TMP", "PUBLIC", "COA", "CGA", "", "", "", "", "PUBTMP_DEFAULT", "",
		"HOME", "NONCGA")
}
