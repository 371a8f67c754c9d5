package house

import (
	"regexp"
	"strings"
	"testing"
)

// TestComingFrom holds that what the tables for newcomers name here exists: the words in the last
// column that have a dot and no other sign of code.
func TestComingFrom(t *testing.T) {
	const file = "internal/examples/COMING.md"
	names, _ := read(t).index(t)
	word := regexp.MustCompile("`([a-z]+\\.[A-Z][A-Za-z0-9_.]*)`")
	n := 0
	for row := range strings.Lines(readFile(t, file)) {
		cells := strings.Split(row, "|")
		if len(cells) != 4 {
			continue
		}
		for _, m := range word.FindAllStringSubmatch(cells[2], -1) {
			n++
			if !names[m[1]] {
				t.Errorf("%s names %s, which there is not", file, m[1])
			}
		}
	}
	if n < 100 {
		t.Errorf("%s: only %d names were found", file, n)
	}
}
