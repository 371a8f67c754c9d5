package socket_test

import (
	"context"
	"io"
	"net"
	"net/netip"
	"testing"
	"time"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/sockaddr"
	"example.com/bsdsocket/socket"
)

// Each benchmark has the same work on package net beside it, for ratios within one run.

func pingPong(b *testing.B, client, server io.ReadWriter) {
	go func() {
		buf := make([]byte, 64)
		for {
			n, err := server.Read(buf)
			if err != nil {
				return
			}
			server.Write(buf[:n])
		}
	}()
	buf := make([]byte, 64)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := client.Write(buf); err != nil {
			b.Fatal(err)
		}
		if _, err := client.Read(buf); err != nil {
			b.Fatal(err)
		}
	}
}

func ours(b testing.TB) (client, server *socket.Socket) {
	l := listener(b)
	addr, _ := l.Name()
	client, err := socket.New(constants.AF_INET, constants.SOCK_STREAM, 0)
	if err == nil {
		err = client.Connect(ctx, addr)
	}
	if err != nil {
		b.Fatal(err)
	}
	server, _, err = l.Accept(ctx)
	if err != nil {
		b.Fatal(err)
	}
	one := func(s *socket.Socket) {
		if err := s.SetParams(socket.Params{}); err != nil {
			b.Fatal(err)
		}
		c, _ := s.SyscallConn()
		c.Control(func(fd uintptr) { nodelay(int(fd)) })
	}
	one(client)
	one(server)
	b.Cleanup(func() { client.Close(); server.Close() })
	return client, server
}

func listener(b testing.TB) *socket.Socket {
	l, err := socket.New(constants.AF_INET, constants.SOCK_STREAM, 0)
	if err == nil {
		err = l.Bind(sockaddr.MustParse("127.0.0.1:0"))
	}
	if err == nil {
		err = l.Listen(128)
	}
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { l.Close() })
	return l
}

func theirs(b *testing.B) (client, server net.Conn) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	client, err = net.Dial("tcp4", l.Addr().String())
	if err != nil {
		b.Fatal(err)
	}
	server, err = l.Accept()
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { client.Close(); server.Close() })
	return client, server
}

func BenchmarkPingPong(b *testing.B) {
	b.Run("ours", func(b *testing.B) {
		c, s := ours(b)
		pingPong(b, c, s)
	})
	b.Run("net", func(b *testing.B) {
		c, s := theirs(b)
		pingPong(b, c, s)
	})
	b.Run("timeout/ours", func(b *testing.B) {
		c, s := ours(b)
		p := socket.Params{ReceiveTimeout: time.Minute, SendTimeout: time.Minute}
		c.SetParams(p)
		s.SetParams(p)
		pingPong(b, c, s)
	})
	b.Run("timeout/net", func(b *testing.B) {
		c, s := theirs(b)
		pingPong(b, withDeadline{c}, withDeadline{s})
	})
	b.Run("context/ours", func(b *testing.B) {
		c, s := ours(b)
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		pingPong(b, withContext{c, ctx}, withContext{s, ctx})
	})
}

// withDeadline sets one before every call.
type withDeadline struct{ net.Conn }

func (c withDeadline) Read(b []byte) (int, error) {
	c.SetReadDeadline(time.Now().Add(time.Minute))
	return c.Conn.Read(b)
}

func (c withDeadline) Write(b []byte) (int, error) {
	c.SetWriteDeadline(time.Now().Add(time.Minute))
	return c.Conn.Write(b)
}

type withContext struct {
	*socket.Socket
	ctx context.Context
}

func (c withContext) Read(b []byte) (int, error) {
	n, err := c.Receive(c.ctx, b, 0)
	if n == 0 && err == nil {
		err = io.EOF
	}
	return n, err
}
func (c withContext) Write(b []byte) (int, error) { return c.SendAll(c.ctx, b, 0) }

func BenchmarkConnectAcceptClose(b *testing.B) {
	b.Run("ours", func(b *testing.B) {
		l := listener(b)
		addr, _ := l.Name()
		b.ReportAllocs()
		for b.Loop() {
			c, err := socket.New(constants.AF_INET, constants.SOCK_STREAM, 0)
			if err != nil {
				b.Fatal(err)
			}
			if err = c.Connect(ctx, addr); err != nil {
				b.Fatal(err)
			}
			s, _, err := l.Accept(ctx)
			if err != nil {
				b.Fatal(err)
			}
			s.Close()
			c.Close()
		}
	})
	b.Run("net", func(b *testing.B) {
		l, err := net.Listen("tcp4", "127.0.0.1:0")
		if err != nil {
			b.Fatal(err)
		}
		defer l.Close()
		addr := l.Addr().(*net.TCPAddr)
		b.ReportAllocs()
		for b.Loop() {
			c, err := net.DialTCP("tcp4", nil, addr)
			if err != nil {
				b.Fatal(err)
			}
			s, err := l.Accept()
			if err != nil {
				b.Fatal(err)
			}
			s.Close()
			c.Close()
		}
	})
}

func BenchmarkUDP(b *testing.B) {
	buf := make([]byte, 64)
	in := make([]byte, 64)
	b.Run("ours", func(b *testing.B) {
		r, _ := socket.New(constants.AF_INET, constants.SOCK_DGRAM, 0)
		s, _ := socket.New(constants.AF_INET, constants.SOCK_DGRAM, 0)
		defer r.Close()
		defer s.Close()
		r.Bind(sockaddr.MustParse("127.0.0.1:0"))
		to, _ := r.Name()
		b.ReportAllocs()
		for b.Loop() {
			if _, err := s.SendTo(ctx, buf, to, 0); err != nil {
				b.Fatal(err)
			}
			if _, _, err := r.ReceiveFrom(ctx, in, 0); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("net", func(b *testing.B) {
		r, _ := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
		s, _ := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
		defer r.Close()
		defer s.Close()
		to := netip.MustParseAddrPort(r.LocalAddr().String())
		b.ReportAllocs()
		for b.Loop() {
			if _, err := s.WriteToUDPAddrPort(buf, to); err != nil {
				b.Fatal(err)
			}
			if _, _, err := r.ReadFromUDPAddrPort(in); err != nil {
				b.Fatal(err)
			}
		}
	})
}
