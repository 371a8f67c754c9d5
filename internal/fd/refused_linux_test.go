package fd

import (
	"os"
	"runtime"
	"syscall"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"

	"example.com/bsdsocket/internal/testenv"
)

// refusing runs fn on a thread whose epoll_ctl(2) fails, which it does on no other.
func refusing(t *testing.T, errno syscall.Errno, fn func() error) error {
	t.Helper()
	done := make(chan error, 1)
	go func() {
		runtime.LockOSThread() // and the thread ends with the goroutine
		const (
			load  = unix.BPF_LD | unix.BPF_W | unix.BPF_ABS
			equal = unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K
			ret   = unix.BPF_RET | unix.BPF_K
		)
		filter := []unix.SockFilter{
			{Code: load, K: 0}, // seccomp_data.nr
			{Code: equal, K: unix.SYS_EPOLL_CTL, Jf: 1},
			{Code: ret, K: unix.SECCOMP_RET_ERRNO | uint32(errno)},
			{Code: ret, K: unix.SECCOMP_RET_ALLOW},
		}
		program := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
		err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
		if err == nil {
			err = unix.Prctl(unix.PR_SET_SECCOMP, unix.SECCOMP_MODE_FILTER,
				uintptr(unsafe.Pointer(&program)), 0, 0)
		}
		if err == nil {
			err = fn()
		}
		done <- err
	}()
	return soon(t, done)
}

// What passes reaches the caller as the kernel's error, and the next call asks the poller again;
// nothing is kept.
func TestRefusalPasses(t *testing.T) {
	testenv.NeedsLinuxPath(t, "epoll(7)")
	testenv.Needs(t, testenv.Seccomp)
	for _, errno := range []syscall.Errno{syscall.ENOSPC, syscall.ENOMEM} {
		f, peer := pair(t)
		for range 3 {
			check(t, "poll", refusing(t, errno, f.poll), errno)
		}
		adopted := new(FD)
		check(t, "Adopt", refusing(t, errno, func() error { return adopted.Adopt(f.Sysfd()) }),
			errno)
		check(t, "the end of what was not adopted", adopted.Close(), ErrClosed)
		runtime.GC()
		runtime.GC()
		check(t, "the next call", runAndWake(t, f, peer, patience), nil)
	}
}

// What is for good says whose the descriptor may be, and asks no more.
func TestRefusalForGood(t *testing.T) {
	f, peer := pair(t)
	other := os.NewFile(uintptr(f.Sysfd()), "somebody else's")
	for range 2 {
		err := read().Run(background, f, Read, patience)
		check(t, "a read that waits", err, errNotPolled)
		check(t, "a read that waits", err, syscall.EEXIST)
	}
	write(t, peer)
	check(t, "a read that need not wait", read().Run(background, f, Read, patience), nil)
	check(t, "the other's Close", other.Close(), nil)
	f.forget.Stop()
	f.bits.Store(0) // the number may be another's by now
}
