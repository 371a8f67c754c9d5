package socket

import (
	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/internal/sys"
)

// identify asks Winsock what a socket is, in one call.
func identify(sysfd int) (
	family constants.Family, typ constants.SocketType, protocol constants.Protocol, err error,
) {
	f, t, p, err := sys.Identify(sysfd)
	return constants.Family(f), constants.SocketType(t), constants.Protocol(p), err
}
