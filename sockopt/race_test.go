//go:build race

package sockopt_test

const raceEnabled = true
