package addrinfo

import (
	"encoding/binary"
	"net/netip"
	"strings"
)

// Numbers of RFC 1035, sections 3.2 and 4.1.1, and RFC 3596, section 2.1.
const (
	dnsHeader = 12 // bytes

	dnsA     = 1
	dnsCNAME = 5
	dnsAAAA  = 28
	dnsOPT   = 41 // RFC 6891, section 6.1.2
	dnsIN    = 1

	dnsSuccess        = 0
	dnsFormatError    = 1
	dnsServerFailure  = 2
	dnsNameError      = 3
	dnsNotImplemented = 4

	dnsTruncated = 1 << 1 // in the third byte of the header
)

// questionEnd returns where the question of a message ends, or 0 if it does not have exactly one. A
// name in it is not compressed.
func questionEnd(m []byte) int {
	if len(m) < dnsHeader || binary.BigEndian.Uint16(m[4:]) != 1 {
		return 0
	}
	for i := dnsHeader; i < len(m); {
		n := int(m[i])
		i += 1 + n
		switch {
		case n > 63:
			return 0
		case n == 0 && i+4 <= len(m):
			return i + 4
		case n == 0:
			return 0
		}
	}
	return 0
}

// questionKey returns the question that ends at end in a form that does not tell upper from lower
// case. The length of a label is never a letter.
func questionKey(m []byte, end int) string {
	return lower(string(m[dnsHeader:end]))
}

// lower is strings.ToLower for ASCII alone.
func lower(s string) string {
	b := []byte(s)
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}

// dnsName returns the name at offset at of m, without a dot at its end, and where it ends there; 0
// if it does not. A name that no host could have is not ok.
func dnsName(m []byte, at int) (name string, end int, ok bool) {
	var b strings.Builder
	ok = true
	for jumps := 0; at < len(m); {
		n := int(m[at])
		at++
		switch {
		case n == 0:
			if end == 0 {
				end = at
			}
			return b.String(), end, ok && b.Len() > 0
		case n < 64 && at+n <= len(m) && b.Len() < 256:
			if b.Len() > 0 {
				b.WriteByte('.')
			}
			for _, c := range m[at : at+n] {
				letter := c | 0x20
				ok = ok &&
					(c == '-' || c == '_' || '0' <= c && c <= '9' || 'a' <= letter && letter <= 'z')
			}
			b.Write(m[at : at+n])
			at += n
		case n >= 0xc0 && at < len(m) && jumps < 10: // a pointer, RFC 1035, section 4.1.4
			if end == 0 {
				end = at + 1
			}
			at = (n&0x3f)<<8 | int(m[at])
			jumps++
		default:
			return "", 0, false
		}
	}
	return "", 0, false
}

// dnsAnswer is what a lookup needs to know of the answer to a question for addresses.
type dnsAnswer struct {
	ips   []netip.Addr // in the server's order
	canon string       // the name at the end of the chain of aliases
}

// parseAnswer reads the answer m to the question that ends at end. It reads what is well-formed, up
// to the first record that is not.
func parseAnswer(m []byte, end int) (a dnsAnswer) {
	a.canon, _, _ = dnsName(m, dnsHeader)
	typ := binary.BigEndian.Uint16(m[end-4:])
	aliases := map[string]string{}
	for at, n := end, binary.BigEndian.Uint16(m[6:]); n > 0; n-- {
		owner, next, ok := dnsName(m, at)
		if next == 0 || next+10 > len(m) {
			break
		}
		recordType, class := binary.BigEndian.Uint16(m[next:]), binary.BigEndian.Uint16(m[next+2:])
		data := next + 10
		at = data + int(binary.BigEndian.Uint16(m[next+8:]))
		if at > len(m) {
			break
		}
		switch {
		case class != dnsIN || !ok:
		case recordType == dnsCNAME:
			if target, _, ok := dnsName(m, data); ok {
				aliases[lower(owner)] = target
			}
		case recordType == typ:
			if ip, ok := netip.AddrFromSlice(m[data:at]); ok && ip.Is4() == (typ == dnsA) {
				a.ips = append(a.ips, ip.Unmap())
			}
		}
	}
	for range len(aliases) {
		target, ok := aliases[lower(a.canon)]
		if !ok {
			break
		}
		a.canon = target
	}
	return a
}

// strangeOPT reports whether m, which answers the question that ends at end, has an OPT record as
// no server that knows EDNS would: in the place of an answer, or with an extended code of errors,
// as of BADVERS (RFC 6891, section 6.1.3).
func strangeOPT(m []byte, end int) bool {
	answers, others := int(binary.BigEndian.Uint16(m[6:])),
		int(binary.BigEndian.Uint16(m[8:]))+int(binary.BigEndian.Uint16(m[10:]))
	for at, i := end, 0; i < answers+others; i++ {
		_, next, _ := dnsName(m, at)
		if next == 0 || next+10 > len(m) {
			return false
		}
		if binary.BigEndian.Uint16(m[next:]) == dnsOPT && (i < answers || m[next+4] != 0) {
			return true
		}
		at = next + 10 + int(binary.BigEndian.Uint16(m[next+8:]))
	}
	return false
}
