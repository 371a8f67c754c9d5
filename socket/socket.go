package socket

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/internal/fd"
	"example.com/bsdsocket/internal/sys"
	"example.com/bsdsocket/sockaddr"
)

// A Socket is a socket on the runtime poller. It is made by [New] and its siblings. The zero Socket
// is a closed one: every call on it that can fail returns ErrClosed. A nil *Socket behaves like it
// in Close and in the methods that describe a socket: FD, Family, Type, Protocol, String, Name,
// PeerName. A Socket that becomes unreachable is closed by the garbage collector, some time later.
type Socket struct {
	fd       fd.FD
	family   uint16 // a server has many sockets, so they are small
	typ      uint16
	protocol int32
	state    atomic.Uint32            // isBound, ...
	offload  offload                  // of UDP
	params   atomic.Pointer[Params]   // nil: defaults
	near     atomic.Pointer[nearAddr] // the peer, see keepPeer
	rare     atomic.Pointer[rare]
	polls    atomic.Pointer[registration] // the first with a Poller; changed with pollLock held
	taken    atomic.Int32                 // the errno that a call has coming; see owed
}

// New wraps socket(2). The socket is close-on-exec and non-blocking from birth, and has
// [DefaultParams].
//
// Protocol is 0 for the usual one of the type. The socket types' flags SOCK_CLOEXEC and
// SOCK_NONBLOCK are implied. A family, type or protocol that the kernel or the platform lacks is
// ErrUnsupported; numbers that no kernel has are EINVAL (on Linux, types from 11 and Internet
// protocols from 263). A raw socket without the privilege is EPERM.
func New(family constants.Family, typ constants.SocketType,
	protocol constants.Protocol) (*Socket, error) {
	s, err := create(family, typ, protocol)
	if err != nil {
		return nil, &Error{Op: making("new", family, typ, protocol), Err: err}
	}
	return s, nil
}

// create makes a Socket; the error is an errno.
func create(family constants.Family, typ constants.SocketType,
	protocol constants.Protocol) (*Socket, error) {
	if err := checkInts(family, typ, protocol); err != nil {
		return nil, err
	}
	sysfd, err := sys.Socket(int(family), int(typ), int(protocol))
	if err != nil {
		return nil, err
	}
	return adopt(sysfd, family, typ, protocol), nil
}

// making is what an error says was to be made, as it has no address.
func making(op string, family constants.Family, typ constants.SocketType,
	protocol constants.Protocol) string {
	return op + " " + kind(family, typ, protocol)
}

// kind is the text of the three arguments of socket(2).
func kind(family constants.Family, typ constants.SocketType, protocol constants.Protocol) string {
	text := family.String() + " " + typ.String()
	if protocol != 0 {
		text += " " + protocolName(family, protocol)
	}
	return text
}

// protocolNames are the beginnings of the names that families other than the Internet's have for
// their protocols.
var protocolNames = [...]struct {
	family constants.Family
	prefix string
}{
	{constants.AF_BLUETOOTH, "BTPROTO_"},
	{constants.AF_CAN, "CAN_"},
	{constants.AF_NETLINK, "NETLINK_"},
}

// protocolName is the protocol's name in its family.
func protocolName(family constants.Family, protocol constants.Protocol) string {
	if family == constants.AF_INET || family == constants.AF_INET6 {
		return protocol.String()
	}
	if family == constants.AF_PACKET {
		return fmt.Sprintf("protocol 0x%04x", constants.Ntohs(uint16(protocol)))
	}
	for _, p := range protocolNames {
		if p.family != family {
			continue
		}
		for c := range constants.All() {
			if c.Kind == "Protocol" && c.Defined() && c.Value == int64(protocol) &&
				strings.HasPrefix(c.Name, p.prefix) {
				return c.Name
			}
		}
	}
	return fmt.Sprintf("protocol %d", int(protocol))
}

// checkInts refuses numbers that system calls cannot be given: a constant that this platform does
// not have, and what a C int does not hold, and would be cut to.
func checkInts[A, B, C ~int](a A, b B, c C) error {
	return cmp.Or(checkInt(a), checkInt(b), checkInt(c))
}

func checkInt[T ~int](n T) error {
	switch {
	case n < 0:
		return sys.ErrUndefined
	case int64(n) > math.MaxInt32:
		return syscall.EINVAL
	}
	return nil
}

// checkFlags is checkInt, for every call that takes flags.
func checkFlags(flags constants.MsgFlag) error { return checkInt(flags) }

// adopt makes a Socket of a new descriptor.
func adopt(sysfd int, family constants.Family, typ constants.SocketType,
	protocol constants.Protocol) *Socket {
	s := new(Socket)
	s.classify(family, typ, protocol)
	s.fd.Init(sysfd)
	return s
}

func (s *Socket) classify(family constants.Family, typ constants.SocketType,
	protocol constants.Protocol) {
	s.family, s.typ, s.protocol = uint16(family), uint16(typ&^typeFlags), int32(protocol)
}

// What state says.
const (
	isBound   = 1 << iota // by Bind, or before it was adopted
	isToScope             // by Connect, to the interface of a link-local address
	isShared              // the library knows of somebody else who has a descriptor
	isAway                // in another network namespace
)

func (s *Socket) is(bit uint32) bool { return s.state.Load()&bit != 0 }
func (s *Socket) mark(bit uint32)    { s.state.Or(bit) }
func (s *Socket) unmark(bit uint32)  { s.state.And(^bit) }

// remember keeps the peer's address; the zero Addr is none.
func (s *Socket) remember(peer sockaddr.Addr) {
	s.keepPeer(peer, nil)
	s.moved()
	if s.broken() != 0 {
		s.end().Store(0)
	}
	s.taken.Store(0)
}

// typeFlags are what socket(2) takes together with the type.
const typeFlags = max(constants.SOCK_CLOEXEC, 0) | max(constants.SOCK_NONBLOCK, 0)

// FromFD takes ownership of a descriptor of any family, and reads its family, type and protocol
// from the kernel. The descriptor becomes close-on-exec and non-blocking; the latter is visible to
// all who share the open file description.
//
// A descriptor that is closed (EBADF) or no socket (ENOTSOCK) is an error, and so is, on Linux, one
// that the runtime's poller has already: that of a net.Conn, of an [os.File], or of another Socket
// as soon as that has waited. [FromConn] is made for those. The BSDs and macOS do not notice, and
// the events go to the Socket alone. After any error it is still the caller's.
//
// Without an error, the number is the Socket's: Close closes it, and so does the garbage collector
// when the Socket is unreachable. Nothing else may use or close it then.
func FromFD(sysfd int) (*Socket, error) {
	return fromFD("from fd", sysfd)
}

func fromFD(op string, sysfd int) (*Socket, error) {
	if sysfd < 0 || int64(sysfd) > math.MaxInt32 { // the system calls would take its lower half
		return nil, &Error{Op: op, Err: syscall.EBADF}
	}
	family, typ, protocol, err := identify(sysfd)
	if err == nil {
		err = sys.SetNonblock(sysfd, true)
	}
	if err == nil {
		err = sys.SetCloseOnExec(sysfd, true)
	}
	s := new(Socket)
	if err == nil {
		s.classify(family, typ, protocol)
		err = s.fd.Adopt(sysfd)
	}
	if err != nil {
		return nil, &Error{Op: op, Err: err}
	}
	s.mark(isShared) // for all that is known
	if peer, err := s.PeerName(); err == nil {
		s.remember(peer)
	}
	if name, err := s.Name(); err == nil && name.IsValid() {
		s.mark(isBound)
	}
	return s, nil
}

// FromFile is [FromConn] for a file. The file must be a socket; a file in blocking mode becomes
// non-blocking.
func FromFile(f *os.File) (*Socket, error) {
	if f == nil {
		return fromConn("from file", nil)
	}
	return fromConn("from file", f)
}

// FromConn duplicates the descriptor of c, for example of a [*net.TCPConn] or [*net.UnixListener],
// and makes a Socket of the duplicate. Both refer to the same open socket; each must be closed.
//
// The bare descriptor of an owner who keeps it, such as a C library, is a syscall.Conn as FD of
// package sockopt. It becomes non-blocking for the owner too.
func FromConn(c syscall.Conn) (*Socket, error) { return fromConn("from conn", c) }

func fromConn(op string, c syscall.Conn) (*Socket, error) {
	if c == nil {
		return nil, &Error{Op: op, Err: syscall.EINVAL}
	}
	raw, err := c.SyscallConn()
	if err != nil {
		return nil, &Error{Op: op, Err: err}
	}
	var dup int
	var dupErr error
	if err = raw.Control(func(sysfd uintptr) {
		// To close a duplicate of a file that is no socket would drop the process's locks on it
		// (fcntl(2)).
		if _, dupErr = sys.GetsockoptInt(int(sysfd), int(constants.SOL_SOCKET),
			int(constants.SO_TYPE)); dupErr == nil {
			dup, dupErr = sys.Dup(int(sysfd))
		}
	}); err == nil {
		err = dupErr
	}
	if err != nil {
		return nil, &Error{Op: op, Err: err}
	}
	s, err := fromFD(op, dup)
	if err != nil {
		sys.Close(dup)
		return nil, err
	}
	if from, ok := c.(*Socket); ok {
		from.mark(isShared)
		s.state.Or(from.state.Load() & isAway)
		from.shareEnd(s)
	}
	if !s.hasPeer() {
		s.keepPeer(peerOf(c, s), nil)
	}
	return s, nil
}

// peerOf is the peer that c knows, from which s was made, of a connection that the kernel has
// forgotten: it was reset.
func peerOf(c syscall.Conn, s *Socket) sockaddr.Addr {
	if t := s.Type(); t != constants.SOCK_STREAM && t != constants.SOCK_SEQPACKET {
		return sockaddr.Addr{} // it may have been disconnected
	}
	switch c := c.(type) {
	case *Socket:
		return c.peerAddr()
	case interface{ Socket() *Socket }: // an adapter's
		if inner := c.Socket(); inner != nil {
			return inner.peerAddr()
		}
	case net.Conn:
		if a := c.RemoteAddr(); a != nil {
			peer, _ := sockaddr.FromNetAddr(a)
			return peer
		}
	}
	return sockaddr.Addr{}
}

// FD returns the number of the descriptor, -1 once it is closed. It stays the socket's: another
// goroutine can close it at any time, and then the number may be another file's.
// [Socket.SyscallConn] has no such race.
func (s *Socket) FD() int {
	if s == nil {
		return -1
	}
	return s.fd.Sysfd()
}

// Family returns the address family that the socket was made with.
func (s *Socket) Family() constants.Family { return constants.Family(s.orZero().family) }

// Type returns the socket's type, without the flags that New accepts.
func (s *Socket) Type() constants.SocketType { return constants.SocketType(s.orZero().typ) }

// Protocol returns the protocol that the socket was made with: 0 means the usual one of its type.
func (s *Socket) Protocol() constants.Protocol { return constants.Protocol(s.orZero().protocol) }

// orZero is the zero Socket for a nil one.
func (s *Socket) orZero() *Socket {
	if s == nil {
		return &zero
	}
	return s
}

var zero Socket

// String returns text that identifies the socket in a log: "socket fd:19 AF_INET SOCK_STREAM" for a
// new one, followed by the protocol if one was asked for, its name and its peer as far as it has
// them: "socket fd:19 AF_INET SOCK_STREAM IPPROTO_TCP 127.0.0.1:80->127.0.0.1:4711". A closed one
// is "socket closed AF_INET SOCK_STREAM".
func (s *Socket) String() string {
	s = s.orZero()
	what := kind(s.Family(), s.Type(), s.Protocol())
	n := s.FD()
	if n < 0 {
		return "socket closed " + what
	}
	return "socket fd:" + strconv.Itoa(n) + " " + what + between(s.local(), s.peerAddr(),
		s.is(isAway))
}

// internet reports whether the socket is of AF_INET or AF_INET6.
func (s *Socket) internet() bool {
	return s.Family() == constants.AF_INET || s.Family() == constants.AF_INET6
}

// message reports whether the socket keeps the boundaries of what is sent: SOCK_STREAM alone does
// not.
func (s *Socket) message() bool { return s.Type() != constants.SOCK_STREAM }

// Bind wraps bind(2): it gives the socket its local address. An address that is in use is
// EADDRINUSE, a port below 1024 without the privilege EACCES, an address of another family
// EAFNOSUPPORT or EINVAL.
//
// A path of AF_UNIX becomes a file, which stays after Close. Its mode is 0777 less the umask, and
// connecting needs the permission to write. On Linux [os.File.Chmod] of [Socket.File] before Bind
// gives the file another mode, less the umask, without a moment in which others could connect
// (unix_bind, net/unix/af_unix.c). Elsewhere, and for more than the umask allows, bind in a folder
// that nobody else may enter, change the file's mode, and rename it. Abstract names have no
// permissions: whoever is in the network namespace may connect, and bind a name that is free. On a
// file system that does not answer, Bind waits, and no context ends it.
func (s *Socket) Bind(to sockaddr.Addr) error {
	err := s.fd.Control(func(sysfd int) error {
		var sa sys.RawAddr
		return sys.Bind(sysfd, to.AppendRaw(sa[:0]))
	})
	if err != nil {
		return &Error{Op: "bind", Local: to, Err: err, away: s.is(isAway)}
	}
	s.mark(isBound)
	s.moved()
	return nil
}

// Listen wraps listen(2). Backlog is how many connections may wait to be accepted; the kernel
// lowers it to its maximum (net.core.somaxconn on Linux), and Linux lets one more than backlog
// wait. A negative backlog is 0 (POSIX, listen).
func (s *Socket) Listen(backlog int) error {
	// listen(2) takes a C int, and Linux takes a negative one for its maximum.
	backlog = min(max(backlog, 0), math.MaxInt32)
	return s.fail("listen",
		s.fd.Control(func(sysfd int) error { return sys.Listen(sysfd, backlog) }))
}

// Name wraps getsockname(2). The name of a socket that is not bound is the zero Addr, and no error:
// #f of the egg's socket-name.
func (s *Socket) Name() (sockaddr.Addr, error) {
	s = s.orZero()
	name, err := s.name(sys.Getsockname)
	if err == syscall.EOPNOTSUPP && !s.is(isBound) {
		return sockaddr.Addr{}, nil // AF_XDP has no getsockname(2)
	}
	if err != nil {
		return sockaddr.Addr{}, &Error{Op: "name", Err: err}
	}
	if s.unbound(name) {
		return sockaddr.Addr{}, nil
	}
	return name, nil
}

// unbound reports whether a name is what the kernel gives to a socket without one.
func (s *Socket) unbound(name sockaddr.Addr) bool {
	if s.internet() && s.Type() == constants.SOCK_RAW {
		name = name.WithPort(0) // it is the protocol (raw(7))
	}
	if p, ok := name.AsPacket(); ok {
		// All interfaces, to which it need not be bound; its protocol is the socket's.
		return p.Interface == 0
	}
	return slices.Contains(noNames[:], name)
}

// noNames are the names of sockets without one.
var noNames = [...]sockaddr.Addr{
	first(sockaddr.InetAny(constants.AF_INET, 0)),
	first(sockaddr.InetAny(constants.AF_INET6, 0)),
	sockaddr.Unnamed(),
	first(sockaddr.Netlink(sockaddr.NetlinkAddr{})),
	// VMADDR_CID_ANY, VMADDR_PORT_ANY
	first(sockaddr.VSock(sockaddr.VSockAddr{CID: 1<<32 - 1, Port: 1<<32 - 1})),
}

// first is a, which is the zero Addr where the platform does not have such an address.
func first(a sockaddr.Addr, _ error) sockaddr.Addr { return a }

// PeerName wraps getpeername(2). The peer of a socket that is not connected is the zero Addr, and
// no error. A datagram socket has a peer once it is connected. The peer of one end of a [Pair], and
// an AF_UNIX client without a name, is [sockaddr.Unnamed]; of the latter, Accept returns the zero
// Addr.
//
// The kernel forgets the peer of a connection that was reset or aborted, and does not know it
// before the first data of a TCP_FASTOPEN_CONNECT is sent. Then it is what Accept or Connect were
// told, until Disconnect.
func (s *Socket) PeerName() (sockaddr.Addr, error) {
	s = s.orZero()
	name, err := s.name(sys.Getpeername)
	switch err {
	case nil:
		if name == noPeer && !s.hasPeer() {
			return sockaddr.Addr{}, nil
		}
		return name, nil
	case syscall.ENOTCONN, syscall.EOPNOTSUPP: // AF_PACKET has no peers
		return s.peerAddr(), nil
	}
	// A policy refuses to tell, or macOS, by EINVAL, once both directions are shut down.
	if code, ok := err.(syscall.Errno); ok && sys.Refused(code) {
		if peer := s.peerAddr(); peer.IsValid() {
			return peer, nil
		}
	}
	return sockaddr.Addr{}, &Error{Op: "peer name", Err: err}
}

// noPeer is the peer of an AF_NETLINK socket that is not connected, and of one that is connected to
// the kernel.
var noPeer = first(sockaddr.Netlink(sockaddr.NetlinkAddr{}))

func (s *Socket) name(get func(int, *sys.RawAddr) (int, error)) (addr sockaddr.Addr, err error) {
	q, _ := questions.Get().(*question)
	if q == nil {
		q = new(question)
		q.ask = func(sysfd uintptr) { q.size, q.err = q.get(int(sysfd), &q.sa) }
	}
	q.get = get
	if err = s.fd.RawConn().Control(q.ask); err == nil {
		err = q.err
	}
	if err == nil {
		addr, err = sockaddr.FromRaw(q.sa[:min(q.size, len(q.sa))])
	}
	questions.Put(q)
	return addr, err
}

// A question is a call of getsockname(2) or getpeername(2), kept for reuse, as errors ask it.
type question struct {
	ask  func(sysfd uintptr)
	get  func(int, *sys.RawAddr) (int, error)
	sa   sys.RawAddr
	size int
	err  error
}

var questions sync.Pool

// Shutdown wraps shutdown(2): SHUT_RD, SHUT_WR or SHUT_RDWR. SHUT_WR tells the peer that no more
// will come (a FIN over TCP); SHUT_RD is local, and wakes receives that wait; over AF_UNIX it also
// makes the peer's sends fail with EPIPE. A socket that is not connected is no error, as in the
// egg. A listener that is shut down with SHUT_RD accepts no more, see [Socket.Accept]. AF_NETLINK
// has no shutdown (ErrUnsupported).
func (s *Socket) Shutdown(how constants.ShutdownHow) error { return s.shutdown("shutdown", how) }

func (s *Socket) shutdown(op string, how constants.ShutdownHow) error {
	if err := checkInt(how); err != nil {
		return s.fail(op, err)
	}
	err := s.fd.Control(func(sysfd int) error { return sys.Shutdown(sysfd, int(how)) })
	if err == syscall.ENOTCONN {
		return nil
	}
	s.fd.TryAgain(fd.Read)
	s.fd.TryAgain(fd.Write)
	return s.fail(op, err)
}

// CloseRead is [Socket.Shutdown] with SHUT_RD: the name by which relays look for a half-close, as
// of [net.TCPConn].
func (s *Socket) CloseRead() error { return s.shutdown("close read", constants.SHUT_RD) }

// CloseWrite is [Socket.Shutdown] with SHUT_WR: the peer reads to the end of what was sent, and
// answers can still be received.
func (s *Socket) CloseWrite() error { return s.shutdown("close write", constants.SHUT_WR) }

// Close wraps close(2). It wakes every call that waits on the socket with ErrClosed, and returns
// when none uses the descriptor any more, so that none can touch the next file of that number.
// Closing again is a no-op. The kernel goes on to send what a [ZeroCopy] has not sent yet.
//
// With SO_LINGER on and a time, close(2) of a TCP socket waits until all is sent and acknowledged,
// or the time has passed: on Linux also for a socket in non-blocking mode. Close then takes as
// long, and holds a thread of the operating system for it, so that many at once need many threads.
// Without SO_LINGER, or with a time of 0, it does not wait.
//
// A call that is in the kernel and does not come back, as for a path on a file system that does not
// answer (a stalled NFS or FUSE mount), holds Close too.
func (s *Socket) Close() error {
	s = s.orZero()
	if q := s.zeroQueue(); q != nil {
		q.close(s.dup)
	}
	if err := s.fd.CloseFor((*polled)(s)); err != nil {
		return &Error{Op: "close", Err: err}
	}
	return nil
}

// Dup wraps fcntl(2)'s F_DUPFD_CLOEXEC: another Socket of the same open socket, with the same
// parameters and [Socket.SetOffload], but without deadlines. Each must be closed, and the
// connection ends with the last.
func (s *Socket) Dup() (*Socket, error) {
	dup, err := s.dup()
	if err != nil {
		return nil, s.fail("dup", err)
	}
	d := adopt(dup, s.Family(), s.Type(), s.Protocol())
	s.mark(isShared)
	d.state.Store(s.state.Load())
	d.params.Store(s.params.Load())
	d.copyPeer(s)
	s.shareEnd(d)
	d.offload.state.Store(s.offload.state.Load())
	return d, nil
}

func (s *Socket) dup() (dup int, err error) {
	err = s.fd.Control(func(sysfd int) (err error) {
		dup, err = sys.Dup(sysfd)
		return err
	})
	return dup, err
}

// Detach takes the descriptor away from the Socket, which is closed then, and gives it to the
// caller: non-blocking, close-on-exec, and unknown to the poller. Its number is a new one.
func (s *Socket) Detach() (sysfd int, err error) {
	if sysfd, err = s.fd.Detach((*polled)(s)); err != nil {
		return sysfd, s.fail("detach", err)
	}
	s.mark(isShared)
	if q := s.zeroQueue(); q != nil {
		q.close(func() (int, error) { return sys.Dup(sysfd) })
	}
	return sysfd, nil
}

// File returns a duplicate as an [os.File], to hand it to a child process ([exec.Cmd.ExtraFiles])
// or to code that takes files. The caller closes it. It shares the non-blocking mode, which the
// child sees; [os.File.Fd] does not change it.
//
// The mode (O_NONBLOCK) belongs to the open socket, not to the descriptor, so that a child and this
// process have the same, and no second one can be made of a socket. A child that expects to block
// (cat says EAGAIN, sh reads nothing) needs syscall.SetNonblock(int(f.Fd()), false) before it
// starts, and this Socket should be closed by then. A child may change the mode itself: this
// process goes on, since its transfers do not depend on it, and Accept, Connect and copies set it
// again before each attempt, whereupon the child meets EAGAIN. A child that clears it between that
// and the attempt can hold the call, and its thread, in the kernel.
func (s *Socket) File() (*os.File, error) {
	dup, err := s.dup()
	if err != nil {
		return nil, s.fail("file", err)
	}
	s.mark(isShared)
	return os.NewFile(uintptr(dup), s.String()), nil
}

// Pending returns how many bytes wait to be read (ioctl FIONREAD): on a stream, all; on a datagram
// socket of Linux, those of the next datagram; on AF_UNIX's SOCK_SEQPACKET, those of all records
// (unix_inq_len, net/unix/af_unix.c, Linux 6.18). See udp(7) and unix(7). A listening socket is
// EINVAL.
func (s *Socket) Pending() (n int, err error) {
	err = s.fd.Control(func(sysfd int) (err error) {
		n, err = sys.Pending(sysfd)
		return err
	})
	return n, s.fail("pending", err)
}

// Unsent returns how many bytes the socket has taken and not yet delivered (ioctl SIOCOUTQ,
// SO_NWRITE of macOS): of TCP, what the peer has not acknowledged, 0 once it has all; of datagrams
// and AF_UNIX, what is on its way, and counts the kernel's own structures too. A listening socket
// is EINVAL. On systems other than Linux and macOS it is ErrUnsupported.
func (s *Socket) Unsent() (n int, err error) {
	err = s.fd.Control(func(sysfd int) (err error) {
		n, err = sys.Unsent(sysfd)
		return err
	})
	return n, s.fail("unsent", err)
}

// SyscallConn returns the descriptor for system calls of the caller's own; the options of package
// sockopt use it. Its Read and Write wait in the same queue as all calls of that direction, until
// the socket's deadline. It never fails by itself; on a closed socket its methods return ErrClosed.
// It allocates nothing.
func (s *Socket) SyscallConn() (syscall.RawConn, error) { return s.fd.RawConn(), nil }

// SetDeadline is SetReadDeadline and SetWriteDeadline.
func (s *Socket) SetDeadline(t time.Time) error {
	err := s.fd.SetDeadline(fd.Read, t)
	if err == nil {
		err = s.fd.SetDeadline(fd.Write, t)
	}
	return s.fail("set deadline", err)
}

// SetReadDeadline sets the time at which receives and Accept fail with ErrTimeout, those that wait
// now included. The zero time is none. A time in the past fails calls before they try, except those
// that do not wait anyway (MSG_DONTWAIT, TryAccept).
func (s *Socket) SetReadDeadline(t time.Time) error {
	return s.fail("set read deadline", s.fd.SetDeadline(fd.Read, t))
}

// SetWriteDeadline is SetReadDeadline for sends and Connect.
func (s *Socket) SetWriteDeadline(t time.Time) error {
	return s.fail("set write deadline", s.fd.SetDeadline(fd.Write, t))
}

var background = context.Background()
