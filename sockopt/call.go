package sockopt

import (
	"io"
	"net"
	"sync"
	"syscall"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/internal/fd"
	"example.com/bsdsocket/internal/sys"
	"example.com/bsdsocket/socket"
)

// FD is a bare descriptor as a syscall.Conn:
//
//	sockopt.TCPNoDelay.Set(sockopt.FD(fd), true)
//
// It takes no ownership and keeps no reference: the caller sees to it that the descriptor stays
// open, and that it is still the same socket, for the length of the call. On Windows it is the
// SOCKET handle. Read and Write of its RawConn run the function once and cannot wait.
type FD int

// SyscallConn returns the descriptor itself. It never fails.
func (fd FD) SyscallConn() (syscall.RawConn, error) { return fd, nil }

// Control calls f with the descriptor.
func (fd FD) Control(f func(fd uintptr)) error {
	f(uintptr(fd))
	return nil
}

// Read calls f once. If f is not done, there is nothing to wait with: the error is
// [socket.ErrUnsupported] itself.
func (fd FD) Read(f func(fd uintptr) (done bool)) error { return fd.once(f) }

// Write is like Read.
func (fd FD) Write(f func(fd uintptr) (done bool)) error { return fd.once(f) }

func (fd FD) once(f func(uintptr) bool) error {
	if f(uintptr(fd)) {
		return nil
	}
	return socket.ErrUnsupported
}

// ConnOf finds the socket in a value that is, or wraps, a connection or a listener: anything with a
// SyscallConn method, or with a NetConn method that leads to one, as *tls.Conn has. It is for
// values known as net.Conn or net.Listener only, such as the connection that an http.Server hands
// to its ConnState hook. If there is none the error is [socket.ErrUnsupported].
func ConnOf(v any) (syscall.Conn, error) {
	for range 16 { // a wrapper could wrap itself
		switch c := v.(type) {
		case syscall.Conn:
			return c, nil
		case interface{ NetConn() net.Conn }:
			v = c.NetConn()
		default:
			return nil, &Error{Op: "conn of", Level: constants.Undefined, Name: constants.Undefined,
				Err: errUndefined}
		}
	}
	return nil, &Error{Op: "conn of", Level: constants.Undefined, Name: constants.Undefined,
		Err: errUndefined}
}

// A call is one use of an option on one socket. Calls are pooled with the functions that
// RawConn.Control runs bound once, so that an option that is an integer is read and set without
// allocating.
type call struct {
	sys.IntOption // the level, the name, and an integer's value

	get, set func(fd uintptr) // of the IntOption

	run  func(fd uintptr) // all else: what
	what func(c *call, fd int)

	// The connection's, and what is beneath it; of a descriptor, none and &fd.
	outer, rc syscall.RawConn

	fd  bare
	buf []byte // the bytes to set, or room for the bytes read
	n   int    // how many bytes the kernel answered with
	err error

	array [136 + slack]byte // buf for most options
}

var calls = sync.Pool{New: func() any {
	c := new(call)
	c.get, c.set = c.Bind()
	c.run = func(fd uintptr) { c.what(c, int(fd)) }
	return c
}}

// bare is the descriptor of an [FD] inside a call, which is a RawConn without an allocation.
type bare int

func (fd *bare) Control(f func(fd uintptr)) error {
	f(uintptr(*fd))
	return nil
}

func (fd *bare) Read(f func(fd uintptr) (done bool)) error  { return FD(*fd).Read(f) }
func (fd *bare) Write(f func(fd uintptr) (done bool)) error { return FD(*fd).Write(f) }

// open aims the call at a socket.
func (c *call) open(s syscall.Conn) (err error) {
	switch s := s.(type) {
	case nil:
		return errNoSocket
	case FD:
		c.fd = bare(s)
		c.rc = &c.fd
	default:
		c.outer, err = s.SyscallConn()
		if err == nil {
			c.rc = fd.Inner(c.outer)
		}
	}
	return err
}

// release gives c back. It keeps nothing alive.
func (c *call) release() {
	c.outer, c.rc, c.buf = nil, nil, nil
	calls.Put(c)
}

// integer runs get or set of the IntOption with the descriptor held.
func (c *call) integer(run func(fd uintptr)) error {
	if err := c.rc.Control(run); err != nil {
		return err
	}
	return c.Result()
}

// closed is the connection's own error, in place of what is beneath it said. An errno is the system
// call's: it ran, so the connection was open.
func (c *call) closed(err error) error {
	if _, ran := err.(syscall.Errno); !ran && c.outer != nil {
		if e := c.outer.Control(func(uintptr) {}); e != nil {
			return e
		}
	}
	return err
}

// exec runs what with the descriptor held.
func (c *call) exec(what func(c *call, fd int)) error {
	c.what = what
	if err := c.rc.Control(c.run); err != nil {
		return err
	}
	return c.err
}

func getBytes(c *call, fd int)  { c.n, c.err = sys.Getsockopt(fd, c.Level, c.Name, c.buf) }
func setBytes(c *call, fd int)  { c.err = sys.Setsockopt(fd, c.Level, c.Name, c.buf) }
func setLen(c *call, fd int)    { c.err = sys.SetsockoptLen(fd, c.Level, c.Name, c.Value) }
func getFilter(c *call, fd int) { c.n, c.err = sys.GetsockoptFilter(fd, c.Level, c.Name, c.buf) }
func setFilter(c *call, fd int) { c.err = sys.SetsockoptFilter(fd, c.Level, c.Name, c.buf) }

// slack is what all room has behind it: some options write four bytes, or eight, also where the
// length says fewer (net/bluetooth/rfcomm/sock.c, net/atm/common.c).
const slack = 16

// room is a zeroed buffer of n bytes, the call's own if it is large enough. The bytes are valid
// until the call is released.
func (c *call) room(n int) []byte {
	if n > len(c.array)-slack {
		return make([]byte, n, n+slack)
	}
	b := c.array[:n]
	clear(b)
	return b
}

// getInto reads into b, which is room of the call's own and holds the argument of an option that
// has one, and returns the bytes that the kernel answered with. An answer longer than b was cut
// off: that is an error.
func (c *call) getInto(b []byte) ([]byte, error) {
	c.buf = b
	if err := c.exec(getBytes); err != nil {
		return nil, err
	}
	if c.n < 0 || c.n > len(b) {
		return nil, sys.SizeError{Got: c.n, Want: len(b)}
	}
	return b[:c.n], nil
}

// getWhole reads into b what fits there, by way of room of the call's own. Most kernels cut a
// longer value off without saying so: so they are asked for a little more than that, unless they
// insist on a length.
func (c *call) getWhole(b []byte) ([]byte, error) {
	room := make([]byte, len(b)+16, len(b)+16+slack)
	copy(room, b)
	got, err := c.getInto(room)
	if err != nil {
		room = room[:len(b)]
		copy(room, b)
		got, err = c.getInto(room)
	}
	if err != nil {
		return nil, err
	}
	if len(got) > len(b) {
		return nil, io.ErrShortBuffer
	}
	return b[:copy(b, got)], nil
}

// getExactly reads an option that has n bytes, neither more nor fewer.
func (c *call) getExactly(n int) ([]byte, error) {
	b, err := c.getInto(c.room(n))
	if err == nil && len(b) != n {
		return nil, sys.SizeError{Got: len(b), Want: n}
	}
	return b, err
}

// getStrictly is getExactly for a length that the kernel may not share: a longer value is an error
// too.
func (c *call) getStrictly(n int) ([]byte, error) {
	b, err := c.getWhole(make([]byte, n))
	if err == nil && len(b) != n {
		return nil, sys.SizeError{Got: len(b), Want: n}
	}
	return b, err
}

// setBytes sets the option to b.
func (c *call) setBytes(b []byte) error {
	c.buf = b
	return c.exec(setBytes)
}

// wrongSocket returns the sockets that have the option, if err is how kernels refuse one on others,
// and the socket's own answers say that it is none of them.
func (c *call) wrongSocket(i *Info, err error) *kind {
	errno, ok := err.(syscall.Errno)
	absent := ok && sys.Unsupported(errno)
	if i.level == nil || !absent && !(sys.Invalid(errno) && i.on != nil) {
		return nil
	}
	s := c.sockets()
	switch {
	case i.on != nil && !i.on.has(s):
		return i.on
	case absent && s.protocol == int(constants.IPPROTO_MPTCP) && i.level != solMPTCP && !i.fickle &&
		!older(i.Needs):
		return plainSockets
	}
	return nil
}

// family is the socket's, -1 where the platform does not tell.
func (c *call) family() int {
	level, name := c.Level, c.Name
	defer func() { c.Level, c.Name = level, name }()
	c.Level, c.Name = int(constants.SOL_SOCKET), int(constants.SO_DOMAIN)
	if constants.SO_DOMAIN == constants.Undefined || c.integer(c.get) != nil {
		return -1
	}
	return c.Value
}

// sockets asks the socket what it is.
func (c *call) sockets() sockets {
	s := sockets{family: -1, typ: -1, protocol: -1}
	for _, q := range [...]struct {
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
		c.Level, c.Name = int(constants.SOL_SOCKET), int(q.name)
		if c.integer(c.get) == nil {
			*q.answer = c.Value
		}
	}
	return s
}
