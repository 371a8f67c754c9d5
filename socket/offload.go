package socket

import (
	"sync/atomic"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/internal/sys"
)

// The most that one send with segments may hold: UDP_MAX_SEGMENTS of linux/udp.h until Linux 6.9 (128 since), and the longest
// datagram of IPv4 (65,535 bytes less the headers).
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

// SetOffload chooses how far UDP datagrams are left to the kernel or the network card to cut (UDP_SEGMENT, udp(7), Linux 4.18).
// At first the kernel cuts what has a SegmentSize, and SendMessages sends each message as a datagram of its own. True makes
// SendMessages also join consecutive messages to one address, without control data and of one size, of which the last may be
// shorter, to a train of up to 64 datagrams, which costs far less. False leaves nothing to the kernel. It means nothing
// for other sockets than UDP's, and on other systems than Linux.
//
// What a train is. It is cut where it leaves the host, as late as in the network card, and where a socket receives it that has not
// asked for whole trains (UDP_GRO). Until then it is one packet, with the first datagram's payload in front: to the firewall's
// rules and counters and limits (one packet of a limit, one match of a payload), to BPF programs, also those that choose a
// socket of a SO_REUSEPORT group, to captures and raw sockets, on loopback, veth and bridges, so to containers too. A queue
// that drops it loses all its datagrams at once, and an error of one is the error of all. A time stamp of what is sent
// (SO_TIMESTAMPING) is one for the train. So datagrams are joined only where somebody asks for it who knows the path.
//
// The options UDP_SEGMENT and UDP_CORK of the socket need false: what is corked becomes one datagram only if nothing is sent as
// segments.
//
// Segments that the kernel refuses (EIO, EINVAL, EMSGSIZE) are sent one by one at once. Of a connected socket it refuses them for good,
// unless they were too long for the path: then offload goes off, and SetOffload(true) tries again. Otherwise it concerns the
// address that the datagrams were sent to, and only that call.
func (s *Socket) SetOffload(on bool) {
	state := int32(offloadOff)
	if on {
		state = offloadJoins
	}
	s.offload.state.Store(state)
}

// Offload reports whether SendMessages joins datagrams: SetOffload(true) was called, the kernel has UDP_SEGMENT, and it has not
// refused it for good since.
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
	return s.Type() == constants.SOCK_DGRAM && (s.Family() == constants.AF_INET || s.Family() == constants.AF_INET6) &&
		(s.protocol == 0 || s.protocol == constants.IPPROTO_UDP)
}
