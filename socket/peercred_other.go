//go:build !linux && !darwin && !dragonfly && !freebsd && !netbsd && !openbsd

package socket

import "example.com/bsdsocket/constants"

// This system does not tell.
var peerCredentials = credentialLayout{constants.SOL_SOCKET, constants.SO_PEERCRED, -1, 0, 0}
