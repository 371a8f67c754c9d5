package sockopt_test

import (
	"testing"

	"golang.org/x/sys/unix"

	"example.com/bsdsocket/sockopt"
)

// BenchmarkGet and BenchmarkSet compare an option on a *socket.Socket with
// x/sys on its bare descriptor, which must take no less than 10/11 of the time.

func BenchmarkGet(b *testing.B) {
	s := fresh(b, "tcp4")
	fd := s.FD()
	b.Run("sockopt/bool", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := sockopt.TCPNoDelay.Get(s); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("sys/bool", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := unix.GetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("sockopt/int", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := sockopt.SOReceiveBuffer.Get(s); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("sys/int", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkSet(b *testing.B) {
	s := fresh(b, "tcp4")
	fd := s.FD()
	b.Run("sockopt/bool", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if err := sockopt.TCPNoDelay.Set(s, true); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("sys/bool", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if err := unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("sockopt/int", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if err := sockopt.SOReceiveBuffer.Set(s, 10000); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("sys/int", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, 10000); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("sockopt/ip", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if err := sockopt.IPTimeToLive.Set(s, 64); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("sys/ip", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if err := unix.SetsockoptInt(fd, unix.IPPROTO_IP, unix.IP_TTL, 64); err != nil {
				b.Fatal(err)
			}
		}
	})
}
