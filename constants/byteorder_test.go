package constants_test

import (
	"bytes"
	"encoding/binary"
	"testing"

	"example.com/bsdsocket/constants"
)

// Row G7: htons, ntohs, htonl and ntohl put the highest byte first in memory, and undo it.
func TestG7ByteOrder(t *testing.T) {
	for _, v := range []uint32{0, 1, 0x1234, 0x12345678, 0xdeadbeef, 0xffff0000, 0xffffffff} {
		long := binary.NativeEndian.AppendUint32(nil, constants.Htonl(v))
		if want := []byte{byte(v >> 24), byte(v >> 16), byte(v >> 8), byte(v)}; !bytes.Equal(long,
			want) {
			t.Errorf("Htonl(%#x) lies in memory as %x, want %x", v, long, want)
		}
		if got := constants.Ntohl(binary.NativeEndian.Uint32(long)); got != v {
			t.Errorf("Ntohl(Htonl(%#x)) = %#x", v, got)
		}
		s := uint16(v)
		short := binary.NativeEndian.AppendUint16(nil, constants.Htons(s))
		if want := []byte{byte(s >> 8), byte(s)}; !bytes.Equal(short, want) {
			t.Errorf("Htons(%#x) lies in memory as %x, want %x", s, short, want)
		}
		if got := constants.Ntohs(binary.NativeEndian.Uint16(short)); got != s {
			t.Errorf("Ntohs(Htons(%#x)) = %#x", s, got)
		}
	}
}
