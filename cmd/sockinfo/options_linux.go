package main

import (
	"errors"
	"fmt"
	"syscall"

	"example.com/bsdsocket/internal/sys"
	"example.com/bsdsocket/sockopt"
)

// socketOf duplicates a descriptor of another process with pidfd_getfd(2).
func socketOf(pid, fd int) (s syscall.Conn, closeSocket func(), err error) {
	process, err := sys.PidfdOpen(pid)
	if errors.Is(err, syscall.ESRCH) {
		return nil, nil, fmt.Errorf("there is no process %d", pid)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("opening process %d: %w", pid, err)
	}
	defer sys.Close(process)
	dup, err := sys.PidfdGetfd(process, fd)
	switch {
	case errors.Is(err, syscall.EPERM):
		return nil, nil,
			fmt.Errorf("no right to descriptors of process %d: that takes the right to trace it, "+
				"as its own user where ptrace_scope allows or with CAP_SYS_PTRACE: %w", pid, err)
	case errors.Is(err, syscall.EBADF):
		return nil, nil, fmt.Errorf("process %d has no descriptor %d", pid, fd)
	case err != nil:
		return nil, nil, fmt.Errorf("getting descriptor %d of process %d: %w", fd, pid, err)
	}
	if _, err := sockopt.SOType.Get(sockopt.FD(dup)); err != nil {
		sys.Close(dup)
		return nil, nil,
			fmt.Errorf("descriptor %d of process %d is not a socket: %w", fd, pid, cause(err))
	}
	return sockopt.FD(dup), func() { sys.Close(dup) }, nil
}
