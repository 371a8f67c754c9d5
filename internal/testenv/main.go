package testenv

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/bsdsocket/internal/leak"
)

// Main is a TestMain: it runs the package's tests and then fails if they left descriptors open,
// goroutines running or threads in another network namespace. What is left at the end gets ten
// seconds to go away by itself, for the sake of busy machines. Before that the cleanups run, in
// order, since Main does not return.
//
//	func TestMain(m *testing.M) { testenv.Main(m) }
func Main(m *testing.M, cleanups ...func()) {
	before := state()
	code := forkDuring(m)
	for _, cleanup := range cleanups {
		cleanup()
	}
	if code == 0 && !fuzzing() {
		if left := wait(before); len(left) > 0 {
			fmt.Printf("testenv: %d left after the tests:\n%s", len(left), strings.Join(left, ""))
			if !leak.On {
				fmt.Println("BSDSOCKET_LEAKS=1 tells who made the sockets among them.")
			}
			code = 1
		}
	}
	os.Exit(code)
}

// fuzzing tells whether this is a fuzzing coordinator or worker, which keep pipes to each other.
func fuzzing() bool {
	for _, name := range []string{"test.fuzz", "test.fuzzworker"} {
		if f := flag.Lookup(name); f != nil && f.Value.String() != f.DefValue {
			return true
		}
	}
	return false
}

// state describes what a process holds, a line or more each, under a key that stays.
func state() map[string]string {
	s := goroutines()
	descriptors(s)
	threads(s)
	return s
}

// patience is how long wait waits.
var patience = 10 * time.Second

// wait returns what is there now and was not before, after it had time to end.
func wait(before map[string]string) (left []string) {
	pause := time.Millisecond
	for end := time.Now().Add(patience); ; pause = min(2*pause, 100*time.Millisecond) {
		left = left[:0]
		for key, what := range state() {
			if _, ok := before[key]; !ok {
				left = append(left, what)
			}
		}
		if len(left) == 0 || time.Now().After(end) {
			return left
		}
		if !slices.ContainsFunc(left, func(what string) bool {
			return !strings.Contains(what, "pipe:[")
		}) {
			// Copies by splice(2) keep pipes, here as in package net, until the collector closes
			// them.
			runtime.GC()
		}
		time.Sleep(pause)
	}
}

var goroutineHead = regexp.MustCompile(`^goroutine \d+`)

// goroutines returns the stacks of the user's goroutines by their number.
func goroutines() map[string]string {
	buf := make([]byte, 1<<16)
	n := runtime.Stack(buf, true)
	for n == len(buf) {
		buf = make([]byte, 2*len(buf))
		n = runtime.Stack(buf, true)
	}
	s := map[string]string{}
	for stack := range bytes.SplitSeq(buf[:n], []byte("\n\n")) {
		// os/signal starts its one goroutine on first use and keeps it, and so does Trap.
		if bytes.Contains(stack, []byte("os/signal.loop")) ||
			bytes.Contains(stack, []byte("testenv.(*Trap).serve")) {
			continue
		}
		s[string(goroutineHead.Find(stack))] = string(stack) + "\n"
	}
	return s
}
