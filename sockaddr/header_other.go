//go:build !(darwin || dragonfly || freebsd || netbsd || openbsd)

package sockaddr

import (
	"encoding/binary"

	"example.com/bsdsocket/constants"
)

// On Linux and Windows struct sockaddr begins with a family of 16 bits in the processor's byte
// order.

// familyMax is the largest family that sa_family_t holds.
const familyMax = 1<<16 - 1

func (a *Addr) family() constants.Family {
	return constants.Family(binary.NativeEndian.Uint16(a.b[:]))
}

// setHeader writes the family and the length.
func (a *Addr) setHeader(f constants.Family, n int) {
	a.n = uint8(n)
	binary.NativeEndian.PutUint16(a.b[:], uint16(f))
}
