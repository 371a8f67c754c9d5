//go:build unix

package sys

import (
	"os"
	"runtime"
	"testing"

	"golang.org/x/sys/unix"
)

// A file that was disowned does not close its descriptor, and leaves nothing behind.
func TestDisown(t *testing.T) {
	var fds [2]int
	if err := unix.Pipe(fds[:]); err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fds[0])
	defer unix.Close(fds[1])
	for range 10 {
		Disown(os.NewFile(uintptr(fds[0]), "not ours"))
	}
	left := 0
	kept.Range(func(any, any) bool { left++; return true })
	if disown == (left > 0) {
		t.Errorf("%d files are kept", left)
	}
	// A finalizer that runs after theirs would have.
	for range 3 {
		done := make(chan struct{})
		runtime.SetFinalizer(new([64]*int), func(*[64]*int) { close(done) })
		runtime.GC()
		<-done
	}
	if _, err := unix.FcntlInt(uintptr(fds[0]), unix.F_GETFD, 0); err != nil {
		t.Errorf("the descriptor was closed: %v", err)
	}
}
