//go:build !linux

package sys

// Release is the release of the kernel where that is Linux.
func Release() string { return "" }
