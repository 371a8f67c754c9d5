//go:build !linux || portable

package sys

import "syscall"

// KernelAlone reports whether it is sure that the kernel answers alone for a descriptor. These
// systems are not known to ask a daemon what poll(2) asks of its files.
func KernelAlone(int) bool { return true }

// Nonblocking is not known here, and taken for granted.
func Nonblocking(int) bool { return true }

// The others are not asked for here.

func Placeholder() (int, error)         { return -1, syscall.EOPNOTSUPP }
func Replace(fd, placeholder int) error { return syscall.EOPNOTSUPP }
