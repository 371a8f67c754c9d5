//go:build !linux

package main

import (
	"fmt"
	"syscall"

	"example.com/bsdsocket/socket"
)

// socketOf would duplicate a descriptor of another process, for which only Linux
// has a system call.
func socketOf(pid, fd int) (syscall.Conn, func(), error) {
	return nil, nil, fmt.Errorf("descriptors of other processes: %w", socket.ErrUnsupported)
}
