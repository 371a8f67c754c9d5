package socket_test

import (
	"context"
	"errors"
	"math"
	"runtime"
	"syscall"
	"testing"
	"time"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/sockaddr"
	"example.com/bsdsocket/socket"
)

// Rows E12 and G4: accept returns a socket of the listener's kind, and the client's address.
func TestAccept(t *testing.T) {
	for _, test := range []struct {
		what string
		at   func(testing.TB) sockaddr.Addr
	}{
		{"AF_INET", func(testing.TB) sockaddr.Addr { return loopback }},
		{"AF_INET6", func(testing.TB) sockaddr.Addr { return sockaddr.MustParse("[::1]:0") }},
	} {
		l := listening(t, test.at(t), 1)
		client := open(t, l.Family(), constants.SOCK_STREAM, 0)
		ok(t, client.Connect(within(t, patience), name(t, l)))
		s, from, err := l.Accept(within(t, patience))
		ok(t, err)
		if from != name(t, client) || from.Family() != l.Family() || from.Port() == 0 ||
			!from.IP().IsLoopback() {
			t.Errorf("%s: accepted from %v, the client is %v", test.what, from, name(t, client))
		}
		if s.Family() != l.Family() || s.Type() != l.Type() || s.Protocol() != l.Protocol() ||
			s.FD() == l.FD() {
			t.Errorf("%s: accepted %v from %v", test.what, s, l)
		}
		talk(t, client, s)
		ok(t, s.Close())
	}
}

// The client's address of an AF_UNIX connection: a path if it has one, and the zero Addr if not.
func TestAcceptUnix(t *testing.T) {
	l := listening(t, path(t), 1)
	client := bound(t, constants.SOCK_STREAM, path(t))
	ok(t, client.Connect(within(t, patience), name(t, l)))
	s, from, err := l.Accept(within(t, patience))
	ok(t, err)
	defer s.Close()
	if from != name(t, client) || from.Path() == "" {
		t.Errorf("accepted from %v, the client is %v", from, name(t, client))
	}
	ok(t, open(t, constants.AF_UNIX, constants.SOCK_STREAM, 0).Connect(within(t, patience),
		name(t, l)))
	unnamed, from, err := l.Accept(within(t, patience))
	ok(t, err)
	defer unnamed.Close()
	if from.IsValid() {
		t.Errorf("accepted from %v, but the client has no name", from)
	}
}

// Row E19: accepted sockets inherit the listener's parameters, as they are when the connection is
// accepted.
func TestAcceptInheritsParams(t *testing.T) {
	l := listening(t, loopback, 1)
	want := socket.Params{
		ConnectTimeout: 1,
		AcceptTimeout:  patience,
		ReceiveTimeout: 3,
		SendTimeout:    4,
		SendSize:       5,
	}
	ok(t, l.SetParams(want))
	_, s := join(t, l)
	if got := s.Params(); got != want {
		t.Errorf("accepted with %+v, the listener has %+v", got, want)
	}
	ok(t, s.SetParams(socket.Params{}))
	if got := l.Params(); got != want {
		t.Errorf("the listener's parameters became %+v", got)
	}
	// Deadlines are not inherited.
	ok(t, l.SetDeadline(time.Now().Add(time.Hour)))
	client, s := join(t, l)
	ok(t, l.SetDeadline(time.Now().Add(-1)))
	ok(t, s.SetParams(socket.Params{}))
	talk(t, client, s)
}

// Row R10: an Accept that is cancelled takes no connection, before and during.
func TestAcceptCancelled(t *testing.T) {
	// room for all: who does not find any tries again after a second
	l := listening(t, loopback, 100)
	client := open(t, constants.AF_INET, constants.SOCK_STREAM, 0)
	ok(t, client.Connect(within(t, patience), name(t, l)))
	c, cancel := context.WithCancel(ctx)
	cancel()
	if s, from, err := l.Accept(c); s != nil || from.IsValid() ||
		!errors.Is(err, context.Canceled) {
		t.Errorf("accepted %v from %v, %v", s, from, err)
	}
	s, from, err := l.Accept(within(t, patience))
	ok(t, err)
	defer s.Close()
	if from != name(t, client) {
		t.Errorf("accepted from %v", from)
	}

	// While connections and cancellations race, every client is accepted once.
	const n = 50
	accepted := make(chan sockaddr.Addr, n)
	stop, stopped := context.WithCancel(ctx)
	var done []<-chan error
	for range 4 {
		done = append(done, start(func() error {
			for stop.Err() == nil {
				c, cancel := context.WithTimeout(stop, 200*time.Microsecond)
				s, from, err := l.Accept(c)
				cancel()
				switch {
				case err == nil:
					accepted <- from
					s.Close()
				case !errors.Is(err, context.DeadlineExceeded) && !errors.Is(err, context.Canceled):
					return err
				}
			}
			return nil
		}))
	}
	clients := map[sockaddr.Addr]bool{}
	for range n {
		client := open(t, constants.AF_INET, constants.SOCK_STREAM, 0)
		ok(t, client.Connect(within(t, patience), name(t, l)))
		clients[name(t, client)] = true
	}
	for range n {
		select {
		case from := <-accepted:
			if !clients[from] {
				t.Errorf("accepted from %v, which is none of the clients or was accepted before",
					from)
			}
			delete(clients, from)
		case <-time.After(patience):
			t.Fatalf("%d clients were not accepted", len(clients))
		}
	}
	stopped()
	for _, d := range done {
		ok(t, result(t, d))
	}
}

// Row C8: several callers accept from one listener.
func TestAcceptConcurrently(t *testing.T) {
	l := listening(t, path(t), 10)
	const n = 8
	var done []<-chan error
	for range n {
		done = append(done, start(func() error {
			s, _, err := l.Accept(within(t, patience))
			if err == nil {
				err = s.Close()
			}
			return err
		}))
	}
	parked(t, n)
	for range n {
		c := open(t, constants.AF_UNIX, constants.SOCK_STREAM, 0)
		ok(t, c.Connect(within(t, patience), name(t, l)))
	}
	for _, d := range done {
		ok(t, result(t, d))
	}
}

// A backlog that no C int holds is the largest, not what is left of its bits.
func TestListenLargeBacklog(t *testing.T) {
	l := listening(t, path(t), int(min(int64(math.MaxInt), 1<<40)))
	for range 5 {
		ok(t, open(t, constants.AF_UNIX, constants.SOCK_STREAM, 0).Connect(within(t, patience),
			name(t, l)))
	}
}

// A negative backlog is 0, as POSIX says: Linux itself takes it for the largest.
func TestListenNegativeBacklog(t *testing.T) {
	admitted := func(backlog int) (n int) {
		l := listening(t, path(t), backlog)
		for n < 5 && open(t, constants.AF_UNIX, constants.SOCK_STREAM,
			0).Connect(within(t, 20*time.Millisecond), name(t, l)) == nil {
			n++
		}
		return n
	}
	want := admitted(0)
	for _, backlog := range []int{-1, math.MinInt} {
		if got := admitted(backlog); got != want || got == 0 {
			t.Errorf("a backlog of %d admits %d clients, one of 0 %d", backlog, got, want)
		}
	}
}

// Row R5: closing the listener ends what was not accepted, leaves what was, and fails the callers.
func TestCloseListener(t *testing.T) {
	l := listening(t, loopback, 5)
	to := name(t, l)
	client, server := join(t, l)
	waiting := open(t, constants.AF_INET, constants.SOCK_STREAM, 0)
	ok(t, waiting.Connect(within(t, patience), to))
	ok(t, l.Close())
	n, err := waiting.Receive(within(t, patience), make([]byte, 1), 0)
	if n != 0 || err != nil && !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("a client that was not accepted received %d, %v", n, err)
	}
	talk(t, client, server)
	is(t, third(l.Accept(ctx)), socket.ErrClosed)
	is(t, open(t, constants.AF_INET, constants.SOCK_STREAM, 0).Connect(within(t, patience), to),
		syscall.ECONNREFUSED)
}

// A socket that nothing refers to is closed, whether it has ever waited or not.
func TestUnreachable(t *testing.T) {
	l := listening(t, loopback, 1)
	for _, waits := range []bool{false, true} {
		client := open(t, constants.AF_INET, constants.SOCK_STREAM, 0)
		ok(t, client.Connect(within(t, patience), name(t, l)))
		func() {
			s, _, err := l.Accept(within(t, patience))
			ok(t, err)
			if waits {
				_, err = s.Receive(within(t, short), make([]byte, 1), 0)
				is(t, err, socket.ErrTimeout)
			}
		}()
		gone := start(func() error {
			_, err := client.Receive(within(t, patience), make([]byte, 1), 0)
			return err
		})
		for collected := false; !collected; {
			runtime.GC()
			select {
			case err := <-gone:
				is(t, err, nil)
				collected = true
			case <-time.After(time.Millisecond):
			}
		}
	}
}
