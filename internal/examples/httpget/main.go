// Command httpget shows what a server of HTTP/1.0 answers.
//
//	go run ./internal/examples/httpget www.example.org http /
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
	if len(os.Args) < 4 {
		log.Fatal("usage: httpget HOST SERVICE PATH")
	}
	if err := get(os.Args[1], os.Args[2], os.Args[3]); err != nil {
		log.Fatal(err)
	}
}

func get(host, service, path string) error {
	c, err := tcp.DialDuplex(context.Background(), host, service, nil)
	if err != nil {
		return err
	}
	defer c.Close()
	_, err = fmt.Fprintf(c.OutputPort, "GET %s HTTP/1.0\r\nHost: %s\r\n\r\n", path, host)
	if err != nil {
		return err
	}
	_, err = io.Copy(os.Stdout, c.InputPort)
	return err
}
