package constants_test

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"testing"

	"example.com/bsdsocket/constants"
)

// Row E2: integer to symbol and symbol to integer, in the spelling of C, the egg and in plain
// words, for every constant.
func TestE2EverySpelling(t *testing.T) {
	tested := 0
	for _, k := range kinds {
		for c := range constants.All() {
			if c.Kind != k.name {
				continue
			}
			tested++
			egg := strings.ToLower(strings.Replace(c.Name, "_", "/", 1))
			spellings := []string{c.Name, strings.ToLower(c.Name), egg,
				strings.ReplaceAll(egg, "_", "-")}
			if plain, ok := strings.CutPrefix(c.Name, k.prefix); ok && k.prefix != "" {
				spellings = append(spellings, plain, strings.ToLower(plain))
			}
			for _, s := range spellings {
				v, err := k.parse(s)
				switch {
				case c.Defined() || k.name == "EAI":
					if v != c.Value || err != nil {
						t.Errorf("Parse%s(%q) = %d, %v, want %d", k.name, s, v, err, c.Value)
					}
				case k.name == "Level" && s != c.Name && err == nil:
					// A plain word that is a level here under another name: "tcp" is IPPROTO_TCP
					// without a SOL_TCP.
				case v != constants.Undefined || !errors.Is(err, errors.ErrUnsupported):
					t.Errorf("Parse%s(%q) = %d, %v, want Undefined and an unsupported error",
						k.name, s, v, err)
				}
			}
			if k.known(c.Value) != c.Defined() {
				t.Errorf("%s: Defined of the type is %t, of All %t", c.Name, k.known(c.Value),
					c.Defined())
			}
		}
	}
	if tested < 1000 {
		t.Errorf("%d constants have a type, want 1,000 and more", tested)
	}
}

// Row E2: what String prints for a constant is a name of the same number, and parses back.
func TestE2StringRoundTrip(t *testing.T) {
	byName := all()
	for _, k := range kinds {
		for c := range constants.All() {
			if c.Kind != k.name || !c.Defined() && k.name != "EAI" {
				continue
			}
			s := k.str(c.Value)
			if v, err := k.parse(s); v != c.Value || err != nil {
				t.Errorf("Parse%s(%q) of %s = %d, %v, want %d", k.name, s, c.Name, v, err, c.Value)
			}
			if k.name == "OptionName" { // a number alone has no name
				continue
			}
			if named, ok := byName[s]; ok && named.Value != c.Value {
				t.Errorf("%s prints as %s, which is %d and not %d", c.Name, s, named.Value, c.Value)
			} else if !ok && k.name != "Protocol" && c.Name != "AF_MAX" && !strings.Contains(s,
				"|") {
				t.Errorf("%s prints as %s", c.Name, s)
			}
		}
	}
}

// Row E2: the options of every level print with their level, and parse to it.
func TestE2OptionRoundTrip(t *testing.T) {
	byName := all()
	tested := 0
	for c := range constants.All() {
		if c.Kind != "OptionName" {
			continue
		}
		level, name, err := constants.ParseOption(c.Name)
		if !c.Defined() {
			if level != constants.Undefined || name != constants.Undefined ||
				!errors.Is(err, errors.ErrUnsupported) {
				t.Errorf("ParseOption(%q) = %v, %v, %v, want an unsupported error", c.Name, level,
					name, err)
			}
			continue
		}
		if err != nil || int64(name) != c.Value {
			t.Errorf("ParseOption(%q) = %v, %v, %v, want number %d", c.Name, level, name, err,
				c.Value)
			continue
		}
		tested++
		// One of the two knows the number, and under a name that has it: an alias may print as its
		// other name.
		found := false
		for _, s := range []string{constants.OptionString(level, name),
			constants.ControlString(level, name)} {
			known, ok := byName[s]
			if !ok && !strings.HasPrefix(s, "OptionName(") || ok && known.Value != c.Value {
				t.Errorf("option %s at %v prints as %s", c.Name, level, s)
			}
			found = found || ok
		}
		if !found {
			t.Errorf("option %s at %v has no name", c.Name, level)
		}
	}
	if tested == 0 {
		t.Error("no option is defined here")
	}
}

// Row E2: plain names of options stand for the first of several.
func TestE2PlainOptions(t *testing.T) {
	for _, tt := range []struct {
		plain string
		names []string // the first that is defined is it
	}{
		{"reuseaddr", []string{"SO_REUSEADDR"}},
		{"NoDelay", []string{"TCP_NODELAY"}},
		{"multicast-loop", []string{"IP_MULTICAST_LOOP"}},
		{"v6only", []string{"IPV6_V6ONLY"}},
		{"pktinfo", []string{"IP_PKTINFO", "IPV6_PKTINFO"}},
		{"keepalive", []string{"SO_KEEPALIVE"}}, // not TCP_KEEPALIVE
		{"dontfrag", []string{"IP_DONTFRAG", "IPV6_DONTFRAG"}},
		{"cork", []string{"TCP_CORK", "UDP_CORK"}},
		{"segment", []string{"UDP_SEGMENT"}},
		{"recvorigdstaddr", []string{"IP_RECVORIGDSTADDR", "IPV6_RECVORIGDSTADDR"}},
	} {
		want := tt.names[0]
		for _, name := range tt.names {
			if all()[name].Defined() {
				want = name
				break
			}
		}
		level, name, err := constants.ParseOption(tt.plain)
		wantLevel, wantName, wantErr := constants.ParseOption(want)
		if level != wantLevel || name != wantName || (err == nil) != (wantErr == nil) {
			t.Errorf("ParseOption(%q) = %v, %v, %v, want %s: %v, %v", tt.plain, level, name, err,
				want, wantLevel, wantName)
		}
		if got, err := constants.ParseOptionName(tt.plain); got != wantName ||
			(err == nil) != (wantErr == nil) {
			t.Errorf("ParseOptionName(%q) = %v, %v, want %v", tt.plain, got, err, wantName)
		}
	}
}

func TestString(t *testing.T) {
	for _, tt := range []struct {
		got  fmt.Stringer
		want string
	}{
		{constants.AF_INET, "AF_INET"},
		{constants.AF_UNSPEC, "AF_UNSPEC"},
		{constants.AF_LOCAL, "AF_UNIX"},
		{constants.Family(500), "Family(500)"},
		{constants.Family(-500), "Family(-500)"},
		{constants.Family(constants.Undefined), "Undefined"},
		{constants.SOCK_STREAM, "SOCK_STREAM"},
		{constants.SocketType(0), "SocketType(0)"},
		{constants.SocketType(99), "SocketType(99)"},
		{constants.SocketType(constants.Undefined), "Undefined"},
		{constants.Protocol(constants.IPPROTO_TCP), "IPPROTO_TCP"},
		{constants.Protocol(0), "IPPROTO_IP"},
		{constants.Protocol(300), "Protocol(300)"},
		{constants.SOL_SOCKET, "SOL_SOCKET"},
		{constants.Level(constants.IPPROTO_IP), "IPPROTO_IP"},
		{constants.Level(constants.IPPROTO_TCP), "IPPROTO_TCP"},
		{constants.Level(constants.IPPROTO_IPV6), "IPPROTO_IPV6"},
		{constants.Level(constants.IPPROTO_UDP), "IPPROTO_UDP"},
		{constants.Level(5000), "Level(5000)"},
		{constants.OptionName(5), "OptionName(5)"},
		{constants.OptionName(constants.Undefined), "Undefined"},
		{constants.MsgFlag(0), "0"},
		{constants.MSG_PEEK, "MSG_PEEK"},
		{constants.MSG_PEEK | constants.MSG_OOB, "MSG_OOB|MSG_PEEK"},
		{constants.MSG_PEEK | 1<<28, "MSG_PEEK|0x10000000"},
		{constants.MsgFlag(1<<28 | 1<<27), "0x18000000"},
		{constants.MsgFlag(-2), "MsgFlag(-2)"},
		{constants.MSG_PEEK | constants.Undefined, "Undefined"},
		{constants.SHUT_RDWR, "SHUT_RDWR"},
		{constants.ShutdownHow(9), "ShutdownHow(9)"},
		{constants.AI_PASSIVE | constants.AI_CANONNAME, "AI_PASSIVE|AI_CANONNAME"},
		{constants.AddrInfoFlag(0), "0"},
		{constants.NI_DGRAM, "NI_DGRAM"},
		{constants.EAI_NONAME, "EAI_NONAME"},
		{constants.EAI_BADFLAGS, "EAI_BADFLAGS"},
		{constants.EAI(777), "EAI(777)"},
	} {
		if tt.got.String() != tt.want {
			t.Errorf("%T %d prints as %s, want %s", tt.got, tt.got, tt.got, tt.want)
		}
	}
}

// Options of different levels share numbers; the strings tell them apart.
func TestOptionString(t *testing.T) {
	for _, tt := range []struct {
		level constants.Level
		name  constants.OptionName
		want  string
	}{
		{constants.SOL_SOCKET, constants.SO_REUSEADDR, "SO_REUSEADDR"},
		{constants.IPPROTO_TCP, constants.TCP_NODELAY, "TCP_NODELAY"},
		{constants.IPPROTO_IP, constants.IP_TTL, "IP_TTL"},
		{constants.IPPROTO_IP, constants.IP_ADD_MEMBERSHIP, "IP_ADD_MEMBERSHIP"},
		{constants.IPPROTO_IPV6, constants.IPV6_V6ONLY, "IPV6_V6ONLY"},
		{constants.IPPROTO_IPV6, constants.IPV6_JOIN_GROUP, "IPV6_JOIN_GROUP"},
		{constants.SOL_SOCKET, 500, "OptionName(500)"},
		{500, constants.SO_REUSEADDR, constants.SO_REUSEADDR.String()},
		{constants.SOL_SOCKET, constants.Undefined, "Undefined"},
		{constants.Undefined, 1, "OptionName(1)"},
	} {
		if got := constants.OptionString(tt.level, tt.name); got != tt.want {
			t.Errorf("OptionString(%v, %d) = %s, want %s", tt.level, tt.name, got, tt.want)
		}
	}
}

func TestParse(t *testing.T) {
	for _, tt := range []struct {
		parse string
		in    string
		want  int64
	}{
		{"Family", "AF_INET", int64(constants.AF_INET)},
		{"Family", "af/inet6", int64(constants.AF_INET6)},
		{"Family", "inet", int64(constants.AF_INET)},
		{"Family", "ipv4", int64(constants.AF_INET)},
		{"Family", "IP4", int64(constants.AF_INET)},
		{"Family", "IPv6", int64(constants.AF_INET6)},
		{"Family", "ip6", int64(constants.AF_INET6)},
		{"Family", "unix", int64(constants.AF_UNIX)},
		{"Family", "AF_DECnet", all()["AF_DECnet"].Value},
		{"Family", "2", 2},
		{"Family", "0x1f", 31},
		{"Family", "Family(500)", 500},
		{"Family", "-7", -7},
		{"SocketType", "stream", int64(constants.SOCK_STREAM)},
		{"SocketType", "sock/dgram", int64(constants.SOCK_DGRAM)},
		{"Protocol", "tcp", constants.IPPROTO_TCP},
		{"Protocol", "ipproto/udp", constants.IPPROTO_UDP},
		{"Protocol", "3pc", all()["IPPROTO_3PC"].Value},
		{"Level", "socket", int64(constants.SOL_SOCKET)},
		{"Level", "tcp", constants.IPPROTO_TCP},
		{"Level", "IPPROTO_IPV6", constants.IPPROTO_IPV6},
		{"OptionName", "so/reuseaddr", int64(constants.SO_REUSEADDR)},
		{"OptionName", "ip/add-membership", int64(constants.IP_ADD_MEMBERSHIP)},
		{"OptionName", "OptionName(5)", 5},
		{"MsgFlag", "MSG_PEEK|MSG_OOB", int64(constants.MSG_PEEK | constants.MSG_OOB)},
		{"MsgFlag", " peek, msg/oob | 0x10000000 ",
			int64(constants.MSG_PEEK|constants.MSG_OOB) | 1<<28},
		{"MsgFlag", "0", 0},
		{"ShutdownHow", "rdwr", int64(constants.SHUT_RDWR)},
		{"AddrInfoFlag", "passive,canonname", int64(constants.AI_PASSIVE | constants.AI_CANONNAME)},
		{"NameInfoFlag", "ni/numerichost|ni/dgram",
			int64(constants.NI_NUMERICHOST | constants.NI_DGRAM)},
		{"EAI", "noname", int64(constants.EAI_NONAME)},
		{"EAI", "-1", -1}, // EAI_BADFLAGS, or no code; never Undefined
	} {
		for _, k := range kinds {
			if k.name != tt.parse {
				continue
			}
			got, err := k.parse(tt.in)
			if tt.want == constants.Undefined && k.name != "EAI" {
				if !errors.Is(err, errors.ErrUnsupported) {
					t.Errorf("Parse%s(%q) = %d, %v, want an unsupported error", k.name, tt.in, got,
						err)
				}
			} else if got != tt.want || err != nil {
				t.Errorf("Parse%s(%q) = %d, %v, want %d", k.name, tt.in, got, err, tt.want)
			}
		}
	}
}

// An error names the input and the kind, and says whether the name is unknown, unavailable here or
// too large a number.
func TestParseErrors(t *testing.T) {
	huge := "9" + strconv.FormatUint(math.MaxUint64, 10)
	for _, k := range kinds {
		for _, tt := range []struct {
			in    string
			whole string // the error text after the input
			is    error
		}{
			{"", "no name", nil},
			{"nosuch", "unknown name", nil},
			{k.prefix + "_", "unknown name", nil},
			{"in et", "unknown name", nil},
			{"12x", "unknown name", nil},
			{"+2", "unknown name", nil},
			{"1_000", "unknown name", nil},
			{"0x", "unknown name", nil},
			{"0x-2", "unknown name", nil},
			{k.name + "(5", "unknown name", nil},
			{k.name + "()", "unknown name", nil},
			{"Other(5)", "unknown name", nil},
			{"\x00", "unknown name", nil},
			{"ſtream", "unknown name", nil}, // a letter whose upper case is S
			{huge, "value out of range", strconv.ErrRange},
			{"-" + huge, "value out of range", strconv.ErrRange},
		} {
			_, err := k.parse(tt.in)
			var pe *constants.ParseError
			if !errors.As(err, &pe) {
				t.Errorf("Parse%s(%q): %v, want a *ParseError", k.name, tt.in, err)
				continue
			}
			if pe.Kind != k.name || pe.Name != tt.in || pe.Err == nil {
				t.Errorf("Parse%s(%q): error about %s %q: %v", k.name, tt.in, pe.Kind, pe.Name,
					pe.Err)
			}
			if want := fmt.Sprintf("constants: parse %s %q: %s", k.name, tt.in,
				tt.whole); err.Error() != want {
				t.Errorf("Parse%s(%q): %v, want %s", k.name, tt.in, err, want)
			}
			if tt.is != nil && !errors.Is(err, tt.is) {
				t.Errorf("Parse%s(%q): %v is not %v", k.name, tt.in, err, tt.is)
			}
			if errors.Is(err, errors.ErrUnsupported) {
				t.Errorf("Parse%s(%q): %v is an unsupported error", k.name, tt.in, err)
			}
		}
	}
}

// In a list of flags the error names the list and the part.
func TestParseFlagErrors(t *testing.T) {
	for in, want := range map[string]string{
		"peek|nosuch":      `constants: parse MsgFlag "peek|nosuch": "nosuch": unknown name`,
		"peek|":            `constants: parse MsgFlag "peek|": "": no name`,
		"peek,,oob":        `constants: parse MsgFlag "peek,,oob": "": no name`,
		"MSG_PEEK|AF_INET": `constants: parse MsgFlag "MSG_PEEK|AF_INET": "AF_INET": unknown name`,
	} {
		v, err := constants.ParseMsgFlag(in)
		if v != constants.Undefined || err == nil || err.Error() != want {
			t.Errorf("ParseMsgFlag(%q) = %v, %v, want %s", in, v, err, want)
		}
	}
	if v, err := constants.ParseMsgFlag("-2|1"); v != constants.Undefined ||
		!errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("numbers that make all bits: %v, %v, want an unsupported error", v, err)
	}
	if v, err := constants.ParseSocketType("stream|dgram"); v != constants.Undefined || err == nil {
		t.Errorf(`ParseSocketType("stream|dgram") = %v, %v, want an error`, v, err)
	}
}

// SOCK_CLOEXEC and SOCK_NONBLOCK are flags beside a type.
func TestSocketTypeFlags(t *testing.T) {
	for _, flag := range []constants.SocketType{constants.SOCK_CLOEXEC, constants.SOCK_NONBLOCK} {
		both := constants.SOCK_STREAM | flag
		if !flag.Defined() {
			if both.Defined() || both.String() != "Undefined" ||
				both.Base() != constants.Undefined {
				t.Errorf("SOCK_STREAM with an undefined flag is %v of base %v", both, both.Base())
			}
			continue
		}
		if want := "SOCK_STREAM|" + flag.String(); both.String() != want {
			t.Errorf("%d prints as %v, want %s", int(both), both, want)
		}
		if both.Base() != constants.SOCK_STREAM || flag.Base() != 0 {
			t.Errorf("Base: %v and %v", both.Base(), flag.Base())
		}
		for _, v := range []constants.SocketType{both, flag, 99 | flag} {
			if got, err := constants.ParseSocketType(v.String()); got != v || err != nil {
				t.Errorf("ParseSocketType(%q) = %d, %v, want %d", v, int(got), err, int(v))
			}
		}
		text := "stream, " + strings.ToLower(flag.String()[len("SOCK_"):])
		if got, err := constants.ParseSocketType(text); got != both || err != nil {
			t.Errorf("plain words: %v, %v, want %v", got, err, both)
		}
	}
}

// Undefined stays Undefined in a set of flags, and is neither defined nor a name.
func TestUndefined(t *testing.T) {
	if f := constants.MSG_PEEK | constants.Undefined; f.Defined() || f != constants.Undefined {
		t.Errorf("MSG_PEEK|Undefined is %v", f)
	}
	for _, k := range kinds {
		if k.name == "EAI" {
			continue
		}
		if k.known(constants.Undefined) || k.str(constants.Undefined) != "Undefined" {
			t.Errorf("%s: Undefined is %t, %s", k.name, k.known(constants.Undefined),
				k.str(constants.Undefined))
		}
		for _, in := range []string{"Undefined", "-1", k.name + "(-1)"} {
			if v, err := k.parse(in); v != constants.Undefined ||
				!errors.Is(err, errors.ErrUnsupported) {
				t.Errorf("Parse%s(%q) = %d, %v, want Undefined and an unsupported error", k.name,
					in, v, err)
			}
		}
	}
}

// The codes of getaddrinfo are distinct on every platform, so that each can be told from the others
// even where the system lacks some.
func TestEAIDistinct(t *testing.T) {
	seen := make(map[int64]string)
	for c := range constants.All() {
		if c.Kind != "EAI" {
			continue
		}
		if other := seen[c.Value]; other != "" {
			t.Errorf("%s and %s are both %d", other, c.Name, c.Value)
		}
		seen[c.Value] = c.Name
		if s := constants.EAI(c.Value).String(); s != c.Name {
			t.Errorf("%s prints as %s", c.Name, s)
		}
		if c.Value == 0 {
			t.Errorf("%s is 0, which is success", c.Name)
		}
	}
	for _, name := range []string{"EAI_AGAIN", "EAI_BADFLAGS", "EAI_FAIL", "EAI_FAMILY",
		"EAI_MEMORY", "EAI_NONAME", "EAI_SERVICE", "EAI_SOCKTYPE"} {
		if c := all()[name]; !c.Defined() {
			t.Errorf("%s of RFC 3493 is not defined here", name)
		}
	}
}

// Printing a known constant allocates nothing.
func TestStringAllocates(t *testing.T) {
	values := []fmt.Stringer{
		constants.AF_INET6, constants.SOCK_DGRAM, constants.Protocol(constants.IPPROTO_UDP),
		constants.SOL_SOCKET,
		constants.Level(constants.IPPROTO_TCP), constants.MSG_PEEK, constants.MsgFlag(0),
		constants.SHUT_WR,
		constants.AI_PASSIVE, constants.NI_DGRAM, constants.EAI_NONAME,
		constants.Family(constants.Undefined),
	}
	n := 0
	if allocs := testing.AllocsPerRun(100, func() {
		for _, v := range values {
			n += len(v.String())
		}
		n += len(constants.OptionString(constants.IPPROTO_TCP, constants.TCP_NODELAY))
		n += len(constants.ControlString(constants.SOL_SOCKET, constants.SO_TIMESTAMP))
	}); allocs != 0 {
		t.Errorf("%v allocations, want none", allocs)
	}
	if n == 0 {
		t.Error("nothing was printed")
	}
}

// All keeps its order, and stops when it is told to.
func TestAll(t *testing.T) {
	var order []string
	var last constants.Constant
	count := 0
	for c := range constants.All() {
		count++
		if c.Kind != last.Kind {
			order = append(order, c.Kind)
		} else if c.Name <= last.Name {
			t.Errorf("%s comes after %s", c.Name, last.Name)
		}
		if !c.Defined() && c.Kind != "EAI" && c.Value != constants.Undefined {
			t.Errorf("%s is not defined, and %d", c.Name, c.Value)
		}
		last = c
	}
	want := []string{"Value"}
	for i := range kinds {
		want = append(want[:i:i], kinds[i].name, "Value")
	}
	if fmt.Sprint(order) != fmt.Sprint(want) {
		t.Errorf("kinds %v, want %v", order, want)
	}
	if len(all()) != count {
		t.Errorf("%d names, of which %d differ", count, len(all()))
	}
	for range constants.All() {
		break
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{
		"AF_INET", "af/inet", "inet", "ipv6", "2", "0x2", "-5", "Family(500)", "Undefined", "",
		"SOCK_STREAM|SOCK_CLOEXEC",
		"MSG_PEEK|0x40000", "peek, oob", "EAI(-1000001)", "so/reuseaddr", "OptionName(-3)", "-2|1",
		"|", "SocketType(-2049)|0x800",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, k := range kinds {
			v, err := k.parse(s)
			if err != nil {
				var pe *constants.ParseError
				if !errors.As(err, &pe) || pe.Name != s || pe.Kind != k.name {
					t.Errorf("Parse%s(%q): %#v", k.name, s, err)
				}
				continue
			}
			back, err := k.parse(k.str(v))
			if back != v || err != nil {
				t.Errorf("Parse%s(%q) = %d, which prints as %s, which parses as %d, %v", k.name, s,
					v, k.str(v), back, err)
			}
		}
	})
}

// What String prints for any number parses back to it.
func FuzzString(f *testing.F) {
	for _, n := range []int32{0, 1, 2, 500, -2, -2049, math.MaxInt32, math.MinInt32, 0x80000,
		-1_000_001} {
		f.Add(n)
	}
	f.Fuzz(func(t *testing.T, n int32) {
		for _, k := range kinds {
			if n == constants.Undefined && k.name != "EAI" {
				continue
			}
			if v, err := k.parse(k.str(int64(n))); v != int64(n) || err != nil {
				t.Errorf("%s %d prints as %s, which parses as %d, %v", k.name, n, k.str(int64(n)),
					v, err)
			}
		}
	})
}

// AF_LOCAL is AF_UNIX wherever there is one.
func TestAFLocal(t *testing.T) {
	if constants.AF_LOCAL != constants.AF_UNIX {
		t.Errorf("AF_LOCAL is %d, AF_UNIX %d", int(constants.AF_LOCAL), int(constants.AF_UNIX))
	}
}

// A name that cannot be parsed as an EAI gives no code that a system has.
func TestParseEAIUnknown(t *testing.T) {
	for _, name := range []string{"", "EAI_NOSUCH", "x", "EAI(", "Undefined"} {
		if e, err := constants.ParseEAI(name); err == nil || e.Defined() {
			t.Errorf("ParseEAI(%q) is %v, %v", name, e, err)
		}
	}
}
