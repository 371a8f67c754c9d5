//go:build !windows

package sockopt

import "example.com/bsdsocket/constants"

const (
	ipDontFragment        = constants.IP_DONTFRAG
	ipv6PacketInfo        = constants.IPV6_PKTINFO
	ipv6ReceivePacketInfo = constants.IPV6_RECVPKTINFO
)
