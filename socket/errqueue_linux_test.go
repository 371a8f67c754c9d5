package socket_test

import (
	"context"
	"errors"
	"os"
	"runtime"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/internal/testenv"
	"example.com/bsdsocket/socket"
)

// refusals is a datagram socket that keeps what is refused in its error queue (IP_RECVERR, ip(7)),
// connected to one that refuses everything once refuse is called.
func refusals(t *testing.T) (s, peer *socket.Socket, refuse func()) {
	t.Helper()
	peer = bound(t, constants.SOCK_DGRAM, loopback)
	s = bound(t, constants.SOCK_DGRAM, loopback)
	option(t, s, constants.IPPROTO_IP, constants.IP_RECVERR, 1)
	ok(t, s.Connect(ctx, name(t, peer)))
	return s, peer, func() { ok(t, peer.Connect(ctx, name(t, peer))) } // it hears itself alone
}

// A receive from the error queue waits for nobody and keeps nobody waiting: the error that it waits
// for is the answer to a send, which must get through, as must a receive of data.
func TestErrorQueueWaitsAlone(t *testing.T) {
	s, peer, refuse := refusals(t)
	data := start(
		func() error { return second(s.Receive(within(t, patience), make([]byte, 10), 0)) })
	parked(t, 1)
	var got [10]byte
	refused := start(func() error {
		n, err := s.Receive(within(t, patience), got[:], constants.MSG_ERRQUEUE)
		if err == nil && string(got[:n]) != "lost" { // the packet that was refused
			err = errors.New("received " + string(got[:n]))
		}
		return err
	})
	parked(t, 2)
	ok(t, second(peer.SendTo(ctx, []byte("data"), name(t, s), 0)))
	ok(t, result(t, data))
	pending(t, refused)
	refuse()
	n, err := s.Send(within(t, patience), []byte("lost"), 0)
	if n != 4 || err != nil {
		t.Fatalf("sent %d, %v", n, err)
	}
	ok(t, result(t, refused))

	// It can also be there already. The kernel sets the socket's error after it has filled the
	// queue (__udp4_lib_err), maybe after the receive has returned: then the next send is told of
	// it.
	n, err = s.Send(within(t, patience), []byte("again"), 0)
	if errors.Is(err, syscall.ECONNREFUSED) {
		n, err = s.Send(within(t, patience), []byte("again"), 0)
	}
	if n != 5 || err != nil {
		t.Fatalf("sent %d, %v", n, err)
	}
	ok(t, s.WaitReceive(within(t, patience)))
	for range 2 {
		if n, err := s.Receive(ctx, got[:], constants.MSG_ERRQUEUE|
			constants.MSG_DONTWAIT); err == nil {
			if string(got[:n]) != "again" {
				t.Errorf("received %q", got[:n])
			}
			continue
		} else {
			is(t, err, socket.ErrWouldBlock)
		}
	}
}

// The receive from the error queue ends like every other.
func TestErrorQueueEnds(t *testing.T) {
	for _, test := range []struct {
		what string
		end  func(s *socket.Socket, cancel context.CancelFunc)
		want error
	}{
		{"cancel", func(_ *socket.Socket, cancel context.CancelFunc) { cancel() },
			context.Canceled},
		{"deadline", func(s *socket.Socket, _ context.CancelFunc) { s.SetReadDeadline(time.Now()) },
			socket.ErrTimeout},
		{"close", func(s *socket.Socket, _ context.CancelFunc) { s.Close() }, socket.ErrClosed},
		{"detach", func(s *socket.Socket, _ context.CancelFunc) {
			if fd, err := s.Detach(); err == nil {
				unix.Close(fd)
			}
		}, socket.ErrClosed},
	} {
		t.Run(test.what, func(t *testing.T) {
			s, _, refuse := refusals(t)
			refuse()
			c, cancel := context.WithCancel(ctx)
			defer cancel()
			done := start(func() error {
				return second(s.Receive(c, make([]byte, 1), constants.MSG_ERRQUEUE))
			})
			parked(t, 1)
			test.end(s, cancel)
			is(t, result(t, done), test.want)
			if s.FD() < 0 {
				_, err := s.Receive(ctx, make([]byte, 1), constants.MSG_ERRQUEUE)
				is(t, err, socket.ErrClosed)
				return
			}
			ok(t, s.SetReadDeadline(time.Time{}))
			send(t, s, "x")
			ok(t, second(s.Receive(within(t, patience), make([]byte, 1), constants.MSG_ERRQUEUE)))
		})
	}
	s, _, _ := refusals(t)
	set(t, s, func(p *socket.Params) { p.ReceiveTimeout = short })
	atLeast(t, short, func() {
		is(t, second(s.Receive(ctx, make([]byte, 1), constants.MSG_ERRQUEUE)), socket.ErrTimeout)
	})
	ok(t, s.SetReadDeadline(time.Now().Add(-1)))
	is(t, second(s.Receive(ctx, make([]byte, 1), constants.MSG_ERRQUEUE)), os.ErrDeadlineExceeded)
}

// Closing while others begin to wait leaves nothing open, which TestMain sees, and nobody waiting.
func TestErrorQueueCloseRace(t *testing.T) {
	for range 100 {
		s := open(t, constants.AF_INET, constants.SOCK_DGRAM, 0)
		done := start(
			func() error { return second(s.Receive(ctx, make([]byte, 1), constants.MSG_ERRQUEUE)) })
		ok(t, s.Close())
		is(t, result(t, done), socket.ErrClosed)
	}
}

// An error is told of also where Go's poller says that the descriptor is not pollable: when the
// error queue has a message while the send buffer is full. Here the message says that memory of
// MSG_ZEROCOPY is free.
func TestErrorQueueWhileFull(t *testing.T) {
	testenv.Needs(t, testenv.ZeroCopy)
	a, _ := tcp(t)
	z, err := socket.NewZeroCopy(a)
	ok(t, err)
	for err == nil {
		// the first fits the window
		_, err = z.Send(ctx, make([]byte, 1<<14), constants.MSG_DONTWAIT)
	}
	queued(t, a)
	time.Sleep(short) // for the poller to hear of it
	is(t, a.WaitReceive(within(t, short)), socket.ErrTimeout)
	// a message there is no data
	is(t, second(a.Receive(within(t, short), make([]byte, 1), 0)), socket.ErrTimeout)
	runtime.KeepAlive(z) // or what is queued is read for it
}
