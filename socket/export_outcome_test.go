package socket

import (
	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/internal/fd"
	"example.com/bsdsocket/internal/sys"
)

// A slowSend is a send whose goroutine does not run between the kernel's answer and what becomes of
// it.
type slowSend struct {
	fd.Op
	s    *Socket
	then func()
}

func (o *slowSend) Do(sysfd int) error {
	_, err := sys.Send(sysfd, []byte("x"), sys.MsgDontWait|sys.MsgNoSignal)
	o.then()
	if err != nil {
		return o.s.unsent(sysfd, false, false, err)
	}
	return nil
}

// SendSlowly sends a byte, and calls then before it looks at the result.
func SendSlowly(s *Socket, then func()) error {
	o := &slowSend{s: s, then: then}
	o.Bind(o)
	return o.Run(background, &s.fd, fd.Write, 0)
}

// The parts of Dup that remember how a connection ended.
func Meet(s *Socket, errno int32) bool { return s.meet(errno) }
func Ended(s *Socket) int32            { return s.broken() }
func ShareEnd(from, to *Socket)        { from.shareEnd(to) }
func Unopened(typ constants.SocketType) *Socket {
	s := new(Socket)
	s.classify(constants.AF_UNIX, typ, 0)
	return s
}
