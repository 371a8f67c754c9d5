//go:build !linux

package socket

import (
	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/internal/sys"
	"example.com/bsdsocket/sockaddr"
)

// identify asks the kernel what a descriptor is: SO_TYPE, and the family of its name. No option names the protocol on
// all of these systems, so it is 0, the usual one of the type.
func identify(sysfd int) (constants.Family, constants.SocketType, constants.Protocol, error) {
	typ, err := sys.GetsockoptInt(sysfd, int(constants.SOL_SOCKET), int(constants.SO_TYPE))
	if err != nil {
		return 0, 0, 0, err
	}
	var sa sys.RawAddr
	n, err := sys.Getsockname(sysfd, &sa)
	if err != nil {
		return 0, 0, 0, err
	}
	name, err := sockaddr.FromRaw(sa[:min(n, len(sa))])
	return name.Family(), constants.SocketType(typ), 0, err
}
