package addrinfo_test

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"example.com/bsdsocket/addrinfo"
	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/sockaddr"
	"example.com/bsdsocket/socket"
)

func info(a sockaddr.Addr) addrinfo.Info {
	return addrinfo.Info{Family: a.Family(), Type: constants.SOCK_STREAM, Addr: a}
}

// listen returns the address of a listener that accepts nothing by itself, whose kernel completes connections up to
// its backlog.
func listen(t *testing.T, at string, backlog int) (*socket.Socket, addrinfo.Info) {
	t.Helper()
	to := sockaddr.MustParse(at)
	l, err := socket.New(to.Family(), constants.SOCK_STREAM, 0)
	if err == nil {
		t.Cleanup(func() { l.Close() })
		err = l.Bind(to)
	}
	if err == nil {
		err = l.Listen(backlog)
	}
	if err != nil {
		t.Fatal(err)
	}
	name, err := l.Name()
	if err != nil {
		t.Fatal(err)
	}
	return l, info(name)
}

// closedPort returns an address that refuses connections: its socket is bound and does not listen.
func closedPort(t *testing.T) addrinfo.Info {
	t.Helper()
	s, err := socket.New(constants.AF_INET, constants.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	if err := s.Bind(sockaddr.MustParse("127.0.0.1")); err != nil {
		t.Fatal(err)
	}
	name, err := s.Name()
	if err != nil {
		t.Fatal(err)
	}
	return info(name)
}

// full returns the address of a listener whose backlog is full, so that connections to it time out.
func full(t *testing.T) addrinfo.Info {
	t.Helper()
	_, i := listen(t, "127.0.0.1", 0)
	for range 10 {
		s, err := addrinfo.Connect(t.Context(), []addrinfo.Info{i}, socket.Params{ConnectTimeout: 100 * time.Millisecond})
		if errors.Is(err, socket.ErrTimeout) {
			return i
		}
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { s.Close() })
	}
	t.Fatal("the backlog does not fill")
	return i
}

type connectFunc func(context.Context, []addrinfo.Info, socket.Params) (*socket.Socket, error)

// Row E11: a refused and a timed-out address, and a family that the kernel lacks, make it go on to the next.
func TestConnectGoesOn(t *testing.T) {
	_, good := listen(t, "127.0.0.1", 10)
	refused, silent := closedPort(t), full(t)
	unknown := good
	unknown.Family = 63 // beyond AF_MAX
	for name, connect := range map[string]connectFunc{"Connect": addrinfo.Connect, "ConnectRace": addrinfo.ConnectRace} {
		t.Run(name, func(t *testing.T) {
			p := socket.Params{ConnectTimeout: time.Second, ReceiveTimeout: time.Hour}
			s, err := connect(t.Context(), []addrinfo.Info{unknown, refused, silent, good}, p)
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			if peer, err := s.PeerName(); peer != good.Addr || err != nil {
				t.Errorf("connected to %v (%v), want %v", peer, err, good.Addr)
			}
			if s.Params() != p {
				t.Errorf("the parameters are %+v, want %+v", s.Params(), p)
			}
		})
	}
}

// Row E11: a fatal error stops, and every attempt is in the error.
func TestConnectStopsAtFatal(t *testing.T) {
	_, good := listen(t, "127.0.0.1", 10)
	refused := closedPort(t)
	otherFamily, nothing := good, good
	otherFamily.Addr = sockaddr.MustParse("[::1]:1")
	nothing.Addr = sockaddr.Addr{}
	nobody, err := sockaddr.Unix(filepath.Join(t.TempDir(), "x"))
	if err != nil {
		t.Fatal(err)
	}
	broken := func(*socket.Socket) error { return errBroken }
	for _, row := range []struct {
		what    string
		prepare func(*socket.Socket) error
		fatal   addrinfo.Info
		want    error
	}{
		{"an error of Prepare", broken, refused, errBroken},
		{"an address of another family", nil, otherFamily, syscall.EAFNOSUPPORT},
		{"no address", nil, nothing, syscall.EINVAL},
		{"no such path", nil, info(nobody), syscall.ENOENT},
	} {
		list := []addrinfo.Info{row.fatal, good}
		attempts := 1
		if row.prepare == nil {
			list = append([]addrinfo.Info{refused}, list...)
			attempts = 2
		}
		s, err := (&addrinfo.Connector{Prepare: row.prepare}).Connect(t.Context(), list)
		var all *addrinfo.ConnectError
		if s != nil || !errors.Is(err, row.want) || !errors.As(err, &all) || len(all.Attempts) != attempts {
			t.Errorf("%s: %v, %v; want %v after %d attempts", row.what, s, err, row.want, attempts)
		}
	}
}

var errBroken = errors.New("broken on purpose")

// Row E11: all addresses fail; errors.Is finds each error, and the last is the headline.
func TestConnectErrorHasEveryAttempt(t *testing.T) {
	refused, silent := closedPort(t), full(t)
	p := socket.Params{ConnectTimeout: time.Second}
	_, err := addrinfo.Connect(t.Context(), []addrinfo.Info{refused, silent}, p)
	for _, kind := range []error{syscall.ECONNREFUSED, socket.ErrTransient, socket.ErrTimeout} {
		if !errors.Is(err, kind) {
			t.Errorf("%v is not %v", err, kind)
		}
	}
	var first *socket.Error
	if !errors.As(err, &first) || first.Remote != silent.Addr {
		t.Errorf("errors.As finds %v, want the last attempt's", first)
	}
	if !strings.HasPrefix(err.Error(), "socket: connect "+silent.Addr.String()+": timed out (the last of 2 attempts; before it: socket: connect "+
		refused.Addr.String()+": connection refused") {
		t.Errorf("text: %v", err)
	}
	var timeout interface{ Timeout() bool }
	if !errors.As(err, &timeout) || !timeout.Timeout() {
		t.Error("not a timeout")
	}
}

func TestConnectNothing(t *testing.T) {
	for name, connect := range map[string]connectFunc{"Connect": addrinfo.Connect, "ConnectRace": addrinfo.ConnectRace} {
		s, err := connect(t.Context(), nil, socket.Params{})
		if s != nil || !errors.Is(err, syscall.EINVAL) || err.Error() != "addrinfo: connect: no addresses" {
			t.Errorf("%s: %v, %v", name, s, err)
		}
		var none context.Context
		if s, err = connect(none, []addrinfo.Info{closedPort(t)}, socket.Params{}); s != nil || !errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("%s with a nil context: %v, %v", name, s, err)
		}
		if s, err = connect(t.Context(), []addrinfo.Info{closedPort(t)}, socket.Params{SendSize: -1}); s != nil || err == nil {
			t.Errorf("%s with negative parameters: %v, %v", name, s, err)
		}
	}
}

// Row R10: the end of the context interrupts a connect, and no other address is tried.
func TestConnectCancelled(t *testing.T) {
	_, good := listen(t, "127.0.0.1", 10)
	silent := full(t)
	for name, connect := range map[string]connectFunc{"Connect": addrinfo.Connect, "ConnectRace": addrinfo.ConnectRace} {
		t.Run(name, func(t *testing.T) {
			for _, cancelAfter := range []time.Duration{0, 30 * time.Millisecond} {
				ctx, cancel := context.WithCancel(t.Context())
				if cancelAfter == 0 {
					cancel()
				} else {
					time.AfterFunc(cancelAfter, cancel)
				}
				s, err := connect(ctx, []addrinfo.Info{silent, silent, good}, socket.Params{})
				if s != nil || !errors.Is(err, context.Canceled) {
					t.Errorf("cancelled after %v: %v, %v", cancelAfter, s, err)
				}
				cancel()
			}
		})
	}
}

// Row X10: the race does not wait for a silent address, and does not disturb a fast one.
func TestConnectRace(t *testing.T) {
	_, good := listen(t, "127.0.0.1", 10)
	silent, refused := full(t), closedPort(t)
	t.Run("silent first", func(t *testing.T) {
		begin := time.Now()
		s, err := addrinfo.ConnectRace(t.Context(), []addrinfo.Info{silent, good}, socket.Params{})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		if d := time.Since(begin); d < addrinfo.AttemptDelay {
			t.Errorf("the second attempt began after %v, want no less than %v", d, addrinfo.AttemptDelay)
		}
		if peer, _ := s.PeerName(); peer != good.Addr {
			t.Errorf("connected to %v", peer)
		}
	})
	t.Run("refused first", func(t *testing.T) {
		// With a delay of an hour, only the failure of the first attempt can begin the second.
		c := addrinfo.Connector{Delay: time.Hour}
		s, err := c.Race(t.Context(), []addrinfo.Info{refused, good})
		if err != nil {
			t.Fatal(err)
		}
		s.Close()
	})
	t.Run("good first", func(t *testing.T) {
		tried := make(chan int, 10)
		c := addrinfo.Connector{Delay: time.Hour, Prepare: func(s *socket.Socket) error { tried <- s.FD(); return nil }}
		s, err := c.Race(t.Context(), []addrinfo.Info{good, silent})
		if err != nil {
			t.Fatal(err)
		}
		s.Close()
		if len(tried) != 1 {
			t.Errorf("%d attempts, want 1", len(tried))
		}
	})
	t.Run("all but one winner are closed", func(t *testing.T) {
		const n = 8
		for range 50 {
			var mu sync.Mutex
			var sockets []*socket.Socket
			all := make(chan struct{})
			c := addrinfo.Connector{Delay: 1, Prepare: func(s *socket.Socket) error { // they start together
				mu.Lock()
				if sockets = append(sockets, s); len(sockets) == n {
					close(all)
				}
				mu.Unlock()
				<-all
				return nil
			}}
			_, good := listen(t, "127.0.0.1", n)
			s, err := c.Race(t.Context(), slices.Repeat([]addrinfo.Info{good}, n))
			if err != nil {
				t.Fatal(err)
			}
			for _, other := range sockets {
				if open := other.FD() >= 0; open != (other == s) {
					t.Errorf("%v is open: %t; the winner is %v", other, open, s)
				}
			}
			s.Close()
		}
	})
	t.Run("losers are closed", func(t *testing.T) {
		var sockets []*socket.Socket
		c := addrinfo.Connector{Delay: time.Millisecond}
		made := make(chan *socket.Socket, 10)
		c.Prepare = func(s *socket.Socket) error { made <- s; return nil }
		s, err := c.Race(t.Context(), []addrinfo.Info{silent, silent, silent, good})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		close(made)
		for s := range made {
			sockets = append(sockets, s)
		}
		open := 0
		for _, loser := range sockets {
			if loser.FD() >= 0 {
				open++
			}
		}
		if open != 1 || len(sockets) != 4 {
			t.Errorf("%d of %d sockets are open, want the winner alone of 4", open, len(sockets))
		}
	})
}
