package ports

import (
	"fmt"

	"example.com/bsdsocket/socket"
)

// Params are the sizes of the buffers and the form of lines. The zero Params have a receive buffer of the default
// size, no send buffer, and the default line ending. What [DefaultParams] returns means the same.
type Params struct {
	// ReceiveBufferSize is the most bytes that a port receives at once; 0 is 4096. Input cannot be unbuffered.
	ReceiveBufferSize int
	// SendBufferSize is the size of the send buffer, whose multiples leave; 0 is unbuffered.
	SendBufferSize int
	// LineEnding ends a line: "\n", "\r\n" or any other string. If it is empty, lines are written with "\n", and what is
	// read ends with "\n" or "\r\n".
	LineEnding string
	// LineLimit is the most bytes, without the ending, of a line that is read; 0 is no limit.
	LineLimit int
}

const defaultReceiveSize = 4096

// DefaultParams returns the egg's defaults: a receive buffer of 4096 bytes, and unbuffered output.
func DefaultParams() Params { return Params{ReceiveBufferSize: defaultReceiveSize} }

// Validate returns an error if a number is negative; it names the field.
func (p Params) Validate() error {
	for _, f := range [...]struct {
		name  string
		value int
	}{
		{"ReceiveBufferSize", p.ReceiveBufferSize},
		{"SendBufferSize", p.SendBufferSize},
		{"LineLimit", p.LineLimit},
	} {
		if f.value < 0 {
			return &socket.Error{Op: "make ports", Err: fmt.Errorf("%s %d is negative", f.name, f.value)}
		}
	}
	return nil
}
