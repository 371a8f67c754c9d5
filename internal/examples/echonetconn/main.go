// Command echonetconn sends back what its clients send, by package net's interfaces, so that
// whatever takes a net.Listener works too: net/http, crypto/tls, gRPC. The option is set before the
// socket listens, which package net does not let one do without system calls of one's own.
//
//	go run ./internal/examples/echonetconn localhost:4242
package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"os"
	"time"

	"example.com/bsdsocket/addrinfo"
	"example.com/bsdsocket/socket"
	"example.com/bsdsocket/socket/netconn"
	"example.com/bsdsocket/sockopt"
)

func main() {
	if len(os.Args) < 2 {
		log.Fatal("usage: echonetconn HOST:PORT")
	}
	l, err := netconn.Listen(context.Background(), "tcp", os.Args[1], &netconn.Config{
		Prepare: func(_ context.Context, s *socket.Socket, _ addrinfo.Info) error {
			return sockopt.TCPUserTimeout.Set(s, 30*time.Second) // its connections inherit it
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("port", l.Addr().(*net.TCPAddr).Port)
	for {
		c, err := l.Accept()
		if err != nil {
			log.Fatal(err)
		}
		go func() {
			defer c.Close()
			if _, err := io.Copy(c, c); err != nil {
				log.Print(err)
			}
		}()
	}
}
