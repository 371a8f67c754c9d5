package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestRun writes the table into a file, leaves the rest of it as it is, and tells
// a file with an old table.
func TestRun(t *testing.T) {
	file := filepath.Join(t.TempDir(), "README.md")
	write := func(text string) {
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("before\n" + begin + "an old table\n" + end + "after\n")
	if err := run(file, true); err == nil {
		t.Error("an old table is up to date")
	}
	if err := run(file, false); err != nil {
		t.Fatal(err)
	}
	if err := run(file, true); err != nil {
		t.Error(err)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	got := string(text)
	if !strings.HasPrefix(got, "before\n") || !strings.HasSuffix(got, "after\n") || strings.Contains(got, "an old table") {
		t.Errorf("the file is now\n%.500s", got)
	}
	for _, want := range []string{"#### IPPROTO_TCP", "| `TCPNoDelay` | `TCP_NODELAY` | `bool` | rw |", "| `SOLinger` | `SO_LINGER` | `sockopt.Linger` | rw |"} {
		if !strings.Contains(got, want) {
			t.Errorf("the file has no %q", want)
		}
	}
	write("no markers\n")
	if err := run(file, false); err == nil {
		t.Error("a file without markers was written")
	}
	if err := run(filepath.Join(t.TempDir(), "missing"), false); err == nil {
		t.Error("a file that does not exist was written")
	}
}
