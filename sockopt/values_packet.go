package sockopt

import (
	"net"
)

// structureInt asks an option of one int about the int q.
func structureInt(c *call, q int) (int, error) {
	v, err := structure[int32]().query(c, int32(q))
	return int(v), err
}

// PacketMembershipType is what a [PacketMembership] asks the interface for.
type PacketMembershipType uint16

// The types of a PacketMembership.
const (
	PacketMulticast    PacketMembershipType = iota // PACKET_MR_MULTICAST: one multicast address
	PacketPromiscuous                              // PACKET_MR_PROMISC: everything
	PacketAllMulticast                             // PACKET_MR_ALLMULTI: all multicast addresses
	PacketUnicast                                  // PACKET_MR_UNICAST: one more address of its own
)

// String returns the name without its prefix: "PROMISC".
func (t PacketMembershipType) String() string {
	return name("PacketMembershipType", uint32(t), "MULTICAST", "PROMISC", "ALLMULTI", "UNICAST")
}

// PacketMembership is what an interface is to receive: struct packet_mreq.
type PacketMembership struct {
	Index   int // the interface
	Type    PacketMembershipType
	Address net.HardwareAddr // of types PacketMulticast and PacketUnicast; at most 32 bytes
}

var packetMembership = codec[PacketMembership]{
	set: func(c *call, v PacketMembership) error {
		index, ok := asIndex(v.Index)
		if !ok || len(v.Address) > 32 {
			return errValue
		}
		b := native.AppendUint32(c.room(48)[:0], index)
		b = native.AppendUint16(b, uint16(v.Type))
		b = native.AppendUint16(b, uint16(len(v.Address)))
		b = append(b, v.Address...)
		return c.setBytes(append(b, make([]byte, max(0, 8-len(v.Address)))...))
	},
}

// PacketFanoutMode is how the members of a fanout group share packets.
type PacketFanoutMode uint8

// The modes of a PacketFanoutGroup.
const (
	PacketFanoutHash         PacketFanoutMode = iota // PACKET_FANOUT_HASH: by the flow
	PacketFanoutRoundRobin                           // PACKET_FANOUT_LB
	PacketFanoutCPU                                  // PACKET_FANOUT_CPU: the receiver's
	PacketFanoutRollover                             // PACKET_FANOUT_ROLLOVER: the next if full
	PacketFanoutRandom                               // PACKET_FANOUT_RND
	PacketFanoutQueueMapping                         // PACKET_FANOUT_QM: by the device's queue
	PacketFanoutCBPF                                 // PACKET_FANOUT_CBPF: PacketFanoutData
	PacketFanoutEBPF                                 // PACKET_FANOUT_EBPF: PacketFanoutDataEBPF
)

// String returns the name without its prefix: "HASH".
func (m PacketFanoutMode) String() string {
	return name("PacketFanoutMode", m, "HASH", "LB", "CPU", "ROLLOVER", "RND", "QM", "CBPF", "EBPF")
}

// PacketFanoutFlags are the bits of a PacketFanoutGroup.
type PacketFanoutFlags uint8

// The bits of PacketFanoutFlags.
const (
	// PACKET_FANOUT_FLAG_ROLLOVER: the next member when one is full.
	PacketFanoutFlagRollover PacketFanoutFlags = 0x10
	// PACKET_FANOUT_FLAG_UNIQUEID: the kernel chooses a free group; ask for 0.
	PacketFanoutFlagUniqueID PacketFanoutFlags = 0x20
	// PACKET_FANOUT_FLAG_IGNORE_OUTGOING.
	PacketFanoutFlagIgnoreOutgoing PacketFanoutFlags = 0x40
	// PACKET_FANOUT_FLAG_DEFRAG.
	PacketFanoutFlagDefragment PacketFanoutFlags = 0x80
)

// String returns the names of the bits: "ROLLOVER|DEFRAG".
func (f PacketFanoutFlags) String() string {
	return bits(uint32(f), "", "", "", "", "ROLLOVER", "UNIQUEID", "IGNORE_OUTGOING", "DEFRAG")
}

// PacketFanoutGroup is the value of [PacketFanout].
type PacketFanoutGroup struct {
	ID    uint16
	Mode  PacketFanoutMode
	Flags PacketFanoutFlags
}

// packetFanout is an int: the group, the mode in the third byte and the flags in the fourth.
var packetFanout = converted(unsigned32,
	func(v uint32) (PacketFanoutGroup, bool) {
		return PacketFanoutGroup{uint16(v), PacketFanoutMode(v >> 16), PacketFanoutFlags(v >> 24)},
			true
	},
	func(g PacketFanoutGroup) (uint32, bool) {
		return uint32(g.ID) | uint32(g.Mode)<<16 | uint32(g.Flags)<<24, true
	})

// PacketRollover is the value of [PacketRolloverStatistics].
type PacketRollover struct {
	All    uint64 // packets that went to another member
	Huge   uint64 // of them because their flow was large
	Failed uint64 // packets that no member had room for
}

// PacketCounters is the value of [PacketStatistics].
type PacketCounters struct {
	Packets     uint32 // received, with those dropped
	Drops       uint32
	FreezeQueue uint32 // how often the ring was full; TPACKET_V3 only
}

// PacketRing is the size of a ring: struct tpacket_req, and with any of the last three fields
// struct tpacket_req3.
type PacketRing struct {
	BlockSize uint32 // bytes, a multiple of the page size
	Blocks    uint32
	FrameSize uint32 // bytes, a multiple of 16
	Frames    uint32 // Blocks times the frames that a block has room for

	// Milliseconds after which a block that is not full is handed over; TPACKET_V3.
	BlockTimeout uint32

	PrivateSize uint32 // bytes at the start of a block for the program's own use
	Features    uint32 // 1: fill in the hash
}

// packetRing sends all seven fields: of the versions before 3 the kernel takes the first four.
var packetRing = structure[PacketRing]()
