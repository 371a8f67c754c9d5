package socket

import (
	"slices"
	"sync/atomic"
	"syscall"
	"time"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/internal/fd"
	"example.com/bsdsocket/internal/sys"
	"example.com/bsdsocket/sockaddr"
)

// What an error of a transfer comes to: the same for all calls, whether they move bytes, messages,
// batches or pages.

// unreceived is what an error of a receive comes to. A nil error means that nothing will come any
// more.
func (s *Socket) unreceived(sysfd, flags int, err error) error {
	switch {
	case flags&int(errorQueue) != 0:
	case err != syscall.EAGAIN:
		if s.met(sysfd, err) && s.Type() == constants.SOCK_SEQPACKET {
			// The kernel tells of it before the records that are queued (__skb_try_recv_datagram,
			// net/core/datagram.c, Linux 6.18), and once. They come first, and cutOff tells of it
			// behind them.
			return syscall.EINTR
		}
	case s.message() && s.shut(sysfd):
		return nil
	}
	return err
}

// shut reports whether nothing can be received any more, where the receive itself does not.
func (s *Socket) shut(sysfd int) bool {
	if !sys.EndIsQuiet {
		return false
	}
	events, err := sys.Poll(sysfd, sys.PollRdHup)
	return err == nil && events&sys.PollRdHup != 0
}

// broken is the errno that ended the connection, 0 for none.
func (s *Socket) broken() int32 {
	if r := s.rare.Load(); r != nil {
		if end := r.end.Load(); end != nil {
			return end.Load()
		}
	}
	return 0
}

// end is where that errno is remembered: one place for all Sockets that Dup has made of one, and
// from the beginning, so that what is met while the first Dup is made is not forgotten.
func (s *Socket) end() *atomic.Int32 {
	r := s.rarely()
	if r.end.Load() == nil {
		r.end.CompareAndSwap(nil, new(atomic.Int32))
	}
	return r.end.Load()
}

// shareEnd makes to, which is the same open socket, remember together with s how the connection
// ended: the kernel tells one of them.
func (s *Socket) shareEnd(to *Socket) {
	if s.Type() == constants.SOCK_STREAM || s.Type() == constants.SOCK_SEQPACKET {
		to.rarely().end.Store(s.end())
	}
}

// met remembers an error that ended a connection: the kernel tells of it once, and of the end of
// the stream afterwards, as if all had been received. EPIPE is not of this kind: the stream has
// ended before, or somebody has met the error.
//
// It reports whether this was the first time.
func (s *Socket) met(sysfd int, err error) bool {
	errno, ok := err.(syscall.Errno)
	if !ok || !slices.Contains(fatal[:], errno) {
		return false
	}
	if t := s.Type(); t != constants.SOCK_STREAM && t != constants.SOCK_SEQPACKET {
		return false
	}
	events, err := sys.Poll(sysfd, 0)
	return err == nil && events&sys.PollHup != 0 && s.meet(int32(errno))
}

// meet remembers what ended the connection, and reports whether it was the first to do so.
func (s *Socket) meet(errno int32) bool { return s.end().CompareAndSwap(0, errno) }

// brokenNow is the error with which the connection that is over has ended, nil if it was no error.
// What is received of it remains.
func (s *Socket) brokenNow(sysfd int) error {
	if code, err := sys.GetsockoptInt(sysfd, int(constants.SOL_SOCKET),
		int(constants.SO_ERROR)); err == nil && code != 0 {
		if errno := syscall.Errno(code); !s.met(sysfd, errno) && s.broken() == 0 {
			s.taken.Store(int32(code)) // for the next call
		}
	}
	if errno := s.broken(); errno != 0 {
		return over(errno)
	}
	return nil
}

// fatal are the errors with which a connection can end. Others say what is wrong with a call.
var fatal = [...]syscall.Errno{
	syscall.ECONNRESET, syscall.ECONNABORTED, syscall.ENETRESET, syscall.ETIMEDOUT,
	syscall.ECONNREFUSED, syscall.EHOSTUNREACH,
	syscall.ENETUNREACH, syscall.EHOSTDOWN, syscall.ENETDOWN, syscall.EPROTO,
}

// cutOff is the error with which the connection ended, if a receive of nothing is its end.
func (s *Socket) cutOff(flags constants.MsgFlag) error {
	if flags&errorQueue != 0 {
		return nil
	}
	errno := s.broken()
	if errno == 0 && s.Type() == constants.SOCK_STREAM {
		errno = s.meeting()
	}
	if errno == 0 {
		return nil
	}
	if s.Type() == constants.SOCK_SEQPACKET {
		if end, err := s.ended(); !end {
			return err
		}
	}
	return over(errno)
}

// over is the errno with which the connection has ended, told by who remembers it. It is no
// timeout, also where that was one (ETIMEDOUT): a loop that tries again after a timeout would go
// round without end.
type over syscall.Errno

func (e over) Error() string   { return syscall.Errno(e).Error() }
func (e over) Unwrap() error   { return syscall.Errno(e) }
func (e over) Timeout() bool   { return false }
func (e over) Temporary() bool { return false }

// meeting waits for a send that has met the error with which the connection ended, and has not
// remembered it yet: the kernel may have told a receive of the end meanwhile.
func (s *Socket) meeting() int32 {
	over := false
	s.fd.Control(func(sysfd int) error {
		events, err := sys.Poll(sysfd, 0)
		over = err == nil && events&sys.PollHup != 0
		return err
	})
	if !over {
		return 0 // only the peer has ended
	}
	o := nothings.get()
	defer nothings.put(o)
	o.NoWait, o.InTurn = true, true
	for range 100 { // a send on a connection that is over takes no time
		if s.broken() != 0 || o.Run(background, &s.fd, fd.Write, 0) != syscall.EAGAIN {
			break
		}
		// In a bubble of testing/synctest, time.Sleep waits for ever while others wait for the
		// network.
		sys.Sleep(100 * time.Microsecond)
	}
	return s.broken()
}

// nothing has a turn between sends and does nothing in it.
type nothing struct{ fd.Op }

var nothings pool[nothing, *nothing]

func (*nothing) Do(int) error { return nil }

// owed is the error that readiness has taken from the kernel, for the call that would have met it
// there. It may be about what the error queue has, and then a receive of that has it too
// (sock_dequeue_err_skb, net/core/skbuff.c, Linux 6.18).
func (s *Socket) owed(flags int) error {
	if s.taken.Load() == 0 {
		return nil
	}
	return s.pay(flags)
}

func (s *Socket) pay(flags int) error {
	if flags&int(errorQueue) != 0 {
		s.taken.Store(0)
		return nil
	}
	if errno := s.taken.Swap(0); errno != 0 {
		return syscall.Errno(errno)
	}
	return nil
}

// unsent is what an error of a send comes to.
func (s *Socket) unsent(sysfd int, noWait, addressed bool, err error) error {
	if err != syscall.EAGAIN {
		s.met(sysfd, err)
		return err
	}
	if s.Type() == constants.SOCK_STREAM {
		return err
	}
	for i := range fullness {
		if f := &fullness[i]; f.family == s.Family() || f.family == constants.AF_UNSPEC {
			if f.means != nil && f.when(s, sysfd, addressed) {
				err = f.means
			}
			break
		}
	}
	if err == fd.Later && noWait {
		return syscall.EAGAIN
	}
	return err
}

// fullness says what EAGAIN of a send means on message sockets, by family and state: means if when
// is true, and otherwise that an event will come. (On streams one always comes.) The functions are
// those of Linux 6.18 that decide it.
var fullness = [...]struct {
	family constants.Family // AF_UNSPEC: all others
	when   func(s *Socket, sysfd int, addressed bool) bool
	means  error // fd.Later: a pause helps, and no event comes; any other is final
}{
	// unix_dgram_sendmsg, net/unix/af_unix.c: who is not connected to the receiver is not told when
	// that has room (unix_dgram_peer_wake_me). Each attempt makes and frees a buffer, so that poll
	// says "writable" each time. SEQPACKET is connected.
	{constants.AF_UNIX, func(s *Socket, _ int, addressed bool) bool {
		return addressed && s.Type() != constants.SOCK_SEQPACKET
	}, fd.Later},
	// netlink_attachskb, net/netlink/af_netlink.c: those who wait for the receiver are in a queue
	// of the receiver's own.
	{constants.AF_NETLINK, always, fd.Later},
	// inet_autobind, net/ipv4/af_inet.c: no local port is free. Otherwise sock_alloc_send_pskb,
	// net/core/sock.c: the socket's own buffer is full, and sock_def_write_space tells when it is
	// not.
	{constants.AF_INET, portless, noPort},
	{constants.AF_INET6, portless, noPort},
	// packet_snd, net/packet/af_packet.c, and raw_sendmsg, net/can/raw.c: sock_alloc_send_pskb.
	{constants.AF_PACKET, nil, nil},
	{constants.AF_CAN, nil, nil},
	// vsock_connectible_sendmsg, net/vmw_vsock/af_vsock.c; tipc_wait_for_cond, net/tipc/socket.c;
	// rds_sendmsg, net/rds/send.c: what they wait for is what their poll asks for.
	{constants.AF_VSOCK, nil, nil},
	{constants.AF_TIPC, nil, nil},
	{constants.AF_RDS, nil, nil},
	// __xsk_generic_xmit, net/xdp/xsk.c: so many frames have left in this call; there is nothing to
	// wait for.
	{constants.AF_XDP, always, fd.Later},
	// qrtr_tx_wait, net/qrtr/af_qrtr.c: the receiver's confirmation, of which poll knows nothing.
	{constants.AF_QIPCRTR, always, fd.Later},
	// Of others: an event will come only if poll does not say that there is room already.
	{constants.AF_UNSPEC, writable, fd.Later},
}

func always(*Socket, int, bool) bool { return true }

// portless reports whether an Internet socket has no local port, though a send would have given it
// one.
func portless(_ *Socket, sysfd int, _ bool) bool {
	var sa sys.RawAddr
	n, err := sys.Getsockname(sysfd, &sa)
	if err != nil {
		return false
	}
	name, err := sockaddr.FromRaw(sa[:min(n, len(sa))])
	return err == nil && name.Port() == 0
}

func writable(_ *Socket, sysfd int, _ bool) bool {
	events, err := sys.Poll(sysfd, sys.PollOut)
	return err == nil && events&sys.PollOut != 0
}

// noPort is the error of a send for which the kernel finds no local port.
var noPort = lacking{syscall.EAGAIN, "no free local port"}

// ended reports whether a receive of 0 bytes was the end of what the peer sends.
func (s *Socket) ended() (end bool, err error) {
	if s.Type() == constants.SOCK_STREAM {
		return true, nil
	}
	err = s.fd.Control(func(sysfd int) (err error) {
		end, err = s.atEnd(sysfd)
		return err
	})
	return end, err
}

func (s *Socket) atEnd(sysfd int) (bool, error) {
	events, err := sys.Poll(sysfd, sys.PollRdHup)
	if err != nil || events&(sys.PollRdHup|sys.PollHup) == 0 {
		return false, err
	}
	// Something may be waiting, sent before the end.
	var b [1]byte
	n, err := sys.Recv(sysfd, b[:], int(constants.MSG_PEEK)|sys.MsgDontWait)
	// The kernel tells an error once, over AF_UNIX before what is queued.
	if err != nil && s.met(sysfd, err) {
		n, err = sys.Recv(sysfd, b[:], int(constants.MSG_PEEK)|sys.MsgDontWait)
	}
	switch {
	case err == nil:
		return n == 0 && s.Type() != constants.SOCK_DGRAM, nil
	case err == syscall.EAGAIN:
		return s.message(), nil
	case !s.met(sysfd, err):
		if errno, ok := err.(syscall.Errno); ok {
			s.taken.Store(int32(errno)) // for the next receive
		}
	}
	return false, nil
}
