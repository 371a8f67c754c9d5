// Command udpworkers sends back the datagrams that it gets, by several sockets of one port among
// which the kernel divides the clients, and trains of datagrams with one system call: UDP_GRO and
// UDP_SEGMENT.
//
//	go run ./internal/examples/udpworkers 127.0.0.1:4242 4
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"strconv"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/sockaddr"
	"example.com/bsdsocket/socket"
	"example.com/bsdsocket/sockopt"
)

func main() {
	if len(os.Args) < 3 {
		log.Fatal("usage: udpworkers ADDRESS:PORT WORKERS")
	}
	workers, err := strconv.Atoi(os.Args[2])
	if err == nil {
		err = serve(context.Background(), os.Args[1], workers)
	}
	if err != nil {
		log.Fatal(err)
	}
}

func serve(ctx context.Context, at string, workers int) error {
	addr, err := sockaddr.Parse(at)
	if err != nil {
		return err
	}
	failed := make(chan error, workers)
	for i := range workers {
		s, err := open(addr)
		if err != nil {
			return err
		}
		if addr, err = s.Name(); err != nil { // with a port that was free
			return err
		}
		go func() { failed <- work(ctx, i, s) }()
	}
	fmt.Println("port", addr.Port())
	return <-failed
}

func open(addr sockaddr.Addr) (*socket.Socket, error) {
	s, err := socket.New(addr.Family(), constants.SOCK_DGRAM, 0)
	if err != nil {
		return nil, err
	}
	err = sockopt.SOReusePort.Set(s, true)
	if err == nil {
		err = sockopt.UDPGRO.Set(s, true)
	}
	if err == nil {
		err = s.SetParams(socket.Params{}) // no timeouts: nobody need come
	}
	if err == nil {
		err = s.Bind(addr)
	}
	if err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

const batch = 16 // messages with one system call

func work(ctx context.Context, number int, s *socket.Socket) error {
	defer s.Close()
	received := make([]socket.Message, batch)
	for i := range received {
		received[i].Buffers = [][]byte{make([]byte, 64<<10)} // room for a whole train
	}
	replies := make([]socket.Message, batch)
	for {
		n, err := s.ReceiveMessages(ctx, received, 0)
		if err != nil {
			return err
		}
		for i := range received[:n] {
			replies[i] = received[i].Reply() // cut into the same datagrams
			datagrams := 0
			for range received[i].Segments() {
				datagrams++
			}
			fmt.Printf("worker %d: %d datagrams from %v\n", number, datagrams, received[i].Addr)
		}
		if _, err := s.SendMessages(ctx, replies[:n], 0); err != nil {
			return err
		}
	}
}
