//go:build 386 || arm || mips || mipsle

package socket_test

import "golang.org/x/sys/unix"

// receiveCalls are the system calls that receive many messages: the last one is tried last.
var receiveCalls = [...]uintptr{unix.SYS_RECVMMSG, unix.SYS_RECVMMSG_TIME64}
