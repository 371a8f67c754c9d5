package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"strconv"
	"strings"

	"example.com/bsdsocket/constants"
)

var constantsCommand = command{
	name:  "constants",
	args:  "[PREFIX|NUMBER ...]",
	about: "Show the names, kinds and values of constants",
	examples: []string{
		"constants SO_",
		"constants -kind Family",
		"constants -kind Family 0xa",
		"constants -all -json so/reuse tcp/",
	},
	setup: func(flags *flag.FlagSet) func(context.Context, []string) (*result, error) {
		kind := flags.String("kind", "", "only of this `kind`, such as Family")
		all := flags.Bool("all", false, "also those that this platform does not have")
		return func(_ context.Context, args []string) (*result, error) {
			type record struct {
				Name    string `json:"name"`
				Kind    string `json:"kind"`
				Defined bool   `json:"defined"`
				Value   *int64 `json:"value"` // null if it is not defined
			}
			var records []record
			r := &result{header: []string{"NAME", "KIND", "VALUE", "HEX"}}
			for c := range constants.All() {
				if !wanted(c, args) || *kind != "" && !strings.EqualFold(*kind, c.Kind) ||
					!c.Defined() && !*all {
					continue
				}
				rec, row := record{Name: c.Name, Kind: c.Kind, Defined: c.Defined()},
					[]string{c.Name, c.Kind, "undefined", ""}
				if c.Defined() {
					rec.Value = &c.Value
					row = []string{c.Name, c.Kind, strconv.FormatInt(c.Value, 10),
						fmt.Sprintf("%#x", c.Value)}
				}
				records, r.rows = append(records, rec), append(r.rows, row)
			}
			if len(records) == 0 {
				return nil, notFound(*kind, args)
			}
			r.records = records
			return r, nil
		}
	},
}

// wanted reports whether a constant's name begins with one of the prefixes, in C's or the egg's
// spelling, or its value is one of the numbers, or there are neither.
func wanted(c constants.Constant, args []string) bool {
	for _, arg := range args {
		if n, err := strconv.ParseInt(arg, 0, 64); err == nil {
			if c.Defined() && c.Value == n {
				return true
			}
		} else if strings.HasPrefix(c.Name,
			strings.ToUpper(strings.NewReplacer("/", "_", "-", "_").Replace(arg))) {
			return true
		}
	}
	return len(args) == 0
}

func notFound(kind string, prefixes []string) error {
	text := "no constant of this platform"
	if kind != "" {
		text += " is of the kind " + strconv.Quote(kind)
	}
	if kind != "" && len(prefixes) > 0 {
		text += " and"
	}
	if len(prefixes) > 0 {
		text += " begins with " + strings.Join(prefixes, " or ") + ", or is that number"
	}
	return errors.New(text)
}
