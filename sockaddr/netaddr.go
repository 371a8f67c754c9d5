package sockaddr

import (
	"net"
	"net/netip"
	"reflect"
	"strings"

	"example.com/bsdsocket/constants"
)

// FromNetAddr returns the address that n describes. *net.TCPAddr, *net.UDPAddr, *net.IPAddr,
// *net.UnixAddr and what NetAddr returns are known by type; of another type, Parse must understand
// what its String returns.
//
// An Internet address without an IP address ("any address", but of which family?) is an error, as
// are a port outside 0..65535, a zone that no interface has, and nil. The zone of an address that
// has no scope (see Addr) is dropped, as package net does. Package net does not tell an IPv4
// address from an IPv4-mapped IPv6 address; both become AF_INET.
//
// A UNIX name that begins with "@" or NUL is abstract on Linux, as in package net. The names "" and
// "@", which package net gives for a socket without a name, become Unnamed.
func FromNetAddr(n net.Addr) (Addr, error) {
	a, err := fromNetAddr(n)
	if err != nil {
		input := "nil"
		if !isNil(n) {
			input = n.String()
		}
		return Addr{}, err.of("from net addr", input)
	}
	return a, nil
}

// isNil reports whether n is nil, or holds a nil pointer.
func isNil(n net.Addr) bool {
	if n == nil {
		return true
	}
	v := reflect.ValueOf(n)
	return v.Kind() == reflect.Pointer && v.IsNil()
}

func fromNetAddr(n net.Addr) (Addr, *Error) {
	if isNil(n) {
		return Addr{}, reason("no address", nil)
	}
	switch n := n.(type) {
	case *net.TCPAddr:
		return fromNetIP(n.IP, n.Zone, n.Port)
	case *net.UDPAddr:
		return fromNetIP(n.IP, n.Zone, n.Port)
	case *net.IPAddr:
		return fromNetIP(n.IP, n.Zone, 0)
	case *net.UnixAddr:
		return fromUnixName(n.Name)
	case netAddr:
		return n.addr, nil
	}
	return parse(n.String())
}

func fromNetIP(netIP net.IP, zone string, port int) (a Addr, err *Error) {
	ip, ok := netip.AddrFromSlice(netIP)
	if !ok {
		return Addr{}, reason("no IP address of 4 or 16 bytes", nil)
	}
	a.setIP(ip.Unmap())
	if zone != "" && a.hasScope() {
		err = a.setZone(zone)
	}
	if err == nil && !a.setPort(port) {
		err = badPort(port)
	}
	return a, err
}

func fromUnixName(name string) (Addr, *Error) {
	switch {
	case name == "" || name == "@":
		return Unnamed(), nil
	case hasAbstract && (name[0] == '@' || name[0] == 0):
		return abstract(name[1:])
	}
	return unix(name)
}

// NetAddr returns a as package net has it for a socket of type typ, which decides among the types:
//
//	AF_INET, AF_INET6   SOCK_STREAM *net.TCPAddr, SOCK_DGRAM *net.UDPAddr, SOCK_RAW *net.IPAddr
//	AF_UNIX             SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET *net.UnixAddr
//
// For every other family and type it is a net.Addr whose String is a's, and whose Network is the
// family's name. It is nil for the zero Addr.
//
// Package net has no flow information and, in a *net.IPAddr, no port: they are lost. A scope id
// becomes a zone as in IP, at the same cost. A path that begins with "@", which package net would
// take for an abstract name, becomes "./@...", the same file.
func (a Addr) NetAddr(typ constants.SocketType) net.Addr {
	if !a.IsValid() {
		return nil
	}
	if ip := a.IP(); ip.IsValid() {
		switch typ {
		case constants.SOCK_STREAM:
			return &net.TCPAddr{IP: ip.AsSlice(), Port: a.Port(), Zone: ip.Zone()}
		case constants.SOCK_DGRAM:
			return &net.UDPAddr{IP: ip.AsSlice(), Port: a.Port(), Zone: ip.Zone()}
		case constants.SOCK_RAW:
			return &net.IPAddr{IP: ip.AsSlice(), Zone: ip.Zone()}
		}
	}
	if a.Family() == constants.AF_UNIX {
		switch typ {
		case constants.SOCK_STREAM:
			return &net.UnixAddr{Name: a.unixName(), Net: "unix"}
		case constants.SOCK_DGRAM:
			return &net.UnixAddr{Name: a.unixName(), Net: "unixgram"}
		case constants.SOCK_SEQPACKET:
			return &net.UnixAddr{Name: a.unixName(), Net: "unixpacket"}
		}
	}
	return netAddr{a}
}

// unixName is the name that package net has for a.
func (a *Addr) unixName() string {
	if a.isAbstract() {
		return "@" + string(a.abstractName())
	}
	path := string(a.unixPath())
	if strings.HasPrefix(path, "@") {
		path = "./" + path
	}
	return path
}

// netAddr is an Addr of which package net has no type.
type netAddr struct{ addr Addr }

// Network returns the family: "AF_VSOCK".
func (n netAddr) Network() string { return n.addr.Family().String() }

func (n netAddr) String() string { return n.addr.String() }
