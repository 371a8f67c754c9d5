package ports_test

import (
	"bufio"
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/ports"
	"example.com/bsdsocket/socket"
)

// A peer that never ends a line costs as much memory as the limit allows, whoever reads.
func TestLineLimitMemory(t *testing.T) {
	for name, c := range map[string]struct {
		limit int // of Params
		piece int // what comes
		read  func(in *ports.InputPort) ([]byte, error)
	}{
		"ReadLineBytes":       {0, 1 << 20, (*ports.InputPort).ReadLineBytes},
		"ReadLineBytes CR LF": {1 << 18, 1 << 18, (*ports.InputPort).ReadLineBytes},
		"ReadLine": {0, 1 << 20, func(in *ports.InputPort) ([]byte, error) {
			s, err := in.ReadLine()
			return []byte(s), err
		}},
		"ReadString": {0, 1 << 20, func(in *ports.InputPort) ([]byte, error) {
			s, err := in.ReadString('!')
			return []byte(s), err
		}},
		"ReadUntil": {1 << 16, 1 << 16, func(in *ports.InputPort) ([]byte, error) {
			return in.ReadUntil("!!", 0)
		}},
		"ReadUntil limited": {-1, 1 << 15, func(in *ports.InputPort) ([]byte, error) {
			return in.ReadUntil("!!", 1<<15)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			a, b := unixSockets(t, constants.SOCK_STREAM)
			p := ports.Params{LineLimit: c.limit}
			if strings.Contains(name, "CR LF") {
				p.LineEnding = "\r\n"
			}
			in, _ := makePorts(t, b, p)
			go func() {
				// All of it is more than the pieces that are read. Its end tells a read without a
				// limit.
				for sent, err := 0, error(nil); sent < 5*c.piece && err == nil; sent += 1 << 16 {
					_, err = a.Write(bytes.Repeat([]byte("x"), 1<<16))
				}
				a.Close()
			}()
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			for range 3 {
				got, err := c.read(in)
				is(t, err, ports.ErrLineTooLong)
				if len(got) != c.piece {
					t.Errorf("%d bytes came, want %d", len(got), c.piece)
				}
			}
			runtime.GC()
			runtime.ReadMemStats(&after)
			held := int64(after.HeapAlloc) - int64(before.HeapAlloc)
			if held > int64(c.piece)+1<<19 {
				t.Errorf("%d bytes are held", held)
			}
			must(t, in.Close())
			must(t, b.Close())
		})
	}
}

// No limit must be asked for.
func TestNoLineLimit(t *testing.T) {
	const size = 3 << 20
	a, b := unixSockets(t, constants.SOCK_STREAM)
	in, _ := makePorts(t, b, ports.Params{LineLimit: -1})
	go a.Write(append(bytes.Repeat([]byte("x"), size), '\n'))
	if line, err := in.ReadLineBytes(); len(line) != size || err != nil {
		t.Error(len(line), err)
	}
}

// Row M3: the ending and the limit can be changed at any time, and one protocol can have several
// endings.
func TestLinesChange(t *testing.T) {
	a, b := unixSockets(t, constants.SOCK_STREAM)
	in, _ := makePorts(t, b, ports.DefaultParams())
	_, out := makePorts(t, a, ports.Params{SendBufferSize: 100})
	must(t, out.SetBuffering(ports.LineBuffered, 0))
	line := func(want string, wantErr error) {
		t.Helper()
		if got, err := in.ReadLine(); got != want || !errors.Is(err, wantErr) {
			t.Errorf("%q, %v, want %q, %v", got, err, want, wantErr)
		}
	}
	until := func(delimiter string, limit int, want string, wantErr error) {
		t.Helper()
		if got, err := in.ReadUntil(delimiter, limit); string(got) != want ||
			!errors.Is(err, wantErr) {
			t.Errorf("until %q: %q, %v, want %q, %v", delimiter, got, err, want, wantErr)
		}
	}
	_, err := out.WriteLine("one")
	must(t, err)
	line("one", nil)
	must(t, out.SetLineEnding("\r\n"))
	must(t, in.SetLineEnding("\r\n"))
	_, err = out.WriteLine("two\nlines")
	must(t, err)
	line("two\nlines", nil)
	must(t, in.SetLineLimit(3))
	_, err = out.WriteLine("abcd")
	must(t, err)
	line("abc", ports.ErrLineTooLong)
	line("d", nil)
	must(t, in.SetLineLimit(0))
	must(t, writeAll(out, "key: value; path=a,b;END rest\r\n"))
	until(": ", 0, "key", nil)
	until("; ", 3, "val", ports.ErrLineTooLong)
	until("; ", 3, "ue", nil)
	until("=", -1, "path", nil)
	until(";", 0, "a,b", nil)
	until("END", 1, "", nil)
	until("", 0, " rest", nil)
	must(t, writeAll(out, "half of a command"))
	must(t, out.Close())
	until("\r\n", 0, "half of a command", io.EOF) // which ReadLine would take for one
	until("\r\n", 0, "", io.EOF)
}

// ReadFull takes nothing until all is there, so that after a timeout nothing is out of step.
func TestReadFull(t *testing.T) {
	streamSockets(t, func(t *testing.T, a, b *socket.Socket) {
		setParams(t, b, func(p *socket.Params) { p.ReceiveTimeout = 10 * time.Millisecond })
		in, _ := makePorts(t, b, ports.Params{ReceiveBufferSize: 16})
		data := text(100)
		for part := range 4 {
			_, err := a.Write(data[part*25 : part*25+25])
			must(t, err)
			if part < 3 {
				n, err := in.ReadFull(make([]byte, 100))
				is(t, err, socket.ErrTimeout)
				if n != 0 {
					t.Error(n, "bytes are gone")
				}
			}
		}
		got := make([]byte, 100)
		if n, err := in.ReadFull(got); n != 100 || err != nil || !bytes.Equal(got, data) {
			t.Errorf("%d, %v, % x", n, err, got)
		}
		_, err := a.Write(data[:3])
		must(t, err)
		must(t, a.Close())
		_, err = in.ReadFull(got)
		is(t, err, io.ErrUnexpectedEOF)
		if n, err := in.ReadFull(got[:3]); n != 3 || err != nil {
			t.Error(n, err)
		}
		_, err = in.ReadFull(got)
		is(t, err, io.EOF)
		if n, err := in.ReadFull(nil); n != 0 || err != nil {
			t.Error(n, err)
		}
	})
}

// The end of a message ends a line, a string, a character and whatever else is read of it: statsd's
// "b:2|c" and "c:3|c" are two.
func TestMessagesStayApart(t *testing.T) {
	messageSockets(t, func(t *testing.T, a, b *socket.Socket) {
		in, _ := makePorts(t, b, ports.DefaultParams())
		bounded(t, in)
		send := func(list ...string) {
			t.Helper()
			for _, m := range list {
				_, err := a.Send(ctx, []byte(m), 0)
				must(t, err)
			}
		}
		send("a:1|c\nb:2|c", "c:3|c", "", "d\r\n", "e\r", "\nf")
		for _, want := range []string{"a:1|c", "b:2|c", "c:3|c", "d", "e\r", "", "f"} {
			if line, err := in.ReadLine(); line != want || err != nil {
				t.Errorf("%q, %v, want %q", line, err, want)
			}
		}
		send("b:2|c", "c:3!", "d\xe2\x82", "\xace", "fgh", "ijk")
		for _, want := range []string{"b:2|c", "c:3!"} {
			if s, err := in.ReadString('!'); s != want || err != nil {
				t.Errorf("%q, %v, want %q", s, err, want)
			}
		}
		for _, want := range []rune{'d', '\uFFFD', '\uFFFD', '\uFFFD', 'e'} {
			if r, _, err := in.ReadRune(); r != want || err != nil {
				t.Errorf("%q, %v, want %q", r, err, want)
			}
		}
		p, err := in.Peek(4)
		is(t, err, ports.ErrMessageEnd)
		if string(p) != "fgh" {
			t.Errorf("%q", p)
		}
		_, err = in.ReadFull(make([]byte, 4))
		is(t, err, ports.ErrMessageEnd)
		n, err := in.Discard(4)
		is(t, err, ports.ErrMessageEnd)
		if n != 3 {
			t.Error("discarded", n)
		}
		if s, err := in.ReadUntil("!", 0); string(s) != "ijk" || err != nil {
			t.Errorf("%q, %v", s, err)
		}
	})
}

// Whether a message was cut can be asked, however it was read.
func TestTruncated(t *testing.T) {
	messageSockets(t, func(t *testing.T, a, b *socket.Socket) {
		in, _ := makePorts(t, b, ports.Params{ReceiveBufferSize: 10})
		for _, room := range []int{1, 10, 11, 100} {
			for n, want := range map[int]bool{9: false, 10: false, 11: true, 12: true, 1000: true} {
				_, err := a.Send(ctx, text(n), 0)
				must(t, err)
				for left := min(n, 10); left > 0; {
					buf := make([]byte, room)
					m, err := in.Read(buf)
					must(t, err)
					if left -= m; in.Truncated() != want || left < 0 {
						t.Errorf("%d bytes read by %d: truncated %t, %d left", n, room,
							in.Truncated(), left)
					}
				}
			}
		}
	})
	a, b := unixSockets(t, constants.SOCK_STREAM)
	in, _ := makePorts(t, b, ports.Params{ReceiveBufferSize: 10})
	_, err := a.Write(text(100))
	must(t, err)
	if _, err := in.Peek(50); err != nil || in.Truncated() {
		t.Error("a stream is truncated:", err)
	}
}

// A datagram that is too long can never leave, but be dropped.
func TestDiscardOutput(t *testing.T) {
	a, b := udpSockets(t)
	setParams(t, a, func(p *socket.Params) { p.SendSize = 0 })
	_, out := makePorts(t, a, ports.Params{SendBufferSize: 100_000})
	_, err := out.Write(text(70_000))
	must(t, err)
	for range 2 {
		is(t, out.Flush(), syscall.EMSGSIZE)
	}
	if n := out.Discard(); n != 70_000 || out.Buffered() != 0 || out.Discard() != 0 {
		t.Error(n, out.Buffered())
	}
	must(t, writeAll(out, "short"))
	must(t, out.Flush())
	if got := messages(t, b, 1); len(got) != 1 || string(got[0]) != "short" {
		t.Errorf("%q", got)
	}
	must(t, out.Close())
	if out.Discard() != 0 {
		t.Error("a closed port has dropped something")
	}
}

// Zero and nil values are closed, like the zero Socket.
func TestZeroValues(t *testing.T) {
	for _, in := range []*ports.InputPort{nil, new(ports.InputPort)} {
		for name, call := range inputCalls(in) {
			if err := call(); !errors.Is(err, socket.ErrClosed) {
				t.Errorf("%s of %v: %v", name, in, err)
			}
		}
		in.Abandon()
		if in.Socket() != nil || in.Buffered() != 0 || in.Truncated() {
			t.Error("it has something")
		}
	}
	for _, out := range []*ports.OutputPort{nil, new(ports.OutputPort)} {
		for name, call := range outputCalls(out) {
			if err := call(); !errors.Is(err, socket.ErrClosed) {
				t.Errorf("%s of %v: %v", name, out, err)
			}
		}
		out.Abandon()
		if mode, n := out.Buffering(); out.Socket() != nil || out.Buffered() != 0 ||
			out.Discard() != 0 || mode != 0 || n != 0 {
			t.Error("it has something")
		}
	}
	for _, d := range []ports.Duplex{{}, ports.Join(new(ports.InputPort), new(ports.OutputPort))} {
		_, _, names := d.Names()
		_, copied := io.Copy(d, d)
		_, read := d.Read(make([]byte, 1))
		for i, err := range []error{d.Close(), d.CloseRead(), d.CloseWrite(),
			d.SetDeadline(time.Time{}), d.SetContext(ctx), names,
			d.SetLineEnding(""), copied, read} {
			if !errors.Is(err, socket.ErrClosed) {
				t.Error(i, err)
			}
		}
		if d.Socket() != nil || d.LocalAddr() != nil || d.RemoteAddr() != nil || d.Buffered() != 0 {
			t.Error("it has something")
		}
		d.Abandon()
	}
	for _, s := range []*socket.Socket{nil, new(socket.Socket)} {
		_, _, err := ports.New(s, ports.DefaultParams())
		is(t, err, socket.ErrClosed)
	}
	var c *ports.Custodian
	late := new(counted)
	is(t, c.Add(late), socket.ErrClosed)
	is(t, c.Close(), socket.ErrClosed)
	c.Remove(late)
	if late.closes.Load() != 1 || c.Len() != 0 {
		t.Error("a nil custodian is not closed")
	}
	var d ports.Custodian
	for _, bad := range []io.Closer{(*ports.InputPort)(nil), (*ports.Custodian)(nil),
		(*counted)(nil), ports.Duplex{}} {
		if d.Add(bad) == nil {
			t.Errorf("a nil %T is added", bad)
		}
	}
	if n := d.Len(); n != 0 {
		t.Error("it has", n)
	}
	d.Add(new(ports.InputPort), new(ports.OutputPort))
	if n := d.Len(); n != 0 {
		t.Error("it has", n)
	}
	must(t, d.Close())
}

// inputCalls are all calls that fail on a closed port.
func inputCalls(in *ports.InputPort) map[string]func() error {
	return map[string]func() error{
		"Read":           func() error { _, err := in.Read(make([]byte, 1)); return err },
		"Read nothing":   func() error { _, err := in.Read(nil); return err },
		"Read 8192":      func() error { _, err := in.Read(make([]byte, 8192)); return err },
		"ReadByte":       func() error { _, err := in.ReadByte(); return err },
		"ReadRune":       func() error { _, _, err := in.ReadRune(); return err },
		"ReadFull":       func() error { _, err := in.ReadFull(make([]byte, 2)); return err },
		"ReadLine":       func() error { _, err := in.ReadLine(); return err },
		"ReadLineBytes":  func() error { _, err := in.ReadLineBytes(); return err },
		"ReadString":     func() error { _, err := in.ReadString('\n'); return err },
		"ReadUntil":      func() error { _, err := in.ReadUntil("\n", 5); return err },
		"Peek":           func() error { _, err := in.Peek(1); return err },
		"Discard":        func() error { _, err := in.Discard(1); return err },
		"WriteTo":        func() error { _, err := in.WriteTo(io.Discard); return err },
		"Unread":         func() error { return in.Unread([]byte("x")) },
		"UnreadByte":     func() error { return in.UnreadByte() },
		"UnreadRune":     func() error { return in.UnreadRune() },
		"SetBufferSize":  func() error { return in.SetBufferSize(1) },
		"SetLineEnding":  func() error { return in.SetLineEnding("") },
		"SetLineLimit":   func() error { return in.SetLineLimit(1) },
		"SetContext":     func() error { return in.SetContext(ctx) },
		"Ready":          func() error { _, err := in.Ready(); return err },
		"Names":          func() error { _, _, err := in.Names(); return err },
		"Addresses":      func() error { _, _, err := ports.Addresses(in); return err },
		"PortNumbers":    func() error { _, _, err := ports.PortNumbers(in); return err },
		"Close when new": func() error { return closeZero(in.Socket(), in) },
	}
}

// outputCalls are the same of an output port.
func outputCalls(out *ports.OutputPort) map[string]func() error {
	return map[string]func() error{
		"Write":          func() error { _, err := out.Write([]byte("x")); return err },
		"Write nothing":  func() error { _, err := out.Write(nil); return err },
		"WriteString":    func() error { _, err := out.WriteString("x"); return err },
		"WriteByte":      func() error { return out.WriteByte('x') },
		"WriteRune":      func() error { _, err := out.WriteRune('x'); return err },
		"WriteRune €":    func() error { _, err := out.WriteRune('€'); return err },
		"WriteLine":      func() error { _, err := out.WriteLine("x"); return err },
		"WriteLineBytes": func() error { _, err := out.WriteLineBytes([]byte("x")); return err },
		"ReadFrom": func() error {
			_, err := out.ReadFrom(strings.NewReader("x"))
			return err
		},
		"Flush":          func() error { return out.Flush() },
		"ClearError":     func() error { return out.ClearError() },
		"SetBuffering":   func() error { return out.SetBuffering(ports.Unbuffered, 0) },
		"SetLineEnding":  func() error { return out.SetLineEnding("") },
		"SetContext":     func() error { return out.SetContext(ctx) },
		"Names":          func() error { _, _, err := out.Names(); return err },
		"Close when new": func() error { return closeZero(out.Socket(), out) },
	}
}

// closeZero closes a port that was not made by New. To close one that was is no error, also again.
func closeZero(s *socket.Socket, p io.Closer) error {
	if s != nil {
		return errors.Join(p.Close(), socket.ErrClosed)
	}
	return p.Close()
}

// Every call on a closed output port fails.
func TestClosedOutput(t *testing.T) {
	for _, size := range []int{0, 100} {
		a, _ := unixSockets(t, constants.SOCK_STREAM)
		_, out := makePorts(t, a, ports.Params{SendBufferSize: size})
		must(t, writeAll(out, "x"))
		must(t, out.Close())
		for name, call := range outputCalls(out) {
			if err := call(); !errors.Is(err, socket.ErrClosed) {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

// Row X22: what a web server has read ahead is read first by the ports that take the connection
// over.
func TestUpgradeFromHTTP(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	done := make(chan error, 1)
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, rw, err := http.NewResponseController(w).Hijack()
		if err != nil {
			done <- err
			return
		}
		ahead, _ := rw.Reader.Peek(rw.Reader.Buffered())
		s, err := socket.FromConn(c.(*net.TCPConn))
		if err != nil {
			done <- err
			return
		}
		c.Close()
		in, out, err := ports.New(s, ports.DefaultParams())
		if err != nil {
			done <- err
			return
		}
		d := ports.Join(in, out)
		err = d.Unread(ahead)
		for range 3 {
			line, readErr := d.ReadLine()
			_, writeErr := d.WriteLine("you said " + line)
			err = errors.Join(err, readErr, writeErr)
		}
		done <- errors.Join(err, d.Close())
	})}
	go server.Serve(l)
	defer server.Close()
	c, err := net.Dial("tcp", l.Addr().String())
	must(t, err)
	defer c.Close()
	_, err = io.WriteString(c,
		"GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: lines\r\n\r\none\ntwo\n")
	must(t, err)
	r := bufio.NewReader(c)
	for _, want := range []string{"one", "two", "three"} {
		if want == "three" {
			_, err = io.WriteString(c, "three\n")
			must(t, err)
		}
		if line, err := r.ReadString('\n'); line != "you said "+want+"\n" {
			t.Errorf("%q, %v", line, err)
		}
	}
	must(t, <-done)
}

// Unread bytes come before what is buffered, wherever that stands.
func TestUnread(t *testing.T) {
	a, b := unixSockets(t, constants.SOCK_STREAM)
	in, _ := makePorts(t, b, ports.Params{ReceiveBufferSize: 8})
	must(t, in.Unread([]byte("ahead,")))
	must(t, in.Unread(nil))
	_, err := a.Write([]byte("received"))
	must(t, err)
	must(t, a.Close())
	if p, err := in.Peek(10); string(p) != "ahead,rece" || err != nil {
		t.Fatalf("%q, %v", p, err)
	}
	is(t, in.UnreadByte(), bufio.ErrInvalidUnreadByte)
	_, err = in.Discard(6)
	must(t, err)
	must(t, in.Unread([]byte("again,")))
	must(t, in.Unread([]byte("more ")))
	if all, err := io.ReadAll(in); string(all) != "more again,received" || err != nil {
		t.Errorf("%q, %v", all, err)
	}
}

// Row X22: TLS begins where the ports have stopped, with what they have read ahead: STARTTLS, on
// both sides.
func TestUpgradeToTLS(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{"ports.test"},
		NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	must(t, err)
	roots := x509.NewCertPool()
	leaf, err := x509.ParseCertificate(der)
	must(t, err)
	roots.AddCert(leaf)

	a, b := tcpSockets(t)
	client, server := ports.Join(makePorts(t, a, ports.DefaultParams())),
		ports.Join(makePorts(t, b, ports.DefaultParams()))
	served := make(chan error, 1)
	go func() {
		line, err := server.ReadLine()
		if err != nil || line != "STARTTLS" {
			served <- fmt.Errorf("%q, %w", line, err)
			return
		}
		// The client did not wait for an answer: its first words of TLS are in the buffer by now,
		// or will be.
		c := tls.Server(server,
			&tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der},
				PrivateKey: key}}})
		_, err = io.Copy(c, c)
		served <- errors.Join(err, c.Close())
	}()
	_, err = client.WriteLine("STARTTLS")
	must(t, err)
	c := tls.Client(client, &tls.Config{RootCAs: roots, ServerName: "ports.test"})
	data := text(1 << 17)
	go func() {
		c.Write(data)
		c.CloseWrite()
	}()
	if got, err := io.ReadAll(c); !bytes.Equal(got, data) || err != nil {
		t.Errorf("%d bytes, %v", len(got), err)
	}
	must(t, c.Close())
	must(t, <-served)
	if a.FD() >= 0 || b.FD() >= 0 {
		t.Error("a socket is open")
	}
}

// Rows M1 and X22: a Duplex is a connection of package net: its addresses, also when it is closed,
// its deadlines, and each half's end.
func TestDuplexConn(t *testing.T) {
	a, b := tcpSockets(t)
	d, peer := ports.Join(makePorts(t, a, ports.DefaultParams())),
		ports.Join(makePorts(t, b, ports.DefaultParams()))
	if d.LocalAddr().String() != peer.RemoteAddr().String() ||
		d.RemoteAddr().String() != peer.LocalAddr().String() ||
		d.LocalAddr().Network() != "tcp" {
		t.Error(d.LocalAddr(), d.RemoteAddr(), peer.LocalAddr(), peer.RemoteAddr())
	}
	past := time.Unix(1, 0)
	must(t, d.SetReadDeadline(past))
	_, err := d.Read(make([]byte, 1))
	is(t, err, socket.ErrTimeout)
	_, err = d.Write([]byte("request"))
	must(t, err)
	must(t, d.SetWriteDeadline(past))
	_, err = d.Write([]byte("x"))
	is(t, err, socket.ErrTimeout)
	must(t, d.SetDeadline(time.Time{}))
	is(t, d.ClearError(), socket.ErrTimeout)
	must(t, d.CloseWrite()) // and the answer still comes
	request, err := io.ReadAll(peer)
	must(t, err)
	if string(request) != "request" {
		t.Errorf("%q", request)
	}
	_, err = peer.Write([]byte("answer, and more"))
	must(t, err)
	if p, err := d.Peek(16); err != nil || d.Buffered() != len(p) {
		t.Error(d.Buffered(), err)
	}
	if n, err := d.Discard(8); n != 8 || err != nil {
		t.Error(n, err)
	}
	if local, remote, err := d.Names(); !local.IsValid() || !remote.IsValid() || err != nil {
		t.Error(local, remote, err)
	}
	must(t, d.CloseRead())
	if a.FD() >= 0 {
		t.Error("the socket is open")
	}
	if d.LocalAddr() == nil || d.RemoteAddr() == nil ||
		d.RemoteAddr().String() != peer.LocalAddr().String() {
		t.Error("the closed connection has the addresses", d.LocalAddr(), d.RemoteAddr())
	}
	_, _, err = d.Names()
	is(t, err, socket.ErrClosed)

	// Both ports abandoned: the connection lives on elsewhere.
	e, err := b.Dup()
	must(t, err)
	defer e.Close()
	d = ports.Join(makePorts(t, e, ports.DefaultParams()))
	d.Abandon()
	must(t, d.Close())
	if peer.LocalAddr() == nil {
		t.Error("no address")
	}
	x, _ := unixSockets(t, constants.SOCK_STREAM)
	d = ports.Join(makePorts(t, x, ports.DefaultParams()))
	if d.LocalAddr().Network() != "unix" || d.RemoteAddr().Network() != "unix" {
		t.Error(d.LocalAddr(), d.RemoteAddr())
	}
}
