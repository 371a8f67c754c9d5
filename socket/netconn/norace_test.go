//go:build !race

package netconn_test

const raceDetector = false
