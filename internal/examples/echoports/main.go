// Command echoports sends back what its clients send, over TCP, by ports.
//
//	go run ./internal/examples/echoports 4242
package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"os"

	"example.com/bsdsocket/ports/tcp"
)

func main() {
	if len(os.Args) < 2 {
		log.Fatal("usage: echoports PORT")
	}
	ctx := context.Background()
	l, err := tcp.Listen(ctx, os.Args[1], &tcp.Config{Host: "localhost"})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("port", l.Port())
	for {
		c, err := l.AcceptDuplex(ctx)
		if err != nil {
			log.Fatal(err)
		}
		go func() {
			defer c.Close()
			// By splice(2) where there is one, so that nothing passes through the program.
			if _, err := io.Copy(c.OutputPort, c.InputPort); err != nil {
				log.Print(err)
			}
		}()
	}
}
