// Command genconst writes the constants of package constants: for every system a file that takes
// each number from golang.org/x/sys by its name there, so that it is right on every processor, and
// one file of tables with the names.
//
// Run it with "go generate ./constants". It reads the x/sys version that go.mod names from the
// module cache, and its output depends on nothing else.
//
//   - rules.go says which names are constants of sockets, and of which kind.
//   - local.go has what x/sys lacks, with its sources.
//   - load.go reads x/sys; write.go writes the files.
package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"go/constant"
	"go/token"
	"maps"
	"math/bits"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

func main() {
	out := flag.String("o", ".", "the `folder` of package constants")
	flag.Parse()
	if flag.NArg() > 0 {
		flag.Usage()
		os.Exit(2)
	}
	if err := run(*out); err != nil {
		fmt.Fprintln(os.Stderr, "genconst:", err)
		os.Exit(1)
	}
}

func run(out string) error {
	dir, err := xsysDir()
	if err != nil {
		return err
	}
	c, err := collect(dir)
	if err != nil {
		return err
	}
	return c.write(out)
}

// write writes the generated files into a folder, and removes others that look like them.
func (c *constants) write(out string) error {
	files, err := c.files()
	if err != nil {
		return err
	}
	old, err := filepath.Glob(filepath.Join(out, "zconstants*.go"))
	if err != nil {
		return err
	}
	for _, path := range old {
		if files[filepath.Base(path)] == nil {
			if err := os.Remove(path); err != nil {
				return err
			}
		}
	}
	for name, text := range files {
		path := filepath.Join(out, name)
		if have, err := os.ReadFile(path); err == nil && bytes.Equal(have, text) {
			continue // leave its time alone: nothing has to be built again
		}
		if err := os.WriteFile(path, text, 0o666); err != nil {
			return err
		}
	}
	return nil
}

// A constants is everything that is known of all names on all platforms.
type constants struct {
	names  []string // sorted
	xsys   map[platform]map[string]value
	locals map[string]map[string]localConst // by GOOS and name
}

// A localConst is one row of a local.
type localConst struct {
	text   string
	value  value
	source string
}

func collect(dir string) (*constants, error) {
	c := &constants{xsys: make(map[platform]map[string]value)}
	union := make(map[string]bool)
	for os, archs := range platforms {
		for _, arch := range archs {
			p := platform{os, arch}
			all, err := load(dir, p)
			if err != nil {
				return nil, err
			}
			maps.DeleteFunc(all, func(name string, _ value) bool { return kindOf(name) == nil })
			c.xsys[p] = all
			for name := range all {
				union[name] = true
			}
		}
	}
	var err error
	if c.locals, err = parseLocals(); err != nil {
		return nil, err
	}
	for _, byName := range c.locals {
		for name := range byName {
			union[name] = true
		}
	}
	c.names = slices.Sorted(maps.Keys(union))
	if err := c.borrow(); err != nil {
		return nil, err
	}
	return c, c.check()
}

// borrow completes the systems other than Linux. There a number is the same on every processor;
// where x/sys has a name for some processors only, its tables were made from different releases of
// the system. So the others get the number.
func (c *constants) borrow() error {
	for os, archs := range platforms {
		if os == "linux" {
			continue
		}
		for _, name := range c.names {
			have := c.processors(os, name)
			if len(have) == 0 || len(have) == len(archs) {
				continue
			}
			if _, dup := c.locals[os][name]; dup {
				return fmt.Errorf("%s: x/sys has come to have %s: take it out of local.go", os,
					name)
			}
			number := c.xsys[platform{os, have[0]}][name]
			for _, arch := range have {
				p := platform{os, arch}
				if !constant.Compare(c.xsys[p][name], token.EQL, number) {
					return fmt.Errorf("%s: %s differs between %s and %s", os, name, have[0], arch)
				}
				delete(c.xsys[p], name)
			}
			c.locals[os][name] = localConst{number.ExactString(), number,
				"x/sys for " + strings.Join(have, ", ")}
		}
	}
	return nil
}

func parseLocals() (map[string]map[string]localConst, error) {
	all := make(map[string]map[string]localConst)
	for _, l := range locals {
		if all[l.os] == nil {
			all[l.os] = make(map[string]localConst)
		}
		fields := strings.Fields(l.consts)
		for i := 0; i+1 < len(fields); i += 2 {
			name, text := fields[i], fields[i+1]
			v, sign := text, token.Token(token.ADD)
			if strings.HasPrefix(v, "-") {
				v, sign = v[1:], token.SUB
			}
			num := constant.MakeFromLiteral(v, token.INT, 0)
			if num.Kind() != constant.Int || len(fields)%2 != 0 {
				return nil, fmt.Errorf("local %s of %s: %q is no number", name, l.source, text)
			}
			if _, dup := all[l.os][name]; dup {
				return nil, fmt.Errorf("local %s of %s stands twice for %s", name, l.source, l.os)
			}
			all[l.os][name] = localConst{text, constant.UnaryOp(sign, num, 0), l.source}
		}
	}
	return all, nil
}

// lookup returns the number of a name on a platform, and false if the platform lacks it.
func (c *constants) lookup(p platform, name string) (value, bool) {
	if v, ok := c.xsys[p][name]; ok {
		return v, true
	}
	l, ok := c.locals[p.os][name]
	return l.value, ok
}

// check finds what would make the package wrong: it is run before anything is written.
func (c *constants) check() error {
	seen := make(map[string]string)
	for _, name := range c.names {
		if kindOf(name) == nil {
			return fmt.Errorf("%s has no kind: add a rule", name)
		}
		if kindOf(name) == kindOption && groupOf(name) < 0 {
			return fmt.Errorf("option %s has no level: add a group", name)
		}
		if k := kindOf(name); k != kindOption && k.doc == "" && sectionOf(k, name) < 0 {
			return fmt.Errorf("%s %s has no section: add one", k.name, name)
		}
		key := strings.ToUpper(name)
		if seen[key] != "" {
			return fmt.Errorf("%s and %s differ by case alone", name, seen[key])
		}
		seen[key] = name
	}
	for _, g := range groups {
		for _, level := range g.levels {
			if seen[level] == "" {
				return fmt.Errorf("level %s of the options %s is no constant", level, g.pattern)
			}
		}
	}
	for names, list := range map[string]map[string]bool{"aliases": aliases, "never": never} {
		for name := range list {
			if seen[strings.ToUpper(name)] == "" {
				return fmt.Errorf("%s lists %s, which is no constant", names, name)
			}
		}
	}
	var errs []error
	for _, p := range slices.SortedFunc(maps.Keys(c.xsys), platform.compare) {
		for _, name := range slices.Sorted(maps.Keys(c.locals[p.os])) {
			if _, ok := c.xsys[p][name]; ok {
				errs = append(errs,
					fmt.Errorf("%s: x/sys has come to have %s: take it out of local.go", p, name))
			}
		}
		for _, err := range c.checkPlatform(p) {
			errs = append(errs, fmt.Errorf("%s: %w", p, err))
		}
	}
	return errors.Join(errs...)
}

// checkPlatform refuses numbers that do not fit, that look Undefined, and that have two names of
// the same rank: then rules.go must say which is the alias. A level that has the number of a
// protocol goes by the protocol's name, with the exceptions of overProtocols.
func (c *constants) checkPlatform(p platform) (errs []error) {
	type key struct {
		scope string
		rank  int
		value string
	}
	first := make(map[key]string)
	var levels []key
	for _, name := range c.names {
		v, ok := c.lookup(p, name)
		if !ok {
			continue
		}
		k := kindOf(name)
		n, exact := constant.Int64Val(v)
		if !exact || k.typ != "" && n != int64(int32(n)) {
			errs = append(errs, fmt.Errorf("%s is %v, which does not fit %s", name, v, k.name))
		}
		if n == -1 && minusOne[name] == "" {
			errs = append(errs, fmt.Errorf("%s is -1, which means Undefined", name))
		}
		if k == kindValue {
			continue
		}
		if k.flags && bits.OnesCount64(uint64(n)) != 1 {
			errs = append(errs,
				fmt.Errorf("%s is %v, which is not one bit: String could not print it", name, v))
		}
		rank := rankOf(k, name)
		if rank == rankAlias || rank == rankNever {
			continue
		}
		scope := k.name
		if k == kindOption {
			scope = groups[groupOf(name)].pattern
		}
		id := key{scope, rank, v.ExactString()}
		if other := first[id]; other != "" {
			errs = append(errs,
				fmt.Errorf("%s and %s are both %v: which is the alias?", other, name, v))
			continue
		}
		first[id] = name
		if k == kindLevel && !overProtocols[name] {
			levels = append(levels, id)
		}
	}
	for _, id := range levels {
		if protocol := first[key{kindProtocol.name, rankFirst, id.value}]; protocol != "" {
			errs = append(errs,
				fmt.Errorf("%s is the number of %s: it is an alias, or never printed", first[id],
					protocol))
		}
	}
	return errs
}
