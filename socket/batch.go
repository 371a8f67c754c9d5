package socket

import (
	"context"
	"encoding/binary"
	"syscall"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/internal/fd"
	"example.com/bsdsocket/internal/sys"
)

// sendBatch sends the units from the next on, and returns how many were sent. Tests replace it by one that refuses.
var sendBatch = func(o *batch, sysfd int) (int, error) { return sys.Sendmmsg(sysfd, &o.raw, o.next, o.flags) }

// batch sends messages. A unit is what the kernel sees as a message: one of ours, several that are coalesced, or, of one with
// a segment size, as many segments as fit.
type batch struct {
	fd.Op
	s       *Socket
	ms      []Message
	flags   int
	done    int // messages that are sent
	offset  int // bytes of ms[done] that are sent already
	units   []unit
	next    int // units that are sent
	most    int // units of one call: on a stream 1, as the kernel may take it in part
	raw     sys.Batch
	control []byte // control data of the units that need their own
	one     [1]Message
	doubt   doubt
}

type unit struct {
	messages int // how many it completes
	bytes    int
	size     int // of its segments; 0: it is not cut
}

// doubt is about an error of a unit with segments: did the kernel refuse the offload, or something else in it?
type doubt struct {
	err        error
	limit, now int32 // what the socket's was, and became; unless somebody else changes it, too
}

var batches pool[batch, *batch]

func (o *batch) Do(sysfd int) error {
	for {
		if o.next == len(o.units) {
			if o.done == len(o.ms) {
				return nil
			}
			if err := o.pack(sysfd); err != nil {
				return err
			}
		}
		n, err := sendBatch(o, sysfd)
		switch {
		case err == nil:
			o.doubt.err = nil
			o.sent(n)
			o.Progress()
		case o.refused(err):
			o.repack()
		default:
			if err == o.doubt.err {
				o.s.offload.limit.CompareAndSwap(o.doubt.now, o.doubt.limit) // it was not the offload
				o.doubt.err = nil
			}
			return err
		}
	}
}

// sent counts n units as sent.
func (o *batch) sent(n int) {
	for _, u := range o.units[o.next : o.next+n] {
		if u.messages > 1 {
			for left := u.bytes; left > 0; o.done++ {
				o.ms[o.done].N = min(u.size, left)
				left -= u.size
			}
			continue
		}
		size := u.bytes
		if o.most == 1 {
			size, _, _, _ = o.raw.Received(0) // the field is the same
		}
		o.ms[o.done].N += size
		o.offset += size
		if u.messages == 1 && size == u.bytes {
			o.done++
			o.offset = 0
		}
	}
	o.next += n
}

// refused reports whether the kernel may have refused the next unit because of its segments. Then the socket coalesces
// no more, or no segments of that size.
func (o *batch) refused(err error) bool {
	u := &o.units[o.next]
	if u.size == 0 {
		return false
	}
	limit, now := o.s.offload.limit.Load(), int32(1)
	switch err {
	case syscall.EIO, syscall.EINVAL:
		// udp_send_skb, net/ipv4/udp.c, Linux 6.18: EIO for a route that encrypts, before Linux 6.2 also for a device that
		// computes no checksums; EINVAL for a socket without checksums (SO_NO_CHECK) and before Linux 6.14 for a segment that
		// does not fit the path's MTU.
	case syscall.EMSGSIZE:
		// As above, for a segment that does not fit. Alone it may be fragmented.
		now = int32(u.size)
	default:
		return false
	}
	o.s.offload.limit.CompareAndSwap(limit, now)
	o.doubt = doubt{err, limit, now}
	return true
}

// repack drops the units, so that pack begins again at what is not sent.
func (o *batch) repack() {
	o.units, o.next, o.control = o.units[:0], 0, o.control[:0]
	o.raw.Clear()
}

// pack makes units of the messages that are not sent.
func (o *batch) pack(sysfd int) error {
	o.repack()
	limit := int(o.s.offload.limit.Load())
	plain := int(constants.MsgFlag(o.flags)&^quietFlags) != 0 || !o.s.udp() || !segmentation(sysfd)
	for i := o.done; i < len(o.ms) && len(o.units) < o.most; {
		m := &o.ms[i]
		if m.SegmentSize != 0 {
			if err := o.segmented(m, limit, plain); err != nil {
				if len(o.units) > 0 {
					break // after those before it
				}
				return err
			}
			i++
			continue
		}
		n, size, total := 1, m.size(), 0
		if !plain && (limit == 0 || size < limit) && len(m.Control) == 0 {
			n, total = alike(o.ms[i:], size)
		}
		offset, control := 0, m.Control
		if i == o.done && o.offset > 0 { // of a stream: the control data went with the first byte
			offset, control = o.offset, nil
		}
		u := unit{messages: n, bytes: size - offset}
		if n > 1 {
			u.size, u.bytes = size, total
			control = o.segmentControl(nil, size)
		}
		var to sys.RawAddr
		o.raw.Begin(m.Addr.AppendRaw(to[:0]), control)
		for j := range n {
			o.buffers(&o.ms[i+j], offset, u.bytes)
		}
		o.units = append(o.units, u)
		i += n
	}
	return nil
}

// buffers adds what follows the offset in a message's buffers, as far as the limit.
func (o *batch) buffers(m *Message, offset, limit int) {
	for _, b := range m.Buffers {
		at := min(offset, len(b))
		offset -= at
		if b = b[at:min(len(b), at+limit)]; len(b) > 0 {
			o.raw.Buffer(b)
			limit -= len(b)
		}
	}
}

// alike counts the messages that may leave as segments of one: to the same address, without control data, of the first one's
// size, but for the last, which may be shorter. An empty one would be lost.
func alike(ms []Message, size int) (n, total int) {
	m := &ms[0]
	total = size
	buffers := len(m.Buffers)
	for n = 1; n < min(len(ms), maxSegments); n++ {
		next := &ms[n]
		length := next.size()
		buffers += len(next.Buffers)
		if length == 0 || length > size || total+length > maxPayload || buffers > maxBuffers ||
			len(next.Control) > 0 || next.SegmentSize != 0 || next.Addr != m.Addr {
			break
		}
		total += length
		if length < size {
			n++
			break
		}
	}
	return n, total
}

// segmented makes units of the rest of a message that has a segment size, of as much of it as one call takes.
func (o *batch) segmented(m *Message, limit int, plain bool) error {
	size := m.SegmentSize
	switch {
	case !o.s.udp():
		return unsupportedError("SegmentSize is for UDP sockets")
	case size < 0:
		return syscall.EINVAL
	}
	most := size
	if !plain && (limit == 0 || size < limit) {
		most = max(1, min(maxSegments, maxPayload/size)) * size
	}
	offset, all := 0, m.size()
	if m == &o.ms[o.done] {
		offset = o.offset
	}
	var to sys.RawAddr
	name := m.Addr.AppendRaw(to[:0])
	for first := true; first || offset < all && len(o.units) < o.most; first = false {
		u := unit{bytes: min(most, all-offset)}
		control := m.Control
		if u.bytes > size {
			u.size = size
			control = o.segmentControl(m.Control, size)
		}
		o.raw.Begin(name, control)
		o.buffers(m, offset, u.bytes)
		offset += u.bytes
		if offset >= all {
			u.messages = 1
		}
		o.units = append(o.units, u)
	}
	return nil
}

// segmentControl returns the control data of a unit with segments. Data that was made before stays where it is.
func (o *batch) segmentControl(also []byte, size int) []byte {
	from := len(o.control)
	o.control = append(o.control, also...)
	if pad := -len(also) & 7; pad > 0 && len(also) > 0 {
		o.control = append(o.control, make([]byte, pad)...)
	}
	var data []byte
	o.control, data = sys.AppendCmsg(o.control, int(constants.SOL_UDP), int(constants.UDP_SEGMENT), 2)
	binary.NativeEndian.PutUint16(data, uint16(size))
	return o.control[from:len(o.control):len(o.control)]
}

// SendMessages wraps sendmmsg(2): it sends all messages in their order, with as few calls as it takes, and waits whenever the
// socket's buffer is full. It returns how many were sent; with fewer than all, the error says why ms[n] was not. It sets N
// of each. [Params].SendTimeout limits each wait.
//
// On UDP sockets of Linux, consecutive messages to one address, without control data and of one size, of which the last
// may be shorter, leave as segments of one (UDP_SEGMENT), which costs far less; the receiver sees no difference, but for the
// option UDP_CORK. Where that fails, they are sent one by one, and stay so: see [Socket.SetOffload]. Flags other than MSG_DONTWAIT and
// MSG_NOSIGNAL keep the messages apart too.
//
// On a stream, and elsewhere than on Linux, each message is a call of its own. On a stream it is sent to its end before the next;
// with an error, ms[n] may be sent in part, as its N tells. So may one with a SegmentSize.
func (s *Socket) SendMessages(ctx context.Context, ms []Message, flags constants.MsgFlag) (n int, err error) {
	o := batches.get()
	n, err = s.sendBatch(ctx, o, ms, flags)
	batches.put(o)
	if err != nil && n < len(ms) {
		return n, s.failTo("send messages", ms[n].Addr, err)
	}
	return n, s.fail("send messages", err)
}

func (s *Socket) sendBatch(ctx context.Context, o *batch, ms []Message, flags constants.MsgFlag) (int, error) {
	for i := range ms {
		ms[i].N = 0
	}
	if err := badFlags(flags); err != nil {
		return 0, err
	}
	o.NoWait, o.InTurn = flags&dontWait != 0, !s.message()
	o.s, o.ms, o.done, o.offset, o.doubt.err = s, ms, 0, 0, nil
	o.flags = int(flags) | sys.MsgDontWait | sys.MsgNoSignal
	if o.most = sys.BatchMax; !s.message() {
		o.most = 1
	}
	err := o.Run(ctx, &s.fd, fd.Write, s.parameters().SendTimeout)
	o.repack()
	o.s, o.ms = nil, nil
	return o.done, err
}

// sendSegments is SendMessage with a segment size.
func (s *Socket) sendSegments(ctx context.Context, op string, m *Message, flags constants.MsgFlag) error {
	o := batches.get()
	o.one[0] = *m
	_, err := s.sendBatch(ctx, o, o.one[:], flags)
	m.N = o.one[0].N
	o.one[0] = Message{}
	batches.put(o)
	return s.failTo(op, m.Addr, err)
}

// batchReceive receives messages.
type batchReceive struct {
	fd.Op
	raw     sys.Batch
	n       int
	flags   int
	segment []byte // for the control data of UDP messages whose receiver wants none
}

var batchReceives pool[batchReceive, *batchReceive]

func (o *batchReceive) Do(sysfd int) (err error) {
	o.n, err = sys.Recvmmsg(sysfd, &o.raw, o.flags)
	return err
}

// ReceiveMessages wraps recvmmsg(2): it waits for a message, receives it and those that are there by then, at most len(ms) and
// 1024, and returns how many. It sets the fields of these as [Socket.ReceiveMessage] does. Into no messages it receives none.
//
// If the control data of one did not fit, which its Flags tell, all are received, and the error is ErrControlTruncated. An
// error after the first message comes with the next call (recvmmsg(2)). At the end of a stream all are empty.
func (s *Socket) ReceiveMessages(ctx context.Context, ms []Message, flags constants.MsgFlag) (n int, err error) {
	const op = "receive messages"
	if err = checkFlags(flags); err != nil {
		return 0, s.fail(op, err)
	}
	if len(ms) == 0 {
		return 0, nil
	}
	ms = ms[:min(len(ms), sys.BatchMax)]
	o := batchReceives.get()
	udp := s.udp()
	if need := len(ms) * segmentRoom; udp && len(o.segment) < need {
		o.segment = make([]byte, need)
	}
	for i := range ms {
		control := ms[i].Control
		if len(control) == 0 && udp {
			control = o.room(i)
		}
		o.raw.Begin(nil, control)
		for _, b := range ms[i].Buffers {
			o.raw.Buffer(b)
		}
	}
	o.NoWait = flags&dontWait != 0
	o.n, o.flags = 0, int(flags&^waitAll)|sys.MsgDontWait
	err = o.Run(ctx, &s.fd, receiveSide(flags), s.parameters().ReceiveTimeout)
	n = o.n
	for i := range n {
		size, used, rflags, from := o.raw.Received(i)
		control := ms[i].Control
		if len(control) == 0 && udp {
			control = o.room(i)
		}
		if e := s.received(&ms[i], size, rflags, control[:min(used, len(control))], from); e != nil && err == nil {
			err = e
		}
	}
	o.raw.Clear()
	batchReceives.put(o)
	return n, s.fail(op, err)
}

// room is the control buffer of message i.
func (o *batchReceive) room(i int) []byte {
	return o.segment[i*segmentRoom : (i+1)*segmentRoom : (i+1)*segmentRoom]
}
