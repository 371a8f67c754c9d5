package tcp_test

import (
	"runtime"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"example.com/bsdsocket/internal/testenv"
	"example.com/bsdsocket/ports/tcp"
)

// A policy that refuses AF_INET6, by whatever errno, leaves a listener with all defaults IPv4; for
// want of descriptors there is none.
func TestListenRefused(t *testing.T) {
	if runtime.GOARCH == "386" || runtime.GOARCH == "s390x" {
		t.Skip("socket(2) is socketcall(2)")
	}
	for _, errno := range []syscall.Errno{unix.EPERM, unix.EACCES, unix.ENOSYS, unix.EINVAL,
		unix.EAFNOSUPPORT, unix.EMFILE, unix.ENOBUFS} {
		t.Run(unix.ErrnoName(errno), func(t *testing.T) {
			if !testenv.Refused(t,
				testenv.Refusal{Call: unix.SYS_SOCKET, First: unix.AF_INET6, Errno: errno}) {
				return
			}
			l, err := tcp.Listen(ctx, "0", nil)
			if errno == unix.EMFILE || errno == unix.ENOBUFS {
				is(t, err, errno)
				return
			}
			must(t, err)
			defer l.Close()
			client, server := both(t, l, "localhost", nil)
			talk(t, client, server)
		})
	}
}
