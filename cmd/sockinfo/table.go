package main

import (
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"example.com/bsdsocket/internal/sys"
)

// A screen is what a table is printed to.
type screen struct {
	width int  // 0: lines may have any length
	bold  bool // for headings
}

// screenOf returns what there is to know of a writer: of a terminal its width, which COLUMNS
// overrides, and whether colour is wanted, which NO_COLOR denies (no-color.org). All else gets
// whole lines, and nothing that another program would stumble over.
func screenOf(w io.Writer) screen {
	f, ok := w.(*os.File)
	if !ok {
		return screen{}
	}
	width, err := sys.TerminalWidth(int(f.Fd()))
	if err != nil {
		return screen{}
	}
	if n, err := strconv.Atoi(os.Getenv("COLUMNS")); err == nil && n > 0 {
		width = n
	}
	return screen{width: width, bold: os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb" &&
		os.Getenv("TERM") != ""}
}

// line is one that fits, without blanks at its end.
func (s screen) line(text string) string {
	text = strings.TrimRight(text, " ")
	if r := []rune(text); s.width > 1 && len(r) > s.width {
		text = string(r[:s.width-1]) + "…"
	}
	return text
}

func (s screen) heading(text string) string {
	if text = s.line(text); s.bold {
		return "\x1b[1m" + text + "\x1b[m"
	}
	return text
}

const gap = "  " // between columns

// print writes the table with its columns aligned.
func (r *result) print(w io.Writer) error {
	s := screenOf(w)
	table := append([][]string{r.header}, r.rows...)
	for i, row := range table {
		table[i] = make([]string, len(r.header))
		for j := range min(len(row), len(r.header)) {
			table[i][j] = printable(row[j])
		}
	}
	widths, total := make([]int, len(r.header)), 0
	for j := range widths {
		for _, row := range table {
			widths[j] = max(widths[j], utf8.RuneCountInString(row[j]))
		}
		total += widths[j] + len(gap)
	}
	total -= max(0, widths[len(widths)-1]-20) // of which the beginning is enough
	left := make([]bool, len(widths))         // out
	for _, name := range r.spare {
		if j := slices.Index(r.header, name); s.width > 0 && total-len(gap) > s.width && j >= 0 {
			left[j] = true
			total -= widths[j] + len(gap)
		}
	}
	var b strings.Builder
	for i, row := range table {
		var line strings.Builder
		for j, cell := range row {
			if !left[j] {
				line.WriteString(cell)
				line.WriteString(strings.Repeat(" ", widths[j]-utf8.RuneCountInString(cell)) + gap)
			}
		}
		if i == 0 {
			b.WriteString(s.heading(line.String()))
		} else {
			b.WriteString(s.line(line.String()))
		}
		b.WriteByte('\n')
	}
	_, err := io.WriteString(w, b.String())
	return err
}
