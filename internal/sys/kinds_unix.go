//go:build !windows

package sys

import "syscall"

// absences are how kernels say that they lack a family, a protocol, a call, a
// level or an option. ENOTSUP is not EOPNOTSUPP everywhere.
var absences = []syscall.Errno{
	syscall.ENOPROTOOPT, syscall.EAFNOSUPPORT, syscall.EPFNOSUPPORT, syscall.EPROTONOSUPPORT,
	syscall.ESOCKTNOSUPPORT,
	syscall.EOPNOTSUPP, syscall.ENOTSUP, syscall.ENOSYS,
}

// passing are how kernels say that the peer, the network or what others will give back is not there
// now.
var passing = []syscall.Errno{
	syscall.ECONNREFUSED, syscall.ETIMEDOUT, syscall.ENETUNREACH, syscall.EHOSTUNREACH,
	syscall.ENETDOWN, syscall.EHOSTDOWN,
	syscall.ETOOMANYREFS,
}

// wants are the want of descriptors, of the process's and the system's, and of memory.
var wants = []syscall.Errno{syscall.EMFILE, syscall.ENFILE, syscall.ENOBUFS, syscall.ENOMEM}

const einval = syscall.EINVAL
