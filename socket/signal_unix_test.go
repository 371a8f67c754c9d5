//go:build unix

package socket_test

import (
	"errors"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"testing"
	"time"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/sockaddr"
	"example.com/bsdsocket/socket"
)

// No call that sends raises SIGPIPE, which would end a program that does not expect it: a send to a
// peer that is gone is EPIPE.
func TestNoSIGPIPE(t *testing.T) {
	signals := make(chan os.Signal, 100)
	// SIGWINCH comes behind SIGPIPE if both are there, so that when it has come, SIGPIPE will not.
	signal.Notify(signals, syscall.SIGPIPE, syscall.SIGWINCH)
	defer signal.Stop(signals)
	a, b := pair(t, constants.SOCK_STREAM)
	ok(t, b.Close())
	x := []byte("x")
	for what, send := range map[string]func() error{
		"Write":        func() error { return second(a.Write(x)) },
		"Send":         func() error { return second(a.Send(ctx, x, 0)) },
		"Send, large":  func() error { return second(a.Send(ctx, make([]byte, 1<<16), 0)) },
		"SendAll":      func() error { return second(a.SendAll(ctx, x, 0)) },
		"SendTo":       func() error { return second(a.SendTo(ctx, x, sockaddr.Addr{}, 0)) },
		"MSG_DONTWAIT": func() error { return second(a.Send(ctx, x, constants.MSG_DONTWAIT)) },
		"SendMessage": func() error {
			return a.SendMessage(ctx, &socket.Message{Buffers: [][]byte{x}}, 0)
		},
		"SendMessages": func() error {
			return second(a.SendMessages(ctx, []socket.Message{{Buffers: [][]byte{x}}}, 0))
		},
		"ReadFrom": func() error { return second(a.ReadFrom(strings.NewReader("x"))) },
	} {
		if err := send(); !errors.Is(err, syscall.EPIPE) {
			t.Errorf("%s: %v", what, err)
		}
	}
	ok(t, syscall.Kill(os.Getpid(), syscall.SIGWINCH))
	for {
		select {
		case s := <-signals:
			if s == syscall.SIGWINCH {
				return
			}
			t.Errorf("got the signal %v", s)
		case <-time.After(patience):
			t.Fatal("no signal came")
		}
	}
}
