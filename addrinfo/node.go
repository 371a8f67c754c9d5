package addrinfo

import (
	"context"
	"net"
	"net/netip"
	"strconv"
	"strings"

	"example.com/bsdsocket/constants"
)

// host is an address of the node: without a zone, but with the zone's number.
type host struct {
	ip    netip.Addr
	scope uint32
}

// local appends the addresses of an empty node: loopback, or, if passive, any.
// Of two, one that cannot be reached is second. Otherwise the order is that of
// RFC 6724, section 6, applied to these pairs: ::1 has the higher precedence
// (rule 6), but 0.0.0.0 leads to a source with its own label, 127.0.0.1, while
// :: leads to ::1 (rule 5). Unreachable ones have no source, so of two the
// precedence decides (rule 6).
func local(hosts []host, family constants.Family, passive bool) []host {
	inet, inet6 := netip.AddrFrom4([4]byte{127, 0, 0, 1}), netip.IPv6Loopback()
	if passive {
		inet, inet6 = netip.IPv4Unspecified(), netip.IPv6Unspecified()
	}
	switch family {
	case constants.AF_INET:
		return append(hosts, host{ip: inet})
	case constants.AF_INET6:
		return append(hosts, host{ip: inet6})
	}
	reach, reach6 := reachable(inet), reachable(inet6)
	if reach && (!reach6 || passive) {
		return append(hosts, host{ip: inet}, host{ip: inet6})
	}
	return append(hosts, host{ip: inet6}, host{ip: inet})
}

// reachable reports whether a datagram could be sent to ip; none is.
func reachable(ip netip.Addr) bool {
	// The port is of no importance; some systems refuse 0.
	c, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(netip.AddrPortFrom(ip, 9)))
	if err != nil {
		return false
	}
	c.Close()
	return true
}

// number returns the address that node is in numbers, in the family; the zero
// host if it is a name.
func (r *Resolver) number(node string, family constants.Family, flags constants.AddrInfoFlag) (host, *Error) {
	text, zone, zoned := strings.Cut(node, "%")
	v6 := strings.IndexByte(text, ':') >= 0
	if !v6 && (zoned || node[0] < '0' || node[0] > '9') {
		return host{}, nil
	}
	ip, err := netip.ParseAddr(text)
	if err != nil {
		old, ok := netip.Addr{}, false
		if !v6 {
			old, ok = parseOldIPv4(text)
		}
		if !ok {
			return host{}, nil
		}
		if !r.OldIPv4 {
			return host{}, refuse(constants.EAI_NONAME, "an old form of the IPv4 address "+old.String()+", which is not accepted")
		}
		ip = old
	}
	switch {
	case family == constants.AF_INET && ip.Is4In6():
		ip = ip.Unmap()
	case family == constants.AF_INET6 && ip.Is4() && has(flags, constants.AI_V4MAPPED):
		ip = mapped(ip)
	case family == constants.AF_INET && !ip.Is4(), family == constants.AF_INET6 && !ip.Is6():
		return host{}, refuse(constants.EAI_ADDRFAMILY, "not an address of "+family.String())
	}
	if !zoned {
		return host{ip: ip}, nil
	}
	scope, e := scopeID(ip, zone)
	return host{ip, scope}, e
}

// scopeID returns the number of the zone. Only zones of link-local addresses
// have names: their scope is that of the address (RFC 4007, section 11.2), and
// only a link is one interface. Digits are always a number.
func scopeID(ip netip.Addr, zone string) (uint32, *Error) {
	if n, err := strconv.ParseUint(zone, 10, 32); err == nil {
		return uint32(n), nil
	}
	if ip.IsLinkLocalUnicast() || ip.IsLinkLocalMulticast() {
		if ifi, err := net.InterfaceByName(zone); err == nil {
			return uint32(ifi.Index), nil
		}
	}
	return 0, refuse(constants.EAI_NONAME, "no zone "+strconv.Quote(zone)+" for "+ip.String())
}

func mapped(ip netip.Addr) netip.Addr { return netip.AddrFrom16(ip.As16()) }

// parseOldIPv4 returns the IPv4 address that s is in a form of inet_aton(3)
// which is not four decimal numbers: fewer numbers, the last of which fills the
// bytes that are left, and octal and hexadecimal numbers.
func parseOldIPv4(s string) (netip.Addr, bool) {
	parts := strings.Split(s, ".")
	if len(parts) > 4 {
		return netip.Addr{}, false
	}
	var ip uint32
	for i, part := range parts {
		base, digits := 10, part
		if d, ok := strings.CutPrefix(strings.ToLower(part), "0x"); ok {
			base, digits = 16, d
		} else if len(part) > 1 && part[0] == '0' {
			base, digits = 8, part[1:]
		}
		size := 8
		if i == len(parts)-1 {
			size = 8 * (5 - len(parts))
		}
		n, err := strconv.ParseUint(digits, base, size)
		if err != nil {
			return netip.Addr{}, false
		}
		ip = ip<<size | uint32(n)
	}
	return netip.AddrFrom4([4]byte{byte(ip >> 24), byte(ip >> 16), byte(ip >> 8), byte(ip)}), true
}

// resolve appends the addresses of the name, and its canonical name if flags
// ask for it, by way of package net.
func (r *Resolver) resolve(ctx context.Context, hosts []host, name string, family constants.Family, flags constants.AddrInfoFlag) ([]host, string, *Error) {
	var (
		q    = r.query()
		mapV = family == constants.AF_INET6 && has(flags, constants.AI_V4MAPPED)
		err  *Error
	)
	switch {
	case family == constants.AF_INET:
		hosts, err = q.addresses(ctx, hosts, "ip4", name)
	case family == constants.AF_UNSPEC, mapV && has(flags, constants.AI_ALL):
		hosts, err = q.addresses(ctx, hosts, "ip", name)
	default:
		hosts, err = q.addresses(ctx, hosts, "ip6", name)
		if err != nil && mapV && ended(ctx) == nil {
			hosts, err = q.addresses(ctx, hosts, "ip4", name)
		}
	}
	if err != nil {
		return hosts, "", err
	}
	if mapV {
		for i, h := range hosts {
			hosts[i].ip = mapped(h.ip)
		}
	}
	if has(flags, constants.AI_CANONNAME) {
		if name = q.canonical(ctx, name); ended(ctx) != nil {
			return hosts, "", ended(ctx)
		}
	}
	return hosts, name, nil
}

// canonical returns the name that a chain of aliases leads to, or name if that
// is not known. LookupCNAME takes what comes first of its answers, which may be
// one link of the chain or all of it.
func (q *query) canonical(ctx context.Context, name string) string {
	for range 8 {
		canon, err := q.LookupCNAME(ctx, name)
		if err != nil || unrooted(canon) == unrooted(name) {
			break
		}
		name = canon
	}
	return unrooted(name)
}

// unrooted removes the dot at the end of a complete name of the DNS.
func unrooted(name string) string { return strings.TrimSuffix(name, ".") }
