package sys

import "golang.org/x/sys/unix"

// Unsent is SO_NWRITE, a C int.
func Unsent(fd int) (int, error) { return unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_NWRITE) }
