package testenv

import (
	"encoding/binary"
	"os"
	"slices"
	"testing"

	"golang.org/x/sys/unix"
)

// A trapped call is made, made and answered otherwise, or not made at all, as the function says at
// the time; also that of another thread, and that of package os.
func TestTrapped(t *testing.T) {
	trap := Trapped(t, unix.SYS_GETSOCKOPT, unix.SYS_DUP3, unix.SYS_CLOSE)
	if trap == nil {
		return
	}
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fds[0])
	ask := func() (n int, err error) {
		done := make(chan bool)
		go func() {
			n, err = unix.GetsockoptInt(fds[0], unix.SOL_SOCKET, unix.SO_TYPE)
			close(done)
		}()
		<-done
		return n, err
	}
	check := func(what string, want int, wantErr error) {
		t.Helper()
		if n, err := ask(); n != want || err != wantErr {
			t.Errorf("%s: %d, %v; want %d, %v", what, n, err, want, wantErr)
		}
	}
	check("nobody is asked", unix.SOCK_STREAM, nil)
	trap.On(func(c *Held) Verdict { return Fault(unix.EXDEV) })
	check("an error", 0, unix.EXDEV)
	trap.On(func(c *Held) Verdict {
		v := c.Make()
		value := make([]byte, 4)
		if err := c.Read(c.Args[3], value); err != nil ||
			binary.NativeEndian.Uint32(value) != unix.SOCK_STREAM {
			v.Errno = unix.EDOM
		} else if err := c.Write(c.Args[3],
			binary.NativeEndian.AppendUint32(nil, 4711)); err != nil {
			v.Errno = unix.ERANGE
		}
		return v
	})
	check("another value", 4711, nil)

	var seen []uintptr
	trap.On(func(c *Held) Verdict {
		seen = append(seen, c.Number)
		return Verdict{}
	})
	f := os.NewFile(uintptr(fds[1]), "socket")
	if err := f.Close(); err != nil {
		t.Error(err)
	}
	check("the kernel makes it", unix.SOCK_STREAM, nil)
	trap.On(nil)
	if want := []uintptr{unix.SYS_CLOSE, unix.SYS_GETSOCKOPT}; !slices.Equal(seen, want) {
		t.Errorf("asked about %v, want %v", seen, want)
	}
}
