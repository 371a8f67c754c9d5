//go:build !portable

package testenv

// Portable says that Linux takes the paths of other systems: see internal/sys.
const Portable = false
