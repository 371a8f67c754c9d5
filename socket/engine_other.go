//go:build !linux || portable

package socket

// newEngine is how Pollers learn of events here.
var newEngine = newWatches
