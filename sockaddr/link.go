package sockaddr

import (
	"net"

	"example.com/bsdsocket/constants"
)

// packetLayout is struct sockaddr_ll of linux/if_packet.h. Its last field has room for 8 bytes; the
// kernel takes and gives up to MAX_ADDR_LEN, 32 (InfiniBand has 20).
var packetLayout = layout{
	name: "packet", family: constants.AF_PACKET, size: 20, open: true,
	fields: []field{
		{name: "protocol", at: 2, size: 2, form: hexadecimal, order: big},
		{name: "interface", at: 4, size: 4, form: ifindex},
		{name: "hardware type", at: 8, size: 2},
		{name: "packet type", at: 10, size: 1},
		{name: "hardware address", at: packetHardwareAt, size: 32, form: hardware,
			count: &packetHardwareLen},
	},
	required: 2,
}

const packetHardwareAt = 12

var packetHardwareLen = field{at: 11, size: 1} // sll_halen

// PacketAddr is an AF_PACKET address: a protocol on an interface of layer 2 (packet(7)).
type PacketAddr struct {
	// Protocol is the EtherType as a plain number: 0x0800 for IPv4, 3 (ETH_P_ALL) for all, 0 for
	// none.
	Protocol     uint16
	Interface    int    // index of the interface; 0: any, to bind
	HardwareType uint16 // ARPHRD_ number of the interface; set by the kernel
	PacketType   uint8  // PACKET_HOST (0), PACKET_BROADCAST (1) ...; set by the kernel
	// Hardware is the sender's or receiver's address, at most 32 bytes; nil to bind.
	Hardware net.HardwareAddr
}

// Packet returns the AF_PACKET address p (Linux). Its text is
// "packet:0x800:eth0:1:0:00-1b-44-11-3a-b7".
func Packet(p PacketAddr) (Addr, error) {
	a, err := packetLayout.build(num(p.Protocol), num(p.Interface), num(p.HardwareType),
		num(p.PacketType), value{run: p.Hardware})
	return made("packet", p, a, err)
}

// AsPacket returns the fields of an AF_PACKET address, and whether a is one. It allocates for the
// hardware address.
func (a Addr) AsPacket() (p PacketAddr, ok bool) {
	v, ok := packetLayout.numbers(&a)
	if !ok {
		return p, false
	}
	p = PacketAddr{Protocol: uint16(v[0]), Interface: int(int32(v[1])), HardwareType: uint16(v[2]),
		PacketType: uint8(v[3])}
	if hw := packetLayout.fields[4].run(&a); len(hw) > 0 {
		p.Hardware = append(net.HardwareAddr(nil), hw...)
	}
	return p, true
}

// padPacket gives an AF_PACKET address the length that Packet gives it, and returns the length; it
// leaves every other address as it is. getsockname(2) returns one that ends with the hardware
// address, recvfrom(2) one that is as long as the structure, and bind(2) takes nothing shorter than
// that.
func (a *Addr) padPacket() int {
	n := int(a.n)
	if !packetLayout.defined() || a.family() != packetLayout.family {
		return n
	}
	end := packetHardwareAt + int(packetHardwareLen.get(a))
	if n != end && (n < packetLayout.size || n < end) {
		return n // truncated, or a sockaddr_pkt
	}
	clear(a.b[end:n])
	return max(end, packetLayout.size)
}

// pppoeLayout is struct sockaddr_pppox of linux/if_pppox.h, which is packed, with protocol
// PX_PROTO_OE.
var pppoeLayout = layout{
	name: "pppoe", family: constants.AF_PPPOX, size: 30,
	tag: field{at: 2, size: 4}, tagged: 0,
	fields: []field{
		{name: "session", at: 6, size: 2, order: big},
		{name: "remote", at: 8, size: 6, form: octets, order: big},
		{name: "device", at: 14, size: 16, form: text},
	},
	required: 3,
}

// PPPoEAddr is the AF_PPPOX address of a PPP over Ethernet session (RFC 2516).
type PPPoEAddr struct {
	Session uint16  // session id; 0 disconnects
	Remote  [6]byte // Ethernet address of the peer
	Device  string  // name of the interface, at most 15 bytes
}

// PPPoE returns the AF_PPPOX address p (Linux). Its text is "pppoe:1:00-1b-44-11-3a-b7:eth0".
func PPPoE(p PPPoEAddr) (Addr, error) {
	a, err := pppoeLayout.build(num(p.Session), mac(p.Remote), value{run: []byte(p.Device)})
	return made("pppoe", p, a, err)
}

// AsPPPoE returns the fields of the AF_PPPOX address of a PPPoE session, and whether a is one.
func (a Addr) AsPPPoE() (p PPPoEAddr, ok bool) {
	v, ok := pppoeLayout.numbers(&a)
	if !ok {
		return p, false
	}
	return PPPoEAddr{Session: uint16(v[0]), Remote: toMAC(v[1]),
		Device: string(pppoeLayout.fields[2].run(&a))}, true
}
