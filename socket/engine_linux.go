//go:build !portable

package socket

// newEngine is how Pollers learn of events here. Tests put the other one in its place.
var newEngine = newEpoll
