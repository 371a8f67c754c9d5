package sockopt

import (
	"example.com/bsdsocket/internal/sys"
	"example.com/bsdsocket/socket/cmsg"
)

// credentials is a struct ucred, or what the system has for it.
var credentials = converted(structure[[12]byte](),
	func(v [12]byte) (c cmsg.Credentials, ok bool) {
		c.PID, c.UID, c.GID, ok = sys.PeerCred.Get(v[:])
		return c, ok
	}, nil)
