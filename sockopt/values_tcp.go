package sockopt

import (
	"encoding/binary"
	"net/netip"
	"time"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/internal/sys"
)

// TCPConnectionInfo is the value of [TCPInfo]: struct tcp_info. Fields that the kernel did not
// return are zero; the comments name the first Linux of those that are not in all. Other systems
// return the fields up to ReceiveSpace.
type TCPConnectionInfo struct {
	State               TCPState
	CongestionState     uint8 // 0 open, 1 disorder, 2 CWR, 3 recovery, 4 loss
	Retransmits         uint8 // timeouts in a row
	Probes              uint8 // window or keep-alive probes unanswered
	Backoff             uint8 // how often the timeout was doubled
	Options             TCPNegotiated
	SendWindowScale     uint8 // bits to shift
	ReceiveWindowScale  uint8
	DeliveryRateLimited bool // by the application, so DeliveryRate is no measure; 4.9
	// 0 no, 1 cookie unavailable, 2 data not acknowledged, 3 SYN retransmitted; 5.5.
	FastOpenClientFailed uint8

	RetransmitTimeout time.Duration
	AckTimeout        time.Duration
	SendMSS           uint32 // bytes
	ReceiveMSS        uint32

	Unacked       uint32 // segments sent; on a listener, connections that wait to be accepted
	Sacked        uint32 // segments; on a listener, the backlog
	Lost          uint32 // segments
	Retransmitted uint32 // segments sent again and not yet acknowledged
	Fackets       uint32 // always 0 since 4.15

	LastDataSent     time.Duration // ago
	LastAckSent      time.Duration // always 0
	LastDataReceived time.Duration
	LastAckReceived  time.Duration

	PathMTU              uint32
	ReceiveSlowStart     uint32        // bytes
	RTT                  time.Duration // smoothed
	RTTVariance          time.Duration
	SendSlowStart        uint32 // segments
	CongestionWindow     uint32 // segments
	AdvertisedMSS        uint32
	Reordering           uint32 // segments
	ReceiveRTT           time.Duration
	ReceiveSpace         uint32 // bytes
	TotalRetransmits     uint32 // segments
	PacingRate           uint64 // bytes a second; the largest is no limit; 3.15
	MaxPacingRate        uint64
	BytesAcked           uint64 // 4.1
	BytesReceived        uint64
	SegmentsOut          uint32 // 4.2
	SegmentsIn           uint32
	NotSentBytes         uint32        // 4.6
	MinRTT               time.Duration // 4.6
	DataSegmentsIn       uint32        // 4.6
	DataSegmentsOut      uint32
	DeliveryRate         uint64        // bytes a second; 4.9
	BusyTime             time.Duration // sending; 4.10
	ReceiveWindowLimited time.Duration // of it, for want of the peer's window
	SendBufferLimited    time.Duration // of it, for want of room in the send buffer here
	Delivered            uint32        // segments; 4.18
	DeliveredCE          uint32        // of them marked, ECN
	BytesSent            uint64        // with those sent again; 4.19
	BytesRetransmitted   uint64
	DSACKDuplicates      uint32
	ReorderingSeen       uint32 // events
	ReceivedOutOfOrder   uint32 // segments; 5.4
	SendWindow           uint32 // the peer's, in bytes; 5.4
	ReceiveWindow        uint32 // 6.2
	Rehashes             uint32 // times another path was tried; 6.2
	Timeouts             uint16 // 6.7
	TimeoutRecoveries    uint16
	TimeoutTime          time.Duration // spent in them
	ReceivedCE           uint32        // segments, AccECN; 6.18
	DeliveredE1Bytes     uint32
	DeliveredE0Bytes     uint32
	DeliveredCEBytes     uint32
	ReceivedE1Bytes      uint32
	ReceivedE0Bytes      uint32
	ReceivedCEBytes      uint32

	Size int // how many bytes the kernel returned

	// Extra are those of them that are no field above: those of a newer kernel, and four of Linux
	// 6.18, tcpi_accecn_fail_mode and tcpi_accecn_opt_seen, which later ones lay out in another
	// way.
	Extra []byte
}

// rawTCPInfo has the fields in the kernel's order and units.
type rawTCPInfo struct {
	State, CAState, Retransmits, Probes, Backoff, Options, WindowScales, Flags uint8

	RTO, ATO, SendMSS, ReceiveMSS, Unacked, Sacked, Lost, Retrans, Fackets                  uint32
	LastDataSent, LastAckSent, LastDataReceived, LastAckReceived                            uint32
	PathMTU, ReceiveSSThresh, RTT, RTTVar, SendSSThresh, SendCwnd                           uint32
	AdvMSS, Reordering, ReceiveRTT, ReceiveSpace                                            uint32
	TotalRetrans                                                                            uint32
	PacingRate, MaxPacingRate, BytesAcked, BytesReceived                                    uint64
	SegsOut, SegsIn, NotSentBytes, MinRTT, DataSegsIn, DataSegsOut                          uint32
	DeliveryRate, BusyTime, RwndLimited, SndbufLimited                                      uint64
	Delivered, DeliveredCE                                                                  uint32
	BytesSent, BytesRetrans                                                                 uint64
	DSACKDups, ReordSeen, OOOPack, SendWindow, ReceiveWindow, Rehash                        uint32
	TotalRTO, TotalRTORecoveries                                                            uint16
	TotalRTOTime                                                                            uint32
	ReceivedCE, DeliveredE1, DeliveredE0, DeliveredCEB, ReceivedE1, ReceivedE0, ReceivedCEB uint32
}

// tcpInfo reads whatever the kernel has, up to a kilobyte.
var tcpInfo = codec[TCPConnectionInfo]{
	get: func(c *call) (v TCPConnectionInfo, err error) {
		b, err := c.getInto(c.room(1024))
		if err != nil {
			return v, err
		}
		return parseTCPInfo(b, tcpInfoKnown), nil
	},
}

// parseTCPInfo reads the first known bytes of b as this package's fields.
func parseTCPInfo(b []byte, known int) (v TCPConnectionInfo) {
	var r rawTCPInfo
	full := make([]byte, binary.Size(&r))
	known = min(known, len(full), len(b))
	copy(full, b[:known])
	binary.Decode(full, native, &r) // full has the size of r, so it cannot fail

	us := func(v uint32) time.Duration { return time.Duration(v) * time.Microsecond }
	us64 := func(v uint64) time.Duration { return time.Duration(v) * time.Microsecond }
	ms := func(v uint32) time.Duration { return time.Duration(v) * time.Millisecond }
	low, high := nibbles(r.WindowScales)
	limited, failed := deliveryFlags(r.Flags)
	return TCPConnectionInfo{
		State: TCPState(r.State), CongestionState: r.CAState, Retransmits: r.Retransmits,
		Probes:  r.Probes,
		Backoff: r.Backoff, Options: TCPNegotiated(r.Options), SendWindowScale: low,
		ReceiveWindowScale:  high,
		DeliveryRateLimited: limited, FastOpenClientFailed: failed,
		RetransmitTimeout: us(r.RTO), AckTimeout: us(r.ATO), SendMSS: r.SendMSS,
		ReceiveMSS: r.ReceiveMSS,
		Unacked:    r.Unacked, Sacked: r.Sacked, Lost: r.Lost, Retransmitted: r.Retrans,
		Fackets:      r.Fackets,
		LastDataSent: ms(r.LastDataSent), LastAckSent: ms(r.LastAckSent),
		LastDataReceived: ms(r.LastDataReceived), LastAckReceived: ms(r.LastAckReceived),
		PathMTU: r.PathMTU, ReceiveSlowStart: r.ReceiveSSThresh, RTT: us(r.RTT),
		RTTVariance:   us(r.RTTVar),
		SendSlowStart: r.SendSSThresh, CongestionWindow: r.SendCwnd, AdvertisedMSS: r.AdvMSS,
		Reordering: r.Reordering, ReceiveRTT: us(r.ReceiveRTT), ReceiveSpace: r.ReceiveSpace,
		TotalRetransmits: r.TotalRetrans, PacingRate: r.PacingRate, MaxPacingRate: r.MaxPacingRate,
		BytesAcked: r.BytesAcked, BytesReceived: r.BytesReceived, SegmentsOut: r.SegsOut,
		SegmentsIn:   r.SegsIn,
		NotSentBytes: r.NotSentBytes, MinRTT: us(r.MinRTT), DataSegmentsIn: r.DataSegsIn,
		DataSegmentsOut: r.DataSegsOut, DeliveryRate: r.DeliveryRate, BusyTime: us64(r.BusyTime),
		ReceiveWindowLimited: us64(r.RwndLimited), SendBufferLimited: us64(r.SndbufLimited),
		Delivered: r.Delivered, DeliveredCE: r.DeliveredCE, BytesSent: r.BytesSent,
		BytesRetransmitted: r.BytesRetrans, DSACKDuplicates: r.DSACKDups,
		ReorderingSeen:     r.ReordSeen,
		ReceivedOutOfOrder: r.OOOPack, SendWindow: r.SendWindow, ReceiveWindow: r.ReceiveWindow,
		Rehashes: r.Rehash, Timeouts: r.TotalRTO, TimeoutRecoveries: r.TotalRTORecoveries,
		TimeoutTime: ms(r.TotalRTOTime), ReceivedCE: r.ReceivedCE, DeliveredE1Bytes: r.DeliveredE1,
		DeliveredE0Bytes: r.DeliveredE0, DeliveredCEBytes: r.DeliveredCEB,
		ReceivedE1Bytes: r.ReceivedE1,
		ReceivedE0Bytes: r.ReceivedE0, ReceivedCEBytes: r.ReceivedCEB,
		Size: len(b), Extra: append([]byte(nil), b[known:]...),
	}
}

// nibbles are the two bit fields of a byte, which C puts at the low end first on little-endian
// machines and at the high end first on others.
func nibbles(b uint8) (first, second uint8) {
	if littleEndian {
		return b & 15, b >> 4
	}
	return b >> 4, b & 15
}

// deliveryFlags are a bit field of one bit and then one of two.
func deliveryFlags(b uint8) (limited bool, failed uint8) {
	if littleEndian {
		return b&1 != 0, b >> 1 & 3
	}
	return b>>7 != 0, b >> 5 & 3
}

var littleEndian = native.Uint16([]byte{1, 0}) == 1

// TCPState is the state of a connection, RFC 9293, section 3.3.2. The numbers are Linux'; BSD
// counts from 0, closed, in another order.
type TCPState uint8

// The states of TCP, on Linux.
const (
	TCPEstablished TCPState = iota + 1
	TCPSynSent
	TCPSynReceived
	TCPFinWait1
	TCPFinWait2
	TCPTimeWait
	TCPClose
	TCPCloseWait
	TCPLastAck
	TCPListen
	TCPClosing
	TCPNewSynReceived
)

// String returns the name: "ESTABLISHED".
func (s TCPState) String() string {
	return name("TCPState", s, "", "ESTABLISHED", "SYN_SENT", "SYN_RECV", "FIN_WAIT1", "FIN_WAIT2",
		"TIME_WAIT", "CLOSE", "CLOSE_WAIT", "LAST_ACK", "LISTEN", "CLOSING", "NEW_SYN_RECV")
}

// TCPNegotiated are the TCP options that a connection uses: TCPI_OPT_...
type TCPNegotiated uint8

// The bits of TCPNegotiated.
const (
	TCPTimestamps            TCPNegotiated = 1 << iota // RFC 7323
	TCPSelectiveAck                                    // RFC 2018
	TCPWindowScale                                     // RFC 7323
	TCPECN                                             // RFC 3168
	TCPECNSeen                                         // an ECN-capable packet was received
	TCPSynData                                         // fast open: the SYN's data was taken
	TCPMicrosecondTimestamps                           // Linux 6.7
	TCPFastOpenChild                                   // the SYN's cookie was valid; Linux 6.16
)

// String returns the names of the bits: "TIMESTAMPS|SACK|WSCALE".
func (o TCPNegotiated) String() string {
	return bits(uint32(o), "TIMESTAMPS", "SACK", "WSCALE", "ECN", "ECN_SEEN", "SYN_DATA", "USEC_TS",
		"TFO_CHILD")
}

// CongestionInfo is the value of [TCPCongestionInfo], as the algorithm left it.
type CongestionInfo []byte

var congestionInfo = converted(octets(128),
	func(b []byte) (CongestionInfo, bool) { return b, true }, nil)

// BBRInfo is what bbr tells of itself: struct tcp_bbr_info.
type BBRInfo struct {
	Bandwidth      uint64 // bytes a second
	MinRTT         time.Duration
	PacingGain     float64
	CongestionGain float64
}

// BBR reads i as bbr's; false if it is too short for that.
func (i CongestionInfo) BBR() (BBRInfo, bool) {
	if len(i) < 20 {
		return BBRInfo{}, false
	}
	return BBRInfo{
		Bandwidth:      uint64(native.Uint32(i)) | uint64(native.Uint32(i[4:]))<<32,
		MinRTT:         time.Duration(native.Uint32(i[8:])) * time.Microsecond,
		PacingGain:     float64(native.Uint32(i[12:])) / 256,
		CongestionGain: float64(native.Uint32(i[16:])) / 256,
	}, true
}

// VegasInfo is what the algorithms that watch delays, such as vegas, westwood, illinois and nv,
// tell of themselves: struct tcpvegas_info.
type VegasInfo struct {
	Enabled uint32
	RTTs    uint32 // how many were measured
	RTT     time.Duration
	MinRTT  time.Duration
}

// Vegas reads i as vegas'; false if it is too short for that.
func (i CongestionInfo) Vegas() (VegasInfo, bool) {
	if len(i) < 16 {
		return VegasInfo{}, false
	}
	return VegasInfo{
		Enabled: native.Uint32(i),
		RTTs:    native.Uint32(i[4:]),
		RTT:     time.Duration(native.Uint32(i[8:])) * time.Microsecond,
		MinRTT:  time.Duration(native.Uint32(i[12:])) * time.Microsecond,
	}, true
}

// DCTCPInfo is what dctcp tells of itself: struct tcp_dctcp_info.
type DCTCPInfo struct {
	Enabled, CEState            uint16
	Alpha, ECNBytes, TotalBytes uint32
}

// DCTCP reads i as dctcp's; false if it is too short for that.
func (i CongestionInfo) DCTCP() (v DCTCPInfo, ok bool) {
	_, err := binary.Decode(i, native, &v)
	return v, err == nil
}

// TCPFunctionSet is a TCP stack of FreeBSD: [TCPFunctionBlock].
type TCPFunctionSet struct {
	Name  string // at most 31 bytes
	Count uint32 // how many connections use it; 0 when setting
}

var functionSet = converted(octets(36),
	func(b []byte) (TCPFunctionSet, bool) {
		if len(b) != 36 {
			return TCPFunctionSet{}, false
		}
		return TCPFunctionSet{untilNUL(b[:32]), native.Uint32(b[32:])}, true
	},
	func(s TCPFunctionSet) ([]byte, bool) {
		b := make([]byte, 36)
		copy(b, s.Name)
		native.PutUint32(b[32:], s.Count)
		return b, len(s.Name) < 32
	})

// MD5Signature is the key for one peer: [TCPMD5Signature].
type MD5Signature struct {
	Address netip.Addr // the peer; an IPv4 one is mapped for an IPv6 socket; no zone
	Key     []byte     // at most 80 bytes; empty takes the key away
}

// MD5SignatureExtended is the key for all peers of a prefix.
type MD5SignatureExtended struct {
	Prefix netip.Prefix // the peers; an IPv4 prefix is mapped for an IPv6 socket
	Index  int          // the interface of a VRF; 0 is any
	Key    []byte       // at most 80 bytes; empty takes the key away
}

const (
	md5KeySize     = 80
	md5FlagPrefix  = 1 // TCP_MD5SIG_FLAG_PREFIX
	md5FlagIfIndex = 2 // TCP_MD5SIG_FLAG_IFINDEX
)

// md5Request is a struct tcp_md5sig: address, flags, prefix length, key length, interface, key.
func md5Request(a netip.Addr, flags, prefixLen uint8, index uint32, key []byte) []byte {
	b := appendStorage(nil, a)
	b = append(b, flags, prefixLen)
	b = native.AppendUint16(b, uint16(len(key)))
	b = native.AppendUint32(b, index)
	b = append(b, key...)
	return append(b, make([]byte, md5KeySize-len(key))...)
}

// md5Peer is a peer's address as the kernel wants it: of the socket's own family, so IPv4's are
// mapped on an IPv6 socket and unmapped on an IPv4 one.
func md5Peer(c *call, a netip.Addr) (netip.Addr, bool) {
	a = a.Unmap()
	switch family := c.family(); {
	case family == int(constants.AF_INET6) && a.Is4():
		a = netip.AddrFrom16(a.As16())
	case family == int(constants.AF_INET) && !a.Is4():
		return a, false
	}
	return a, a.IsValid() && a.Zone() == ""
}

var md5Signature = codec[MD5Signature]{
	set: func(c *call, v MD5Signature) error {
		peer, ok := md5Peer(c, v.Address)
		if !ok || len(v.Key) > md5KeySize {
			return errValue
		}
		return c.setBytes(md5Request(peer, 0, 0, 0, v.Key))
	},
}

var md5SignatureExtended = codec[MD5SignatureExtended]{
	set: func(c *call, v MD5SignatureExtended) error {
		index, ok1 := asIndex(v.Index)
		peer, ok2 := md5Peer(c, v.Prefix.Addr())
		// Linux counts a mapped prefix's bits as IPv4's.
		bits := v.Prefix.Bits()
		if v.Prefix.Addr().Is4In6() {
			bits -= 96
		}
		if !ok1 || !ok2 || bits < 0 || len(v.Key) > md5KeySize {
			return errValue
		}
		flags := uint8(md5FlagPrefix)
		if index != 0 {
			flags |= md5FlagIfIndex
		}
		return c.setBytes(md5Request(peer, flags, uint8(bits), index, v.Key))
	},
}

// TCPRepairMode is the value of [TCPRepair].
type TCPRepairMode int

// The values of a TCPRepairMode.
const (
	TCPRepairOff        TCPRepairMode = 0  // end the repair and probe the peer's window
	TCPRepairOn         TCPRepairMode = 1  // begin it
	TCPRepairOffNoProbe TCPRepairMode = -1 // end the repair without a word (Linux 4.20)
)

// String returns "OFF", "ON" or "OFF_NO_WP".
func (m TCPRepairMode) String() string {
	if m == TCPRepairOffNoProbe {
		return "OFF_NO_WP"
	}
	return name("TCPRepairMode", m, "OFF", "ON")
}

// TCPQueue is the value of [TCPRepairQueue].
type TCPQueue int

// The values of a TCPQueue.
const (
	TCPNoQueue TCPQueue = iota
	TCPReceiveQueue
	TCPSendQueue
)

// String returns "NO_QUEUE", "RECV_QUEUE" or "SEND_QUEUE".
func (q TCPQueue) String() string {
	return name("TCPQueue", q, "NO_QUEUE", "RECV_QUEUE", "SEND_QUEUE")
}

// TCPRepairOption is one TCP option agreed with the peer: struct tcp_repair_opt.
type TCPRepairOption struct {
	Code uint32 // TCPOPT_...: 2 MSS, 3 window scale, 4 SACK permitted, 8 timestamps
	// Value is the MSS; of the scales, that sent in the low and that received in the high 16 bits;
	// of others 0.
	Value uint32
}

var repairOptions = codec[[]TCPRepairOption]{
	set: func(c *call, v []TCPRepairOption) error {
		b := make([]byte, 0, 8*len(v))
		for _, o := range v {
			b = native.AppendUint32(b, o.Code)
			b = native.AppendUint32(b, o.Value)
		}
		return c.setBytes(b)
	},
}

// TCPWindow is the value of [TCPRepairWindow]: struct tcp_repair_window.
type TCPWindow struct {
	SendWL1       uint32 // sequence number of the segment that last moved the window
	SendWindow    uint32
	MaxWindow     uint32
	ReceiveWindow uint32
	ReceiveWup    uint32 // receive sequence number when the window was last announced
}

// ZeroCopyReceive is the value of [TCPZeroCopyReceive]: struct tcp_zerocopy_receive. Fields that
// the kernel did not return are zero.
type ZeroCopyReceive struct {
	Address        uint64 // in: where to map
	Length         uint32 // in: how much to map; out: how much was
	Skip           uint32 // out: how much must be received before more can be mapped
	InQueue        uint32 // out: how much is in the queue (Linux 5.7)
	Err            int32  // out: the pending error of the socket (5.7)
	CopyBuffer     uint64 // in: where to copy what cannot be mapped (5.11)
	CopyLength     int32  // in and out
	Flags          uint32 // in: 1 the mapping was not written to
	ControlAddress uint64 // in: where to put control messages (5.12)
	ControlLength  uint64
	ControlFlags   uint32
	_              uint32
}

var zeroCopyReceive = codec[ZeroCopyReceive]{
	query: func(c *call, q ZeroCopyReceive) (v ZeroCopyReceive, err error) {
		// The kernel takes as much of the struct as it is given, and the lengths that kernels know
		// differ: so no more than is used.
		size := 24
		switch {
		case q.ControlAddress != 0:
			size = 64
		case q.CopyBuffer != 0:
			size = 40
		}
		b := make([]byte, binary.Size(&q))
		if _, err := binary.Encode(b, native, &q); err != nil {
			return v, errValue
		}
		got, err := c.getInto(b[:size])
		if err != nil {
			return v, err
		}
		if len(got) < 16 {
			return v, sys.SizeError{Got: len(got), Want: size}
		}
		clear(b[len(got):])
		_, err = binary.Decode(b, native, &v)
		return v, err
	},
}
