package sockaddr

// What the tests, which see the package from outside, need of its inside.

const (
	HasLinuxLayouts   = hasLinuxLayouts
	HasWindowsLayouts = hasWindowsLayouts
	HasAbstract       = hasAbstract
	SunPathSize       = sunPathSize
)

// A Layout is what a layout says of the kernel's structure.
type Layout struct {
	Name    string
	Size    int
	Windows bool
	Fields  []LayoutField
}

// A LayoutField is the place of a field in the structure.
type LayoutField struct {
	Name     string
	At, Size int
}

// Layouts returns the layouts.
func Layouts() (all []Layout) {
	for _, l := range layouts {
		out := Layout{Name: l.name, Size: l.size, Windows: l.windows}
		for _, f := range l.fields {
			out.Fields = append(out.Fields, LayoutField{f.name, f.at, f.size})
		}
		all = append(all, out)
	}
	return all
}
