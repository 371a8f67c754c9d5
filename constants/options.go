package constants

import "sync"

// OptionString returns the name of an option, such as "TCP_NODELAY", or "OptionName(500)" if the
// level has none of that number. A level of Linux (SOL_TCP) and the protocol of the same number
// (IPPROTO_TCP) are one.
func OptionString(level Level, name OptionName) string {
	names.load()
	if s, ok := names.options[optionKey{level, name}]; ok {
		return s
	}
	return name.String()
}

// ControlString returns the name of the type of a control message, such as "SCM_RIGHTS" or
// "IP_PKTINFO", or "OptionName(500)" if the level has none of that number. At SOL_SOCKET the names
// are those of SCM_, and those of SO_ for messages that have only these.
func ControlString(level Level, typ OptionName) string {
	names.load()
	if s, ok := names.controls[optionKey{level, typ}]; ok {
		return s
	}
	return OptionString(level, typ)
}

// ParseOption returns the level and the number of an option or a control message from its name in
// C's, the egg's or the plain spelling of ParseOptionName: "SO_REUSEADDR" is SOL_SOCKET and
// SO_REUSEADDR. Names that serve at two levels, such as MCAST_JOIN_GROUP, give IPPROTO_IP; the
// other is IPPROTO_IPV6. With an error, a *ParseError, both results are Undefined.
func ParseOption(name string) (Level, OptionName, error) {
	e := options.find(name)
	if e == nil {
		return Undefined, Undefined, &ParseError{options.kind, name, errUnknown}
	}
	level := optionGroups[e.group].levels[0]
	if !e.defined() || !level.Defined() {
		return Undefined, Undefined, &ParseError{options.kind, name, errLacking}
	}
	return level, OptionName(e.value), nil
}

// An optionGroup says where a group of options belongs. An entry's group is an index of
// optionGroups.
type optionGroup struct {
	levels  []Level // the first is the one that a name alone stands for
	control bool    // types of control messages, which are not options as well
}

// An optionKey is an option at a level.
type optionKey struct {
	level Level
	name  OptionName
}

// An optionNames has the names of the options and control messages of every level, made when they
// are first needed.
type optionNames struct {
	once              sync.Once
	options, controls map[optionKey]string
}

var names optionNames

// load puts the groups into the maps in their order, so that the earlier one names a number that
// two have at a level.
func (n *optionNames) load() {
	n.once.Do(func() {
		n.options, n.controls = make(map[optionKey]string), make(map[optionKey]string)
		for group := range optionGroups {
			for want := rankFirst; want < rankNever; want++ {
				for i := range optionEntries {
					if e := &optionEntries[i]; int(e.group) == group && e.rank == want &&
						e.defined() {
						n.add(e)
					}
				}
			}
		}
	})
}

func (n *optionNames) add(e *entry) {
	g := optionGroups[e.group]
	to := n.options
	if g.control {
		to = n.controls
	}
	for _, level := range g.levels {
		key := optionKey{level, OptionName(e.value)}
		if _, taken := to[key]; !taken && level.Defined() {
			to[key] = e.name
		}
	}
}
