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

// A call of Accept that was woken, and ends by its context or timeout in the same moment, passes
// the event on: the client that has come is the next one's.
func TestLeavePassesOn(t *testing.T) {
	l, err := Listen(context.Background(), 0, &Config{Host: "127.0.0.1"})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	first, second := newWaiter(), newWaiter()
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

// A call of Accept that is woken again and again by clients that are gone, or another's, before it
// tries, ends when its timeout passes, which does not begin anew.
func TestTimeoutOfEmptyEvents(t *testing.T) {
	const timeout = 100 * time.Millisecond
	var sockets []*socket.Socket
	for range 2 {
		s, err := socket.New(constants.AF_INET, constants.SOCK_STREAM, 0)
		if err == nil {
			err = errors.Join(s.Bind(sockaddr.MustParse("127.0.0.1")), s.Listen(5))
		}
		if err != nil {
			t.Fatal(err)
		}
		sockets = append(sockets, s)
	}
	l, err := NewListener(&Config{Socket: &socket.Params{AcceptTimeout: timeout}}, sockets...)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	ended := make(chan error, 1)
	go func() {
		_, _, err := l.Accept(context.Background())
		ended <- err
	}()
	tick := time.NewTicker(timeout / 20)
	defer tick.Stop()
	for limit := time.After(50 * timeout); ; {
		select {
		case err := <-ended:
			if !errors.Is(err, socket.ErrTimeout) {
				t.Errorf("%v, want ErrTimeout", err)
			}
			return
		case <-limit:
			t.Errorf("Accept waits as long as there are events, not %v", timeout)
			l.Close()
			<-ended
			return
		case <-tick.C:
			l.queue.mu.Lock()
			l.queue.tell(event{socket: 1})
			l.queue.mu.Unlock()
		}
	}
}
