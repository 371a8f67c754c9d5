// Command runtests runs go test with its arguments, under the race detector where that works, and prints
// what failed in full, one line for each package, and at the end what was skipped and why. Its status is 0
// only if every test passed or was skipped.
//
//	go run ./internal/house/runtests ./...
package main

import (
	"bufio"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path"
	"regexp"
	"slices"
	"strings"
)

func main() {
	args := []string{"test", "-json"}
	if why := noRace(); why == "" {
		args = append(args, "-race")
	} else {
		fmt.Println("The race detector is off:", why)
	}
	cmd := exec.Command("go", append(args, os.Args[1:]...)...)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		fatal(err)
	}
	r := report{out: os.Stdout, held: map[test][]string{}}
	if err := r.read(out); err != nil {
		fatal(err)
	}
	err = cmd.Wait()
	r.summary()
	if err != nil || r.failed > 0 {
		os.Exit(1)
	}
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
	out                     io.Writer
	held                    map[test][]string // the output of tests that still run
	skips                   []string
	passed, failed, skipped int
}

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

func (r *report) add(e event) {
	t := test{e.Package, e.Test}
	switch {
	case e.Action == "build-output":
		io.WriteString(r.out, e.Output)
	case e.Action == "output" && e.Test == "":
		if e.Output != "PASS\n" {
			io.WriteString(r.out, e.Output)
		}
	case e.Action == "output":
		if !strings.HasPrefix(e.Output, "=== ") {
			r.held[t] = append(r.held[t], e.Output)
		}
	case e.Test == "":
		if e.Action == "fail" {
			r.failed += r.flush(e.Package)
		}
	case e.Action == "pass":
		r.passed++
		delete(r.held, t)
	case e.Action == "skip":
		r.skipped++
		r.skips = append(r.skips, fmt.Sprintf("%s: %s", t, reason(r.held[t])))
		delete(r.held, t)
	case e.Action == "fail":
		r.failed++
		io.WriteString(r.out, strings.Join(r.held[t], ""))
		delete(r.held, t)
	}
}

// flush prints what tests of a failed package had printed that never ended, and counts them.
func (r *report) flush(pkg string) (n int) {
	for t, lines := range r.held {
		if t.pkg == pkg {
			fmt.Fprintf(r.out, "%s did not end:\n%s", t, strings.Join(lines, ""))
			delete(r.held, t)
			n++
		}
	}
	return n
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
	if r.skipped > 0 {
		fmt.Fprintf(r.out, "\nskipped %d:\n", r.skipped)
		slices.Sort(r.skips)
		for _, s := range r.skips {
			fmt.Fprintln(r.out, " ", s)
		}
	}
	fmt.Fprintf(r.out, "\n%d passed, %d failed, %d skipped\n", r.passed, r.failed, r.skipped)
}
