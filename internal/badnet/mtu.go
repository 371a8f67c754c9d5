package badnet

import "encoding/binary"

// What is needed of RFC 791, RFC 792, RFC 8200 and RFC 4443.
const (
	version4, version6 = 4, 6

	header4, header6 = 20, 40 // without options

	dontFragment  = 1 << 14
	moreFragments = 1 << 13

	protocolICMP, protocolICMPv6 = 1, 58
)

// fragment cuts an IPv4 packet that allows it into fragments of at most mtu bytes. It returns nil
// for others, and for one with options, which senders of tests have no use for.
func fragment(b []byte, mtu int) (fragments [][]byte) {
	if len(b) < header4 || b[0] != version4<<4|header4/4 || mtu < header4+8 {
		return nil
	}
	field := binary.BigEndian.Uint16(b[6:])
	if field&dontFragment != 0 {
		return nil
	}
	most := (mtu - header4) / 8 * 8
	offset, last := int(field&(moreFragments-1)), field&moreFragments
	for data := b[header4:]; len(data) > 0; {
		n := min(most, len(data))
		f := append(append([]byte(nil), b[:header4]...), data[:n]...)
		data = data[n:]
		flags := last
		if len(data) > 0 {
			flags = moreFragments
		}
		binary.BigEndian.PutUint16(f[2:], uint16(len(f)))
		binary.BigEndian.PutUint16(f[6:], flags|uint16(offset))
		binary.BigEndian.PutUint16(f[10:], 0)
		binary.BigEndian.PutUint16(f[10:], checksum(f[:header4]))
		fragments = append(fragments, f)
		offset += n / 8
	}
	return fragments
}

// tooLarge returns the ICMP message to the sender of a packet that is larger than mtu, or nil for
// what is no IP packet. It comes from the packet's destination, as this network has no routers.
func tooLarge(b []byte, mtu int) []byte {
	switch {
	case len(b) >= header4 && b[0]>>4 == version4:
		quoted := b[:min(len(b), 548)]
		m := make([]byte, header4+8, header4+8+len(quoted))
		m[0] = version4<<4 | header4/4
		m[8], m[9] = 64, protocolICMP
		copy(m[12:], b[16:20])
		copy(m[16:], b[12:16])
		m[20], m[21] = 3, 4 // destination unreachable: fragmentation needed and DF set
		binary.BigEndian.PutUint16(m[26:], uint16(mtu))
		m = append(m, quoted...)
		binary.BigEndian.PutUint16(m[2:], uint16(len(m)))
		binary.BigEndian.PutUint16(m[10:], checksum(m[:header4]))
		binary.BigEndian.PutUint16(m[22:], checksum(m[header4:]))
		return m
	case len(b) >= header6 && b[0]>>4 == version6:
		quoted := b[:min(len(b), 1280-header6-8)]
		m := make([]byte, header6+8, header6+8+len(quoted))
		m[0] = version6 << 4
		binary.BigEndian.PutUint16(m[4:], uint16(8+len(quoted)))
		m[6], m[7] = protocolICMPv6, 64
		copy(m[8:], b[24:40])
		copy(m[24:], b[8:24])
		m[40] = 2 // packet too big
		binary.BigEndian.PutUint32(m[44:], uint32(mtu))
		m = append(m, quoted...)
		// The checksum covers a pseudo-header, too: the addresses, the length and the protocol.
		pseudo := append([]byte(nil), m[8:40]...)
		pseudo = binary.BigEndian.AppendUint32(pseudo, uint32(8+len(quoted)))
		pseudo = append(pseudo, 0, 0, 0, protocolICMPv6)
		binary.BigEndian.PutUint16(m[42:], checksum(append(pseudo, m[header6:]...)))
		return m
	}
	return nil
}

// checksum is that of RFC 1071.
func checksum(b []byte) uint16 {
	sum := uint32(0)
	for len(b) > 1 {
		sum += uint32(binary.BigEndian.Uint16(b))
		b = b[2:]
	}
	if len(b) == 1 {
		sum += uint32(b[0]) << 8
	}
	for sum > 0xffff {
		sum = sum>>16 + sum&0xffff
	}
	return ^uint16(sum)
}
