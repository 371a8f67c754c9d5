//go:build !linux && !darwin && !dragonfly && !freebsd && !netbsd && !openbsd && !windows

package sys

import "syscall"

// Sockets of this system are not supported yet: every call here fails, so that programs compile.

// The constants of poll(2) and send(2) have no meaning here.
const (
	MsgNoSignal    = 0
	MsgDontWait    = 0
	MsgCmsgCloexec = 0

	PollIn    = 0
	PollOut   = 0
	PollPri   = 0
	PollErr   = 0
	PollHup   = 0
	PollRdHup = 0

	PollReadable = 0
	EndIsQuiet   = false
)

var unsupported error = syscall.ENOTSUP

func Socket(family, typ, protocol int) (int, error) { return -1, unsupported }
func Socketpair(family, typ,
	protocol int) ([2]int, error) {
	return [2]int{-1, -1}, unsupported
}
func Accept(fd int, sa *RawAddr) (nfd, n int, err error)         { return -1, 0, unsupported }
func Bind(fd int, sa []byte) error                               { return unsupported }
func Connect(fd int, sa []byte) error                            { return unsupported }
func ConnectResult(fd int, sa []byte, repeat bool) error         { return unsupported }
func Disconnect(fd int) error                                    { return unsupported }
func Listen(fd, backlog int) error                               { return unsupported }
func Shutdown(fd, how int) error                                 { return unsupported }
func Close(fd int) error                                         { return unsupported }
func Dup(fd int) (int, error)                                    { return -1, unsupported }
func SetNonblock(fd int, on bool) error                          { return unsupported }
func KeepNonblock(fd int) error                                  { return unsupported }
func CloseOnExec(fd int) (bool, error)                           { return false, unsupported }
func SetCloseOnExec(fd int, on bool) error                       { return unsupported }
func Pending(fd int) (int, error)                                { return 0, unsupported }
func AtMark(fd int) (bool, error)                                { return false, unsupported }
func Poll(fd int, events int16) (int16, error)                   { return 0, unsupported }
func Getsockname(fd int, sa *RawAddr) (int, error)               { return 0, unsupported }
func Getpeername(fd int, sa *RawAddr) (int, error)               { return 0, unsupported }
func Recv(fd int, b []byte, flags int) (int, error)              { return 0, unsupported }
func Send(fd int, b []byte, flags int) (int, error)              { return 0, unsupported }
func Sendto(fd int, b []byte, flags int, sa []byte) (int, error) { return 0, unsupported }
func Recvfrom(fd int, b []byte, flags int, sa *RawAddr) (n, size int, err error) {
	return 0, 0, unsupported
}

// Msg holds nothing.
type Msg struct{}

func (m *Msg) Set(buffers [][]byte, control, to []byte) {}
func (m *Msg) Clear()                                   {}
func (m *Msg) Name() []byte                             { return nil }
func Sendmsg(fd int, m *Msg, flags int) (int, error)    { return 0, unsupported }
func Recvmsg(fd int, m *Msg, flags int) (n, control, rflags int, err error) {
	return 0, 0, 0, unsupported
}
