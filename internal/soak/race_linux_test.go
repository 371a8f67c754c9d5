//go:build race

package soak

// raced is whether the race detector runs, whose own memory grows.
const raced = true
