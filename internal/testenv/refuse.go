package testenv

import (
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A Refusal is a system call that the kernel does not make, as if a sandbox's policy forbade it
// (seccomp(2)): it has an error or a result instead.
type Refusal struct {
	Call uintptr // its number, such as unix.SYS_SENDMMSG
	// Only calls with this first argument, such as AF_NETLINK of socket(2); 0: all.
	First  int
	Errno  syscall.Errno // its error
	Result int           // what it returns, without having done anything, if Errno is 0
}

// Refused runs the calling test once more, alone and in a child process in which the kernel refuses
// system calls, and fails it if it fails there. It is true in that process, from then on with the
// refusals in force for all of its threads, and false in the parent, which has nothing more to do:
//
//	func TestWithoutSendmmsg(t *testing.T) {
//		if !testenv.Refused(t, testenv.Refusal{Call: unix.SYS_SENDMMSG, Errno: unix.EPERM}) {
//			return
//		}
//		... // here sendmmsg(2) is EPERM
//	}
//
// A subtest may call it too: what its test does before runs in the child as well, and other
// subtests that call it return at once there. It calls [Needs] for [Seccomp].
//
// On linux/386 package syscall makes socket calls by socketcall(2), whose first argument is
// another.
func Refused(t *testing.T, refusals ...Refusal) bool {
	t.Helper()
	Needs(t, Seccomp)
	if !alone(t) {
		return false
	}
	if err := refuse(t, refusals); err != nil {
		t.Fatalf("refusing system calls: %v", err)
	}
	return true
}

// alone runs the calling test once more in a child process, and is true there. In the parent, and
// in tests of the child that are not the one it was made for, it is false.
func alone(t *testing.T, environment ...string) bool {
	t.Helper()
	const key = "BSDSOCKET_REFUSED"
	if in := os.Getenv(key); in != "" {
		return in == t.Name()
	}
	var pattern []string
	for part := range strings.SplitSeq(t.Name(), "/") {
		pattern = append(pattern, "^"+regexp.QuoteMeta(part)+"$")
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	arguments := []string{"-test.run=" + strings.Join(pattern, "/"), "-test.count=1", "-test.v"}
	if deadline, ok := t.Deadline(); ok { // so that it says where it hangs
		arguments = append(arguments, fmt.Sprint("-test.timeout=", time.Until(deadline)*9/10))
	}
	cmd := exec.CommandContext(t.Context(), self, arguments...)
	cmd.Env = append(append(os.Environ(), key+"="+t.Name()), environment...)
	out, err := cmd.CombinedOutput()
	switch {
	case err != nil:
		t.Errorf("in the child process: %v\n%s", err, out)
	case strings.Contains(string(out), "--- SKIP: "+t.Name()+" "):
		t.Skipf("in the child process:\n%s", out)
	case !strings.Contains(string(out), "--- PASS: "+t.Name()+" "):
		t.Errorf("the child process did not run it:\n%s", out)
	}
	return false
}
