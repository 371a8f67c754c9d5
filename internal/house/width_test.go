package house

import (
	"bytes"
	"go/scanner"
	"go/token"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// columns is the width of every line of code, comment and prose, where a tab counts as four.
const columns = 100

// TestWidth holds that lines have at most 100 columns. Longer ones may be what cannot be broken: a
// build constraint, a word such as an address of the web, preformatted text in a comment, raw
// strings, and in Markdown rows of tables and blocks of code. CHANGELOG.md has one line an entry.
// Generated files are as their generators write them, and so are the parts of documents between
// comments.
func TestWidth(t *testing.T) {
	n := 0
	for _, name := range list(t) {
		if name == "CHANGELOG.md" || strings.Contains("/"+name, "/testdata/") {
			continue
		}
		var exempt func(line int, text string) bool
		source, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			t.Fatal(err)
		}
		switch path.Ext(name) {
		case ".go":
			if bytes.HasPrefix(source, []byte("// Code generated ")) {
				continue
			}
			raw := rawStrings(source)
			exempt = func(line int, text string) bool {
				text = strings.TrimLeft(text, "\t")
				return raw[line] || strings.HasPrefix(text, "//\t") ||
					strings.HasPrefix(text, "//go:build ")
			}
		case ".md":
			inCode, generated := false, false
			exempt = func(_ int, text string) bool {
				if strings.HasPrefix(text, "```") {
					inCode = !inCode
				} else if strings.HasPrefix(text, "<!-- ") {
					generated = !strings.HasPrefix(text, "<!-- /")
				}
				return inCode || generated ||
					strings.HasPrefix(text, "|") || strings.HasPrefix(text, "![")
			}
		default:
			continue
		}
		n++
		for i, line := range strings.Split(string(source), "\n") {
			exempt := exempt(i+1, line)
			width := utf8.RuneCountInString(line) + 3*strings.Count(line, "\t")
			if width > columns && !exempt && !unbreakable(line) {
				t.Errorf("%s:%d: %d columns: %s", name, i+1, width, strings.TrimSpace(line))
			}
		}
	}
	if n < 20 {
		t.Errorf("only %d files were looked at", n)
	}
}

// unbreakable reports whether a line has a word as long as most of a line.
func unbreakable(line string) bool {
	return slices.ContainsFunc(strings.Fields(line), func(w string) bool { return len(w) > 60 })
}

// rawStrings returns the numbers of the lines on which a raw string of several lines stands.
func rawStrings(source []byte) map[int]bool {
	lines := map[int]bool{}
	file := token.NewFileSet().AddFile("", -1, len(source))
	var s scanner.Scanner
	s.Init(file, source, nil, 0)
	for {
		pos, tok, lit := s.Scan()
		if tok == token.EOF {
			return lines
		}
		if tok == token.STRING && lit[0] == '`' {
			for i := range strings.Count(lit, "\n") + 1 {
				lines[file.Line(pos)+i] = true
			}
		}
	}
}
