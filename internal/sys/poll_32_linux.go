//go:build 386 || arm || mips || mipsle || ppc

package sys

import "golang.org/x/sys/unix"

const (
	sysPoll       = unix.SYS_POLL
	sysPollTime64 = unix.SYS_PPOLL_TIME64
)
