package ports_test

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"example.com/bsdsocket/constants"
	"example.com/bsdsocket/ports"
	"example.com/bsdsocket/socket"
)

// Row E17: one receive of at most the buffer's size, whenever the buffer is empty and not before.
func TestReceivesOnce(t *testing.T) {
	streamSockets(t, func(t *testing.T, a, b *socket.Socket) {
		in, _ := makePorts(t, b, ports.Params{ReceiveBufferSize: 16})
		data := text(100)
		_, err := a.Write(data)
		must(t, err)
		wait(t, "the bytes", func() bool {
			n, err := b.Pending()
			return n == len(data) || err != nil
		})
		for i, c := range data {
			pending, err := b.Pending()
			must(t, err)
			if want := len(data) - min(len(data), (i+15)/16*16); pending != want {
				t.Fatalf("after %d bytes, %d wait in the socket, want %d", i, pending, want)
			}
			if got, err := in.ReadByte(); got != c || err != nil {
				t.Fatalf("byte %d is %d, %v, want %d", i, got, err, c)
			}
		}
	})
}

// Row E17: a message longer than the buffer is truncated, a shorter one is not merged with the
// next, an empty one is no end, however large a Read is.
func TestMessagesIn(t *testing.T) {
	messageSockets(t, func(t *testing.T, a, b *socket.Socket) {
		in, _ := makePorts(t, b, ports.Params{ReceiveBufferSize: 10})
		for _, size := range []int{1, 4, 9, 10, 11, 100} {
			for _, n := range []int{25, 3, 0, 10, 0, 0, 11, 1} {
				_, err := a.Send(ctx, text(n), 0)
				must(t, err)
			}
			for _, n := range []int{10, 3, 10, 10, 1} {
				var got []byte
				for len(got) < n {
					buf := make([]byte, size)
					m, err := in.Read(buf)
					if m == 0 || err != nil {
						t.Fatalf("%d, %v", m, err)
					}
					got = append(got, buf[:m]...)
				}
				if !bytes.Equal(got, text(n)) {
					t.Fatalf("by %d: % x was received, want % x", size, got, text(n))
				}
			}
		}
		if ready, err := in.Ready(); ready || err != nil {
			t.Error("more is ready:", err)
		}
	})
}

// The end of SOCK_SEQPACKET is io.EOF, as of a stream, but not an empty message.
func TestMessagesEnd(t *testing.T) {
	a, b := unixSockets(t, constants.SOCK_SEQPACKET)
	in, _ := makePorts(t, b, ports.DefaultParams())
	for _, m := range []string{"one\n", "", "two"} {
		_, err := a.Send(ctx, []byte(m), 0)
		must(t, err)
	}
	must(t, a.Close())
	for _, want := range []string{"one", "two"} {
		if line, err := in.ReadLine(); line != want || err != nil {
			t.Errorf("%q, %v, want %q", line, err, want)
		}
	}
	_, err := in.ReadLine()
	is(t, err, io.EOF)
}

// Row M3: the line endings, at every place of the buffer's edges, with and without a limit, against
// a splitter that sees the whole text.
func TestLines(t *testing.T) {
	texts := []string{
		"", "\n", "a", "a\n", "a\r\nb\r\n\r\n", "a\rb\r\r\n\n\r", "no end\r", "x\n\ny\n",
		"aENDbENDEND", "EENDNENEND", "ENEN", "\r\n\nab\n\r",
		strings.Repeat("longer than any buffer here", 40) + "\r\nand short\n" +
			strings.Repeat("z", 100),
	}
	for _, ending := range []string{"", "\n", "\r\n", "END", "\x00", "\n\n"} {
		for _, limit := range []int{0, 1, 3, 9, 10, 1000} {
			for _, size := range []int{1, 2, 3, 10, 4096} {
				t.Run(fmt.Sprintf("%q limit %d buffer %d", ending, limit, size),
					func(t *testing.T) {
						for _, text := range texts {
							a, b := unixSockets(t, constants.SOCK_STREAM)
							in, _ := makePorts(t, b,
								ports.Params{ReceiveBufferSize: size, LineEnding: ending,
									LineLimit: limit})
							_, err := a.Write([]byte(text))
							must(t, err)
							must(t, a.Close())
							for rest := text; rest != ""; {
								want, wantErr := "", error(nil)
								want, rest, wantErr = splitLine(rest, ending, limit)
								got, err := in.ReadLine()
								if got != want || err != wantErr {
									t.Fatalf("of %q: %q, %v, want %q, %v", text, got, err, want,
										wantErr)
								}
							}
							for range 2 {
								if got, err := in.ReadLine(); got != "" || err != io.EOF {
									t.Fatalf("at the end of %q: %q, %v", text, got, err)
								}
							}
							in.Close()
						}
					})
			}
		}
	}
}

// splitLine is what ReadLine has to do.
func splitLine(text, ending string, limit int) (line, rest string, err error) {
	find := ending
	if ending == "" {
		find = "\n"
	}
	line, rest, found := strings.Cut(text, find)
	if ending == "" && found {
		line = strings.TrimSuffix(line, "\r")
	}
	if limit > 0 && len(line) > limit {
		return text[:limit], text[limit:], ports.ErrLineTooLong
	}
	return line, rest, nil
}

// Rows E19 and M3: a line that is cut in two by a timeout, or by the end of its packets, is read as
// one.
func TestLineTimeout(t *testing.T) {
	streamSockets(t, func(t *testing.T, a, b *socket.Socket) {
		setParams(t, b, func(p *socket.Params) { p.ReceiveTimeout = 10 * time.Millisecond })
		in, _ := makePorts(t, b, ports.Params{ReceiveBufferSize: 8})
		send := func(text string) {
			_, err := a.Write([]byte(text))
			must(t, err)
			must(t, b.WaitReceive(ctx)) // as nothing waited before
		}
		for _, read := range []func() (string, error){
			in.ReadLine,
			func() (string, error) {
				line, err := in.ReadString('\n')
				return strings.TrimSuffix(line, "\n"), err
			},
			func() (string, error) { // whatever has an error in between
				line, err := in.Peek(len("first part and the second\n"))
				if err == nil {
					_, err = in.Discard(len(line))
				}
				return strings.TrimSuffix(string(line), "\n"), err
			},
		} {
			send("first part")
			for range 3 {
				_, err := read()
				is(t, err, socket.ErrTimeout)
				if n := in.Buffered(); n != len("first part") {
					t.Fatal("after the timeout there are", n)
				}
			}
			send(" and the second\n")
			if line, err := read(); line != "first part and the second" || err != nil {
				t.Fatalf("%q, %v", line, err)
			}
		}
		// A character, and what was read before, also survive.
		send("a\xe2\x82")
		c, err := in.ReadByte()
		must(t, err)
		_, _, err = in.ReadRune()
		is(t, err, socket.ErrTimeout)
		if in.UnreadByte() == nil {
			if again, err := in.ReadByte(); again != c || err != nil {
				t.Error("unread", c, "and read", again, err)
			}
		}
		send("\xac")
		if r, n, err := in.ReadRune(); r != '€' || n != 3 || err != nil {
			t.Error(r, n, err)
		}
		_, err = in.Read(make([]byte, 100))
		is(t, err, socket.ErrTimeout)
		n, err := in.Discard(5)
		is(t, err, socket.ErrTimeout)
		if n != 0 {
			t.Error("discarded", n)
		}
	})
}

// The standard library's own test of readers.
func TestReader(t *testing.T) {
	for _, size := range []int{1, 3, 4096} {
		content := text(1000)
		a, b := unixSockets(t, constants.SOCK_STREAM)
		in, _ := makePorts(t, b, ports.Params{ReceiveBufferSize: size})
		_, err := a.Write(content)
		must(t, err)
		must(t, a.Close())
		if err := iotest.TestReader(in, content); err != nil {
			t.Error(err)
		}
	}
}

// sameAsBufio makes the same calls on a port and on a bufio.Reader, and wants the same answers.
func sameAsBufio(t *testing.T, content []byte, size int, calls []byte) {
	a, b := unixSockets(t, constants.SOCK_STREAM)
	in, _ := makePorts(t, b, ports.Params{ReceiveBufferSize: size})
	_, err := a.Write(content)
	must(t, err)
	must(t, a.Close())
	// Its buffer never ends, so that its limits are not ours.
	oracle := bufio.NewReaderSize(bytes.NewReader(content), 1<<16)
	last := "" // what was called
	for i, call := range calls {
		n := int(call >> 3)
		var got, want string
		switch call % 8 {
		case 0:
			c, err := in.ReadByte()
			d, oerr := oracle.ReadByte()
			got, want = fmt.Sprint(c, err), fmt.Sprint(d, oerr)
			last = "byte"
		case 1:
			// Where bufio has more in its buffer, it takes more back: Peek is the end of it here.
			if last == "peek" || last == "eof" {
				continue
			}
			got, want = fmt.Sprint(in.UnreadByte()), fmt.Sprint(oracle.UnreadByte())
			last = ""
		case 2:
			r, size, err := in.ReadRune()
			o, osize, oerr := oracle.ReadRune()
			got, want = fmt.Sprint(r, size, err), fmt.Sprint(o, osize, oerr)
			last = "rune"
		case 3:
			if last == "eof" { // bufio differs with itself by where it saw the end
				continue
			}
			got, want = fmt.Sprint(in.UnreadRune()), fmt.Sprint(oracle.UnreadRune())
			last = ""
		case 4:
			p, err := in.Peek(n)
			o, oerr := oracle.Peek(n)
			got, want = fmt.Sprint(p, err), fmt.Sprint(o, oerr)
			last = "peek"
		case 5:
			m, err := in.Discard(n)
			o, oerr := oracle.Discard(n)
			got, want = fmt.Sprint(m, err), fmt.Sprint(o, oerr)
			last = "peek"
		case 6:
			p, o := make([]byte, n), make([]byte, n)
			m, err := io.ReadFull(in, p)
			om, oerr := io.ReadFull(oracle, o)
			got, want = fmt.Sprint(m, p, err), fmt.Sprint(om, o, oerr)
			if last = "read"; n == 0 {
				last = "peek"
			}
		case 7:
			line, err := in.ReadString(call)
			oline, oerr := oracle.ReadString(call)
			got, want = fmt.Sprint(line, err), fmt.Sprint(oline, oerr)
			last = "string"
		}
		if strings.HasSuffix(want, "EOF") {
			last = "eof"
		}
		if got != want {
			t.Fatalf("call %d (%d, %d) of %v on %q: %s, bufio has %s", i, call%8, n, calls, content,
				got, want)
		}
	}
	in.Close()
}

// InputPort reads as bufio.Reader does, whatever its size.
func TestSameAsBufio(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for range 300 {
		content, calls := make([]byte, random.IntN(200)), make([]byte, 100)
		for i := range content {
			content[i] = "a\x80\xe2\x82\xac\n\r\x07\xff"[random.IntN(9)]
		}
		for i := range calls {
			calls[i] = byte(random.Uint32())
		}
		sameAsBufio(t, content, 1+random.IntN(20), calls)
	}
}

func FuzzSameAsBufio(f *testing.F) {
	f.Add([]byte("a\xe2\x82\xacb\r\n"), byte(3), []byte{0, 1, 2, 3, 4 | 5<<3, 1, 7, 6 | 3<<3, 2})
	f.Fuzz(func(t *testing.T, content []byte, size byte, calls []byte) {
		if len(content) <= 1<<15 {
			sameAsBufio(t, content, 1+int(size), calls)
		}
	})
}

// What was received directly into the caller's memory can be unread too.
func TestUnreadDirect(t *testing.T) {
	a, b := unixSockets(t, constants.SOCK_STREAM)
	in, _ := makePorts(t, b, ports.Params{ReceiveBufferSize: 4})
	_, err := a.Write([]byte("abcdefgh"))
	must(t, err)
	buf := make([]byte, 100)
	n, err := in.Read(buf)
	if string(buf[:n]) != "abcdefgh" || err != nil {
		t.Fatalf("%q, %v", buf[:n], err)
	}
	must(t, in.UnreadByte())
	is(t, in.UnreadByte(), bufio.ErrInvalidUnreadByte)
	if c, err := in.ReadByte(); c != 'h' || err != nil {
		t.Error(c, err)
	}
}

// What a call that timed out has received into a grown buffer stands at its beginning: nothing can
// be unread before it, and it stays.
func TestUnreadAfterTimeout(t *testing.T) {
	for name, c := range map[string]struct {
		part, rest, want string
		read             func(in *ports.InputPort) (string, error)
	}{
		"ReadLine": {"abc", "def\n", "abcdef", (*ports.InputPort).ReadLine},
		"ReadString": {"abc", "def!", "abcdef!", func(in *ports.InputPort) (string, error) {
			return in.ReadString('!')
		}},
		"ReadRune": {"\xe2\x82", "\xac", "€", func(in *ports.InputPort) (string, error) {
			r, _, err := in.ReadRune()
			return string(r), err
		}},
	} {
		t.Run(name, func(t *testing.T) {
			a, b := unixSockets(t, constants.SOCK_STREAM)
			setParams(t, b, func(p *socket.Params) { p.ReceiveTimeout = 10 * time.Millisecond })
			in, _ := makePorts(t, b, ports.Params{ReceiveBufferSize: 16})
			for _, before := range []func() error{
				func() error { _, err := in.ReadLine(); return err },
				func() error { _, _, err := in.ReadRune(); return err },
			} {
				text := strings.Repeat("x", 30) + "\n"
				_, err := a.Write([]byte(text))
				must(t, err)
				_, err = in.Peek(len(text)) // the buffer grows
				must(t, err)
				must(t, before())
				_, err = io.ReadFull(in, make([]byte, in.Buffered()))
				must(t, err)
				_, err = a.Write([]byte(c.part))
				must(t, err)
				_, err = c.read(in)
				is(t, err, socket.ErrTimeout)
				is(t, in.UnreadByte(), bufio.ErrInvalidUnreadByte)
				is(t, in.UnreadRune(), bufio.ErrInvalidUnreadRune)
				if n := in.Buffered(); n != len(c.part) {
					t.Fatalf("%d bytes are left of %q", n, c.part)
				}
				_, err = a.Write([]byte(c.rest))
				must(t, err)
				if got, err := c.read(in); got != c.want || err != nil {
					t.Errorf("%q, %v, want %q", got, err, c.want)
				}
			}
		})
	}
}

func TestNegativeCounts(t *testing.T) {
	_, b := unixSockets(t, constants.SOCK_STREAM)
	in, _ := makePorts(t, b, ports.DefaultParams())
	_, err := in.Peek(-1)
	is(t, err, bufio.ErrNegativeCount)
	_, err = in.Discard(-1)
	is(t, err, bufio.ErrNegativeCount)
	for _, size := range []int{0, -1} {
		if err := in.SetBufferSize(size); err == nil {
			t.Error("a buffer of", size, "bytes is accepted")
		}
	}
	if n, err := in.Read(nil); n != 0 || err != nil {
		t.Error(n, err)
	}
}

// Row R7, Guile's setvbuf on an input port: a change of the size loses nothing.
func TestSetBufferSize(t *testing.T) {
	streamSockets(t, func(t *testing.T, a, b *socket.Socket) {
		random := rand.New(rand.NewPCG(5, 6))
		in, _ := makePorts(t, b, ports.DefaultParams())
		data := text(1 << 15)
		_, err := a.Write(data)
		must(t, err)
		must(t, a.Shutdown(constants.SHUT_WR))
		var got []byte
		for len(got) < len(data) {
			must(t, in.SetBufferSize(1+random.IntN(3000)))
			buf := make([]byte, 1+random.IntN(3000))
			n, err := in.Read(buf)
			must(t, err)
			got = append(got, buf[:n]...)
		}
		if !bytes.Equal(got, data) {
			t.Error("other bytes arrived")
		}
	})
}

// char-ready?: rows E15 and E17.
func TestReady(t *testing.T) {
	streamSockets(t, func(t *testing.T, a, b *socket.Socket) {
		in, _ := makePorts(t, b, ports.DefaultParams())
		ready := func(want bool) {
			t.Helper()
			if got, err := in.Ready(); got != want || err != nil {
				t.Errorf("Ready: %t, %v, want %t", got, err, want)
			}
		}
		ready(false)
		_, err := a.Write([]byte("ab"))
		must(t, err)
		must(t, b.WaitReceive(ctx))
		ready(true)
		for range 2 {
			ready(true)
			_, err = in.ReadByte()
			must(t, err)
		}
		ready(false)
		must(t, a.Close())
		_, err = in.Peek(1)
		is(t, err, io.EOF)
		ready(true)
		must(t, in.Close())
		_, err = in.Ready()
		is(t, err, socket.ErrClosed)
	})
}

// Ready receives nothing: an empty message is ready, and still there.
func TestReadyEmptyMessage(t *testing.T) {
	a, b := unixSockets(t, constants.SOCK_DGRAM)
	in, _ := makePorts(t, b, ports.DefaultParams())
	_, err := a.Write(nil)
	must(t, err)
	for range 2 {
		if ready, err := in.Ready(); !ready || err != nil {
			t.Error(ready, err)
		}
	}
	if list := messages(t, b, 1); len(list) != 1 || len(list[0]) != 0 {
		t.Errorf("the socket has %q", list)
	}
}

// Every call on a closed port fails, also where bytes are buffered.
func TestClosedInput(t *testing.T) {
	a, b := unixSockets(t, constants.SOCK_STREAM)
	in, out := makePorts(t, b, ports.DefaultParams())
	_, err := a.Write([]byte("buffered\n"))
	must(t, err)
	_, err = in.Peek(9)
	must(t, err)
	must(t, in.Close())
	for name, call := range inputCalls(in) {
		if err := call(); !errors.Is(err, socket.ErrClosed) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, _, err := ports.Addresses(out); err != nil {
		t.Error("the other port:", err)
	}
}

// Zero allocations for lines, and for all that only moves bytes through buffers.
func TestNoAllocations(t *testing.T) {
	if raceEnabled {
		t.Skip("needs a build without the race detector, under which pools forget")
	}
	a, b := unixSockets(t, constants.SOCK_STREAM)
	_, out := makePorts(t, a, ports.Params{SendBufferSize: 512})
	in, _ := makePorts(t, b, ports.Params{ReceiveBufferSize: 512})
	line, buf := text(63), make([]byte, 64)
	line = bytes.ReplaceAll(line, []byte{'\n'}, []byte{'x'})
	word := string(line)
	for name, fn := range map[string]func() error{
		"lines": func() error {
			for range 8 {
				if _, err := out.WriteLineBytes(line); err != nil {
					return err
				}
			}
			for range 8 {
				if got, err := in.ReadLineBytes(); err != nil || len(got) != len(line) {
					return errors.Join(err, errors.New("wrong line"))
				}
			}
			return nil
		},
		"mixed": func() error {
			for range 8 {
				if _, err := out.WriteLine(word); err != nil {
					return err
				}
			}
			out.WriteByte('a')
			out.WriteRune('€')
			out.Write(line)
			out.Flush()
			if _, err := in.Peek(10); err != nil {
				return err
			}
			in.ReadByte()
			in.UnreadByte()
			in.ReadRune()
			in.UnreadRune()
			io.ReadFull(in, buf)
			_, err := in.Discard(64*8 + 4 + len(line) - len(buf))
			return err
		},
		"gathered": func() error {
			out.WriteByte('a')
			if _, err := out.Write(someText[:1023]); err != nil {
				return err
			}
			_, err := in.Discard(1024)
			return err
		},
	} {
		if n := testing.AllocsPerRun(200, func() { must(t, fn()) }); n >= 1 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}

var someText = text(1 << 12)
