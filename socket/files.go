package socket

import (
	"context"
	"os"
	"slices"
	"syscall"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/internal/sys"
	"example.com/bsdsocket/socket/cmsg"
)

// SendFiles sends all of b with the open descriptors of files over an AF_UNIX socket (SCM_RIGHTS,
// unix(7)): [*os.File], *Socket, [*net.TCPConn] and so on. The descriptors go with the first byte,
// and no other call's data comes between what one SendFiles sends. With an error it returns how
// much of b was sent before; if that is not 0, the files were sent.
//
// The files stay the caller's. A Close of one of them waits until SendFiles returns. On a stream, b
// must not be empty (EINVAL): descriptors travel with data there. Linux takes at most 253
// descriptors (EINVAL), and of one user as many at a time on their way as a process may open
// (ETOOMANYREFS, unix(7)). Sockets of other families are EOPNOTSUPP. A file that is closed is
// [os.ErrClosed].
//
// The receiver shares the open file: its position, its flock(2) locks, and its non-blocking mode.
// For sockets, [Socket.File] says what happens to calls here when the receiver changes that mode.
func (s *Socket) SendFiles(ctx context.Context, b []byte,
	files ...syscall.Conn) (n int, err error) {
	const op = "send files"
	switch {
	case s.FD() < 0:
		return 0, s.fail(op, ErrClosed)
	case s.Family() != constants.AF_UNIX:
		return 0, s.fail(op, syscall.EOPNOTSUPP)
	case len(b) == 0 && !s.message():
		return 0, s.fail(op, invalid("files need a byte of data on a stream"))
	}
	m := Message{Buffers: [][]byte{b}}
	// The files are borrowed, not duplicated: closing a duplicate would drop the locks that this
	// process has on the file (fcntl(2)), flush it, and take a free descriptor to begin with.
	err = borrow(files, nil, func(fds []int) error {
		if len(fds) > 0 {
			if m.Control, err = cmsg.SCMRights.Append(nil, fds); err != nil {
				return err
			}
		}
		for _, f := range files {
			if s, ok := f.(*Socket); ok {
				s.mark(isShared)
			}
		}
		err := s.sendOne(ctx, &m, 0)
		if n = m.N; err == syscall.EINVAL && len(fds) > mostFiles {
			err = invalid("more than 253 files at once")
		}
		return err
	})
	return n, s.fail(op, err)
}

// mostFiles is how many descriptors Linux passes at once (SCM_MAX_FD, include/net/scm.h).
const mostFiles = 253

// borrow calls fn with the descriptors of files, after those that it has, none of which can be
// closed meanwhile.
func borrow(files []syscall.Conn, fds []int, fn func(fds []int) error) error {
	if len(files) == 0 {
		return fn(fds)
	}
	if files[0] == nil {
		return invalid("a file is nil")
	}
	raw, err := files[0].SyscallConn()
	if err != nil {
		return err
	}
	inside := false
	if e := raw.Control(func(sysfd uintptr) {
		inside = true
		err = borrow(files[1:], append(fds, int(sysfd)), fn)
	}); e != nil && !inside {
		return os.ErrClosed
	}
	return err
}

// ReceiveFiles receives into b, and at most max descriptors that come with it, over an AF_UNIX
// socket. The files are close-on-exec, and the caller's to close. As with Receive, n is 0 at the
// end of a stream.
//
// If more than max descriptors came, all are closed, and the error is ErrControlTruncated, with n
// still valid. If the process, or the system, had no free descriptors for them, or a security
// module refused one, the error is EMFILE as well. With max 0 there is no room for control data,
// and any that came is ErrControlTruncated, credentials too. A receiver that expects no files
// should call Receive, for which the kernel drops them, or refuse them with sockopt's SOPassRights
// before the peer can send (Linux 6.16).
//
// A received file can be a trap. The kernel asks the daemon of a FUSE file system about each
// operation on its files, and the daemon may never answer. So only sockets, pipes and character
// devices are given to the runtime's poller; any other file is used in blocking mode, without
// deadlines. Reading, writing, [os.File.Stat] and [os.File.Close] can take as long as the sender
// wants; so can the Close of a socket with SO_LINGER. ReceiveFiles waits for the close of
// descriptors no longer than it could have waited for the message. While more than 256 of a
// socket's are not closed, it takes no others: what comes then is ErrControlTruncated.
func (s *Socket) ReceiveFiles(ctx context.Context, b []byte,
	max int) (n int, files []*os.File, err error) {
	const op = "receive files"
	if max < 0 {
		return 0, nil, s.fail(op, invalid("a negative number of files"))
	}
	m := Message{Buffers: [][]byte{b}}
	if max > 0 {
		m.Control = make([]byte, cmsg.Space(4*min(max, maxFiles))+otherControl)
	}
	given := len(s.controlRoom(m.Control, 0)) == len(m.Control)
	fds, err := s.receiveMessage(ctx, &m, 0)
	defer func() { s.discard(ctx, fds, 0) }()
	switch {
	case err == ErrControlTruncated:
		if room := (len(m.Control) - m.NControl - cmsg.Space(0)) / 4; given && len(fds) < room {
			err = errNoDescriptors{}
		}
		return m.N, nil, s.fail(op, err)
	case err != nil:
		return m.N, nil, s.fail(op, err)
	case max == 0 && m.Flags&controlTruncated != 0:
		return m.N, nil, s.fail(op, ErrControlTruncated)
	}
	var came []int
	for c := range cmsg.Messages(m.Control[:m.NControl]) {
		came = slices.AppendSeq(came, c.Descriptors())
		if fd, ok := cmsg.SCMPIDFD.Get(c); ok && fd >= 0 {
			fds = append(fds, fd)
		}
	}
	if len(came) > max {
		fds = append(fds, came...)
		return m.N, nil, s.fail(op, ErrControlTruncated)
	}
	files, closes, err := takeFiles(came)
	fds = append(fds, closes...)
	return m.N, files, s.fail(op, err)
}

// takeFiles makes files of descriptors that came, and returns also those that must be closed.
// [os.NewFile] gives the poller what is in non-blocking mode. So the file of what is not the
// kernel's alone is made of a placeholder, whose place the descriptor takes.
func takeFiles(fds []int) (files []*os.File, closes []int, err error) {
	const name = "received"
	if len(fds) == 0 {
		return nil, nil, nil
	}
	files = make([]*os.File, len(fds))
	for i, fd := range fds {
		if sys.KernelAlone(fd) || !sys.Nonblocking(fd) {
			continue
		}
		place, e := sys.Placeholder()
		if e == nil {
			files[i] = os.NewFile(uintptr(place), name)
			e = sys.Replace(fd, place)
		}
		if e != nil {
			for _, f := range files[:i+1] {
				f.Close() // of nil, nothing
			}
			return nil, fds, e
		}
		closes = append(closes, fd)
	}
	for i, fd := range fds {
		if files[i] == nil {
			files[i] = os.NewFile(uintptr(fd), name)
		}
	}
	return files, closes, nil
}

const (
	maxFiles     = 1024 // more than any system passes at once
	otherControl = 512  // for what options can put before the descriptors: credentials, a label
)

// errNoDescriptors is a message whose descriptors had room, and did not come all the same:
// scm_detach_fds, net/core/scm.c, does not say why.
type errNoDescriptors struct{}

func (errNoDescriptors) Error() string   { return "no free descriptors for the files that came" }
func (errNoDescriptors) Unwrap() []error { return []error{ErrControlTruncated, syscall.EMFILE} }

// PeerCredentials returns who was at the other end of an AF_UNIX connection when it was made. The
// client sees the credentials of the listener; both ends of a [Pair] see those of its creator. It
// wraps SO_PEERCRED of Linux and OpenBSD (unix(7)), LOCAL_PEEREID of NetBSD, and LOCAL_PEERCRED of
// FreeBSD, DragonFly and macOS, which report no process except on FreeBSD 13: PID is -1 then.
//
// Without a peer, and on a listening socket, it is ENOTCONN. User and group are the effective ones
// at that time, where those of [cmsg.SCMCredentials], which come with each message, are the real
// ones. A user that the caller's user namespace does not know is 65534 (overflowuid), and a process
// that its PID namespace does not know is 0. A process may have ended by now, and its number be
// another's: an option of package sockopt gives a descriptor of it (SO_PEERPIDFD), which never
// comes to mean another one.
func (s *Socket) PeerCredentials() (c cmsg.Credentials, err error) {
	err = s.fd.Control(func(sysfd int) error {
		i := slices.IndexFunc(peerOptions[:],
			func(o peerOption) bool { return o.level >= 0 && o.name >= 0 })
		if i < 0 {
			return sys.ErrUndefined
		}
		o := &peerOptions[i]
		if listens(sysfd) {
			return syscall.ENOTCONN // Linux tells of the listener itself
		}
		var b [128]byte
		n, err := sys.Getsockopt(sysfd, int(o.level), int(o.name), b[:])
		if err != nil {
			return err
		}
		var ok bool
		if c, ok = o.get(b[:min(n, len(b))]); !ok {
			return sys.SizeError{Got: n, Want: sys.PeerCred.Size}
		}
		if c.PID == 0 && c.UID == 1<<32-1 && c.GID == 1<<32-1 { // what Linux says of nobody
			c = cmsg.Credentials{}
			return syscall.ENOTCONN
		}
		return nil
	})
	return c, s.fail("peer credentials", err)
}
