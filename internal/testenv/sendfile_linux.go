//go:build !386 && !arm && !mips && !mipsle

package testenv

import "golang.org/x/sys/unix"

// SendfileCall is the number of the system call that sendfile(2) of x/sys is.
const SendfileCall = unix.SYS_SENDFILE
