// Package leak knows who made each descriptor that was not closed, if BSDSOCKET_LEAKS=1 is in the
// environment when the program starts. Otherwise it costs a comparison for each descriptor.
package leak

import (
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
)

// On is whether descriptors are noted.
var On = os.Getenv("BSDSOCKET_LEAKS") == "1"

// A Descriptor is one that was made, and not closed yet.
type Descriptor struct {
	Number  int
	callers []uintptr
	closed  bool
	cleanup runtime.Cleanup
}

var (
	mu   sync.Mutex
	made = map[int]*Descriptor{} // by their numbers
	lost []*Descriptor           // closed by the garbage collector
)

// Made notes that owner, which will be closed, has the descriptor. It is called if On.
func Made[T any](owner *T, number int) {
	callers := make([]uintptr, 64)
	callers = callers[:runtime.Callers(3, callers)] // without Callers, this and who calls it
	d := &Descriptor{Number: number, callers: callers}
	d.cleanup = runtime.AddCleanup(owner, (*Descriptor).collected, d)
	mu.Lock()
	defer mu.Unlock()
	made[number] = d
}

// Closed notes that the descriptor is about to be closed, or is its caller's again. Before that
// nobody else can have the number.
func Closed(number int) {
	mu.Lock()
	defer mu.Unlock()
	if d := made[number]; d != nil {
		d.closed = true
		d.cleanup.Stop()
		delete(made, number)
	}
}

// collected reports a descriptor whose owner the garbage collector has found unreachable.
func (d *Descriptor) collected() {
	mu.Lock()
	defer mu.Unlock()
	if d.closed {
		return
	}
	if made[d.Number] == d { // else the number is another's already
		delete(made, d.Number)
	}
	lost = append(lost, d)
	fmt.Fprintf(os.Stderr,
		"bsdsocket: descriptor %d was left to the garbage collector; made by\n%s",
		d.Number, d.Stack())
}

// Open returns the descriptors that are open, in the order of their numbers.
func Open() []*Descriptor {
	mu.Lock()
	defer mu.Unlock()
	var list []*Descriptor
	for _, d := range made {
		list = append(list, d)
	}
	slices.SortFunc(list, func(a, b *Descriptor) int { return a.Number - b.Number })
	return list
}

// Lost returns the descriptors that the garbage collector has closed.
func Lost() []*Descriptor {
	mu.Lock()
	defer mu.Unlock()
	return slices.Clone(lost)
}

// Find returns the open descriptor of that number, nil if it was not noted.
func Find(number int) *Descriptor {
	mu.Lock()
	defer mu.Unlock()
	return made[number]
}

// Stack is the calls by which the descriptor was made, as a panic prints them.
func (d *Descriptor) Stack() string {
	var text strings.Builder
	frames := runtime.CallersFrames(d.callers)
	for more := len(d.callers) > 0; more; {
		var f runtime.Frame
		f, more = frames.Next()
		fmt.Fprintf(&text, "\t%s\n\t\t%s:%d\n", f.Function, f.File, f.Line)
	}
	return text.String()
}
