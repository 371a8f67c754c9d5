package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestAbsent: what is left out exists, so that no row outlives its test.
func TestAbsent(t *testing.T) {
	for _, a := range absent {
		files, err := filepath.Glob(filepath.Join("../..", a.path, "*_test.go"))
		if err != nil || len(files) == 0 {
			t.Errorf("%s: no tests, %v", a.path, err)
		}
		var code strings.Builder
		for _, file := range files {
			b, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			code.Write(b)
		}
		for test := range strings.SplitSeq(a.tests, "|") {
			name, _, _ := strings.Cut(test, "/")
			if !regexp.MustCompile(`(?m)^func ` + name + `\(`).MatchString(code.String()) {
				t.Errorf("%s has no %s", a.path, name)
			}
		}
	}
	patterns, why := leftOut("example.com/bsdsocket/socket")
	if !slices.Contains(patterns, "^TestErrors$") || len(why) != len(patterns) ||
		slices.Contains(patterns, "^TestReload$") {
		t.Errorf("%q", patterns)
	}
}
