package constants

import (
	"errors"
	"strconv"
	"strings"
	"sync"
)

// An entry is one constant of the generated tables.
type entry struct {
	name     string
	value    int64
	rank     rank
	group    uint8 // of an option: the index in optionGroups
	minusOne bool  // the number is -1, and not Undefined
}

// A rank orders the names of one number: String prints the one of the lowest rank.
type rank uint8

const (
	rankFirst rank = iota
	rankAlias      // another name for a number, or an old one
	rankNever      // String never prints it: it is a limit, say, or the protocol of another family
)

// A table has the names of one kind. Its maps are made when they are first needed.
type table struct {
	kind     string
	prefixes []string // that a plain spelling may leave out
	// Those of the kind, and further names of its numbers: at equal rank the earlier wins.
	entries [][]entry
	once    sync.Once
	byValue map[int64]string
	byName  map[string]*entry // by the result of normalize
}

var (
	families = table{kind: "Family", prefixes: []string{"AF_"},
		entries: [][]entry{familyEntries}}
	socketTypes = table{kind: "SocketType", prefixes: []string{"SOCK_"},
		entries: [][]entry{socketTypeEntries}}
	protocols = table{kind: "Protocol", prefixes: []string{"IPPROTO_"},
		entries: [][]entry{protocolEntries}}
	levels = table{kind: "Level", prefixes: []string{"SOL_", "IPPROTO_"},
		entries: levelNames}
	options = table{kind: "OptionName",
		prefixes: []string{"SO_", "IP_", "IPV6_", "TCP_", "UDP_"},
		entries:  [][]entry{optionEntries}}
	msgFlags = table{kind: "MsgFlag", prefixes: []string{"MSG_"},
		entries: [][]entry{msgFlagEntries}}
	shutdownHows = table{kind: "ShutdownHow", prefixes: []string{"SHUT_"},
		entries: [][]entry{shutdownHowEntries}}
	addrInfoFlags = table{kind: "AddrInfoFlag", prefixes: []string{"AI_"},
		entries: [][]entry{addrInfoFlagEntries}}
	nameInfoFlags = table{kind: "NameInfoFlag", prefixes: []string{"NI_"},
		entries: [][]entry{nameInfoFlagEntries}}
	eais   = table{kind: "EAI", prefixes: []string{"EAI_"}, entries: [][]entry{eaiEntries}}
	values = table{kind: "Value", entries: [][]entry{valueEntries}}
)

// kinds is the order of All.
var kinds = []*table{
	&families, &socketTypes, &protocols, &levels, &options, &msgFlags, &shutdownHows,
	&addrInfoFlags, &nameInfoFlags, &eais,
	&values,
}

// levelNames are the SOL_ constants, the Internet protocols, and the family and the protocol of
// another one that are levels: vsock(7), and the options of utun on macOS.
var levelNames = [][]entry{levelEntries, protocolEntries, {
	{name: "AF_VSOCK", value: int64(AF_VSOCK), rank: rankAlias},
	{name: "SYSPROTO_CONTROL", value: SYSPROTO_CONTROL, rank: rankAlias},
}}

// defined reports whether the platform has the constant.
func (e *entry) defined() bool {
	return e.value != Undefined && e.value > int64(lackingEAI) || e.minusOne
}

// isUndefined reports whether v is Undefined. It never is for EAI: -1 is one of its codes, or
// unknown.
func (t *table) isUndefined(v int64) bool { return v == Undefined && t != &eais }

func (t *table) load() {
	t.once.Do(func() {
		t.byValue, t.byName = make(map[int64]string), make(map[string]*entry)
		for want := rankFirst; want <= rankNever; want++ {
			for n, entries := range t.entries {
				for i := range entries {
					e := &entries[i]
					if e.rank != want || n > 0 && want == rankNever {
						continue
					}
					t.byName[normalize(e.name)] = e
					if _, taken := t.byValue[e.value]; !taken && want != rankNever &&
						!t.isUndefined(e.value) {
						t.byValue[e.value] = e.name
					}
				}
			}
		}
	})
}

// string returns the name of v, or "Kind(v)".
func (t *table) string(v int64) string {
	t.load()
	if s, ok := t.byValue[v]; ok {
		return s
	}
	if t.isUndefined(v) {
		return undefinedName
	}
	return t.numbered(v)
}

// numbered returns "Kind(v)".
func (t *table) numbered(v int64) string { return t.kind + "(" + strconv.FormatInt(v, 10) + ")" }

// flagString returns the names of the bits of v from the lowest to the highest, and what is left in
// hexadecimal.
func (t *table) flagString(v int64) string {
	t.load()
	switch {
	case v == 0:
		return "0"
	case v < 0:
		return t.string(v)
	case v&(v-1) == 0 && t.byValue[v] != "":
		return t.byValue[v] // one flag, without allocation
	}
	var names []string
	unknown := v
	for rest := v; rest != 0; rest &= rest - 1 {
		bit := rest & -rest
		if s, ok := t.byValue[bit]; ok {
			names = append(names, s)
			unknown &^= bit
		}
	}
	if unknown != 0 {
		names = append(names, "0x"+strconv.FormatInt(unknown, 16))
	}
	return strings.Join(names, "|")
}

// undefinedName is how String prints Undefined.
const undefinedName = "Undefined"

// normalize turns the spellings of C and of the egg into one.
func normalize(name string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '/' || r == '-':
			return '_'
		case 'a' <= r && r <= 'z':
			return r - 'a' + 'A'
		}
		return r
	}, name)
}

// find returns the constant of a name, or nil. A plain name can stand for several: then it is the
// first that the platform has.
func (t *table) find(name string) *entry {
	t.load()
	key := normalize(name)
	found := t.byName[key]
	for _, prefix := range t.prefixes {
		if e := t.byName[prefix+key]; e != nil && (found == nil || !found.defined()) {
			found = e
		}
	}
	return found
}

// parse returns the number of a name, of a number, or of "Kind(number)". With an error it returns
// Undefined.
func (t *table) parse(name string) (int64, error) {
	fail := func(reason error) (int64, error) {
		return Undefined, &ParseError{t.kind, name, reason}
	}
	if e := t.find(name); e != nil {
		if t.isUndefined(e.value) && !e.minusOne {
			return fail(errLacking)
		}
		return e.value, nil
	}
	number := name
	if inner, ok := strings.CutPrefix(name, t.kind+"("); ok && strings.HasSuffix(inner, ")") {
		number = strings.TrimSuffix(inner, ")")
	}
	v, err := parseNumber(number)
	switch {
	case errors.Is(err, strconv.ErrRange):
		return fail(strconv.ErrRange)
	case name == "":
		return fail(errEmpty)
	case name == undefinedName && t.isUndefined(Undefined), err == nil && t.isUndefined(v):
		return fail(errLacking)
	case err != nil:
		return fail(errUnknown)
	}
	return v, nil
}

// parseNumber reads a decimal number, or a hexadecimal one after "0x".
func parseNumber(s string) (int64, error) {
	if hex, ok := strings.CutPrefix(s, "0x"); ok && !strings.HasPrefix(hex, "+") &&
		!strings.HasPrefix(hex, "-") {
		return strconv.ParseInt(hex, 16, strconv.IntSize)
	}
	if strings.HasPrefix(s, "+") {
		return 0, strconv.ErrSyntax
	}
	return strconv.ParseInt(s, 10, strconv.IntSize)
}

// parseFlags returns the flags of a list, or-ed.
func (t *table) parseFlags(list string) (int64, error) {
	var all int64
	for _, part := range split(list) {
		v, err := t.parse(part)
		if err != nil {
			return Undefined, aboutAll(err, list)
		}
		all |= v
	}
	if t.isUndefined(all) { // numbers can make it so
		return Undefined, &ParseError{t.kind, list, errLacking}
	}
	return all, nil
}

// split returns the parts of a list of flags.
func split(list string) []string {
	parts := strings.Split(strings.ReplaceAll(list, ",", "|"), "|")
	for i, part := range parts {
		parts[i] = strings.TrimSpace(part)
	}
	return parts
}
