package main

import (
	"context"
	"flag"
	"runtime"
	"runtime/debug"
)

var version = command{
	name:     "version",
	about:    "Show the version of this command, of Go and of the platform",
	examples: []string{"version", "version -json"},
	setup: func(*flag.FlagSet) func(context.Context, []string) (*result, error) {
		return func(_ context.Context, args []string) (*result, error) {
			if err := count(args, 0, 0); err != nil {
				return nil, err
			}
			of := "(devel)"
			if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
				of = info.Main.Version
			}
			return &result{
				header: []string{"VERSION", "GO", "SYSTEM", "PROCESSOR"},
				rows:   [][]string{{of, runtime.Version(), runtime.GOOS, runtime.GOARCH}},
				records: struct {
					Version   string `json:"version"`
					Go        string `json:"go"`
					System    string `json:"system"`
					Processor string `json:"processor"`
				}{of, runtime.Version(), runtime.GOOS, runtime.GOARCH},
			}, nil
		}
	},
}

var help = command{
	name:     "help",
	args:     "[COMMAND]",
	about:    "Show what a command does, as its flag -h",
	examples: []string{"help services"},
	setup: func(*flag.FlagSet) func(context.Context, []string) (*result, error) {
		return func(_ context.Context, args []string) (*result, error) {
			if err := count(args, 0, 1); err != nil {
				return nil, err
			}
			c := &commands[0]
			for i := range commands {
				if len(args) > 0 && commands[i].name == args[0] {
					c, args = &commands[i], nil
				}
			}
			if len(args) > 0 {
				return nil, usagef("no command is called %q", args[0])
			}
			return nil, helpError{c}
		}
	},
}

// A helpError asks for the help of a command.
type helpError struct{ of *command }

func (helpError) Error() string { return flag.ErrHelp.Error() }
