//go:build race

package sys

import "syscall"

// A read of no bytes does nothing to a socket (sock_read_iter, net/socket.c, Linux 6.18), nor to a
// pipe.
func raceAcquire(fd int) { syscall.Read(fd, nil) }
