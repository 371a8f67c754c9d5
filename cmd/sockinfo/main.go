// Command sockinfo looks at addresses, names, services and constants from a shell, with the
// packages of this module. "sockinfo -h" lists what it does.
//
// Its exit status is 0 if it found everything, 1 if not, and 2 if it was called the wrong way.
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
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
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
	commands = []command{lookup, name, services, protocols, constantsCommand, optionsCommand,
		socketsCommand, connectCommand, interfacesCommand, routeCommand, selfTestCommand, version,
		completion, man, help}
}

// A result is printed as a table, or with -json as records, and with -jsonl as one a line.
type result struct {
	header []string
	// of the header: columns that a narrow terminal does without, the first of them first
	spare   []string
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
	c, word, rest := choose(args)
	var err error
	if c == nil {
		err = overview(args, stdout)
	} else {
		err = c.run(ctx, rest, stdout, stderr)
	}
	if err == nil {
		return 0
	}
	// One line, whatever the error has inside.
	line, status := "sockinfo: "+strings.Join(strings.Fields(unpackaged(err)), " "), 1
	switch {
	case errors.As(err, new(usageError)):
		of := ""
		// it is meant
		if len(rest) < len(args) ||
			slices.ContainsFunc(args, func(a string) bool { return !isFlag(a) }) {
			of = c.name + " "
		}
		line += fmt.Sprintf("; run \"sockinfo %s-h\" for the usage", of)
		status = 2
	case word != "" && errors.As(err, new(*addrinfo.Error)):
		line += "; " + hint(word)
	}
	fmt.Fprintln(stderr, printable(line))
	return status
}

// unpackaged is what an error says, without the packages of this module that said it.
func unpackaged(err error) string {
	text := err.Error()
	for _, name := range []string{"addrinfo", "netlink", "sockaddr", "socket", "sockopt"} {
		text = strings.TrimPrefix(text, name+": ")
		for _, before := range []string{": ", "; "} {
			text = strings.ReplaceAll(text, before+name+": ", before)
		}
	}
	return text
}

// choose returns the command that the first word which is no flag names, and the other arguments.
// If it names none, the command is the first, and word could have been meant as another. Without
// any word, and without a flag of the first's, there is no command.
func choose(args []string) (c *command, word string, rest []string) {
	if len(args) == 0 || len(args) == 1 &&
		slices.Contains([]string{"-h", "-help", "--help"}, args[0]) {
		return nil, "", args
	}
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
		if strings.HasPrefix(c.name, word) || strings.HasPrefix(word, c.name) ||
			strings.HasPrefix(c.name+"s", word) {
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
	flags.Bool("jsonl", false, "print JSON, one object a line, each as soon as it is known")
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
		if h.of == nil {
			return overview([]string{"-h"}, stdout)
		}
		flags, _ := h.of.flags()
		return h.of.help(flags, stdout)
	}
	asJSON, asLines := isSet(flags, "json"), isSet(flags, "jsonl")
	switch {
	case asJSON && asLines:
		return usagef("-json and -jsonl are two ways to print")
	case r != nil && r.live != nil:
		p := &printer{stdin: os.Stdin, stdout: stdout, stderr: stderr, to: stdout, header: r.header}
		switch {
		case asJSON, asLines:
			p.to = nil
			if asLines {
				p.lines = jsonTo(stdout)
			}
		case given(flags, "send"):
			p.to = stderr
		}
		err = r.live(ctx, p)
		if !asJSON || len(p.records) == 0 {
			return err
		}
		r.records = p.records
	case r != nil && r.text != "":
		_, err = io.WriteString(stdout, r.text)
		return err
	case r == nil || err != nil && len(r.rows) == 0:
		return err
	}
	// What was found is printed, also if something else was not.
	switch {
	case asLines:
		e := jsonTo(stdout)
		list := reflect.ValueOf(r.records)
		if list.Kind() != reflect.Slice {
			return errors.Join(e.Encode(r.records), err)
		}
		for i := range list.Len() {
			if failed := e.Encode(list.Index(i).Interface()); failed != nil {
				return errors.Join(failed, err)
			}
		}
		return err
	case asJSON:
		e := jsonTo(stdout)
		e.SetIndent("", "  ")
		return errors.Join(e.Encode(r.records), err)
	}
	return errors.Join(r.print(stdout), err)
}

func jsonTo(w io.Writer) *json.Encoder {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	return e
}

// isSet reports whether a flag that has no value is given.
func isSet(flags *flag.FlagSet, name string) bool {
	return flags.Lookup(name).Value.String() == "true"
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
			return nil, plain(flags, args[:n], err)
		}
		args = args[n:]
	}
	return rest, nil
}

// plain says what package flag says of the arguments of one flag in other words than a program's.
func plain(flags *flag.FlagSet, args []string, err error) error {
	if errors.Is(err, flag.ErrHelp) {
		return err
	}
	name, value, has := strings.Cut(strings.TrimLeft(args[0], "-"), "=")
	if !has && len(args) > 1 {
		value, has = args[1], true
	}
	f := flags.Lookup(name)
	switch {
	case f == nil:
		return fmt.Errorf("there is no flag %s", args[0])
	case !has:
		return fmt.Errorf("a value is missing behind the flag -%s", name)
	}
	takes := ""
	if g, ok := f.Value.(flag.Getter); ok {
		switch g.Get().(type) {
		case bool:
			takes = "true or false"
		case int:
			takes = "a whole number"
		case uint:
			takes = "a whole number, not a negative one"
		case time.Duration:
			takes = "a time, such as 500ms or 2s"
		}
	}
	if takes != "" {
		return fmt.Errorf("-%s takes %s, not %q", name, takes, value)
	}
	if parsed := unknownName.FindStringSubmatch(err.Error()); parsed != nil { // one of several
		return fmt.Errorf("-%s knows no %s", name, parsed[1])
	}
	return fmt.Errorf("%q is no value of -%s", value, name)
}

const (
	about = "Look at addresses, names, sockets and options, and connect to what listens."
	notes = `The first word that is no flag chooses the command; without one, the words are
a host and a service to look up. On a terminal the heading is bold, unless
NO_COLOR is set, columns that do not fit are left out and lines cut; COLUMNS
stands for its width. In a pipe and in a file all is there, and -json and -jsonl
have names for it that stay.`
	statuses = "The exit status is 0 if everything was found, 1 if not, and 2 for a wrong usage."
)

// unknownName is how package constants names the one that it does not know.
var unknownName = regexp.MustCompile(`parse \w+ ("(?:[^"\\]|\\.)*")`)

// overview says what there is.
func overview(args []string, w io.Writer) error {
	if len(args) == 0 {
		return usagef("there is nothing to look at: a command or a host is missing")
	}
	var b bytes.Buffer
	fmt.Fprintf(&b,
		"%s\n\nusage: sockinfo COMMAND [flags] ...\n       sockinfo HOST [SERVICE]\n\ncommands, "+
			"whose flags and examples \"sockinfo COMMAND -h\" shows:\n", about)
	for _, c := range commands {
		fmt.Fprintf(&b, "  %-11s %s\n", c.name, c.about)
	}
	fmt.Fprintf(&b, "\n%s\n%s\n", notes, statuses)
	_, err := b.WriteTo(w)
	return err
}

func (c *command) help(flags *flag.FlagSet, w io.Writer) error {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s.\n\nusage: %s\n\nflags:\n", c.about,
		strings.TrimSpace("sockinfo "+c.name+" [flags] "+c.args))
	flags.SetOutput(&b)
	flags.PrintDefaults()
	b.WriteString("\nexamples:\n")
	for _, e := range c.examples {
		fmt.Fprintf(&b, "  sockinfo %s\n", e)
	}
	if c == &commands[0] {
		fmt.Fprintf(&b, "\nThe word %s can be left out.\n", c.name)
	}
	_, err := b.WriteTo(w)
	return err
}

// text is s as it stands in JSON, which knows no bytes that are not UTF-8.
func text(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	return printable(s)
}

// printable is s with escapes for what would not print, which a name server or a path can hold, and
// a terminal would obey.
func printable(s string) string {
	if !strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }) &&
		utf8.ValidString(s) {
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
