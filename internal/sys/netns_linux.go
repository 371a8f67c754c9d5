package sys

import (
	"os"

	"golang.org/x/sys/unix"
)

// Unshare wraps unshare(2): it moves the calling thread out of the namespaces that flags name.
// The caller has locked its goroutine to the thread.
func Unshare(flags int) error {
	return os.NewSyscallError("unshare", unix.Unshare(flags))
}

// Setns wraps setns(2): it moves the calling thread into the namespace that fd refers to.
// The caller has locked its goroutine to the thread. nstype 0 takes a namespace of any kind.
func Setns(fd, nstype int) error {
	return os.NewSyscallError("setns", unix.Setns(fd, nstype))
}
