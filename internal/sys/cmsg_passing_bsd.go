//go:build freebsd || netbsd || openbsd || dragonfly

package sys

import "golang.org/x/sys/unix"

// MsgCmsgCloexec makes received descriptors close-on-exec at once (recv(2)).
const MsgCmsgCloexec = unix.MSG_CMSG_CLOEXEC

const scmPidfd = -1 // has none
