//go:build darwin || dragonfly || freebsd

package socket

import "example.com/bsdsocket/constants"

// struct xucred: version, user, the number of groups, and the groups, of which the first is the effective one.
var peerCredentials = credentialLayout{constants.SOL_LOCAL, constants.LOCAL_PEERCRED, -1, 4, 12}
