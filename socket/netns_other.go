//go:build !linux

package socket

import (
	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/internal/sys"
)

func newIn(string, constants.Family, constants.SocketType, constants.Protocol) (*Socket, error) {
	return nil, sys.Lacking("no network namespaces on this platform")
}
