package addrinfo_test

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"strings"
	"testing"

	"example.com/bsdsocket/addrinfo"
	"example.com/bsdsocket/internal/testenv"
)

// Names are resolved, and connections made, inside another network namespace.
func TestDialInNamespace(t *testing.T) {
	ns := testenv.NetNS(t)
	var server *nameServer
	var good addrinfo.Info
	ns.Do(func() {
		server = serve(t, map[string]answer{"inside.example": {ips: []string{"127.0.0.1"}},
			"long.example": {ips: many(200)}})
		_, good = listen(t, "127.0.0.1", 10)
	})
	c := connectorIn(ns.Path())
	ask := c.Resolver.Net.Dial
	// Not the one of resolv.conf.
	c.Resolver.Net.Dial = func(ctx context.Context, network, _ string) (net.Conn, error) {
		to := server.udp.LocalAddr()
		if strings.HasPrefix(network, "tcp") {
			to = server.l.Addr()
		}
		return ask(ctx, network, to.String())
	}
	s, err := c.Dial(t.Context(), "inside.example.", strconv.Itoa(good.Addr.Port()), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if peer, _ := s.PeerName(); peer != good.Addr {
		t.Errorf("connected to %v", peer)
	}
	// An answer that does not fit comes by TCP.
	infos, err := c.Resolver.Lookup(t.Context(), "long.example.", "80", nil)
	if err != nil || len(infos) != 200 {
		t.Errorf("%d addresses, %v", len(infos), err)
	}
}

// many are n addresses.
func many(n int) (ips []string) {
	for i := range n {
		ips = append(ips, fmt.Sprintf("10.0.%d.%d", i/250, i%250+1))
	}
	return ips
}
