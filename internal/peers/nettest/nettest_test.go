package nettest

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/nettest"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/sockaddr"
	"example.com/bsdsocket/socket"
	"example.com/bsdsocket/socket/netconn"
)

var kinds = []struct {
	network string
	typ     constants.SocketType
	at      string // empty: a path
}{
	{"tcp4", constants.SOCK_STREAM, "127.0.0.1:0"},
	{"tcp6", constants.SOCK_STREAM, "[::1]:0"},
	{"unix", constants.SOCK_STREAM, ""},
	{"unixpacket", constants.SOCK_SEQPACKET, ""},
}

func listen(at string, typ constants.SocketType, dir string) (*netconn.Listener, error) {
	if at == "" {
		at = filepath.Join(dir, "s")
	}
	a, err := sockaddr.Parse(at)
	if err != nil {
		return nil, err
	}
	s, err := socket.New(a.Family(), typ, 0)
	if err != nil {
		return nil, err
	}
	if err = s.Bind(a); err == nil {
		err = s.Listen(16)
	}
	if err != nil {
		s.Close()
		return nil, err
	}
	return netconn.NewListener(s)
}

func dial(ctx context.Context, to sockaddr.Addr, typ constants.SocketType) (net.Conn, error) {
	s, err := socket.New(to.Family(), typ, 0)
	if err != nil {
		return nil, err
	}
	if err := s.Connect(ctx, to); err != nil {
		s.Close()
		return nil, err
	}
	return netconn.NewConn(s)
}

// TestConn is nettest.TestConn on every kind of connection (X11). It reads to the end, which
// datagrams have not: see TestPacketConn.
func TestConn(t *testing.T) {
	for _, k := range kinds {
		t.Run(k.network, func(t *testing.T) {
			if !nettest.TestableNetwork(k.network) {
				t.Skip("this host has no " + k.network)
			}
			nettest.TestConn(t, func() (c1, c2 net.Conn, stop func(), err error) {
				dir, err := os.MkdirTemp("", "")
				if err != nil {
					return nil, nil, nil, err
				}
				defer os.RemoveAll(dir)
				l, err := listen(k.at, k.typ, dir)
				if err != nil {
					return nil, nil, nil, err
				}
				defer l.Close()
				to, err := l.Socket().Name()
				if err != nil {
					return nil, nil, nil, err
				}
				if c1, err = dial(context.Background(), to, k.typ); err != nil {
					return nil, nil, nil, err
				}
				if c2, err = l.Accept(); err != nil {
					return nil, nil, nil, err
				}
				return c1, c2, func() { c1.Close(); c2.Close() }, nil
			})
		})
	}
}

// TestGRPC calls a server and streams from it (X11), over TCP and AF_UNIX.
func TestGRPC(t *testing.T) {
	for _, k := range kinds[:3] {
		t.Run(k.network, func(t *testing.T) {
			if !nettest.TestableNetwork(k.network) {
				t.Skip("this host has no " + k.network)
			}
			l, err := listen(k.at, k.typ, t.TempDir())
			if err != nil {
				t.Fatal(err)
			}
			to, err := l.Socket().Name()
			if err != nil {
				t.Fatal(err)
			}
			server, state := grpc.NewServer(), health.NewServer()
			healthpb.RegisterHealthServer(server, state)
			served := make(chan error, 1)
			go func() { served <- server.Serve(l) }()
			conn, err := grpc.NewClient("passthrough:///test",
				grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) {
					return dial(ctx, to, k.typ)
				}),
				grpc.WithTransportCredentials(insecure.NewCredentials()))
			if err != nil {
				t.Fatal(err)
			}
			client := healthpb.NewHealthClient(conn)
			ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
			defer cancel()
			var all sync.WaitGroup
			for range 10 {
				all.Go(func() {
					for range 20 {
						r, err := client.Check(ctx, &healthpb.HealthCheckRequest{})
						if err != nil || r.Status != healthpb.HealthCheckResponse_SERVING {
							t.Error(r, err)
							return
						}
					}
				})
			}
			all.Wait()
			watching, stop := context.WithCancel(ctx)
			stream, err := client.Watch(watching, &healthpb.HealthCheckRequest{Service: "other"})
			if err != nil {
				t.Fatal(err)
			}
			for _, want := range []healthpb.HealthCheckResponse_ServingStatus{
				healthpb.HealthCheckResponse_SERVICE_UNKNOWN,
				healthpb.HealthCheckResponse_NOT_SERVING, healthpb.HealthCheckResponse_SERVING,
			} {
				r, err := stream.Recv()
				if err != nil || r.Status != want {
					t.Fatal(r, err, want)
				}
				switch want {
				case healthpb.HealthCheckResponse_SERVICE_UNKNOWN:
					state.SetServingStatus("other", healthpb.HealthCheckResponse_NOT_SERVING)
				case healthpb.HealthCheckResponse_NOT_SERVING:
					state.SetServingStatus("other", healthpb.HealthCheckResponse_SERVING)
				}
			}
			stop()
			if _, err := stream.Recv(); status.Code(err) != codes.Canceled {
				t.Error(err)
			}
			conn.Close()
			server.GracefulStop()
			if err := <-served; err != nil {
				t.Error(err)
			}
		})
	}
}
