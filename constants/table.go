package constants

import (
	"errors"
	"fmt"
	"iter"
	"math/bits"
	"runtime"
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

// An optionGroup is where a group of options belongs.
type optionGroup struct {
	levels  []Level
	control bool // types of control messages, which are not options as well
}

// A table has the names of one kind. Its maps are made when they are first needed.
type table struct {
	kind     string
	prefixes []string  // that a plain spelling may leave out
	entries  [][]entry // at equal rank the first wins
	once     sync.Once
	byValue  map[int64]string
	byName   map[string]*entry // keys are as normalize returns them
}

var (
	families      = table{kind: "Family", prefixes: []string{"AF_"}, entries: [][]entry{familiesEntries}}
	socketTypes   = table{kind: "SocketType", prefixes: []string{"SOCK_"}, entries: [][]entry{socketTypesEntries}}
	protocols     = table{kind: "Protocol", prefixes: []string{"IPPROTO_"}, entries: [][]entry{protocolsEntries}}
	levels        = table{kind: "Level", prefixes: []string{"SOL_", "IPPROTO_"}, entries: [][]entry{levelsEntries, protocolsEntries, vsockLevel}}
	options       = table{kind: "OptionName", entries: [][]entry{optionsEntries}}
	msgFlags      = table{kind: "MsgFlag", prefixes: []string{"MSG_"}, entries: [][]entry{msgFlagsEntries}}
	shutdownHows  = table{kind: "ShutdownHow", prefixes: []string{"SHUT_"}, entries: [][]entry{shutdownHowsEntries}}
	addrInfoFlags = table{kind: "AddrInfoFlag", prefixes: []string{"AI_"}, entries: [][]entry{addrInfoFlagsEntries}}
	nameInfoFlags = table{kind: "NameInfoFlag", prefixes: []string{"NI_"}, entries: [][]entry{nameInfoFlagsEntries}}
	eais          = table{kind: "EAI", prefixes: []string{"EAI_"}, entries: [][]entry{eaisEntries}}
)

// vsockLevel is the family that is a level, vsock(7). Other names of its number come first.
var vsockLevel = []entry{{name: "AF_VSOCK", value: int64(AF_VSOCK), rank: rankAlias}}

// defined reports whether the platform has the constant.
func (e *entry) defined() bool {
	return e.value != Undefined && e.value > int64(lackingEAI) || e.minusOne
}

func (t *table) load() {
	t.once.Do(func() {
		t.byValue, t.byName = make(map[int64]string), make(map[string]*entry)
		for want := rankFirst; want <= rankNever; want++ {
			for _, entries := range t.entries {
				for i := range entries {
					e := &entries[i]
					if e.rank != want {
						continue
					}
					if _, dup := t.byName[normalize(e.name)]; !dup {
						t.byName[normalize(e.name)] = e
					}
					if _, dup := t.byValue[e.value]; !dup && want != rankNever && (e.defined() || t == &eais) {
						t.byValue[e.value] = e.name
					}
				}
			}
		}
	})
}

func (t *table) string(v int64) string {
	t.load()
	if s, ok := t.byValue[v]; ok {
		return s
	}
	if v == Undefined {
		return undefinedName
	}
	return t.numbered(v)
}

func (t *table) flagString(v int64) string {
	t.load()
	if s, ok := t.byValue[v]; ok {
		return s
	}
	switch {
	case v == Undefined:
		return undefinedName
	case v < 0:
		return t.numbered(v)
	case v == 0:
		return "0"
	}
	var b strings.Builder
	var unknown int64
	for rest := v; rest != 0; rest &= rest - 1 {
		bit := int64(1) << bits.TrailingZeros64(uint64(rest))
		s, ok := t.byValue[bit]
		if !ok {
			unknown |= bit
			continue
		}
		if b.Len() > 0 {
			b.WriteByte('|')
		}
		b.WriteString(s)
	}
	if unknown != 0 {
		if b.Len() > 0 {
			b.WriteByte('|')
		}
		b.WriteString("0x" + strconv.FormatInt(unknown, 16))
	}
	return b.String()
}

// A ParseError is what the Parse functions return. errors.Is(err, errors.ErrUnsupported) holds if the name is that of a
// constant that this platform lacks, errors.Is(err, strconv.ErrRange) if a number does not fit an int; otherwise the name
// is unknown.
type ParseError struct {
	Kind string // of the constant that was looked for: the name of its type
	Name string // the input
	Err  error  // the reason
}

// Error returns a text such as `parse Family "af/ine": unknown name`.
func (e *ParseError) Error() string {
	return fmt.Sprintf("parse %s %q: %v", e.Kind, e.Name, e.Err)
}

// Unwrap returns the reason.
func (e *ParseError) Unwrap() error { return e.Err }

var (
	errUnknown  = errors.New("unknown name")
	errEmpty    = errors.New("no name")
	errTwoTypes = errors.New("two socket types")
	errLacking  = fmt.Errorf("%w: %s does not have it", errors.ErrUnsupported, runtime.GOOS)
)

// wholeInput makes the error about a part of the input one about the whole of it.
func wholeInput(err error, input string) error {
	if e, ok := errors.AsType[*ParseError](err); ok && e.Name != input {
		return &ParseError{e.Kind, input, fmt.Errorf("%q: %w", e.Name, e.Err)}
	}
	return err
}

// normalize turns C's, the egg's and plain spellings into one.
func normalize(name string) string {
	return strings.ToUpper(strings.NewReplacer("/", "_", "-", "_").Replace(name))
}

// find returns the constant of that name. Where a plain name can stand for several constants, it is the first that the
// platform has.
func (t *table) find(name string) (*entry, error) {
	t.load()
	key := normalize(name)
	found := t.byName[key]
	for _, prefix := range t.prefixes {
		if found != nil && found.defined() {
			break
		}
		if e := t.byName[prefix+key]; e != nil && (found == nil || e.defined()) {
			found = e
		}
	}
	switch {
	case name == "":
		return nil, &ParseError{t.kind, name, errEmpty}
	case found == nil:
		return nil, &ParseError{t.kind, name, errUnknown}
	case !found.defined() && t != &eais:
		return nil, &ParseError{t.kind, name, errLacking}
	}
	return found, nil
}

// parse returns the number of a name, of a number, or of "Kind(number)".
func (t *table) parse(name string) (int64, error) {
	if e, err := t.find(name); err == nil {
		return e.value, nil
	} else if errors.Is(err, errors.ErrUnsupported) {
		return Undefined, err
	}
	digits := name
	if s, ok := strings.CutPrefix(digits, t.kind+"("); ok {
		if digits, ok = strings.CutSuffix(s, ")"); !ok {
			return Undefined, &ParseError{t.kind, name, errUnknown}
		}
	}
	v, err := parseNumber(digits)
	switch {
	case errors.Is(err, strconv.ErrRange):
		return Undefined, &ParseError{t.kind, name, strconv.ErrRange}
	case name == "":
		return Undefined, &ParseError{t.kind, name, errEmpty}
	case err != nil && name != undefinedName:
		return Undefined, &ParseError{t.kind, name, errUnknown}
	case v == Undefined && t != &eais, name == undefinedName:
		return Undefined, &ParseError{t.kind, name, errLacking}
	}
	return v, nil
}

// parseNumber reads a decimal number, or a hexadecimal one after "0x".
func parseNumber(s string) (int64, error) {
	base := 10
	if hex, ok := strings.CutPrefix(strings.ToLower(s), "0x"); ok {
		s, base = hex, 16
	}
	if strings.HasPrefix(s, "+") || base == 16 && strings.HasPrefix(s, "-") {
		return 0, strconv.ErrSyntax
	}
	return strconv.ParseInt(s, base, strconv.IntSize)
}

// parseFlags returns the or of the flags.
func (t *table) parseFlags(names string) (int64, error) {
	var all int64
	for part := range splitFlags(names) {
		v, err := t.parse(part)
		if err != nil {
			return Undefined, wholeInput(err, names)
		}
		all |= v
	}
	return all, nil
}

// splitFlags yields the parts of a list of flags, without the space around them.
func splitFlags(names string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for part := range strings.SplitSeq(strings.ReplaceAll(names, ",", "|"), "|") {
			if !yield(strings.TrimSpace(part)) {
				return
			}
		}
	}
}

// An optionKey is an option at a level.
type optionKey struct {
	level Level
	name  OptionName
}

// optionMaps name the options and the control messages of each level.
type optionMaps struct{ options, controls map[optionKey]string }

var optionNames = sync.OnceValue(func() optionMaps {
	m := optionMaps{make(map[optionKey]string), make(map[optionKey]string)}
	for group, g := range optionGroups {
		names := m.options
		if g.control {
			names = m.controls
		}
		for want := rankFirst; want < rankNever; want++ {
			for i := range optionsEntries {
				e := &optionsEntries[i]
				if int(e.group) != group || e.rank != want || !e.defined() {
					continue
				}
				for _, level := range g.levels {
					key := optionKey{level, OptionName(e.value)}
					if _, dup := names[key]; !dup && level.Defined() {
						names[key] = e.name
					}
				}
			}
		}
	}
	return m
})
