package socket

import (
	"sync/atomic"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/internal/sys"
)

// The most that one send with segments may hold: UDP_MAX_SEGMENTS of linux/udp.h until Linux 6.9
// (128 since), and the longest datagram of IPv4 (65,535 bytes less the headers).
const (
	maxSegments = 64
	maxPayload  = 65507
)

// maxBuffers is how many buffers one call takes: UIO_MAXIOV of Linux, IOV_MAX elsewhere.
const maxBuffers = 1024

// offload is a socket's state of UDP segmentation offload.
type offload struct{ state atomic.Int32 }

const (
	offloadAsked   = iota // only for messages with a SegmentSize
	offloadJoins          // also for several messages, as SetOffload(true) says
	offloadOff            // SetOffload(false)
	offloadRefused        // the kernel refused it
)

// quietFlags do not keep messages apart.
const quietFlags = constants.MsgFlag(sys.MsgDontWait | sys.MsgNoSignal)

// SetOffload chooses what the kernel or the network card cuts into UDP datagrams (UDP_SEGMENT,
// udp(7), Linux 4.18). By default it cuts messages with a SegmentSize, and SendMessages sends each
// message as a datagram of its own. True makes SendMessages also join consecutive messages into
// trains of up to 64 datagrams, which cost far less: messages to one address, without control data,
// of one size, except that the last may be shorter. False makes neither use the kernel. It has no
// effect except on UDP sockets on Linux.
//
// A train is cut where it leaves the host, as late as in the network card, or where a socket
// receives it that has not asked for whole trains (UDP_GRO). Until then it is one packet that
// begins with the first datagram's payload, on loopback, veth and bridges too, and so between
// containers. Firewalls see one packet: rules that match the payload look at the first datagram
// only, and counters and limits count one. So do BPF programs, also those that choose a socket of a
// SO_REUSEPORT group, captures and raw sockets. A queue that drops the train loses all its
// datagrams, an error of one is the error of all, and a time stamp of what is sent
// (SO_TIMESTAMPING) is one for all.
//
// Sockets with the option UDP_SEGMENT or UDP_CORK need false: corked data becomes one datagram only
// if nothing is sent as segments.
//
// Segments that the kernel refuses (EIO, EINVAL, EMSGSIZE) are sent again one by one. On a
// connected socket, EIO and EINVAL switch offload off, until SetOffload is called again. Any other
// refusal applies to the destination of the datagrams, for the rest of that call.
func (s *Socket) SetOffload(on bool) {
	state := int32(offloadOff)
	if on {
		state = offloadJoins
	}
	s.offload.state.Store(state)
}

// Offload reports whether SendMessages joins datagrams: SetOffload(true) was called, the kernel has
// UDP_SEGMENT, and it has not refused it for good since.
func (s *Socket) Offload() bool {
	if !hasSegmentation || !s.udp() || s.offload.state.Load() != offloadJoins {
		return false
	}
	var has bool
	s.fd.Control(func(sysfd int) error {
		has = segmentation(sysfd)
		return nil
	})
	return has
}

// udp reports whether the socket is one of UDP.
func (s *Socket) udp() bool {
	return s.Type() == constants.SOCK_DGRAM &&
		(s.Family() == constants.AF_INET || s.Family() == constants.AF_INET6) &&
		(s.protocol == 0 || s.protocol == constants.IPPROTO_UDP)
}
