//go:build !386 && !arm && !mips && !mipsle

package sys

import "golang.org/x/sys/unix"

var recvmmsgCalls = [...]uintptr{unix.SYS_RECVMMSG}
