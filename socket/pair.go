package socket

import (
	"context"
	"errors"
	"net/netip"
	"time"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/internal/sys"
	"example.com/bsdsocket/sockaddr"
)

// Pair wraps socketpair(2): two sockets that are connected to each other and have no names.
//
// Most systems make pairs of AF_UNIX only. Where there is none of AF_INET or AF_INET6, Pair makes
// one over loopback, of a stream or datagram type. Those have names; it discards what a stranger on
// the same host sends to them or connects to them first. Others are ErrUnsupported.
func Pair(family constants.Family, typ constants.SocketType,
	protocol constants.Protocol) (a, b *Socket, err error) {
	var fds [2]int
	if err = checkInts(family, typ, protocol); err == nil {
		fds, err = sys.Socketpair(int(family), int(typ), int(protocol))
	}
	if err == nil {
		a, b = adopt(fds[0], family, typ, protocol), adopt(fds[1], family, typ, protocol)
		for _, s := range [...]*Socket{a, b} {
			if peer, err := s.PeerName(); err == nil {
				s.remember(peer)
			}
		}
		return a, b, nil
	}
	failed := &Error{Op: making("pair", family, typ, protocol), Err: err}
	if !errors.Is(failed, ErrUnsupported) || family != constants.AF_INET &&
		family != constants.AF_INET6 {
		return nil, nil, failed
	}
	at := sockaddr.FromAddrPort(loopbacks[family == constants.AF_INET6])
	switch typ &^ typeFlags {
	case constants.SOCK_STREAM:
		a, b, err = streamPair(at, typ, protocol)
	case constants.SOCK_DGRAM:
		a, b, err = datagramPair(at, typ, protocol)
	default:
		return nil, nil, failed
	}
	if err != nil {
		failed.Err = err
		if e, ok := err.(*Error); ok {
			failed.Err = e.Err
		}
		return nil, nil, failed
	}
	return a, b, nil
}

var loopbacks = map[bool]netip.AddrPort{
	false: netip.AddrPortFrom(sockaddr.Loopback4(), 0),
	true:  netip.AddrPortFrom(sockaddr.Loopback6(), 0),
}

// pairPatience is how long a pair may take on a host where strangers connect without end.
const pairPatience = 10 * time.Second

// streamPair is a connection over loopback, whose ends know each other by their names.
func streamPair(at sockaddr.Addr, typ constants.SocketType,
	protocol constants.Protocol) (a, b *Socket, err error) {
	ctx, cancel := context.WithTimeout(background, pairPatience)
	defer cancel()
	l, _, err := boundTo(at, typ, protocol)
	if err != nil {
		return nil, nil, err
	}
	defer l.Close()
	if err = l.Listen(128); err != nil { // there is room for us beside strangers
		return nil, nil, err
	}
	a, from, err := boundTo(at, typ, protocol)
	if err != nil {
		return nil, nil, err
	}
	to, err := l.Name()
	if err == nil {
		err = a.Connect(ctx, to)
	}
	for err == nil {
		var client sockaddr.Addr
		if b, client, err = l.Accept(ctx); err == nil {
			if client == from {
				return a, b, nil
			}
			b.Close()
		}
	}
	a.Close()
	return nil, nil, err
}

// datagramPair is two sockets that take datagrams from each other alone.
func datagramPair(at sockaddr.Addr, typ constants.SocketType,
	protocol constants.Protocol) (a, b *Socket, err error) {
	a, atA, err := boundTo(at, typ, protocol)
	if err != nil {
		return nil, nil, err
	}
	b, atB, err := boundTo(at, typ, protocol)
	if err == nil {
		err = a.Connect(background, atB)
	}
	if err == nil {
		err = b.Connect(background, atA)
	}
	// Before it was connected, each took what strangers sent.
	for _, s := range [...]*Socket{a, b} {
		for err == nil {
			_, err = s.Receive(background, nil, dontWait)
		}
		if errors.Is(err, ErrWouldBlock) {
			err = nil
		}
	}
	if err != nil {
		a.Close()
		if b != nil {
			b.Close()
		}
		return nil, nil, err
	}
	return a, b, nil
}

// boundTo makes a socket with a port of its own, and returns its name.
func boundTo(at sockaddr.Addr, typ constants.SocketType,
	protocol constants.Protocol) (s *Socket, name sockaddr.Addr, err error) {
	if s, err = create(at.Family(), typ, protocol); err != nil {
		return nil, name, err
	}
	if err = s.Bind(at); err == nil {
		name, err = s.Name()
	}
	if err != nil {
		s.Close()
		return nil, name, err
	}
	return s, name, nil
}
