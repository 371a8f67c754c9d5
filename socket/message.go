package socket

import (
	"context"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/internal/fd"
	"example.com/bsdsocket/internal/sys"
	"example.com/bsdsocket/sockaddr"
)

// A Message is what sendmsg(2) sends and recvmsg(2) receives: struct msghdr with its data. It may be used again.
type Message struct {
	Buffers  [][]byte          // the data, gathered from or scattered to several buffers
	Addr     sockaddr.Addr     // to send: the destination, zero if connected; received: the sender
	Control  []byte            // to send: control data; to receive: room for it (package cmsg)
	N        int               // bytes sent or received
	NControl int               // bytes of Control received
	Flags    constants.MsgFlag // received: MSG_TRUNC, MSG_CTRUNC, MSG_EOR, MSG_OOB, MSG_ERRQUEUE
}

type message struct {
	fd.Op
	msg     sys.Msg
	receive bool
	flags   int
	n       int
	control int
	rflags  int
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
// sets m.N. On a stream that is what the kernel took, which may be less than all.
func (s *Socket) SendMessage(ctx context.Context, m *Message, flags constants.MsgFlag) error {
	if flags < 0 {
		return s.fail("send", errUndefined)
	}
	o := messages.get()
	o.receive, o.n, o.flags = false, 0, int(flags)|sys.MsgDontWait|sys.MsgNoSignal
	var to sys.RawAddr
	o.msg.Set(m.Buffers, m.Control, m.Addr.AppendRaw(to[:0]))
	o.NoWait = flags&dontWait != 0
	err := o.Run(ctx, &s.fd, fd.Write, s.parameters().SendTimeout)
	m.N = o.n
	o.msg.Clear()
	messages.put(o)
	if m.Addr.IsValid() {
		return s.failTo("send", m.Addr, err)
	}
	return s.fail("send", err)
}

// ReceiveMessage wraps recvmsg(2): [Socket.ReceiveFrom] into scattered buffers, with control data. It sets all fields of
// m but Buffers and Control. Descriptors that are received are close-on-exec.
func (s *Socket) ReceiveMessage(ctx context.Context, m *Message, flags constants.MsgFlag) error {
	if flags < 0 {
		return s.fail("receive", errUndefined)
	}
	o := messages.get()
	o.receive, o.n, o.control, o.rflags = true, 0, 0, 0
	o.flags = int(flags&^waitAll) | sys.MsgDontWait | closeOnExec
	o.msg.Set(m.Buffers, m.Control, nil)
	o.NoWait = flags&dontWait != 0
	err := o.Run(ctx, &s.fd, receiveSide(flags), s.parameters().ReceiveTimeout)
	m.N, m.NControl, m.Flags, m.Addr = o.n, o.control, constants.MsgFlag(o.rflags&^closeOnExec), sockaddr.Addr{}
	if err == nil {
		m.Addr, err = sockaddr.FromRaw(o.msg.Name())
	}
	o.msg.Clear()
	messages.put(o)
	return s.fail("receive", err)
}

const closeOnExec = int(max(constants.MSG_CMSG_CLOEXEC, 0))
