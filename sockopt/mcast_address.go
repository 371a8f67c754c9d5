//go:build netbsd || windows

package sockopt

import (
	"encoding/binary"
	"net/netip"
)

// mreqIndex gives an interface's index as the address 0.x.x.x (RFC 1724,
// section 3.3).
func mreqIndex(b []byte, _ [4]byte, index uint32) []byte {
	return binary.BigEndian.AppendUint32(b, index)
}

func outgoing(address [4]byte, index uint32) []byte {
	if index != 0 {
		return mreqIndex(nil, address, index)
	}
	return address[:]
}

func readInterface(b [4]byte) IPInterface {
	if b[0] == 0 {
		return IPInterface{Index: int(binary.BigEndian.Uint32(b[:]))}
	}
	return IPInterface{Address: netip.AddrFrom4(b)}
}
