package sys

import (
	"slices"
	"syscall"
)

// Unsupported reports whether an errno is how the kernel says that it lacks
// something. The module's other packages have no list of their own.
func Unsupported(errno syscall.Errno) bool { return slices.Contains(absences, errno) }

// Invalid reports whether an errno is EINVAL, as the system's sockets number it.
func Invalid(errno syscall.Errno) bool { return errno == einval }
