package socket

import (
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
