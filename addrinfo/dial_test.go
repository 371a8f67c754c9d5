package addrinfo_test

import (
	"context"
	"errors"
	"strconv"
	"syscall"
	"testing"
	"time"

	"example.com/bsdsocket/addrinfo"
	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/internal/testenv"
	"example.com/bsdsocket/sockaddr"
	"example.com/bsdsocket/socket"
)

// hold returns a hold for each of the types, which ends with the test.
func hold(t *testing.T, types ...uint16) map[uint16]chan struct{} {
	held := map[uint16]chan struct{}{}
	for _, typ := range types {
		held[typ] = make(chan struct{})
		t.Cleanup(func() {
			select {
			case <-held[typ]:
			default:
				close(held[typ])
			}
		})
	}
	return held
}

// dual listens at a port of both 127.0.0.1 and ::1.
func dual(t *testing.T) (inet, inet6 addrinfo.Info) {
	t.Helper()
	testenv.Needs(t, testenv.IPv6Loopback)
	for range 20 {
		_, inet = listen(t, "127.0.0.1", 10)
		l, err := socket.New(constants.AF_INET6, constants.SOCK_STREAM, 0)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { l.Close() })
		to := sockaddr.MustParse("::1").WithPort(inet.Addr.Port())
		if l.Bind(to) == nil && l.Listen(10) == nil {
			return inet, info(to)
		}
	}
	t.Fatal("no port is free in both families")
	return
}

// Rows X10 and X16: one call resolves and connects, and begins when there is something to begin
// with (RFC 8305, section 3).
func TestDial(t *testing.T) {
	inet, inet6 := dual(t)
	both := []string{"127.0.0.1", "::1"}
	heldA, heldAAAA := hold(t, typeA), hold(t, typeAAAA)
	s := serve(t, map[string]answer{
		"both.example":  {ips: both},
		"v4.example":    {ips: []string{"127.0.0.1"}},
		"no-a.example":  {ips: both, held: heldA},
		"no-6.example":  {ips: both, held: heldAAAA},
		"alias.example": {cname: "both.example"},
		"none.example":  {},
	})
	t.Cleanup(func() { // before the name server stops
		close(heldA[typeA])
		close(heldAAAA[typeAAAA])
	})
	service := strconv.Itoa(inet.Addr.Port())
	c := addrinfo.Connector{Resolver: s.resolver()}
	for _, row := range []struct {
		node    string
		want    addrinfo.Info
		atLeast time.Duration
	}{
		{"both.example.", inet6, 0},
		{"alias.example.", inet6, 0},
		{"v4.example.", inet, 0},
		{"no-a.example.", inet6, 0},
		{"no-6.example.", inet, addrinfo.ResolutionDelay},
		{"127.0.0.1", inet, 0},
		{"::1", inet6, 0},
	} {
		begin := time.Now()
		s, err := c.Dial(t.Context(), row.node, service, nil)
		if err != nil {
			t.Errorf("%s: %v", row.node, err)
			continue
		}
		if d := time.Since(begin); d < row.atLeast || d > 3*time.Second { // a name server has 5 s
			t.Errorf("%s: it took %v", row.node, d)
		}
		// Without a route for IPv6 the order is another, but both are there.
		if peer, _ := s.PeerName(); peer != row.want.Addr &&
			(row.atLeast != 0 || row.node[0] != 'b' && row.node[0] != 'a') {
			t.Errorf("%s: connected to %v, want %v", row.node, peer, row.want.Addr)
		}
		s.Close()
	}
	for node, code := range map[string]string{"none.example.": "EAI_NODATA",
		"nosuch.example.": "EAI_NONAME", "x.onion": "EAI_NONAME"} {
		if s, err := c.Dial(t.Context(), node, service, nil); s != nil || codeOf(t, err) != code {
			t.Errorf("%s: %v, %v", node, s, err)
		}
	}
	if s, err := c.Dial(t.Context(), "", "", nil); s != nil || !errors.Is(err, syscall.EINVAL) {
		t.Errorf("nothing: %v, %v", s, err)
	}
	if s, err := addrinfo.Dial(t.Context(), "127.0.0.1", service, nil,
		socket.Params{SendSize: -1}); s != nil || err == nil {
		t.Errorf("with bad parameters: %v, %v", s, err)
	}
	client, err := addrinfo.Dial(t.Context(), "127.0.0.1", service, nil, socket.DefaultParams())
	if err != nil {
		t.Fatal(err)
	}
	client.Close()
}

// Row X16: what one family's addresses come to does not keep the other's from being tried, each
// once.
func TestDialWaitsForTheRest(t *testing.T) {
	_, inet6 := dual(t)
	held := hold(t, typeA)
	s := serve(t,
		map[string]answer{"two.example": {ips: []string{"127.0.0.1", "127.0.0.2", "::1"},
			held: held}})
	var tried []addrinfo.Info
	c := addrinfo.Connector{Resolver: s.resolver(), Delay: time.Hour,
		Prepare: func(_ context.Context, _ *socket.Socket, i addrinfo.Info) error {
			tried = append(tried, i)
			if len(tried) == 1 {
				close(held[typeA])
			}
			return errBroken
		}}
	_, err := c.Dial(t.Context(), "two.example.", strconv.Itoa(inet6.Addr.Port()), nil)
	var all *addrinfo.ConnectError
	if !errors.As(err, &all) || len(all.Attempts) != 3 || len(tried) != 3 ||
		tried[0].Addr != inet6.Addr {
		t.Errorf("tried %v: %v", tried, err)
	}
}

// Row X16: a context that ends, and a panic, end the lookup too.
func TestDialEnds(t *testing.T) {
	heldA := hold(t, typeA)
	s := serve(t, map[string]answer{
		"silent.example": {silent: true},
		"six.example":    {ips: []string{"::1"}, held: heldA},
	})
	t.Cleanup(func() { close(heldA[typeA]) })
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-s.asked
		cancel()
	}()
	c := addrinfo.Connector{Resolver: s.resolver()}
	if s, err := c.Dial(ctx, "silent.example.", "80", nil); s != nil ||
		!errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v, %v", s, err)
	}
	c.Prepare = func(context.Context, *socket.Socket, addrinfo.Info) error { panic(errBroken) }
	defer func() {
		if p := recover(); p != error(errBroken) {
			t.Errorf("recovered %v", p)
		}
	}()
	s2, err := c.Dial(t.Context(), "six.example.", "80", nil)
	t.Errorf("it returned %v, %v", s2, err)
}
