package tcp

import (
	"context"
	"errors"
	"net"
	"testing"
	"time"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/sockaddr"
	"example.com/bsdsocket/socket"
)

// A call of Accept that ends by its context or timeout in the moment in which a client was accepted
// for it has that client; the next client is the next one's.
func TestLeaveWithAClient(t *testing.T) {
	l, err := Listen(context.Background(), 0, &Config{Host: "127.0.0.1"})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	waiters := []*waiter{newWaiter(), newWaiter(), newWaiter()}
	for _, w := range waiters {
		l.join(w)
	}
	if !l.leave(waiters[1]) {
		t.Fatal("who sleeps cannot leave")
	}
	for _, i := range []int{0, 2} {
		c, err := net.Dial("tcp", "127.0.0.1:"+l.Service())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		select {
		case e := <-waiters[i].wake:
			if e.err != nil {
				t.Fatal(e.err)
			}
			defer e.client.Close()
			name, err := e.client.PeerName()
			if err != nil || name.String() != c.LocalAddr().String() {
				t.Errorf("waiter %d has %v, %v", i, name, err)
			}
		case <-time.After(10 * time.Second):
			t.Fatalf("waiter %d has no client", i)
		}
		if l.leave(waiters[i]) {
			t.Errorf("waiter %d was in the queue still", i)
		}
	}
	if len(waiters[1].wake) > 0 {
		t.Error("one who has left was woken")
	}
	if ready, err := l.AcceptReady(); ready || err != nil {
		t.Errorf("another client: %t, %v", ready, err)
	}
}

// A client for whom no call of Accept waits stays in the queue, where another process that has the
// same socket can take it, although the socket is still watched since the last call.
func TestAcceptTakesNothingUnasked(t *testing.T) {
	var sockets []*socket.Socket
	for range 2 {
		s, err := socket.New(constants.AF_INET, constants.SOCK_STREAM, 0)
		if err == nil {
			defer s.Close()
			err = errors.Join(s.Bind(sockaddr.MustParse("127.0.0.1")), s.Listen(5))
		}
		if err != nil {
			t.Fatal(err)
		}
		sockets = append(sockets, s)
	}
	l, err := NewListener(nil, sockets...)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	other, err := sockets[0].Dup()
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	dial := func() {
		c, err := net.Dial("tcp", l.Addrs()[0].String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
	}
	for range 3 {
		dial()
		w := newWaiter()
		l.join(w)
		e := <-w.wake
		if e.err != nil {
			t.Fatal(e.err)
		}
		e.client.Close()
		if !l.queue.watched[0].Load() {
			t.Fatal("the socket is not watched until the next call")
		}
		dial()
		for end := time.Now().Add(10 * time.Second); l.queue.watched[0].Load(); {
			if time.Now().After(end) {
				t.Fatal("the watcher does not see the client")
			}
			time.Sleep(100 * time.Microsecond)
		}
		s, _, err := other.TryAccept()
		if err != nil {
			t.Fatal("the client was taken: ", err)
		}
		s.Close()
	}
}
