package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"strings"
)

var man = command{
	name:     "man",
	about:    "Print the manual page: sockinfo man >s.1; man ./s.1",
	examples: []string{"man"},
	setup: func(*flag.FlagSet) func(context.Context, []string) (*result, error) {
		return func(_ context.Context, args []string) (*result, error) {
			if err := count(args, 0, 0); err != nil {
				return nil, err
			}
			return &result{text: manual()}, nil
		}
	},
}

// roff is a text for man(7): a line must not begin with what would be a request.
func roff(s string) string {
	s = strings.NewReplacer(`\`, `\e`, "-", `\-`).Replace(s)
	var lines []string
	for line := range strings.SplitSeq(s, "\n") {
		if strings.HasPrefix(line, ".") || strings.HasPrefix(line, "'") {
			line = `\&` + line
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}

// manual is made from what -h prints, command by command.
func manual() string {
	var b bytes.Buffer
	b.WriteString(".TH SOCKINFO 1 2026-11-28 bsdsocket\n.SH NAME\nsockinfo \\- look at " +
		"addresses, names, sockets and options\n.SH SYNOPSIS\n")
	for i, c := range commands {
		if i > 0 {
			b.WriteString(".br\n")
		}
		fmt.Fprintf(&b, ".B sockinfo %s\n%s\n", c.name, roff(strings.TrimSpace("[flags] "+c.args)))
	}
	b.WriteString(".SH COMMANDS\n")
	for i := range commands {
		c := &commands[i]
		fmt.Fprintf(&b, ".SS %s\n%s.\n", c.name, roff(c.about))
		flags, _ := c.flags()
		flags.VisitAll(func(f *flag.Flag) {
			value, usage := flag.UnquoteUsage(f)
			fmt.Fprintf(&b, ".TP\n.B %s\n%s\n", roff(strings.TrimSpace("-"+f.Name+" "+value)),
				roff(usage))
		})
		b.WriteString(".PP\nExamples:\n.nf\n")
		for _, e := range c.examples {
			fmt.Fprintf(&b, "  sockinfo %s\n", roff(e))
		}
		b.WriteString(".fi\n")
	}
	fmt.Fprintf(&b, ".SH NOTES\n%s\n.SH EXIT STATUS\n%s\n",
		roff(strings.ReplaceAll(notes, "\n", " ")), roff(statuses))
	return b.String()
}
