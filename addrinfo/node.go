package addrinfo

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/internal/sys"
	"example.com/bsdsocket/sockaddr"
)

// host is an address of the node: without a zone, but with the zone's number.
type host struct {
	ip    netip.Addr
	scope uint32
}

// local appends the addresses of an empty node: loopback, or, if passive, any. Of two, one that
// cannot be reached is second. Otherwise the order is that of RFC 6724, section 6, applied to these
// pairs: ::1 has the higher precedence (rule 6), but 0.0.0.0 leads to a source with its own label,
// 127.0.0.1, while :: leads to ::1 (rule 5). Unreachable ones have no source, so of two the
// precedence decides (rule 6).
func local(hosts []host, family constants.Family, passive bool) ([]host, *Error) {
	inet, inet6 := netip.AddrFrom4([4]byte{127, 0, 0, 1}), netip.IPv6Loopback()
	if passive {
		inet, inet6 = netip.IPv4Unspecified(), netip.IPv6Unspecified()
	}
	switch family {
	case constants.AF_INET:
		return append(hosts, host{ip: inet}), nil
	case constants.AF_INET6:
		return append(hosts, host{ip: inet6}), nil
	}
	reach, err := reachable(inet)
	if err != nil {
		return nil, err
	}
	reach6, err := reachable(inet6)
	if err != nil {
		return nil, err
	}
	if reach && (!reach6 || passive) {
		return append(hosts, host{ip: inet}, host{ip: inet6}), nil
	}
	return append(hosts, host{ip: inet6}, host{ip: inet}), nil
}

// reachable reports whether a datagram could be sent to ip; none is. It is an error if there is no
// descriptor or no memory to try it.
func reachable(ip netip.Addr) (bool, *Error) {
	// The port is of no importance; some systems refuse 0.
	c, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(netip.AddrPortFrom(ip, 9)))
	if err != nil {
		if sys.Scarce(err) {
			return false, &Error{Code: constants.EAI_SYSTEM, Err: err}
		}
		return false, nil
	}
	c.Close()
	return true, nil
}

// number returns the address that node is in numbers, in the family; the zero host if it is a name.
func (r *Resolver) number(node string, family constants.Family,
	flags constants.AddrInfoFlag) (host, *Error) {
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
			return host{}, refuse(constants.EAI_NONAME,
				"an old form of the IPv4 address "+old.String()+", which is not accepted")
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

// hasScope reports whether the address is of one link or one interface only, so that it needs a
// zone: those of which Linux keeps the scope id (RFC 4007, section 4).
func hasScope(ip netip.Addr) bool {
	return ip.IsLinkLocalUnicast() && ip.Is6() || ip.IsLinkLocalMulticast() && ip.Is6() ||
		ip.IsInterfaceLocalMulticast()
}

// scopeID returns the number of the zone. Only addresses of one link or interface have zones with
// names (RFC 4007, section 11.2). Digits are always a number.
func scopeID(ip netip.Addr, zone string) (uint32, *Error) {
	if n, err := strconv.ParseUint(zone, 10, 32); err == nil {
		if !hasScope(ip) {
			n = 0 // it means nothing there, and would make two addresses of one
		}
		return uint32(n), nil
	}
	why := "no zone " + strconv.Quote(zone) + " for " + ip.String()
	if !hasScope(ip) {
		return 0, refuse(constants.EAI_NONAME, why)
	}
	index, err := sockaddr.InterfaceIndex(zone)
	if errors.Is(err, syscall.ENODEV) {
		return 0, refuse(constants.EAI_NONAME, why)
	} else if err != nil {
		return 0, &Error{Code: constants.EAI_SYSTEM, Err: err}
	}
	return uint32(index), nil
}

func mapped(ip netip.Addr) netip.Addr { return netip.AddrFrom16(ip.As16()) }

// parseOldIPv4 returns the IPv4 address that s is in a form of inet_aton(3) which is not four
// decimal numbers: fewer numbers, the last of which fills the bytes that are left, and octal and
// hexadecimal numbers.
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

// resolve appends the addresses of the name, by way of package net, and returns its canonical name
// if flags ask for it.
func (q *query) resolve(ctx context.Context, hosts []host, name string, family constants.Family,
	flags constants.AddrInfoFlag) ([]host, string, *Error) {
	var (
		mapV    = family == constants.AF_INET6 && has(flags, constants.AI_V4MAPPED)
		network = "ip6"
		err     *Error
	)
	switch {
	case family == constants.AF_INET:
		network = "ip4"
	case family == constants.AF_UNSPEC, mapV && has(flags, constants.AI_ALL):
		network = "ip"
	}
	find := q.addresses
	if special(name) {
		find = reserved
	}
	hosts, err = find(ctx, hosts, network, name)
	if err != nil && network == "ip6" && mapV && ended(ctx) == nil &&
		err.Code != constants.EAI_SYSTEM {
		network = "ip4"
		hosts, err = find(ctx, hosts, network, name)
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
		name = q.canonical(ctx, network, name)
	}
	return hosts, name, nil
}

// special reports whether name is one that the DNS must not be asked for: localhost and what is
// below it (RFC 6761, section 6.3), and what is below onion (RFC 7686, section 2).
func special(name string) bool { return under(name, "localhost") || under(name, "onion") }

// under reports whether name is the domain or below it.
func under(name, domain string) bool {
	rest, ok := strings.CutSuffix(lower(unrooted(name)), domain)
	return ok && (rest == "" || strings.HasSuffix(rest, "."))
}

// reserved appends the addresses of a special name: those that the hosts file has, or without any
// the loopback addresses for localhost and none for onion.
func reserved(ctx context.Context, hosts []host, network, name string) ([]host, *Error) {
	q := &query{Resolver: net.Resolver{PreferGo: true, Dial: hostsFile.Dial}}
	found, err := q.addresses(ctx, hosts, "ip", name)
	if err == nil {
		found = slices.DeleteFunc(found, func(h host) bool {
			return network == "ip4" && !h.ip.Is4() || network == "ip6" && h.ip.Is4()
		})
		if len(found) == 0 {
			err = refuse(constants.EAI_NODATA, "the hosts file has it in another family")
		}
		return found, err
	}
	switch e := ended(ctx); {
	case err.Code == constants.EAI_SYSTEM:
		return nil, err
	case e != nil:
		return nil, e
	case !under(name, "localhost"):
		return nil, refuse(constants.EAI_NONAME, "not a name of the DNS (RFC 7686)")
	}
	family := constants.AF_UNSPEC
	switch network {
	case "ip4":
		family = constants.AF_INET
	case "ip6":
		family = constants.AF_INET6
	}
	return local(hosts, family, false)
}

// unrooted removes the dot at the end of a complete name of the DNS.
func unrooted(name string) string { return strings.TrimSuffix(name, ".") }
