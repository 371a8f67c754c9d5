package sys

import "golang.org/x/sys/unix"

// cmsgCloseOnExec makes received descriptors close-on-exec at once (recvmsg(2), Linux 2.6.23).
const cmsgCloseOnExec = unix.MSG_CMSG_CLOEXEC

const scmPidfd = unix.SCM_PIDFD
