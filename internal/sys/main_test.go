package sys_test

import (
	"testing"

	"example.com/bsdsocket/internal/sys"
	"example.com/bsdsocket/internal/testenv"
)

// Package testenv imports this one, so tests from inside cannot import it.
func TestMain(m *testing.M) {
	sys.NeedsVSock = func(t testing.TB) { testenv.Needs(t, testenv.VSock) }
	testenv.Main(m)
}
