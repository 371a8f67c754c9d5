package sys

import "golang.org/x/sys/unix"

// Unsent is ioctl SIOCOUTQ, whose number is TIOCOUTQ's (linux/sockios.h). The kernel writes a C
// int, see Pending.
func Unsent(fd int) (int, error) {
	n, err := unix.IoctlGetUint32(fd, unix.TIOCOUTQ)
	return int(int32(n)), err
}
