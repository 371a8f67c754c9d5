package sockopt

import "example.com/bsdsocket/constants"

// Options of AF_XDP sockets, at level SOL_XDP: af_xdp.rst in the kernel's documentation. The rings
// are mapped with mmap(2).

var solXDP = newLevel("SOL_XDP", constants.SOL_XDP, xdpSockets)

// XDPMMapOffsets is XDP_MMAP_OFFSETS: where the parts of each ring are in its mapping. af_xdp.rst
// in the kernel's documentation.
var XDPMMapOffsets ReadOnly[XDPOffsets] = readOnly(structure[XDPOffsets](), "XDPMMapOffsets",
	solXDP, "XDP_MMAP_OFFSETS", constants.XDP_MMAP_OFFSETS, since("Linux 5.4"))

// XDPOptions is XDP_OPTIONS: bit 0, whether the device really does without a copy. linux/if_xdp.h.
var XDPOptions ReadOnly[uint32] = readOnly(unsigned32, "XDPOptions", solXDP, "XDP_OPTIONS",
	constants.XDP_OPTIONS, since("Linux 5.3"))

// XDPReceiveRing is XDP_RX_RING: the entries of the receive ring, a power of two; EINVAL otherwise.
// af_xdp.rst in the kernel's documentation.
var XDPReceiveRing WriteOnly[int] = writeOnly(integer, "XDPReceiveRing", solXDP, "XDP_RX_RING",
	constants.XDP_RX_RING, since("Linux 4.18"))

// XDPStatistics is XDP_STATISTICS: packets dropped and rings found empty or full. af_xdp.rst in the
// kernel's documentation.
var XDPStatistics ReadOnly[XDPCounters] = readOnly(growing[XDPCounters](), "XDPStatistics", solXDP,
	"XDP_STATISTICS", constants.XDP_STATISTICS, since("Linux 4.18"))

// XDPTransmitRing is XDP_TX_RING: the entries of the transmit ring, a power of two; EINVAL
// otherwise. af_xdp.rst in the kernel's documentation.
var XDPTransmitRing WriteOnly[int] = writeOnly(integer, "XDPTransmitRing", solXDP, "XDP_TX_RING",
	constants.XDP_TX_RING, since("Linux 4.18"))

// XDPUMemCompletionRing is XDP_UMEM_COMPLETION_RING: the entries of the ring of frames sent, a
// power of two; EINVAL otherwise. af_xdp.rst in the kernel's documentation.
var XDPUMemCompletionRing WriteOnly[int] = writeOnly(integer, "XDPUMemCompletionRing", solXDP,
	"XDP_UMEM_COMPLETION_RING", constants.XDP_UMEM_COMPLETION_RING, since("Linux 4.18"))

// XDPUMemFillRing is XDP_UMEM_FILL_RING: the entries of the ring of free frames, a power of two;
// EINVAL otherwise. af_xdp.rst in the kernel's documentation.
var XDPUMemFillRing WriteOnly[int] = writeOnly(integer, "XDPUMemFillRing", solXDP,
	"XDP_UMEM_FILL_RING", constants.XDP_UMEM_FILL_RING, since("Linux 4.18"))

// XDPUMemRegister is XDP_UMEM_REG: the memory that frames are in. It must stay mapped for as long
// as the socket is open, so it cannot be Go's own. EBUSY if it is registered already, EINVAL for
// sizes that do not fit. af_xdp.rst in the kernel's documentation.
var XDPUMemRegister WriteOnly[XDPUMem] = writeOnly(structure[XDPUMem](), "XDPUMemRegister", solXDP,
	"XDP_UMEM_REG", constants.XDP_UMEM_REG, since("Linux 4.18"))

// XDPRingOffset is where the parts of a ring are: struct xdp_ring_offset.
type XDPRingOffset struct{ Producer, Consumer, Descriptors, Flags uint64 }

// XDPOffsets is the value of [XDPMMapOffsets].
type XDPOffsets struct{ Receive, Transmit, Fill, Completion XDPRingOffset }

// XDPCounters is the value of [XDPStatistics]: struct xdp_statistics.
type XDPCounters struct {
	ReceiveDropped       uint64 // for other reasons than an invalid descriptor
	ReceiveInvalid       uint64 // descriptors
	TransmitInvalid      uint64 // descriptors
	ReceiveRingFull      uint64 // 5.9
	ReceiveFillRingEmpty uint64
	TransmitRingEmpty    uint64
}

// XDPUMem is the value of [XDPUMemRegister]: struct xdp_umem_reg.
type XDPUMem struct {
	Address          uint64
	Length           uint64 // bytes
	ChunkSize        uint32 // bytes of a frame
	Headroom         uint32 // bytes left free before a packet
	Flags            uint32
	TransmitMetadata uint32 // bytes; 6.8
}
