package sockopt_test

import (
	"slices"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"example.com/bsdsocket/socket"
	"example.com/bsdsocket/sockopt"
)

// BenchmarkCost compares booleans and integers of a *socket.Socket with x/sys on its bare
// descriptor. The two take turns, and "ratio" is the median of what each turn of ours takes of the
// one of x/sys after it, so that a busy machine slows both. It must stay below 1.15.
func BenchmarkCost(b *testing.B) {
	const turn = 300
	for _, bb := range []struct {
		name string
		ours func(s *socket.Socket) error
		sys  func(fd int) error
	}{
		{"get/bool",
			func(s *socket.Socket) error { _, err := sockopt.TCPNoDelay.Get(s); return err },
			func(fd int) error {
				_, err := unix.GetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY)
				return err
			}},
		{"get/int",
			func(s *socket.Socket) error { _, err := sockopt.SOReceiveBuffer.Get(s); return err },
			func(fd int) error {
				_, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF)
				return err
			}},
		{"set/bool",
			func(s *socket.Socket) error { return sockopt.TCPNoDelay.Set(s, true) },
			func(fd int) error {
				return unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1)
			}},
		{"set/int",
			func(s *socket.Socket) error { return sockopt.SOReceiveBuffer.Set(s, 10000) },
			func(fd int) error {
				return unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, 10000)
			}},
		{"set/ip",
			func(s *socket.Socket) error { return sockopt.IPTimeToLive.Set(s, 64) },
			func(fd int) error { return unix.SetsockoptInt(fd, unix.IPPROTO_IP, unix.IP_TTL, 64) }},
	} {
		b.Run(bb.name, func(b *testing.B) {
			s := fresh(b, "tcp4")
			fd := s.FD()
			var ours, sys, ratio []float64 // nanoseconds a call
			for b.Loop() {
				start := time.Now()
				for range turn {
					if err := bb.ours(s); err != nil {
						b.Fatal(err)
					}
				}
				middle := time.Now()
				for range turn {
					if err := bb.sys(fd); err != nil {
						b.Fatal(err)
					}
				}
				ours = append(ours, float64(middle.Sub(start))/turn)
				sys = append(sys, float64(time.Since(middle))/turn)
				ratio = append(ratio, ours[len(ours)-1]/sys[len(sys)-1])
			}
			b.ReportMetric(median(ours), "ns/sockopt")
			b.ReportMetric(median(sys), "ns/sys")
			b.ReportMetric(median(ratio), "ratio")
			b.ReportMetric(0, "ns/op") // of a turn of each
		})
	}
}

func median(v []float64) float64 {
	slices.Sort(v)
	return v[len(v)/2]
}
