//go:build linux && cgo

package libc

import (
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strings"
	"time"

	"golang.org/x/net/dns/dnsmessage"
)

// node is what the name server knows of a name.
type node struct {
	a, aaaa []string
	cname   string
	ptr     string
	code    dnsmessage.RCode // of the answer, if it is not 0
	silentA bool             // never answers questions for A
	silent  bool             // never answers
	tcpOnly bool             // answers to UDP are truncated
	alsoMX  bool             // exists, without addresses
	failA   bool             // questions for A fail
}

var zone = map[string]node{
	"a.test.":    {a: []string{"10.1.1.21"}},
	"aaaa.test.": {aaaa: []string{"2001:db8:1::21"}},
	// the hosts file has it too
	"both.test.": {a: []string{"10.1.1.22"}, aaaa: []string{"2001:db8:1::22"}},
	"dual.test.": {a: []string{"10.1.1.23"}, aaaa: []string{"2001:db8:1::23"}},
	"multi.test.": {a: []string{"10.9.0.3", "10.9.0.1", "10.9.0.2"},
		aaaa: []string{"2001:db8:9::3", "2001:db8:9::1", "2001:db8:9::2"}},
	"twice.test.":      {a: []string{"10.9.0.4", "10.9.0.4"}},
	"loop4.test.":      {a: []string{"127.0.0.5"}},
	"loops.test.":      {a: []string{"127.0.0.5"}, aaaa: []string{"::1"}},
	"linklocal.test.":  {aaaa: []string{"fe80::5"}},
	"any.test.":        {a: []string{"0.0.0.0"}},
	"mapped.test.":     {aaaa: []string{"::ffff:10.1.1.24"}},
	"local6.test.":     {a: []string{"10.9.0.5"}, aaaa: []string{"fd00:9::5"}},
	"near.test.":       {a: []string{"10.9.0.6", "10.1.1.66"}},
	"alias.test.":      {cname: "dual.test."},
	"chain.test.":      {cname: "chain1.test."},
	"chain1.test.":     {cname: "chain2.test."},
	"chain2.test.":     {cname: "Final.Test."},
	"final.test.":      {a: []string{"10.1.1.25"}, aaaa: []string{"2001:db8:1::25"}},
	"alias4.test.":     {cname: "a.test."},
	"dangling.test.":   {cname: "nosuch.test."},
	"toempty.test.":    {cname: "empty.test."},
	"empty.test.":      {alsoMX: true},
	"servfail.test.":   {code: dnsmessage.RCodeServerFailure},
	"refused.test.":    {code: dnsmessage.RCodeRefused},
	"notimp.test.":     {code: dnsmessage.RCodeNotImplemented},
	"formerr.test.":    {code: dnsmessage.RCodeFormatError},
	"silent.test.":     {silent: true},
	"halfsilent.test.": {silentA: true, aaaa: []string{"2001:db8:1::26"}},
	"halffail.test.":   {failA: true, aaaa: []string{"2001:db8:1::27"}},
	"truncated.test.": {tcpOnly: true, a: []string{"10.1.1.28"},
		aaaa: []string{"2001:db8:1::28"}},
	"sixty.test.":       {a: numbers("10.9.1.%d", 60), aaaa: numbers("2001:db8:9:1::%x", 60)},
	"sixty4.test.":      {a: numbers("10.9.2.%d", 60)},
	"dash-.test.":       {a: []string{"10.1.1.35"}},
	"only6.lan.test.":   {aaaa: []string{"2001:db8:1::36"}},
	"short.lan.test.":   {a: []string{"10.1.1.29"}},
	"none.lan.test.":    {alsoMX: true},
	"under_score.test.": {a: []string{"10.1.1.30"}},
	"3com.test.":        {a: []string{"10.1.1.31"}},
	"1.2.3.4.5.test.":   {a: []string{"10.1.1.32"}},
	"secret.onion.":     {a: []string{"10.1.1.34"}},

	"21.1.1.10.in-addr.arpa.":     {ptr: "a.test."},
	"22.1.1.10.in-addr.arpa.":     {ptr: "host.localdomain."},
	"23.1.1.10.in-addr.arpa.":     {cname: "23.sub.1.1.10.in-addr.arpa."},
	"23.sub.1.1.10.in-addr.arpa.": {ptr: "Delegated.Test."},
	"24.1.1.10.in-addr.arpa.":     {code: dnsmessage.RCodeServerFailure},
	"25.1.1.10.in-addr.arpa.":     {alsoMX: true},
	"26.1.1.10.in-addr.arpa.":     {silent: true},
	"28.1.1.10.in-addr.arpa.":     {ptr: "bad name.test."},
	"29.1.1.10.in-addr.arpa.":     {ptr: "10.0.0.1."},
	"27.1.1.10.in-addr.arpa.":     {code: dnsmessage.RCodeRefused},
	reverse6("2001:db8:1::21"):    {ptr: "aaaa.test."},
	reverse6("fe80::5"):           {ptr: "linklocal.test."},
}

func numbers(format string, n int) (list []string) {
	for i := range n {
		list = append(list, fmt.Sprintf(format, n-i))
	}
	return list
}

func reverse6(ip string) string {
	var b strings.Builder
	a := netip.MustParseAddr(ip).As16()
	for i := len(a) - 1; i >= 0; i-- {
		fmt.Fprintf(&b, "%x.%x.", a[i]&15, a[i]>>4)
	}
	return b.String() + "ip6.arpa."
}

// answer returns the message in reply, nil for none.
func answer(query []byte, tcp bool) []byte {
	var p dnsmessage.Parser
	head, err := p.Start(query)
	if err != nil {
		return nil
	}
	q, err := p.Question()
	if err != nil {
		return nil
	}
	limit := 512
	p.SkipAllQuestions()
	p.SkipAllAnswers()
	p.SkipAllAuthorities()
	for {
		h, err := p.AdditionalHeader()
		if err != nil {
			break
		}
		if h.Type == dnsmessage.TypeOPT {
			limit = int(h.Class)
		}
		p.SkipAdditional()
	}

	reply := dnsmessage.Message{
		Header: dnsmessage.Header{ID: head.ID, Response: true, Authoritative: true,
			RecursionDesired: head.RecursionDesired, RecursionAvailable: true},
		Questions: []dnsmessage.Question{q},
	}
	name := q.Name
	n, ok := zone[strings.ToLower(name.String())]
	for i := 0; ok && n.cname != "" && q.Type != dnsmessage.TypeCNAME && i < 8; i++ {
		to := dnsmessage.MustNewName(n.cname)
		reply.Answers = append(reply.Answers,
			resource(name, dnsmessage.TypeCNAME, &dnsmessage.CNAMEResource{CNAME: to}))
		name = to
		n, ok = zone[strings.ToLower(n.cname)]
	}
	switch {
	case !ok:
		reply.RCode = dnsmessage.RCodeNameError
	case n.silent, n.silentA && q.Type == dnsmessage.TypeA:
		return nil
	case n.failA && q.Type == dnsmessage.TypeA:
		reply.RCode = dnsmessage.RCodeServerFailure
	case n.code != 0:
		reply.RCode = n.code
	case q.Type == dnsmessage.TypeA:
		for _, ip := range n.a {
			reply.Answers = append(reply.Answers,
				resource(name, q.Type, &dnsmessage.AResource{A: netip.MustParseAddr(ip).As4()}))
		}
	case q.Type == dnsmessage.TypeAAAA:
		for _, ip := range n.aaaa {
			reply.Answers = append(reply.Answers,
				resource(name, q.Type,
					&dnsmessage.AAAAResource{AAAA: netip.MustParseAddr(ip).As16()}))
		}
	case q.Type == dnsmessage.TypePTR && n.ptr != "":
		reply.Answers = append(reply.Answers,
			resource(name, q.Type, &dnsmessage.PTRResource{PTR: dnsmessage.MustNewName(n.ptr)}))
	case q.Type == dnsmessage.TypeCNAME && n.cname != "":
		reply.Answers = append(reply.Answers,
			resource(name, q.Type,
				&dnsmessage.CNAMEResource{CNAME: dnsmessage.MustNewName(n.cname)}))
	}
	packed, err := reply.Pack()
	if err != nil {
		panic(err)
	}
	if !tcp && (n.tcpOnly || len(packed) > limit) {
		reply.Truncated, reply.Answers = true, nil
		packed, _ = reply.Pack()
	}
	return packed
}

func resource(name dnsmessage.Name, typ dnsmessage.Type,
	body dnsmessage.ResourceBody) dnsmessage.Resource {
	return dnsmessage.Resource{Header: dnsmessage.ResourceHeader{Name: name, Type: typ,
		Class: dnsmessage.ClassINET, TTL: 60}, Body: body}
}

func serveUDP(c net.PacketConn) {
	b := make([]byte, 4096)
	for {
		n, from, err := c.ReadFrom(b)
		if err != nil {
			return
		}
		if reply := answer(b[:n], false); reply != nil {
			c.WriteTo(reply, from)
		}
	}
}

func serveTCP(l net.Listener) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		go serveConn(c)
	}
}

func serveConn(c net.Conn) {
	defer c.Close()
	c.SetDeadline(time.Now().Add(10 * time.Second))
	var size [2]byte
	for {
		if _, err := io.ReadFull(c, size[:]); err != nil {
			return
		}
		query := make([]byte, binary.BigEndian.Uint16(size[:]))
		if _, err := io.ReadFull(c, query); err != nil {
			return
		}
		if reply := answer(query, true); reply != nil {
			c.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(reply))), reply...))
		}
	}
}
