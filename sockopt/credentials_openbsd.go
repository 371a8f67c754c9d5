package sockopt

import "example.com/bsdsocket/socket/cmsg"

// credentials is a struct sockpeercred: user, group, process.
var credentials = converted(structure[[3]uint32](),
	func(v [3]uint32) (cmsg.Credentials, bool) {
		return cmsg.Credentials{PID: int(int32(v[2])), UID: v[0], GID: v[1]}, true
	}, nil)
