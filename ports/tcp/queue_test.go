package tcp

import (
	"context"
	"net"
	"testing"
	"time"
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
