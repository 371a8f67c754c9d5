package sys_test

import (
	"fmt"
	"slices"
	"testing"

	"golang.org/x/sys/unix"

	"example.com/bsdsocket/internal/sys"
	"example.com/bsdsocket/internal/testenv"
)

// Where ppoll(2) is refused, another call tells the same; where all are, that is an error.
func TestPollRefused(t *testing.T) {
	testenv.NeedsLinuxPath(t, "ppoll(2)")
	ppoll := testenv.Refusal{Call: unix.SYS_PPOLL, Errno: unix.ENOSYS}
	all := []testenv.Refusal{ppoll}
	for _, call := range sys.Polls {
		all = append(all, testenv.Refusal{Call: call, Errno: unix.EPERM})
	}
	type test struct {
		what   string
		refuse []testenv.Refusal
		fails  bool
	}
	tests := []test{
		{"ENOSYS", all[:1], len(all) == 1},
		{"EPERM", []testenv.Refusal{{Call: unix.SYS_PPOLL, Errno: unix.EPERM}}, len(all) == 1},
		{"everything", all, true},
	}
	for i := 1; i < len(all); i++ {
		tests = append(tests, test{fmt.Sprint("all but call ", all[i].Call),
			slices.Delete(slices.Clone(all), i, i+1), false})
	}
	for _, test := range tests {
		t.Run(test.what, func(t *testing.T) {
			if !testenv.Refused(t, test.refuse...) {
				return
			}
			fds, err := sys.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM, 0)
			if err != nil {
				t.Fatal(err)
			}
			defer sys.Close(fds[0])
			defer sys.Close(fds[1])
			for _, want := range []int16{0, sys.PollIn} {
				got, err := sys.Poll(fds[0], sys.PollIn)
				if test.fails != (err != nil) || !test.fails && got != want {
					t.Errorf("%#x, %v; want %#x, an error %t", got, err, want, test.fails)
				}
				sys.Send(fds[1], []byte("x"), 0)
			}
		})
	}
}
