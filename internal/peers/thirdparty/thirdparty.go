// Package thirdparty runs other people's libraries on a transport: package net's sockets, or this
// library's through netconn. Its tests hold that they work alike on both, and the benchmark
// compares their time.
package thirdparty

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"time"

	"example.com/bsdsocket/socket/netconn"
)

// A Transport makes connections.
type Transport struct {
	Name         string
	Listen       func(ctx context.Context, network, address string) (net.Listener, error)
	ListenPacket func(ctx context.Context, network, address string) (net.PacketConn, error)
	Dial         func(ctx context.Context, network, address string) (net.Conn, error)
}

// Net is package net, Ours is netconn.
var (
	Net = Transport{
		Name:         "net",
		Listen:       new(net.ListenConfig).Listen,
		ListenPacket: new(net.ListenConfig).ListenPacket,
		Dial:         new(net.Dialer).DialContext,
	}
	Ours = Transport{
		Name: "ours",
		Listen: func(ctx context.Context, network, address string) (net.Listener, error) {
			l, err := netconn.Listen(ctx, network, address, nil)
			if err != nil {
				return nil, err
			}
			return l, nil
		},
		ListenPacket: func(ctx context.Context, network, address string) (net.PacketConn, error) {
			return netconn.ListenPacket(ctx, network, address, nil)
		},
		Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
			return netconn.Dial(ctx, network, address, nil)
		},
	}
)

// A Library is somebody's library with a server and a client.
type Library struct {
	Name  string
	Start func(ctx context.Context, t Transport) (*Session, error)
}

// A Session is a client that is connected to its server.
type Session struct {
	Exchange func() error // one request with its answer, which is checked
	stops    []func()
}

// Close ends both.
func (s *Session) Close() {
	for i := len(s.stops) - 1; i >= 0; i-- {
		s.stops[i]()
	}
}

func (s *Session) atEnd(stop func()) { s.stops = append(s.stops, stop) }

// Libraries are those that run.
var Libraries = []Library{
	{"net/http", httpGet},
	{"net/http, POST of 4 KB", httpPost},
	{"net/http, POST of 4 KB, unix", httpPostUnix},
	{"net/http, HTTP/2 over TLS", http2TLS},
	{"quic-go", quicEcho},
	{"x/net/ipv4, batches", ipv4Batches},
	{"x/net/ipv6, batches", ipv6Batches},
	{"grpc-go", grpcHealth},
	{"miekg/dns, UDP", dnsUDP},
	{"miekg/dns, TCP", dnsTCP},
	{"hashicorp/yamux", yamuxEcho},
	{"x/crypto/ssh", sshEcho},
	{"gorilla/websocket", websocketEcho},
	{"redis/go-redis", redisSetGet},
	{"nats-io/nats.go", natsRequest},
	{"valyala/fasthttp", fasthttpPost},
}

var errWrong = errors.New("a wrong answer")

// same compares an answer.
func same(got, want []byte) error {
	if !bytes.Equal(got, want) {
		return fmt.Errorf("%w: %d bytes %.40q, want %d bytes %.40q", errWrong, len(got), got,
			len(want), want)
	}
	return nil
}

// payload is what is sent.
func payload(size int) []byte {
	b := make([]byte, size)
	for i := range b {
		b[i] = byte(i*7 + i>>8)
	}
	return b
}

// certificate makes one for "test".
func certificate() (tls.Certificate, *x509.CertPool, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, nil, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: []string{"test"},
		NotAfter: time.Now().Add(time.Hour),
		IsCA:     true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return tls.Certificate{}, nil, err
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		return tls.Certificate{}, nil, err
	}
	pool := x509.NewCertPool()
	pool.AddCert(leaf)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}, pool, nil
}

// listen listens on the loopback interface, or in a folder of its own.
func (s *Session) listen(ctx context.Context, t Transport, network string) (net.Listener, error) {
	at := "127.0.0.1:0"
	if network == "unix" {
		dir, remove, err := folder()
		if err != nil {
			return nil, err
		}
		s.atEnd(remove)
		at = dir + "/s"
	}
	l, err := t.Listen(ctx, network, at)
	if err == nil {
		s.atEnd(func() { l.Close() })
	}
	return l, err
}

// echo sends back what comes.
func echo(c io.ReadWriteCloser) {
	io.Copy(c, c)
	c.Close()
}

// roundTrip sends b and reads it back.
func roundTrip(c io.ReadWriter, b []byte) error {
	if _, err := c.Write(b); err != nil {
		return err
	}
	got := make([]byte, len(b))
	if _, err := io.ReadFull(c, got); err != nil {
		return err
	}
	return same(got, b)
}

func httpGet(ctx context.Context, t Transport) (*Session, error) {
	return httpOn(ctx, t, "tcp", 0, false)
}

func httpPost(ctx context.Context, t Transport) (*Session, error) {
	return httpOn(ctx, t, "tcp", 4000, false)
}

func httpPostUnix(ctx context.Context, t Transport) (*Session, error) {
	return httpOn(ctx, t, "unix", 4000, false)
}

func http2TLS(ctx context.Context, t Transport) (*Session, error) {
	return httpOn(ctx, t, "tcp", 4000, true)
}

// httpOn echoes bodies; without one, the server's is 1 KB.
func httpOn(ctx context.Context, t Transport, network string, body int,
	secure bool) (*Session, error) {
	s := new(Session)
	l, err := s.listen(ctx, t, network)
	if err != nil {
		return nil, err
	}
	answer := payload(1000)
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			w.Write(answer)
			return
		}
		// An answer that begins before the body has been read ends it (HTTP/1.1).
		if b, err := io.ReadAll(r.Body); err == nil {
			w.Write(b)
		}
	})}
	at, scheme := l.Addr(), "http"
	transport := &http.Transport{DialContext: func(ctx context.Context, _,
		_ string) (net.Conn, error) {
		return t.Dial(ctx, at.Network(), at.String())
	}}
	if secure {
		cert, pool, err := certificate()
		if err != nil {
			return nil, err
		}
		scheme = "https"
		server.TLSConfig = &tls.Config{Certificates: []tls.Certificate{cert},
			NextProtos: []string{"h2"}}
		transport.TLSClientConfig = &tls.Config{RootCAs: pool, ServerName: "test"}
		transport.ForceAttemptHTTP2 = true
		go server.ServeTLS(l, "", "")
	} else {
		go server.Serve(l)
	}
	s.atEnd(func() { server.Close() })
	client := &http.Client{Transport: transport}
	s.atEnd(transport.CloseIdleConnections)
	b := payload(body)
	s.Exchange = func() error {
		var r *http.Response
		var err error
		want := answer
		if body == 0 {
			r, err = client.Get(scheme + "://test/")
		} else {
			want = b
			r, err = client.Post(scheme+"://test/", "application/octet-stream", bytes.NewReader(b))
		}
		if err != nil {
			return err
		}
		defer r.Body.Close()
		got, err := io.ReadAll(r.Body)
		if err != nil {
			return err
		}
		return same(got, want)
	}
	return s, nil
}
