package main

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"example.com/bsdsocket/socket"
)

// TestSelfTest runs all of it on this machine, where nothing is lacking that the tests need too.
func TestSelfTest(t *testing.T) {
	var out, errs strings.Builder
	status := run(context.Background(), []string{"selftest", "-json"}, &out, &errs)
	var got []struct{ Test, Result, Why string }
	if err := json.Unmarshal([]byte(out.String()), &got); err != nil {
		t.Fatal(err, errs.String())
	}
	if status != 0 || errs.String() != "" || len(got) != len(selfTests()) {
		t.Errorf("status %d, %d tests: %s", status, len(got), errs.String())
	}
	for _, r := range got {
		if r.Result != "ok" && r.Result != "lacking" {
			t.Errorf("%+v", r)
		}
	}
}

// TestSelfTestFails has a test that fails, and one of what the machine lacks, which is no failure.
func TestSelfTestFails(t *testing.T) {
	fails := errors.New("no such luck")
	r, err := runSelfTests(context.Background(), []selfTest{
		{"good", func(context.Context) error { return nil }},
		{"bad", func(context.Context) error { return fails }},
		{"lacking", func(context.Context) error { return socket.ErrUnsupported }},
	})
	if err == nil || !strings.HasPrefix(err.Error(), "1 of 3 tests failed") {
		t.Error(err)
	}
	for i, want := range []string{"good ok ", "bad FAILED no such luck",
		"lacking lacking not supported"} {
		if got := strings.Join(r.rows[i], " "); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
