//go:build !portable

package sockaddr

import (
	"example.com/bsdsocket/internal/sys"
)

// interfaceName returns the name of an interface. It is known, the name that it had a moment ago,
// if that is still the name; so nothing is allocated for it again.
func interfaceName(index uint32, known string) (string, error) {
	var buf [sys.InterfaceNameSize]byte
	name, err := sys.InterfaceName(int32(index), &buf)
	if string(name) == known {
		return known, err
	}
	return string(name), err
}

func interfaceIndex(name string) (uint32, error) {
	index, err := sys.InterfaceIndex(name)
	return uint32(index), err
}

func namespace() uint64 { return sys.Namespace() }
