// Command proxy is a transparent proxy: connections that a firewall sends to it go on to where they
// were going. Either iptables or nft REDIRECTs them, and SO_ORIGINAL_DST has the destination, or
// TPROXY does, and it is the socket's own name. The bytes do not pass through the process:
// splice(2).
//
//	nft add rule ip nat output tcp dport 80 redirect to :4242
//	go run ./internal/examples/proxy redirect 0.0.0.0:4242
//
//	nft add rule ip mangle prerouting tcp dport 80 tproxy to :4242 meta mark set 1
//	go run ./internal/examples/proxy tproxy 0.0.0.0:4242
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/sockaddr"
	"example.com/bsdsocket/socket"
	"example.com/bsdsocket/sockopt"
)

func main() {
	if len(os.Args) < 3 {
		log.Fatal("usage: proxy redirect|tproxy ADDRESS:PORT")
	}
	if err := serve(context.Background(), os.Args[1] == "tproxy", os.Args[2]); err != nil {
		log.Fatal(err)
	}
}

func serve(ctx context.Context, tproxy bool, at string) error {
	addr, err := sockaddr.Parse(at)
	if err != nil {
		return err
	}
	l, err := socket.New(addr.Family(), constants.SOCK_STREAM, 0)
	if err != nil {
		return err
	}
	defer l.Close()
	// Connections inherit that they have no timeouts: a direction may be quiet for long.
	if err := l.SetParams(socket.Params{}); err != nil {
		return err
	}
	if err := sockopt.SOReuseAddress.Set(l, true); err != nil {
		return err
	}
	if tproxy { // it takes connections to addresses that are not this machine's
		if err := sockopt.IPTransparent.Set(l, true); err != nil {
			return err
		}
	}
	if err := errors.Join(l.Bind(addr), l.Listen(100)); err != nil {
		return err
	}
	name, err := l.Name()
	if err != nil {
		return err
	}
	fmt.Println("port", name.Port())
	for {
		s, from, err := l.Accept(ctx)
		if err != nil {
			return err
		}
		go func() {
			defer s.Close()
			to, err := destination(s, tproxy)
			if err == nil && to == name {
				err = errors.New("it was meant for the proxy itself")
			}
			if err == nil {
				fmt.Printf("%v to %v\n", from, to)
				err = pass(ctx, s, to)
			}
			if err != nil {
				log.Printf("%v: %v", from, err)
			}
		}()
	}
}

func destination(s *socket.Socket, tproxy bool) (sockaddr.Addr, error) {
	if tproxy {
		return s.Name()
	}
	to, err := sockopt.SOOriginalDestination.Get(s)
	return sockaddr.FromAddrPort(to), err
}

// pass connects and moves the bytes of both directions, each to its end.
func pass(ctx context.Context, client *socket.Socket, to sockaddr.Addr) error {
	server, err := socket.New(to.Family(), constants.SOCK_STREAM, 0)
	if err != nil {
		return err
	}
	defer server.Close()
	if err := server.Connect(ctx, to); err != nil {
		return err
	}
	if err := server.SetParams(socket.Params{}); err != nil {
		return err
	}
	there := make(chan error, 1)
	go func() { there <- half(ctx, server, client) }()
	err = half(ctx, client, server)
	return errors.Join(err, <-there)
}

// half copies, and passes the end on. An error ends both directions.
func half(ctx context.Context, to, from *socket.Socket) error {
	if _, err := to.CopyFrom(ctx, from); err != nil {
		to.Shutdown(constants.SHUT_RDWR)
		from.Shutdown(constants.SHUT_RDWR)
		return err
	}
	return to.CloseWrite()
}
