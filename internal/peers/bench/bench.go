//go:build linux

package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"sync/atomic"
	"time"

	"example.com/bsdsocket/internal/peers/bench/report"
)

// errNone means that a library has no counterpart to a benchmark.
var errNone = errors.New("no counterpart")

// A work prepares a benchmark: it sets b.run.
type work func(b *bench) error

// A bench is a benchmark of one library.
type bench struct {
	lib       *library
	run       func(n int) error         // does n operations
	metrics   func() map[string]float64 // what was measured besides, in the last run; can be nil
	least     int                       // the least operations that make sense
	undo      []func()
	processor atomic.Int64 // what the program of plain C has used
	dir       string
}

// cleanup calls fn when the bench ends, the last one first.
func (b *bench) cleanup(fn func()) { b.undo = append(b.undo, fn) }

func (b *bench) end() {
	for i := len(b.undo) - 1; i >= 0; i-- {
		b.undo[i]()
	}
	b.undo = nil
}

// path returns a new name for a UNIX socket or file, whose folder goes when the bench ends.
func (b *bench) path() string {
	if b.dir == "" {
		dir, err := os.MkdirTemp("", "bench")
		if err != nil {
			panic(err)
		}
		b.dir = dir
		b.cleanup(func() { os.RemoveAll(dir) })
	}
	return filepath.Join(b.dir, fmt.Sprint(len(b.undo)))
}

// start prepares a benchmark of a library. It returns errNone if there is none.
func start(r row, lib *library) (*bench, error) {
	runtime.GC() // not to clear up after another; and not between runs, since that empties pools
	b := &bench{lib: lib, least: 1}
	prepare := r.work
	if lib.program != "" && !r.Server && !r.own {
		prepare = func(b *bench) error { return runProgram(b, r.Name) }
	}
	if err := prepare(b); err != nil {
		b.end()
		return nil, err
	}
	return b, nil
}

// A sample is what one round measures.
type sample struct {
	n      int
	values map[string]float64
}

// measure runs a benchmark with more and more operations, until they take as long as wanted, and
// returns what the last run measured.
func measure(b *bench, wanted time.Duration) (sample, error) {
	for n := b.least; ; {
		elapsed, values, err := run(b, n)
		if err != nil {
			return sample{}, err
		}
		if elapsed >= wanted*9/10 || n >= 1e9 {
			return sample{n, values}, nil
		}
		n = max(n+1, min(100*n, int(float64(n)*1.1*float64(wanted)/float64(elapsed+1))))
	}
}

// run does n operations. What they allocate includes what both ends of a connection do.
func run(b *bench, n int) (time.Duration, map[string]float64, error) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	begin := time.Now()
	if err := b.run(n); err != nil {
		return 0, nil, err
	}
	elapsed := time.Since(begin)
	runtime.ReadMemStats(&after)
	values := map[string]float64{report.Time: float64(elapsed.Nanoseconds()) / float64(n)}
	if b.lib.program == "" {
		// As package testing does, without what happens once now and then.
		values[report.Bytes] = float64((after.TotalAlloc - before.TotalAlloc) / uint64(n))
		values[report.Allocs] = float64((after.Mallocs - before.Mallocs) / uint64(n))
	}
	if b.metrics != nil {
		for unit, v := range b.metrics() {
			values[unit] = v
		}
	}
	return elapsed, values, nil
}
