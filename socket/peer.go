package socket

import (
	"sync/atomic"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/sockaddr"
)

// A peer is the address that Accept and Connect were told. The kernel forgets it when a connection fails, and before the
// first data of a TCP_FASTOPEN_CONNECT it does not know it yet.
//
// A server has many sockets, so an address is kept in no more room than it takes: an Internet address next to the socket
// that Accept makes, and a long one, which is a path, by itself. The zero peer is none.
type peer struct {
	near atomic.Pointer[nearAddr]
	far  atomic.Pointer[string]
}

// A nearAddr is an address of at most as many bytes as one of AF_INET6 has (struct sockaddr_in6).
type nearAddr struct {
	size uint8
	raw  [28]byte
}

func (n *nearAddr) set(a sockaddr.Addr) bool {
	if a.RawLen() > len(n.raw) {
		return false
	}
	n.size = uint8(len(a.AppendRaw(n.raw[:0])))
	return true
}

// unnamed is what every AF_UNIX client without a name has.
var unnamed = func() *nearAddr {
	n := new(nearAddr)
	n.set(sockaddr.Unnamed())
	return n
}()

// keep replaces what was kept. An address of AF_UNSPEC, to which a socket is connected to dissolve its connection, is none.
// If room is given, it is where a short address goes.
func (p *peer) keep(a sockaddr.Addr, room *nearAddr) {
	var near *nearAddr
	var far *string
	switch {
	case a.Family() == constants.AF_UNSPEC:
	case a.IsUnnamed():
		near = unnamed
	case a.RawLen() <= len(near.raw):
		if near = room; near == nil {
			near = new(nearAddr)
		}
		near.set(a)
	default:
		text := string(a.Raw())
		far = &text
	}
	p.near.Store(near)
	p.far.Store(far)
}

// copy makes p the same as from.
func (p *peer) copy(from *peer) {
	p.near.Store(from.near.Load())
	p.far.Store(from.far.Load())
}

// addr returns what is kept, the zero Addr for nothing.
func (p *peer) addr() (a sockaddr.Addr) {
	// These bytes were an Addr's, and FromRaw takes any.
	if near := p.near.Load(); near != nil {
		a, _ = sockaddr.FromRaw(near.raw[:near.size])
	} else if far := p.far.Load(); far != nil {
		a, _ = sockaddr.FromRaw([]byte(*far))
	}
	return a
}

func (p *peer) known() bool { return p.near.Load() != nil || p.far.Load() != nil }
