//go:build !portable

package sys

import "golang.org/x/sys/unix"

// Pollable asks a new epoll instance for what the runtime's keeps to itself: why it did not take a
// descriptor. It returns EPERM for a file that cannot be polled, ENOSPC beyond
// fs.epoll.max_user_watches, ENOMEM (epoll_ctl(2)), or what kept it from asking. If it returns nil,
// the descriptor can be polled, and an instance that refuses it has it already (EEXIST).
func Pollable(fd int) error {
	epoll, err := epollCreate()
	if err != nil {
		return err
	}
	defer unix.Close(epoll)
	return EpollCtl(epoll, unix.EPOLL_CTL_ADD, fd, &EpollEvent{Events: unix.EPOLLIN})
}
