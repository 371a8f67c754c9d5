//go:build !windows

package fd

import (
	"os"
	"syscall"
	"time"

	"example.com/bsdsocket/internal/sys"
)

// polledFile is what the poller knows a descriptor by.
type polledFile = os.File

// register makes a file of the descriptor, which gives it to the poller. When it fails, it leaves
// the descriptor alone.
func register(sysfd int) (*polledFile, syscall.RawConn, error) {
	file := os.NewFile(uintptr(sysfd), "socket")
	raw, err := file.SyscallConn()
	// NewFile does not say that the poller refused the descriptor, but without the poller there are
	// no deadlines.
	if err == nil && file.SetReadDeadline(time.Time{}) == nil {
		return file, raw, nil
	}
	sys.Disown(file)
	switch err = sys.Pollable(sysfd); err {
	case nil, syscall.EPERM:
		return nil, nil, errNotPolled
	}
	return nil, nil, &os.SyscallError{Syscall: "epoll_ctl", Err: err}
}

// tryAgain has nothing to do: the kernel tells the poller of all that can end a wait.
func tryAgain(*polledFile, Dir) {}
