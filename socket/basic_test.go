package socket_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/sockaddr"
	"example.com/bsdsocket/socket"
)

var ctx = context.Background()

func TestSmoke(t *testing.T) {
	l, err := socket.New(constants.AF_INET, constants.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	t.Log(l)
	if n, err := l.Name(); n.IsValid() || err != nil {
		t.Fatal(n, err)
	}
	if err := l.Bind(sockaddr.MustParse("127.0.0.1:0")); err != nil {
		t.Fatal(err)
	}
	if err := l.Listen(10); err != nil {
		t.Fatal(err)
	}
	addr, _ := l.Name()
	c, _ := socket.New(constants.AF_INET, constants.SOCK_STREAM, 0)
	defer c.Close()
	if err := c.Connect(ctx, addr); err != nil {
		t.Fatal(err)
	}
	s, from, err := l.Accept(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	t.Log(from, s)
	b := make([]byte, 100)
	go func() { time.Sleep(10 * time.Millisecond); s.Write([]byte("hello")) }()
	n, err := c.Receive(ctx, b, 0)
	t.Log(n, err, string(b[:n]))
	cc, cancel := context.WithTimeout(ctx, 50*time.Millisecond)
	defer cancel()
	_, err = c.Receive(cc, b, 0)
	t.Log(err, errors.Is(err, socket.ErrTimeout), errors.Is(err, context.DeadlineExceeded))
	p := socket.DefaultParams()
	p.ReceiveTimeout = 20 * time.Millisecond
	c.SetParams(p)
	_, err = c.Receive(ctx, b, 0)
	t.Log(err)
	_, err = c.Receive(ctx, b, constants.MSG_DONTWAIT)
	t.Log(err, errors.Is(err, socket.ErrWouldBlock))
	// refused
	d, _ := socket.New(constants.AF_INET, constants.SOCK_STREAM, 0)
	defer d.Close()
	err = d.Connect(ctx, sockaddr.MustParse("127.0.0.1:9"))
	t.Log(err, errors.Is(err, socket.ErrTransient))
	t.Log(d.Connect(ctx, addr))
	_, _, err = new(socket.Socket).Accept(ctx)
	t.Log(err)
}
