package socket_test

import (
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/internal/testenv"
)

// Where every call that polls is refused, a Read that gets no byte cannot tell the end from an
// empty message, and says why: without an error, who reads to the end would go on for ever. (Other
// processors have other such calls.)
func TestEveryPollRefused(t *testing.T) {
	for _, errno := range []syscall.Errno{unix.EPERM, unix.ENOSYS} {
		t.Run(unix.ErrnoName(errno), func(t *testing.T) {
			if !testenv.Refused(t, testenv.Refusal{Call: unix.SYS_PPOLL, Errno: errno},
				testenv.Refusal{
					Call:  unix.SYS_POLL,
					Errno: errno,
				}) {
				return
			}
			a, b := pair(t, constants.SOCK_SEQPACKET)
			ok(t, a.Close())
			is(t, second(b.Read(make([]byte, 1))), errno)
		})
	}
}
