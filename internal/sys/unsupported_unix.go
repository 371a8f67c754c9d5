//go:build !windows

package sys

import "syscall"

// absences are how kernels say that they lack a family, a protocol, a call, a
// level or an option. ENOTSUP is not EOPNOTSUPP everywhere.
var absences = []syscall.Errno{
	syscall.ENOPROTOOPT, syscall.EAFNOSUPPORT, syscall.EPFNOSUPPORT, syscall.EPROTONOSUPPORT, syscall.ESOCKTNOSUPPORT,
	syscall.EOPNOTSUPP, syscall.ENOTSUP, syscall.ENOSYS,
}

const einval = syscall.EINVAL
