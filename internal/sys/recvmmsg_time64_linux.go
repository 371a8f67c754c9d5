//go:build 386 || arm || mips || mipsle

package sys

import "golang.org/x/sys/unix"

// A kernel may be built without the calls that have 32-bit times (COMPAT_32BIT_TIME); Linux 5.1 has
// another. Here neither is given a time.
var recvmmsgCalls = [...]uintptr{unix.SYS_RECVMMSG, unix.SYS_RECVMMSG_TIME64}
