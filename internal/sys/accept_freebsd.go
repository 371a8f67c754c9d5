package sys

import "golang.org/x/sys/unix"

const acceptFlags = createFlags

func accept(fd int, sa *RawAddr, flags int) (nfd, n int, err error) {
	var from unix.Sockaddr
	if flags == 0 {
		nfd, from, err = unix.Accept(fd)
	} else {
		nfd, from, err = unix.Accept4(fd, flags)
	}
	if err != nil {
		return -1, 0, err
	}
	return nfd, encode(from, sa), nil
}
