//go:build race && unix

package sys

import "syscall"

// What a goroutine did before it sent comes before what another does after it received. Package
// syscall tells the race detector so, by a variable of its own, in Write and Read. raceRelease and
// raceAcquire go by the same variable, so that it holds too where one end is of package net: they
// are a write to no descriptor, and a read of no bytes.

func raceRelease() { syscall.Write(-1, nil) }
