package testenv

import (
	"sync"
	"syscall"
	"testing"
)

// A Trap holds every system call of some numbers that the process makes, before the kernel makes
// it, and asks a function what becomes of it. So faults are injected beneath all of the code under
// test, the runtime's poller and package os included, which know nothing of it and are what they
// always are.
type Trap struct {
	mu sync.Mutex // held while on runs
	on func(*Held) Verdict
	machine
}

// A Held is a system call that a Trap holds.
type Held struct {
	Number uintptr
	Args   [6]uintptr
	trap   *Trap
}

// A Verdict is what becomes of a call. The zero Verdict is that the kernel makes it.
type Verdict struct {
	Answered bool          // the call returns Result and Errno, and the kernel sees nothing of it
	Result   int           // what it returns
	Errno    syscall.Errno // its error, if it is not 0
}

// Fault is the Verdict of an error.
func Fault(errno syscall.Errno) Verdict { return Verdict{Answered: true, Errno: errno} }

// Trapped runs the calling test once more, alone and in a child process, as [Refused] does, and
// returns the Trap there. In the parent it is nil, and there is nothing more to do. It calls
// [Needs] for [Trapping].
//
// The garbage collector does not run in the child: a thread that makes a system call which the
// scheduler is not told of, as those of package runtime are, holds up a collection, and a
// collection holds up the goroutine that asks.
func Trapped(t *testing.T, calls ...uintptr) *Trap {
	t.Helper()
	Needs(t, Trapping)
	// A signal would end the call that it finds held, and the call would be asked about once more.
	if !alone(t, "GODEBUG=asyncpreemptoff=1", "GOGC=off", "GOMAXPROCS=4") {
		return nil
	}
	trap := new(Trap)
	if err := trap.set(calls); err != nil {
		t.Fatalf("trapping system calls: %v", err)
	}
	return trap
}

// On has the function asked from now on; nil lets all calls through. The function is called by a
// goroutine of the Trap's, one call at a time, and makes none of the trapped system calls itself,
// but by [Held.Make]. The one before it is not running any more when On returns.
func (tr *Trap) On(fn func(*Held) Verdict) {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	tr.on = fn
}

func (tr *Trap) ask(c *Held) (v Verdict) {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	if tr.on != nil {
		v = tr.on(c)
	}
	return v
}
