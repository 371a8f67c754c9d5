//go:build amd64 || mips64 || mips64le || ppc64 || ppc64le || s390x || sparc64

package sys

import "golang.org/x/sys/unix"

const (
	sysPoll       = unix.SYS_POLL
	sysPollTime64 = 0
)
