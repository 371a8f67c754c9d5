package socket_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/socket"
)

// Somebody who shares the socket clears O_NONBLOCK, as a child process may. No call blocks for
// that: each ends with its context, its deadline and Close, as if nothing had happened.
func TestMadeBlocking(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	ok(t, os.WriteFile(file, make([]byte, 1<<20), 0o600))
	blocking := func(s *socket.Socket) {
		t.Helper()
		ok(t, unix.SetNonblock(s.FD(), false))
	}
	// full is a connected socket that cannot send.
	full := func() *socket.Socket {
		a, b, err := socket.Pair(constants.AF_UNIX, constants.SOCK_STREAM, 0)
		ok(t, err)
		t.Cleanup(func() { a.Close(); b.Close() })
		for _, err = a.Send(ctx, make([]byte, 4096), constants.MSG_DONTWAIT); err == nil; {
			_, err = a.Send(ctx, make([]byte, 4096), constants.MSG_DONTWAIT)
		}
		return a
	}
	idle := func() *socket.Socket {
		a, b, err := socket.Pair(constants.AF_UNIX, constants.SOCK_STREAM, 0)
		ok(t, err)
		t.Cleanup(func() { a.Close(); b.Close() })
		return a
	}
	listener := func() *socket.Socket {
		l := bound(t, constants.SOCK_STREAM, path(t))
		ok(t, l.Listen(0))
		return l
	}
	for _, test := range []struct {
		what string
		make func() *socket.Socket
		call func(ctx context.Context, s *socket.Socket) error
		none bool // it has no context
	}{
		{"Accept", listener, func(ctx context.Context,
			s *socket.Socket) error {
			_, _, err := s.Accept(ctx)
			return err
		}, false},
		{"Connect",
			func() *socket.Socket { return open(t, constants.AF_UNIX, constants.SOCK_STREAM, 0) },
			func() func(ctx context.Context, s *socket.Socket) error {
				l := listener()
				to := name(t, l)
				// the one that may wait
				ok(t, open(t, constants.AF_UNIX, constants.SOCK_STREAM, 0).Connect(ctx, to))
				return func(ctx context.Context,
					s *socket.Socket) error {
					return s.Connect(ctx, to)
				}
			}(), false},
		{"SendFile", full, func(ctx context.Context, s *socket.Socket) error {
			f, err := os.Open(file)
			if err != nil {
				return err
			}
			defer f.Close()
			_, err = s.SendFile(ctx, f, 0, -1)
			return err
		}, false},
		{"WriteTo", idle, func(_ context.Context, s *socket.Socket) error {
			f, err := os.Create(file + "2")
			if err != nil {
				return err
			}
			defer f.Close()
			_, err = s.WriteTo(f)
			return err
		}, true},
		{"ReadFrom", full, func(_ context.Context, s *socket.Socket) error {
			r, w, err := os.Pipe()
			if err != nil {
				return err
			}
			defer r.Close()
			defer w.Close()
			if _, err = w.Write(make([]byte, 100)); err == nil {
				_, err = s.ReadFrom(r)
			}
			return err
		}, true},
	} {
		for _, end := range []struct {
			how  string
			call func(s *socket.Socket, cancel context.CancelFunc) error
			want []error
		}{
			{"context", func(_ *socket.Socket, cancel context.CancelFunc) error {
				cancel()
				return nil
			}, []error{context.Canceled}},
			{"deadline", func(s *socket.Socket, _ context.CancelFunc) error {
				return s.SetDeadline(time.Now())
			}, []error{socket.ErrTimeout}},
			{"close", func(s *socket.Socket, _ context.CancelFunc) error { return s.Close() },
				[]error{socket.ErrClosed}},
		} {
			if test.none && end.how == "context" {
				continue
			}
			t.Run(test.what+" "+end.how, func(t *testing.T) {
				s := test.make()
				blocking(s)
				own, cancel := context.WithCancel(ctx)
				defer cancel()
				done := start(func() error { return test.call(own, s) })
				parked(t, 1)
				blocking(s)
				ok(t, result(t, start(func() error { return end.call(s, cancel) })))
				is(t, result(t, done), end.want...)
			})
		}
	}
}
