//go:build !linux

package socket

import "example.com/bsdsocket/constants"

func newIn(string, constants.Family, constants.SocketType, constants.Protocol) (*Socket, error) {
	return nil, unsupportedError("no network namespaces on this platform")
}
