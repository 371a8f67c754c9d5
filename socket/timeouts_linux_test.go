package socket_test

import (
	"context"
	"io"
	"strings"
	"testing"
	"time"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/internal/testenv"
	"example.com/bsdsocket/socket"
)

// Rows E15 and E16: every call that waits ends with the socket's own timeout, whatever it is
// called. One that does not fails the test within seconds.
func TestTimeoutOfEveryCall(t *testing.T) {
	testenv.Needs(t, testenv.UnixSockets)
	file := fileWith(t, make([]byte, 100))
	sends := map[string]func(ctx context.Context, s *socket.Socket) error{
		"Send": func(ctx context.Context,
			s *socket.Socket) error {
			return second(s.Send(ctx, []byte("x"), 0))
		},
		"SendAll": func(ctx context.Context,
			s *socket.Socket) error {
			return second(s.SendAll(ctx, []byte("x"), 0))
		},
		"SendMessage": func(ctx context.Context, s *socket.Socket) error {
			return s.SendMessage(ctx, &socket.Message{Buffers: [][]byte{[]byte("x")}}, 0)
		},
		"SendMessages": func(ctx context.Context, s *socket.Socket) error {
			return second(
				s.SendMessages(ctx, []socket.Message{{Buffers: [][]byte{[]byte("x")}}}, 0))
		},
		"SendFile": func(ctx context.Context,
			s *socket.Socket) error {
			return second64(s.SendFile(ctx, file, 0, -1))
		},
		"SendFiles": func(ctx context.Context,
			s *socket.Socket) error {
			return second(s.SendFiles(ctx, []byte("x"), s))
		},
		"CopyFrom": func(ctx context.Context, s *socket.Socket) error {
			return second64(s.CopyFrom(ctx, strings.NewReader("x")))
		},
	}
	receives := map[string]func(ctx context.Context, s *socket.Socket) error{
		"Receive": func(ctx context.Context,
			s *socket.Socket) error {
			return second(s.Receive(ctx, make([]byte, 9), 0))
		},
		"ReceiveFrom": func(ctx context.Context, s *socket.Socket) error {
			_, _, err := s.ReceiveFrom(ctx, make([]byte, 9), 0)
			return err
		},
		"ReceiveMessage": func(ctx context.Context, s *socket.Socket) error {
			return s.ReceiveMessage(ctx, &socket.Message{Buffers: [][]byte{make([]byte, 9)}}, 0)
		},
		"ReceiveMessages": func(ctx context.Context, s *socket.Socket) error {
			return second(s.ReceiveMessages(ctx, make([]socket.Message, 2), 0))
		},
		"ReceiveFiles": func(ctx context.Context, s *socket.Socket) error {
			_, _, err := s.ReceiveFiles(ctx, make([]byte, 9), 1)
			return err
		},
		"ReadContext": func(ctx context.Context,
			s *socket.Socket) error {
			return second(s.ReadContext(ctx, make([]byte, 9)))
		},
		"CopyTo": func(ctx context.Context,
			s *socket.Socket) error {
			return second64(s.CopyTo(ctx, io.Discard))
		},
	}
	bounded := within(t, 4*time.Second) // of all together
	for _, typ := range []constants.SocketType{constants.SOCK_STREAM, constants.SOCK_DGRAM,
		constants.SOCK_SEQPACKET} {
		a, _ := pair(t, typ)
		fill(t, a)
		for names, calls := range map[string]map[string]func(context.Context,
			*socket.Socket) error{"send": sends, "receive": receives} {
			set(t, a, func(p *socket.Params) {
				p.ReceiveTimeout, p.SendTimeout = 0, 0
				if names == "send" { // the other kind's does not count
					p.SendTimeout = 2 * time.Millisecond
				} else {
					p.ReceiveTimeout = 2 * time.Millisecond
				}
			})
			for name, call := range calls {
				err := call(bounded, a)
				if is(t, err, socket.ErrTimeout); bounded.Err() != nil {
					t.Fatalf("%v: %s has no timeout: %v", typ, name, err)
				}
			}
		}
	}
	l := listening(t, loopback, 1)
	set(t, l, func(p *socket.Params) { p.AcceptTimeout = 2 * time.Millisecond })
	_, _, err := l.Accept(bounded)
	if is(t, err, socket.ErrTimeout); bounded.Err() != nil {
		t.Error("Accept has no timeout:", err)
	}
}
