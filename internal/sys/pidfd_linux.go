package sys

import "golang.org/x/sys/unix"

// PidfdOpen wraps pidfd_open(2): a descriptor of the process pid, close-on-exec.
// Linux 5.3.
func PidfdOpen(pid int) (int, error) { return unix.PidfdOpen(pid, 0) }

// PidfdGetfd wraps pidfd_getfd(2): a duplicate, close-on-exec, of descriptor fd
// of the process that pidfd stands for. It needs the right to trace that
// process (ptrace(2), PTRACE_MODE_ATTACH_REALCREDS). Linux 5.6.
func PidfdGetfd(pidfd, fd int) (int, error) { return unix.PidfdGetfd(pidfd, fd, 0) }
