package house

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

// tags are what begins a line of the list of changes.
var tags = []string{"New API", "API change", "Improvement", "Bug fix"}

// TestChanges holds that each line of the list of changes has one of the tags, and says something
// once.
func TestChanges(t *testing.T) {
	seen := map[string]bool{}
	for line := range strings.Lines(readFile(t, "CHANGELOG.md")) {
		text, found := strings.CutPrefix(line, "- ")
		if !found {
			continue
		}
		tag, said, _ := strings.Cut(strings.TrimPrefix(text, "["), "] ")
		if !strings.HasPrefix(text, "[") || !slices.Contains(tags, tag) ||
			strings.TrimSpace(said) == "" {
			t.Errorf("no tag of %q: %s", tags, line)
		}
		if seen[line] {
			t.Errorf("twice: %s", line)
		}
		seen[line] = true
	}
	if len(seen) == 0 {
		t.Error("there is no line")
	}
}

// Row X23: TestLists holds that the tables which name tests name those that there are, and have all
// their columns.
func TestLists(t *testing.T) {
	_, tests := read(t).index(t)
	for _, list := range []struct {
		file    string
		columns int
		none    []string // what may stand in place of tests
	}{
		{"SECURITY.md", 4, nil},
		{"testdata/reports.md", 5, []string{"none"}},
	} {
		rows := tableRows(readFile(t, list.file))
		if len(rows) == 0 {
			t.Errorf("%s has no rows", list.file)
		}
		for _, cells := range rows {
			if len(cells) != list.columns || slices.Contains(cells, "") {
				t.Errorf("%s: %d columns, some of them empty, want %d: %q",
					list.file, len(cells), list.columns, cells)
				continue
			}
			shown := cells[len(cells)-1]
			if slices.Contains(list.none, shown) {
				continue
			}
			for _, name := range items(shown) {
				if _, ok := tests[name]; !ok {
					t.Errorf("%s: there is no test %s", list.file, name)
				}
			}
		}
	}
}

// tableRows returns the cells of the rows below the heads of a document's tables. A bar behind a
// backslash, or between backquotes, is none between cells.
func tableRows(document string) (rows [][]string) {
	head := true
	for line := range strings.Lines(document) {
		line, found := strings.CutPrefix(strings.TrimSpace(line), "|")
		switch {
		case !found:
			head = true
		case regexp.MustCompile(`^[-:|]+$`).MatchString(line):
			head = false
		case !head:
			rows = append(rows, cellsOf(strings.TrimSuffix(line, "|")))
		}
	}
	return rows
}

func cellsOf(line string) (cells []string) {
	quoted, begin := false, 0
	for i := range len(line) {
		switch {
		case line[i] == '`':
			quoted = !quoted
		case line[i] == '|' && !quoted && (i == 0 || line[i-1] != '\\'):
			cells = append(cells, strings.TrimSpace(line[begin:i]))
			begin = i + 1
		}
	}
	return append(cells, strings.TrimSpace(line[begin:]))
}
