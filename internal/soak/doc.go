// Package soak has tests alone: the whole library over bad networks, against bad peers and from
// many goroutines at once. Each has a quick version, which go test runs, and a long one, which
// "make soak" runs.
package soak
