package sockopt

import (
	"encoding/binary"
	"net/netip"
	"slices"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/internal/sys"
	"example.com/bsdsocket/sockaddr"
)

// IPMembership is a multicast group and the interface to join it on, given by its index or by an
// address of it; neither lets the routing table choose. If both are given, Linux, macOS, FreeBSD,
// DragonFly and OpenBSD take the index; Windows and NetBSD have room for one and take it too.
type IPMembership struct {
	Group     netip.Addr
	Interface netip.Addr // an address of the interface; the zero Addr for none
	Index     int        // the interface's index; 0 for none
}

// membership is a struct ip_mreq or, with an index, struct ip_mreqn.
var membership = codec[IPMembership]{
	set: func(c *call, v IPMembership) error {
		group, ok1 := as4(v.Group)
		address, ok2 := as4(v.Interface)
		index, ok3 := asIndex(v.Index)
		if !ok1 || !ok2 || !ok3 {
			return errValue
		}
		return c.setBytes(mreq(append(c.room(12)[:0], group[:]...), address, index))
	},
}

// mreq appends an interface to b: its address, or what the system takes for its index. That is a
// longer struct, ip_mreqn (ip(4), ip(7)), or where indexIsAddress the address 0.x.x.x (RFC 1724,
// section 3.3).
func mreq(b []byte, address [4]byte, index uint32) []byte {
	switch {
	case index == 0:
		return append(b, address[:]...)
	case indexIsAddress:
		return binary.BigEndian.AppendUint32(b, index)
	}
	return native.AppendUint32(append(b, address[:]...), index)
}

// outgoing is the interface of IP_MULTICAST_IF: an address, or a struct ip_mreqn without a group.
func outgoing(address [4]byte, index uint32) []byte {
	if index != 0 && !indexIsAddress {
		return mreq(make([]byte, 4, 12), address, index)
	}
	return mreq(nil, address, index)
}

func readInterface(b [4]byte) IPInterface {
	if indexIsAddress && b[0] == 0 {
		return IPInterface{Index: int(binary.BigEndian.Uint32(b[:]))}
	}
	return IPInterface{Address: netip.AddrFrom4(b)}
}

// multicastByte is a number from 0 to 255: a u_char on BSD, some of which refuse an int (ip(4)),
// and an int where multicastByteSize is 4.
var multicastByte = codec[int]{
	get: integer.read,
	set: func(c *call, v int) error {
		if multicastByteSize == 4 {
			return integer.write(c, v)
		}
		if v < 0 || v > 255 {
			return errValue
		}
		return c.setBytes(append(c.room(1)[:0], byte(v)))
	},
}

var multicastByteBool = converted(multicastByte,
	func(v int) (bool, bool) { return boolean.fromInt(v), true },
	boolean.toInt)

// IPSourceMembership is a multicast group, the interface by one of its addresses, and a source.
type IPSourceMembership struct {
	Group     netip.Addr
	Interface netip.Addr // the zero Addr lets the routing table choose
	Source    netip.Addr
}

// sourceMembership is a struct ip_mreq_source, whose last two fields Linux has in the other order
// than all others.
var sourceMembership = codec[IPSourceMembership]{
	set: func(c *call, v IPSourceMembership) error {
		group, ok1 := as4(v.Group)
		address, ok2 := as4(v.Interface)
		source, ok3 := as4(v.Source)
		if !ok1 || !ok2 || !ok3 {
			return errValue
		}
		if sourceFirst {
			return c.setBytes(slices.Concat(group[:], source[:], address[:]))
		}
		return c.setBytes(slices.Concat(group[:], address[:], source[:]))
	},
}

// IPInterface is an interface, by its index or by one of its addresses.
type IPInterface struct {
	Address netip.Addr
	Index   int
}

var multicastInterface = codec[IPInterface]{
	get: func(c *call) (IPInterface, error) {
		b, err := c.getExactly(4)
		if err != nil {
			return IPInterface{}, err
		}
		return readInterface([4]byte(b)), nil
	},
	set: func(c *call, v IPInterface) error {
		address, ok1 := as4(v.Address)
		index, ok2 := asIndex(v.Index)
		if !ok1 || !ok2 {
			return errValue
		}
		return c.setBytes(outgoing(address, index))
	},
}

// IPMulticastSources is the value of [IPMulticastFilter].
type IPMulticastSources struct {
	Group     netip.Addr
	Interface netip.Addr // an address of the interface
	Exclude   bool       // the sources are blocked, instead of the only ones received
	Sources   []netip.Addr
}

const maxSources = 1 << 16

// multicastFilter is Linux' struct ip_msfilter: group, interface, mode, count and the sources.
var multicastFilter = codec[IPMulticastSources]{
	set: func(c *call, v IPMulticastSources) error {
		group, ok1 := as4(v.Group)
		address, ok2 := as4(v.Interface)
		if !ok1 || !ok2 || len(v.Sources) > maxSources {
			return errValue
		}
		b := slices.Concat(group[:], address[:])
		b = native.AppendUint32(b, filterMode(v.Exclude))
		b = native.AppendUint32(b, uint32(len(v.Sources)))
		for _, s := range v.Sources {
			source, ok := as4(s)
			if !ok {
				return errValue
			}
			b = append(b, source[:]...)
		}
		return c.setBytes(b)
	},
	query: func(c *call, q IPMulticastSources) (v IPMulticastSources, err error) {
		group, ok1 := as4(q.Group)
		address, ok2 := as4(q.Interface)
		if !ok1 || !ok2 {
			return v, errValue
		}
		const head = 16
		for n := 16; ; {
			b := make([]byte, head+4*n)
			copy(b, group[:])
			copy(b[4:], address[:])
			native.PutUint32(b[12:], uint32(n))
			got, err := c.getInto(b)
			if err != nil {
				return v, err
			}
			if len(got) < head {
				return v, sys.SizeError{Got: len(got), Want: head}
			}
			have := int(native.Uint32(got[12:])) // all of them, also those that had no room
			if have > n && have <= maxSources {
				n = have
				continue
			}
			q.Exclude = native.Uint32(got[8:]) == filterMode(true)
			q.Sources = nil
			for got = got[head:]; len(got) >= 4 && len(q.Sources) < have; got = got[4:] {
				q.Sources = append(q.Sources, netip.AddrFrom4([4]byte(got)))
			}
			return q, nil
		}
	},
}

func filterMode(exclude bool) uint32 {
	if exclude {
		return 0 // MCAST_EXCLUDE
	}
	return 1 // MCAST_INCLUDE
}

// GroupMembership is a multicast group of either IP version and the index of
// the interface to join it on, 0 for that of the group's zone or, without one,
// for the one that the routing table gives. A zone that does not exist, or is
// not that of the index, is [socket.ErrValue].
// The zone of a group of wider scope than the link counts here, and not for sends:
// those go by [IPv6MulticastInterface].
type GroupMembership struct {
	Group netip.Addr
	Index int
}

// GroupSource is a [GroupMembership] and a source of the same version.
type GroupSource struct {
	Group  netip.Addr
	Index  int
	Source netip.Addr
}

// GroupSources is the value of [MCASTSourceFilter].
type GroupSources struct {
	Group   netip.Addr
	Index   int
	Exclude bool // the sources are blocked, instead of the only ones received
	Sources []netip.Addr
}

// storage is the size of a struct sockaddr_storage.
const storage = 128

// appendStorage appends an address in a struct sockaddr_storage.
func appendStorage(b []byte, a netip.Addr) []byte {
	n := len(b) + storage
	b = sockaddr.FromAddrPort(netip.AddrPortFrom(a, 0)).AppendRaw(b)
	return append(b, make([]byte, n-len(b))...)
}

// groupHead appends an interface's index and a group, as all three structures begin, and aims the
// call at the level of the group's version.
func groupHead(c *call, b []byte, group netip.Addr, index int) ([]byte, bool) {
	i, ok := zoned(group, index)
	group = group.Unmap().WithZone("")
	switch {
	case group.Is4():
		c.Level = constants.IPPROTO_IP
	case group.Is6():
		c.Level = constants.IPPROTO_IPV6
	default:
		return b, false
	}
	b = native.AppendUint32(b, i)
	b = append(b, make([]byte, groupPad)...) // a struct sockaddr_storage is aligned
	return appendStorage(b, group), ok
}

func sameVersion(a, b netip.Addr) bool {
	return a.IsValid() && a.Unmap().Is4() == b.Unmap().Is4()
}

// group is a struct group_req.
var group = codec[GroupMembership]{
	set: func(c *call, v GroupMembership) error {
		b, ok := groupHead(c, nil, v.Group, v.Index)
		if !ok {
			return errValue
		}
		return c.setBytes(b)
	},
}

// groupSource is a struct group_source_req.
var groupSource = codec[GroupSource]{
	set: func(c *call, v GroupSource) error {
		b, ok := groupHead(c, nil, v.Group, v.Index)
		if !ok || !sameVersion(v.Source, v.Group) {
			return errValue
		}
		return c.setBytes(appendStorage(b, v.Source.Unmap().WithZone("")))
	},
}

// groupFilter is a struct group_filter: interface, group, mode, count and the sources, each in a
// sockaddr_storage.
var groupFilter = codec[GroupSources]{
	set: func(c *call, v GroupSources) error {
		b, ok := groupHead(c, nil, v.Group, v.Index)
		if !ok || len(v.Sources) > maxSources {
			return errValue
		}
		b = native.AppendUint32(b, filterMode(v.Exclude))
		b = native.AppendUint32(b, uint32(len(v.Sources)))
		for _, s := range v.Sources {
			if !sameVersion(s, v.Group) {
				return errValue
			}
			b = appendStorage(b, s.Unmap().WithZone(""))
		}
		return c.setBytes(b)
	},
	query: func(c *call, q GroupSources) (v GroupSources, err error) {
		const head = 4 + groupPad + storage + 8
		for n := 8; ; {
			b, ok := groupHead(c, make([]byte, 0, head+n*storage), q.Group, q.Index)
			if !ok {
				return v, errValue
			}
			b = b[:cap(b)]
			native.PutUint32(b[head-4:], uint32(n))
			got, err := c.getInto(b)
			if err != nil {
				return v, err
			}
			if len(got) < head {
				return v, sys.SizeError{Got: len(got), Want: head}
			}
			have := int(native.Uint32(got[head-4:]))
			if have > n && have <= maxSources {
				n = have
				continue
			}
			q.Exclude = native.Uint32(got[head-8:]) == filterMode(true)
			q.Sources = nil
			for got = got[head:]; len(got) >= storage &&
				len(q.Sources) < have; got = got[storage:] {
				a, err := readAddress(got[:storage])
				if err != nil {
					return v, err
				}
				q.Sources = append(q.Sources, a.Addr())
			}
			return q, nil
		}
	},
}

// readAddress reads a struct sockaddr_in or sockaddr_in6 from the start of b.
func readAddress(b []byte) (netip.AddrPort, error) {
	size := min(len(b), 28)
	if a, err := sockaddr.FromRaw(b[:size]); err == nil && a.AddrPort().IsValid() {
		return a.AddrPort(), nil
	}
	a, err := sockaddr.FromRaw(b[:min(len(b), 16)])
	return a.AddrPort(), err
}

// originalDestination is a struct sockaddr_in or sockaddr_in6 of size bytes.
func originalDestination(size int) codec[netip.AddrPort] {
	return codec[netip.AddrPort]{
		get: func(c *call) (netip.AddrPort, error) {
			b, err := c.getExactly(size)
			if err != nil {
				return netip.AddrPort{}, err
			}
			return readAddress(b)
		},
	}
}

// PortRange is a range of ports, both ends included: [IPLocalPortRange].
type PortRange struct{ Low, High uint16 }

// portRange is a uint32_t with the high port in its upper half.
var portRange = converted(unsigned32,
	func(v uint32) (PortRange, bool) { return PortRange{uint16(v), uint16(v >> 16)}, true },
	func(r PortRange) (uint32, bool) { return uint32(r.High)<<16 | uint32(r.Low), true })

// PathMTUDiscovery is the value of [IPMTUDiscover] and [IPv6MTUDiscover]. The numbers are Linux';
// Windows has others: 1 on, 2 off, 3 probe.
type PathMTUDiscovery int

// The values of a PathMTUDiscovery.
const (
	// IP_PMTUDISC_DONT: fragment.
	PathMTUDont PathMTUDiscovery = iota
	// IP_PMTUDISC_WANT: fragment where the path's MTU says so.
	PathMTUWant
	// IP_PMTUDISC_DO: never fragment; EMSGSIZE for a datagram that is too large.
	PathMTUDo
	// IP_PMTUDISC_PROBE: never fragment, and take no notice of the path's MTU.
	PathMTUProbe
	// IP_PMTUDISC_INTERFACE: the interface's MTU; ignore what ICMP says (Linux 3.15).
	PathMTUInterface
	// IP_PMTUDISC_OMIT: the same, and fragment what is larger (Linux 3.16).
	PathMTUOmit
)

// String returns the name without its prefix: "WANT".
func (d PathMTUDiscovery) String() string {
	return name("PathMTUDiscovery", d, "DONT", "WANT", "DO", "PROBE", "INTERFACE", "OMIT")
}
