package testenv

import (
	"os"
	"testing"

	"golang.org/x/sys/unix"
)

// A refused call has its error or its result in the child process, on every thread; others are
// made.
func TestRefused(t *testing.T) {
	t.Run("errors", func(t *testing.T) {
		if !Refused(t, Refusal{Call: unix.SYS_GETPRIORITY, Errno: unix.EXDEV},
			Refusal{Call: unix.SYS_FCHDIR, First: 12345, Errno: unix.EPERM}) {
			return
		}
		done := make(chan error)
		go func() { // on another thread, as this one is taken until it has ended
			_, err := unix.Getpriority(unix.PRIO_PROCESS, 0)
			done <- err
		}()
		if err := <-done; err != unix.EXDEV {
			t.Errorf("another thread: %v", err)
		}
		if _, err := unix.Getpriority(unix.PRIO_PROCESS, 0); err != unix.EXDEV {
			t.Error(err)
		}
		if err := unix.Fchdir(12345); err != unix.EPERM {
			t.Errorf("the first argument that is refused: %v", err)
		}
		if err := unix.Fchdir(12346); err != unix.EBADF {
			t.Errorf("another first argument: %v", err)
		}
	})
	t.Run("results", func(t *testing.T) {
		if !Refused(t, Refusal{Call: unix.SYS_GETPRIORITY, Result: 4711},
			Refusal{Call: unix.SYS_FCHDIR}) {
			return
		}
		if n, err := unix.Getpriority(unix.PRIO_PROCESS, 0); n != 4711 || err != nil {
			t.Error(n, err)
		}
		if err := unix.Fchdir(12345); err != nil {
			t.Error(err)
		}
	})
	if os.Getenv("BSDSOCKET_REFUSED") == "" {
		if _, err := unix.Getpriority(unix.PRIO_PROCESS, 0); err != nil {
			t.Errorf("refused in the parent too: %v", err)
		}
	}
}
