//go:build !portable

package sys

import "golang.org/x/sys/unix"

// KernelAlone reports whether it is sure that the kernel answers alone for a descriptor, also what
// poll(2) asks: sockets, pipes and character devices. For a file of FUSE it asks a daemon, and an
// epoll instance asks for all that it holds. The type is asked for in a way that asks no daemon
// (statx(2), AT_STATX_DONT_SYNC, Linux 4.11).
func KernelAlone(fd int) bool {
	var st unix.Statx_t
	err := unix.Statx(fd, "", unix.AT_EMPTY_PATH|unix.AT_STATX_DONT_SYNC, unix.STATX_TYPE, &st)
	if err != nil || st.Mask&unix.STATX_TYPE == 0 {
		return false
	}
	switch st.Mode & unix.S_IFMT {
	case unix.S_IFSOCK, unix.S_IFIFO, unix.S_IFCHR:
		return true
	}
	return false
}

// Nonblocking reports whether a descriptor's open file is in non-blocking mode.
func Nonblocking(fd int) bool {
	flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFL, 0)
	return err != nil || flags&unix.O_NONBLOCK != 0
}

// Placeholder returns a descriptor, in blocking mode and close-on-exec, that another can be put in
// the place of.
func Placeholder() (int, error) { return unix.Eventfd(0, unix.EFD_CLOEXEC) }

// Replace puts a descriptor in the place of a placeholder. The descriptor itself stays open.
func Replace(fd, placeholder int) error {
	for {
		err := unix.Dup3(fd, placeholder, unix.O_CLOEXEC)
		// EBUSY: another thread is opening something (dup(2)).
		if err != unix.EINTR && err != unix.EBUSY {
			return err
		}
	}
}
