package addrinfo

import (
	"testing"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/sockaddr"
)

// Row X10: the families take turns, and each keeps its order.
func TestInterleave(t *testing.T) {
	for _, row := range []struct {
		in   []string
		last constants.Family
		want []string
	}{
		{nil, 0, nil},
		{[]string{"::1", "::2", "::3", "127.0.0.1", "127.0.0.2"}, 0,
			[]string{"::1", "127.0.0.1", "::2", "127.0.0.2", "::3"}},
		{[]string{"127.0.0.1", "127.0.0.2", "::1"}, 0, []string{"127.0.0.1", "::1", "127.0.0.2"}},
		{[]string{"127.0.0.1", "/a", "/b", "::1", "127.0.0.2"}, 0,
			[]string{"127.0.0.1", "/a", "::1", "127.0.0.2", "/b"}},
		{[]string{"::1", "::2", "127.0.0.1"}, constants.AF_INET6,
			[]string{"127.0.0.1", "::1", "::2"}},
		{[]string{"::1", "::2", "127.0.0.1"}, constants.AF_INET,
			[]string{"::1", "127.0.0.1", "::2"}},
		{[]string{"::1", "::2"}, constants.AF_INET6, []string{"::1", "::2"}},
	} {
		var list []Info
		for _, s := range row.in {
			a := sockaddr.MustParse(s)
			list = append(list, Info{Family: a.Family(), Type: constants.SOCK_STREAM, Addr: a})
		}
		mixed := interleave(list, row.last)
		if len(mixed) != len(row.want) {
			t.Fatalf("interleave(%v) has %d addresses", row.in, len(mixed))
		}
		for i, info := range mixed {
			if info.Addr.String() != row.want[i] {
				t.Errorf("interleave(%v)[%d] = %v, want %v", row.in, i, info.Addr, row.want[i])
			}
		}
	}
}
