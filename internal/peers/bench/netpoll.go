//go:build linux

package main

import (
	"context"
	"errors"
	"net"
	"time"

	"github.com/cloudwego/netpoll"
)

var eventLoop = &library{
	name:    "netpoll",
	streams: netpollStreams,
	echo: func(b *bench) (int, error) {
		// One call for what has arrived, without a goroutine that waits: the library's own style.
		l, err := newNetpollListener(b, "tcp4", "0.0.0.0:0",
			func(_ context.Context, c netpoll.Connection) error {
				in := c.Reader()
				p, err := in.Next(in.Len())
				if err != nil {
					return err
				}
				if _, err := c.Writer().WriteBinary(p); err != nil {
					return err
				}
				return errors.Join(c.Writer().Flush(), in.Release())
			})
		if err != nil {
			return 0, err
		}
		return l.port(), nil
	},
}

// netpollConn is used through netpoll's own buffers: its Read and Write are package net's interface
// to them.
type netpollConn struct{ netpoll.Connection }

func (netpollConn) noDelay() error { return nil } // netpoll's default

type netpollListener struct {
	netpoll.Listener
	accepted chan netpoll.Connection
	wrap     func(netpoll.Connection) (conn, error)
}

// newNetpollListener starts an event loop, which ends with the bench. Netpoll has no Accept that
// waits, so the connections come through a channel.
func newNetpollListener(b *bench, network, addr string,
	onRequest netpoll.OnRequest) (*netpollListener, error) {
	inner, err := netpoll.CreateListener(network, addr)
	if err != nil {
		return nil, err
	}
	l := &netpollListener{Listener: inner, accepted: make(chan netpoll.Connection, 1)}
	var options []netpoll.Option
	if onRequest == nil {
		options = append(options,
			netpoll.WithOnConnect(func(ctx context.Context, c netpoll.Connection) context.Context {
				l.accepted <- c
				return ctx
			}))
	}
	loop, err := netpoll.NewEventLoop(onRequest, options...)
	if err != nil {
		return nil, errors.Join(err, inner.Close())
	}
	done := make(chan struct{})
	go func() { defer close(done); loop.Serve(inner) }()
	b.cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		loop.Shutdown(ctx)
		<-done
	})
	return l, nil
}

func netpollStreams(b *bench, network string, w wait) (listener, error) {
	if w == background || w == cancelable {
		return nil, errNone
	}
	addr := "0.0.0.0:0"
	if network == "unix" {
		addr = b.path()
	}
	l, err := newNetpollListener(b, network, addr, nil)
	if err != nil {
		return nil, err
	}
	l.wrap = func(c netpoll.Connection) (conn, error) {
		if w == timed {
			return netpollConn{c},
				errors.Join(c.SetReadTimeout(timeout), c.SetWriteTimeout(timeout))
		}
		return netpollConn{c}, nil
	}
	return l, nil
}

func (l *netpollListener) port() int { return l.Addr().(*net.TCPAddr).Port }

func (l *netpollListener) dial() (conn, error) {
	network, addr := "unix", l.Addr().String()
	if tcp, ok := l.Addr().(*net.TCPAddr); ok {
		network, addr = "tcp4", (&net.TCPAddr{IP: loopback4.AsSlice(), Port: tcp.Port}).String()
	}
	c, err := netpoll.DialConnection(network, addr, timeout)
	if err != nil {
		return nil, err
	}
	return l.wrap(c)
}

func (l *netpollListener) accept() (conn, error) { return l.wrap(<-l.accepted) }

func (l *netpollListener) Close() error { return nil } // the event loop's Shutdown does
