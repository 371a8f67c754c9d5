package packet

import (
	"encoding/binary"
	"iter"
	"time"

	"example.com/bsdsocket/sockaddr"
)

// The layout of struct tpacket_block_desc with struct tpacket_hdr_v1, and of struct tpacket3_hdr
// with the struct sockaddr_ll behind it: linux/if_packet.h, the same on all processors.
const (
	blockStatus  = 8
	blockPackets = 12
	blockFirst   = 16 // offset_to_first_pkt
	blockNumber  = 24 // seq_num, 64 bits
	blockHeader  = 48

	packetNext        = 0 // tp_next_offset, from here; 0 in the last one
	packetSeconds     = 4
	packetNanoseconds = 8
	packetSnap        = 12 // how much there is
	packetLength      = 16
	packetStatus      = 20
	packetMAC         = 24 // where it begins, from here
	packetHash        = 28
	packetTCI         = 32
	packetTPID        = 36
	packetFrom        = 48
	packetHeader      = packetFrom + 20
)

const (
	v3       = 2 // TPACKET_V3, in enum tpacket_versions
	fillHash = 1 // TP_FT_REQ_FILL_RXHASH

	// Bits of the status, linux/if_packet.h; all of them are in package constants as TP_STATUS_,
	// where the platform has them.
	statusKernel        = 0
	statusUser          = 1 << 0
	statusVLANValid     = 1 << 4
	statusVLANTPIDValid = 1 << 6
)

// A Block is the packets that one wake-up brought. Copies of it are the same block. The zero Block
// is a released one.
type Block struct {
	ring       *ring
	index      int32
	generation uint32
}

func (s *slot) isOut() bool { return s.generation.Load()&1 != 0 }

func (b Block) isOut() bool {
	return b.ring != nil && b.ring.slots[b.index].generation.Load() == b.generation
}

// Len returns the number of packets, which may be 0. Of a released block it is 0.
func (b Block) Len() int {
	_, n, _ := b.open()
	return int(n)
}

// open returns the memory, the number of packets and where the first one is; nothing of a released
// block.
func (b Block) open() (data []byte, n, first uint32) {
	if b.ring == nil {
		return nil, 0, 0
	}
	r := b.ring
	r.mu.Lock()
	defer r.mu.Unlock()
	if !b.isOut() {
		return nil, 0, 0
	}
	s := &r.slots[b.index]
	return r.mem.Data(int(b.index)*r.size, r.size), s.packets, s.first
}

// Packets returns the packets in the order of receiving. It ends early if the block is released
// meanwhile.
func (b Block) Packets() iter.Seq[Packet] {
	return func(yield func(Packet) bool) {
		data, n, at := b.open()
		for ; n > 0 && b.isOut(); n-- {
			p, step := parse(data, at, b.ring.link)
			if p.b == nil || !yield(p) || step == 0 {
				return
			}
			at += step
		}
	}
}

// Release gives the block back to the kernel. Its packets, and the slices that they gave out, must
// not be used any more: they may be other packets' by then. Releasing it again is a no-op.
func (b Block) Release() {
	if b.ring != nil {
		b.ring.release(b)
	}
}

// parse returns the packet whose header is at the offset, and how far it is to the next, 0 for
// none. It trusts no length, and a packet that does not lie within the block is the zero Packet.
func parse(block []byte, at uint32, link bool) (p Packet, step uint32) {
	if uint64(at)+packetHeader > uint64(len(block)) {
		return Packet{}, 0
	}
	b := block[at:]
	step = binary.NativeEndian.Uint32(b[packetNext:])
	begin := uint64(binary.NativeEndian.Uint16(b[packetMAC:]))
	end := begin + uint64(binary.NativeEndian.Uint32(b[packetSnap:]))
	room := uint64(len(b))
	if step != 0 {
		room = min(room, uint64(step))
	}
	if begin < packetHeader || end > room {
		return Packet{}, 0
	}
	return Packet{b[:end:end], link}, step
}

// A Packet is one packet of a [Block], and valid as long as that. The zero Packet is an empty one.
type Packet struct {
	b    []byte // from the header to the last byte; nil or longer than packetHeader
	link bool
}

func (p Packet) word(at int) uint32 {
	if len(p.b) < packetHeader {
		return 0
	}
	return binary.NativeEndian.Uint32(p.b[at:])
}

func (p Packet) half(at int) uint16 {
	if len(p.b) < packetHeader {
		return 0
	}
	return binary.NativeEndian.Uint16(p.b[at:])
}

// Data returns the packet as it is in the block: from the header of the link layer on if the socket
// is SOCK_RAW, from what follows it if it is SOCK_DGRAM, and without the VLAN tag that the kernel
// took out ([Packet.VLAN]). It may not be written to, which faults.
func (p Packet) Data() []byte { return p.b[p.half(packetMAC):] }

// AppendTo appends the packet as it was on the wire: as Data, with the outer VLAN tag in its place
// if the socket is SOCK_RAW.
func (p Packet) AppendTo(b []byte) []byte {
	const addresses = 12 // of the receiver and the sender; the tag follows
	data := p.Data()
	v, ok := p.VLAN()
	if !ok || !p.link || len(data) < addresses {
		return append(b, data...)
	}
	b = append(b, data[:addresses]...)
	b = binary.BigEndian.AppendUint16(b, v.TPID)
	b = binary.BigEndian.AppendUint16(b, v.TCI)
	return append(b, data[addresses:]...)
}

// Length returns the number of bytes that the packet had before it was cut, by a block that is too
// small or by a filter's answer. Like Data it does not count the VLAN tag that the kernel took out.
func (p Packet) Length() int { return int(p.word(packetLength)) }

// Time returns when the packet was received, in nanoseconds. Whose clock that is says
// [sockopt.PacketTimestamp], and Status which it was (TP_STATUS_TS_SOFTWARE,
// TP_STATUS_TS_RAW_HARDWARE).
func (p Packet) Time() time.Time {
	return time.Unix(int64(p.word(packetSeconds)), int64(p.word(packetNanoseconds)))
}

// VLAN is a VLAN tag.
type VLAN struct {
	TCI  uint16 // priority in 3 bits, drop eligibility in one, and the VLAN's number in 12
	TPID uint16 // 0x8100 for IEEE 802.1Q, 0x88a8 for IEEE 802.1ad
}

// VLAN returns the outer tag, which the kernel took out of the packet, and whether there was one:
// the tag of VLAN 0 is one, too. Inner tags stay in the data.
func (p Packet) VLAN() (v VLAN, ok bool) {
	status := p.Status()
	if status&statusVLANValid == 0 {
		return v, false
	}
	v = VLAN{TCI: uint16(p.word(packetTCI)), TPID: 0x8100}
	if status&statusVLANTPIDValid != 0 { // Linux 3.14
		v.TPID = p.half(packetTPID)
	}
	return v, true
}

// From returns the interface, the sender and the kind of the packet, as ReceiveFrom does: struct
// sockaddr_ll.
func (p Packet) From() sockaddr.Addr {
	if len(p.b) < packetHeader {
		return sockaddr.Addr{}
	}
	a, _ := sockaddr.FromRaw(p.b[packetFrom:packetHeader])
	return a
}

// Hash returns the hash of the packet's flow, as [sockopt.PacketFanout] uses it.
func (p Packet) Hash() uint32 { return p.word(packetHash) }

// Status returns the TP_STATUS bits: [constants.TP_STATUS_CSUMNOTREADY], TP_STATUS_CSUM_VALID,
// TP_STATUS_GSO_TCP (which is many packets in one), TP_STATUS_LOSING (packets were dropped before
// this one), and so on.
func (p Packet) Status() uint32 { return p.word(packetStatus) }
