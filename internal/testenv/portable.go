package testenv

import "testing"

// NeedsLinuxPath skips the test where the library was built with the tag portable, and so without
// the path of Linux that it tests, such as "splice(2)".
func NeedsLinuxPath(t testing.TB, path string) {
	t.Helper()
	if Portable {
		t.Skipf("needs %s, which the build tag portable does without", path)
	}
}
