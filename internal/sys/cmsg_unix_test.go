//go:build linux || darwin || dragonfly || freebsd || netbsd || openbsd

package sys

import (
	"testing"

	"golang.org/x/sys/unix"
)

// Messages are laid out as x/sys does it, on every processor.
func TestCmsgSpace(t *testing.T) {
	for n := range 64 {
		if got, want := CmsgSpace(n), unix.CmsgSpace(n); got != want {
			t.Errorf("CmsgSpace(%d) is %d, want %d", n, got, want)
		}
	}
	if cmsgDataAt != unix.CmsgLen(0) {
		t.Errorf("data begin at %d, want %d", cmsgDataAt, unix.CmsgLen(0))
	}
}
