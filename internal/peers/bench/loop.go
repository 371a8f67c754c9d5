//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"

	"example.com/bsdsocket/internal/peers/bench/report"
	"example.com/bsdsocket/sockaddr"
	"example.com/bsdsocket/socket"
	"example.com/bsdsocket/sockopt"
)

// The library's event loop beside the others' own styles: goroutines for package net and
// mdlayher/socket, netpoll's callbacks, and epoll(7) in C.

// loopRows are those benchmarks.
func loopRows() (list []row) {
	for _, n := range []int{100, 1000, 10_000} {
		goals := []report.Goal{atMost(0.95, "net"), atMost(0.95, "mdlayher"),
			atMost(0.95, "netpoll")}
		if n >= 1000 {
			goals = append(goals, atMost(1.10, "c"))
		}
		switch n {
		case 100:
			goals = append(goals, report.Goal{Max: 1, Peer: "netpoll", Unit: report.P99})
		case 10_000:
			goals = append(goals, report.Goal{Max: 512, Unit: report.Memory})
		}
		list = append(list,
			row{work: echoes(n, inLoop), Row: report.Row{Name: fmt.Sprint("Loop/", n),
				Title: "echo server in one loop, " + report.Amount(float64(n), "") + " connections",
				Unit:  "message", Server: true, Goals: goals}})
	}
	return append(list, row{work: pollOfTwo, Row: report.Row{Name: "Poll/two",
		Title: "TCP ping-pong, Poll of two sockets before each receive", Unit: "round trip",
		Goals: []report.Goal{atMost(1.3, "net"), allocations(0)}}})
}

// loopServer is an echo server of one goroutine and one Poller.
func loopServer(b *bench) (port int, err error) {
	l, err := ourStreams(b, "tcp4", plain)
	if err != nil {
		return 0, err
	}
	listener := l.(*ourListener).Socket
	p, err := socket.NewPoller()
	if err != nil {
		return 0, err
	}
	b.cleanup(func() { p.Close() })
	if err := p.Add(listener, socket.PollIn, nil); err != nil {
		return 0, err
	}
	go func() {
		if err := loop(p, listener); !errors.Is(err, socket.ErrClosed) {
			fmt.Fprintln(os.Stderr, "loop:", err)
		}
	}()
	return l.port(), nil
}

func loop(p *socket.Poller, listener *socket.Socket) error {
	events, buf := make([]socket.PollEvent, 512), make([]byte, echoSize)
	for {
		n, err := p.Wait(context.Background(), events)
		if err != nil {
			return err
		}
		for _, e := range events[:n] {
			if e.Socket == listener {
				if err := acceptInLoop(p, listener); err != nil {
					return err
				}
				continue
			}
			n, err := e.Socket.TryReceive(buf, 0)
			if err == nil && n > 0 {
				_, err = e.Socket.TrySend(buf[:n], 0) // so little always fits
			}
			if errors.Is(err, socket.ErrWouldBlock) {
				continue
			}
			if err != nil || n == 0 {
				e.Socket.Close()
			}
		}
	}
}

func acceptInLoop(p *socket.Poller, listener *socket.Socket) error {
	for range 64 {
		s, _, err := listener.TryAccept()
		if errors.Is(err, socket.ErrWouldBlock) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := errors.Join(sockopt.TCPNoDelay.Set(s, true),
			p.Add(s, socket.PollIn, nil)); err != nil {
			return errors.Join(err, s.Close())
		}
	}
	return nil
}

// pollOfTwo is a ping-pong where each end of ours waits for two sockets, of which one is never
// ready. Package net waits for one, by its Read.
func pollOfTwo(b *bench) error {
	switch b.lib {
	case stdlib:
		return pingPong("tcp4", plain)(b)
	case ours:
	default:
		return errNone
	}
	l, err := ourStreams(b, "tcp4", plain)
	if err != nil {
		return err
	}
	b.cleanup(func() { l.Close() })
	var ends [2]*socket.Socket
	for i, get := range []func() (conn, error){l.dial, l.accept} {
		c, err := get()
		if err == nil {
			err = c.noDelay()
		}
		if err != nil {
			return err
		}
		ends[i] = c.(ourConn).Socket
		b.cleanup(func() { c.Close() })
	}
	move := func(s, idle *socket.Socket, first bool, n int) error {
		items := []socket.PollItem{{Socket: s, Events: socket.PollIn},
			{Socket: idle, Events: socket.PollIn}}
		p := make([]byte, messageSize)
		for i := range n {
			if first || i > 0 {
				if _, err := s.TrySend(p, 0); err != nil {
					return err
				}
			}
			if _, err := socket.Poll(context.Background(), items, -1); err != nil {
				return err
			}
			if n, err := s.TryReceive(p, 0); n != len(p) {
				return fmt.Errorf("%d bytes, %w", n, errors.Join(err, net.ErrClosed))
			}
		}
		if !first {
			_, err := s.TrySend(p, 0)
			return err
		}
		return nil
	}
	var idles [2]*socket.Socket
	for i := range idles {
		if idles[i], _, err = ourUDP(b, sockaddr.MustParse("127.0.0.1:0")); err != nil {
			return err
		}
	}
	b.run = func(n int) error {
		done := make(chan error, 1)
		go func() { done <- move(ends[1], idles[1], false, n) }()
		return errors.Join(move(ends[0], idles[0], true, n), <-done)
	}
	return nil
}
