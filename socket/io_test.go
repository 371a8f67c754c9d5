package socket_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"syscall"
	"testing"
	"testing/iotest"
	"time"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/socket"
)

// Read keeps all of io.Reader's contract that testing/iotest checks.
func TestReader(t *testing.T) {
	content := []byte(strings.Repeat("0123456789abcdef", 1000))
	for _, kind := range streams {
		a, b := kind.make(t)
		done := start(func() error {
			defer a.Close()
			return second(a.Write(content))
		})
		if err := iotest.TestReader(struct{ io.Reader }{b}, content); err != nil {
			t.Errorf("%s: %v", kind.what, err)
		}
		ok(t, result(t, done))
		if n, err := b.Read(nil); n != 0 || err != nil {
			t.Errorf("%s: Read of nothing at the end: %d, %v", kind.what, n, err)
		}
	}
}

// Read returns io.EOF at the end of a stream, and at no other time.
func TestReadEOF(t *testing.T) {
	for _, kind := range streams {
		a, b := kind.make(t)
		buf := make([]byte, 10)
		ok(t, a.Shutdown(constants.SHUT_WR))
		for range 2 {
			if n, err := b.Read(buf); n != 0 || err != io.EOF {
				t.Errorf("%s: %d, %v", kind.what, n, err)
			}
		}
	}
	a, b := pair(t, constants.SOCK_DGRAM)
	ok(t, second(a.Write(nil)))
	ok(t, second(a.Write([]byte("x"))))
	buf := make([]byte, 10)
	if n, err := b.Read(buf); n != 0 || err != nil {
		t.Errorf("an empty datagram: %d, %v", n, err)
	}
	if n, err := b.Read(buf); n != 1 || err != nil {
		t.Errorf("the datagram after it: %d, %v", n, err)
	}
	set(t, b, func(p *socket.Params) { p.ReceiveTimeout = 1 })
	is(t, second(b.Read(buf)), socket.ErrTimeout)
}

// A reset is an error and not the end, and says whose, though the kernel has forgotten it by then.
func TestReadReset(t *testing.T) {
	for _, who := range []string{"client", "server", "duplicate", "adopted"} {
		a, b := tcp(t)
		old := b
		var err error
		switch who {
		case "client":
			a, b = b, a
		case "duplicate":
			b, err = old.Dup()
		case "adopted":
			b, err = socket.FromConn(old)
		}
		ok(t, err)
		defer b.Close()
		here, there := name(t, b), name(t, a)
		send(t, b, "unread")
		ok(t, a.WaitReceive(within(t, patience)))
		ok(t, a.Close())
		err = second(b.Read(make([]byte, 1)))
		is(t, err, syscall.ECONNRESET)
		if e, isError := errors.AsType[*socket.Error](err); !isError || e.Op != "read" ||
			e.Local != here || e.Remote != there {
			t.Errorf("%s: %v; the addresses are %v and %v", who, err, here, there)
		}
		if p, err := b.PeerName(); p != there || err != nil {
			t.Errorf("%s: the peer was %v, PeerName says %v, %v", who, there, p, err)
		}
	}
}

// Write sends all, however small the buffers are.
func TestWriteAll(t *testing.T) {
	for _, kind := range streams {
		a, b := kind.make(t)
		small(t, a)
		wide(t, a, b)
		// Write has no chunks: this would take ages
		set(t, a, func(p *socket.Params) { p.SendSize = 1 })
		content := make([]byte, 1<<21)
		for i := range content {
			content[i] = byte(rand.Int())
		}
		done := start(func() error {
			n, err := a.Write(content)
			if err == nil && n != len(content) {
				err = io.ErrShortWrite
			}
			return errors.Join(err, a.Shutdown(constants.SHUT_WR))
		})
		got, err := io.ReadAll(b)
		if err != nil || !bytes.Equal(got, content) {
			t.Errorf("%s: read %d bytes of %d, %v", kind.what, len(got), len(content), err)
		}
		ok(t, result(t, done))
	}
}

// A Write that does not send all returns an error and the count: the peer stops reading, or goes
// away.
func TestWriteCutShort(t *testing.T) {
	for _, kind := range streams {
		for _, cut := range []struct {
			what string
			do   func(a, b *socket.Socket) error
			want []error
		}{
			{"deadline", func(a, b *socket.Socket) error { return a.SetWriteDeadline(time.Now()) },
				[]error{socket.ErrTimeout}},
			{"close", func(a, b *socket.Socket) error { return a.Close() },
				[]error{socket.ErrClosed}},
			{"peer's close", func(a, b *socket.Socket) error { return b.Close() },
				[]error{syscall.EPIPE, syscall.ECONNRESET}},
		} {
			t.Run(kind.what+"/"+cut.what, func(t *testing.T) {
				a, b := kind.make(t)
				content := make([]byte, 16<<20)
				n := 0
				done := start(func() (err error) { n, err = a.Write(content); return err })
				parked(t, 1)
				ok(t, cut.do(a, b))
				err := result(t, done)
				if !errors.Is(err, cut.want[0]) && !errors.Is(err, cut.want[len(cut.want)-1]) {
					t.Errorf("error %v, want %v", err, cut.want)
				}
				if n <= 0 || n >= len(content) {
					t.Errorf("wrote %d of %d", n, len(content))
				}
			})
		}
	}
}

// Write's timeout of Params is that of each wait.
func TestWriteTimeout(t *testing.T) {
	a, _ := pair(t, constants.SOCK_STREAM)
	set(t, a, func(p *socket.Params) { p.SendTimeout = short })
	atLeast(t, short, func() {
		n, err := a.Write(make([]byte, 16<<20))
		if is(t, err, socket.ErrTimeout); n == 0 {
			t.Error("nothing was sent")
		}
	})
}

// sources and sinks are what ReadFrom and WriteTo are used with: some have fast paths of their own,
// and some not.
var sources = map[string]func(content []byte) io.Reader{
	"bytes.Reader":  func(c []byte) io.Reader { return bytes.NewReader(c) },
	"plain reader":  func(c []byte) io.Reader { return struct{ io.Reader }{bytes.NewReader(c)} },
	"one byte":      func(c []byte) io.Reader { return iotest.OneByteReader(bytes.NewReader(c)) },
	"half":          func(c []byte) io.Reader { return iotest.HalfReader(bytes.NewReader(c)) },
	"data with EOF": func(c []byte) io.Reader { return iotest.DataErrReader(bytes.NewReader(c)) },
}

// ReadFrom sends what a reader has, until its end, and returns how much that was.
func TestReadFrom(t *testing.T) {
	content := make([]byte, 100_000)
	for i := range content {
		content[i] = byte(rand.Int())
	}
	for what, source := range sources {
		for _, kind := range streams {
			a, b := kind.make(t)
			done := start(func() error {
				n, err := a.ReadFrom(source(content))
				if err == nil && n != int64(len(content)) {
					err = fmt.Errorf("sent %d", n)
				}
				return errors.Join(err, a.Shutdown(constants.SHUT_WR))
			})
			got, err := io.ReadAll(b)
			if err != nil || !bytes.Equal(got, content) {
				t.Errorf("%s over %s: read %d bytes of %d, %v",
					what, kind.what, len(got), len(content), err)
			}
			if err := result(t, done); err != nil {
				t.Errorf("%s over %s: %v", what, kind.what, err)
			}
		}
	}
}

// An error of the reader ends ReadFrom with what was read before it.
func TestReadFromError(t *testing.T) {
	a, b := pair(t, constants.SOCK_STREAM)
	want := errors.New("mine")
	n, err := a.ReadFrom(io.MultiReader(strings.NewReader("before"), iotest.ErrReader(want)))
	if n != 6 || !errors.Is(err, want) {
		t.Errorf("sent %d, %v", n, err)
	}
	receive(t, b, "before")
	// An error of the socket ends it too.
	ok(t, b.Close())
	n, err = a.ReadFrom(strings.NewReader("after"))
	if n != 0 || !errors.Is(err, syscall.EPIPE) {
		t.Errorf("sent %d, %v", n, err)
	}
}

// WriteTo writes what is received, until the end of the stream.
func TestWriteTo(t *testing.T) {
	content := make([]byte, 100_000)
	for i := range content {
		content[i] = byte(rand.Int())
	}
	for _, kind := range streams {
		a, b := kind.make(t)
		done := start(func() error {
			return errors.Join(second(a.Write(content)), a.Shutdown(constants.SHUT_WR))
		})
		var got bytes.Buffer
		n, err := b.WriteTo(struct{ io.Writer }{&got})
		if n != int64(len(content)) || err != nil || !bytes.Equal(got.Bytes(), content) {
			t.Errorf("%s: %d, %v, and %d bytes", kind.what, n, err, got.Len())
		}
		ok(t, result(t, done))
		// At the end there is no more, and no error.
		if n, err := b.WriteTo(&got); n != 0 || err != nil {
			t.Errorf("%s: again: %d, %v", kind.what, n, err)
		}
	}
}

// An error of the writer, a short write or a timeout ends WriteTo.
func TestWriteToError(t *testing.T) {
	want := errors.New("mine")
	for _, test := range []struct {
		what string
		w    io.Writer
		want error
	}{
		{"an error", writer(func(b []byte) (int, error) { return 2, want }), want},
		{"a short write", writer(func(b []byte) (int, error) { return 2, nil }), io.ErrShortWrite},
	} {
		a, b := pair(t, constants.SOCK_STREAM)
		send(t, a, "hello")
		n, err := b.WriteTo(test.w)
		if n != 2 || !errors.Is(err, test.want) {
			t.Errorf("%s: %d, %v", test.what, n, err)
		}
	}
	a, b := pair(t, constants.SOCK_STREAM)
	set(t, b, func(p *socket.Params) { p.ReceiveTimeout = short })
	send(t, a, "hello")
	var got bytes.Buffer
	n, err := b.WriteTo(&got)
	if n != 5 || got.String() != "hello" || !errors.Is(err, socket.ErrTimeout) {
		t.Errorf("%d bytes %q, %v", n, got.String(), err)
	}
}

type writer func([]byte) (int, error)

func (w writer) Write(b []byte) (int, error) { return w(b) }

// Over datagrams, what each Read of the reader returns is one, and each one received is one Write;
// an empty one is no end.
func TestCopyDatagrams(t *testing.T) {
	a, b := pair(t, constants.SOCK_DGRAM)
	parts := []string{"one", "two", strings.Repeat("3", 30000)}
	var readers []io.Reader
	total := 0
	for _, p := range parts {
		readers = append(readers, struct{ io.Reader }{strings.NewReader(p)})
		total += len(p)
	}
	n, err := a.ReadFrom(struct{ io.Reader }{io.MultiReader(readers...)})
	if n != int64(total) || err != nil {
		t.Errorf("sent %d, %v; want %d", n, err, total)
	}
	// Also of a reader that would rather write itself, here in one piece.
	parts = append(parts, strings.Repeat("4", 1<<16), "5")
	total += 1<<16 + 1
	if n, err := a.ReadFrom(strings.NewReader(parts[3] + parts[4])); n != 1<<16+1 || err != nil {
		t.Errorf("sent %d, %v; want %d", n, err, 1<<16+1)
	}
	ok(t, second(a.Write(nil)))
	ok(t, second(a.Write([]byte("last"))))
	set(t, b, func(p *socket.Params) { p.ReceiveTimeout = short })
	var got []string
	n, err = b.WriteTo(writer(func(b []byte) (int, error) {
		got = append(got, string(b))
		return len(b), nil
	}))
	is(t, err, socket.ErrTimeout)
	if want := append(parts, "", "last"); n != int64(total+4) ||
		strings.Join(got, "|") != strings.Join(want, "|") {
		t.Errorf("%d bytes in %d writes", n, len(got))
	}
}

// io.Copy between two sockets, which is what a proxy does.
func TestProxy(t *testing.T) {
	for _, kind := range streams {
		client, front := kind.make(t)
		back, server := kind.make(t)
		content := bytes.Repeat([]byte("proxy"), 100_000)
		copied := start(func() error {
			n, err := io.Copy(back, front)
			if err == nil && n != int64(len(content)) {
				err = fmt.Errorf("copied %d", n)
			}
			return errors.Join(err, back.Shutdown(constants.SHUT_WR))
		})
		sent := start(func() error {
			return errors.Join(second(client.Write(content)), client.Shutdown(constants.SHUT_WR))
		})
		got, err := io.ReadAll(server)
		if err != nil || !bytes.Equal(got, content) {
			t.Errorf("%s: %d bytes of %d, %v", kind.what, len(got), len(content), err)
		}
		ok(t, result(t, copied))
		ok(t, result(t, sent))
	}
}

// Messages of SOCK_SEQPACKET: empty ones are messages, and the peer's end is io.EOF for Read.
func TestSeqpacket(t *testing.T) {
	a, b, err := socket.Pair(constants.AF_UNIX, constants.SOCK_SEQPACKET, 0)
	if errors.Is(err, socket.ErrUnsupported) {
		t.Skipf("needs AF_UNIX SOCK_SEQPACKET: %v", err)
	}
	ok(t, err)
	defer a.Close()
	defer b.Close()
	buf := make([]byte, 3)
	for _, message := range []string{"one", "", "three", "", "six"} {
		send(t, a, message)
	}
	for _, want := range []string{"one", "", "thr", "", "six"} {
		// the rest of a long message is lost
		n, err := b.Read(buf)
		if string(buf[:n]) != want || err != nil {
			t.Errorf("read %q, %v; want %q", buf[:n], err, want)
		}
	}
	send(t, a, "")
	send(t, a, "end")
	ok(t, a.Close())
	for _, want := range []struct {
		text string
		err  error
	}{{"", nil}, {"end", nil}, {"", io.EOF}, {"", io.EOF}} {
		n, err := b.Read(buf)
		if string(buf[:n]) != want.text || err != want.err {
			t.Errorf("read %q, %v; want %q, %v", buf[:n], err, want.text, want.err)
		}
	}
	if n, err := b.Receive(context.Background(), buf, 0); n != 0 || err != nil {
		t.Errorf("Receive at the end: %d, %v", n, err)
	}
}

// CopyFrom and CopyTo end with their context, whichever side they wait for.
func TestCopyContext(t *testing.T) {
	for name, copy := range map[string]func(ctx context.Context, to, from *socket.Socket) error{
		"CopyFrom": func(ctx context.Context, to, from *socket.Socket) error {
			_, err := to.CopyFrom(ctx, from)
			return err
		},
		"CopyFrom limited": func(ctx context.Context, to, from *socket.Socket) error {
			_, err := to.CopyFrom(ctx, io.LimitReader(from, 1<<40))
			return err
		},
		"CopyTo": func(ctx context.Context, to, from *socket.Socket) error {
			_, err := from.CopyTo(ctx, to)
			return err
		},
		"CopyTo a writer": func(ctx context.Context, to, from *socket.Socket) error {
			_, err := from.CopyTo(ctx,
				writer(func(b []byte) (int, error) { return to.SendAll(ctx, b, 0) }))
			return err
		},
	} {
		for _, typ := range []constants.SocketType{constants.SOCK_STREAM,
			constants.SOCK_SEQPACKET} {
			for _, full := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s %v, receiver full %t", name, typ, full), func(t *testing.T) {
					feed, from := pair(t, typ)
					to, _ := pair(t, typ)
					set(t, from, func(p *socket.Params) { p.ReceiveTimeout = 0 })
					set(t, to, func(p *socket.Params) { p.SendTimeout = 0 })
					if full {
						fill(t, to)
						send(t, feed, "what nobody takes")
					}
					c, cancel := context.WithCancel(ctx)
					done := start(func() error { return copy(c, to, from) })
					parked(t, 1)
					cancel()
					is(t, result(t, done), context.Canceled)
				})
			}
		}
	}
}

// A copy to a socket fails as a write, whatever it is that is copied and by which system call.
func TestCopyFailsAsWrite(t *testing.T) {
	ended, cancel := context.WithCancel(ctx)
	cancel()
	for _, typ := range []constants.SocketType{constants.SOCK_STREAM, constants.SOCK_SEQPACKET} {
		a, b := pair(t, typ)
		ok(t, b.Close())
		closed, _ := pair(t, typ)
		ok(t, closed.Close())
		for what, some := range map[string]func() io.Reader{
			"a file":   func() io.Reader { return fileWith(t, []byte("some")) },
			"a reader": func() io.Reader { return strings.NewReader("some") },
		} {
			_, peer := a.CopyFrom(ctx, some())
			_, gone := closed.CopyFrom(ctx, some())
			_, over := a.CopyFrom(ended, some())
			for want, err := range map[error]error{
				syscall.EPIPE: peer, socket.ErrClosed: gone, context.Canceled: over,
			} {
				var e *socket.Error
				if !errors.As(err, &e) || e.Op != "write" || !errors.Is(err, want) {
					t.Errorf("%v, %s: %v, want one of write: %v", typ, what, err, want)
				}
			}
		}
	}
}
