package sockopt

import (
	"net/netip"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/internal/sys"
)

// Options of Multipath TCP, at level SOL_MPTCP: mptcp(7) and linux/mptcp.h. Its sockets have most
// of TCP's too. All are [ErrWrongSocket] on TCP sockets.

var solMPTCP = newLevel("SOL_MPTCP", constants.SOL_MPTCP, mptcpSockets)

// MPTCPInfo is MPTCP_INFO: the state of the connection as a whole. EOPNOTSUPP once it fell back to
// TCP. linux/mptcp.h.
var MPTCPInfo ReadOnly[MPTCPConnectionInfo] = readOnly(growing[MPTCPConnectionInfo](), "MPTCPInfo",
	solMPTCP, "MPTCP_INFO", constants.MPTCP_INFO, since("Linux 5.16"))

// MPTCPSubflowAddresses is MPTCP_SUBFLOW_ADDRS: the addresses of each subflow. linux/mptcp.h.
var MPTCPSubflowAddresses ReadOnly[[]MPTCPSubflow] = readOnly(
	subflows(mptcpAddressSize, parseSubflowAddress), "MPTCPSubflowAddresses", solMPTCP,
	"MPTCP_SUBFLOW_ADDRS", constants.MPTCP_SUBFLOW_ADDRS, since("Linux 5.16"))

// MPTCPTCPInfo is MPTCP_TCPINFO: [TCPInfo] of each subflow. linux/mptcp.h.
var MPTCPTCPInfo ReadOnly[[]TCPConnectionInfo] = readOnly(subflows(512, parseSubflowInfo),
	"MPTCPTCPInfo", solMPTCP, "MPTCP_TCPINFO", constants.MPTCP_TCPINFO, since("Linux 5.16"))

// MPTCPConnectionInfo is the value of [MPTCPInfo]: struct mptcp_info. In the zero value the kernel
// has told nothing.
type MPTCPConnectionInfo struct {
	Subflows           uint8 // beyond the first
	AddAddrSignal      uint8 // addresses announced
	AddAddrAccepted    uint8 // announcements accepted
	SubflowsMax        uint8 // limits of these
	AddAddrSignalMax   uint8
	AddAddrAcceptedMax uint8
	_                  uint16
	Flags              MPTCPFlags
	Token              uint32 // the connection's number on this host
	WriteSequence      uint64
	SendUnacknowledged uint64
	ReceiveNext        uint64
	LocalAddrUsed      uint8
	LocalAddrMax       uint8
	ChecksumEnabled    uint8 // 1 if DSS checksums are used
	_                  uint8
	Retransmits        uint32 // 6.5
	BytesRetransmitted uint64
	BytesSent          uint64
	BytesReceived      uint64
	BytesAcked         uint64
	SubflowsTotal      uint8 // with the first; 6.8
	EndpointsLimit     uint8
	_                  uint16
	LastDataSent       uint32 // milliseconds ago; 6.10
	LastDataReceived   uint32
	LastAckReceived    uint32
}

// MPTCPFlags are the flags of an [MPTCPConnectionInfo].
type MPTCPFlags uint32

// The bits of MPTCPFlags.
const (
	// MPTCP_INFO_FLAG_FALLBACK: the connection is plain TCP.
	MPTCPFallback MPTCPFlags = 1 << iota
	// MPTCP_INFO_FLAG_REMOTE_KEY_RECEIVED.
	MPTCPRemoteKeyReceived
)

// String returns the names of the bits: "FALLBACK|REMOTE_KEY_RECEIVED".
func (f MPTCPFlags) String() string { return bits(uint32(f), "FALLBACK", "REMOTE_KEY_RECEIVED") }

// MPTCPSubflow are the addresses of one subflow: struct mptcp_subflow_addrs.
type MPTCPSubflow struct{ Local, Remote netip.AddrPort }

const mptcpAddressSize = 2 * storage

func parseSubflowAddress(b []byte) (s MPTCPSubflow, err error) {
	if len(b) < mptcpAddressSize {
		return s, sys.SizeError{Got: len(b), Want: mptcpAddressSize}
	}
	if s.Local, err = readAddress(b[:storage]); err != nil {
		return s, err
	}
	s.Remote, err = readAddress(b[storage:])
	return s, err
}

func parseSubflowInfo(b []byte) (TCPConnectionInfo, error) {
	return parseTCPInfo(b, tcpInfoKnown), nil
}

// subflows reads a struct mptcp_subflow_data, whose four fields are its own size, the number of
// subflows, and the sizes of an element in the kernel and here, and the elements after it.
func subflows[T any](element int, parse func([]byte) (T, error)) codec[[]T] {
	return codec[[]T]{
		get: func(c *call) ([]T, error) {
			const head, room = 16, 16 // no more than 8 subflows in today's kernels
			b := make([]byte, head+room*element)
			native.PutUint32(b, head)
			native.PutUint32(b[12:], uint32(element))
			b, err := c.getInto(b)
			if err != nil {
				return nil, err
			}
			if len(b) < head {
				return nil, sys.SizeError{Got: len(b), Want: head}
			}
			n := min(int(native.Uint32(b[4:])), room)
			element := int(native.Uint32(b[12:])) // the kernel makes it no more than it has
			if element <= 0 {                     // a size that is no int of 32 bits is none either
				return nil, sys.SizeError{Got: 0, Want: element}
			}
			var v []T
			for rest := b[head:]; n > 0 && len(rest) >= element; n, rest = n-1, rest[element:] {
				one, err := parse(rest[:element])
				if err != nil {
					return nil, err
				}
				v = append(v, one)
			}
			return v, nil
		},
	}
}
