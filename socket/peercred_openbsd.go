package socket

import "example.com/bsdsocket/constants"

// struct sockpeercred: user, group, process.
var peerCredentials = credentialLayout{constants.SOL_SOCKET, constants.SO_PEERCRED, 8, 0, 4}
