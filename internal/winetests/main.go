// Command winetests runs the tests of the module's packages as Windows programs, under Wine. Its
// status is 0 only if every program printed PASS: one that cannot be started ends in silence, and
// with the status of success.
//
//	go run ./internal/winetests [-run REGEXP] [-skip REGEXP] [-count N] [-v] [PACKAGE...]
//
// Tests that Wine or Windows cannot pass are left out: absent.go has them, and why. A test that
// does not end is told by its name, and the rest of its package is run without it.
//
// It needs Wine for 64 bits, and says which packages Debian has for that. Wine's files are put
// under bin/wine, beside the test programs; a prefix of the user's is left alone.
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
	"strconv"
	"strings"
	"time"
)

var (
	runOnly  = flag.String("run", "", "run only the tests that match, as of go test")
	skip     = flag.String("skip", "", "leave out the tests that match, as of go test")
	count    = flag.Int("count", 1, "run the tests of each package so often")
	verbose  = flag.Bool("v", false, "print everything")
	patience = flag.Duration("patience", time.Minute, "how long one test may take")
	timeout  = flag.Duration("timeout", 5*time.Minute,
		"how long the tests of a package may take; then it prints its goroutines")
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

// tools are programs for the machine that the module is made on.
var tools = regexp.MustCompile(`/internal/(gen\w+|house|winetests)(/|$)`)

const command = "./cmd/sockinfo" // whose tests run the program

func tests(patterns []string) (ok bool, err error) {
	if len(patterns) == 0 {
		patterns = []string{"./..."}
	}
	w, err := newWine("bin/wine")
	if err != nil {
		return false, err
	}
	defer w.end()
	out, err := output(cross("go", slices.Concat([]string{"list", "-f",
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
	w.env = append(w.env, "BSDSOCKET_SOCKINFO=Z:"+filepath.Join(programs, "sockinfo.exe"))
	for _, args := range [][]string{
		slices.Concat([]string{"test", "-c", "-vet=off", "-o", programs + "/"}, packages),
		{"build", "-buildvcs=false", "-o", programs + "/", command},
	} {
		if _, err := output(cross("go", args...)); err != nil {
			return false, err
		}
	}
	ok = true
	var all result
	for _, path := range packages {
		program := filepath.Join(programs, filepath.Base(path)+".test.exe")
		if _, err := os.Stat(program); errors.Is(err, fs.ErrNotExist) {
			continue // all its tests are of other systems
		}
		begin := time.Now()
		r := w.run(path, dirs[path], program)
		verdict := "ok"
		if !r.passed {
			verdict, ok = "FAIL", false
			fmt.Printf("%s", r.failures)
		}
		fmt.Printf("%-4s %-44s %s %6.1f s\n", verdict, path, r, time.Since(begin).Seconds())
		all.add(r)
	}
	fmt.Printf("%-4s %-44s %s\n", "", "all", all)
	why := map[string]int{}
	for _, reason := range all.skips {
		why[reason]++
	}
	for _, reason := range slices.Sorted(maps.Keys(why)) {
		fmt.Printf("%4d not run: %s\n", why[reason], reason)
	}
	return ok, nil
}

// run runs a package's tests to their end: those that follow one that ended its program, too.
func (w *wine) run(path, dir, program string) (r result) {
	left, why := leftOut(path)
	r.absent = len(why)
	r.skips = slices.Collect(maps.Values(why))
	r.passed = true
	for range *count {
		skips := left
		if *skip != "" {
			skips = append(skips, *skip)
		}
		for {
			args := []string{program, "-test.v", "-test.timeout=" + timeout.String()}
			if *runOnly != "" {
				args = append(args, "-test.run="+*runOnly)
			}
			if len(skips) > 0 {
				args = append(args, "-test.skip="+strings.Join(skips, "|"))
			}
			cmd := w.command("wine", args...)
			cmd.Dir = dir
			one := w.watch(cmd)
			r.add(one)
			r.passed = r.passed && one.passed
			if one.ended || one.last == "" {
				break
			}
			for _, test := range one.done {
				skips = append(skips, "^"+regexp.QuoteMeta(test)+"$")
			}
		}
	}
	return r
}

// watch runs a program of tests, and ends it and all that it started when one test has taken too
// long.
func (w *wine) watch(cmd *exec.Cmd) result {
	r := &reader{begun: map[string]time.Time{}}
	cmd.Stdout, cmd.Stderr = r, r
	cmd.WaitDelay = 10 * time.Second // for what it started and did not wait for
	if err := cmd.Start(); err != nil {
		return result{failures: []byte(err.Error() + "\n")}
	}
	over := make(chan error, 1)
	go func() { over <- cmd.Wait() }()
	begin, look := time.Now(), time.NewTicker(time.Second)
	defer look.Stop()
	hung := ""
	for {
		select {
		case err := <-over:
			return r.end(hung, err)
		case <-look.C:
			if test := r.slow(*patience); hung == "" &&
				(test != "" || time.Since(begin) > *timeout+*patience) {
				hung = fmt.Sprintf("%s does not end\n", strconv.Quote(test))
				cmd.Process.Kill()
				w.restart() // Windows programs are the server's
			}
		}
	}
}

// cross is a command that builds for Windows.
func cross(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(name, args...)
	cmd.Env = append(os.Environ(), "GOOS=windows", "GOARCH=amd64", "CGO_ENABLED=0", "GOFLAGS=")
	return cmd
}

func output(cmd *exec.Cmd) (string, error) {
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		err = fmt.Errorf("%v: %w\n%s", cmd.Args, err, &errs)
	}
	return string(out), err
}
