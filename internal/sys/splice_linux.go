//go:build !portable

package sys

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// Sendfile wraps sendfile(2): it sends at most n bytes of the file from the offset on, and returns
// how many. 0 is the end of the file.
func Sendfile(to, from int, offset int64, n int) (int, error) {
	if err := KeepNonblock(to); err != nil {
		return 0, err
	}
	raceRelease()
	sent, err := unix.Sendfile(to, from, &offset, n)
	if err != nil {
		return 0, err
	}
	return counted(uintptr(sent), n)
}

// Splice wraps splice(2): it moves at most n bytes, of which one end is a pipe, without waiting,
// and returns how many. 0 is the end of the data. That it does not wait for the other end needs
// that one's O_NONBLOCK ([KeepNonblock]).
func Splice(from, to, n int) (int, error) {
	raceRelease()
	moved, err := unix.Splice(from, nil, to, nil, n, unix.SPLICE_F_MOVE|unix.SPLICE_F_NONBLOCK)
	if err != nil {
		return 0, err
	}
	raceAcquire(from)
	return counted(uintptr(moved), n)
}

// PipeSize is how large [Pipe] makes a pipe, if it may: a quarter of what an unprivileged process
// may have (pipe(7), /proc/sys/fs/pipe-max-size). It counts pages, and a page of a pipe may hold
// little.
const PipeSize = 256 << 10

// Pipe wraps pipe2(2): a pipe that is close-on-exec and non-blocking.
func Pipe() (read, write int, err error) {
	var fds [2]int32
	if _, _, e := unix.Syscall(unix.SYS_PIPE2, uintptr(unsafe.Pointer(&fds)),
		unix.O_CLOEXEC|unix.O_NONBLOCK, 0); e != 0 {
		return -1, -1, errno(e)
	}
	unix.FcntlInt(uintptr(fds[1]), unix.F_SETPIPE_SZ, PipeSize) // a smaller one works too
	return int(fds[0]), int(fds[1]), nil
}

// Read wraps read(2).
func Read(fd int, b []byte) (int, error) {
	n, err := unix.Read(fd, b)
	if err != nil {
		return 0, err
	}
	return counted(uintptr(n), len(b))
}
