//go:build race

package ports_test

const raceEnabled = true
