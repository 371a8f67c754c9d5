package testenv

import (
	"testing"
	"time"
)

func TestHowLong(t *testing.T) {
	for text, want := range map[string]time.Duration{"": 250 * time.Millisecond,
		"5m": 5 * time.Minute, "-1s": 0, "0": 0, "long": 0} {
		t.Setenv("BSDSOCKET_SOAK", text)
		var got time.Duration
		r := record(func(t testing.TB) { got = Soak(t) })
		if got != want || (r.how == "fail") != (want == 0) || Soaking() != (text != "") {
			t.Errorf("BSDSOCKET_SOAK=%q: %v, %s, Soaking %v; want %v", text, got, r.how, Soaking(),
				want)
		}
	}
}

func TestSeed(t *testing.T) {
	t.Setenv("BSDSOCKET_SEED", "42")
	a, seed := Seed(t)
	b, _ := Seed(t)
	if seed != 42 || a.Uint64() != b.Uint64() {
		t.Error("a seed that is given does not give the same numbers again")
	}
	t.Setenv("BSDSOCKET_SEED", "no")
	if r := record(func(t testing.TB) { Seed(t) }); r.how != "fail" {
		t.Error("a seed that is no number was taken")
	}
}
