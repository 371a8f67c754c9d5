// Command winetests runs the tests of the module's packages as Windows programs, under Wine. Its
// status is 0 only if every one of them printed PASS: a program that cannot be started ends in
// silence, and with the status of success.
//
//	go run ./internal/winetests [-run REGEXP] [-skip REGEXP] [-v] [PACKAGE...]
//
// Tests that fail through Wine or by what Windows is are left out: absent.go has them, and why. It
// needs Wine for 64 bits, and says which packages Debian has for that. Wine's files are put under
// bin/wine, beside the test programs; a prefix of the user's is left alone.
package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
)

var (
	runOnly = flag.String("run", "", "run only the tests that match, as of go test")
	skip    = flag.String("skip", "", "leave out the tests that match, as of go test")
	verbose = flag.Bool("v", false, "print everything")
	timeout = flag.Duration("timeout", 3*time.Minute, "of a package's tests")
)

func main() {
	flag.Parse()
	if ok, err := tests(flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "winetests:", err)
		os.Exit(2)
	} else if !ok {
		os.Exit(1)
	}
}

// tools are programs for the machine that the module is made on, and the one program whose tests
// build it with the go command, which Wine has not got.
var tools = regexp.MustCompile(`/internal/(gen\w+|house|winetests)(/|$)|/cmd/sockinfo$`)

func tests(patterns []string) (ok bool, err error) {
	if len(patterns) == 0 {
		patterns = []string{"./..."}
	}
	w, err := newWine("bin/wine")
	if err != nil {
		return false, err
	}
	defer w.end()
	out, err := output(w.cross("go", slices.Concat([]string{"list", "-f",
		"{{if or .TestGoFiles .XTestGoFiles}}{{.ImportPath}} {{.Dir}}{{end}}"}, patterns)...))
	if err != nil {
		return false, err
	}
	dirs := map[string]string{} // of the packages
	for line := range strings.Lines(out) {
		if path, dir, found := strings.Cut(strings.TrimSpace(line), " "); found &&
			!tools.MatchString(path) {
			dirs[path] = dir
		}
	}
	packages := slices.Sorted(maps.Keys(dirs))
	programs := filepath.Join(w.dir, "tests")
	if err := os.RemoveAll(programs); err != nil {
		return false, err
	}
	if _, err := output(w.cross("go", slices.Concat(
		[]string{"test", "-c", "-vet=off", "-o", programs + "/"}, packages)...)); err != nil {
		return false, err
	}
	ok = true
	skips := map[string]int{}
	var total [3]int
	for _, path := range packages {
		program := filepath.Join(programs, filepath.Base(path)+".test.exe")
		if _, err := os.Stat(program); errors.Is(err, fs.ErrNotExist) {
			continue // all its tests are of other systems
		}
		begin := time.Now()
		args := []string{program, "-test.v", "-test.timeout=" + timeout.String()}
		if *runOnly != "" {
			args = append(args, "-test.run="+*runOnly)
		}
		left, why := leftOut(path)
		for _, reason := range why {
			skips[reason]++
		}
		if *skip != "" {
			left = strings.Trim(left+"|"+*skip, "|")
		}
		if left != "" {
			args = append(args, "-test.skip="+left)
		}
		cmd := w.command("wine", args...)
		cmd.Dir = dirs[path]
		out, err := cmd.CombinedOutput() // the exit status says less than the output
		r := read(out)
		verdict := "ok"
		if !r.passed || err != nil || r.counts[failed] > 0 {
			verdict, ok = "FAIL", false
			fmt.Printf("%s", r.failures)
			if !r.passed && r.counts[failed] == 0 {
				fmt.Printf("%s\nno PASS, %v\n", tail(out), err)
			}
		}
		if *verbose {
			fmt.Printf("%s", out)
		}
		fmt.Printf("%-4s %-50s %4d passed %4d failed %4d skipped %6.1f s\n", verdict, path,
			r.counts[passed], r.counts[failed], r.counts[skipped], time.Since(begin).Seconds())
		for i, n := range r.counts {
			total[i] += n
		}
		for _, why := range r.skips {
			skips[why]++
		}
	}
	fmt.Printf("     %-50s %4d passed %4d failed %4d skipped\n",
		"all", total[passed], total[failed], total[skipped])
	for _, why := range slices.Sorted(maps.Keys(skips)) {
		fmt.Printf("%4d skipped: %s\n", skips[why], why)
	}
	return ok, nil
}

func tail(out []byte) []byte { return out[max(0, len(out)-20000):] }

const (
	passed = iota
	failed
	skipped
)

// A result is what a test program printed.
type result struct {
	passed   bool // as a whole
	counts   [3]int
	failures []byte
	skips    []string // why
}

var (
	verdictLine = regexp.MustCompile(`^--- (PASS|FAIL|SKIP): \S+`)
	beginLine   = regexp.MustCompile(`^=== (RUN|CONT|NAME|PAUSE)\s+\S+`)
	reasonLine  = regexp.MustCompile(`^ +\w+\.go:\d+: (.*)`)
)

// read reads the output of a test program with -test.v. A test's output comes before its verdict.
func read(out []byte) (r result) {
	var test []byte
	reason := ""
	for line := range bytes.Lines(out) {
		line = bytes.ReplaceAll(line, []byte("\r\n"), []byte("\n"))
		if string(bytes.TrimSpace(line)) == "PASS" {
			r.passed = true
		}
		if beginLine.Match(line) {
			continue
		}
		if m := reasonLine.FindSubmatch(line); m != nil {
			reason = string(m[1])
		}
		test = append(test, line...)
		m := verdictLine.FindSubmatch(line)
		if m == nil {
			continue
		}
		switch string(m[1]) {
		case "PASS":
			r.counts[passed]++
		case "FAIL":
			r.counts[failed]++
			r.failures = append(r.failures, test...)
		case "SKIP":
			r.counts[skipped]++
			r.skips = append(r.skips, reason)
		}
		test, reason = test[:0], ""
	}
	if !r.passed {
		r.failures = append(r.failures, tail(test)...) // such as a panic
	}
	return r
}

// A wine is a Wine prefix of our own.
type wine struct {
	dir string
	env []string
}

func newWine(dir string) (*wine, error) {
	for _, program := range []string{"wine", "wineboot", "wineserver"} {
		if _, err := exec.LookPath(program); err != nil {
			return nil,
				fmt.Errorf(
					"there is no %s: install Wine for 64 bits, which is the packages wine and "+
						"wine64 of Debian", program)
		}
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	prefix := filepath.Join(dir, "prefix")
	w := &wine{dir, append(os.Environ(), "WINEPREFIX="+prefix, "WINEARCH=win64", "WINEDEBUG=-all",
		"WINEDLLOVERRIDES=mscoree,mshtml,winemenubuilder.exe=")} // none of which a test needs
	system := filepath.Join(prefix, "drive_c", "windows", "system32")
	if _, err := os.Stat(filepath.Join(system, "ws2_32.dll")); err != nil {
		if err := os.MkdirAll(dir, 0o777); err != nil {
			return nil, err
		}
		for _, args := range [][]string{{"wineboot", "-i"}, {"wineserver", "-w"}} {
			if out, err := w.command(args[0], args[1:]...).CombinedOutput(); err != nil {
				return nil, fmt.Errorf("%v: %w\n%s", args, err, out)
			}
		}
	}
	const random = "bcryptprimitives.dll"
	if _, err := os.Stat(filepath.Join(system, random)); errors.Is(err, fs.ErrNotExist) { // Wine 8
		if err := os.WriteFile(filepath.Join(system, random),
			forwarder(random, "ProcessPrng", "ADVAPI32.SystemFunction036"), 0o666); err != nil {
			return nil, err
		}
	}
	return w, nil
}

// command is a command in the prefix.
func (w *wine) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(name, args...)
	cmd.Env = w.env
	return cmd
}

// cross is a command that builds for Windows.
func (w *wine) cross(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(name, args...)
	cmd.Env = append(os.Environ(), "GOOS=windows", "GOARCH=amd64", "CGO_ENABLED=0", "GOFLAGS=")
	return cmd
}

func output(cmd *exec.Cmd) (string, error) {
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		err = fmt.Errorf("%v: %w", cmd.Args, err)
	}
	return string(out), err
}

// end ends the server of the prefix, which would outlive the tests.
func (w *wine) end() { w.command("wineserver", "-k").Run() }
