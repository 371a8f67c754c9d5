package netconn_test

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"testing"
)

// BenchmarkHTTP makes requests of HTTP/1.1 over one kept connection, with the server on our sockets
// and on package net's. The client is the same plain connection of package net.
func BenchmarkHTTP(b *testing.B) {
	b.Run("ours", func(b *testing.B) { benchHTTP(b, listen(b, "tcp4")) })
	b.Run("net", func(b *testing.B) {
		l, err := net.Listen("tcp4", "127.0.0.1:0")
		if err != nil {
			b.Fatal(err)
		}
		benchHTTP(b, l)
	})
}

func benchHTTP(b *testing.B, l net.Listener) {
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, "hello")
	})}
	done := make(chan struct{})
	go func() { defer close(done); server.Serve(l) }()
	c, err := net.Dial("tcp4", l.Addr().String())
	if err != nil {
		b.Fatal(err)
	}
	r := bufio.NewReader(c)
	request, err := http.NewRequestWithContext(context.Background(), "GET", "http://test/", nil)
	if err != nil {
		b.Fatal(err)
	}
	text := []byte("GET / HTTP/1.1\r\nHost: test\r\n\r\n")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := c.Write(text); err != nil {
			b.Fatal(err)
		}
		answer, err := http.ReadResponse(r, request)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, answer.Body); err != nil {
			b.Fatal(err)
		}
	}
	c.Close()
	server.Close()
	<-done
}

// BenchmarkPackets sends and receives a datagram of 64 bytes with netip's addresses.
func BenchmarkPackets(b *testing.B) {
	in, out := make([]byte, 64), make([]byte, 64)
	b.Run("ours", func(b *testing.B) {
		c := packet(b, "127.0.0.1:0")
		to := c.LocalAddr().(*net.UDPAddr).AddrPort()
		b.ReportAllocs()
		for b.Loop() {
			if _, err := c.WriteToUDPAddrPort(out, to); err != nil {
				b.Fatal(err)
			}
			if _, _, err := c.ReadFromUDPAddrPort(in); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("net", func(b *testing.B) {
		c, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
		if err != nil {
			b.Fatal(err)
		}
		defer c.Close()
		to := c.LocalAddr().(*net.UDPAddr).AddrPort()
		b.ReportAllocs()
		for b.Loop() {
			if _, err := c.WriteToUDPAddrPort(out, to); err != nil {
				b.Fatal(err)
			}
			if _, _, err := c.ReadFromUDPAddrPort(in); err != nil {
				b.Fatal(err)
			}
		}
	})
}
