package socket

import (
	"context"
	"io"
	"net"
	"os"
	"reflect"
	"runtime"
	"sync"
	"syscall"

	"example.com/bsdsocket/internal/fd"
	"example.com/bsdsocket/internal/sys"
)

// spliceCall is splice(2), which tests replace by one that refuses, and pipeCall pipe2(2).
var (
	spliceCall = sys.Splice
	pipeCall   = sys.Pipe
)

// An end is a file that splice(2) can move bytes from or to by way of a pipe: a Socket, or a file
// or connection of another package, which waits by its own deadlines.
type end struct {
	s      *Socket
	raw    syscall.RawConn
	socket bool // or a connection of package net, which never blocks; a file may be meant to
}

// splice moves bytes between a socket or file and a pipe.
type splice struct {
	fd.Op
	s     *Socket // nil: another package's
	keep  bool    // O_NONBLOCK
	pipe  int
	left  int // how many at most, or with out, how many exactly
	n     int
	out   bool // from the pipe to the socket
	tries int
}

var splices pool[splice, *splice]

func (o *splice) Do(sysfd int) error {
	o.tries++
	if o.s != nil {
		if err := o.s.owed(0); err != nil {
			return err
		}
	}
	for {
		if o.keep {
			if err := sys.KeepNonblock(sysfd); err != nil {
				return err
			}
		}
		n, err := o.once(sysfd)
		switch {
		case err == syscall.EAGAIN && !o.out && o.more(sysfd):
			return nil
		case err != nil:
			if o.s != nil {
				o.s.met(sysfd, err)
			}
			return err
		case !o.out:
			o.n = n
			return nil
		case n == 0:
			return io.ErrShortWrite // never seen: but without an error it would be tried for ever
		}
		o.left -= n
		o.n += n
		if o.left == 0 {
			return nil
		}
		o.Progress()
	}
}

func (o *splice) once(sysfd int) (int, error) {
	if o.out {
		return spliceCall(o.pipe, sysfd, o.left)
	}
	return spliceCall(sysfd, o.pipe, o.left)
}

// more reports whether there is something to read though splice(2) says EAGAIN: it stops at the
// urgent mark (tcp_splice_read, net/ipv4/tcp.c, Linux 6.18), and no event will come.
func (o *splice) more(sysfd int) bool {
	events, err := sys.Poll(sysfd, sys.PollIn)
	return err == nil && events&sys.PollIn != 0
}

// from moves what there is, at most limit bytes, into the pipe; 0 is the end, or an urgent mark. to
// moves n bytes out of it, and reports whether it had to wait.
func (e end) from(ctx context.Context, pipe, limit int) (int, error) {
	n, _, err := e.move(ctx, pipe, limit, false)
	return n, err
}

func (e end) to(ctx context.Context, pipe, n int) (moved int, waited bool, err error) {
	return e.move(ctx, pipe, n, true)
}

func (e end) move(ctx context.Context, pipe, n int, out bool) (moved int, waited bool, err error) {
	o := splices.get()
	defer splices.put(o)
	o.s, o.keep = e.s, e.socket
	o.pipe, o.left, o.n, o.out, o.tries = pipe, n, 0, out, 0
	if e.s == nil {
		// The other package's poller waits, and calls again.
		wait := e.raw.Read
		if out {
			wait = e.raw.Write
		}
		if waitErr := wait(func(sysfd uintptr) bool {
			err = fd.Repeat(o, int(sysfd))
			return err != syscall.EAGAIN
		}); waitErr != nil {
			err = waitErr
		}
		return o.n, o.tries > 1, err
	}
	dir, timeout := fd.Read, e.s.parameters().ReceiveTimeout
	if out {
		dir, timeout = fd.Write, e.s.parameters().SendTimeout
	}
	err = o.Run(ctx, &e.s.fd, dir, timeout)
	o.s = nil
	return o.n, o.tries > 1, err
}

// A file is what an [*os.File] has in common with the type in which its WriteTo, and so io.Copy,
// passes it on: that one belongs to package os alone, and has all methods but WriteTo.
type file interface {
	io.ReaderAt
	io.Seeker
	syscall.Conn
	Stat() (os.FileInfo, error)
}

// fileOf returns the file that a reader or writer is. A type of another package that embeds one may
// read something else.
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

// endOf returns the end that a reader or writer is, and whether it is one: a stream socket, a pipe,
// and to write to also a regular file. Of other types only those of the standard library are taken:
// one that embeds a *net.TCPConn may read something else.
func endOf(rw any, write bool) (e end, ok bool) {
	var c syscall.Conn
	socket := true
	switch rw := rw.(type) {
	case *Socket:
		return end{s: rw, socket: true}, !rw.message()
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
		c, socket = f, false
	}
	raw, err := c.SyscallConn()
	return end{raw: raw, socket: socket}, err == nil
}

// copyTells reports whether a copy goes on after an error, or meets it again. A socket's error
// comes once, and a copy would take what follows for the end of the stream (ECONNRESET). But the
// other package words its own errors better, of a wait that has ended, and EPIPE, which stays, ends
// the program if package os meets it at the standard output.
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

// How much a pipe takes at once: what was taken from the source and cannot be sent is lost. So it
// is little at first and while the destination makes the copy wait, and more each time it does not,
// up to where a copy is as fast as it gets.
const firstSplice = 64 << 10

// through moves at most limit bytes, negative for all, from one end to the other. It reports true
// when it is done, and false if the rest must be copied. r and w are what from and to are the ends
// of.
func through(ctx context.Context, from, to end, r io.Reader, w io.Writer,
	limit int64) (n int64, done bool, err error) {
	p := pipes.get()
	if p == nil {
		return 0, false, nil
	}
	empty, pieces := true, 0
	defer func() {
		p.put(empty)
		if err == nil && done && pieces > 1 && to.s != nil {
			to.s.push()
		}
	}()
	for most := firstSplice; limit != 0; {
		size := most
		if limit > 0 {
			size = int(min(limit, int64(size)))
		}
		got, err := from.from(ctx, p.w, size)
		switch {
		case err != nil && !from.copyTells(err):
			return n, true, from.fail("read", err)
		case err != nil:
			return n, false, nil
		case got == 0:
			// The end, or an urgent mark, which a read passes.
			put, err := step(w, r, limit)
			if n += put; limit > 0 {
				limit -= put
			}
			if err == io.EOF {
				err = nil
			} else if err == nil {
				continue
			}
			return n, true, err
		}
		empty = false
		pieces++
		put, waited, err := to.to(ctx, p.r, got)
		n += int64(put)
		if limit > 0 {
			limit -= int64(put)
		}
		switch {
		case err == nil:
			empty = true
			if most = min(2*most, sys.PipeSize); waited {
				most = firstSplice
			}
			continue
		case !to.copyTells(err):
			return n, true, to.fail("write", err)
		}
		// What is in the pipe already goes the other way.
		more, err := io.Copy(w, io.LimitReader(pipeReader(p.r), int64(got-put)))
		empty = err == nil && more == int64(got-put)
		return n + more, err != nil, err
	}
	return n, true, nil
}

// step moves what one Read returns, at most limit bytes if that is not negative. Nearly always that
// is the end, so the buffer is a small one.
func step(w io.Writer, r io.Reader, limit int64) (n int64, err error) {
	b := make([]byte, 512)
	if limit >= 0 {
		b = b[:min(limit, int64(len(b)))]
	}
	return pass(w, r, b)
}

// A pipe is empty between two copies, for which it is kept: to make one costs more than a short
// copy.
type pipe struct {
	r, w    int
	cleanup runtime.Cleanup
}

type pipePool struct{ p sync.Pool }

var pipes pipePool

// get returns nil if there can be no pipe.
func (pp *pipePool) get() *pipe {
	if p, ok := pp.p.Get().(*pipe); ok {
		return p
	}
	r, w, err := pipeCall()
	if err != nil {
		return nil
	}
	p := &pipe{r: r, w: w}
	// The pool forgets what is not used.
	p.cleanup = runtime.AddCleanup(p, func(fds [2]int) { sys.Close(fds[0]); sys.Close(fds[1]) },
		[2]int{r, w})
	return p
}

// put keeps the pipe if it is empty.
func (p *pipe) put(empty bool) {
	if empty {
		pipes.p.Put(p)
		return
	}
	p.cleanup.Stop()
	sys.Close(p.r)
	sys.Close(p.w)
	runtime.KeepAlive(p)
}

// pipeReader reads what is in a pipe.
type pipeReader int

func (r pipeReader) Read(b []byte) (int, error) { return sys.Read(int(r), b) }

// readFrom is ReadFrom without copying: it reports whether it is done, and how much it has sent in
// any case.
func (s *Socket) readFrom(ctx context.Context, r io.Reader,
	limit int64) (n int64, done bool, err error) {
	if f, ok := fileOf(r); ok {
		if info, err := f.Stat(); err == nil && info.Mode().IsRegular() {
			at, err := f.Seek(0, io.SeekCurrent)
			if err != nil {
				return 0, false, nil
			}
			n, err = s.sendFile(ctx, f, at, limit)
			err = s.fail("write", err)
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
	return through(ctx, from, end{s: s, socket: true}, reader(ctx, r), bound{ctx, s}, limit)
}
