//go:build linux || windows

package sockopt

// BSD wants these as one byte; here they are ints.
var (
	multicastByte     = integer
	multicastByteBool = boolean
)
