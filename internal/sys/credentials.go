package sys

import "encoding/binary"

// A CredentialLayout is a structure that tells of a process: how long it is, and where its numbers
// are in it. Those of control messages and options are [Ucred] or [PeerCred].
type CredentialLayout struct{ Size, PID, UID, GID int }

// Ucred is struct ucred of Linux, and struct unpcbid of NetBSD: process, user, group.
var Ucred = CredentialLayout{12, 0, 4, 8}

// Get returns what a structure tells, if it is as long as it must be.
func (l CredentialLayout) Get(b []byte) (pid int, uid, gid uint32, ok bool) {
	if len(b) != l.Size {
		return 0, 0, 0, false
	}
	n := binary.NativeEndian
	return int(int32(n.Uint32(b[l.PID:]))), n.Uint32(b[l.UID:]), n.Uint32(b[l.GID:]), true
}

// Put writes one.
func (l CredentialLayout) Put(b []byte, pid int32, uid, gid uint32) {
	n := binary.NativeEndian
	n.PutUint32(b[l.PID:], uint32(pid))
	n.PutUint32(b[l.UID:], uid)
	n.PutUint32(b[l.GID:], gid)
}

// Xucred is a struct xucred of FreeBSD, DragonFly and macOS: a version (0), the user, the number of
// groups in two bytes, two of padding, sixteen groups, the effective one first, and on FreeBSD 13 a
// union of a pointer and the process, which is aligned as the pointer.
type Xucred struct {
	UID    uint32
	Groups []uint32
	PID    int // 0 where there is none
}

// XucredSize is room for it, whatever the system.
const XucredSize = 96

// GetXucred decodes as much of a struct xucred as there is; it has a user at least.
func GetXucred(b []byte) (x Xucred, ok bool) {
	const groups, process = 12, 12 + 16*4 + 4
	if len(b) < groups {
		return x, false
	}
	n := binary.NativeEndian
	x.UID = n.Uint32(b[4:])
	for i := range min(int(n.Uint16(b[8:])), 16, (len(b)-groups)/4) {
		x.Groups = append(x.Groups, n.Uint32(b[groups+4*i:]))
	}
	if len(b) >= process+4 {
		x.PID = int(int32(n.Uint32(b[process:])))
	}
	return x, true
}
