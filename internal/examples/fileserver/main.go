// Command fileserver sends the file whose name a client's line has, from one directory, without
// copying it through the process: sendfile(2).
//
//	go run ./internal/examples/fileserver 4242 /usr/share/doc
//	echo bash/copyright | nc localhost 4242
package main

import (
	"context"
	"fmt"
	"log"
	"os"

	"example.com/bsdsocket/ports"
	"example.com/bsdsocket/ports/tcp"
)

func main() {
	if len(os.Args) < 3 {
		log.Fatal("usage: fileserver PORT FOLDER")
	}
	ctx := context.Background()
	root, err := os.OpenRoot(os.Args[2]) // no name leads out of it
	if err != nil {
		log.Fatal(err)
	}
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
			if err := serve(ctx, root, c); err != nil {
				log.Print(err)
			}
		}()
	}
}

func serve(ctx context.Context, root *os.Root, c ports.Duplex) error {
	if err := c.SetLineLimit(4096); err != nil {
		return err
	}
	name, err := c.ReadLine()
	if err != nil {
		return err
	}
	f, err := root.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	if i, err := f.Stat(); err != nil || !i.Mode().IsRegular() { // a pipe would make it wait
		return fmt.Errorf("%s is no file", name)
	}
	_, err = c.Socket().SendFile(ctx, f, 0, -1)
	return err
}
