//go:build !linux || portable

package sockaddr

import (
	"net"
)

func interfaceName(index uint32, _ string) (string, error) {
	ifi, err := net.InterfaceByIndex(int(index))
	if err != nil {
		return "", err
	}
	return ifi.Name, nil
}

func interfaceIndex(name string) (uint32, error) {
	ifi, err := net.InterfaceByName(name)
	if err != nil {
		return 0, err
	}
	return uint32(ifi.Index), nil
}

// namespace is the same for all threads: only on Linux they differ in the interfaces that they see.
func namespace() uint64 { return 0 }
