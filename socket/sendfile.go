package socket

import (
	"context"
	"errors"
	"io"
	"os"
	"syscall"

	"example.com/bsdsocket/internal/fd"
	"example.com/bsdsocket/internal/sys"
)

// sendfileCall is sendfile(2), which tests replace by one that refuses.
var sendfileCall = sys.Sendfile

// sendfile is sendfile(2), until all is sent or the file ends.
type sendfile struct {
	fd.Op
	s      *Socket
	file   int
	offset int64
	left   int64 // negative: to the end
	n      int64
	calls  int
	ended  bool
}

// The most that one call of sendfile(2) moves (its man page, NOTES).
const sendfileMax = 0x7ffff000

func (o *sendfile) Do(sysfd int) error {
	if err := o.s.owed(0); err != nil {
		return err
	}
	for o.left != 0 {
		count := int64(sendfileMax)
		if o.left > 0 {
			count = min(count, o.left)
		}
		n, err := sendfileCall(sysfd, o.file, o.offset, int(count))
		if err != nil {
			o.s.met(sysfd, err)
			return err
		}
		o.calls++
		if n == 0 {
			o.ended = true
			return nil
		}
		o.offset += int64(n)
		o.n += int64(n)
		if o.left > 0 {
			o.left -= int64(n)
		}
		o.Progress()
	}
	return nil
}

// SendFile wraps sendfile(2): it sends count bytes of a file from the offset on, without copying
// them through the process. A negative count means to the end of the file. It returns how many were
// sent: less than count comes with an error, unless the file ended. The file's own position is
// neither used nor changed. [Params].SendTimeout limits each wait. (It sends a file's contents;
// [Socket.SendFiles] passes descriptors.)
//
// Where the kernel cannot or must not (systems other than Linux, some files, a policy), the bytes
// are copied. On message sockets each chunk of [Params].SendSize bytes, or of 64 KiB if that is
// less or SendSize is 0, is a message. A file without offsets, like a pipe, is ESPIPE: see
// [Socket.ReadFrom].
//
// A peer that is gone is EPIPE. The kernel raises SIGPIPE too, as sendfile(2) and splice(2) have no
// MSG_NOSIGNAL; Go's runtime ignores it for descriptors other than 1 and 2. In a library of a C
// program (-buildmode=c-shared) the program must ignore it.
func (s *Socket) SendFile(ctx context.Context, f *os.File, offset,
	count int64) (n int64, err error) {
	n, err = s.sendFile(ctx, f, offset, count)
	return n, s.fail("send file", err)
}

func (s *Socket) sendFile(ctx context.Context, f file, offset, count int64) (n int64, err error) {
	if s.FD() < 0 {
		return 0, ErrClosed
	}
	if offset < 0 {
		return 0, invalid("a negative offset")
	}
	raw, err := f.SyscallConn()
	if err != nil {
		return 0, err
	}
	if !s.message() {
		o := &sendfile{s: s, offset: offset, left: count}
		o.Bind(o)
		// The file cannot be closed while its number is in use.
		if raw.Control(func(file uintptr) {
			o.file = int(file)
			err = o.Run(ctx, &s.fd, fd.Write, s.parameters().SendTimeout)
		}) != nil {
			err = os.ErrClosed
		}
		if n = o.n; err == nil || !cannot(err) {
			if err == nil && o.calls > 1 {
				s.push()
			}
			return n, err
		}
		offset, count = o.offset, o.left
	}
	more, err := s.copyFile(ctx, f, offset, count)
	return n + more, err
}

// cannot reports whether the kernel has no such transfer between these two files, or must not be
// asked for it: the man pages of sendfile(2) and splice(2) have EINVAL, systems of files may have
// others.
func cannot(err error) bool {
	code, ok := err.(syscall.Errno)
	return ok && (sys.Refused(code) || code == syscall.EOPNOTSUPP || code == syscall.EOVERFLOW)
}

// copyFile is SendFile by reading and sending.
func (s *Socket) copyFile(ctx context.Context, f io.ReaderAt, offset,
	count int64) (n int64, err error) {
	size := int64(copySize)
	if s.message() {
		size = messageSize
		if chunk := int64(s.parameters().SendSize); chunk > 0 {
			size = min(size, chunk)
		}
	}
	buf := buffers.get()
	defer buffers.put(buf)
	b := (*buf)[:size]
	pieces := 0
	o := sends.get()
	for count != 0 && err == nil {
		part := b
		if count > 0 {
			part = b[:min(size, count)]
		}
		got, readErr := f.ReadAt(part, offset+n)
		if got > 0 {
			o.set(s, part[:got], 0)
			o.all = true
			err = o.Run(ctx, &s.fd, fd.Write, s.parameters().SendTimeout)
			n += int64(o.n)
			if count > 0 {
				count -= int64(o.n)
			}
			pieces++
		}
		if err == nil && readErr != nil {
			err = readErr
		}
	}
	o.s, o.b = nil, nil
	sends.put(o)
	if err == io.EOF {
		err = nil
	}
	if err == nil && pieces > 1 {
		s.push()
	}
	if path, ok := errors.AsType[*os.PathError](err); ok {
		err = path.Err
	}
	return n, err
}
