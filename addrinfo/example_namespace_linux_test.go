package addrinfo_test

import (
	"context"
	"fmt"
	"net"
	"strings"

	"example.com/bsdsocket/addrinfo"
	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/sockaddr"
	"example.com/bsdsocket/socket"
	"example.com/bsdsocket/socket/netconn"
)

// connectorIn asks name servers and connects inside a network namespace, while the calling
// goroutine stays where it is. Files, as /etc/hosts, remain those of the calling process.
func connectorIn(namespace string) *addrinfo.Connector {
	create := func(f constants.Family, t constants.SocketType,
		p constants.Protocol) (*socket.Socket, error) {
		return socket.NewIn(namespace, f, t, p)
	}
	ask := func(ctx context.Context, network, server string) (net.Conn, error) {
		to, err := sockaddr.Parse(server)
		if err != nil {
			return nil, err
		}
		datagrams := strings.HasPrefix(network, "udp")
		typ := constants.SOCK_STREAM
		if datagrams {
			typ = constants.SOCK_DGRAM
		}
		c := addrinfo.Connector{New: create}
		s, err := c.Connect(ctx, []addrinfo.Info{{Family: to.Family(), Type: typ, Addr: to}})
		if err != nil {
			return nil, err
		}
		if datagrams {
			// Package net tells datagrams by the methods of net.PacketConn.
			return netconn.NewPacketConn(s)
		}
		return netconn.NewConn(s)
	}
	return &addrinfo.Connector{
		New:      create,
		Resolver: &addrinfo.Resolver{Net: &net.Resolver{PreferGo: true, Dial: ask}},
	}
}

// Resolving and connecting inside another network namespace.
func ExampleConnector_namespace() {
	c := connectorIn("blue") // a name that ip-netns(8) knows
	s, err := c.Dial(context.Background(), "www.example.com", "https", nil)
	if err != nil {
		fmt.Println("there is no such namespace")
		return
	}
	defer s.Close()
	// Output: there is no such namespace
}
