package socket

import (
	"context"
	"encoding/binary"
	"syscall"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/internal/fd"
	"example.com/bsdsocket/internal/sys"
	"example.com/bsdsocket/sockaddr"
)

// sendBatch sends the units from the next on, and returns how many were sent. Tests replace it by
// one that refuses.
var sendBatch = func(o *batch, sysfd int) (int, error) {
	return sys.Sendmmsg(sysfd, &o.raw, o.next, o.kernelFlags(sysfd))
}

// receiveBatch receives into the raw batch. Tests replace it by one that fails.
var receiveBatch = func(o *batchReceive, sysfd int) (int, error) {
	return sys.Recvmmsg(sysfd, &o.raw, o.s.receiveFlags(o.flags))
}

// batch sends messages. It goes round: plan which units the kernel shall see, fill them in, send
// them, count what was sent. A refused unit is planned anew.
type batch struct {
	fd.Op
	s       *Socket
	ms      []Message
	flags   constants.MsgFlag
	done    int // messages that are sent
	offset  int // bytes of ms[done] that are sent already
	asked   bool
	more    constants.MsgFlag // if asked: what the units before the last are sent with
	last    int               // on a stream, the last message with data: others use MSG_MORE
	units   []unit
	next    int // units that are sent
	rules   rules
	state   int32 // of the socket's offload when the units were planned
	calls   int   // that sent something
	doubt   error // a unit with segments had it: were they refused, or something else in it?
	raw     sys.Batch
	control []byte // control data of the units that need their own
	one     [1]Message
}

// A unit is what the kernel sees as a message: one of ours, several that are joined, or, of one
// with a segment size, as many segments as fit; on a stream, several one behind the other, or as
// many buffers of one as fit.
type unit struct {
	messages int // how many it completes
	bytes    int
	size     int // of its segments; 0: it is not cut
}

// rules are what units depend on.
type rules struct {
	stream  bool
	gather  bool          // of a stream, what several messages have is one message to the kernel
	join    bool          // messages become segments of one
	cut     bool          // messages with a segment size are cut by the kernel
	apart   bool          // but for those to apartTo, to which the kernel refused segments
	apartTo sockaddr.Addr // zero: where the socket is connected to
	most    int           // units of one call: on a stream 1, as the kernel may take it in part
}

// refused reports whether the kernel refused segments to a message's address.
func (r *rules) refused(m *Message) bool { return r.apart && m.Addr == r.apartTo }

// plan appends the units of messages, of which the first bytes of the first are sent already.
func (r *rules) plan(units []unit, ms []Message, offset int) []unit {
	for i := 0; i < len(ms) && len(units) < r.most; offset = 0 {
		m := &ms[i]
		u := unit{messages: 1, bytes: m.size() - offset}
		switch {
		case m.SegmentSize != 0:
			units = r.train(units, m, offset)
			i++
			continue
		case r.stream:
			if n := sumOf(firstBuffers(m.Buffers, offset)) - offset; n < u.bytes {
				u = unit{bytes: n}
			} else if r.gather {
				u = inRow(ms[i:], offset)
			}
		case r.join && !r.refused(m) && len(m.Control) == 0:
			u = alike(ms[i:])
		}
		units = append(units, u)
		i += max(1, u.messages)
	}
	return units
}

// train appends the units of the rest of a message that has a segment size.
func (r *rules) train(units []unit, m *Message, offset int) []unit {
	size := m.SegmentSize
	most := size
	if r.cut && !r.refused(m) {
		most *= max(1, min(maxSegments, maxPayload/size))
	}
	for all := m.size(); len(units) < r.most; {
		u := unit{bytes: min(most, all-offset)}
		if u.bytes > size {
			u.size = size
		}
		offset += u.bytes
		if offset >= all {
			u.messages = 1
		}
		units = append(units, u)
		if u.messages == 1 {
			break
		}
	}
	return units
}

// inRow is the unit of as many messages as the kernel takes at once of a stream: without control
// data and addresses. What is left of the first fits.
func inRow(ms []Message, offset int) unit {
	// Each part that the kernel takes is planned anew, and no message should be looked at often.
	const enough = 1 << 20
	u := unit{}
	buffers := 0
	for i := range ms {
		m := &ms[i]
		buffers += len(m.Buffers)
		alone := len(m.Control) > 0 || m.Addr.IsValid()
		if i > 0 && (alone || buffers > maxBuffers || u.bytes >= enough) {
			break
		}
		u.messages++
		u.bytes += m.size() - offset
		if offset = 0; alone {
			break
		}
	}
	return u
}

// alike is the unit of as many messages as may leave as segments of one: to the same address,
// without control data, of the first one's size, but for the last, which may be shorter. An empty
// one would be lost.
func alike(ms []Message) unit {
	m := &ms[0]
	size := m.size()
	n, total, buffers := 1, size, len(m.Buffers)
	for n < min(len(ms), maxSegments) {
		next := &ms[n]
		length := next.size()
		buffers += len(next.Buffers)
		if length == 0 || length > size || total+length > maxPayload || buffers > maxBuffers ||
			len(next.Control) > 0 || next.SegmentSize != 0 || next.Addr != m.Addr {
			break
		}
		n++
		total += length
		if length < size {
			break
		}
	}
	u := unit{messages: n, bytes: total}
	if n > 1 {
		u.size = size
	}
	return u
}

// fill gives the planned units to the raw batch.
func (o *batch) fill() {
	i, offset := o.done, o.offset
	for _, u := range o.units {
		m := &o.ms[i]
		control := m.Control
		switch {
		case u.size > 0:
			control = o.segmentControl(control, u.size)
		case offset > 0 && o.s.Family() == constants.AF_UNIX:
			control = o.withoutRights(control)
		}
		var to sys.RawAddr
		o.raw.Begin(m.Addr.AppendRaw(to[:0]), control)
		left := u.bytes
		for j := range max(1, u.messages) {
			left -= o.buffers(o.ms[i+j].Buffers, offset, left)
			if u.messages > 1 {
				offset = 0 // a part of the first may be sent
			}
		}
		offset += u.bytes
		if u.messages > 0 {
			i, offset = i+u.messages, 0
		}
	}
}

// buffers adds what follows the offset in buffers, as far as the limit, and returns how much that
// is.
func (o *batch) buffers(buffers [][]byte, offset, limit int) (n int) {
	for _, b := range buffers {
		at := min(offset, len(b))
		offset -= at
		b = b[at:min(len(b), at+limit-n)]
		o.raw.Buffer(b)
		n += len(b)
	}
	return n
}

// segmentControl returns the control data of a unit with segments. Data that was made before stays
// where it is.
func (o *batch) segmentControl(also []byte, size int) []byte {
	from := len(o.control)
	o.control = append(o.control, also...)
	for (len(o.control)-from)%sys.CmsgAlign != 0 {
		o.control = append(o.control, 0)
	}
	var data []byte
	o.control, data = sys.AppendCmsg(o.control, int(constants.SOL_UDP),
		int(constants.UDP_SEGMENT), 2)
	binary.NativeEndian.PutUint16(data, uint16(size))
	return o.control[from:len(o.control):len(o.control)]
}

// withoutRights returns the control data for what follows the first part of a stream's message:
// descriptors go once, and everything else with every part, as in the kernel's own parts of a
// sendmsg(2) that waits (unix_stream_sendmsg, net/unix/af_unix.c).
func (o *batch) withoutRights(control []byte) []byte {
	from := len(o.control)
	for rest := control; len(rest) > 0; {
		all := rest
		var ok bool
		if _, _, _, rest, ok = sys.NextCmsg(all); !ok {
			rest = nil
		}
		one := all[:len(all)-len(rest)]
		if !hasRights(one) {
			o.control = append(o.control, one...)
		}
	}
	return o.control[from:len(o.control):len(o.control)]
}

func hasRights(control []byte) bool {
	for range sys.Rights(control) {
		return true
	}
	return false
}

var batches pool[batch, *batch]

func (o *batch) Do(sysfd int) error {
	if err := o.s.owed(int(o.flags)); err != nil {
		return err
	}
	for {
		if o.next == len(o.units) {
			if o.done == len(o.ms) {
				return nil
			}
			o.pack(sysfd)
		}
		n, err := sendBatch(o, sysfd)
		switch {
		case err == nil:
			o.settle()
			o.sent(n)
			o.calls++
			o.Progress()
		case o.refused(err):
			o.repack()
		default:
			o.doubt = nil
			return o.s.unsent(sysfd, o.NoWait, o.ms[o.done].Addr.IsValid(), err)
		}
	}
}

// sent counts n units as sent.
func (o *batch) sent(n int) {
	for i, u := range o.units[o.next : o.next+n] {
		if o.rules.stream {
			o.took(o.raw.Sent(o.next + i))
			continue
		}
		if u.messages > 1 {
			for left := u.bytes; left > 0; o.done++ {
				o.ms[o.done].N = min(u.size, left)
				left -= u.size
			}
			continue
		}
		size := u.bytes
		if !o.s.udp() {
			size = o.raw.Sent(o.next + i)
		}
		o.ms[o.done].N += size
		o.offset += size
		if u.messages == 1 {
			o.done++
			o.offset = 0
		}
	}
	o.next += n
}

// took counts as many bytes of a stream as sent.
func (o *batch) took(n int) {
	for u := o.units[o.next]; o.done < len(o.ms) && u.messages > 0; u.messages-- {
		m := &o.ms[o.done]
		part := min(n, m.size()-o.offset)
		m.N, o.offset, n = m.N+part, o.offset+part, n-part
		if o.offset < m.size() {
			return
		}
		o.done, o.offset = o.done+1, 0
	}
	if n > 0 {
		o.ms[o.done].N += n // of a unit that completes none
		o.offset += n
	}
}

// refused reports whether the kernel may have refused the next unit because of its segments. Then
// what goes to its address is sent one by one from now on.
func (o *batch) refused(err error) bool {
	if o.units[o.next].size == 0 {
		return false
	}
	switch err {
	// udp_send_skb, net/ipv4/udp.c, Linux 6.18: EMSGSIZE for a segment that does not fit the path's
	// MTU, which is EINVAL before Linux 6.14, and alone it may be fragmented; EINVAL for a socket
	// without checksums (SO_NO_CHECK); EIO for a route that encrypts, before Linux 6.2 also for a
	// device that computes no checksums.
	case syscall.EIO, syscall.EINVAL, syscall.EMSGSIZE:
		o.rules.apart, o.rules.apartTo, o.doubt = true, o.ms[o.done].Addr, err
		return true
	}
	return false
}

// settle ends the doubt once a refused unit's first datagram has gone alone: so it was the
// segments. A connected socket will not see that change, unless it was their length.
func (o *batch) settle() {
	if o.doubt != nil && o.doubt != syscall.EMSGSIZE && !o.rules.apartTo.IsValid() {
		// Unless somebody else has changed it.
		o.s.offload.state.CompareAndSwap(o.state, offloadRefused)
	}
	o.doubt = nil
}

// repack drops the units, so that pack begins again at what is not sent.
func (o *batch) repack() {
	o.units, o.next, o.control = o.units[:0], 0, o.control[:0]
	o.raw.Clear()
}

// pack makes units of the messages that are not sent.
func (o *batch) pack(sysfd int) {
	o.repack()
	o.state = o.s.offload.state.Load()
	may := o.flags&^quietFlags == 0 && o.s.udp() && segmentation(sysfd)
	o.rules.join = may && o.state == offloadJoins
	o.rules.cut = may && (o.state == offloadJoins || o.state == offloadAsked)
	o.units = o.rules.plan(o.units, o.ms[o.done:], o.offset)
	o.fill()
}

// kernelFlags are what the kernel is given for the next unit.
func (o *batch) kernelFlags(sysfd int) int {
	flags := o.flags
	if o.done > 0 || o.offset > 0 {
		flags &^= fastOpen // it is connected by now
	}
	if u := o.units[o.next]; o.rules.stream && (u.messages == 0 || o.done+u.messages-1 < o.last) {
		if !o.asked {
			o.asked, o.more = true, o.s.more(sysfd)
		}
		flags |= o.more
	}
	return int(flags) | sys.MsgDontWait | sys.MsgNoSignal
}

// SendMessages wraps sendmmsg(2): it sends all messages in their order, with as few calls as it
// takes, and waits whenever the socket's buffer is full. It returns how many were sent, and sets N
// of each. If n < len(ms), err says why ms[n] was not sent. [Params].SendTimeout limits each wait.
//
// Each message is one datagram, except those with a SegmentSize and those that [Socket.SetOffload]
// joins. Flags apply to every message: MSG_MORE makes UDP join them into one datagram, which leaves
// with the next send without it; MSG_OOB makes the last byte of each urgent on TCP.
//
// On a stream each message is sent to its end before the next; after an error, ms[n] may be sent in
// part, as its N tells. So may one with a SegmentSize. Over TCP all but the last piece leave with
// MSG_MORE, so that the last does not wait for an acknowledgement. Descriptors go with the first
// byte of a message, other control data with each part that the kernel takes at once; without a
// byte of data it is EINVAL. More than 1,024 non-empty buffers are EMSGSIZE, except on streams.
//
// Over TCP and AF_UNIX streams, messages without control data and address leave in one call of
// sendmsg(2), as far as 1,024 buffers and 1 MiB go; so a time stamp of sending that was not asked
// for by control data is one for all of them. Otherwise each message is a call of its own on
// streams, on systems other than Linux, and where the kernel or a policy refuses sendmmsg(2).
func (s *Socket) SendMessages(ctx context.Context, ms []Message,
	flags constants.MsgFlag) (n int, err error) {
	o := batches.get()
	n, err = s.sendBatch(ctx, o, ms, flags)
	if flags&fastOpen != 0 && len(ms) > 0 {
		var again bool
		if again, err = s.opened(ctx, ms[0].Addr, flags, err); again {
			n, err = s.sendBatch(ctx, o, ms, flags&^fastOpen)
		}
	}
	batches.put(o)
	if err != nil && n < len(ms) {
		return n, s.failTo("send messages", ms[n].Addr, err)
	}
	return n, s.fail("send messages", err)
}

func (s *Socket) sendBatch(ctx context.Context, o *batch, ms []Message,
	flags constants.MsgFlag) (int, error) {
	var bad error // of the first message that cannot be sent
	o.ms, o.last = ms, -1
	for i := range ms {
		ms[i].N = 0
		if bad != nil {
			continue
		}
		if bad = s.sendable(&ms[i], flags); bad != nil {
			o.ms = ms[:i]
		} else if !s.message() && ms[i].size() > 0 {
			o.last = i
		}
	}
	err := badFlags(flags)
	if err == nil {
		o.NoWait, o.InTurn = flags&dontWait != 0, !s.message()
		o.s, o.flags, o.done, o.offset, o.doubt, o.asked, o.calls = s, flags, 0, 0, nil, false, 0
		o.rules = rules{stream: !s.message(), most: sys.BatchMax}
		if o.rules.stream {
			o.rules.most, o.rules.gather = 1, s.gathers(flags)
		}
		err = o.Run(ctx, &s.fd, fd.Write, s.parameters().SendTimeout)
	}
	if err == nil {
		err = bad
	}
	o.repack()
	if o.calls > 1 && o.rules.stream && flags&more == 0 {
		s.push()
	}
	o.s, o.ms, o.calls = nil, nil, 0
	return o.done, err
}

// gathers reports whether to send several messages of a stream at once is as good as one after the
// other: whoever receives does not see where they are cut, and no flag means each.
func (s *Socket) gathers(flags constants.MsgFlag) bool {
	switch {
	case s.message() || flags&^(quietFlags|more) != 0:
		return false
	case s.internet():
		return s.Protocol() == 0 || s.Protocol() == constants.IPPROTO_TCP ||
			s.Protocol() == constants.IPPROTO_MPTCP
	}
	return s.Family() == constants.AF_UNIX
}

// sendOne is SendMessages of one message, whose N it sets.
func (s *Socket) sendOne(ctx context.Context, m *Message, flags constants.MsgFlag) error {
	o := batches.get()
	o.one[0] = *m
	_, err := s.sendBatch(ctx, o, o.one[:], flags)
	m.N = o.one[0].N
	o.one[0] = Message{}
	batches.put(o)
	return err
}

// batchReceive receives messages.
type batchReceive struct {
	fd.Op
	s      *Socket
	ms     []Message
	n      int // messages that are received
	part   int // how many the next call may receive
	flags  constants.MsgFlag
	raw    sys.Batch
	hidden []byte // for the control data of UDP messages whose receiver wants none
	fds    []int  // that must be closed
	err    error  // of one message that is received
}

// The kernel reads a header for each message that may come, and each must be made: as long as no
// more come, few are.
const (
	firstPart = 4
	mostPart  = 256
)

var batchReceives pool[batchReceive, *batchReceive]

func (o *batchReceive) Do(sysfd int) error {
	if err := o.s.owed(int(o.flags)); err != nil && o.n == 0 {
		return err
	}
	for {
		part := o.ms[o.n:min(len(o.ms), o.n+o.part)]
		if o.raw.Len() == 0 {
			o.fill(part)
		}
		n, err := receiveBatch(o, sysfd)
		for i := range n {
			o.received(&part[i], i)
		}
		o.n += n
		if n > 0 {
			o.raw.Clear()
			o.part = min(8*o.part, mostPart)
		}
		switch {
		case err == syscall.EINTR:
		case err != nil && o.flags&errorQueue == 0 && o.s.met(sysfd, err):
			// recvmmsg(2) tells of it before what is queued (do_recvmmsg, net/socket.c, Linux
			// 6.18), and once. That comes first.
		case err != nil && o.n == 0:
			return o.s.unreceived(sysfd, int(o.flags), err)
		case err == syscall.EAGAIN:
			return nil
		case err != nil:
			if e, ok := err.(syscall.Errno); ok {
				o.s.taken.Store(int32(e))
				return nil
			}
			return err
		case n < len(part) || o.n == len(o.ms):
			return nil
		}
	}
}

// fill makes room for as many messages.
func (o *batchReceive) fill(ms []Message) {
	hides := o.s.hides()
	if need := len(ms) * hiddenRoom; hides && len(o.hidden) < need {
		o.hidden = make([]byte, need)
	}
	for i := range ms {
		o.raw.Begin(nil, o.room(&ms[i], i, hides))
		for _, b := range ms[i].Buffers {
			o.raw.Buffer(b)
		}
	}
}

// room is for the control data of message i.
func (o *batchReceive) room(m *Message, i int, hides bool) []byte {
	if len(m.Control) == 0 && hides {
		return o.hidden[i*hiddenRoom : (i+1)*hiddenRoom : (i+1)*hiddenRoom]
	}
	return o.s.controlRoom(m.Control, len(o.fds))
}

func (o *batchReceive) received(m *Message, i int) {
	n, control, flags, from := o.raw.Received(i)
	var err error
	room := m.Control
	if len(room) == 0 && o.s.hides() {
		room = o.hidden[i*hiddenRoom:]
	}
	o.fds, err = o.s.received(m, n, flags, room[:control], from, o.fds)
	if o.err == nil {
		o.err = err
	}
}

// ReceiveMessages wraps recvmmsg(2): it waits for a message, receives it and those that are there
// by then, at most len(ms) and 1024, and returns how many. It sets the fields of these as
// [Socket.ReceiveMessage] does. An empty ms receives nothing.
//
// If the control data of one message did not fit, as its Flags tell, all messages are received, and
// the error is ErrControlTruncated. An error after the first message comes with the next call of
// ReceiveMessages or ReceiveMessage. At the end of a stream all are empty. MSG_WAITALL has no
// effect on message sockets, and is ErrUnsupported on streams: use ReceiveMessage.
//
// It may make several calls, the first with room for few messages, so that a large ms costs little
// while few come. Where the kernel or a policy refuses recvmmsg(2), each message is a call of its
// own.
func (s *Socket) ReceiveMessages(ctx context.Context, ms []Message,
	flags constants.MsgFlag) (n int, err error) {
	const op = "receive messages"
	switch {
	case checkFlags(flags) != nil:
		return 0, s.fail(op, checkFlags(flags))
	case flags&waitAll != 0 && !s.message() && flags&errorQueue == 0:
		return 0, s.fail(op, sys.Lacking("MSG_WAITALL on a stream is for ReceiveMessage"))
	case len(ms) == 0 && s.FD() < 0:
		return 0, s.fail(op, ErrClosed)
	case len(ms) == 0:
		return 0, nil
	}
	o := batchReceives.get()
	o.s, o.ms, o.flags = s, ms[:min(len(ms), sys.BatchMax)], flags
	o.n, o.part, o.err = 0, firstPart, nil
	o.NoWait, o.OneStep = flags&dontWait != 0, s.message()
	err = o.Run(ctx, &s.fd, receiveSide(flags), s.parameters().ReceiveTimeout)
	if err == nil {
		err = o.err
	}
	n = o.n
	fds := o.fds
	o.raw.Clear()
	o.s, o.ms, o.fds = nil, nil, nil
	batchReceives.put(o)
	s.discard(ctx, fds, flags)
	if err == nil {
		n, err = s.cutBatch(ms[:n], flags)
	}
	return n, s.fail(op, err)
}

// cutBatch is cutOff for messages: the empty ones behind which the connection has ended with an
// error are none, and the error comes alone.
func (s *Socket) cutBatch(ms []Message, flags constants.MsgFlag) (n int, err error) {
	for n = len(ms); n > 0 && ms[n-1].N == 0 && ms[n-1].size() > 0; n-- {
	}
	if n == len(ms) {
		return n, nil
	}
	switch err = s.cutOff(flags); {
	case err == nil:
		return len(ms), nil
	case n > 0:
		return n, nil // the next call tells
	}
	return 0, err
}
