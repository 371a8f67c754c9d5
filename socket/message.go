package socket

import (
	"context"
	"encoding/binary"
	"errors"
	"iter"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/internal/fd"
	"example.com/bsdsocket/internal/sys"
	"example.com/bsdsocket/sockaddr"
)

// ErrControlTruncated reports control data that did not fit into the receiver's Message.Control
// (MSG_CTRUNC). The message is received all the same, with the control data that fitted; but its
// descriptors, some of which are lost, are closed and taken out.
//
// A receiver that gives no Control gets the flag and no error: otherwise anybody who may send to an
// AF_UNIX socket could make its receives fail by attaching a descriptor. If there is room for
// something else, such as credentials, a stranger's descriptor is this error. A server should go on
// after it, or refuse descriptors (sockopt's SOPassRights, Linux 6.16).
var ErrControlTruncated = errors.New("control data truncated")

// A Message is what sendmsg(2) sends and recvmsg(2) receives: struct msghdr with its data. It may
// be used again. The buffers and the control data belong to the caller, and are the call's until it
// returns.
type Message struct {
	Buffers  [][]byte          // the data, gathered from or scattered to several buffers
	Addr     sockaddr.Addr     // to send: the destination, zero if connected; received: the sender
	Control  []byte            // to send: control data; to receive: room for it (package cmsg)
	N        int               // bytes moved; of a receive with MSG_TRUNC, the datagram's length
	NControl int               // bytes of Control received
	Flags    constants.MsgFlag // received: MSG_TRUNC, MSG_CTRUNC, MSG_EOR, MSG_OOB, MSG_ERRQUEUE

	// SegmentSize is for UDP. To send: the data becomes datagrams of this many bytes, the last one
	// maybe shorter; the kernel or the network card cuts it (UDP_SEGMENT) if it can. Received: the
	// same of a message that holds several datagrams, as it may with the option UDP_GRO; see
	// [Message.Segments]. Such a message can have 64 KiB. 0: the data is one datagram.
	SegmentSize int
}

// Segments yields the datagrams of a message that was received with UDP_GRO: parts of Buffers, each
// of SegmentSize bytes except the last. A datagram that the buffers cut off (MSG_TRUNC) is left
// out. For any other message it yields the data as one segment.
//
// A datagram that lies in more than one buffer is copied; otherwise nothing is allocated.
func (m *Message) Segments() iter.Seq[[]byte] {
	return func(yield func([]byte) bool) { m.segments(yield) }
}

func (m *Message) segments(yield func([]byte) bool) {
	left := max(0, min(m.N, m.size()))
	size := m.SegmentSize
	if size <= 0 || left == 0 {
		size = left
	} else if m.Flags&truncated != 0 {
		if left -= left % size; left == 0 {
			return // not even the first is whole
		}
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

// Reply returns a message that sends the received data back to its sender: the first N bytes of the
// buffers, which it shares, cut into the same datagrams. It has no control data, since most of what
// is received cannot be sent. The caller may add some, such as
// [example.com/bsdsocket/socket/cmsg.IPPacketInfo], to reply from the address that the message was
// sent to.
func (m *Message) Reply() Message {
	r := Message{Addr: m.Addr, SegmentSize: m.SegmentSize}
	left := max(0, m.N)
	for _, b := range m.Buffers {
		if b = b[:min(len(b), left)]; len(b) > 0 {
			r.Buffers = append(r.Buffers, b)
			left -= len(b)
		}
	}
	return r
}

// size is how many bytes the buffers hold.
func (m *Message) size() int { return sumOf(m.Buffers) }

func sumOf(buffers [][]byte) (n int) {
	for _, b := range buffers {
		n += len(b)
	}
	return n
}

type message struct {
	fd.Op
	s         *Socket
	msg       sys.Msg
	receive   bool
	addressed bool
	flags     int
	n         int
	control   int
	rflags    int

	// Of a receive with MSG_WAITALL on a stream: what it fills, and how many bytes in all; 0: one
	// call is enough.
	whole   int
	buffers [][]byte
	room    []byte

	hidden [hiddenRoom]byte // for the control data of a UDP message whose receiver wants none
}

var messages pool[message, *message]

func (o *message) Do(sysfd int) error {
	if err := o.s.owed(o.flags); err != nil {
		return err
	}
	if !o.receive {
		return o.transmit(sysfd)
	}
	for {
		n, control, rflags, err := sys.Recvmsg(sysfd, &o.msg, o.flags)
		if err == again && !o.s.message() {
			return again // which unreceived says too, with more on the stack of who will wait
		}
		if err != nil {
			return o.s.unreceived(sysfd, o.flags, err)
		}
		if o.came(n, control, rflags) {
			return nil
		}
	}
}

//go:noinline
func (o *message) transmit(sysfd int) (err error) {
	if o.n, err = sys.Sendmsg(sysfd, &o.msg, o.flags); err != nil {
		err = o.s.unsent(sysfd, o.NoWait, o.addressed, err)
	}
	return err
}

// came takes what one call has received, and reports whether that is all.
//
//go:noinline
func (o *message) came(n, control, rflags int) bool {
	o.n += n
	o.control += control
	o.rflags |= rflags
	if n == 0 || o.n >= o.whole {
		return true
	}
	o.buffers = buffersAfter(o.buffers, n)
	o.msg.Set(firstBuffers(o.buffers, 0), o.room[o.control:], nil)
	o.Progress()
	return false
}

// buffersAfter returns what of the buffers follows the first n bytes. It changes them.
func buffersAfter(buffers [][]byte, n int) [][]byte {
	for len(buffers) > 0 && n >= len(buffers[0]) {
		n -= len(buffers[0])
		buffers = buffers[1:]
	}
	if len(buffers) > 0 {
		buffers[0] = buffers[0][n:]
	}
	return buffers
}

// SendMessage wraps sendmsg(2): [Socket.Send] of gathered buffers, to m.Addr unless that is zero,
// with control data. It sets m.N to the number of bytes sent. A stream may take less than all; a
// message with a SegmentSize may be sent in part before an error. A nil m is EINVAL.
//
// The kernel takes at most 1,024 buffers at once; empty ones do not count. More are EMSGSIZE,
// except on streams, where the first 1,024 are sent. Control data without a byte of data is EINVAL
// on streams, as the kernel would drop it, with its descriptors.
func (s *Socket) SendMessage(ctx context.Context, m *Message, flags constants.MsgFlag) error {
	const op = "send message"
	if m == nil {
		return s.fail(op, errNoMessage)
	}
	if m.SegmentSize != 0 {
		return s.failTo(op, m.Addr, s.sendOne(ctx, m, flags))
	}
	m.N = 0
	if err := badFlags(flags); err != nil {
		return s.fail(op, err)
	}
	buffers := m.Buffers
	if !s.message() {
		if err := s.sendable(m, flags); err != nil {
			return s.failTo(op, m.Addr, err)
		}
		if buffers = firstBuffers(buffers, 0); len(buffers) < len(m.Buffers) {
			flags |= s.moreNow() // who sends the first of them sends the others
		}
	}
	o := messages.get()
	o.NoWait, o.InTurn, o.OneStep = flags&dontWait != 0, !s.message(), true
	o.s, o.receive, o.addressed, o.n, o.flags = s, false, m.Addr.IsValid(), 0,
		int(flags)|sys.MsgDontWait|sys.MsgNoSignal
	var to sys.RawAddr
	o.msg.Set(buffers, m.Control, m.Addr.AppendRaw(to[:0]))
	err := o.Run(ctx, &s.fd, fd.Write, s.parameters().SendTimeout)
	m.N = o.n
	o.msg.Clear()
	o.s = nil
	messages.put(o)
	again, err := s.opened(ctx, m.Addr, flags, err)
	if again {
		rest := *m
		rest.Addr = sockaddr.Addr{}
		err = s.SendMessage(ctx, &rest, flags&^fastOpen)
		m.N = rest.N
		return err
	}
	return s.failTo(op, m.Addr, err)
}

// sendable returns the error of a message that the kernel would not refuse, though it cannot do
// what it says.
func (s *Socket) sendable(m *Message, flags constants.MsgFlag) error {
	switch {
	case m.SegmentSize == 0:
		// On an SCTP socket of that type the control data can be all that there is to send
		// (SCTP_EOF, RFC 6458, section 5.3.4).
		if len(m.Control) > 0 && !s.message() && s.Protocol() != constants.IPPROTO_SCTP &&
			m.size() == 0 {
			return errControlOnly
		}
	case !s.udp():
		return sys.Lacking("SegmentSize is for UDP sockets")
	case m.SegmentSize < 0:
		return invalid("a negative SegmentSize")
	case flags&more != 0:
		return invalid("MSG_MORE would join the segments again")
	}
	return nil
}

// more is the flag for what the library itself sends before the rest of it: without it TCP would
// keep the last of it back, until the rest has been acknowledged. With TCP_NODELAY it does not, and
// the flag would cost more than it saves: with segments of 1,448 bytes, twice the time. No other
// stream has that trouble, and some refuse the flag together with control data (kernel TLS).
func (s *Socket) more(sysfd int) constants.MsgFlag {
	if s.internet() {
		if on, err := sys.GetsockoptInt(sysfd, int(constants.IPPROTO_TCP),
			int(constants.TCP_NODELAY)); err != nil || on == 0 {
			return more
		}
	}
	return 0
}

// moreNow is more outside of an operation.
func (s *Socket) moreNow() (flag constants.MsgFlag) {
	s.fd.Control(func(sysfd int) error { flag = s.more(sysfd); return nil })
	return flag
}

// firstBuffers returns the first buffers: those that the kernel takes at once after as many bytes.
func firstBuffers(buffers [][]byte, offset int) [][]byte {
	if len(buffers) <= maxBuffers {
		return buffers
	}
	n := 0
	for i, b := range buffers {
		at := min(offset, len(b))
		offset -= at
		if len(b) == at {
			continue
		}
		if n++; n > maxBuffers {
			return buffers[:i]
		}
	}
	return buffers
}

// ReceiveMessage wraps recvmsg(2): [Socket.ReceiveFrom] into scattered buffers, with control data.
// It sets all fields of m except Buffers and Control. Data of a datagram that does not fit into the
// buffers is lost, and Flags has MSG_TRUNC then.
//
// Descriptors that are received are close-on-exec, and belong to the caller; MSG_PEEK creates new
// ones each time. Control data that does not fit into Control is ErrControlTruncated; everything
// else of the message is valid then. Without Control there is no error, and only Flags tells, by
// MSG_CTRUNC. A nil m is EINVAL.
//
// Descriptors for which there is too little room are closed. Their sender can make close(2) take
// long (SO_LINGER, a FUSE file system); the call waits for that no longer than it could have waited
// for the message. While more than 256 of an AF_UNIX socket's wait to be closed, its messages come
// with credentials alone (SO_PASSCRED) for control data, and the kernel drops what else there is
// (MSG_CTRUNC): of whoever sends to a datagram socket. A server for clients that do not trust one
// another gives each a connection.
//
// On a stream, MSG_WAITALL waits until the buffers are full, as in [Socket.Receive]; after an error
// the fields describe what came before it. The control data of all parts is collected. Together
// with MSG_PEEK it is ErrUnsupported, and on message sockets it has no effect. More than 1,024
// buffers are EMSGSIZE, except on streams, where the first 1,024 are filled.
//
// On an unconnected UDP socket with IP_RECVERR or IPV6_RECVERR, an error of one destination is also
// the result of the next call, whatever its destination (ip(7)). A send that fails in this way has
// sent nothing and may be repeated.
//
// With MSG_ERRQUEUE it receives from the error queue: m.Addr is the destination of the packet that
// the message is about, and [example.com/bsdsocket/socket/cmsg.IPError] says what happened to it.
func (s *Socket) ReceiveMessage(ctx context.Context, m *Message, flags constants.MsgFlag) error {
	fds, err := s.receiveMessage(ctx, m, flags)
	s.discard(ctx, fds, flags)
	return s.fail("receive message", err)
}

// receiveMessage is ReceiveMessage, and returns the descriptors that must be closed. It has little
// on its stack while it waits.
func (s *Socket) receiveMessage(ctx context.Context, m *Message,
	flags constants.MsgFlag) (fds []int, err error) {
	if m == nil {
		return nil, errNoMessage
	}
	o := messages.get()
	if err = o.begin(s, m, flags); err == nil {
		err = o.Run(ctx, &s.fd, receiveSide(flags), s.parameters().ReceiveTimeout)
	}
	return o.received(m, flags, err)
}

// begin makes o a receive of m.
//
//go:noinline
func (o *message) begin(s *Socket, m *Message, flags constants.MsgFlag) (err error) {
	m.none()
	o.NoWait, o.OneStep = flags&dontWait != 0, true
	o.s, o.receive, o.n, o.control, o.rflags, o.whole = s, true, 0, 0, 0, 0
	o.room = nil
	if err := checkFlags(flags); err != nil {
		return err
	}
	o.flags = s.receiveFlags(flags)
	o.room = s.controlRoom(m.Control, 0)
	if len(o.room) == 0 && s.hides() {
		o.room = o.hidden[:]
	}
	buffers := m.Buffers
	if !s.message() && flags&errorQueue == 0 {
		if flags&waitAll != 0 && flags&constants.MSG_OOB == 0 {
			if flags&constants.MSG_PEEK != 0 {
				err = sys.Lacking("MSG_WAITALL with MSG_PEEK is for Receive")
			}
			o.whole, o.OneStep = m.size(), false
			o.buffers = append(o.buffers[:0], buffers...)
		}
		buffers = firstBuffers(buffers, 0)
	}
	if err == nil {
		o.msg.Set(buffers, o.room, nil)
	}
	return err
}

// received gives o back, and sets the fields of m.
//
//go:noinline
func (o *message) received(m *Message, flags constants.MsgFlag, err error) (fds []int, _ error) {
	s := o.s
	if err == nil || o.n > 0 {
		var e error
		fds, e = s.received(m, o.n, o.rflags, o.room[:o.control], o.msg.Name(), nil)
		if err == nil {
			err = e
		}
	}
	o.msg.Clear()
	clear(o.buffers[:cap(o.buffers)])
	o.buffers, o.room = o.buffers[:0], nil
	o.s = nil
	messages.put(o)
	if err == nil && m.N == 0 && m.size() > 0 {
		err = s.cutOff(flags)
	}
	return fds, err
}

// receiveFlags are what the kernel is given.
func (s *Socket) receiveFlags(flags constants.MsgFlag) int {
	f := int(flags&^waitAll) | sys.MsgDontWait
	if s.Family() == constants.AF_UNIX {
		f |= sys.MsgCmsgCloexec
	}
	return f
}

// none sets the fields of a message that was not received.
//
//go:noinline
func (m *Message) none() {
	m.N, m.NControl, m.Flags, m.SegmentSize, m.Addr = 0, 0, 0, 0, sockaddr.Addr{}
}

// hides reports whether the socket's messages may bring control data that SegmentSize is made of,
// so that they need room for it, whether or not the caller has some.
func (s *Socket) hides() bool { return hasSegmentation && s.udp() }

// hiddenRoom is for UDP_GRO and what the kernel puts before it, if options ask for it (udp_recvmsg,
// net/ipv4/udp.c, and sock_recv_cmsgs, net/socket.c, Linux 6.18): time stamps of two kinds, their
// packet information, the drop count, the mark, the priority, the state of a wireless network.
const hiddenRoom = 256

// received sets the fields of a message, and returns fds with the descriptors that must be closed.
// The control data is that of m.Control, or of hidden room.
func (s *Socket) received(m *Message, n, flags int, control, from []byte,
	fds []int) (_ []int, err error) {
	m.N, m.NControl, m.Flags, m.SegmentSize = n, 0, constants.MsgFlag(flags), 0
	if len(control) > 0 && s.udp() {
		var others bool
		if m.SegmentSize, others = segmentSize(control); others && len(m.Control) == 0 {
			// Whether it fitted into hidden room is not the caller's to know.
			m.Flags |= controlTruncated
		}
	}
	m.Addr, err = sockaddr.FromRaw(from)
	if len(m.Control) == 0 {
		return fds, err
	}
	m.NControl = len(control)
	if m.Flags&controlTruncated != 0 {
		if err == nil {
			err = ErrControlTruncated
		}
		m.NControl, fds = withoutDescriptors(control, fds)
	}
	return fds, err
}

const (
	controlTruncated = max(constants.MSG_CTRUNC, 0)
	truncated        = max(constants.MSG_TRUNC, 0)
)

// withoutDescriptors takes the messages with descriptors out of control data, and returns its new
// length, and fds with the descriptors.
func withoutDescriptors(control []byte, fds []int) (int, []int) {
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
				fds = append(fds, descriptor)
			}
		}
		if !with {
			n += copy(control[n:], one)
		}
	}
	return n, fds
}

// segmentSize finds UDP_GRO, and whether there is anything else.
func segmentSize(control []byte) (size int, others bool) {
	for len(control) > 0 {
		level, typ, data, rest, ok := sys.NextCmsg(control)
		if ok && constants.OptionName(typ) == constants.UDP_GRO &&
			constants.Level(level) == constants.SOL_UDP && len(data) == 4 {
			size = int(int32(binary.NativeEndian.Uint32(data)))
		} else {
			others = true
		}
		control = rest
	}
	return size, others
}
