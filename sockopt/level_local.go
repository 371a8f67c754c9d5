package sockopt

import (
	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/internal/sys"
)

// Options of UNIX sockets on BSD and macOS, at level SOL_LOCAL: unix(4) there. Linux has them at
// SOL_SOCKET: [SOPeerCredentials] and the others.

var solLocal = newLevel("SOL_LOCAL", constants.SOL_LOCAL, unixSockets)

// LocalPeerCredentials is LOCAL_PEERCRED: the user and groups of the other end of a connected
// stream socket, when it connected or listened. ENOTCONN without a peer. FreeBSD, DragonFly, macOS.
// unix(4) there.
var LocalPeerCredentials ReadOnly[LocalCredentials] = readOnly(localCredentials,
	"LocalPeerCredentials", solLocal, "LOCAL_PEERCRED", constants.LOCAL_PEERCRED)

// LocalPeerPID is LOCAL_PEERPID: the process at the other end. macOS. sys/un.h there.
var LocalPeerPID ReadOnly[int] = readOnly(integer, "LocalPeerPID", solLocal, "LOCAL_PEERPID",
	constants.LOCAL_PEERPID)

// LocalPeerToken is LOCAL_PEERTOKEN: the audit token of the other end, an audit_token_t. macOS.
// sys/un.h there.
var LocalPeerToken ReadOnly[[8]uint32] = readOnly(structure[[8]uint32](), "LocalPeerToken",
	solLocal, "LOCAL_PEERTOKEN", constants.LOCAL_PEERTOKEN)

// LocalCredentials is the value of [LocalPeerCredentials]: struct xucred.
type LocalCredentials struct {
	UID    uint32
	Groups []uint32 // the effective group first; at most 16
	PID    int      // FreeBSD 13; 0 elsewhere
}

var localCredentials = codec[LocalCredentials]{
	get: func(c *call) (v LocalCredentials, err error) {
		b, err := c.getInto(c.room(sys.XucredSize))
		if err != nil {
			return v, err
		}
		x, ok := sys.GetXucred(b)
		if !ok {
			return v, sys.SizeError{Got: len(b), Want: sys.XucredSize}
		}
		return LocalCredentials(x), nil
	},
}
