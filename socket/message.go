package socket

import (
	"context"
	"encoding/binary"
	"errors"
	"iter"
	"syscall"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/internal/fd"
	"example.com/bsdsocket/internal/sys"
	"example.com/bsdsocket/sockaddr"
)

// ErrControlTruncated is a message whose control data did not fit into Message.Control (MSG_CTRUNC). The message is received
// all the same, with what there was room for; but its descriptors, of which some are lost, are closed and taken out.
var ErrControlTruncated = errors.New("control data truncated")

// A Message is what sendmsg(2) sends and recvmsg(2) receives: struct msghdr with its data. It may be used again. The buffers
// and the control data belong to the caller, and are the call's until it returns.
type Message struct {
	Buffers  [][]byte          // the data, gathered from or scattered to several buffers
	Addr     sockaddr.Addr     // to send: the destination, zero if connected; received: the sender
	Control  []byte            // to send: control data; to receive: room for it (package cmsg)
	N        int               // bytes sent or received; with MSG_TRUNC given to a receive, the datagram's length
	NControl int               // bytes of Control received
	Flags    constants.MsgFlag // received: MSG_TRUNC, MSG_CTRUNC, MSG_EOR, MSG_OOB, MSG_ERRQUEUE

	// SegmentSize is for UDP. To send: the data becomes datagrams of this many bytes, the last one maybe shorter; the
	// kernel or the network card cuts it (UDP_SEGMENT) if it can. Received: the same of a message that holds several datagrams,
	// as it may with the option UDP_GRO; see [Message.Segments]. 0: the data is one datagram.
	SegmentSize int
}

// Segments yields the datagrams of a message that was received with UDP_GRO: parts of Buffers, each of SegmentSize
// bytes but for the last. Of another message it yields all that was received, as one.
//
// A datagram that lies in more than one buffer is copied; else nothing is allocated.
func (m *Message) Segments() iter.Seq[[]byte] {
	return func(yield func([]byte) bool) { m.segments(yield) }
}

func (m *Message) segments(yield func([]byte) bool) {
	left := max(0, min(m.N, m.size()))
	size := m.SegmentSize
	if size <= 0 || left == 0 {
		size = left
	}
	at, i := 0, 0 // the next byte is Buffers[i][at]
	for first := true; first || left > 0; first = false {
		n := min(size, left)
		for i < len(m.Buffers) && at == len(m.Buffers[i]) {
			i, at = i+1, 0
		}
		left -= n
		var segment []byte
		switch {
		case i == len(m.Buffers):
		case at+n <= len(m.Buffers[i]):
			segment = m.Buffers[i][at : at+n : at+n]
			at += n
		default:
			segment = make([]byte, 0, n)
			for len(segment) < n {
				part := m.Buffers[i][at:min(len(m.Buffers[i]), at+n-len(segment))]
				segment = append(segment, part...)
				if at += len(part); at == len(m.Buffers[i]) {
					i, at = i+1, 0
				}
			}
		}
		if !yield(segment) {
			return
		}
	}
}

// size is how many bytes the buffers hold.
func (m *Message) size() (n int) {
	for _, b := range m.Buffers {
		n += len(b)
	}
	return n
}

type message struct {
	fd.Op
	msg     sys.Msg
	receive bool
	flags   int
	n       int
	control int
	rflags  int
	segment [segmentRoom]byte // for the control data of a UDP message whose receiver wants none
}

var messages pool[message, *message]

func (o *message) Do(sysfd int) (err error) {
	if o.receive {
		o.n, o.control, o.rflags, err = sys.Recvmsg(sysfd, &o.msg, o.flags)
	} else {
		o.n, err = sys.Sendmsg(sysfd, &o.msg, o.flags)
	}
	return err
}

// SendMessage wraps sendmsg(2): [Socket.Send] of gathered buffers, to m.Addr unless that is zero, with control data. It
// sets m.N. On a stream that is what the kernel took, which may be less than all; of a message with a SegmentSize it counts
// the datagrams that were sent before an error. A nil m is EINVAL.
func (s *Socket) SendMessage(ctx context.Context, m *Message, flags constants.MsgFlag) error {
	return s.sendMessage(ctx, "send message", m, flags)
}

func (s *Socket) sendMessage(ctx context.Context, op string, m *Message, flags constants.MsgFlag) error {
	if m == nil {
		return s.fail(op, syscall.EINVAL)
	}
	if m.SegmentSize != 0 {
		return s.sendSegments(ctx, op, m, flags)
	}
	if err := badFlags(flags); err != nil {
		return s.fail(op, err)
	}
	o := messages.get()
	o.NoWait, o.InTurn, o.OneStep = flags&dontWait != 0, !s.message(), true
	o.receive, o.n, o.flags = false, 0, int(flags)|sys.MsgDontWait|sys.MsgNoSignal
	var to sys.RawAddr
	o.msg.Set(m.Buffers, m.Control, m.Addr.AppendRaw(to[:0]))
	err := o.Run(ctx, &s.fd, fd.Write, s.parameters().SendTimeout)
	m.N = o.n
	o.msg.Clear()
	messages.put(o)
	return s.failTo(op, m.Addr, err)
}

// ReceiveMessage wraps recvmsg(2): [Socket.ReceiveFrom] into scattered buffers, with control data. It sets all fields of
// m but Buffers and Control. What of a datagram does not fit into the buffers is lost, and Flags has MSG_TRUNC then.
//
// Descriptors that are received are close-on-exec, and belong to the caller. Control data that does not fit is
// ErrControlTruncated, with which everything else of the message is valid. A nil m is EINVAL.
//
// With MSG_ERRQUEUE it receives from the error queue: m.Addr is the destination of the packet that the message is about, and
// [example.com/bsdsocket/socket/cmsg.IPError] says what happened to it.
func (s *Socket) ReceiveMessage(ctx context.Context, m *Message, flags constants.MsgFlag) error {
	return s.receiveMessage(ctx, "receive message", m, flags)
}

func (s *Socket) receiveMessage(ctx context.Context, op string, m *Message, flags constants.MsgFlag) error {
	if m == nil {
		return s.fail(op, syscall.EINVAL)
	}
	if err := checkFlags(flags); err != nil {
		m.none()
		return s.fail(op, err)
	}
	o := messages.get()
	o.NoWait, o.OneStep = flags&dontWait != 0, true
	o.receive, o.n, o.control, o.rflags = true, 0, 0, 0
	o.flags = int(flags&^waitAll) | sys.MsgDontWait
	control := m.Control
	if len(control) == 0 && s.udp() {
		control = o.segment[:]
	}
	o.msg.Set(m.Buffers, control, nil)
	err := o.Run(ctx, &s.fd, receiveSide(flags), s.parameters().ReceiveTimeout)
	if err == nil {
		err = s.received(m, o.n, o.rflags, control[:min(o.control, len(control))], o.msg.Name())
	} else {
		m.none()
	}
	o.msg.Clear()
	messages.put(o)
	return s.fail(op, err)
}

// none sets the fields of a message that was not received.
func (m *Message) none() {
	m.N, m.NControl, m.Flags, m.SegmentSize, m.Addr = 0, 0, 0, 0, sockaddr.Addr{}
}

// received sets the fields of a message. The control data is that of m.Control, or of a buffer that the caller does not know.
func (s *Socket) received(m *Message, n, flags int, control, from []byte) (err error) {
	m.N, m.NControl, m.Flags, m.SegmentSize = n, 0, constants.MsgFlag(flags), 0
	if len(m.Control) > 0 {
		m.NControl = len(control)
	}
	if len(control) > 0 && s.udp() {
		m.SegmentSize = segmentSize(control)
	}
	m.Addr, err = sockaddr.FromRaw(from)
	if m.Flags&controlTruncated != 0 {
		if err == nil {
			err = ErrControlTruncated
		}
		n := withoutDescriptors(control)
		m.NControl = min(m.NControl, n)
	}
	return err
}

const controlTruncated = max(constants.MSG_CTRUNC, 0)

// withoutDescriptors closes the descriptors in control data, takes their messages out, and returns the new length.
func withoutDescriptors(control []byte) int {
	n := 0
	for rest := control; len(rest) > 0; {
		all := rest
		var ok bool
		if _, _, _, rest, ok = sys.NextCmsg(all); !ok {
			rest = nil
		}
		one := all[:len(all)-len(rest)]
		with := false
		for descriptor := range sys.Rights(one) {
			with = true
			if descriptor >= 0 { // of SCM_PIDFD, a negative one is an error
				sys.Close(descriptor)
			}
		}
		if !with {
			n += copy(control[n:], one)
		}
	}
	return n
}

// segmentSize finds UDP_GRO.
func segmentSize(control []byte) int {
	for len(control) > 0 {
		level, typ, data, rest, ok := sys.NextCmsg(control)
		if ok && constants.OptionName(typ) == constants.UDP_GRO && constants.Level(level) == constants.SOL_UDP && len(data) == 4 {
			return int(int32(binary.NativeEndian.Uint32(data)))
		}
		control = rest
	}
	return 0
}

// segmentRoom is what the control message UDP_GRO takes on any platform.
const segmentRoom = 24
