package nettest

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math/rand"
	"net"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/nettest"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/internal/testenv"
	"example.com/bsdsocket/sockaddr"
	"example.com/bsdsocket/socket"
	"example.com/bsdsocket/socket/netconn"
)

func TestMain(m *testing.M) { testenv.Main(m) }

// TestPacketConn is the counterpart of TestConn for datagrams (X11), with its subtests: on our
// PacketConn, not connected and connected, and on package net's, which proves that it asks for no
// more than that.
func TestPacketConn(t *testing.T) {
	for _, make := range []struct {
		name string
		pair func(t *testing.T, network string) (c1, c2 net.PacketConn)
	}{{"ours", ourPackets}, {"connected", connectedPackets}, {"net", netPackets}} {
		for _, network := range []string{"udp4", "udp6", "unixgram"} {
			t.Run(make.name+"/"+network, func(t *testing.T) {
				if !nettest.TestableNetwork(network) {
					t.Skip("this host has no " + network)
				}
				for _, test := range []struct {
					name string
					do   func(p *packets)
				}{
					{"BasicIO", basicIO}, {"PingPong", pingPong}, {"RacyRead", racyRead},
					{"RacyWrite", racyWrite},
					{"ReadTimeout", readTimeout}, {"WriteTimeout", writeTimeout},
					{"PastTimeout", pastTimeout},
					{"PresentTimeout", presentTimeout}, {"FutureTimeout", futureTimeout},
					{"CloseTimeout", closeTimeout},
					{"ConcurrentMethods", concurrentMethods},
				} {
					t.Run(test.name, func(t *testing.T) {
						p := &packets{T: t}
						p.c1, p.c2 = make.pair(t, network)
						p.c1.SetDeadline(time.Now().Add(time.Minute)) // only a hang takes as long
						defer p.beside.Wait()
						defer p.c2.Close()
						defer p.c1.Close()
						test.do(p)
					})
				}
			})
		}
	}
}

// at is an address of a network to bind.
func at(t *testing.T, network string) string {
	switch network {
	case "udp4":
		return "127.0.0.1:0"
	case "udp6":
		return "[::1]:0"
	}
	return filepath.Join(t.TempDir(), "s")
}

func must[T any](v T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func ourPackets(t *testing.T, network string) (_, _ net.PacketConn) {
	return twoPackets(t, network, false)
}

func connectedPackets(t *testing.T, network string) (_, _ net.PacketConn) {
	c1, c2 := twoPackets(t, network, true)
	return connected{c1}, connected{c2}
}

func twoPackets(t *testing.T, network string, connect bool) (c1, c2 *netconn.PacketConn) {
	t.Helper()
	var sockets [2]*socket.Socket
	var names [2]sockaddr.Addr
	for i := range sockets {
		a := must(sockaddr.Parse(at(t, network)))(t)
		sockets[i] = must(socket.New(a.Family(), constants.SOCK_DGRAM, 0))(t)
		if err := sockets[i].Bind(a); err != nil {
			t.Fatal(err)
		}
		names[i] = must(sockets[i].Name())(t)
	}
	for i, s := range sockets {
		if connect {
			if err := s.Connect(t.Context(), names[1-i]); err != nil {
				t.Fatal(err)
			}
		}
	}
	return must(netconn.NewPacketConn(sockets[0]))(t), must(netconn.NewPacketConn(sockets[1]))(t)
}

// connected uses a connected PacketConn as the net.Conn that it is too.
type connected struct{ *netconn.PacketConn }

func (c connected) ReadFrom(b []byte) (int, net.Addr, error) {
	n, err := c.Read(b)
	return n, c.RemoteAddr(), err
}
func (c connected) WriteTo(b []byte, _ net.Addr) (int, error) { return c.Write(b) }

func netPackets(t *testing.T, network string) (c1, c2 net.PacketConn) {
	t.Helper()
	return must(net.ListenPacket(network, at(t, network)))(t),
		must(net.ListenPacket(network, at(t, network)))(t)
}

// packets is a test on two PacketConns. What runs beside it ends when they are closed.
type packets struct {
	*testing.T
	c1, c2 net.PacketConn
	beside sync.WaitGroup
}

var longAgo = time.Unix(233431200, 0)

func (p *packets) timedOut(err error) {
	p.Helper()
	if e, ok := err.(net.Error); !ok || !e.Timeout() {
		p.Errorf("got %T %v, want a net.Error that is a timeout", err, err)
	}
}

// send and receive are to and from c1's peer.
func (p *packets) send(b []byte) error {
	_, err := p.c1.WriteTo(b, p.c2.LocalAddr())
	return err
}

func (p *packets) receive(b []byte) (int, error) {
	n, from, err := p.c1.ReadFrom(b)
	if err == nil && from.String() != p.c2.LocalAddr().String() {
		p.Errorf("received from %v, want %v", from, p.c2.LocalAddr())
	}
	return n, err
}

// echo has c2 return what comes, until it is closed. A datagram that cannot be returned is lost, as
// c1 may not read.
func (p *packets) echo() {
	p.beside.Go(func() {
		b := make([]byte, 2000)
		for {
			n, from, err := p.c2.ReadFrom(b)
			if errors.Is(err, net.ErrClosed) {
				return
			}
			if err == nil {
				p.c2.SetWriteDeadline(time.Now().Add(time.Second))
				p.c2.WriteTo(b[:n], from)
			}
		}
	})
}

// flood has c2 send until it is closed.
func (p *packets) flood() {
	p.beside.Go(func() {
		for b := make([]byte, 1000); ; {
			if _, err := p.c2.WriteTo(b, p.c1.LocalAddr()); err != nil {
				return
			}
		}
	})
}

// drain has c2 read until it is closed.
func (p *packets) drain() {
	p.beside.Go(func() {
		for b := make([]byte, 2000); ; {
			if _, _, err := p.c2.ReadFrom(b); errors.Is(err, net.ErrClosed) {
				return
			}
		}
	})
}

// roundTrip sends and gets it back from echo. What is still on its way is passed over, and what was
// lost is sent again.
func (p *packets) roundTrip() {
	p.Helper()
	token, b := []byte("Hello, world!"), make([]byte, 2000)
	p.c1.SetDeadline(time.Time{})
	for end := time.Now().Add(time.Minute); time.Now().Before(end); {
		if err := p.send(token); err != nil {
			p.Error(err)
			return
		}
		p.c1.SetReadDeadline(time.Now().Add(time.Second))
		for {
			n, err := p.receive(b)
			if err != nil {
				p.timedOut(err)
				break
			}
			if bytes.Equal(b[:n], token) {
				p.c1.SetDeadline(time.Time{})
				return
			}
		}
	}
	p.Error("nothing came back")
}

// What is sent on c1 is received on c2, one datagram after the other.
func basicIO(p *packets) {
	p.echo()
	r := rand.New(rand.NewSource(0))
	got := make([]byte, 2000)
	for size := range 1024 {
		want := make([]byte, size)
		r.Read(want)
		if err := p.send(want); err != nil {
			p.Fatal(err)
		}
		if n, err := p.receive(got); err != nil || !bytes.Equal(got[:n], want) {
			p.Fatalf("%d bytes of %d, %v, or others", n, size, err)
		}
	}
}

// Two ends answer each other.
func pingPong(p *packets) {
	const rounds = 1000
	p.c2.SetDeadline(time.Now().Add(time.Minute))
	play := func(c net.PacketConn) {
		b := make([]byte, 8)
		for prev := uint64(0); prev < rounds; {
			n, from, err := c.ReadFrom(b)
			if n != 8 || err != nil {
				p.Error(n, err)
				return
			}
			v := binary.LittleEndian.Uint64(b)
			if prev != 0 && v != prev+2 {
				p.Errorf("got %d after %d", v, prev)
			}
			binary.LittleEndian.PutUint64(b, v+1)
			if v >= rounds+1 {
				return
			}
			if _, err := c.WriteTo(b, from); err != nil {
				p.Error(err)
				return
			}
			prev = v
		}
	}
	if err := p.send(binary.LittleEndian.AppendUint64(nil, 1)); err != nil {
		p.Fatal(err)
	}
	var both sync.WaitGroup
	both.Go(func() { play(p.c1) })
	both.Go(func() { play(p.c2) })
	both.Wait()
}

// A buffer is the caller's again when a read or a write has timed out.
func racyRead(p *packets) {
	p.flood()
	racy(p, p.c1.SetReadDeadline, func(b []byte) error {
		_, err := p.receive(b)
		return err
	})
}

func racyWrite(p *packets) {
	p.drain()
	racy(p, p.c1.SetWriteDeadline, p.send)
}

func racy(p *packets, deadline func(time.Time) error, do func([]byte) error) {
	deadline(time.Now().Add(time.Millisecond))
	var all sync.WaitGroup
	for range 10 {
		all.Go(func() {
			b := make([]byte, 1024)
			for range 100 {
				err := do(b)
				clear(b)
				if err != nil {
					p.timedOut(err)
					deadline(time.Now().Add(time.Millisecond))
				}
			}
		})
	}
	all.Wait()
}

// A deadline of reads is none of writes.
func readTimeout(p *packets) {
	p.drain()
	p.c1.SetReadDeadline(longAgo)
	_, err := p.receive(make([]byte, 1))
	p.timedOut(err)
	if err := p.send(make([]byte, 1024)); err != nil {
		p.Error(err)
	}
}

func writeTimeout(p *packets) {
	p.flood()
	p.c1.SetWriteDeadline(longAgo)
	p.timedOut(p.send(make([]byte, 1024)))
	if _, err := p.receive(make([]byte, 1024)); err != nil {
		p.Error(err)
	}
}

// A deadline in the past fails calls at once, and one is not for ever.
func pastTimeout(p *packets) {
	p.echo()
	p.roundTrip()
	p.c1.SetDeadline(longAgo)
	p.timedOut(p.send(make([]byte, 1024)))
	n, err := p.receive(make([]byte, 1024))
	if p.timedOut(err); n != 0 {
		p.Error(n)
	}
	p.roundTrip()
}

// waiting starts a read for which nothing comes, and writes until one fails, which block over
// AF_UNIX. It returns their errors.
func waiting(p *packets) <-chan error {
	errs, begun := make(chan error, 2), make(chan struct{})
	go func() {
		_, err := p.receive(make([]byte, 1024))
		errs <- err
	}()
	go func() {
		err := p.send(make([]byte, 1024))
		for close(begun); err == nil; {
			err = p.send(make([]byte, 1024))
		}
		errs <- err
	}()
	<-begun
	return errs
}

// A deadline ends calls that wait already.
func presentTimeout(p *packets) {
	errs := waiting(p)
	p.c1.SetReadDeadline(longAgo)
	p.c1.SetWriteDeadline(longAgo)
	p.timedOut(<-errs)
	p.timedOut(<-errs)
}

// A deadline ends calls when it comes, not before, and they go on afterwards.
func futureTimeout(p *packets) {
	const wait = 50 * time.Millisecond
	errs := waiting(p)
	start := time.Now()
	p.c1.SetDeadline(start.Add(wait))
	p.timedOut(<-errs)
	p.timedOut(<-errs)
	if took := time.Since(start); took < wait {
		p.Errorf("timed out after %v", took)
	}
	p.echo()
	p.roundTrip()
}

// Close ends calls that wait.
func closeTimeout(p *packets) {
	p.c1.SetDeadline(time.Now().Add(time.Hour))
	errs := waiting(p)
	if err := p.c1.Close(); err != nil {
		p.Error(err)
	}
	for range 2 {
		if err := <-errs; !errors.Is(err, net.ErrClosed) {
			p.Error(err)
		}
	}
}

// All methods may be called at once.
func concurrentMethods(p *packets) {
	p.echo()
	var all sync.WaitGroup
	for range 100 {
		all.Go(func() { p.receive(make([]byte, 1024)) })
		all.Go(func() { p.send(make([]byte, 1024)) })
		all.Go(func() { p.c1.SetDeadline(time.Now().Add(10 * time.Millisecond)) })
		all.Go(func() { p.c1.SetReadDeadline(longAgo) })
		all.Go(func() { p.c1.SetWriteDeadline(longAgo) })
		all.Go(func() { p.c1.LocalAddr() })
	}
	all.Wait()
	p.roundTrip()
}
