//go:build unix && !race

package netconn_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"runtime/debug"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/internal/testenv"
	"example.com/bsdsocket/ports"
	"example.com/bsdsocket/socket"
	"example.com/bsdsocket/socket/netconn"
)

// A waiter is what waits for bytes, or a datagram, that do not come.
type waiter struct {
	wait  func(b []byte)
	close func() error
}

// waiters make one each. Package net's, which the others are compared with, comes first.
var waiters = []kind{
	{"net.Conn.Read", func() (waiter, error) {
		s, err := polled(0)
		if err != nil {
			return waiter{}, err
		}
		defer s.Close()
		f, err := s.File()
		if err != nil {
			return waiter{}, err
		}
		defer f.Close()
		c, err := net.FileConn(f)
		return waiter{func(b []byte) { c.Read(b) }, func() error { return c.Close() }}, err
	}},
	{"Socket.Read", func() (waiter, error) {
		s, err := polled(0)
		return waiter{func(b []byte) { io.Reader(s).Read(b) }, s.Close}, err
	}},
	{"Socket.Receive", func() (waiter, error) {
		s, err := polled(time.Minute)
		return waiter{func(b []byte) { s.Receive(context.Background(), b, 0) }, s.Close}, err
	}},
	{"Socket.ReceiveFrom", func() (waiter, error) {
		s, err := polled(time.Minute)
		return waiter{func(b []byte) { s.ReceiveFrom(context.Background(), b, 0) }, s.Close}, err
	}},
	{"Socket.ReceiveMessage", func() (waiter, error) {
		s, err := polled(time.Minute)
		return waiter{func(b []byte) {
			s.ReceiveMessage(context.Background(), &socket.Message{Buffers: [][]byte{b}}, 0)
		}, s.Close}, err
	}},
	{"Socket.Accept", func() (waiter, error) {
		s, err := listening()
		return waiter{func([]byte) { s.Accept(context.Background()) }, s.Close}, err
	}},
	{"InputPort.ReadLine", func() (waiter, error) {
		return port(func(p *ports.InputPort, b []byte) { p.ReadLine() })
	}},
	{"InputPort.ReadFull", func() (waiter, error) {
		return port(func(p *ports.InputPort, b []byte) { p.ReadFull(b) })
	}},
	{"Conn.Read", func() (waiter, error) {
		s, err := polled(0)
		if err != nil {
			return waiter{}, err
		}
		c, err := netconn.NewConn(s)
		return waiter{func(b []byte) { c.Read(b) }, s.Close}, err
	}},
}

type kind struct {
	name string
	open func() (waiter, error)
}

// polled returns a socket that is on the poller already, as after its first wait. Its peer lives
// on, unreachable.
func polled(timeout time.Duration) (*socket.Socket, error) {
	s, peer, err := socket.Pair(constants.AF_UNIX, constants.SOCK_STREAM, 0)
	if err != nil {
		return nil, err
	}
	peers = append(peers, peer)
	if s, err = again(s); err != nil {
		return nil, err
	}
	return s, s.SetParams(socket.Params{ReceiveTimeout: timeout})
}

// again makes a socket of a socket, which is on the poller.
func again(s *socket.Socket) (*socket.Socket, error) {
	defer s.Close()
	f, err := s.File()
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return socket.FromFile(f)
}

func port(wait func(p *ports.InputPort, b []byte)) (waiter, error) {
	s, err := polled(time.Minute)
	if err != nil {
		return waiter{}, err
	}
	in, _, err := ports.New(s, ports.DefaultParams())
	return waiter{func(b []byte) { wait(in, b) }, s.Close}, err
}

func listening() (*socket.Socket, error) {
	s, err := socket.New(constants.AF_INET, constants.SOCK_STREAM, 0)
	if err != nil {
		return nil, err
	}
	if err := s.Listen(1); err != nil {
		return nil, err
	}
	return again(s)
}

var peers []*socket.Socket

// TestStackOfWaiters holds that a goroutine which waits needs no larger stack than one that waits
// in package net: thousands of them wait in a server, and a stack doubles when it grows. Each is
// measured in a process of its own, whose stacks are all new.
func TestStackOfWaiters(t *testing.T) {
	testenv.NeedsLinuxPath(t, "accept4(2) and MSG_CMSG_CLOEXEC, whose callers need little stack")
	const variable = "BSDSOCKET_TEST_WAITER"
	child := os.Getenv(variable)
	var theirs int
	for i, w := range waiters {
		if child == w.name {
			n, err := stackOf(w.open)
			if err != nil {
				t.Fatal(err)
			}
			fmt.Printf("stack=%d\n", n)
		}
		if child != "" {
			continue
		}
		cmd := exec.Command(os.Args[0], "-test.run=^TestStackOfWaiters$", "-test.timeout=60s")
		cmd.Env = append(os.Environ(), variable+"="+w.name)
		out, err := cmd.CombinedOutput()
		found := regexp.MustCompile(`stack=(-?\d+)`).FindSubmatch(out)
		if err != nil || found == nil {
			t.Fatalf("%s: %v\n%s", w.name, err, out)
		}
		n, _ := strconv.Atoi(string(found[1]))
		t.Logf("%d bytes a waiter in %s", n, w.name)
		if i == 0 {
			theirs = n
		} else if n > theirs+1024 { // a stack has 2,048 bytes, or 4,096
			t.Errorf("%d bytes of stack a waiter in %s, %d in %s",
				n, w.name, theirs, waiters[0].name)
		}
	}
}

// stackOf is how many bytes of stack a goroutine has that waits.
func stackOf(open func() (waiter, error)) (int, error) {
	const many = 300
	// A goroutine begins with as much as others had on the average at the last collection: with 2
	// KiB, if many are like these.
	idle := make(chan bool)
	defer close(idle)
	for range 10 * many {
		go func() { <-idle }()
	}
	var all []waiter
	for range many {
		w, err := open()
		if err != nil {
			return 0, err
		}
		all = append(all, w)
	}
	runtime.GC()
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	var over sync.WaitGroup
	for _, w := range all {
		over.Go(func() {
			b := make([]byte, 1)
			deeper(1, func() { w.wait(b) })
		})
		time.Sleep(200 * time.Microsecond) // it waits by then; if it does not, it has less
	}
	runtime.ReadMemStats(&after)
	for _, w := range all {
		w.close()
	}
	for _, s := range peers {
		s.Close()
	}
	over.Wait()
	return int(after.StackInuse-before.StackInuse) / many, nil
}

// deeper is what the handlers of a server have on the stack: on amd64 32 bytes a call.
//
//go:noinline
func deeper(calls int, fn func()) {
	if calls == 0 {
		fn()
		return
	}
	deeper(calls-1, fn)
	cameBack.Add(1) // or the call before would be a jump
}

var cameBack atomic.Int32
