//go:build !openbsd

package sockopt

// credentials is a struct ucred: process, user, group.
var credentials = converted(structure[[3]uint32](),
	func(v [3]uint32) (Credentials, bool) {
		return Credentials{PID: int(int32(v[0])), UID: v[1], GID: v[2]}, true
	}, nil)
