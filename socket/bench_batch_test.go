package socket_test

import (
	"net"
	"net/netip"
	"testing"

	"example.com/bsdsocket/sockaddr"
	"example.com/bsdsocket/socket"
	"example.com/bsdsocket/sockopt"
)

const benchBatch = 64

// BenchmarkDatagrams sends 64-byte datagrams to one address and receives them, 64 at a time. The
// metric is the time of each.
func BenchmarkDatagrams(b *testing.B) {
	b.Run("offload/ours", func(b *testing.B) { benchBatches(b, true, 1) })
	b.Run("batch/ours", func(b *testing.B) { benchBatches(b, false, 1) })
	b.Run("one/net", func(b *testing.B) { benchNetUDP(b, 1) })
	b.Run("spread/ours", func(b *testing.B) { benchBatches(b, false, benchBatch) })
	b.Run("spread/net", func(b *testing.B) { benchNetUDP(b, benchBatch) })
}

// addresses binds a datagram socket of 0.0.0.0 and returns how to reach it: by n addresses of
// 127.0.0.0/8.
func addresses(b *testing.B, n int) (*socket.Socket, []netip.AddrPort) {
	r, name := datagram(b, sockaddr.MustParse("0.0.0.0:0"))
	r.SetParams(socket.Params{})
	var to []netip.AddrPort
	for i := range n {
		to = append(to, netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, byte(1 + i)}),
			uint16(name.Port())))
	}
	return r, to
}

// benchBatches uses SendMessages and ReceiveMessages, to as many addresses.
func benchBatches(b *testing.B, offload bool, n int) {
	s, _ := datagram(b, loopback4)
	s.SetParams(socket.Params{})
	s.SetOffload(offload)
	r, to := addresses(b, n)
	if offload {
		if err := sockopt.UDPGRO.Set(r, true); err != nil {
			b.Skip("needs UDP_GRO:", err)
		}
	}
	out := messagesTo(sockaddr.Addr{}, repeat(64, benchBatch)...)
	ring := make([]byte, 64*benchBatch)
	for i := range out {
		out[i].Buffers[0] = ring[64*i:][:64]
		out[i].Addr = sockaddr.FromAddrPort(to[i%n])
	}
	in := make([]socket.Message, benchBatch)
	for i := range in {
		in[i].Buffers = [][]byte{make([]byte, 1<<13)}
	}
	if offload {
		in = in[:2] // each may hold a whole batch
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.SendMessages(ctx, out, 0); err != nil {
			b.Fatal(err)
		}
		for left := benchBatch; left > 0; {
			n, err := r.ReceiveMessages(ctx, in, 0)
			if err != nil {
				b.Fatal(err)
			}
			for i := range in[:n] {
				for range in[i].Segments() {
					left--
				}
			}
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*benchBatch), "ns/datagram")
}

func benchNetUDP(b *testing.B, n int) {
	s, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	r, err := net.ListenUDP("udp4", nil)
	if err != nil {
		b.Fatal(err)
	}
	defer r.Close()
	port := r.LocalAddr().(*net.UDPAddr).AddrPort().Port()
	out, in := make([]byte, 64), make([]byte, 1<<13)
	b.ReportAllocs()
	for b.Loop() {
		for i := range benchBatch {
			to := netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, byte(1 + i%n)}), port)
			if _, err := s.WriteToUDPAddrPort(out, to); err != nil {
				b.Fatal(err)
			}
		}
		for range benchBatch {
			if _, _, err := r.ReadFromUDPAddrPort(in); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*benchBatch), "ns/datagram")
}
