package sockopt

import "example.com/bsdsocket/constants"

// Windows' names for these options. Its IPV6_PKTINFO is RFC 3542's IPV6_RECVPKTINFO, and it has
// none of the other.
const (
	ipDontFragment        = constants.IP_DONTFRAGMENT
	ipv6PacketInfo        = constants.Undefined
	ipv6ReceivePacketInfo = constants.IPV6_PKTINFO
)
