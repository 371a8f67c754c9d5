// Command runtests runs go test with its arguments, under the race detector where that works, and
// prints what failed in full, one line for each package, and at the end what was skipped and why.
// Its status is 0 only if every test passed or was skipped.
//
//	go run ./internal/house/runtests ./...
//
// The race detector makes pools forget, so allocations cannot be counted under it: tests with Alloc
// in their names run once more without it.
package main

import (
	"bufio"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path"
	"regexp"
	"slices"
	"strings"
)

func main() {
	r := report{out: os.Stdout, held: map[test][]string{}, results: map[test]string{}}
	ok := false
	if why := noRace(); why != "" {
		fmt.Println("The race detector is off:", why)
		ok = r.run()
	} else {
		ok = r.run("-race")
		fmt.Println("\nCounting allocations without the race detector:")
		ok = r.run("-run", "Alloc") && ok
	}
	r.summary()
	if !ok {
		os.Exit(1)
	}
}

// run runs go test with these arguments and the command's own, and reports whether all is well.
func (r *report) run(args ...string) bool {
	cmd := exec.Command("go", slices.Concat([]string{"test", "-json"}, args, os.Args[1:])...)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err == nil {
		err = r.read(out)
	}
	if err != nil {
		fatal(err)
	}
	return cmd.Wait() == nil
}

func fatal(err error) {
	fmt.Fprintln(os.Stderr, "runtests:", err)
	os.Exit(1)
}

// noRace says why the race detector cannot be used, or nothing.
func noRace() string {
	out, err := exec.Command("go", "env", "CC").Output()
	if err != nil {
		return err.Error()
	}
	if cc := strings.Fields(string(out)); len(cc) > 0 {
		if _, err := exec.LookPath(cc[0]); err != nil {
			return fmt.Sprintf("it needs cgo and so a C compiler: %v", err)
		}
	}
	// go list takes -race and refuses it where it does not work, without building anything.
	if out, err := exec.Command("go", "list", "-race", "errors").CombinedOutput(); err != nil {
		return strings.TrimSpace(string(out))
	}
	return ""
}

// event is a line of go test -json: "go doc cmd/test2json" and, for builds, "go help buildjson".
type event struct {
	Action, Package, Test, Output string
}

type test struct{ pkg, name string }

func (t test) String() string { return path.Base(t.pkg) + "." + t.name }

type report struct {
	out     io.Writer
	held    map[test][]string // the output of tests that still run
	results map[test]string   // "pass", "fail", or why a test was skipped; the last run's
}

const (
	passed = "pass"
	failed = "fail"
)

func (r *report) read(in io.Reader) error {
	lines := bufio.NewReader(in)
	for {
		line, err := lines.ReadBytes('\n')
		if len(line) > 0 {
			var e event
			if json.Unmarshal(line, &e) == nil {
				r.add(e)
			} else {
				r.out.Write(line) // the go command's own words, such as a wrong flag's
			}
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// silent are the ends of lines that say nothing of interest.
var silent = []string{"PASS", "[no tests to run]", "[no test files]",
	"testing: warning: no tests to run"}

func (r *report) add(e event) {
	t := test{e.Package, e.Test}
	switch {
	case e.Action == "build-output":
		io.WriteString(r.out, e.Output)
	case e.Action == "output" && e.Test == "":
		if !slices.ContainsFunc(silent,
			func(s string) bool { return strings.HasSuffix(e.Output, s+"\n") }) {
			io.WriteString(r.out, e.Output)
		}
	case e.Action == "output":
		if !strings.HasPrefix(e.Output, "=== ") {
			r.held[t] = append(r.held[t], e.Output)
		}
	case e.Test == "":
		if e.Action == "fail" {
			r.abandon(e.Package)
		}
	case e.Action == "pass":
		r.results[t] = passed
		delete(r.held, t)
	case e.Action == "skip":
		r.results[t] = reason(r.held[t])
		delete(r.held, t)
	case e.Action == "fail":
		r.results[t] = failed
		io.WriteString(r.out, strings.Join(r.held[t], ""))
		delete(r.held, t)
	}
}

// abandon prints what tests of a failed package had printed that never ended.
func (r *report) abandon(pkg string) {
	for t, lines := range r.held {
		if t.pkg == pkg {
			fmt.Fprintf(r.out, "%s did not end:\n%s", t, strings.Join(lines, ""))
			r.results[t] = failed
			delete(r.held, t)
		}
	}
}

var position = regexp.MustCompile(`^\s*\S+\.go:\d+: `)

// reason takes the lines that a skipped test printed and leaves what it said.
func reason(lines []string) string {
	var said []string
	for _, line := range lines {
		line = position.ReplaceAllString(strings.TrimRight(line, "\n"), "")
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "--- SKIP") {
			said = append(said, line)
		}
	}
	return cmp.Or(strings.Join(said, " "), "without a reason")
}

func (r *report) summary() {
	var nPassed, nFailed, nSkipped int
	skips := map[string][]string{} // tests by reason
	for t, result := range r.results {
		switch result {
		case passed:
			nPassed++
		case failed:
			nFailed++
		default:
			nSkipped++
			skips[result] = append(skips[result], t.String())
		}
	}
	if nSkipped > 0 {
		fmt.Fprintf(r.out, "\nskipped %d:\n", nSkipped)
	}
	for _, why := range slices.Sorted(maps.Keys(skips)) {
		slices.Sort(skips[why])
		fmt.Fprintf(r.out, "  %s:\n    %s\n", why, strings.Join(skips[why], "\n    "))
	}
	fmt.Fprintf(r.out, "\n%d passed, %d failed, %d skipped\n", nPassed, nFailed, nSkipped)
}
