// Command sockinfo looks at addresses, names, services and constants from a shell, with the packages of
// this module. "sockinfo -h" lists what it does.
//
// Its exit status is 0 if it found something, 1 if it found nothing or failed, and 2 if it was called the
// wrong way.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"text/tabwriter"
	"unicode"
	"unicode/utf8"
)

// A command is one thing that sockinfo does. Each stands in a file of its own.
type command struct {
	name     string // its first argument; that of the first command can be left out
	args     string // what follows the flags, for the usage
	about    string // one line
	examples []string
	// setup declares the command's flags and returns what runs after they are parsed.
	setup func(*flag.FlagSet) func(ctx context.Context, args []string) (*result, error)
}

var commands = []command{lookup, name, services, protocols, constantsCommand, optionsCommand}

// A result is printed as a table, or with -json as records.
type result struct {
	header  []string
	rows    [][]string
	records any
}

// A usageError is the fault of the command line: its exit status is 2.
type usageError struct{ error }

func usagef(format string, args ...any) error {
	return usageError{fmt.Errorf(format, args...)}
}

func main() {
	os.Exit(run(context.Background(), os.Args[1:], os.Stdout, os.Stderr))
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	c := &commands[0]
	if len(args) > 0 {
		for i := range commands {
			if commands[i].name == args[0] {
				c, args = &commands[i], args[1:]
				break
			}
		}
	}
	err := c.run(ctx, args, stdout)
	if err == nil {
		return 0
	}
	// One line, whatever the error has inside.
	line, status := "sockinfo: "+strings.Join(strings.Fields(err.Error()), " "), 1
	if errors.As(err, new(usageError)) {
		line += fmt.Sprintf("; run \"sockinfo %s -h\" for the usage", c.name)
		status = 2
	}
	fmt.Fprintln(stderr, line)
	return status
}

func (c *command) run(ctx context.Context, args []string, stdout io.Writer) error {
	flags := flag.NewFlagSet(c.name, flag.ContinueOnError)
	flags.SetOutput(io.Discard) // run prints its errors
	asJSON := flags.Bool("json", false, "print JSON")
	do := c.setup(flags)
	args, err := parse(flags, args)
	if errors.Is(err, flag.ErrHelp) {
		return c.help(flags, stdout)
	}
	if err != nil {
		return usageError{err}
	}
	r, err := do(ctx, args)
	if err != nil {
		return err
	}
	if *asJSON {
		e := json.NewEncoder(stdout)
		e.SetEscapeHTML(false)
		e.SetIndent("", "  ")
		return e.Encode(r.records)
	}
	return r.print(stdout)
}

// parse takes flags also from behind and between other arguments, up to "--".
func parse(flags *flag.FlagSet, args []string) (rest []string, err error) {
	for len(args) > 0 {
		if err := flags.Parse(args); err != nil {
			return nil, err
		}
		parsed := len(args) - flags.NArg()
		if parsed > 0 && args[parsed-1] == "--" {
			return append(rest, flags.Args()...), nil
		}
		if args = flags.Args(); len(args) > 0 {
			rest, args = append(rest, args[0]), args[1:]
		}
	}
	return rest, nil
}

func (c *command) help(flags *flag.FlagSet, w io.Writer) error {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s.\n\nusage: sockinfo %s [flags] %s\n\nflags:\n", c.about, c.name, c.args)
	flags.SetOutput(&b)
	flags.PrintDefaults()
	b.WriteString("\nexamples:\n")
	for _, e := range c.examples {
		fmt.Fprintf(&b, "  sockinfo %s\n", e)
	}
	if c == &commands[0] {
		b.WriteString("\nThe word " + c.name + " can be left out. The other commands are:\n")
		for _, other := range commands[1:] {
			fmt.Fprintf(&b, "  %-10s %s\n", other.name, other.about)
		}
		b.WriteString("\nThe exit status is 0 if something was found, 1 if not, and 2 for a wrong usage.\n")
	}
	_, err := b.WriteTo(w)
	return err
}

// print writes the table with its columns aligned.
func (r *result) print(w io.Writer) error {
	var b bytes.Buffer
	t := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for _, row := range append([][]string{r.header}, r.rows...) {
		cells := make([]string, len(row))
		for i, cell := range row {
			cells[i] = printable(cell)
		}
		fmt.Fprintln(t, strings.Join(cells, "\t"))
	}
	t.Flush()
	for line := range strings.Lines(b.String()) { // an empty last cell leaves blanks
		if _, err := fmt.Fprintln(w, strings.TrimRight(line, " \n")); err != nil {
			return err
		}
	}
	return nil
}

// printable is s with escapes for what would not print, which a name server or a path can hold, and a terminal would obey.
func printable(s string) string {
	if !strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }) && utf8.ValidString(s) {
		return s
	}
	q := strconv.Quote(s)
	return q[1 : len(q)-1]
}

// count checks how many arguments there are.
func count(args []string, least, most int) error {
	switch {
	case len(args) < least:
		return usagef("too few arguments")
	case len(args) > most:
		return usagef("too many arguments: %q", args[most:])
	}
	return nil
}
