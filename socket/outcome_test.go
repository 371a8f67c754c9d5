package socket_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/socket"
)

// receives are all ways to receive: each returns how many bytes, or messages, came.
var receives = map[string]func(ctx context.Context, s *socket.Socket) (int, error){
	"Receive": func(ctx context.Context,
		s *socket.Socket) (int, error) {
		return s.Receive(ctx, make([]byte, 9), 0)
	},
	"Receive all": func(ctx context.Context, s *socket.Socket) (int, error) {
		return s.Receive(ctx, make([]byte, 9), constants.MSG_WAITALL)
	},
	"Receive peek all": func(ctx context.Context, s *socket.Socket) (int, error) {
		return s.Receive(ctx, make([]byte, 9), constants.MSG_WAITALL|constants.MSG_PEEK)
	},
	"Receive now": func(ctx context.Context, s *socket.Socket) (int, error) {
		return s.Receive(ctx, make([]byte, 9), constants.MSG_DONTWAIT)
	},
	"ReceiveFrom": func(ctx context.Context, s *socket.Socket) (int, error) {
		n, _, err := s.ReceiveFrom(ctx, make([]byte, 9), 0)
		return n, err
	},
	"ReceiveMessage": func(ctx context.Context, s *socket.Socket) (int, error) {
		m := socket.Message{Buffers: [][]byte{make([]byte, 9)}}
		err := s.ReceiveMessage(ctx, &m, 0)
		return m.N, err
	},
	"ReceiveMessages": func(ctx context.Context, s *socket.Socket) (int, error) {
		ms := []socket.Message{{Buffers: [][]byte{make([]byte, 9)}}}
		n, err := s.ReceiveMessages(ctx, ms, 0)
		if n > 0 {
			n = ms[0].N
		}
		return n, err
	},
	"Read": func(_ context.Context,
		s *socket.Socket) (int, error) {
		return s.Read(make([]byte, 9))
	},
}

// TestShutdownOfMessages shuts sockets of messages down for receiving, before a receive and while
// it waits: each comes to the end, as a blocking recv(2) does.
func TestShutdownOfMessages(t *testing.T) {
	// all of them together: who waits for ever fails the others too
	bounded := within(t, 20*time.Second)
	end, _ := bounded.Deadline()
	for kind, open := range map[string]func(t testing.TB) *socket.Socket{
		"UDP": func(t testing.TB) *socket.Socket { a, _ := udp(t); return a },
		"connected UDP": func(t testing.TB) *socket.Socket {
			a, b := udp(t)
			ok(t, a.Connect(ctx, name(t, b)))
			return a
		},
		"unbound UDP": func(t testing.TB) *socket.Socket {
			return open(t, constants.AF_INET, constants.SOCK_DGRAM, 0)
		},
		"UNIX": func(t testing.TB) *socket.Socket {
			return bound(t, constants.SOCK_DGRAM, path(t))
		},
		"UNIX pair": func(t testing.TB) *socket.Socket {
			a, _ := pair(t, constants.SOCK_DGRAM)
			return a
		},
		"SEQPACKET": func(t testing.TB) *socket.Socket {
			a, _ := pair(t, constants.SOCK_SEQPACKET)
			return a
		},
		"stream": func(t testing.TB) *socket.Socket {
			a, _ := pair(t, constants.SOCK_STREAM)
			return a
		},
		"TCP": func(t testing.TB) *socket.Socket { a, _ := tcp(t); return a },
	} {
		for what, receive := range receives {
			for _, waiting := range []bool{false, true} {
				if waiting && what == "Receive now" {
					continue
				}
				t.Run(fmt.Sprintf("%s/%s/waiting %t", kind, what, waiting), func(t *testing.T) {
					s := open(t)
					// Whoever has waited before has the poller know the socket.
					is(t, s.WaitReceive(within(t, time.Millisecond)), socket.ErrTimeout)
					ok(t, s.SetReadDeadline(end)) // of Read, which has no context
					var done <-chan error
					if waiting {
						done = start(func() error { return second(receive(bounded, s)) })
						parked(t, 1, done)
					}
					ok(t, s.Shutdown(constants.SHUT_RD))
					want := error(nil)
					if what == "Read" {
						want = io.EOF
					}
					if waiting {
						if err := result(t, done); err != want {
							t.Error("who waited:", err)
						}
					}
					for range 2 {
						if n, err := receive(bounded, s); n != 0 || err != want {
							t.Errorf("%d, %v", n, err)
						}
					}
					ok(t, s.WaitReceive(bounded))
				})
			}
		}
	}
}

// TestShutdownDup has another Socket of the same open socket shut it down.
func TestShutdownDup(t *testing.T) {
	a, _ := udp(t)
	d, err := a.Dup()
	ok(t, err)
	defer d.Close()
	is(t, second(a.Receive(within(t, short), make([]byte, 1), 0)), socket.ErrTimeout)
	ok(t, d.Shutdown(constants.SHUT_RD))
	if n, err := a.Receive(within(t, 10*time.Second), make([]byte, 1), 0); n != 0 || err != nil {
		t.Error(n, err)
	}
}

// TestShutdownKeeps has what came before the shutdown received first.
func TestShutdownKeeps(t *testing.T) {
	for _, typ := range []constants.SocketType{constants.SOCK_DGRAM, constants.SOCK_SEQPACKET} {
		a, b := pair(t, typ)
		send(t, a, "before")
		ok(t, second(a.Write(nil)))
		send(t, a, "it")
		ok(t, b.Shutdown(constants.SHUT_RD))
		buf := make([]byte, 9)
		for _, want := range []string{"before", "", "it"} {
			if n, err := b.Read(buf); string(buf[:n]) != want || err != nil {
				t.Errorf("%v: %q, %v", typ, buf[:n], err)
			}
		}
		is(t, second(b.Read(buf)), io.EOF)
	}
}

// TestResetIsTold resets connections while another call meets the error: a receive does not take
// what follows for the end of the stream.
func TestResetIsTold(t *testing.T) {
	for what, receive := range receives {
		if what == "Receive now" {
			continue
		}
		t.Run(what, func(t *testing.T) {
			ends := 0
			for range 40 {
				a, b := tcp(t)
				set(t, b,
					func(p *socket.Params) { p.ReceiveTimeout, p.SendTimeout = patience, patience })
				read := start(func() error { return second(receive(ctx, b)) })
				wrote := start(func() error {
					for {
						if _, err := b.Write(make([]byte, 1<<16)); err != nil {
							return err
						}
					}
				})
				ok(t, a.WaitReceive(within(t, patience)))
				ok(t, a.Close())
				if err := result(t, read); !errors.Is(err, syscall.ECONNRESET) {
					ends++
				}
				result(t, wrote)
				// It stays so.
				if n, err := receive(ctx, b); n != 0 || !errors.Is(err, syscall.ECONNRESET) {
					t.Errorf("again: %d, %v", n, err)
				}
				b.Close()
			}
			if ends > 0 {
				t.Errorf("%d of 40 resets were taken for the end", ends)
			}
		})
	}
}

// TestResetIsForgotten connects anew: the error was of the connection before. The end of a stream
// stays the end, whatever a send says.
func TestResetIsForgotten(t *testing.T) {
	l := listening(t, loopback, 1)
	a, b := join(t, l)
	send(t, a, "unread")
	ok(t, b.WaitReceive(within(t, patience)))
	ok(t, b.Close())
	is(t, second(a.Read(make([]byte, 1))), syscall.ECONNRESET)
	is(t, second(a.Read(make([]byte, 1))), syscall.ECONNRESET)
	ok(t, a.Disconnect())
	ok(t, a.Connect(within(t, patience), name(t, l)))
	c, _, err := l.Accept(within(t, patience))
	ok(t, err)
	talk(t, a, c)
	ok(t, c.Close())
	is(t, second(a.Read(make([]byte, 1))), io.EOF)
	is(t, second(open(t, constants.AF_INET, constants.SOCK_STREAM, 0).Receive(ctx, make([]byte, 1),
		0)), syscall.ENOTCONN)
	for { // until the peer has answered
		if _, err := a.Write([]byte("x")); err != nil {
			is(t, err, syscall.EPIPE)
			break
		}
		time.Sleep(time.Millisecond)
	}
	is(t, second(a.Read(make([]byte, 1))), io.EOF)
}

// TestResetBehindRecords closes a SOCK_SEQPACKET peer that has not read all: what it sent before is
// received, and then the reset, where the kernel tells of the reset first.
func TestResetBehindRecords(t *testing.T) {
	for what, receive := range receives {
		if what == "Receive peek all" {
			continue
		}
		t.Run(what, func(t *testing.T) {
			a, b := pair(t, constants.SOCK_SEQPACKET)
			send(t, b, "one")
			send(t, b, "three")
			send(t, a, "unread")
			ok(t, b.Close())
			for _, want := range []int{3, 5} {
				if n, err := receive(within(t, patience), a); n != want || err != nil {
					t.Errorf("%d, %v; want %d", n, err, want)
				}
			}
			for range 2 {
				is(t, second(receive(within(t, patience), a)), syscall.ECONNRESET)
			}
		})
	}
}

// TestReadinessOfErrors: an error that is pending is what the next call of either direction meets,
// once, however often readiness is asked for before.
func TestReadinessOfErrors(t *testing.T) {
	gone := bound(t, constants.SOCK_DGRAM, loopback)
	to := name(t, gone)
	ok(t, gone.Close())
	for what, call := range map[string]func(s *socket.Socket) error{
		"Receive": func(s *socket.Socket) error {
			return second(s.Receive(ctx, make([]byte, 1), constants.MSG_DONTWAIT))
		},
		"Send": func(s *socket.Socket) error { return second(s.Send(ctx, []byte("x"), 0)) },
		"SendMessages": func(s *socket.Socket) error {
			return second(s.SendMessages(ctx, make([]socket.Message, 1), 0))
		},
	} {
		s := open(t, constants.AF_INET, constants.SOCK_DGRAM, 0)
		ok(t, s.Connect(ctx, to))
		send(t, s, "lost")
		ok(t, s.WaitReceive(within(t, patience)))
		for range 3 {
			if ready, err := s.ReceiveReady(); !ready || err != nil {
				t.Errorf("%s: %t, %v", what, ready, err)
			}
		}
		ok(t, s.WaitSend(within(t, patience)))
		if err := call(s); !errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("%s: %v", what, err)
		}
		if _, err := s.Receive(ctx, make([]byte, 1), constants.MSG_DONTWAIT); !errors.Is(err,
			socket.ErrWouldBlock) && what == "Receive" {
			t.Errorf("%s, again: %v", what, err)
		}
	}
}

// TestCloseWrite: a relay that asks for a half-close, and closes otherwise, loses no answer; a
// closed Socket says who asked (X22).
func TestCloseWrite(t *testing.T) {
	var _ interface{ CloseRead() error } = (*socket.Socket)(nil)
	a, b := tcp(t)
	send(t, a, "question")
	ok(t, any(a).(interface{ CloseWrite() error }).CloseWrite())
	question, err := io.ReadAll(b)
	ok(t, err)
	send(t, b, "answer to "+string(question))
	ok(t, b.Close())
	if answer, err := io.ReadAll(a); string(answer) != "answer to question" || err != nil {
		t.Errorf("%q, %v", answer, err)
	}
	a, _ = pair(t, constants.SOCK_STREAM)
	ok(t, a.CloseRead())
	if n, err := a.Receive(within(t, patience), make([]byte, 1), 0); n != 0 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
	ok(t, a.Close())
	for op, err := range map[string]error{"close read": a.CloseRead(),
		"close write": a.CloseWrite()} {
		var e *socket.Error
		if !errors.As(err, &e) || e.Op != op || !errors.Is(err, socket.ErrClosed) {
			t.Errorf("%s: %v", op, err)
		}
	}
}

// All Sockets of one connection know how it ended, whichever the kernel told, and whose it was.
func TestResetIsToldToAll(t *testing.T) {
	for _, before := range []bool{true, false} {
		client, server := tcp(t)
		peer := name(t, client)
		others := func() (all []*socket.Socket) {
			for _, again := range []func() (*socket.Socket, error){
				server.Dup,
				func() (*socket.Socket, error) { return socket.FromConn(server) },
				func() (*socket.Socket, error) { return socket.FromConn(adapter{server}) },
			} {
				s, err := again()
				ok(t, err)
				t.Cleanup(func() { s.Close() })
				all = append(all, s)
			}
			return all
		}
		var all []*socket.Socket
		if before {
			all = others()
		}
		option2(t, client, constants.SOL_SOCKET, constants.SO_LINGER, 1, 0)
		ok(t, client.Close())
		_, err := server.Receive(within(t, patience), make([]byte, 1), 0)
		is(t, err, syscall.ECONNRESET)
		if !before {
			all = others()
		}
		for i, s := range all {
			if p, err := s.PeerName(); p != peer || err != nil {
				t.Errorf("%d, before %v: the peer is %v, %v", i, before, p, err)
			}
			if i == 2 {
				continue // what it was made of is unknown
			}
			_, err := s.Receive(within(t, patience), make([]byte, 1), 0)
			is(t, err, syscall.ECONNRESET)
		}
	}
}

// What ends a connection while the first Dup is made is known to both, whichever comes first.
func TestResetDuringTheFirstDup(t *testing.T) {
	const errno = int32(syscall.ECONNRESET)
	for range 5_000 {
		s, d := socket.Unopened(constants.SOCK_STREAM), socket.Unopened(constants.SOCK_STREAM)
		var both atomic.Int32
		together := func() {
			for both.Add(1); both.Load() < 2; {
				runtime.Gosched()
			}
		}
		first := make(chan bool)
		go func() {
			together()
			first <- socket.Meet(s, errno)
		}()
		together()
		socket.ShareEnd(s, d)
		if !<-first || socket.Ended(s) != errno || socket.Ended(d) != errno {
			t.Fatalf("the connection ended by %d; one knows of %d, the other of %d",
				errno, socket.Ended(s), socket.Ended(d))
		}
	}
}

// adapter is a connection of another package, around a Socket.
type adapter struct{ s *socket.Socket }

func (a adapter) SyscallConn() (syscall.RawConn, error) { return a.s.SyscallConn() }
func (a adapter) Socket() *socket.Socket                { return a.s }

// AtEnd is true of a connection that was reset, as often as it is asked, and receives tell of the
// reset nevertheless.
func TestAtEndAfterReset(t *testing.T) {
	a, b := tcp(t)
	option2(t, a, constants.SOL_SOCKET, constants.SO_LINGER, 1, 0)
	ok(t, a.Close())
	ok(t, b.WaitReceive(within(t, patience)))
	for range 3 {
		if end, err := b.AtEnd(); !end || err != nil {
			t.Error(end, err)
		}
	}
	_, err := b.Receive(within(t, patience), make([]byte, 1), 0)
	is(t, err, syscall.ECONNRESET)
}

// What was received before a reset comes first, also by ReceiveMessages, and the end of it is the
// error: it is no empty message, which would pass for the peer's own end.
func TestResetBehindBatch(t *testing.T) {
	local := func(typ constants.SocketType) func(t testing.TB) (a, b *socket.Socket) {
		return func(t testing.TB) (a, b *socket.Socket) {
			a, b = pair(t, typ)
			send(t, b, "unread") // with which close(2) resets
			return a, b
		}
	}
	for what, connected := range map[string]func(t testing.TB) (a, b *socket.Socket){
		"TCP": tcp, "AF_UNIX": local(constants.SOCK_STREAM),
		"records": local(constants.SOCK_SEQPACKET),
	} {
		for _, room := range []int{1, 2, 4, 5, 8, 40} { // the first call of recvmmsg(2) takes four
			a, b := connected(t)
			for range 4 {
				send(t, a, "x")
			}
			if what == "TCP" {
				option2(t, a, constants.SOL_SOCKET, constants.SO_LINGER, 1, 0)
			}
			ok(t, a.Close())
			ok(t, b.WaitReceive(within(t, patience)))
			ms := make([]socket.Message, room)
			for i := range ms {
				ms[i].Buffers = [][]byte{make([]byte, 1)}
			}
			for got := 0; got < 4; {
				n, err := b.ReceiveMessages(within(t, patience), ms, 0)
				if n == 0 || err != nil {
					t.Fatalf("%s into %d: after %d of 4: %d, %v", what, room, got, n, err)
				}
				for _, m := range ms[:n] {
					got += m.N
				}
				if n > got {
					t.Fatalf("%s into %d: an empty message", what, room)
				}
			}
			for range 3 {
				n, err := b.ReceiveMessages(within(t, patience), ms, 0)
				if n != 0 {
					t.Errorf("%s into %d: %d messages after the end", what, room, n)
				}
				is(t, err, syscall.ECONNRESET)
			}
		}
	}
}

// A writer beside the reader meets the error, and the reader is told of it nevertheless: also when
// it reads before the writer has remembered what it met.
func TestResetBesideAWriter(t *testing.T) {
	told := func() bool {
		client, server := tcp(t)
		option2(t, client, constants.SOL_SOCKET, constants.SO_LINGER, 1, 0)
		ok(t, client.Close())
		ok(t, server.WaitReceive(within(t, patience)))
		met, remember := make(chan struct{}), make(chan struct{})
		writer := start(
			func() error { return socket.SendSlowly(server, func() { close(met); <-remember }) })
		<-met
		reader := start(func() error {
			_, err := io.Copy(struct{ io.Writer }{io.Discard}, struct{ io.Reader }{server})
			return err
		})
		for len(stacksIn("(*Socket).meeting(")) == 0 && len(reader) == 0 {
			time.Sleep(50 * time.Microsecond)
		}
		close(remember)
		is(t, result(t, writer), syscall.ECONNRESET)
		err := result(t, reader)
		return errors.Is(err, syscall.ECONNRESET)
	}
	for range 20 { // the reader waits for some milliseconds, which a busy machine may need itself
		if told() {
			return
		}
	}
	t.Error("the reader takes the reset for the end")
}
