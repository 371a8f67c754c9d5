package socket

import "sync"

// UseWatches makes new Pollers, and Poll, work as where there is no epoll(7), until the returned
// function is called.
func UseWatches() (restore func()) {
	real := newEngine
	newEngine, views = newWatches, sync.Pool{}
	return func() { newEngine, views = real, sync.Pool{} }
}
