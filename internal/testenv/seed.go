package testenv

import (
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"
)

// Seed returns a source of random numbers for the test, and the seed that they come from. If the
// test fails, it says how to replay it: with BSDSOCKET_SEED=seed, which gives the same numbers
// again.
func Seed(t testing.TB) (*rand.Rand, uint64) {
	t.Helper()
	seed := uint64(time.Now().UnixNano())
	if text := os.Getenv(seedVariable); text != "" {
		var err error
		if seed, err = strconv.ParseUint(text, 0, 64); err != nil {
			t.Fatalf("%s=%q is no number", seedVariable, text)
		}
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("to replay it: %s=%d go test -run '^%s$'", seedVariable, seed, t.Name())
		}
	})
	return rand.New(rand.NewPCG(seed, 0)), seed
}

const seedVariable = "BSDSOCKET_SEED"
