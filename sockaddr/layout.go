package sockaddr

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math"
	"strconv"
	"strings"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/internal/sys"
)

// A layout is one structure of the kernel, and the text of its addresses:
//
//	name:field:field...
//
// Constructors, accessors, Parse and String work from it.
type layout struct {
	name     string
	family   constants.Family
	size     int     // of the structure
	windows  bool    // it is Windows' and not Linux's
	open     bool    // longer addresses have these fields too
	tag      field   // if it has a size, it must be tagged: it tells structures of one family apart
	tagged   uint64  // the value of tag
	fields   []field // in the order of the text
	required int     // the text has so many fields at least, but no zeros at its end beyond them
}

// A field is a number or a run of bytes in a structure.
type field struct {
	name  string
	at    int
	size  int
	form  form
	order order
	count *field // the number of bytes that count; nil: up to a NUL
}

// form is how a field is written in text.
type form uint8

const (
	decimal     form = iota
	hexadecimal      // 0x800
	signed           // decimal, of two's complement
	ifindex          // an interface, by name or number
	octets           // 6 bytes, in the order of writing: 00-1b-44-11-3a-b7
	hardware         // the same, of any length
	text             // characters
	guid             // 16 bytes, a GUID
	machine          // the same, by name where it has one
)

// number reports whether the field is one number, not a run of bytes.
func (f *field) number() bool { return f.form < hardware }

// fixed reports whether the field is a run of bytes that has always its size.
func (f *field) fixed() bool { return f.form >= guid }

// order is the byte order of a number.
type order uint8

const (
	host order = iota // the processor's
	big               // network byte order
	little
)

// layouts has every layout. Where several fit an address, the first that spells all of it is its
// text.
var layouts = [...]*layout{
	&packetLayout, &pppoeLayout,
	&netlinkLayout, &algLayout, &xdpLayout,
	&vsockLayout,
	&canLayout, &isotpLayout, &j1939Layout,
	&tipcSocketLayout, &tipcServiceLayout, &tipcRangeLayout,
	&nfcLayout, &nfcLLCPLayout,
	&l2capLayout, &rfcommLayout, &scoLayout, &hciLayout,
	&hypervLayout,
}

func (l *layout) defined() bool {
	here := hasLinuxLayouts
	if l.windows {
		here = hasWindowsLayouts
	}
	return here && l.family.Defined()
}

// is reports whether a is an address with this layout.
func (l *layout) is(a *Addr) bool {
	return l.defined() && a.family() == l.family &&
		(int(a.n) == l.size || l.open && int(a.n) > l.size) &&
		(l.tag.size == 0 || l.tag.get(a) == l.tagged)
}

// layoutOf returns the layout whose text spells all that a has, nil if there is none.
func layoutOf(a *Addr) *layout {
	for _, l := range layouts {
		if l.is(a) && l.whole(a) {
			return l
		}
	}
	return nil
}

// whole reports whether a is nothing but the fields of the layout: of its length, and with zeros
// between them.
func (l *layout) whole(a *Addr) bool {
	b := l.empty()
	for i := range l.fields {
		f := &l.fields[i]
		if f.number() {
			copy(b.b[f.at:f.at+f.size], a.b[f.at:])
		} else if f.setRun(&b, f.run(a)) != nil {
			return false
		}
	}
	l.setLen(&b)
	return b == *a
}

// empty returns an address with nothing but the family and the tag.
func (l *layout) empty() (a Addr) {
	a.setHeader(l.family, l.size)
	if l.tag.size != 0 {
		l.tag.set(&a, l.tagged)
	}
	return a
}

// setLen sets the length that an address with a's fields has: that of the structure, or more if its
// last field goes on behind it.
func (l *layout) setLen(a *Addr) {
	n := l.size
	for i := range l.fields {
		if f := &l.fields[i]; !f.number() && !f.fixed() {
			end := f.at + len(f.run(a))
			if f.count == nil {
				end++ // the NUL
			}
			n = max(n, end)
		}
	}
	a.setHeader(l.family, n)
}

// get returns a number.
func (f *field) get(a *Addr) uint64 {
	p := a.b[f.at : f.at+f.size]
	if f.order == host {
		switch f.size {
		case 1:
			return uint64(p[0])
		case 2:
			return uint64(binary.NativeEndian.Uint16(p))
		case 4:
			return uint64(binary.NativeEndian.Uint32(p))
		}
		return binary.NativeEndian.Uint64(p)
	}
	var v uint64
	for i, c := range p {
		if f.order == big {
			v = v<<8 | uint64(c)
		} else {
			v |= uint64(c) << (8 * i)
		}
	}
	return v
}

// set stores the lowest bytes of v as a number.
func (f *field) set(a *Addr, v uint64) {
	p := a.b[f.at : f.at+f.size]
	if f.order == host {
		switch f.size {
		case 1:
			p[0] = uint8(v)
		case 2:
			binary.NativeEndian.PutUint16(p, uint16(v))
		case 4:
			binary.NativeEndian.PutUint32(p, uint32(v))
		default:
			binary.NativeEndian.PutUint64(p, v)
		}
		return
	}
	for i := range p {
		if f.order == big {
			p[f.size-1-i] = byte(v >> (8 * i))
		} else {
			p[i] = byte(v >> (8 * i))
		}
	}
}

// run returns a run of bytes. It trusts no count of the kernel's.
func (f *field) run(a *Addr) []byte {
	p := a.b[f.at:min(f.at+f.size, MaxLen)]
	if f.fixed() {
		return p
	}
	if f.count != nil {
		return p[:min(f.count.get(a), uint64(len(p)))]
	}
	if i := bytes.IndexByte(p, 0); i >= 0 {
		p = p[:i]
	}
	return p
}

// setRun stores a run of bytes.
func (f *field) setRun(a *Addr, p []byte) *Error {
	limit := f.size
	if f.count == nil && !f.fixed() {
		limit-- // the NUL
		if bytes.IndexByte(p, 0) >= 0 {
			return reason("NUL in the "+f.name, nil)
		}
	}
	if len(p) > limit {
		return reason(fmt.Sprintf("the %s has %d bytes, more than %d", f.name, len(p), limit), nil)
	}
	copy(a.b[f.at:], p)
	if f.count != nil {
		f.count.set(a, uint64(len(p)))
	}
	return nil
}

// A value is what a constructor has for a field: a number or a run of bytes.
type value struct {
	num uint64
	run []byte
}

func num[T ~int | ~int8 | ~uint8 | ~uint16 | ~uint32 | ~uint64](n T) value {
	return value{num: uint64(n)}
}

// mac is an address of 6 bytes, the first one written first.
func mac(m [6]byte) value {
	return value{num: uint64(binary.BigEndian.Uint16(m[:]))<<32 |
		uint64(binary.BigEndian.Uint32(m[2:]))}
}

func toMAC(v uint64) (m [6]byte) {
	binary.BigEndian.PutUint16(m[:], uint16(v>>32))
	binary.BigEndian.PutUint32(m[2:], uint32(v))
	return m
}

// build returns the address with the values, one a field.
func (l *layout) build(values ...value) (Addr, *Error) {
	if !l.defined() {
		return Addr{},
			reason(l.name+" addresses are not supported on this platform", sys.ErrUnsupported)
	}
	a := l.empty()
	for i, v := range values {
		f := &l.fields[i]
		if !f.number() {
			if err := f.setRun(&a, v.run); err != nil {
				return Addr{}, err
			}
			continue
		}
		if f.form == ifindex && v.num > math.MaxInt32 {
			return Addr{},
				reason(fmt.Sprintf("%s %d out of range 0..%d", f.name, int64(v.num), math.MaxInt32),
					nil)
		}
		f.set(&a, v.num)
	}
	l.setLen(&a)
	return a, nil
}

// made is what a constructor returns: what build returned, or the error with the constructor's name
// and argument.
func made[T any](op string, arg T, a Addr, err *Error) (Addr, error) {
	if err != nil {
		return Addr{}, err.of(op, fmt.Sprintf("%+v", arg))
	}
	return a, nil
}

// numbers returns the fields that are numbers, each at its place, and whether a has the layout; if
// not, they are 0.
func (l *layout) numbers(a *Addr) (v [6]uint64, ok bool) {
	if !l.is(a) {
		return v, false
	}
	for i := range l.fields {
		if f := &l.fields[i]; f.number() {
			v[i] = f.get(a)
		}
	}
	return v, true
}

// appendText appends a, of which the layout is whole.
func (l *layout) appendText(b []byte, a *Addr, name func(index uint32) string) []byte {
	b = append(b, l.name...)
	last := len(l.fields)
	for last > l.required && l.fields[last-1].zero(a) {
		last--
	}
	for i := range l.fields[:last] {
		b = l.fields[i].appendText(append(b, ':'), a, name)
	}
	return b
}

func (f *field) zero(a *Addr) bool {
	if f.number() {
		return f.get(a) == 0
	}
	return len(f.run(a)) == 0
}

func (f *field) appendText(b []byte, a *Addr, name func(index uint32) string) []byte {
	switch f.form {
	case hexadecimal:
		return strconv.AppendUint(append(b, "0x"...), f.get(a), 16)
	case signed:
		shift := 64 - 8*f.size
		return strconv.AppendInt(b, int64(f.get(a)<<shift)>>shift, 10)
	case ifindex:
		return append(b, name(uint32(f.get(a)))...)
	case octets:
		m := toMAC(f.get(a))
		return appendOctets(b, m[:])
	case hardware:
		return appendOctets(b, f.run(a))
	case text:
		return appendEscaped(b, f.run(a), ':')
	case guid:
		return GUID(f.run(a)).append(b)
	case machine:
		return appendMachine(b, GUID(f.run(a)))
	}
	return strconv.AppendUint(b, f.get(a), 10)
}

func appendOctets(b, p []byte) []byte {
	for i := range p {
		if i > 0 {
			b = append(b, '-')
		}
		b = hex.AppendEncode(b, p[i:i+1])
	}
	return b
}

// parse parses what follows the layout's name and its colon.
func (l *layout) parse(s string) (Addr, *Error) {
	if !l.defined() {
		return l.build() // says so
	}
	parts := strings.Split(s, ":")
	if len(parts) < l.required || len(parts) > len(l.fields) {
		return Addr{},
			reason(fmt.Sprintf("%d fields after %q, not %d..%d", len(parts), l.name, l.required,
				len(l.fields)), nil)
	}
	a := l.empty()
	for i, part := range parts {
		if err := l.fields[i].parse(&a, part); err != nil {
			return Addr{}, err
		}
	}
	l.setLen(&a)
	return a, nil
}

func (f *field) parse(a *Addr, s string) *Error {
	switch f.form {
	case text:
		s, err := unescape(s)
		if err != nil {
			return err
		}
		return f.setRun(a, []byte(s))
	case guid, machine:
		of := parseGUID
		if f.form == machine {
			of = parseMachine
		}
		g, ok := of(s)
		if !ok {
			return f.bad(s)
		}
		return f.setRun(a, g[:])
	case hardware:
		p, ok := parseOctets(s)
		if !ok {
			return f.bad(s)
		}
		return f.setRun(a, p)
	case octets:
		p, ok := parseOctets(s)
		if !ok || len(p) != f.size {
			return f.bad(s)
		}
		f.set(a, mac([6]byte(p)).num)
		return nil
	case signed:
		v, err := strconv.ParseInt(s, 10, 8*f.size)
		if err != nil || s[0] == '+' {
			return f.bad(s)
		}
		f.set(a, uint64(v))
		return nil
	case ifindex:
		id, err := parseZone(s)
		if err != nil {
			return err
		}
		f.set(a, uint64(id))
		return nil
	}
	digits, base := s, 10
	if d, ok := strings.CutPrefix(s, "0x"); ok {
		digits, base = d, 16
	}
	v, err := strconv.ParseUint(digits, base, 8*f.size)
	if err != nil {
		return f.bad(s)
	}
	f.set(a, v)
	return nil
}

func (f *field) bad(s string) *Error { return reason("bad "+f.name+" "+strconv.Quote(s), nil) }

// parseOctets parses pairs of hexadecimal digits with dashes between. Nothing is no octets.
func parseOctets(s string) (p []byte, ok bool) {
	if s == "" {
		return nil, true
	}
	for pair := range strings.SplitSeq(s, "-") {
		if len(pair) != 2 {
			return nil, false
		}
		var err error
		if p, err = hex.AppendDecode(p, []byte(pair)); err != nil {
			return nil, false
		}
	}
	return p, true
}
