package socket

import (
	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/internal/sys"
	"example.com/bsdsocket/socket/cmsg"
)

// A peerOption tells who is at the other end.
type peerOption struct {
	level constants.Level
	name  constants.OptionName
	get   func(b []byte) (cmsg.Credentials, bool)
}

// A system has one of them at most.
var peerOptions = [...]peerOption{
	{constants.SOL_SOCKET, constants.SO_PEERCRED, peerCred},
	{constants.SOL_LOCAL, constants.LOCAL_PEEREID, peerCred},
	{constants.SOL_LOCAL, constants.LOCAL_PEERCRED, peerXucred},
}

func peerCred(b []byte) (cmsg.Credentials, bool) {
	pid, uid, gid, ok := sys.PeerCred.Get(b)
	return cmsg.Credentials{PID: pid, UID: uid, GID: gid}, ok
}

func peerXucred(b []byte) (cmsg.Credentials, bool) {
	x, ok := sys.GetXucred(b)
	if !ok || len(x.Groups) == 0 {
		return cmsg.Credentials{}, false
	}
	c := cmsg.Credentials{PID: x.PID, UID: x.UID, GID: x.Groups[0]}
	if c.PID == 0 {
		c.PID = -1 // it is not told
	}
	return c, true
}
