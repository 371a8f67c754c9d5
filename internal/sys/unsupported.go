package sys

import (
	"slices"
	"syscall"
)

// Unsupported reports whether an errno is how the kernel says that it lacks
// something. The module's other packages have no list of their own.
func Unsupported(errno syscall.Errno) bool { return slices.Contains(absences, errno) }

// Refused reports whether an errno can be how a kernel says that it lacks a call, or a policy (seccomp(2), an
// LSM, a sandbox's own kernel) that it forbids one. Whoever has another way then takes it.
func Refused(errno syscall.Errno) bool {
	switch errno {
	case syscall.ENOSYS, syscall.EPERM, syscall.EACCES, syscall.EINVAL:
		return true
	}
	return false
}

// Invalid reports whether an errno is EINVAL, as the system's sockets number it.
func Invalid(errno syscall.Errno) bool { return errno == einval }
