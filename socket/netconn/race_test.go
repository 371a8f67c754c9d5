//go:build race

package netconn_test

// raceDetector says that allocations are not to be counted: sync.Pool drops things at random then.
const raceDetector = true
