package sys

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// The operations of EpollCtl, and the events (epoll_ctl(2)).
const (
	EpollAdd = unix.EPOLL_CTL_ADD
	EpollMod = unix.EPOLL_CTL_MOD
	EpollDel = unix.EPOLL_CTL_DEL

	EpollIn      = unix.EPOLLIN
	EpollPri     = unix.EPOLLPRI
	EpollOut     = unix.EPOLLOUT
	EpollErr     = unix.EPOLLERR
	EpollHup     = unix.EPOLLHUP
	EpollRdHup   = unix.EPOLLRDHUP
	EpollEdge    = unix.EPOLLET
	EpollOneShot = unix.EPOLLONESHOT
)

// EpollEvent is a struct epoll_event. Its Fd and Pad are the two halves of the data, whatever they
// are called.
type EpollEvent = unix.EpollEvent

// EpollCreate wraps epoll_create1(2). The descriptor is close-on-exec, and non-blocking for the
// runtime's poller, which takes no other: epoll_wait(2) itself does not look at that.
func EpollCreate() (int, error) {
	fd, err := epollCreate()
	if err != nil {
		return -1, err
	}
	if err := unix.SetNonblock(fd, true); err != nil {
		unix.Close(fd)
		return -1, err
	}
	return fd, nil
}

func epollCreate() (int, error) {
	r, _, e := unix.Syscall(unix.SYS_EPOLL_CREATE1, unix.EPOLL_CLOEXEC, 0, 0)
	if e != 0 {
		return -1, errno(e)
	}
	return int(r), nil
}

// EpollCtl wraps epoll_ctl(2). The event is not nil, also to delete (kernels before 2.6.9).
func EpollCtl(epoll, op, fd int, event *EpollEvent) error {
	_, _, e := unix.Syscall6(unix.SYS_EPOLL_CTL, uintptr(epoll), uintptr(op), uintptr(fd),
		uintptr(unsafe.Pointer(event)), 0, 0)
	return errno(e)
}

// EpollWait is epoll_pwait(2) without a mask, which is epoll_wait(2), and returns at once.
func EpollWait(epoll int, events []EpollEvent) (int, error) {
	r, _, e := unix.Syscall6(unix.SYS_EPOLL_PWAIT, uintptr(epoll),
		uintptr(unsafe.Pointer(unsafe.SliceData(events))), uintptr(len(events)), 0, 0, 0)
	if e != 0 {
		return 0, e
	}
	return counted(r, len(events))
}
