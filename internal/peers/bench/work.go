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
	"net/http"
	"net/netip"
	"os"
	"sync"

	"example.com/bsdsocket/internal/peers/thirdparty"
)

// What the work is measured with. C's side has the same numbers in peer.c.
const (
	messageSize = 64
	bufferSize  = 4096     // of ports, bufio and stdio
	chunkSize   = 64 << 10 // what a stream is read in
	requests    = 16       // HTTP connections at once
)

var loopback4 = netip.AddrFrom4([4]byte{127, 0, 0, 1})

// pair connects a client to a server.
func (b *bench) pair(network string, w wait) (client, server conn, err error) {
	if b.lib.streams == nil {
		return nil, nil, errNone
	}
	l, err := b.lib.streams(b, network, w)
	if err != nil {
		return nil, nil, err
	}
	b.cleanup(func() { l.Close() })
	if client, err = l.dial(); err != nil {
		return nil, nil, err
	}
	b.cleanup(func() { client.Close() })
	if server, err = l.accept(); err != nil {
		return nil, nil, err
	}
	b.cleanup(func() { server.Close() })
	if network != "unix" {
		err = errors.Join(client.noDelay(), server.noDelay())
	}
	return client, server, err
}

// echo sends back what comes, until the end.
func echo(c io.ReadWriter, size int) {
	buf := make([]byte, size)
	for {
		n, err := c.Read(buf)
		if err != nil {
			return
		}
		if _, err := c.Write(buf[:n]); err != nil {
			return
		}
	}
}

// pingPong sends a message and waits for it to come back.
func pingPong(network string, w wait) work {
	return func(b *bench) error {
		client, server, err := b.pair(network, w)
		if err != nil {
			return err
		}
		go echo(server, messageSize)
		buf := make([]byte, messageSize)
		b.run = func(n int) error {
			for range n {
				if _, err := client.Write(buf); err != nil {
					return err
				}
				if _, err := io.ReadFull(client, buf); err != nil {
					return err
				}
			}
			return nil
		}
		return nil
	}
}

// stream writes chunks one way.
func stream(network string, size int) work {
	return func(b *bench) error {
		client, server, err := b.pair(network, plain)
		if err != nil {
			return err
		}
		chunk := make([]byte, size)
		sink := newSink(server)
		b.run = func(n int) error {
			wait := sink(int64(n * size))
			for range n {
				if _, err := client.Write(chunk); err != nil {
					return err
				}
			}
			return wait()
		}
		return nil
	}
}

// newSink returns a function that begins to read so many bytes, and returns one that waits for
// them.
func newSink(c io.Reader) func(count int64) (wait func() error) {
	buf := make([]byte, chunkSize)
	done := make(chan error, 1)
	return func(count int64) func() error {
		go func() {
			for count > 0 {
				n, err := c.Read(buf)
				if count -= int64(n); err != nil {
					done <- fmt.Errorf("%d bytes before the end: %w", count, err)
					return
				}
			}
			done <- nil
		}()
		return func() error { return <-done }
	}
}

// connect opens connections, accepts and closes them.
func connect(b *bench) error {
	if b.lib.streams == nil {
		return errNone
	}
	l, err := b.lib.streams(b, "tcp4", plain)
	if err != nil {
		return err
	}
	b.cleanup(func() { l.Close() })
	b.run = func(n int) error {
		for range n {
			client, err := l.dial()
			if err != nil {
				return err
			}
			server, err := l.accept()
			if err != nil {
				return err
			}
			// The server first: its side keeps the connection's last state, and the client's port
			// is free at once.
			if err := errors.Join(server.Close(), client.Close()); err != nil {
				return err
			}
		}
		return nil
	}
	return nil
}

// oneByOne sends datagrams and receives each at once.
func oneByOne(b *bench) error {
	if b.lib.datagrams == nil {
		return errNone
	}
	d, err := b.lib.datagrams(b)
	if err != nil {
		return err
	}
	p := make([]byte, datagramSize)
	b.run = func(n int) error {
		for range n {
			if err := d.send(p); err != nil {
				return err
			}
			if _, err := d.receive(p); err != nil {
				return err
			}
		}
		return nil
	}
	return nil
}

// batched sends datagrams in batches, and receives them all before the next.
func batched(k batchKind) work {
	return func(b *bench) error {
		if b.lib.batches == nil {
			return errNone
		}
		d, err := b.lib.batches(b, k)
		if err != nil {
			return err
		}
		b.run = func(n int) error {
			for range n {
				if err := d.send(); err != nil {
					return err
				}
				for left := batch; left > 0; {
					n, err := d.receive()
					if err != nil {
						return err
					}
					left -= n
				}
			}
			return nil
		}
		return nil
	}
}

// addresses returns where a kind's sender and receiver are bound.
func (k batchKind) addresses() (from, to netip.AddrPort) {
	ip := loopback4
	if k.network == "udp6" {
		ip = netip.IPv6Loopback()
	}
	from = netip.AddrPortFrom(ip, 0)
	if k.spread {
		return from, netip.AddrPortFrom(netip.IPv4Unspecified(), 0)
	}
	return from, from
}

// destinations returns where each datagram of a batch goes.
func (k batchKind) destinations(port uint16) []netip.AddrPort {
	list := make([]netip.AddrPort, batch)
	for i := range list {
		_, to := k.addresses()
		if k.spread {
			to = netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, byte(1 + i)}), 0)
		}
		list[i] = netip.AddrPortFrom(to.Addr(), port)
	}
	return list
}

// receiveSize is the size of a kind's buffers: with offload, a batch comes as one.
func receiveSize(k batchKind) int {
	if k.offload {
		return batch * datagramSize
	}
	return 2048
}

func udpNetwork(addr netip.AddrPort) string {
	if addr.Addr().Is4() {
		return "udp4"
	}
	return "udp6"
}

// lineByLine writes lines through a buffer, and reads them at the other end.
func lineByLine(b *bench) error {
	if b.lib.lines == nil {
		return errNone
	}
	client, server, err := b.pair("tcp4", plain)
	if err != nil {
		return err
	}
	ends, err := b.lib.lines(client, server)
	if err != nil {
		return err
	}
	line := append(bytes.Repeat([]byte{'x'}, messageSize-1), '\n')
	done := make(chan error, 1)
	b.run = func(n int) error {
		go func() {
			for range n {
				if got, err := ends.read(); err != nil || len(got) != messageSize-1 {
					done <- errors.Join(errors.New("wrong line"), err)
					return
				}
			}
			done <- nil
		}()
		for range n {
			if err := ends.write(line); err != nil {
				return err
			}
		}
		if err := ends.flush(); err != nil {
			return err
		}
		return <-done
	}
	return nil
}

// sendFile sends a file of zeros. How chooses the function that sends.
func sendFile(how func(*library) func(to conn, f *os.File, size int64) error) work {
	return func(b *bench) error {
		send := how(b.lib)
		if send == nil {
			return errNone
		}
		client, server, err := b.pair("tcp4", plain)
		if err != nil {
			return err
		}
		f, err := os.Create(b.path())
		if err != nil {
			return err
		}
		b.cleanup(func() { f.Close() })
		if err := f.Truncate(*fileSize); err != nil {
			return err
		}
		if _, err := io.Copy(io.Discard, f); err != nil { // into the page cache
			return err
		}
		sink := newSink(server)
		b.least = 4 // one takes now half, now twice as long as another
		b.run = func(n int) error {
			for range n {
				wait := sink(*fileSize)
				if err := send(client, f, *fileSize); err != nil {
					return err
				}
				if err := wait(); err != nil {
					return err
				}
			}
			return nil
		}
		return nil
	}
}

// relay copies from one connection to another, all of which are new each time since the end of the
// first ends it.
func relay(b *bench) error {
	if b.lib.relay == nil {
		return errNone
	}
	chunk := make([]byte, chunkSize)
	b.run = func(n int) error {
		for range n {
			client, from, err := b.pair("tcp4", plain)
			if err != nil {
				return err
			}
			to, server, err := b.pair("tcp4", plain)
			if err != nil {
				return err
			}
			wait := newSink(server)(*fileSize)
			copied := make(chan error, 1)
			go func() { copied <- b.lib.relay(from, to) }()
			for left := *fileSize; left > 0; left -= int64(len(chunk)) {
				if _, err := client.Write(chunk[:min(left, int64(len(chunk)))]); err != nil {
					return err
				}
			}
			if err := errors.Join(wait(), client.Close(), <-copied); err != nil {
				return err
			}
		}
		return nil
	}
	return nil
}

// httpRequests makes requests over kept connections, several at once.
func httpRequests(b *bench) error {
	if b.lib.stdlib == nil {
		return errNone
	}
	l, dial, err := b.lib.stdlib(b)
	if err != nil {
		return err
	}
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, "hello")
	})}
	done := make(chan struct{})
	go func() { defer close(done); server.Serve(l) }()
	b.cleanup(func() { server.Close(); <-done })

	text := []byte("GET / HTTP/1.1\r\nHost: bench\r\n\r\n")
	length := 0
	var clients []net.Conn
	for range requests {
		c, err := dial()
		if err != nil {
			return err
		}
		b.cleanup(func() { c.Close() })
		clients = append(clients, c)
		// The client shall cost little, so it only counts: all answers are as long as the first.
		if _, err := c.Write(text); err != nil {
			return err
		}
		if length, err = answerLength(c); err != nil {
			return err
		}
	}
	b.least = len(clients)
	b.run = func(n int) error {
		var all sync.WaitGroup
		errs := make([]error, len(clients))
		for i, c := range clients {
			all.Go(func() {
				answer := make([]byte, length)
				for range share(n, i, len(clients)) {
					if _, errs[i] = c.Write(text); errs[i] != nil {
						return
					}
					if _, errs[i] = io.ReadFull(c, answer); errs[i] != nil {
						return
					}
				}
			})
		}
		all.Wait()
		return errors.Join(errs...)
	}
	return nil
}

// thirdParty makes one exchange after the other with somebody's library.
func thirdParty(l thirdparty.Library) work {
	return func(b *bench) error {
		if b.lib.third == nil {
			return errNone
		}
		s, err := l.Start(context.Background(), *b.lib.third)
		if errors.Is(err, thirdparty.ErrAbsent) {
			return errNone
		}
		if err != nil {
			return err
		}
		b.cleanup(s.Close)
		b.run = func(n int) error {
			for range n {
				if err := s.Exchange(); err != nil {
					return err
				}
			}
			return nil
		}
		return nil
	}
}

// share is how many of n operations the i-th of so many does.
func share(n, i, many int) int { return (n + many - 1 - i) / many }

// answerLength reads an answer and returns how many bytes it has.
func answerLength(c io.Reader) (int, error) {
	var all bytes.Buffer
	r := bufio.NewReader(io.TeeReader(c, &all))
	answer, err := http.ReadResponse(r, nil)
	if err != nil {
		return 0, err
	}
	_, err = io.Copy(io.Discard, answer.Body)
	return all.Len() - r.Buffered(), errors.Join(err, answer.Body.Close())
}

// repeat calls a function that needs nothing else.
func repeat(get func(b *bench) (func() error, error)) work {
	return func(b *bench) error {
		fn, err := get(b)
		if err != nil {
			return err
		}
		if fn == nil {
			return errNone
		}
		b.run = func(n int) error {
			for range n {
				if err := fn(); err != nil {
					return err
				}
			}
			return nil
		}
		return nil
	}
}

func option(choose func(options) func() error) work {
	return repeat(func(b *bench) (func() error, error) {
		if b.lib.options == nil {
			return nil, errNone
		}
		o, err := b.lib.options(b)
		return choose(o), err
	})
}

func lookup(choose func(lookups) func() error) work {
	return repeat(func(b *bench) (func() error, error) {
		if b.lib.lookups == nil {
			return nil, errNone
		}
		l, err := b.lib.lookups(b)
		return choose(l), err
	})
}

// framed reads whole messages and writes without delay.
type framed struct {
	in  io.Reader
	out interface {
		io.Writer
		Flush() error
	}
}

func (f framed) Read(p []byte) (int, error) { return io.ReadFull(f.in, p) }

func (f framed) Write(p []byte) (int, error) {
	n, err := f.out.Write(p)
	return n, errors.Join(err, f.out.Flush())
}
