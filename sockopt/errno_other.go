//go:build !windows

package sockopt

import "syscall"

const einval = syscall.EINVAL

// unsupported is how kernels say that they lack an option, a level or a
// protocol. ENOTSUP is not EOPNOTSUPP everywhere.
var unsupported = []syscall.Errno{
	syscall.ENOPROTOOPT, syscall.EOPNOTSUPP, syscall.ENOTSUP, syscall.ENOSYS, syscall.EPROTONOSUPPORT, syscall.EAFNOSUPPORT,
}
