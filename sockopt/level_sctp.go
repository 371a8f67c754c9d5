package sockopt

import (
	"time"

	"example.com/bsdsocket/constants"
)

// Options of SCTP, at level IPPROTO_SCTP: sctp(7) and RFC 6458.

var ipprotoSCTP = newLevel("IPPROTO_SCTP", constants.IPPROTO_SCTP, sctpSockets)

// SCTPAdaptationLayer is SCTP_ADAPTATION_LAYER: a number that the peer is told when the association
// is made. RFC 6458, section 8.1.10.
var SCTPAdaptationLayer Option[uint32] = readWrite(unsigned32, "SCTPAdaptationLayer", ipprotoSCTP,
	"SCTP_ADAPTATION_LAYER", constants.SCTP_ADAPTATION_LAYER, since("Linux 2.6.18"))

// SCTPAssociationInfo is SCTP_ASSOCINFO: limits of an association. RFC 6458, section 8.1.2.
var SCTPAssociationInfo Query[SCTPAssociation] = queried(readOrSet[SCTPAssociation](),
	"SCTPAssociationInfo", ipprotoSCTP, "SCTP_ASSOCINFO", constants.SCTP_ASSOCINFO)

// SCTPAutoClose is SCTP_AUTOCLOSE: how long an association may be idle before it is closed; 0, the
// default, is for ever. Whole seconds, rounded up, and cut without an error to the sysctl
// net.sctp.max_autoclose. Sockets of type SOCK_SEQPACKET; EOPNOTSUPP on others. RFC 6458, section
// 8.1.8.
var SCTPAutoClose Option[time.Duration] = readWrite(seconds, "SCTPAutoClose", ipprotoSCTP,
	"SCTP_AUTOCLOSE", constants.SCTP_AUTOCLOSE)

// SCTPDisableFragments is SCTP_DISABLE_FRAGMENTS: a message too large for one packet is EMSGSIZE.
// RFC 6458, section 8.1.11.
var SCTPDisableFragments Option[bool] = readWrite(boolean, "SCTPDisableFragments", ipprotoSCTP,
	"SCTP_DISABLE_FRAGMENTS", constants.SCTP_DISABLE_FRAGMENTS)

// SCTPFragmentInterleave is SCTP_FRAGMENT_INTERLEAVE: whether parts of messages of several
// associations are received mixed. RFC 6458, section 8.1.20.
var SCTPFragmentInterleave Option[bool] = readWrite(boolean, "SCTPFragmentInterleave", ipprotoSCTP,
	"SCTP_FRAGMENT_INTERLEAVE", constants.SCTP_FRAGMENT_INTERLEAVE, since("Linux 2.6.22"))

// SCTPInitMessage is SCTP_INITMSG: how associations are made from now on; fields that are 0 stay as
// they are. RFC 6458, section 8.1.3.
var SCTPInitMessage Option[SCTPInit] = readWrite(structure[SCTPInit](), "SCTPInitMessage",
	ipprotoSCTP, "SCTP_INITMSG", constants.SCTP_INITMSG)

// SCTPMappedV4 is SCTP_I_WANT_MAPPED_V4_ADDR: an IPv6 socket sees IPv4 addresses as ::ffff:1.2.3.4.
// It is on. RFC 6458, section 8.1.15.
var SCTPMappedV4 Option[bool] = readWrite(boolean, "SCTPMappedV4", ipprotoSCTP,
	"SCTP_I_WANT_MAPPED_V4_ADDR", constants.SCTP_I_WANT_MAPPED_V4_ADDR)

// SCTPMaxSegmentSize is SCTP_MAXSEG: the largest piece of a message in one packet, in bytes; 0 is
// as much as fits. RFC 6458, section 8.1.16.
var SCTPMaxSegmentSize Query[SCTPValue] = queried(readOrSet[SCTPValue](), "SCTPMaxSegmentSize",
	ipprotoSCTP, "SCTP_MAXSEG", constants.SCTP_MAXSEG)

// SCTPMaxBurst is SCTP_MAX_BURST: how many packets leave in one go. RFC 6458, section 8.1.24.
var SCTPMaxBurst Query[SCTPValue] = queried(readOrSet[SCTPValue](), "SCTPMaxBurst", ipprotoSCTP,
	"SCTP_MAX_BURST", constants.SCTP_MAX_BURST, since("Linux 2.6.22"))

// SCTPNoDelay is SCTP_NODELAY: messages leave at once, without waiting to be bundled. RFC 6458,
// section 8.1.5.
var SCTPNoDelay Option[bool] = readWrite(boolean, "SCTPNoDelay", ipprotoSCTP, "SCTP_NODELAY",
	constants.SCTP_NODELAY)

// SCTPPartialDeliveryPoint is SCTP_PARTIAL_DELIVERY_POINT: from how many bytes on a message is
// received in parts. RFC 6458, section 8.1.21.
var SCTPPartialDeliveryPoint Option[uint32] = readWrite(unsigned32, "SCTPPartialDeliveryPoint",
	ipprotoSCTP, "SCTP_PARTIAL_DELIVERY_POINT", constants.SCTP_PARTIAL_DELIVERY_POINT,
	since("Linux 2.6.22"))

// SCTPReceiveNextInfo is SCTP_RECVNXTINFO: each receive brings a control message SCTP_NXTINFO about
// the next message. RFC 6458, section 8.1.30.
var SCTPReceiveNextInfo Option[bool] = readWrite(boolean, "SCTPReceiveNextInfo", ipprotoSCTP,
	"SCTP_RECVNXTINFO", constants.SCTP_RECVNXTINFO, since("Linux 3.17"))

// SCTPReceiveInfo is SCTP_RECVRCVINFO: each receive brings a control message SCTP_RCVINFO about the
// message. RFC 6458, section 8.1.29.
var SCTPReceiveInfo Option[bool] = readWrite(boolean, "SCTPReceiveInfo", ipprotoSCTP,
	"SCTP_RECVRCVINFO", constants.SCTP_RECVRCVINFO, since("Linux 3.17"))

// SCTPReusePort is SCTP_REUSE_PORT: stream sockets share a port. It is set before bind(2), EFAULT
// after; EOPNOTSUPP on sockets of another type. RFC 6458, section 8.1.27.
var SCTPReusePort Option[bool] = readWrite(boolean, "SCTPReusePort", ipprotoSCTP, "SCTP_REUSE_PORT",
	constants.SCTP_REUSE_PORT, since("Linux 4.17"))

// SCTPRetransmitInfo is SCTP_RTOINFO: the retransmission timeouts of an association. RFC 6458,
// section 8.1.1.
var SCTPRetransmitInfo Query[SCTPRetransmit] = queried(readOrSet[SCTPRetransmit](),
	"SCTPRetransmitInfo", ipprotoSCTP, "SCTP_RTOINFO", constants.SCTP_RTOINFO)

// SCTPRetransmit is the value of [SCTPRetransmitInfo]: struct sctp_rtoinfo. Fields that are 0 stay
// as they are.
type SCTPRetransmit struct {
	Association       int32  // 0: the only one of a stream socket; of others, those to come
	Initial, Max, Min uint32 // milliseconds
}

// SCTPAssociation is the value of [SCTPAssociationInfo]: struct sctp_assocparams. Fields that are 0
// stay as they are.
type SCTPAssociation struct {
	Association      int32 // 0 as in [SCTPRetransmit]
	MaxRetransmits   uint16
	PeerDestinations uint16 // out: addresses of the peer
	PeerWindow       uint32 // out: bytes
	LocalWindow      uint32 // out: bytes
	CookieLife       uint32 // milliseconds
}

// SCTPInit is the value of [SCTPInitMessage]: struct sctp_initmsg.
type SCTPInit struct {
	OutStreams   uint16
	MaxInStreams uint16
	MaxAttempts  uint16
	MaxTimeout   uint16 // milliseconds
}

// SCTPValue is a number for one association: struct sctp_assoc_value.
type SCTPValue struct {
	Association int32 // 0 as in [SCTPRetransmit]
	Value       uint32
}

// readOrSet is a structure that holds, when read, what to ask about.
func readOrSet[T any]() codec[T] {
	k := structure[T]()
	return codec[T]{set: k.set, query: k.query}
}
