package testenv

import (
	"fmt"
	"testing"
)

// Tried tells "make soak" how often the test tried something, and how many of those were lost,
// wrong or late: that must be none, so that it fails the test otherwise. What is tried is a short
// sentence; calls with the same words are added up, from all tests and all runs.
func Tried(t testing.TB, what string, tried, lost int64) {
	t.Helper()
	t.Attr(TriedAttribute, fmt.Sprintf("%d %d %s", tried, lost, what))
	if lost != 0 {
		t.Errorf("%s: %d of %d lost", what, lost, tried)
	}
}

// TriedAttribute is the key of the attributes that Tried prints, whose values are two numbers and
// the words.
const TriedAttribute = "tried"
