package thirdparty

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"

	"github.com/miekg/dns"
	"github.com/quic-go/quic-go"
	"golang.org/x/net/ipv4"
	"golang.org/x/net/ipv6"
)

// quicEcho sends 100 KB there and back on one stream, which is where segmentation offload counts.
func quicEcho(ctx context.Context, t Transport) (*Session, error) {
	cert, pool, err := certificate()
	if err != nil {
		return nil, err
	}
	s := new(Session)
	var transports [2]*quic.Transport
	for i := range transports {
		c, err := t.ListenPacket(ctx, "udp4", "127.0.0.1:0")
		if err != nil {
			s.Close()
			return nil, err
		}
		s.atEnd(func() { c.Close() })
		transports[i] = &quic.Transport{Conn: c}
		s.atEnd(func() { transports[i].Close() })
	}
	l, err := transports[0].Listen(
		&tls.Config{Certificates: []tls.Certificate{cert}, NextProtos: []string{"echo"}}, nil)
	if err != nil {
		s.Close()
		return nil, err
	}
	s.atEnd(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept(ctx)
			if err != nil {
				return
			}
			go func() {
				for {
					stream, err := c.AcceptStream(ctx)
					if err != nil {
						return
					}
					go echo(stream)
				}
			}()
		}
	}()
	c, err := transports[1].Dial(ctx, l.Addr(),
		&tls.Config{RootCAs: pool, ServerName: "test", NextProtos: []string{"echo"}}, nil)
	if err != nil {
		s.Close()
		return nil, err
	}
	s.atEnd(func() { c.CloseWithError(0, "") })
	// What quic-go found the connection to be able to do.
	if !c.ConnectionState().GSO {
		s.Close()
		return nil,
			fmt.Errorf("quic-go does without segmentation offload on %T", transports[1].Conn)
	}
	stream, err := c.OpenStreamSync(ctx)
	if err != nil {
		s.Close()
		return nil, err
	}
	b := payload(100_000)
	s.Exchange = func() error {
		written := make(chan error, 1)
		go func() { _, err := stream.Write(b); written <- err }()
		got := make([]byte, len(b))
		for n := 0; n < len(got); {
			m, err := stream.Read(got[n:])
			if err != nil {
				return err
			}
			n += m
		}
		if err := <-written; err != nil {
			return err
		}
		return same(got, b)
	}
	return s, nil
}

// batches is the part of ipv4.PacketConn and ipv6.PacketConn that both have.
type batches interface {
	ReadBatch(ms []ipv4.Message, flags int) (int, error)
	WriteBatch(ms []ipv4.Message, flags int) (int, error)
}

func ipv4Batches(ctx context.Context, t Transport) (*Session, error) {
	return batched(ctx, t, "udp4", "127.0.0.1:0", func(c net.PacketConn) batches {
		return ipv4.NewPacketConn(c)
	})
}

func ipv6Batches(ctx context.Context, t Transport) (*Session, error) {
	return batched(ctx, t, "udp6", "[::1]:0", func(c net.PacketConn) batches {
		return ipv6.NewPacketConn(c)
	})
}

// batched sends eight datagrams at once, and looks at what comes and from whom.
func batched(ctx context.Context, t Transport, network, at string,
	adapt func(net.PacketConn) batches) (*Session, error) {
	s := new(Session)
	var conns [2]net.PacketConn
	for i := range conns {
		c, err := t.ListenPacket(ctx, network, at)
		if err != nil {
			s.Close()
			return nil, err
		}
		s.atEnd(func() { c.Close() })
		conns[i] = c
	}
	from, to := adapt(conns[0]), adapt(conns[1])
	const n = 8
	out, in := make([]ipv4.Message, n), make([]ipv4.Message, n)
	for i := range out {
		out[i] = ipv4.Message{Buffers: [][]byte{payload(100 + i)}, Addr: conns[1].LocalAddr()}
		in[i] = ipv4.Message{Buffers: [][]byte{make([]byte, 200)}}
	}
	s.Exchange = func() error {
		for sent := 0; sent < n; {
			m, err := from.WriteBatch(out[sent:], 0)
			if err != nil {
				return err
			}
			sent += m
		}
		for got := 0; got < n; {
			m, err := to.ReadBatch(in[got:], 0)
			if err != nil {
				return err
			}
			for i := got; i < got+m; i++ {
				if in[i].Addr == nil || in[i].Addr.String() != conns[0].LocalAddr().String() {
					return fmt.Errorf("%w: from %v", errWrong, in[i].Addr)
				}
				if err := same(in[i].Buffers[0][:in[i].N], out[i].Buffers[0]); err != nil {
					return err
				}
			}
			got += m
		}
		return nil
	}
	return s, nil
}

// answers is a name server with one address.
var answers = dns.HandlerFunc(func(w dns.ResponseWriter, r *dns.Msg) {
	m := new(dns.Msg)
	m.SetReply(r)
	m.Answer = append(m.Answer, &dns.A{
		Hdr: dns.RR_Header{Name: r.Question[0].Name, Rrtype: dns.TypeA, Class: dns.ClassINET,
			Ttl: 60},
		A: net.IPv4(192, 0, 2, 1),
	})
	w.WriteMsg(m)
})

func dnsUDP(ctx context.Context, t Transport) (*Session, error) {
	s := new(Session)
	c, err := t.ListenPacket(ctx, "udp4", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	return dnsOn(ctx, t, s, &dns.Server{PacketConn: c, Handler: answers}, c.LocalAddr())
}

func dnsTCP(ctx context.Context, t Transport) (*Session, error) {
	s := new(Session)
	l, err := s.listen(ctx, t, "tcp4")
	if err != nil {
		return nil, err
	}
	return dnsOn(ctx, t, s, &dns.Server{Listener: l, Handler: answers, MaxTCPQueries: -1}, l.Addr())
}

func dnsOn(ctx context.Context, t Transport, s *Session, server *dns.Server,
	at net.Addr) (*Session, error) {
	begun := make(chan struct{})
	server.NotifyStartedFunc = func() { close(begun) }
	failed := make(chan error, 1)
	go func() { failed <- server.ActivateAndServe() }()
	select {
	case <-begun:
	case err := <-failed:
		return nil, err
	}
	s.atEnd(func() { server.Shutdown(); <-failed })
	c, err := t.Dial(ctx, at.Network()+"4", at.String())
	if err != nil {
		s.Close()
		return nil, err
	}
	s.atEnd(func() { c.Close() })
	client, conn := new(dns.Client), &dns.Conn{Conn: c}
	if at.Network() == "tcp" {
		client.Net = "tcp"
	}
	s.Exchange = func() error {
		m := new(dns.Msg)
		m.SetQuestion("www.example.", dns.TypeA)
		r, _, err := client.ExchangeWithConn(m, conn)
		if err != nil {
			return err
		}
		if len(r.Answer) != 1 || !r.Answer[0].(*dns.A).A.Equal(net.IPv4(192, 0, 2, 1)) {
			return fmt.Errorf("%w: %v", errWrong, r)
		}
		return nil
	}
	return s, nil
}
