package sys_test

import (
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"example.com/bsdsocket/internal/sys"
	"example.com/bsdsocket/internal/testenv"
)

// Lengths that are more than there was room for are errors: nothing panics, and nothing is taken
// for sent.
func TestLyingCounts(t *testing.T) {
	testenv.NeedsLinuxPath(t, "splice(2)")
	const lie = 5000
	var refusals []testenv.Refusal
	for _, call := range []uintptr{unix.SYS_RECVFROM, unix.SYS_SENDTO, unix.SYS_SENDMSG,
		unix.SYS_RECVMSG, unix.SYS_SENDMMSG, unix.SYS_RECVMMSG, testenv.SendfileCall,
		unix.SYS_SPLICE} {
		refusals = append(refusals, testenv.Refusal{Call: call, Result: lie})
	}
	if !testenv.Refused(t, refusals...) {
		return
	}
	fds, err := sys.Socketpair(unix.AF_UNIX, unix.SOCK_DGRAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	a, b := fds[0], fds[1]
	defer sys.Close(a)
	defer sys.Close(b)
	buf := make([]byte, 10)
	var m sys.Msg
	var batch sys.Batch
	var sa sys.RawAddr
	m.Set([][]byte{buf[:5], buf[5:]}, nil, nil)
	batch.Begin(nil, nil)
	batch.Buffer(buf)
	for what, call := range map[string]func() (int, error){
		"recv": func() (int, error) { return sys.Recv(a, buf, 0) },
		"recvfrom": func() (int, error) {
			n, size, err := sys.Recvfrom(a, buf, 0, &sa)
			return n + size, err
		},
		"send":    func() (int, error) { return sys.Send(b, buf, 0) },
		"sendto":  func() (int, error) { return sys.Sendto(b, buf, 0, sa[:16]) },
		"sendmsg": func() (int, error) { return sys.Sendmsg(b, &m, 0) },
		"recvmsg": func() (int, error) {
			n, control, flags, err := sys.Recvmsg(a, &m, 0)
			return n + control + flags, err
		},
		"sendmmsg": func() (int, error) { return sys.Sendmmsg(b, &batch, 0, 0) },
		"recvmmsg": func() (int, error) { return sys.Recvmmsg(a, &batch, 0) },
		"sendfile": func() (int, error) { return sys.Sendfile(a, b, 0, 10) },
		"splice":   func() (int, error) { return sys.Splice(a, b, 10) },
	} {
		if n, err := call(); n != 0 || err != syscall.EIO {
			t.Errorf("%s: %d, %v", what, n, err)
		}
	}
	if n, err := sys.Recv(a, buf, unix.MSG_TRUNC); n != lie || err != nil {
		t.Errorf("the length of a datagram that was cut: %d, %v", n, err)
	}
}
