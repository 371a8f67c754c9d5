package main

import (
	"bytes"
	"errors"
	"fmt"
	"os/exec"
	"regexp"
	"sync"
	"time"
)

const (
	passed = iota
	failed
	skipped
)

// A result is what test programs printed, with -test.v.
type result struct {
	passed   bool // as a whole: it printed PASS, and the status says the same
	ended    bool // it came to its end
	counts   [3]int
	absent   int
	failures []byte
	skips    []string // why
	done     []string // top-level tests that were begun
	last     string   // of them
}

func (r *result) add(s result) {
	for i, n := range s.counts {
		r.counts[i] += n
	}
	r.absent += s.absent
	r.failures = append(r.failures, s.failures...)
	r.skips = append(r.skips, s.skips...)
}

func (r result) String() string {
	return fmt.Sprintf("%4d passed %4d failed %4d skipped %4d left out",
		r.counts[passed], r.counts[failed], r.counts[skipped], r.absent)
}

var (
	verdictLine = regexp.MustCompile(`^--- (PASS|FAIL|SKIP): (\S+)`)
	beginLine   = regexp.MustCompile(`^=== (RUN|CONT|NAME|PAUSE)\s+(\S+)`)
	reasonLine  = regexp.MustCompile(`^ +\w+\.go:\d+: (.*)`)
)

// A reader is a program's output, which it reads as it comes. A test's output comes before its
// verdict.
type reader struct {
	mu     sync.Mutex
	r      result
	line   []byte // without its end yet
	test   []byte // the output of the test
	reason string
	begun  map[string]time.Time // tests that run
}

func (r *reader) Write(b []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.line = append(r.line, b...)
	for {
		line, rest, found := bytes.Cut(r.line, []byte("\n"))
		if !found {
			return len(b), nil
		}
		r.read(string(bytes.TrimSuffix(line, []byte("\r"))))
		r.line = append(r.line[:0], rest...)
	}
}

func (r *reader) read(line string) {
	if *verbose {
		fmt.Println(line)
	}
	switch line {
	case "PASS":
		r.r.passed = true
		fallthrough
	case "FAIL":
		r.r.ended = true
	}
	if m := beginLine.FindStringSubmatch(line); m != nil {
		if m[1] == "RUN" && !bytes.Contains([]byte(m[2]), []byte("/")) {
			r.r.done, r.r.last = append(r.r.done, m[2]), m[2]
			r.begun[m[2]] = time.Now()
		}
		return
	}
	if m := reasonLine.FindStringSubmatch(line); m != nil {
		r.reason = m[1]
	}
	r.test = append(append(r.test, line...), '\n')
	m := verdictLine.FindStringSubmatch(line)
	if m == nil {
		return
	}
	delete(r.begun, m[2])
	switch m[1] {
	case "PASS":
		r.r.counts[passed]++
	case "FAIL":
		r.r.counts[failed]++
		r.r.failures = append(r.r.failures, r.test...)
	case "SKIP":
		r.r.counts[skipped]++
		r.r.skips = append(r.r.skips, r.reason)
	}
	r.test, r.reason = r.test[:0], ""
}

// slow is a test that has run for longer than the patience, or nothing.
func (r *reader) slow(patience time.Duration) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	for test, begin := range r.begun {
		if time.Since(begin) > patience {
			return test
		}
	}
	return ""
}

// end is the result of a program that has ended, with its error; hung says why it was ended, if it
// was.
func (r *reader) end(hung string, err error) result {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.line) > 0 {
		r.read(string(r.line))
	}
	if errors.Is(err, exec.ErrWaitDelay) {
		err = nil // it ended well, and something of Wine's that it started has its output still
	}
	if hung != "" || err != nil {
		r.r.passed = false
	}
	if !r.r.passed {
		const most = 20000 // of all goroutines
		r.r.failures = append(r.r.failures, r.test[:min(len(r.test), most)]...)
		r.r.failures = append(r.r.failures, hung...)
		if r.r.ended && err != nil && r.r.counts[failed] == 0 {
			r.r.failures = fmt.Appendf(r.r.failures, "after PASS: %v\n", err)
		}
		if !r.r.ended {
			r.r.counts[failed]++
			r.r.failures = fmt.Appendf(r.r.failures, "no PASS: %v, %q was the last test\n",
				err, r.r.last)
		}
	}
	return r.r
}
