// Package testenv is what the tests of this module share: features that a test needs, network
// namespaces, and a TestMain that fails on leaked descriptors and goroutines.
//
// Only tests import it. It counts as a test itself, so it makes its system calls through x/sys and
// not through internal/sys, whose own tests use it too.
package testenv

import (
	"errors"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// A Feature is something that a machine may lack. The package's variables are the known ones; a
// test that needs another declares its own.
type Feature struct {
	// Name says what it is, as in "needs UDP_SEGMENT".
	Name string
	// Since is the first Linux kernel that always has it, such as "4.18". A privileged test on such
	// a kernel fails without the feature. It is empty where a kernel may be built without the
	// feature.
	Since string
	// CI is true for what .ci/run installs. With BSDSOCKET_CI=1 a test fails without it, unless
	// what is missing is the permission to use it.
	CI bool
	// Probe returns nil if the feature is there and otherwise the reason. It runs once in a
	// process. If it is nil, the platform's table of probes has it under Name.
	Probe func() error
}

// Needs skips the test unless all features are there, and says which is not and why. It fails the
// test instead where the feature is known to be there, so that no test is silently lost:
//
//   - Since names a kernel, the running one is as new, and the tests have root's capabilities;
//   - CI is set, BSDSOCKET_CI=1 is in the environment, and it was not the permission that was
//     missing.
//
// With BSDSOCKET_EMULATED=1, as under qemu-user, a kernel's version promises nothing.
func Needs(t testing.TB, features ...Feature) {
	t.Helper()
	for _, f := range features {
		err := probe(f)
		switch {
		case err == nil:
		case f.CI && os.Getenv("BSDSOCKET_CI") == "1" && !errors.Is(err, fs.ErrPermission):
			t.Fatalf("needs %s: %v, but BSDSOCKET_CI=1 says that it is installed", f.Name, err)
		case f.Since != "" && os.Getenv("BSDSOCKET_EMULATED") != "1" && privileged() &&
			!older(kernel(), f.Since):
			t.Fatalf("needs %s: %v, but every Linux from %s on has it and this is %s", f.Name, err,
				f.Since, kernel())
		default:
			t.Skipf("needs %s: %v", f.Name, err)
		}
	}
}

// NeedsKernel skips the test on Linux kernels older than the given one, such as "6.5", and
// elsewhere.
func NeedsKernel(t testing.TB, since string) {
	t.Helper()
	switch have := kernel(); {
	case have == "":
		t.Skipf("needs Linux %s: this is another system", since)
	case older(have, since):
		t.Skipf("needs Linux %s: this is %s", since, have)
	}
}

var probed sync.Map // Name to func() error

func probe(f Feature) error {
	p := f.Probe
	if p == nil {
		p = probes[f.Name]
	}
	if p == nil {
		return errNoProbe
	}
	once, _ := probed.LoadOrStore(f.Name, sync.OnceValue(p))
	return once.(func() error)()
}

// older compares kernel releases by their first two numbers: "6.1.0-13-amd64" is older than "6.5".
func older(have, since string) bool {
	h, s := release(have), release(since)
	return h[0] < s[0] || h[0] == s[0] && h[1] < s[1]
}

func release(s string) (n [2]int) {
	for i, part := range strings.SplitN(s, ".", 3) {
		if i == len(n) {
			break
		}
		digits := strings.IndexFunc(part, func(r rune) bool { return r < '0' || r > '9' })
		if digits < 0 {
			digits = len(part)
		}
		n[i], _ = strconv.Atoi(part[:digits]) // no digits: 0
	}
	return n
}
