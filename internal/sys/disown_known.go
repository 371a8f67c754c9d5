//go:build !go1.27

package sys

// disown is whether this Go's package os was looked at: os.File must have a finalizer, and nothing
// else that closes it.
const disown = true
