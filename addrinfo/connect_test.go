package addrinfo_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"example.com/bsdsocket/addrinfo"
	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/internal/testenv"
	"example.com/bsdsocket/sockaddr"
	"example.com/bsdsocket/socket"
)

func info(a sockaddr.Addr) addrinfo.Info {
	return addrinfo.Info{Family: a.Family(), Type: constants.SOCK_STREAM, Addr: a}
}

// listen returns the address of a listener that accepts nothing by itself, whose kernel completes
// connections up to its backlog.
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
		s, err := addrinfo.Connect(t.Context(), []addrinfo.Info{i},
			socket.Params{ConnectTimeout: 100 * time.Millisecond})
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

// Row E11: a refused and a timed-out address, and a family that the kernel lacks, make it go on to
// the next.
func TestConnectGoesOn(t *testing.T) {
	_, good := listen(t, "127.0.0.1", 10)
	refused, silent := closedPort(t), full(t)
	unknown := good
	unknown.Family = 63 // beyond AF_MAX
	for name, connect := range connects {
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

// Row E11: what is wrong with the call stops it; what is wrong with one address does not. Every
// attempt is in the error, with what was tried.
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
	fails := func(err error) prepareFunc {
		return func(_ context.Context, _ *socket.Socket, i addrinfo.Info) error {
			if i == good {
				return nil
			}
			return err
		}
	}
	use := func(fn func(s *socket.Socket) error) prepareFunc {
		return func(_ context.Context, s *socket.Socket, _ addrinfo.Info) error { return fn(s) }
	}
	for _, row := range []struct {
		what    string
		prepare prepareFunc
		bad     addrinfo.Info
		want    error
		final   bool
	}{
		{"an address of another family", nil, otherFamily, syscall.EAFNOSUPPORT, true},
		{"no address", nil, nothing, syscall.EINVAL, true},
		{"Prepare finds no descriptor", fails(syscall.EMFILE), otherFamily, syscall.EMFILE, true},
		{"Prepare finds no memory", fails(syscall.ENOMEM), otherFamily, syscall.ENOMEM, true},
		{"Prepare closes the socket", use((*socket.Socket).Close), otherFamily, socket.ErrClosed,
			true},
		{"no such path", nil, info(nobody), syscall.ENOENT, false},
		{"Prepare refuses the address", fails(errBroken), otherFamily, errBroken, false},
		{"Prepare is not allowed to", fails(syscall.EPERM), otherFamily, syscall.EPERM, false},
	} {
		s, err := (&addrinfo.Connector{Prepare: row.prepare}).Connect(t.Context(),
			[]addrinfo.Info{row.bad, good})
		if !row.final {
			if err != nil {
				t.Errorf("%s: %v; want the next address", row.what, err)
			} else {
				s.Close()
			}
			_, err = (&addrinfo.Connector{Prepare: row.prepare}).Connect(t.Context(),
				[]addrinfo.Info{row.bad, refused})
		}
		var all *addrinfo.ConnectError
		if !errors.Is(err, row.want) || !errors.As(err, &all) || all.Attempts[0].Info != row.bad ||
			(len(all.Attempts) == 1) != row.final {
			t.Errorf("%s: %v, %v; want %v, final: %t", row.what, s, err, row.want, row.final)
		}
	}
}

type prepareFunc = func(context.Context, *socket.Socket, addrinfo.Info) error

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
	if !strings.HasPrefix(err.Error(), "socket: connect "+silent.Addr.String()+
		": timed out (the last of 2 attempts; before it: socket: connect "+
		refused.Addr.String()+": connection refused") {
		t.Errorf("text: %v", err)
	}
	var timeout interface{ Timeout() bool }
	if !errors.As(err, &timeout) || !timeout.Timeout() {
		t.Error("not a timeout")
	}
}

func TestConnectNothing(t *testing.T) {
	for name, connect := range connects {
		s, err := connect(t.Context(), nil, socket.Params{})
		if s != nil || !errors.Is(err, syscall.EINVAL) ||
			err.Error() != "addrinfo: connect: no addresses" {
			t.Errorf("%s: %v, %v", name, s, err)
		}
		var none context.Context
		if s, err = connect(none, []addrinfo.Info{closedPort(t)}, socket.Params{}); s != nil ||
			!errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("%s with a nil context: %v, %v", name, s, err)
		}
		if s, err = connect(t.Context(), []addrinfo.Info{closedPort(t)},
			socket.Params{SendSize: -1}); s != nil || err == nil {
			t.Errorf("%s with negative parameters: %v, %v", name, s, err)
		}
	}
}

// Row R10: the end of the context interrupts a connect, and no other address is tried.
func TestConnectCancelled(t *testing.T) {
	_, good := listen(t, "127.0.0.1", 10)
	silent := full(t)
	for name, connect := range connects {
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
			t.Errorf("the second attempt began after %v, want no less than %v", d,
				addrinfo.AttemptDelay)
		}
		if peer, _ := s.PeerName(); peer != good.Addr {
			t.Errorf("connected to %v", peer)
		}
	})
	t.Run("refused first", func(t *testing.T) {
		// With a delay of an hour, only the failure of the first attempt can begin the second.
		c := addrinfo.Connector{Delay: time.Hour}
		s, err := c.ConnectRace(t.Context(), []addrinfo.Info{refused, good})
		if err != nil {
			t.Fatal(err)
		}
		s.Close()
	})
	t.Run("good first", func(t *testing.T) {
		tried := make(chan int, 10)
		c := addrinfo.Connector{Delay: time.Hour,
			Prepare: func(_ context.Context, s *socket.Socket, _ addrinfo.Info) error {
				tried <- s.FD()
				return nil
			}}
		s, err := c.ConnectRace(t.Context(), []addrinfo.Info{good, silent})
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
		list := loopbacks(t, n)
		for range 20 {
			var mu sync.Mutex
			var sockets []*socket.Socket
			all := make(chan struct{})
			// They start together.
			c := addrinfo.Connector{Delay: 1,
				Prepare: func(_ context.Context, s *socket.Socket, _ addrinfo.Info) error {
					mu.Lock()
					if sockets = append(sockets, s); len(sockets) == n {
						close(all)
					}
					mu.Unlock()
					<-all
					return nil
				}}
			s, err := c.ConnectRace(t.Context(), list)
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
		made := make(chan *socket.Socket, 10)
		c := addrinfo.Connector{Delay: time.Millisecond,
			Prepare: func(ctx context.Context, s *socket.Socket, i addrinfo.Info) error {
				made <- s
				if i != good {
					<-ctx.Done() // which ends when the good one has won
				}
				return nil
			}}
		s, err := c.ConnectRace(t.Context(), []addrinfo.Info{silent, refused, closedPort(t), good})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		close(made)
		n := 0
		for other := range made {
			n++
			if open := other.FD() >= 0; open != (other == s) {
				t.Errorf("%v is open: %t", other, open)
			}
		}
		if n != 4 {
			t.Errorf("%d attempts, want 4", n)
		}
	})
}

// loopbacks are n addresses of one listener.
func loopbacks(t *testing.T, n int) (list []addrinfo.Info) {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("only Linux has all of 127.0.0.0/8 on its loopback interface")
	}
	// Losers come here too: some of them are connected before they are closed.
	_, any := listen(t, "0.0.0.0", 1000)
	for i := range n {
		list = append(list,
			info(sockaddr.MustParse(fmt.Sprintf("127.0.0.%d:%d", i+1, any.Addr.Port()))))
	}
	return list
}

// An address that failed, or is being tried, is not tried again.
func TestConnectTriesOnce(t *testing.T) {
	refused := closedPort(t)
	again := refused
	again.CanonName, again.Flags = "again", constants.AI_PASSIVE
	for name, connect := range connects {
		_, err := connect(t.Context(), []addrinfo.Info{refused, refused, again, refused},
			socket.Params{})
		var all *addrinfo.ConnectError
		if !errors.As(err, &all) || len(all.Attempts) != 1 {
			t.Errorf("%s: %v", name, err)
		}
	}
}

var connects = map[string]connectFunc{"Connect": addrinfo.Connect,
	"ConnectRace": addrinfo.ConnectRace}

// A stream that is refused does not end as a datagram socket, which nothing refuses.
func TestConnectStaysWithTheType(t *testing.T) {
	refused := closedPort(t)
	list, err := addrinfo.Lookup(t.Context(), "127.0.0.1", strconv.Itoa(refused.Addr.Port()),
		&addrinfo.Hints{Family: constants.AF_INET})
	if err != nil || len(list) < 2 {
		t.Fatalf("%v, %v", list, err)
	}
	for name, connect := range connects {
		if s, err := connect(t.Context(), list, socket.Params{}); s != nil ||
			!errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("%s: %v, %v", name, s, err)
		}
		// The first one's type is the caller's choice.
		i := slices.IndexFunc(list, func(i addrinfo.Info) bool {
			return i.Type == constants.SOCK_DGRAM
		})
		s, err := connect(t.Context(), list[i:], socket.Params{})
		if err != nil {
			t.Fatal(err)
		}
		s.Close()
	}
}

// The deadline of the context is shared by the addresses, so that a silent one does not use it up.
func TestConnectSharesTheDeadline(t *testing.T) {
	_, good := listen(t, "127.0.0.1", 10)
	silent := full(t)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	// The default parameters, with no timeout to connect, as in the README's first program.
	s, err := (&addrinfo.Connector{Params: socket.DefaultParams(),
		Prepare: func(part context.Context, _ *socket.Socket, i addrinfo.Info) error {
			whole, _ := ctx.Deadline()
			deadline, ok := part.Deadline()
			if !ok || (deadline == whole) != (i == good) {
				t.Errorf("%v has until %v, the context until %v", i, deadline, whole)
			}
			if i == silent {
				if d := time.Until(deadline); d > 15*time.Second || d < 5*time.Second {
					t.Errorf("the first of two has %v of 30 s", d)
				}
				ended, cancel := context.WithCancel(part)
				cancel()
				return ended.Err() // as if it had passed
			}
			return nil
		}}).Connect(ctx, []addrinfo.Info{silent, good})
	if err != nil {
		t.Fatal(err)
	}
	s.Close()

	ctx, cancel = context.WithTimeout(t.Context(), 4*time.Second)
	defer cancel()
	if s, err = addrinfo.Connect(ctx, []addrinfo.Info{silent, good},
		socket.DefaultParams()); err != nil {
		t.Fatal(err)
	}
	s.Close()
}

// What Prepare does with the address: to refuse it, to bind to another family's address.
func TestConnectPrepare(t *testing.T) {
	testenv.Needs(t, testenv.IPv6Loopback)
	_, good := listen(t, "127.0.0.1", 10)
	_, good6 := listen(t, "::1", 10)
	for name, race := range map[string]bool{"Connect": false, "Race": true} {
		connect := func(prepare prepareFunc) (*socket.Socket, error) {
			c := addrinfo.Connector{Prepare: prepare}
			if race {
				return c.ConnectRace(t.Context(), []addrinfo.Info{good6, good})
			}
			return c.Connect(t.Context(), []addrinfo.Info{good6, good})
		}
		s, err := connect(func(_ context.Context, s *socket.Socket, i addrinfo.Info) error {
			return s.Bind(sockaddr.MustParse("127.0.0.1"))
		})
		if err != nil {
			t.Errorf("%s: bound to IPv4: %v", name, err)
		} else if peer, _ := s.PeerName(); peer != good.Addr {
			t.Errorf("%s: connected to %v", name, peer)
		}
		s.Close()

		_, err = connect(func(_ context.Context, s *socket.Socket, i addrinfo.Info) error {
			return errBroken
		})
		var all *addrinfo.ConnectError
		if !errors.As(err, &all) || len(all.Attempts) != 2 || all.Attempts[0].Info != good6 ||
			all.Attempts[1].Info != good ||
			!strings.Contains(err.Error(), good.Addr.String()+": broken") ||
			!strings.Contains(err.Error(), good6.Addr.String()+": broken") {
			t.Errorf("%s: the error does not say what was tried: %v", name, err)
		}
	}
}

// A panic in Prepare, or the end of its goroutine, comes to the caller and leaves no socket behind.
func TestConnectPrepareDoesNotReturn(t *testing.T) {
	_, good := listen(t, "127.0.0.1", 10)
	silent := full(t)
	for name, connect := range map[string]func(*addrinfo.Connector) (*socket.Socket, error){
		"Connect": func(c *addrinfo.Connector) (*socket.Socket, error) {
			return c.Connect(t.Context(), []addrinfo.Info{good, silent})
		},
		"Race": func(c *addrinfo.Connector) (*socket.Socket, error) {
			return c.ConnectRace(t.Context(), []addrinfo.Info{silent, good})
		},
	} {
		for what, leave := range map[string]func(){"panics": func() { panic(errBroken) },
			"exits": runtime.Goexit} {
			var mu sync.Mutex
			var sockets []*socket.Socket
			c := &addrinfo.Connector{Prepare: func(_ context.Context, s *socket.Socket,
				i addrinfo.Info) error {
				mu.Lock()
				sockets = append(sockets, s)
				mu.Unlock()
				if i == good {
					leave()
				}
				return nil
			}}
			recovered, returned := make(chan any), false
			go func() {
				defer func() { recovered <- recover() }()
				connect(c)
				returned = true
			}()
			if p := <-recovered; returned || what == "panics" && p != error(errBroken) ||
				what == "exits" && p != nil {
				t.Errorf("%s, if Prepare %s: recovered %v, returned: %t", name, what, p, returned)
			}
			for _, s := range sockets {
				if s.FD() >= 0 {
					t.Errorf("%s, if Prepare %s: %v is open", name, what, s)
				}
			}
		}
	}
}

// The text of an error is bounded, however many attempts there were, and so is their number at a
// time.
func TestConnectMany(t *testing.T) {
	failed := &addrinfo.ConnectError{}
	for i := range 4000 {
		failed.Attempts = append(failed.Attempts, addrinfo.Attempt{
			Info: info(sockaddr.MustParse("127.0.0.1:80")), Err: fmt.Errorf("error %d", i),
		})
	}
	text := failed.Error()
	if !strings.HasPrefix(text,
		"addrinfo: connect 127.0.0.1:80: error 3999 (the last of 4000 attempts; before it: "+
			"addrinfo: connect 127.0.0.1:80: error 0; ") ||
		!strings.HasSuffix(text, "error 8; and 3990 more)") {
		t.Error(text)
	}

	list := loopbacks(t, 100)
	var now, most atomic.Int32
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	c := addrinfo.Connector{Delay: 1,
		Prepare: func(ctx context.Context, _ *socket.Socket, _ addrinfo.Info) error {
			n := now.Add(1)
			defer now.Add(-1)
			if most.Store(max(most.Load(), n)); n == 32 {
				// Ten delays, in which others would begin.
				time.AfterFunc(100*time.Millisecond, cancel)
			}
			<-ctx.Done()
			return errBroken
		}}
	if _, err := c.ConnectRace(ctx, list); !errors.Is(err, errBroken) || most.Load() != 32 {
		t.Errorf("%d attempts at once, %v", most.Load(), err)
	}
}

// RFC 8305, section 8: an attempt begins no less than 10 ms after the one before it.
func TestConnectRaceDelay(t *testing.T) {
	list := loopbacks(t, 6)
	begin := time.Now()
	c := addrinfo.Connector{Delay: 1,
		Prepare: func(ctx context.Context, _ *socket.Socket, i addrinfo.Info) error {
			if i != list[5] {
				<-ctx.Done()
			}
			return nil
		}}
	s, err := c.ConnectRace(t.Context(), list)
	if err != nil {
		t.Fatal(err)
	}
	s.Close()
	if d := time.Since(begin); d < 50*time.Millisecond {
		t.Errorf("the sixth attempt began after %v", d)
	}
}
