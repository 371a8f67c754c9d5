package addrinfo

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strconv"
	"strings"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/internal/fd"
	"example.com/bsdsocket/sockaddr"
)

// Hints restrict a Lookup: the fields of struct addrinfo that getaddrinfo(3) reads. The zero Hints
// restrict nothing.
type Hints struct {
	Family   constants.Family     // AF_INET or AF_INET6; AF_UNSPEC: both
	Type     constants.SocketType // SOCK_STREAM, SOCK_DGRAM ...; 0: any
	Protocol constants.Protocol   // IPPROTO_TCP, IPPROTO_UDP ...; 0: any
	Flags    constants.AddrInfoFlag
}

// Info is one result of a Lookup: what a socket needs to be created and connected, or bound. It is
// struct addrinfo, and addrinfo of the socket egg. It is comparable.
type Info struct {
	Family   constants.Family // that of Addr
	Type     constants.SocketType
	Protocol constants.Protocol
	Flags    constants.AddrInfoFlag // those of the Hints
	Addr     sockaddr.Addr
	// CanonName is the official name of the node. Only the first Info of a Lookup with AI_CANONNAME
	// has one.
	CanonName string
}

// String returns the addrinfo as the socket egg prints it, with the names that C has:
//
//	addrinfo "[::1]:80" AF_INET6 SOCK_STREAM IPPROTO_TCP canonical: "localhost"
func (i Info) String() string {
	var b strings.Builder
	b.WriteString("addrinfo ")
	b.WriteString(strconv.Quote(i.Addr.String()))
	for _, name := range [...]string{i.Family.String(), i.Type.String(), i.Protocol.String()} {
		b.WriteByte(' ')
		b.WriteString(name)
	}
	if i.CanonName != "" {
		b.WriteString(" canonical: ")
		b.WriteString(strconv.Quote(i.CanonName))
	}
	return b.String()
}

// Lookup returns the addresses of node and service, best first. It wraps getaddrinfo(3), and is
// address-information of the socket egg. The package's documentation lists what differs.
//
// Node is an IP address, with a zone if it is an IPv6 address ("fe80::1%eth0", "fe80::1%2"), or a
// name. If it is empty, the addresses are the loopback ones, ::1 and 127.0.0.1, or, with
// AI_PASSIVE, the unspecified ones to bind to, 0.0.0.0 and ::, in this order. But a family that
// cannot be reached comes last, and if neither can, IPv6 is first.
//
// Service is a port number in decimal, 0 to 65535, or the name of a service. If it is empty, the
// port is 0. "*" is empty too, for both. If both are empty, there is nothing to look up: the list
// is empty, and the error nil (getaddrinfo's is EAI_NONAME).
//
// With nil hints only SOCK_STREAM is looked up, as by default in the egg; with &Hints{} everything
// is. Then each address comes once for each kind of socket that can have the service: stream,
// datagram, raw, in getaddrinfo's order.
//
// The flags are: AI_PASSIVE; AI_CANONNAME, which sets CanonName in the first result; AI_NUMERICHOST
// and AI_NUMERICSERV, with which nothing but a number is accepted; AI_ADDRCONFIG, which gives IPv4
// addresses only if the host has one that is not for loopback, and IPv6 addresses likewise;
// AI_V4MAPPED, with which AF_INET6 finds IPv4 addresses as ::ffff:1.2.3.4 where there are no IPv6
// addresses, or, with AI_ALL, also where there are. Others are EAI_BADFLAGS.
//
// A context that is cancelled or expires ends the lookup at once. The error then has EAI_AGAIN, and
// the context's error inside. Other errors are *Error too.
func (r *Resolver) Lookup(ctx context.Context, node, service string, hints *Hints) ([]Info, error) {
	return r.lookupEarly(ctx, node, service, hints, nil)
}

// lookupEarly is Lookup. If early is not nil, it gets the results for one family when only they are
// known, in the name server's order, from another goroutine.
func (r *Resolver) lookupEarly(ctx context.Context, node, service string, hints *Hints,
	early func([]Info)) ([]Info, error) {
	// The C library's own form of a null pointer.
	if node == "*" {
		node = ""
	}
	if service == "*" {
		service = ""
	}
	if node == "" && service == "" {
		return nil, nil
	}
	h := Hints{Type: constants.SOCK_STREAM}
	if hints != nil {
		h = *hints
	}
	infos, err := r.lookup(fd.Given(ctx), node, service, h, early)
	if err != nil {
		return nil, err.of(opLookup, node, service)
	}
	return infos, nil
}

// lookup finds faults in the order in which getaddrinfo does.
func (r *Resolver) lookup(ctx context.Context, node, service string, h Hints,
	early func([]Info)) ([]Info, *Error) {
	if err := ended(ctx); err != nil {
		return nil, err
	}
	if !h.Flags.Defined() {
		return nil, undefined(constants.EAI_BADFLAGS)
	}
	if h.Flags&^lookupFlags != 0 {
		return nil,
			refuse(constants.EAI_BADFLAGS, "unknown flags "+strconv.Itoa(int(h.Flags&^lookupFlags)))
	}
	canon := has(h.Flags, constants.AI_CANONNAME)
	if canon && node == "" {
		return nil, refuse(constants.EAI_BADFLAGS, "AI_CANONNAME without a node")
	}
	switch h.Family {
	case constants.AF_UNSPEC, constants.AF_INET, constants.AF_INET6:
	case constants.Undefined:
		return nil, undefined(constants.EAI_FAMILY)
	default:
		return nil, refuse(constants.EAI_FAMILY, h.Family.String())
	}
	family := h.Family
	if has(h.Flags, constants.AI_ADDRCONFIG) {
		var err *Error
		if family, err = configured(family); err != nil {
			return nil, err
		}
	}
	var kinds kindList
	if err := r.kinds(&kinds, service, h); err != nil {
		return nil, err
	}

	var (
		one   [2]host
		hosts = one[:0]
		err   *Error
	)
	if node == "" {
		hosts, err = local(hosts, family, has(h.Flags, constants.AI_PASSIVE))
	} else if ip, e := r.number(node, family, h.Flags); e != nil {
		err = e
	} else if ip.ip.IsValid() {
		hosts = append(hosts, ip)
	} else if has(h.Flags, constants.AI_NUMERICHOST) {
		err = refuse(constants.EAI_NONAME, "not an IP address")
	} else {
		q := r.query()
		if early != nil && family == constants.AF_UNSPEC && !q.StrictErrors {
			q.early = earlier(kinds, h.Flags, early)
		}
		hosts, node, err = q.resolve(ctx, hosts, node, family, h.Flags)
	}
	if err != nil {
		return nil, err
	}
	infos := kinds.infos(hosts, h.Flags)
	if canon {
		infos[0].CanonName = node
	}
	return infos, nil
}

// lookupFlags are the flags that Lookup knows. A flag that the platform lacks has no bit of its
// own.
var lookupFlags = func() (all constants.AddrInfoFlag) {
	for _, f := range [...]constants.AddrInfoFlag{
		constants.AI_PASSIVE, constants.AI_CANONNAME, constants.AI_NUMERICHOST,
		constants.AI_NUMERICSERV,
		constants.AI_ADDRCONFIG, constants.AI_V4MAPPED, constants.AI_ALL,
	} {
		if f.Defined() {
			all |= f
		}
	}
	return all
}()

// has reports whether flags have f, which the platform may lack.
func has(flags, f constants.AddrInfoFlag) bool { return f.Defined() && flags&f != 0 }

// configured restricts the family to what the interfaces have addresses of, but for loopback
// addresses (RFC 3493, section 6.1). With none at all, or if they cannot be listed, a lookup of any
// family goes on, as in the C library.
func configured(family constants.Family) (constants.Family, *Error) {
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		return family, nil
	}
	var inet, inet6 bool
	for _, a := range addrs {
		if n, ok := a.(*net.IPNet); ok && !n.IP.IsLoopback() {
			inet = inet || n.IP.To4() != nil
			inet6 = inet6 || n.IP.To4() == nil
		}
	}
	switch {
	case family == constants.AF_INET && !inet, family == constants.AF_INET6 && !inet6:
		return 0, refuse(constants.EAI_NONAME,
			"AI_ADDRCONFIG: no interface has an address of this family")
	case family == constants.AF_UNSPEC && inet && !inet6:
		return constants.AF_INET, nil
	case family == constants.AF_UNSPEC && inet6 && !inet:
		return constants.AF_INET6, nil
	}
	return family, nil
}

// kind is a kind of socket, with the port that the service has there.
type kind struct {
	typ      constants.SocketType
	protocol constants.Protocol
	port     uint16
}

type kindList struct {
	list [len(socketKinds)]kind
	n    int
}

func (l *kindList) add(k kind) {
	l.list[l.n] = k
	l.n++
}

// infos returns each address with each kind of socket.
func (l *kindList) infos(hosts []host, flags constants.AddrInfoFlag) []Info {
	infos := make([]Info, 0, len(hosts)*l.n)
	for _, host := range hosts {
		for _, k := range l.list[:l.n] {
			addr := sockaddr.FromAddrPort(netip.AddrPortFrom(host.ip, k.port))
			addr = addr.WithScopeID(host.scope)
			infos = append(infos, Info{Family: addr.Family(), Type: k.typ, Protocol: k.protocol,
				Flags: flags, Addr: addr})
		}
	}
	return infos
}

// earlier returns what gives early the results for addresses.
func earlier(kinds kindList, flags constants.AddrInfoFlag, early func([]Info)) func([]netip.Addr) {
	return func(ips []netip.Addr) {
		hosts := make([]host, len(ips))
		for i, ip := range ips {
			hosts[i].ip = ip
		}
		early(kinds.infos(hosts, flags))
	}
}

// socketKinds are the kinds of sockets of AF_INET and AF_INET6, in the order of getaddrinfo's
// results.
var socketKinds = [...]struct {
	kind
	database string // the protocol in the services database; "": has no services
	always   bool   // a result also if nothing names it: no hint, and no service by name
	any      bool   // takes every protocol
}{
	{kind{typ: constants.SOCK_STREAM, protocol: constants.IPPROTO_TCP}, "tcp", true, false},
	{kind{typ: constants.SOCK_DGRAM, protocol: constants.IPPROTO_UDP}, "udp", true, false},
	{kind{typ: constants.SOCK_DCCP, protocol: constants.IPPROTO_DCCP}, "dccp", false, false},
	{kind{typ: constants.SOCK_DGRAM, protocol: constants.IPPROTO_UDPLITE}, "udplite", false, false},
	{kind{typ: constants.SOCK_STREAM, protocol: constants.IPPROTO_SCTP}, "sctp", false, false},
	{kind{typ: constants.SOCK_SEQPACKET, protocol: constants.IPPROTO_SCTP}, "sctp", false, false},
	{kind{typ: constants.SOCK_RAW}, "", true, true},
}

// kinds adds the kinds of sockets that fit the hints and can have the service.
func (r *Resolver) kinds(l *kindList, service string, h Hints) *Error {
	port, err := r.portOf(service, h.Flags)
	switch {
	case err != nil:
		return err
	case h.Type == 0 && h.Protocol == 0:
		return l.addAll(port)
	}
	return l.addOnly(port, h)
}

// A port is a number, or a service whose numbers are in db.
type port struct {
	given   bool // a service was given: 0 otherwise
	number  uint16
	service string // "": the number counts
	db      *services
	missing error // why db has none
}

// portOf finds the services of that name.
func (r *Resolver) portOf(service string, flags constants.AddrInfoFlag) (port, *Error) {
	n, number, inRange := portNumber(service)
	switch {
	case service == "" || number && inRange:
		return port{given: service != "", number: n}, nil
	case !number && has(flags, constants.AI_NUMERICSERV):
		return port{},
			refuse(constants.EAI_NONAME, "AI_NUMERICSERV: the service is not a number")
	}
	db, err := r.services()
	p := port{given: true, service: service, db: db, missing: errNotListed}
	if number {
		p.missing = errPort
	}
	return p, err
}

// of returns the port of sockets that the database has under that protocol.
func (p *port) of(database string) (uint16, bool) {
	if p.service == "" {
		return p.number, true
	}
	s := p.db.byName[serviceName{p.service, database}]
	if s == nil || database == "" {
		return 0, false
	}
	return uint16(s.Port), true
}

// addAll adds each kind of socket that can have the port.
func (l *kindList) addAll(p port) *Error {
	for _, k := range socketKinds {
		if !k.typ.Defined() || !k.protocol.Defined() || !k.always && p.service == "" {
			continue
		}
		var ok bool
		if k.port, ok = p.of(k.database); ok {
			l.add(k.kind)
		}
	}
	if l.n == 0 {
		return &Error{Code: constants.EAI_SERVICE, Err: p.missing}
	}
	return nil
}

// addOnly adds the first kind that fits hints with a type or a protocol.
func (l *kindList) addOnly(p port, h Hints) *Error {
	for _, k := range socketKinds {
		if !k.typ.Defined() || !k.protocol.Defined() ||
			h.Type != 0 && h.Type != k.typ ||
			h.Protocol != 0 && h.Protocol != k.protocol && !(k.any && h.Protocol.Defined()) {
			continue
		}
		if p.given && k.database == "" {
			return refuse(constants.EAI_SERVICE, "raw sockets have no services")
		}
		if k.any {
			k.protocol = h.Protocol
		}
		var ok bool
		if k.port, ok = p.of(k.database); !ok {
			return &Error{Code: constants.EAI_SERVICE, Err: p.missing}
		}
		l.add(k.kind)
		return nil
	}
	switch {
	case h.Type != 0 && (!h.Type.Defined() || !h.Protocol.Defined()):
		return undefined(constants.EAI_SOCKTYPE)
	case !h.Protocol.Defined():
		return undefined(constants.EAI_SERVICE)
	case h.Type != 0:
		return refuse(constants.EAI_SOCKTYPE, h.Type.String()+" with "+h.Protocol.String())
	}
	return refuse(constants.EAI_SERVICE, "no type of socket has "+h.Protocol.String())
}

var errPort = errors.New("port out of range 0..65535")

// portNumber returns the port that service is the decimal number of. Signs and spaces make a name;
// strtoul(3), which the C library uses, takes them.
func portNumber(service string) (port uint16, number, inRange bool) {
	var n int
	for i := range len(service) {
		c := service[i]
		if c < '0' || c > '9' {
			return 0, false, false
		}
		n = min(n*10+int(c-'0'), 1<<16)
	}
	return uint16(n), service != "", n <= 65535
}
