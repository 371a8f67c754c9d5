package sockaddr

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"encoding/hex"
	"net"
	"net/netip"
	"strconv"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/internal/sys"
)

// MaxLen is the size of the largest address in bytes: that of struct sockaddr_storage (RFC 3493,
// section 3.10).
const MaxLen = 128

// Addr is the address of a socket, of any family: the bytes that the kernel takes and gives, and
// their number.
//
// Addr is a value like netip.Addr. It is comparable: two Addrs are == if they have the same family
// and the same fields, since bytes that mean nothing are kept at zero. So it is a key of maps, and
// it can be shared freely. It holds no pointer and owns nothing.
//
// A scope id counts only where an IPv6 address has a scope, in fe80::/10 and in the multicast
// groups of an interface or a link (ff01::, ff02::): elsewhere kernels ignore it, and an Addr has
// none. An IPv4-mapped IPv6 address is not == to the IPv4 address, nor is an address with flow
// information to the one without, though both may reach the same host. A list of hosts is searched
// by IP().Unmap().WithZone(""), not by the Addr.
//
// The zero Addr is no address: what Name gives for an unbound socket. It is neither 0.0.0.0
// (InetAny) nor the unnamed UNIX address (Unnamed).
type Addr struct {
	b [MaxLen]byte
	n uint8 // how many bytes of b are the address; the others are zero
}

// The fields of struct sockaddr_in and sockaddr_in6 have one place on every platform that Go runs
// on: RFC 3493, section 3.3, and ip(7), ipv6(7). The address, port and flow information are in
// network byte order, the scope id is in the processor's.
const (
	dataAt = 2 // what follows the family, of every family
	portAt = 2 // of both

	inetAddrAt = 4
	inetZeroAt = 8 // sin_zero
	inetSize   = 16

	inet6FlowAt  = 4
	inet6AddrAt  = 8
	inet6ScopeAt = 24
	inet6Size    = 28
)

// Inet returns the AF_INET or AF_INET6 address of ip and port. It is inet-address of the socket
// egg.
//
// The syntax of ip is that of netip.ParseAddr: four decimal numbers, or IPv6 with an optional zone,
// "fe80::1%eth0" or "fe80::1%2". Host names, leading zeros and the old short forms of IPv4
// ("127.1") are errors. So are a zone that names no interface or that stands behind an address
// without a scope (see Addr), and a port outside 0..65535. "::ffff:1.2.3.4" is an AF_INET6 address.
//
// The port is a number, or text of decimal digits; names of services are for package addrinfo.
//
// An empty ip is an error: InetAny makes the unspecified address.
func Inet[P int | string](ip string, port P) (Addr, error) {
	a, err := parseIP(ip)
	var text string
	switch port := any(port).(type) {
	case int:
		if err == nil && !a.setPort(port) {
			err = badPort(port)
		}
		if err != nil {
			text = strconv.Itoa(port)
		}
	case string:
		if err == nil {
			err = a.parsePort(port)
		}
		text = port
	}
	if err != nil {
		return Addr{}, err.of("inet", net.JoinHostPort(ip, text))
	}
	return a, nil
}

// InetAny returns the unspecified address of family with port: 0.0.0.0 (INADDR_ANY) of AF_INET, ::
// (IN6ADDR_ANY_INIT) of AF_INET6. Binding it means every address of the host. Another family, and a
// port outside 0..65535, are errors; that of a family that this platform lacks is
// [errors.ErrUnsupported].
func InetAny(family constants.Family, port int) (Addr, error) {
	var (
		a   Addr
		err *Error
	)
	switch family {
	case constants.AF_INET:
		a.setHeader(family, inetSize)
	case constants.AF_INET6:
		a.setHeader(family, inet6Size)
	default:
		err = reason("the family is neither AF_INET nor AF_INET6", nil)
		if !family.Defined() {
			err = reason("this platform does not have the family", sys.ErrUnsupported)
		}
	}
	if err == nil && !a.setPort(port) {
		err = badPort(port)
	}
	if err != nil {
		return Addr{}, err.of("inet any", family.String()+", "+strconv.Itoa(port))
	}
	return a, nil
}

// FromAddrPort returns the AF_INET or AF_INET6 address of p. An IPv4-mapped IPv6 address stays
// IPv6; p.Addr().Unmap() makes it IPv4.
//
// The zone of an address that has no scope (see Addr) is dropped, and not looked up. FromAddrPort
// returns the zero Addr if p has no address, or if the address has a scope and the zone is neither
// a number nor the name of an interface; FromNetAddr of net.UDPAddrFromAddrPort(p) says what is
// wrong. It allocates nothing: the name of an interface costs a few system calls once a second.
func FromAddrPort(p netip.AddrPort) (a Addr) {
	if !a.setIP(p.Addr()) {
		return Addr{}
	}
	if zone := p.Addr().Zone(); zone != "" && a.hasScope() && a.setZone(zone) != nil {
		return Addr{}
	}
	a.setPort(int(p.Port()))
	return a
}

// setIP makes the zero Addr a the address of ip, without its zone. It fails for the zero
// netip.Addr.
func (a *Addr) setIP(ip netip.Addr) bool {
	switch {
	case ip.Is4():
		a.setHeader(constants.AF_INET, inetSize)
		ip4 := ip.As4()
		copy(a.b[inetAddrAt:], ip4[:])
	case ip.Is6():
		a.setHeader(constants.AF_INET6, inet6Size)
		ip6 := ip.As16()
		copy(a.b[inet6AddrAt:], ip6[:])
	default:
		return false
	}
	return true
}

// setZone sets the scope id to the interface that zone means.
func (a *Addr) setZone(zone string) *Error {
	if !a.isInet6() {
		return reason("zone on an IPv4 address", nil)
	}
	if !a.hasScope() {
		return reason("zone on an address without a scope", nil)
	}
	id, err := parseZone(zone)
	a.setScopeID(id)
	return err
}

// FromRaw returns the address that the kernel wrote as raw: a struct sockaddr of any family. It
// copies raw, and allocates nothing unless it fails.
//
// An empty raw is the zero Addr, as the kernel gives for a sender without an address. One byte,
// which is too short for a family, and more than MaxLen bytes are errors. Nothing else is an error:
// an address of an unknown family, or of an odd length, is kept as it is.
//
// Bytes without a meaning are put in one form, so that equal addresses are ==: the length byte of
// the BSDs; sin_zero, and zeros after sockaddr_in and sockaddr_in6; the scope id of an address
// without a scope, and flow information beyond 28 bits; what follows the path of an AF_UNIX
// address, which ends in one NUL unless it fills sun_path; and the length of an AF_PACKET address,
// which the kernel gives shorter than it takes.
func FromRaw(raw []byte) (a Addr, err error) {
	if len(raw) == 0 {
		return a, nil
	}
	if len(raw) == 1 || len(raw) > MaxLen {
		return a, reason(strconv.Itoa(len(raw))+" bytes are not an address: 2..128 are", nil).
			of("from raw", hex.EncodeToString(raw[:min(len(raw), MaxLen)]))
	}
	a.n = uint8(copy(a.b[:], raw))
	a.normalize()
	return a, nil
}

// normalize gives a, whose bytes and length are set, the one form that its address has.
func (a *Addr) normalize() {
	var n int
	family := a.family()
	switch family {
	case constants.AF_INET:
		if n = a.trim(inetSize); n == inetSize {
			clear(a.b[inetZeroAt:inetSize])
		}
	case constants.AF_INET6:
		if n = a.trim(inet6Size); n == inet6Size {
			a.b[inet6FlowAt] &= maxFlowInfo >> 24
			if !scoped(a.b[inet6AddrAt:]) {
				a.setScopeID(0)
			}
		}
	case constants.AF_UNIX:
		n = a.trimUnix()
	default:
		n = a.padPacket()
	}
	a.setHeader(family, n)
}

// trim returns size if a is of that size but for zeros behind, as a whole sockaddr_storage has, and
// otherwise a's length.
func (a *Addr) trim(size int) int {
	if n := int(a.n); n <= size || !allZero(a.b[size:n]) {
		return n
	}
	return size
}

func allZero(b []byte) bool {
	for _, c := range b {
		if c != 0 {
			return false
		}
	}
	return true
}

// Raw returns a copy of a's bytes, a struct sockaddr as the kernel takes it; nil for the zero Addr.
func (a Addr) Raw() []byte {
	if a.n == 0 {
		return nil
	}
	return a.AppendRaw(nil)
}

// AppendRaw appends a's bytes, a struct sockaddr as the kernel takes it, to b and returns the
// result. The zero Addr appends nothing.
func (a Addr) AppendRaw(b []byte) []byte { return append(b, a.b[:a.n]...) }

// RawLen is the number of bytes that Raw returns, 0 for the zero Addr.
func (a Addr) RawLen() int { return int(a.n) }

// IsValid reports whether a is an address, which the zero Addr is not.
func (a Addr) IsValid() bool { return a.n != 0 }

// Family returns the address family, AF_UNSPEC for the zero Addr. It is sockaddr-family of the
// socket egg.
func (a Addr) Family() constants.Family { return a.family() }

func (a *Addr) isInet() bool  { return a.n == inetSize && a.family() == constants.AF_INET }
func (a *Addr) isInet6() bool { return a.n == inet6Size && a.family() == constants.AF_INET6 }

// IP returns the IP address, the zero netip.Addr if a is neither AF_INET nor AF_INET6. An
// IPv4-mapped IPv6 address is returned as such.
//
// A scope id becomes the zone, the interface's name, or the number if no interface has it, as in
// package net. The name is looked up once a second and kept: it costs some 5 µs then, and allocates
// only when it is new. a.WithScopeID(0).IP() has no zone.
func (a Addr) IP() netip.Addr {
	ip := a.ip()
	if id := a.scopeID(); id != 0 {
		return ip.WithZone(zoneName(id))
	}
	return ip
}

// ip is IP without the zone.
func (a *Addr) ip() netip.Addr {
	switch {
	case a.isInet():
		return netip.AddrFrom4([4]byte(a.b[inetAddrAt:]))
	case a.isInet6():
		return netip.AddrFrom16([16]byte(a.b[inet6AddrAt:]))
	}
	return netip.Addr{}
}

// AddrPort returns IP and Port together, the zero netip.AddrPort if a is neither AF_INET nor
// AF_INET6. What IP says of the zone's cost holds here too. Flow information is lost.
func (a Addr) AddrPort() netip.AddrPort {
	ip := a.IP()
	if !ip.IsValid() {
		return netip.AddrPort{}
	}
	return netip.AddrPortFrom(ip, a.port())
}

// Port returns the port of an AF_INET or AF_INET6 address, and 0 of any other family (an AF_VSOCK
// port, of 32 bits, is in AsVSock). It is sockaddr-port of the socket egg, where another family is
// an error.
func (a Addr) Port() int { return int(a.port()) }

func (a *Addr) port() uint16 {
	if !a.isInet() && !a.isInet6() {
		return 0
	}
	return binary.BigEndian.Uint16(a.b[portAt:])
}

// WithPort returns a with its port set to port. Like every With method it returns the zero Addr for
// what cannot be: a port outside 0..65535, and one other than 0 of an address that is neither
// AF_INET nor AF_INET6.
func (a Addr) WithPort(port int) Addr {
	switch {
	case a.isInet() || a.isInet6():
		if !a.setPort(port) {
			return Addr{}
		}
	case port != 0:
		return Addr{}
	}
	return a
}

func (a *Addr) setPort(port int) bool {
	if port < 0 || port > 65535 {
		return false
	}
	binary.BigEndian.PutUint16(a.b[portAt:], uint16(port))
	return true
}

func badPort(port int) *Error {
	return reason("port "+strconv.Itoa(port)+" out of range 0..65535", nil)
}

// ScopeID returns sin6_scope_id of an AF_INET6 address: the number of the interface that a
// link-local address belongs to (RFC 4007). It is 0 if there is none, for addresses that have no
// scope (see Addr), and for every other family.
func (a Addr) ScopeID() uint32 { return a.scopeID() }

func (a *Addr) scopeID() uint32 {
	if !a.isInet6() {
		return 0
	}
	return binary.NativeEndian.Uint32(a.b[inet6ScopeAt:])
}

// hasScope reports whether a is an address that has a scope id.
func (a *Addr) hasScope() bool { return a.isInet6() && scoped(a.b[inet6AddrAt:]) }

// scoped reports whether an IPv6 address means something on one interface only: it is link-local,
// or a multicast address of which the lowest 4 bits of the second byte are 1 (interface-local) or 2
// (link-local; RFC 4291, sections 2.5.6 and 2.7). Of others kernels ignore the scope id
// (__ipv6_addr_needs_scope_id, include/net/ipv6.h, Linux 6.18).
func scoped(ip []byte) bool {
	if ip[0] == 0xff {
		scope := ip[1] & 0xf
		return scope == 1 || scope == 2
	}
	return ip[0] == 0xfe && ip[1]&0xc0 == 0x80
}

// WithScopeID returns a with the scope id, which 0 removes. An IPv6 address that has no scope (see
// Addr) has no scope id: it is returned as it is. It returns the zero Addr for a scope id other
// than 0 of another family.
func (a Addr) WithScopeID(id uint32) Addr {
	switch {
	case a.hasScope():
		a.setScopeID(id)
	case id != 0 && !a.isInet6():
		return Addr{}
	}
	return a
}

func (a *Addr) setScopeID(id uint32) { binary.NativeEndian.PutUint32(a.b[inet6ScopeAt:], id) }

// FlowInfo returns sin6_flowinfo of an AF_INET6 address as a number: the flow label in the lowest
// 20 bits, above it the 8 bits of the traffic class (RFC 3493, section 3.3; RFC 8200, section 3).
// It is 0 for every other family.
func (a Addr) FlowInfo() uint32 { return a.flowInfo() }

func (a *Addr) flowInfo() uint32 {
	if !a.isInet6() {
		return 0
	}
	return binary.BigEndian.Uint32(a.b[inet6FlowAt:])
}

// WithFlowInfo returns a with the flow information, in the form that FlowInfo describes; 0 removes
// it. Linux heeds it only on sockets with IPV6_FLOWINFO_SEND, and then takes only labels that the
// socket leased with IPV6_FLOWLABEL_MGR. It returns the zero Addr for flow information beyond 28
// bits, and for one other than 0 of a family other than AF_INET6.
func (a Addr) WithFlowInfo(flow uint32) Addr {
	switch {
	case flow > maxFlowInfo:
		return Addr{}
	case a.isInet6():
		a.setFlowInfo(flow)
	case flow != 0:
		return Addr{}
	}
	return a
}

// maxFlowInfo has the bits of the traffic class and the flow label; those above are reserved (RFC
// 3493, section 3.3).
const maxFlowInfo = 1<<28 - 1

func (a *Addr) setFlowInfo(flow uint32) { binary.BigEndian.PutUint32(a.b[inet6FlowAt:], flow) }

// Address returns the address as text: of AF_INET and AF_INET6 the IP address, with its zone but
// without port and flow information, as getnameinfo(3) gives it with NI_NUMERICHOST (but ::102:304,
// where glibc has ::1.2.3.4); of every other family what String returns. It is sockaddr-address of
// the socket egg.
func (a Addr) Address() string {
	if ip := a.IP(); ip.IsValid() {
		return ip.String()
	}
	return a.String()
}

// Compare returns -1, 0 or 1 as a sorts before b, is b, or sorts after it. It is 0 exactly if a ==
// b.
//
// The zero Addr comes first, for it counts as AF_UNSPEC; families sort by
// their numbers.
// Within AF_INET and AF_INET6 the address decides, then the port, scope id and
// flow information. Addresses of other families sort by their bytes; so UNIX
// addresses sort as the unnamed one, abstract names, paths.
func (a Addr) Compare(b Addr) int {
	if c := cmp.Compare(a.family(), b.family()); c != 0 {
		return c
	}
	// Addresses of Internet families with an odd length sort by their bytes, behind the others.
	if x, y := a.ip(), b.ip(); x.IsValid() && y.IsValid() {
		return cmp.Or(
			x.Compare(y),
			cmp.Compare(a.port(), b.port()),
			cmp.Compare(a.scopeID(), b.scopeID()),
			cmp.Compare(a.flowInfo(), b.flowInfo()),
		)
	} else if x.IsValid() {
		return -1
	} else if y.IsValid() {
		return 1
	}
	return bytes.Compare(a.b[:a.n], b.b[:b.n])
}

// Any4 returns 0.0.0.0, INADDR_ANY: as a local address, all of the host's.
func Any4() netip.Addr { return netip.IPv4Unspecified() }

// Any6 returns ::, IN6ADDR_ANY_INIT: as a local address, all of the host's.
func Any6() netip.Addr { return netip.IPv6Unspecified() }

// Loopback4 returns 127.0.0.1, INADDR_LOOPBACK.
func Loopback4() netip.Addr { return netip.AddrFrom4([4]byte{127, 0, 0, 1}) }

// Loopback6 returns ::1, IN6ADDR_LOOPBACK_INIT.
func Loopback6() netip.Addr { return netip.IPv6Loopback() }

// Broadcast4 returns 255.255.255.255, INADDR_BROADCAST: every host of the local network. A socket
// needs SO_BROADCAST to send to it. IPv6 has no broadcast; AllNodes6 comes nearest.
func Broadcast4() netip.Addr { return netip.AddrFrom4([4]byte{255, 255, 255, 255}) }

// AllHosts4 returns 224.0.0.1, INADDR_ALLHOSTS_GROUP: the multicast group of every host on the link
// (RFC 1112).
func AllHosts4() netip.Addr { return netip.AddrFrom4([4]byte{224, 0, 0, 1}) }

// AllNodes6 returns ff02::1, the multicast group of every node on the link (RFC 4291, section
// 2.7.1). It has no zone; an Addr of it needs a scope id to name the link, unless the socket has
// chosen an interface.
func AllNodes6() netip.Addr { return netip.IPv6LinkLocalAllNodes() }
