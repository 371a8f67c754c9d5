package thirdparty

import (
	"bufio"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/gorilla/websocket"
	"github.com/hashicorp/yamux"
	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/redis/go-redis/v9"
	"github.com/valyala/fasthttp"
	"golang.org/x/crypto/ssh"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
)

func folder() (dir string, remove func(), err error) {
	dir, err = os.MkdirTemp("", "")
	return dir, func() { os.RemoveAll(dir) }, err
}

func grpcHealth(ctx context.Context, t Transport) (*Session, error) {
	s := new(Session)
	l, err := s.listen(ctx, t, "tcp")
	if err != nil {
		return nil, err
	}
	g := grpc.NewServer()
	healthpb.RegisterHealthServer(g, health.NewServer())
	go g.Serve(l)
	s.atEnd(g.Stop)
	at := l.Addr()
	conn, err := grpc.NewClient("passthrough:///test",
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) {
			return t.Dial(ctx, at.Network(), at.String())
		}))
	if err != nil {
		return nil, err
	}
	s.atEnd(func() { conn.Close() })
	client := healthpb.NewHealthClient(conn)
	s.Exchange = func() error {
		r, err := client.Check(ctx, &healthpb.HealthCheckRequest{})
		if err == nil && r.Status != healthpb.HealthCheckResponse_SERVING {
			err = errWrong
		}
		return err
	}
	return s, nil
}

// connect returns a connection to a server that is given each of the listener's.
func (s *Session) connect(ctx context.Context, t Transport,
	serve func(net.Conn)) (net.Conn, error) {
	l, err := s.listen(ctx, t, "tcp")
	if err != nil {
		return nil, err
	}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go serve(c)
		}
	}()
	c, err := t.Dial(ctx, "tcp", l.Addr().String())
	if err == nil {
		s.atEnd(func() { c.Close() })
	}
	return c, err
}

func yamuxEcho(ctx context.Context, t Transport) (*Session, error) {
	s := new(Session)
	c, err := s.connect(ctx, t, func(c net.Conn) {
		session, err := yamux.Server(c, nil)
		if err != nil {
			c.Close()
			return
		}
		for {
			stream, err := session.Accept()
			if err != nil {
				session.Close()
				return
			}
			go echo(stream)
		}
	})
	if err != nil {
		return nil, err
	}
	session, err := yamux.Client(c, nil)
	if err != nil {
		return nil, err
	}
	s.atEnd(func() { session.Close() })
	stream, err := session.Open()
	if err != nil {
		return nil, err
	}
	s.Exchange = func() error { return roundTrip(stream, payload(1000)) }
	return s, nil
}

func sshEcho(ctx context.Context, t Transport) (*Session, error) {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, err
	}
	signer, err := ssh.NewSignerFromKey(key)
	if err != nil {
		return nil, err
	}
	config := &ssh.ServerConfig{NoClientAuth: true}
	config.AddHostKey(signer)
	s := new(Session)
	c, err := s.connect(ctx, t, func(c net.Conn) {
		conn, channels, requests, err := ssh.NewServerConn(c, config)
		if err != nil {
			c.Close()
			return
		}
		defer conn.Close()
		go ssh.DiscardRequests(requests)
		for channel := range channels {
			ch, requests, err := channel.Accept()
			if err != nil {
				return
			}
			go ssh.DiscardRequests(requests)
			go echo(ch)
		}
	})
	if err != nil {
		return nil, err
	}
	conn, channels, requests, err := ssh.NewClientConn(c, "test",
		&ssh.ClientConfig{HostKeyCallback: ssh.FixedHostKey(signer.PublicKey())})
	if err != nil {
		return nil, err
	}
	client := ssh.NewClient(conn, channels, requests)
	s.atEnd(func() { client.Close() })
	ch, requests, err := client.OpenChannel("echo", nil)
	if err != nil {
		return nil, err
	}
	go ssh.DiscardRequests(requests)
	s.Exchange = func() error { return roundTrip(ch, payload(1000)) }
	return s, nil
}

func websocketEcho(ctx context.Context, t Transport) (*Session, error) {
	s := new(Session)
	l, err := s.listen(ctx, t, "tcp")
	if err != nil {
		return nil, err
	}
	h := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := new(websocket.Upgrader).Upgrade(w, r, nil)
		if err != nil {
			return
		}
		defer c.Close()
		for {
			typ, b, err := c.ReadMessage()
			if err != nil || c.WriteMessage(typ, b) != nil {
				return
			}
		}
	})}
	go h.Serve(l)
	s.atEnd(func() { h.Close() })
	dialer := websocket.Dialer{NetDialContext: func(ctx context.Context, _,
		_ string) (net.Conn, error) {
		return t.Dial(ctx, "tcp", l.Addr().String())
	}}
	c, _, err := dialer.DialContext(ctx, "ws://test/", nil)
	if err != nil {
		return nil, err
	}
	s.atEnd(func() { c.Close() })
	b := payload(1000)
	s.Exchange = func() error {
		if err := c.WriteMessage(websocket.BinaryMessage, b); err != nil {
			return err
		}
		_, got, err := c.ReadMessage()
		if err != nil {
			return err
		}
		return same(got, b)
	}
	return s, nil
}

// ErrAbsent is a server that is not installed.
var ErrAbsent = errors.New("not installed")

// redisSetGet has a real server, of Debian's package redis-server, at a socket of AF_UNIX.
func redisSetGet(ctx context.Context, t Transport) (*Session, error) {
	program, err := exec.LookPath("redis-server")
	if err != nil {
		return nil, ErrAbsent
	}
	dir, remove, err := folder()
	if err != nil {
		return nil, err
	}
	s := new(Session)
	s.atEnd(remove)
	cmd := exec.Command(program, "--port", "0", "--unixsocket", dir+"/s", "--dir", dir, "--save",
		"", "--daemonize", "no")
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		return nil, err
	}
	s.atEnd(func() { cmd.Process.Kill(); cmd.Wait() })
	ready := false
	for lines := bufio.NewScanner(out); !ready && lines.Scan(); {
		ready = strings.Contains(lines.Text(), "now ready to accept connections")
	}
	if !ready {
		s.Close()
		return nil, errors.New("redis-server does not begin")
	}
	go func() { // so that its pipe does not fill
		for b := make([]byte, 4096); ; {
			if _, err := out.Read(b); err != nil {
				return
			}
		}
	}()
	client := redis.NewClient(&redis.Options{
		Dialer: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return t.Dial(ctx, "unix", dir+"/s")
		},
		ContextTimeoutEnabled: true,
		PoolSize:              1,
	})
	s.atEnd(func() { client.Close() })
	b := string(payload(1000))
	s.Exchange = func() error {
		if err := client.Set(ctx, "key", b, 0).Err(); err != nil {
			return err
		}
		got, err := client.Get(ctx, "key").Result()
		if err != nil {
			return err
		}
		return same([]byte(got), []byte(b))
	}
	return s, nil
}

// dialer is the interface that nats.go wants.
type dialer func(network, address string) (net.Conn, error)

func (d dialer) Dial(network, address string) (net.Conn, error) { return d(network, address) }

// natsRequest has clients on the transport; the server listens by itself.
func natsRequest(ctx context.Context, t Transport) (*Session, error) {
	n, err := server.NewServer(&server.Options{Host: "127.0.0.1", Port: server.RANDOM_PORT,
		NoLog: true, NoSigs: true})
	if err != nil {
		return nil, err
	}
	s := new(Session)
	go n.Start()
	s.atEnd(func() { n.Shutdown(); n.WaitForShutdown() })
	if !n.ReadyForConnections(10 * time.Second) {
		s.Close()
		return nil, errors.New("the server does not begin")
	}
	client, err := nats.Connect(n.ClientURL(),
		nats.SetCustomDialer(dialer(func(network, address string) (net.Conn, error) {
			return t.Dial(ctx, network, address)
		})))
	if err != nil {
		s.Close()
		return nil, err
	}
	s.atEnd(client.Close)
	if _, err = client.Subscribe("echo", func(m *nats.Msg) { m.Respond(m.Data) }); err != nil {
		s.Close()
		return nil, err
	}
	b := payload(1000)
	s.Exchange = func() error {
		m, err := client.RequestWithContext(ctx, "echo", b)
		if err != nil {
			return err
		}
		return same(m.Data, b)
	}
	return s, nil
}

func fasthttpPost(ctx context.Context, t Transport) (*Session, error) {
	s := new(Session)
	l, err := s.listen(ctx, t, "tcp4")
	if err != nil {
		return nil, err
	}
	f := &fasthttp.Server{Handler: func(r *fasthttp.RequestCtx) { r.Write(r.PostBody()) }}
	go f.Serve(l)
	s.atEnd(func() { f.Shutdown() })
	client := &fasthttp.HostClient{Addr: l.Addr().String(),
		Dial: func(address string) (net.Conn, error) {
			return t.Dial(ctx, "tcp4", address)
		}}
	s.atEnd(client.CloseIdleConnections)
	b := payload(4000)
	s.Exchange = func() error {
		request, response := fasthttp.AcquireRequest(), fasthttp.AcquireResponse()
		defer fasthttp.ReleaseRequest(request)
		defer fasthttp.ReleaseResponse(response)
		request.SetRequestURI("http://test/")
		request.Header.SetMethod(fasthttp.MethodPost)
		request.SetBody(b)
		if err := client.Do(request, response); err != nil {
			return err
		}
		return same(response.Body(), b)
	}
	return s, nil
}
