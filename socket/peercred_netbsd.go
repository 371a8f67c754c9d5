package socket

import "example.com/bsdsocket/constants"

// struct unpcbid: process, user, group.
var peerCredentials = credentialLayout{constants.SOL_LOCAL, constants.LOCAL_PEEREID, 0, 4, 8}
