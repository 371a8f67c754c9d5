package soak

import (
	"testing"

	"example.com/bsdsocket/internal/testenv"
)

func TestMain(m *testing.M) {
	asPeer() // a process that a test has started ends there
	testenv.Main(m)
}
