package addrinfo

import (
	"context"
	"iter"
	"net"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/sockaddr"
)

// Resolver looks up hosts, services and protocols. The zero Resolver is ready to use, and is what
// the functions of this package use. Its fields must not be changed, nor the Resolver be copied,
// once it is in use. It can be used by several goroutines at once.
type Resolver struct {
	// Net asks the hosts file and the name servers; nil is net.DefaultResolver. See "Name
	// resolution" in the documentation of package net for what its PreferGo chooses. Only its
	// exported fields are used: lookups of one name at the same time are not merged.
	Net *net.Resolver

	// OldIPv4 makes Lookup accept the forms of IPv4 addresses that inet_aton(3) does, and
	// getaddrinfo(3) with it: "127.1", "0x7f.1", "017700000001", "2130706433". Filters that match
	// addresses as text do not expect them, so by default they are EAI_NONAME.
	OldIPv4 bool

	// ServicesFile and ProtocolsFile are the paths of the databases. If empty, they are
	// /etc/services and /etc/protocols (on Windows services and protocol in
	// %SystemRoot%\System32\drivers\etc).
	ServicesFile, ProtocolsFile string

	servicesDB  file[services]
	protocolsDB file[protocols]
}

// DefaultResolver is the Resolver behind the functions of this package. It is the zero Resolver,
// and must stay so: a program that needs another one makes its own.
var DefaultResolver = new(Resolver)

// Lookup is [Resolver.Lookup] of the default resolver.
func Lookup(ctx context.Context, node, service string, hints *Hints) ([]Info, error) {
	return DefaultResolver.Lookup(ctx, node, service, hints)
}

// NameInfo is [Resolver.NameInfo] of the default resolver.
func NameInfo(ctx context.Context, addr sockaddr.Addr,
	flags constants.NameInfoFlag) (node, service string, err error) {
	return DefaultResolver.NameInfo(ctx, addr, flags)
}

// ServiceByName is [Resolver.ServiceByName] of the default resolver.
func ServiceByName(name, protocol string) (Service, error) {
	return DefaultResolver.ServiceByName(name, protocol)
}

// ServiceByPort is [Resolver.ServiceByPort] of the default resolver.
func ServiceByPort(port int, protocol string) (Service, error) {
	return DefaultResolver.ServiceByPort(port, protocol)
}

// ProtocolByName is [Resolver.ProtocolByName] of the default resolver.
func ProtocolByName(name string) (Protocol, error) {
	return DefaultResolver.ProtocolByName(name)
}

// ProtocolByNumber is [Resolver.ProtocolByNumber] of the default resolver.
func ProtocolByNumber(number constants.Protocol) (Protocol, error) {
	return DefaultResolver.ProtocolByNumber(number)
}

// Services is [Resolver.Services] of the default resolver.
func Services() iter.Seq2[Service, error] { return DefaultResolver.Services() }

// Protocols is [Resolver.Protocols] of the default resolver.
func Protocols() iter.Seq2[Protocol, error] { return DefaultResolver.Protocols() }

// HostNames is [Resolver.HostNames] of the default resolver.
func HostNames(ctx context.Context, addr sockaddr.Addr) ([]string, error) {
	return DefaultResolver.HostNames(ctx, addr)
}
