package socket

import "example.com/bsdsocket/constants"

// struct ucred: process, user, group.
var peerCredentials = credentialLayout{constants.SOL_SOCKET, constants.SO_PEERCRED, 0, 4, 8}
