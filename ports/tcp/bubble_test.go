package tcp_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"example.com/bsdsocket/ports/tcp"
	"example.com/bsdsocket/socket"
)

// In a bubble, whose clock stands still while a goroutine waits for the network, the timeouts of a
// listener and of its connections pass as they do outside.
func TestBubble(t *testing.T) {
	defer time.AfterFunc(10*time.Second, func() { panic("a timeout does not pass in a bubble") }).
		Stop()
	synctest.Test(t, func(t *testing.T) {
		p := socket.DefaultParams()
		p.AcceptTimeout, p.ReceiveTimeout = 30*time.Millisecond, 30*time.Millisecond
		l, err := tcp.Listen(ctx, "0", &tcp.Config{Socket: &p})
		must(t, err)
		defer l.Close()
		for range 2 {
			_, _, err = l.Accept(ctx)
			is(t, err, socket.ErrTimeout)
		}
		c, cancel := context.WithCancel(ctx)
		go cancel()
		_, _, err = l.Accept(c)
		is(t, err, context.Canceled)
		ready := l.Ready(ctx)
		in, out, err := tcp.Dial(ctx, "127.0.0.1", l.Service(), &tcp.Config{Socket: &p})
		must(t, err)
		defer in.Close()
		defer out.Close()
		<-ready
		i, o, err := l.Accept(ctx)
		must(t, err)
		defer i.Close()
		defer o.Close()
		_, err = i.ReadByte()
		is(t, err, socket.ErrTimeout)
	})
}
