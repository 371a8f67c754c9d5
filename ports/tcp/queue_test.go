package tcp

import (
	"context"
	"net"
	"testing"
	"time"
)

// A call of Accept that was woken, and ends by its context or timeout in the same moment, passes the event on: the client that
// has come is the next one's.
func TestLeavePassesOn(t *testing.T) {
	l, err := Listen(context.Background(), 0, &Config{Host: "127.0.0.1"})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	first, second := waiters.Get().(*waiter), waiters.Get().(*waiter)
	l.join(first)
	l.join(second)
	c, err := net.Dial("tcp", "127.0.0.1:"+l.Service())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for len(first.wake) == 0 { // the watcher has seen the client, and ended
		time.Sleep(time.Millisecond)
	}
	l.leave(first)
	select {
	case e := <-second.wake:
		if e.err != nil || e.socket != 0 {
			t.Errorf("%+v", e)
		}
	case <-time.After(10 * time.Second):
		t.Error("the event has gone with who left")
	}
}
