package socket_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net"
	"os"
	"time"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/sockaddr"
	"example.com/bsdsocket/socket"
)

// listenLocally makes a socket that listens on a free port of the loopback interface.
func listenLocally() *socket.Socket {
	l, err := socket.New(constants.AF_INET, constants.SOCK_STREAM, constants.IPPROTO_TCP)
	if err != nil {
		log.Fatal(err)
	}
	if err := l.Bind(sockaddr.MustParse("127.0.0.1:0")); err != nil {
		log.Fatal(err)
	}
	if err := l.Listen(8); err != nil {
		log.Fatal(err)
	}
	return l
}

// A client and a server of TCP, from New to Close.
func Example() {
	ctx := context.Background()
	l := listenLocally()
	defer l.Close()
	go func() {
		s, _, err := l.Accept(ctx)
		if err != nil {
			log.Print(err)
			return
		}
		defer s.Close()
		b := make([]byte, 100)
		n, err := s.Receive(ctx, b, 0)
		if err == nil {
			_, err = s.SendAll(ctx, append([]byte("you said "), b[:n]...), 0)
		}
		if err != nil {
			log.Print(err)
		}
	}()

	addr, err := l.Name()
	if err != nil {
		log.Fatal(err)
	}
	c, err := socket.New(addr.Family(), constants.SOCK_STREAM, 0)
	if err != nil {
		log.Fatal(err)
	}
	defer c.Close()
	if err := c.Connect(ctx, addr); err != nil {
		log.Fatal(err)
	}
	if _, err := c.SendAll(ctx, []byte("hello"), 0); err != nil {
		log.Fatal(err)
	}
	b := make([]byte, 100)
	for {
		n, err := c.Receive(ctx, b, 0) // what there is, at most len(b) bytes; 0: the end
		if err != nil {
			log.Fatal(err)
		}
		if n == 0 {
			break
		}
		fmt.Print(string(b[:n]))
	}
	fmt.Println()
	// Output: you said hello
}

// Three ways to bound a call: a timeout of the socket, a deadline, and a context. The earliest ends
// it.
func ExampleSocket_SetReadDeadline() {
	s, err := socket.New(constants.AF_INET, constants.SOCK_DGRAM, 0)
	if err != nil {
		log.Fatal(err)
	}
	defer s.Close()
	if err := s.Bind(sockaddr.MustParse("127.0.0.1:0")); err != nil {
		log.Fatal(err)
	}
	b := make([]byte, 100)

	p := s.Params()
	p.ReceiveTimeout = time.Millisecond // of each call
	if err := s.SetParams(p); err != nil {
		log.Fatal(err)
	}
	_, _, err = s.ReceiveFrom(context.Background(), b, 0)
	fmt.Println(errors.Is(err, socket.ErrTimeout))

	if err := s.SetReadDeadline(time.Now()); err != nil { // of all calls, until it is set anew
		log.Fatal(err)
	}
	_, _, err = s.ReceiveFrom(context.Background(), b, 0)
	fmt.Println(errors.Is(err, os.ErrDeadlineExceeded))

	ctx, cancel := context.WithCancel(context.Background()) // of this call
	cancel()
	_, _, err = s.ReceiveFrom(ctx, b, 0)
	fmt.Println(errors.Is(err, context.Canceled))
	// Output:
	// true
	// true
	// true
}

// The kind of an error says what to do next; which errno it was is there as well.
func ExampleError() {
	l := listenLocally()
	addr, err := l.Name()
	if err != nil {
		log.Fatal(err)
	}
	l.Close() // nobody listens at addr any more
	c, err := socket.New(constants.AF_INET, constants.SOCK_STREAM, 0)
	if err != nil {
		log.Fatal(err)
	}
	defer c.Close()

	err = c.Connect(context.Background(), addr)
	switch {
	case errors.Is(err, socket.ErrTimeout):
		fmt.Println("no answer")
	case errors.Is(err, socket.ErrTransient):
		fmt.Println("try again later")
	case errors.Is(err, socket.ErrUnsupported):
		fmt.Println("not on this machine")
	}
	var e *socket.Error
	if errors.As(err, &e) {
		fmt.Println(e.Op, e.Remote == addr)
	}
	fmt.Println(errors.Is(l.Listen(1), socket.ErrClosed))
	// Output:
	// try again later
	// connect true
	// true
}

// A connection of package net as a Socket: both are the same open socket, and each is closed for
// itself.
func ExampleFromConn() {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	defer l.Close()
	c, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		log.Fatal(err)
	}
	s, err := socket.FromConn(c.(*net.TCPConn))
	if err != nil {
		log.Fatal(err)
	}
	defer s.Close()
	c.Close()
	peer, err := s.PeerName()
	fmt.Println(peer.String() == l.Addr().String(), err)
	// Output: true <nil>
}
