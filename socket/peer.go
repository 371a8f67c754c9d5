package socket

import (
	"net/netip"
	"sync/atomic"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/sockaddr"
)

// The peer is the address that Accept and Connect were told. The kernel forgets it when a
// connection fails, and before the first data of a TCP_FASTOPEN_CONNECT it does not know it yet.
//
// A server has many sockets, so an address is kept in no more room than it takes: an Internet
// address next to the socket that Accept makes, and a long one, which is a path, by itself.

// What few sockets have is kept apart.
type rare struct {
	far      atomic.Pointer[string]       // the peer's address, where it is none of nearAddr's
	zero     atomic.Pointer[zeroQueue]    // of ZeroCopy
	strays   atomic.Int32                 // descriptors thrown away and not closed yet
	end      atomic.Pointer[atomic.Int32] // see Socket.end
	timedOut atomic.Pointer[Error]        // the last timeout's, while its addresses hold; see fail
}

// moved forgets the addresses in the error of a timeout.
func (s *Socket) moved() {
	if r := s.rare.Load(); r != nil {
		r.timedOut.Store(nil)
	}
}

// rarely returns the socket's, which it makes.
func (s *Socket) rarely() *rare {
	if s.rare.Load() == nil {
		s.rare.CompareAndSwap(nil, new(rare))
	}
	return s.rare.Load()
}

// zeroQueue returns the queue of ZeroCopy, nil if there is none.
func (s *Socket) zeroQueue() *zeroQueue {
	if r := s.rare.Load(); r != nil {
		return r.zero.Load()
	}
	return nil
}

// A nearAddr is an Internet address, or the unnamed one, in 24 bytes.
type nearAddr struct {
	ip    [16]byte
	scope uint32
	port  uint16
	form  byte
}

const (
	formIPv4 = iota + 1
	formIPv6
	formUnnamed
)

// set keeps a, and reports whether it can.
func (n *nearAddr) set(a sockaddr.Addr) bool {
	ip := a.WithScopeID(0).IP() // without the scope's name, which would have to be looked up
	if !ip.IsValid() || a.FlowInfo() != 0 {
		return false
	}
	*n = nearAddr{ip: ip.As16(), scope: a.ScopeID(), port: uint16(a.Port()), form: formIPv6}
	if ip.Is4() {
		n.form = formIPv4
	}
	return true
}

func (n *nearAddr) addr() sockaddr.Addr {
	if n.form == formUnnamed {
		return sockaddr.Unnamed()
	}
	ip := netip.AddrFrom16(n.ip)
	if n.form == formIPv4 {
		ip = ip.Unmap()
	}
	return sockaddr.FromAddrPort(netip.AddrPortFrom(ip, n.port)).WithScopeID(n.scope)
}

// unnamed is what every AF_UNIX client without a name has.
var unnamed = &nearAddr{form: formUnnamed}

// keepPeer replaces what was kept. An address of AF_UNSPEC, to which a socket is connected to
// dissolve its connection, is none. If room is given, it is where a short address goes.
func (s *Socket) keepPeer(a sockaddr.Addr, room *nearAddr) {
	var near *nearAddr
	var far *string
	switch {
	case a.Family() == constants.AF_UNSPEC:
	case a.IsUnnamed():
		near = unnamed
	default:
		if near = room; near == nil {
			near = new(nearAddr)
		}
		if !near.set(a) {
			text := string(a.Raw())
			near, far = nil, &text
		}
	}
	s.near.Store(near)
	s.keepFar(far)
}

func (s *Socket) keepFar(far *string) {
	if far != nil || s.rare.Load() != nil {
		s.rarely().far.Store(far)
	}
}

// far is a long address, nil for none.
func (s *Socket) far() *string {
	if r := s.rare.Load(); r != nil {
		return r.far.Load()
	}
	return nil
}

// copyPeer makes the peer that of from.
func (s *Socket) copyPeer(from *Socket) {
	s.near.Store(from.near.Load())
	s.keepFar(from.far())
}

// peerAddr returns what is kept, the zero Addr for nothing.
func (s *Socket) peerAddr() (a sockaddr.Addr) {
	if near := s.near.Load(); near != nil {
		return near.addr()
	}
	if far := s.far(); far != nil {
		a, _ = sockaddr.FromRaw([]byte(*far)) // which takes what was an Addr's
	}
	return a
}

func (s *Socket) hasPeer() bool { return s.near.Load() != nil || s.far() != nil }
