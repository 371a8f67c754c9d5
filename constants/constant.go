package constants

import "iter"

// A Constant is one row of All.
type Constant struct {
	Name    string // as C spells it: "AF_INET"
	Kind    string // the name of its type, such as "Family"; "Value" if it has none
	Value   int64  // Undefined, or the number of an EAI that the system lacks, if not Defined
	Defined bool   // whether this platform has it
}

// All yields every constant of this package, kind by kind in the order of the types in the documentation of DESIGN, and by
// name within a kind. The names are the same on every platform.
func All() iter.Seq[Constant] {
	return func(yield func(Constant) bool) {
		for _, k := range [...]struct {
			kind    string
			entries []entry
		}{
			{"Family", familiesEntries},
			{"SocketType", socketTypesEntries},
			{"Protocol", protocolsEntries},
			{"Level", levelsEntries},
			{"OptionName", optionsEntries},
			{"MsgFlag", msgFlagsEntries},
			{"ShutdownHow", shutdownHowsEntries},
			{"AddrInfoFlag", addrInfoFlagsEntries},
			{"NameInfoFlag", nameInfoFlagsEntries},
			{"EAI", eaisEntries},
			{"Value", valuesEntries},
		} {
			for i := range k.entries {
				e := &k.entries[i]
				if !yield(Constant{e.name, k.kind, e.value, e.defined()}) {
					return
				}
			}
		}
	}
}
