package netconn_test

import (
	"errors"
	"fmt"
	"io"
	"net"
	"syscall"
	"testing"
	"time"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/sockaddr"
	"example.com/bsdsocket/socket"
	"example.com/bsdsocket/socket/netconn"
	"example.com/bsdsocket/sockopt"
)

// A reader is one way to receive.
type reader struct {
	name string
	read func(b []byte) (int, error)
}

func readersOf(c interface {
	net.Conn
	net.PacketConn
}) []reader {
	all := []reader{
		{"Read", c.Read},
		{"ReadFrom", func(b []byte) (int, error) { n, _, err := c.ReadFrom(b); return n, err }},
	}
	switch c := c.(type) {
	case *netconn.UnixConn:
		all = append(all,
			reader{"ReadFromUnix",
				func(b []byte) (int, error) { n, _, err := c.ReadFromUnix(b); return n, err }},
			reader{"ReadMsgUnix", func(b []byte) (int, error) {
				n, _, _, _, err := c.ReadMsgUnix(b, nil)
				return n, err
			}},
			reader{"ReadMsgUnix with room", func(b []byte) (int, error) {
				n, _, _, _, err := c.ReadMsgUnix(b, make([]byte, 100))
				return n, err
			}},
		)
	case *netconn.PacketConn:
		all = append(all,
			reader{"ReadFromUDP",
				func(b []byte) (int, error) { n, _, err := c.ReadFromUDP(b); return n, err }},
			reader{"ReadFromUDPAddrPort", func(b []byte) (int, error) {
				n, _, err := c.ReadFromUDPAddrPort(b)
				return n, err
			}},
			reader{"ReadMsgUDP", func(b []byte) (int, error) {
				n, _, _, _, err := c.ReadMsgUDP(b, nil)
				return n, err
			}},
			reader{"ReadMsgUDP of control data", func([]byte) (int, error) {
				n, _, _, _, err := c.ReadMsgUDP(nil, make([]byte, 100))
				return n, err
			}},
		)
	}
	return all
}

// Every way to receive tells the end, of every type: else a loop of it burns a processor.
func TestEveryReadTellsTheEnd(t *testing.T) {
	check := func(what string, c interface {
		net.Conn
		net.PacketConn
	}) {
		t.Helper()
		if err := c.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
			t.Fatal(err)
		}
		for _, r := range readersOf(c) {
			for range 2 {
				if n, err := r.read(make([]byte, 9)); n != 0 || err != io.EOF {
					t.Errorf("%s, %s: %d, %v", what, r.name, n, err)
				}
			}
		}
	}
	for _, typ := range []constants.SocketType{constants.SOCK_STREAM, constants.SOCK_SEQPACKET,
		constants.SOCK_DGRAM} {
		for _, closed := range []bool{true, false} {
			if closed && typ == constants.SOCK_DGRAM {
				continue // datagrams have no end
			}
			a, b, err := socket.Pair(constants.AF_UNIX, typ, 0)
			if errors.Is(err, socket.ErrUnsupported) {
				continue
			}
			if err != nil {
				t.Fatal(err)
			}
			defer a.Close()
			defer b.Close()
			c, err := netconn.NewUnixConn(a)
			if err != nil {
				t.Fatal(err)
			}
			// What came before, an empty message too, is no end.
			if typ != constants.SOCK_STREAM {
				for _, r := range readersOf(c) {
					if _, err := b.Send(t.Context(), nil, 0); err != nil {
						t.Fatal(err)
					}
					if n, err := r.read(make([]byte, 9)); n != 0 || err != nil {
						t.Errorf("%v, %s of an empty message: %d, %v", typ, r.name, n, err)
					}
				}
			}
			if closed {
				b.Close()
			} else if err := c.CloseRead(); err != nil {
				t.Fatal(err)
			}
			check(typ.String(), c)
		}
	}
	for _, connected := range []bool{true, false} {
		s, err := socket.New(constants.AF_INET, constants.SOCK_DGRAM, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		if err = s.Bind(sockaddr.MustParse("127.0.0.1:0")); err != nil {
			t.Fatal(err)
		}
		if name, _ := s.Name(); connected {
			if err = s.Connect(t.Context(), name); err != nil {
				t.Fatal(err)
			}
		}
		c, err := netconn.NewPacketConn(s)
		if err != nil {
			t.Fatal(err)
		}
		if err = s.Shutdown(constants.SHUT_RD); err != nil {
			t.Fatal(err)
		}
		check("UDP", c)
	}
}

// However a Conn comes by a connection that was reset, it knows the peer, and so do its errors.
func TestRemoteAddrAfterReset(t *testing.T) {
	l, err := socket.New(constants.AF_INET, constants.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if err = errors.Join(l.Bind(sockaddr.MustParse("127.0.0.1:0")), l.Listen(5)); err != nil {
		t.Fatal(err)
	}
	at, _ := l.Name()
	for _, test := range []struct {
		how  string
		make func(s *socket.Socket) (*socket.Socket, error)
	}{
		{"Accept", func(s *socket.Socket) (*socket.Socket, error) { return s, nil }},
		{"Dup", (*socket.Socket).Dup},
		{"FromConn of the Socket",
			func(s *socket.Socket) (*socket.Socket, error) { return socket.FromConn(s) }},
		{"FromConn of a Conn", func(s *socket.Socket) (*socket.Socket, error) {
			c, err := netconn.NewConn(s)
			if err != nil {
				return nil, err
			}
			return socket.FromConn(c)
		}},
	} {
		for _, client := range []bool{true, false} {
			c, err := socket.New(constants.AF_INET, constants.SOCK_STREAM, 0)
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			if err = c.Connect(t.Context(), at); err != nil {
				t.Fatal(err)
			}
			s, _, err := l.Accept(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			if client {
				c, s = s, c
			}
			peer, _ := c.Name()
			if err = errors.Join(sockopt.SOLinger.Set(c, sockopt.Linger{Enabled: true}), c.Close(),
				s.WaitReceive(t.Context())); err != nil {
				t.Fatal(err)
			}
			again, err := test.make(s)
			if err != nil {
				t.Fatal(err)
			}
			defer again.Close()
			conn, err := netconn.NewConn(again)
			if err != nil {
				t.Fatal(err)
			}
			if a := conn.RemoteAddr(); a == nil || a.String() != peer.String() {
				t.Errorf("%s: the peer is %v, not %v", test.how, a, peer)
			}
			_, err = conn.Read(make([]byte, 1))
			if op, ok := errors.AsType[*net.OpError](err); !ok || op.Addr == nil ||
				!errors.Is(err, syscall.ECONNRESET) {
				t.Errorf("%s: %v", test.how, err)
			}
		}
	}
}

// Closing again is net.ErrClosed, and does not touch the next file of that number, by whichever way
// the socket was closed first, and when two close at once.
func TestCloseAgain(t *testing.T) {
	type adapter interface {
		io.Closer
		Socket() *socket.Socket
	}
	adapters := map[string]func(s *socket.Socket) (adapter, error){
		"Conn":       func(s *socket.Socket) (adapter, error) { return netconn.NewConn(s) },
		"UnixConn":   func(s *socket.Socket) (adapter, error) { return netconn.NewUnixConn(s) },
		"PacketConn": func(s *socket.Socket) (adapter, error) { return netconn.NewPacketConn(s) },
	}
	closes := map[string]func(c adapter) error{
		"Close":              func(c adapter) error { return c.Close() },
		"the socket's Close": func(c adapter) error { return c.Socket().Close() },
		"two at once": func(c adapter) error {
			other := make(chan error)
			go func() { other <- c.Close() }()
			first, second := c.Close(), <-other
			if (first == nil) == (second == nil) {
				return fmt.Errorf("%v and %v", first, second)
			}
			return nil
		},
	}
	reused := 0
	for kind, adapt := range adapters {
		for how, closing := range closes {
			a, b, err := socket.Pair(constants.AF_UNIX, constants.SOCK_DGRAM, 0)
			if err != nil {
				t.Fatal(err)
			}
			c, err := adapt(a)
			if err != nil {
				t.Fatal(err)
			}
			number := a.FD()
			if err := closing(c); err != nil {
				t.Errorf("%s, %s: %v", kind, how, err)
			}
			next, other, err := socket.Pair(constants.AF_UNIX, constants.SOCK_STREAM, 0)
			if err != nil {
				t.Fatal(err)
			}
			if next.FD() == number {
				// nearly always: a lower one is free only if something else was closed meanwhile
				reused++
			}
			if err := c.Close(); !errors.Is(err, net.ErrClosed) {
				t.Errorf("%s, %s, again: %v", kind, how, err)
			}
			if err := a.Close(); err != nil {
				t.Errorf("%s, %s, the socket again: %v", kind, how, err)
			}
			if _, err := next.Write([]byte("x")); err != nil {
				t.Errorf("%s, %s: the next file of the number: %v", kind, how, err)
			}
			for _, s := range []*socket.Socket{b, next, other} {
				s.Close()
			}
		}
	}
	if reused == 0 {
		t.Error("no number was used again")
	}
}
