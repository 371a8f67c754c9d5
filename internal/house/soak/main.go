// Command soak runs every test named TestSoak... for a long time, in three ways, and prints a table
// of what they tried, how often, and what was lost. Its status is 0 only if every test passed and
// nothing was lost.
//
//	go run ./internal/house/soak -for 30m ./...
//
// The time is shared: each test runs as long as every other, and as many at a time as there are
// processors. The ways are as users run the library, under the race detector where that works, and
// with a garbage collector that never rests and overwrites what it frees while the process starts
// one child after another.
package main

import (
	"bufio"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// A way is how each test is run.
type way struct {
	name  string
	build []string
	env   []string
}

var all = []way{
	{"plain", nil, nil},
	{"race", []string{"-race"}, nil},
	{"collector", nil, []string{"GOGC=1", "GODEBUG=clobberfree=1", "BSDSOCKET_FORKS=1"}},
}

func main() {
	total := flag.Duration("for", 30*time.Minute,
		"how long all of it takes; some tests need longer than their share")
	match := flag.String("run", "", "run only the tests whose names contain `text`")
	lanes := flag.Int("lanes", runtime.NumCPU(), "run so many tests at a time")
	flag.Parse()
	if *total <= 0 || *lanes <= 0 {
		fatal(errors.New("the time and the number of lanes must be positive"))
	}
	dir, err := os.MkdirTemp("", "soak")
	if err != nil {
		fatal(err)
	}
	jobs, err := prepare(all, dir, *match, flag.Args())
	ok := false
	if err == nil {
		s := &soak{out: os.Stdout, began: time.Now(), jobs: len(jobs), tried: map[string]*count{}}
		ok = s.run(jobs, *total, *lanes)
	}
	os.RemoveAll(dir)
	if err != nil {
		fatal(err)
	}
	if !ok {
		os.Exit(1)
	}
}

func fatal(err error) {
	fmt.Fprintln(os.Stderr, "soak:", err)
	os.Exit(1)
}

// A job is one test in one way.
type job struct {
	pkg, test, way string
	binary, dir    string
	env            []string
}

func (j job) String() string { return path.Base(j.pkg) + "." + j.test + " (" + j.way + ")" }

// prepare builds the packages' tests and lists those to run, the ways of one test apart.
func prepare(ways []way, dir, match string, packages []string) (jobs []job, err error) {
	out, err := command("go", append([]string{"list", "-f",
		"{{if or .TestGoFiles .XTestGoFiles}}{{.ImportPath}} {{.Dir}}{{end}}"}, packages...)...)
	if err != nil {
		return nil, err
	}
	for i, line := range slices.Collect(strings.Lines(out)) {
		pkg, folder, ok := strings.Cut(strings.TrimSpace(line), " ")
		if !ok {
			continue
		}
		has, err := hasSoak(folder)
		if err != nil {
			return nil, err
		}
		if !has {
			continue
		}
		for _, way := range ways {
			binary := filepath.Join(dir, fmt.Sprintf("%d-%s.test", i, way.name))
			if out, err := command("go", slices.Concat([]string{"test", "-c", "-o", binary},
				way.build, []string{pkg})...); err != nil {
				if len(way.build) > 0 {
					fmt.Printf("%s: not with %v: %v\n", pkg, way.build, err)
					continue
				}
				return nil, fmt.Errorf("%w\n%s", err, out)
			}
			list := exec.Command(binary, "-test.list", "^TestSoak")
			list.Dir = folder
			names, err := list.Output()
			if err != nil {
				return nil, fmt.Errorf("listing the tests of %s: %w", pkg, err)
			}
			for name := range strings.Lines(string(names)) {
				if name = strings.TrimSpace(name); strings.HasPrefix(name,
					"TestSoak") && strings.Contains(name, match) {
					jobs = append(jobs, job{pkg, name, way.name, binary, folder, way.env})
				}
			}
		}
	}
	if len(jobs) == 0 {
		return nil, errors.New("there are no such tests")
	}
	return jobs, nil
}

// hasSoak reports whether there is such a test in a folder's files, so that only few packages need
// building.
func hasSoak(folder string) (bool, error) {
	names, err := filepath.Glob(filepath.Join(folder, "*_test.go"))
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil || strings.Contains(string(text), "\nfunc TestSoak") {
			return err == nil, err
		}
	}
	return false, err
}

func command(name string, args ...string) (string, error) {
	cmd := exec.Command(name, args...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%s %s: %w\n%s", name, strings.Join(args, " "), err, out)
	}
	return string(out), nil
}

// soak is what is known of a run.
type soak struct {
	out   io.Writer
	began time.Time
	jobs  int

	mu      sync.Mutex
	tried   map[string]*count
	running []string
	done    int
	skipped []string
	failed  []string
}

// A count is what was tried with the same words.
type count struct {
	tried, lost int64
	runs        int
	tests       []string
}

// grace is what a test may need beyond its share before it counts as hanging.
const grace = 10 * time.Minute

// run runs all jobs and prints the table. It reports whether all is well.
func (s *soak) run(jobs []job, total time.Duration, lanes int) bool {
	lanes = min(lanes, len(jobs))
	share := max(time.Second,
		total*time.Duration(lanes)/time.Duration(len(jobs))).Round(time.Second)
	fmt.Fprintf(s.out, "%d runs of %v each, %d at a time\n", len(jobs), share, lanes)
	queue := make(chan job)
	var group sync.WaitGroup
	for range lanes {
		group.Go(func() {
			for j := range queue {
				s.do(j, share)
			}
		})
	}
	over := make(chan struct{})
	told := make(chan struct{})
	go func() {
		defer close(told)
		for tick := time.NewTicker(max(time.Second, min(30*time.Second, total/20))); ; {
			select {
			case <-tick.C:
				s.progress(total)
			case <-over:
				tick.Stop()
				return
			}
		}
	}()
	for _, j := range jobs {
		queue <- j
	}
	close(queue)
	group.Wait()
	close(over)
	<-told
	return s.table()
}

// do runs a job and takes note of what it says.
func (s *soak) do(j job, share time.Duration) {
	s.mu.Lock()
	s.running = append(s.running, j.String())
	s.mu.Unlock()
	cmd := exec.Command(j.binary, "-test.run", "^"+j.test+"$", "-test.v", "-test.timeout",
		(share + grace).String())
	cmd.Dir = j.dir
	cmd.Env = slices.Concat(os.Environ(), j.env, []string{"BSDSOCKET_SOAK=" + share.String()})
	var said []string
	out, err := cmd.StdoutPipe()
	if err == nil {
		cmd.Stderr = cmd.Stdout
		err = cmd.Start()
	}
	if err == nil {
		lines := bufio.NewReader(out)
		for {
			line, readErr := lines.ReadString('\n')
			if !s.note(j, line) && line != "" && !strings.HasPrefix(line, "=== ") {
				said = append(said, line)
				// the first lines of a failure, and the last
				if excess := len(said) - 500; excess > 0 {
					said = slices.Delete(said, 250, 250+excess)
				}
			}
			if readErr != nil {
				break
			}
		}
		err = cmd.Wait()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.done++
	s.running = slices.DeleteFunc(s.running, func(r string) bool { return r == j.String() })
	if err != nil {
		s.failed = append(s.failed, j.String())
		fmt.Fprintf(s.out, "FAILED %v: %v\n%s", j, err, strings.Join(said, ""))
	}
}

// note takes a line's attribute of what was tried, and reports whether the line had one.
func (s *soak) note(j job, line string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if strings.HasPrefix(line, "--- SKIP: "+j.test+" ") {
		s.skipped = append(s.skipped, j.String())
		return false
	}
	words := strings.SplitN(strings.TrimSpace(line), " ", 7)
	// === ATTR  name key tried lost what
	if !strings.HasPrefix(line, "=== ATTR  ") || len(words) != 7 {
		return false
	}
	// behind the empty word of two spaces, the test's name, the key and the first number
	rest := words[6]
	lost, what, ok := strings.Cut(rest, " ")
	n, err1 := strconv.ParseInt(words[5], 10, 64)
	m, err2 := strconv.ParseInt(lost, 10, 64)
	if words[4] != "tried" || !ok || err1 != nil || err2 != nil {
		return false
	}
	c := s.tried[what]
	if c == nil {
		c = new(count)
		s.tried[what] = c
	}
	c.tried += n
	c.lost += m
	c.runs++
	if name := path.Base(j.pkg) + "." + j.test; words[3] != "TestMain" && !slices.Contains(c.tests,
		name) {
		c.tests = append(c.tests, name)
	}
	return true
}

func (s *soak) sums() (tried, lost int64) {
	for _, c := range s.tried {
		tried += c.tried
		lost += c.lost
	}
	return tried, lost
}

func (s *soak) progress(total time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	tried, lost := s.sums()
	fmt.Fprintf(s.out, "%v of %v: %d of %d runs, %d failed; %s tried, %d lost; now %s\n",
		time.Since(s.began).Round(time.Second), total,
		s.done, s.jobs, len(s.failed), grouped(tried), lost, strings.Join(s.running, ", "))
}

// table prints what was tried, and reports whether nothing failed and nothing was lost.
func (s *soak) table() bool {
	fmt.Fprintln(s.out)
	fmt.Fprintf(s.out, "%20s%6s%6s  %s\n", "tried", "lost", "runs", "what")
	for _, what := range slices.Sorted(maps.Keys(s.tried)) {
		c := s.tried[what]
		fmt.Fprintf(s.out, "%20s%6s%6d  %s\n", grouped(c.tried), grouped(c.lost), c.runs, what)
	}
	tried, lost := s.sums()
	for _, name := range s.skipped {
		fmt.Fprintln(s.out, "skipped:", name)
	}
	for _, name := range s.failed {
		fmt.Fprintln(s.out, "FAILED:", name)
	}
	fmt.Fprintf(s.out, "\n%d runs in %v, %d failed, %d skipped; %s tried, %d lost\n", s.done,
		time.Since(s.began).Round(time.Second),
		len(s.failed), len(s.skipped), grouped(tried), lost)
	return len(s.failed) == 0 && lost == 0
}

// grouped is n with a comma before each three digits.
func grouped(n int64) string {
	text := strconv.FormatInt(n, 10)
	for i := len(text) - 3; i > 0 && text[i-1] != '-'; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}
