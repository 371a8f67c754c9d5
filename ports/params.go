package ports

import (
	"math"

	"example.com/bsdsocket/internal/sys"
	"example.com/bsdsocket/socket"
)

// Params are the sizes of the buffers and the form of lines. The zero Params have a receive buffer
// of the default size, no send buffer, the default line ending and the default limit. What
// [DefaultParams] returns means the same.
type Params struct {
	// ReceiveBufferSize is how many bytes a port asks for to fill its buffer; 0 is 4096. A Read of
	// as many bytes or more, on a stream, asks for as many as it was given room for. Input cannot
	// be unbuffered; with 1, each byte is received by itself.
	ReceiveBufferSize int
	// SendBufferSize is the size of the send buffer, whose multiples leave; 0 is unbuffered.
	SendBufferSize int
	// LineEnding ends a line: "\n", "\r\n" or any other string. If it is empty, lines are written
	// with "\n", and what is read ends with "\n" or "\r\n". It concerns the methods that read and
	// write lines, and line buffering. No other call translates anything.
	LineEnding string
	// LineLimit is the most bytes, without the ending, of a line that is read, and so what a peer
	// that never ends a line can make the port hold; 0 is DefaultLineLimit, and a negative number
	// is no limit.
	LineLimit int
}

// DefaultLineLimit is the most bytes of a line if [Params] do not say: 1 MiB.
const DefaultLineLimit = 1 << 20

const defaultReceiveSize = 4096

// DefaultParams returns the egg's defaults: a receive buffer of 4096 bytes, and unbuffered output;
// and DefaultLineLimit.
func DefaultParams() Params {
	return Params{ReceiveBufferSize: defaultReceiveSize, LineLimit: DefaultLineLimit}
}

// Validate returns an error, of the kind [socket.ErrValue], if a buffer's size is negative; it
// names the field.
func (p Params) Validate() error {
	for _, f := range [...]struct {
		name  string
		value int
	}{
		{"ReceiveBufferSize", p.ReceiveBufferSize},
		{"SendBufferSize", p.SendBufferSize},
	} {
		if f.value < 0 {
			return &socket.Error{Op: "validate", Err: sys.Wrong("negative " + f.name)}
		}
	}
	return nil
}

// limit is what a LineLimit means.
func limit(n int) int {
	switch {
	case n == 0:
		return DefaultLineLimit
	case n < 0:
		return math.MaxInt
	}
	return n
}
