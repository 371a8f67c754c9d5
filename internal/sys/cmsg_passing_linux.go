package sys

import "golang.org/x/sys/unix"

const scmPidfd = unix.SCM_PIDFD
