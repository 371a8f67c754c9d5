package fd

import (
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"example.com/bsdsocket/internal/sys"
)

// tcpPair is two FDs that are connected by TCP.
func tcpPair(t *testing.T) (a, b *FD) {
	t.Helper()
	l, err := sys.Socket(unix.AF_INET, unix.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer sys.Close(l)
	var sa sys.RawAddr
	if err = sys.Listen(l, 1); err != nil {
		t.Fatal(err)
	}
	n, err := sys.Getsockname(l, &sa)
	if err != nil {
		t.Fatal(err)
	}
	c, err := sys.Socket(unix.AF_INET, unix.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	a, b = new(FD), new(FD)
	a.Init(c)
	t.Cleanup(func() { a.Close() })
	if err = sys.Connect(c, sa[:n]); err != nil && err != unix.EINPROGRESS {
		t.Fatal(err)
	}
	unix.Poll([]unix.PollFd{{Fd: int32(l), Events: unix.POLLIN}}, int(patience/time.Millisecond))
	s, _, err := sys.Accept(l, &sa)
	if err != nil {
		t.Fatal(err)
	}
	b.Init(s)
	t.Cleanup(func() { b.Close() })
	return a, b
}

// SO_RCVLOWAT keeps the event away, not the bytes.
func TestLowWaterMark(t *testing.T) {
	f, peer := tcpPair(t)
	check(t, "SO_RCVLOWAT", f.Control(func(sysfd int) error {
		return unix.SetsockoptInt(sysfd, unix.SOL_SOCKET, unix.SO_RCVLOWAT, 100)
	}), nil)
	inTime(t, 100*time.Millisecond, func(timeout time.Duration) bool {
		got := 0
		c := newCall(func(sysfd int) (err error) {
			got, err = sys.Recv(sysfd, make([]byte, 200), sys.MsgDontWait)
			return err
		})
		done := begin(func() error { return c.Run(background, f, Read, timeout) })
		until(t, "it waits, or has", func() bool { return inPoller() || len(done) > 0 })
		if len(done) > 0 {
			return false
		}
		check(t, "a send", peer.Control(func(sysfd int) error {
			_, err := sys.Send(sysfd, make([]byte, 50), 0)
			return err
		}), nil)
		err := soon(t, done)
		if err != nil { // it was over before the bytes came, if they are there
			check(t, "what was there", c.Run(background, f, Read, patience), nil)
		}
		if got != 50 {
			t.Errorf("it received %d bytes", got)
		}
		return err == nil
	})
}

// A sender whose peer reads all the time, but slowly, is not timed out.
func TestSlowReader(t *testing.T) {
	inTime(t, 200*time.Millisecond, func(timeout time.Duration) bool {
		f, peer := tcpPair(t)
		stop := make(chan struct{})
		late := false // the reader was
		reader := begin(func() error {
			b := make([]byte, 40<<10)
			for last := time.Now(); ; {
				select {
				case <-stop:
					return nil
				case <-time.After(timeout / 4):
				}
				if err := peer.Control(func(sysfd int) error {
					_, err := sys.Recv(sysfd, b, sys.MsgDontWait)
					return err
				}); err != nil && err != unix.EAGAIN {
					return err
				}
				late = late || time.Since(last) > timeout/2
				last = time.Now()
			}
		})
		b := make([]byte, 256<<10)
		var err error
		for begun := time.Now(); err == nil && time.Since(begun) < 5*timeout; {
			c := newCall(func(sysfd int) error {
				_, err := sys.Send(sysfd, b, sys.MsgDontWait|sys.MsgNoSignal)
				return err
			})
			err = c.Run(background, f, Write, timeout)
		}
		close(stop)
		check(t, "the reader", soon(t, reader), nil)
		if !late {
			check(t, "a send", err, nil)
		}
		return err == nil
	})
}
