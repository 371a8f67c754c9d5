//go:build darwin || dragonfly || freebsd || openbsd

package sockopt

import "net/netip"

// mreqIndex makes a struct ip_mreqn of a struct ip_mreq: ip(4).
func mreqIndex(b []byte, address [4]byte, index uint32) []byte {
	return native.AppendUint32(append(b, address[:]...), index)
}

// outgoing is the interface of IP_MULTICAST_IF: an address, or a struct
// ip_mreqn without a group.
func outgoing(address [4]byte, index uint32) []byte {
	if index != 0 {
		return mreqIndex(make([]byte, 4, 12), address, index)
	}
	return address[:]
}

func readInterface(b [4]byte) IPInterface { return IPInterface{Address: netip.AddrFrom4(b)} }
