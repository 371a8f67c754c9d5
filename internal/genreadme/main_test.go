package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestRun writes the table, and tells a file with an old one.
func TestRun(t *testing.T) {
	file := filepath.Join(t.TempDir(), "OPTIONS.md")
	if err := run(file, true); err == nil {
		t.Error("a file that does not exist is up to date")
	}
	if err := os.WriteFile(file, []byte("an old table\n"), 0o644); err != nil {
		t.Fatal(err)
	}
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
	for _, want := range []string{"## IPPROTO_TCP",
		"| `TCPNoDelay` | `TCP_NODELAY` | `bool` | rw |",
		"| `SOLinger` | `SO_LINGER` | `sockopt.Linger` | rw |"} {
		if !strings.Contains(got, want) {
			t.Errorf("the file has no %q", want)
		}
	}
	if strings.Contains(got, "an old table") {
		t.Error("the old table is still there")
	}
	if err := run(t.TempDir(), false); err == nil {
		t.Error("a directory was written")
	}
}

// TestUpToDate: the repository's own table is the one that would be written.
func TestUpToDate(t *testing.T) {
	if err := run("../../sockopt/OPTIONS.md", true); err != nil {
		t.Error(err)
	}
}
