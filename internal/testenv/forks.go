package testenv

import (
	"fmt"
	"iter"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// forksVariable makes Main start programs during all tests of a package, and look at what they
// inherit.
const forksVariable = "BSDSOCKET_FORKS"

// Forks starts one program after another until stop is called, which returns how many, and an error
// if one of them was given a descriptor that the first was not: what this process itself has
// inherited may go on to its children.
func Forks() (stop func() (started int64, err error)) {
	known := map[string]string{}
	for name, target := range inherited() {
		known[name] = target
	}
	var over atomic.Bool
	var started int64
	done := make(chan error, 1)
	go func() {
		for last := false; ; {
			last = over.Load() // so that what is there when stop is called has a child to find it
			for name, target := range inherited() {
				if known[name] != target {
					done <- fmt.Errorf("a child process has inherited descriptor %s: %s", name,
						target)
					return
				}
				if name == "0" {
					started++
				}
			}
			if last {
				done <- nil
				return
			}
			time.Sleep(time.Millisecond) // so that it does not take a processor for itself
		}
	}()
	return func() (int64, error) {
		over.Store(true)
		err := <-done
		return started, err
	}
}

// inherited yields the descriptors of a new child process, but for its standard output and error
// and the folder in which ls(1) finds them. It yields nothing if there is no child: a test may have
// taken the descriptors or the memory that one needs.
func inherited() iter.Seq2[string, string] {
	return func(yield func(name, target string) bool) {
		out, err := exec.Command("ls", "-l", "/proc/self/fd").Output()
		if err != nil {
			return
		}
		for line := range strings.Lines(string(out)) {
			name, target, ok := strings.Cut(strings.TrimSpace(line), " -> ")
			name = name[strings.LastIndexByte(name, ' ')+1:]
			if ok && name != "1" && name != "2" && !strings.HasPrefix(target, "/proc/") &&
				!yield(name, target) {
				return
			}
		}
	}
}

// forkDuring starts programs during m's tests if the variable asks for it.
func forkDuring(m *testing.M) int {
	if os.Getenv(forksVariable) == "" {
		return m.Run()
	}
	stop := Forks()
	code := m.Run()
	started, err := stop()
	if err != nil {
		fmt.Println("testenv:", err)
		return max(code, 1)
	}
	fmt.Printf("=== ATTR  TestMain %s %d 0 child processes without a descriptor of ours\n",
		TriedAttribute, started)
	return code
}
