//go:build darwin || dragonfly || netbsd || openbsd

package sys

import "golang.org/x/sys/unix"

// acceptFlags is 0: x/sys has no accept4(2) for these systems.
const acceptFlags = 0

func accept(fd int, sa *RawAddr, _ int) (nfd, n int, err error) {
	nfd, from, err := unix.Accept(fd)
	if err != nil {
		return -1, 0, err
	}
	return nfd, encode(from, sa), nil
}
