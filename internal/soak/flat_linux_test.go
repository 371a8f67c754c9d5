package soak

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"testing"
	"time"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/internal/testenv"
	"example.com/bsdsocket/ports"
	"example.com/bsdsocket/ports/tcp"
	"example.com/bsdsocket/sockaddr"
	"example.com/bsdsocket/socket"
	"example.com/bsdsocket/socket/netconn"
	"example.com/bsdsocket/sockopt"
)

// A level is what a process has in use, when nothing is under way. Timers that are armed are heap
// objects, and so are contexts that still have children.
type level struct {
	descriptors, goroutines, objects, heap, resident int64
}

func (l level) String() string {
	const text = "%d descriptors, %d goroutines, %d objects of %d kB on the heap, %d kB resident"
	return fmt.Sprintf(text,
		l.descriptors, l.goroutines, l.objects, l.heap>>10, l.resident>>10)
}

func measure(t testing.TB) (l level) {
	t.Helper()
	// Objects with a finalizer or a cleanup take two collections; pools take two to be empty.
	for range 3 {
		runtime.GC()
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	l.objects, l.heap = int64(m.HeapObjects), int64(m.HeapAlloc)
	l.goroutines = int64(runtime.NumGoroutine())
	entries, err := os.ReadDir("/proc/self/fd")
	ok(t, err)
	l.descriptors = int64(len(entries))
	statm, err := os.ReadFile("/proc/self/statm")
	ok(t, err)
	var size int64
	_, err = fmt.Sscan(string(bytes.TrimSpace(statm)), &size, &l.resident)
	ok(t, err)
	l.resident *= int64(os.Getpagesize())
	return l
}

// most is the highest of each.
func most(levels []level) (m level) {
	for _, l := range levels {
		m.descriptors = max(m.descriptors, l.descriptors)
		m.goroutines = max(m.goroutines, l.goroutines)
		m.objects = max(m.objects, l.objects)
		m.heap = max(m.heap, l.heap)
		m.resident = max(m.resident, l.resident)
	}
	return m
}

// TestSoakFlat makes and closes connections of all kinds for the whole time, with calls that time
// out, are cancelled and closed. The last quarter of the time uses no more descriptors, goroutines,
// timers and memory than the first.
func TestSoakFlat(t *testing.T) {
	loopback, err := sockaddr.Inet("127.0.0.1", 0)
	ok(t, err)
	inPorts, err := tcp.Listen(ctx, 0, &tcp.Config{Host: "127.0.0.1"})
	ok(t, err)
	defer inPorts.Close()
	conns, err := netconn.Listen(ctx, "tcp", "127.0.0.1:0", nil)
	ok(t, err)
	defer conns.Close()
	udp, err := socket.New(constants.AF_INET, constants.SOCK_DGRAM, 0)
	ok(t, err)
	defer udp.Close()
	ok(t, udp.Bind(loopback))
	poller, err := socket.NewPoller()
	ok(t, err)
	defer poller.Close()
	buf := make([]byte, 100)
	// A reset leaves no connection in the state TIME_WAIT, of which there can only be some ten
	// thousand.
	reset := func(s *socket.Socket) error {
		return sockopt.SOLinger.Set(s, sockopt.Linger{Enabled: true})
	}
	kinds := []func() error{
		func() error { // sockets
			a, b, err := socket.Pair(constants.AF_UNIX, constants.SOCK_STREAM, 0)
			if err != nil {
				return err
			}
			waiting := start(func() error { return second(b.Receive(ctx, buf[:10], 0)) })
			_, err = a.Send(ctx, []byte("x"), 0)
			return errors.Join(err, <-waiting, a.Close(), b.Close())
		},
		func() error { // ports, and a custodian
			var custodian ports.Custodian
			accepted := start(func() error {
				in, out, err := inPorts.Accept(ctx)
				if err != nil {
					return err
				}
				_, err = out.WriteString("hello\n")
				err = errors.Join(err, out.Close())
				in.ReadByte() // until the client resets
				in.Close()
				return err
			})
			in, out, err := tcp.Dial(ctx, "127.0.0.1", inPorts.Port(),
				&tcp.Config{Custodian: &custodian})
			if err != nil {
				return err
			}
			_, err = in.ReadLine()
			err = errors.Join(err, reset(out.Socket()), custodian.Close())
			return errors.Join(err, <-accepted)
		},
		func() error { // package net's interfaces
			accepted := start(func() error {
				c, err := conns.Accept()
				if err != nil {
					return err
				}
				_, err = c.Write([]byte("hello"))
				c.Read(buf[20:30])
				c.Close()
				return err
			})
			c, err := netconn.Dial(ctx, "tcp", conns.Addr().String(), nil)
			if err != nil {
				return err
			}
			_, err = c.Read(buf[30:40])
			err = errors.Join(err, c.(*netconn.Conn).SetLinger(0), c.Close())
			return errors.Join(err, <-accepted)
		},
		func() error { // calls that end otherwise, with timers
			for _, limit := range []func() (context.Context, context.CancelFunc){
				func() (context.Context, context.CancelFunc) {
					return contextWithin(10 * time.Microsecond)
				},
				func() (context.Context, context.CancelFunc) {
					c, cancel := context.WithCancel(ctx)
					time.AfterFunc(10*time.Microsecond, cancel)
					return c, cancel
				},
			} {
				c, cancel := limit()
				_, err := udp.Receive(c, buf[40:50], 0)
				cancel()
				if c.Err() == nil || !errors.Is(err, c.Err()) {
					return fmt.Errorf("a call with an end: %w", err)
				}
			}
			if err := udp.SetReadDeadline(time.Now().Add(10 * time.Microsecond)); err != nil {
				return err
			}
			_, err := udp.Receive(ctx, buf[40:50], 0)
			if !errors.Is(err, socket.ErrTimeout) {
				return fmt.Errorf("a call with a deadline: %w", err)
			}
			return udp.SetReadDeadline(time.Time{})
		},
		func() error { // closed while they wait, in a poller
			a, b, err := socket.Pair(constants.AF_UNIX, constants.SOCK_DGRAM, 0)
			if err != nil {
				return err
			}
			err = poller.Add(a, socket.PollIn, nil)
			waiting := start(func() error { return second(a.Receive(ctx, buf[50:60], 0)) })
			runtime.Gosched()
			err = errors.Join(err, a.Close(), b.Close())
			if e := <-waiting; !errors.Is(e, socket.ErrClosed) {
				err = errors.Join(err, fmt.Errorf("a call that Close ends: %w", e))
			}
			return err
		},
		func() error { // the error queue's duplicate, a detached descriptor, a duplicate
			a, b, err := socket.Pair(constants.AF_UNIX, constants.SOCK_STREAM, 0)
			if err != nil {
				return err
			}
			c, cancel := contextWithin(10 * time.Microsecond)
			defer cancel()
			a.Receive(c, buf[60:70], constants.MSG_ERRQUEUE)
			dup, err := b.Dup()
			if err == nil {
				err = dup.Close()
			}
			fd, e := b.Detach()
			if e == nil {
				b, e = socket.FromFD(fd)
			}
			if err = errors.Join(err, e); err != nil {
				return err
			}
			return errors.Join(a.Close(), b.Close())
		},
	}
	d := testenv.Soak(t)
	began := time.Now()
	var levels []level
	var made int64
	const samples = 16
	for len(levels) < samples {
		for i, kind := range kinds {
			if err := kind(); err != nil {
				t.Fatalf("kind %d: %v", i, err)
			}
			made++
		}
		// What has been used once, such as pools and the poller, has been by now.
		if time.Since(began) >= d*time.Duration(len(levels)+1)/samples {
			levels = append(levels, measure(t))
		}
	}
	first, last := most(levels[:samples/4]), most(levels[samples-samples/4:])
	t.Logf("the first quarter: %v", first)
	t.Logf("the last quarter:  %v", last)
	t.Logf("%d connections and calls", made)
	for _, row := range []struct {
		what               string
		first, last, spare int64
	}{
		// of a child process that starts, say
		{"descriptors", first.descriptors, last.descriptors, 4},
		{"goroutines", first.goroutines, last.goroutines, 4},
		{"objects on the heap", first.objects, last.objects, 1000 + made/20},
		{"bytes on the heap", first.heap, last.heap, 256<<10 + made},
		{"bytes resident", first.resident, last.resident, 32<<20 + made*10},
	} {
		lost := int64(0)
		if raced && row.what == "bytes resident" {
			continue
		}
		if row.last > row.first+row.spare {
			t.Errorf("%s: %d in the first quarter, %d in the last", row.what, row.first, row.last)
			lost = row.last - row.first
		}
		testenv.Tried(t, "looks at "+row.what+", which stay flat", samples, lost)
	}
	testenv.Tried(t, "connections and calls of all kinds for the whole time", made, 0)
}
