package socket_test

import (
	"errors"
	"fmt"
	"syscall"
	"testing"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/socket"
)

// A pair of Internet sockets, which no system makes by socketpair(2): connected over loopback, with
// each other.
func TestPairOverLoopback(t *testing.T) {
	for _, family := range []constants.Family{constants.AF_INET, constants.AF_INET6} {
		for _, typ := range []constants.SocketType{constants.SOCK_STREAM, constants.SOCK_DGRAM} {
			t.Run(fmt.Sprint(family, typ), func(t *testing.T) {
				a, b, err := socket.Pair(family, typ, 0)
				ok(t, err)
				defer a.Close()
				defer b.Close()
				for _, end := range [][2]*socket.Socket{{a, b}, {b, a}} {
					if peer, err := end[0].PeerName(); err != nil || peer != name(t, end[1]) ||
						!peer.IP().IsLoopback() {
						t.Errorf("the peer of %v is %v, %v; want %v",
							end[0], peer, err, name(t, end[1]))
					}
					if end[0].Params() != socket.DefaultParams() || end[0].Type() != typ {
						t.Errorf("%v has %+v", end[0], end[0].Params())
					}
				}
				talk(t, a, b)
				if typ == constants.SOCK_DGRAM {
					// A stranger is not heard.
					stranger := open(t, family, typ, 0)
					ok(t, second(stranger.SendTo(ctx, []byte("stranger"), name(t, b), 0)))
				}
				talk(t, a, b)
			})
		}
	}
	// Without the privilege the kernel says that first.
	if err := third(socket.Pair(constants.AF_INET, constants.SOCK_RAW,
		constants.IPPROTO_ICMP)); !errors.Is(err, syscall.EPERM) {
		is(t, err, socket.ErrUnsupported)
	}
	is(t, third(socket.Pair(constants.AF_INET, constants.SOCK_STREAM, constants.IPPROTO_UDP)),
		socket.ErrUnsupported)
}

// Unsent is what the peer has not acknowledged: nothing of an idle connection, and what does not
// fit of one that is full.
func TestUnsent(t *testing.T) {
	a, b := tcp(t)
	unsent := func() int {
		t.Helper()
		n, err := a.Unsent()
		ok(t, err)
		return n
	}
	if n := unsent(); n != 0 {
		t.Errorf("%d bytes before anything was sent", n)
	}
	sent := fill(t, a)
	if n := unsent(); n <= 0 || n > sent {
		t.Errorf("%d bytes of %d, and nobody reads", n, sent)
	}
	for got := 0; got < sent; {
		n, err := b.Receive(within(t, patience), make([]byte, 1<<16), 0)
		ok(t, err)
		got += n
	}
	ok(t, a.WaitSend(within(t, patience)))
	for unsent() != 0 { // the last acknowledgement is on its way
		ok(t, within(t, patience).Err())
	}
	l := listening(t, loopback, 1)
	if n, err := l.Unsent(); err == nil {
		t.Errorf("a listener has %d bytes", n)
	}
	is(t, second(new(socket.Socket).Unsent()), socket.ErrClosed)
}
