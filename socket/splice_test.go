package socket_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/socket"
)

// noise returns bytes that do not repeat.
func noise(n int) []byte {
	b := make([]byte, 0, n+32)
	sum := sha256.Sum256(nil)
	for len(b) < n {
		sum = sha256.Sum256(sum[:])
		b = append(b, sum[:]...)
	}
	return b[:n]
}

func fileWith(t testing.TB, content []byte) *os.File {
	t.Helper()
	name := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(name, content, 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

// streamPair is a connected pair over TCP without timeouts.
func streamPair(t testing.TB) (a, b *socket.Socket) {
	t.Helper()
	return ours(t)
}

// narrow gives a stream from a to b buffers of less than 2 MiB together, whatever the system's
// defaults are.
func narrow(t testing.TB, a, b *socket.Socket) {
	t.Helper()
	option(t, a, constants.SOL_SOCKET, constants.SO_SNDBUF, 1<<18)
	option(t, b, constants.SOL_SOCKET, constants.SO_RCVBUF, 1<<18)
}

// collect reads r to its end in another goroutine.
func collect(r io.Reader) <-chan []byte {
	done := make(chan []byte, 1)
	go func() {
		b, _ := io.ReadAll(r)
		done <- b
	}()
	return done
}

// TestSendFile sends parts of a file (X7: sendfile): offsets, counts, more than there is, and
// nothing; with the system call, without it, and when it stops working in the middle.
func TestSendFile(t *testing.T) {
	content := noise(300_000)
	for _, refuse := range []int{-1, 0, 1, 3} {
		for _, c := range []struct{ offset, count int64 }{
			{0, -1}, {0, 300_000}, {0, 0}, {1, 1}, {299_999, -1}, {300_000, -1}, {400_000, -1},
			{100, 150_000}, {5, 1 << 40}, {0, 1 << 62},
		} {
			f := fileWith(t, content)
			f.Seek(7, io.SeekStart)
			a, b := streamPair(t)
			got := collect(b)
			restore := func() int { return 0 }
			if refuse >= 0 {
				restore = socket.RefuseSplice(refuse)
			}
			n, err := a.SendFile(ctx, f, c.offset, c.count)
			restore()
			a.Close()
			want := content[min(c.offset, int64(len(content))):]
			if c.count >= 0 && c.count < int64(len(want)) {
				want = want[:c.count]
			}
			if n != int64(len(want)) || err != nil {
				t.Errorf("refused after %d, %+v: sent %d of %d, %v", refuse, c, n, len(want), err)
			}
			if !bytes.Equal(<-got, want) {
				t.Errorf("refused after %d, %+v: other bytes arrived", refuse, c)
			}
			if at, err := f.Seek(0, io.SeekCurrent); at != 7 || err != nil {
				t.Errorf("the file's position is %d, %v", at, err)
			}
		}
	}
}

// TestSendFileKinds sends sparse and empty files, files of /proc that say they are empty, files
// that shrink, and things that are no files.
func TestSendFileKinds(t *testing.T) {
	a, b := streamPair(t)
	sparse := fileWith(t, nil)
	if n, err := a.SendFile(ctx, sparse, 0, -1); n != 0 || err != nil {
		t.Error("an empty file:", n, err)
	}
	if err := sparse.Truncate(1 << 20); err != nil {
		t.Fatal(err)
	}
	got := make(chan []byte, 1)
	go func() {
		all := make([]byte, 1<<20)
		io.ReadFull(b, all)
		got <- all
	}()
	if n, err := a.SendFile(ctx, sparse, 0, -1); n != 1<<20 || err != nil {
		t.Error("a sparse file:", n, err)
	}
	if all := <-got; !bytes.Equal(all, make([]byte, 1<<20)) {
		t.Error("a sparse file came otherwise")
	}
	// It shrinks while it is sent: what was there is sent, and no error.
	if err := sparse.Truncate(64 << 20); err != nil {
		t.Fatal(err)
	}
	result := make(chan error, 1)
	var n int64
	go func() {
		var err error
		n, err = a.SendFile(ctx, sparse, 0, 64<<20)
		a.Shutdown(constants.SHUT_WR)
		result <- err
	}()
	if _, err := io.ReadFull(b, make([]byte, 1<<20)); err != nil { // it has begun
		t.Fatal(err)
	}
	if err := sparse.Truncate(2 << 20); err != nil {
		t.Fatal(err)
	}
	rest := <-collect(b)
	if err := <-result; err != nil || n != 1<<20+int64(len(rest)) || n == 64<<20 || n < 2<<20 {
		t.Errorf("a file that shrank: sent %d, %d arrived, %v", n, 1<<20+len(rest), err)
	}
	sparse.Close()
	if n, err := a.SendFile(ctx, sparse, 0, -1); n != 0 || !errors.Is(err, os.ErrClosed) {
		t.Error("a closed file:", n, err)
	}
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	c, _ := streamPair(t)
	if n, err := c.SendFile(ctx, r, 0, 10); n != 0 || !errors.Is(err, syscall.ESPIPE) {
		t.Error("a pipe:", n, err)
	}
	if n, err := c.SendFile(ctx, fileWith(t, []byte("x")), -1, 1); n != 0 ||
		!errors.Is(err, syscall.EINVAL) {
		t.Error("a negative offset:", n, err)
	}
	c.Close()
	if n, err := c.SendFile(ctx, fileWith(t, []byte("x")), 0, 1); n != 0 ||
		!errors.Is(err, socket.ErrClosed) {
		t.Error("a closed socket:", n, err)
	}
}

// TestSendFileTimeout ends in the middle: what is counted is what arrives.
func TestSendFileTimeout(t *testing.T) {
	for _, refuse := range []bool{false, true} {
		content := noise(4 << 20)
		f := fileWith(t, content)
		a, b := streamPair(t)
		narrow(t, a, b)
		restore := func() int { return 0 }
		if refuse {
			restore = socket.RefuseSplice(0)
		}
		// it begins when the buffers are full
		set(t, a, func(p *socket.Params) { p.SendTimeout = short })
		n, err := a.SendFile(ctx, f, 0, -1)
		if !errors.Is(err, socket.ErrTimeout) || n == 0 || n == int64(len(content)) {
			t.Error("refused", refuse, n, err)
		}
		// So does a context that ends in the middle, and a deadline.
		set(t, a, func(p *socket.Params) { p.SendTimeout = 0 })
		limit, cancel := context.WithCancel(ctx)
		done := start(func() error {
			part, err := a.SendFile(limit, f, n, -1)
			n += part
			return err
		})
		parked(t, 1)
		cancel()
		is(t, result(t, done), context.Canceled)
		a.SetWriteDeadline(time.Now().Add(short))
		more, err := a.ReadFrom(f)
		restore()
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Error("refused", refuse, more, err)
		}
		if at, _ := f.Seek(0, io.SeekCurrent); at != more {
			t.Errorf("the file stands at %d, and %d were sent", at, more)
		}
		a.Close()
		if got := <-collect(b); int64(len(got)) != n+more || !bytes.Equal(got[:n], content[:n]) ||
			!bytes.Equal(got[n:], content[:more]) {
			t.Errorf("refused %t: %d arrived, %d counted", refuse, len(got), n+more)
		}
	}
}

// TestSendFileMessages cuts a file into messages of SendSize.
func TestSendFileMessages(t *testing.T) {
	a, b, err := socket.Pair(constants.AF_UNIX, constants.SOCK_SEQPACKET, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	defer b.Close()
	if err := a.SetParams(socket.Params{SendSize: 10}); err != nil {
		t.Fatal(err)
	}
	content := noise(35)
	if n, err := a.SendFile(ctx, fileWith(t, content), 0, -1); n != 35 || err != nil {
		t.Fatal(n, err)
	}
	for _, size := range []int{10, 10, 10, 5} {
		buf := make([]byte, 20)
		if n, err := b.Receive(ctx, buf, 0); n != size || err != nil ||
			!bytes.Equal(buf[:n], content[:n]) {
			t.Error(n, err)
		}
		content = content[size:]
	}
}

// Sources of ReadFrom and destinations of WriteTo, each with a way to put bytes in or to get them
// out.

func netPair(t testing.TB, network string) (a, b net.Conn) {
	t.Helper()
	at := "127.0.0.1:0"
	if network == "unix" {
		dir, err := os.MkdirTemp("", "")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { os.RemoveAll(dir) })
		at = filepath.Join(dir, "s")
	}
	l, err := net.Listen(network, at)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if a, err = net.Dial(network, l.Addr().String()); err != nil {
		t.Fatal(err)
	}
	if b, err = l.Accept(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Close(); b.Close() })
	return a, b
}

func unixStreams(t testing.TB) (a, b *socket.Socket) {
	t.Helper()
	a, b, err := socket.Pair(constants.AF_UNIX, constants.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Close(); b.Close() })
	return a, b
}

var pipes = map[string]func(t testing.TB) (w io.WriteCloser, r io.ReadCloser){
	"socket": func(t testing.TB) (io.WriteCloser, io.ReadCloser) {
		a, b := streamPair(t)
		return a, b
	},
	"unix socket": func(t testing.TB) (io.WriteCloser, io.ReadCloser) {
		a, b := unixStreams(t)
		return a, b
	},
	"net tcp": func(t testing.TB) (io.WriteCloser, io.ReadCloser) {
		a, b := netPair(t, "tcp")
		return a, b
	},
	"net unix": func(t testing.TB) (io.WriteCloser, io.ReadCloser) {
		a, b := netPair(t, "unix")
		return a, b
	},
	"pipe": func(t testing.TB) (io.WriteCloser, io.ReadCloser) {
		r, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { r.Close(); w.Close() })
		return w, r
	},
	"plain": func(testing.TB) (io.WriteCloser, io.ReadCloser) { r, w := io.Pipe(); return w, r },
}

// TestReadFromWriteTo moves bytes between sockets and everything else (X7: splice), whole and
// limited, with splice(2), without, and when it stops working in the middle; and counts how often
// the system call was used.
func TestReadFromWriteTo(t *testing.T) {
	content := noise(2_500_000)
	for name, pipe := range pipes {
		for _, refuse := range []int{-1, 0, 1, 2, 7} {
			for _, limit := range []int64{-1, 0, 100, 1_234_567, 1 << 40} {
				w, r := pipe(t)
				a, b := streamPair(t)
				got := collect(b)
				go func() { w.Write(content); w.Close() }()
				restore := func() int { return 0 }
				if refuse >= 0 {
					restore = socket.RefuseSplice(refuse)
				}
				want := content
				from := io.Reader(r)
				limited := &io.LimitedReader{R: r, N: limit}
				if limit >= 0 {
					from = limited
					want = content[:min(limit, int64(len(content)))]
				}
				n, err := a.ReadFrom(from)
				calls := restore()
				if n != int64(len(want)) || err != nil {
					t.Errorf("from %s, refused after %d, limit %d: %d of %d, %v",
						name, refuse, limit, n, len(want), err)
				}
				if limit >= 0 && limited.N != limit-n {
					t.Errorf("from %s, limit %d: %d left after %d", name, limit, limited.N, n)
				}
				if refuse > 0 && limit != 0 && calls != refuse && name != "plain" && hasSplice &&
					len(want) > 5000 {
					t.Errorf("from %s: splice was called %d times before it was refused, want %d",
						name, calls, refuse)
				}
				a.Close()
				r.Close()
				if !bytes.Equal(<-got, want) {
					t.Errorf("from %s, refused after %d, limit %d: other bytes arrived",
						name, refuse, limit)
				}
			}
			t.Run(fmt.Sprintf("to %s, refused after %d", name, refuse), func(t *testing.T) {
				w, r := pipe(t)
				a, b := streamPair(t)
				got := collect(r)
				go func() { a.Write(content); a.Close() }()
				restore := func() int { return 0 }
				if refuse >= 0 {
					restore = socket.RefuseSplice(refuse)
				}
				n, err := b.WriteTo(w)
				restore()
				w.Close()
				if n != int64(len(content)) || err != nil || !bytes.Equal(<-got, content) {
					t.Errorf("%d of %d, %v", n, len(content), err)
				}
			})
		}
	}
}

// TestCopyFiles moves files to and from a stream by io.Copy and by the files' own methods, which
// hide the file in a type of package os: it is neither copied for that (row X7) nor is another type
// that embeds a file taken for one.
func TestCopyFiles(t *testing.T) {
	content := noise(100_000)
	for _, tt := range []struct {
		what string
		move func(a, b *socket.Socket, f *os.File) (int64, error)
		used bool
	}{
		{"io.Copy from a file",
			func(a, _ *socket.Socket, f *os.File) (int64, error) { return io.Copy(a, f) }, true},
		{"File.WriteTo",
			func(a, _ *socket.Socket, f *os.File) (int64, error) { return f.WriteTo(a) }, true},
		{"io.CopyN from a file", func(a, _ *socket.Socket,
			f *os.File) (int64, error) {
			return io.CopyN(a, f, 100_000)
		}, true},
		{"Socket.ReadFrom of what embeds a file",
			func(a, _ *socket.Socket, f *os.File) (int64, error) {
				return a.ReadFrom(struct{ *os.File }{f})
			}, false},
		{"io.Copy to a file",
			func(_, b *socket.Socket, f *os.File) (int64, error) { return io.Copy(f, b) }, true},
		{"File.ReadFrom",
			func(_, b *socket.Socket, f *os.File) (int64, error) { return f.ReadFrom(b) }, true},
	} {
		t.Run(tt.what, func(t *testing.T) {
			a, b := streamPair(t)
			restore := socket.RefuseSplice(1 << 20)
			var n int64
			var err error
			var got []byte
			if tt.what == "io.Copy to a file" || tt.what == "File.ReadFrom" {
				go func() { a.Write(content); a.Close() }()
				f := fileWith(t, nil)
				n, err = tt.move(a, b, f)
				got, _ = os.ReadFile(f.Name())
			} else {
				all := collect(b)
				n, err = tt.move(a, b, fileWith(t, content))
				a.Close()
				got = <-all
			}
			if calls := restore(); n != int64(len(content)) || err != nil ||
				hasSplice && (calls > 0) != tt.used {
				t.Errorf("%d, %v, with %d system calls of their own", n, err, calls)
			}
			if !bytes.Equal(got, content) {
				t.Error("other bytes arrived")
			}
		})
	}
}

// TestReadFromFile sends a regular file from where it stands, limited or not, and moves its
// position.
func TestReadFromFile(t *testing.T) {
	content := noise(100_000)
	for _, refuse := range []int{-1, 0, 2} {
		f := fileWith(t, content)
		f.Seek(10, io.SeekStart)
		a, b := streamPair(t)
		got := collect(b)
		restore := func() int { return 0 }
		if refuse >= 0 {
			restore = socket.RefuseSplice(refuse)
		}
		limited := &io.LimitedReader{R: f, N: 50_000}
		n, err := a.ReadFrom(limited)
		at, _ := f.Seek(0, io.SeekCurrent)
		if n != 50_000 || limited.N != 0 || at != 50_010 || err != nil {
			t.Error(n, limited.N, at, err)
		}
		n, err = a.ReadFrom(f)
		at, _ = f.Seek(0, io.SeekCurrent)
		if n != 49_990 || at != 100_000 || err != nil {
			t.Error(n, at, err)
		}
		restore()
		a.Close()
		if !bytes.Equal(<-got, content[10:]) {
			t.Error("other bytes arrived")
		}
	}
}

// TestWriteToFile writes what is received to a regular file, and to one that splice(2) refuses
// because it appends.
func TestWriteToFile(t *testing.T) {
	content := noise(500_000)
	for _, flags := range []int{os.O_WRONLY | os.O_TRUNC, os.O_WRONLY | os.O_APPEND} {
		name := fileWith(t, []byte("old")).Name()
		f, err := os.OpenFile(name, flags, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		a, b := streamPair(t)
		go func() { a.Write(content); a.Close() }()
		if n, err := b.WriteTo(f); n != int64(len(content)) || err != nil {
			t.Error(n, err)
		}
		got, err := os.ReadFile(name)
		want := strings.Repeat("old", flags&os.O_APPEND/os.O_APPEND) + string(content)
		if string(got) != want || err != nil {
			t.Errorf("flags %#x: %d bytes in the file, want %d, %v",
				flags, len(got), len(want), err)
		}
	}
}

// TestSpliceErrors holds the errors of both ends: timeouts of either side with exact counts, a
// closed socket.
func TestSpliceErrors(t *testing.T) {
	a, b := streamPair(t)
	c, d := streamPair(t)
	narrow(t, a, b)
	narrow(t, c, d)
	// The source has a deadline: one of ours, and one of package net.
	x, y := netPair(t, "tcp")
	for _, source := range []struct {
		w io.Writer
		r interface {
			io.Reader
			SetReadDeadline(time.Time) error
		}
	}{{a, b}, {x, y}} {
		var n int64
		moved := start(func() (err error) {
			n, err = c.ReadFrom(source.r)
			return err
		})
		source.w.Write([]byte("something"))
		receive(t, d, "something")
		source.r.SetReadDeadline(time.Now())
		err := result(t, moved)
		if is(t, err, os.ErrDeadlineExceeded); n != 9 {
			t.Error(n, err)
		}
		if e, ok := errors.AsType[*socket.Error](err); source.r == b && (!ok || e.Op != "read") {
			t.Error(err)
		}
		source.r.SetReadDeadline(time.Time{})
	}
	// The destination is full. Its timeout begins then.
	stop := start(func() error {
		for {
			if _, err := a.Write(make([]byte, 1<<16)); err != nil {
				return err
			}
		}
	})
	set(t, c, func(p *socket.Params) { p.SendTimeout = short })
	n, err := c.ReadFrom(b)
	if e, ok := errors.AsType[*socket.Error](err); n == 0 ||
		!errors.Is(err, os.ErrDeadlineExceeded) || !ok || e.Op != "write" {
		t.Error(n, err)
	}
	c.Close()
	if got := <-collect(d); int64(len(got)) != n {
		t.Errorf("%d arrived, %d counted", len(got), n)
	}
	if _, err := c.ReadFrom(b); !errors.Is(err, socket.ErrClosed) {
		t.Error(err)
	}
	if _, err := b.WriteTo(c); !errors.Is(err, socket.ErrClosed) {
		t.Error(err)
	}
	b.Close()
	a.Close()
	result(t, stop)
	if _, err := d.ReadFrom(b); !errors.Is(err, socket.ErrClosed) {
		t.Error(err)
	}
}

// TestSpliceReset resets the connection of the other end: the stream has not ended, whichever kind
// it is. And what else ends the transfer comes as the connection says it.
func TestSpliceReset(t *testing.T) {
	type stream interface {
		io.ReadWriteCloser
		SetDeadline(time.Time) error
	}
	for name, streams := range map[string]func(t testing.TB) (x, y stream){
		"net tcp":     func(t testing.TB) (x, y stream) { a, b := netPair(t, "tcp"); return a, b },
		"net unix":    func(t testing.TB) (x, y stream) { a, b := netPair(t, "unix"); return a, b },
		"socket":      func(t testing.TB) (x, y stream) { a, b := streamPair(t); return a, b },
		"unix socket": func(t testing.TB) (x, y stream) { a, b := unixStreams(t); return a, b },
	} {
		for _, end := range []struct {
			what string
			do   func(x, y stream)
			want error // of what is read
		}{
			{"reset", func(x, y stream) {
				y.Write([]byte("unread"))
				io.ReadFull(x, []byte{0}) // it is there, and five bytes more
				x.Close()
			}, syscall.ECONNRESET},
			{"end", func(x, _ stream) { x.Close() }, nil},
			{"deadline", func(_, y stream) { y.SetDeadline(time.Now()) }, os.ErrDeadlineExceeded},
			{"close", func(_, y stream) { y.Close() }, net.ErrClosed},
		} {
			t.Run(name+" "+end.what, func(t *testing.T) {
				x, y := streams(t)
				c, d := streamPair(t)
				moved := start(func() error {
					n, err := c.ReadFrom(y)
					if n != 9 {
						t.Errorf("%d bytes", n)
					}
					return err
				})
				x.Write([]byte("something"))
				receive(t, d, "something")
				end.do(x, y)
				if err := result(t, moved); !errors.Is(err, end.want) {
					t.Errorf("read: %v", err)
				}
				// The other way there is an error in any case: after the end, that the peer has
				// closed.
				x, y = streams(t)
				end.do(x, y)
				sent := start(func() error {
					for {
						if _, err := d.Write([]byte("more")); err != nil {
							return err
						}
					}
				})
				n, err := c.WriteTo(y)
				c.Close()
				result(t, sent)
				gone := end.want == nil || end.want == syscall.ECONNRESET
				if gone && !errors.Is(err, syscall.ECONNRESET) && !errors.Is(err, syscall.EPIPE) ||
					!gone && !errors.Is(err, end.want) {
					t.Errorf("written %d: %v", n, err)
				}
			})
		}
	}
}

// TestSpliceStops has splice(2) move nothing into a socket, without an error: it is not tried for
// ever.
func TestSpliceStops(t *testing.T) {
	if !hasSplice {
		t.Skip("no splice")
	}
	a, b := streamPair(t)
	c, _ := streamPair(t)
	send(t, a, "something")
	defer socket.StopSplice(1)()
	moved := start(func() error { return second64(c.ReadFrom(b)) })
	is(t, result(t, moved), io.ErrShortWrite)
}

func second64(_ int64, err error) error { return err }

// BenchmarkSendFile sends a file of 64 MiB over loopback.
func BenchmarkSendFile(b *testing.B) {
	const size = 64 << 20
	f := fileWith(b, make([]byte, size))
	drain := func(r io.Reader) {
		buf := make([]byte, 1<<20)
		for {
			if _, err := r.Read(buf); err != nil {
				return
			}
		}
	}
	b.Run("ours", func(b *testing.B) {
		client, server := streamPair(b)
		go drain(server)
		b.SetBytes(size)
		for b.Loop() {
			if n, err := client.SendFile(ctx, f, 0, -1); n != size || err != nil {
				b.Fatal(n, err)
			}
		}
	})
	b.Run("net", func(b *testing.B) {
		client, server := theirs(b)
		go drain(server)
		b.SetBytes(size)
		for b.Loop() {
			f.Seek(0, io.SeekStart)
			if n, err := io.Copy(client, f); n != size || err != nil {
				b.Fatal(n, err)
			}
		}
	})
}
