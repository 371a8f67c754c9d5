package testenv

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

func TestMain(m *testing.M) { Main(m) }

// recorder is a testing.TB that notes how Needs ended the test. Like the real one it ends the
// goroutine.
type recorder struct {
	testing.TB
	how, text string
}

type ended struct{}

func (r *recorder) Helper() {}
func (r *recorder) Skipf(format string, args ...any) {
	r.how, r.text = "skip", fmt.Sprintf(format, args...)
	panic(ended{})
}
func (r *recorder) Fatalf(format string, args ...any) {
	r.how, r.text = "fail", fmt.Sprintf(format, args...)
	panic(ended{})
}

func needs(features ...Feature) *recorder {
	return record(func(t testing.TB) { Needs(t, features...) })
}

// record tells how fn ended its test.
func record(fn func(t testing.TB)) (r *recorder) {
	r = &recorder{how: "run"}
	defer func() {
		if v := recover(); v != nil && v != any(ended{}) {
			panic(v)
		}
	}()
	fn(r)
	return r
}

func TestNeeds(t *testing.T) {
	absent := errors.New("it is not there")
	missing := func() error { return absent }
	refused := func() error { return os.ErrPermission }
	present := func() error { return nil }
	known := "skip" // what a Linux feature that must be there comes to
	if privileged() {
		known = "fail"
	}
	for _, test := range []struct {
		feature      Feature
		ci, emulated string
		want         string
	}{
		{Feature{Name: "t1", Probe: present}, "", "", "run"},
		{Feature{Name: "t2", Probe: missing}, "", "", "skip"},
		{Feature{Name: "t3", Probe: missing}, "1", "", "skip"},
		{Feature{Name: "t4", Probe: missing, CI: true}, "", "", "skip"},
		{Feature{Name: "t5", Probe: missing, CI: true}, "1", "", "fail"},
		{Feature{Name: "t10", Probe: refused, CI: true}, "1", "", "skip"},
		{Feature{Name: "t6", Probe: missing, Since: "2.6"}, "", "", known},
		{Feature{Name: "t7", Probe: missing, Since: "2.6"}, "", "1", "skip"},
		{Feature{Name: "t8", Probe: missing, Since: "999.0"}, "", "", "skip"},
		{Feature{Name: "t9 without a probe"}, "", "", "skip"},
	} {
		t.Setenv("BSDSOCKET_CI", test.ci)
		t.Setenv("BSDSOCKET_EMULATED", test.emulated)
		r := needs(test.feature)
		if r.how != test.want {
			t.Errorf("Needs(%+v) with CI %q, EMULATED %q: %s %q, want %s", test.feature, test.ci,
				test.emulated, r.how, r.text, test.want)
		}
		if r.how != "run" && !strings.Contains(r.text, "needs "+test.feature.Name+": ") {
			t.Errorf("Needs(%+v) says %q, which does not name the feature", test.feature, r.text)
		}
	}
	if r := needs(Feature{Name: "t1", Probe: present},
		Feature{Name: "t2", Probe: missing}); r.how != "skip" || !strings.Contains(r.text,
		"t2: it is not there") {
		t.Errorf("Needs with one present and one missing: %s %q", r.how, r.text)
	}
}

func TestOlder(t *testing.T) {
	for _, test := range []struct {
		have, since string
		want        bool
	}{
		{"6.1.0-13-amd64", "6.5", true},
		{"6.18.44", "6.5", false},
		{"5.15.0", "5.15", false},
		{"4.19", "5.0", true},
		{"10.0-rc1", "9.9", false},
		{"6.2+", "6.3", true},
		{"", "2.6", true},
	} {
		if got := older(test.have, test.since); got != test.want {
			t.Errorf("older(%q, %q) = %t", test.have, test.since, got)
		}
	}
}

// TestLeaks runs this test binary again, as TestLeave, and looks at how Main ends it.
func TestLeaks(t *testing.T) {
	for _, test := range []struct{ leave, want string }{
		{"nothing", ""},
		{"goroutine", "TestLeave"},
		{"descriptor", "a socket of family 1, type 2, protocol 0"},
		{"thread", "in the network namespace"},
	} {
		t.Run(test.leave, func(t *testing.T) {
			t.Parallel()
			if test.leave == "descriptor" || test.leave == "thread" {
				Needs(t, NetNamespaces) // Linux, whose procfs Main reads
			}
			exe, err := os.Executable()
			if err != nil {
				t.Fatal(err)
			}
			cmd := exec.Command(exe, "-test.run=^TestLeave$")
			cmd.Env = append(os.Environ(), "BSDSOCKET_LEAVE="+test.leave)
			out, err := cmd.CombinedOutput()
			if failed := err != nil; failed != (test.want != "") {
				t.Errorf("a test that leaves %s: %v\n%s", test.leave, err, out)
			}
			if failed := bytes.Contains(out,
				[]byte("left after the tests")); failed != (test.want != "") || !bytes.Contains(out,
				[]byte(test.want)) {
				t.Errorf("a test that leaves %s prints\n%s\nwant %q", test.leave, out, test.want)
			}
		})
	}
}

// TestLeave leaves something behind when TestLeaks asks for it.
func TestLeave(t *testing.T) {
	leave := map[string]func(*testing.T){
		"":           func(*testing.T) {},
		"nothing":    func(*testing.T) {},
		"goroutine":  func(*testing.T) { go func() { select {} }() },
		"descriptor": leaveDescriptor,
		"thread":     leaveThread,
	}
	what := os.Getenv("BSDSOCKET_LEAVE")
	if what != "" && what != "nothing" {
		patience = 100 * time.Millisecond // it is known to stay
	}
	leave[what](t)
}

func TestProbesAnswer(t *testing.T) {
	for _, f := range []Feature{IPCommand, GCC, IPv6Loopback, Root} {
		err := probe(f)
		t.Logf("%s: %v", f.Name, err)
		if errors.Is(err, errNoProbe) {
			t.Errorf("%s has no probe", f.Name)
		}
	}
}
