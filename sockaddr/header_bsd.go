//go:build darwin || dragonfly || freebsd || netbsd || openbsd

package sockaddr

import "example.com/bsdsocket/constants"

// 4.4BSD's struct sockaddr begins with a byte for the length and a byte for the family. This file
// is the only one that knows of the length byte.

// familyMax is the largest family that sa_family_t holds.
const familyMax = 1<<8 - 1

func (a *Addr) family() constants.Family {
	if a.n == 0 {
		return constants.AF_UNSPEC
	}
	return constants.Family(a.b[1])
}

// setHeader writes the family and the length.
func (a *Addr) setHeader(f constants.Family, n int) {
	a.n, a.b[0], a.b[1] = uint8(n), byte(n), byte(f)
}
