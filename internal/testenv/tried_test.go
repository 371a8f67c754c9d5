package testenv

import (
	"fmt"
	"testing"
)

// attributes notes what Tried says.
type attributes struct {
	testing.TB
	said, failed []string
}

func (a *attributes) Helper()                { a.TB.Helper() }
func (a *attributes) Attr(key, value string) { a.said = append(a.said, key+" "+value) }
func (a *attributes) Errorf(format string, args ...any) {
	a.failed = append(a.failed, fmt.Sprintf(format, args...))
}

func TestTried(t *testing.T) {
	a := &attributes{TB: t}
	Tried(a, "connections", 7, 0)
	if len(a.failed) != 0 {
		t.Errorf("it fails though nothing is lost: %q", a.failed)
	}
	Tried(a, "bytes over TCP", 9, 1)
	if len(a.failed) != 1 {
		t.Errorf("it failed %d times though one is lost", len(a.failed))
	}
	if got, want := fmt.Sprint(a.said),
		"[tried 7 0 connections tried 9 1 bytes over TCP]"; got != want {
		t.Errorf("it said %s, want %s", got, want)
	}
}
