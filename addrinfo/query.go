package addrinfo

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"sync/atomic"
	"time"

	"example.com/bsdsocket/constants"
)

// query is a net.Resolver for one lookup, which knows what passes between it
// and name servers. That is needed for two things.
//
// Package net waits for an answer until its own time is up, not until the
// context ends; so a cancelled lookup would leave goroutines and sockets, or,
// for LookupAddr and LookupCNAME, would not return. And it has one error for
// names that do not exist and names without an address.
//
// Where package net calls the C library or the system (see [net]), nothing
// passes here. Then a cancelled lookup still returns at once, the call ends
// when it does, and EAI_NODATA is EAI_NONAME.
type query struct {
	net.Resolver
	from  *net.Resolver
	asked atomic.Bool // a name server, not only the hosts file
	known atomic.Bool // a name server knows the name
}

func (r *Resolver) query() *query {
	q := &query{from: r.Net}
	if q.from == nil {
		q.from = net.DefaultResolver
	}
	q.PreferGo, q.StrictErrors, q.Dial = q.from.PreferGo, q.from.StrictErrors, q.connect
	return q
}

// addresses appends the addresses of a name, in the order of RFC 6724; network
// is "ip", "ip4" or "ip6".
func (q *query) addresses(ctx context.Context, hosts []host, network, name string) ([]host, *Error) {
	var (
		texts []string
		ips   []netip.Addr
		err   error
	)
	if network == "ip" {
		// LookupHost keeps zones, and takes a tenth of the time of the others
		// for a name in the hosts file. But that file's addresses it does not
		// put in order.
		texts, err = q.LookupHost(ctx, name)
		if len(texts) > 1 && !q.asked.Load() {
			var ordered []net.IPAddr
			ordered, err = q.LookupIPAddr(ctx, name)
			texts = texts[:0]
			for _, ip := range ordered {
				texts = append(texts, ip.String())
			}
		}
	} else {
		ips, err = q.LookupNetIP(ctx, network, name)
	}
	for _, text := range texts {
		if ip, err := netip.ParseAddr(text); err == nil {
			ips = append(ips, ip)
		}
	}
	for _, ip := range ips {
		h := host{ip: ip.WithZone("").Unmap()}
		if zone := ip.Zone(); zone != "" {
			h.scope, _ = scopeID(h.ip, zone)
		}
		hosts = append(hosts, h)
	}
	if err == nil && len(hosts) > 0 {
		return hosts, nil
	}
	if err == nil {
		err = errors.New("no addresses and no error")
	}
	e := resolverError(ctx, err)
	if e.Code == constants.EAI_NONAME && q.known.Load() {
		e.Code = constants.EAI_NODATA
	}
	return hosts, e
}

func (q *query) connect(ctx context.Context, network, address string) (net.Conn, error) {
	q.asked.Store(true)
	dial := q.from.Dial
	if dial == nil {
		dial = new(net.Dialer).DialContext
	}
	c, err := dial(ctx, network, address)
	if err != nil {
		return nil, err
	}
	t := &tap{Conn: c, q: q}
	// The context ends with the exchange too, but by then c is closed.
	t.stop = context.AfterFunc(ctx, func() { c.SetDeadline(time.Unix(1, 0)) })
	// Package net tells datagrams from a stream by this interface.
	if p, ok := c.(net.PacketConn); ok {
		return &packetTap{t, p}, nil
	}
	t.head = -2 // the length of the message, RFC 7766, section 8
	return t, nil
}

// tap is a connection to a name server, on which one query is made.
type tap struct {
	net.Conn
	q    *query
	head int // bytes of the answer that passed
	stop func() bool
}

// Read looks at the answer's code, which is in the fourth byte of the header:
// RFC 1035, section 4.1.1. 0 is no error.
func (t *tap) Read(b []byte) (int, error) {
	n, err := t.Conn.Read(b)
	if at := 3 - t.head; at >= 0 && at < n && b[at]&0xf == 0 {
		t.q.known.Store(true)
	}
	t.head += n
	return n, err
}

func (t *tap) Close() error {
	t.stop()
	return t.Conn.Close()
}

// packetTap passes one datagram to each Read.
type packetTap struct {
	*tap
	p net.PacketConn
}

func (t *packetTap) Read(b []byte) (int, error) {
	t.head = 0
	return t.tap.Read(b)
}

func (t *packetTap) ReadFrom(b []byte) (int, net.Addr, error)     { return t.p.ReadFrom(b) }
func (t *packetTap) WriteTo(b []byte, addr net.Addr) (int, error) { return t.p.WriteTo(b, addr) }
