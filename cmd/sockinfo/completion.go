package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"slices"
	"strings"
)

var completion = command{
	name:     "completion",
	args:     "bash|zsh|fish",
	about:    "Print what completes words and flags in a shell",
	examples: []string{"completion bash", "completion fish"},
	setup: func(*flag.FlagSet) func(context.Context, []string) (*result, error) {
		return func(_ context.Context, args []string) (*result, error) {
			if err := count(args, 1, 1); err != nil {
				return nil, err
			}
			write, ok := shells[args[0]]
			if !ok {
				return nil, usagef("%q is none of bash, zsh and fish", args[0])
			}
			var b bytes.Buffer
			write(&b)
			return &result{text: b.String()}, nil
		}
	},
}

var shells = map[string]func(*bytes.Buffer){"bash": bashCompletion, "zsh": zshCompletion,
	"fish": fishCompletion}

// commandNames are the commands' names.
func commandNames() (names []string) {
	for _, c := range commands {
		names = append(names, c.name)
	}
	return names
}

// flagsOf are the flags of a command, each with its dash.
func flagsOf(c *command) (names []string) {
	flags, _ := c.flags()
	flags.VisitAll(func(f *flag.Flag) { names = append(names, "-"+f.Name) })
	return names
}

// firstLine is the first line of a text, without what a shell would read as more than words.
func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return strings.NewReplacer("`", "", "'", "", `"`, "", "[", "", "]", "", ":", "").Replace(line)
}

func bashCompletion(b *bytes.Buffer) {
	b.WriteString(`# sockinfo for bash: eval "$(sockinfo completion bash)"
_sockinfo() {
	local cur=${COMP_WORDS[COMP_CWORD]} word command=lookup
	for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
		case $word in
		-*) ;;
`)
	fmt.Fprintf(b, "\t\t%s) command=$word; break ;;\n", strings.Join(commandNames(), "|"))
	b.WriteString(`		esac
	done
	if [[ $cur != -* ]]; then
`)
	fmt.Fprintf(b, "\t\t[ \"$COMP_CWORD\" = 1 ] && COMPREPLY=($(compgen -W '%s' -- \"$cur\"))\n",
		strings.Join(commandNames(), " "))
	b.WriteString("\t\treturn 0\n\tfi\n\tcase $command in\n")
	for i := range commands {
		fmt.Fprintf(b, "\t%s) COMPREPLY=($(compgen -W '%s' -- \"$cur\")) ;;\n", commands[i].name,
			strings.Join(flagsOf(&commands[i]), " "))
	}
	b.WriteString("\tesac\n}\ncomplete -o default -F _sockinfo sockinfo\n")
}

func zshCompletion(b *bytes.Buffer) {
	b.WriteString(`#compdef sockinfo
# sockinfo for zsh: eval "$(sockinfo completion zsh)", or a file _sockinfo in $fpath
_sockinfo() {
	local word command=lookup
	for word in ${words[2,CURRENT-1]}; do
		case $word in
		-*) ;;
`)
	fmt.Fprintf(b, "\t\t%s) command=$word; break ;;\n", strings.Join(commandNames(), "|"))
	b.WriteString("\t\tesac\n\tdone\n\tif [[ $words[CURRENT] != -* ]]; then\n" +
		"\t\tif (( CURRENT == 2 )); then\n\t\t\tlocal -a list=(\n")
	for _, c := range commands {
		fmt.Fprintf(b, "\t\t\t\t'%s:%s'\n", c.name, firstLine(c.about))
	}
	b.WriteString("\t\t\t)\n\t\t\t_describe command list\n\t\tfi\n" +
		"\t\t_files\n\t\treturn\n\tfi\n\tcase $command in\n")
	for i := range commands {
		fmt.Fprintf(b, "\t%s) compadd -- %s ;;\n", commands[i].name,
			strings.Join(flagsOf(&commands[i]), " "))
	}
	b.WriteString("\tesac\n}\n(( $+functions[compdef] )) && compdef _sockinfo sockinfo\n")
}

func fishCompletion(b *bytes.Buffer) {
	b.WriteString("# sockinfo for fish: sockinfo completion fish | source\n")
	all := strings.Join(commandNames(), " ")
	for i := range commands {
		c := &commands[i]
		fmt.Fprintf(b,
			"complete -c sockinfo -n 'not __fish_seen_subcommand_from %s' -a %s -d '%s'\n", all,
			c.name, firstLine(c.about))
		when := "__fish_seen_subcommand_from " + c.name
		if i == 0 { // its name can be left out
			when = "not __fish_seen_subcommand_from " + strings.Join(
				slices.DeleteFunc(commandNames(), func(n string) bool { return n == c.name }), " ")
		}
		flags, _ := c.flags()
		flags.VisitAll(func(f *flag.Flag) {
			fmt.Fprintf(b, "complete -c sockinfo -n '%s' -o %s -d '%s'\n", when, f.Name,
				firstLine(f.Usage))
		})
	}
}
