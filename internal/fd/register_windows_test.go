package fd

import (
	"syscall"
	"testing"
)

// TryAgain is not lost on an operation that has tried and does not wait yet.
func TestTryAgain(t *testing.T) {
	f, peer := pair(t)
	write(t, peer)
	check(t, "a receive", read().Run(background, f, Read, 0), nil)
	for _, early := range []bool{true, false} {
		tries := 0
		var c *call
		c = newCall(func(int) error {
			if tries++; tries > 3 {
				return nil
			}
			if early && f.polled() {
				f.TryAgain(Read)
			}
			return syscall.EAGAIN
		})
		done := begin(func() error { return c.Run(background, f, Read, 0) })
		if !early {
			until(t, "it is over", func() bool {
				f.TryAgain(Read)
				return len(done) == 1
			})
		}
		check(t, "the operation", soon(t, done), nil)
	}
}
