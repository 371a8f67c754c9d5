//go:build !openbsd

package sys

// PeerCred is the structure of SO_PEERCRED and LOCAL_PEEREID.
var PeerCred = Ucred
