package socket_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/internal/sys"
	"example.com/bsdsocket/internal/testenv"
	"example.com/bsdsocket/socket"
	"example.com/bsdsocket/sockopt"
)

// TestCopyUrgent copies a stream with an urgent byte in it: splice(2) stops at its mark, and the
// copy goes on, as one by Read does.
func TestCopyUrgent(t *testing.T) {
	for _, refuse := range []bool{false, true} {
		for _, ends := range []bool{true, false} { // the client closes before the copy, or stays
			for what, copy := range map[string]func(from *socket.Socket, to io.Writer,
				pipe *os.File) (int64, error){
				"ReadFrom": func(from *socket.Socket, to io.Writer, _ *os.File) (int64, error) {
					return to.(*socket.Socket).ReadFrom(from)
				},
				"ReadFrom limited": func(from *socket.Socket, to io.Writer,
					_ *os.File) (int64, error) {
					return to.(*socket.Socket).ReadFrom(io.LimitReader(from, 9))
				},
				"WriteTo": func(from *socket.Socket, to io.Writer,
					_ *os.File) (int64, error) {
					return from.WriteTo(to)
				},
				"WriteTo pipe": func(from *socket.Socket, _ io.Writer,
					pipe *os.File) (int64, error) {
					return from.WriteTo(pipe)
				},
			} {
				t.Run(fmt.Sprintf("%s, refused %t, ends %t", what, refuse, ends),
					func(t *testing.T) {
						client, from := tcp(t)
						to, reader := tcp(t)
						r, w, err := os.Pipe()
						ok(t, err)
						defer r.Close()
						defer w.Close()
						var got io.Reader = reader
						if what == "WriteTo pipe" {
							got = r
						}
						if refuse {
							defer socket.RefuseSplice(0)()
						}
						send(t, client, "abc")
						ok(t, second(client.Send(ctx, []byte("!"), constants.MSG_OOB)))
						send(t, client, "defghi")
						if ends {
							ok(t, client.Close())
						}
						var n int64
						done := start(func() (err error) { n, err = copy(from, to, w); return err })
						all := make([]byte, 9)
						_, err = io.ReadFull(got, all)
						if err != nil || string(all) != "abcdefghi" {
							t.Errorf("%q, %v", all, err)
						}
						if !ends {
							ok(t, client.Close())
						}
						if ok(t, result(t, done)); n != 9 {
							t.Error(n)
						}
					})
			}
		}
	}
}

// TestCopyBlocking has somebody who shares the socket clear O_NONBLOCK: copies and SendFile end all
// the same, by context, deadline and Close.
func TestCopyBlocking(t *testing.T) {
	file := fileWith(t, make([]byte, 64<<20))
	for what, transfer := range map[string]func(c context.Context, s *socket.Socket) error{
		"SendFile": func(c context.Context, s *socket.Socket) error {
			return second64(s.SendFile(c, file, 0, -1))
		},
		"CopyFrom": func(c context.Context, s *socket.Socket) error {
			feed, from := pair(t, constants.SOCK_STREAM)
			go func() { feed.Write(make([]byte, 64<<20)) }()
			defer feed.Close()
			return second64(s.CopyFrom(c, from))
		},
		"CopyFrom, waiting": func(c context.Context, s *socket.Socket) error {
			to, _ := pair(t, constants.SOCK_STREAM)
			return second64(to.CopyFrom(c, s))
		},
		"CopyTo, waiting": func(c context.Context, s *socket.Socket) error {
			to, _ := pair(t, constants.SOCK_STREAM)
			return second64(s.CopyTo(c, to))
		},
	} {
		for end, do := range map[string]func(s *socket.Socket, cancel context.CancelFunc) error{
			"context": func(_ *socket.Socket,
				cancel context.CancelFunc) error {
				cancel()
				return context.Canceled
			},
			"deadline": func(s *socket.Socket, _ context.CancelFunc) error {
				s.SetDeadline(time.Now())
				return socket.ErrTimeout
			},
			"close": func(s *socket.Socket,
				_ context.CancelFunc) error {
				s.Close()
				return socket.ErrClosed
			},
		} {
			t.Run(what+"/"+end, func(t *testing.T) {
				s, _ := tcp(t)
				d, err := s.Dup()
				ok(t, err)
				defer d.Close()
				ok(t, sys.SetNonblock(d.FD(), false))
				c, cancel := context.WithCancel(ctx)
				defer cancel()
				done := start(func() error { return transfer(c, s) })
				for len(stacksIn("internal/fd.(*Op).Run(")) == 0 {
					time.Sleep(time.Millisecond)
				}
				time.Sleep(short)
				want := do(s, cancel)
				is(t, result(t, done), want)
			})
		}
	}
}

// TestCopyRefused has a policy refuse sendfile(2) and splice(2): the bytes are copied.
func TestCopyRefused(t *testing.T) {
	content := noise(200_000)
	for _, errno := range []syscall.Errno{syscall.EPERM, syscall.EACCES, syscall.ENOSYS} {
		restore := socket.FailSplice(errno)
		for what, copy := range map[string]func(s, from *socket.Socket) (int64, error){
			"SendFile": func(s, _ *socket.Socket) (int64, error) {
				return s.SendFile(ctx, fileWith(t, content), 0, -1)
			},
			"ReadFrom": func(s, from *socket.Socket) (int64, error) { return s.ReadFrom(from) },
		} {
			a, b := tcp(t)
			feed, from := pair(t, constants.SOCK_STREAM)
			go func() { feed.Write(content); feed.Close() }()
			got := collect(b)
			n, err := copy(a, from)
			a.Close()
			if all := <-got; n != int64(len(content)) || err != nil || !bytes.Equal(all, content) {
				t.Errorf("%s, %v: %d sent, %d arrived, %v", what, errno, n, len(all), err)
			}
		}
		restore()
	}
}

// TestCopyLoses holds what a copy loses whose destination takes nothing more.
func TestCopyLoses(t *testing.T) {
	feed, from := pair(t, constants.SOCK_STREAM)
	to, _ := pair(t, constants.SOCK_STREAM)
	set(t, to, func(p *socket.Params) { p.SendTimeout = 5 * short })
	wrote := make(chan int, 1)
	go func() {
		n, _ := feed.Write(make([]byte, 4<<20))
		wrote <- n
	}()
	n, err := to.ReadFrom(from)
	is(t, err, socket.ErrTimeout)
	ok(t, feed.SetWriteDeadline(time.Now()))
	total := <-wrote
	rest, err := from.Pending()
	ok(t, err)
	if lost := total - rest - int(n); lost < 0 || lost > 256<<10 {
		t.Errorf("of %d bytes %d were copied, %d are left: %d are lost", total, n, rest, lost)
	}
}

// TestCopyKeepsPipes copies little, often: one pipe serves all.
func TestCopyKeepsPipes(t *testing.T) {
	testenv.NeedsLinuxPath(t, "splice(2)")
	if raceDetector {
		t.Skip("needs a build without the race detector, under which sync.Pool forgets at random")
	}
	feed, from := pair(t, constants.SOCK_STREAM)
	to, reader := pair(t, constants.SOCK_STREAM)
	made := socket.CountPipes()
	b := make([]byte, 100)
	var err error
	allocations(t, "a copy of 100 bytes", 6, func() {
		_, e1 := feed.Write(b)
		_, e2 := to.ReadFrom(&io.LimitedReader{R: from, N: 100})
		_, e3 := io.ReadFull(reader, b)
		if e := errors.Join(e1, e2, e3); e != nil {
			err = e
		}
	})
	n := made()
	if ok(t, err); n > 3 {
		t.Errorf("%d pipes were made", n)
	}
}

// TestSendAllDoesNotAllocate sends what the library cuts.
func TestSendAllDoesNotAllocate(t *testing.T) {
	if raceDetector {
		t.Skip("needs a build without the race detector, under which sync.Pool forgets at random")
	}
	a, b := tcp(t)
	out, in := make([]byte, 40_000), make([]byte, 40_000)
	var err error
	allocations(t, "SendAll in three pieces", 0, func() {
		_, e1 := a.SendAll(ctx, out, 0)
		_, e2 := b.Receive(ctx, in, constants.MSG_WAITALL)
		if e := errors.Join(e1, e2); e != nil {
			err = e
		}
	})
	ok(t, err)
}

// TestCopyReader takes no buffer of its own for what a Reader has.
func TestCopyReader(t *testing.T) {
	if raceDetector {
		t.Skip("needs a build without the race detector, under which sync.Pool forgets at random")
	}
	a, b := pair(t, constants.SOCK_STREAM)
	content := strings.Repeat("x", 4000)
	buf := make([]byte, 4000)
	result := testing.Benchmark(func(bench *testing.B) {
		bench.ReportAllocs()
		for bench.Loop() {
			a.ReadFrom(&io.LimitedReader{R: readerAlone{strings.NewReader(content)}, N: 4000})
			io.ReadFull(b, buf)
		}
	})
	if got := result.AllocedBytesPerOp(); got > 1000 {
		t.Errorf("%d bytes are allocated", got)
	}
}

// TestCopyMessages copies messages: each is one again, empty ones and those of more than 64 KiB
// too.
func TestCopyMessages(t *testing.T) {
	for _, typ := range []constants.SocketType{constants.SOCK_SEQPACKET, constants.SOCK_DGRAM} {
		for _, how := range []string{"ReadFrom", "WriteTo"} {
			t.Run(fmt.Sprintf("%v/%s", typ, how), func(t *testing.T) {
				feed, from := pair(t, typ)
				to, got := pair(t, typ)
				sizes := []int{3, 0, 100_000, 0, 5, 70_000, 1}
				done := start(func() error {
					if how == "ReadFrom" {
						return second64(to.ReadFrom(from))
					}
					return second64(from.WriteTo(to))
				})
				b := make([]byte, 200_000)
				for _, size := range sizes {
					ok(t, second(feed.Write(make([]byte, size))))
					if n, err := got.Receive(within(t, patience), b, 0); n != size || err != nil {
						t.Fatalf("%d, %v; want %d", n, err, size)
					}
				}
				ok(t, from.Shutdown(constants.SHUT_RD))
				ok(t, result(t, done))
			})
		}
	}
	// To a writer, each is one Write.
	feed, from := pair(t, constants.SOCK_SEQPACKET)
	for _, text := range []string{"one", "", "three"} {
		ok(t, second(feed.Write([]byte(text))))
	}
	ok(t, from.Shutdown(constants.SHUT_RD))
	var all []string
	_, err := from.WriteTo(
		writer(func(b []byte) (int, error) { all = append(all, string(b)); return len(b), nil }))
	if ok(t, err); fmt.Sprint(all) != "[one  three]" {
		t.Errorf("%q", all)
	}
	// From package net's packet connections, too.
	c, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	ok(t, err)
	defer c.Close()
	a, b := udp(t)
	ok(t, a.Connect(ctx, name(t, b)))
	done := start(func() error { return second64(a.ReadFrom(c)) })
	d, err := net.Dial("udp", c.LocalAddr().String())
	ok(t, err)
	defer d.Close()
	for _, text := range []string{"x", "", "y"} {
		ok(t, second(d.Write([]byte(text))))
		receive(t, b, text)
	}
	c.Close()
	is(t, result(t, done), net.ErrClosed)
}

// TestCopyDelay sends a request and waits for the answer, over loopback and over a link of
// Ethernet's size: no way to send, and no size, waits for a delayed acknowledgement (40 ms), though
// Nagle's algorithm is on.
func TestCopyDelay(t *testing.T) {
	testenv.Needs(t, testenv.NetAdmin, testenv.IPCommand)
	ns := testenv.NetNS(t)
	for _, mtu := range []string{"65536", "1500"} {
		ns.Run("ip", "link", "set", "lo", "mtu", mtu)
		for what, sending := range map[string]func(s *socket.Socket, b []byte) error{
			"Write": func(s *socket.Socket, b []byte) error { return second(s.Write(b)) },
			"SendAll": func(s *socket.Socket,
				b []byte) error {
				return second(s.SendAll(ctx, b, 0))
			},
			"SendMessages": func(s *socket.Socket, b []byte) error {
				return second(s.SendMessages(ctx, []socket.Message{
					{Buffers: [][]byte{b[:len(b)-1]}}, {Buffers: [][]byte{b[len(b)-1:]}}}, 0))
			},
			"ReadFrom": func(s *socket.Socket,
				b []byte) error {
				return second64(s.ReadFrom(readerAlone{bytes.NewReader(b)}))
			},
			"SendFile": func(s *socket.Socket,
				b []byte) error {
				return second64(s.SendFile(ctx, fileWith(t, b), 0, -1))
			},
			"splice": func(s *socket.Socket, b []byte) error {
				feed, from := pair(t, constants.SOCK_STREAM)
				go func() { feed.Write(b); feed.Close() }()
				return second64(s.ReadFrom(from))
			},
		} {
			l, err := socket.NewIn(ns.Path(), constants.AF_INET, constants.SOCK_STREAM, 0)
			ok(t, err)
			ok(t, l.Bind(loopback))
			ok(t, l.Listen(1))
			s, err := socket.NewIn(ns.Path(), constants.AF_INET, constants.SOCK_STREAM, 0)
			ok(t, err)
			ok(t, s.Connect(ctx, name(t, l)))
			c, _, err := l.Accept(ctx)
			ok(t, err)
			on, err := sockopt.TCPNoDelay.Get(s)
			if ok(t, err); on {
				t.Fatal("Nagle's algorithm is off")
			}
			sizes := []int{1, 1459, 1461, 16383, 16384, 16385, 20000, 32767, 32768, 32769, 49153,
				65535, 65537, 70000, 98305, 131073, 262145, 1 << 20}
			slow := func(size int) (slow int) {
				for range 5 {
					// the kernel now and then acknowledges at once, and a busy machine now and then
					// does not
					go func() { // who answers once he has all
						io.ReadFull(c, make([]byte, size))
						c.Write([]byte("."))
					}()
					begin := time.Now()
					ok(t, sending(s, make([]byte, size)))
					ok(t, second(s.Read(make([]byte, 1))))
					if time.Since(begin) > 35*time.Millisecond {
						slow++
					}
				}
				return slow
			}
			for _, size := range sizes {
				n := slow(size)
				if n < 4 {
					continue
				}
				// If it is slow without Nagle's algorithm too, nothing waits for an
				// acknowledgement: the machine is busy.
				ok(t, sockopt.TCPNoDelay.Set(s, true))
				busy := slow(size)
				ok(t, sockopt.TCPNoDelay.Set(s, false))
				if busy == 0 {
					t.Errorf("MTU %s, %s of %d: %d of 5 took as long as a delayed acknowledgement",
						mtu, what, size, n)
				}
			}
			for _, s := range []*socket.Socket{l, s, c} {
				s.Close()
			}
		}
	}
}
