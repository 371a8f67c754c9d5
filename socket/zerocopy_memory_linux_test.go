package socket_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"runtime"
	"syscall"
	"testing"
	"time"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/internal/testenv"
	"example.com/bsdsocket/socket"
)

// public fills the connection with what everybody may know, in buffers that nobody else refers to,
// and returns how much.
func public(t *testing.T, z *socket.ZeroCopy) (sent int) {
	t.Helper()
	for {
		n, err := z.Send(ctx, bytes.Repeat([]byte("public "), 40_000), constants.MSG_DONTWAIT)
		if sent += n; err != nil {
			is(t, err, socket.ErrWouldBlock)
			return sent
		}
	}
}

// TestZeroCopyMemory lets go of a socket whose peer has not read what was sent without copying, and
// then uses all the memory that is free: what arrives is what was sent, whatever the program has
// forgotten.
func TestZeroCopyMemory(t *testing.T) {
	testenv.Needs(t, testenv.ZeroCopy)
	for what, leave := range map[string]func(s **socket.Socket, z **socket.ZeroCopy){
		"close": func(s **socket.Socket,
			z **socket.ZeroCopy) {
			(*s).Close()
			*s, *z = nil, nil
		},
		"drop":            func(s **socket.Socket, z **socket.ZeroCopy) { *s, *z = nil, nil },
		"drop ZeroCopy":   func(_ **socket.Socket, z **socket.ZeroCopy) { *z = nil },
		"close, and keep": func(s **socket.Socket, _ **socket.ZeroCopy) { (*s).Close() },
		"detach": func(s **socket.Socket, z **socket.ZeroCopy) {
			sysfd, err := (*s).Detach()
			ok(t, err)
			t.Cleanup(func() { syscall.Close(sysfd) })
			*s, *z = nil, nil
		},
	} {
		t.Run(what, func(t *testing.T) {
			l := listening(t, loopback, 1)
			a, err := socket.New(constants.AF_INET, constants.SOCK_STREAM, 0)
			ok(t, err)
			ok(t, a.Connect(ctx, name(t, l)))
			b, _, err := l.Accept(ctx)
			ok(t, err)
			defer b.Close()
			option(t, a, constants.SOL_SOCKET, constants.SO_SNDBUF, 1<<20)
			option(t, b, constants.SOL_SOCKET, constants.SO_RCVBUF, 1<<14)
			z, err := socket.NewZeroCopy(a)
			ok(t, err)
			sent := public(t, z)
			leave(&a, &z)
			var secrets [][]byte
			for range 10 {
				runtime.GC()
				for range 40 {
					secrets = append(secrets, bytes.Repeat([]byte("SECRET "), 40_000))
				}
			}
			got := make([]byte, sent)
			n, err := io.ReadFull(b, got)
			if err != nil {
				t.Fatalf("%d of %d bytes, %v", n, sent, err)
			}
			if i := bytes.Index(got, []byte("SECRET")); i >= 0 {
				t.Errorf("what was never sent arrives %d times, first at byte %d of %d",
					bytes.Count(got, []byte("SECRET")), i, sent)
			}
			runtime.KeepAlive(secrets)
			runtime.KeepAlive(z)
			if what != "drop ZeroCopy" && what != "detach" {
				end := start(func() error { return second(b.Read(got)) })
				for n := 0; len(end) == 0 && n < 1000; n++ {
					runtime.GC() // who drops a socket has it closed so
					time.Sleep(time.Millisecond)
				}
				is(t, result(t, end), io.EOF)
			}
			if a != nil {
				a.Close()
			}
		})
	}
}

// TestZeroCopyCloseEnds has the peer see the end of a stream behind the data at once, and a reset
// of the peer give the memory and the descriptor back. (That nothing is left, neither descriptor
// nor goroutine, holds TestMain.)
func TestZeroCopyCloseEnds(t *testing.T) {
	testenv.Needs(t, testenv.ZeroCopy)
	a, b := streamPair(t)
	narrow(t, a, b)
	z, err := socket.NewZeroCopy(a)
	ok(t, err)
	public(t, z)
	pending := z.Pending()
	ok(t, a.Close())
	ok(t, a.Close())
	if n := z.Pending(); n == 0 || n > pending {
		t.Errorf("%d of %d are pending", n, pending)
	}
	is(t, second(z.Send(ctx, []byte("x"), 0)), socket.ErrClosed)
	_, err = z.Wait(ctx)
	is(t, err, socket.ErrClosed)
	b.Close()
	for end := time.Now().Add(patience); z.Pending() > 0; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%d are pending after a reset", z.Pending())
		}
	}
}

// TestZeroCopyStalled has a peer that takes nothing more: after a while the connection is reset, so
// that it does not hold memory and a descriptor for ever. Who shares the socket keeps the
// connection.
func TestZeroCopyStalled(t *testing.T) {
	testenv.Needs(t, testenv.ZeroCopy)
	defer socket.SetStalled(50 * time.Millisecond)()
	for _, shared := range []bool{false, true} {
		a, b := streamPair(t)
		narrow(t, a, b)
		z, err := socket.NewZeroCopy(a)
		ok(t, err)
		sent := public(t, z)
		if shared {
			d, err := a.Dup()
			ok(t, err)
			defer d.Close()
		}
		ok(t, a.Close())
		if shared {
			time.Sleep(500 * time.Millisecond)
			if z.Pending() == 0 {
				t.Error("a shared connection was reset")
			}
			n, err := io.ReadFull(b, make([]byte, sent))
			if err != nil {
				t.Errorf("%d of %d bytes, %v", n, sent, err)
			}
			continue
		}
		for end := time.Now().Add(patience); z.Pending() > 0; time.Sleep(time.Millisecond) {
			if time.Now().After(end) {
				t.Fatalf("%d are pending", z.Pending())
			}
		}
		if _, err := io.Copy(io.Discard, readerAlone{b}); !errors.Is(err, syscall.ECONNRESET) {
			t.Error(err)
		}
	}
}

type readerAlone struct{ io.Reader }

// TestZeroCopyAgain makes a second ZeroCopy of a socket: the kernel's count goes on, and so does
// ours.
func TestZeroCopyAgain(t *testing.T) {
	testenv.Needs(t, testenv.ZeroCopy)
	a, b := streamPair(t)
	got := collect(b)
	for range 3 {
		z, err := socket.NewZeroCopy(a)
		ok(t, err)
		ok(t, second(z.Send(ctx, make([]byte, 50_000), 0)))
		if n, _, _ := waitAll(t, z); n != 50_000 {
			t.Errorf("%d bytes came back", n)
		}
	}
	a.Close()
	<-got
}

// TestZeroCopyFlag refuses MSG_ZEROCOPY where nothing would keep the memory.
func TestZeroCopyFlag(t *testing.T) {
	testenv.Needs(t, testenv.ZeroCopy)
	a, _ := streamPair(t)
	b := []byte("x")
	for what, send := range map[string]func() error{
		"Send": func() error { return second(a.Send(ctx, b, constants.MSG_ZEROCOPY)) },
		"SendTo": func() error {
			return second(a.SendTo(ctx, b, loopback, constants.MSG_ZEROCOPY))
		},
		"SendAll": func() error { return second(a.SendAll(ctx, b, constants.MSG_ZEROCOPY)) },
		"SendMessage": func() error {
			return a.SendMessage(ctx, &socket.Message{Buffers: [][]byte{b}}, constants.MSG_ZEROCOPY)
		},
		"SendMessages": func() error {
			return second(a.SendMessages(ctx, make([]socket.Message, 1), constants.MSG_ZEROCOPY))
		},
	} {
		if err := send(); !errors.Is(err, socket.ErrUnsupported) {
			t.Errorf("%s: %v", what, err)
		}
	}
	z, err := socket.NewZeroCopy(a)
	ok(t, err)
	ok(t, second(z.Send(ctx, b, constants.MSG_ZEROCOPY))) // it is implied
	waitAll(t, z)
}

// TestZeroCopyZero calls the methods of a ZeroCopy that NewZeroCopy did not make.
func TestZeroCopyZero(t *testing.T) {
	var z socket.ZeroCopy
	is(t, second(z.Send(context.Background(), nil, 0)), socket.ErrClosed)
	_, err := z.Wait(ctx)
	is(t, err, socket.ErrClosed)
	if n := z.Pending(); n != 0 {
		t.Error(n)
	}
}
