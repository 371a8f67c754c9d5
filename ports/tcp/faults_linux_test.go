package tcp_test

import (
	"context"
	"testing"
	"time"

	"example.com/bsdsocket/addrinfo"
	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/internal/testenv"
	"example.com/bsdsocket/ports"
	"example.com/bsdsocket/ports/tcp"
	"example.com/bsdsocket/socket"
	"example.com/bsdsocket/socket/netconn"
)

// Each call of each operation of packages tcp, ports, netconn and addrinfo fails with each
// plausible error. What the caller gets is in testdata/faults.txt.
func TestFaults(t *testing.T) {
	testenv.NeedsLinuxPath(t, "the calls of testdata/faults.txt")
	trap := testenv.Trapped(t, testenv.Faulty()...)
	if trap == nil {
		return
	}
	const short = 20 * time.Millisecond
	hasty := &tcp.Config{Host: "127.0.0.1", Socket: &socket.Params{ConnectTimeout: short,
		AcceptTimeout: short, ReceiveTimeout: short, SendTimeout: short}}
	ctx := context.Background()
	closing := func(t testing.TB, c interface{ Close() error }, err error) error {
		if err == nil {
			t.Cleanup(func() { c.Close() })
		}
		return err
	}
	// queue is an operation on a listener in whose queue there are connections.
	queue := func(fn func(t testing.TB, l *tcp.Listener) error) func(testing.TB) func() error {
		return func(t testing.TB) func() error {
			l := listen(t, hasty)
			for range 3 {
				dial(t, "127.0.0.1", service(l), nil)
			}
			return func() error { return fn(t, l) }
		}
	}
	// connected is an operation on the ports of a connection on which two lines have come.
	connected := func(fn func(c ports.Duplex) error) func(testing.TB) func() error {
		return func(t testing.TB) func() error {
			l := listen(t, nil)
			client := dial(t, "127.0.0.1", service(l), hasty)
			server := accept(t, l)
			_, err := server.WriteString("one\ntwo\n")
			must(t, err)
			must(t, server.Flush())
			must(t, client.InputPort.Socket().WaitReceive(ctx))
			d := client.Duplex
			return func() error { return fn(d) }
		}
	}
	// listening is an operation that connects to an address at which a listener is.
	listening := func(fn func(t testing.TB, port string) error) func(testing.TB) func() error {
		return func(t testing.TB) func() error {
			port := service(listen(t, nil))
			return func() error { return fn(t, port) }
		}
	}
	testenv.Faults(t, trap, map[string]error{
		"ErrTimeout": socket.ErrTimeout, "ErrTransient": socket.ErrTransient,
		"ErrUnsupported": socket.ErrUnsupported, "ErrWouldBlock": socket.ErrWouldBlock,
		"ErrClosed": socket.ErrClosed,
	}, []testenv.Operation{
		{Name: "tcp.Listen", Begin: func(t testing.TB) func() error {
			return func() error {
				l, err := tcp.Listen(ctx, 0, hasty)
				return closing(t, l, err)
			}
		}},
		{Name: "tcp.Listener.Accept", Begin: queue(func(t testing.TB, l *tcp.Listener) error {
			in, out, err := l.Accept(ctx)
			return closing(t, ports.Join(in, out), err)
		})},
		{Name: "tcp.Listener.TryAccept", Begin: queue(func(t testing.TB, l *tcp.Listener) error {
			in, out, err := l.TryAccept()
			return closing(t, ports.Join(in, out), err)
		})},
		{Name: "tcp.Dial", Begin: listening(func(t testing.TB, port string) error {
			in, out, err := tcp.Dial(ctx, "127.0.0.1", port, hasty)
			return closing(t, ports.Join(in, out), err)
		})},
		{Name: "ports.New", Begin: func(t testing.TB) func() error {
			l := listen(t, nil)
			s := dial(t, "127.0.0.1", service(l), nil).InputPort.Socket()
			return func() error {
				_, _, err := ports.New(s, ports.DefaultParams())
				return err
			}
		}},
		{Name: "InputPort.ReadLine", Begin: connected(func(c ports.Duplex) error {
			_, err := c.ReadLine()
			return err
		})},
		{Name: "InputPort.Peek", Begin: connected(func(c ports.Duplex) error {
			_, err := c.Peek(2)
			return err
		})},
		{Name: "OutputPort.WriteString", Begin: connected(func(c ports.Duplex) error {
			_, err := c.WriteString("text")
			return err
		})},
		{Name: "OutputPort.Close", Begin: connected(func(c ports.Duplex) error {
			return c.OutputPort.Close()
		})},
		{Name: "Duplex.Close", Begin: connected(ports.Duplex.Close)},
		{Name: "addrinfo.Connect", Begin: listening(func(t testing.TB, port string) error {
			list, err := addrinfo.Lookup(ctx, "127.0.0.1", port, nil)
			if err != nil {
				return err
			}
			s, err := addrinfo.Connect(ctx, list, *hasty.Socket)
			return closing(t, s, err)
		})},
		{Name: "addrinfo.ConnectRace", Begin: listening(func(t testing.TB, port string) error {
			list, err := addrinfo.Lookup(ctx, "127.0.0.1", port, nil)
			if err != nil {
				return err
			}
			s, err := addrinfo.ConnectRace(ctx, list, *hasty.Socket)
			return closing(t, s, err)
		})},
		{Name: "netconn.Dial", Begin: listening(func(t testing.TB, port string) error {
			c, err := netconn.Dial(ctx, "tcp4", "127.0.0.1:"+port, nil)
			return closing(t, c, err)
		})},
		{Name: "netconn.Listen", Begin: func(t testing.TB) func() error {
			return func() error {
				l, err := netconn.Listen(ctx, "tcp4", "127.0.0.1:0", nil)
				return closing(t, l, err)
			}
		}},
		{Name: "netconn.ListenPacket", Begin: func(t testing.TB) func() error {
			return func() error {
				c, err := netconn.ListenPacket(ctx, "udp4", "127.0.0.1:0", nil)
				return closing(t, c, err)
			}
		}},
		{Name: "netconn.NewListener, Accept",
			Begin: queue(func(t testing.TB, l *tcp.Listener) error {
				n, err := netconn.NewListener(l.Sockets()[0])
				if err != nil {
					return err
				}
				c, err := n.Accept()
				return closing(t, c, err)
			})},
		{Name: "netconn.Conn.Read", Begin: func(t testing.TB) func() error {
			a, b, err := socket.Pair(constants.AF_UNIX, constants.SOCK_STREAM, 0)
			must(t, err)
			t.Cleanup(func() { a.Close(); b.Close() })
			c, err := netconn.NewConn(a)
			must(t, err)
			_, err = b.Write(make([]byte, 100))
			must(t, err)
			must(t, c.SetDeadline(time.Now().Add(time.Hour)))
			return func() error {
				_, err := c.Read(make([]byte, 10))
				return err
			}
		}},
	})
}
