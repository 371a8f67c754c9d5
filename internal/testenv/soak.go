package testenv

import (
	"os"
	"testing"
	"time"
)

// Soak returns for how long the calling test shall go on: a quarter of a second, or what
// BSDSOCKET_SOAK says, such as "5m", for each test that asks. It fails the test if that is no
// positive duration.
//
// Such a test is named TestSoak..., so that a long run finds them all:
//
//	BSDSOCKET_SOAK=5m go test -timeout 0 -run '^TestSoak' ./...
//
// It works in rounds, of which it makes at least one, until the time is over; a quick run makes the
// same rounds as a long one. What is random comes from a seed that it prints when it fails
// ([Seed]).
func Soak(t testing.TB) time.Duration {
	t.Helper()
	const quick = 250 * time.Millisecond
	text, ok := os.LookupEnv(soakVariable)
	if !ok || text == "" {
		return quick
	}
	d, err := time.ParseDuration(text)
	if err != nil || d <= 0 {
		t.Fatalf("%s=%q is no positive duration", soakVariable, text)
	}
	return d
}

// Soaking reports whether this is a long run: BSDSOCKET_SOAK is set. A test may then try all of
// what it tries a sample of otherwise.
func Soaking() bool { return os.Getenv(soakVariable) != "" }

const soakVariable = "BSDSOCKET_SOAK"
