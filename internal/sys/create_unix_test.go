//go:build unix

package sys

import (
	"bytes"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// bothWays runs a test with the kernel's flags, and with fcntl(2) under the fork lock.
func bothWays(t *testing.T, test func(t *testing.T)) {
	t.Run("atomic", test)
	t.Run("fork lock", func(t *testing.T) {
		atomicFlags = false
		defer func() { atomicFlags = true }()
		test(t)
	})
}

func flagged(t *testing.T, what string, fd int) {
	t.Helper()
	closed, err := CloseOnExec(fd)
	if err != nil || !closed {
		t.Errorf("%s: close-on-exec %t, %v", what, closed, err)
	}
	if flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFL, 0); err != nil ||
		flags&unix.O_NONBLOCK == 0 {
		t.Errorf("%s: flags %#x, %v", what, flags, err)
	}
}

func made(t *testing.T, fd int, err error) int {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { Close(fd) })
	return fd
}

// Every descriptor is close-on-exec and non-blocking, whichever way the kernel makes it so.
func TestCreate(t *testing.T) {
	bothWays(t, func(t *testing.T) {
		fd, err := Socket(unix.AF_INET, unix.SOCK_STREAM, 0)
		l := made(t, fd, err)
		flagged(t, "Socket", l)
		fds, err := Socketpair(unix.AF_UNIX, unix.SOCK_DGRAM, 0)
		flagged(t, "Socketpair", made(t, fds[0], err))
		flagged(t, "Socketpair", made(t, fds[1], err))

		var sa RawAddr
		if _, _, err := Accept(l, &sa); err != syscall.EINVAL {
			t.Errorf("Accept of a socket that does not listen: %v", err)
		}
		to := listenOn(t, l)
		if nfd, n, err := Accept(l, &sa); nfd != -1 || n != 0 || err != syscall.EAGAIN {
			t.Errorf("Accept of nobody: %d, %d, %v", nfd, n, err)
		}
		c := connectTo(t, to)
		nfd, n, err := Accept(l, &sa)
		flagged(t, "Accept", made(t, nfd, err))
		var own RawAddr
		if m, err := Getsockname(c, &own); err != nil || !bytes.Equal(own[:m], sa[:n]) {
			t.Errorf("accepted % x, the client is % x, %v", sa[:n], own[:m], err)
		}
		dup, err := Dup(nfd)
		flagged(t, "Dup", made(t, dup, err))

		for _, bad := range [][3]int{{-1, unix.SOCK_STREAM, 0}, {unix.AF_INET, 77, 0},
			{unix.AF_INET, unix.SOCK_STREAM, 1 << 20}} {
			if fd, err := Socket(bad[0], bad[1], bad[2]); fd != -1 || !bare(err) {
				t.Errorf("Socket(%v): %d, %v", bad, fd, err)
			}
			if fds, err := Socketpair(bad[0], bad[1], bad[2]); fds != none || !bare(err) {
				t.Errorf("Socketpair(%v): %d, %v", bad, fds, err)
			}
		}
	})
}

// bare tells whether an error is an errno and nothing else, so that callers may compare it.
func bare(err error) bool {
	_, errno := err.(syscall.Errno)
	return errno
}

// listenOn binds to loopback and listens, and returns the address.
func listenOn(t *testing.T, fd int) []byte {
	t.Helper()
	to := bindTo(t, fd)
	if err := Listen(fd, 5); err != nil {
		t.Fatal(err)
	}
	return to
}

// bindTo binds to loopback and returns the address.
func bindTo(t *testing.T, fd int) []byte {
	t.Helper()
	var sa RawAddr
	n, err := Getsockname(fd, &sa) // of the family, and otherwise zero
	if err != nil {
		t.Fatal(err)
	}
	copy(sa[4:], []byte{127, 0, 0, 1})
	if err := Bind(fd, sa[:n]); err != nil {
		t.Fatal(err)
	}
	if n, err = Getsockname(fd, &sa); err != nil {
		t.Fatal(err)
	}
	return bytes.Clone(sa[:n])
}

// connectTo is a socket that connects, and waits for that as package fd does.
func connectTo(t *testing.T, to []byte) int {
	t.Helper()
	fd, err := Socket(unix.AF_INET, unix.SOCK_STREAM, 0)
	made(t, fd, err)
	err = Connect(fd, to)
	if err == syscall.EINPROGRESS {
		waitFor(t, fd, PollOut)
		err = ConnectResult(fd, to, true)
	}
	if err != nil {
		t.Fatal(err)
	}
	return fd
}

func waitFor(t *testing.T, fd int, events int16) int16 {
	t.Helper()
	p := []unix.PollFd{{Fd: int32(fd), Events: events}}
	if n, err := unix.Poll(p, 30_000); n != 1 || err != nil {
		t.Fatalf("nothing happens: %d, %v", n, err)
	}
	return p[0].Revents
}

// What keeps a descriptor from being inherited can be taken back, and the mode changed.
func TestDescriptorFlags(t *testing.T) {
	fd, err := Socket(unix.AF_INET, unix.SOCK_DGRAM, 0)
	made(t, fd, err)
	for _, on := range []bool{false, true} {
		if err := SetCloseOnExec(fd, on); err != nil {
			t.Fatal(err)
		}
		if got, err := CloseOnExec(fd); got != on || err != nil {
			t.Errorf("close-on-exec is %t, %v; set to %t", got, err, on)
		}
		if err := SetNonblock(fd, on); err != nil {
			t.Fatal(err)
		}
		if flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFL, 0); err != nil ||
			flags&unix.O_NONBLOCK != 0 != on {
			t.Errorf("flags %#x, %v; non-blocking set to %t", flags, err, on)
		}
	}
}
