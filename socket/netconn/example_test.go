package netconn_test

import (
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"

	"example.com/bsdsocket/addrinfo"
	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/sockaddr"
	"example.com/bsdsocket/socket"
	"example.com/bsdsocket/socket/netconn"
	"example.com/bsdsocket/sockopt"
)

// An HTTP server on a socket whose options and backlog are chosen before it listens.
func ExampleNewListener() {
	s, err := socket.New(constants.AF_INET, constants.SOCK_STREAM, 0)
	if err != nil {
		log.Fatal(err)
	}
	if err := sockopt.SOReuseAddress.Set(s, true); err != nil {
		log.Fatal(err)
	}
	if err := sockopt.SOReceiveBuffer.Set(s, 1<<18); err != nil { // the connections inherit it
		log.Fatal(err)
	}
	if err := s.Bind(sockaddr.MustParse("127.0.0.1:0")); err != nil {
		log.Fatal(err)
	}
	if err := s.Listen(1000); err != nil {
		log.Fatal(err)
	}
	l, err := netconn.NewListener(s)
	if err != nil {
		log.Fatal(err)
	}
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "hello from %s", r.URL.Path)
	})}
	go server.Serve(l)
	defer server.Close()

	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	r, err := client.Get("http://" + l.Addr().String() + "/here")
	if err != nil {
		log.Fatal(err)
	}
	defer r.Body.Close()
	body, err := io.ReadAll(r.Body)
	fmt.Println(r.Status, string(body), err)
	// Output: 200 OK hello from /here <nil>
}

// A listener and a client with options that package net has no place for.
func ExampleDial() {
	ctx := context.Background()
	l, err := netconn.Listen(ctx, "tcp4", "127.0.0.1:0", &netconn.Config{Backlog: 1000})
	if err != nil {
		log.Fatal(err)
	}
	defer l.Close()
	greeted := make(chan error)
	go func() {
		c, err := l.Accept()
		if err == nil {
			fmt.Fprint(c, "hello")
			err = c.Close()
		}
		greeted <- err
	}()

	c, err := netconn.Dial(ctx, "tcp", l.Addr().String(), &netconn.Config{
		Prepare: func(_ context.Context, s *socket.Socket, _ addrinfo.Info) error {
			// It must be set before the connection is made.
			return sockopt.SOReceiveBuffer.Set(s, 1<<18)
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	defer c.Close()
	text, err := io.ReadAll(c)
	fmt.Println(string(text), err, <-greeted)
	// Output: hello <nil> <nil>
}

// A connection that is made by hand, as a net.Conn.
func ExampleNewConn() {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	defer l.Close()
	go func() {
		c, err := l.Accept()
		if err == nil {
			fmt.Fprint(c, "a line from package net\n")
			c.Close()
		}
	}()

	to, err := sockaddr.FromNetAddr(l.Addr())
	if err != nil {
		log.Fatal(err)
	}
	s, err := socket.New(to.Family(), constants.SOCK_STREAM, 0)
	if err != nil {
		log.Fatal(err)
	}
	if err := s.Connect(context.Background(), to); err != nil {
		log.Fatal(err)
	}
	c, err := netconn.NewConn(s)
	if err != nil {
		log.Fatal(err)
	}
	defer c.Close()
	text, err := io.ReadAll(c)
	fmt.Printf("%q %v, from %s\n", text, err, c.RemoteAddr().Network())
	// Output: "a line from package net\n" <nil>, from tcp
}
