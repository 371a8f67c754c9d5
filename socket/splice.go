package socket

import (
	"context"
	"io"
	"net"
	"os"
	"reflect"
	"syscall"

	"example.com/bsdsocket/internal/fd"
	"example.com/bsdsocket/internal/sys"
)

// spliceCall is splice(2), which tests replace by one that refuses.
var spliceCall = sys.Splice

// An end is a file that splice(2) can move bytes from or to by way of a pipe: a Socket, or a file or connection of another package,
// which waits by its own deadlines.
type end struct {
	s   *Socket
	raw syscall.RawConn
}

// splice moves bytes between a socket and a pipe.
type splice struct {
	fd.Op
	pipe int
	left int // how many at most, or with out, how many exactly
	n    int
	out  bool // from the pipe to the socket
	own  bool // it is a socket of this package
}

var splices pool[splice, *splice]

func (o *splice) Do(sysfd int) error {
	if o.own {
		if err := sys.KeepNonblock(sysfd); err != nil {
			return err
		}
	}
	if !o.out {
		n, err := spliceCall(sysfd, o.pipe, o.left)
		o.n = n
		return err
	}
	for o.left > 0 {
		n, err := spliceCall(o.pipe, sysfd, o.left)
		if err != nil {
			return err
		}
		if n == 0 {
			return io.ErrShortWrite // never seen: but without an error it would be tried for ever
		}
		o.left -= n
		o.n += n
		o.Progress()
	}
	return nil
}

// from moves what there is, at most limit bytes, into the pipe; 0 is the end. to moves n bytes out of it.
func (e end) from(ctx context.Context, pipe, limit int) (int, error) {
	return e.move(ctx, pipe, limit, false)
}
func (e end) to(ctx context.Context, pipe, n int) (int, error) { return e.move(ctx, pipe, n, true) }

func (e end) move(ctx context.Context, pipe, n int, out bool) (int, error) {
	o := splices.get()
	defer splices.put(o)
	o.pipe, o.left, o.n, o.out, o.own = pipe, n, 0, out, e.s != nil
	if e.s == nil {
		// The other package's poller waits, and calls again.
		wait := e.raw.Read
		if out {
			wait = e.raw.Write
		}
		var err error
		if waitErr := wait(func(sysfd uintptr) bool {
			for err = o.Do(int(sysfd)); err == syscall.EINTR; {
				err = o.Do(int(sysfd))
			}
			return err != syscall.EAGAIN
		}); waitErr != nil {
			err = waitErr
		}
		return o.n, err
	}
	dir, timeout := fd.Read, e.s.parameters().ReceiveTimeout
	if out {
		dir, timeout = fd.Write, e.s.parameters().SendTimeout
	}
	err := o.Run(ctx, &e.s.fd, dir, timeout)
	return o.n, err
}

// A file is what an [*os.File] has in common with the type in which its WriteTo, and so io.Copy, passes it on: that one belongs
// to package os alone, and has all methods but WriteTo.
type file interface {
	io.ReaderAt
	io.Seeker
	syscall.Conn
	Stat() (os.FileInfo, error)
}

// fileOf returns the file that a reader or writer is. A type of another package that embeds one may read something else.
func fileOf(rw any) (file, bool) {
	f, ok := rw.(file)
	if !ok {
		return nil, false
	}
	t := reflect.TypeOf(rw)
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return f, t.PkgPath() == "os"
}

// endOf returns the end that a reader or writer is, and whether it is one: a stream socket, a pipe, and to write to also a regular
// file. Of other types only those of the standard library are taken: one that embeds a *net.TCPConn may read something else.
func endOf(rw any, write bool) (e end, ok bool) {
	var c syscall.Conn
	switch rw := rw.(type) {
	case *Socket:
		return end{s: rw}, !rw.message()
	case *net.TCPConn:
		c = rw
	case *net.UnixConn:
		if a := rw.LocalAddr(); a == nil || a.Network() != "unix" {
			return end{}, false
		}
		c = rw
	default:
		f, ok := fileOf(rw)
		if !ok {
			return end{}, false
		}
		info, err := f.Stat()
		if err != nil || info.Mode()&os.ModeNamedPipe == 0 && !(write && info.Mode().IsRegular()) {
			return end{}, false
		}
		c = f
	}
	raw, err := c.SyscallConn()
	return end{raw: raw}, err == nil
}

// copyTells reports whether a copy goes on after an error, or meets it again. A socket's error comes once, and a copy would take
// what follows for the end of the stream (ECONNRESET). But the other package words its own errors better, of a wait that has
// ended, and EPIPE, which stays, ends the program if package os meets it at the standard output.
func (e end) copyTells(err error) bool {
	if cannot(err) {
		return true
	}
	_, once := err.(syscall.Errno)
	return e.s == nil && (!once || err == syscall.EPIPE)
}

func (e end) fail(op string, err error) error {
	if e.s == nil {
		return os.NewSyscallError("splice", err)
	}
	return e.s.fail(op, err)
}

// through moves at most limit bytes, negative for all, from one end to the other. It reports true when it is done, and false if
// the rest must be copied. w is what to is the end of.
func through(ctx context.Context, from, to end, w io.Writer, limit int64) (n int64, done bool, err error) {
	r, p, err := sys.Pipe()
	if err != nil {
		return 0, false, nil
	}
	defer sys.Close(r)
	defer sys.Close(p)
	for limit != 0 {
		most := sys.PipeSize
		if limit > 0 {
			most = int(min(limit, int64(most)))
		}
		got, err := from.from(ctx, p, most)
		switch {
		case err != nil && !from.copyTells(err):
			return n, true, from.fail("read", err)
		case err != nil:
			return n, false, nil
		case got == 0:
			return n, true, nil
		}
		put, err := to.to(ctx, r, got)
		n += int64(put)
		if limit > 0 {
			limit -= int64(put)
		}
		if err == nil {
			continue
		}
		if !to.copyTells(err) {
			return n, true, to.fail("write", err)
		}
		// What is in the pipe already goes the other way.
		more, err := io.Copy(w, io.LimitReader(pipeReader(r), int64(got-put)))
		return n + more, err != nil, err
	}
	return n, true, nil
}

// pipeReader reads what is in a pipe.
type pipeReader int

func (r pipeReader) Read(b []byte) (int, error) { return sys.Read(int(r), b) }

// readFrom is ReadFrom without copying: it reports whether it is done, and how much it has sent in any case.
func (s *Socket) readFrom(ctx context.Context, r io.Reader, limit int64) (n int64, done bool, err error) {
	if f, ok := fileOf(r); ok {
		if info, err := f.Stat(); err == nil && info.Mode().IsRegular() {
			at, err := f.Seek(0, io.SeekCurrent)
			if err != nil {
				return 0, false, nil
			}
			n, err = s.sendFile(ctx, f, at, limit)
			if _, seekErr := f.Seek(at+n, io.SeekStart); err == nil && seekErr != nil {
				err = seekErr
			}
			return n, true, err
		}
	}
	from, ok := endOf(r, false)
	if !ok {
		return 0, false, nil
	}
	return through(ctx, from, end{s: s}, bound{ctx, s}, limit)
}
