package sockopt

import "example.com/bsdsocket/constants"

// Options of packet sockets, at level SOL_PACKET: packet(7), and packet_mmap.rst in the kernel's
// documentation.

var solPacket = newLevel("SOL_PACKET", constants.SOL_PACKET, packetSockets)

// PacketAddMembership is PACKET_ADD_MEMBERSHIP: makes an interface receive a hardware address, all
// multicast ones, or everything. Each adds one to a count that the socket's closing takes back.
// ENODEV without such an interface, EINVAL if the address is not as long as the interface's.
// packet(7).
var PacketAddMembership WriteOnly[PacketMembership] = writeOnly(packetMembership,
	"PacketAddMembership", solPacket, "PACKET_ADD_MEMBERSHIP", constants.PACKET_ADD_MEMBERSHIP,
	since("Linux 2.2"))

// PacketAuxData is PACKET_AUXDATA: each packet received brings a control message PACKET_AUXDATA
// with its length, offsets, status and VLAN. packet(7).
var PacketAuxData Option[bool] = readWrite(boolean, "PacketAuxData", solPacket, "PACKET_AUXDATA",
	constants.PACKET_AUXDATA, since("Linux 2.6.21"))

// PacketCopyThreshold is PACKET_COPY_THRESH: packets too large for the frames of a receive ring are
// queued whole as well. Any number but 0 turns it on. Reading it needs Linux 5.19.
// linux/if_packet.h.
var PacketCopyThreshold Option[int] = readWrite(integer, "PacketCopyThreshold", solPacket,
	"PACKET_COPY_THRESH", constants.PACKET_COPY_THRESH, since("Linux 2.4"))

// PacketDropMembership is PACKET_DROP_MEMBERSHIP: takes back one [PacketAddMembership]. One that
// was not added is no error. packet(7).
var PacketDropMembership WriteOnly[PacketMembership] = writeOnly(packetMembership,
	"PacketDropMembership", solPacket, "PACKET_DROP_MEMBERSHIP", constants.PACKET_DROP_MEMBERSHIP,
	since("Linux 2.2"))

// PacketFanout is PACKET_FANOUT: the socket joins a group whose members share the packets. All must
// be bound to the same interface and protocol and ask for the same mode; EINVAL otherwise, EALREADY
// for a socket that has joined, ENOSPC when the group is full. A socket that has not joined reads
// as the zero value. packet(7).
var PacketFanout Option[PacketFanoutGroup] = readWrite(packetFanout, "PacketFanout", solPacket,
	"PACKET_FANOUT", constants.PACKET_FANOUT, since("Linux 3.1"))

// PacketFanoutData is PACKET_FANOUT_DATA of a group in mode PacketFanoutCBPF: the classic BPF
// program that returns which member gets a packet. EPERM when [SOLockFilter] is on, EINVAL in other
// modes. linux/if_packet.h.
var PacketFanoutData WriteOnly[[]BPFInstruction] = writeOnly(program, "PacketFanoutData", solPacket,
	"PACKET_FANOUT_DATA", constants.PACKET_FANOUT_DATA, since("Linux 4.3"))

// PacketFanoutDataEBPF is PACKET_FANOUT_DATA of a group in mode PacketFanoutEBPF: the descriptor of
// a program of type BPF_PROG_TYPE_SOCKET_FILTER. linux/if_packet.h.
var PacketFanoutDataEBPF WriteOnly[int] = writeOnly(integer, "PacketFanoutDataEBPF", solPacket,
	"PACKET_FANOUT_DATA", constants.PACKET_FANOUT_DATA, since("Linux 4.3"))

// PacketHeaderLength is PACKET_HDRLEN: asked for a version of [PacketVersion], the length of the
// header that its frames begin with. EINVAL for an unknown version. linux/if_packet.h.
var PacketHeaderLength Query[int] = queried(codec[int]{query: structureInt}, "PacketHeaderLength",
	solPacket, "PACKET_HDRLEN", constants.PACKET_HDRLEN, since("Linux 2.6.27"))

// PacketIgnoreOutgoing is PACKET_IGNORE_OUTGOING: packets that this host sends are not received.
// EINVAL for values other than 0 and 1. linux/if_packet.h.
var PacketIgnoreOutgoing Option[bool] = readWrite(boolean, "PacketIgnoreOutgoing", solPacket,
	"PACKET_IGNORE_OUTGOING", constants.PACKET_IGNORE_OUTGOING, since("Linux 4.20"))

// PacketLoss is PACKET_LOSS: frames of a transmit ring that are malformed are dropped, instead of
// stopping it. EBUSY once there is a ring. packet(7).
var PacketLoss Option[bool] = readWrite(boolean, "PacketLoss", solPacket, "PACKET_LOSS",
	constants.PACKET_LOSS, since("Linux 2.6.31"))

// PacketOriginDevice is PACKET_ORIGDEV: the address that a receive returns has the interface the
// packet came in by, below a bond or a bridge. linux/if_packet.h.
var PacketOriginDevice Option[bool] = readWrite(boolean, "PacketOriginDevice", solPacket,
	"PACKET_ORIGDEV", constants.PACKET_ORIGDEV, since("Linux 2.6.23"))

// PacketQdiscBypass is PACKET_QDISC_BYPASS: packets sent go to the device past its queueing
// discipline, and are dropped when it is busy. packet(7).
var PacketQdiscBypass Option[bool] = readWrite(boolean, "PacketQdiscBypass", solPacket,
	"PACKET_QDISC_BYPASS", constants.PACKET_QDISC_BYPASS, since("Linux 3.14"))

// PacketReserve is PACKET_RESERVE: bytes left free before each packet of a receive ring. EBUSY once
// there is a ring, EINVAL beyond 2,147,483,647. packet(7).
var PacketReserve Option[uint32] = readWrite(unsigned32, "PacketReserve", solPacket,
	"PACKET_RESERVE", constants.PACKET_RESERVE, since("Linux 2.6.29"))

// PacketRolloverStatistics is PACKET_ROLLOVER_STATS: how often packets went to another member of a
// fanout group. EINVAL without one. linux/if_packet.h.
var PacketRolloverStatistics ReadOnly[PacketRollover] = readOnly(structure[PacketRollover](),
	"PacketRolloverStatistics", solPacket, "PACKET_ROLLOVER_STATS", constants.PACKET_ROLLOVER_STATS,
	since("Linux 4.2"))

// PacketReceiveRing is PACKET_RX_RING: a ring of frames, shared with the kernel by mmap(2), that
// packets are received in. The zero value takes it away. EINVAL for sizes that do not fit each
// other, EBUSY if there is one or while it is mapped, ENOMEM. packet(7).
var PacketReceiveRing WriteOnly[PacketRing] = writeOnly(packetRing, "PacketReceiveRing", solPacket,
	"PACKET_RX_RING", constants.PACKET_RX_RING, since("Linux 2.4"))

// PacketStatistics is PACKET_STATISTICS: the packets received and dropped since it was last read,
// which reading sets to 0. packet(7).
var PacketStatistics ReadOnly[PacketCounters] = readOnly(growing[PacketCounters](),
	"PacketStatistics", solPacket, "PACKET_STATISTICS", constants.PACKET_STATISTICS,
	since("Linux 2.4"), uses)

// PacketTimestamp is PACKET_TIMESTAMP: which time the frames of a ring carry:
// TimestampingRawHardware where the device has it, or 0, the kernel's own. packet(7).
var PacketTimestamp Option[TimestampingFlags] = readWrite(flags32[TimestampingFlags](),
	"PacketTimestamp", solPacket, "PACKET_TIMESTAMP", constants.PACKET_TIMESTAMP,
	since("Linux 2.6.36"))

// PacketTransmitHasOffset is PACKET_TX_HAS_OFF: the frames of a transmit ring say where their data
// starts. Once there is a ring it is taken without an error, and nothing is set. linux/if_packet.h.
var PacketTransmitHasOffset Option[bool] = readWrite(boolean, "PacketTransmitHasOffset", solPacket,
	"PACKET_TX_HAS_OFF", constants.PACKET_TX_HAS_OFF, since("Linux 3.11"))

// PacketTransmitRing is PACKET_TX_RING: a ring of frames to send from; see [PacketReceiveRing].
// packet(7).
var PacketTransmitRing WriteOnly[PacketRing] = writeOnly(packetRing, "PacketTransmitRing",
	solPacket, "PACKET_TX_RING", constants.PACKET_TX_RING, since("Linux 2.6.31"))

// PacketVersion is PACKET_VERSION: the layout of the frames of the rings: 0, 1 or 2 for TPACKET_V1,
// V2 and V3. EINVAL beyond, EBUSY once there is a ring. packet(7).
var PacketVersion Option[int] = readWrite(integer, "PacketVersion", solPacket, "PACKET_VERSION",
	constants.PACKET_VERSION, since("Linux 2.6.27"))

// PacketVirtioHeader is PACKET_VNET_HDR: packets begin with a struct virtio_net_hdr that tells of
// checksums and segmentation. Sockets of type SOCK_RAW; EINVAL on others, EBUSY once there is a
// ring. linux/if_packet.h.
var PacketVirtioHeader Option[bool] = readWrite(boolean, "PacketVirtioHeader", solPacket,
	"PACKET_VNET_HDR", constants.PACKET_VNET_HDR, since("Linux 2.6.34"))

// PacketVirtioHeaderSize is PACKET_VNET_HDR_SZ: the length of the header of
// [PacketVirtioHeader]: 0 for none, 10, or 12 with the number of buffers;
// EINVAL otherwise. linux/if_packet.h.
var PacketVirtioHeaderSize Option[int] = readWrite(integer, "PacketVirtioHeaderSize", solPacket,
	"PACKET_VNET_HDR_SZ", constants.PACKET_VNET_HDR_SZ, since("Linux 6.6"))
