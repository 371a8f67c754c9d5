//go:build !linux

package sys

import "syscall"

// KernelAlone reports whether it is sure that the kernel answers alone for a descriptor. These
// systems are not known to ask a daemon what poll(2) asks of its files.
func KernelAlone(int) bool { return true }

// Nonblocking is not asked for here, nor are the others.
func Nonblocking(int) bool { return false }

func Placeholder() (int, error)         { return -1, syscall.EOPNOTSUPP }
func Replace(fd, placeholder int) error { return syscall.EOPNOTSUPP }
