package sockopt

import "example.com/bsdsocket/constants"

// Options of UDP, at level IPPROTO_UDP.

var ipprotoUDP = newLevel("IPPROTO_UDP", constants.IPPROTO_UDP, udpSockets)

// UDPCork is UDP_CORK: what is sent is gathered into one datagram, which leaves when the option is
// turned off, or with the first send without MSG_MORE. udp(7).
var UDPCork Option[bool] = readWrite(boolean, "UDPCork", ipprotoUDP, "UDP_CORK", constants.UDP_CORK,
	since("Linux 2.5.44"))

// UDPEncapsulation is UDP_ENCAP: the kernel takes datagrams of another protocol out of the socket.
// 0 is none; the protocols of IPsec need no more, those of tunnels belong to the kernel's modules.
// ENOPROTOOPT for one it does not know. linux/udp.h.
var UDPEncapsulation Option[UDPEncapsulationType] = readWrite(enumeration[UDPEncapsulationType](),
	"UDPEncapsulation", ipprotoUDP, "UDP_ENCAP", constants.UDP_ENCAP, since("Linux 2.5.67"))

// UDPGRO is UDP_GRO: a receive may return several datagrams of one sender and size, one after the
// other, with a control message UDP_GRO that has the size. udp(7).
var UDPGRO Option[bool] = readWrite(boolean, "UDPGRO", ipprotoUDP, "UDP_GRO", constants.UDP_GRO,
	since("Linux 5.0"))

// UDPNoCheck6Receive is UDP_NO_CHECK6_RX: datagrams over IPv6 that have no checksum are received,
// where a tunnel allows that (RFC 6935).
var UDPNoCheck6Receive Option[bool] = readWrite(boolean, "UDPNoCheck6Receive", ipprotoUDP,
	"UDP_NO_CHECK6_RX", constants.UDP_NO_CHECK6_RX, since("Linux 3.16"))

// UDPNoCheck6Transmit is UDP_NO_CHECK6_TX: datagrams over IPv6 are sent without a checksum (RFC
// 6935). Over IPv4: [SONoCheck].
var UDPNoCheck6Transmit Option[bool] = readWrite(boolean, "UDPNoCheck6Transmit", ipprotoUDP,
	"UDP_NO_CHECK6_TX", constants.UDP_NO_CHECK6_TX, since("Linux 3.16"))

// UDPSegment is UDP_SEGMENT: a send is cut into datagrams of this many bytes, at most 64 of them
// (128 since Linux 6.9), the last one possibly shorter. 0, the default, does not cut; EINVAL beyond
// 65,535. Sending is EINVAL if a datagram would not fit the MTU, EIO where the device cannot make
// checksums. A control message UDP_SEGMENT is the same for one send. udp(7).
var UDPSegment Option[int] = readWrite(integer, "UDPSegment", ipprotoUDP, "UDP_SEGMENT",
	constants.UDP_SEGMENT, since("Linux 4.18"))

// UDPEncapsulationType is the value of [UDPEncapsulation].
type UDPEncapsulationType int

// The values of a UDPEncapsulationType.
const (
	UDPEncapsulationNone UDPEncapsulationType = iota
	// UDP_ENCAP_ESPINUDP_NON_IKE: an early draft; removed in Linux 6.10.
	UDPEncapsulationESPInUDPNoIKE
	UDPEncapsulationESPInUDP // UDP_ENCAP_ESPINUDP: RFC 3948
	UDPEncapsulationL2TP     // UDP_ENCAP_L2TPINUDP: RFC 2661
	UDPEncapsulationGTP0     // UDP_ENCAP_GTP0: GSM TS 09.60
	UDPEncapsulationGTP1U    // UDP_ENCAP_GTP1U: 3GPP TS 29.060
)

// String returns the name without its prefix: "ESPINUDP".
func (t UDPEncapsulationType) String() string {
	return name("UDPEncapsulationType", t, "NONE", "ESPINUDP_NON_IKE", "ESPINUDP", "L2TPINUDP",
		"GTP0", "GTP1U")
}
