package constants

import "iter"

// A Constant is one row of All. The zero Constant is none, and not defined.
type Constant struct {
	Name string // in C's spelling: "AF_INET"
	// Kind is the name of its type: "Family"; "Protocol" for IPPROTO_TCP and its like, "Value" for
	// the other untyped ones.
	Kind  string
	Value int64 // Undefined if the platform lacks it; see EAI for those

	defined bool // -1 is the value of some that are
}

// Defined reports whether the platform has the constant.
func (c Constant) Defined() bool { return c.defined }

// All yields every constant of this package, kind by kind, and by name within a kind. The names are
// the same on every platform.
func All() iter.Seq[Constant] {
	return func(yield func(Constant) bool) {
		for _, t := range kinds {
			for i := range t.entries[0] {
				e := &t.entries[0][i]
				if !yield(Constant{e.name, t.kind, e.value, e.defined()}) {
					return
				}
			}
		}
	}
}
