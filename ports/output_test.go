package ports_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/ports"
	"example.com/bsdsocket/socket"
)

// Row E17, the egg's example: a buffer of 512 bytes that holds 500 and gets 526 more sends 1024 at
// once and keeps 2.
func TestMultiplesLeave(t *testing.T) {
	messageSockets(t, func(t *testing.T, a, b *socket.Socket) {
		_, out := makePorts(t, a, ports.Params{SendBufferSize: 512})
		data := text(1026)
		if n, err := out.Write(data[:500]); n != 500 || err != nil {
			t.Fatal(n, err)
		}
		if got := messages(t, b, 0); len(got) != 0 || out.Buffered() != 500 {
			t.Fatalf("%d messages left and %d bytes are kept after 500", len(got), out.Buffered())
		}
		if n, err := out.Write(data[500:]); n != 526 || err != nil {
			t.Fatal(n, err)
		}
		got := messages(t, b, 1)
		if len(got) != 1 || !bytes.Equal(got[0], data[:1024]) || out.Buffered() != 2 {
			t.Fatalf("%d messages left and %d bytes are kept after 1026", len(got), out.Buffered())
		}
		must(t, out.Flush())
		if got := messages(t, b, 1); len(got) != 1 || !bytes.Equal(got[0], data[1024:]) ||
			out.Buffered() != 0 {
			t.Fatalf("flushed %d messages, %d bytes are kept", len(got), out.Buffered())
		}
		must(t, out.Flush())
		if got := messages(t, b, 0); len(got) != 0 {
			t.Fatal("an empty buffer was flushed into a message")
		}
	})
}

// A model is what the egg's manual says of an output port, in the simplest words.
type model struct {
	size, chunk int
	kept        []byte
	sent        [][]byte
}

func (m *model) write(b []byte) {
	m.kept = append(m.kept, b...)
	leave := len(m.kept)
	if m.size > 0 {
		leave = leave / m.size * m.size
	}
	m.sendAll(m.kept[:leave])
	m.kept = m.kept[leave:]
}

func (m *model) flush() {
	m.sendAll(m.kept)
	m.kept = nil
}

func (m *model) sendAll(b []byte) {
	for len(b) > 0 {
		n := len(b)
		if m.chunk > 0 {
			n = min(n, m.chunk)
		}
		m.sent = append(m.sent, b[:n:n])
		b = b[n:]
	}
}

// Rows E16 and E17: whatever the sizes of buffer, chunks and writes, exactly the messages leave
// that the manual says.
func TestMessagesThatLeave(t *testing.T) {
	messageSockets(t, func(t *testing.T, a, b *socket.Socket) {
		for _, size := range []int{0, 1, 7, 64, 128, 512, 1000, 1024} {
			for _, chunk := range []int{0, 1, 64, 100, 512, 1024, 16384} {
				if chunk == 1 && size > 7 {
					continue // thousands of messages do not fit the receive buffer
				}
				t.Run(fmt.Sprintf("buffer %d chunk %d", size, chunk), func(t *testing.T) {
					seed := uint64(size)<<32 | uint64(chunk)
					random := rand.New(rand.NewPCG(seed, 0))
					d, err := a.Dup()
					must(t, err)
					setParams(t, d, func(p *socket.Params) { p.SendSize = chunk })
					_, out := makePorts(t, d, ports.Params{SendBufferSize: size})
					out.Abandon() // its socket is shared
					want := &model{size: size, chunk: chunk}
					data, total, step := text(1<<16), 0, 0
					check := func(what string) {
						t.Helper()
						got := messages(t, b, len(want.sent))
						if !slices.EqualFunc(got, want.sent, bytes.Equal) {
							t.Fatalf("step %d, %s: messages of %v bytes left, want %v", step, what,
								lengths(got), lengths(want.sent))
						}
						if out.Buffered() != len(want.kept) {
							t.Fatalf("step %d, %s: %d bytes are kept, want %d", step, what,
								out.Buffered(), len(want.kept))
						}
						want.sent = nil
					}
					most := 3*max(size, chunk%16384) + 10
					if chunk == 1 {
						most = 20
					}
					for ; step < 40; step++ {
						part := data[total : total+random.IntN(most)]
						total += len(part)
						switch n, err := 0, error(nil); random.IntN(6) {
						case 0:
							must(t, out.Flush())
							want.flush()
							check("flush")
							total -= len(part)
						case 1:
							part = part[:min(1, len(part))]
							for _, c := range part {
								must(t, out.WriteByte(c))
							}
							want.write(part)
							check("byte")
						case 2:
							if n, err = out.WriteString(string(part)); n != len(part) ||
								err != nil {
								t.Fatal(n, err)
							}
							want.write(part)
							check("string")
						case 3:
							if n, err = out.WriteLineBytes(part); n != len(part)+1 || err != nil {
								t.Fatal(n, err)
							}
							want.write(append(bytes.Clone(part), '\n'))
							check("line")
						default:
							if n, err = out.Write(part); n != len(part) || err != nil {
								t.Fatal(n, err)
							}
							want.write(part)
							check(fmt.Sprintf("write %d", len(part)))
						}
						if total > len(data)-most {
							total = 0
						}
					}
					must(t, out.Close())
					want.flush()
					check("close")
				})
			}
		}
	})
}

func lengths(list [][]byte) (n []int) {
	for _, b := range list {
		n = append(n, len(b))
	}
	return n
}

// Row E17: the manual's example of datagram ports, 4096 to receive, 128 to buffer, 512 to send.
func TestManualsExample(t *testing.T) {
	a, b := udpSockets(t)
	setParams(t, a, func(p *socket.Params) { p.SendSize = 512 })
	_, out := makePorts(t, a, ports.Params{ReceiveBufferSize: 4096, SendBufferSize: 128})
	seen := map[int]bool{}
	want := &model{size: 128, chunk: 512}
	for n := range 700 {
		_, err := out.Write(text(n))
		must(t, err)
		want.write(text(n))
		got := messages(t, b, len(want.sent))
		if !slices.EqualFunc(got, want.sent, bytes.Equal) {
			t.Fatalf("messages of %v bytes left, want %v", lengths(got), lengths(want.sent))
		}
		for _, m := range got {
			seen[len(m)] = true
		}
		want.sent = nil
	}
	if four := map[int]bool{128: true, 256: true, 384: true, 512: true}; !maps.Equal(seen, four) {
		t.Errorf("datagrams of %v bytes left, want exactly %v", seen, four)
	}
}

// Rows E17 and E16: unbuffered output leaves at once, and an empty write is nothing.
func TestUnbuffered(t *testing.T) {
	messageSockets(t, func(t *testing.T, a, b *socket.Socket) {
		_, out := makePorts(t, a, ports.Params{})
		var want []string
		for _, write := range []struct {
			text string
			do   func() (int, error)
		}{
			{"abc", func() (int, error) { return out.Write([]byte("abc")) }},
			{"", func() (int, error) { return out.Write(nil) }},
			{"", func() (int, error) { return out.WriteString("") }},
			{"def", func() (int, error) { return out.WriteString("def") }},
			{"g", func() (int, error) { return 1, out.WriteByte('g') }},
			{"€", func() (int, error) { return out.WriteRune('€') }},
			{"h", func() (int, error) { return out.WriteRune('h') }},
			{"\uFFFD", func() (int, error) { return out.WriteRune(-1) }},
			{"line\n", func() (int, error) { return out.WriteLine("line") }},
			{"\n", func() (int, error) { return out.WriteLineBytes(nil) }},
		} {
			if n, err := write.do(); n != len(write.text) || err != nil {
				t.Fatalf("%q: %d, %v", write.text, n, err)
			}
			if write.text != "" {
				want = append(want, write.text)
			}
		}
		var got []string
		for _, m := range messages(t, b, len(want)) {
			got = append(got, string(m))
		}
		if !slices.Equal(got, want) {
			t.Errorf("%q left, want %q", got, want)
		}
	})
}

// Row R7: none, line and block buffering, and changes between them.
func TestBuffering(t *testing.T) {
	for _, test := range []struct {
		ending string
		steps  []string // "mode size", or what is written; then, after "=", the messages
	}{
		{"", []string{
			"line 10", "ab=", "c\nd=abc\n", "\n=d\n", "x\ny\nz=x\ny\n", "0123456789=z012345678",
			"01\n3=901\n",
			"unbuffered 0=3", "a=a", "block 4=", "abc=", "de=abcd", "line 0=e",
			"12345\n67890=12345\n6789", "block 0=0",
			"123=", "4=1234", "1=", "unbuffered 0=1"}},
		{"\r\n", []string{
			"line 10", "a\n=", "b\r=", "\nc=a\nb\r\n", "\r=", "x=", "\r\n=c\rx\r\n", "\r\ny=\r\n",
			"\r=", "\n\r\nz=y\r\n\r\n", "unbuffered 0=z"}},
		{"END", []string{
			"line 100", "aEN=", "D=aEND", "EEN=", "D!=EEND", "N=", "DENDx=!NDEND", "E=", "N=",
			"D=xEND", "ENDEN=END", "DE=END", "unbuffered 0=E"}},
	} {
		t.Run(fmt.Sprintf("%q", test.ending), func(t *testing.T) {
			a, b := unixSockets(t, constants.SOCK_SEQPACKET)
			_, out := makePorts(t, a, ports.Params{LineEnding: test.ending})
			for i, step := range test.steps {
				do, want, _ := strings.Cut(step, "=")
				var word string
				var size int
				if n, _ := fmt.Sscanf(do, "%s %d", &word, &size); n == 2 {
					mode := map[string]ports.Buffering{"unbuffered": ports.Unbuffered,
						"line": ports.LineBuffered, "block": ports.BlockBuffered}[word]
					must(t, out.SetBuffering(mode, size))
					if now, n := out.Buffering(); now != mode || mode != ports.Unbuffered &&
						size > 0 && n != size || n == 0 != (mode == ports.Unbuffered) {
						t.Errorf("step %d, %q: %v %d", i, step, now, n)
					}
				} else if n, err := out.WriteString(do); n != len(do) || err != nil {
					t.Fatal(n, err)
				}
				if got := string(bytes.Join(messages(t, b, 0), nil)); got != want {
					t.Fatalf("step %d, %q: %q left, want %q", i, do, got, want)
				}
			}
		})
	}
	t.Run("bad", func(t *testing.T) { // zero and negative sizes
		a, _ := unixSockets(t, constants.SOCK_STREAM)
		_, out := makePorts(t, a, ports.Params{})
		is(t, out.SetBuffering(ports.Buffering(3), 0), socket.ErrValue)
		is(t, out.SetBuffering(ports.Buffering(-1), 0), socket.ErrValue)
		if err := out.SetBuffering(ports.BlockBuffered, -1); err == nil {
			t.Error("a negative size is accepted")
		}
		if mode, size := out.Buffering(); mode != ports.Unbuffered || size != 0 {
			t.Error("what failed changed the buffering to", mode, size)
		}
		must(t, out.SetBuffering(ports.BlockBuffered, 0))
		if mode, size := out.Buffering(); mode != ports.BlockBuffered || size != 4096 {
			t.Error("a size of 0 without a buffer is", mode, size)
		}
	})
}

// Row R7: whatever the changes of buffering, no byte is lost or torn from its place.
func TestBufferingChanges(t *testing.T) {
	streamSockets(t, func(t *testing.T, a, b *socket.Socket) {
		random := rand.New(rand.NewPCG(1, 2))
		_, out := makePorts(t, a, ports.DefaultParams())
		in, _ := makePorts(t, b, ports.DefaultParams())
		data := text(1 << 16)
		done := make(chan error, 1)
		go func() {
			got, err := io.ReadAll(in)
			if err == nil && !bytes.Equal(got, data) {
				err = errors.New("other bytes arrived")
			}
			done <- err
		}()
		for rest := data; len(rest) > 0; {
			must(t, out.SetBuffering(ports.Buffering(random.IntN(3)), random.IntN(100)))
			n := min(len(rest), random.IntN(200))
			_, err := out.Write(rest[:n])
			must(t, err)
			rest = rest[n:]
		}
		must(t, out.Close())
		must(t, <-done)
	})
}

// fill sends until the socket takes no more, and returns what it took.
func fill(t testing.TB, s *socket.Socket) (n int) {
	t.Helper()
	for _, size := range []int{4096, 1} { // to the last byte
		b := text(size)
		for {
			m, err := s.Send(ctx, b, constants.MSG_DONTWAIT)
			n += m
			if errors.Is(err, socket.ErrWouldBlock) {
				break
			}
			must(t, err)
		}
	}
	return n
}

// Rows E19 and C6: a write that times out leaves the port usable, and says how much of it was sent.
// What was kept before stays.
func TestWriteTimeout(t *testing.T) {
	for _, size := range []int{0, 100, 4096} {
		for _, chunk := range []int{0, 64, 16384} {
			t.Run(fmt.Sprintf("buffer %d chunk %d", size, chunk), func(t *testing.T) {
				a, b := unixSockets(t, constants.SOCK_STREAM)
				setParams(t, a, func(p *socket.Params) {
					p.SendTimeout, p.SendSize = 10*time.Millisecond, chunk
				})
				_, out := makePorts(t, a, ports.Params{SendBufferSize: size})
				in, _ := makePorts(t, b, ports.DefaultParams())
				data := text(1 << 20)
				rest, timeouts := data, 0
				for timeouts < 3 {
					part := rest[:min(len(rest), 3000+len(rest)%1000)]
					n, err := out.Write(part)
					rest = rest[n:]
					if err == nil {
						continue
					}
					is(t, err, socket.ErrTimeout)
					if n == len(part) {
						t.Fatal("all was written, and yet", err)
					}
					if kept := out.Buffered(); kept > size {
						t.Fatal("the port keeps", kept)
					}
					if timeouts++; timeouts < 3 { // some room is made
						pending, err := b.Pending()
						must(t, err)
						got := make([]byte, pending/2+in.Buffered())
						_, err = io.ReadFull(in, got)
						must(t, err)
						if !bytes.Equal(got, data[:len(got)]) {
							t.Fatal("other bytes arrived")
						}
						data = data[len(got):]
					}
				}
				// All that counts as written arrives, and nothing else.
				written := data[:len(data)-len(rest)]
				done := make(chan []byte)
				go func() {
					got, _ := io.ReadAll(in)
					done <- got
				}()
				for err := out.Flush(); err != nil; err = out.Flush() {
					is(t, err, socket.ErrTimeout) // the reader has not begun
				}
				must(t, out.Close())
				if got := <-done; !bytes.Equal(got, written) {
					t.Errorf("%d bytes arrived, %d were written", len(got), len(written))
				}
			})
		}
	}
}

// Row E18: what Close could not send is told, and the port is closed nevertheless.
func TestCloseUnsent(t *testing.T) {
	a, b := unixSockets(t, constants.SOCK_STREAM)
	setParams(t, a, func(p *socket.Params) { p.SendTimeout = 10 * time.Millisecond })
	_, out := makePorts(t, a, ports.Params{SendBufferSize: 4096})
	sent := fill(t, a)
	_, err := out.Write(text(100))
	must(t, err)
	is(t, out.Flush(), socket.ErrTimeout)
	if out.Buffered() != 100 {
		t.Error("a failed Flush keeps", out.Buffered())
	}
	err = out.Close()
	is(t, err, socket.ErrTimeout)
	if unsent, ok := errors.AsType[*ports.UnsentError](err); !ok || unsent.Unsent != 100 {
		t.Errorf("the error is %v, want 100 bytes not sent", err)
	}
	if !strings.Contains(err.Error(), "100 bytes not sent") {
		t.Error(err)
	}
	must(t, out.Close())
	in, _ := makePorts(t, b, ports.DefaultParams())
	if n, err := io.Copy(io.Discard, in); err != nil || n != int64(sent) {
		t.Errorf("%d bytes arrived, want %d: %v", n, sent, err)
	}
	_, err = out.Write([]byte("x"))
	is(t, err, socket.ErrClosed)
	is(t, out.Flush(), socket.ErrClosed)
	is(t, out.WriteByte('x'), socket.ErrClosed)
	is(t, out.SetBuffering(ports.Unbuffered, 0), socket.ErrClosed)
	_, err = out.WriteLine("x")
	is(t, err, socket.ErrClosed)
	_, err = out.ReadFrom(strings.NewReader("x"))
	is(t, err, socket.ErrClosed)
}

// A peer that is gone is an error of the write, and of Close if bytes were kept.
func TestWriteToDeadPeer(t *testing.T) {
	streamSockets(t, func(t *testing.T, a, b *socket.Socket) {
		_, out := makePorts(t, a, ports.Params{SendBufferSize: 100})
		must(t, b.Close())
		_, err := out.Write(text(10))
		must(t, err)
		for err == nil { // TCP learns of it by the answer to a send
			_, err = out.Write(text(100))
		}
		if !errors.Is(err, syscall.EPIPE) && !errors.Is(err, syscall.ECONNRESET) {
			t.Error(err)
		}
		kept := out.Buffered()
		err = out.Close()
		unsent, ok := errors.AsType[*ports.UnsentError](err)
		if ok != (kept > 0) || ok && unsent.Unsent != kept {
			t.Errorf("Close with %d bytes kept: %v", kept, err)
		}
	})
}

// Row G7: encoded integers on a port, as the peer's bytes show.
func TestEncodedIntegers(t *testing.T) {
	streamSockets(t, func(t *testing.T, a, b *socket.Socket) {
		_, out := makePorts(t, a, ports.Params{SendBufferSize: 3})
		in, _ := makePorts(t, b, ports.Params{ReceiveBufferSize: 5})
		type header struct {
			Kind uint16
			Size uint32
			Rest [3]uint8
		}
		want := header{0x0102, 0x03040506, [3]uint8{7, 8, 9}}
		must(t, binary.Write(out, binary.BigEndian, want))
		must(t, binary.Write(out, binary.NativeEndian, constants.Htonl(0x0a0b0c0d)))
		must(t, out.Flush())
		peek, err := in.Peek(13)
		must(t, err)
		if !bytes.Equal(peek, []byte{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13}) {
			t.Errorf("% x", peek)
		}
		var got header
		must(t, binary.Read(in, binary.BigEndian, &got))
		if got != want {
			t.Errorf("%+v", got)
		}
		var network uint32
		must(t, binary.Read(in, binary.NativeEndian, &network))
		if constants.Ntohl(network) != 0x0a0b0c0d {
			t.Errorf("%#x", network)
		}
	})
}

// Row G6: the socket is read and written past the ports, whose buffers it does not know.
func TestPastThePort(t *testing.T) {
	a, b := tcpSockets(t)
	_, out := makePorts(t, a, ports.Params{SendBufferSize: 100})
	in, _ := makePorts(t, b, ports.Params{ReceiveBufferSize: 4})
	must(t, writeAll(out, "kept"))
	_, err := out.Socket().SendAll(ctx, []byte("abcdefgh"), 0)
	must(t, err)
	must(t, out.Flush())
	if c, err := in.ReadByte(); c != 'a' || err != nil {
		t.Fatal(c, err)
	}
	direct := make([]byte, 8)
	n, err := in.Socket().Receive(ctx, direct, constants.MSG_WAITALL)
	must(t, err)
	if string(direct[:n]) != "efghkept" {
		t.Errorf("%q was received past the buffer", direct[:n])
	}
	if rest, err := in.Peek(3); string(rest) != "bcd" || err != nil {
		t.Errorf("%q, %v", rest, err)
	}
}

func writeAll(out *ports.OutputPort, text string) error {
	_, err := out.WriteString(text)
	return err
}
