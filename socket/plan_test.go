package socket

import (
	"slices"
	"testing"

	"example.com/bsdsocket/sockaddr"
)

// The units of messages, by the rules that the socket, its offload and what the kernel refused
// make.
func TestPlan(t *testing.T) {
	here, there := sockaddr.MustParse("127.0.0.1:1"), sockaddr.MustParse("127.0.0.1:2")
	of := func(size int) Message {
		return Message{Addr: here, Buffers: [][]byte{make([]byte, size)}}
	}
	to := func(a sockaddr.Addr, m Message) Message { m.Addr = a; return m }
	cut := func(size, segment int) Message { m := of(size); m.SegmentSize = segment; return m }
	with := func(m Message) Message { m.Control = make([]byte, 16); return m }
	many := Message{Buffers: slices.Repeat([][]byte{{1}, nil}, 1500)}
	plain := rules{most: 1024}
	cuts := rules{most: 1024, cut: true}
	joins := rules{most: 1024, cut: true, join: true}
	stream := rules{most: 1, stream: true}
	gather := rules{most: 1, stream: true, gather: true}
	free := func(size int) Message { return Message{Buffers: [][]byte{make([]byte, size)}} }
	apart := rules{most: 1024, cut: true, join: true, apart: true, apartTo: here}
	for _, c := range []struct {
		name   string
		rules  rules
		ms     []Message
		offset int
		want   []unit
	}{
		{"nothing", joins, nil, 0, nil},
		{"plain", plain, []Message{of(4), of(4), of(0)}, 0,
			[]unit{{1, 4, 0}, {1, 4, 0}, {1, 0, 0}}},
		{"not asked to join", cuts, []Message{of(4), of(4)}, 0, []unit{{1, 4, 0}, {1, 4, 0}}},
		{"joined, the last shorter", joins, []Message{of(4), of(4), of(3), of(3)}, 0,
			[]unit{{3, 11, 4}, {1, 3, 0}}},
		{"one alone is not cut", joins, []Message{of(4), of(5)}, 0, []unit{{1, 4, 0}, {1, 5, 0}}},
		{"empty ones are alone", joins, []Message{of(0), of(0), of(4), of(0)}, 0,
			[]unit{{1, 0, 0}, {1, 0, 0}, {1, 4, 0}, {1, 0, 0}}},
		{"another address", joins, []Message{of(4), to(there, of(4)), to(there, of(4))}, 0,
			[]unit{{1, 4, 0}, {2, 8, 4}}},
		{"control data", joins, []Message{of(4), with(of(4)), of(4), of(4)}, 0,
			[]unit{{1, 4, 0}, {1, 4, 0}, {2, 8, 4}}},
		{"64 segments", joins, slices.Repeat([]Message{of(1)}, 65), 0,
			[]unit{{64, 64, 1}, {1, 1, 0}}},
		{"refused to one address", apart,
			[]Message{of(4), of(4), to(there, of(4)), to(there, of(4))}, 0,
			[]unit{{1, 4, 0}, {1, 4, 0}, {2, 8, 4}}},
		{"a segment size", cuts, []Message{cut(25, 10), of(4)}, 0, []unit{{1, 25, 10}, {1, 4, 0}}},
		{"one segment", cuts, []Message{cut(10, 10)}, 0, []unit{{1, 10, 0}}},
		{"no data", cuts, []Message{cut(0, 10)}, 0, []unit{{1, 0, 0}}},
		{"more than one send takes", cuts, []Message{cut(150, 1)}, 0,
			[]unit{{0, 64, 1}, {0, 64, 1}, {1, 22, 1}}},
		{"the rest of it", cuts, []Message{cut(150, 1)}, 128, []unit{{1, 22, 1}}},
		{"one by one", plain, []Message{cut(25, 10)}, 0, []unit{{0, 10, 0}, {0, 10, 0}, {1, 5, 0}}},
		{"refused", apart, []Message{cut(25, 10)}, 10, []unit{{0, 10, 0}, {1, 5, 0}}},
		{"longer than a datagram", cuts, []Message{cut(80000, 40000)}, 0,
			[]unit{{0, 40000, 0}, {1, 40000, 0}}},
		{"no more than one call takes", rules{most: 2}, []Message{cut(25, 10), of(1)}, 0,
			[]unit{{0, 10, 0}, {0, 10, 0}}},
		{"a stream's first", stream, []Message{of(4), of(4)}, 0, []unit{{1, 4, 0}}},
		{"the rest of a stream's", stream, []Message{of(4), of(4)}, 3, []unit{{1, 1, 0}}},
		{"many buffers of a stream's", stream, []Message{many}, 0, []unit{{0, 1024, 0}}},
		{"the others", stream, []Message{many}, 1024, []unit{{1, 476, 0}}},
		{"a stream's in a row", gather, []Message{free(4), free(0), free(5)}, 0, []unit{{3, 9, 0}}},
		{"what is left of them", gather, []Message{free(4), free(5)}, 3, []unit{{2, 6, 0}}},
		{"until one has an address", gather, []Message{free(4), free(5), of(4)}, 0,
			[]unit{{2, 9, 0}}},
		{"one that has an address", gather, []Message{of(4), free(5)}, 0, []unit{{1, 4, 0}}},
		{"until one has control data", gather, []Message{free(4), with(free(5))}, 0,
			[]unit{{1, 4, 0}}},
		{"one that has control data", gather, []Message{with(free(4)), free(5)}, 2,
			[]unit{{1, 2, 0}}},
		{"until the buffers are too many", gather, []Message{free(4), many, free(5)}, 0,
			[]unit{{1, 4, 0}}},
		{"a part of the buffers", gather, []Message{many, free(5)}, 0, []unit{{0, 1024, 0}}},
		{"until it is much", gather, []Message{free(1 << 20), free(5)}, 0, []unit{{1, 1 << 20, 0}}},
		{"many buffers of a datagram", plain, []Message{many}, 0, []unit{{1, 1500, 0}}},
	} {
		if got := c.rules.plan(nil, c.ms, c.offset); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

// What one call is given of a stream's buffers never is nothing while there is data.
func TestFirstBuffers(t *testing.T) {
	for _, empty := range []int{0, 1, 1024, 5000} {
		buffers := append(make([][]byte, empty), slices.Repeat([][]byte{{1, 2}}, 2000)...)
		for at, calls := 0, 0; at < 4000; calls++ {
			n := sumOf(firstBuffers(buffers, at)) - at
			if n <= 0 || n > 2048 || calls > 3 {
				t.Fatalf("%d empty buffers: %d bytes at %d", empty, n, at)
			}
			at += n
		}
	}
}
