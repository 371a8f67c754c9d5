//go:build !openbsd

package sockopt

import "example.com/bsdsocket/socket/cmsg"

// credentials is a struct ucred: process, user, group.
var credentials = converted(structure[[3]uint32](),
	func(v [3]uint32) (cmsg.Credentials, bool) {
		return cmsg.Credentials{PID: int(int32(v[0])), UID: v[1], GID: v[2]}, true
	}, nil)
