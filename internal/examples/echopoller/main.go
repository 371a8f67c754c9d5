// Command echopoller sends back what its clients send, all of them in one goroutine, by a Poller.
//
//	go run ./internal/examples/echopoller 127.0.0.1:4242
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
)

// A client is a connection, with what it has not taken yet.
type client struct {
	s       *socket.Socket
	waiting []byte
}

func main() {
	if len(os.Args) < 2 {
		log.Fatal("usage: echopoller ADDRESS:PORT")
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

	p, err := socket.NewPoller()
	if err != nil {
		return err
	}
	defer p.Close()
	if err := p.Add(l, socket.PollIn, nil); err != nil {
		return err
	}
	events := make([]socket.PollEvent, 64)
	room := make([]byte, 16<<10)
	for {
		n, err := p.Wait(ctx, events)
		if err != nil {
			return err
		}
		for _, e := range events[:n] {
			c, ok := e.Value.(*client)
			if !ok {
				err = accept(p, l)
			} else if err = c.turn(p, room); err != nil {
				if !errors.Is(err, errEnd) {
					log.Print(err)
				}
				err = c.s.Close() // and leaves the poller
			}
			if err != nil {
				return err
			}
		}
	}
}

func accept(p *socket.Poller, l *socket.Socket) error {
	s, _, err := l.TryAccept()
	if errors.Is(err, socket.ErrWouldBlock) { // it has gone again
		return nil
	}
	if err != nil {
		return err
	}
	return p.Add(s, socket.PollIn, &client{s: s})
}

var errEnd = errors.New("the client is done")

// turn sends what waits, and else receives: who does not read is not read from.
func (c *client) turn(p *socket.Poller, room []byte) error {
	if len(c.waiting) == 0 {
		n, err := c.s.TryReceive(room, 0)
		if errors.Is(err, socket.ErrWouldBlock) {
			return nil
		}
		if err != nil {
			return err
		}
		if n == 0 {
			return errEnd
		}
		c.waiting = room[:n]
	}
	n, err := c.s.TrySend(c.waiting, 0)
	if err != nil && !errors.Is(err, socket.ErrWouldBlock) {
		return err
	}
	if n == len(c.waiting) {
		c.waiting = nil
		return p.Change(c.s, socket.PollIn, c)
	}
	c.waiting = append([]byte(nil), c.waiting[n:]...)
	return p.Change(c.s, socket.PollOut, c)
}
