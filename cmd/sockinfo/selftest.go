package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"time"

	"example.com/bsdsocket/addrinfo"
	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/sockaddr"
	"example.com/bsdsocket/socket"
	"example.com/bsdsocket/socket/cmsg"
	"example.com/bsdsocket/sockopt"
)

// A selfTest is a promise of the library that is put to the test on this machine.
type selfTest struct {
	name string
	test func(ctx context.Context) error
}

var selfTestCommand = command{
	name:     "selftest",
	about:    "Test what the library promises on this machine",
	examples: []string{"selftest", "selftest -json"},
	setup: func(*flag.FlagSet) func(context.Context, []string) (*result, error) {
		return func(ctx context.Context, args []string) (*result, error) {
			if err := count(args, 0, 0); err != nil {
				return nil, err
			}
			return runSelfTests(ctx, selfTests())
		}
	},
}

// selfTestTime bounds each of them.
const selfTestTime = 30 * time.Second

func runSelfTests(ctx context.Context, tests []selfTest) (*result, error) {
	type record struct {
		Test      string  `json:"test"`
		Result    string  `json:"result"` // "ok", "lacking" or "FAILED"
		Why       string  `json:"why,omitempty"`
		Seconds   float64 `json:"seconds"`
		System    string  `json:"system"`
		Processor string  `json:"processor"`
	}
	r := &result{header: []string{"TEST", "RESULT", "WHY"}}
	records := make([]record, 0, len(tests))
	failed := 0
	for _, s := range tests {
		begin := time.Now()
		one, cancel := context.WithTimeout(ctx, selfTestTime)
		err := s.test(one)
		cancel()
		verdict, why := "ok", ""
		switch {
		case errors.Is(err, socket.ErrUnsupported):
			verdict, why = "lacking", unpackaged(err)
		case err != nil:
			verdict, why = "FAILED", unpackaged(err)
			failed++
		}
		records = append(records, record{s.name, verdict, why, time.Since(begin).Seconds(),
			runtime.GOOS, runtime.GOARCH})
		r.rows = append(r.rows, []string{s.name, verdict, why})
	}
	r.records = records
	if failed > 0 {
		return r, fmt.Errorf("%d of %d tests failed on %s/%s", failed, len(tests),
			runtime.GOOS, runtime.GOARCH)
	}
	return r, nil
}

func selfTests() []selfTest {
	v4, v6 := sockaddr.MustParse("127.0.0.1:0"), sockaddr.MustParse("[::1]:0")
	stream, datagram := constants.SOCK_STREAM, constants.SOCK_DGRAM
	return []selfTest{
		{"TCP over IPv4", func(ctx context.Context) error { return echoes(ctx, stream, v4) }},
		{"TCP over IPv6", func(ctx context.Context) error { return echoes(ctx, stream, v6) }},
		{"UDP over IPv4", func(ctx context.Context) error { return echoes(ctx, datagram, v4) }},
		{"UDP over IPv6", func(ctx context.Context) error { return echoes(ctx, datagram, v6) }},
		{"AF_UNIX streams", func(ctx context.Context) error { return atPath(ctx, stream) }},
		{"AF_UNIX datagrams", func(ctx context.Context) error { return atPath(ctx, datagram) }},
		{"pairs", testPair},
		{"a refused connection", testRefused},
		{"addresses", testAddresses},
		{"options", testOptions},
		{"a timeout", testTimeout},
		{"a deadline", testDeadline},
		{"cancellation", testCancel},
		{"Close ends a wait", testClose},
		{"the end of a stream", testEnd},
		{"an empty datagram", testEmpty},
		{"control messages", testControl},
		{"descriptors in messages", testRights},
		{"many messages", testMessages},
		{"Poll", testPoll},
		{"a Poller", testPoller},
		{"looking up localhost", testLookup},
	}
}

// A bag closes what is put into it.
type bag []*socket.Socket

func (b *bag) close() {
	for _, s := range *b {
		s.Close()
	}
}

func (b *bag) add(s *socket.Socket, err error) (*socket.Socket, error) {
	if err == nil {
		*b = append(*b, s)
	}
	return s, err
}

// join returns two sockets that talk to each other: a client, and a server at an address.
func (b *bag) join(ctx context.Context, typ constants.SocketType, at sockaddr.Addr) (client,
	server *socket.Socket, err error) {
	l, err := b.add(socket.New(at.Family(), typ, 0))
	if err != nil {
		return nil, nil, err
	}
	if err = l.Bind(at); err != nil {
		return nil, nil, err
	}
	if typ == constants.SOCK_STREAM {
		if err = l.Listen(5); err != nil {
			return nil, nil, err
		}
	}
	name, err := l.Name()
	if err != nil {
		return nil, nil, err
	}
	if client, err = b.add(socket.New(at.Family(), typ, 0)); err != nil {
		return nil, nil, err
	}
	if err = client.Connect(ctx, name); err != nil {
		return nil, nil, err
	}
	if peer, err := client.PeerName(); err != nil || peer != name {
		return nil, nil, fmt.Errorf("the peer's name is %v, %v, not %v", peer, err, name)
	}
	if typ != constants.SOCK_STREAM {
		return client, l, nil
	}
	server, _, err = l.Accept(ctx)
	server, err = b.add(server, err)
	return client, server, err
}

func (b *bag) tcp(ctx context.Context) (client, server *socket.Socket, err error) {
	return b.join(ctx, constants.SOCK_STREAM, sockaddr.MustParse("127.0.0.1:0"))
}

func (b *bag) udp(ctx context.Context) (client, server *socket.Socket, err error) {
	return b.join(ctx, constants.SOCK_DGRAM, sockaddr.MustParse("127.0.0.1:0"))
}

// arrives sends something, and holds that it arrives.
func arrives(ctx context.Context, from, to *socket.Socket, text string) error {
	if _, err := from.SendAll(ctx, []byte(text), 0); err != nil {
		return err
	}
	got := make([]byte, 0, 100)
	for len(got) < len(text) {
		n, err := to.Receive(ctx, got[len(got):cap(got)], 0)
		if err != nil {
			return err
		}
		if n == 0 {
			break
		}
		got = got[:len(got)+n]
	}
	if string(got) != text {
		return fmt.Errorf("%q came, not %q", got, text)
	}
	return nil
}

func echoes(ctx context.Context, typ constants.SocketType, at sockaddr.Addr) error {
	var b bag
	defer b.close()
	client, server, err := b.join(ctx, typ, at)
	if err != nil {
		return lacks(err)
	}
	if err = arrives(ctx, client, server, "there"); err != nil || typ != constants.SOCK_STREAM {
		return err
	}
	return arrives(ctx, server, client, "and back")
}

// lacks makes an address that the machine has not got something that is lacking.
func lacks(err error) error {
	if errors.Is(err, syscall.EADDRNOTAVAIL) {
		return errors.Join(socket.ErrUnsupported, err)
	}
	return err
}

func atPath(ctx context.Context, typ constants.SocketType) error {
	dir, err := os.MkdirTemp("", "s")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	at, err := sockaddr.Unix(filepath.Join(dir, "s"))
	if err != nil {
		return err
	}
	return echoes(ctx, typ, at)
}

func testPair(ctx context.Context) error {
	var b bag
	defer b.close()
	x, y, err := socket.Pair(constants.AF_UNIX, constants.SOCK_STREAM, 0)
	if err != nil {
		return err
	}
	b = bag{x, y}
	return errors.Join(arrives(ctx, x, y, "there"), arrives(ctx, y, x, "and back"))
}

func testRefused(ctx context.Context) error {
	var b bag
	defer b.close()
	l, err := b.add(socket.New(constants.AF_INET, constants.SOCK_STREAM, 0)) // does not listen
	if err == nil {
		err = l.Bind(sockaddr.MustParse("127.0.0.1:0"))
	}
	if err != nil {
		return err
	}
	to, err := l.Name()
	if err != nil {
		return err
	}
	c, err := b.add(socket.New(constants.AF_INET, constants.SOCK_STREAM, 0))
	if err != nil {
		return err
	}
	return wants(c.Connect(ctx, to), socket.ErrTransient)
}

// wants holds that an error is of a kind.
func wants(err, kind error) error {
	if errors.Is(err, kind) {
		return nil
	}
	return fmt.Errorf("the error is %v, not %v", err, kind)
}

func testAddresses(context.Context) error {
	for _, text := range []string{"127.0.0.1:80", "[::1]:443", "[fe80::1%1]:1"} {
		a, err := sockaddr.Parse(text)
		if err != nil {
			return err
		}
		raw, err := sockaddr.FromRaw(a.Raw())
		if err != nil {
			return err
		}
		if raw != a || text[1] != 'f' && a.String() != text {
			return fmt.Errorf("%s became %v", text, raw)
		}
	}
	return nil
}

func testOptions(ctx context.Context) error {
	var b bag
	defer b.close()
	client, server, err := b.tcp(ctx)
	if err != nil {
		return err
	}
	if typ, err := sockopt.SOType.Get(client); err != nil || typ != constants.SOCK_STREAM {
		return fmt.Errorf("the type is %v, %w", typ, err)
	}
	for _, on := range []bool{true, false} {
		if err := sockopt.TCPNoDelay.Set(server, on); err != nil {
			return err
		}
		if got, err := sockopt.TCPNoDelay.Get(server); err != nil || got != on {
			return fmt.Errorf("TCP_NODELAY is %t after %t, %v", got, on, err)
		}
	}
	linger := sockopt.Linger{Enabled: true, Timeout: 3 * time.Second}
	if err := sockopt.SOLinger.Set(client, linger); err != nil {
		return err
	}
	if got, err := sockopt.SOLinger.Get(client); err != nil || got != linger {
		return fmt.Errorf("SO_LINGER is %v, %v", got, err)
	}
	return wants(sockopt.SetInt(client, constants.SOL_SOCKET, constants.Undefined, 1),
		socket.ErrUnsupported)
}

func testTimeout(ctx context.Context) error {
	var b bag
	defer b.close()
	client, _, err := b.tcp(ctx)
	if err != nil {
		return err
	}
	p := client.Params()
	p.ReceiveTimeout = 20 * time.Millisecond
	if err := client.SetParams(p); err != nil {
		return err
	}
	begin := time.Now()
	_, err = client.Receive(ctx, make([]byte, 1), 0)
	if took := time.Since(begin); took < p.ReceiveTimeout/2 {
		return fmt.Errorf("it came after %v", took)
	}
	return wants(err, socket.ErrTimeout)
}

func testDeadline(ctx context.Context) error {
	var b bag
	defer b.close()
	client, server, err := b.tcp(ctx)
	if err != nil {
		return err
	}
	if err := client.SetReadDeadline(time.Now().Add(20 * time.Millisecond)); err != nil {
		return err
	}
	if _, err := client.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
		return fmt.Errorf("the error is %v", err)
	}
	if err := client.SetReadDeadline(time.Time{}); err != nil {
		return err
	}
	return arrives(ctx, server, client, "afterwards")
}

func testCancel(ctx context.Context) error {
	var b bag
	defer b.close()
	client, server, err := b.tcp(ctx)
	if err != nil {
		return err
	}
	short, cancel := context.WithCancel(ctx)
	stop := time.AfterFunc(20*time.Millisecond, cancel)
	defer stop.Stop()
	defer cancel()
	if _, err := client.Receive(short, make([]byte, 1), 0); !errors.Is(err, context.Canceled) {
		return fmt.Errorf("the error is %v", err)
	}
	return arrives(ctx, server, client, "afterwards")
}

func testClose(ctx context.Context) error {
	var b bag
	defer b.close()
	client, _, err := b.tcp(ctx)
	if err != nil {
		return err
	}
	done := make(chan error, 1)
	go func() {
		_, err := client.Receive(ctx, make([]byte, 1), 0)
		done <- err
	}()
	time.Sleep(10 * time.Millisecond) // it holds too if the receive has not begun
	if err := client.Close(); err != nil {
		return err
	}
	return wants(<-done, socket.ErrClosed)
}

func testEnd(ctx context.Context) error {
	var b bag
	defer b.close()
	client, server, err := b.tcp(ctx)
	if err != nil {
		return err
	}
	if _, err := client.SendAll(ctx, []byte("last"), 0); err != nil {
		return err
	}
	if err := client.Shutdown(constants.SHUT_WR); err != nil {
		return err
	}
	got := make([]byte, 10)
	if n, err := server.Receive(ctx, got, constants.MSG_WAITALL); n != 4 || err != nil {
		return fmt.Errorf("%d bytes at the end, %v", n, err)
	}
	if n, err := server.Receive(ctx, got, 0); n != 0 || err != nil {
		return fmt.Errorf("%d bytes after the end, %v", n, err)
	}
	return nil
}

func testEmpty(ctx context.Context) error {
	var b bag
	defer b.close()
	client, server, err := b.udp(ctx)
	if err != nil {
		return err
	}
	if _, err := client.Send(ctx, nil, 0); err != nil {
		return err
	}
	n, from, err := server.ReceiveFrom(ctx, make([]byte, 1), 0)
	if name, _ := client.Name(); n != 0 || err != nil || from != name {
		return fmt.Errorf("%d bytes of %v, not of %v: %w", n, from, name, err)
	}
	return arrives(ctx, client, server, "another")
}

func testControl(ctx context.Context) error {
	var b bag
	defer b.close()
	client, server, err := b.join(ctx, constants.SOCK_DGRAM, sockaddr.MustParse("[::1]:0"))
	if err != nil {
		return lacks(err)
	}
	if err := sockopt.IPv6ReceivePacketInfo.Set(server, true); err != nil {
		return err
	}
	if _, err := client.Send(ctx, []byte("x"), 0); err != nil {
		return err
	}
	m := socket.Message{Buffers: [][]byte{make([]byte, 10)}, Control: make([]byte, 200)}
	if err := server.ReceiveMessage(ctx, &m, 0); err != nil {
		return err
	}
	info, found := cmsg.IPv6PacketInfo.Find(m.Control[:m.NControl])
	if m.N != 1 || !found || !info.Destination.IsLoopback() {
		return fmt.Errorf("%d bytes, to %v, %t", m.N, info.Destination, found)
	}
	return nil
}

func testRights(ctx context.Context) error {
	var b bag
	defer b.close()
	x, y, err := socket.Pair(constants.AF_UNIX, constants.SOCK_STREAM, 0)
	if err != nil {
		return err
	}
	b = bag{x, y}
	if _, err := x.SendFiles(ctx, []byte("x"), x); err != nil {
		return err
	}
	n, files, err := y.ReceiveFiles(ctx, make([]byte, 1), 1)
	for _, f := range files {
		f.Close()
	}
	if n != 1 || len(files) != 1 || err != nil {
		return fmt.Errorf("%d bytes and %d files, %w", n, len(files), err)
	}
	return nil
}

func testMessages(ctx context.Context) error {
	var b bag
	defer b.close()
	client, server, err := b.udp(ctx)
	if err != nil {
		return err
	}
	texts := []string{"one", "two", "three"}
	var out, in []socket.Message
	for _, text := range texts {
		out = append(out, socket.Message{Buffers: [][]byte{[]byte(text)}})
		in = append(in, socket.Message{Buffers: [][]byte{make([]byte, 10)}})
	}
	if n, err := client.SendMessages(ctx, out, 0); n != len(out) || err != nil {
		return fmt.Errorf("%d of %d were sent, %w", n, len(out), err)
	}
	for at := 0; at < len(in); {
		n, err := server.ReceiveMessages(ctx, in[at:], 0)
		if n == 0 || err != nil {
			return fmt.Errorf("%d came, %w", n, err)
		}
		at += n
	}
	for i, text := range texts {
		if got := in[i].Buffers[0][:in[i].N]; !bytes.Equal(got, []byte(text)) {
			return fmt.Errorf("message %d is %q, not %q", i, got, text)
		}
	}
	return nil
}

func testPoll(ctx context.Context) error {
	var b bag
	defer b.close()
	client, server, err := b.tcp(ctx)
	if err != nil {
		return err
	}
	items := []socket.PollItem{{Socket: client, Events: socket.PollIn},
		{Socket: server, Events: socket.PollIn}}
	if n, err := socket.Poll(ctx, items, time.Millisecond); n != 0 || err != nil {
		return fmt.Errorf("%d are ready without data, %w", n, err)
	}
	if _, err := client.SendAll(ctx, []byte("x"), 0); err != nil {
		return err
	}
	if n, err := socket.Poll(ctx, items, -1); n != 1 || err != nil ||
		items[1].Ready != socket.PollIn {
		return fmt.Errorf("%d are ready, with %v, %w", n, items[1].Ready, err)
	}
	return nil
}

func testPoller(ctx context.Context) error {
	var b bag
	defer b.close()
	client, server, err := b.tcp(ctx)
	if err != nil {
		return err
	}
	p, err := socket.NewPoller()
	if err != nil {
		return err
	}
	defer p.Close()
	if err := p.Add(server, socket.PollIn, "server"); err != nil {
		return err
	}
	if _, err := client.SendAll(ctx, []byte("x"), 0); err != nil {
		return err
	}
	var events [2]socket.PollEvent
	n, err := p.Wait(ctx, events[:])
	if n != 1 || err != nil || events[0].Value != "server" {
		return fmt.Errorf("%d are ready: %v, %w", n, events[:n], err)
	}
	return nil
}

func testLookup(ctx context.Context) error {
	list, err := addrinfo.Lookup(ctx, "localhost", "80", nil)
	for _, info := range list {
		if !info.Addr.IP().IsLoopback() || info.Addr.Port() != 80 {
			return fmt.Errorf("%v is among its addresses", info.Addr)
		}
	}
	return err
}
