package tcp_test

import (
	"bytes"
	"context"
	"os"
	"strconv"
	"testing"
	"time"

	"example.com/bsdsocket/internal/testenv"
	"example.com/bsdsocket/ports/tcp"
	"example.com/bsdsocket/socket"
)

// TestDefaultBacklog has 300 clients come before any is accepted: none is turned away, to come
// again a second later. With the seed's backlog of 100 the kernel counts those for whom there was
// no room.
func TestDefaultBacklog(t *testing.T) {
	for _, test := range []struct {
		backlog int
		late    bool
	}{{0, false}, {100, true}} {
		ns := testenv.NetNS(t)
		ns.Sysctl("net.core.somaxconn", "4096") // the default since Linux 5.4
		ns.Do(func() {
			l, err := tcp.Listen(context.Background(), "0",
				&tcp.Config{Host: "127.0.0.1", Backlog: test.backlog})
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			for i := range 300 {
				c, err := socket.New(l.Addrs()[0].Family(), l.Sockets()[0].Type(), 0)
				if err != nil {
					t.Fatal(err)
				}
				defer c.Close()
				p := socket.DefaultParams()
				if test.late {
					p.ConnectTimeout = time.Millisecond
				}
				if err := c.SetParams(p); err != nil {
					t.Fatal(err)
				}
				if err := c.Connect(context.Background(), l.Addrs()[0]); err != nil && !test.late {
					t.Fatalf("client %d: %v", i, err)
				}
			}
			if n := overflows(t); n > 0 != test.late {
				t.Errorf("backlog %d: no room for %d of 300 clients", test.backlog, n)
			}
		})
	}
}

// overflows is how often a queue of clients was full in this network namespace.
func overflows(t *testing.T) int {
	text, err := os.ReadFile("/proc/thread-self/net/netstat")
	if err != nil {
		t.Fatal(err)
	}
	var names [][]byte
	for line := range bytes.Lines(text) {
		fields := bytes.Fields(line)
		for i, name := range names {
			if string(name) == "ListenOverflows" && i < len(fields) {
				n, err := strconv.Atoi(string(fields[i]))
				if err != nil {
					t.Fatal(err)
				}
				return n
			}
		}
		names = fields
	}
	t.Fatal("no ListenOverflows")
	return 0
}
