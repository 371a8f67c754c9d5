// Command genreadme writes the table of socket options into a Markdown file,
// between the lines <!-- options --> and <!-- /options -->. With -check it fails
// instead if the file has another table.
package main

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"strings"

	"example.com/bsdsocket/sockopt"
)

const begin, end = "<!-- options -->\n", "<!-- /options -->\n"

func main() {
	check := flag.Bool("check", false, "fail if the file has another table")
	flag.Parse()
	if err := run(flag.Arg(0), *check); err != nil {
		fmt.Fprintln(os.Stderr, "genreadme:", err)
		os.Exit(1)
	}
}

func run(file string, check bool) error {
	old, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	head, rest, ok1 := strings.Cut(string(old), begin)
	_, tail, ok2 := strings.Cut(rest, end)
	if !ok1 || !ok2 {
		return fmt.Errorf("%s has no lines %q and %q", file, strings.TrimSpace(begin), strings.TrimSpace(end))
	}
	text := []byte(head + begin + table() + end + tail)
	switch {
	case bytes.Equal(text, old):
		return nil
	case check:
		return fmt.Errorf("%s is not up to date: run go generate ./sockopt", file)
	}
	return os.WriteFile(file, text, 0o644)
}

// table lists the options, a table for each level.
func table() string {
	var b strings.Builder
	level := ""
	for i := range sockopt.All() {
		if i.LevelName() != level {
			level = i.LevelName()
			fmt.Fprintf(&b, "\n#### %s\n\n| option | C constant | type | access | needs |\n|---|---|---|---|---|\n", level)
		}
		fmt.Fprintf(&b, "| `%s` | `%s` | `%s` | %v | %s |\n", i.GoName, i.CName, i.Type, i.Access, i.Needs)
	}
	b.WriteString("\n")
	return b.String()
}
