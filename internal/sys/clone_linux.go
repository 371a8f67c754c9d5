package sys

import "golang.org/x/sys/unix"

// CloneNewNet is the network namespace of [Setns] and [Unshare].
const CloneNewNet = unix.CLONE_NEWNET
