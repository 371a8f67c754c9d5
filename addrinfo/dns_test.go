package addrinfo_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"example.com/bsdsocket/addrinfo"
)

// Numbers of RFC 1035, sections 3.2.2 and 4.1.1, and RFC 3596.
const (
	typeA     = 1
	typeCNAME = 5
	typePTR   = 12
	typeAAAA  = 28

	codeServFail = 2
	codeNXDomain = 3
	codeRefused  = 5
)

// answer is what a name server says about a name. Without anything in it, the name exists and has
// no records.
type answer struct {
	ips     []string
	cname   string
	ptr     string
	ptrs    []string // more than one
	shouts  bool     // the answer has its names in upper case, the question's too
	code    byte
	silent  bool
	viaTCP  bool                     // truncated over UDP
	noise   bool                     // over UDP, an answer to another question comes first
	failFor uint16                   // fails for this type
	once    bool                     // fails for addresses, but for the first question of each type
	held    map[uint16]chan struct{} // answers for a type only when the channel is closed
	// What comes of a question with EDNS: "silent", or the name of a code.
	edns  string
	large bool // over UDP, as much as fits into a datagram, never truncated
	// An address of another name and one of another class, before those of this.
	strange string
	hangsUp bool // over TCP
	// Over UDP, answers with a wrong number and to a wrong question come first.
	forged bool
}

var ednsCodes = map[string]byte{"FORMERR": 1, "SERVFAIL": 2, "NOTIMP": 4}

// nameServer is a name server on loopback: RFC 1035 as far as the tests need it.
type nameServer struct {
	zone  map[string]answer
	asked chan string // gets every name that was asked for, as long as there is room
	tcp   atomic.Int32
	count sync.Map // of questions, by name and type

	udp net.PacketConn
	l   net.Listener
	wg  sync.WaitGroup
}

// serve starts a name server, which stops at the test's cleanup.
func serve(t testing.TB, zone map[string]answer) *nameServer {
	return serveAt(t, "127.0.0.1:0", zone)
}

func serveAt(t testing.TB, at string, zone map[string]answer) *nameServer {
	t.Helper()
	s := &nameServer{zone: zone, asked: make(chan string, 100)}
	var err error
	if s.udp, err = net.ListenPacket("udp", at); err != nil {
		t.Fatal(err)
	}
	if s.l, err = net.Listen("tcp", at); err != nil {
		s.udp.Close()
		t.Fatal(err)
	}
	s.wg.Go(s.serveUDP)
	s.wg.Go(s.serveTCP)
	t.Cleanup(func() {
		s.udp.Close()
		s.l.Close()
		s.wg.Wait()
	})
	return s
}

// resolver asks s, and nobody else.
func (s *nameServer) resolver() *addrinfo.Resolver {
	return &addrinfo.Resolver{
		Net: &net.Resolver{PreferGo: true,
			Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
				addr := s.udp.LocalAddr()
				if strings.HasPrefix(network, "tcp") {
					addr = s.l.Addr()
				}
				return new(net.Dialer).DialContext(ctx, network, addr.String())
			}},
		ServicesFile:  "testdata/services",
		ProtocolsFile: "testdata/protocols",
	}
}

// streamResolver asks s over TCP alone.
func (s *nameServer) streamResolver() *addrinfo.Resolver {
	r := s.resolver()
	r.Net.Dial = func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "tcp", s.l.Addr().String())
	}
	return r
}

func (s *nameServer) serveUDP() {
	b := make([]byte, 4096)
	for {
		n, from, err := s.udp.ReadFrom(b)
		if err != nil {
			return
		}
		if reply := s.reply(b[:n], false); reply != nil {
			if name, _, _ := question(b[:n]); s.zone[name].noise {
				other := append([]byte{reply[0] ^ 1, reply[1], reply[2], 0x80 | codeNXDomain},
					reply[4:]...)
				s.udp.WriteTo(other, from)
			}
			if name, _, _ := question(b[:n]); s.zone[name].forged {
				number := append([]byte{reply[0] ^ 1, reply[1], reply[2], 0x80}, reply[4:]...)
				s.udp.WriteTo(number, from)
				other := append([]byte(nil), reply...)
				other[headerLen+1] ^= 1 // the first letter
				other[3] = 0x80
				s.udp.WriteTo(other, from)
			}
			if hold := s.held(b[:n]); hold != nil {
				s.wg.Go(func() {
					<-hold
					s.udp.WriteTo(reply, from)
				})
				continue
			}
			s.udp.WriteTo(reply, from)
		}
	}
}

// held returns the channel that holds the answer back, or nil.
func (s *nameServer) held(query []byte) chan struct{} {
	name, typ, _ := question(query)
	return s.zone[name].held[typ]
}

func (s *nameServer) serveTCP() {
	for {
		c, err := s.l.Accept()
		if err != nil {
			return
		}
		c.SetDeadline(time.Now().Add(10 * time.Second))
		for {
			var size [2]byte
			if _, err := io.ReadFull(c, size[:]); err != nil {
				break
			}
			query := make([]byte, binary.BigEndian.Uint16(size[:]))
			if _, err := io.ReadFull(c, query); err != nil {
				break
			}
			s.tcp.Add(1)
			reply := s.reply(query, true)
			if name, _, _ := question(query); reply == nil || s.zone[name].hangsUp {
				break
			}
			// Split, so that a reader of lengths is put to the test.
			c.Write([]byte{byte(len(reply) >> 8)})
			c.Write(append([]byte{byte(len(reply))}, reply[:3]...))
			c.Write(reply[3:])
		}
		c.Close()
	}
}

const headerLen = 12

// question returns the name and type that are asked for, and their bytes.
func question(query []byte) (name string, typ uint16, raw []byte) {
	if len(query) < headerLen {
		return "", 0, nil
	}
	var labels []string
	rest := query[headerLen:]
	for len(rest) > 0 && rest[0] != 0 && len(rest) > int(rest[0]) {
		labels = append(labels, string(rest[1:1+rest[0]]))
		rest = rest[1+rest[0]:]
	}
	if len(rest) < 5 {
		return "", 0, nil
	}
	return strings.ToLower(strings.Join(labels, ".")), binary.BigEndian.Uint16(rest[1:]),
		query[headerLen : len(query)-len(rest)+5]
}

// reply answers the question, or returns nil.
func (s *nameServer) reply(query []byte, tcp bool) []byte {
	name, typ, question := question(query)
	if question == nil {
		return nil
	}
	select {
	case s.asked <- name:
	default:
	}

	var records [][]byte
	add := func(typ uint16, data []byte) {
		r := append(wire(name), byte(typ>>8), byte(typ), 0, 1, 0, 0, 0, 60, byte(len(data)>>8),
			byte(len(data)))
		records = append(records, append(r, data...))
	}
	asked := name
	a, ok := s.zone[name]
	for ok && a.cname != "" && typ != typeCNAME && len(records) < 8 {
		add(typeCNAME, wire(a.cname))
		name = a.cname
		a, ok = s.zone[name]
	}
	code := a.code
	if len(query) > headerLen+len(question) { // additional records: EDNS
		switch a.edns {
		case "silent":
			return nil
		case "FORMERR alone":
			return append(query[:2:2], 0x85, 0x81, 0, 0, 0, 0, 0, 0, 0, 0)
		case "BADVERS":
			reply := append(query[:2:2], 0x85, 0x80, 0, 1, 0, 0, 0, 0, 0, 1)
			return append(append(reply, question...), 0, 0, 41, 16, 0, 1, 0, 0, 0, 0, 0)
		case "appended": // the query, and the answer behind its OPT record
			reply := append([]byte(nil), query...)
			reply[2], reply[3], reply[7] = 0x85, 0x80, 1
			return append(append(reply, wire(name)...), 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 192, 0, 2, 1)
		case "":
		default:
			reply := append(query[:2:2], 0x85, 0x80|ednsCodes[a.edns], 0, 1, 0, 0, 0, 0, 0, 0)
			return append(reply, question...)
		}
	}
	first := true
	if a := s.zone[asked]; a.once {
		_, again := s.count.LoadOrStore(fmt.Sprint(asked, typ), true)
		first = !again
	}
	switch {
	case !first && (typ == typeA || typ == typeAAAA):
		code, records = codeServFail, nil
	case !ok:
		code = codeNXDomain
	case a.silent:
		return nil
	case a.failFor == typ:
		code = codeServFail
	case typ == typeCNAME && a.cname != "":
		add(typeCNAME, wire(a.cname))
	case typ == typePTR && a.ptr != "":
		add(typePTR, wire(a.ptr))
	case typ == typePTR:
		for _, ptr := range a.ptrs {
			add(typePTR, wire(ptr))
		}
	case typ == typeA || typ == typeAAAA:
		if a.strange != "" && typ == typeA {
			ip := netip.MustParseAddr(a.strange).AsSlice()
			own := name
			name = "other.example"
			add(typeA, ip)
			name = own
			ip[3]++
			add(typeA, ip)
			records[len(records)-1][len(wire(name))+3] = 3 // CHAOS
		}
		for _, ip := range a.ips {
			if ip := netip.MustParseAddr(ip); ip.Is4() == (typ == typeA) {
				add(typ, ip.AsSlice())
			}
		}
	}
	all := bytes.Join(records, nil)
	flags := []byte{0x85, 0x80 | code} // an answer, authoritative, recursion available
	maxUDP := 512                      // section 2.3.4
	if a.large {
		maxUDP = 65507
	}
	if !tcp && (a.viaTCP || headerLen+len(question)+len(all) > maxUDP) {
		flags[0] |= 2
		records, all = nil, nil
	}
	reply := append(query[:2:2], flags...)
	reply = append(reply, 0, 1, 0, byte(len(records)), 0, 0, 0, 0)
	reply = append(reply, question...)
	reply = append(reply, all...)
	if s.zone[asked].shouts { // of the numbers none is a lower-case letter
		for i, c := range reply {
			if i >= headerLen && 'a' <= c && c <= 'z' {
				reply[i] -= 'a' - 'A'
			}
		}
	}
	return reply
}

// wire is a name as it is sent.
func wire(name string) (b []byte) {
	for label := range strings.SplitSeq(name, ".") {
		b = append(b, byte(len(label)))
		b = append(b, label...)
	}
	return append(b, 0)
}
