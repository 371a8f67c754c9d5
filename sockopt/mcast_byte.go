//go:build darwin || dragonfly || freebsd || netbsd || openbsd

package sockopt

// multicastByte is a u_char, which all BSD take; some refuse an int: ip(4).
var multicastByte = codec[int]{
	get: integer.read,
	set: func(c *call, v int) error {
		if v < 0 || v > 255 {
			return ErrValue
		}
		return c.setBytes(append(c.room(1)[:0], byte(v)))
	},
}

var multicastByteBool = converted(multicastByte,
	func(v int) (bool, bool) { return v != 0, true },
	func(v bool) (int, bool) {
		if v {
			return 1, true
		}
		return 0, true
	})
