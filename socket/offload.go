package socket

import (
	"sync/atomic"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/internal/sys"
)

// The most that one send with segments may hold: UDP_MAX_SEGMENTS of linux/udp.h until Linux 6.9 (128 since), the longest
// datagram of IPv4 (65,535 bytes less the headers), and UIO_MAXIOV buffers.
const (
	maxSegments = 64
	maxPayload  = 65507
	maxBuffers  = 1024
)

// offload is a socket's state of UDP segmentation offload.
type offload struct {
	limit atomic.Int32 // 0: segments of any size are offloaded; else only those that are shorter
}

// quietFlags do not keep messages apart.
const quietFlags = constants.MsgFlag(sys.MsgDontWait | sys.MsgNoSignal)

// SetOffload chooses whether SendMessages may send several datagrams as segments of one, and whether the kernel cuts
// messages with a SegmentSize. It is on at first, and goes off by itself when the kernel refuses (EIO, EINVAL), or for
// segments that do not fit the path (EMSGSIZE); to switch it on forgets that.
//
// To switch it off makes sense where each datagram must be one to the sending host too: for time stamps of what is sent
// (SO_TIMESTAMPING), and with the options UDP_SEGMENT and UDP_CORK of the socket: what is corked becomes one datagram only if no
// messages are sent as segments. It means nothing on other sockets than UDP's, nor elsewhere than on Linux.
func (s *Socket) SetOffload(on bool) {
	limit := int32(0)
	if !on {
		limit = 1
	}
	s.offload.limit.Store(limit)
}

// Offload reports whether SendMessages may send datagrams as segments of one, at least short ones: see SetOffload.
func (s *Socket) Offload() bool { return s.udp() && hasSegmentation && s.offload.limit.Load() != 1 }

// udp reports whether the socket is one of UDP.
func (s *Socket) udp() bool {
	return s.Type() == constants.SOCK_DGRAM && (s.Family() == constants.AF_INET || s.Family() == constants.AF_INET6) &&
		(s.protocol == 0 || s.protocol == constants.IPPROTO_UDP)
}
