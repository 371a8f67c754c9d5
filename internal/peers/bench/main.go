//go:build linux

package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"runtime/pprof"
	"slices"
	"time"

	"example.com/bsdsocket/internal/peers/bench/report"
)

var (
	rounds = flag.Int("rounds", 10, "how often everything is measured")
	within = flag.Duration("within", 0,
		"begin no round that would likely end later than this; 0: no limit")
	duration = flag.Duration("time", 200*time.Millisecond, "how long a measurement takes, about")
	runs     = flag.String("run", "", "the benchmarks to run, a regular expression")
	lib      = flag.String("lib", "", "the libraries to run, a regular expression")
	program  = flag.String("c", "", "the program of c/peer.c; empty: plain C is left out")
	raw      = flag.String("raw", "", "the file for the measurements, in benchstat's format")
	from     = flag.String("from", "", "a file of -raw to report on, instead of measuring")
	readme   = flag.String("readme", "",
		"the file to put the tables into, between the lines <!-- bench --> and <!-- /bench -->")
	chart    = flag.String("chart", "", "the SVG file for the chart")
	fileSize = flag.Int64("size", 1<<30,
		"how many bytes of a file are sent, or copied between connections, in one operation")
	calls = flag.Bool("syscalls", false,
		"count the system calls of each operation with strace, instead of measuring")
	times = flag.Int("n", 0,
		"do so many operations once, for a profiler or strace, and measure nothing")
	profile   = flag.String("cpuprofile", "", "with -n: the file for pprof")
	generated = flag.Int("generate", 0,
		"send packets of so many bytes, for the benchmarks of packet sockets")
	serveLib = flag.String("serve", "", "be an echo server with this library")
	scaleTo  = flag.Int("scale", 0,
		"measure echo servers with so many connections, and nothing else")
	holder = flag.String("hold", "",
		"with -scale: only make the connections, to a server with this library")
	serveHow = flag.String("style", "", "with -serve: \"ports\" or \"loop\"")
)

func main() {
	flag.Parse()
	plainC.program = *program
	if err := command(); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func command() error {
	if *generated > 0 {
		return generate(*generated)
	}
	if *serveLib != "" {
		i := slices.IndexFunc(libraries, func(l *library) bool { return l.name == *serveLib })
		if i < 0 {
			return fmt.Errorf("no library %q", *serveLib)
		}
		return serve(libraries[i], style(*serveHow))
	}
	if *holder != "" {
		i := slices.IndexFunc(libraries, func(l *library) bool { return l.name == *holder })
		if i < 0 {
			return fmt.Errorf("no library %q", *holder)
		}
		return hold(libraries[i], *scaleTo)
	}
	if *scaleTo > 0 {
		return scaled(os.Stdout, *scaleTo)
	}
	chosenRows, chosenLibraries, err := choose()
	if err != nil {
		return err
	}
	if *times > 0 {
		return only(chosenRows, chosenLibraries, *times)
	}
	if *calls {
		return systemCalls(os.Stdout, chosenRows, chosenLibraries)
	}
	if *from == "" {
		if *raw == "" {
			return errors.New("-raw or -from is needed")
		}
		if err := measureAll(*raw, chosenRows, chosenLibraries); err != nil {
			return err
		}
		*from = *raw
	}
	f, err := os.Open(*from)
	if err != nil {
		return err
	}
	defer f.Close()
	results, err := report.Parse(f)
	if err != nil {
		return fmt.Errorf("%s: %w", *from, err)
	}
	return show(results)
}

// choose returns what -run and -lib choose.
func choose() (r []row, l []*library, err error) {
	names, err := regexp.Compile(*runs)
	if err != nil {
		return nil, nil, err
	}
	libs, err := regexp.Compile(*lib)
	if err != nil {
		return nil, nil, err
	}
	for _, row := range rows {
		if names.MatchString(row.Name) {
			r = append(r, row)
		}
	}
	for _, lib := range libraries {
		if libs.MatchString(lib.name) && (lib != plainC || lib.program != "") {
			l = append(l, lib)
		}
	}
	return r, l, nil
}

// only does n operations of each benchmark.
func only(rows []row, libraries []*library, n int) error {
	for _, row := range rows {
		for _, lib := range libraries {
			b, err := start(row, lib)
			if errors.Is(err, errNone) {
				continue
			} else if err != nil {
				return fmt.Errorf("%s of %s: %w", row.Name, lib.name, err)
			}
			err = profiled(func() error { return b.run(max(n, b.least)) })
			b.end()
			if err != nil {
				return fmt.Errorf("%s of %s: %w", row.Name, lib.name, err)
			}
		}
	}
	return nil
}

// profiled calls fn and writes the profile that is wanted.
func profiled(fn func() error) error {
	if *profile == "" {
		return fn()
	}
	f, err := os.Create(*profile)
	if err != nil {
		return err
	}
	if err := pprof.StartCPUProfile(f); err != nil {
		return err
	}
	err = fn()
	pprof.StopCPUProfile()
	return errors.Join(err, f.Close())
}

// measureAll measures everything in rounds. What fails is reported and left out.
func measureAll(name string, rows []row, libraries []*library) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := describe(f); err != nil {
		return err
	}
	begin := time.Now()
	for round := range *rounds {
		for _, row := range rows {
			if err := measureRow(f, row, libraries, round); err != nil {
				return err
			}
		}
		elapsed := time.Since(begin)
		fmt.Fprintf(os.Stderr, "round %d of %d, %.0f s\n", round+1, *rounds, elapsed.Seconds())
		if *within > 0 && elapsed+elapsed/time.Duration(round+1) > *within {
			break
		}
	}
	return f.Close()
}

func measureRow(w io.Writer, r row, libraries []*library, round int) error {
	for i := range libraries {
		lib := libraries[(round+i)%len(libraries)]
		b, err := start(r, lib)
		if errors.Is(err, errNone) {
			continue
		}
		var s sample
		if err == nil {
			s, err = measure(b, *duration)
			b.end()
		}
		if err != nil {
			fmt.Fprintf(os.Stderr, "%s of %s: %v\n", r.Name, lib.name, err)
			continue
		}
		if err := report.Line(w, r.Name, lib.name, runtime.GOMAXPROCS(0), s.n,
			s.values); err != nil {
			return err
		}
	}
	return nil
}

// show writes the verdicts, and the tables and the chart if they are wanted.
func show(results *report.Results) error {
	var described []report.Row
	for _, r := range rows {
		described = append(described, r.Row)
	}
	var names []string
	for _, l := range libraries {
		names = append(names, l.name)
	}
	if *chart != "" {
		if err := os.WriteFile(*chart, report.Chart(results, described, names), 0o644); err != nil {
			return err
		}
	}
	if *readme != "" {
		text, err := os.ReadFile(*readme)
		if err != nil {
			return err
		}
		shown := report.Tables(results, described, names)
		if *chart != "" {
			path, err := relative(filepath.Dir(*readme), *chart)
			if err != nil {
				return err
			}
			shown = fmt.Sprintf("![The time of each library as a part of package net's](%s)\n\n%s",
				filepath.ToSlash(path), shown)
		}
		text, err = report.Insert(text, shown)
		if err != nil {
			return fmt.Errorf("%s: %w", *readme, err)
		}
		if err := os.WriteFile(*readme, text, 0o644); err != nil {
			return err
		}
	}
	_, err := io.WriteString(os.Stdout, report.Verdicts(results, described))
	return err
}

// relative is the path of a file as seen from a folder. Both paths are relative to here, or not.
func relative(folder, file string) (string, error) {
	folder, err := filepath.Abs(folder)
	if err != nil {
		return "", err
	}
	if file, err = filepath.Abs(file); err != nil {
		return "", err
	}
	return filepath.Rel(folder, file)
}
