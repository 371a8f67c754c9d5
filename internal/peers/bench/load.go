//go:build linux

package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"sync"
	"syscall"
	"time"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/internal/peers/bench/report"
	"example.com/bsdsocket/internal/peers/thirdparty"
	"example.com/bsdsocket/ports"
	"example.com/bsdsocket/ports/tcp"
	"example.com/bsdsocket/sockaddr"
	"example.com/bsdsocket/socket"
	"example.com/bsdsocket/sockopt"
)

// What people meet in production, beside package net alone: every size and way of writing, many
// goroutines at one listener or socket, calls that end by a timeout, short copies, room for more
// than comes.

// loadRows are those benchmarks.
func loadRows() (list []row) {
	add := func(name, title, unit string, w work, goals ...report.Goal) {
		list = append(list,
			row{work: w, Row: report.Row{Name: name, Title: title, Unit: unit, Goals: goals}})
	}
	for _, w := range writings {
		add("Sizes/"+w.name, "request of 1 B to 1 MiB and answer, "+w.title, "all sizes", w.work(0),
			atMost(1.2, "net"))
		add("Sizes1500/"+w.name, "the same, segments of 1448 B", "all sizes", w.work(1448),
			atMost(1.2, "net"))
	}
	for _, n := range []int{1, 16, 64, 256} {
		add(fmt.Sprint("Accept/", n), fmt.Sprintf("processor time a client, %d goroutines accept",
			n), "client", acceptors(n), atMost(1.1, "net"))
	}
	for _, n := range []int{1, 4, 16, 64, 256} {
		add(fmt.Sprint("Shared/send", n), fmt.Sprintf("one UDP socket, %d goroutines send", n),
			"datagram", sharedSends(n), asFast...)
	}
	for _, n := range []int{1, 4, 16, 64, 256} {
		add(fmt.Sprint("Shared/both", n),
			fmt.Sprintf("one UDP socket, %d goroutines send and receive", n), "datagram",
			sharedBoth(n), asFast...)
	}
	add("Timeout/past", "a UDP receive past its deadline", "call", timeouts(-time.Second),
		atMost(1, "net"), allocations(2))
	add("Timeout/soon", "a UDP receive that times out after 20 µs", "call",
		timeouts(20*time.Microsecond), atMost(1, "net"), allocations(2))
	for _, n := range []int{100, 4096, 65536} {
		add(fmt.Sprint("ShortCopy/", n), fmt.Sprintf("copy of %d B between connections", n), "copy",
			shortCopies(n), atMost(1.05, "net"))
	}
	add("Room/1024", "one datagram, with room for 1,024", "datagram", roomFor(1024),
		atMost(1.2, "net"), allocations(0))
	return list
}

// sizes are around every boundary: of a segment, a page, the default buffers and SendSize, and
// their multiples.
var sizes = func() (list []int) {
	list = []int{1, 64}
	for _, around := range []int{1448, 2896, 4096, 8192, 16384, 32768, 49152, 65536, 131072,
		1 << 20} {
		list = append(list, around-1, around, around+1)
	}
	return list
}()

// A writing is a way to write a request.
type writing struct {
	name, title string
	ours        func(s *socket.Socket) (func(b []byte) error, error)
	net         func(c net.Conn) func(b []byte) error
}

var writings = []writing{
	{"SendAll", "SendAll", func(s *socket.Socket) (func(b []byte) error, error) {
		return func(b []byte) error { _, err := s.SendAll(context.Background(), b, 0); return err },
			nil
	}, plainWrite},
	{"Port", "Write of a port", func(s *socket.Socket) (func(b []byte) error, error) {
		_, out, err := ports.New(s, ports.DefaultParams())
		return func(b []byte) error { _, err := out.Write(b); return err }, err
	}, plainWrite},
	{"Flush", "Write and Flush of a buffered port",
		func(s *socket.Socket) (func(b []byte) error, error) {
			_, out, err := ports.New(s, ports.Params{SendBufferSize: bufferSize})
			return func(b []byte) error {
				_, err := out.Write(b)
				return errors.Join(err, out.Flush())
			}, err
		}, func(c net.Conn) func(b []byte) error {
			w := bufio.NewWriterSize(c, bufferSize)
			return func(b []byte) error { _, err := w.Write(b); return errors.Join(err, w.Flush()) }
		}},
	{"Pieces", "written in pieces of 1000 B to a buffered port",
		func(s *socket.Socket) (func(b []byte) error, error) {
			_, out, err := ports.New(s, ports.Params{SendBufferSize: bufferSize})
			return func(b []byte) error { return errors.Join(pieces(out, b), out.Flush()) }, err
		}, func(c net.Conn) func(b []byte) error {
			w := bufio.NewWriterSize(c, bufferSize)
			return func(b []byte) error { return errors.Join(pieces(w, b), w.Flush()) }
		}},
	{"SendMessages", "SendMessages of two", func(s *socket.Socket) (func(b []byte) error, error) {
		return func(b []byte) error {
			ms := [2]socket.Message{{Buffers: [][]byte{b[:len(b)/2]}},
				{Buffers: [][]byte{b[len(b)/2:]}}}
			_, err := s.SendMessages(context.Background(), ms[:], 0)
			return err
		}, nil
	}, func(c net.Conn) func(b []byte) error {
		return func(b []byte) error {
			buffers := net.Buffers{b[:len(b)/2], b[len(b)/2:]}
			_, err := buffers.WriteTo(c)
			return err
		}
	}},
	{"ReadFrom", "ReadFrom of a reader", func(s *socket.Socket) (func(b []byte) error, error) {
		return func(b []byte) error {
			_, err := s.ReadFrom(onlyReader{bytes.NewReader(b)})
			return err
		}, nil
	}, func(c net.Conn) func(b []byte) error {
		return func(b []byte) error {
			_, err := io.Copy(c, onlyReader{bytes.NewReader(b)})
			return err
		}
	}},
}

func plainWrite(c net.Conn) func(b []byte) error {
	return func(b []byte) error { _, err := c.Write(b); return err }
}

type onlyReader struct{ io.Reader }

func pieces(w io.Writer, b []byte) error {
	for len(b) > 0 {
		n := min(len(b), 1000)
		if _, err := w.Write(b[:n]); err != nil {
			return err
		}
		b = b[n:]
	}
	return nil
}

// work sends a request of every size to a server that answers each with one byte. Segment is the
// most that a segment has, 0 for what the loopback interface takes.
func (w writing) work(segment int) work {
	return func(b *bench) error {
		l, err := net.Listen("tcp4", "127.0.0.1:0")
		if err != nil {
			return err
		}
		b.cleanup(func() { l.Close() })
		to := sockaddr.FromAddrPort(l.Addr().(*net.TCPAddr).AddrPort())
		s, err := socket.New(constants.AF_INET, constants.SOCK_STREAM, 0)
		if err != nil {
			return err
		}
		b.cleanup(func() { s.Close() })
		if segment > 0 {
			if err := sockopt.TCPMaxSegmentSize.Set(s, segment); err != nil {
				return err
			}
		}
		if err := s.Connect(context.Background(), to); err != nil {
			return err
		}
		server, err := l.Accept()
		if err != nil {
			return err
		}
		b.cleanup(func() { server.Close() })
		var write func([]byte) error
		var answer func([]byte) error
		switch b.lib {
		case ours:
			if err := s.SetParams(socket.DefaultParams()); err != nil {
				return err
			}
			// The ports of package tcp, and net's connections, have Nagle's algorithm off.
			if err := sockopt.TCPNoDelay.Set(s, w.name != "SendAll" && w.name != "SendMessages" &&
				w.name != "ReadFrom"); err != nil {
				return err
			}
			write, err = w.ours(s)
			answer = func(one []byte) error {
				_, err := s.Receive(context.Background(), one, 0)
				return err
			}
		case stdlib:
			f, fileErr := s.File()
			if fileErr != nil {
				return fileErr
			}
			defer f.Close()
			var c net.Conn
			if c, err = net.FileConn(f); err == nil {
				b.cleanup(func() { c.Close() })
				write = w.net(c)
				answer = func(one []byte) error { _, err := io.ReadFull(c, one); return err }
			}
		default:
			return errNone
		}
		if err != nil {
			return err
		}
		go func() {
			in := make([]byte, sizes[len(sizes)-1])
			for {
				for _, n := range sizes {
					if _, err := io.ReadFull(server, in[:n]); err != nil {
						return
					}
					if _, err := server.Write(in[:1]); err != nil {
						return
					}
				}
			}
		}()
		out, one := make([]byte, sizes[len(sizes)-1]), make([]byte, 1)
		b.run = func(n int) error {
			for range n {
				for _, size := range sizes {
					if err := write(out[:size]); err != nil {
						return err
					}
					if err := answer(one); err != nil {
						return err
					}
				}
			}
			return nil
		}
		return nil
	}
}

// processorTime is what the process has used.
func processorTime() time.Duration {
	var u syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// acceptors connects one client after the other to a listener where n goroutines wait, and measures
// processor time. Ours is the default listener, of two sockets.
func acceptors(n int) work {
	return func(b *bench) error {
		var accept func() (io.Closer, error)
		var to string
		switch b.lib {
		case ours:
			l, err := tcp.Listen(context.Background(), 0, nil)
			if err != nil {
				return err
			}
			b.cleanup(func() { l.Close() })
			accept = func() (io.Closer, error) {
				d, err := l.AcceptDuplex(context.Background())
				return d, err
			}
			to = "127.0.0.1:" + l.Service()
		case stdlib:
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				return err
			}
			b.cleanup(func() { l.Close() })
			accept = func() (io.Closer, error) { return l.Accept() }
			to = l.Addr().String()
		default:
			return errNone
		}
		for range n {
			go func() {
				for {
					c, err := accept()
					if err != nil {
						return
					}
					c.Close()
				}
			}()
		}
		address, err := net.ResolveTCPAddr("tcp", to)
		if err != nil {
			return err
		}
		var used time.Duration
		var done int
		b.least = 20
		b.run = func(n int) error {
			begin := processorTime()
			one := make([]byte, 1)
			for range n {
				c, err := net.DialTCP("tcp", nil, address)
				if err != nil {
					return err
				}
				c.Read(one) // until the server closes it
				c.Close()
			}
			used, done = processorTime()-begin, n
			return nil
		}
		b.metrics = func() map[string]float64 {
			return map[string]float64{report.Time: float64(used) / float64(done)}
		}
		return nil
	}
}

// A datagramConn is what both packages' connections of UDP are.
type datagramConn interface {
	net.PacketConn
	WriteToUDPAddrPort([]byte, netip.AddrPort) (int, error)
	ReadFromUDPAddrPort([]byte) (int, netip.AddrPort, error)
	SetReadBuffer(int) error
}

// datagramConn makes one.
func (b *bench) datagramConn() (datagramConn, netip.AddrPort, error) {
	if b.lib.third == nil {
		return nil, netip.AddrPort{}, errNone
	}
	c, err := b.lib.third.ListenPacket(context.Background(), "udp4", "127.0.0.1:0")
	if err != nil {
		return nil, netip.AddrPort{}, err
	}
	b.cleanup(func() { c.Close() })
	return c.(datagramConn), c.LocalAddr().(*net.UDPAddr).AddrPort(), nil
}

// divided runs n operations on so many goroutines.
func divided(n, goroutines int, do func(n int) error) error {
	var all sync.WaitGroup
	errs := make([]error, goroutines)
	for i := range goroutines {
		all.Go(func() { errs[i] = do(share(n, i, goroutines)) })
	}
	all.Wait()
	return errors.Join(errs...)
}

// sharedSends sends by one socket to one that nobody reads, whose buffer is full.
func sharedSends(goroutines int) work {
	return func(b *bench) error {
		c, _, err := b.datagramConn()
		if err != nil {
			return err
		}
		_, to, err := b.datagramConn()
		if err != nil {
			return err
		}
		b.least = goroutines
		b.run = func(n int) error {
			return divided(n, goroutines, func(n int) error {
				p := make([]byte, messageSize)
				for range n {
					if _, err := c.WriteToUDPAddrPort(p, to); err != nil {
						return err
					}
				}
				return nil
			})
		}
		return nil
	}
}

// sharedBoth sends by one socket to another, each used by so many goroutines, which take turns with
// their partners: one datagram of each pair is under way.
func sharedBoth(goroutines int) work {
	return func(b *bench) error {
		from, _, err := b.datagramConn()
		if err != nil {
			return err
		}
		c, to, err := b.datagramConn()
		if err != nil {
			return err
		}
		if err := c.SetReadBuffer(1 << 20); err != nil {
			return err
		}
		b.least = goroutines
		b.run = func(n int) error {
			return divided(n, goroutines, func(n int) error {
				p := make([]byte, messageSize)
				for range n {
					if _, err := from.WriteToUDPAddrPort(p, to); err != nil {
						return err
					}
					if _, _, err := c.ReadFromUDPAddrPort(p); err != nil { // anybody's
						return err
					}
				}
				return nil
			})
		}
		return nil
	}
}

// timeouts receives what does not come, with a deadline before each call.
func timeouts(after time.Duration) work {
	return func(b *bench) error {
		c, _, err := b.datagramConn()
		if err != nil {
			return err
		}
		p := make([]byte, messageSize)
		b.run = func(n int) error {
			for range n {
				if err := c.SetReadDeadline(time.Now().Add(after)); err != nil {
					return err
				}
				if _, _, err := c.ReadFrom(p); err == nil {
					return errors.New("a datagram from nowhere")
				}
			}
			return nil
		}
		return nil
	}
}

// shortCopies copies a few bytes between two connections that live on, as a relay of small bodies
// does.
func shortCopies(size int) work {
	return func(b *bench) error {
		if b.lib.third == nil {
			return errNone
		}
		in, from, err := b.connected(*b.lib.third)
		if err != nil {
			return err
		}
		to, out, err := b.connected(*b.lib.third)
		if err != nil {
			return err
		}
		p := make([]byte, size)
		b.run = func(n int) error {
			for range n {
				if _, err := in.Write(p); err != nil {
					return err
				}
				if _, err := io.CopyN(to, from, int64(size)); err != nil {
					return err
				}
				if _, err := io.ReadFull(out, p); err != nil {
					return err
				}
			}
			return nil
		}
		return nil
	}
}

// connected connects a client to a server.
func (b *bench) connected(t thirdparty.Transport) (client, server net.Conn, err error) {
	l, err := t.Listen(context.Background(), "tcp4", "127.0.0.1:0")
	if err != nil {
		return nil, nil, err
	}
	defer l.Close()
	if client, err = t.Dial(context.Background(), "tcp4", l.Addr().String()); err != nil {
		return nil, nil, err
	}
	b.cleanup(func() { client.Close() })
	if server, err = l.Accept(); err == nil {
		b.cleanup(func() { server.Close() })
	}
	return client, server, err
}

// roomFor receives one datagram after the other into room for many; package net has room for one.
func roomFor(most int) work {
	return func(b *bench) error {
		c, to, err := b.datagramConn()
		if err != nil {
			return err
		}
		receive := func(p []byte) error { _, _, err := c.ReadFromUDPAddrPort(p); return err }
		if b.lib == ours {
			s := c.(interface{ Socket() *socket.Socket }).Socket()
			ms := make([]socket.Message, most)
			for i := range ms {
				ms[i].Buffers = [][]byte{make([]byte, messageSize)}
			}
			receive = func([]byte) error {
				n, err := s.ReceiveMessages(context.Background(), ms, 0)
				if err == nil && n != 1 {
					err = fmt.Errorf("%d datagrams", n)
				}
				return err
			}
		}
		p := make([]byte, messageSize)
		b.run = func(n int) error {
			for range n {
				if _, err := c.WriteToUDPAddrPort(p, to); err != nil {
					return err
				}
				if err := receive(p); err != nil {
					return err
				}
			}
			return nil
		}
		return nil
	}
}
