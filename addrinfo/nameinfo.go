package addrinfo

import (
	"context"
	"net/netip"
	"os"
	"strconv"
	"strings"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/sockaddr"
)

// NameInfo returns the names of addr: of its host, and of the service that has
// its port. It wraps getnameinfo(3), and is name-information of the socket
// egg.
//
// Where there is no name, the number stands for it: the IP address, with a zone
// if it has a scope id, and the port. But if name servers are silent, or in
// trouble, that is an error with EAI_AGAIN.
//
// The flags are: NI_NUMERICHOST and NI_NUMERICSERV, for numbers only;
// NI_NAMEREQD, with which an address without a name is EAI_NONAME; NI_NOFQDN,
// which cuts this host's own domain off the name; NI_DGRAM, for the service of
// UDP instead of TCP, where they differ. Others are EAI_BADFLAGS.
//
// Of an AF_UNIX address the node is the name of this host, or "localhost" with
// NI_NUMERICHOST, and the service is the path, or "@" and the abstract name. The
// zero Addr and other families are EAI_FAMILY.
//
// What Lookup says about the context holds here too.
func (r *Resolver) NameInfo(ctx context.Context, addr sockaddr.Addr, flags constants.NameInfoFlag) (node, service string, err error) {
	node, service, e := r.nameInfo(given(ctx), addr, flags)
	if e != nil {
		return "", "", e.of(opNameInfo, addr.String(), "")
	}
	return node, service, nil
}

const nameInfoFlags = constants.NI_NUMERICHOST | constants.NI_NUMERICSERV | constants.NI_NAMEREQD |
	constants.NI_NOFQDN | constants.NI_DGRAM

func (r *Resolver) nameInfo(ctx context.Context, addr sockaddr.Addr, flags constants.NameInfoFlag) (node, service string, _ *Error) {
	if err := ended(ctx); err != nil {
		return "", "", err
	}
	if flags&^nameInfoFlags != 0 {
		return "", "", refuse(constants.EAI_BADFLAGS, "unknown flags "+strconv.Itoa(int(flags&^nameInfoFlags)))
	}
	numeric, required := flags&constants.NI_NUMERICHOST != 0, flags&constants.NI_NAMEREQD != 0

	if addr.Family() == constants.AF_UNIX {
		return unixInfo(addr, numeric, required)
	}
	ip := addr.WithScopeID(0).IP()
	if !ip.IsValid() {
		return "", "", refuse(constants.EAI_FAMILY, addr.Family().String())
	}

	var err *Error
	if !numeric {
		node, err = r.hostName(ctx, ip, flags)
		if err != nil && !required && (err.Code == constants.EAI_NONAME || err.Code == constants.EAI_FAIL) {
			err = nil
		}
	} else if required {
		err = noName()
	}
	if err != nil {
		return "", "", err
	}
	if node == "" {
		node = addr.Address()
	}
	return node, r.serviceOf(addr.Port(), flags), nil
}

// serviceOf returns the name of the service that has the port, or the port.
func (r *Resolver) serviceOf(port int, flags constants.NameInfoFlag) string {
	if flags&constants.NI_NUMERICSERV == 0 {
		protocol := "tcp"
		if flags&constants.NI_DGRAM != 0 {
			protocol = "udp"
		}
		if s := r.services().byPort[servicePort{port, protocol}]; s != nil {
			return s.Name
		}
	}
	return strconv.Itoa(port)
}

func noName() *Error { return refuse(constants.EAI_NONAME, "no name") }

// hostName returns the name of ip.
func (r *Resolver) hostName(ctx context.Context, ip netip.Addr, flags constants.NameInfoFlag) (string, *Error) {
	q := r.query()
	names, err := q.LookupAddr(ctx, ip.String())
	if len(names) == 0 && err == nil {
		return "", noName()
	} else if len(names) == 0 {
		return "", resolverError(ctx, err)
	}
	name := unrooted(names[0])
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

// domain returns the domain of this host, "" if it has none: that of the
// canonical name of localhost, else that of the host's name, in short or in
// canonical form, else that of 127.0.0.1.
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
