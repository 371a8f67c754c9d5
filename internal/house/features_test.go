package house

import (
	"fmt"
	"go/ast"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestFeatures holds that testdata/features.md numbers the rows of a letter from 1 without a gap,
// and that the names and tests in it exist.
func TestFeatures(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, "testdata", "features.md"))
	if err != nil {
		t.Fatal(err)
	}
	r := read(t)
	names, tests := r.index(t)
	var ids []string
	planned := 0
	for line := range strings.Lines(string(text)) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		if !regexp.MustCompile(`^\| [A-Z]\d`).MatchString(line) {
			continue
		}
		if len(cells) != 4 {
			t.Errorf("%d columns, want 4: %s", len(cells), line)
			continue
		}
		id := strings.TrimSpace(cells[0])
		ids = append(ids, id)
		wanted, shown := items(cells[2]), items(cells[3])
		isPlanned := slices.Contains(shown, "planned")
		shown = slices.DeleteFunc(shown, func(s string) bool { return s == "planned" })
		if isPlanned {
			planned++
		}
		if len(wanted) == 0 || len(shown) == 0 && !isPlanned {
			t.Errorf("row %s lists %d names and %d tests", id, len(wanted), len(shown))
		}
		for _, name := range wanted {
			if _, err := os.Stat(filepath.Join(root, name)); !isPlanned && !names[name] &&
				(!strings.Contains(name, "/") || err != nil) {
				t.Errorf("row %s: there is no %s", id, name)
			}
		}
		word := regexp.MustCompile(`(^|[^A-Za-z0-9])` + id + `($|[^A-Za-z0-9])`)
		for _, name := range shown {
			if source, ok := tests[name]; !ok {
				t.Errorf("row %s: there is no test %s", id, name)
			} else if !word.MatchString(source) {
				t.Errorf("row %s: the test %s does not name the row in its text or comment",
					id, name)
			}
		}
	}
	letter, n := "", 0
	for _, id := range ids {
		if n++; id[:1] != letter {
			letter, n = id[:1], 1
		}
		if want := fmt.Sprint(letter, n); id != want {
			t.Errorf("row %s stands where %s should", id, want)
		}
	}
	t.Logf("%d of %d rows are planned, wholly or partly", planned, len(ids))
}

// items splits a cell at its commas and takes the backquotes away.
func items(cell string) (items []string) {
	for item := range strings.SplitSeq(cell, ",") {
		if item = strings.Trim(item, " `"); item != "" {
			items = append(items, item)
		}
	}
	return items
}

// index returns the exported names of the module, as "package.Name", and the sources of its tests
// with their comments.
func (r *tree) index(t *testing.T) (names map[string]bool, tests map[string]string) {
	names, tests = map[string]bool{}, map[string]string{}
	test := regexp.MustCompile(`^(Test|Fuzz|Example|Benchmark)`)
	for dir, files := range r.dirs {
		for _, f := range files {
			if !f.isTest() {
				for _, e := range f.names() {
					names[path.Base(dir)+"."+e.name] = true
				}
				continue
			}
			for _, d := range f.ast.Decls {
				fn, ok := d.(*ast.FuncDecl)
				if !ok || fn.Recv != nil || !test.MatchString(fn.Name.Name) {
					continue
				}
				start := fn.Pos()
				if fn.Doc != nil {
					start = fn.Doc.Pos()
				}
				tests[path.Base(dir)+"."+fn.Name.Name] += string(
					f.source[r.fset.Position(start).Offset:r.fset.Position(fn.End()).Offset])
			}
		}
	}
	if len(tests) == 0 {
		t.Fatal("no tests were found")
	}
	return names, tests
}
