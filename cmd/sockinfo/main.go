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
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"unicode"
	"unicode/utf8"

	"example.com/bsdsocket/addrinfo"
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

var commands []command

func init() { // since help lists them
	commands = []command{lookup, name, services, protocols, constantsCommand, optionsCommand, socketsCommand, connectCommand, interfacesCommand, routeCommand, version, completion, man, help}
}

// A result is printed as a table, or with -json as records.
type result struct {
	header  []string
	rows    [][]string
	records any
	text    string                                // printed as it is, in place of rows
	live    func(context.Context, *printer) error // prints as it goes, in place of rows
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
	c, word, args := choose(args)
	err := c.run(ctx, args, stdout, stderr)
	if err == nil {
		return 0
	}
	// One line, whatever the error has inside.
	line, status := "sockinfo: "+strings.Join(strings.Fields(err.Error()), " "), 1
	switch {
	case errors.As(err, new(usageError)):
		line += fmt.Sprintf("; run \"sockinfo %s -h\" for the usage", c.name)
		status = 2
	case word != "" && errors.As(err, new(*addrinfo.Error)):
		line += "; " + hint(word)
	}
	fmt.Fprintln(stderr, printable(line))
	return status
}

// choose returns the command that the first word which is no flag names, and the other arguments. If it names
// none, the command is the first, and word could have been meant as another.
func choose(args []string) (c *command, word string, rest []string) {
	takesValue := map[string]bool{}
	for i := range commands {
		flags, _ := commands[i].flags()
		flags.VisitAll(func(f *flag.Flag) {
			b, ok := f.Value.(interface{ IsBoolFlag() bool })
			takesValue[f.Name] = !ok || !b.IsBoolFlag()
		})
	}
	for at := 0; at < len(args); at++ {
		arg := args[at]
		if arg == "--" {
			break
		}
		if isFlag(arg) {
			name := strings.TrimLeft(arg, "-")
			if name == "version" {
				arg = name
			} else {
				if takesValue[name] {
					at++
				}
				continue
			}
		}
		for i := range commands {
			if commands[i].name == arg {
				return &commands[i], "", slices.Concat(args[:at], args[at+1:])
			}
		}
		if strings.Trim(strings.ToLower(arg), "abcdefghijklmnopqrstuvwxyz") == "" {
			word = arg
		}
		break
	}
	return &commands[0], word, args
}

// isFlag reports whether an argument is a flag, and not a number or a word.
func isFlag(arg string) bool {
	return len(arg) > 1 && arg[0] == '-' && (arg[1] < '0' || arg[1] > '9')
}

// hint is for a word that was looked up as a host and may have been meant as a command.
func hint(word string) string {
	for _, c := range commands {
		if strings.HasPrefix(c.name, word) || strings.HasPrefix(word, c.name) || strings.HasPrefix(c.name+"s", word) {
			return fmt.Sprintf("did you mean \"sockinfo %s\"?", c.name)
		}
	}
	return fmt.Sprintf("%q is no command either: \"sockinfo -h\" lists them", word)
}

// flags returns the command's flags and what runs after they are parsed.
func (c *command) flags() (*flag.FlagSet, func(context.Context, []string) (*result, error)) {
	flags := flag.NewFlagSet(c.name, flag.ContinueOnError)
	flags.SetOutput(io.Discard) // run prints its errors
	flags.Bool("json", false, "print JSON")
	return flags, c.setup(flags)
}

func (c *command) run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	flags, do := c.flags()
	args, err := parse(flags, args)
	if errors.Is(err, flag.ErrHelp) {
		return c.help(flags, stdout)
	}
	if err != nil {
		return usageError{err}
	}
	r, err := do(ctx, args)
	if h, ok := err.(helpError); ok {
		flags, _ := h.of.flags()
		return h.of.help(flags, stdout)
	}
	asJSON := flags.Lookup("json").Value.String() == "true"
	if r != nil && r.live != nil {
		p := &printer{stdin: os.Stdin, stdout: stdout, stderr: stderr, to: stdout, header: r.header}
		switch {
		case asJSON:
			p.to = nil
		case given(flags, "send"):
			p.to = stderr
		}
		err = r.live(ctx, p)
		r.records = p.records
		if !asJSON || len(p.records) == 0 {
			return err
		}
	} else if r != nil && r.text != "" {
		_, err = io.WriteString(stdout, r.text)
		return err
	} else if r == nil || err != nil && len(r.rows) == 0 {
		return err
	}
	// What was found is printed, also if something else was not.
	if asJSON {
		e := json.NewEncoder(stdout)
		e.SetEscapeHTML(false)
		e.SetIndent("", "  ")
		return errors.Join(e.Encode(r.records), err)
	}
	return errors.Join(r.print(stdout), err)
}

// parse takes flags also from behind and between other arguments, up to "--".
func parse(flags *flag.FlagSet, args []string) (rest []string, err error) {
	for len(args) > 0 {
		if args[0] != "--" && !isFlag(args[0]) {
			rest, args = append(rest, args[0]), args[1:]
			continue
		}
		// One flag at a time: what follows can be a negative number, which is none.
		n := 1
		if f := flags.Lookup(strings.TrimLeft(args[0], "-")); f != nil && len(args) > 1 {
			if b, ok := f.Value.(interface{ IsBoolFlag() bool }); !ok || !b.IsBoolFlag() {
				n = 2
			}
		}
		if args[0] == "--" {
			return append(rest, args[1:]...), nil
		}
		if err := flags.Parse(args[:n]); err != nil {
			return nil, plain(err)
		}
		args = args[n:]
	}
	return rest, nil
}

// plain says what package flag says in other words than a program's.
func plain(err error) error {
	text := err.Error()
	for _, words := range [...][2]string{
		{"flag provided but not defined: ", "there is no flag "},
		{"flag needs an argument: ", "a value is missing behind the flag "},
		{": parse error", ": it has another form"},
		{": value out of range", ": it is too large or too small"},
	} {
		text = strings.Replace(text, words[0], words[1], 1)
	}
	if errors.Is(err, flag.ErrHelp) || text == err.Error() {
		return err
	}
	return errors.New(text)
}

const (
	notes    = "The first word that is no flag chooses the command. Lines of tables are cut to the width in COLUMNS, if that is set."
	statuses = "The exit status is 0 if everything was found, 1 if not, and 2 for a wrong usage."
)

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
		fmt.Fprintf(&b, "\n%s\n%s\n", notes, statuses)
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
	width, _ := strconv.Atoi(os.Getenv("COLUMNS"))
	for line := range strings.Lines(b.String()) { // an empty last cell leaves blanks
		if _, err := fmt.Fprintln(w, cut(strings.TrimRight(line, " \n"), width)); err != nil {
			return err
		}
	}
	return nil
}

// cut returns the line with no more than width characters, if that is a width.
func cut(line string, width int) string {
	if r := []rune(line); width > 1 && len(r) > width {
		return string(r[:width-1]) + "…"
	}
	return line
}

// text is s as it stands in JSON, which knows no bytes that are not UTF-8.
func text(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	return printable(s)
}

// printable is s with escapes for what would not print, which a name server or a path can hold, and a terminal would obey.
func printable(s string) string {
	if !strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }) && utf8.ValidString(s) {
		return s
	}
	q := strconv.Quote(s)
	return strings.ReplaceAll(q[1:len(q)-1], `\"`, `"`) // which prints
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
