package testenv

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// A Call is a system call to be made to fail: its number, its name, and the errors that it can have
// by its manual page and by what else an operation could take for news: before the kernel has done
// anything, and when it has done what it was to.
type Call struct {
	Number uintptr
	// only calls with this second argument, such as F_DUPFD_CLOEXEC of fcntl(2); 0: all
	Second       uintptr
	Name         string
	Before, Made []syscall.Errno
}

// Faulty are the numbers of the system calls that [Faults] needs trapped.
func Faulty() (numbers []uintptr) {
	for _, c := range faulty {
		if !slices.Contains(numbers, c.Number) {
			numbers = append(numbers, c.Number)
		}
	}
	return numbers
}

// An Operation is what a caller does, and what is seen of it while one of its system calls fails.
type Operation struct {
	Name string
	// Begin makes what the operation needs, while no call fails, and returns the operation. It is
	// called twice, the second time without a fault: that the first failed must be no reason for
	// the second to. The t's cleanups run after that.
	Begin func(t testing.TB) func() error

	// Needs are features without which the operation cannot succeed: where one is lacking, it is
	// passed over, with its lines.
	Needs []Feature
}

// Faults makes each call of each operation fail with each of its errors, one at a time, and
// compares what the operation returns with the lines of testdata/faults.txt, of which each stands
// for the errors that come to the same:
//
//	operation; the call, its number if the operation makes several, whether it was made; errors: what comes of it, then of the next
//
// What comes of it is "done"; "it", an error of the module's that is the injected one, and after it
// L and R, if it has a local and a remote address, and the kinds that it is of; or another error's
// text. It fails the test where an operation leaves a descriptor open. BSDSOCKET_UPDATE=1 writes
// the file.
func Faults(t *testing.T, trap *Trap, kinds map[string]error, operations []Operation) {
	t.Helper()
	var table, lacking []string
	for _, o := range operations {
		if slices.ContainsFunc(o.Needs, func(f Feature) bool { return probe(f) != nil }) {
			lacking = append(lacking, o.Name+"; ")
			continue
		}
		// after which things are known and kept, so that calls are saved
		attempt(t, trap, o, nil, 0, nil)
		trace, _, _ := attempt(t, trap, o, nil, 0, nil)
		if len(trace) == 0 {
			t.Errorf("%s makes none of the calls", o.Name)
		}
		seen := map[*Call]int{}
		for _, call := range trace {
			seen[call]++
			for when, list := range [][]syscall.Errno{call.Before, call.Made} {
				outcomes := map[string][]string{}
				var order []string
				for _, errno := range list {
					_, first, second := attempt(t, trap, o, call, seen[call],
						func(c *Held) Verdict {
							if when == 1 {
								c.Make()
							}
							return Fault(errno)
						})
					what := outcome(first, errno, kinds) + ", then " + outcome(second, errno, kinds)
					if outcomes[what] == nil {
						order = append(order, what)
					}
					outcomes[what] = append(outcomes[what], errnoName(errno))
				}
				for _, what := range order {
					name := call.Name
					if seen[call] > 1 {
						name += fmt.Sprint(" ", seen[call])
					}
					name += [2]string{"", ", made"}[when]
					table = append(table, fmt.Sprintf("%s; %s; %s: %s",
						o.Name, name, strings.Join(outcomes[what], " "), what))
				}
			}
		}
	}
	got := strings.Join(table, "\n") + "\n"
	path := filepath.Join("testdata", "faults.txt")
	if os.Getenv("BSDSOCKET_UPDATE") == "1" {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	want := strings.Split(strings.TrimSpace(string(text)), "\n")
	for _, line := range table {
		if !slices.Contains(want, line) {
			t.Errorf("not in %s:\n%s", path, line)
		}
	}
	for _, line := range want {
		passed := slices.ContainsFunc(lacking, func(name string) bool {
			return strings.HasPrefix(line, name)
		})
		if !passed && !slices.Contains(table, line) {
			t.Errorf("in %s alone:\n%s", path, line)
		}
	}
}

// attempt runs the operation twice, the first time with a verdict on the nth of a call, and returns
// the calls that the first made, and the errors of both.
func attempt(t *testing.T, trap *Trap, o Operation, call *Call, nth int,
	verdict func(*Held) Verdict) (trace []*Call, first, second error) {
	t.Helper()
	before := map[string]string{}
	descriptors(before)
	s := &scope{TB: t}
	defer func() {
		trap.On(nil)
		s.end()
		after := map[string]string{}
		descriptors(after)
		for key, what := range after {
			if _, ok := before[key]; !ok && !strings.Contains(what, "pipe:[") {
				// those are kept for the next copy
				t.Errorf("%s, %v: left %s", o.Name, call, what)
			}
		}
	}()
	op := o.Begin(s)
	trap.On(func(c *Held) (v Verdict) {
		i := slices.IndexFunc(faulty, func(call Call) bool {
			return call.Number == c.Number && (call.Second == 0 || call.Second == c.Args[1])
		})
		if i < 0 {
			return v
		}
		trace = append(trace, &faulty[i])
		if call == &faulty[i] {
			if nth--; nth == 0 {
				v = verdict(c)
			}
		}
		return v
	})
	first = op()
	trap.On(nil)
	if nth > 0 {
		t.Errorf("%s made no %s this time", o.Name, call.Name)
	}
	return trace, first, op()
}

// A scope is a test within a test, with cleanups of its own.
type scope struct {
	testing.TB
	cleanups []func()
}

func (s *scope) Cleanup(fn func()) { s.cleanups = append(s.cleanups, fn) }

func (s *scope) end() {
	for _, fn := range slices.Backward(s.cleanups) {
		fn()
	}
}

// outcome describes an error.
func outcome(err error, errno syscall.Errno, kinds map[string]error) string {
	if err == nil {
		return "done"
	}
	what := "it"
	if !errors.Is(err, errno) {
		what = fmt.Sprintf("%q", masked(err))
	}
	own, ok := ownError(err)
	if !ok {
		return fmt.Sprintf("%s of type %T", what, err)
	}
	for _, name := range []string{"Local", "Remote"} {
		if f := own.FieldByName(name); f.IsValid() && !f.IsZero() {
			what += " " + name[:1]
		}
	}
	var names []string
	for name, kind := range kinds {
		if errors.Is(err, kind) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return strings.Join(append([]string{what}, names...), " ")
}

// ownError returns what an error of the tree points to that is of one of the module's types named
// Error.
func ownError(err error) (own reflect.Value, ok bool) {
	own = reflect.Indirect(reflect.ValueOf(err))
	if own.Kind() == reflect.Struct && own.Type().Name() == "Error" {
		return own, true
	}
	switch e := err.(type) {
	case interface{ Unwrap() error }:
		if inner := e.Unwrap(); inner != nil {
			return ownError(inner)
		}
	case interface{ Unwrap() []error }:
		for _, inner := range e.Unwrap() {
			if own, ok := ownError(inner); ok {
				return own, true
			}
		}
	}
	return own, false
}

// masked is an error's text without what is another in each run.
func masked(err error) string {
	text := err.Error()
	if i := strings.LastIndex(text, ": "); i >= 0 {
		text = text[i+2:]
	}
	return text
}
