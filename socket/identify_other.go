//go:build !windows

package socket

import (
	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/internal/sys"
)

// identify asks the kernel what a descriptor is: SO_TYPE, which fails if it is no socket, and
// SO_DOMAIN and SO_PROTOCOL (Linux 2.6.32, FreeBSD, OpenBSD; socket(7)). Where these are not there,
// or a policy refuses them, the family is that of the socket's name, and the protocol is 0, the
// usual one of the type.
func identify(sysfd int) (
	family constants.Family, typ constants.SocketType, protocol constants.Protocol, err error,
) {
	get := func(name constants.OptionName) (int, error) {
		return sys.GetsockoptInt(sysfd, int(constants.SOL_SOCKET), int(name))
	}
	n, err := get(constants.SO_TYPE)
	if err != nil {
		return 0, 0, 0, err
	}
	typ = constants.SocketType(n)
	if n, err = get(constants.SO_PROTOCOL); err == nil {
		protocol = constants.Protocol(n)
	}
	if n, err = get(constants.SO_DOMAIN); err == nil {
		return constants.Family(n), typ, protocol, nil
	}
	name, err := nameOf(sysfd)
	return name.Family(), typ, protocol, err
}
