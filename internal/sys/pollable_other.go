//go:build !linux || portable

package sys

// Pollable returns nil: it is not known here why the runtime's poller did not take a descriptor.
func Pollable(int) error { return nil }
