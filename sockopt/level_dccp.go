package sockopt

import (
	"encoding/binary"

	"example.com/bsdsocket/constants"
)

// Options of DCCP, at level SOL_DCCP: dccp.rst in the kernel's documentation, RFC 4340. Linux had
// DCCP from 2.6.14 to 6.15.

var solDCCP = newLevel("SOL_DCCP", constants.SOL_DCCP, dccpSockets)

// DCCPAvailableCCIDs is DCCP_SOCKOPT_AVAILABLE_CCIDS: the congestion control algorithms that the
// kernel has, by their numbers. dccp.rst in the kernel's documentation.
var DCCPAvailableCCIDs ReadOnly[[]byte] = readOnly(octets(64), "DCCPAvailableCCIDs", solDCCP,
	"DCCP_SOCKOPT_AVAILABLE_CCIDS", constants.DCCP_SOCKOPT_AVAILABLE_CCIDS, since("Linux 2.6.28"))

// DCCPCCID is DCCP_SOCKOPT_CCID: the congestion control algorithms to offer for both directions,
// best first. Set it before connecting. dccp.rst in the kernel's documentation.
var DCCPCCID WriteOnly[[]byte] = writeOnly(octets(16), "DCCPCCID", solDCCP, "DCCP_SOCKOPT_CCID",
	constants.DCCP_SOCKOPT_CCID, since("Linux 2.6.29"))

// DCCPCurrentMaxPacketSize is DCCP_SOCKOPT_GET_CUR_MPS: the most bytes of application data that a
// packet can carry now. dccp.rst in the kernel's documentation.
var DCCPCurrentMaxPacketSize ReadOnly[uint32] = readOnly(unsigned32, "DCCPCurrentMaxPacketSize",
	solDCCP, "DCCP_SOCKOPT_GET_CUR_MPS", constants.DCCP_SOCKOPT_GET_CUR_MPS, since("Linux 2.6.25"))

// DCCPQueuePolicyTransmitLength is DCCP_SOCKOPT_QPOLICY_TXQLEN: how many packets may wait to be
// sent; 0 is no limit, a negative number EINVAL. dccp.rst in the kernel's documentation.
var DCCPQueuePolicyTransmitLength Option[int] = readWrite(integer, "DCCPQueuePolicyTransmitLength",
	solDCCP, "DCCP_SOCKOPT_QPOLICY_TXQLEN", constants.DCCP_SOCKOPT_QPOLICY_TXQLEN,
	since("Linux 2.6.38"))

// DCCPReceiveChecksumCoverage is DCCP_SOCKOPT_RECV_CSCOV: the least coverage, 0 to 15, that packets
// received must have; 0 is all of the packet, 1 the header alone and n, n-1 words more. dccp.rst in
// the kernel's documentation.
var DCCPReceiveChecksumCoverage Option[int] = readWrite(integer, "DCCPReceiveChecksumCoverage",
	solDCCP, "DCCP_SOCKOPT_RECV_CSCOV", constants.DCCP_SOCKOPT_RECV_CSCOV, since("Linux 2.6.21"))

// DCCPReceiveCCID is DCCP_SOCKOPT_RX_CCID: the congestion control algorithm of what is received;
// ENOPROTOOPT on a socket that is not connected. dccp.rst in the kernel's documentation.
var DCCPReceiveCCID ReadOnly[int] = readOnly(integer, "DCCPReceiveCCID", solDCCP,
	"DCCP_SOCKOPT_RX_CCID", constants.DCCP_SOCKOPT_RX_CCID, since("Linux 2.6.29"))

// DCCPSendChecksumCoverage is DCCP_SOCKOPT_SEND_CSCOV: the coverage of packets sent; see
// [DCCPReceiveChecksumCoverage]. dccp.rst in the kernel's documentation.
var DCCPSendChecksumCoverage Option[int] = readWrite(integer, "DCCPSendChecksumCoverage", solDCCP,
	"DCCP_SOCKOPT_SEND_CSCOV", constants.DCCP_SOCKOPT_SEND_CSCOV, since("Linux 2.6.21"))

// DCCPServerTimeWait is DCCP_SOCKOPT_SERVER_TIMEWAIT: a server, not its client, keeps the state
// TIMEWAIT. EOPNOTSUPP to set but on a connection that was accepted. dccp.rst in the kernel's
// documentation.
var DCCPServerTimeWait Option[bool] = readWrite(boolean, "DCCPServerTimeWait", solDCCP,
	"DCCP_SOCKOPT_SERVER_TIMEWAIT", constants.DCCP_SOCKOPT_SERVER_TIMEWAIT, since("Linux 2.6.25"))

// DCCPService is DCCP_SOCKOPT_SERVICE: the service code, which both ends must set to the same
// before connecting: four bytes, the first one the highest. It is in network byte order in the
// kernel, in no order here. dccp.rst in the kernel's documentation.
var DCCPService Option[uint32] = readWrite(networkUnsigned32, "DCCPService", solDCCP,
	"DCCP_SOCKOPT_SERVICE", constants.DCCP_SOCKOPT_SERVICE, since("Linux 2.6.14"))

// DCCPTransmitCCID is DCCP_SOCKOPT_TX_CCID: the congestion control algorithm of what is sent;
// ENOPROTOOPT on a socket that is not connected. dccp.rst in the kernel's documentation.
var DCCPTransmitCCID ReadOnly[int] = readOnly(integer, "DCCPTransmitCCID", solDCCP,
	"DCCP_SOCKOPT_TX_CCID", constants.DCCP_SOCKOPT_TX_CCID, since("Linux 2.6.29"))

var networkUnsigned32 = converted(structure[[4]byte](),
	func(b [4]byte) (uint32, bool) { return binary.BigEndian.Uint32(b[:]), true },
	func(v uint32) (b [4]byte, ok bool) {
		binary.BigEndian.PutUint32(b[:], v)
		return b, true
	})
