package socket_test

import (
	"bytes"
	"testing"

	"example.com/bsdsocket/socket"
)

// FuzzSegments has any lengths and segment sizes, as a receive might leave them: nothing panics,
// and the segments together are what was received.
func FuzzSegments(f *testing.F) {
	f.Add(10, 3, uint8(4), uint8(20))
	f.Add(0, 0, uint8(0), uint8(0))
	f.Add(-1, -1, uint8(255), uint8(255))
	f.Fuzz(func(t *testing.T, n, size int, first, second uint8) {
		m := socket.Message{
			Buffers:     [][]byte{make([]byte, first), nil, make([]byte, second)},
			N:           n,
			SegmentSize: size,
		}
		for i, b := range m.Buffers {
			for j := range b {
				b[j] = byte(i*100 + j)
			}
		}
		all := bytes.Join(m.Buffers, nil)
		want := all[:max(0, min(n, len(all)))]
		var got []byte
		count := 0
		for b := range m.Segments() {
			if size > 0 && len(b) > size || len(b) == 0 && len(want) > 0 {
				t.Fatalf("a segment of %d bytes", len(b))
			}
			if size > 0 && len(b) < size && len(got)+len(b) < len(want) {
				t.Fatalf("a short segment of %d bytes in the middle", len(b))
			}
			if cap(b) != len(b) && len(b) > 0 {
				t.Fatal("a segment that can grow into the next")
			}
			got = append(got, b...)
			count++
		}
		if !bytes.Equal(got, want) || count == 0 {
			t.Fatalf("%d segments of %d bytes, want %d bytes", count, len(got), len(want))
		}
	})
}
