package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"example.com/bsdsocket/internal/testenv"
)

func TestMain(m *testing.M) {
	if len(os.Args) == 0 {
		// never, but now main is linked: what go test has in its cache is of the same command
		main()
	}
	testenv.Main(m)
}

// TestRuns builds the command and lets it run the tests of small modules.
func TestRuns(t *testing.T) {
	exe := filepath.Join(t.TempDir(), "runtests.exe")
	if out, err := exec.Command("go", "build", "-buildvcs=false", "-o", exe,
		".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	const head = "package small\n\nimport (\n\t\"os\"\n\t\"testing\"\n)\n\nvar race, _ = false, " +
		"os.Exit\n\n"
	for _, test := range []struct {
		name, source string
		race         bool
		status       int
		want, not    []string
	}{
		{
			name: "passes and skips",
			source: `func TestGood(t *testing.T) { t.Log("chatter") }
func TestSkipped(t *testing.T) { t.Run("sub", func(t *testing.T) { t.Skip("needs a moon:\nit is day") }) }
func TestC(t *testing.T) { t.SkipNow() }
func TestA(t *testing.T) { t.SkipNow() }
func TestB(t *testing.T) { t.SkipNow() }`,
			status: 0,
			want: []string{"ok  \tsmall",
				"skipped 4:\n  needs a moon: it is day:\n    small.TestSkipped/sub\n" +
					"  without a reason:\n    small.TestA\n    small.TestB\n    small.TestC\n",
				"\n2 passed, 0 failed, 4 skipped\n"},
			not: []string{"chatter", "PASS"},
		},
		{
			name: "a failure",
			source: `func TestGood(t *testing.T) {}` + "\n" +
				`func TestBad(t *testing.T) { t.Log("first"); t.Error("then this") }`,
			status: 1,
			want: []string{"first", "then this", "--- FAIL: TestBad", "FAIL\tsmall",
				"\n1 passed, 1 failed, 0 skipped\n"},
		},
		{
			name:   "a panic",
			source: `func TestBad(t *testing.T) { panic("what now") }`,
			status: 1,
			want:   []string{"what now", "FAIL\tsmall", "1 failed"},
		},
		{
			name:   "an exit",
			source: `func TestBad(t *testing.T) { println("on my way"); os.Exit(3) }`,
			status: 1,
			want:   []string{"FAIL\tsmall", "1 failed"},
		},
		{
			name: "failure in TestMain after tests that passed",
			source: `func TestGood(t *testing.T) {}` + "\n" +
				`func TestMain(m *testing.M) { m.Run(); println("a leak"); os.Exit(1) }`,
			status: 1,
			want:   []string{"FAIL\tsmall"},
		},
		{
			name:   "does not compile",
			source: `func TestBad(t *testing.T) { undeclared() }`,
			status: 1,
			want:   []string{"undefined: undeclared", "FAIL\tsmall [build failed]"},
		},
		{
			name: "a race, and allocations that are counted without it",
			source: `var n int
func TestRace(t *testing.T) { c := make(chan bool); go func() { n++; close(c) }(); n++; <-c }
func TestAllocs(t *testing.T) { if testing.AllocsPerRun(1, func() {}) != 0 { t.Error() }; if n == 2 { t.Skip("needs no race") } }`,
			race:   true,
			status: 1,
			want: []string{"DATA RACE", "--- FAIL: TestRace", "the race detector:\nok  \tsmall",
				"\n1 passed, 1 failed, 0 skipped\n"},
			not: []string{"needs no race"},
		},
		{
			name:   "allocations that are too many without the race detector",
			source: `func TestAllocs(t *testing.T) { if !race { t.Error("too many") } }`,
			race:   true,
			status: 1,
			want:   []string{"ok  \tsmall", "too many", "\n0 passed, 1 failed, 0 skipped\n"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			write(t, filepath.Join(dir, "go.mod"), "module small\n")
			write(t, filepath.Join(dir, "small_test.go"), head+test.source+"\n")
			write(t, filepath.Join(dir, "race_test.go"),
				"//go:build race\n\npackage small\n\nfunc init() { race = true }\n")
			cmd := exec.Command(exe, "./...")
			cmd.Dir = dir
			cmd.Env = os.Environ()
			if test.race {
				testenv.Needs(t, testenv.GCC,
					testenv.Feature{Name: "the race detector", Probe: func() error {
						out, err := exec.Command("go", "list", "-race", "errors").CombinedOutput()
						if err != nil {
							return errors.New(strings.TrimSpace(string(out)))
						}
						return nil
					}})
				test.want = append(test.want, "\nCounting allocations without the race detector:\n")
			} else {
				cmd.Env = append(cmd.Env, "CGO_ENABLED=0") // faster, and the fallback
				test.want = append(test.want, "The race detector is off: ")
			}
			out, err := cmd.CombinedOutput()
			status := 0
			if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
				status = exit.ExitCode()
			} else if err != nil {
				t.Fatal(err)
			}
			if status != test.status {
				t.Errorf("status %d, want %d", status, test.status)
			}
			for _, want := range test.want {
				if !strings.Contains(string(out), want) {
					t.Errorf("the output lacks %q", want)
				}
			}
			for _, not := range test.not {
				if strings.Contains(string(out), not) {
					t.Errorf("the output has %q", not)
				}
			}
			if t.Failed() {
				t.Logf("output:\n%s", out)
			}
		})
	}
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
}
