package sockaddr

import (
	"encoding/hex"
	"net/netip"
	"strconv"
	"strings"
	"unicode/utf8"

	"example.com/bsdsocket/constants"
)

// noAddress is the text of the zero Addr.
const noAddress = "none"

const (
	unixPrefix = "unix:"
	flowMark   = "/flow=0x" // no interface's name has a '/'
)

// Parse returns the address that s spells, in the grammar of the package's documentation. It is the
// inverse of String:
//
//	1.2.3.4  1.2.3.4:80  ::1  [::1]:80  fe80::1%lo  [fe80::1%1]:80  [::1]:80/flow=0x12345
//	/run/x.sock  unix:relative  @abstract  unix:  none
//	vsock:2:1024  netlink:0:0x1  packet:0x800:eth0  AF_X25:313233
//
// IP addresses have the strict syntax of netip.ParseAddr: four decimal numbers without leading
// zeros, no host names. A port is decimal, 0..65535. A zone is an interface's number or its name;
// one that no interface has is an error which names it, and so is the zone of an address that has
// no scope (see Addr).
func Parse(s string) (Addr, error) {
	a, err := parse(s)
	if err != nil {
		return Addr{}, err.of("parse", s)
	}
	return a, nil
}

// MustParse is Parse for text that is known to be good; it panics if it is not.
func MustParse(s string) Addr {
	a, err := Parse(s)
	if err != nil {
		panic(err)
	}
	return a
}

func parse(s string) (Addr, *Error) {
	switch {
	case s == "":
		return Addr{}, reason("empty", nil)
	case s == noAddress:
		return Addr{}, nil
	case '0' <= s[0] && s[0] <= '9', s[0] == '[': // most addresses; no other form begins so
		return parseInet(s)
	case s[0] == '/':
		return unix(s)
	case s[0] == '@':
		name, err := unescape(s[1:])
		if err != nil {
			return Addr{}, err
		}
		return abstract(name)
	}
	if rest, ok := strings.CutPrefix(s, unixPrefix); ok {
		path, err := unescape(rest)
		if err != nil {
			return Addr{}, err
		}
		if path == "" {
			return Unnamed(), nil
		}
		return unix(path)
	}
	if name, rest, ok := strings.Cut(s, ":"); ok {
		if isFamilyName(name) {
			return parseHex(name, rest)
		}
		for _, l := range layouts {
			if l.name == name {
				return l.parse(rest)
			}
		}
	}
	return parseInet(s)
}

// parseInet parses an AF_INET or AF_INET6 address.
func parseInet(s string) (Addr, *Error) {
	var flow string
	hasFlow := strings.IndexByte(s, '/') >= 0
	if hasFlow {
		s, flow, hasFlow = strings.Cut(s, flowMark)
	}
	host, port, hasPort := s, "", false
	if s != "" && s[0] == '[' {
		end := strings.IndexByte(s, ']')
		if end < 0 {
			return Addr{}, reason("missing ]", nil)
		}
		host, port = s[1:end], s[end+1:]
		if port == "" || port[0] != ':' {
			return Addr{}, reason("no port after ]", nil)
		}
		port, hasPort = port[1:], true
		if strings.IndexByte(host, ':') < 0 {
			return Addr{}, reason("brackets are for IPv6 addresses", nil)
		}
	} else if strings.Count(s, ":") == 1 {
		host, port, hasPort = strings.Cut(s, ":")
	}
	a, bad := parseIP(host)
	if bad != nil {
		return Addr{}, bad
	}
	if hasPort {
		if bad := a.parsePort(port); bad != nil {
			return Addr{}, bad
		}
	}
	if hasFlow {
		n, err := strconv.ParseUint(flow, 16, 32)
		if err != nil || n > maxFlowInfo || !a.isInet6() {
			return Addr{}, reason("bad flow information "+strconv.Quote(flow), nil)
		}
		a.setFlowInfo(uint32(n))
	}
	return a, nil
}

// parsePort sets the port to the number that s spells.
func (a *Addr) parsePort(s string) *Error {
	if !allDigits(s) {
		return reason("bad port "+strconv.Quote(s), nil)
	}
	n, err := strconv.ParseUint(s, 10, 16)
	if err != nil {
		return reason("port "+s+" out of range 0..65535", nil)
	}
	a.setPort(int(n))
	return nil
}

// parseIP parses an IP address with or without a zone. The zone is ours to cut off: netip refuses
// it after an IPv4-mapped address.
func parseIP(s string) (a Addr, bad *Error) {
	host, zone, hasZone := strings.Cut(s, "%")
	ip, err := netip.ParseAddr(host)
	if err != nil {
		return Addr{}, reason("bad IP address", err)
	}
	a.setIP(ip)
	if hasZone {
		bad = a.setZone(zone)
	}
	return a, bad
}

// String returns a as text, from which Parse makes the same Addr. The zero Addr is "none". It is
// sockaddr->string of the socket egg: an Internet address is "address" if its port is 0, and
// otherwise "address:port", with brackets around an IPv6 address.
//
// A scope id is written as the name of the interface, as package net does, or as the number if no
// interface has it: AppendNumericTo writes numbers. The name is the one of the interface in the
// network namespace of the calling thread.
func (a Addr) String() string {
	var buf [MaxLen]byte
	return string(a.AppendTo(buf[:0]))
}

// AppendTo appends what String returns to b and returns the result. If b has the room it allocates
// nothing, except for an interface's name when it is new, and for families of which package
// constants has no name.
func (a Addr) AppendTo(b []byte) []byte { return a.appendTo(b, zoneName) }

// AppendNumericTo is AppendTo with the numbers of interfaces instead of their names, in zones and
// in addresses such as AF_PACKET's. It looks nothing up. Parse reads it as the same address,
// whatever interfaces there are: it is the form for a socket of another network namespace, for
// another process, and for logs that outlive a name.
func (a Addr) AppendNumericTo(b []byte) []byte { return a.appendTo(b, number) }

// appendTo appends a as text, with the interfaces as name spells them.
func (a *Addr) appendTo(b []byte, name func(index uint32) string) []byte {
	switch {
	case a.n == 0:
		return append(b, noAddress...)
	case a.isInet(), a.isInet6():
		return a.appendInet(b, name)
	case a.family() == constants.AF_UNIX:
		return a.appendUnix(b)
	}
	if l := layoutOf(a); l != nil {
		return l.appendText(b, a, name)
	}
	return a.appendHex(b)
}

func (a *Addr) appendInet(b []byte, name func(index uint32) string) []byte {
	port := a.port()
	brackets := port != 0 && a.isInet6()
	if brackets {
		b = append(b, '[')
	}
	b = a.ip().AppendTo(b)
	if id := a.scopeID(); id != 0 {
		b = append(append(b, '%'), name(id)...)
	}
	if brackets {
		b = append(b, ']')
	}
	if port != 0 {
		b = strconv.AppendUint(append(b, ':'), uint64(port), 10)
	}
	if flow := a.flowInfo(); flow != 0 {
		b = strconv.AppendUint(append(b, flowMark...), uint64(flow), 16)
	}
	return b
}

func (a *Addr) appendUnix(b []byte) []byte {
	switch path := a.unixPath(); {
	case a.n > sunPathAt+sunPathSize || len(path) > MaxUnixPath:
		return a.appendHex(b)
	case a.isAbstract():
		return appendEscaped(append(b, '@'), a.abstractName(), 0)
	case len(path) > 0 && path[0] == '/' && printable(path):
		return append(b, path...)
	default:
		return appendEscaped(append(b, unixPrefix...), path, 0)
	}
}

// printable reports whether p is text that shows all it is.
func printable(p []byte) bool {
	for len(p) > 0 {
		r, size := utf8.DecodeRune(p)
		if r == utf8.RuneError && size == 1 || !strconv.IsPrint(r) {
			return false
		}
		p = p[size:]
	}
	return true
}

// appendEscaped appends p with \\ for a backslash and \xNN for each byte that is no printable text,
// or is end, which ends such text (0: nothing does).
func appendEscaped(b, p []byte, end byte) []byte {
	for len(p) > 0 {
		r, size := utf8.DecodeRune(p)
		switch {
		case r == '\\':
			b = append(b, `\\`...)
		case r == utf8.RuneError && size == 1, r == rune(end), !strconv.IsPrint(r):
			for _, c := range p[:size] {
				b = hex.AppendEncode(append(b, `\x`...), []byte{c})
			}
		default:
			b = append(b, p[:size]...)
		}
		p = p[size:]
	}
	return b
}

func unescape(s string) (string, *Error) {
	if strings.IndexByte(s, '\\') < 0 {
		return s, nil
	}
	var b strings.Builder
	for {
		i := strings.IndexByte(s, '\\')
		if i < 0 {
			b.WriteString(s)
			return b.String(), nil
		}
		b.WriteString(s[:i])
		s = s[i+1:]
		if rest, ok := strings.CutPrefix(s, `\`); ok {
			b.WriteByte('\\')
			s = rest
			continue
		}
		if len(s) < 3 || s[0] != 'x' {
			return "", reason(`a backslash without \ or xNN behind it`, nil)
		}
		c, err := hex.DecodeString(s[1:3])
		if err != nil {
			return "", reason(`a backslash without \ or xNN behind it`, nil)
		}
		b.Write(c)
		s = s[3:]
	}
}

// The text of an address which has no form of its own is the family, a colon, and the bytes behind
// the family in hexadecimal.

// isFamilyName reports whether s is how constants.Family.String spells a family, and so begins such
// a text.
func isFamilyName(s string) bool {
	return strings.HasPrefix(s, "AF_") || strings.HasPrefix(s, "Family(")
}

func parseHex(name, digits string) (Addr, *Error) {
	family, err := constants.ParseFamily(name)
	if err != nil || family < 0 || family > familyMax {
		return Addr{}, reason("unknown family "+strconv.Quote(name), err)
	}
	if len(digits) > 2*(MaxLen-dataAt) {
		return Addr{}, reason("an address has at most 128 bytes", nil)
	}
	var a Addr
	n, err := hex.Decode(a.b[dataAt:], []byte(digits))
	if err != nil {
		return Addr{}, reason("bad hexadecimal digits", err)
	}
	a.setHeader(family, dataAt+n)
	a.normalize()
	return a, nil
}

func (a *Addr) appendHex(b []byte) []byte {
	b = append(b, a.family().String()...)
	return hex.AppendEncode(append(b, ':'), a.b[dataAt:a.n])
}

// AppendText appends what String returns: encoding.TextAppender.
func (a Addr) AppendText(b []byte) ([]byte, error) { return a.AppendTo(b), nil }

// MarshalText returns what String returns: encoding.TextMarshaler.
func (a Addr) MarshalText() ([]byte, error) { return a.AppendTo(nil), nil }

// UnmarshalText sets a to what Parse makes of text: encoding.TextUnmarshaler. If it fails it leaves
// a as it was.
func (a *Addr) UnmarshalText(text []byte) error {
	parsed, err := Parse(string(text))
	if err != nil {
		return err
	}
	*a = parsed
	return nil
}
