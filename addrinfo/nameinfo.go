package addrinfo

import (
	"context"
	"net/netip"
	"os"
	"strconv"
	"strings"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/internal/fd"
	"example.com/bsdsocket/sockaddr"
)

// NameInfo returns the names of addr: of its host, and of the service that has its port. It wraps
// getnameinfo(3), and is name-information of the socket egg.
//
// Where there is no name, the number stands for it: the IP address, with a zone if it has a scope
// id, and the port. But if name servers are silent, or in trouble, that is an error with EAI_AGAIN.
//
// The flags are: NI_NUMERICHOST and NI_NUMERICSERV, for numbers only; NI_NAMEREQD, with which an
// address without a name is EAI_NONAME; NI_NOFQDN, which cuts this host's own domain off the name;
// NI_DGRAM, for the service of UDP instead of TCP, where they differ. Others are EAI_BADFLAGS.
//
// The node of an AF_UNIX address is the name of this host, or "localhost" with NI_NUMERICHOST; the
// service is the path, or "@" and the abstract name. The zero Addr and other families are
// EAI_FAMILY.
//
// What Lookup says about the context holds here too.
func (r *Resolver) NameInfo(ctx context.Context, addr sockaddr.Addr,
	flags constants.NameInfoFlag) (node, service string, err error) {
	node, service, e := r.nameInfo(fd.Given(ctx), addr, flags)
	if e != nil {
		return "", "", e.of("name info", addr.String(), "")
	}
	return node, service, nil
}

const nameInfoFlags = constants.NI_NUMERICHOST | constants.NI_NUMERICSERV | constants.NI_NAMEREQD |
	constants.NI_NOFQDN | constants.NI_DGRAM

func (r *Resolver) nameInfo(ctx context.Context, addr sockaddr.Addr,
	flags constants.NameInfoFlag) (node, service string, _ *Error) {
	if err := ended(ctx); err != nil {
		return "", "", err
	}
	if !flags.Defined() {
		return "", "", undefined(constants.EAI_BADFLAGS)
	}
	if flags&^nameInfoFlags != 0 {
		return "", "",
			refuse(constants.EAI_BADFLAGS, "unknown flags "+strconv.Itoa(int(flags&^nameInfoFlags)))
	}
	numeric, required := flags&constants.NI_NUMERICHOST != 0, flags&constants.NI_NAMEREQD != 0

	if addr.Family() == constants.AF_UNIX {
		return unixInfo(addr, numeric, required)
	}
	if !addr.IP().IsValid() {
		return "", "", refuse(constants.EAI_FAMILY, addr.Family().String())
	}

	var err *Error
	if !numeric {
		node, err = r.hostName(ctx, addr, flags)
		if err != nil && !required &&
			(err.Code == constants.EAI_NONAME || err.Code == constants.EAI_FAIL) {
			err = nil
		}
	} else if required {
		err = noName()
	}
	if err != nil {
		return "", "", err
	}
	if node == "" {
		node = numericHost(addr)
	}
	if service, err = r.serviceOf(addr.Port(), flags); err != nil {
		return "", "", err
	}
	return node, service, nil
}

// serviceOf returns the name of the service that has the port, or the port.
func (r *Resolver) serviceOf(port int, flags constants.NameInfoFlag) (string, *Error) {
	if flags&constants.NI_NUMERICSERV == 0 {
		protocol := "tcp"
		if flags&constants.NI_DGRAM != 0 {
			protocol = "udp"
		}
		db, err := r.services()
		if err != nil {
			return "", err
		}
		if s := db.byPort[servicePort{port, protocol}]; s != nil {
			return s.Name, nil
		}
	}
	return strconv.Itoa(port), nil
}

// HostNames returns all names of the host that has addr, the official one first: the name and its
// aliases if the hosts file has addr, and otherwise the names that name servers have. It wraps
// gethostbyaddr(3). Without an error there is at least one. The port of addr does not matter.
//
// The errors are those of [Resolver.NameInfo] with NI_NAMEREQD, for addresses of AF_INET and
// AF_INET6 alone.
func (r *Resolver) HostNames(ctx context.Context, addr sockaddr.Addr) ([]string, error) {
	ctx = fd.Given(ctx)
	err := ended(ctx)
	if err == nil && !addr.IP().IsValid() {
		err = refuse(constants.EAI_FAMILY, addr.Family().String())
	}
	var names []string
	if err == nil {
		names, err = r.query().names(ctx, addr)
	}
	if err != nil {
		return nil, err.of("host names", addr.String(), "")
	}
	return names, nil
}

func noName() *Error { return refuse(constants.EAI_NONAME, "no name") }

// names returns the names of addr, of which there is one at least.
func (q *query) names(ctx context.Context, addr sockaddr.Addr) ([]string, *Error) {
	ip := addr.WithScopeID(0).IP()
	if id := addr.ScopeID(); id != 0 {
		// The hosts file may have the address with its zone, as a name or as a number.
		for _, zone := range [...]string{addr.IP().Zone(), strconv.FormatUint(uint64(id), 10)} {
			if names, _ := hostsFile.LookupAddr(ctx, ip.WithZone(zone).String()); len(names) > 0 {
				return unrootedAll(names), nil
			}
		}
	}
	names, err := q.LookupAddr(ctx, ip.String())
	if len(names) == 0 && err == nil {
		return nil, noName()
	} else if len(names) == 0 {
		return nil, resolverError(ctx, err)
	}
	return unrootedAll(names), nil
}

func unrootedAll(names []string) []string {
	for i, name := range names {
		names[i] = unrooted(name)
	}
	return names
}

// hostName returns the name of addr.
func (r *Resolver) hostName(ctx context.Context, addr sockaddr.Addr,
	flags constants.NameInfoFlag) (string, *Error) {
	q := r.query()
	names, err := q.names(ctx, addr)
	if err != nil {
		return "", err
	}
	name := names[0]
	if flags&constants.NI_NOFQDN != 0 {
		domain := q.domain(ctx)
		if e := ended(ctx); e != nil {
			return "", e
		}
		if domain != "" {
			name = strings.TrimSuffix(name, "."+domain)
		}
	}
	return name, nil
}

// domain returns the domain of this host, "" if it has none: the first of those of localhost's
// canonical name, of the host's name, in short or in canonical form, and of 127.0.0.1.
func (q *query) domain(ctx context.Context) string {
	self, _ := os.Hostname()
	for _, name := range [...]func() string{
		func() string { return q.official(ctx, "localhost") },
		func() string { return self },
		func() string { return q.official(ctx, self) },
		func() string {
			if names, _ := q.LookupAddr(ctx, "127.0.0.1"); len(names) > 0 {
				return names[0]
			}
			return ""
		},
	} {
		if _, domain, ok := strings.Cut(unrooted(name()), "."); ok {
			return domain
		}
	}
	return ""
}

// official returns the canonical name of a name, or the name.
func (q *query) official(ctx context.Context, name string) string {
	if canon, err := hostsFile.LookupCNAME(ctx, name); err == nil {
		return canon
	}
	if special(name) {
		return name
	}
	q.ips(ctx, "ip", name)
	return q.canonical(ctx, "ip", name)
}

// numericHost returns the address with its zone, as inet_ntop(3) of the C library does: the last
// four bytes of an IPv4-compatible address (RFC 4291, section 2.5.5.1) are in the form of IPv4.
func numericHost(addr sockaddr.Addr) string {
	ip := addr.WithScopeID(0).IP()
	if b := ip.As16(); ip.Is6() && [12]byte(b[:12]) == [12]byte{} && (b[12] != 0 || b[13] != 0) {
		return "::" + netip.AddrFrom4([4]byte(b[12:])).String()
	}
	return addr.Address()
}

func unixInfo(addr sockaddr.Addr, numeric, required bool) (node, service string, _ *Error) {
	node = "localhost"
	if numeric && required {
		return "", "", noName()
	} else if !numeric {
		name, err := os.Hostname()
		if err != nil {
			return "", "", &Error{Code: constants.EAI_SYSTEM, Err: err}
		}
		node = name
	}
	if _, ok := addr.AsAbstract(); ok {
		return node, addr.String(), nil
	}
	return node, addr.Path(), nil
}
