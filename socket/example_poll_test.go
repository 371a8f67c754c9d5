package socket_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/sockaddr"
	"example.com/bsdsocket/socket"
)

// must returns what a call returned, of which the examples leave out the errors.
func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// listen returns a listening socket on loopback.
func listen() *socket.Socket {
	s := must(socket.New(constants.AF_INET, constants.SOCK_STREAM, 0))
	if err := errors.Join(s.Bind(sockaddr.MustParse("127.0.0.1:0")), s.Listen(10)); err != nil {
		panic(err)
	}
	return s
}

// dial returns a client of a listening socket.
func dial(l *socket.Socket) *socket.Socket {
	s := must(socket.New(constants.AF_INET, constants.SOCK_STREAM, 0))
	if err := s.Connect(context.Background(), must(l.Name())); err != nil {
		panic(err)
	}
	return s
}

// An echo server of one goroutine, for any number of clients. What a client does not take at once
// is kept, and the client is not read from meanwhile: so a slow one costs one buffer and holds
// nobody up.
func ExamplePoller() {
	type client struct{ unsent []byte }
	listener := listen()
	p := must(socket.NewPoller())
	p.Add(listener, socket.PollIn, nil)
	done := make(chan struct{})
	go func() {
		defer close(done)
		clients := map[*socket.Socket]bool{}
		events, buf := make([]socket.PollEvent, 128), make([]byte, 4096)
		for {
			n, err := p.Wait(context.Background(), events)
			if err != nil { // closed, which leaves the sockets as they are
				for s := range clients {
					s.Close()
				}
				return
			}
			for _, e := range events[:n] {
				if e.Socket == listener {
					if s, _, err := listener.TryAccept(); err == nil {
						clients[s] = true
						p.Add(s, socket.PollIn, new(client))
					}
					continue
				}
				s, c := e.Socket, e.Value.(*client)
				if len(c.unsent) == 0 {
					n, err := s.TryReceive(buf, 0)
					if errors.Is(err, socket.ErrWouldBlock) {
						continue
					}
					if n == 0 || err != nil {
						delete(clients, s)
						s.Close() // and so it leaves
						continue
					}
					c.unsent = append(c.unsent, buf[:n]...)
				}
				sent, err := s.TrySend(c.unsent, 0)
				if err != nil && !errors.Is(err, socket.ErrWouldBlock) {
					delete(clients, s)
					s.Close()
					continue
				}
				if c.unsent = c.unsent[sent:]; len(c.unsent) > 0 {
					p.Change(s, socket.PollOut, c)
				} else {
					p.Change(s, socket.PollIn, c)
				}
			}
		}
	}()

	for i := range 3 {
		s := dial(listener)
		s.SendAll(context.Background(), fmt.Appendf(nil, "hello %d", i), 0)
		b := make([]byte, 7)
		n := must(s.Receive(context.Background(), b, constants.MSG_WAITALL))
		fmt.Println(string(b[:n]))
		s.Close()
	}
	p.Close()
	<-done
	listener.Close()
	// Output:
	// hello 0
	// hello 1
	// hello 2
}

// A chat: what one says, all others hear. A socket that is ready is worked on by one of several
// goroutines, since it rests meanwhile.
func ExamplePoller_chat() {
	listener := listen()
	p := must(socket.NewPoller())
	members := make(chan []*socket.Socket, 1) // a lock with what it guards
	members <- nil
	p.Add(listener, socket.PollIn|socket.PollOneShot, nil)
	done := make(chan struct{})
	work := func() {
		defer func() { done <- struct{}{} }()
		events, buf := make([]socket.PollEvent, 1), make([]byte, 512)
		for {
			if _, err := p.Wait(context.Background(), events); err != nil {
				return
			}
			s := events[0].Socket
			if s == listener {
				if c, _, err := s.TryAccept(); err == nil {
					members <- append(<-members, c)
					p.Add(c, socket.PollIn|socket.PollOneShot, nil)
				}
			} else if n, err := s.TryReceive(buf, 0); n > 0 {
				all := <-members
				for _, other := range all {
					if other != s {
						other.TrySend(buf[:n], 0) // who does not listen misses it
					}
				}
				members <- all
			} else if !errors.Is(err, socket.ErrWouldBlock) {
				s.Close()
				continue
			}
			p.Change(s, socket.PollIn|socket.PollOneShot, nil)
		}
	}
	for range 3 {
		go work()
	}

	ann, bob := dial(listener), dial(listener)
	for { // until both are in
		all := <-members
		members <- all
		if len(all) == 2 {
			break
		}
		time.Sleep(time.Millisecond)
	}
	ann.Send(context.Background(), []byte("hello, Bob"), 0)
	b := make([]byte, 10)
	fmt.Println(string(b[:must(bob.Receive(context.Background(), b, constants.MSG_WAITALL))]))

	p.Close()
	for range 3 {
		<-done
	}
	for _, s := range append(<-members, ann, bob, listener) {
		s.Close()
	}
	// Output: hello, Bob
}

// A proxy between two connections, by one goroutine.
func ExamplePoll() {
	outside, client, _ := socket.Pair(constants.AF_UNIX, constants.SOCK_STREAM, 0)
	inside, server, _ := socket.Pair(constants.AF_UNIX, constants.SOCK_STREAM, 0)
	done := make(chan struct{})
	go func() {
		defer close(done)
		buf := make([]byte, 4096)
		items := []socket.PollItem{{Socket: client, Events: socket.PollIn}, {
			Socket: inside,
			Events: socket.PollIn,
		}}
		for items[0].Socket != nil || items[1].Socket != nil {
			if _, err := socket.Poll(context.Background(), items, time.Minute); err != nil {
				return
			}
			for i, from := range []*socket.Socket{client, inside} {
				to := []*socket.Socket{inside, client}[i]
				if items[i].Ready == 0 {
					continue
				}
				n, err := from.TryReceive(buf, 0)
				if n > 0 {
					to.SendAll(context.Background(), buf[:n], 0)
				} else if !errors.Is(err, socket.ErrWouldBlock) {
					to.CloseWrite()
					items[i].Socket = nil // no more of this
				}
			}
		}
	}()

	outside.Send(context.Background(), []byte("question"), 0)
	b := make([]byte, 16)
	n := must(server.Receive(context.Background(), b, 0))
	server.Send(context.Background(), bytes.ToUpper(b[:n]), 0)
	n = must(outside.Receive(context.Background(), b, 0))
	fmt.Println(string(b[:n]))
	outside.Close()
	server.Close()
	<-done
	client.Close()
	inside.Close()
	// Output: QUESTION
}

// A listener and a UDP socket in one wait, with a timeout, as inetd has them.
func ExamplePoll_listenerAndDatagrams() {
	listener := listen()
	defer listener.Close()
	datagrams := must(socket.New(constants.AF_INET, constants.SOCK_DGRAM, 0))
	defer datagrams.Close()
	datagrams.Bind(sockaddr.MustParse("127.0.0.1:0"))
	items := []socket.PollItem{{Socket: listener, Events: socket.PollIn}, {
		Socket: datagrams,
		Events: socket.PollIn,
	}}

	n := must(socket.Poll(context.Background(), items, time.Millisecond))
	fmt.Println(n, "are ready")

	sender := must(socket.New(constants.AF_INET, constants.SOCK_DGRAM, 0))
	defer sender.Close()
	sender.SendTo(context.Background(), []byte("datagram"), must(datagrams.Name()), 0)
	socket.Poll(context.Background(), items, -1)
	b := make([]byte, 16)
	fmt.Println("listener:", items[0].Ready, "datagrams:", items[1].Ready)
	size, _, _ := datagrams.TryReceiveFrom(b, 0)
	fmt.Println(string(b[:size]))

	client := dial(listener)
	defer client.Close()
	socket.Poll(context.Background(), items, -1)
	fmt.Println("listener:", items[0].Ready, "datagrams:", items[1].Ready)
	// Output:
	// 0 are ready
	// listener: 0 datagrams: PollIn
	// datagram
	// listener: PollIn datagrams: 0
}
