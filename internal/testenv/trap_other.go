//go:build !linux

package testenv

import "syscall"

type machine struct{}

func (*Trap) set([]uintptr) error { return errNoProbe }

// Make makes the call, and returns what the kernel answers.
func (c *Held) Make() Verdict { return Fault(syscall.ENOSYS) }

// Write overwrites memory of the process, such as a length that a call returns through a pointer.
func (c *Held) Write(at uintptr, b []byte) error { return errNoProbe }

// Read copies memory of the process.
func (c *Held) Read(at uintptr, b []byte) error { return errNoProbe }

var faulty []Call

func errnoName(errno syscall.Errno) string { return errno.Error() }
