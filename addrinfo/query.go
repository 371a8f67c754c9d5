package addrinfo

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"example.com/bsdsocket/constants"
)

// query is a net.Resolver for one lookup, which sees what passes between it and name servers. That
// is needed for these things.
//
// Package net waits for an answer until its own time is up, not until the context ends; so a
// cancelled lookup would leave goroutines and sockets, or, for LookupAddr, would not return. It has
// one error for names that do not exist, for names without an address, and for names of which one
// of several questions had no answer. It does not tell canonical names without more questions, nor
// the addresses of one family before the other's are there. It loses what a datagram has beyond
// 1232 bytes. And it never does without EDNS, which some name servers do not know.
//
// Where package net calls the C library or the system (see [net]), nothing passes here. Then a
// cancelled lookup still returns at once, the call ends when it does, and EAI_NODATA is EAI_NONAME.
type query struct {
	net.Resolver
	from  *net.Resolver
	early func([]netip.Addr) // gets the addresses of a family when they come; or nil

	dialled atomic.Bool // a name server, not only the hosts file

	mu    sync.Mutex
	asked map[string]bool // the questions, and whether they have an answer
	known bool            // a name server knows the name
	canon [2]string       // the canonical name, from the addresses of IPv4 and of IPv6
}

func (r *Resolver) query() *query {
	q := &query{from: r.Net, asked: map[string]bool{}}
	if q.from == nil {
		q.from = net.DefaultResolver
	}
	q.PreferGo, q.StrictErrors, q.Dial = q.from.PreferGo, q.from.StrictErrors, q.connect
	return q
}

// errNotAsked is the error of a question to a name server that must not be put.
var errNotAsked = errors.New("name servers are not asked")

// hostsFile is a resolver that knows the hosts file alone.
var hostsFile = &net.Resolver{PreferGo: true,
	Dial: func(context.Context, string, string) (net.Conn, error) {
		return nil, errNotAsked
	}}

// addresses appends the addresses of a name, in the order of RFC 6724; network is "ip", "ip4" or
// "ip6".
func (q *query) addresses(ctx context.Context, hosts []host, network,
	name string) ([]host, *Error) {
	ips, err := q.ips(ctx, network, name)
	var bad *Error
	for _, ip := range ips {
		h := host{ip: ip.WithZone("").Unmap()}
		if zone := ip.Zone(); zone != "" {
			var e *Error
			if h.scope, e = scopeID(h.ip, zone); e != nil {
				bad = e
				continue
			}
		}
		hosts = append(hosts, h)
	}
	switch {
	case err == nil && len(hosts) > 0:
		return hosts, nil
	case err == nil && bad != nil:
		return hosts, bad
	case err == nil:
		return hosts, refuse(constants.EAI_NONAME, "no addresses")
	}
	e := resolverError(ctx, err)
	if e.Code == constants.EAI_NONAME {
		e.Code = q.absent()
	}
	return hosts, e
}

// ips is LookupNetIP with the zones that the hosts file and the C library know.
func (q *query) ips(ctx context.Context, network, name string) (ips []netip.Addr, err error) {
	if network != "ip" {
		ips, err = q.LookupNetIP(ctx, network, name)
		if network == "ip4" || q.dialled.Load() || !slices.ContainsFunc(ips, hasScope) {
			return ips, err
		}
	}
	// LookupHost keeps zones, and takes a tenth of the time of the others for a name in the hosts
	// file. But that file's addresses it does not put in order.
	texts, err := q.LookupHost(ctx, name)
	if len(texts) > 1 && !q.dialled.Load() {
		// If the C library has answered, it must not be asked again.
		if own, _ := hostsFile.LookupHost(ctx, name); slices.Equal(own, texts) {
			var ordered []net.IPAddr
			ordered, err = q.LookupIPAddr(ctx, name)
			texts = texts[:0]
			for _, ip := range ordered {
				texts = append(texts, ip.String())
			}
		}
	}
	ips = ips[:0]
	for _, text := range texts {
		if ip, err := netip.ParseAddr(text); err == nil && (network == "ip" || ip.Unmap().Is6()) {
			ips = append(ips, ip)
		}
	}
	return ips, err
}

// absent is the code for a name that was not found: that it does not exist can be said only if
// every question was answered so.
func (q *query) absent() constants.EAI {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, answered := range q.asked {
		if !answered {
			return constants.EAI_AGAIN
		}
	}
	if q.known {
		return constants.EAI_NODATA
	}
	return constants.EAI_NONAME
}

// canonical returns the official name of a name that has addresses of the network, or name. The
// answers to the questions for addresses have it. The hosts file is asked if they did not come from
// name servers, and name servers, with one question, if the C library may have found them.
func (q *query) canonical(ctx context.Context, network, name string) string {
	if canon := q.chain(network); canon != "" {
		return canon
	}
	if canon, err := hostsFile.LookupCNAME(ctx, name); err == nil {
		return unrooted(canon)
	}
	if q.PreferGo || q.dialled.Load() {
		return unrooted(name)
	}
	if network == "ip" {
		network = "ip4"
	}
	(&net.Resolver{PreferGo: true, Dial: q.connect}).LookupNetIP(ctx, network, name)
	if canon := q.chain(network); canon != "" {
		return canon
	}
	return unrooted(name)
}

// chain returns the name at the end of the chain of aliases, if answers had it.
func (q *query) chain(network string) string {
	q.mu.Lock()
	defer q.mu.Unlock()
	if network != "ip6" && q.canon[0] != "" {
		return q.canon[0]
	}
	if network != "ip4" {
		return q.canon[1]
	}
	return ""
}

// connect is the Dial of q.
func (q *query) connect(ctx context.Context, network, address string) (net.Conn, error) {
	q.dialled.Store(true)
	c, err := q.dial(ctx, network, address)
	if err != nil {
		return nil, err
	}
	t := &tap{Conn: c, q: q, ctx: ctx}
	// The context ends with the exchange too, but by then c is closed.
	t.stop = context.AfterFunc(ctx, func() { c.SetDeadline(past) })
	// Package net tells datagrams from a stream by this interface.
	if p, ok := c.(net.PacketConn); ok {
		t.packets = true
		return &packetTap{t, p}, nil
	}
	return t, nil
}

// dial returns when the context ends, even if the caller's Dial does not.
func (q *query) dial(ctx context.Context, network, address string) (net.Conn, error) {
	if q.from.Dial == nil {
		return new(net.Dialer).DialContext(ctx, network, address)
	}
	type result struct {
		c   net.Conn
		err error
	}
	dialled := make(chan result, 1)
	go func() {
		c, err := q.from.Dial(ctx, network, address)
		dialled <- result{c, err}
	}()
	select {
	case r := <-dialled:
		return r.c, r.err
	case <-ctx.Done():
		go func() {
			if r := <-dialled; r.c != nil {
				r.c.Close()
			}
		}()
		return nil, ctx.Err()
	}
}

var past = time.Unix(1, 0)

// tap is a connection to a name server, on which one question is put.
type tap struct {
	net.Conn
	q       *query
	ctx     context.Context
	stop    func() bool
	packets bool

	sent     []byte // the question's message
	end      int    // of the question in it; 0: it is none that is understood
	retry    bool   // without EDNS, if need be
	deadline time.Time
	patience time.Time // when to ask without EDNS
	rest     []byte    // of an answer by stream that is not read yet
}

// Close closes the connection.
func (t *tap) Close() error {
	t.stop()
	return t.Conn.Close()
}

// SetDeadline sets the deadline, unless the context has ended.
func (t *tap) SetDeadline(d time.Time) error {
	t.deadline = d
	return t.wait(d)
}

// wait sets the deadline of the connection alone.
func (t *tap) wait(until time.Time) error {
	err := t.Conn.SetDeadline(until)
	if t.ctx.Err() != nil {
		err = t.Conn.SetDeadline(past)
	}
	return err
}

// Write sends a question. Package net calls it once, with all of it.
func (t *tap) Write(b []byte) (int, error) {
	m := b
	if !t.packets && len(m) >= 2 {
		m = m[2:] // the length of the message, RFC 7766, section 8
	}
	t.sent = append([]byte(nil), m...)
	if t.end = questionEnd(t.sent); t.end > 0 {
		t.retry = len(t.sent) > t.end
		if t.packets && !t.deadline.IsZero() {
			now := time.Now()
			t.patience = now.Add(t.deadline.Sub(now) / 2)
		}
		t.q.mu.Lock()
		if key := questionKey(t.sent, t.end); !t.q.asked[key] {
			t.q.asked[key] = false
		}
		t.q.mu.Unlock()
	}
	return t.Conn.Write(b)
}

// again puts the question without EDNS: RFC 6891, section 6.2.2, and section 7 for servers that
// answer FORMERR. Others answer NOTIMP, SERVFAIL or BADVERS, or with the question's own OPT record
// before their answer, or not at all.
func (t *tap) again() error {
	t.retry = false
	m := append([]byte(nil), t.sent[:t.end]...)
	m[10], m[11] = 0, 0 // no additional records
	if !t.packets {
		m = append([]byte{byte(len(m) >> 8), byte(len(m))}, m...)
	}
	_, err := t.Conn.Write(m)
	return err
}

// Read reads answers, and learns from those to the question.
func (t *tap) Read(b []byte) (int, error) {
	if len(t.rest) > 0 {
		n := copy(b, t.rest)
		t.rest = t.rest[n:]
		return n, nil
	}
	buffer := buffers.Get().(*[1 << 16]byte)
	defer buffers.Put(buffer)
	m, err := t.message(buffer[:])
	if err != nil {
		return 0, err
	}
	if t.retry && t.unknownEDNS(m) {
		first := append([]byte(nil), m...)
		if err = t.again(); err == nil {
			if !t.patience.IsZero() && time.Now().Before(t.patience) {
				t.wait(t.patience) // there is an answer already
			}
			m, err = t.message(buffer[:])
			t.wait(t.deadline)
		}
		if err != nil {
			m = first
		}
	}
	if t.answers(m) {
		t.learn(m)
	}
	if t.packets {
		n := copy(b, m)
		if n < len(m) && n >= dnsHeader {
			b[2] |= dnsTruncated // so that package net asks again by TCP
		}
		return n, nil
	}
	t.rest = append([]byte{byte(len(m) >> 8), byte(len(m))}, m...)
	n := copy(b, t.rest)
	t.rest = t.rest[n:]
	return n, nil
}

// buffers are for one answer each.
var buffers = sync.Pool{New: func() any { return new([1 << 16]byte) }}

// message reads a datagram, or a message of the stream, into b, which has room for the longest.
func (t *tap) message(b []byte) ([]byte, error) {
	if !t.packets {
		if err := readFull(t.Conn, b[:2]); err != nil {
			return nil, err
		}
		m := b[:binary.BigEndian.Uint16(b)]
		return m, readFull(t.Conn, m)
	}
	if t.retry && !t.patience.IsZero() {
		t.wait(t.patience)
		n, err := t.Conn.Read(b)
		t.wait(t.deadline)
		if err == nil || !errors.Is(err, os.ErrDeadlineExceeded) || t.ctx.Err() != nil {
			return b[:n], err
		}
		if err := t.again(); err != nil {
			return nil, err
		}
	}
	n, err := t.Conn.Read(b)
	return b[:n], err
}

// readFull fills b. A stream that ends before that is a server in trouble: package net takes a bare
// io.EOF for a failure that is final, and an error of this type for one that may pass.
func readFull(c net.Conn, b []byte) error {
	for len(b) > 0 {
		n, err := c.Read(b)
		if b = b[n:]; err == nil || len(b) == 0 {
			continue
		}
		if err == io.EOF {
			err = &net.OpError{Op: "read", Net: "tcp", Source: c.LocalAddr(), Addr: c.RemoteAddr(),
				Err: io.ErrUnexpectedEOF}
		}
		return err
	}
	return nil
}

// answers reports whether m is an answer to the question: its number, the bit of answers, and the
// question are right.
func (t *tap) answers(m []byte) bool {
	return t.end > 0 && len(m) >= t.end && m[0] == t.sent[0] && m[1] == t.sent[1] &&
		m[2]&0x80 != 0 &&
		questionEnd(m) == t.end && questionKey(m, t.end) == questionKey(t.sent, t.end)
}

// unknownEDNS reports whether m is the answer of a server that may not know EDNS. One that cannot
// read the question may leave it out.
func (t *tap) unknownEDNS(m []byte) bool {
	if t.end == 0 || len(m) < dnsHeader || m[0] != t.sent[0] || m[1] != t.sent[1] ||
		m[2]&0x80 == 0 {
		return false
	}
	switch m[3] & 0xf {
	case dnsFormatError:
		return len(m) == dnsHeader || t.answers(m)
	case dnsServerFailure, dnsNotImplemented:
		return t.answers(m)
	case dnsSuccess:
		return t.answers(m) && strangeOPT(m, t.end)
	}
	return false
}

// learn takes what the query wants to know from an answer to its question.
func (t *tap) learn(m []byte) {
	if t.packets && m[2]&dnsTruncated != 0 {
		return // package net asks again
	}
	code := m[3] & 0xf
	// A server that neither is an authority nor asks others does not answer with nothing.
	lame := m[2]&0x4 == 0 && m[3]&0x80 == 0 && binary.BigEndian.Uint16(m[6:]) == 0 &&
		binary.BigEndian.Uint16(m[10:]) == 0
	if code != dnsNameError && (code != dnsSuccess || lame) {
		return
	}
	q := t.q
	q.mu.Lock()
	q.asked[questionKey(m, t.end)] = true
	q.known = q.known || code == dnsSuccess
	family := 0
	var a dnsAnswer
	if typ := binary.BigEndian.Uint16(m[t.end-4:]); code == dnsSuccess &&
		(typ == dnsA || typ == dnsAAAA) {
		if a = parseAnswer(m, t.end); typ == dnsAAAA {
			family = 1
		}
	}
	if len(a.ips) > 0 {
		q.canon[family] = a.canon
	}
	q.mu.Unlock()
	if len(a.ips) > 0 && q.early != nil {
		q.early(a.ips)
	}
}

// packetTap passes one datagram to each Read.
type packetTap struct {
	*tap
	p net.PacketConn
}

func (t *packetTap) ReadFrom(b []byte) (int, net.Addr, error)     { return t.p.ReadFrom(b) }
func (t *packetTap) WriteTo(b []byte, addr net.Addr) (int, error) { return t.p.WriteTo(b, addr) }
