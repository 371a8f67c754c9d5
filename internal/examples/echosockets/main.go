// Command echosockets sends back what its clients send, over TCP, by sockets alone.
//
//	go run ./internal/examples/echosockets 127.0.0.1:4242
package main

import (
	"context"
	"fmt"
	"log"
	"os"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/sockaddr"
	"example.com/bsdsocket/socket"
	"example.com/bsdsocket/sockopt"
)

func main() {
	if len(os.Args) < 2 {
		log.Fatal("usage: echosockets ADDRESS:PORT")
	}
	if err := serve(context.Background(), os.Args[1]); err != nil {
		log.Fatal(err)
	}
}

func serve(ctx context.Context, at string) error {
	addr, err := sockaddr.Parse(at)
	if err != nil {
		return err
	}
	l, err := socket.New(addr.Family(), constants.SOCK_STREAM, 0)
	if err != nil {
		return err
	}
	defer l.Close()
	if err := sockopt.SOReuseAddress.Set(l, true); err != nil {
		return err
	}
	if err := l.Bind(addr); err != nil {
		return err
	}
	if err := l.Listen(100); err != nil {
		return err
	}
	name, err := l.Name()
	if err != nil {
		return err
	}
	fmt.Println("port", name.Port())
	for {
		s, _, err := l.Accept(ctx)
		if err != nil {
			return err
		}
		go func() {
			defer s.Close()
			if err := echo(ctx, s); err != nil {
				log.Print(err)
			}
		}()
	}
}

func echo(ctx context.Context, s *socket.Socket) error {
	b := make([]byte, 16<<10)
	for {
		n, err := s.Receive(ctx, b, 0)
		if err != nil || n == 0 { // 0 is the end
			return err
		}
		if _, err := s.SendAll(ctx, b[:n], 0); err != nil {
			return err
		}
	}
}
