package socket

import (
	"context"
	"encoding/binary"
	"os"
	"syscall"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/internal/sys"
	"example.com/bsdsocket/socket/cmsg"
)

// SendFiles sends b with the open descriptors of files over an AF_UNIX socket (SCM_RIGHTS, unix(7)): [*os.File], *Socket,
// [*net.TCPConn] and so on. It returns how much of b was sent; the descriptors go with the first byte. They stay the caller's,
// who may close them once SendFiles has returned.
//
// On a stream, b must not be empty (EINVAL): descriptors travel with data there. Linux takes at most 253 descriptors (EINVAL).
// A file that is closed is [os.ErrClosed].
func (s *Socket) SendFiles(ctx context.Context, b []byte, files ...syscall.Conn) (n int, err error) {
	const op = "send files"
	if len(b) == 0 && !s.message() {
		return 0, s.fail(op, syscall.EINVAL)
	}
	m := Message{Buffers: [][]byte{b}}
	// Duplicates, so that nobody closes a descriptor, and another file takes its number, while it waits to be sent.
	fds := make([]int, 0, len(files))
	defer func() {
		for _, fd := range fds {
			sys.Close(fd)
		}
	}()
	for _, f := range files {
		fd, err := duplicate(f)
		if err != nil {
			return 0, s.fail(op, err)
		}
		fds = append(fds, fd)
		if s, ok := f.(*Socket); ok {
			s.shared.Store(true)
		}
	}
	if len(fds) > 0 {
		if m.Control, err = cmsg.SCMRights.Append(nil, fds); err != nil {
			return 0, s.fail(op, err)
		}
	}
	err = s.sendMessage(ctx, op, &m, 0)
	return m.N, err
}

// duplicate returns a new descriptor of c.
func duplicate(c syscall.Conn) (dup int, err error) {
	if c == nil {
		return -1, syscall.EINVAL
	}
	raw, err := c.SyscallConn()
	if err != nil {
		return -1, err
	}
	if raw.Control(func(sysfd uintptr) { dup, err = sys.Dup(int(sysfd)) }) != nil {
		return -1, os.ErrClosed
	}
	return dup, err
}

// ReceiveFiles receives into b, and at most max descriptors that come with it, over an AF_UNIX socket. The files are
// close-on-exec, and the caller's to close. As with Receive, n is 0 at the end of a stream.
//
// If more than max descriptors came, all are closed, and the error is ErrControlTruncated, with n still valid. A receiver that
// expects no files should call Receive, which lets the kernel drop them.
func (s *Socket) ReceiveFiles(ctx context.Context, b []byte, max int) (n int, files []*os.File, err error) {
	const op = "receive files"
	if max < 0 {
		return 0, nil, s.fail(op, syscall.EINVAL)
	}
	m := Message{Buffers: [][]byte{b}, Control: make([]byte, cmsg.Space(4*min(max, maxFiles))+otherControl)}
	if err = s.receiveMessage(ctx, op, &m, 0); err != nil {
		return m.N, nil, err
	}
	for c := range cmsg.All(m.Control[:m.NControl]) {
		for fd := range c.Descriptors() {
			files = append(files, os.NewFile(uintptr(fd), "received"))
		}
		if fd, ok := cmsg.SCMPidFD.Get(c); ok && fd >= 0 {
			sys.Close(fd)
		}
	}
	if len(files) > max {
		for _, f := range files {
			f.Close()
		}
		return m.N, nil, s.fail(op, ErrControlTruncated)
	}
	return m.N, files, nil
}

const (
	maxFiles     = 1024 // more than any system passes at once
	otherControl = 512  // for what comes before the descriptors if options ask for it: credentials, a security label
)

// PeerCredentials returns who was at the other end of an AF_UNIX connection when it was made: of the listener, for the one who
// connected, and of both ends, who called [Pair]. It wraps SO_PEERCRED of Linux and OpenBSD (unix(7)), LOCAL_PEEREID of NetBSD,
// and LOCAL_PEERCRED of FreeBSD, DragonFly and macOS, which tell no process: PID is -1 then.
//
// Without a peer it fails: ENOTCONN, or on Linux process 0 and user and group -1. To learn who sent each message, see
// [cmsg.SCMCredentials].
func (s *Socket) PeerCredentials() (c cmsg.Credentials, err error) {
	err = s.fd.Control(func(sysfd int) error {
		l := peerCredentials
		if l.level < 0 || l.name < 0 {
			return errUndefined
		}
		var b [128]byte
		n, err := sys.Getsockopt(sysfd, int(l.level), int(l.name), b[:])
		if err != nil {
			return err
		}
		if n < max(l.pid, l.uid, l.gid)+4 {
			return sys.SizeError{Got: n, Want: max(l.pid, l.uid, l.gid) + 4}
		}
		c = cmsg.Credentials{PID: -1, UID: binary.NativeEndian.Uint32(b[l.uid:]), GID: binary.NativeEndian.Uint32(b[l.gid:])}
		if l.pid >= 0 {
			c.PID = int(int32(binary.NativeEndian.Uint32(b[l.pid:])))
		}
		return nil
	})
	return c, s.fail("peer credentials", err)
}

// credentialLayout says where the numbers stand in an option.
type credentialLayout struct {
	level         constants.Level
	name          constants.OptionName
	pid, uid, gid int // -1: it has none
}
