package sockaddr_test

import (
	"encoding/binary"
	"encoding/hex"
	"net"
	"regexp"
	"strconv"
	"strings"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/sockaddr"
)

// slowParse is Parse again: the grammar of the package's documentation, written for reading instead
// of speed, from regular expressions, and without net/netip. It returns the bytes that Raw should
// return, and whether s is good.
func slowParse(s string) (raw []byte, ok bool) {
	switch {
	case s == "none":
		return nil, true
	case strings.HasPrefix(s, "/"):
		return slowPath(s)
	case strings.HasPrefix(s, "@"):
		name, ok := slowUnescape(s[1:])
		if !ok || len(name) > 107 || !sockaddr.HasAbstract {
			return nil, false
		}
		return slowHeader(constants.AF_UNIX, "\x00"+name), true
	case s == "unix:":
		return slowHeader(constants.AF_UNIX, ""), true
	case strings.HasPrefix(s, "unix:"):
		path, ok := slowUnescape(s[len("unix:"):])
		if !ok {
			return nil, false
		}
		return slowPath(path)
	}
	if m := slowHex.FindStringSubmatch(s); m != nil {
		return slowRaw(m[1], m[2])
	}
	name, fields, _ := strings.Cut(s, ":")
	if form, ok := slowLayouts[name]; ok && strings.Contains(s, ":") {
		return slowLayout(form, fields)
	}
	if m := slowBrackets.FindStringSubmatch(s); m != nil {
		return slowInet(m[1], m[2], m[3], m[4])
	}
	if m := slowIPv4.FindStringSubmatch(s); m != nil {
		return slowInet(m[1], "", m[2], m[3])
	}
	if m := slowIPv6.FindStringSubmatch(s); m != nil {
		return slowInet(m[1], m[2], "", m[3])
	}
	return nil, false
}

var (
	// address, zone, port, flow information
	slowBrackets = regexp.MustCompile(
		`(?s)^\[([0-9a-fA-F.]*:[0-9a-fA-F:.]*)(%[^]/]*)?](:[0-9]+)(/flow=0x[0-9a-fA-F]{1,})?$`)
	// address, port, flow information
	slowIPv4 = regexp.MustCompile(`^([0-9.]+)(:[0-9]+)?(/flow=0x[0-9a-fA-F]{1,})?$`)
	// address, zone, flow information
	slowIPv6 = regexp.MustCompile(
		`(?s)^([0-9a-fA-F.]*:[0-9a-fA-F:.]*:[0-9a-fA-F:.]*)(%[^/]*)?(/flow=0x[0-9a-fA-F]{1,})?$`)
	slowGUID = regexp.MustCompile(`^([0-9a-fA-F]{8})-([0-9a-fA-F]{4})-([0-9a-fA-F]{4})` +
		`-([0-9a-fA-F]{4})-([0-9a-fA-F]{12})$`)
	slowHex = regexp.MustCompile(`^(AF_[^:]*|Family\([^:]*):((?:[0-9a-fA-F]{2})*)$`)
)

// slowScope is the hexadecimal digits of the addresses that have a scope.
var slowScope = regexp.MustCompile(`^(fe[89ab]|ff.[12])`)

func slowInet(ip, zone, port, flow string) ([]byte, bool) {
	var n uint64
	if port != "" {
		var err error
		if n, err = strconv.ParseUint(port[1:], 10, 16); err != nil {
			return nil, false
		}
	}
	body := []byte{byte(n >> 8), byte(n)}
	if ip4, ok := slowFour(ip); ok {
		if zone != "" || flow != "" {
			return nil, false
		}
		return slowHeader(constants.AF_INET, string(body)+string(ip4)+
			"\x00\x00\x00\x00\x00\x00\x00\x00"), true
	}
	ip6, ok := slowSixteen(ip)
	if !ok {
		return nil, false
	}
	var flowInfo uint64
	if flow != "" {
		var err error
		if flowInfo, err = strconv.ParseUint(flow[len("/flow=0x"):], 16, 28); err != nil {
			return nil, false
		}
	}
	var scope uint32
	if zone != "" {
		if !slowScope.MatchString(hexOf(ip6)) {
			return nil, false
		}
		if scope, ok = slowZone(zone[1:]); !ok {
			return nil, false
		}
	}
	body = binary.BigEndian.AppendUint32(body, uint32(flowInfo))
	body = append(body, ip6...)
	body = binary.NativeEndian.AppendUint32(body, scope)
	return slowHeader(constants.AF_INET6, string(body)), true
}

// slowFour is four decimal numbers up to 255, without leading zeros.
func slowFour(s string) ([]byte, bool) {
	parts := strings.Split(s, ".")
	if len(parts) != 4 {
		return nil, false
	}
	var ip []byte
	for _, part := range parts {
		n, err := strconv.Atoi(part)
		if err != nil || n > 255 || strconv.Itoa(n) != part {
			return nil, false
		}
		ip = append(ip, byte(n))
	}
	return ip, true
}

// slowSixteen is RFC 4291, section 2.2.
func slowSixteen(s string) ([]byte, bool) {
	// The last 4 bytes may be written like IPv4.
	if i := strings.LastIndex(s, ":"); strings.Contains(s, ".") {
		ip4, ok := slowFour(s[i+1:])
		if !ok {
			return nil, false
		}
		s = s[:i+1] + hex.EncodeToString(ip4[:2]) + ":" + hex.EncodeToString(ip4[2:])
	}
	before, after, elided := strings.Cut(s, "::")
	if strings.Contains(after, "::") {
		return nil, false
	}
	head, ok := slowGroups(before)
	tail, ok2 := slowGroups(after)
	if !ok || !ok2 {
		return nil, false
	}
	zeros := 16 - len(head) - len(tail)
	if elided && zeros < 2 || !elided && zeros != 0 {
		return nil, false
	}
	return append(append(head, make([]byte, zeros)...), tail...), true
}

func slowGroups(s string) (b []byte, ok bool) {
	if s == "" {
		return nil, true
	}
	for _, group := range strings.Split(s, ":") {
		n, err := strconv.ParseUint(group, 16, 16)
		if err != nil || len(group) > 4 {
			return nil, false
		}
		b = binary.BigEndian.AppendUint16(b, uint16(n))
	}
	return b, true
}

func slowZone(zone string) (uint32, bool) {
	if regexp.MustCompile(`^[0-9]+$`).MatchString(zone) {
		n, err := strconv.ParseUint(zone, 10, 32)
		return uint32(n), err == nil
	}
	ifi, err := net.InterfaceByName(zone)
	if err != nil {
		return 0, false
	}
	return uint32(ifi.Index), true
}

func slowPath(path string) ([]byte, bool) {
	if strings.Contains(path, "\x00") || len(path) > sockaddr.MaxUnixPath {
		return nil, false
	}
	if len(path) < sockaddr.SunPathSize {
		path += "\x00"
	}
	return slowHeader(constants.AF_UNIX, path), true
}

var (
	slowEscaped = regexp.MustCompile(`(?s)^(?:[^\\]|\\\\|\\x[0-9a-fA-F]{2})*$`)
	slowEscape  = regexp.MustCompile(`\\\\|\\x[0-9a-fA-F]{2}`)
)

func slowUnescape(s string) (string, bool) {
	if !slowEscaped.MatchString(s) {
		return "", false
	}
	return slowEscape.ReplaceAllStringFunc(s, func(escape string) string {
		if escape == `\\` {
			return `\`
		}
		c, _ := strconv.ParseUint(escape[2:], 16, 8)
		return string([]byte{byte(c)})
	}), true
}

// slowHeader puts the family, and on the BSDs the length, before the rest.
func slowHeader(family constants.Family, rest string) []byte {
	header := binary.NativeEndian.AppendUint16(nil, uint16(family))
	if bsdHeader {
		header = []byte{byte(2 + len(rest)), byte(family)}
	}
	return append(header, rest...)
}

// slowRaw is the form of bytes. That FromRaw puts addresses in one form is tested elsewhere.
func slowRaw(family, digits string) ([]byte, bool) {
	f, err := constants.ParseFamily(family)
	b, err2 := hex.DecodeString(digits)
	if err != nil || err2 != nil || f < 0 || f > 0xffff || bsdHeader && f > 0xff || len(b) > 126 {
		return nil, false
	}
	a, err := sockaddr.FromRaw(slowHeader(f, string(b)))
	return a.Raw(), err == nil
}

// slowLayouts has for each layout how many fields its text must have, the family, and the bytes
// behind it. A letter is an encoding, the digit behind it the number of the field in the text:
//
//	B byte, C signed byte, H 16 bits, W 32 bits, Q 64 bits; n 16 bits, big endian;
//	v 16 bits, little endian; I interface; M six bytes, R six bytes reversed;
//	T text up to its end, padded to the size that follows; O a byte that counts
//	octets, which follow, padded to 8; S text of 63 bytes, counted in a word behind
//	it; g a GUID, G the same or a name; . a zero byte, = the byte that follows
var slowLayouts = map[string]slowForm{
	"packet":       {2, constants.AF_PACKET, "n0 I1 H2 B3 O4"},
	"pppoe":        {3, constants.AF_PPPOX, ". . . . n0 M1 T2,16"},
	"netlink":      {1, constants.AF_NETLINK, ". . W0 W1"},
	"vsock":        {2, constants.AF_VSOCK, ". . W1 W0 B2 . . ."},
	"alg":          {2, constants.AF_ALG, "T0,14 W2 W3 T1,64"},
	"xdp":          {2, constants.AF_XDP, "H2 I0 W1 W3"},
	"can":          {1, constants.AF_CAN, ". . I0"},
	"isotp":        {3, constants.AF_CAN, ". . I0 W1 W2"},
	"j1939":        {4, constants.AF_CAN, ". . I0 Q1 W2 B3 . . ."},
	"tipc-socket":  {2, constants.AF_TIPC, "=3 C2 W0 W1 . . . ."},
	"tipc-service": {2, constants.AF_TIPC, "=2 C3 W0 W1 W2"},
	"tipc-range":   {3, constants.AF_TIPC, "=1 C3 W0 W1 W2"},
	"nfc":          {3, constants.AF_NFC, ". . W0 W1 W2"},
	"nfc-llcp":     {5, constants.AF_NFC, ". . W0 W1 W2 B3 B4 S5"},
	"l2cap":        {2, constants.AF_BLUETOOTH, "v1 R0 v2 B3 ."},
	"rfcomm":       {2, constants.AF_BLUETOOTH, "R0 B1 ."},
	"sco":          {1, constants.AF_BLUETOOTH, "R0"},
	"hci":          {2, constants.AF_BLUETOOTH, "H0 H1"},
	"hyperv":       {2, constants.AF_HYPERV, ". . G0 g1"},
}

type slowForm struct {
	required int
	family   constants.Family
	bytes    string
}

func slowLayout(form slowForm, s string) ([]byte, bool) {
	if !sockaddr.HasLinuxLayouts && !sockaddr.HasWindowsLayouts ||
		sockaddr.HasWindowsLayouts != (form.family == constants.AF_HYPERV) {
		return nil, false
	}
	fields := strings.Split(s, ":")
	if len(fields) < form.required || len(fields) > 1+slowHighest(form.bytes) {
		return nil, false
	}
	var b []byte
	for _, code := range strings.Fields(form.bytes) {
		letter, arg := code[0], code[1:]
		if letter == '.' {
			b = append(b, 0)
			continue
		} else if letter == '=' {
			b = append(b, arg[0]-'0')
			continue
		}
		number, width, _ := strings.Cut(arg, ",")
		i, _ := strconv.Atoi(number)
		field, given := "", i < len(fields)
		if given {
			field = fields[i]
		}
		var ok bool
		if b, ok = slowField(b, letter, width, field, given); !ok {
			return nil, false
		}
	}
	return slowHeader(form.family, string(b)), true
}

// slowHighest is the highest number of a field.
func slowHighest(form string) int {
	highest := 0
	for _, code := range strings.Fields(form) {
		if code[0] != '.' && code[0] != '=' {
			number, _, _ := strings.Cut(code[1:], ",")
			n, _ := strconv.Atoi(number)
			highest = max(highest, n)
		}
	}
	return highest
}

func slowField(b []byte, letter byte, width, field string, given bool) ([]byte, bool) {
	bits := map[byte]int{'B': 8, 'H': 16, 'n': 16, 'v': 16, 'W': 32, 'Q': 64}[letter]
	switch letter {
	case 'g', 'G':
		if letter == 'G' {
			for name, id := range map[string]string{
				"any":       "00000000-0000-0000-0000-000000000000",
				"broadcast": "ffffffff-ffff-ffff-ffff-ffffffffffff",
				"children":  "90db8b89-0d35-4f79-8ce9-49ea0ac8b7cd",
				"loopback":  "e0e16197-dd56-4a10-9195-5ee7a155a838",
				"parent":    "a42e7cda-d03f-480c-9cc2-a4de20abb878",
			} {
				if field == name {
					field = id
				}
			}
		}
		m := slowGUID.FindStringSubmatch(field)
		if m == nil {
			return nil, false
		}
		first, _ := strconv.ParseUint(m[1], 16, 32)
		second, _ := strconv.ParseUint(m[2], 16, 16)
		third, _ := strconv.ParseUint(m[3], 16, 16)
		rest, _ := hex.DecodeString(m[4] + m[5])
		b = binary.LittleEndian.AppendUint32(b, uint32(first))
		b = binary.LittleEndian.AppendUint16(b, uint16(second))
		b = binary.LittleEndian.AppendUint16(b, uint16(third))
		return append(b, rest...), true
	case 'B', 'H', 'W', 'Q', 'n', 'v':
		var v uint64
		if given {
			m := regexp.MustCompile(`^(?:0x([0-9a-fA-F]+)|([0-9]+))$`).FindStringSubmatch(field)
			if m == nil {
				return nil, false
			}
			var err error
			if m[1] != "" {
				v, err = strconv.ParseUint(m[1], 16, bits)
			} else {
				v, err = strconv.ParseUint(m[2], 10, bits)
			}
			if err != nil {
				return nil, false
			}
		}
		switch letter {
		case 'B':
			return append(b, byte(v)), true
		case 'H':
			return binary.NativeEndian.AppendUint16(b, uint16(v)), true
		case 'n':
			return binary.BigEndian.AppendUint16(b, uint16(v)), true
		case 'v':
			return binary.LittleEndian.AppendUint16(b, uint16(v)), true
		case 'W':
			return binary.NativeEndian.AppendUint32(b, uint32(v)), true
		}
		return binary.NativeEndian.AppendUint64(b, v), true
	case 'C':
		v := 0
		if given {
			if !regexp.MustCompile(`^-?[0-9]+$`).MatchString(field) {
				return nil, false
			}
			var err error
			if v, err = strconv.Atoi(field); err != nil || v < -128 || v > 127 {
				return nil, false
			}
		}
		return append(b, byte(v)), true
	case 'I':
		index, ok := slowZone(field)
		return binary.NativeEndian.AppendUint32(b, index), ok
	case 'M', 'R':
		octets, ok := slowOctets(field)
		if !ok || len(octets) != 6 {
			return nil, false
		}
		if letter == 'R' {
			for i := range octets {
				b = append(b, octets[5-i])
			}
			return b, true
		}
		return append(b, octets...), true
	case 'O':
		octets, ok := slowOctets(field)
		if !ok || len(octets) > 32 {
			return nil, false
		}
		b = append(append(b, byte(len(octets))), octets...)
		for range 8 - len(octets) {
			b = append(b, 0)
		}
		return b, true
	case 'S':
		name, ok := slowUnescape(field)
		if !ok || len(name) > 63 {
			return nil, false
		}
		b = append(append(b, name...), make([]byte, 63-len(name))...)
		for (2+len(b))%(strconv.IntSize/8) != 0 {
			b = append(b, 0)
		}
		if strconv.IntSize == 32 {
			return binary.NativeEndian.AppendUint32(b, uint32(len(name))), true
		}
		return binary.NativeEndian.AppendUint64(b, uint64(len(name))), true
	case 'T':
		name, ok := slowUnescape(field)
		size, _ := strconv.Atoi(width)
		if size == 64 && len(name) >= size { // an algorithm's name may go on
			size = len(name) + 1
		}
		if !ok || len(name) >= size || strings.Contains(name, "\x00") || len(b)+size > 126 {
			return nil, false
		}
		return append(append(b, name...), make([]byte, size-len(name))...), true
	}
	panic("no such letter: " + string(letter))
}

func slowOctets(s string) ([]byte, bool) {
	if s == "" {
		return nil, true
	}
	if !regexp.MustCompile(`^[0-9a-fA-F]{2}(-[0-9a-fA-F]{2})*$`).MatchString(s) {
		return nil, false
	}
	b, err := hex.DecodeString(strings.ReplaceAll(s, "-", ""))
	return b, err == nil
}
