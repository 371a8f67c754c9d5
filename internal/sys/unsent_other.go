//go:build !linux && !darwin

package sys

import "syscall"

// Unsent is not supported here.
func Unsent(int) (int, error) { return 0, syscall.ENOTSUP }
