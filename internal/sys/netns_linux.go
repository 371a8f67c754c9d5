package sys

import (
	"os"
	"sync/atomic"

	"golang.org/x/sys/unix"
)

// CloneNewNet is the network namespace of [Setns] and [Unshare].
const CloneNewNet = unix.CLONE_NEWNET

// namespaceChanges counts the calls of [Unshare] and [Setns].
var namespaceChanges atomic.Uint32

// Namespace returns a number for the calling thread in the network namespace that this package last
// took it to. What is known about interfaces holds for one number.
func Namespace() uint64 {
	return uint64(namespaceChanges.Load())<<32 | uint64(uint32(unix.Gettid()))
}

// Unshare wraps unshare(2): it moves the calling thread out of the namespaces that flags name.
// The caller has locked its goroutine to the thread.
func Unshare(flags int) error {
	defer namespaceChanges.Add(1)
	return os.NewSyscallError("unshare", unix.Unshare(flags))
}

// Setns wraps setns(2): it moves the calling thread into the namespace that fd refers to.
// The caller has locked its goroutine to the thread. nstype 0 takes a namespace of any kind.
func Setns(fd, nstype int) error {
	defer namespaceChanges.Add(1)
	return os.NewSyscallError("setns", unix.Setns(fd, nstype))
}
