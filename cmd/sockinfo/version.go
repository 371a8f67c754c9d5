package main

import (
	"context"
	"flag"
	"runtime"
	"runtime/debug"
)

var version = command{
	name:     "version",
	about:    "Show which version this is, of which Go and platform",
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
	about:    "Show what a command does, or which there are",
	examples: []string{"help", "help services"},
	setup: func(*flag.FlagSet) func(context.Context, []string) (*result, error) {
		return func(_ context.Context, args []string) (*result, error) {
			if err := count(args, 0, 1); err != nil {
				return nil, err
			}
			var c *command
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

// A helpError asks for the help of a command, or without one for what there is.
type helpError struct{ of *command }

func (helpError) Error() string { return flag.ErrHelp.Error() }
