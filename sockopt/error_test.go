package sockopt

import (
	"strings"
	"syscall"
	"testing"
)

// TestOlder compares the running kernel with those that declarations name.
func TestOlder(t *testing.T) {
	defer func(real func() string) { release = real }(release)
	for _, tt := range []struct {
		release, needs string
		want           bool
	}{
		{"6.18.44-fc", "Linux 6.17", false},
		{"6.18.44-fc", "Linux 6.18", false},
		{"6.18.44-fc", "Linux 6.19", true},
		{"6.18", "Linux 7.0", true},
		{"6.8.0", "Linux 3.4 (UDP: 4.10, TCP: 6.9)", true},
		{"6.9.0", "Linux 3.4 (UDP: 4.10, TCP: 6.9)", false},
		{"2.4.20", "Linux 2.6.25", true},
		{"6.18.44", "", false},
		{"", "Linux 9.9", false}, // no Linux
		{"weird", "Linux 9.9", false},
	} {
		release = func() string { return tt.release }
		if got := older(tt.needs); got != tt.want {
			t.Errorf("%q is older than %q: %v", tt.release, tt.needs, got)
		}
		text := (&Error{Op: "get", Needs: tt.needs, Err: syscall.ENOPROTOOPT}).Error()
		if strings.Contains(text, "it needs") != tt.want {
			t.Errorf("on %q: %s", tt.release, text)
		}
	}
	// Every declaration names a version that can be read, or none.
	release = func() string { return "2.0.0" }
	for i := range All() {
		if i.Needs != "" && !older(i.Needs) {
			t.Errorf("%s needs %q", i.GoName, i.Needs)
		}
	}
}
