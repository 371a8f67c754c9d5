//go:build !windows

package testenv

import "testing"

// NotWine does nothing: this is not Windows.
func NotWine(t testing.TB, defect, document string) {}
