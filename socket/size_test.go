package socket

import (
	"math"
	"reflect"
	"testing"
)

// A server has many accepted sockets: one takes no more than the allocator's room of 256 bytes.
func TestSizeOfAccepted(t *testing.T) {
	if math.MaxInt == math.MaxInt32 {
		t.Skip("needs integers of 64 bits")
	}
	if size := reflect.TypeFor[accepted]().Size(); size > 256 {
		t.Errorf("an accepted socket takes %d bytes: put what few sockets have into rare", size)
	}
}
