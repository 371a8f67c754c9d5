package sockopt

import (
	"net/netip"
	"strconv"

	"example.com/bsdsocket/constants"
)

const msfilterName = constants.IP_MSFILTER

// groupPad is the padding before a struct sockaddr_storage, which is aligned as
// a long is.
const groupPad = strconv.IntSize/8 - 4

// mreqIndex makes a struct ip_mreqn of a struct ip_mreq: ip(7).
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

// mreqSourceOrder is the order in struct ip_mreq_source: the interface first.
func mreqSourceOrder(address, source [4]byte) (second, third [4]byte) { return address, source }
