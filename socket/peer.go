package socket

import (
	"net/netip"
	"sync/atomic"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/sockaddr"
)

// A peer is the address that Accept and Connect were told. The kernel forgets it when a connection
// fails, and before the first data of a TCP_FASTOPEN_CONNECT it does not know it yet.
//
// A server has many sockets, so an address is kept in no more room than it takes: an Internet
// address next to the socket that Accept makes, and a long one, which is a path, by itself. The
// zero peer is none.
type peer struct {
	near atomic.Pointer[nearAddr]
	far  atomic.Pointer[string]
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

// keep replaces what was kept. An address of AF_UNSPEC, to which a socket is connected to dissolve
// its connection, is none. If room is given, it is where a short address goes.
func (p *peer) keep(a sockaddr.Addr, room *nearAddr) {
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
	if near := p.near.Load(); near != nil {
		return near.addr()
	}
	if far := p.far.Load(); far != nil {
		a, _ = sockaddr.FromRaw([]byte(*far)) // which takes what was an Addr's
	}
	return a
}

func (p *peer) known() bool { return p.near.Load() != nil || p.far.Load() != nil }
