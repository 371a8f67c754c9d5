package sockopt

import "example.com/bsdsocket/constants"

// Options of raw CAN sockets, at level SOL_CAN_RAW: can.rst in the kernel's documentation.

var solCANRaw = newLevel("SOL_CAN_RAW", constants.SOL_CAN_RAW, canSockets)

// CANRawErrorFilter is CAN_RAW_ERR_FILTER: the classes of error frames (CAN_ERR_...) to receive; 0,
// the default, is none. can.rst in the kernel's documentation.
var CANRawErrorFilter Option[uint32] = readWrite(unsigned32, "CANRawErrorFilter", solCANRaw,
	"CAN_RAW_ERR_FILTER", constants.CAN_RAW_ERR_FILTER, since("Linux 2.6.25"))

// CANRawFDFrames is CAN_RAW_FD_FRAMES: CAN FD frames are sent and received too. EINVAL to turn off
// while [CANRawXLFrames], which turns it on, is on. can.rst in the kernel's documentation.
var CANRawFDFrames Option[bool] = readWrite(boolean, "CANRawFDFrames", solCANRaw,
	"CAN_RAW_FD_FRAMES", constants.CAN_RAW_FD_FRAMES, since("Linux 3.6"))

// CANRawFilter is CAN_RAW_FILTER: which frames to receive: those that any of at most 512 filters
// matches, EINVAL beyond; an empty list receives none. A new socket has one filter that matches
// all. can.rst in the kernel's documentation.
var CANRawFilter Option[[]CANFilter] = readWrite(canFilters, "CANRawFilter", solCANRaw,
	"CAN_RAW_FILTER", constants.CAN_RAW_FILTER, since("Linux 2.6.25"))

// CANRawJoinFilters is CAN_RAW_JOIN_FILTERS: all filters must match, not any. can.rst in the
// kernel's documentation.
var CANRawJoinFilters Option[bool] = readWrite(boolean, "CANRawJoinFilters", solCANRaw,
	"CAN_RAW_JOIN_FILTERS", constants.CAN_RAW_JOIN_FILTERS, since("Linux 4.1"))

// CANRawLoopback is CAN_RAW_LOOPBACK: other sockets of this host receive the frames that this one
// sends. It is on. can.rst in the kernel's documentation.
var CANRawLoopback Option[bool] = readWrite(boolean, "CANRawLoopback", solCANRaw,
	"CAN_RAW_LOOPBACK", constants.CAN_RAW_LOOPBACK, since("Linux 2.6.25"))

// CANRawReceiveOwnMessages is CAN_RAW_RECV_OWN_MSGS: and so does this one. can.rst in the kernel's
// documentation.
var CANRawReceiveOwnMessages Option[bool] = readWrite(boolean, "CANRawReceiveOwnMessages",
	solCANRaw, "CAN_RAW_RECV_OWN_MSGS", constants.CAN_RAW_RECV_OWN_MSGS, since("Linux 2.6.25"))

// CANRawXLFrames is CAN_RAW_XL_FRAMES: CAN XL frames are sent and received too. linux/can/raw.h.
var CANRawXLFrames Option[bool] = readWrite(boolean, "CANRawXLFrames", solCANRaw,
	"CAN_RAW_XL_FRAMES", constants.CAN_RAW_XL_FRAMES, since("Linux 6.2"))

// CANFilter matches the frames whose identifier, and its mask applied, is ID: struct can_filter.
type CANFilter struct {
	ID   uint32 // with CAN_INV_FILTER, 0x20000000, the filter matches all others
	Mask uint32
}

var canFilters = codec[[]CANFilter]{
	get: func(c *call) ([]CANFilter, error) {
		b, err := c.getInto(c.room(8 * 512))
		if err != nil {
			return nil, err
		}
		v := make([]CANFilter, len(b)/8)
		for i := range v {
			v[i] = CANFilter{native.Uint32(b[8*i:]), native.Uint32(b[8*i+4:])}
		}
		return v, nil
	},
	set: func(c *call, v []CANFilter) error {
		b := make([]byte, 0, 8*len(v))
		for _, f := range v {
			b = native.AppendUint32(b, f.ID)
			b = native.AppendUint32(b, f.Mask)
		}
		return c.setBytes(b)
	},
}
