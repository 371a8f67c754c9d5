// Package netlink asks the kernel questions over AF_NETLINK sockets, netlink(7): about routes
// (rtnetlink(7)), and about the sockets that there are (sock_diag(7)). It is what cmd/sockinfo
// needs, no more. Elsewhere than on Linux everything is [socket.ErrUnsupported].
package netlink

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"iter"
	"syscall"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/sockaddr"
	"example.com/bsdsocket/socket"
)

// A Conn asks one question after the other. Its methods must not be called by several goroutines at
// once.
type Conn struct {
	s        *socket.Socket
	port     uint32 // the kernel's name for the socket
	sequence uint32
	room     []byte
}

// ErrChanged means that what a dump was about changed meanwhile, so that its answer may be
// inconsistent: ask again.
var ErrChanged = errors.New("netlink: it changed while it was read")

// ErrMalformed means an answer that is none: a length that is not so.
var ErrMalformed = errors.New("netlink: a malformed answer")

// Open makes a socket for questions to one part of the kernel, such as NETLINK_ROUTE.
func Open(protocol constants.Protocol) (*Conn, error) {
	s, err := socket.New(constants.AF_NETLINK, constants.SOCK_RAW, protocol)
	if err != nil {
		return nil, err
	}
	kernel, err := sockaddr.Netlink(sockaddr.NetlinkAddr{})
	if err == nil {
		err = s.Bind(kernel) // 0 is any port
	}
	var name sockaddr.Addr
	if err == nil {
		name, err = s.Name()
	}
	if err != nil {
		s.Close()
		return nil, err
	}
	n, _ := name.AsNetlink()
	// the kernel answers with at most 32 KiB at once
	return &Conn{s: s, port: n.PortID, room: make([]byte, 64<<10)}, nil
}

// Close closes the socket.
func (c *Conn) Close() error { return c.s.Close() }

// A Message is an answer. Its data is valid until the next one.
type Message struct {
	Type  int
	Flags int
	Data  []byte
}

// From linux/netlink.h. Package constants has them too, but only where the platform does, and this
// compiles everywhere.
const (
	headerSize = 16 // struct nlmsghdr
	align      = 4

	noop    = 1
	failure = 2 // also the acknowledgement, with error 0
	done    = 3
	overrun = 4

	isRequest   = 0x1
	isMulti     = 0x2
	interrupted = 0x10

	// Dump asks for all there is.
	Dump = 0x300
)

func aligned(n int) int { return (n + align - 1) &^ (align - 1) }

// Request asks, and calls fn with each message of the answer, until there is no more, or fn returns
// an error. An error of the kernel's is a [syscall.Errno].
func (c *Conn) Request(ctx context.Context, typ, flags int, body []byte,
	fn func(Message) error) error {
	c.sequence++
	b := make([]byte, headerSize, headerSize+len(body))
	binary.NativeEndian.PutUint32(b[0:], uint32(headerSize+len(body)))
	binary.NativeEndian.PutUint16(b[4:], uint16(typ))
	binary.NativeEndian.PutUint16(b[6:], uint16(flags|isRequest))
	binary.NativeEndian.PutUint32(b[8:], c.sequence)
	if _, err := c.s.Send(ctx, append(b, body...), 0); err != nil {
		return err
	}
	a := answer{port: c.port, sequence: c.sequence}
	for !a.done {
		m := socket.Message{Buffers: [][]byte{c.room}}
		if err := c.s.ReceiveMessage(ctx, &m, 0); err != nil {
			return err
		}
		// Anybody may send to a netlink socket; port 0 is the kernel.
		if from, ok := m.Addr.AsNetlink(); !ok || from.PortID != 0 {
			continue
		}
		if m.Flags&constants.MSG_TRUNC != 0 {
			return ErrMalformed
		}
		if err := a.read(c.room[:m.N], fn); err != nil {
			return err
		}
	}
	if a.changed {
		return ErrChanged
	}
	return nil
}

// An answer is what has been read of one.
type answer struct {
	port, sequence uint32
	changed, done  bool
}

// read reads the messages of a datagram.
func (a *answer) read(b []byte, fn func(Message) error) error {
	for len(b) > 0 && !a.done {
		if len(b) < headerSize {
			return ErrMalformed
		}
		size := int(binary.NativeEndian.Uint32(b))
		if size < headerSize || size > len(b) {
			return ErrMalformed
		}
		m := Message{
			Type:  int(binary.NativeEndian.Uint16(b[4:])),
			Flags: int(binary.NativeEndian.Uint16(b[6:])),
			Data:  b[headerSize:size:size],
		}
		ours := binary.NativeEndian.Uint32(b[8:]) == a.sequence &&
			binary.NativeEndian.Uint32(b[12:]) == a.port
		b = b[min(aligned(size), len(b)):]
		if !ours { // of a question that was given up
			continue
		}
		a.changed = a.changed || m.Flags&interrupted != 0
		a.done = m.Flags&isMulti == 0
		switch m.Type {
		case noop:
			a.done = false
		case failure, done:
			a.done = true
			if len(m.Data) < 4 {
				return ErrMalformed
			}
			if errno := int32(binary.NativeEndian.Uint32(m.Data)); errno < 0 {
				return syscall.Errno(-errno)
			}
		case overrun:
			return ErrMalformed
		default:
			if err := fn(m); err != nil {
				return err
			}
		}
	}
	return nil
}

// Attributes returns the attributes that stand in b: their types and their values.
func Attributes(b []byte) iter.Seq2[int, []byte] {
	return func(yield func(int, []byte) bool) {
		for len(b) >= align {
			size := int(binary.NativeEndian.Uint16(b))
			if size < align || size > len(b) {
				return
			}
			const flags = 0xc000 // NLA_F_NESTED, NLA_F_NET_BYTEORDER
			if !yield(int(binary.NativeEndian.Uint16(b[2:])&^flags), b[align:size:size]) {
				return
			}
			b = b[min(aligned(size), len(b)):]
		}
	}
}

// AppendAttribute appends an attribute.
func AppendAttribute(b []byte, typ int, value []byte) []byte {
	b = binary.NativeEndian.AppendUint16(b, uint16(align+len(value)))
	b = binary.NativeEndian.AppendUint16(b, uint16(typ))
	b = append(b, value...)
	return append(b, make([]byte, aligned(len(value))-len(value))...)
}

// Number is the value of an attribute that is one, of 1, 2, 4 or 8 bytes.
func Number(value []byte) (uint64, error) {
	switch len(value) {
	case 1:
		return uint64(value[0]), nil
	case 2:
		return uint64(binary.NativeEndian.Uint16(value)), nil
	case 4:
		return uint64(binary.NativeEndian.Uint32(value)), nil
	case 8:
		return binary.NativeEndian.Uint64(value), nil
	}
	return 0, fmt.Errorf("%w: a number of %d bytes", ErrMalformed, len(value))
}
