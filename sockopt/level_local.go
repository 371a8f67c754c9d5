package sockopt

import (
	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/internal/sys"
)

// Options of UNIX sockets on BSD and macOS, at level SOL_LOCAL: unix(4) there.
// Linux has them at SOL_SOCKET: [SOPeerCredentials] and the others.

var solLocal = newLevel("SOL_LOCAL", constants.SOL_LOCAL, unixSockets)

// LocalPeerCredentials is LOCAL_PEERCRED: the user and groups of the other end
// of a connected stream socket, when it connected or listened. ENOTCONN without
// a peer. FreeBSD, DragonFly, macOS. unix(4) there.
var LocalPeerCredentials ReadOnly[LocalCredentials] = readOnly(localCredentials, "LocalPeerCredentials", solLocal, "LOCAL_PEERCRED", constants.LOCAL_PEERCRED)

// LocalPeerPID is LOCAL_PEERPID: the process at the other end. macOS. sys/un.h
// there.
var LocalPeerPID ReadOnly[int] = readOnly(integer, "LocalPeerPID", solLocal, "LOCAL_PEERPID", constants.LOCAL_PEERPID)

// LocalPeerToken is LOCAL_PEERTOKEN: the audit token of the other end, an
// audit_token_t. macOS. sys/un.h there.
var LocalPeerToken ReadOnly[[8]uint32] = readOnly(structure[[8]uint32](), "LocalPeerToken", solLocal, "LOCAL_PEERTOKEN", constants.LOCAL_PEERTOKEN)

// LocalCredentials is the value of [LocalPeerCredentials]: struct xucred.
type LocalCredentials struct {
	UID    uint32
	Groups []uint32 // the effective group first; at most 16
	PID    int      // FreeBSD 13; 0 elsewhere
}

// localCredentials is a version (0), the user, the number of groups in two
// bytes, two of padding, sixteen groups and, on FreeBSD, a union of a pointer
// and the process, which is aligned as the pointer.
var localCredentials = codec[LocalCredentials]{
	get: func(c *call) (v LocalCredentials, err error) {
		const groups, process = 12, 12 + 16*4 + 4
		b, err := c.getInto(c.room(96))
		if err != nil {
			return v, err
		}
		if len(b) < groups {
			return v, sys.SizeError{Got: len(b), Want: groups}
		}
		v.UID = native.Uint32(b[4:])
		n := min(int(native.Uint16(b[8:])), 16, (len(b)-groups)/4)
		for i := range n {
			v.Groups = append(v.Groups, native.Uint32(b[groups+4*i:]))
		}
		if len(b) >= process+4 {
			v.PID = int(int32(native.Uint32(b[process:])))
		}
		return v, nil
	},
}
