package sockopt

import (
	"errors"
	"io"
	"net"
	"slices"
	"sync"
	"syscall"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/internal/sys"
)

// FD is a bare descriptor as a syscall.Conn:
//
//	sockopt.TCPNoDelay.Set(sockopt.FD(fd), true)
//
// It takes no ownership and keeps no reference: the caller sees to it that the
// descriptor stays open, and that it is still the same socket, for the length
// of the call. On Windows it is the SOCKET handle. Read and Write of its
// RawConn run the function once and cannot wait.
type FD int

// SyscallConn returns the descriptor itself. It never fails.
func (fd FD) SyscallConn() (syscall.RawConn, error) { return fd, nil }

// Control calls f with the descriptor.
func (fd FD) Control(f func(fd uintptr)) error {
	f(uintptr(fd))
	return nil
}

// Read calls f once. If f is not done, there is nothing to wait with: the error
// is [socket.ErrUnsupported].
func (fd FD) Read(f func(fd uintptr) (done bool)) error { return fd.once(f) }

// Write is like Read.
func (fd FD) Write(f func(fd uintptr) (done bool)) error { return fd.once(f) }

func (fd FD) once(f func(uintptr) bool) error {
	if f(uintptr(fd)) {
		return nil
	}
	return errors.ErrUnsupported
}

// ConnOf finds the socket in a value that is, or wraps, a connection or a
// listener: anything with a SyscallConn method, or with a NetConn method that
// leads to one, as *tls.Conn has. It is for values known as net.Conn or
// net.Listener only, such as the connection that an http.Server hands to its
// ConnState hook. If there is none the error is [socket.ErrUnsupported].
func ConnOf(v any) (syscall.Conn, error) {
	for range 16 { // a wrapper could wrap itself
		switch c := v.(type) {
		case syscall.Conn:
			return c, nil
		case interface{ NetConn() net.Conn }:
			v = c.NetConn()
		default:
			return nil, &Error{Op: "SyscallConn", Level: constants.Undefined, Name: constants.Undefined, Err: errUndefined}
		}
	}
	return nil, &Error{Op: "SyscallConn", Level: constants.Undefined, Name: constants.Undefined, Err: errUndefined}
}

// A call is one use of an option on one socket. Calls are pooled with the
// function that RawConn.Control runs bound once, so that an option that is an
// integer is read and set without allocating.
type call struct {
	level, name int
	do          func(c *call, fd int) // what run does with the descriptor
	run         func(fd uintptr)

	rc    syscall.RawConn // nil: fd is used as it is
	fd    int
	value int    // the integer read or to set, or a count
	buf   []byte // the bytes to set, or room for the bytes read
	n     int    // how many bytes the kernel answered with
	err   error

	array [136]byte // buf for most options; a group_source_req has 264
}

var calls = sync.Pool{New: func() any {
	c := new(call)
	c.run = func(fd uintptr) { c.do(c, int(fd)) }
	return c
}}

var errNoSocket = errors.New("no socket")

func newCall(s syscall.Conn, level, name int) (*call, error) {
	c := calls.Get().(*call)
	switch s := s.(type) {
	case nil:
		c.release()
		return nil, errNoSocket
	case FD:
		c.fd = int(s)
	default:
		rc, err := s.SyscallConn()
		if err != nil {
			c.release()
			return nil, err
		}
		c.rc = rc
	}
	c.level, c.name = level, name
	return c, nil
}

// release gives c back. It keeps nothing alive and no key behind.
func (c *call) release() {
	c.rc, c.do, c.buf, c.err = nil, nil, nil, nil
	calls.Put(c)
}

// exec runs do with the descriptor held.
func (c *call) exec(do func(*call, int)) error {
	c.do, c.err = do, nil
	if c.rc == nil {
		do(c, c.fd)
		return c.err
	}
	if err := c.rc.Control(c.run); err != nil {
		return err
	}
	return c.err
}

// getInt reads an option of one C int.
func (c *call) getInt() (int, error) {
	err := c.exec(doGetInt)
	return c.value, err
}

// setInt sets an option of one C int. A value that does not fit is ErrValue.
func (c *call) setInt(v int) error {
	if int(int32(v)) != v {
		return ErrValue
	}
	c.value = v
	return c.exec(doSetInt)
}

// room is a zeroed buffer of n bytes, the call's own if it is large enough.
// The bytes are valid until the call is released.
func (c *call) room(n int) []byte {
	if n > len(c.array) {
		return make([]byte, n)
	}
	b := c.array[:n]
	clear(b)
	return b
}

// getBytes reads an option of at most n bytes and returns those that the
// kernel answered with.
func (c *call) getBytes(n int) ([]byte, error) { return c.getInto(c.room(n)) }

// getInto reads into b, which also holds the argument of an option that has
// one. An answer longer than b was cut off: that is an error.
func (c *call) getInto(b []byte) ([]byte, error) {
	c.buf = b
	if err := c.exec(doGetBytes); err != nil {
		return nil, err
	}
	if c.n < 0 || c.n > len(b) {
		return nil, sys.SizeError{Got: c.n, Want: len(b)}
	}
	return b[:c.n], nil
}

// getWhole reads into b what fits there. Most kernels cut a longer value off
// without saying so: so they are asked for a little more than that, unless they
// insist on a length.
func (c *call) getWhole(b []byte) ([]byte, error) {
	room := make([]byte, len(b)+16)
	copy(room, b)
	got, err := c.getInto(room)
	if err != nil {
		return c.getInto(b)
	}
	if len(got) > len(b) {
		return nil, io.ErrShortBuffer
	}
	return b[:copy(b, got)], nil
}

// getExactly reads an option that has n bytes, neither more nor fewer.
func (c *call) getExactly(n int) ([]byte, error) {
	b, err := c.getBytes(n)
	if err == nil && len(b) != n {
		return nil, sys.SizeError{Got: len(b), Want: n}
	}
	return b, err
}

// setBytes sets the option to b.
func (c *call) setBytes(b []byte) error {
	c.buf = b
	return c.exec(doSetBytes)
}

func doGetInt(c *call, fd int)   { c.value, c.err = sys.GetsockoptInt(fd, c.level, c.name) }
func doSetInt(c *call, fd int)   { c.err = sys.SetsockoptInt(fd, c.level, c.name, c.value) }
func doGetBytes(c *call, fd int) { c.n, c.err = sys.Getsockopt(fd, c.level, c.name, c.buf) }
func doSetBytes(c *call, fd int) { c.err = sys.Setsockopt(fd, c.level, c.name, c.buf) }
func doSetLen(c *call, fd int)   { c.err = sys.SetsockoptLen(fd, c.level, c.name, c.value) }
func doSetFilter(c *call, fd int) {
	c.err = sys.SetsockoptFilter(fd, c.level, c.name, c.buf)
}
func doGetFilter(c *call, fd int) {
	c.n, c.err = sys.GetsockoptFilter(fd, c.level, c.name, c.buf)
}

// wrongSocket returns on if err is how kernels refuse an option on a socket of
// the wrong kind, and the socket's own answers say that it is none of on.
func (c *call) wrongSocket(on *kind, err error) *kind {
	errno, ok := err.(syscall.Errno)
	if on == nil || !ok || !slices.Contains(unsupported, errno) && errno != einval {
		return nil
	}
	s := sockets{family: -1, typ: -1, protocol: -1}
	for _, q := range []struct {
		name   constants.OptionName
		answer *int
	}{
		{constants.SO_DOMAIN, &s.family},
		{constants.SO_TYPE, &s.typ},
		{constants.SO_PROTOCOL, &s.protocol},
	} {
		if q.name == constants.Undefined {
			continue
		}
		c.level, c.name = int(constants.SOL_SOCKET), int(q.name)
		if v, err := c.getInt(); err == nil {
			*q.answer = v
		}
	}
	if on.has(s) {
		return nil
	}
	return on
}
